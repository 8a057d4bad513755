//! GitLab's error answers: what proves that one is GitLab's own, and which finding it is.
//!
//! Only recognises; verdict, cause and remedy are in the asset. Signatures:
//! <https://docs.gitlab.com/security/tokens/token_troubleshooting/>.

use serde_json::Value;

use super::FACTS;
use crate::domain::Validation;
use crate::hosts::{Wire, answer};
use crate::net::Response;
use crate::sanitize;

/// An error body. GitLab has three styles: `message` beginning with the status, `error` with `error_description`, and
/// a bare `error` from parameter checks and unknown paths.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    /// Code of the second style, or the sentence of the third.
    error: String,
    /// The sentence of the first and second style.
    text: String,
    /// Scopes of which one is needed, space-separated.
    scope: String,
    /// `unauthorized` from OAuth endpoints.
    state: String,
    /// The sentence is about fields of what was sent.
    fields: bool,
}

impl Said {
    fn of(response: &Response) -> Option<Self> {
        let body = response.json()?;
        let body = body.as_object()?;
        let text = |name: &str| match body.get(name) {
            Some(Value::String(text)) => sanitize::short(text, 400),
            Some(Value::Object(fields)) if name == "message" => sanitize::short(&complaints(fields), 400),
            _ => String::new(),
        };
        let description = text("error_description");
        let said = Self {
            error: text("error"),
            text: if description.is_empty() { text("message") } else { description },
            scope: text("scope"),
            state: text("state"),
            fields: body.get("message").is_some_and(Value::is_object),
        };
        (said != Self::default()).then_some(said)
    }

    /// Parameter checks say `{"error": "name is missing"}`, models `{"message": {"expires_at": […]}}`. Both say nothing
    /// of a token, so that it matters little who else speaks so.
    fn is_about_parameters(&self) -> bool {
        self.fields || (self.text.is_empty() && !self.error.is_empty())
    }

    fn has(&self, part: &str) -> bool {
        self.text.to_ascii_lowercase().contains(part)
    }
}

/// `{"expires_at": ["must be before 2027-11-23"]}` as `expires_at must be before 2027-11-23`.
fn complaints(fields: &serde_json::Map<String, Value>) -> String {
    let of = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        _ => String::new(),
    };
    fields.iter().map(|(name, value)| format!("{name} {}", of(value))).collect::<Vec<_>>().join("; ")
}

/// Sentences of token checks; no product but GitLab (and what is built from it) says them this way.
const SENTENCES: &[&str] = &[
    "token is expired.",
    "token was revoked.",
    "token is an impersonation token",
    "bad access token",
    "dpop validation error",
    "higher privileges than provided by the access token",
];

/// Whether the answer is GitLab's own and not a proxy's or gateway's in front of it.
pub(super) fn is_gitlabs(response: &Response) -> bool {
    if response.is_html() {
        return false;
    }
    // Reported for all API answers, unconfirmed; its absence proves nothing.
    if response.header("x-gitlab-meta").is_some() {
        return true;
    }
    let Some(said) = Said::of(response) else { return false };
    let begins = format!("{} ", response.status);
    said.text.starts_with(&begins)
        || said.error.starts_with(&begins)
        || matches!(said.error.as_str(), "insufficient_granular_scope" | "dpop_error")
        || matches!(said.error.as_str(), "invalid_token" | "insufficient_scope")
            && (SENTENCES.iter().any(|s| said.has(s))
                || said.state == "unauthorized"
                || response.header("www-authenticate").is_some_and(|h| h.contains("Protected by OAuth 2.0")))
}

/// An error answer of GitLab's, recognised.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Name of the finding in the asset.
    pub(super) name: &'static str,
    /// Scopes of which one is needed: `api or read_api`.
    pub(super) scopes: String,
    /// Fine-grained permissions that are missing: `Personal Access Token: Read`.
    pub(super) permissions: String,
    /// GitLab's sentence, short.
    pub(super) text: String,
    /// 404 for a path that the server does not know, as opposed to a thing that it does not find.
    pub(super) unknown_path: bool,
}

impl Refusal {
    /// One that is not taken from an error answer.
    pub(super) fn plain(name: &'static str, text: &str) -> Self {
        Self { name, scopes: String::new(), permissions: String::new(), text: text.to_owned(), unknown_path: false }
    }

