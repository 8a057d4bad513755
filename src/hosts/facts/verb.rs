//! Facts on how a family does each verb.

use serde::Deserialize;

/// How a family does a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// Through the host's API.
    AtHost,
    /// By numbered steps, then proved by a request.
    Guided,
    /// The user is asked, since the host does not tell.
    Asked,
    /// The product has no such thing.
    None,
}

/// The verbs whose way differs between families.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerbFacts {
    /// Validate.
    pub validate: How,
    /// Whose it is.
    pub identity: How,
    /// What it may do.
    pub grants: How,
    /// When it ends.
    pub expiry: How,
    /// The host's own list.
    pub inventory: How,
    /// Create.
    pub create: How,
    /// Rotate.
    pub rotate: How,
    /// Revoke.
    pub revoke: How,
    /// Use it for git over HTTPS.
    pub git: How,
}
