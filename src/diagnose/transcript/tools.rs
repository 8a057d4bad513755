//! What tools print, as data: `assets/transcripts.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::domain::FamilyId;
use crate::hosts::facts;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    failures: Vec<Failure>,
    statuses: Vec<Status>,
    paths: Vec<Path>,
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

/// How a tool tells of an answer only what status it had.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Status {
    /// What stands before it, in any case.
    before: String,
}

/// A path by which products are known.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Path {
    /// Part of the path that was asked.
    part: String,
    /// Whose it is.
    families: Vec<FamilyId>,
}

static FILE: LazyLock<File> = LazyLock::new(|| {
    let text = facts::read("transcripts.toml").unwrap_or("");
    toml::from_str(text).unwrap_or_default()
});

/// Why a tool gave up without an answer: the finding that a line means, and the line.
pub(super) fn failure(line: &str) -> Option<(String, String)> {
    let lower = line.to_lowercase();
    let found = FILE.failures.iter().find(|f| f.words.iter().all(|w| lower.contains(w.as_str())))?;
    Some((found.finding.clone(), crate::sanitize::short(line.trim(), 200)))
}

/// The status that a line tells of an answer that is not shown.
pub(super) fn status(line: &str) -> Option<u16> {
    let lower = line.to_lowercase();
    FILE.statuses.iter().find_map(|s| {
        let (_, rest) = lower.split_once(s.before.as_str())?;
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok().filter(|code| digits.len() == 3 && (400..=599).contains(code))
    })
}

/// The families that a path is of; none where it is nobody's in particular.
pub(super) fn families_of(path: &str) -> &'static [FamilyId] {
    FILE.paths.iter().find(|p| path.contains(p.part.as_str())).map_or(&[], |p| &p.families)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts::{self, facts::common};

    #[test]
    fn the_shipped_file_parses_and_names_what_exists() {
        assert!(FILE.failures.len() > 20, "the file does not parse");
        for failure in &FILE.failures {
            assert!(common().findings.iter().any(|f| f.name == failure.finding), "{}", failure.finding);
            assert!(failure.words.iter().all(|w| *w == w.to_lowercase()), "{:?}", failure.words);
        }
        for path in &FILE.paths {
            assert!(path.families.iter().all(|f| hosts::family(f).is_some()), "{:?}", path.families);
        }
    }

    #[test]
    fn a_status_is_read_as_each_tool_tells_it() {
        for line in [
            "curl: (22) The requested URL returned error: 401",
            "requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://x",
            "Invoke-RestMethod : The remote server returned an error: (401) Unauthorized.",
            "Invoke-RestMethod: Response status code does not indicate success: 401 (Unauthorized).",
            "urllib.error.HTTPError: HTTP Error 401: Unauthorized",
            "AxiosError: Request failed with status code 401",
            "Server returned HTTP response code: 401 for URL: https://x",
        ] {
            assert_eq!(status(line), Some(401), "{line}");
        }
        assert_eq!(status("HTTP Error 42"), None);
    }
}
