//! GitLab's own list of tokens: those of the user who signs (of everybody, for an administrator; at GitLab.com also those
//! that the groups of an Owner show), or those of the project or group whose token signs.
//!
//! <https://docs.gitlab.com/api/personal_access_tokens/>

use super::listing::{self, Missing, ask};
use super::order;
use super::own_record::{Account, OwnRecord};
use super::owned::{self, Inventories};
use super::resource::{Resource, number, tokens_of};
use super::revoke::delete;
use super::row::{self, Of};
use super::{FACTS, GitLab, PASSWORD, api_of};
use crate::domain::{Host, Kind, RemoteList, Validation};
use crate::hosts::{Act, Authority, Inventory, Outcome, Revocation, Route, Wire};
use crate::net::Response;
use futures_util::future::BoxFuture;

impl Inventory for GitLab {
    fn route(&self, host: &Host, using: Option<&Authority>) -> Route {
        let api = api_of(host);
        let unfit = |kind| matches!(kind, Kind::GitCredential | Kind::OauthClient);
        match using {
            Some(Authority { kind: None, .. }) => Route::NeedsAuthority { why: PASSWORD.to_owned(), password: false },
            Some(Authority { kind: Some(Kind::ProjectToken), .. }) => {
                Route::AtHost(format!("GET {api}/projects/ID/access_tokens lists the tokens of its own project"))
            }
            Some(Authority { kind: Some(Kind::GroupToken), .. }) => {
                Route::AtHost(format!("GET {api}/groups/ID/access_tokens lists the tokens of its own group"))
            }
            Some(Authority { kind: Some(kind), .. }) if !unfit(*kind) => {
                let more = if host.url == FACTS.default_url {
                    "; an Owner's also those in the credential inventory of the groups (GET /groups/ID/manage/…)"
                } else {
                    "; an administrator's those of everybody"
                };
                Route::AtHost(format!("GET {api}/personal_access_tokens lists the tokens of its user{more}"))
            }
            _ => Route::NeedsAuthority {
                why: "GitLab lists tokens for somebody who signs: a token with `api` or `read_api` lists those of its user \
                      (an administrator's those of everybody), a project or group token those of its project or group"
                    .to_owned(),
                password: false,
            },
        }
    }

    fn list<'a>(&'a self, act: &'a Act<'a>) -> BoxFuture<'a, Outcome<RemoteList>> {
        Box::pin(list(act))
    }

    fn revoke<'a>(&'a self, act: &'a Act<'a>, ids: &'a [String]) -> BoxFuture<'a, Vec<Revocation>> {
        Box::pin(revoke(act, ids))
    }
}

/// The project or group whose tokens are meant, if the signer is one of them.
async fn resource(act: &Act<'_>) -> Option<Resource> {
    let kind = act.using.kind.unwrap_or(Kind::Unknown);
    Resource::find(&act.wire, kind, act.using.username.as_deref(), &act.using.secret.token).await
}

async fn list(act: &Act<'_>) -> Outcome<RemoteList> {
    let wire = &act.wire;
    if act.using.kind.is_none() {
        return Outcome::Refused(Box::new(wire.conclude(&FACTS, "authority-password", &[])));
    }
    let resource = resource(act).await;
    let me = if resource.is_none() { account(act).await } else { None };
    let Some(path) = tokens_of(resource.as_ref()) else {
        return Outcome::Refused(Box::new(wire.conclude(&FACTS, "list-refused", &[("text", "")])));
    };
    let listing = match listing::read(act, &path, "", |response| refused(wire, response)).await {
        Ok(listing) => listing,
        Err(Missing::Answer(response)) => return Outcome::Refused(refused(wire, &response)),
        Err(Missing::Lost(why)) => return Outcome::Refused(why),
    };
    let own_kind = act.using.kind.filter(|kind| *kind == Kind::ServiceAccountToken);
    let of = Of { resource: resource.as_ref(), me: me.as_ref(), own_kind };
    let mut list = RemoteList { gaps: listing.gaps, evidence: listing.evidence, ..RemoteList::default() };
    list.tokens.extend(listing.rows.iter().filter_map(|row| row::read(wire, row, of)));
    let unread = listing.rows.len() - list.tokens.len();
    if unread > 0 {
        list.gaps.push(format!("{unread} lines are in a form that keyrack does not know"));
    }
    list.of = match (&resource, &me) {
        (Some(resource), _) => resource.words(),
        (None, Some(me)) => me.identity.account().to_owned(),
        (None, None) => "the user who signs".to_owned(),
    };
    let others = list.tokens.iter().any(|t| t.owner != list.tokens[0].owner);
    if resource.is_none() && others {
        list.of = "every user (an administrator signs)".to_owned();
    } else if owned::may_be(act) {
        add(&mut list, owned::read(act, me.as_ref()).await);
    }
    list.evidence.extend(wire.take_evidence());
    Outcome::Done(list)
}

