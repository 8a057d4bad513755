//! Revoking: `DELETE /rest/access-tokens/latest/{owner}/{tokenId}`.
//!
//! A user's token is revoked with that user's password, since no token may manage tokens of users; a token of a project
//! or repository also with a token that administers it. One request, never repeated: failed passwords lead to a CAPTCHA.
//!
//! <https://confluence.atlassian.com/bitbucketserver084/managing-http-access-tokens-1167708749.html>

use futures_util::future::BoxFuture;

use super::answers::{Act, Asked, conclude, refusal};
use super::owner::Owner;
use super::signer::Signer;
use super::{BitbucketDatacenter, FACTS, WEB, token};
use crate::domain::{Host, Kind, Validation};
use crate::hosts::segment::segment;
use crate::hosts::{Authority, Revocation, Revoke, Route, Session, Wire, order};
use crate::net::{Request, Response};
use crate::secret::SecretText;

impl Revoke for BitbucketDatacenter {
    fn route(&self, host: &Host, kind: Kind, username: Option<&str>, using: Option<&Authority>) -> Route {
        let shared = matches!(kind, Kind::ProjectToken | Kind::RepositoryToken);
        let owner = Owner::of(kind, username.or_else(|| signing_user(kind, using)));
        if owner.is_none() && (shared || username.is_some()) {
            let wanted = FACTS.kind(kind).and_then(|k| k.username.as_deref()).unwrap_or("user slug");
            return Route::Guided {
                why: format!("keyrack needs the owner to find the token: set the record's user name to the {wanted}"),
            };
        }
        let signer = using.and_then(|u| Signer::of(kind, u));
        let (Some(owner), Some(signer)) = (&owner, signer) else {
            return Route::NeedsAuthority { why: why_not_itself(shared, using.is_some()).to_owned(), password: true };
        };
        let web = host.endpoints.get(WEB).unwrap_or(&host.url).trim_end_matches('/');
        let signed = match signer {
            Signer::Password { user } => format!("with the password of {user}"),
            Signer::Token => "with the other token".to_owned(),
        };
        Route::AtHost(format!(
            "DELETE {web}/rest/access-tokens/latest/{}/TOKEN-ID, signed {signed}, deletes this one token of {}. Sent once; \
             a wrong password is not tried again",
            owner.path().unwrap_or_default(),
            owner.words()
        ))
    }

    fn revoke<'a>(
        &'a self,
        session: &'a Session<'a>,
        remote_id: Option<&'a str>,
        using: Option<&'a Authority>,
    ) -> BoxFuture<'a, Revocation> {
        Box::pin(revoke(session, remote_id, using))
    }
}

async fn revoke(session: &Session<'_>, remote_id: Option<&str>, using: Option<&Authority>) -> Revocation {
    let wire = &session.wire;
    let web = wire.url(WEB, "");
    let stop = |name: &str| Revocation::Unsupported(Box::new(wire.conclude(&FACTS, name, &[("web", &web)])));

    let Some((using, signer)) = using.and_then(|u| Some((u, Signer::of(session.kind, u)?))) else {
        return stop("authority-unfit");
    };
    let username = session.username.or_else(|| signing_user(session.kind, Some(using)));
    let Some(owner) = Owner::of(session.kind, username) else { return stop("owner-unknown") };
    let number = token::number(session.secret.token.reveal());
    let Some(id) = remote_id.filter(|id| !id.is_empty()).or(number.as_deref()) else { return stop("token-id-unknown") };
    match delete(wire, signer, &owner, id, &using.secret.token).await {
        Some(done) => done,
        None => stop("owner-unknown"),
    }
}

/// Deletes one token of an owner, asked once. None where owner or id is no segment of a path.
pub(super) async fn delete(
    wire: &Wire<'_>,
    signer: Signer<'_>,
    owner: &Owner,
    id: &str,
    secret: &SecretText,
) -> Option<Revocation> {
    let (owner_path, id_segment) = (owner.path()?, segment(id)?);
    let request = Request::delete(wire.url(WEB, &format!("/rest/access-tokens/latest/{owner_path}/{id_segment}")))
        .header("Accept", "application/json")
        .header("X-Atlassian-Token", "no-check");
    let act = match signer {
        Signer::Password { .. } => Act::RevokeByPassword,
        Signer::Token => Act::RevokeByToken,
    };
    Some(match order::send(wire, signer.sign(request, secret)).await.for_revoking() {
        Ok(answer) => read(&Asked { wire, act, user: signer.user(), owner: owner.words(), id }, &answer),
        Err(ended) => ended,
    })
}

fn read(asked: &Asked<'_>, answer: &Response) -> Revocation {
    let refused = |validation: Validation| Revocation::Refused(Box::new(validation));
    match (answer.status, refusal(asked, answer)) {
        (403, Some(validation)) if has(&validation, "basic-disabled") => Revocation::Unsupported(Box::new(validation)),
        (_, Some(validation)) => refused(validation),
        (200..=299, None) => Revocation::Accepted,
        (404, None) => refused(conclude(asked, answer, "token-not-found")),
        (_, None) => refused(conclude(asked, answer, "not-bitbucket")),
    }
}

fn has(validation: &Validation, name: &str) -> bool {
    validation.findings.iter().any(|f| f.code == format!("{}.{name}", FACTS.id))
}

/// A password signs for its own user's tokens where the record names nobody.
fn signing_user(kind: Kind, using: Option<&Authority>) -> Option<&str> {
    let shared = matches!(kind, Kind::ProjectToken | Kind::RepositoryToken);
    using.filter(|u| u.kind.is_none() && !shared).and_then(|u| u.username.as_deref())
}

/// Continued by the caller, so without a full stop.
fn why_not_itself(shared: bool, given: bool) -> &'static str {
    match (shared, given) {
        (false, false) => {
            "Bitbucket lets no token revoke a user's token: it wants that user's name and password (where Basic \
             authentication is disabled or sign-in is by SSO only, it is done in the browser)"
        }
        (false, true) => {
            "what was given cannot sign: a user's token is revoked with that user's name and password only"
        }
        (true, false) => {
            "Bitbucket wants an administrator of the project or repository: the password of one, or a token with \
             PROJECT_ADMIN or REPO_ADMIN there"
        }
        (true, true) => {
            "what was given cannot sign: it takes a user name with its password, or a token of this Bitbucket that \
             administers the project or repository"
        }
    }
}
