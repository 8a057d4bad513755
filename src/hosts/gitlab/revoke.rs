//! Revoking: a token revokes itself, or its owner's or an administrator's token does it by number.
//!
//! <https://docs.gitlab.com/api/personal_access_tokens/>. One request each; whether the token is dead is seen by
//! checking it afterwards. Never rotates.

use futures_util::future::BoxFuture;

use super::own_record::bot_of;
use super::refusal::{self, Refusal};
use super::token::{self, Check};
use super::{FACTS, GitLab, signed};
use crate::domain::{Host, Kind, Validation, Verdict};
use crate::hosts::{Authority, Revocation, Revoke, Route, Session};
use crate::net::{NetError, NetErrorKind, Request, Response};

const PASSWORD: &str = "GitLab's API takes no account password; leave it out, since the token can revoke itself, or \
                        sign with a token of its owner or an administrator that has the `api` scope";

impl Revoke for GitLab {
    fn route(&self, host: &Host, kind: Kind, username: Option<&str>, using: Option<&Authority>) -> Route {
        if !token::is_access(kind) {
            return Route::Guided { why: no_api(kind).to_owned() };
        }
        let api = host.endpoints.get("api").cloned().unwrap_or_else(|| format!("{}/api/v4", host.url));
        match using {
            None => Route::AtHost(format!(
                "DELETE {api}/personal_access_tokens/self, signed with the token itself{}; only this token dies",
                if kind == Kind::FineGrainedPat {
                    " (works where it has the permission `Personal Access Token: Revoke`)"
                } else {
                    ""
                }
            )),
            Some(Authority { kind: None, .. }) => Route::NeedsAuthority { why: PASSWORD.to_owned(), password: false },
            Some(_) => Route::AtHost(format!(
                "DELETE {api}{}, signed with the other token; only this token dies",
                by_number(kind, username, "ID")
            )),
        }
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

fn no_api(kind: Kind) -> &'static str {
    match kind {
        Kind::OauthToken => {
            "revoking an OAuth token by API needs the id and secret of its application, which only the application has"
        }
        Kind::GitCredential => "GitLab has no API by which a deploy token revokes itself",
        Kind::OauthClient => "an application secret is renewed on the application's page",
        _ => "GitLab has no API by which this kind of token revokes itself",
    }
}

/// Project and group tokens are their project's or group's, whose id is known where their bot's name is; all others
/// go by the endpoint for personal tokens.
fn by_number(kind: Kind, username: Option<&str>, id: &str) -> String {
    match username.and_then(bot_of) {
        Some((bot, project)) if bot == kind && kind == Kind::ProjectToken => {
            format!("/projects/{project}/access_tokens/{id}")
        }
        Some((bot, group)) if bot == kind => format!("/groups/{group}/access_tokens/{id}"),
        _ => format!("/personal_access_tokens/{id}"),
    }
}

async fn revoke(session: &Session<'_>, remote_id: Option<&str>, using: Option<&Authority>) -> Revocation {
    let wire = &session.wire;
    let web = wire.url("web", "");
    let unsupported = |name: &str, args: &[(&str, &str)]| Box::new(wire.conclude(&FACTS, name, args));
    let form = token::form(session.secret.token.reveal()).map(|seen| seen.form);
    let other = form.filter(|f| f.check != Check::Access);
    if let Some(what) = other.map(|f| f.name).or(match session.kind {
        Kind::OauthToken => Some("OAuth token"),
        Kind::GitCredential => Some("deploy token"),
        Kind::OauthClient => Some("OAuth application secret"),
        _ => None,
    }) {
        return Revocation::Unsupported(unsupported("not-revocable", &[("what", what)]));
    }
    let (path, key) = match using {
        None => ("/personal_access_tokens/self".to_owned(), &session.secret.token),
        Some(Authority { kind: None, .. }) => {
            return Revocation::Refused(unsupported("authority-password", &[]));
        }
        // A number and nothing else: it becomes part of a path.
        Some(authority) => match remote_id.filter(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit())) {
            Some(id) => (by_number(session.kind, session.username, id), &authority.secret.token),
            None => return Revocation::Refused(unsupported("revoke-needs-id", &[("web", &web)])),
        },
    };
    let request = Request::delete(wire.url("api", &path)).header("Accept", "application/json");
    match wire.send(signed(request, key)).await {
        Ok(response) if response.status == 204 => Revocation::Accepted,
        Ok(response) => refused(session, &response, using.is_some()),
        Err(error) => Revocation::Unknown(error),
    }
}

fn refused(session: &Session<'_>, response: &Response, by_other: bool) -> Revocation {
    let wire = &session.wire;
    let refusal = Refusal::of(response);
    if matches!(response.status, 500 | 502 | 504) {
        // It may have failed after the deed, or behind a gateway that gave up waiting.
        let _ = refusal::conclude(wire, response);
        let detail = format!("the server answered {} to the order to revoke", response.status);
        return Revocation::Unknown(NetError::new(NetErrorKind::Other, wire.url("api", ""), detail));
    }
    let mut validation = match refusal {
        Some(mut refusal) => {
            let name = match refusal.name {
                "bad-request" => "revoke-refused",
                "not-found" => "revoke-absent",
                "granular-missing" if !by_other => "revoke-permission-missing",
                "insufficient-scope" => "revoke-scope-missing",
                "token-unknown" | "expired" | "revoked" if by_other => "authority-refused",
                name => name,
            };
            if name == "revoke-scope-missing" {
                // GitLab names every scope of the endpoint, those for reading too, which would not help.
                let writing: Vec<_> = refusal.scopes.split(" or ").filter(|s| !s.starts_with("read_")).collect();
                refusal.scopes = writing.join(" or ");
            }
            refusal::conclude_as(wire, response, name, &refusal)
        }
        None => refusal::conclude(wire, response),
    };
    if by_other {
        about_the_signer(&mut validation);
    }
    Revocation::Refused(Box::new(validation))
}

/// What GitLab says of the token that signs is no verdict on the one to be revoked.
fn about_the_signer(validation: &mut Validation) {
    if validation.verdict.is_real() {
        validation.verdict = Verdict::Unreachable;
        validation.reason = format!("the signing token: {}", validation.reason);
    }
}
