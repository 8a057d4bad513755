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
//! | 401 `…AuthorisationException`, no user named | `anonymous`; for a signer `revoke-not-permitted` |
//! | 401/403 `…AuthorisationException`, user named | `not-permitted`; for a signer `revoke-not-permitted` |
//! | 404 `…NoSuchProjectException` / `…NoSuchRepositoryException` | `no-such-project` / `no-such-repository` |
//! | 404 HTML | `wrong-context-path` |
//! | 2xx HTML | `sign-in-page` |
//! | other 3xx, 5xx, HTML, 401/403 without a sign of Bitbucket | the common `http.…` findings |
//! | any other 401 / 403 of Bitbucket's own | `refused-unexplained` / `forbidden-unexplained` |
//!
//! Bitbucket's own are answers with its error envelope (`errors[].exceptionName` of `com.atlassian.…`) or with one of its
//! headers `X-AREQUESTID`, `X-ASESSIONID`, `X-ANODEID`.

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use url::Url;

use super::address::other_paths;
use super::{FACTS, WEB};
use crate::domain::Validation;
use crate::hosts::Wire;
use crate::hosts::answer::{foreign, retry_after};
use crate::net::Response;

/// Most characters of a text of the host that go into a finding.
const TEXT_CAP: usize = 200;

/// What was being done with whose secret: the same refusal means other things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// The token itself asked.
    Validate,
    /// Another token signed a revocation.
    RevokeByToken,
    /// A password signed a revocation.
    RevokeByPassword,
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
    let login_url = login_url(response, &web);
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
    let validating = act == Act::Validate;
    match response.status {
        300..=399 => redirect(response, web),
        429 => Some("rate-limited"),
        503 => Some("maintenance"),
        403 if response.body.contains("Basic Authentication has been disabled") => Some("basic-disabled"),
        403 if response.body.contains("XSRF check failed") => Some("xsrf"),
        401 | 403 if said.threw("IncorrectPasswordAuthenticationException") => Some(match act {
            Act::Validate => "token-refused",
            Act::RevokeByToken => "authority-refused",
            Act::RevokeByPassword => "wrong-password",
        }),
        401 | 403 if said.threw("AuthorisationException") => {
            Some(match (validating, response.status, login(response)) {
                (false, ..) => "revoke-not-permitted",
                (true, 401, None) => "anonymous",
                (true, ..) => "not-permitted",
            })
        }
        404 if said.threw("NoSuchProjectException") => Some("no-such-project"),
        404 if said.threw("NoSuchRepositoryException") => Some("no-such-repository"),
        404 if response.is_html() => Some("wrong-context-path"),
        200..=299 if response.is_html() => Some("sign-in-page"),
        _ => None,
    }
}

/// The log-in name that Bitbucket puts beside every answer to a caller it knows (`X-AUSERNAME`, undocumented). Jira
/// writes `anonymous` there, so that word is nobody.
pub(super) fn login(response: &Response) -> Option<String> {
    let name = percent_decode_str(response.header("x-ausername")?.trim()).decode_utf8_lossy().into_owned();
    (!name.is_empty() && name != "anonymous").then(|| cap(&name))
}

/// Text of the host, cut to a length that a finding can hold.
pub(super) fn cap(text: &str) -> String {
    text.chars().take(TEXT_CAP).collect()
}

/// A header that only Atlassian's servers send is there.
pub(super) fn has_fingerprint(response: &Response) -> bool {
    ["x-arequestid", "x-asessionid", "x-anodeid"].iter().any(|h| response.header(h).is_some())
}

fn is_vendor(response: &Response, said: &Envelope) -> bool {
    has_fingerprint(response) || said.exceptions().next().is_some()
}

fn captcha(response: &Response) -> Option<&str> {
    response.header("x-authentication-denied-reason").filter(|r| r.trim_start().starts_with("CAPTCHA_CHALLENGE"))
}

