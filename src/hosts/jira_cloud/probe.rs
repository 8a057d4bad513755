//! Finding out about single grants: permissions at a project or issue, scopes by a harmless read each, the roles that no
//! permission key stands for. Nothing is written, so scopes that only a write would prove stay unknown.
//!
//! A scope that a read needs is there where the read is answered, or refused by the product behind the gateway (403,
//! 404); it is missing where the gateway says `scope does not match`.

use futures_util::future::BoxFuture;

use super::call::{Place, Product};
use super::describe::operation;
use super::people::Account;
use super::permissions::{self, is_key};
use super::prove::{CURRENT, Proof, prove};
use super::refusal::{Reading, read};
use super::{FACTS, JiraCloud, admin};
use crate::domain::{Grant, GrantSource, Kind, LookAt, Probed};
use crate::hosts::segment::segment;
use crate::hosts::{Probe, Session};

/// The grant that stands for reading one issue: Jira has no permission key for it.
const VIEW_ISSUE: &str = "view-issue";
/// Names of groups that usually are those of the administrators of a site or organisation, and the roles they point to.
const ADMINISTRATORS: [(&str, &str); 2] =
    [("site-admins", "atlassian/site-admin"), ("org-admins", "atlassian/org-admin")];

/// A read that proves scopes: any of them, as the vendor's endpoint takes a classic or a granular one.
struct Read {
    product: Product,
    path: &'static str,
    proves: &'static [&'static str],
}

/// One cheap read per scope.
const READS: [Read; 8] = [
    Read { product: Product::Jira, path: "/rest/api/3/myself", proves: &["read:jira-user"] },
    Read { product: Product::Jira, path: "/rest/api/3/project/search?maxResults=1", proves: &["read:jira-work"] },
    Read { product: Product::Jira, path: "/rest/api/3/applicationrole", proves: &["manage:jira-configuration"] },
    Read {
        product: Product::Jira,
        path: "/rest/agile/1.0/board?maxResults=1",
        proves: &["read:board-scope:jira-software"],
    },
    Read { product: Product::Confluence, path: "/wiki/rest/api/user/current", proves: &["read:confluence-user"] },
    Read { product: Product::Confluence, path: "/wiki/api/v2/spaces?limit=1", proves: &["read:space:confluence"] },
    Read { product: Product::Confluence, path: "/wiki/api/v2/pages?limit=1", proves: &["read:page:confluence"] },
    Read {
        product: Product::Jira,
        path: "/rest/api/3/mypermissions?permissions=BROWSE_PROJECTS",
        proves: &["read:permission:jira"],
    },
];

impl Probe for JiraCloud {
    fn probe<'a>(
        &'a self,
        session: &'a Session<'a>,
        look_at: &'a LookAt,
        wanted: &'a [String],
    ) -> BoxFuture<'a, Probed> {
        Box::pin(async move {
            let mut found = match session.kind {
                Kind::AdminKey => admin::probe(session, wanted).await,
                _ => probe(session, look_at, wanted).await,
            };
            found.evidence.extend(session.wire.take_evidence());
            found
        })
    }
}

async fn probe(session: &Session<'_>, look_at: &LookAt, wanted: &[String]) -> Probed {
    let mut found = Probed::default();
    let proof = match prove(session).await {
        Ok(proof) => proof,
        Err(verdict) => return Probed::stopped(*verdict, wanted),
    };
    found.findings.extend(proof.findings.iter().cloned());
    let keys: Vec<String> = wanted.iter().filter(|w| is_key(w)).cloned().collect();
    keyed(session, &proof, look_at, &keys, &mut found).await;
    for name in wanted.iter().filter(|w| !is_key(w)) {
        if name == VIEW_ISSUE {
            issue(session, &proof, look_at, &mut found).await;
        } else if ADMINISTRATORS.iter().any(|(group, role)| name == group || name == role) {
            administrator(session, &proof, name, &mut found).await;
        } else if name.starts_with("confluence/") {
            in_confluence(session, &proof, name, &mut found).await;
        } else {
            scope(session, &proof, name, &mut found).await;
        }
    }
    found
}

/// Permission keys. At the site the account's permissions are the token's; at the gateway they are its upper limit.
async fn keyed(session: &Session<'_>, proof: &Proof<'_>, at: &LookAt, keys: &[String], found: &mut Probed) {
    if keys.is_empty() {
        return;
    }
    let told = permissions::ask(session, &proof.way, at, keys).await;
    found.grants.extend(told.held.into_iter().map(Grant::told));
    found.denied.extend(told.denied);
    if told.scope_missing {
        let args = [("scope", "read:jira-work"), ("call", "/rest/api/3/mypermissions")];
        found.findings.push(FACTS.finding("scope-missing", &args).1);
        found.denied.push("read:jira-work".to_owned());
    }
    if told.not_visible {
        found.findings.push(not_visible(at));
        // Seeing it is what this one permission is.
        let (seeing, rest): (Vec<_>, Vec<_>) = told.unknown.into_iter().partition(|(k, _)| k == "BROWSE_PROJECTS");
        found.denied.extend(seeing.into_iter().map(|(k, _)| k));
        found.unknown.extend(rest);
    } else {
        found.unknown.extend(told.unknown);
    }
    found.findings.extend(told.verdict.map(|v| v.findings).unwrap_or_default());
}

fn not_visible(at: &LookAt) -> crate::domain::Finding {
    let named = at.issue.as_deref().map(|i| format!("issue {i}"));
    let named = named.or_else(|| at.project.as_deref().map(|p| format!("project {p}")));
    let what = crate::sanitize::short(&named.unwrap_or_else(|| "what was named".to_owned()), 80);
    FACTS.finding("not-visible", &[("what", &what)]).1
}

