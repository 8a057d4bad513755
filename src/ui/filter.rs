//! Fuzzy matching of what is typed against a row's fields, fast enough to run on every key over 100,000 rows.
//!
//! Every word of the query has to match within one field: letters scattered over label, host and tags are no match,
//! since what is shown may be selected and revoked as a whole.

use std::collections::HashMap;
use std::fmt;

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32String};

/// Values that many rows have in common (hosts, accounts, tags, verdicts), each kept and scored once.
#[derive(Debug, Clone, Default)]
pub struct Words {
    values: Vec<(u64, Utf32String)>,
    ids: HashMap<String, u32>,
}

impl Words {
    fn id(&mut self, text: &str) -> u32 {
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let id = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.values.push((letters(text), Utf32String::from(text)));
        self.ids.insert(text.to_owned(), id);
        id
    }
}

/// How many fields besides its own a row has.
pub const SHARED: usize = 4;

/// What can be found of one row, prepared once: its own text, and its fields among the [`Words`]. Which letters occur
/// is kept as a bit set, so that most rows are passed over without running the matcher.
#[derive(Debug, Clone, Default)]
pub struct Haystack {
    letters: u64,
    own: Utf32String,
    shared: [u32; SHARED],
}

impl Haystack {
    /// Prepares a row. Its own text counts most, then the fields in their order.
    pub fn new(own: &str, shared: [&str; SHARED], words: &mut Words) -> Self {
        Self { letters: letters(own), own: Utf32String::from(own), shared: shared.map(|text| words.id(text)) }
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

/// One word of a query, and how the shared values fit it as far as that was asked.
#[derive(Debug, Clone)]
struct Part {
    need: u64,
    atom: Atom,
    known: Vec<Known>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    NotAsked,
    No,
    Fits(u16),
}

/// A query, taken apart.
#[derive(Debug, Clone, Default)]
pub struct Query {
    parts: Vec<Part>,
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
        let part = |word| Part { need: need(word), atom: atom(word), known: Vec::new() };
        Self { parts: text.split_whitespace().map(part).collect() }
    }

    /// Whether it asks for nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
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
    pub fn score(&mut self, query: &mut Query, row: &Haystack, words: &Words) -> Option<u32> {
        let mut total = 0;
        for part in &mut query.parts {
            total += self.part(part, row, words)?;
        }
        Some(total)
    }

    /// The first field that matches decides: its place is worth more than a better fit further on.
    fn part(&mut self, part: &mut Part, row: &Haystack, words: &Words) -> Option<u32> {
        if row.letters & part.need == part.need
            && let Some(score) = part.atom.score(row.own.slice(..), &mut self.0)
        {
            return Some(u32::from(score) + 8 * (SHARED as u32 + 1));
        }
        part.known.resize(words.values.len(), Known::NotAsked);
        for (place, id) in row.shared.iter().enumerate() {
            let id = *id as usize;
            let (Some(known), Some((letters, value))) = (part.known.get_mut(id), words.values.get(id)) else {
                continue;
            };
            if *known == Known::NotAsked {
                let may = letters & part.need == part.need;
                let score = if may { part.atom.score(value.slice(..), &mut self.0) } else { None };
                *known = score.map_or(Known::No, Known::Fits);
            }
            if let Known::Fits(score) = known {
                return Some(u32::from(*score) + 8 * (SHARED - place) as u32);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(query: &str, fields: &[&str]) -> Option<u32> {
        let mut words = Words::default();
        let mut shared = [""; SHARED];
        shared[..fields.len() - 1].copy_from_slice(&fields[1..]);
        let row = Haystack::new(fields[0], shared, &mut words);
        Fuzzy::default().score(&mut Query::new(query), &row, &words)
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
