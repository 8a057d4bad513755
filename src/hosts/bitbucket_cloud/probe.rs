//! Which of the wanted grants are held, and at a workspace or repository: the token's scopes, the account's own
//! permission, and what git would be answered. Reads only.
//!
//! A scope is a ceiling: at a place the account's permission counts besides, and a token may be limited to another
//! workspace. Access tokens have no account, so for them the repository itself and git are asked.
//! <https://developer.atlassian.com/cloud/bitbucket/rest/>

use serde_json::Value;

use super::account::{self, Known, Shown};
use super::answers;
use super::consumer;
use super::place::Place;
use super::sending::Way;
use super::{FACTS, WEB, scopes};
use crate::domain::{Grant, GrantSource, LookAt, Probed, Validation};
use crate::hosts::Session;
use crate::hosts::segment::segment;
use crate::net::{Request, Response};
use crate::sanitize::short;
use crate::secret::{Secret, SecretText};

/// What an account may do in a repository, lowest first.
const LEVELS: [&str; 3] = ["read", "write", "admin"];

/// Finds out about `wanted`.
pub(super) async fn probe(session: &Session<'_>, look_at: &LookAt, wanted: &[String]) -> Probed {
    let mut probed = Probed::default();
    let minted: Secret;
    let (way, secret) = if consumer::is_consumer(session) {
        match consumer::token(session).await {
            Ok(token) => minted = token,
            Err(validation) => return gave_up(session, probed, *validation, wanted),
        }
        (Way::Oauth, &minted.token)
    } else {
        match Way::of(session) {
            Ok(way) => (way, &session.secret.token),
            Err(name) => return gave_up(session, probed, account::stopped(session, name), wanted),
        }
    };
    let answer = match account::get_with(session, way, "/user", secret).await {
        Ok(answer) => answer,
        Err(error) => return gave_up(session, probed, session.wire.unreachable(&error), wanted),
    };
    let known = match account::read(session, way, &answer) {
        Shown::Known(known) => *known,
        Shown::Not(validation) => return gave_up(session, probed, *validation, wanted),
    };
    by_scopes(&mut probed, known.granted.as_deref(), wanted);
    if let Some(place) = Place::of(look_at) {
        at_place(&Asking { session, way, secret }, &mut probed, &known, &place).await;
    } else if look_at.repository.is_some() || look_at.project.is_some() {
        let reason = "write the place as WORKSPACE/REPOSITORY, or WORKSPACE";
        probed.unknown.push(("the place".to_owned(), reason.to_owned()));
    }
    probed.evidence.extend(session.wire.take_evidence());
    probed
}

struct Asking<'a> {
    session: &'a Session<'a>,
    way: Way<'a>,
    secret: &'a SecretText,
}

impl Asking<'_> {
    async fn get(&self, path: &str) -> Option<Response> {
        let answer = account::get_with(self.session, self.way, path, self.secret).await.ok()?;
        answers::note(&self.session.wire, &answer);
        Some(answer)
    }
}

/// The scopes that the host lists are all there are.
fn by_scopes(probed: &mut Probed, granted: Option<&[String]>, wanted: &[String]) {
    let Some(granted) = granted else {
        let reason = "Bitbucket did not list the scopes of this token".to_owned();
        probed.unknown.extend(wanted.iter().map(|w| (w.clone(), reason.clone())));
        return;
    };
    let held = scopes::grants(granted);
    for name in wanted {
        match held.iter().find(|g| g.name == *name) {
            Some(grant) => probed.grants.push(grant.clone()),
            None => probed.denied.push(name.clone()),
        }
    }
}

