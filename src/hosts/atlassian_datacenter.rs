//! What the self-hosted products of Atlassian share: base URLs with a context path that an administrator chose, the form
//! of their tokens, the headers by which their answers are known, and, for Jira, Confluence and Bamboo, the interface
//! through which a user's personal access tokens are listed, made and revoked.
//!
//! Not a family: it has no facts of its own. A [`Product`] says where the families differ; verdicts and words come from
//! the family that asks. Bitbucket uses the first half only, since its tokens have owners and permissions of their own.
//!
//! Two facts shape the second half. Jira and Confluence ignore a bad Bearer token and go on as the anonymous user, so
//! only a page that names the caller proves one. And what they list has no sign of which token was used to ask: a record
//! is taken for the token's own only where there can be no other.
//!
//! Vendor: <https://confluence.atlassian.com/enterprise/using-personal-access-tokens-1026032365.html>.

pub(super) mod address;
pub(super) mod create;
pub(super) mod detect;
pub(super) mod family;
pub(super) mod inventory;
pub(super) mod life;
pub(super) mod manage;
pub(super) mod own;
pub(super) mod prove;
pub(super) mod record;
pub(super) mod refusal;
pub(super) mod revoke;
pub(super) mod signature;
pub(super) mod signer;
pub(super) mod token;

use std::sync::LazyLock;

use serde_json::Value;

use super::facts::Facts;

/// The endpoint that everything goes through: the base URL with its context path.
pub(super) const WEB: &str = "web";

/// How a product's token interface speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Jira and Confluence: `/rest/pat/latest/tokens`, a plain array, a record for every id.
    Pat,
    /// Bamboo: `/rest/api/latest/access-token`, pages, permissions, no record by id.
    Bamboo,
}

/// Who a page says is calling.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Who {
    /// The product's own key; may be empty.
    pub id: String,
    /// Log-in name.
    pub login: String,
    /// Display name; may be empty.
    pub name: String,
    /// E-mail address; may be empty.
    pub email: String,
}

/// What a page that names the caller says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Caller {
    /// Somebody who is logged in.
    Known(Who),
    /// The anonymous user: the token was not accepted.
    Anonymous,
}

/// What a product says of itself to everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct About {
    /// Its version.
    pub version: String,
    /// It is a site of Atlassian's cloud, behind another name.
    pub cloud: bool,
}

/// A page about the product that answers everybody: its path, and how it is read.
pub(super) type Properties = (&'static str, fn(&Value) -> Option<About>);

/// Where Jira, Confluence and Bamboo differ.
pub(super) struct Product {
    /// The family's facts.
    pub facts: &'static LazyLock<Facts>,
    /// Its name for people.
    pub name: &'static str,
    /// What it calls itself in its application manifest.
    pub type_id: &'static str,
    /// First path segments that belong to the product, not to the context path.
    pub pages: &'static [&'static str],
    /// Context paths that administrators usually choose.
    pub usual_paths: &'static [&'static str],
    /// First version that has tokens.
    pub first_version: &'static str,
    /// First version whose interface takes a life; earlier tokens have no end.
    pub life_since: Option<&'static str>,
    /// The token interface, below the base URL.
    pub tokens: &'static str,
    /// How that speaks.
    pub dialect: Dialect,
    /// A page that needs a log-in and names the caller.
    pub whoami: &'static str,
    /// Reads that page; none where it is not that page.
    pub read_caller: fn(&Value) -> Option<Caller>,
    /// A page that tells everybody the version, where there is one.
    pub properties: Option<Properties>,
    /// Where people log in, below the base URL.
    pub login_page: &'static str,
}
