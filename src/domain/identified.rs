//! What can be told of a token without asking anybody.

use serde::{Deserialize, Serialize};

use super::credential::Kind;
use super::host::FamilyId;

/// Result of the typing check that some vendors build into a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Checksum {
    /// This form has none.
    None,
    /// It fits: the token was pasted whole.
    Ok,
    /// It does not fit: most likely mistyped or cut. A warning, never a refusal.
    Mismatch,
}

/// One thing a token may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The family.
    pub family: FamilyId,
    /// The kind within it.
    pub kind: Kind,
    /// Whether the form leaves no doubt.
    pub certain: bool,
    /// Facts carried by the token itself, name and value, unverified: account id, user id, organisation.
    pub carries: Vec<(String, String)>,
    /// The typing check.
    pub checksum: Checksum,
}
