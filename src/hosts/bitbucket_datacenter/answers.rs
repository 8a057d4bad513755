//! What Bitbucket's answers mean: every failure signature of the vendor, and what is not the vendor's word at all.
//!
//! Signature, in the order in which it is looked for, and the finding that carries verdict and advice:
//!
//! | Signature | Finding |
//! |---|---|
//! | header `X-Authentication-Denied-Reason: CAPTCHA_CHALLENGE`, whatever the status; or `…CaptchaRequiredAuthenticationException` | `captcha` |
//! | 3xx to `/login` of the same host | `login-redirect` |
//! | 3xx to a page of another host | `sign-in-page` |
//! | 429 | `rate-limited` |
//! | 503 | `maintenance` |
//! | 403 "Basic Authentication has been disabled" | `basic-disabled` |
//! | 403 "XSRF check failed" | `xsrf` |
//! | 401/403 `…IncorrectPasswordAuthenticationException` | `token-refused`; for a signer `wrong-password`, `authority-refused` |
//! | 401 `…AuthorisationException`, no user named | `anonymous`; for a signer as below |
//! | 401/403 `…AuthorisationException`, user named | `not-permitted`; for a signer `revoke-`, `create-` or `list-not-permitted` |
//! | 404 `…NoSuchProjectException` / `…NoSuchRepositoryException` / `…NoSuchUserException` | `no-such-project` / `no-such-repository` / `no-such-user` |
//! | 404 HTML | `wrong-context-path` |
//! | 2xx HTML | `sign-in-page` |
//! | other 3xx, 5xx, HTML, 401/403 without a sign of Bitbucket | the common `http.…` findings |
//! | any other 401 / 403 of Bitbucket's own | `refused-unexplained` / `forbidden-unexplained` |
//!
//! Bitbucket's own are answers with its error envelope (`errors[].exceptionName` of `com.atlassian.…`) or with one of its
//! headers `X-AREQUESTID`, `X-ASESSIONID`, `X-ANODEID`.

use serde::Deserialize;

use super::address::other_paths;
use super::{FACTS, WEB};
use crate::domain::Validation;
use crate::hosts::Wire;
use crate::hosts::answer::{foreign, retry_after};
use crate::hosts::atlassian_datacenter::signature::{
    self as shared, captcha, has_fingerprint, login_url, place, redirect,
};
pub(super) use crate::hosts::atlassian_datacenter::signature::{cap, login};
use crate::net::Response;

/// What was being done with whose secret: the same refusal means other things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// The token itself asked.
    Validate,
    /// Another token signed a revocation.
    RevokeByToken,
    /// A password signed a revocation.
    RevokeByPassword,
    /// A password signed a creation.
    CreateByPassword,
    /// A token signed for reading a list.
    ListByToken,
    /// A password signed for reading a list.
    ListByPassword,
}

/// The circumstances that the advice depends on.
pub(super) struct Asked<'a> {
    pub wire: &'a Wire<'a>,
    pub act: Act,
    /// The account concerned, as far as the record or the signer tells.
    pub user: &'a str,
    /// Whose tokens are concerned, in words.
    pub owner: String,
    /// The number of the token, where known.
    pub id: &'a str,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Envelope {
    errors: Vec<Said>,
    message: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Said {
    message: Option<String>,
    exception_name: Option<String>,
}

impl Envelope {
    fn of(response: &Response) -> Self {
        response.parse().unwrap_or_default()
    }

    /// Whether an exception of the vendor's ends in this name.
    fn threw(&self, name: &str) -> bool {
        self.exceptions().any(|e| e.rsplit('.').next() == Some(name))
    }

    fn exceptions(&self) -> impl Iterator<Item = &str> {
        self.errors.iter().filter_map(|e| e.exception_name.as_deref()).filter(|e| e.starts_with("com.atlassian."))
    }

    fn text(&self) -> Option<&str> {
        self.errors.iter().find_map(|e| e.message.as_deref()).or(self.message.as_deref())
    }
}

/// The validation that a failure signature stands for. None where the answer is not a failure that any host or
/// Bitbucket has a signature for: then the caller reads it.
pub(super) fn refusal(asked: &Asked<'_>, response: &Response) -> Option<Validation> {
    let wire = asked.wire;
    let said = Envelope::of(response);
    let vendor = is_vendor(response, &said);
    let name = match signature(asked.act, &wire.url(WEB, ""), response) {
        Some(name) => name,
        None => match (foreign(wire, &FACTS, response, vendor), response.status) {
            (Some(validation), _) => return Some(validation),
            (None, 401) => "refused-unexplained",
            (None, 403) => "forbidden-unexplained",
            (None, _) => return None,
        },
    };
    Some(conclude(asked, response, name))
}

