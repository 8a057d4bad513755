//! Host families: code and data that speak to one product each.
//!
//! A [`Family`] is a set of async functions over a [`Session`]: linear code, as many requests as the host needs. What a
//! family cannot do is absent from its type ([`Family::revoker`] answers `None`), not a stub that errors. Vendor facts
//! that are data live in `assets/hosts/<family>.toml` and are read by [`facts`].
//!
//! Adding a family: the asset, one file here, one file in `simulator/`, and its two lines below.

pub mod answer;
pub mod bitbucket_datacenter;
pub mod codecommit;
pub mod facts;
pub mod github;
pub mod gitlab;
pub mod recognise;
pub mod session;

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;

use crate::domain::{Checksum, FamilyId, Finding, Host, Kind, Validation};
use crate::net::NetError;
use crate::secret::Secret;
use facts::Facts;
pub use session::{Session, Wire};

/// Endpoint name to base URL without trailing slash.
pub type Endpoints = BTreeMap<String, String>;

/// Every family, in the order in which candidates are listed.
#[must_use]
pub fn families() -> &'static [&'static dyn Family] {
    &[&github::GitHub, &gitlab::GitLab, &bitbucket_datacenter::BitbucketDatacenter, &codecommit::CodeCommit]
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

/// The credential, or account password, that signs an act on another one.
#[derive(Debug, Clone)]
pub struct Authority {
    /// Its kind; none for an account password, which is used once and wiped, never stored.
    pub kind: Option<Kind>,
    /// Its user name or access key id.
    pub username: Option<String>,
    /// Its secret.
    pub secret: Secret,
}

/// How a credential can be revoked at its host; decided before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// By the host's API; the sentence says what exactly will be sent and what dies with it.
    AtHost(String),
    /// By the host's API, but somebody else must sign: says who can.
    NeedsAuthority {
        /// Why the credential itself cannot.
        why: String,
        /// The account's password would do.
        password: bool,
    },
    /// Only by hand; the steps are those of the kind in the family's facts.
    Guided {
        /// Why there is no API for it.
        why: String,
    },
}

/// What came of asking a host to revoke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revocation {
    /// The host took the order; whether the credential is dead is seen by validating it.
    Accepted,
    /// The host refused the order. The validation carries finding and evidence.
    Refused(Box<Validation>),
    /// The host has no such API after all; go by the guide.
    Unsupported(Box<Validation>),
    /// Sent, and no answer came: it may or may not have happened.
    Unknown(NetError),
}

/// Revoking at the host.
pub trait Revoke: Send + Sync {
    /// How this credential would be revoked, decided offline.
    fn route(&self, host: &Host, kind: Kind, username: Option<&str>, using: Option<&Authority>) -> Route;

    /// Asks the host once. `remote_id` is what the last validation learned, if it did.
    fn revoke<'a>(
        &'a self,
        session: &'a Session<'a>,
        remote_id: Option<&'a str>,
        using: Option<&'a Authority>,
    ) -> BoxFuture<'a, Revocation>;
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

    /// Asks the host whether the credential works, whose it is, what it may do and when it ends. Never answers
    /// `expiring` or `unchecked`: those are decided from the outside.
    fn validate<'a>(&'a self, session: &'a Session<'a>) -> BoxFuture<'a, Validation>;

    /// Revoking by API, where the family has that.
    fn revoker(&self) -> Option<&dyn Revoke> {
        None
    }
}
