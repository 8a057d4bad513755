//! The account's own list of tokens, and deleting from it by number; never by name, since a name made of digits is read
//! as a number.
//!
//! Lists: Basic on Gitea and Forgejo to 10, anything on Forgejo 11 and later, a site administrator's route on 16 and
//! later. Tokens have no expiry. "Last used" moves with every request, keyrack's own included, so it is read first.

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::create::asker;
use super::rows::{self, NoList, Row};
use super::sending::Signer;
use super::server::{self, Server};
use super::{API, FACTS, Forgejo, answers, revoke};
use crate::domain::{Expiry, Host, Kind, RemoteList, RemoteState, RemoteToken};
use crate::hosts::segment::segment;
use crate::hosts::{Act, Authority, Inventory, Outcome, Revocation, Route};
use crate::net::Request;
use crate::sanitize::short;

impl Inventory for Forgejo {
    fn route(&self, host: &Host, using: Option<&Authority>) -> Route {
        let server = Server::recorded(host);
        let why = "the list of an account's tokens is given to its user name and password, on Forgejo 11 and later also to \
                   one of its tokens with read:user";
        match using.and_then(|using| lister(server, using)) {
            Some(signer) => Route::AtHost(format!(
                "GET {}/users/{}/tokens, signed {}",
                host.endpoints
                    .get(API)
                    .map_or_else(|| format!("{}/api/v1", host.url), Clone::clone)
                    .trim_end_matches('/'),
                signer.user().unwrap_or("NAME"),
                signer.words()
            )),
            None => Route::NeedsAuthority { why: why.to_owned(), password: true },
        }
    }

    fn list<'a>(&'a self, act: &'a Act<'a>) -> BoxFuture<'a, Outcome<RemoteList>> {
        Box::pin(list(act))
    }

    fn revoke<'a>(&'a self, act: &'a Act<'a>, ids: &'a [String]) -> BoxFuture<'a, Vec<Revocation>> {
        Box::pin(async move {
            let server = server::learn_for(&act.wire, act.host).await;
            let mut done = Vec::with_capacity(ids.len());
            for id in ids {
                done.push(revoke_one(act, server, id).await);
            }
            done
        })
    }
}

/// Who may list. An unknown server is asked with what there is.
fn lister(server: Server, using: &Authority) -> Option<Signer<'_>> {
    match using.kind {
        None => Signer::password(using),
        Some(_) if server.lists_by_token() => Signer::token(using),
        Some(_) => Signer::basic(using),
    }
}

async fn list(act: &Act<'_>) -> Outcome<RemoteList> {
    let wire = &act.wire;
    let server = server::learn_for(wire, act.host).await;
    let unfit = || Outcome::Unsupported(Box::new(wire.conclude(&FACTS, "authority-unfit", &[])));
    let Some(signer) = lister(server, act.using) else { return unfit() };
    let (login, admin) = match signer {
        Signer::Token { .. } => who(act, signer).await,
        _ => (None, false),
    };
    let Some(account) = login.or_else(|| signer.user().map(str::to_owned)) else { return unfit() };
    let Some(user) = segment(&account) else { return unfit() };
    let listed = match rows::list(wire, &format!("/users/{user}/tokens"), |r| signer.sign(r)).await {
        Ok(listed) => listed,
        Err(NoList::Lost(error)) => return Outcome::Unknown(error),
        Err(NoList::Answer(answer)) => {
            let found = answers::refusal(wire, asker(signer), &answer)
                .unwrap_or_else(|| answers::conclude(wire, &answer, "request-refused", &[]));
            return Outcome::Refused(Box::new(found));
        }
    };
    let mut gaps = Vec::new();
    if let Some(total) = listed.more_of {
        gaps.push(format!("only {} of {total} tokens were read", listed.rows.len()));
    }
    if admin && server.has_admin_routes() {
        gaps.push(
            "tokens of other accounts are not in it: there is no list over all accounts, only one for each".to_owned(),
        );
    }
    let owner = short(&wire.mask(&account), 120);
    let tokens = listed.rows.iter().filter_map(|row| line(act, row, &owner)).collect();
    Outcome::Done(RemoteList { tokens, of: owner, gaps, evidence: wire.take_evidence() })
}

/// Whose token signs, and whether it is a site administrator's, where it may see that.
async fn who(act: &Act<'_>, signer: Signer<'_>) -> (Option<String>, bool) {
    let request = signer.sign(Request::get(act.wire.url(API, "/user")));
    let Ok(answer) = act.wire.send(request).await else { return (None, false) };
    let body = answer.json().filter(|_| answer.status == 200).unwrap_or_default();
    let login = body["login"].as_str().map(|l| act.wire.mask(l)).filter(|l| !l.is_empty());
    (login, body["is_admin"] == Value::Bool(true))
}

fn line(act: &Act<'_>, row: &Row, owner: &str) -> Option<RemoteToken> {
    let mut notes = Vec::new();
    let scopes = row.scopes();
    if scopes.as_ref().is_some_and(Vec::is_empty) {
        notes.push("it has no scopes, and so no power over anything that wants one".to_owned());
    }
    if let Some(repositories) = row.repositories() {
        notes.push(match repositories.is_empty() {
            true => "limited to repositories, none of which is left or visible".to_owned(),
            false => format!("limited to {}", repositories.join(", ")),
        });
    }
    Some(RemoteToken {
        id: row.id()?,
        name: row.name().map(|name| act.wire.mask(&name)).unwrap_or_default(),
        kind: Some(Kind::Pat),
        owner: owner.to_owned(),
        grants: scopes.unwrap_or_default(),
        created_at: row.created_at(),
        last_used: row.last_used(),
        expiry: Expiry::Never,
        state: RemoteState::Active,
        tail: row.tail(),
        notes,
    })
}

async fn revoke_one(act: &Act<'_>, server: Server, id: &str) -> Revocation {
    let wire = &act.wire;
    let unfit = || Revocation::Unsupported(Box::new(wire.conclude(&FACTS, "authority-unfit", &[])));
    let Some(signer) = revoke::signer(server, act.using) else { return unfit() };
    let account = match (signer, signer.user()) {
        (_, Some(user)) => user.to_owned(),
        (Signer::Token { .. }, None) => match who(act, signer).await.0 {
            Some(login) => login,
            None => return unfit(),
        },
        (_, None) => return unfit(),
    };
    revoke::delete(wire, signer, &account, id).await
}