/// A validation by one of the family's findings, with everything the texts may mention filled in from the answer.
pub(super) fn conclude(asked: &Asked<'_>, response: &Response, name: &str) -> Validation {
    let said = Envelope::of(response);
    let exception = said.exceptions().next().and_then(|e| e.rsplit('.').next()).map(cap);
    note(asked.wire, response, exception.as_deref());
    let web = asked.wire.url(WEB, "");
    let (status, wait, paths) = (response.status.to_string(), retry_after(response), other_paths(&web));
    let login_url = login_url(response, &web, "/login");
    let location = place(response, &web);
    let message = said.text().map_or_else(|| "nothing".to_owned(), cap);
    asked.wire.conclude(
        &FACTS,
        name,
        &[
            ("web", &web),
            ("status", &status),
            ("wait", &cap(&wait)),
            ("paths", &paths),
            ("login_url", &login_url),
            ("location", &location),
            ("user", asked.user),
            ("owner", &asked.owner),
            ("id", asked.id),
            ("exception", exception.as_deref().unwrap_or("no exception named")),
            ("message", &message),
        ],
    )
}

/// Name of the finding whose signature the answer has. Pure, so that a table can hold it to the vendor's documentation.
pub(super) fn signature(act: Act, web: &str, response: &Response) -> Option<&'static str> {
    let said = Envelope::of(response);
    if captcha(response).is_some() || said.threw("CaptchaRequiredAuthenticationException") {
        return Some("captcha");
    }
    match response.status {
        300..=399 => redirect(response, web),
        429 => Some("rate-limited"),
        503 => Some("maintenance"),
        403 if response.body.contains("Basic Authentication has been disabled") => Some("basic-disabled"),
        403 if response.body.contains("XSRF check failed") => Some("xsrf"),
        401 | 403 if said.threw("IncorrectPasswordAuthenticationException") => Some(match act {
            Act::Validate => "token-refused",
            Act::RevokeByToken | Act::ListByToken => "authority-refused",
            Act::RevokeByPassword | Act::CreateByPassword | Act::ListByPassword => "wrong-password",
        }),
        401 | 403 if said.threw("AuthorisationException") => Some(match (act, response.status, login(response)) {
            (Act::Validate, 401, None) => "anonymous",
            (Act::Validate, ..) => "not-permitted",
            (Act::RevokeByToken | Act::RevokeByPassword, ..) => "revoke-not-permitted",
            (Act::CreateByPassword, ..) => "create-not-permitted",
            (Act::ListByToken | Act::ListByPassword, ..) => "list-not-permitted",
        }),
        404 if said.threw("NoSuchProjectException") => Some("no-such-project"),
        404 if said.threw("NoSuchRepositoryException") => Some("no-such-repository"),
        404 if said.threw("NoSuchUserException") && act != Act::Validate => Some("no-such-user"),
        404 if response.is_html() => Some("wrong-context-path"),
        200..=299 if response.is_html() => Some("sign-in-page"),
        _ => None,
    }
}

/// Whether the answer names one of these exceptions of the vendor's.
pub(super) fn has_own_word(response: &Response, names: &[&str]) -> bool {
    let said = Envelope::of(response);
    names.iter().any(|name| said.threw(name))
}

fn is_vendor(response: &Response, said: &Envelope) -> bool {
    has_fingerprint(response) || said.exceptions().next().is_some()
}

fn note(wire: &Wire<'_>, response: &Response, exception: Option<&str>) {
    if let Some(exception) = exception {
        wire.note(exception);
    }
    shared::note(wire, response);
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEB: &str = "https://acme.dev/bitbucket";

    fn thrown(status: u16, exception: &str, headers: &[(&str, &str)]) -> Response {
        let body = format!(r#"{{"errors":[{{"context":null,"message":"No.","exceptionName":"{exception}"}}]}}"#);
        Response::of(status, headers, &body)
    }

    #[test]
    fn only_the_vendors_exceptions_count() {
        let response = thrown(401, "org.example.auth.IncorrectPasswordAuthenticationException", &[]);
        assert_eq!(signature(Act::Validate, WEB, &response), None);
    }
}
