//! Revoking by API. github.com and ghe.com take a token's value from anybody and refuse the request if it is signed; a
//! server wants it signed (from 3.19 on, first version unconfirmed). Installation tokens end themselves.
//!
//! See <https://docs.github.com/en/rest/credentials/revoke> and
//! <https://docs.github.com/en/rest/apps/installations#revoke-an-installation-access-token>.

use futures_util::future::BoxFuture;
use zeroize::Zeroizing;

use super::address::Variant;
use super::form::Form;
use super::refusal::{self, Signature};
use super::{GitHub, is_github, request};
use crate::domain::{Host, Kind};
use crate::hosts::version::is_before;
use crate::hosts::{Authority, Revocation, Revoke, Route, Session};
use crate::net::{Method, NetError, NetErrorKind, Request, Response};
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
    let form = Form::of(session.secret.token.reveal());
    let server = Variant::of(session.host) == Variant::Server;
    let unsupported = |name: &'static str| Revocation::Unsupported(Box::new(Signature::new(name).conclude(session)));
    match form {
        Form::Installation | Form::StatelessInstallation => {
            let order = request(&session.wire, Method::Delete, "/installation/token").bearer(&session.secret.token);
            send(session, order, 204).await
        }
        Form::LegacyUser | Form::LegacyInstallation | Form::Other => unsupported("revoke-legacy-form"),
        Form::OauthApp | Form::AppUser | Form::AppRefresh if server => unsupported("revoke-no-api"),
        Form::Classic | Form::FineGrained if server => {
            let signer = using.map_or(&session.secret.token, |using| &using.secret.token);
            send(session, surrender(session).bearer(signer), 202).await
        }
        Form::Classic | Form::FineGrained | Form::OauthApp | Form::AppUser | Form::AppRefresh => {
            send(session, surrender(session), 202).await
        }
    }
}

/// The order to revoke the session's token, unsigned.
fn surrender(session: &Session<'_>) -> Request {
    let token = session.secret.token.reveal();
    // Serialising to a string could leave copies behind while it grows; a token is at most doubled by escaping.
    let mut body = Zeroizing::new(String::with_capacity(token.len() * 2 + 32));
    body.push_str("{\"credentials\":[\"");
    for character in token.trim().chars() {
        if matches!(character, '"' | '\\') {
            body.push('\\');
        }
        body.push(if character.is_control() { '?' } else { character });
    }
    body.push_str("\"]}");
    request(&session.wire, Method::Post, "/credentials/revoke")
        .secret_body("application/json", SecretText::new(std::mem::take(&mut *body)))
}

async fn send(session: &Session<'_>, order: Request, success: u16) -> Revocation {
    let line = order.line();
    let response = match session.wire.send(order).await {
        Ok(response) => response,
        Err(error) if error.kind.nothing_was_sent() => {
            return Revocation::Refused(Box::new(session.wire.unreachable(&error)));
        }
        Err(error) => return Revocation::Unknown(error),
    };
    match response.status {
        status if status == success && !response.is_html() => Revocation::Accepted,
        // Whoever answered so may have passed the order on before.
        500 | 502 | 504 => Revocation::Unknown(NetError::new(
            NetErrorKind::Other,
            line,
            format!("answered {}, which does not tell whether the order was carried out", response.status),
        )),
        404 | 410 if !response.is_html() || is_github(&response) => {
            note(session, &response);
            Revocation::Unsupported(Box::new(Signature::new("revoke-unsupported").conclude(session)))
        }
        _ => Revocation::Refused(Box::new(refused(session, &response))),
    }
}

fn refused(session: &Session<'_>, response: &Response) -> crate::domain::Validation {
    let server = Variant::of(session.host) == Variant::Server;
    let installation = Form::of(session.secret.token.reveal()).is_installation();
    let signature = match response.status {
        422 if is_github(response) => "revoke-invalid",
        // The refusal of a self-signed order is that of the token itself.
        401 if installation => return refusal::conclude(session, response),
        401 | 403 if !is_github(response) => return refusal::conclude(session, response),
        401 | 403 if is_throttled(response) || response.header("x-github-sso").is_some() => {
            return refusal::conclude(session, response);
        }
        401 | 403 if server || installation => "revoke-not-allowed",
        401 | 403 => "revoke-was-authenticated",
        _ => return refusal::conclude(session, response),
    };
    note(session, response);
    Signature::new(signature).conclude(session)
}

fn is_throttled(response: &Response) -> bool {
    response.header("retry-after").is_some()
        || response.header("x-ratelimit-remaining") == Some("0")
        || refusal::message(response).to_lowercase().contains("rate limit")
}

fn note(session: &Session<'_>, response: &Response) {
    let message = refusal::message(response);
    if !message.is_empty() {
        session.wire.note(format!("message: {message}"));
    }
}

/// The server's version, where it is known and before the first with the endpoint.
fn too_old(host: &Host) -> Option<&str> {
    host.version.as_deref().filter(|version| is_before(version, SERVER_SINCE) == Some(true))
}
