//! Fuzzy matching of what is typed against a row's fields, fast enough to run on every key over 100,000 rows.
//!
//! Every word of the query has to match within one field: letters scattered over label, host and tags are no match,
//! since what is shown may be selected and revoked as a whole.

use std::fmt;

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str, Utf32String};

/// The searchable fields of one row, prepared once. Which letters occur is kept as a bit set, so that most rows are
/// passed over without running the matcher.
#[derive(Debug, Clone, Default)]
pub struct Haystack {
    fields: Vec<(u64, Utf32String)>,
}

impl Haystack {
    /// Prepares the fields; empty ones are left out. Earlier fields count more.
    pub fn new<'a>(fields: impl IntoIterator<Item = &'a str>) -> Self {
        let fields = fields.into_iter().filter(|f| !f.is_empty());
        Self { fields: fields.map(|f| (letters(f), Utf32String::from(f))).collect() }
    }
}

/// Text outside ASCII may match letters in ways that only the matcher knows: it counts as having every letter.
fn letters(text: &str) -> u64 {
    text.bytes().fold(0, |set, byte| if byte.is_ascii() { set | letter(byte) } else { u64::MAX })
}

fn letter(byte: u8) -> u64 {
    1 << match byte.to_ascii_lowercase() {
        b @ b'a'..=b'z' => b - b'a',
        b @ b'0'..=b'9' => 26 + b - b'0',
        other => 36 + other % 27,
    }
}

/// A query, taken apart.
#[derive(Debug, Clone, Default)]
pub struct Query {
    words: Vec<(u64, Atom)>,
}

impl Query {
    /// Words separated by spaces; case matters only where capitals are typed.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let atom = |word: &str| Atom::new(word, CaseMatching::Smart, Normalization::Smart, AtomKind::Fuzzy, false);
        // A letter outside ASCII asks for a bit that rows in pure ASCII never have.
        let need = |word: &str| {
            word.bytes().fold(0, |set, byte| if byte.is_ascii() { set | letter(byte) } else { set | 1 << 63 })
        };
        Self { words: text.split_whitespace().map(|w| (need(w), atom(w))).collect() }
    }

    /// Whether it asks for nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
}

/// The matcher with its scratch memory, reused for every row.
#[derive(Clone)]
pub struct Fuzzy(Matcher);

impl Default for Fuzzy {
    fn default() -> Self {
        Self(Matcher::new(Config::DEFAULT))
    }
}

impl fmt::Debug for Fuzzy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fuzzy")
    }
}

impl Fuzzy {
    /// How well a row fits, higher is better; none where it does not.
    pub fn score(&mut self, query: &Query, row: &Haystack) -> Option<u32> {
        let mut total = 0;
        for (need, atom) in &query.words {
            let best = row.fields.iter().enumerate().filter(|(_, (has, _))| has & need == *need).find_map(
                |(place, (_, field))| {
                    // The first field that matches decides: its place is worth more than a better fit further on.
                    let score = self.field(atom, field.slice(..))?;
                    Some(u32::from(score) + 8 * 5_u32.saturating_sub(u32::try_from(place).unwrap_or(5)))
                },
            )?;
            total += best;
        }
        Some(total)
    }

    fn field(&mut self, atom: &Atom, field: Utf32Str<'_>) -> Option<u16> {
        atom.score(field, &mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(query: &str, fields: &[&str]) -> Option<u32> {
        Fuzzy::default().score(&Query::new(query), &Haystack::new(fields.iter().copied()))
    }

    #[test]
    fn letters_must_be_in_order_within_one_field() {
        assert!(score("cirl", &["ci-release", "github.com"]).is_some());
        assert!(score("cigh", &["ci-release", "github.com"]).is_none());
        assert!(score("ci git", &["ci-release", "github.com"]).is_some());
        assert!(score("zz", &["ci-release"]).is_none());
    }

    #[test]
    fn capitals_are_meant_and_accents_are_optional() {
        assert!(score("CI", &["ci-release"]).is_none());
        assert!(score("ci", &["CI-Release"]).is_some());
        assert!(score("muller", &["Müller"]).is_some());
        assert!(score("müller", &["muller"]).is_none());
    }

    #[test]
    fn a_label_that_fits_beats_a_host_that_fits() {
        assert!(score("prod", &["prod", "x.dev"]) > score("prod", &["other", "prod"]));
        assert!(score("prod", &["prod-db", "x.dev"]) > score("prod", &["p-r-o-d", "x.dev"]));
    }
}