/// Adds what the groups of the user show, each token once.
fn add(list: &mut RemoteList, all: Inventories) {
    for found in all.found {
        if !list.tokens.iter().any(|t| t.id == found.token.id) {
            list.tokens.push(found.token);
        }
    }
    if !all.groups.is_empty() {
        list.of = format!("{} and the credential inventory of {}", list.of, all.groups.join(", "));
    }
    list.gaps.extend(all.gaps);
    list.evidence.extend(all.evidence);
}

/// Whose list it is. What this request fails for is no fault of the list's.
async fn account(act: &Act<'_>) -> Option<Account> {
    let response = ask(act, "/user").await.ok().filter(|r| r.status == 200 && !r.is_html())?;
    Account::read(&response.json()?, act.using.kind.unwrap_or(Kind::Unknown))
}

fn refused(wire: &Wire<'_>, response: &Response) -> Box<Validation> {
    order::of_the_signer(wire, response, |refusal| match refusal.name {
        "insufficient-scope" => "list-scope-missing",
        "granular-missing" => "list-permission-missing",
        // 401 also where the role is too low.
        "token-unknown" | "forbidden" | "not-found" | "bad-request" => "list-refused",
        name => name,
    })
}

/// One request each, the token that signs last. After a failure on the way nothing more is sent.
async fn revoke(act: &Act<'_>, ids: &[String]) -> Vec<Revocation> {
    let wire = &act.wire;
    let refuse = |name: &str, args: &[(&str, &str)]| Revocation::Refused(Box::new(wire.conclude(&FACTS, name, args)));
    if act.using.kind.is_none() {
        return ids.iter().map(|_| refuse("authority-password", &[])).collect();
    }
    let resource = resource(act).await;
    let tokens = tokens_of(resource.as_ref()).unwrap_or_default();
    // Read anew, since an id says nothing of where it stood.
    let owned = if resource.is_none() && owned::may_be(act) {
        let me = account(act).await;
        owned::read(act, me.as_ref()).await.found
    } else {
        Vec::new()
    };
    let path = |id: &str| match owned.iter().find(|found| found.token.id == id) {
        Some(found) => found.path.clone(),
        None => format!("{tokens}/{id}"),
    };
    let own = if ids.len() > 1 { own_id(act).await } else { None };
    let mut order: Vec<usize> = (0..ids.len()).collect();
    order.sort_by_key(|at| own.as_deref() == ids.get(*at).map(String::as_str));
    let mut ends: Vec<(usize, Revocation)> = Vec::with_capacity(ids.len());
    let mut stopped: Option<String> = None;
    for at in order {
        let end = match (&stopped, ids.get(at).and_then(|id| number(id))) {
            (Some(why), _) => refuse("list-stopped", &[("why", why)]),
            (None, None) => refuse("revoke-absent", &[]),
            (None, Some(id)) => delete(wire, &path(id), &act.using.secret.token, true).await,
        };
        stopped = stopped.or_else(|| match &end {
            Revocation::Unknown(error) => Some(error.to_string()),
            Revocation::Refused(v) if v.findings.iter().any(|f| stops(&f.code)) => Some(v.reason.clone()),
            _ => None,
        });
        ends.push((at, end));
    }
    ends.sort_by_key(|(at, _)| *at);
    ends.into_iter().map(|(_, end)| end).collect()
}

/// What would befall every further request as well.
fn stops(code: &str) -> bool {
    code.starts_with("net.")
        || matches!(code, "gitlab.rate-limited" | "gitlab.maintenance" | "gitlab.revoke-scope-missing")
}

/// The number of the token that signs, where it may read its record.
async fn own_id(act: &Act<'_>) -> Option<String> {
    let response = ask(act, "/personal_access_tokens/self").await.ok().filter(|r| r.status == 200 && !r.is_html())?;
    OwnRecord::read(&response.json()?).map(|record| record.id)
}
