//! Revoking, by version:
//!
//! | Server | How |
//! |---|---|
//! | Gitea 1.27 and later | `DELETE /token`, the token itself |
//! | Forgejo 16 and later | a site administrator's token: `DELETE /admin/users/{name}/tokens/{id}` |
//! | all | the account's password: `DELETE /users/{name}/tokens/{id}` |
//! | Gitea, Forgejo to 10 | a token of the account with `write:user`, in the place of the password |
//!
//! One request, never repeated: a one-time code may count only once. What is not there any more is dead already.

use futures_util::future::BoxFuture;

use super::answers::{self, Asker};
use super::create::asker;
use super::rows::{self, NoList};
use super::sending::{self, Signer};
use super::server::{self, Server};
use super::{API, FACTS, Forgejo, WEB, token};
use crate::domain::{Host, Kind};
use crate::hosts::segment::segment;
use crate::hosts::{Authority, Revocation, Revoke, Route, Session, Wire, order};
use crate::net::{Request, Response};

impl Revoke for Forgejo {
    fn route(&self, host: &Host, kind: Kind, username: Option<&str>, using: Option<&Authority>) -> Route {
        let server = Server::recorded(host);
        let api = host.endpoints.get(API).map_or_else(|| format!("{}/api/v1", host.url), Clone::clone);
        let api = api.trim_end_matches('/');
        if matches!(kind, Kind::OauthToken | Kind::OauthClient) {
            return Route::Guided { why: "there is no API for OAuth2 grants and applications".to_owned() };
        }
        if server.has_own_route() {
            return Route::AtHost(format!("DELETE {api}/token, signed with the token itself, deletes this one token"));
        }
        let Some(signer) = using.and_then(|using| signer(server, using)) else {
            let why = match using {
                None => {
                    "a token is deleted with the account's user name and password; Forgejo 16 and later also takes a \
                         site administrator's token, Gitea a token of the account with write:user"
                }
                Some(_) => {
                    "what was given cannot sign: it takes the account's user name and password, or on Forgejo 16 \
                            and later a site administrator's token"
                }
            };
            return Route::NeedsAuthority { why: why.to_owned(), password: true };
        };
        let account = username.or_else(|| signer.user()).unwrap_or("NAME");
        let admin = if matches!(signer, Signer::Token { .. }) { "/admin" } else { "" };
        Route::AtHost(format!(
            "DELETE {api}{admin}/users/{account}/tokens/ID, signed {}, deletes this one token. Sent once",
            signer.words()
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

/// Who may delete tokens. An unknown server is asked with what there is.
pub(super) fn signer(server: Server, using: &Authority) -> Option<Signer<'_>> {
    match using.kind {
        None => Signer::password(using),
        Some(_) if server.has_admin_routes() => Signer::token(using),
        Some(_) if server.wants_password() => None,
        Some(_) => Signer::basic(using),
    }
}

async fn revoke(session: &Session<'_>, remote_id: Option<&str>, using: Option<&Authority>) -> Revocation {
    let wire = &session.wire;
    let web = wire.url(WEB, "");
    let stop = |name: &str, what: &str| {
        Revocation::Unsupported(Box::new(wire.conclude(&FACTS, name, &[("web", &web), ("what", what)])))
    };
    if matches!(session.kind, Kind::OauthToken | Kind::OauthClient) {
        return stop("kind-not-checkable", "");
    }
    let server = server::learn_for(wire, session.host).await;
    if server.has_own_route() {
        let request = sending::by_token(Request::delete(wire.url(API, "/token")), &session.secret.token);
        return match order::send(wire, request).await.for_revoking() {
            Ok(answer) => read(wire, Asker::Token(&session.secret.token), &answer),
            Err(ended) => ended,
        };
    }
    let Some(signer) = using.and_then(|using| signer(server, using)) else { return stop("authority-unfit", "") };
    let Some(account) = session.username.map(str::trim).filter(|u| !u.is_empty()).or_else(|| signer.user()) else {
        return stop("authority-unfit", "");
    };
    if let Some(id) = remote_id.filter(|id| !id.is_empty()) {
        return delete(wire, signer, account, id).await;
    }
    let Some(tail) = token::tail(session.secret.token.reveal()) else {
        return stop("id-unknown", "this one has not the form of an access token");
    };
    let Some(path) = tokens_of(signer, account) else { return stop("id-unknown", "the account has no such name") };
    let listed = match rows::list(wire, &path, |r| signer.sign(r)).await {
        Ok(listed) => listed,
        Err(NoList::Lost(error)) => return Revocation::Refused(Box::new(wire.unreachable(&error))),
        Err(NoList::Answer(answer)) => return refused(wire, asker(signer), &answer),
    };
    match rows::by_tail(&listed.rows, tail).map(rows::Row::id) {
        Ok(Some(id)) => delete(wire, signer, account, &id).await,
        Ok(None) => stop("id-unknown", "the list gives no number"),
        Err(why) => stop("id-unknown", why),
    }
}

fn tokens_of(signer: Signer<'_>, account: &str) -> Option<String> {
    let admin = if matches!(signer, Signer::Token { .. }) { "/admin" } else { "" };
    Some(format!("{admin}/users/{}/tokens", segment(account)?))
}

/// Deletes by number, once.
pub(super) async fn delete(wire: &Wire<'_>, signer: Signer<'_>, account: &str, id: &str) -> Revocation {
    let number = id.parse::<u64>().ok().filter(|n| *n > 0);
    let (Some(number), Some(path)) = (number, tokens_of(signer, account)) else {
        let args = [("web", wire.url(WEB, "")), ("what", "that is not a number of one".to_owned())];
        let args: Vec<(&str, &str)> = args.iter().map(|(n, v)| (*n, v.as_str())).collect();
        return Revocation::Unsupported(Box::new(wire.conclude(&FACTS, "id-unknown", &args)));
    };
    let request = signer.sign(Request::delete(wire.url(API, &format!("{path}/{number}"))));
    match order::send(wire, request).await.for_revoking() {
        Ok(answer) => read(wire, asker(signer), &answer),
        Err(ended) => ended,
    }
}

fn read(wire: &Wire<'_>, asker: Asker<'_>, answer: &Response) -> Revocation {
    match answer.status {
        200..=299 if !answer.is_html() => Revocation::Accepted,
        // Not there any more is what was wanted.
        404 if answers::is_vendor(answer) => {
            answers::note(wire, answer);
            Revocation::Accepted
        }
        _ => refused(wire, asker, answer),
    }
}

fn refused(wire: &Wire<'_>, asker: Asker<'_>, answer: &Response) -> Revocation {
    let found = answers::refusal(wire, asker, answer)
        .unwrap_or_else(|| answers::conclude(wire, answer, "request-refused", &[]));
    let by_hand = ["security-key", "password-disabled", "not-basic"];
    if found.findings.iter().any(|f| by_hand.iter().any(|name| f.code.ends_with(name))) {
        Revocation::Unsupported(Box::new(found))
    } else {
        Revocation::Refused(Box::new(found))
    }
}
