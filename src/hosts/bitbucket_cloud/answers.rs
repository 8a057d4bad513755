//! What Bitbucket's answers mean: every failure signature of the vendor, and what is not the vendor's word at all.
//!
//! Signature, in the order in which it is looked for, and the finding that carries verdict and advice:
//!
//! | Signature | Finding |
//! |---|---|
//! | 401 or 410 that names `CHANGE-3222`, or says that app passwords are deprecated | `app-password-retired` |
//! | 410 with `CHANGE-…` or Bitbucket's error shape | `endpoint-removed` |
//! | 429 | `rate-limited` |
//! | 400 with an empty body | `unknown-path` |
//! | redirect, 5xx, HTML, 401/403 without a sign of Bitbucket | the common `http.…` findings |
//! | 401 "Access token expired." | `oauth-expired` |
//! | 401 for a token whose checksum does not fit | `looks-cut` |
//! | 401 for an API token, user name without `@` | `username-not-email` |
//! | 401 for an API token on record as one without scopes | `unscoped-token` |
//! | any other 401 | `refused`, `refused-access-token`, `refused-oauth` |
//! | 403 with `detail.required` | `scope-missing` (on the account alone: `user-scope-missing`, and valid) |
//! | any other 403 | `forbidden` |
//!
//! Bitbucket's own are answers in its error shape (`{"type":"error","error":{…}}`), with one of its headers
//! `X-Credential-Type`, `X-OAuth-Scopes`, `X-Accepted-OAuth-Scopes`, or with a challenge for its realm.

use serde_json::Value;

use super::sending::Way;
use super::{API, FACTS, WEB, scopes, token};
use crate::domain::{Kind, Validation};
use crate::hosts::answer::{foreign, retry_after};
use crate::hosts::{Session, Wire};
use crate::net::Response;
use crate::sanitize::short;

/// Most characters of a text of the host that go into a finding.
const TEXT_CAP: usize = 200;

/// The inside of Bitbucket's error shape. `detail` is a text or an object: both are read.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub message: Option<String>,
    pub required: Vec<String>,
    pub granted: Vec<String>,
}

impl Said {
    /// Reads an answer; none where it is not in the error shape.
    pub(super) fn of(response: &Response) -> Option<Self> {
        let body = response.json().filter(|b| b["type"] == "error")?;
        let error = body.get("error").filter(|e| e.is_object())?;
        let text = |value: &Value| value.as_str().map(|t| short(t, TEXT_CAP)).filter(|t| !t.is_empty());
        let names = |name: &str| {
            let listed = error["detail"][name].as_array().into_iter().flatten().filter_map(Value::as_str);
            scopes::clean(listed)
        };
        Some(Self {
            message: text(&error["message"]).or_else(|| text(&error["detail"])),
            required: names("required"),
            granted: names("granted"),
        })
    }
}

/// The scopes that an answer wants and the token was not given: by the refusal's own list, else by the header
/// `X-Accepted-OAuth-Scopes`. Whether that header means all of them or any is unconfirmed, so it counts only where none
/// of them was granted.
pub(super) fn missing(response: &Response) -> Vec<String> {
    let granted = granted(response).unwrap_or_default();
    let implied = FACTS.implied(&granted);
    let held = |name: &String| granted.contains(name) || implied.contains(name);
    let required = Said::of(response).map(|said| said.required).unwrap_or_default();
    if !required.is_empty() {
        return required.into_iter().filter(|name| !held(name)).collect();
    }
    let accepted = scopes::accepted(response);
    if scopes::granted(response).is_none() || accepted.iter().any(held) { Vec::new() } else { accepted }
}

/// Whether an answer carries a sign of Bitbucket Cloud itself.
pub(super) fn is_vendor(response: &Response) -> bool {
    let headers = ["x-credential-type", "x-oauth-scopes", "x-accepted-oauth-scopes"];
    headers.iter().any(|name| response.header(name).is_some()) || has_realm(response) || Said::of(response).is_some()
}

