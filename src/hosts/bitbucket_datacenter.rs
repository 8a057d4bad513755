//! Bitbucket Server and Data Center: HTTP access tokens of users, projects and repositories.
//!
//! Three facts decide the shape of this family. An anonymous caller may be answered with 200, so only a page that needs
//! a log-in proves a token. Tokens count below `/rest` and `/scm` only (8.9.22, 8.19.12, 9.3.2 and later), so nothing
//! else is ever asked. And a failed log-in by password brings the account nearer to a CAPTCHA, so a password is sent
//! once for each act on tokens that takes one, and never to validate.
//!
//! Vendor: <https://confluence.atlassian.com/bitbucketserver091/http-access-tokens-1443038354.html> and
//! <https://developer.atlassian.com/server/bitbucket/rest/>. Texts, patterns and the permission table are in
//! `assets/hosts/bitbucket-datacenter.toml`; the signatures of refusals and their meaning are in `answers`.

mod address;
mod answers;
mod create;
mod describe;
mod detect;
mod inventory;
mod owner;
mod probe;
mod prove;
mod record;
mod revoke;
mod signer;
mod token;
mod validate;

use std::sync::LazyLock;

use futures_util::future::BoxFuture;

use super::facts::Facts;
use super::{
    Carried, Create, Detection, Endpoints, Family, HostUrl, HostUrlError, Inventory, Probe, Revoke, Session, Wire,
};
use crate::domain::{Host, Kind, Validation};

static FACTS: LazyLock<Facts> = LazyLock::new(|| Facts::embedded("bitbucket-datacenter"));

/// The endpoint that everything goes through: the base URL with its context path.
const WEB: &str = "web";

/// The family `bitbucket-datacenter`.
#[derive(Debug, Clone, Copy)]
pub struct BitbucketDatacenter;

impl Family for BitbucketDatacenter {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn host_url(&self, typed: &str) -> Result<HostUrl, HostUrlError> {
        address::host_url(typed)
    }

    fn endpoints(&self, host: &Host) -> Result<Endpoints, HostUrlError> {
        address::endpoints(host)
    }

    fn carried(&self, _kind: Kind, token: &str) -> Option<Carried> {
        token::carried(token)
    }

    fn detect<'a>(&'a self, wire: &'a Wire<'a>) -> BoxFuture<'a, Detection> {
        Box::pin(detect::detect(wire))
    }

    fn validate<'a>(&'a self, session: &'a Session<'a>) -> BoxFuture<'a, Validation> {
        Box::pin(validate::validate(session))
    }

    fn revoker(&self) -> Option<&dyn Revoke> {
        Some(self)
    }

    fn creator(&self) -> Option<&dyn Create> {
        Some(self)
    }

    fn lister(&self) -> Option<&dyn Inventory> {
        Some(self)
    }

    fn prober(&self) -> Option<&dyn Probe> {
        Some(self)
    }
}
