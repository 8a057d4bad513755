//! The signatures of Atlassian's answers: what they say, and whether they are Atlassian's at all.
//!
//! In the order in which they are looked for:
//!
//! | Signature | Meaning |
//! |---|---|
//! | `X-Seraph-LoginReason: AUTHENTICATION_DENIED`, or `X-Authentication-Denied-Reason: CAPTCHA_CHALLENGE`, any status | [`Signature::Captcha`] |
//! | body has `scope does not match`, 401 (or 403) | [`Signature::ScopeMissing`] |
//! | body begins `Basic authentication with passwords is deprecated`, 401 (or 403) | [`Signature::Password`] |
//! | 4xx, body names an IP address that is not on the allowed list | [`Signature::IpNotAllowed`] |
//! | 4xx, body says that an admin blocked the token (text unconfirmed) | [`Signature::PolicyBlocked`] |
//! | `X-Seraph-LoginReason` other than `OK`, any status, 200 too | [`Signature::NotAuthenticated`] |
//! | 401 with `Client must be authenticated to access this resource`, also as `text/html` | [`Signature::NotAuthenticated`] |
//! | 403 with `XSRF check failed` | [`Signature::Xsrf`] |
//! | 401 / 404 / other with `{"code":STATUS,"message":…}`, the gateway's own shape | [`Signature::GatewayRefused`] / [`Signature::GatewayNotFound`] |
//!
//! A credential is never judged by a 401 or 403 that has none of these and is not [`is_vendor`]: that is a proxy's.

use serde_json::Value;

use crate::net::Response;
use crate::sanitize::short;

/// Longest text of the host that is passed on, in characters.
const TEXT_CAP: usize = 200;

/// What an answer of Atlassian's says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    /// The credential was not even looked at: a log-in in the browser, with a CAPTCHA, must come first.
    Captcha,
    /// The credential is good and lacks a scope for this request. The answer does not say which.
    ScopeMissing,
    /// An account's password was sent.
    Password,
    /// The caller's address is not on the site's allow list.
    IpNotAllowed,
    /// An administrator's policy blocks the token.
    PolicyBlocked,
    /// The credential was not accepted. Also with status 200, where the request is answered for anonymous callers too.
    NotAuthenticated,
    /// The XSRF check stopped the request.
    Xsrf,
    /// The gateway refuses the credential, without a reason.
    GatewayRefused,
    /// The gateway knows no such cloud id, product or path.
    GatewayNotFound,
}

/// Looks for a signature; none where the answer has none.
#[must_use]
pub fn of(response: &Response) -> Option<Signature> {
    let has = |text: &str| response.body.to_ascii_lowercase().contains(text);
    let reason = login_reason(response).unwrap_or("");
    let captcha = response.header("x-authentication-denied-reason").unwrap_or("").trim();
    if reason.eq_ignore_ascii_case("AUTHENTICATION_DENIED") || captcha.starts_with("CAPTCHA_CHALLENGE") {
        return Some(Signature::Captcha);
    }
    let (refused, client) = (matches!(response.status, 401 | 403), (400..500).contains(&response.status));
    if refused && has("scope does not match") {
        return Some(Signature::ScopeMissing);
    }
    if refused && has("basic authentication with passwords is deprecated") {
        return Some(Signature::Password);
    }
    if client && has("ip address has been rejected") && has("allowed list") {
        return Some(Signature::IpNotAllowed);
    }
    // The words of this one are not known, so its shape must be Atlassian's: proxies like to say "blocked", too.
    if refused && has("token") && has("blocked") && has("admin") && has_error_shape(response) {
        return Some(Signature::PolicyBlocked);
    }
    let failed = !reason.is_empty() && !reason.eq_ignore_ascii_case("OK");
    if failed || (response.status == 401 && has("client must be authenticated to access this resource")) {
        return Some(Signature::NotAuthenticated);
    }
    if response.status == 403 && has("xsrf check failed") {
        return Some(Signature::Xsrf);
    }
    match response.status {
        401 if is_gateways(response) => Some(Signature::GatewayRefused),
        404 if is_gateways(response) => Some(Signature::GatewayNotFound),
        _ => None,
    }
}

