//! The GitLab family: GitLab.com, Self-Managed (also under a relative URL root) and Dedicated.
//!
//! Vendor data (kinds, scopes, findings) is in `assets/hosts/gitlab.toml`; this module and those below it speak to the
//! API and recognise answers. They must never call a rotate endpoint to learn something: rotating with a revoked token
//! revokes its whole family (<https://docs.gitlab.com/api/personal_access_tokens/>). `rotate` alone calls it.
//!
//! | Answer to a token's own record | Verdict |
//! |---|---|
//! | 200, active | `valid` |
//! | 200 or 401 "expired", 200 or 401 "revoked" | `expired`, `revoked` |
//! | 401 without a reason, in GitLab's form | `rejected` |
//! | 403 scope or fine-grained permission missing | `valid` with a finding: only looking at itself is refused |
//! | 403 account blocked, pending, deactivated, unconfirmed, terms, password; no reason | `blocked` |
//! | 400 not a personal access token | asked as OAuth |
//! | 404 in GitLab's form | asked as on a server before 15.5 |
//! | 429, 5xx, HTML, redirect, any refusal not in GitLab's form | `unreachable` |

mod by_value;
mod create;
mod detect;
mod fresh;
mod inventory;
mod listing;
mod order;
mod own_record;
mod owned;
mod probe;
mod refusal;
mod resource;
mod revoke;
mod rotate;
mod row;
mod token;
mod url;
mod validate;
mod wish;

use std::sync::LazyLock;

use futures_util::future::BoxFuture;

use super::facts::Facts;
use super::{
    Carried, Create, Detection, Endpoints, Family, HostUrl, HostUrlError, Inventory, Probe, Replace, Revoke, Session,
    Wire,
};
use crate::domain::{Host, Kind, Validation};
use crate::net::Request;
use crate::secret::SecretText;

static FACTS: LazyLock<Facts> = LazyLock::new(|| Facts::embedded("gitlab"));

/// Why an account's password signs nothing; continued by the caller, so without a full stop.
const PASSWORD: &str = "GitLab's API takes no account password: let the token act on itself where it can, or sign with a \
                        token of its owner or an administrator that has the `api` scope";

/// The family.
pub struct GitLab;

impl Family for GitLab {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn host_url(&self, typed: &str) -> Result<HostUrl, HostUrlError> {
        url::host_url(typed)
    }

    fn endpoints(&self, host: &Host) -> Result<Endpoints, HostUrlError> {
        url::endpoints(host)
    }

    fn carried(&self, kind: Kind, token: &str) -> Option<Carried> {
        token::carried(kind, token)
    }

    fn detect<'a>(&'a self, wire: &'a Wire<'a>) -> BoxFuture<'a, Detection> {
        Box::pin(detect::detect(wire))
    }

    fn detect_signed<'a>(&'a self, session: &'a Session<'a>) -> BoxFuture<'a, Option<(String, String)>> {
        Box::pin(detect::detect_signed(session))
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

    fn replacer(&self) -> Option<&dyn Replace> {
        Some(self)
    }

    fn lister(&self) -> Option<&dyn Inventory> {
        Some(self)
    }

    fn prober(&self) -> Option<&dyn Probe> {
        Some(self)
    }
}

/// The API of a host, for telling what will be sent where.
fn api_of(host: &Host) -> String {
    host.endpoints.get("api").cloned().unwrap_or_else(|| format!("{}/api/v4", host.url))
}

/// Adds the token: `PRIVATE-TOKEN` for a value with one of GitLab's prefixes, else a Bearer header, which the server
/// tries as an OAuth token first and as an access token then
/// (<https://docs.gitlab.com/api/rest/authentication/>). Never both.
fn signed(request: Request, key: &SecretText) -> Request {
    if token::form(key.reveal()).is_some() {
        request.secret_header("PRIVATE-TOKEN", key.clone())
    } else {
        request.bearer(key)
    }
}
