//! Revoking by API. github.com and ghe.com take a token's value from anybody and refuse the request if it is signed; a
//! server wants it signed (from 3.19 on, first version unconfirmed). Installation tokens end themselves.
//!
//! See <https://docs.github.com/en/rest/credentials/revoke> and
//! <https://docs.github.com/en/rest/apps/installations#revoke-an-installation-access-token>.

use futures_util::future::BoxFuture;
use zeroize::Zeroizing;

use super::address::Variant;
use super::asking::Asking;
use super::form::Form;
use super::refusal::{self, Signature};
use super::{GitHub, is_github, request};
use crate::domain::{Host, Kind, Validation};
use crate::hosts::version::is_before;
use crate::hosts::{Authority, Revocation, Revoke, Route, Session, Wire, order};
use crate::net::{Method, Request, Response};
use crate::secret::SecretText;

/// The first server version whose documentation has the endpoint.
const SERVER_SINCE: &str = "3.19";

impl Revoke for GitHub {
    fn route(&self, host: &Host, kind: Kind, _username: Option<&str>, using: Option<&Authority>) -> Route {
        let web = host.url.trim_end_matches('/');
        let server = Variant::of(host) == Variant::Server;
        match kind {
            Kind::AppToken if server => Route::AtHost(format!(
                "An installation token (ghs_) is sent to DELETE /installation/token at {web}, signed with itself, and \
                 ends at once. App user and refresh tokens (ghu_, ghr_) have no such API on a server: for them the \
                 guide is shown."
            )),
            Kind::AppToken => Route::AtHost(format!(
                "An installation token (ghs_) is sent to DELETE /installation/token at {web}, signed with itself, and \
                 ends at once. App user and refresh tokens (ghu_, ghr_) are sent to POST /credentials/revoke, \
                 unsigned: GitHub deletes them for good and notifies their owner."
            )),
            Kind::ClassicPat | Kind::FineGrainedPat | Kind::OauthToken if !server => Route::AtHost(format!(
                "The token is sent to POST /credentials/revoke of {web}, unsigned. GitHub deletes it for good and \
                 notifies its owner; deploy keys it made may die with it (unconfirmed). Tokens in the form of before \
                 2021 are not taken: for them the guide is shown."
            )),
            Kind::ClassicPat | Kind::FineGrainedPat => match too_old(host) {
                Some(version) => Route::Guided {
                    why: format!(
                        "GitHub Enterprise Server {version} has no API to revoke personal access tokens; \
                         {SERVER_SINCE} is the first that documents one"
                    ),
                },
                None => Route::AtHost(format!(
                    "The token is sent to POST /credentials/revoke of {web}, signed with {}. The server deletes it for \
                     good and notifies its owner; deploy keys it made may die with it (unconfirmed). A server without \
                     that API answers 404, and then the guide is shown.",
                    if using.is_some() { "the credential you chose" } else { "itself" }
                )),
            },
            Kind::OauthToken => Route::Guided {
                why: "a GitHub Enterprise Server revokes OAuth tokens by API only for the app's own client id and \
                      secret"
                    .to_owned(),
            },
            _ => Route::Guided { why: "GitHub revokes only its own kinds of token by API".to_owned() },
        }
    }

    fn revoke<'a>(
        &'a self,
        session: &'a Session<'a>,
        _remote_id: Option<&'a str>,
        using: Option<&'a Authority>,
    ) -> BoxFuture<'a, Revocation> {
        Box::pin(revoke(session, using))
    }
}

