//! GitHub's own lists. Nobody's own tokens are listed; others see some of them:
//!
//! - a GitHub App those fine-grained tokens that reach its organisation, and the requests that wait for approval
//!   (<https://docs.github.com/en/rest/orgs/personal-access-tokens>)
//! - an organisation owner those tokens that were authorised for its single sign-on
//!   (<https://docs.github.com/en/enterprise-cloud@latest/rest/orgs/orgs>)
//! - a site administrator of a server all classic tokens
//!
//! An id is `ORGANISATION/SORT/NUMBER`, or `admin/NUMBER`, so that revoking knows where and what.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::address::Variant;
use super::asking::{Asking, is_success};
use super::form::Form;
use super::paging::{self, Missing};
use super::refusal::{self, Signature};
use super::revoke::{is_throttled, note};
use super::{FACTS, GitHub, clip, is_github, request};
use crate::domain::{Expiry, Host, Kind, RemoteList, RemoteState, RemoteToken, Validation};
use crate::hosts::segment::segment;
use crate::hosts::{Act, Authority, Inventory, Outcome, Revocation, Route};
use crate::net::{Method, NetError, NetErrorKind, Request, Response};

/// Most organisations of a person that are asked.
const ORGANISATIONS: usize = 20;
/// Most ids of one request.
const BULK: usize = 100;

/// What a line is, and so how it is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sort {
    /// A fine-grained token's access to an organisation.
    Grant,
    /// A request for it.
    Request,
    /// A token's authorisation for single sign-on.
    Sso,
    /// A classic token at a server.
    Admin,
}

impl Sort {
    fn word(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Request => "request",
            Self::Sso => "sso",
            Self::Admin => "admin",
        }
    }
}

/// `acme/grant/9001`, `admin/17`.
fn parse(id: &str) -> Option<(&str, Sort, u64)> {
    let (front, number) = id.rsplit_once('/')?;
    let number = number.parse().ok()?;
    if front == "admin" {
        return Some(("", Sort::Admin, number));
    }
    let (org, sort) = front.split_once('/')?;
    let sort = [Sort::Grant, Sort::Request, Sort::Sso].into_iter().find(|s| s.word() == sort)?;
    is_login(org).then_some((org, sort, number))
}

fn is_login(name: &str) -> bool {
    (1..=100).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

impl Inventory for GitHub {
    fn route(&self, host: &Host, using: Option<&Authority>) -> Route {
        let server = Variant::of(host) == Variant::Server;
        match using.and_then(|u| u.kind) {
            Some(Kind::AppToken) => Route::AtHost(
                "GET /orgs/ORG/personal-access-tokens and …/personal-access-token-requests list the fine-grained tokens \
                 that reach the organization, and those that wait for approval; the app needs the permissions \
                 organization_personal_access_tokens and organization_personal_access_token_requests"
                    .to_owned(),
            ),
            Some(Kind::ClassicPat | Kind::OauthToken) if server => Route::AtHost(
                "GET /admin/tokens lists the classic tokens of all users; a site administrator's token with site_admin \
                 signs"
                    .to_owned(),
            ),
            Some(Kind::ClassicPat | Kind::OauthToken) => Route::AtHost(
                "GET /orgs/ORG/credential-authorizations lists, for each organization of the account, the tokens and keys \
                 that were authorised for its single sign-on; an owner's token with read:org signs"
                    .to_owned(),
            ),
            _ => Route::NeedsAuthority { why: why(server).to_owned(), password: false },
        }
    }

    fn list<'a>(&'a self, act: &'a Act<'a>) -> BoxFuture<'a, Outcome<RemoteList>> {
        Box::pin(list(act))
    }

    fn revoke<'a>(&'a self, act: &'a Act<'a>, ids: &'a [String]) -> BoxFuture<'a, Vec<Revocation>> {
        Box::pin(revoke(act, ids))
    }
}

/// Continued by the caller, so without a full stop.
fn why(server: bool) -> &'static str {
    if server {
        "GitHub lists nobody's own tokens; a site administrator's classic token (site_admin) lists all classic ones, a \
         GitHub App's installation token the fine-grained ones of its organization"
    } else {
        "GitHub lists nobody's own tokens; a GitHub App's installation token lists the fine-grained ones of its \
         organization, a classic token of an organization owner (read:org) those authorised for single sign-on"
    }
}

