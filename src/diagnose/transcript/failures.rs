//! Why a tool gave up without an answer, by its own words: `assets/transcripts.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::hosts::facts;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    failures: Vec<Failure>,
}

/// Words of a tool, and what they mean.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Failure {
    /// Parts of the line, all of which must be there, in any case.
    words: Vec<String>,
    /// Code of the finding.
    finding: String,
}

static FAILURES: LazyLock<Vec<Failure>> = LazyLock::new(|| {
    let text = facts::read("transcripts.toml").unwrap_or("");
    toml::from_str::<File>(text).map(|f| f.failures).unwrap_or_default()
});

/// The finding that a line means, and the line.
pub(crate) fn of(line: &str) -> Option<(String, String)> {
    let lower = line.to_lowercase();
    let found = FAILURES.iter().find(|f| f.words.iter().all(|w| lower.contains(w.as_str())))?;
    Some((found.finding.clone(), crate::sanitize::short(line.trim(), 200)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts::facts::common;

    #[test]
    fn every_message_leads_to_a_finding_that_is_there() {
        assert!(FAILURES.len() > 20, "the file does not parse");
        for failure in FAILURES.iter() {
            assert!(common().findings.iter().any(|f| f.name == failure.finding), "{}", failure.finding);
            assert!(failure.words.iter().all(|w| *w == w.to_lowercase()), "{:?}", failure.words);
        }
    }
}
