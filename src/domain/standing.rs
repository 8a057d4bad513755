//! Where a credential stands at a host, as far as the rack remembers.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::credential::CredentialId;
use super::host::HostId;
use super::verdict::Verdict;

/// The newest verdict of a credential at a host, and the newest one that says something about the token: a network
/// fault never replaces the latter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Whose.
    pub credential: CredentialId,
    /// Where.
    pub host: HostId,
    /// The newest verdict of all.
    pub verdict: Verdict,
    /// Its reason.
    pub reason: String,
    /// When it was made.
    pub checked_at: Timestamp,
    /// The newest real verdict and when it was made; equal to the newest of all where that is real.
    pub real: Option<(Verdict, Timestamp)>,
    /// Log-in name the host gave for it last.
    pub login: Option<String>,
}

/// One line of the audit log. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// Operating system user.
    pub user: String,
    /// What was done: `add`, `edit`, `check`, `revoke`, `forget`, `host-add`, …
    pub verb: String,
    /// Label of the credential, or empty.
    pub label: String,
    /// Name of the host, or empty.
    pub host: String,
    /// How it ended: `done`, `refused`, `failed`, `unknown`.
    pub outcome: String,
    /// One sentence.
    pub detail: String,
}
