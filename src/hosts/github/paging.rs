//! Lists in pages. GitHub links to the next page; the link is never followed, only that there is one is taken.
//!
//! <https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api>

use serde_json::Value;

use super::asking::{Asking, is_success};
use super::refusal;
use crate::domain::Validation;
use crate::net::Response;

/// Rows asked for at once, and most pages that are read.
const SIZE: usize = 100;
const PAGES: usize = 50;

/// What was read of a list.
pub(super) struct Pages {
    pub(super) rows: Vec<Value>,
    /// What is missing, a sentence; none where it is whole.
    pub(super) gap: Option<String>,
}

/// Reads all pages of `path` (without query), up to a cap.
///
/// # Errors
/// The answer to the first page where it is no list, as GitHub gave it; or why none came.
pub(super) async fn read(at: Asking<'_>, path: &str) -> Result<Pages, Missing> {
    let mut rows: Vec<Value> = Vec::new();
    for page in 1..=PAGES {
        let answer = at.get(&format!("{path}?per_page={SIZE}&page={page}")).await;
        let missing = match answer {
            Ok(response) => match list(&response) {
                Some(found) => {
                    let more = has_next(&response, found.len());
                    rows.extend(found);
                    if !more {
                        return Ok(Pages { rows, gap: None });
                    }
                    continue;
                }
                None => Missing::Refused(response),
            },
            Err(unreachable) => Missing::Unreachable(unreachable),
        };
        if page == 1 {
            return Err(missing);
        }
        let why = missing.words();
        return Ok(Pages { rows, gap: Some(format!("page {page} of {path} and what follows is missing ({why})")) });
    }
    let gap = format!("only the first {} of {path} are listed", rows.len());
    Ok(Pages { rows, gap: Some(gap) })
}

/// Why there is no list.
pub(super) enum Missing {
    Refused(Response),
    Unreachable(Box<Validation>),
}

impl Missing {
    /// In a word or two: the status, or why there is none.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Refused(response) => response.status.to_string(),
            Self::Unreachable(validation) => validation.reason.clone(),
        }
    }

    /// What it says of the token that asks.
    pub(super) fn conclude(self, at: Asking<'_>) -> Box<Validation> {
        match self {
            Self::Refused(response) => Box::new(refusal::conclude(at, &response)),
            Self::Unreachable(validation) => validation,
        }
    }
}

fn list(response: &Response) -> Option<Vec<Value>> {
    match response.json().filter(|_| is_success(response))? {
        Value::Array(rows) => Some(rows),
        _ => None,
    }
}

/// GitHub links to a next page where there is one; a proxy may take the header off, and then a full page counts.
fn has_next(response: &Response, rows: usize) -> bool {
    match response.header("link") {
        Some(link) => rows > 0 && link.contains("rel=\"next\""),
        None => rows == SIZE,
    }
}