async fn list(act: &Act<'_>) -> Outcome<RemoteList> {
    let at = Asking::for_act(act);
    let mut list = RemoteList::default();
    let end = match act.using.kind {
        Some(Kind::AppToken) => organisation(act, at, &mut list).await,
        Some(Kind::ClassicPat | Kind::OauthToken) if at.variant == Variant::Server => all(at, &mut list).await,
        Some(Kind::ClassicPat | Kind::OauthToken) => authorised(at, &mut list).await,
        _ => Err(Outcome::Unsupported(Box::new(Signature::new("list-unfit").conclude(at)))),
    };
    match end {
        Ok(()) => {
            list.evidence = at.wire.take_evidence();
            Outcome::Done(list)
        }
        Err(refused) => refused,
    }
}

/// The fine-grained tokens of the organisation that the app is installed in, and the requests for more.
async fn organisation(act: &Act<'_>, at: Asking<'_>, list: &mut RemoteList) -> Result<(), Outcome<RemoteList>> {
    let org = match act.using.username.as_deref().filter(|name| is_login(name)) {
        // The user of an App user token is no organisation.
        Some(name) if Form::of(at.key.reveal()).is_installation() => name.to_owned(),
        _ => installed_in(at).await?,
    };
    let path = format!("/orgs/{org}/personal-access-tokens");
    let grants = paging::read(at, &path).await.map_err(|missing| refused(at, missing, "list-app-permission"))?;
    list.of = format!("organization {org}");
    list.gaps.extend(grants.gap);
    let mut unread = 0;
    for row in &grants.rows {
        match granted(at, row, &org, Sort::Grant) {
            Some(token) => list.tokens.push(token),
            None => unread += 1,
        }
    }
    match paging::read(at, &format!("/orgs/{org}/personal-access-token-requests")).await {
        Ok(requests) => {
            list.gaps.extend(requests.gap);
            for row in &requests.rows {
                match granted(at, row, &org, Sort::Request) {
                    Some(token) => list.tokens.push(token),
                    None => unread += 1,
                }
            }
        }
        Err(missing) => {
            let status = missing.words();
            let needs = "organization_personal_access_token_requests: read";
            list.gaps.push(format!("requests that wait for approval are not shown ({status}; the app needs {needs})"));
        }
    }
    if unread > 0 {
        list.gaps.push(format!("{unread} lines are in a form that keyrack does not know"));
    }
    Ok(())
}

/// The organisation of an installation: the owner of its repositories.
async fn installed_in(at: Asking<'_>) -> Result<String, Outcome<RemoteList>> {
    let response = match at.get("/installation/repositories?per_page=1").await {
        Ok(response) => response,
        Err(unreachable) => return Err(Outcome::Refused(unreachable)),
    };
    if !is_success(&response) {
        return Err(refused(at, Missing::Refused(response), "list-app-permission"));
    }
    let body = response.json().unwrap_or_default();
    let owner = body["repositories"][0]["owner"]["login"].as_str().filter(|name| is_login(name));
    owner
        .map(str::to_owned)
        .ok_or_else(|| Outcome::Refused(Box::new(Signature::new("list-no-organization").conclude(at))))
}

