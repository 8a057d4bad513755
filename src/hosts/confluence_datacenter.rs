//! Confluence Server and Data Center: personal access tokens of users.
//!
//! A token is its user and has no scopes. Confluence ignores a Bearer token that it does not know and goes on as the
//! anonymous user, with status 200 where that user may read: only `type` `known` of `user/current` proves a token.
//!
//! Vendor: <https://confluence.atlassian.com/enterprise/using-personal-access-tokens-1026032365.html>. What is shared with
//! Jira and Bamboo is in `atlassian_datacenter`.

mod standing;

use std::sync::LazyLock;

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::atlassian_datacenter::prove::{accept, prove};
use super::atlassian_datacenter::verbs::TokenVerbs;
use super::atlassian_datacenter::{self as shared, Caller, Dialect, Product, Who};
use super::facts::Facts;
use super::{
    Carried, Create, Detection, Endpoints, Family, HostUrl, HostUrlError, Inventory, Probe, Revoke, Session, Wire,
};
use crate::domain::{Host, Kind, Validation};

static FACTS: LazyLock<Facts> = LazyLock::new(|| Facts::embedded("confluence-datacenter"));

pub(super) static PRODUCT: Product = Product {
    facts: &FACTS,
    name: "Confluence",
    type_id: "confluence",
    pages: &["display", "pages", "spaces", "rest", "plugins", "login.action", "dashboard.action", "index.action"],
    usual_paths: &["/", "/confluence", "/wiki"],
    first_version: "7.9",
    life_since: None,
    tokens: "/rest/pat/latest/tokens",
    dialect: Dialect::Pat,
    whoami: "/rest/api/user/current",
    read_caller,
    properties: None,
    login_page: "/login.action",
};

static VERBS: TokenVerbs = TokenVerbs(&PRODUCT);

/// The family `confluence-datacenter`.
#[derive(Debug, Clone, Copy)]
pub struct ConfluenceDatacenter;

impl Family for ConfluenceDatacenter {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn host_url(&self, typed: &str) -> Result<HostUrl, HostUrlError> {
        PRODUCT.host_url(typed)
    }

    fn endpoints(&self, host: &Host) -> Result<Endpoints, HostUrlError> {
        PRODUCT.endpoints(host)
    }

    fn carried(&self, _kind: Kind, token: &str) -> Option<Carried> {
        shared::token::carried(token)
    }

    fn detect<'a>(&'a self, wire: &'a Wire<'a>) -> BoxFuture<'a, Detection> {
        Box::pin(shared::detect::detect(wire, &PRODUCT))
    }

    fn validate<'a>(&'a self, session: &'a Session<'a>) -> BoxFuture<'a, Validation> {
        Box::pin(validate(session))
    }

    fn revoker(&self) -> Option<&dyn Revoke> {
        Some(&VERBS)
    }

    fn creator(&self) -> Option<&dyn Create> {
        Some(&VERBS)
    }

    fn lister(&self) -> Option<&dyn Inventory> {
        Some(&VERBS)
    }

    fn prober(&self) -> Option<&dyn Probe> {
        Some(self)
    }
}

/// Accepted or not, whose, which record, which groups, and whether it administers.
async fn validate(session: &Session<'_>) -> Validation {
    let proved = match prove(session, &PRODUCT).await {
        Ok(proved) => proved,
        Err(verdict) => return *verdict,
    };
    let mut found = accept(session, &PRODUCT, &proved).await;
    found.grants = standing::of(session, &proved.who.login).await;
    found.evidence.extend(session.wire.take_evidence());
    found
}

/// `GET /rest/api/user/current`.
fn read_caller(body: &Value) -> Option<Caller> {
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    match body.get("type").and_then(Value::as_str) {
        Some("known") => {
            let login = text("username");
            let who = Who { id: text("userKey"), login, name: text("displayName"), email: text("email") };
            (!who.login.is_empty()).then_some(Caller::Known(who))
        }
        Some("anonymous") => Some(Caller::Anonymous),
        _ => None,
    }
}
