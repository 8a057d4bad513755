//! Revoking: a token revokes itself, or its owner's or an administrator's token does it by number. What cannot be revoked
//! so is an administrator's to revoke by its value, where the instance offers that.
//!
//! <https://docs.gitlab.com/api/personal_access_tokens/>. One request each; whether the token is dead is seen by
//! checking it afterwards. Never rotates.

use futures_util::future::BoxFuture;

use super::by_value;
use super::order::{self, Sent};
use super::resource::{Resource, number, tokens_of};
use super::token::{self, Check};
use super::{FACTS, GitLab, PASSWORD, api_of};
use crate::domain::{Host, Kind};
use crate::hosts::{Authority, Revocation, Revoke, Route, Session, Wire};
use crate::net::Request;
use crate::secret::SecretText;

impl Revoke for GitLab {
    fn route(&self, host: &Host, kind: Kind, username: Option<&str>, using: Option<&Authority>) -> Route {
        if !token::is_access(kind) && by_value::may_be(host, using) {
            return Route::AtHost(by_value::words(&api_of(host)));
        }
        if !token::is_access(kind) {
            return Route::Guided { why: no_api(kind).to_owned() };
        }
        let api = api_of(host);
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

/// Project and group tokens are their project's or group's, whose id is known where their bot's name is; those of a service
/// account go by their account where its place is known; all others by the endpoint for personal tokens.
fn by_number(kind: Kind, username: Option<&str>, id: &str) -> String {
    format!("{}/{id}", tokens_of(Resource::of_username(kind, username).as_ref()).unwrap_or_default())
}

async fn revoke(session: &Session<'_>, remote_id: Option<&str>, using: Option<&Authority>) -> Revocation {
    let wire = &session.wire;
    let stop = |name: &str, args: &[(&str, &str)]| Box::new(wire.conclude(&FACTS, name, args));
    let form = token::form(session.secret.token.reveal()).map(|seen| seen.form);
    let other = form.filter(|f| f.check != Check::Access);
    if let Some(what) = other.map(|f| f.name).or(match session.kind {
        Kind::OauthToken => Some("OAuth token"),
        Kind::GitCredential => Some("deploy token"),
        Kind::OauthClient => Some("OAuth application secret"),
        _ => None,
    }) {
        if let Some(using) =
            using.filter(|_| by_value::may_be(session.host, using) && by_value::takes(&session.secret.token))
        {
            return by_value::revoke(session, using).await;
        }
        return Revocation::Unsupported(stop("not-revocable", &[("what", what)]));
    }
    let (path, key) = match using {
        None => ("/personal_access_tokens/self".to_owned(), &session.secret.token),
        Some(Authority { kind: None, .. }) => return Revocation::Refused(stop("authority-password", &[])),
        Some(authority) => match remote_id.and_then(number) {
            Some(id) => (by_number(session.kind, session.username, id), &authority.secret.token),
            None => return Revocation::Refused(stop("revoke-needs-id", &[("web", &wire.url("web", ""))])),
        },
    };
    delete(wire, &path, key, using.is_some()).await
}

/// Asks once to revoke the token at `path`. `by_other`: another token than that one signs.
pub(super) async fn delete(wire: &Wire<'_>, path: &str, key: &SecretText, by_other: bool) -> Revocation {
    match order::send(wire, Request::delete(wire.url("api", path)), key).await {
        Sent::Answer(response) if response.status == 204 => Revocation::Accepted,
        Sent::Answer(response) => {
            Revocation::Refused(order::refused(wire, &response, by_other, |refusal| match refusal.name {
                "bad-request" => "revoke-refused",
                "not-found" => "revoke-absent",
                "granular-missing" if !by_other => "revoke-permission-missing",
                "insufficient-scope" => "revoke-scope-missing",
                "token-unknown" | "expired" | "revoked" if by_other => "authority-refused",
                name => name,
            }))
        }
        Sent::Never(validation) => Revocation::Refused(validation),
        Sent::Lost(error) => Revocation::Unknown(error),
    }
}
