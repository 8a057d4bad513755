//! OAuth consumers: a key and a secret that get short-lived Bearer tokens by client credentials.
//!
//! `POST https://bitbucket.org/site/oauth2/access_token`, Basic with key and secret. What it answers to a wrong pair is
//! not documented by Bitbucket; the shape of RFC 6749 (`error`, `error_description`) is taken for its own there.
//! <https://developer.atlassian.com/cloud/bitbucket/oauth-2/>

use jiff::SignedDuration;
use serde::Deserialize;

use super::account::{self, Shown};
use super::answers::{self, Said};
use super::sending::Way;
use super::{FACTS, WEB, scopes};
use crate::domain::{Expiry, Kind, Minted, Validation};
use crate::hosts::answer::foreign;
use crate::hosts::{Outcome, Session};
use crate::net::{NetError, NetErrorKind, Request, Response};
use crate::sanitize::short;
use crate::secret::{Secret, SecretText};

const PATH: &str = "/site/oauth2/access_token";
/// Life of a token where the answer does not tell, in seconds.
const LIFE: i64 = 7200;
/// Longest life that is believed, in seconds.
const LONGEST_LIFE: i64 = 366 * 24 * 3600;

#[derive(Deserialize)]
struct Given {
    access_token: String,
    #[serde(default)]
    scopes: String,
    #[serde(default)]
    expires_in: Option<i64>,
    #[serde(default)]
    refresh_token: Option<String>,
}

/// Why there is no token.
enum Failed {
    /// The host refuses, or the answer is not its own.
    Refused(Box<Validation>),
    /// No answer came, or one that cannot be read.
    Lost(NetError),
}

/// Asks for a token once.
pub(super) async fn mint(session: &Session<'_>) -> Outcome<Minted> {
    match ask(session).await {
        Ok(minted) => Outcome::Done(minted),
        Err(Failed::Refused(validation)) => Outcome::Refused(validation),
        Err(Failed::Lost(error)) => Outcome::Unknown(error),
    }
}

/// A consumer is proved by a token that it gets, and described by that token.
pub(super) async fn validate(session: &Session<'_>) -> Validation {
    let minted = match ask(session).await {
        Ok(minted) => minted,
        Err(Failed::Refused(validation)) => return *validation,
        Err(Failed::Lost(error)) => return session.wire.unreachable(&error),
    };
    let secret = Secret::token(minted.token.clone());
    // Whose it is, where the token may see that; nothing here can undo the proof.
    let identity = match account::get_with(session, Way::Oauth, "/user", &secret.token).await {
        Ok(answer) => match account::read(session, Way::Oauth, &answer) {
            Shown::Known(known) => known.identity,
            Shown::Not(_) => None,
        },
        Err(_) => None,
    };
    let mut found = session.wire.accepted(format!("gave a token at POST {PATH}"));
    found.identity = identity;
    found.grants = scopes::grants(&minted.scopes);
    found.all_grants_told = !minted.scopes.is_empty();
    found.expiry = Expiry::Never;
    session.wire.mask_validation(&mut found);
    found
}

/// The token of a consumer for other requests of this family; else why there is none.
pub(super) async fn token(session: &Session<'_>) -> Result<Secret, Box<Validation>> {
    match ask(session).await {
        Ok(minted) => Ok(Secret::token(minted.token)),
        Err(Failed::Refused(validation)) => Err(validation),
        Err(Failed::Lost(error)) => Err(Box::new(session.wire.unreachable(&error))),
    }
}

async fn ask(session: &Session<'_>) -> Result<Minted, Failed> {
    let wire = &session.wire;
    // A colon would end the key early and send part of it as secret.
    let key = session.username.map(str::trim).filter(|key| !key.is_empty() && !key.contains(':'));
    let Some(key) = key else {
        return Err(Failed::Refused(Box::new(account::stopped(session, "client-id-missing"))));
    };
    let request = Request::post(wire.url(WEB, PATH))
        .header("Accept", "application/json")
        .basic(key, &session.secret.token)
        .text_body("application/x-www-form-urlencoded", "grant_type=client_credentials");
    let answer = wire.send(request).await.map_err(Failed::Lost)?;
    let given = (answer.status == 200 && !answer.is_html()).then(|| answer.parse::<Given>()).flatten();
    if let Some(given) = given.filter(|g| !g.access_token.is_empty()) {
        let token = SecretText::new(given.access_token);
        wire.learn(&token);
        if let Some(refresh) = given.refresh_token.map(SecretText::new) {
            wire.learn(&refresh);
        }
        let scopes = scopes::listed(&given.scopes);
        wire.note(format!("scopes: {}", scopes::words(&scopes)));
        let life = given.expires_in.filter(|s| (1..=LONGEST_LIFE).contains(s)).unwrap_or(LIFE);
        let expires_at = wire.now().checked_add(SignedDuration::from_secs(life)).unwrap_or(wire.now());
        return Ok(Minted { token, expires_at, scopes, claims: Vec::new() });
    }
    Err(refused(session, &answer))
}

fn refused(session: &Session<'_>, answer: &Response) -> Failed {
    let wire = &session.wire;
    let boxed = |validation| Failed::Refused(Box::new(validation));
    let error = answer.json().filter(|b| b["error"].is_string());
    if let Some(other) = foreign(wire, &FACTS, answer, error.is_some() || answers::is_vendor(answer)) {
        return boxed(other);
    }
    let text = |name: &str| error.as_ref().and_then(|e| e[name].as_str()).unwrap_or("");
    let message = match (text("error_description"), text("error")) {
        ("", "") => Said::of(answer).and_then(|said| said.message).unwrap_or_else(|| "nothing".to_owned()),
        ("", code) => short(code, 200),
        (words, code) => short(&format!("{code}: {words}"), 200),
    };
    let name = match (answer.status, text("error")) {
        (400 | 401 | 403, "unauthorized_client" | "unsupported_grant_type" | "access_denied") => {
            "oauth-client-not-allowed"
        }
        (400, "") => "unknown-path",
        (400 | 401 | 403, _) => "oauth-client-refused",
        (404, _) => return boxed(wire.conclude(&FACTS, "http.not-found", &[("url", &wire.url(WEB, PATH))])),
        (200..=299, _) => {
            return Failed::Lost(NetError::new(NetErrorKind::Other, wire.url(WEB, PATH), "the answer holds no token"));
        }
        (status, _) => {
            return boxed(wire.conclude(&FACTS, "http.unexpected", &[("status", &status.to_string())]));
        }
    };
    wire.note(message.clone());
    boxed(wire.conclude(&FACTS, name, &[("message", &message)]))
}

/// The kind whose secret is not itself a token.
pub(super) fn is_consumer(session: &Session<'_>) -> bool {
    session.kind == Kind::OauthClient
}