async fn at_place(asking: &Asking<'_>, probed: &mut Probed, known: &Known, place: &Place) {
    let Some(path) = place.path() else { return };
    let held = scopes::grants(known.granted.as_deref().unwrap_or_default());
    let holds = |names: &[&str]| held.iter().any(|g| names.contains(&g.name.as_str()));
    let reads = known.granted.is_none() || holds(&["read:repository:bitbucket", "repository"]);
    match place {
        Place::Workspace(_) if known.is_access_token() => {
            if reads && let Some(answer) = asking.get(&format!("/repositories/{path}?pagelen=1")).await {
                refused_at(asking, probed, place, &answer);
            }
        }
        Place::Workspace(_) => {
            if let Some(answer) = asking.get(&format!("/user/workspaces/{path}/permission")).await
                && !refused_at(asking, probed, place, &answer)
                && let Some(role) = answer.json().and_then(|b| b["permission"].as_str().map(|p| short(p, 40)))
            {
                asking.session.wire.note(format!("role in {}: {role}", place.words()));
            }
        }
        Place::Repository(workspace, slug) => {
            if !reads {
                let reason = "whether it reaches the repository can only be seen with a scope that reads repositories";
                probed.unknown.push((place.words(), reason.to_owned()));
                return;
            }
            let Some(answer) = asking.get(&format!("/repositories/{path}")).await else { return };
            if refused_at(asking, probed, place, &answer) {
                return;
            }
            let body = answer.json().unwrap_or_default();
            let level = match known.is_access_token() {
                true => None,
                false => permission(asking, workspace, slug, &body).await,
            };
            match level {
                Some(level) => lower(probed, level, place),
                None => by_git(asking, probed, place, &path).await,
            }
        }
    }
}

/// What the account itself may do there: `read`, `write` or `admin`. None where that cannot be seen.
async fn permission(asking: &Asking<'_>, workspace: &str, slug: &str, repository: &Value) -> Option<&'static str> {
    let workspace_path = segment(workspace)?;
    let name = repository["name"].as_str().unwrap_or(slug);
    // The filter is a language with quoted texts; what would need escaping in it is not asked for.
    let plain = |text: &str| text.len() <= 128 && !text.contains(['"', '\\']) && !text.contains(char::is_control);
    let query = segment(&format!("repository.name=\"{}\"", Some(name).filter(|n| plain(n))?))?;
    let path = format!("/user/workspaces/{workspace_path}/permissions/repositories?q={query}");
    let answer = asking.get(&path).await.filter(|a| a.status == 200)?;
    let body = answer.json()?;
    let values = body["values"].as_array()?;
    let full_name = format!("{workspace}/{slug}");
    let of_this = values.iter().find(|v| match v["repository"]["full_name"].as_str() {
        Some(found) => found.eq_ignore_ascii_case(&full_name),
        None => values.len() == 1,
    })?;
    let told = of_this["permission"].as_str()?;
    let level = LEVELS.iter().copied().find(|level| *level == told)?;
    asking.session.wire.note(format!("permission: {level}"));
    Some(level)
}

/// Takes back the scopes that the account's own permission does not back.
fn lower(probed: &mut Probed, level: &'static str, place: &Place) {
    let rank = |level: &str| LEVELS.iter().position(|l| *l == level).unwrap_or(0);
    let backed = |grant: &Grant| needs(&grant.name).is_none_or(|needed| rank(needed) <= rank(level));
    let (kept, taken): (Vec<Grant>, Vec<Grant>) = probed.grants.drain(..).partition(backed);
    probed.grants = kept;
    for grant in taken {
        let args = [("wanted", grant.name.as_str()), ("held", level), ("place", &place.words())];
        probed.findings.push(FACTS.finding("account-right-lower", &args).1);
        probed.denied.push(grant.name);
    }
}

/// The permission in a repository that a scope is of use with.
fn needs(scope: &str) -> Option<&'static str> {
    Some(match scope {
        "read:repository:bitbucket" | "repository" | "read:pullrequest:bitbucket" | "pullrequest" => "read",
        "write:repository:bitbucket" | "repository:write" => "write",
        "admin:repository:bitbucket" | "repository:admin" | "delete:repository:bitbucket" | "repository:delete" => {
            "admin"
        }
        _ => return None,
    })
}

