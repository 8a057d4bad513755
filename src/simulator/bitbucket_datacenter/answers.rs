//! The forms that this site's answers have.

use serde_json::{Value, json};

use super::super::SimResponse;

/// Bitbucket's error envelope; `exception` below `com.atlassian.bitbucket`, or empty for none.
pub(super) fn error(status: u16, exception: &str, message: &str) -> SimResponse {
    let name = (!exception.is_empty()).then(|| format!("com.atlassian.bitbucket.{exception}"));
    let errors = json!([{"context": null, "message": message, "exceptionName": name}]);
    SimResponse::json(status, &json!({"errors": errors}))
}

/// The answer to every log-in of an account that failed too often.
pub(super) fn captcha(base: &str) -> SimResponse {
    error(
        403,
        "auth.CaptchaRequiredAuthenticationException",
        "CAPTCHA required. Your Bitbucket account has been marked.",
    )
    .with("X-Authentication-Denied-Reason", format!("CAPTCHA_CHALLENGE; login-url={base}/login"))
}

/// The page of a list that the query asks for.
pub(super) fn page(all: Vec<Value>, query: &str) -> SimResponse {
    let number = |name: &str, default: usize| {
        let found = query.split('&').find_map(|p| p.strip_prefix(name)?.strip_prefix('='));
        found.and_then(|v| v.parse().ok()).unwrap_or(default)
    };
    let (start, limit) = (number("start", 0), number("limit", 25).clamp(1, 100));
    let last = all.len() <= start + limit;
    let values: Vec<Value> = all.into_iter().skip(start).take(limit).collect();
    let mut body = json!({"size": values.len(), "limit": limit, "isLastPage": last, "start": start, "values": values});
    if !last {
        body["nextPageStart"] = json!(start + limit);
    }
    SimResponse::json(200, &body)
}

/// An HTML page.
pub(super) fn html(status: u16, body: &str) -> SimResponse {
    SimResponse { status, body: format!("<!DOCTYPE html><html><body>{body}</body></html>"), ..SimResponse::default() }
        .with("Content-Type", "text/html;charset=UTF-8")
}

/// The page where people of that host sign in.
pub(super) fn login_page(host: &str) -> SimResponse {
    html(200, &format!("<form action=\"https://{host}/\"><h1>Sign in</h1></form>"))
}
