//! Sending under time limits, and what is kept of an answer.

use std::time::Instant;

use reqwest::header::HeaderMap;
use tokio::time::timeout;

use super::options::Timeouts;
use crate::net::classify::Failure;
use crate::net::{BODY_CAP, Response};

/// Most bytes of all response headers together that are kept.
pub(super) const HEADERS_CAP: usize = 64 * 1024;

/// Most bytes of one response header's value that are kept.
const HEADER_CAP: usize = 8 * 1024;

/// Sends and reads under limits of our own: reqwest's look at the clock before they look at the connection, so that on a
/// busy machine a connection that never came about would count as a slow answer.
pub(super) async fn answer(
    client: &reqwest::Client,
    request: reqwest::Request,
    timeouts: Timeouts,
    started: Instant,
) -> Result<Response, Failure> {
    let first = timeouts.connect_limit() + timeouts.read;
    let mut answer = timeout(first, client.execute(request)).await??;
    let status = answer.status().as_u16();
    let headers = kept_headers(answer.headers());
    let expected = answer.content_length().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    let mut bytes = Vec::with_capacity(expected.min(BODY_CAP));
    let mut truncated = false;
    while let Some(chunk) = timeout(timeouts.read, answer.chunk()).await?? {
        let room = BODY_CAP - bytes.len();
        bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            truncated = true;
            break;
        }
    }
    Ok(Response { status, headers, body: text(bytes, truncated), truncated, elapsed: started.elapsed() })
}

fn kept_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut left = HEADERS_CAP;
    let mut kept = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        let bytes = value.as_bytes();
        let value = String::from_utf8_lossy(&bytes[..bytes.len().min(HEADER_CAP)]).into_owned();
        let Some(rest) = left.checked_sub(name.as_str().len() + value.len()) else { break };
        left = rest;
        kept.push((name.as_str().to_owned(), value));
    }
    kept
}

/// The body as text: a byte order mark is dropped (IIS sends it, JSON forbids it), and so is a character cut in half.
fn text(mut bytes: Vec<u8>, truncated: bool) -> String {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    if truncated && let Err(error) = std::str::from_utf8(&bytes) {
        // Only a broken end is ours; anything else is the host's and shown as such.
        if error.error_len().is_none() {
            bytes.truncate(error.valid_up_to());
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn a_character_cut_in_half_is_dropped_and_other_damage_is_shown() {
        assert_eq!(text("aä".as_bytes()[..2].to_vec(), true), "a");
        assert_eq!(text(b"a\xffb".to_vec(), true), "a\u{fffd}b");
        assert_eq!(text(b"\xef\xbb\xbf{}".to_vec(), false), "{}");
    }

    #[test]
    fn headers_are_capped_one_by_one_and_together() {
        let mut headers = HeaderMap::new();
        for n in 0..20 {
            let value = HeaderValue::from_str(&"x".repeat(10_000)).unwrap();
            headers.append(HeaderName::from_bytes(format!("h{n}").as_bytes()).unwrap(), value);
        }
        let kept = kept_headers(&headers);
        assert!(kept.iter().all(|(_, v)| v.len() == HEADER_CAP));
        assert!(kept.iter().map(|(n, v)| n.len() + v.len()).sum::<usize>() <= HEADERS_CAP);
        assert!(kept.len() >= 7);
    }
}
