//! Reading a list of GitLab's, page by page. Paged by number, since links are built from the instance's external URL, which
//! may be another host than the one that was called (<https://docs.gitlab.com/api/rest/#pagination>).

use serde_json::Value;

use super::signed;
use crate::domain::{Evidence, Validation};
use crate::hosts::Act;
use crate::net::{Request, Response};

/// Rows asked for at once, and most pages that are read.
const SIZE: usize = 100;
const PAGES: usize = 50;

/// The rows of a list, and what is missing of it.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) rows: Vec<Value>,
    /// A sentence each.
    pub(super) gaps: Vec<String>,
    /// What came instead of a page; the rest is still with the wire.
    pub(super) evidence: Vec<Evidence>,
}

/// Why there is no first page.
pub(super) enum Missing {
    /// An answer that is no list.
    Answer(Box<Response>),
    /// None came.
    Lost(Box<Validation>),
}

/// Reads `path` with `query` (empty, or ending in `&`) to its end. `refused` says what a later answer means that is no
/// page.
pub(super) async fn read(
    act: &Act<'_>,
    path: &str,
    query: &str,
    refused: impl Fn(&Response) -> Box<Validation>,
) -> Result<Listing, Missing> {
    let mut listing = Listing::default();
    let mut page = 1;
    loop {
        let found = match ask(act, &format!("{path}?{query}per_page={SIZE}&page={page}")).await {
            Ok(response) => match rows(&response) {
                Some(rows) => Ok((next_page(&response, page, rows.len()), rows)),
                None if page == 1 => return Err(Missing::Answer(Box::new(response))),
                None => Err(refused(&response)),
            },
            Err(lost) if page == 1 => return Err(Missing::Lost(lost)),
            Err(lost) => Err(lost),
        };
        match found {
            Ok((next, rows)) => {
                listing.rows.extend(rows);
                match next {
                    Some(_) if page == PAGES => {
                        listing.gaps.push(format!("only the first {} are listed", listing.rows.len()));
                        break;
                    }
                    Some(next) => page = next,
                    None => break,
                }
            }
            Err(why) => {
                listing.gaps.push(format!("page {page} and what follows is missing: {}", why.reason));
                listing.evidence.extend(why.evidence);
                break;
            }
        }
    }
    Ok(listing)
}

/// One request, signed.
pub(super) async fn ask(act: &Act<'_>, path: &str) -> Result<Response, Box<Validation>> {
    let request = Request::get(act.wire.url("api", path)).header("Accept", "application/json");
    act.wire.send(signed(request, &act.using.secret.token)).await.map_err(|e| Box::new(act.wire.unreachable(&e)))
}

fn rows(response: &Response) -> Option<Vec<Value>> {
    let good = response.status == 200 && !response.is_html() && !response.truncated;
    match response.json().filter(|_| good)? {
        Value::Array(rows) => Some(rows),
        _ => None,
    }
}

/// The number of the next page: GitLab's own word, which must go forward; without the header a full page has one.
fn next_page(response: &Response, page: usize, rows: usize) -> Option<usize> {
    match response.header("x-next-page").map(str::trim) {
        Some(next) => next.parse().ok().filter(|next| *next == page + 1 && rows > 0),
        None => (rows == SIZE).then_some(page + 1),
    }
}