/// Tokens that were authorised for the single sign-on of the account's organisations.
async fn authorised(at: Asking<'_>, list: &mut RemoteList) -> Result<(), Outcome<RemoteList>> {
    let orgs = paging::read(at, "/user/orgs").await.map_err(|missing| refused(at, missing, "list-owner-only"))?;
    list.gaps.extend(orgs.gap);
    let names: Vec<String> =
        orgs.rows.iter().filter_map(|o| o["login"].as_str()).filter(|name| is_login(name)).map(str::to_owned).collect();
    if names.len() > ORGANISATIONS {
        list.gaps.push(format!("only the first {ORGANISATIONS} of {} organizations were asked", names.len()));
    }
    let mut seen = Vec::new();
    let mut last = None;
    for org in names.iter().take(ORGANISATIONS) {
        match paging::read(at, &format!("/orgs/{org}/credential-authorizations")).await {
            Ok(pages) => {
                seen.push(org.clone());
                list.gaps.extend(pages.gap);
                let rows = pages.rows.iter().filter_map(|row| authorisation(at, row, org));
                list.tokens.extend(rows);
            }
            Err(missing) => {
                let status = missing.words();
                list.gaps.push(format!(
                    "{org} does not show them ({status}): the account does not own it, or it has no single sign-on"
                ));
                last = Some(missing);
            }
        }
    }
    if seen.is_empty() {
        return Err(match last {
            Some(missing) => refused(at, missing, "list-owner-only"),
            None => Outcome::Refused(Box::new(Signature::new("list-owner-only").conclude(at))),
        });
    }
    list.of = format!("single sign-on of {}", seen.join(", "));
    list.gaps.push("tokens that were never authorised for single sign-on are not listed by GitHub".to_owned());
    Ok(())
}

/// All classic tokens of a server.
async fn all(at: Asking<'_>, list: &mut RemoteList) -> Result<(), Outcome<RemoteList>> {
    let pages = paging::read(at, "/admin/tokens").await.map_err(|missing| refused(at, missing, "list-site-admin"))?;
    list.of = "every user's classic tokens".to_owned();
    list.gaps.extend(pages.gap);
    list.gaps.push("fine-grained tokens are not among them".to_owned());
    list.tokens.extend(pages.rows.iter().filter_map(|row| classic(at, row)));
    Ok(())
}

/// A refused list. `name` is the finding for GitHub's plain 403 and 404; anything else means what it always does.
fn refused(at: Asking<'_>, missing: Missing, name: &'static str) -> Outcome<RemoteList> {
    if let Missing::Refused(response) = &missing
        && is_github(response)
        && matches!(response.status, 403 | 404 | 422)
        && !is_throttled(response)
    {
        let known = refusal::recognise(at, response).filter(|signature| {
            !matches!(signature.name, "forbidden" | "not-for-integrations" | "missing-permission" | "missing-scope")
        });
        let needed = response.header("x-accepted-github-permissions").map(clip).unwrap_or_default();
        let signature = known.unwrap_or_else(|| Signature::new(name).with("permissions", needed));
        return Outcome::Refused(Box::new(signature.conclude(at)));
    }
    Outcome::Refused(missing.conclude(at))
}

fn granted(at: Asking<'_>, row: &Value, org: &str, sort: Sort) -> Option<RemoteToken> {
    let number = row["id"].as_u64()?;
    let text = |name: &str| row[name].as_str().map(|t| at.wire.mask(&clip(t)));
    let time = |name: &str| row[name].as_str().and_then(|t| t.parse().ok());
    let mut grants = Vec::new();
    for part in ["repository", "organization", "other"] {
        let levels = row["permissions"][part].as_object().into_iter().flatten();
        grants.extend(levels.filter_map(|(name, level)| Some(clip(&format!("{name}:{}", level.as_str()?)))));
    }
    let mut notes = match row["repository_selection"].as_str() {
        Some("all") => vec!["reaches all repositories of the organization".to_owned()],
        Some("subset") => vec!["reaches chosen repositories of the organization".to_owned()],
        Some("none") => vec!["reaches no private repository of the organization".to_owned()],
        _ => Vec::new(),
    };
    match sort {
        Sort::Request => {
            notes.insert(0, "waits for approval; until then it reads public data only. Revoking denies it".to_owned());
            notes.extend(text("reason").filter(|r| !r.is_empty()).map(|reason| format!("reason: {reason}")));
        }
        _ => notes.push("revoking takes away this organization's access; the token itself lives on".to_owned()),
    }
    notes.extend(row["token_id"].as_u64().map(|id| format!("token id {id}")));
    let expired = row["token_expired"].as_bool() == Some(true);
    Some(RemoteToken {
        id: format!("{org}/{}/{number}", sort.word()),
        name: text("token_name").unwrap_or_default(),
        kind: Some(Kind::FineGrainedPat),
        owner: row["owner"]["login"].as_str().map(clip).unwrap_or_default(),
        grants,
        created_at: time(if sort == Sort::Request { "created_at" } else { "access_granted_at" }),
        last_used: time("token_last_used_at"),
        expiry: ends(&row["token_expires_at"]),
        state: match sort {
            Sort::Request => RemoteState::Inactive,
            _ if expired => RemoteState::Expired,
            _ => RemoteState::Active,
        },
        tail: None,
        notes,
    })
}