/// Where to solve a CAPTCHA. Only a page of this installation is passed on: a person will type a password there.
fn login_url(response: &Response, web: &str) -> String {
    let told = captcha(response)
        .and_then(|r| r.split_once("login-url="))
        .map(|(_, url)| url.split([';', ' ', ',']).next().unwrap_or(""));
    match told {
        Some(url) if url.strip_prefix(web).is_some_and(|rest| rest.starts_with('/')) => cap(url),
        _ => format!("{web}/login"),
    }
}

fn redirect(response: &Response, web: &str) -> Option<&'static str> {
    let base = Url::parse(web).ok()?;
    // Relative to a directory, or the last part of the context path would be cut off.
    let base = Url::parse(&format!("{}/", base.as_str().trim_end_matches('/'))).ok()?;
    let target = base.join(response.header("location")?).ok()?;
    let to_rest = target.path().contains("/rest/");
    let to_login = target.path().trim_end_matches('/').ends_with("/login");
    match target.host_str() == base.host_str() {
        true if to_login => Some("login-redirect"),
        // The base URL has moved; the common finding for redirects says that better.
        _ if to_rest => None,
        true => None,
        false => Some("sign-in-page"),
    }
}

/// Where a page came from: the host a redirect leads to, or the one asked.
fn place(response: &Response, web: &str) -> String {
    let host = |text: &str| Url::parse(text).ok().and_then(|u| u.host_str().map(cap));
    response.header("location").and_then(host).or_else(|| host(web)).unwrap_or_else(|| "unknown host".to_owned())
}

fn note(wire: &Wire<'_>, response: &Response, exception: Option<&str>) {
    if let Some(exception) = exception {
        wire.note(exception);
    }
    if let Some(reason) = captcha(response) {
        wire.note(format!("X-Authentication-Denied-Reason: {}", cap(reason)));
    }
    if let Some(location) = response.header("location") {
        wire.note(format!("Location: {}", cap(location.split(['?', '#']).next().unwrap_or(""))));
    }
    if response.is_html() {
        wire.note(format!("Content-Type: {}", cap(response.header("content-type").unwrap_or("none, body is HTML"))));
    }
    if let Some(wait) = response.header("retry-after") {
        wire.note(format!("Retry-After: {}", cap(wait)));
    }
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

    #[test]
    fn a_foreign_login_url_is_not_passed_on() {
        for (told, shown) in [
            ("CAPTCHA_CHALLENGE; login-url=https://acme.dev/bitbucket/login", "https://acme.dev/bitbucket/login"),
            ("CAPTCHA_CHALLENGE; login-url=https://evil.example/login", "https://acme.dev/bitbucket/login"),
            ("CAPTCHA_CHALLENGE; login-url=https://acme.dev/bitbucket.evil/", "https://acme.dev/bitbucket/login"),
            ("CAPTCHA_CHALLENGE", "https://acme.dev/bitbucket/login"),
        ] {
            let response = Response::of(403, &[("X-Authentication-Denied-Reason", told)], "");
            assert_eq!(login_url(&response, WEB), shown);
        }
    }

    #[test]
    fn redirects_are_told_apart_by_where_they_lead() {
        for (location, expected) in [
            ("/bitbucket/login?next=/x", Some("login-redirect")),
            ("https://acme.dev/bitbucket/login", Some("login-redirect")),
            ("https://sso.acme.dev/adfs/ls?x=1", Some("sign-in-page")),
            ("https://new.acme.dev/bitbucket/rest/api/latest/users", None),
            ("/maintenance", None),
        ] {
            let response = Response::of(302, &[("Location", location)], "");
            assert_eq!(signature(Act::Validate, WEB, &response), expected, "{location}");
        }
    }

    #[test]
    fn user_names_are_decoded_and_anonymous_is_nobody() {
        let named = |name: &str| login(&Response::of(200, &[("X-AUSERNAME", name)], ""));
        assert_eq!(named("jo%20doe%40acme").as_deref(), Some("jo doe@acme"));
        assert_eq!(named("anonymous"), None);
        assert_eq!(named(" "), None);
    }
}