/// Whether an answer is Atlassian's own: one of its headers, one of its error shapes, or one of its known sentences.
#[must_use]
pub fn is_vendor(response: &Response) -> bool {
    let headers = ["x-arequestid", "atl-traceid", "x-aaccountid", "x-seraph-loginreason", "x-failure-category"];
    headers.iter().any(|h| response.header(h).is_some()) || of(response).is_some() || has_error_shape(response)
}

/// The account that made the request, as the answer says (`X-AACCOUNTID`); there only where the credential was accepted.
#[must_use]
pub fn account(response: &Response) -> Option<String> {
    account_id(response.header("x-aaccountid")?).filter(|id| !id.eq_ignore_ascii_case("anonymous"))
}

/// An account's id, if it has the form of one and so can stand in a path.
#[must_use]
pub fn account_id(text: &str) -> Option<String> {
    let id = text.trim();
    let fits = (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-:_.".contains(&b));
    (fits && !id.starts_with('.')).then(|| id.to_owned())
}

/// What `X-Seraph-LoginReason` says, where it is there.
#[must_use]
pub fn login_reason(response: &Response) -> Option<&str> {
    response.header("x-seraph-loginreason").map(str::trim).filter(|r| !r.is_empty())
}

/// The host's own words for a refusal, from whichever of its shapes they come in; clipped. None where it says nothing,
/// or shows a page.
#[must_use]
pub fn message(response: &Response) -> Option<String> {
    let text = match response.json() {
        Some(json) => words(&json)?,
        None if response.body.contains('<') => return None,
        None => response.body.clone(),
    };
    let text = text.trim();
    (!text.is_empty()).then(|| short(text, TEXT_CAP))
}

/// What proves it, for evidence: the headers and words that decided.
#[must_use]
pub fn detail(response: &Response) -> String {
    let mut parts = Vec::new();
    for name in ["X-Seraph-LoginReason", "X-Authentication-Denied-Reason", "x-failure-category"] {
        parts.extend(response.header(name).map(|value| format!("{name}: {}", short(value, TEXT_CAP))));
    }
    if response.status >= 400 {
        parts.extend(message(response));
    }
    parts.join("; ")
}

fn words(json: &Value) -> Option<String> {
    let listed = |value: &Value| {
        let all: Vec<&str> =
            value.as_array()?.iter().filter_map(|m| m.as_str().or_else(|| m["message"].as_str())).collect();
        (!all.is_empty()).then(|| all.join(" "))
    };
    let named = |value: &Value| {
        let all: Vec<String> =
            value.as_object()?.iter().filter_map(|(k, v)| Some(format!("{k}: {}", v.as_str()?))).collect();
        (!all.is_empty()).then(|| all.join(", "))
    };
    listed(&json["errorMessages"])
        .or_else(|| listed(json))
        .or_else(|| named(&json["errors"]))
        .or_else(|| listed(&json["errors"]))
        .or_else(|| json["message"].as_str().map(str::to_owned))
        .or_else(|| json["error_description"].as_str().map(str::to_owned))
        .or_else(|| json["error"].as_str().map(str::to_owned))
}

/// `{"code":STATUS,"message":…}`.
fn is_gateways(response: &Response) -> bool {
    response.json().is_some_and(|j| j["code"].as_u64() == Some(u64::from(response.status)) && j["message"].is_string())
}

/// Jira, Confluence, the gateway and the administration API each have a shape for errors.
fn has_error_shape(response: &Response) -> bool {
    if response.status < 400 {
        return false;
    }
    response.json().is_some_and(|j| {
        let status = Some(u64::from(response.status));
        let says = j["message"].is_string();
        j["errorMessages"].is_array()
            || (says && [&j["code"], &j["statusCode"], &j["status-code"]].iter().any(|c| c.as_u64() == status))
            || (says && j["status"].as_u64() == status && j["requestId"].is_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
        Response::of(status, headers, body)
    }

    #[test]
    fn every_signature_is_told_apart() {
        let seraph = |value| [("X-Seraph-LoginReason", value)];
        for (response, expected) in [
            (with(401, &[], r#"{"code":401,"message":"Unauthorized; scope does not match"}"#), Signature::ScopeMissing),
            (with(401, &[], r#"{"code":401,"message":"Unauthorized; Scope Does Not Match"}"#), Signature::ScopeMissing),
            (with(401, &[], r#"{"code":401,"message":"Unauthorized"}"#), Signature::GatewayRefused),
            (with(404, &[], r#"{"code":404,"message":"Not Found"}"#), Signature::GatewayNotFound),
            (with(200, &seraph("AUTHENTICATED_FAILED"), "[]"), Signature::NotAuthenticated),
            (with(200, &seraph("SOMETHING_NEW"), "[]"), Signature::NotAuthenticated),
            (with(200, &seraph("AUTHENTICATION_DENIED"), "[]"), Signature::Captcha),
            (
                with(401, &[("X-Authentication-Denied-Reason", "CAPTCHA_CHALLENGE; login-url=x")], ""),
                Signature::Captcha,
            ),
            (
                with(401, &[("Content-Type", "text/html")], "Client must be authenticated to access this resource."),
                Signature::NotAuthenticated,
            ),
            (
                with(
                    401,
                    &[],
                    r#"{"message":"Client must be authenticated to access this resource.","status-code":401}"#,
                ),
                Signature::NotAuthenticated,
            ),
            (
                with(401, &[], "Basic authentication with passwords is deprecated.  For more information, see: x"),
                Signature::Password,
            ),
            (
                with(
                    403,
                    &[],
                    r#"{"errorMessages":["The IP address has been rejected because it is not on the allowed list. See your admin for more information."],"errors":{}}"#,
                ),
                Signature::IpNotAllowed,
            ),
            (
                with(403, &[], r#"{"code":403,"message":"Your admin has blocked this API token."}"#),
                Signature::PolicyBlocked,
            ),
            (with(403, &[], "XSRF check failed"), Signature::Xsrf),
        ] {
            assert_eq!(of(&response), Some(expected), "{response:?}");
            assert!(is_vendor(&response), "{response:?}");
        }
    }

    #[test]
    fn what_others_answer_has_none_and_is_not_the_vendors() {
        for response in [
            with(401, &[("Content-Type", "text/html")], "<html>Sign in to the proxy</html>"),
            with(403, &[], "Forbidden"),
            with(403, &[], "The admin of this proxy blocked your token. Your IP address is not on the allowed list."),
            with(401, &[], r#"{"error":"unauthorized"}"#),
            with(401, &[], r#"{"code":7,"message":"no"}"#),
            with(200, &[], r#"{"message":"scope does not match"}"#),
            with(502, &[], "bad gateway"),
        ] {
            assert_eq!(of(&response), None, "{response:?}");
            assert!(!is_vendor(&response), "{response:?}");
        }
        assert_eq!(of(&with(200, &[("X-Seraph-LoginReason", "OK")], "{}")), None);
    }

    #[test]
    fn the_hosts_words_are_found_in_every_shape_and_clipped() {
        for (body, expected) in [
            (r#"{"errorMessages":["Issue does not exist","x"],"errors":{}}"#, "Issue does not exist x"),
            (r#"{"errorMessages":[],"errors":{"projectKey":"unknown"}}"#, "projectKey: unknown"),
            (r#"{"code":401,"message":"Unauthorized"}"#, "Unauthorized"),
            (r#"[{"message":"bad"}]"#, "bad"),
            (r#"{"error":"invalid_grant","error_description":"Unknown token."}"#, "Unknown token."),
            ("Client must be authenticated", "Client must be authenticated"),
        ] {
            assert_eq!(message(&with(401, &[], body)).as_deref(), Some(expected));
        }
        assert_eq!(message(&with(401, &[], "<html>x</html>")), None);
        assert_eq!(message(&with(401, &[], "")), None);
        assert!(message(&with(401, &[], &"x\u{1b}".repeat(5_000))).unwrap().chars().count() <= TEXT_CAP);
    }

    #[test]
    fn the_account_is_taken_only_if_it_can_stand_in_a_path() {
        let of = |id| account(&with(200, &[("X-AACCOUNTID", id)], ""));
        assert_eq!(
            of("557058:11111111-2222-4333-8444-555555555555").as_deref(),
            Some("557058:11111111-2222-4333-8444-555555555555")
        );
        for id in ["", "..", "a/b", "anonymous", "a b", &"x".repeat(200)] {
            assert_eq!(of(id), None, "{id}");
        }
    }
}
