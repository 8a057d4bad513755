//! What the answers of the data APIs mean.
//!
//! | Answer | Meaning |
//! |---|---|
//! | 2xx | the token has the permission |
//! | 404 without the gateway's body | the same: there is nothing of that id. The vendor's description gives it no body |
//! | 404 `{"code":404,…}` | the gateway has no such place: wrong cloud id, or no Jira Software (`no-jira-software`) |
//! | 403, empty or Atlassian's | the permission is not granted |
//! | 401 `scope does not match` | the same, for a client with scopes (`scope-missing`) |
//! | 401, empty or Atlassian's | the token is not taken at all |
//! | 429, 5xx, HTML, redirects, anybody else's 401 or 403 | the common `http.…` findings |

use crate::hosts::Wire;
use crate::hosts::answer::foreign;
use crate::hosts::atlassian::signature::{self, Signature};
use crate::net::Response;

use super::FACTS;
use crate::domain::Validation;

/// An answer, read.
#[derive(Debug)]
pub(super) enum Answer {
    /// Success, whatever it holds.
    Good,
    /// The permission is there; nothing is of that id.
    Nothing,
    /// The permission is missing; the finding's name.
    NotGranted(&'static str),
    /// The token is not taken.
    TokenRefused,
    /// No data API for this site.
    NoPlace,
    /// A refusal of the request itself: 400, 413.
    BadRequest,
    /// Nothing that says anything of the token.
    Foreign(Box<Validation>),
    /// Anything else.
    Odd,
}

/// Reads an answer of a data API.
pub(super) fn read(wire: &Wire<'_>, response: &Response) -> Answer {
    let said = signature::of(response);
    let detail = signature::detail(response);
    if !detail.is_empty() {
        wire.note(detail);
    }
    // The vendor's description gives its 401, 403 and 404 no body at all.
    let vendor = signature::is_vendor(response) || response.body.trim().is_empty();
    if let Some(validation) = foreign(wire, &FACTS, response, vendor) {
        return Answer::Foreign(Box::new(validation));
    }
    match (response.status, said) {
        (200..=299, _) => Answer::Good,
        (_, Some(Signature::ScopeMissing)) => Answer::NotGranted("scope-missing"),
        (404, Some(Signature::GatewayNotFound)) => Answer::NoPlace,
        (404, _) => Answer::Nothing,
        (403, _) => Answer::NotGranted("permission-missing"),
        (401, _) => Answer::TokenRefused,
        (400 | 413, _) => Answer::BadRequest,
        _ => Answer::Odd,
    }
}

/// What it means that a site told no cloud id.
pub(super) fn no_site(wire: &Wire<'_>, response: &Response) -> Validation {
    // A site that is slow or down exists. A page instead of JSON is what an unknown name may get, so it counts as such.
    let passing = matches!(response.status, 407 | 429 | 500..=599);
    if passing && let Some(validation) = foreign(wire, &FACTS, response, true) {
        return validation;
    }
    let web = wire.url(crate::hosts::atlassian::WEB, "");
    wire.conclude(&FACTS, "no-such-site", &[("web", &web)])
}
