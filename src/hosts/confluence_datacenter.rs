//! Confluence Server and Data Center: personal access tokens of users.
//!
//! A token is its user and has no scopes. Confluence ignores a Bearer token that it does not know and goes on as the
//! anonymous user, with status 200 where that user may read: only `type` `known` of `user/current` proves a token.
//!
//! Vendor: <https://confluence.atlassian.com/enterprise/using-personal-access-tokens-1026032365.html>. What is shared with
//! Jira and Bamboo is in `atlassian_datacenter`.

mod standing;

use std::sync::LazyLock;

use serde_json::Value;

use super::atlassian_datacenter::family::Datacenter;
use super::atlassian_datacenter::{Caller, Dialect, Product, Who};
use super::facts::Facts;

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

/// The family `confluence-datacenter`.
pub static FAMILY: Datacenter = Datacenter {
    product: &PRODUCT,
    complete: |session, proved, found| {
        Box::pin(async { found.grants = standing::of(session, &proved.who.login).await })
    },
    prober: Some(&standing::Standing),
};

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
