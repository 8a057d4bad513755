//! What the answers of Jira, Confluence and Bamboo mean: every failure signature of the vendor, and what is not the
//! vendor's word at all.
//!
//! Signature, in the order in which it is looked for, and the finding that carries verdict and advice:
//!
//! | Signature | Finding |
//! |---|---|
//! | `X-Authentication-Denied-Reason: CAPTCHA_CHALLENGE` or `X-Seraph-LoginReason: AUTHENTICATION_DENIED`, whatever the status | `captcha` |
//! | 3xx to the log-in page of the same host | `login-redirect` |
//! | 3xx to a page of another host | `sign-in-page` |
//! | 503 | `maintenance` |
//! | 403 "Basic Authentication has been disabled" | `basic-disabled` |
//! | 403 "XSRF check failed" | `xsrf` |
//! | `X-Seraph-LoginReason: AUTHENTICATED_FAILED`, whatever the status | `token-refused`; for a signer `authority-refused`, `wrong-password` |
//! | `X-Seraph-LoginReason: AUTHORISATION_FAILED` with 401 or 403 | `no-access` |
//! | `X-Seraph-LoginReason: OUT`, or 401/403 with `X-AUSERNAME: anonymous` | `anonymous`; for a signer as above |
//! | any other 401 of the product's own | `token-refused`; for a signer as above |
//! | 404 HTML | `wrong-context-path` |
//! | 2xx HTML | `sign-in-page` |
//! | other 3xx, 429, 5xx, HTML, 401/403 without a sign of the product | the common `http.…` findings |
//! | any other 403 of the product's own | `forbidden-unexplained`; for a signer `signer-not-permitted` |
//!
//! The product's own are answers with one of the headers that only Atlassian's servers send
//! ([`super::signature::has_fingerprint`]): bodies differ between versions and are shown, never trusted.

use serde_json::Value;

use super::address::other_paths;
use super::signature::{cap, captcha, has_fingerprint, is_anonymous, login, login_url, note, place, redirect, seraph};
use super::{Product, WEB};
use crate::domain::Validation;
use crate::hosts::Wire;
use crate::hosts::answer::{foreign, retry_after};
use crate::net::Response;

/// Whose secret was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// The token itself asked.
    Validate,
    /// A token signed for another one.
    ByToken,
    /// A password signed.
    ByPassword,
}

/// The circumstances that the advice depends on.
pub struct Asked<'a> {
    /// The way to the host.
    pub wire: &'a Wire<'a>,
    /// Which product.
    pub product: &'static Product,
    /// Whose secret was sent.
    pub act: Act,
    /// The account concerned, as far as the record or the signer tells.
    pub user: &'a str,
    /// The id of the token, where known.
    pub id: &'a str,
}

/// The validation that a failure signature stands for. None where the answer is none: then the caller reads it.
pub fn refusal(asked: &Asked<'_>, response: &Response) -> Option<Validation> {
    let wire = asked.wire;
    if let Some(name) = signature(asked.act, &wire.url(WEB, ""), response) {
        return Some(conclude(asked, response, name));
    }
    if let Some(validation) = foreign(wire, asked.product.facts, response, has_fingerprint(response)) {
        return Some(validation);
    }
    let forbidden = if asked.act == Act::Validate { "forbidden-unexplained" } else { "signer-not-permitted" };
    (response.status == 403).then(|| conclude(asked, response, forbidden))
}

/// A validation by one of the family's findings, with everything the texts may mention filled in from the answer.
pub fn conclude(asked: &Asked<'_>, response: &Response, name: &str) -> Validation {
    note(asked.wire, response);
    let web = asked.wire.url(WEB, "");
    let product = asked.product;
    asked.wire.conclude(
        product.facts,
        name,
        &[
            ("web", &web),
            ("status", &response.status.to_string()),
            ("wait", &cap(&retry_after(response))),
            ("paths", &other_paths(product.usual_paths, &web)),
            ("login_url", &login_url(response, &web, product.login_page)),
            ("location", &place(response, &web)),
            ("user", asked.user),
            ("id", asked.id),
            ("message", &said(response)),
        ],
    )
}