fn authorisation(at: Asking<'_>, row: &Value, org: &str) -> Option<RemoteToken> {
    let number = row["credential_id"].as_u64()?;
    let text = |name: &str| row[name].as_str().filter(|t| !t.is_empty()).map(|t| at.wire.mask(&clip(t)));
    let time = |name: &str| row[name].as_str().and_then(|t| t.parse().ok());
    let sort = text("credential_type").unwrap_or_default();
    let scopes = row["scopes"].as_array().into_iter().flatten().filter_map(Value::as_str).map(clip);
    let name = ["authorized_credential_note", "authorized_credential_title"].into_iter().find_map(text);
    let mut notes = vec![
        format!("{sort}, authorised for the single sign-on of {org}"),
        "revoking takes away that authorisation for good; the token itself lives on".to_owned(),
    ];
    notes.extend(text("fingerprint").map(|print| format!("fingerprint {print}")));
    Some(RemoteToken {
        id: format!("{org}/{}/{number}", Sort::Sso.word()),
        name: name.unwrap_or_default(),
        kind: match sort.as_str() {
            // Which of the two sorts of personal access token it is, the list does not tell; scopes do.
            "personal access token" if row["scopes"].as_array().is_some_and(|s| !s.is_empty()) => {
                Some(Kind::ClassicPat)
            }
            "OAuth app token" => Some(Kind::OauthToken),
            "GitHub app token" => Some(Kind::AppToken),
            _ => None,
        },
        owner: text("login").unwrap_or_default(),
        grants: scopes.collect(),
        created_at: time("credential_authorized_at"),
        last_used: time("credential_accessed_at"),
        expiry: ends(&row["authorized_credential_expires_at"]),
        state: match ends(&row["authorized_credential_expires_at"]) {
            Expiry::At(end) if end <= at.wire.now() => RemoteState::Expired,
            _ => RemoteState::Active,
        },
        tail: text("token_last_eight"),
        notes,
    })
}

fn classic(at: Asking<'_>, row: &Value) -> Option<RemoteToken> {
    let number = row["id"].as_u64()?;
    let text = |name: &str| row[name].as_str().filter(|t| !t.is_empty()).map(|t| at.wire.mask(&clip(t)));
    let scopes = row["scopes"].as_array().into_iter().flatten().filter_map(Value::as_str).map(clip);
    let expiry = ends(&row["expires_at"]);
    Some(RemoteToken {
        id: format!("{}/{number}", Sort::Admin.word()),
        name: text("note").unwrap_or_default(),
        kind: Some(Kind::ClassicPat),
        owner: row["user"]["login"].as_str().map(clip).unwrap_or_default(),
        grants: scopes.collect(),
        created_at: row["created_at"].as_str().and_then(|t| t.parse().ok()),
        last_used: None,
        expiry,
        state: match expiry {
            Expiry::At(end) if end <= at.wire.now() => RemoteState::Expired,
            _ => RemoteState::Active,
        },
        tail: text("token_last_eight"),
        notes: row["app"]["name"].as_str().map(|app| format!("made for {}", clip(app))).into_iter().collect(),
    })
}

fn ends(value: &Value) -> Expiry {
    match value {
        Value::Null => Expiry::Never,
        Value::String(text) => text.parse().map_or(Expiry::Unknown, Expiry::At),
        _ => Expiry::Unknown,
    }
}

