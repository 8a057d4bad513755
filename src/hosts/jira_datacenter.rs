//! Jira Server and Data Center, with Jira Service Management: personal access tokens of users.
//!
//! A token is its user: it has no scopes, so what it may do is what `mypermissions` says of the user. Jira ignores a
//! Bearer token that it does not know and goes on as the anonymous user, so `serverInfo`, `mypermissions` and everything
//! else that answers everybody proves nothing: `myself` does.
//!
//! Vendor: <https://confluence.atlassian.com/enterprise/using-personal-access-tokens-1026032365.html> and
//! <https://developer.atlassian.com/server/jira/platform/basic-authentication/>. What is shared with Confluence and Bamboo
//! is in `atlassian_datacenter`.

mod permissions;
mod probe;

use std::sync::LazyLock;

use serde_json::Value;

use super::Session;
use super::atlassian_datacenter::family::Datacenter;
use super::atlassian_datacenter::{About, Caller, Dialect, Product, Who};
use super::facts::Facts;
use crate::domain::Validation;

static FACTS: LazyLock<Facts> = LazyLock::new(|| Facts::embedded("jira-datacenter"));

pub(super) static PRODUCT: Product = Product {
    facts: &FACTS,
    name: "Jira",
    type_id: "jira",
    pages: &["browse", "secure", "projects", "issues", "rest", "plugins", "login.jsp", "servicedesk"],
    usual_paths: &["/", "/jira"],
    first_version: "8.14",
    life_since: None,
    tokens: "/rest/pat/latest/tokens",
    dialect: Dialect::Pat,
    whoami: "/rest/api/2/myself",
    read_caller,
    properties: Some(("/rest/api/2/serverInfo", read_properties)),
    login_page: "/login.jsp",
};

/// The family `jira-datacenter`.
pub static FAMILY: Datacenter = Datacenter {
    product: &PRODUCT,
    complete: |session, _, found| Box::pin(complete(session, found)),
    prober: Some(&probe::Permissions),
};

/// What its user may do somewhere.
async fn complete(session: &Session<'_>, found: &mut Validation) {
    if let Ok(told) = permissions::ask(session, None).await {
        found.grants = permissions::held(&told);
        // A permission of a project that is held nowhere may be one that only a place can tell; a global one is told.
        found.denied = told.iter().filter(|p| p.global && !p.have).map(|p| p.key.clone()).collect();
    }
}

/// `GET /rest/api/2/myself`.
fn read_caller(body: &Value) -> Option<Caller> {
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let who = Who { id: text("key"), login: text("name"), name: text("displayName"), email: text("emailAddress") };
    (!who.login.is_empty()).then_some(Caller::Known(who))
}

/// `GET /rest/api/2/serverInfo`: answers everybody.
fn read_properties(body: &Value) -> Option<About> {
    let version = body.get("version")?.as_str()?.to_owned();
    let deployment = body.get("deploymentType").and_then(Value::as_str);
    let own = deployment.is_some() || body.get("buildNumber").is_some();
    own.then(|| About { version, cloud: deployment == Some("Cloud") })
}