/// Viewing issues is proved by reading one.
async fn issue(session: &Session<'_>, proof: &Proof<'_>, at: &LookAt, found: &mut Probed) {
    let name = VIEW_ISSUE.to_owned();
    let Some(key) = at.issue.as_deref().and_then(|k| segment(k.trim())) else {
        let why = "proved by reading an issue, and none was named: give one with --issue KEY";
        found.unknown.push((name, why.to_owned()));
        return;
    };
    let path = format!("/rest/api/3/issue/{key}?fields=summary");
    match proof.way.get(session, Product::Jira, &path).await {
        Err(error) => found.unknown.push((name, error.to_string())),
        Ok(answer) => match read(&session.wire, &answer) {
            Reading::Fine if answer.json().is_some_and(|j| j["key"].is_string()) => found.grants.push(probed(&name)),
            Reading::Fine => found.unknown.push((name, "the answer is not an issue".to_owned())),
            Reading::ScopeMissing => {
                let args = [("scope", "read:jira-work"), ("call", "/rest/api/3/issue")];
                found.findings.push(FACTS.finding("scope-missing", &args).1);
                found.denied.push(name);
            }
            Reading::Absent | Reading::Forbidden => {
                found.findings.push(not_visible(&LookAt { issue: at.issue.clone(), ..LookAt::default() }));
                found.denied.push(name);
            }
            Reading::Refused => found.unknown.push((name, "answered as for anonymous callers".to_owned())),
            Reading::Verdict(verdict) => found.unknown.push((name, verdict.reason)),
        },
    }
}

/// No permission key stands for the administrators of a site or organisation, and no request of an account's own token
/// proves the role: a group of the usual name points to it, yet groups can be renamed, and any may be called so. Membership
/// is told as the membership that it is.
async fn administrator(session: &Session<'_>, proof: &Proof<'_>, name: &str, found: &mut Probed) {
    let answer = proof.way.get(session, Product::Jira, "/rest/api/3/myself?expand=groups").await;
    let groups = answer.ok().filter(|a| matches!(read(&session.wire, a), Reading::Fine));
    let groups = groups.and_then(|a| Account::of_jira(&a)).map(|a| a.groups).unwrap_or_default();
    let group =
        ADMINISTRATORS.iter().find(|(group, role)| name == *group || name == *role).map_or("", |(group, _)| *group);
    let member = groups.iter().any(|g| g == group);
    if member && name == group {
        found.grants.push(probed(name));
        return;
    }
    let (is, proves) = if member { ("in", "points to it and proves nothing") } else { ("not in", "proves nothing") };
    let why = format!(
        "{is} a group named {group}, which {proves}: groups can be renamed. Only the API key of the organisation tells, or \
         Atlassian Administration"
    );
    found.unknown.push((name.to_owned(), why));
}

/// What the account may do in all of Confluence.
async fn in_confluence(session: &Session<'_>, proof: &Proof<'_>, name: &str, found: &mut Probed) {
    match proof.way.get(session, Product::Confluence, CURRENT).await {
        Err(error) => found.unknown.push((name.to_owned(), error.to_string())),
        Ok(answer) => match (read(&session.wire, &answer), Account::of_confluence(&answer)) {
            (Reading::Fine, Some(account)) => {
                let held = account.operations.iter().filter_map(|o| operation(o)).any(|o| o == name);
                if held { found.grants.push(probed(name)) } else { found.denied.push(name.to_owned()) }
            }
            (Reading::Forbidden, _) => found.denied.push(name.to_owned()),
            (Reading::Absent, _) => found.unknown.push((name.to_owned(), "the site has no Confluence".to_owned())),
            (Reading::Verdict(verdict), _) => found.unknown.push((name.to_owned(), verdict.reason)),
            _ => found.unknown.push((name.to_owned(), "Confluence does not say who is asking".to_owned())),
        },
    }
}

/// A scope. At the site there are none: a token without scopes may do what its account may.
async fn scope(session: &Session<'_>, proof: &Proof<'_>, name: &str, found: &mut Probed) {
    let unknown = |found: &mut Probed, why: &str| found.unknown.push((name.to_owned(), why.to_owned()));
    if proof.way.place == Place::Site {
        return unknown(found, "this token has no scopes: it may do whatever its account may");
    }
    if found.denied.iter().any(|d| d == name) || found.grants.iter().any(|g| g.name == name) {
        return;
    }
    let Some(check) = READS.iter().find(|r| r.proves.contains(&name)) else {
        let why = match name.starts_with("read:") {
            true => "no cheap read proves it; Atlassian does not tell the scopes of a token",
            false => "not checkable: only a write would prove it",
        };
        return unknown(found, why);
    };
    match proof.way.get(session, check.product, check.path).await {
        Err(error) => unknown(found, &error.to_string()),
        Ok(answer) => match read(&session.wire, &answer) {
            Reading::Fine | Reading::Forbidden => found.grants.push(probed(name)),
            // The gateway's own 404 comes before scopes are looked at; the product's own after.
            Reading::Absent if crate::hosts::atlassian::signature::of(&answer).is_none() && !answer.is_html() => {
                found.grants.push(probed(name));
            }
            Reading::Absent => unknown(found, "the site does not have the product that was asked"),
            Reading::ScopeMissing => {
                let call = check.path.split('?').next().unwrap_or("");
                found.findings.push(FACTS.finding("scope-missing", &[("scope", name), ("call", call)]).1);
                found.denied.push(name.to_owned());
            }
            Reading::Refused => unknown(found, "answered as for anonymous callers"),
            Reading::Verdict(verdict) => unknown(found, &verdict.reason),
        },
    }
}

fn probed(name: &str) -> Grant {
    Grant { name: name.to_owned(), source: GrantSource::Probed }
}