/// Asks what git would be answered: a push where a scope to push is held and wanted, else a fetch. The user name is
/// git's, not REST's. The answer is only looked at, nothing is fetched or pushed.
async fn by_git(asking: &Asking<'_>, probed: &mut Probed, place: &Place, path: &str) {
    let wire = &asking.session.wire;
    let pushes = ["write:repository:bitbucket", "repository:write"];
    let push = probed.grants.iter().any(|g| pushes.contains(&g.name.as_str()));
    let service = if push { "git-receive-pack" } else { "git-upload-pack" };
    let url = wire.url(WEB, &format!("/{path}.git/info/refs?service={service}"));
    let Ok(answer) = wire.send(Request::get(url).basic(asking.way.git_user(), asking.secret)).await else { return };
    wire.note(format!("{service} as {}", asking.way.git_user()));
    if answer.status == 200 && !answer.is_html() {
        for grant in probed.grants.iter_mut().filter(|g| needs(&g.name).is_some_and(|n| n != "admin")) {
            if push || !pushes.contains(&grant.name.as_str()) {
                grant.source = GrantSource::Probed;
            }
        }
        return;
    }
    if !matches!(answer.status, 401 | 403 | 404 | 410) {
        return;
    }
    let name = if answers::is_retirement(&answer) { "app-password-retired" } else { "git-refused" };
    let args = [("place", place.words()), ("status", answer.status.to_string())];
    let args: Vec<(&str, &str)> = args.iter().map(|(n, v)| (*n, v.as_str())).collect();
    probed.findings.push(FACTS.finding(name, &args).1);
    let (kept, taken): (Vec<Grant>, Vec<Grant>) = probed
        .grants
        .drain(..)
        .partition(|g| if push { !pushes.contains(&g.name.as_str()) } else { needs(&g.name).is_none() });
    probed.grants = kept;
    let reason = format!("git refuses it at {} with {}", place.words(), answer.status);
    probed.unknown.extend(taken.into_iter().map(|g| (g.name, reason.clone())));
}

/// A refusal at the place. What is held elsewhere cannot be told there any more.
fn refused_at(asking: &Asking<'_>, probed: &mut Probed, place: &Place, answer: &Response) -> bool {
    let session = asking.session;
    let vendor = answers::is_vendor(answer);
    let name = match answer.status {
        200..=299 => return false,
        404 if vendor => "place-not-found",
        403 if vendor && !answers::missing(answer).is_empty() => "scope-missing",
        403 if vendor => "place-forbidden",
        _ => {
            if let Some(other) = answers::refusal(session, asking.way, answer) {
                probed.findings.extend(other.findings);
                probed.evidence.extend(other.evidence);
            }
            "" // nothing about the place
        }
    };
    if !name.is_empty() {
        let found = answers::conclude_at(session, answer, name, &place.words());
        probed.findings.extend(found.findings);
        probed.evidence.extend(found.evidence);
        for missing in found.denied {
            if !probed.denied.contains(&missing) {
                probed.denied.push(missing);
            }
        }
    }
    let reason = format!("not to be seen at {} (status {})", place.words(), answer.status);
    let (kept, taken): (Vec<Grant>, Vec<Grant>) = probed.grants.drain(..).partition(|g| needs(&g.name).is_none());
    probed.grants = kept;
    probed.unknown.extend(taken.into_iter().map(|g| (g.name, reason.clone())));
    true
}

/// Nothing could be asked; says of every grant why.
fn gave_up(session: &Session<'_>, mut probed: Probed, validation: Validation, wanted: &[String]) -> Probed {
    probed.unknown.extend(wanted.iter().map(|w| (w.clone(), validation.reason.clone())));
    probed.findings.extend(validation.findings);
    probed.evidence.extend(validation.evidence);
    probed.evidence.extend(session.wire.take_evidence());
    probed
}
