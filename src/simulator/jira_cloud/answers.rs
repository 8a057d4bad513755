//! Shapes of answers: Jira's, Confluence's, the gateway's and the administration's errors, and pages for people.

use serde_json::json;

use super::super::SimResponse;

/// `{"errorMessages":[…],"errors":{}}`.
pub(super) fn jira(status: u16, message: &str) -> SimResponse {
    SimResponse::json(status, &json!({ "errorMessages": [message], "errors": {} }))
}

/// `{"statusCode":…,"message":…}`.
pub(super) fn confluence(status: u16, message: &str) -> SimResponse {
    SimResponse::json(status, &json!({ "statusCode": status, "message": message }))
}

/// `{"code":…,"message":…}`.
pub(super) fn gateway(status: u16, message: &str) -> SimResponse {
    SimResponse::json(status, &json!({ "code": status, "message": message }))
}

/// A scope is missing: 401, not 403.
pub(super) fn scope_missing() -> SimResponse {
    gateway(401, "Unauthorized; scope does not match")
}

/// The administration's 403.
pub(super) fn forbidden(path: &str, message: &str) -> SimResponse {
    SimResponse::json(
        403,
        &json!({
            "timestamp": "2026-11-23T04:00:00.000+00:00", "path": path, "status": 403, "error": "Forbidden",
            "message": message, "requestId": "keyrack-0001",
        }),
    )
}

/// Bare words, sent as HTML.
pub(super) fn unauthenticated() -> SimResponse {
    text(401, "Client must be authenticated to access this resource.")
}

/// Plain words under the content type of a page, as Jira sends them.
pub(super) fn text(status: u16, words: &str) -> SimResponse {
    SimResponse { status, body: words.to_owned(), ..SimResponse::default() }
        .with("Content-Type", "text/html;charset=UTF-8")
}

/// A page for people.
pub(super) fn page(status: u16, title: &str) -> SimResponse {
    let body = format!("<!DOCTYPE html><html><head><title>{title}</title></head><body>{title}</body></html>");
    SimResponse { status, body, ..SimResponse::default() }.with("Content-Type", "text/html")
}

/// A value of the query, percent signs decoded.
pub(super) fn parameter(query: &str, name: &str) -> Option<String> {
    let raw = query.split('&').find_map(|p| p.strip_prefix(name)?.strip_prefix('='))?;
    Some(percent_encoding::percent_decode_str(raw).decode_utf8_lossy().into_owned())
}
