//! Which of the wanted scopes are held, and at a repository. Reads only: that a scope may write cannot be probed, so it
//! is said to be read at least.
//!
//! What the host tells of the token goes first. Else a harmless read for each category: 200 is read at least, a scope
//! refusal is not held. At a repository `permissions` are the account's own, which count besides the scopes.

use super::answers::{self, Asker};
use super::rows;
use super::server::Product;
use super::validate::{Known, get, inspect};
use super::{FACTS, WEB};
use crate::domain::{Grant, GrantSource, LookAt, Probed};
use crate::hosts::Session;
use crate::hosts::segment::segment;

/// Finds out about `wanted`.
pub(super) async fn probe(session: &Session<'_>, look_at: &LookAt, wanted: &[String]) -> Probed {
    let wire = &session.wire;
    let mut probed = Probed::default();
    let known = match inspect(session).await {
        Ok(known) => known,
        // A token for public things is alive and can be asked further; anything else cannot.
        Err(validation) => return Probed::stopped(*validation, wanted),
    };
    match &known.scopes {
        Some(scopes) => {
            let held = rows::grants(scopes);
            for name in wanted {
                match held.iter().find(|g| g.name == *name) {
                    Some(grant) => probed.grants.push(grant.clone()),
                    None => probed.denied.push(name.clone()),
                }
            }
        }
        None => by_reads(session, &known, &mut probed, wanted).await,
    }
    if let Some(repository) = look_at.repository.as_deref() {
        at_repository(session, &known, &mut probed, repository).await;
    }
    probed.evidence.extend(wire.take_evidence());
    probed
}

/// A harmless read that wants nothing but read of one category.
fn read_of(category: &str, login: Option<&str>) -> Option<String> {
    Some(match category {
        "notification" => "/notifications/new".to_owned(),
        "organization" => "/user/orgs".to_owned(),
        "user" => "/user/emails".to_owned(),
        "package" => format!("/packages/{}?limit=1", segment(login?)?),
        "issue" => "/repos/issues/search?limit=1".to_owned(),
        "repository" => "/repos/search?limit=1".to_owned(),
        "admin" => "/admin/cron".to_owned(),
        _ => return None,
    })
}

async fn by_reads(session: &Session<'_>, known: &Known, probed: &mut Probed, wanted: &[String]) {
    let login = known.identity.as_ref().map(|who| session.wire.mask(&who.login));
    let login = login.as_deref().or(session.username);
    let mut asked: Vec<(&str, Read)> = Vec::new();
    for name in wanted {
        let Some((level, category)) = name.split_once(':') else {
            probed.unknown.push((name.clone(), "the host does not tell the scopes of this token".to_owned()));
            continue;
        };
        let read = match asked.iter().find(|(seen, _)| *seen == category) {
            Some((_, read)) => *read,
            None => {
                let read = match read_of(category, login) {
                    Some(path) => read(session, &path, category).await,
                    None => Read::Unclear,
                };
                asked.push((category, read));
                read
            }
        };
        match (read, level) {
            (Read::Yes, "read") => {
                probed.grants.push(Grant { name: name.clone(), source: GrantSource::Probed });
            }
            (Read::Yes, _) => {
                let why = format!("read:{category} at least; that it may write cannot be seen without writing");
                probed.unknown.push((name.clone(), why));
            }
            (Read::No, _) => probed.denied.push(name.clone()),
            (Read::Unclear, _) => {
                probed.unknown.push((name.clone(), "the host does not tell, and no harmless read shows it".to_owned()));
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Read {
    Yes,
    No,
    Unclear,
}

async fn read(session: &Session<'_>, path: &str, category: &str) -> Read {
    let Ok(answer) = get(session, path).await else { return Read::Unclear };
    if answer.status == 200 && !answer.is_html() {
        session.wire.note(format!("read:{category}"));
        return Read::Yes;
    }
    answers::note(&session.wire, &answer);
    let required = answers::required(&answer);
    // Some reads want two categories; a refusal counts only for the one that it names.
    let named = required.is_empty() || required.iter().any(|r| r.ends_with(&format!(":{category}")));
    match () {
        () if answers::is_scope_refusal(&answer) && named => Read::No,
        // Past the scope, stopped by the account's right.
        () if answer.status == 403 && answers::is_vendor(&answer) && category == "admin" => Read::Yes,
        () => Read::Unclear,
    }
}

async fn at_repository(session: &Session<'_>, known: &Known, probed: &mut Probed, repository: &str) {
    let wire = &session.wire;
    let place = crate::sanitize::short(repository.trim().trim_end_matches(".git"), 120);
    let path =
        place.split_once('/').and_then(|(owner, name)| Some(format!("/repos/{}/{}", segment(owner)?, segment(name)?)));
    let Some(path) = path.filter(|_| place.matches('/').count() == 1) else {
        probed.unknown.push((place, "write it as OWNER/NAME".to_owned()));
        return;
    };
    let Ok(answer) = get(session, &path).await else { return };
    let web = wire.url(WEB, "");
    let words = format!("repository {place}");
    let args = [("place", words.as_str()), ("web", web.as_str())];
    let body = answer.json().filter(|_| answer.status == 200 && !answer.is_html());
    let Some(body) = body.filter(|b| b["permissions"].is_object()) else {
        answers::note(wire, &answer);
        let vendor = answers::is_vendor(&answer);
        match answer.status {
            404 if vendor => {
                if known.server.product == Some(Product::Gitea) {
                    wire.note("Gitea also hides private repositories from accounts that lack a demanded second factor");
                }
                probed.findings.push(FACTS.finding("place-not-found", &args).1);
            }
            301 | 302 | 307 | 308 => probed.findings.push(FACTS.finding("moved", &args).1),
            _ => {
                if let Some(other) = answers::refusal(wire, Asker::Token(&session.secret.token), &answer) {
                    probed.findings.extend(other.findings);
                    probed.evidence.extend(other.evidence);
                }
            }
        }
        unsure(probed, &format!("not to be seen at {place} (status {})", answer.status));
        return;
    };
    let may = |what: &str| body["permissions"][what] == true;
    wire.note(format!("admin: {}, push: {}, pull: {}", may("admin"), may("push"), may("pull")));
    if body["archived"] == true {
        probed.findings.push(FACTS.finding("archived", &args).1);
    }
    let backed = |grant: &Grant| match grant.name.as_str() {
        "write:repository" => may("push"),
        "read:repository" => may("pull"),
        _ => true,
    };
    let (kept, taken): (Vec<Grant>, Vec<Grant>) = probed.grants.drain(..).partition(backed);
    probed.grants = kept;
    for grant in taken {
        let message = format!("the token has {}, the account's own right at {place} is lower", grant.name);
        let args = [("message", message.as_str()), ("web", web.as_str())];
        probed.findings.push(FACTS.finding("right-missing", &args).1);
        probed.denied.push(grant.name);
    }
}

/// Scopes for repositories are of no use where the repository cannot be seen.
fn unsure(probed: &mut Probed, reason: &str) {
    let elsewhere = |g: &Grant| !g.name.ends_with(":repository");
    let (kept, taken): (Vec<Grant>, Vec<Grant>) = probed.grants.drain(..).partition(elsewhere);
    probed.grants = kept;
    probed.unknown.extend(taken.into_iter().map(|g| (g.name, reason.to_owned())));
}
