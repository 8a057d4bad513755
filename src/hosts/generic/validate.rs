//! Validation by status, held against the status without the credential.
//!
//! | With the credential | Without | Meaning |
//! |---|---|---|
//! | 2xx but 203 | 401, 403, 404 or a redirect | accepted |
//! | 2xx | anything else | `unproven` |
//! | 401 that is no page, or has `WWW-Authenticate` | not asked | `refused` |
//! | 401 that is a page without `WWW-Authenticate` | not asked | the common `http.html` |
//! | 403 | 401 or a redirect | `forbidden` |
//! | 403 | anything else | `forbidden-to-all` |
//! | redirects, 407, 429, 5xx | not asked | the common `http.…` findings |
//! | anything else | not asked | `wrong-probe` |

use super::{FACTS, PROBE};
use crate::domain::{Kind, Validation};
use crate::hosts::answer::foreign;
use crate::hosts::{Session, Wire};
use crate::net::{Request, Response};

/// Asks the URL with the credential, and without it where that is needed to understand the answer.
pub(super) async fn validate(session: &Session<'_>) -> Validation {
    let wire = &session.wire;
    let user = session.username.filter(|u| !u.is_empty());
    let (request, how) = match user {
        Some(user) => (ask(wire).basic(user, &session.secret.token), "Basic"),
        None if session.kind == Kind::GitCredential => return wire.conclude(&FACTS, "no-user", &[]),
        None => (ask(wire).bearer(&session.secret.token), "Bearer"),
    };
    let answer = match wire.send(request).await {
        Ok(answer) => answer,
        Err(error) => return wire.unreachable(&error),
    };
    wire.note(format!("sent as {how}"));
    match answer.status {
        203 => conclude(wire, "wrong-probe", &answer, "", how),
        200..=299 | 403 => compare(wire, &answer, how).await,
        401 if answer.header("www-authenticate").is_some() || !answer.is_html() => {
            conclude(wire, "refused", &answer, "", how)
        }
        // Nothing is the vendor's own here, so a page in place of an answer is left to the common findings.
        404 | 405 | 410 => conclude(wire, "wrong-probe", &answer, "", how),
        _ => foreign(wire, &FACTS, &answer, true).unwrap_or_else(|| conclude(wire, "wrong-probe", &answer, "", how)),
    }
}

/// The same request without the credential: only if that fares otherwise did the credential make a difference.
async fn compare(wire: &Wire<'_>, answer: &Response, how: &str) -> Validation {
    let without = match wire.send(ask(wire)).await {
        Ok(without) => without,
        Err(error) => return wire.unreachable(&error),
    };
    wire.note("asked without the credential");
    let (status, anonymous) = (answer.status, without.status.to_string());
    let turned_away = matches!(without.status, 401 | 300..=399);
    let name = match status {
        403 if turned_away => "forbidden",
        403 => "forbidden-to-all",
        _ if turned_away || matches!(without.status, 403 | 404) => {
            return wire.accepted(format!("status {status} with it, {anonymous} without; no more is known of it"));
        }
        _ => "unproven",
    };
    conclude(wire, name, answer, &anonymous, how)
}

fn ask(wire: &Wire<'_>) -> Request {
    Request::get(wire.url(PROBE, "")).header("Accept", "application/json, */*;q=0.5")
}

fn conclude(wire: &Wire<'_>, name: &str, answer: &Response, anonymous: &str, how: &str) -> Validation {
    let (probe, status) = (wire.url(PROBE, ""), answer.status.to_string());
    wire.conclude(
        &FACTS,
        name,
        &[("probe", probe.as_str()), ("status", status.as_str()), ("anonymous", anonymous), ("how", how)],
    )
}
