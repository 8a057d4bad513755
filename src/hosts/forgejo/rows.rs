//! Lines of the host's lists of tokens, and the answers that have the same shape.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::{API, FACTS};
use crate::domain::{Grant, GrantSource};
use crate::hosts::Wire;
use crate::net::{NetError, Request, Response};
use crate::sanitize::short;

/// Lines asked for at once; the servers give no more.
const PAGE: usize = 50;
/// Most pages that are read.
const MOST_PAGES: usize = 20;
/// Most scopes or repositories that are taken from one line.
const MOST: usize = 100;
/// Longest name that is taken, in characters.
const NAME_CAP: usize = 120;

/// A token as the host lists it. Every field but the number may be missing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Row {
    id: Value,
    name: Option<String>,
    pub sha1: Option<String>,
    token_last_eight: Option<String>,
    scopes: Option<Vec<Value>>,
    repositories: Option<Vec<Value>>,
    created_at: Option<String>,
    last_used_at: Option<String>,
}

impl Row {
    /// Its number, as text.
    pub(super) fn id(&self) -> Option<String> {
        self.id.as_u64().filter(|id| *id > 0).map(|id| id.to_string())
    }

    pub(super) fn name(&self) -> Option<String> {
        self.name.as_deref().filter(|n| !n.is_empty()).map(|n| short(n, NAME_CAP))
    }

    pub(super) fn tail(&self) -> Option<String> {
        self.token_last_eight
            .as_deref()
            .filter(|t| t.len() == 8 && t.bytes().all(|b| b.is_ascii_hexdigit()))
            .map(str::to_owned)
    }

    /// Its scopes; none where the answer has no list. An empty name is what tokens from before scopes have.
    pub(super) fn scopes(&self) -> Option<Vec<String>> {
        let listed = self.scopes.as_ref()?.iter().filter_map(Value::as_str);
        Some(listed.filter(|s| !s.is_empty()).take(MOST).map(|s| short(s, 64)).collect())
    }

    /// The repositories that it is limited to; none where it is not limited.
    pub(super) fn repositories(&self) -> Option<Vec<String>> {
        let listed = self.repositories.as_ref()?;
        let full = |repository: &Value| match repository["full_name"].as_str() {
            Some(name) => Some(name.to_owned()),
            None => Some(format!("{}/{}", repository["owner"].as_str()?, repository["name"].as_str()?)),
        };
        Some(listed.iter().filter_map(full).take(MOST).map(|name| short(&name, NAME_CAP)).collect())
    }

    pub(super) fn created_at(&self) -> Option<Timestamp> {
        moment(self.created_at.as_deref())
    }

    pub(super) fn last_used(&self) -> Option<Timestamp> {
        moment(self.last_used_at.as_deref())
    }
}

/// A moment; the zero time that Gitea writes where it has none is none.
fn moment(text: Option<&str>) -> Option<Timestamp> {
    text?.parse::<Timestamp>().ok().filter(|at| at.as_second() > 0)
}

/// What the host listed, then what that includes.
pub(super) fn grants(scopes: &[String]) -> Vec<Grant> {
    let more = FACTS.implied(scopes).into_iter().map(|name| Grant { name, source: GrantSource::Implied });
    scopes.iter().map(Grant::told).chain(more).collect()
}

/// A list as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Listed {
    pub rows: Vec<Row>,
    /// How many there are, where there are more than were read.
    pub more_of: Option<u64>,
}

/// Why there is no list.
pub(super) enum NoList {
    /// The host answered with this instead.
    Answer(Box<Response>),
    /// No answer came.
    Lost(NetError),
}

/// Reads all pages of a list of tokens at `path`. Counts the pages itself: the links in answers are built from the
/// server's own idea of its address.
pub(super) async fn list(wire: &Wire<'_>, path: &str, sign: impl Fn(Request) -> Request) -> Result<Listed, NoList> {
    let mut listed = Listed::default();
    for page in 1..=MOST_PAGES {
        let request = Request::get(wire.url(API, &format!("{path}?page={page}&limit={PAGE}")));
        let answer = wire.send(sign(request)).await.map_err(NoList::Lost)?;
        let rows = (answer.status == 200 && !answer.is_html()).then(|| answer.parse::<Vec<Row>>()).flatten();
        let Some(rows) = rows else { return Err(NoList::Answer(Box::new(answer))) };
        let total = answer.header("x-total-count").and_then(|t| t.trim().parse::<u64>().ok());
        let got = rows.len();
        listed.rows.extend(rows.into_iter().take(PAGE));
        let have = u64::try_from(listed.rows.len()).unwrap_or(u64::MAX);
        // A server may give fewer at once than was asked for, so its own count goes first.
        let whole = total.map_or(got < PAGE, |total| have >= total);
        if whole {
            listed.more_of = None;
        }
        if got == 0 || whole {
            return Ok(listed);
        }
        listed.more_of = total.or(Some(have.saturating_add(1)));
    }
    Ok(listed)
}

/// The one line with these last characters, else why there is none, as words for a sentence.
pub(super) fn by_tail<'a>(rows: &'a [Row], tail: &str) -> Result<&'a Row, &'static str> {
    let mut fitting = rows.iter().filter(|row| row.tail().as_deref() == Some(tail));
    match (fitting.next(), fitting.next()) {
        (Some(row), None) => Ok(row),
        (Some(_), Some(_)) => Err("two of them share those of this one"),
        (None, _) => Err("none of them has those of this one"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(json: &str) -> Row {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_zero_time_is_no_time() {
        let made = row(r#"{"id":1,"created_at":"0001-01-01T00:00:00Z","last_used_at":"2026-11-23T08:00:00+01:00"}"#);
        assert_eq!(made.created_at(), None);
        assert_eq!(made.last_used().unwrap().to_string(), "2026-11-23T07:00:00Z");
        assert_eq!(row(r#"{"created_at":"soon"}"#).created_at(), None);
    }

    #[test]
    fn repositories_are_null_for_tokens_without_a_limit() {
        assert_eq!(row(r#"{"repositories":null}"#).repositories(), None);
        let limited = row(r#"{"repositories":[{"id":1,"full_name":"mara/site"},{"owner":"mara","name":"blog"},7]}"#);
        assert_eq!(limited.repositories().unwrap(), ["mara/site", "mara/blog"]);
    }

    #[test]
    fn two_tokens_may_share_their_last_eight_characters() {
        let rows = [
            row(r#"{"id":1,"token_last_eight":"00112233"}"#),
            row(r#"{"id":2,"token_last_eight":"44556677"}"#),
            row(r#"{"id":3,"token_last_eight":"00112233"}"#),
        ];
        assert_eq!(by_tail(&rows, "44556677").unwrap().id().as_deref(), Some("2"));
        assert!(by_tail(&rows, "00112233").is_err() && by_tail(&rows, "99999999").is_err());
    }

    #[test]
    fn a_number_is_all_that_counts_as_one() {
        for (json, id) in
            [(r#"{"id":42}"#, Some("42")), (r#"{"id":"../x"}"#, None), (r#"{"id":0}"#, None), ("{}", None)]
        {
            assert_eq!(row(json).id().as_deref(), id);
        }
    }
}
