//! Open DevOps: an OAuth client of a Jira Cloud site, which gets short-lived Bearer tokens and sends deployments, builds,
//! feature flags and development information with them.
//!
//! Three facts decide the shape of this family. The data APIs are at the gateway and want the site's cloud id, which the
//! site tells without a log-in. A client id and secret are proved by exchanging them for a token; nothing tells what the
//! client may do, so each kind of data is asked for something that cannot be there. And a token lives as long as
//! `expires_in` says, whatever the tutorial does.
//!
//! Vendor: <https://developer.atlassian.com/cloud/jira/software/integrate-jsw-cloud-with-onpremises-tools/>. Texts are in
//! `assets/hosts/open-devops.toml`; what the answers mean is in `mint` and `answers`.

mod answers;
mod deployments;
mod limits;
mod mint;
mod modules;
mod validate;
mod wire_form;

use std::sync::LazyLock;

use futures_util::future::BoxFuture;

use super::atlassian::{claims, site, tenant};
use super::deploy::Deploy;
use super::facts::Facts;
use super::{
    Carried, Detection, Endpoints, Family, HostUrl, HostUrlError, Mint, Outcome, Probe, RequestError, Session, Wire,
    jwt,
};
use crate::domain::{
    Checksum, Deployment, DeploymentAnswer, DeploymentKey, DeploymentShown, Host, Kind, LookAt, Minted, Probed,
    Validation,
};
use crate::secret::SecretText;

static FACTS: LazyLock<Facts> = LazyLock::new(|| Facts::embedded("open-devops"));

/// The family `open-devops`.
#[derive(Debug, Clone, Copy)]
pub struct OpenDevOps;

impl Family for OpenDevOps {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    /// A site's address. Accounts' tokens are what most people keep for one, so `jira-cloud` goes before.
    fn host_url(&self, typed: &str) -> Result<HostUrl, HostUrlError> {
        site::read(typed).map(|url| HostUrl { certain: false, ..url })
    }

    fn endpoints(&self, host: &Host) -> Result<Endpoints, HostUrlError> {
        site::endpoints(host)
    }

    /// An access token that names Atlassian as its maker or its audience; a client's secret has no form.
    fn carried(&self, kind: Kind, token: &str) -> Option<Carried> {
        let read = jwt::read(token).filter(|_| kind == Kind::OauthToken)?;
        claims::names_atlassian(&read).then(|| Carried { facts: claims::shown(&read), checksum: Checksum::None })
    }

    fn detect<'a>(&'a self, wire: &'a Wire<'a>) -> BoxFuture<'a, Detection> {
        Box::pin(async move {
            match tenant::ask(wire).await {
                tenant::Tenant::Found(_) => {
                    Detection::Found { product: "Atlassian Cloud site".to_owned(), version: None }
                }
                tenant::Tenant::NoId(answer) => {
                    Detection::NotThis(Box::new(answers::no_site(wire, &answer).findings.swap_remove(0)))
                }
                tenant::Tenant::Lost(error) => Detection::Unreachable(error),
            }
        })
    }

    fn validate<'a>(&'a self, session: &'a Session<'a>) -> BoxFuture<'a, Validation> {
        Box::pin(validate::validate(session))
    }

    fn prober(&self) -> Option<&dyn Probe> {
        Some(self)
    }

    fn minter(&self) -> Option<&dyn Mint> {
        Some(self)
    }

    fn deployer(&self) -> Option<&dyn Deploy> {
        Some(self)
    }
}

impl Probe for OpenDevOps {
    fn probe<'a>(
        &'a self,
        session: &'a Session<'a>,
        _look_at: &'a LookAt,
        wanted: &'a [String],
    ) -> BoxFuture<'a, Probed> {
        Box::pin(validate::probe(session, wanted))
    }
}

impl Mint for OpenDevOps {
    fn mint<'a>(&'a self, session: &'a Session<'a>) -> BoxFuture<'a, Outcome<Minted>> {
        Box::pin(async move {
            match mint::bearer(session).await {
                Ok(bearer) => Outcome::Done(bearer.minted),
                Err(mint::NoBearer::Refused(why)) => Outcome::Refused(why),
                Err(mint::NoBearer::Lost(error)) => Outcome::Unknown(error),
            }
        })
    }
}

impl Deploy for OpenDevOps {
    fn check(&self, deployment: &Deployment) -> Result<(), RequestError> {
        limits::check(deployment)
    }

    fn place<'a>(&'a self, wire: &'a Wire<'a>) -> BoxFuture<'a, Outcome<String>> {
        Box::pin(deployments::place(wire))
    }

    fn submit<'a>(
        &'a self,
        wire: &'a Wire<'a>,
        place: &'a str,
        bearer: &'a SecretText,
        deployment: &'a Deployment,
    ) -> BoxFuture<'a, Outcome<DeploymentAnswer>> {
        Box::pin(deployments::submit(wire, place, bearer, deployment))
    }

    fn show<'a>(
        &'a self,
        wire: &'a Wire<'a>,
        place: &'a str,
        bearer: &'a SecretText,
        key: &'a DeploymentKey,
    ) -> BoxFuture<'a, Outcome<Option<DeploymentShown>>> {
        Box::pin(deployments::show(wire, place, bearer, key))
    }

    fn delete<'a>(
        &'a self,
        wire: &'a Wire<'a>,
        place: &'a str,
        bearer: &'a SecretText,
        key: &'a DeploymentKey,
    ) -> BoxFuture<'a, Outcome<()>> {
        Box::pin(deployments::delete(wire, place, bearer, key))
    }
}
