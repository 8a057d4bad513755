//! How an act on a credential would be done at its host; decided before anything is sent.

use serde::Serialize;

/// How one credential would be made, replaced or revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "way")]
pub enum Way {
    /// By the host's API: what will be sent and what dies with it.
    AtHost {
        /// The sentence to show.
        what: String,
    },
    /// By the host's API, signed by somebody else.
    NeedsAuthority {
        /// Why the credential itself cannot.
        why: String,
        /// The account's password would do; else another credential must sign.
        password: bool,
    },
    /// By hand, then proved by a check.
    Guided {
        /// Why there is no API for it.
        why: String,
        /// The page to open.
        page: String,
        /// What to do there.
        steps: Vec<String>,
    },
}

impl Way {
    /// One sentence on it.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::AtHost { what } => what.clone(),
            Self::NeedsAuthority { why, .. } => format!("somebody else has to sign: {why}"),
            Self::Guided { why, .. } => format!("by hand: {why}"),
        }
    }
}
