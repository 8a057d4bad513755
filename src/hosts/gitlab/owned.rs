//! The credential inventory of groups at GitLab.com: the tokens of their enterprise users, and those of their projects and
//! subgroups, listed for an Owner and revoked by them.
//!
//! The groups are those that the signing token says its user owns (`…/self/associations`, 17.4 and later). A group without
//! the inventory refuses it, which is no fault of the list's: only what an Owner should have seen and did not is a gap.
//! <https://docs.gitlab.com/security/tokens/>

use serde_json::Value;

use super::listing::{self, Missing};
use super::own_record::{Account, OwnRecord};
use super::refusal::Refusal;
use super::resource::{Resource, number, tokens_of};
use super::row::{self, Of};
use super::{FACTS, order};
use crate::domain::{Evidence, Kind, RemoteToken, Validation};
use crate::hosts::Act;
use crate::net::Response;
use crate::sanitize;

/// Most groups that are asked.
const GROUPS: usize = 20;

/// The role of an Owner.
const OWNER: u32 = 50;

/// A token of a group's inventory and the path by which an Owner of the group revokes it.
pub(super) struct Found {
    pub(super) token: RemoteToken,
    pub(super) path: String,
}

/// The inventories of all groups.
#[derive(Default)]
pub(super) struct Inventories {
    pub(super) found: Vec<Found>,
    /// Names of the groups that showed theirs.
    pub(super) groups: Vec<String>,
    /// A sentence each.
    pub(super) gaps: Vec<String>,
    pub(super) evidence: Vec<Evidence>,
}

/// A group that the signing user owns.
struct Group {
    id: String,
    name: String,
}

/// Whether the signer may have such inventories: they are GitLab.com's, and for people.
pub(super) fn may_be(act: &Act<'_>) -> bool {
    act.host.url == FACTS.default_url && matches!(act.using.kind, Some(Kind::Pat | Kind::OauthToken))
}

/// Reads them all.
pub(super) async fn read(act: &Act<'_>, me: Option<&Account>) -> Inventories {
    let mut all = Inventories::default();
    let groups = groups(act, &mut all).await;
    if groups.len() > GROUPS {
        all.gaps.push(format!("the credential inventory of {GROUPS} groups was read, of {}", groups.len()));
    }
    for group in groups.iter().take(GROUPS) {
        let mut shown = false;
        for sort in ["personal_access_tokens", "resource_access_tokens"] {
            let path = format!("/groups/{}/manage/{sort}", group.id);
            match listing::read(act, &path, "", |response| stopped(act, response)).await {
                Ok(listing) => {
                    shown = true;
                    let unread = listing.rows.len();
                    let before = all.found.len();
                    all.found.extend(listing.rows.iter().filter_map(|row| found(act, row, me, &path)));
                    let unread = unread - (all.found.len() - before);
                    let of = |gap: &String| format!("credential inventory of group {}: {gap}", group.name);
                    all.gaps.extend(listing.gaps.iter().map(of));
                    if unread > 0 {
                        all.gaps.push(of(&format!("{unread} lines are in a form that keyrack does not know")));
                    }
                    all.evidence.extend(listing.evidence);
                }
                Err(Missing::Answer(response)) if is_not_offered(&response) => break,
                Err(missing) => {
                    let why = match missing {
                        Missing::Answer(response) => stopped(act, &response),
                        Missing::Lost(why) => why,
                    };
                    all.gaps.push(format!("credential inventory of group {}: {}", group.name, why.reason));
                    all.evidence.extend(why.evidence);
                    break;
                }
            }
        }
        if shown {
            all.groups.push(group.name.clone());
        }
    }
    all
}

/// The highest groups that the user owns: what is below one of them is in its inventory.
async fn groups(act: &Act<'_>, all: &mut Inventories) -> Vec<Group> {
    let query = format!("min_access_level={OWNER}&");
    // An object of two lists, not a list: GitLab pages through both at once.
    let Ok(response) =
        listing::ask(act, &format!("/personal_access_tokens/self/associations?{query}per_page=100")).await
    else {
        return Vec::new();
    };
    let told = (response.status == 200 && !response.is_html()).then(|| response.json()).flatten();
    let Some(Value::Array(rows)) = told.and_then(|mut body| body.get_mut("groups").map(Value::take)) else {
        return Vec::new();
    };
    if response.header("x-next-page").is_some_and(|next| !next.trim().is_empty()) {
        all.gaps.push("the user owns more groups and projects than one page shows".to_owned());
    }
    let id = |row: &Value, name: &str| row.get(name).and_then(Value::as_u64).map(|id| id.to_string());
    let ids: Vec<String> = rows.iter().filter_map(|row| id(row, "id")).collect();
    let highest = rows.iter().filter(|row| id(row, "parent_id").is_none_or(|parent| !ids.contains(&parent)));
    highest
        .filter_map(|row| {
            let id = id(row, "id")?;
            let name = row.get("name").and_then(Value::as_str).map(|n| sanitize::short(n, 80));
            Some(Group { name: name.unwrap_or_else(|| id.clone()), id })
        })
        .collect()
}

fn found(act: &Act<'_>, row: &Value, me: Option<&Account>, path: &str) -> Option<Found> {
    let token = row::read(&act.wire, row, Of { me, ..Of::default() })?;
    let id = number(&token.id)?.to_owned();
    let own = me.is_some_and(|me| OwnRecord::read(row).and_then(|r| r.user_id).as_ref() == Some(&me.identity.id));
    // Own ones by the endpoint for them; those of projects and groups by theirs, which their Owners manage.
    let tokens = match Resource::of_row(row) {
        Some(resource) => tokens_of(Some(&resource))?,
        None if own => tokens_of(None)?,
        None => path.to_owned(),
    };
    Some(Found { token, path: format!("{tokens}/{id}") })
}

/// Refusals that a group without the inventory, or an account that does not own it after all, gives.
fn is_not_offered(response: &Response) -> bool {
    let name = Refusal::of(response).map(|r| r.name);
    matches!(name, Some("forbidden" | "not-found" | "token-unknown" | "granular-missing" | "granular-unsupported"))
}

fn stopped(act: &Act<'_>, response: &Response) -> Box<Validation> {
    order::of_the_signer(&act.wire, response, |refusal| match refusal.name {
        "insufficient-scope" => "list-scope-missing",
        name => name,
    })
}
