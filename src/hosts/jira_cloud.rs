//! Jira Cloud and Confluence Cloud: API tokens of accounts with and without scopes, tokens of service accounts, OAuth
//! access tokens, and the API keys of organisations that list and revoke other people's tokens.
//!
//! Four facts decide the shape of this family. A token without scopes counts at the site, every other one at the gateway
//! `api.atlassian.com` only, and the string does not tell which it is: so both are asked, the likelier one first. The
//! e-mail address is half of the credential. Success proves nothing by itself, since much is answered to anonymous
//! callers: only `/myself` without a bad `X-Seraph-LoginReason` counts. And a 401 that says `scope does not match` means
//! that the token is good.
//!
//! Vendor: <https://developer.atlassian.com/cloud/jira/platform/basic-auth-for-rest-apis/> and
//! <https://support.atlassian.com/atlassian-account/docs/manage-api-tokens-for-your-atlassian-account/>. Texts, forms and
//! scopes are in `assets/hosts/jira-cloud.toml`; the signatures of refusals are in `super::atlassian::signature`, and
//! what they mean for a credential in `refusal`.

mod admin;
mod call;
mod describe;
mod detect;
mod form;
mod inventory;
mod people;
mod permissions;
mod probe;
mod prove;
mod refusal;
mod remote;
mod revoke;

use std::sync::LazyLock;

use futures_util::future::BoxFuture;

use super::atlassian::site;
use super::facts::Facts;
use super::{Carried, Detection, Endpoints, Family, HostUrl, HostUrlError, Inventory, Probe, Revoke, Session, Wire};
use crate::domain::{Host, Kind, Validation};

static FACTS: LazyLock<Facts> = LazyLock::new(|| Facts::embedded("jira-cloud"));

/// The family `jira-cloud`.
#[derive(Debug, Clone, Copy)]
pub struct JiraCloud;

impl Family for JiraCloud {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn host_url(&self, typed: &str) -> Result<HostUrl, HostUrlError> {
        site::read(typed)
    }

    fn endpoints(&self, host: &Host) -> Result<Endpoints, HostUrlError> {
        site::endpoints(host)
    }

    fn carried(&self, kind: Kind, token: &str) -> Option<Carried> {
        form::carried(kind, token)
    }

    fn detect<'a>(&'a self, wire: &'a Wire<'a>) -> BoxFuture<'a, Detection> {
        Box::pin(detect::detect(wire))
    }

    fn validate<'a>(&'a self, session: &'a Session<'a>) -> BoxFuture<'a, Validation> {
        Box::pin(async move {
            match session.kind {
                Kind::AdminKey => admin::validate(session).await,
                _ => match prove::prove(session).await {
                    Ok(proof) => describe::describe(session, proof).await,
                    Err(verdict) => *verdict,
                },
            }
        })
    }

    fn revoker(&self) -> Option<&dyn Revoke> {
        Some(self)
    }

    fn lister(&self) -> Option<&dyn Inventory> {
        Some(self)
    }

    fn prober(&self) -> Option<&dyn Probe> {
        Some(self)
    }
}
