//! Forgejo (codeberg.org and others) and Gitea (gitea.com and others): one family, since routes and tokens are the same.
//!
//! Four facts decide its shape. A token has no form of its own, no expiry and no header that describes it, so what it
//! may do is read where the product and version at hand tell it. A refusal for a missing scope proves that a token is
//! alive. Forgejo 15 and later quotes a rejected token in its answer, so nothing of an answer is kept unmasked. And
//! tokens are made and deleted with the account's password, except by a token itself (Gitea 1.27) and by a site
//! administrator's (Forgejo 16).
//!
//! Vendor: <https://forgejo.org/docs/latest/user/api-usage/>, <https://docs.gitea.com/development/api-usage>. Signatures of
//! refusals are in `answers`, words and scopes in `assets/hosts/forgejo.toml`.

mod address;
mod answers;
mod create;
mod inventory;
mod probe;
mod revoke;
mod rows;
mod sending;
mod server;
mod token;
mod validate;

use std::sync::LazyLock;

use futures_util::future::BoxFuture;

use super::facts::Facts;
use super::{
    Carried, Create, Detection, Endpoints, Family, HostUrl, HostUrlError, Inventory, Probe, Revoke, Session, Wire,
};
use crate::domain::{Host, Kind, LookAt, Probed, Validation};

static FACTS: LazyLock<Facts> = LazyLock::new(|| Facts::embedded("forgejo"));

/// The endpoint of pages, git and OAuth: the root with its sub-path.
const WEB: &str = "web";
/// The endpoint of the REST API.
const API: &str = "api";

/// The family `forgejo`.
#[derive(Debug, Clone, Copy)]
pub struct Forgejo;

impl Family for Forgejo {
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
        token::carried(kind, token)
    }

    fn detect<'a>(&'a self, wire: &'a Wire<'a>) -> BoxFuture<'a, Detection> {
        Box::pin(server::detect(wire))
    }

    fn detect_signed<'a>(&'a self, session: &'a Session<'a>) -> BoxFuture<'a, Option<(String, String)>> {
        Box::pin(server::detect_signed(session))
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

impl Probe for Forgejo {
    fn probe<'a>(
        &'a self,
        session: &'a Session<'a>,
        look_at: &'a LookAt,
        wanted: &'a [String],
    ) -> BoxFuture<'a, Probed> {
        Box::pin(probe::probe(session, look_at, wanted))
    }
}
