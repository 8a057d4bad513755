//! What the user of a proved token is at the installation. Confluence lists no permissions to a user, so: the use of it,
//! which the proof showed; the groups; and system administration, shown by a search that only administrators may make.

use futures_util::future::BoxFuture;
use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use crate::domain::{Grant, GrantSource, LookAt, Probed};
use crate::hosts::atlassian_datacenter::manage::get;
use crate::hosts::atlassian_datacenter::signature::{cap, has_fingerprint, is_anonymous};
use crate::hosts::{Probe, Session};
use crate::net::Response;

/// The permission to use Confluence at all.
const USE: &str = "USECONFLUENCE";
/// System administrator.
const SYSTEM: &str = "SYSTEMADMINISTRATOR";
/// What stands before the name of a group.
const GROUP: &str = "group:";
/// Most groups that are taken.
const MOST_GROUPS: usize = 200;

/// Whether the user is a system administrator.
enum Administers {
    Yes,
    No,
    Untold(String),
}

/// Everything that can be found out, for a validation.
pub(super) async fn of(session: &Session<'_>, login: &str) -> Vec<Grant> {
    let mut grants = vec![probed(USE)];
    if let Ok(groups) = groups(session, login).await {
        grants.extend(groups.into_iter().map(|g| Grant::told(format!("{GROUP}{g}"))));
    }
    if matches!(administers(session).await, Administers::Yes) {
        grants.push(probed(SYSTEM));
    }
    grants
}

fn probed(name: &str) -> Grant {
    Grant { name: name.to_owned(), source: GrantSource::Probed }
}

/// The groups of a user. That a user may read its own is not confirmed, so a refusal says nothing.
async fn groups(session: &Session<'_>, login: &str) -> Result<Vec<String>, String> {
    let name: String = byte_serialize(login.as_bytes()).collect();
    let answer = ask(session, &format!("/rest/api/user/memberof?username={name}&limit={MOST_GROUPS}")).await?;
    let body = answer.json().filter(|_| answer.status == 200 && !is_anonymous(&answer));
    let Some(listed) = body.as_ref().and_then(|v| v.get("results")?.as_array()) else {
        return Err(format!("Confluence did not list the groups (status {})", answer.status));
    };
    let names: Vec<String> = listed
        .iter()
        .filter_map(|g| g.get("name").and_then(Value::as_str))
        .take(MOST_GROUPS)
        .map(|g| cap(&session.wire.mask(g)))
        .collect();
    session.wire.note(format!("{} groups", names.len()));
    Ok(names)
}

/// The search for users with tokens is for system administrators, under a Data Center licence.
async fn administers(session: &Session<'_>) -> Administers {
    let answer = match ask(session, "/rest/pat/latest/tokens/search/user?contains=&limit=1").await {
        Ok(answer) => answer,
        Err(why) => return Administers::Untold(why),
    };
    match answer.status {
        200 if !answer.is_html() && !is_anonymous(&answer) && answer.json().is_some() => Administers::Yes,
        403 if has_fingerprint(&answer) => Administers::No,
        status => Administers::Untold(format!("Confluence did not tell (status {status})")),
    }
}

async fn ask(session: &Session<'_>, path: &str) -> Result<Response, String> {
    session.wire.send(get(&session.wire, path).bearer(&session.secret.token)).await.map_err(|e| e.to_string())
}

/// Finds out about groups and administration.
pub(super) struct Standing;

impl Probe for Standing {
    /// Permissions of spaces and pages have no key among grants, so the place is not looked at.
    fn probe<'a>(
        &'a self,
        session: &'a Session<'a>,
        _look_at: &'a LookAt,
        wanted: &'a [String],
    ) -> BoxFuture<'a, Probed> {
        Box::pin(probe(session, wanted))
    }
}

async fn probe(session: &Session<'_>, wanted: &[String]) -> Probed {
    let mut found = Probed::default();
    let current = ask(session, super::PRODUCT.whoami).await;
    let known = current.as_ref().ok().filter(|a| a.status == 200 && !is_anonymous(a)).and_then(Response::json);
    let known = known.filter(|v| v.get("type").and_then(Value::as_str) == Some("known"));
    let login = known.and_then(|v| v.get("username")?.as_str().map(str::to_owned));
    // The name becomes part of a URL: it must be no echo of the token.
    let Some(login) = login.filter(|l| session.wire.mask(l) == *l) else {
        let why = "Confluence did not say whose token it is";
        found.unknown = wanted.iter().map(|name| (name.clone(), why.to_owned())).collect();
        found.evidence = session.wire.take_evidence();
        return found;
    };
    let wants_groups = wanted.iter().any(|w| w.starts_with(GROUP));
    let groups = if wants_groups { groups(session, &login).await } else { Ok(Vec::new()) };
    for name in wanted {
        match (name.as_str(), name.strip_prefix(GROUP), &groups) {
            (USE, ..) => found.grants.push(probed(USE)),
            (SYSTEM, ..) => match administers(session).await {
                Administers::Yes => found.grants.push(probed(SYSTEM)),
                Administers::No => found.denied.push(name.clone()),
                Administers::Untold(why) => found.unknown.push((name.clone(), why)),
            },
            (_, Some(group), Ok(groups)) if groups.iter().any(|g| g == group) => {
                found.grants.push(Grant::told(name.clone()));
            }
            (_, Some(_), Ok(_)) => found.denied.push(name.clone()),
            (_, Some(_), Err(why)) => found.unknown.push((name.clone(), why.clone())),
            (_, None, _) => {
                let why = "Confluence has no request that would prove it";
                found.unknown.push((name.clone(), why.to_owned()));
            }
        }
    }
    found.evidence = session.wire.take_evidence();
    found
}
