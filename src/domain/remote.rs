//! Credentials as a host sees them: those that it lists, those that it is asked to make, those that it made.

use jiff::Timestamp;
use serde::Serialize;

use super::credential::{Expiry, Kind};
use super::grant::Grant;
use super::verdict::{Evidence, Finding, Validation};
use crate::secret::{Secret, SecretText};

/// What state a host says one of its credentials is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RemoteState {
    /// It works.
    Active,
    /// Switched off, and can be switched on again (an inactive AWS key, a pending GitHub request).
    Inactive,
    /// Its time is over.
    Expired,
    /// It was revoked.
    Revoked,
}

/// One line of a host's own list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RemoteToken {
    /// The host's id for it, as [`crate::hosts::verbs::Inventory::revoke`] takes it.
    pub id: String,
    /// Its name there; may be empty.
    pub name: String,
    /// Its kind, where the list tells.
    pub kind: Option<Kind>,
    /// The account it belongs to, as the host names it; may be empty.
    pub owner: String,
    /// Its grants in the vendor's spelling; empty where the list does not tell.
    pub grants: Vec<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When the host last saw it used; none where it never was, or the host does not tell.
    pub last_used: Option<Timestamp>,
    /// When it ends.
    pub expiry: Expiry,
    /// Its state.
    pub state: RemoteState,
    /// The last characters of its secret, where the host shows them.
    pub tail: Option<String>,
    /// What else a person should know, a sentence each (`works at every organisation`).
    pub notes: Vec<String>,
}

/// A host's own list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RemoteList {
    /// Its lines.
    pub tokens: Vec<RemoteToken>,
    /// Whose list it is: an account, a project, an organisation.
    pub of: String,
    /// What is missing from it and why, a sentence each; empty where it is whole.
    pub gaps: Vec<String>,
    /// What proves it.
    pub evidence: Vec<Evidence>,
}

/// A wish for a new credential.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CreateRequest {
    /// Name at the host.
    pub name: String,
    /// Kind; none lets the family choose its usual one.
    pub kind: Option<Kind>,
    /// Scopes or permissions in the vendor's spelling.
    pub scopes: Vec<String>,
    /// When it shall end; none leaves that to the host.
    pub expires: Option<Timestamp>,
    /// The resource that owns it, where that is not an account: `PROJECT`, `PROJECT/repository`, a group's path, or the
    /// account for which an administrator makes it.
    pub at: Option<String>,
}

/// What is to be replaced by a new credential.
#[derive(Debug, Clone, Copy)]
pub struct Predecessor<'a> {
    /// Its label on the rack.
    pub label: &'a str,
    /// Its kind.
    pub kind: Kind,
    /// Its user name, access key id or owner.
    pub username: Option<&'a str>,
    /// What its last real validation found.
    pub last: Option<&'a Validation>,
    /// When the new one shall end; none asks for the same life again, or the longest the host allows.
    pub expires: Option<Timestamp>,
    /// Now, for names and lives.
    pub now: Timestamp,
}

/// A credential that a host has just made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedToken {
    /// Its secret: shown once, so it is stored before anything else happens.
    pub secret: Secret,
    /// Its kind.
    pub kind: Kind,
    /// Its user name or access key id, where it has one of its own.
    pub username: Option<String>,
    /// The host's id for it.
    pub remote_id: Option<String>,
    /// Its name at the host.
    pub name: String,
    /// When it ends, as the host says: not always what was asked for.
    pub expiry: Expiry,
    /// What it may do, as the host says.
    pub grants: Vec<Grant>,
    /// What differs from what was asked for, a sentence each.
    pub notes: Vec<String>,
}

/// What asking about single grants found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Probed {
    /// Held.
    pub grants: Vec<Grant>,
    /// Seen not to be held.
    pub denied: Vec<String>,
    /// Could not be told, and why.
    pub unknown: Vec<(String, String)>,
    /// What was recognised on the way.
    pub findings: Vec<Finding>,
    /// What proves it.
    pub evidence: Vec<Evidence>,
}

impl Probed {
    /// The credential itself does not count, or nothing could be learned of it: nothing can be told of its grants.
    #[must_use]
    pub fn stopped(by: Validation, wanted: &[String]) -> Self {
        Self {
            unknown: wanted.iter().map(|name| (name.clone(), by.reason.clone())).collect(),
            findings: by.findings,
            evidence: by.evidence,
            ..Self::default()
        }
    }
}

/// A short-lived Bearer token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minted {
    /// The token.
    pub token: SecretText,
    /// When it ends.
    pub expires_at: Timestamp,
    /// What it may do.
    pub scopes: Vec<String>,
    /// What it says of itself, unverified: name and value.
    pub claims: Vec<(String, String)>,
}
