//! Bodies as Bitbucket writes them.

use serde_json::{Value, json};

use super::super::SimResponse;

/// The error shape.
pub(super) fn error(status: u16, message: &str) -> SimResponse {
    SimResponse::json(status, &json!({"type": "error", "error": {"message": message}}))
}

/// The one answer to every bad credential.
pub(super) fn unauthorised() -> SimResponse {
    error(401, "Token is invalid, expired, or not supported for this endpoint.")
        .with("WWW-Authenticate", r#"Basic realm="Bitbucket.org HTTP""#)
}

/// A refusal that names what is missing.
pub(super) fn scope_missing(required: &str, granted: &[&str]) -> SimResponse {
    let message = "Your credentials lack one or more required privilege scopes.";
    let detail = json!({"required": [required], "granted": granted});
    SimResponse::json(403, &json!({"type": "error", "error": {"message": message, "detail": detail}}))
}

/// A policy of the workspace, or a missing right.
pub(super) fn forbidden() -> SimResponse {
    error(403, "Forbidden")
}

pub(super) fn not_found(message: &str) -> SimResponse {
    error(404, message)
}

/// A list across workspaces.
pub(super) fn removed() -> SimResponse {
    let body = json!({"type": "error", "error": {
        "message": "CHANGE-2770 - Functionality has been deprecated",
        "detail": "This endpoint has been removed. See the changelog.",
        "data": {"announcement_url": "https://developer.atlassian.com/cloud/bitbucket/changelog#CHANGE-2770"},
    }});
    SimResponse::json(410, &body)
}

/// The one and only page of a list.
pub(super) fn page(values: Vec<Value>) -> SimResponse {
    let body = json!({"pagelen": 25, "page": 1, "size": values.len(), "values": values});
    SimResponse::json(200, &body)
}