fn has_realm(response: &Response) -> bool {
    // A second challenge may stand in a header of its own.
    response.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("www-authenticate")).any(|(_, value)| {
        value.contains(r#"realm="Bitbucket.org HTTP""#) || value.trim_start().starts_with("BitbucketCustom ")
    })
}

/// The words about app passwords, in whichever answer they come.
pub(super) fn is_retirement(response: &Response) -> bool {
    response.body.contains("CHANGE-3222") || response.body.contains("App passwords are deprecated")
}

/// The finding that a refusal stands for, with everything its texts may mention. None where the answer is no refusal.
pub(super) fn refusal(session: &Session<'_>, way: Way<'_>, response: &Response) -> Option<Validation> {
    let wire = &session.wire;
    let name = match response.status {
        401 | 410 if is_retirement(response) => "app-password-retired",
        410 if Said::of(response).is_some() || response.body.contains("CHANGE-") => "endpoint-removed",
        429 => "rate-limited",
        400 if response.body.trim().is_empty() => "unknown-path",
        status => {
            if let Some(other) = foreign(wire, &FACTS, response, is_vendor(response)) {
                return Some(other);
            }
            match status {
                401 => refused(session, way, response),
                403 if !missing(response).is_empty() => "scope-missing",
                403 => "forbidden",
                404 => return Some(wire.conclude(&FACTS, "http.not-found", &[("url", &wire.url(API, ""))])),
                _ => return None,
            }
        }
    };
    Some(conclude(session, response, name))
}

/// Bitbucket answers every bad credential alike; what is known of it on this side tells some cases apart.
fn refused(session: &Session<'_>, way: Way<'_>, response: &Response) -> &'static str {
    let said = Said::of(response).and_then(|said| said.message).unwrap_or_default();
    match way {
        Way::Oauth | Way::AccessToken if said.contains("Access token expired") => "oauth-expired",
        _ if token::looks_cut(session.secret.token.reveal()) => "looks-cut",
        Way::Email(name) if !name.contains('@') => "username-not-email",
        Way::Email(_) if session.kind == Kind::ApiToken => "unscoped-token",
        Way::Email(_) => "refused",
        Way::AccessToken => "refused-access-token",
        Way::Oauth => "refused-oauth",
    }
}

/// A validation by one of the family's findings, its placeholders filled from the answer.
pub(super) fn conclude(session: &Session<'_>, response: &Response, name: &str) -> Validation {
    conclude_at(session, response, name, "there")
}

/// [`conclude`] for a request about one workspace or repository.
pub(super) fn conclude_at(session: &Session<'_>, response: &Response, name: &str, place: &str) -> Validation {
    note(&session.wire, response);
    let said = Said::of(response).unwrap_or_default();
    let granted = granted(response).unwrap_or_default();
    let mut found = session.wire.conclude(
        &FACTS,
        name,
        &[
            ("web", &session.wire.url(WEB, "")),
            ("api", &session.wire.url(API, "")),
            ("user", &short(session.username.unwrap_or("no user name").trim(), 80)),
            ("status", &response.status.to_string()),
            ("message", said.message.as_deref().unwrap_or("nothing")),
            ("missing", &scopes::words(&missing(response))),
            ("granted", &scopes::words(&granted)),
            ("wait", &retry_after(response)),
            ("limit", &limit(response)),
            ("change", &change(response)),
            ("place", &short(place, 120)),
        ],
    );
    if matches!(name, "scope-missing" | "user-scope-missing") {
        found.denied = missing(response);
    }
    found
}

/// What the token was given: by the header, else by the refusal's own list. None where the host tells neither.
pub(super) fn granted(response: &Response) -> Option<Vec<String>> {
    scopes::granted(response).or_else(|| Said::of(response).map(|said| said.granted).filter(|g| !g.is_empty()))
}