    /// Recognises a GitLab error; `None` where the answer is not GitLab's or is no known refusal.
    pub(super) fn of(response: &Response) -> Option<Self> {
        let gitlabs = is_gitlabs(response);
        let said = Said::of(response).unwrap_or_default();
        let name = match response.status {
            // The body is plain text that administrators may change, so the headers count.
            429 if gitlabs
                || ["ratelimit-name", "ratelimit-limit"].iter().any(|h| response.header(h).is_some())
                || response.body.trim() == "Retry later" =>
            {
                "rate-limited"
            }
            503 if !response.is_html() && response.body.contains("GitLab Maintenance") => "maintenance",
            403 | 503 if !response.is_html() && response.body.contains("currently in read-only mode") => {
                "organization-read-only"
            }
            500..=599 if gitlabs => "server-error",
            401 if gitlabs => unauthorized(&said),
            403 if gitlabs => forbidden(&said),
            400 if gitlabs && said.has("requires token type to be a personal access token") => "not-a-pat",
            400 if gitlabs || (said.is_about_parameters() && !response.is_html()) => "bad-request",
            404 if gitlabs => "not-found",
            405 if gitlabs => "not-allowed",
            _ => return None,
        };
        Some(Self {
            name,
            scopes: said.scope.split_whitespace().collect::<Vec<_>>().join(" or "),
            permissions: bracket(&said.text),
            unknown_path: response.status == 404 && said.error.starts_with("404 "),
            text: if said.text.is_empty() { said.error } else { said.text },
        })
    }
}

fn unauthorized(said: &Said) -> &'static str {
    match said.error.as_str() {
        "dpop_error" => "dpop-demanded",
        "invalid_token" if said.has("impersonation") => "impersonation-off",
        // The server looks at expiry before revocation, so "expired" wins over both.
        "invalid_token" if said.has("expired") => "expired",
        "invalid_token" if said.has("revoked") => "revoked",
        _ => "token-unknown",
    }
}

fn forbidden(said: &Said) -> &'static str {
    match said.error.as_str() {
        "insufficient_scope" => return "insufficient-scope",
        "insufficient_granular_scope" if said.has("not yet supported") => return "granular-off",
        "insufficient_granular_scope" if said.has("doesn't support") => return "granular-unsupported",
        "insufficient_granular_scope" => return "granular-missing",
        _ => {}
    }
    [
        ("account has been blocked", "account-blocked"),
        ("pending approval", "account-pending"),
        ("has been deactivated", "account-deactivated"),
        ("is not confirmed", "email-unconfirmed"),
        ("accept the terms of service", "terms-not-accepted"),
        ("password expired", "password-expired"),
    ]
    .iter()
    .find(|(part, _)| said.has(part))
    .map_or("forbidden", |(_, name)| name)
}

/// `… permissions: [Project: Read, Job: Read].` gives `Project: Read, Job: Read`.
fn bracket(text: &str) -> String {
    let inner = text.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map(|(inner, _)| inner.trim());
    inner.filter(|i| !i.is_empty()).unwrap_or("the permission for it").to_owned()
}

/// The conclusion from an answer that is no success: GitLab's own word first, then what any host can answer, else
/// "unexpected". Writes the deciding words into the evidence.
pub(super) fn conclude(wire: &Wire<'_>, response: &Response) -> Validation {
    let refusal = Refusal::of(response);
    if let Some(refusal) = &refusal
        && !matches!(refusal.name, "not-a-pat" | "bad-request" | "not-found" | "not-allowed")
    {
        return conclude_as(wire, response, refusal.name, refusal);
    }
    if let Some(validation) = answer::foreign(wire, &FACTS, response, is_gitlabs(response)) {
        return validation;
    }
    let name = if response.status == 404 { "wrong-root" } else { "unexpected-answer" };
    let refusal = refusal.unwrap_or_else(|| Refusal::plain(name, &sanitize::short(&response.body, 80)));
    conclude_as(wire, response, name, &refusal)
}

