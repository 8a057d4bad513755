//! Answers and errors in GitLab's own form.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use super::SimResponse;
use super::tokens::Token;

pub(super) const EXPIRED: &str = "Token is expired. You can either do re-authorization or token refresh.";
pub(super) const REVOKED: &str = "Token was revoked. You have to re-authorize from the user.";

/// The record of the token itself; any legacy scope is enough.
pub(super) fn own_record(token: &Token, now: Timestamp) -> SimResponse {
    if token.oauth {
        let text = "400 Bad request - This endpoint requires token type to be a personal access token";
        return message(400, text);
    }
    if token.granular && !token.permits("read_personal_access_token") {
        return missing("Read");
    }
    SimResponse::json(200, &record(token, now))
}

/// What GitLab says of a token wherever it does.
pub(super) fn record(token: &Token, now: Timestamp) -> Value {
    let mut record = json!({
        "id": token.id,
        "name": token.name,
        "description": token.note,
        "revoked": false,
        "active": true,
        "created_at": stamp(now, -token.age_days),
        "last_used_at": stamp(now, 0),
        "last_used_ips": ["192.0.2.7"],
        "scopes": token.scopes,
        "user_id": token.user.id,
        "expires_at": token.ends_in_days.map(|days| day(now, days)),
    });
    if token.granular {
        record["granular"] = Value::Bool(true);
        record["granular_scopes"] = token
            .permissions
            .iter()
            .map(|p| json!({"access": p.access, "permissions": p.names, "project_id": p.project, "group_id": p.group}))
            .collect();
    }
    record
}

pub(super) fn user(token: &Token) -> SimResponse {
    if token.granular && !token.permits("read_user") {
        return granular("user", "User: Read");
    }
    if !token.granular && !token.has(&["api", "read_api", "read_user"]) {
        return insufficient("api read_api read_user");
    }
    let user = &token.user;
    SimResponse::json(
        200,
        &json!({"id": user.id, "username": user.login, "name": user.name, "state": "active", "bot": user.bot}),
    )
}

pub(super) fn token_info(token: &Token, now: Timestamp) -> SimResponse {
    SimResponse::json(
        200,
        &json!({"resource_owner_id": token.user.id, "scope": token.scopes, "expires_in": 5400,
                "application": {"uid": "keyrack-demo-application"}, "created_at": now.as_second() - 1800}),
    )
}

/// Errors of API helpers.
pub(super) fn message(status: u16, text: &str) -> SimResponse {
    SimResponse::json(status, &json!({"message": text}))
}

/// Errors of parameter checks.
pub(super) fn bad_parameter(text: &str) -> SimResponse {
    SimResponse::json(400, &json!({"error": text}))
}

/// Errors of token checks; only a 401 has the header.
pub(super) fn token_error(status: u16, error: &str, description: &str) -> SimResponse {
    let answer = SimResponse::json(status, &json!({"error": error, "error_description": description}));
    if status != 401 {
        return answer;
    }
    let realm = format!(r#"Bearer realm="Protected by OAuth 2.0", error="{error}", error_description="{description}""#);
    answer.with("WWW-Authenticate", realm)
}

pub(super) fn insufficient(scopes: &str) -> SimResponse {
    let text = "The request requires higher privileges than provided by the access token.";
    SimResponse::json(403, &json!({"error": "insufficient_scope", "error_description": text, "scope": scopes}))
}

pub(super) fn missing(action: &str) -> SimResponse {
    granular("user", &format!("Personal Access Token: {action}"))
}

pub(super) fn granular(boundary: &str, permission: &str) -> SimResponse {
    let text = format!(
        "Access denied: This operation requires a fine-grained personal access token with the following {boundary} \
         permissions: [{permission}]."
    );
    token_error(403, "insufficient_granular_scope", &text)
}

pub(super) fn too_many() -> SimResponse {
    SimResponse {
        status: 429,
        headers: vec![("Content-Type".into(), "text/plain".into())],
        body: "Retry later\n".into(),
    }
    .with("RateLimit-Name", "throttle_authenticated_api")
    .with("RateLimit-Limit", "2000")
    .with("RateLimit-Observed", "2001")
    .with("RateLimit-Remaining", "0")
    .with("Retry-After", "42")
}

pub(super) fn bad_gateway() -> SimResponse {
    html(502, "GitLab is not responding")
}

pub(super) fn html(status: u16, title: &str) -> SimResponse {
    SimResponse {
        status,
        headers: vec![("Content-Type".into(), "text/html".into())],
        body: format!("<!DOCTYPE html><html><head><title>{title}</title></head><body>{title}</body></html>"),
    }
}

fn stamp(now: Timestamp, days: i64) -> String {
    format!("{}T07:12:44.120Z", day(now, days))
}

fn day(now: Timestamp, days: i64) -> String {
    let date = now.to_zoned(TimeZone::UTC).date();
    date.checked_add(days.days()).unwrap_or(date).to_string()
}

/// The password of a Basic log-in; the user name does not matter.
pub(super) fn password(pair: &str) -> Option<String> {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD.decode(pair).ok()?;
    String::from_utf8(bytes).ok()?.split_once(':').map(|(_, password)| password.to_owned())
}

/// Git's references, of a repository without any.
pub(super) fn references() -> SimResponse {
    SimResponse {
        status: 200,
        headers: vec![("Content-Type".into(), "application/x-git-upload-pack-advertisement".into())],
        body: "001e# service=git-upload-pack\n0000".into(),
    }
}

pub(super) fn git_denied() -> SimResponse {
    let text = "HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect \
                or you're required to use a token instead of a password. If a token was provided, it was either \
                incorrect, expired, or improperly scoped.";
    SimResponse { status: 401, headers: vec![("Content-Type".into(), "text/plain".into())], body: text.into() }
        .with("Www-Authenticate", r#"Basic realm="GitLab""#)
}