/// Writes down what decides: type and scopes of the credential, the host's words.
pub(super) fn note(wire: &Wire<'_>, response: &Response) {
    let headers = ["X-Credential-Type", "X-OAuth-Scopes", "X-Accepted-OAuth-Scopes", "X-RateLimit-Resource"];
    for name in headers {
        if let Some(value) = response.header(name) {
            wire.note(format!("{name}: {}", short(value, TEXT_CAP)));
        }
    }
    if let Some(said) = Said::of(response) {
        if let Some(message) = said.message {
            wire.note(message);
        }
        if !said.required.is_empty() {
            wire.note(format!("required: {}", said.required.join(", ")));
        }
    } else if response.status == 401 && has_realm(response) {
        wire.note("WWW-Authenticate: Bitbucket.org");
    }
}

fn limit(response: &Response) -> String {
    let told = |name: &str| response.header(name).map(|value| short(value, 40)).filter(|value| !value.is_empty());
    match (told("x-ratelimit-limit"), told("x-ratelimit-resource")) {
        (Some(limit), Some(resource)) => format!("{limit} an hour for {resource}"),
        (Some(limit), None) => format!("{limit} an hour"),
        _ => "429".to_owned(),
    }
}

/// The number of the change that removed something, as in the vendor's changelog.
fn change(response: &Response) -> String {
    let digits = response
        .body
        .split("CHANGE-")
        .nth(1)
        .map(|rest| rest.chars().take_while(char::is_ascii_digit).take(8).collect::<String>());
    match digits.filter(|d| !d.is_empty()) {
        Some(digits) => format!("CHANGE-{digits}"),
        None => "410".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detail_is_read_as_text_and_as_an_object() {
        let said = |body: &str| Said::of(&Response::of(403, &[], body));
        let text = said(r#"{"type":"error","error":{"message":"","detail":"No."}}"#).unwrap();
        assert_eq!((text.message.as_deref(), text.required.len()), (Some("No."), 0));
        let object = said(
            r#"{"type":"error","error":{"message":"Lacking.","detail":{"required":["a","b"],"granted":["b",7]}}}"#,
        )
        .unwrap();
        assert_eq!((object.required.len(), object.granted), (2, vec!["b".to_owned()]));
        for body in ["", "{}", r#"{"type":"error"}"#, r#"{"type":"error","error":"x"}"#, r#"{"error":{"message":"x"}}"#]
        {
            assert!(said(body).is_none(), "{body}");
        }
    }

    #[test]
    fn what_is_missing_is_told_by_the_body_else_by_the_headers() {
        let body = |granted: &str| {
            format!(
                r#"{{"type":"error","error":{{"detail":{{"required":["a","repository"],"granted":[{granted}]}}}}}}"#
            )
        };
        let of = |headers: &[(&str, &str)], body: &str| missing(&Response::of(403, headers, body));
        assert_eq!(of(&[], &body(r#""a""#)), ["repository"]);
        assert_eq!(of(&[], &body(r#""a","repository:write""#)), Vec::<String>::new(), "an included scope is held");
        let wants = |granted| [("X-OAuth-Scopes", granted), ("X-Accepted-OAuth-Scopes", "x, y")];
        assert_eq!(of(&wants("z"), ""), ["x", "y"]);
        assert!(of(&wants("y"), "").is_empty());
        assert!(of(&[("X-Accepted-OAuth-Scopes", "x")], "").is_empty(), "nothing is known of what was granted");
    }

    #[test]
    fn only_bitbuckets_realm_is_its_signature() {
        let with = |value: &str| is_vendor(&Response::of(401, &[("WWW-Authenticate", value)], ""));
        assert!(with(r#"Basic realm="Bitbucket.org HTTP""#));
        assert!(with(r#"BitbucketCustom realm="Bitbucket.org HTTP""#));
        assert!(!with(r#"Basic realm="corporate proxy""#));
    }

    #[test]
    fn the_change_is_named_by_number_only() {
        let of = |body: &str| change(&Response::of(410, &[], body));
        assert_eq!(of("see CHANGE-2770 - gone"), "CHANGE-2770");
        assert_eq!(of("CHANGE-<script>"), "410");
    }
}
