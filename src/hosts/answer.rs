//! Answers that mean the same at every host: nothing about the token.

use super::facts::Facts;
use super::session::Wire;
use crate::domain::Validation;
use crate::net::Response;

/// Recognises an answer that cannot be the vendor's word on a credential: HTML where JSON was asked for, a redirect, a
/// rate limit, a server error, a gateway's refusal, a body over the cap. `vendor` says whether the answer carries the
/// vendor's own signature (its headers or error shape); a 401 or 403 without it is a proxy's or gateway's.
///
/// Families call it before they read a refusal as one.
#[must_use]
pub fn foreign(wire: &Wire<'_>, facts: &Facts, response: &Response, vendor: bool) -> Option<Validation> {
    let status = response.status.to_string();
    let conclude = |name: &str, args: &[(&str, &str)]| {
        if let Some(kind) = response.header("content-type") {
            wire.note(format!("Content-Type: {kind}"));
        }
        Some(wire.conclude(facts, name, args))
    };
    match response.status {
        300..=399 => {
            let location = response.header("location").unwrap_or("").split(['?', '#']).next().unwrap_or("");
            wire.note(format!("Location: {location}"));
            Some(wire.conclude(facts, "http.redirect", &[("location", location), ("status", &status)]))
        }
        407 => conclude("http.proxy-auth", &[("status", &status)]),
        429 => {
            let wait = retry_after(response);
            wire.note(format!("retry {wait}"));
            Some(wire.conclude(facts, "http.rate-limited", &[("wait", &wait)]))
        }
        511 => conclude("http.captive-portal", &[]),
        503 => conclude("http.unavailable", &[("status", &status)]),
        500..=599 => conclude("http.server-error", &[("status", &status)]),
        _ if response.is_html() => conclude("http.html", &[("status", &status)]),
        401 | 403 if !vendor => conclude("http.not-the-vendor", &[("status", &status)]),
        _ if response.truncated => conclude("http.too-large", &[]),
        _ => None,
    }
}

/// When to try again, in words: `after 60 s`, `after Wed, 21 Oct …`, or `later`.
#[must_use]
pub fn retry_after(response: &Response) -> String {
    match response.header("retry-after") {
        Some(value) if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) => format!("after {value} s"),
        Some(value) if !value.is_empty() => format!("after {value}"),
        _ => "later".to_owned(),
    }
}
