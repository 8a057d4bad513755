//! GitHub's own lists. Nobody's own tokens are listed; others see some of them:
//!
//! - a GitHub App those fine-grained tokens that reach its organisation, and the requests that wait for approval
//!   (<https://docs.github.com/en/rest/orgs/personal-access-tokens>)
//! - an organisation owner those tokens that were authorised for its single sign-on
//!   (<https://docs.github.com/en/enterprise-cloud@latest/rest/orgs/orgs>)
//! - a site administrator of a server all classic tokens
//!
//! What a line says is read in [`super::listed`], and revoked by its id in [`super::revoke_listed`].

use futures_util::future::BoxFuture;

use super::address::Variant;
use super::asking::{Asking, is_success};
use super::form::Form;
use super::listed::{Sort, authorisation, classic, granted, is_login};
use super::paging::{self, Missing};
use super::refusal::{self, Signature};
use super::revoke::is_throttled;
use super::revoke_listed::revoke;
use super::{GitHub, clip, is_github};
use crate::domain::{Host, Kind, RemoteList};
use crate::hosts::{Act, Authority, Inventory, Outcome, Revocation, Route};

/// Most organisations of a person that are asked.
const ORGANISATIONS: usize = 20;
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
        let needed = refusal::permission_words(&needed);
        let signature = known.unwrap_or_else(|| Signature::new(name).with("permissions", needed));
        return Outcome::Refused(Box::new(signature.conclude(at)));
    }
    Outcome::Refused(missing.conclude(at))
}
