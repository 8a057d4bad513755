//! A host's own list beside the rack: which of its lines are kept here, which are strangers.

use jiff::Timestamp;
use serde::Serialize;

use super::credential::{CredentialId, SecretState};
use super::remote::RemoteToken;
use super::revocation::RevokeEnd;
use super::verdict::{Evidence, Validation};

/// By what a line of a host's list was found to be a credential of the rack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MatchedBy {
    /// The host's id, which a validation told: sure.
    RemoteId,
    /// The access key id or user name: sure.
    Username,
    /// The last characters of its secret and its name: sure.
    TailAndName,
    /// Its name and the day on which it was made: likely, no more.
    NameAndDate,
}

impl MatchedBy {
    /// Whether it can be nothing else.
    #[must_use]
    pub fn is_sure(self) -> bool {
        self != Self::NameAndDate
    }

    /// In words, after "matched by".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::RemoteId => "its id",
            Self::Username => "its access key id or user name",
            Self::TailAndName => "its last characters and name",
            Self::NameAndDate => "its name and the day it was made",
        }
    }
}

/// The credential of the rack that a line is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OnRack {
    /// Which.
    pub credential: CredentialId,
    /// Its label.
    pub label: String,
    /// How it was found.
    pub by: MatchedBy,
    /// Whether the rack still has its secret.
    pub secret: SecretState,
}

/// One line of a host's list, and what the rack knows of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InventoryLine {
    /// What the host says.
    #[serde(flatten)]
    pub token: RemoteToken,
    /// The credential of the rack; none for a stranger.
    pub on_rack: Option<OnRack>,
}

/// A credential of the rack that the host's list does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Absent {
    /// Which.
    pub credential: CredentialId,
    /// Its label.
    pub label: String,
    /// It is surely gone; else the list may not cover it.
    pub gone: bool,
    /// Why, a sentence.
    pub why: String,
}

/// A host's list, matched against the rack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InventoryReport {
    /// Name of the host.
    pub host: String,
    /// Whose list it is.
    pub of: String,
    /// When it was read.
    pub at: Timestamp,
    /// Its lines: strangers that work first, then the rest.
    pub lines: Vec<InventoryLine>,
    /// On the rack, used at this host, and not in the list.
    pub absent: Vec<Absent>,
    /// What is missing from the list and why, a sentence each.
    pub gaps: Vec<String>,
    /// What proves it.
    pub evidence: Vec<Evidence>,
}

/// What came of revoking one line of a host's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RemoteRevokeResult {
    /// The host's id for it.
    pub id: String,
    /// Its name there.
    pub name: String,
    /// Label of the credential of the rack that it surely is.
    pub label: Option<String>,
    /// How it ended.
    pub end: RevokeEnd,
    /// What happened and what to do next.
    pub message: String,
    /// The last answer of the host that decides.
    pub validation: Option<Validation>,
}
