//! What a token may do, in the vendor's own spelling.

use serde::{Deserialize, Serialize};

/// Where a grant was learned from; decides how sure keyrack is of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GrantSource {
    /// The host listed it for this token.
    Told,
    /// Implied by a grant that the host listed.
    Implied,
    /// A harmless read request succeeded.
    Probed,
    /// The host's policy simulator said so (AWS); conditions may still refuse it.
    Simulated,
}

/// A scope (given to the token) or permission (held by the account).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Grant {
    /// The vendor's spelling: `repo`, `contents:read`, `REPO_WRITE`, `codecommit:GitPull`.
    pub name: String,
    /// How keyrack knows.
    pub source: GrantSource,
}

impl Grant {
    /// A grant that the host itself listed.
    pub fn told(name: impl Into<String>) -> Self {
        Self { name: name.into(), source: GrantSource::Told }
    }
}
