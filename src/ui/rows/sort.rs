//! The orders that rows can be put in.

use std::cmp::{Ordering, Reverse};

use jiff::Timestamp;

use crate::domain::Expiry;

use super::Row;

/// What rows are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// Label, A to Z.
    #[default]
    Label,
    /// Host, then label.
    Host,
    /// Account, then label.
    Account,
    /// What ends first comes first; what has no end comes last.
    Expires,
    /// What was checked longest ago comes first.
    Checked,
    /// The worst first.
    Verdict,
}

impl Sort {
    const ALL: [Self; 6] = [Self::Label, Self::Host, Self::Account, Self::Expires, Self::Checked, Self::Verdict];

    /// The word shown beside the filter.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Label => "label",
            Self::Host => "host",
            Self::Account => "account",
            Self::Expires => "expires",
            Self::Checked => "checked",
            Self::Verdict => "verdict",
        }
    }

    /// The column after it, going round.
    pub(super) fn next(self) -> Self {
        let at = Self::ALL.iter().position(|s| *s == self).unwrap_or(0);
        Self::ALL[(at + 1) % Self::ALL.len()]
    }

    /// Which of two rows comes first; the label decides between equals.
    pub(super) fn compare(self, a: &Row, b: &Row) -> Ordering {
        match self {
            Self::Label => Ordering::Equal,
            Self::Host => a.hosts.cmp(&b.hosts),
            Self::Account => a.account.is_empty().cmp(&b.account.is_empty()).then_with(|| a.account.cmp(&b.account)),
            Self::Expires => end(a).cmp(&end(b)),
            Self::Checked => a.checked_at.cmp(&b.checked_at),
            Self::Verdict => Reverse(a.verdict.severity()).cmp(&Reverse(b.verdict.severity())),
        }
        .then_with(|| a.credential.label.cmp(&b.credential.label))
    }
}

/// Unknown and never come after every real end.
fn end(row: &Row) -> (u8, Option<Timestamp>) {
    match row.credential.expiry {
        Expiry::At(at) => (0, Some(at)),
        Expiry::Never => (1, None),
        Expiry::Unknown => (2, None),
    }
}