/// Name of the finding whose signature the answer has. Pure, so that a table can hold it to the vendor's documentation.
pub fn signature(act: Act, web: &str, response: &Response) -> Option<&'static str> {
    let reason = seraph(response);
    if captcha(response).is_some() || reason == Some("AUTHENTICATION_DENIED") {
        return Some("captcha");
    }
    let refused = match act {
        Act::Validate => "token-refused",
        Act::ByToken => "authority-refused",
        Act::ByPassword => "wrong-password",
    };
    let nobody = if act == Act::Validate { "anonymous" } else { refused };
    match (response.status, reason) {
        (300..=399, _) => redirect(response, web),
        (503, _) => Some("maintenance"),
        (403, _) if response.body.contains("Basic Authentication has been disabled") => Some("basic-disabled"),
        (403, _) if response.body.contains("XSRF check failed") => Some("xsrf"),
        (_, Some("AUTHENTICATED_FAILED")) => Some(refused),
        (401 | 403, Some("AUTHORISATION_FAILED")) => Some("no-access"),
        (_, Some("OUT")) => Some(nobody),
        (401 | 403, _) if is_anonymous(response) => Some(nobody),
        (401, _) if has_fingerprint(response) => Some(refused),
        (404, _) if response.is_html() => Some("wrong-context-path"),
        (200..=299, _) if response.is_html() => Some("sign-in-page"),
        _ => None,
    }
}

/// Whether the answer is the product's own word to somebody it knows.
pub fn knows_caller(response: &Response) -> bool {
    login(response).is_some()
}

/// The words of an error, whose form varies: a known field, else the text itself.
fn said(response: &Response) -> String {
    let field = |value: &Value| {
        let named = ["message", "error", "reason", "exception"].iter().find_map(|n| value.get(*n)?.as_str().map(cap));
        named.or_else(|| value.get("errorMessages")?.as_array()?.first()?.as_str().map(cap))
    };
    let text = match response.json() {
        Some(value) => field(&value),
        None if response.is_html() => None,
        None => Some(cap(response.body.trim())),
    };
    text.filter(|t| !t.is_empty()).unwrap_or_else(|| "nothing".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEB: &str = "https://acme.dev/jira";

    #[test]
    fn the_log_in_filter_is_heard_whatever_the_status() {
        for status in [200, 401, 403] {
            let answer = |reason: &str| Response::of(status, &[("X-Seraph-LoginReason", reason)], "");
            assert_eq!(signature(Act::Validate, WEB, &answer("AUTHENTICATED_FAILED")), Some("token-refused"));
            assert_eq!(signature(Act::ByPassword, WEB, &answer("AUTHENTICATED_FAILED")), Some("wrong-password"));
            assert_eq!(signature(Act::Validate, WEB, &answer("AUTHENTICATION_DENIED")), Some("captcha"));
            assert_eq!(signature(Act::Validate, WEB, &answer("OUT")), Some("anonymous"));
        }
        let fine = Response::of(200, &[("X-Seraph-LoginReason", "OK")], "{}");
        assert_eq!(signature(Act::Validate, WEB, &fine), None);
    }

    #[test]
    fn a_401_without_a_sign_of_the_product_is_nobodys_word() {
        assert_eq!(signature(Act::Validate, WEB, &Response::of(401, &[], "{}")), None);
        let own = Response::of(401, &[("X-AREQUESTID", "@1x2x3x0"), ("Content-Type", "text/html")], "<html>");
        assert_eq!(signature(Act::Validate, WEB, &own), Some("token-refused"));
    }

    #[test]
    fn the_words_of_an_error_are_found_in_every_form() {
        for (body, words) in [
            (r#"{"error":"bad"}"#, "bad"),
            (r#"{"errorMessages":["no"],"errors":{}}"#, "no"),
            ("plain words", "plain words"),
            ("{}", "nothing"),
            ("<html>page</html>", "nothing"),
        ] {
            assert_eq!(said(&Response::of(400, &[], body)), words);
        }
    }
}
