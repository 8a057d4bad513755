//! What a user may do at one project or issue. There is no permission key for viewing issues: it is proved by reading
//! one, and users are found by looking for one, both by version 2 of the interface, which is the one Data Center has.

use futures_util::future::BoxFuture;
use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use super::permissions::{NoAnswer, Permission, ask};
use super::{FACTS, PRODUCT};
use crate::domain::{Grant, GrantSource, LookAt, Probed};
use crate::hosts::atlassian_datacenter::WEB;
use crate::hosts::atlassian_datacenter::manage::get;
use crate::hosts::atlassian_datacenter::signature::{cap, has_fingerprint, is_anonymous};
use crate::hosts::segment::segment;
use crate::hosts::{Probe, Session};

const BROWSE: &str = "BROWSE_PROJECTS";
/// Not a key of Jira's: reading the issue that is looked at.
const VIEW_ISSUE: &str = "view-issue";
const USERS: &str = "USER_PICKER";

/// Finds out about permissions.
pub(super) struct Permissions;

impl Probe for Permissions {
    fn probe<'a>(
        &'a self,
        session: &'a Session<'a>,
        look_at: &'a LookAt,
        wanted: &'a [String],
    ) -> BoxFuture<'a, Probed> {
        Box::pin(probe(session, look_at, wanted))
    }
}

async fn probe(session: &Session<'_>, look_at: &LookAt, wanted: &[String]) -> Probed {
    let mut found = Probed::default();
    let somewhere = look_at.issue.is_some() || look_at.project.is_some();
    match ask(session, Some(look_at)).await {
        Ok(told) => sort(&mut found, &told, wanted, somewhere),
        Err(no_answer) => {
            let why = missing(session, &mut found, look_at, &no_answer);
            found.unknown = wanted.iter().map(|name| (name.clone(), why.clone())).collect();
        }
    }
    match look_at.issue.as_deref() {
        Some(issue) => read_issue(session, &mut found, issue, wanted).await,
        None => {
            for (_, why) in found.unknown.iter_mut().filter(|(name, _)| name == VIEW_ISSUE) {
                *why = "it is proved by reading an issue: name one".to_owned();
            }
        }
    }
    if wanted.iter().any(|name| name == USERS) {
        find_user(session, &mut found).await;
    }
    found.evidence = session.wire.take_evidence();
    found
}

fn sort(found: &mut Probed, told: &[Permission], wanted: &[String], somewhere: bool) {
    for name in wanted {
        match told.iter().find(|p| p.key == *name) {
            Some(p) if p.have => found.grants.push(Grant::told(name.clone())),
            Some(p) if p.global || somewhere => found.denied.push(p.key.clone()),
            Some(_) => {
                let why = "Jira tells this for one project: name a project or an issue";
                found.unknown.push((name.clone(), why.to_owned()));
            }
            None => found.unknown.push((name.clone(), "Jira's list of permissions has no such key".to_owned())),
        }
    }
}

/// Why the permissions are not told, and the finding where it is the place that is wrong.
fn missing(session: &Session<'_>, found: &mut Probed, look_at: &LookAt, no_answer: &NoAnswer) -> String {
    let place = look_at.issue.as_deref().or(look_at.project.as_deref());
    match (no_answer, place) {
        (NoAnswer::Other(answer), Some(place)) if answer.status == 404 && !answer.is_html() => {
            let (place, web) = (cap(place), session.wire.url(WEB, ""));
            found.findings.push(FACTS.finding("no-such-place", &[("place", &place), ("web", &web)]).1);
            format!("Jira knows no {place}, or hides it from the user")
        }
        (NoAnswer::Other(answer), _) => format!("Jira did not tell its permissions (status {})", answer.status),
        (NoAnswer::Net(error), _) => error.to_string(),
    }
}

/// Reads one issue, its summary only. Security levels can hide an issue of a project that may be browsed.
async fn read_issue(session: &Session<'_>, found: &mut Probed, issue: &str, wanted: &[String]) {
    let Some(key) = segment(issue) else { return };
    let request = get(&session.wire, &format!("/rest/api/2/issue/{key}?fields=summary")).bearer(&session.secret.token);
    let Ok(answer) = session.wire.send(request).await else { return };
    let named = answer.json().is_some_and(|v| v.get("key").and_then(Value::as_str).is_some());
    if answer.status == 200 && named && !is_anonymous(&answer) {
        session.wire.note("issue read");
        settle(found, wanted, VIEW_ISSUE, true);
        settle(found, wanted, BROWSE, true);
    } else if matches!(answer.status, 401 | 403 | 404) && has_fingerprint(&answer) && !answer.is_html() {
        session.wire.note("issue not readable");
        let (issue, web) = (cap(issue), session.wire.url(WEB, ""));
        found.findings.push(FACTS.finding("issue-not-readable", &[("issue", &issue), ("web", &web)]).1);
        settle(found, wanted, VIEW_ISSUE, false);
    }
}

/// Looks for the user itself: finding it takes the permission to browse users.
async fn find_user(session: &Session<'_>, found: &mut Probed) {
    let request = get(&session.wire, PRODUCT.whoami).bearer(&session.secret.token);
    let Ok(answer) = session.wire.send(request).await else { return };
    let own = answer.json().and_then(|v| v.get("name")?.as_str().map(str::to_owned));
    // The name becomes part of a URL: it must be no echo of the token.
    let Some(own) = own.filter(|n| answer.status == 200 && session.wire.mask(n) == *n) else { return };
    let name: String = byte_serialize(own.as_bytes()).collect();
    let path = format!("/rest/api/2/user/search?username={name}&maxResults=1");
    let Ok(answer) = session.wire.send(get(&session.wire, &path).bearer(&session.secret.token)).await else { return };
    let users = answer.json().filter(|_| answer.status == 200).and_then(|v| v.as_array().map(Vec::len));
    session.wire.note(match users {
        Some(0) => "found nobody, not even the user itself",
        Some(_) => "found the user",
        None => "no list of users",
    });
    let wanted = [USERS.to_owned()];
    match users {
        Some(count) => settle(found, &wanted, USERS, count > 0),
        None if answer.status == 403 && has_fingerprint(&answer) => settle(found, &wanted, USERS, false),
        None => {}
    }
}

/// What a request showed outranks what a list told.
fn settle(found: &mut Probed, wanted: &[String], name: &str, held: bool) {
    if !wanted.iter().any(|w| w == name) {
        return;
    }
    found.grants.retain(|g| g.name != name);
    found.denied.retain(|d| d != name);
    found.unknown.retain(|(n, _)| n != name);
    if held {
        found.grants.push(Grant { name: name.to_owned(), source: GrantSource::Probed });
    } else {
        found.denied.push(name.to_owned());
    }
}