async fn revoke(session: &Session<'_>, using: Option<&Authority>) -> Revocation {
    let at = Asking::of(session);
    let form = Form::of(at.key.reveal());
    let server = at.variant == Variant::Server;
    let unsupported = |name: &'static str| Revocation::Unsupported(Box::new(Signature::new(name).conclude(at)));
    match form {
        Form::Installation | Form::StatelessInstallation => {
            let order = request(at.wire, Method::Delete, "/installation/token").bearer(at.key);
            send(at, order, 204).await
        }
        Form::LegacyUser | Form::LegacyInstallation | Form::Other => unsupported("revoke-legacy-form"),
        Form::AppJwt => unsupported("app-jwt"),
        Form::OauthApp | Form::AppUser | Form::AppRefresh if server => unsupported("revoke-no-api"),
        Form::Classic | Form::FineGrained if server => {
            let signer = using.map_or(at.key, |using| &using.secret.token);
            send(at, surrender(at.wire, &[at.key]).bearer(signer), 202).await
        }
        Form::Classic | Form::FineGrained | Form::OauthApp | Form::AppUser | Form::AppRefresh => {
            send(at, surrender(at.wire, &[at.key]), 202).await
        }
    }
}

/// The order to revoke these tokens, unsigned.
pub(super) fn surrender(wire: &Wire<'_>, tokens: &[&SecretText]) -> Request {
    // Serialising to a string could leave copies behind while it grows; a token is at most doubled by escaping.
    let room = tokens.iter().map(|t| t.len() * 2 + 3).sum::<usize>() + 32;
    let mut body = Zeroizing::new(String::with_capacity(room));
    body.push_str("{\"credentials\":[");
    for (n, token) in tokens.iter().enumerate() {
        body.push_str(if n == 0 { "\"" } else { ",\"" });
        for character in token.reveal().trim().chars() {
            if matches!(character, '"' | '\\') {
                body.push('\\');
            }
            body.push(if character.is_control() { '?' } else { character });
        }
        body.push('"');
    }
    body.push_str("]}");
    request(wire, Method::Post, "/credentials/revoke")
        .secret_body("application/json", SecretText::new(std::mem::take(&mut *body)))
}

/// Sends an order once. What it means for the order is told where that is the same for every one: carried out, never
/// sent, or not known; any other answer is for the caller to read.
pub(super) async fn delivered(at: Asking<'_>, order: Request, success: u16) -> Result<Response, Revocation> {
    let response = order::send(at.wire, order).await.for_revoking()?;
    match response.status {
        status if status == success && !response.is_html() => Err(Revocation::Accepted),
        _ => Ok(response),
    }
}

/// Sends an order once and reads what came of it.
pub(super) async fn send(at: Asking<'_>, order: Request, success: u16) -> Revocation {
    let response = match delivered(at, order, success).await {
        Ok(response) => response,
        Err(ended) => return ended,
    };
    match response.status {
        404 | 410 if !response.is_html() || is_github(&response) => {
            note(at, &response);
            Revocation::Unsupported(Box::new(Signature::new("revoke-unsupported").conclude(at)))
        }
        _ => Revocation::Refused(Box::new(refused(at, &response))),
    }
}

fn refused(at: Asking<'_>, response: &Response) -> Validation {
    let server = at.variant == Variant::Server;
    let installation = Form::of(at.key.reveal()).is_installation();
    let signature = match response.status {
        422 if is_github(response) => "revoke-invalid",
        // The refusal of a self-signed order is that of the token itself.
        401 if installation => return refusal::conclude(at, response),
        401 | 403 if !is_github(response) => return refusal::conclude(at, response),
        401 | 403 if is_throttled(response) || response.header("x-github-sso").is_some() => {
            return refusal::conclude(at, response);
        }
        401 | 403 if server || installation => "revoke-not-allowed",
        401 | 403 => "revoke-was-authenticated",
        _ => return refusal::conclude(at, response),
    };
    note(at, response);
    Signature::new(signature).conclude(at)
}

pub(super) fn is_throttled(response: &Response) -> bool {
    response.header("retry-after").is_some()
        || response.header("x-ratelimit-remaining") == Some("0")
        || refusal::message(response).to_lowercase().contains("rate limit")
}

pub(super) fn note(at: Asking<'_>, response: &Response) {
    let message = refusal::message(response);
    if !message.is_empty() {
        at.wire.note(format!("message: {message}"));
    }
}

/// The server's version, where it is known and before the first with the endpoint.
pub(super) fn too_old(host: &Host) -> Option<&str> {
    host.version.as_deref().filter(|version| is_before(version, SERVER_SINCE) == Some(true))
}
