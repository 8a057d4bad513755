//! Revoking by an organisation's API key: one token of a managed account, or one key. No account can revoke its own token
//! by API, and a service account's tokens cannot be revoked one by one.
//!
//! One request, never repeated. Where it is refused, one harmless question more tells why.
//!
//! <https://developer.atlassian.com/cloud/admin/user-management/rest/api-group-api-tokens/>

use futures_util::future::BoxFuture;

use super::call::{note, whole};
use super::refusal::{Reading, read};
use super::remote::Remote;
use super::{FACTS, JiraCloud, admin};
use crate::domain::{Host, Kind, Validation};
use crate::hosts::atlassian::{GATEWAY, signature};
use crate::hosts::{Authority, Revocation, Revoke, Route, Session, Wire, order};
use crate::net::{Request, Response};
use crate::sanitize::short;

impl Revoke for JiraCloud {
    fn route(&self, _host: &Host, kind: Kind, _username: Option<&str>, using: Option<&Authority>) -> Route {
        let by_key = using.is_some_and(|u| u.kind == Some(Kind::AdminKey));
        match kind {
            Kind::ServiceAccountToken => Route::Guided {
                why: "Atlassian's API revokes all tokens of a service account at once or none, so one is revoked on its page"
                    .to_owned(),
            },
            Kind::OauthToken => Route::Guided {
                why: "an access token ends by itself within the hour; what grants new ones is taken back on the page of \
                      connected apps"
                    .to_owned(),
            },
            Kind::AdminKey if by_key => Route::AtHost(
                "PATCH /admin/api-access/v1/orgs/ORGANISATION/api-keys/revoke/KEY at the gateway, signed with the other key, \
                 revokes this one key"
                    .to_owned(),
            ),
            Kind::AdminKey => Route::Guided {
                why: "a key does not know its own id; it is revoked on the page of API keys, or by another key of the \
                      organisation"
                    .to_owned(),
            },
            _ if by_key => Route::AtHost(
                "DELETE /users/ACCOUNT/manage/api-tokens/TOKEN at the gateway, signed with the organisation's API key, \
                 revokes this one token of a managed account for good. The key must have been made without scopes"
                    .to_owned(),
            ),
            _ => Route::Guided {
                why: "Atlassian has no API by which an account revokes its own token; for managed accounts an API key of the \
                      organisation can (kind admin-key)"
                    .to_owned(),
            },
        }
    }

    fn revoke<'a>(
        &'a self,
        session: &'a Session<'a>,
        remote_id: Option<&'a str>,
        using: Option<&'a Authority>,
    ) -> BoxFuture<'a, Revocation> {
        Box::pin(async move {
            let wire = &session.wire;
            let stop = |name: &str| Revocation::Unsupported(Box::new(wire.conclude(&FACTS, name, &[])));
            match (session.kind, using, remote_id.and_then(Remote::of)) {
                (Kind::OauthToken, ..) => stop("oauth-not-revocable"),
                (Kind::ServiceAccountToken, ..) => stop("service-account-token-alone"),
                (_, None, _) => stop("authority-unfit"),
                // An id of the other sort would name somebody else's credential.
                (kind, Some(_), Some(remote)) if matches!(remote, Remote::Key { .. }) != (kind == Kind::AdminKey) => {
                    stop("token-id-unknown")
                }
                (_, Some(_), None) => stop("token-id-unknown"),
                (_, Some(using), Some(_)) => revoke_one(wire, using, remote_id.unwrap_or("")).await,
            }
        })
    }
}

/// Revokes the one credential of that id.
pub(super) async fn revoke_one(wire: &Wire<'_>, using: &Authority, id: &str) -> Revocation {
    let stop = |name: &str| Revocation::Unsupported(Box::new(wire.conclude(&FACTS, name, &[])));
    if using.kind != Some(Kind::AdminKey) {
        return stop("authority-unfit");
    }
    let Some(remote) = Remote::of(id) else { return stop("token-id-unknown") };
    let Some((method, path)) = remote.order() else { return stop("service-account-token-alone") };
    let key = whole(wire, &using.secret.token);
    let request = Request::new(method, wire.url(GATEWAY, &path)).header("Accept", "application/json").bearer(&key);
    match order::send(wire, request).await.for_revoking() {
        Ok(answer) => {
            note(wire, &answer);
            done(wire, using, remote, &answer).await
        }
        Err(ended) => ended,
    }
}

async fn done(wire: &Wire<'_>, using: &Authority, remote: Remote<'_>, answer: &Response) -> Revocation {
    let refused = |validation: Validation| Revocation::Refused(Box::new(validation));
    let said = signature::message(answer).unwrap_or_else(|| "nothing".to_owned());
    let named = |name: &str| refused(wire.conclude(&FACTS, name, &[("message", &said)]));
    match (answer.status, read(wire, answer)) {
        (200..=299, Reading::Fine) => Revocation::Accepted,
        (_, Reading::Verdict(verdict)) => Revocation::Refused(verdict),
        (_, Reading::Absent) => named("token-not-found"),
        (_, Reading::Refused) => named("authority-refused"),
        _ if said.contains("manage:org") => named("needs-unscoped-key"),
        _ => match (remote, why(wire, using, remote).await) {
            (Remote::Managed { .. }, Some(reason)) => {
                refused(wire.conclude(&FACTS, "delete-not-allowed", &[("reason", &reason)]))
            }
            _ => named("revoke-not-permitted"),
        },
    }
}

/// Why the organisation may not revoke an account's tokens, as it says itself when asked for its rights.
async fn why(wire: &Wire<'_>, using: &Authority, remote: Remote<'_>) -> Option<String> {
    let Remote::Managed { account, .. } = remote else { return None };
    let path = format!("/users/{account}/manage?privileges=apiToken.read,apiToken.delete");
    let answer = admin::get(wire, &using.secret.token, &path).await.ok()?;
    let json = answer.json().filter(|_| answer.status == 200)?;
    let right = json.get("apiToken.delete")?;
    if right["allowed"].as_bool() != Some(false) {
        return None;
    }
    Some(short(right["reason"]["key"].as_str().unwrap_or("no reason given"), 80))
}
