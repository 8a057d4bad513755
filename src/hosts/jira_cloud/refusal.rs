//! What Jira's, Confluence's and the gateway's answers mean for a credential.
//!
//! | Answer | Meaning, or the finding that carries verdict and advice |
//! |---|---|
//! | `AUTHENTICATION_DENIED`, `CAPTCHA_CHALLENGE` | `captcha` |
//! | `scope does not match` | [`Reading::ScopeMissing`]: the token is good |
//! | `passwords is deprecated` | `password` |
//! | address not on the allowed list | `ip-allowlist` |
//! | an admin blocked the token | `policy-blocked` |
//! | other `X-Seraph-LoginReason`, `Client must be authenticated`, the gateway's bare 401 | [`Reading::Refused`] |
//! | `XSRF check failed` | `xsrf` |
//! | 404, the gateway's 404, 2xx HTML | [`Reading::Absent`]: no such product, or no such site |
//! | 410 | `gone` |
//! | 403 of Atlassian's own | [`Reading::Forbidden`] |
//! | redirect, 429, 5xx, HTML, 401/403 of somebody else | the common `http.…` findings |
//!
//! What a refusal is finally called depends on the kind of the credential and on where else it was tried: [`refused`].

use jiff::Timestamp;

use super::{FACTS, form};
use crate::domain::{Checksum, Expiry, Kind, Validation};
use crate::hosts::answer::foreign;
use crate::hosts::atlassian::signature::{self, Signature};
use crate::hosts::atlassian::{WEB, token};
use crate::hosts::jwt;
use crate::hosts::{Session, Wire};
use crate::net::Response;

/// What an answer says.
#[derive(Debug)]
pub(super) enum Reading {
    /// The request was answered.
    Fine,
    /// The credential is good and lacks a scope for this request.
    ScopeMissing,
    /// The credential is refused, or was passed over and the request answered as for anybody.
    Refused,
    /// The credential is known, or at least not refused, and the request is forbidden.
    Forbidden,
    /// No such thing here.
    Absent,
    /// Something that decides by itself.
    Verdict(Box<Validation>),
}

/// Reads an answer to a request that a credential was sent with.
pub(super) fn read(wire: &Wire<'_>, answer: &Response) -> Reading {
    let decided = |name: &str| {
        let message = signature::message(answer).unwrap_or_else(|| "nothing".to_owned());
        let (web, status) = (wire.url(WEB, ""), answer.status.to_string());
        let args = [("web", web.as_str()), ("message", &message), ("status", &status)];
        Reading::Verdict(Box::new(wire.conclude(&FACTS, name, &args)))
    };
    match signature::of(answer) {
        Some(Signature::Captcha) => return decided("captcha"),
        Some(Signature::Password) => return decided("password"),
        Some(Signature::IpNotAllowed) => return decided("ip-allowlist"),
        Some(Signature::PolicyBlocked) => return decided("policy-blocked"),
        Some(Signature::Xsrf) => return decided("xsrf"),
        Some(Signature::ScopeMissing) => return Reading::ScopeMissing,
        Some(Signature::NotAuthenticated | Signature::GatewayRefused) => return Reading::Refused,
        Some(Signature::GatewayNotFound) => return Reading::Absent,
        None => {}
    }
    match answer.status {
        404 => return Reading::Absent,
        410 => return decided("gone"),
        200..=299 if answer.is_html() => return Reading::Absent,
        _ => {}
    }
    if let Some(validation) = foreign(wire, &FACTS, answer, signature::is_vendor(answer)) {
        return Reading::Verdict(Box::new(validation));
    }
    match answer.status {
        200..=299 => Reading::Fine,
        401 => Reading::Refused,
        403 => Reading::Forbidden,
        _ => decided("not-atlassian"),
    }
}

/// The verdict on a credential that every place refused where it was tried. Atlassian does not tell an expired token
/// from a revoked one, nor either from a wrong address, so the text names them all.
pub(super) fn refused(session: &Session<'_>, anonymous: bool) -> Validation {
    let secret = session.secret.token.reveal();
    let end = oauth_end(session);
    let name = match session.kind {
        Kind::OauthToken if end.is_some_and(|end| end <= session.wire.now()) => "oauth-expired",
        Kind::OauthToken => "oauth-refused",
        _ if form::is_old(secret) => "old-token",
        _ if token::checksum(secret) == Checksum::Mismatch => "refused-cut",
        Kind::ServiceAccountToken => "service-account-refused",
        _ if anonymous => "anonymous",
        _ => "refused",
    };
    let end_text = end.map_or_else(|| "unknown".to_owned(), |end| end.to_string());
    let web = session.wire.url(WEB, "");
    let user = session.username.map_or_else(|| "the account".to_owned(), |u| crate::sanitize::short(u, 60));
    let mut found = session.wire.conclude(&FACTS, name, &[("web", &web), ("user", &user), ("end", &end_text)]);
    if let Some(end) = end {
        found.expiry = Expiry::At(end);
    }
    found
}

/// When an OAuth access token ends, as it says itself.
pub(super) fn oauth_end(session: &Session<'_>) -> Option<Timestamp> {
    let token = (session.kind == Kind::OauthToken).then(|| session.secret.token.reveal())?;
    jwt::read(token)?.ends()
}
