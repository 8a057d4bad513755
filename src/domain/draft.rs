//! A credential on its way to the rack: what was pasted, what the user chose, not yet kept.

use jiff::Timestamp;

use super::credential::{Kind, LookAt, Owner};
use super::host::{FamilyId, HostId};
use super::identified::Candidate;
use crate::secret::Secret;

/// A paste after cleaning and offline recognition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identified {
    /// The secret alone, without quotes, prefixes or line breaks.
    pub secret: Secret,
    /// User name, e-mail or access key id found beside it.
    pub username: Option<String>,
    /// URL found beside it (a curl command, a clone URL).
    pub url: Option<String>,
    /// What was removed or split off, a sentence each: the user is told.
    pub notes: Vec<String>,
    /// What gives cause for doubt, a sentence each: a checksum that does not fit.
    pub warnings: Vec<String>,
    /// What it may be, best guess first; empty where its form is nobody's.
    pub candidates: Vec<Candidate>,
    /// Label of the credential on the rack that has this very secret.
    pub duplicate: Option<String>,
}

/// Where a draft is to be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostChoice {
    /// A host on the rack.
    Known {
        /// Which.
        host: HostId,
        /// What the credential is there: `source`, `target`.
        role: Option<String>,
    },
    /// A URL for which a host record is to be made.
    New {
        /// The URL as typed.
        url: String,
        /// The family, where the user or the token told it.
        family: Option<FamilyId>,
        /// What the credential is there.
        role: Option<String>,
    },
}

/// Everything needed to check and keep a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The label.
    pub label: String,
    /// The secret.
    pub secret: Secret,
    /// The kind, where the user chose one; otherwise recognition decides.
    pub kind: Option<Kind>,
    /// User name, e-mail or access key id.
    pub username: Option<String>,
    /// Whose account it acts as.
    pub owner: Option<Owner>,
    /// When it ends, where the user said.
    pub expires: Option<Timestamp>,
    /// Tags.
    pub tags: Vec<String>,
    /// Note.
    pub note: String,
    /// The jobs it is there for, by profile.
    pub profiles: Vec<String>,
    /// What these look at, at every host.
    pub look_at: LookAt,
    /// Where it is used; at least one.
    pub hosts: Vec<HostChoice>,
}
