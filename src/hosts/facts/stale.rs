//! Instructions that no longer hold: strict types for `assets/stale.toml`.

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::Deserialize;

use crate::domain::{FamilyId, Kind};

/// An instruction that people arrive with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StaleFacts {
    /// Slug; the code of its finding is `stale.` and this.
    pub id: String,
    /// Families whose users arrive with it.
    pub families: Vec<FamilyId>,
    /// Profiles for which it was written; empty where the family alone decides.
    #[serde(default)]
    pub profiles: Vec<String>,
    /// What was said.
    pub said: String,
    /// What is wrong with it, in a few words.
    pub title: String,
    /// Why; may hold `{when}`.
    pub cause: String,
    /// What to do instead.
    pub instead: String,
    /// Since when it is wrong; none where it always was, or that is not known.
    #[serde(default)]
    pub since: Option<Date>,
    /// An announced end of what it leads to, at the beginning of that day in UTC.
    #[serde(default)]
    pub ends: Option<Date>,
    /// The vendor's page on it.
    pub link: String,
    /// What is said beside a token that is printed; may hold `{when}`, how far off its end is.
    #[serde(default)]
    pub token: Option<String>,
    /// How credentials are recognised that it concerns.
    #[serde(default)]
    pub row: Option<RowFacts>,
}

/// What a credential on the rack must be like: its family and kind fit, and one of the signs is there. Where no sign is
/// named, family and kind are enough.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RowFacts {
    /// What is said of such a credential; may hold `{when}`.
    pub title: String,
    /// Kinds; empty for all.
    pub kinds: Vec<Kind>,
    /// Sign: it is used at more than one host.
    pub several_hosts: bool,
    /// Sign: its last validation has one of these findings.
    pub findings: Vec<String>,
    /// Sign: its note has one of these words, or a finding or the evidence of its last validation has.
    pub words: Vec<String>,
    /// Sign: it was made longer ago.
    pub older_than_days: Option<u32>,
    /// Sign: the name of a host that it is used at ends so.
    pub host_suffix: Option<String>,
}

impl RowFacts {
    /// Whether family and kind alone decide.
    #[must_use]
    pub fn has_no_sign(&self) -> bool {
        !self.several_hosts
            && self.findings.is_empty()
            && self.words.is_empty()
            && self.older_than_days.is_none()
            && self.host_suffix.is_none()
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    stale: Vec<StaleFacts>,
}

/// Every instruction that no longer holds. Empty where the file does not parse; a test sees to it that it does.
pub fn stale() -> &'static [StaleFacts] {
    static STALE: LazyLock<Vec<StaleFacts>> = LazyLock::new(|| {
        super::read("stale.toml").and_then(|t| toml::from_str::<File>(t).ok()).map(|f| f.stale).unwrap_or_default()
    });
    &STALE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_file_parses_and_says_what_to_do() {
        let file: File = toml::from_str(super::super::read("stale.toml").unwrap()).unwrap();
        for stale in &file.stale {
            assert!(!stale.families.is_empty() && !stale.said.is_empty(), "{}", stale.id);
            assert!(stale.link.starts_with("https://"), "{}", stale.id);
            assert!(stale.row.as_ref().is_none_or(|r| !r.title.is_empty()), "{}", stale.id);
        }
        let mut ids: Vec<_> = file.stale.iter().map(|s| &s.id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), file.stale.len());
    }
}
