//! One row: a credential with where it stands, and what the filter looks through.

use jiff::Timestamp;

use crate::domain::{Credential, SecretState, Standing, Verdict};

use super::super::filter::{Haystack, Words};

/// One credential as the rack shows it.
#[derive(Debug, Clone)]
pub struct Row {
    /// The record.
    pub credential: Credential,
    /// Where it stands, at most one per binding.
    pub standings: Vec<Standing>,
    /// The worst verdict of its bindings, with the expiry taken into account.
    pub verdict: Verdict,
    /// The last real verdict and its moment, where the newest says nothing of the token.
    pub last_real: Option<(Verdict, Timestamp)>,
    /// When it was checked last.
    pub checked_at: Option<Timestamp>,
    /// Names of its hosts, comma-separated.
    pub hosts: String,
    /// Log-in name as the host gave it, else the user name.
    pub account: String,
}

impl Row {
    /// Its secret is gone: it can be looked at and forgotten, nothing else.
    #[must_use]
    pub fn retired(&self) -> bool {
        self.credential.secret == SecretState::Destroyed
    }
}

/// What the filter finds a row by.
pub(super) fn haystack(row: &Row, words: &mut Words) -> Haystack {
    let tags = row.credential.tags.join(" ");
    Haystack::new(&row.credential.label, [&row.hosts, &row.account, &tags, row.verdict.slug()], words)
}