/// Grants and requests go in bulk, a hundred of one organisation at once; the others one by one.
async fn revoke(act: &Act<'_>, ids: &[String]) -> Vec<Revocation> {
    let at = Asking::for_act(act);
    let unfit = || Revocation::Refused(Box::new(Signature::new("list-unknown-id").conclude(at)));
    let mut ends: Vec<Revocation> = ids.iter().map(|_| unfit()).collect();
    let mut bulk: BTreeMap<(String, Sort), Vec<(usize, u64)>> = BTreeMap::new();
    let mut single = Vec::new();
    for (place, id) in ids.iter().enumerate() {
        match parse(id) {
            Some((org, sort @ (Sort::Grant | Sort::Request), number)) => {
                bulk.entry((org.to_owned(), sort)).or_default().push((place, number));
            }
            Some((org, sort, number)) => single.push((place, org.to_owned(), sort, number)),
            None => {}
        }
    }
    for ((org, sort), all) in bulk {
        for part in all.chunks(BULK) {
            let numbers: Vec<u64> = part.iter().map(|(_, number)| *number).collect();
            let end = order(at, bulk_order(at, &org, sort, &numbers), 202).await;
            for (place, _) in part {
                ends[*place] = end.clone();
            }
        }
    }
    for (place, org, sort, number) in single {
        let path = match sort {
            Sort::Admin => format!("/admin/tokens/{number}"),
            _ => format!("/orgs/{}/credential-authorizations/{number}", segment(&org).unwrap_or_default()),
        };
        ends[place] = order(at, request(at.wire, Method::Delete, &path), 204).await;
    }
    ends
}

fn bulk_order(at: Asking<'_>, org: &str, sort: Sort, numbers: &[u64]) -> Request {
    let org = segment(org).unwrap_or_default();
    match sort {
        Sort::Request => request(at.wire, Method::Post, &format!("/orgs/{org}/personal-access-token-requests"))
            .json(&json!({ "action": "deny", "pat_request_ids": numbers })),
        _ => request(at.wire, Method::Post, &format!("/orgs/{org}/personal-access-tokens"))
            .json(&json!({ "action": "revoke", "pat_ids": numbers })),
    }
}

/// Sends an order signed, once. Refusals are about the one that signs.
async fn order(at: Asking<'_>, order: Request, success: u16) -> Revocation {
    let line = order.line();
    let response = match at.wire.send(order.bearer(at.key)).await {
        Ok(response) => response,
        Err(error) if error.kind.nothing_was_sent() => {
            return Revocation::Refused(Box::new(at.wire.unreachable(&error)));
        }
        Err(error) => return Revocation::Unknown(error),
    };
    match response.status {
        status if status == success && !response.is_html() => Revocation::Accepted,
        500 | 502 | 504 => Revocation::Unknown(NetError::new(
            NetErrorKind::Other,
            line,
            format!("answered {}, which does not tell whether the order was carried out", response.status),
        )),
        404 if is_github(&response) => about(at, &response, "list-gone"),
        422 if is_github(&response) => about(at, &response, "list-not-taken"),
        _ => Revocation::Refused(Box::new(about_the_signer(refusal::conclude(at, &response)))),
    }
}

fn about(at: Asking<'_>, response: &Response, name: &'static str) -> Revocation {
    note(at, response);
    Revocation::Refused(Box::new(Signature::new(name).conclude(at)))
}

/// What GitHub says of the token that signs is no verdict on the one to be revoked.
fn about_the_signer(mut validation: Validation) -> Validation {
    if validation.verdict.is_real() {
        validation.verdict = FACTS.finding("list-gone", &[]).0;
        validation.reason = format!("the signing token: {}", validation.reason);
    }
    validation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_say_where_and_what_and_nothing_else() {
        assert_eq!(parse("acme/grant/9001"), Some(("acme", Sort::Grant, 9001)));
        assert_eq!(parse("acme-x/request/7"), Some(("acme-x", Sort::Request, 7)));
        assert_eq!(parse("acme/sso/5"), Some(("acme", Sort::Sso, 5)));
        assert_eq!(parse("admin/17"), Some(("", Sort::Admin, 17)));
        for id in [
            "",
            "9001",
            "acme/9001",
            "acme/grant/x",
            "a/b/grant/1",
            "../grant/1",
            "acme/grant/-1",
            "acme/x/1",
            "ac%2fme/grant/1",
        ] {
            assert_eq!(parse(id), None, "{id}");
        }
    }
}
