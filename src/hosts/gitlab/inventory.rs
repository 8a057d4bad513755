//! GitLab's own list of tokens: those of the user who signs (of everybody, for an administrator), or those of the project
//! or group whose token signs.
//!
//! <https://docs.gitlab.com/api/personal_access_tokens/>; paged by number, since links are built from the instance's
//! external URL, which may be another host than the one that was called.

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::create::role_of;
use super::order;
use super::own_record::{Account, OwnRecord};
use super::resource::{Resource, number, tokens_of};
use super::revoke::delete;
use super::{FACTS, GitLab, PASSWORD, api_of, signed};
use crate::domain::{Host, Kind, RemoteList, RemoteState, RemoteToken, Validation};
use crate::hosts::{Act, Authority, Inventory, Outcome, Revocation, Route, Wire};
use crate::net::{Request, Response};
use crate::sanitize;

/// Rows asked for at once, and most pages that are read.
const SIZE: usize = 100;
const PAGES: usize = 50;

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
            Some(Authority { kind: Some(kind), .. }) if !unfit(*kind) => Route::AtHost(format!(
                "GET {api}/personal_access_tokens lists the tokens of its user; an administrator's those of everybody"
            )),
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
    let mut list = RemoteList::default();
    let mut page = 1;
    loop {
        let answer = ask(act, &format!("{path}?per_page={SIZE}&page={page}")).await;
        let (rows, next) = match answer {
            Ok(response) => {
                let Some(rows) = rows(&response) else {
                    let refused = refused(wire, &response);
                    if page == 1 {
                        return Outcome::Refused(refused);
                    }
                    list.gaps.push(format!("page {page} and what follows is missing: {}", refused.reason));
                    list.evidence.extend(refused.evidence);
                    break;
                };
                let next = next_page(&response, page, rows.len());
                (rows, next)
            }
            Err(refused) if page == 1 => return Outcome::Refused(refused),
            Err(refused) => {
                list.gaps.push(format!("page {page} and what follows is missing: {}", refused.reason));
                list.evidence.extend(refused.evidence);
                break;
            }
        };
        let unread = rows.len();
        let before = list.tokens.len();
        list.tokens.extend(rows.iter().filter_map(|row| read(wire, row, resource.as_ref(), me.as_ref())));
        let unread = unread - (list.tokens.len() - before);
        if unread > 0 {
            list.gaps.push(format!("{unread} lines of page {page} are in a form that keyrack does not know"));
        }
        match next {
            Some(_) if page == PAGES => {
                list.gaps.push(format!("only the first {} are listed", list.tokens.len()));
                break;
            }
            Some(next) => page = next,
            None => break,
        }
    }
    list.of = match (&resource, &me) {
        (Some(resource), _) => resource.words(),
        (None, Some(me)) => me.identity.account().to_owned(),
        (None, None) => "the user who signs".to_owned(),
    };
    let others = list.tokens.iter().any(|t| t.owner != list.tokens[0].owner);
    if resource.is_none() && others {
        list.of = "every user (an administrator signs)".to_owned();
    }
    list.evidence.extend(wire.take_evidence());
    Outcome::Done(list)
}

async fn ask(act: &Act<'_>, path: &str) -> Result<Response, Box<Validation>> {
    let request = Request::get(act.wire.url("api", path)).header("Accept", "application/json");
    act.wire.send(signed(request, &act.using.secret.token)).await.map_err(|e| Box::new(act.wire.unreachable(&e)))
}

/// Whose list it is. What this request fails for is no fault of the list's.
async fn account(act: &Act<'_>) -> Option<Account> {
    let response = ask(act, "/user").await.ok().filter(|r| r.status == 200 && !r.is_html())?;
    Account::read(&response.json()?, act.using.kind.unwrap_or(Kind::Unknown))
}

fn rows(response: &Response) -> Option<Vec<Value>> {
    let good = response.status == 200 && !response.is_html() && !response.truncated;
    match response.json().filter(|_| good)? {
        Value::Array(rows) => Some(rows),
        _ => None,
    }
}

/// The number of the next page: GitLab's own word, which must go forward; without the header a full page has one.
fn next_page(response: &Response, page: usize, rows: usize) -> Option<usize> {
    match response.header("x-next-page").map(str::trim) {
        Some(next) => next.parse().ok().filter(|next| *next == page + 1 && rows > 0),
        None => (rows == SIZE).then_some(page + 1),
    }
}

fn read(wire: &Wire<'_>, row: &Value, of: Option<&Resource>, me: Option<&Account>) -> Option<RemoteToken> {
    let record = OwnRecord::read(row)?;
    let impersonation = row.get("impersonation").and_then(Value::as_bool) == Some(true);
    let kind = match of {
        Some(resource) => resource.kind(),
        None if record.is_granular() => Kind::FineGrainedPat,
        None => Kind::Pat,
    };
    let mut notes = Vec::new();
    if let Some(level) = row.get("access_level").and_then(Value::as_u64) {
        notes.push(role_of(level).map_or_else(|| format!("access level {level}"), |role| format!("role {role}")));
    }
    if impersonation {
        notes.push("an impersonation token, made by an administrator".to_owned());
    }
    if record.is_granular() && record.permissions.is_empty() {
        notes.push("fine-grained; this list does not tell its permissions".to_owned());
    }
    let text = |name: &str| row.get(name).and_then(Value::as_str).filter(|t| !t.is_empty());
    notes.extend(text("description").map(|d| wire.mask(&sanitize::short(d, 120))));
    let addresses = row.get("last_used_ips").and_then(Value::as_array).into_iter().flatten();
    let addresses: Vec<String> =
        addresses.filter_map(Value::as_str).take(5).map(|ip| sanitize::short(ip, 45)).collect();
    if !addresses.is_empty() {
        notes.push(format!("last used from {}", addresses.join(", ")));
    }
    let user = record.user_id.clone().unwrap_or_default();
    let owner = match me.filter(|me| me.identity.id == user) {
        Some(me) => me.identity.account().to_owned(),
        None if user.is_empty() => String::new(),
        None => format!("user {user}"),
    };
    let grants = if record.permissions.is_empty() { record.scopes.clone() } else { record.permissions.clone() };
    Some(RemoteToken {
        id: record.id.clone(),
        name: wire.mask(record.name.as_deref().unwrap_or_default()),
        kind: Some(kind),
        owner,
        grants,
        created_at: record.created_at,
        last_used: record.last_used,
        expiry: record.expiry,
        state: match (record.revoked, record.active) {
            (true, _) => RemoteState::Revoked,
            (_, true) => RemoteState::Active,
            _ => RemoteState::Expired,
        },
        tail: None,
        notes,
    })
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
    let tokens = tokens_of(resource(act).await.as_ref()).unwrap_or_default();
    let own = if ids.len() > 1 { own_id(act).await } else { None };
    let mut order: Vec<usize> = (0..ids.len()).collect();
    order.sort_by_key(|at| own.as_deref() == ids.get(*at).map(String::as_str));
    let mut ends: Vec<(usize, Revocation)> = Vec::with_capacity(ids.len());
    let mut stopped: Option<String> = None;
    for at in order {
        let end = match (&stopped, ids.get(at).and_then(|id| number(id))) {
            (Some(why), _) => refuse("list-stopped", &[("why", why)]),
            (None, None) => refuse("revoke-absent", &[]),
            (None, Some(id)) => delete(wire, &format!("{tokens}/{id}"), &act.using.secret.token, true).await,
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
