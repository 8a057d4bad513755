//! Bamboo Server and Data Center: personal access tokens of users, with READ, TRIGGER or USER.
//!
//! What a token may do is on its own record, which is in the user's list; where it may be one of several, only what the
//! request itself proved is claimed. Names of fields are in part unconfirmed, so several spellings are read.
//!
//! Vendor: <https://confluence.atlassian.com/bamboo1020/personal-access-tokens-1540729036.html>. What is shared with Jira
//! and Confluence is in `atlassian_datacenter`.

use std::sync::LazyLock;

use serde_json::Value;

use super::Session;
use super::atlassian_datacenter::family::Datacenter;
use super::atlassian_datacenter::prove::{Proved, candidates};
use super::atlassian_datacenter::record::Record;
use super::atlassian_datacenter::{About, Caller, Dialect, Product, Who};
use super::facts::Facts;
use crate::domain::{Grant, GrantSource, Validation};

static FACTS: LazyLock<Facts> = LazyLock::new(|| Facts::embedded("bamboo"));

pub(super) static PRODUCT: Product = Product {
    facts: &FACTS,
    name: "Bamboo",
    type_id: "bamboo",
    pages: &[
        "browse",
        "rest",
        "userlogin",
        "userlogin.action",
        "allPlans",
        "allPlans.action",
        "profile",
        "start.action",
    ],
    usual_paths: &["/", "/bamboo"],
    first_version: "6.10",
    life_since: Some("9.4"),
    tokens: "/rest/api/latest/access-token",
    dialect: Dialect::Bamboo,
    whoami: "/rest/api/latest/currentUser",
    read_caller,
    properties: Some(("/rest/api/latest/info", read_properties)),
    login_page: "/userlogin!doDefault.action",
};

/// The family `bamboo`.
pub static FAMILY: Datacenter = Datacenter {
    product: &PRODUCT,
    complete: |session, proved, found| Box::pin(async { complete(session, proved, found) }),
    prober: None,
};

/// The permissions on its record.
fn complete(session: &Session<'_>, proved: &Proved, found: &mut Validation) {
    match common(&candidates(session, proved)) {
        Some(told) => {
            let implied = FACTS.implied(told).into_iter().map(|name| Grant { name, source: GrantSource::Implied });
            found.grants = told.iter().map(Grant::told).chain(implied).collect();
            found.all_grants_told = true;
        }
        // The request that was answered is one that every token may make.
        None => found.grants = vec![Grant { name: "READ".to_owned(), source: GrantSource::Probed }],
    }
}

/// The permissions of a record, or those that all records have that it can be.
fn common<'a>(records: &[&'a Record]) -> Option<&'a [String]> {
    let first = records.first().map(|r| r.permissions.as_slice()).filter(|p| !p.is_empty())?;
    records.iter().all(|r| r.permissions == first).then_some(first)
}

/// `GET /rest/api/latest/currentUser`. The names of its fields are unconfirmed.
fn read_caller(body: &Value) -> Option<Caller> {
    let text =
        |names: &[&str]| names.iter().find_map(|n| body.get(*n).and_then(Value::as_str)).unwrap_or_default().to_owned();
    let who = Who {
        id: String::new(),
        login: text(&["name", "username"]),
        name: text(&["fullName", "displayName"]),
        email: text(&["email", "emailAddress"]),
    };
    (!who.login.is_empty()).then_some(Caller::Known(who))
}

/// `GET /rest/api/latest/info`: may need a log-in, depending on what anonymous users may see.
fn read_properties(body: &Value) -> Option<About> {
    let version = body.get("version")?.as_str()?.to_owned();
    body.as_object()?.keys().any(|k| k.starts_with("build")).then_some(About { version, cloud: false })
}
