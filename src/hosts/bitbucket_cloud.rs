//! Bitbucket Cloud (bitbucket.org): API tokens with scopes, access tokens of repositories, projects and workspaces, OAuth.
//!
//! Three facts decide the shape of this family. One request, `GET /2.0/user`, proves every kind: a user's credential is
//! answered with 200, an access token, which has no user, with a 403 that names its type, and a dead one with 401. The
//! same API token wants the e-mail address as user name over REST and another one for git, so a 401 to anything else
//! says nothing of it. And no API creates, lists, rotates or revokes anything: those verbs are guides.
//!
//! App passwords (`ATBB…`) are gone since 2026-07-28 and are never sent anywhere.
//!
//! Vendor: <https://developer.atlassian.com/cloud/bitbucket/rest/intro/> and
//! <https://support.atlassian.com/bitbucket-cloud/docs/using-api-tokens/>. Signatures of refusals are in `answers`, words
//! and scopes in `assets/hosts/bitbucket-cloud.toml`.

mod account;
mod address;
mod answers;
mod consumer;
mod detect;
mod place;
mod probe;
mod scopes;
mod sending;
mod token;
mod validate;

use std::sync::LazyLock;

use futures_util::future::BoxFuture;

use super::facts::Facts;
use super::{Carried, Detection, Endpoints, Family, HostUrl, HostUrlError, Mint, Outcome, Probe, Session, Wire};
use crate::domain::{Host, Kind, LookAt, Minted, Probed, Validation};

static FACTS: LazyLock<Facts> = LazyLock::new(|| Facts::embedded("bitbucket-cloud"));

/// The endpoint of git and OAuth.
const WEB: &str = "web";
/// The endpoint of the REST API, its version included.
const API: &str = "api";

/// The family `bitbucket-cloud`.
#[derive(Debug, Clone, Copy)]
pub struct BitbucketCloud;

impl Family for BitbucketCloud {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn host_url(&self, typed: &str) -> Result<HostUrl, HostUrlError> {
        address::host_url(typed)
    }

    fn endpoints(&self, host: &Host) -> Result<Endpoints, HostUrlError> {
        address::endpoints(host)
    }

    fn carried(&self, kind: Kind, token: &str) -> Option<Carried> {
        Some(token::carried(kind, token))
    }

    fn detect<'a>(&'a self, wire: &'a Wire<'a>) -> BoxFuture<'a, Detection> {
        Box::pin(detect::detect(wire))
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
}

impl Probe for BitbucketCloud {
    fn probe<'a>(
        &'a self,
        session: &'a Session<'a>,
        look_at: &'a LookAt,
        wanted: &'a [String],
    ) -> BoxFuture<'a, Probed> {
        Box::pin(probe::probe(session, look_at, wanted))
    }
}

impl Mint for BitbucketCloud {
    fn mint<'a>(&'a self, session: &'a Session<'a>) -> BoxFuture<'a, Outcome<Minted>> {
        Box::pin(consumer::mint(session))
    }
}
