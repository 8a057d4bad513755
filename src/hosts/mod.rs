//! Host families: code and data that speak to one product each.
//!
//! A [`Family`] is a set of async functions over a [`Session`]: linear code, as many requests as the host needs. What a
//! family cannot do is absent from its type ([`Family::revoker`] answers `None`), not a stub that errors. Vendor facts
//! that are data live in `assets/hosts/<family>.toml` and are read by [`facts`].
//!
//! Adding a family: the asset, one file here, one file in `simulator/`, and its two lines below.

pub mod answer;
pub mod atlassian;
mod atlassian_datacenter;
pub mod azure_devops;
pub mod bamboo;
pub mod bitbucket_cloud;
pub mod bitbucket_datacenter;
pub mod codecommit;
pub mod confluence_datacenter;
pub mod deploy;
pub mod facts;
pub mod fecru;
pub mod forgejo;
pub mod generic;
pub mod github;
pub mod gitlab;
pub mod jira_cloud;
pub mod jira_datacenter;
pub mod jwt;
pub mod open_devops;
pub(crate) mod order;
pub mod recognise;
pub(crate) mod segment;
pub mod session;
pub mod signatures;
pub mod verb_table;
pub mod verbs;
pub mod version;

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;

use crate::domain::{Checksum, FamilyId, Finding, Host, Kind, Validation};
use crate::net::NetError;
pub use deploy::Deploy;
use facts::Facts;
pub use session::{Session, Wire};
pub use verbs::{
    Act, Authority, Create, Inventory, Mint, Outcome, Probe, Replace, RequestError, Revocation, Revoke, RevokeMany,
    Route,
};

/// Endpoint name to base URL without trailing slash.
pub type Endpoints = BTreeMap<String, String>;

/// Every family, in the order in which candidates are listed.
#[must_use]
pub fn families() -> &'static [&'static dyn Family] {
    static ALL: &[&dyn Family] = &[
        &github::GitHub,
        &gitlab::GitLab,
        &azure_devops::AzureDevOps,
        &bitbucket_cloud::BitbucketCloud,
        &jira_cloud::JiraCloud,
        &open_devops::OpenDevOps,
        &bitbucket_datacenter::BitbucketDatacenter,
        &jira_datacenter::FAMILY,
        &confluence_datacenter::FAMILY,
        &bamboo::FAMILY,
        &codecommit::CodeCommit,
        &forgejo::Forgejo,
        &fecru::Fecru,
        &generic::Generic,
    ];
    ALL
}

/// The family of that id.
#[must_use]
pub fn family(id: &FamilyId) -> Option<&'static dyn Family> {
    families().iter().copied().find(|f| f.facts().id == *id)
}

/// What a URL that a user typed or pasted means to a family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostUrl {
    /// Base URL without trailing slash, context path kept, web page parts cut off.
    pub url: String,
    /// Name to propose for the host record.
    pub name: String,
    /// AWS region, where the URL tells it.
    pub region: Option<String>,
    /// The URL can belong to no other family (`github.com`, `gitlab.com`, `git-codecommit…`).
    pub certain: bool,
    /// What was changed in what the user typed, a sentence each, to be shown.
    pub notes: Vec<String>,
}

/// A typed URL cannot be a host of the family.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct HostUrlError {
    /// What is wrong with it.
    pub message: String,
    /// What to type instead; may be empty.
    pub hint: String,
}

/// What a token says of itself, unverified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// Names and values, e.g. `("account", "123456789012")`.
    pub facts: Vec<(String, String)>,
    /// The typing check.
    pub checksum: Checksum,
}

/// What answers at a host, found without a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detection {
    /// The family's product.
    Found {
        /// Its name, e.g. `GitHub Enterprise Server`.
        product: String,
        /// Its version, where it tells without a log-in.
        version: Option<String>,
    },
    /// Something else answered; the finding says what and what to do.
    NotThis(Box<Finding>),
    /// Nothing answered.
    Unreachable(NetError),
}

/// Code and data that speak to one product.
pub trait Family: Send + Sync {
    /// The data half.
    fn facts(&self) -> &'static Facts;

    /// Understands a URL that a user typed or pasted: base URL, web page, clone URL, API URL.
    ///
    /// # Errors
    /// [`HostUrlError`] where it is no URL or surely not one of this family's.
    fn host_url(&self, typed: &str) -> Result<HostUrl, HostUrlError>;

    /// The default named endpoints of a host, before the record's own replace them.
    ///
    /// # Errors
    /// [`HostUrlError`] where the record lacks something (a region) or its URL is malformed.
    fn endpoints(&self, host: &Host) -> Result<Endpoints, HostUrlError>;

    /// Decodes a token whose form matched a pattern of `kind`. `None`: on a closer look it is not one.
    fn carried(&self, kind: Kind, token: &str) -> Option<Carried>;

    /// Asks the host, without a credential, what it is.
    fn detect<'a>(&'a self, wire: &'a Wire<'a>) -> BoxFuture<'a, Detection>;

    /// Product and version, where the host tells them only to somebody who is logged in: asked by a credential that was
    /// accepted a moment ago. None where the host does not tell, or [`Family::detect`] learns it already.
    fn detect_signed<'a>(&'a self, session: &'a Session<'a>) -> BoxFuture<'a, Option<(String, String)>> {
        let _ = session;
        Box::pin(std::future::ready(None))
    }

    /// Asks the host whether the credential works, whose it is, what it may do and when it ends. Never answers
    /// `expiring` or `unchecked`: those are decided from the outside.
    fn validate<'a>(&'a self, session: &'a Session<'a>) -> BoxFuture<'a, Validation>;

    /// Revoking by API, where the family has that.
    fn revoker(&self) -> Option<&dyn Revoke> {
        None
    }

    /// Revoking many by value in one request.
    fn bulk_revoker(&self) -> Option<&dyn RevokeMany> {
        None
    }

    /// Creating by API.
    fn creator(&self) -> Option<&dyn Create> {
        None
    }

    /// Replacing in place by API. Where a family has this and [`Family::creator`], rotating replaces.
    fn replacer(&self) -> Option<&dyn Replace> {
        None
    }

    /// The host's own list.
    fn lister(&self) -> Option<&dyn Inventory> {
        None
    }

    /// Finding out about single grants.
    fn prober(&self) -> Option<&dyn Probe> {
        None
    }

    /// Short-lived tokens for a client secret.
    fn minter(&self) -> Option<&dyn Mint> {
        None
    }

    /// Deployment data for an issue tracker.
    fn deployer(&self) -> Option<&dyn Deploy> {
        None
    }
}