/// The conclusion where no GitLab answered at all: what any host can answer, else another root or product.
pub(super) fn conclude_absent(wire: &Wire<'_>, response: &Response) -> Validation {
    // No root of GitLab's own answers that with a page: somebody's sign-in stands in front.
    let is_page = response.status == 200 && response.is_html();
    let common = is_page || matches!(response.status, 300..=399 | 407 | 429 | 500..=599);
    if let Some(validation) = Some(()).filter(|()| common).and_then(|()| answer::foreign(wire, &FACTS, response, false))
    {
        return validation;
    }
    conclude_as(wire, response, "wrong-root", &Refusal::plain("wrong-root", ""))
}

/// The conclusion `name` from a recognised refusal, GitLab's words put into the evidence.
pub(super) fn conclude_as(wire: &Wire<'_>, response: &Response, name: &str, refusal: &Refusal) -> Validation {
    note(wire, response, &refusal.text);
    found(wire, response, name, refusal)
}

/// The conclusion `name` alone; for an answer that is in the evidence already and not the last one.
pub(super) fn found(wire: &Wire<'_>, response: &Response, name: &str, refusal: &Refusal) -> Validation {
    let scopes = if refusal.scopes.is_empty() { "another scope" } else { &refusal.scopes };
    let args = [
        ("web", wire.url("web", "")),
        ("status", response.status.to_string()),
        ("wait", answer::retry_after(response)),
        ("limit", response.header("ratelimit-name").map_or("429".to_owned(), |n| sanitize::short(n, 60))),
        ("candidates", candidates(wire)),
        // Last, since these are the host's words: a placeholder in them must not be filled.
        ("scopes", scopes.to_owned()),
        ("permissions", refusal.permissions.clone()),
        ("text", sanitize::short(&refusal.text, 160)),
    ];
    wire.conclude(&FACTS, name, &args.each_ref().map(|(n, v)| (*n, v.as_str())))
}

/// Writes GitLab's words and the id under which its administrators find the request in their logs into the evidence.
pub(super) fn note(wire: &Wire<'_>, response: &Response, text: &str) {
    if !text.is_empty() {
        wire.note(sanitize::short(text, 160));
    }
    let meta: Option<Value> = response.header("x-gitlab-meta").and_then(|h| serde_json::from_str(h).ok());
    if let Some(id) = meta.as_ref().and_then(|m| m.get("correlation_id")).and_then(Value::as_str) {
        wire.note(format!("correlation id {}", sanitize::short(id, 64)));
    }
}

/// `; try https://…, https://…` where the URL has a path that may be too long; else nothing.
fn candidates(wire: &Wire<'_>) -> String {
    let roots = super::url::shorter_roots(&wire.url("web", ""));
    if roots.is_empty() { String::new() } else { format!("; shorter ones to try: {}", roots.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &[(&str, &str)] = &[("Content-Type", "application/json")];

    fn name(status: u16, body: &str) -> Option<&'static str> {
        Refusal::of(&Response::of(status, JSON, body)).map(|r| r.name)
    }

    #[test]
    fn refusals_of_gateways_are_not_gitlabs() {
        for (status, body) in [
            (401, r#"{"message":"Unauthorized"}"#),
            (403, r#"{"message":"Forbidden"}"#),
            (403, r#"{"error":"forbidden","error_description":"no"}"#),
            (401, r#"{"error":"invalid_token","error_description":"The token has expired"}"#),
            (401, "Unauthorized"),
            (401, ""),
            (403, "[]"),
            (503, "upstream connect error"),
            (429, "Too Many Requests"),
        ] {
            assert_eq!(name(status, body), None, "{status} {body}");
        }
    }

    #[test]
    fn a_status_in_the_text_must_be_the_status_of_the_answer() {
        assert_eq!(name(403, r#"{"message":"401 Unauthorized"}"#), None);
        assert_eq!(name(401, r#"{"message":"401 Unauthorized"}"#), Some("token-unknown"));
    }

    #[test]
    fn html_is_never_gitlabs_word_whatever_its_headers() {
        let headers = [("Content-Type", "text/html"), ("X-Gitlab-Meta", "{}")];
        assert!(!is_gitlabs(&Response::of(401, &headers, "<html>")));
    }

    #[test]
    fn permissions_come_from_the_bracket() {
        assert_eq!(bracket("x permissions: [Project: Read, Job: Read]."), "Project: Read, Job: Read");
        assert_eq!(bracket("no bracket"), "the permission for it");
        assert_eq!(bracket("][ ]"), "the permission for it");
    }
}
