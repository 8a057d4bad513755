//! Looking closer than a check does: which of the wanted scopes a token has, and whether git really lets it read a
//! repository. Only reads.
//!
//! GitLab tells scopes and permissions itself; what it does not tell is reach. Git's own question for the references of a
//! repository proves that, where the repository is not open to everybody.
//! <https://docs.gitlab.com/security/tokens/>

use futures_util::future::BoxFuture;

use super::own_record::OwnRecord;
use super::refusal::{self, Refusal};
use super::{FACTS, GitLab, signed, token};
use crate::domain::{Grant, GrantSource, Kind, LookAt, Probed, Validation};
use crate::hosts::segment::segment;
use crate::hosts::{Probe, Session};
use crate::net::{Request, Response};
use crate::sanitize;

impl Probe for GitLab {
    fn probe<'a>(
        &'a self,
        session: &'a Session<'a>,
        look_at: &'a LookAt,
        wanted: &'a [String],
    ) -> BoxFuture<'a, Probed> {
        Box::pin(async move {
            let mut probed = Probed::default();
            if session.kind != Kind::GitCredential {
                scopes(session, wanted, &mut probed).await;
            } else {
                let why = "GitLab does not tell the scopes of a deploy token";
                probed.unknown = wanted.iter().map(|name| (name.clone(), why.to_owned())).collect();
            }
            let place = look_at.repository.as_deref().or(look_at.project.as_deref()).map(str::trim);
            if let Some(place) = place.filter(|place| !place.is_empty()) {
                reach(session, place, &mut probed).await;
            }
            probed.evidence.extend(session.wire.take_evidence());
            probed
        })
    }
}

/// What the token's own record says of the wishes.
async fn scopes(session: &Session<'_>, wanted: &[String], probed: &mut Probed) {
    let wire = &session.wire;
    let request = Request::get(wire.url("api", "/personal_access_tokens/self")).header("Accept", "application/json");
    let response = match wire.send(signed(request, &session.secret.token)).await {
        Ok(response) => response,
        Err(error) => return untold(wanted, wire.unreachable(&error), probed),
    };
    let told = (response.status == 200 && !response.is_html()).then(|| response.json()).flatten();
    let Some(record) = told.as_ref().and_then(OwnRecord::read) else {
        return untold(wanted, refusal::conclude(wire, &response), probed);
    };
    let kind = if token::is_access(session.kind) { session.kind } else { Kind::Pat };
    let grants = record.grants(kind);
    for name in wanted {
        // A permission without a boundary is held where it is held within any.
        let within = format!("{name}@");
        match grants.iter().find(|g| g.name == *name || g.name.starts_with(&within)) {
            Some(grant) => probed.grants.push(Grant { name: name.clone(), source: grant.source }),
            None if record.tells_all() => probed.denied.push(name.clone()),
            None => {
                probed.unknown.push((name.clone(), "this GitLab does not tell permissions (before 19.2)".to_owned()))
            }
        }
    }
}

fn untold(wanted: &[String], validation: Validation, probed: &mut Probed) {
    probed.unknown.extend(wanted.iter().map(|name| (name.clone(), validation.reason.clone())));
    probed.findings.extend(validation.findings);
    probed.evidence.extend(validation.evidence);
}

/// Asks git's question twice: without the token, since an open repository proves nothing, then with it.
async fn reach(session: &Session<'_>, place: &str, probed: &mut Probed) {
    let wire = &session.wire;
    let parts: Option<Vec<String>> = place.trim_matches('/').trim_end_matches(".git").split('/').map(segment).collect();
    // A number names a project in the API, not in a git URL.
    let Some(path) = parts.filter(|parts| parts.len() > 1).map(|parts| parts.join("/")) else { return };
    let url = wire.url("web", &format!("/{path}.git/info/refs?service=git-upload-pack"));
    let name = sanitize::short(place, 120);
    let mut ask = async |request: Request| match wire.send(request).await {
        Ok(response) => Some(response),
        Err(error) => {
            let unreachable = wire.unreachable(&error);
            probed.findings.extend(unreachable.findings);
            probed.evidence.extend(unreachable.evidence);
            None
        }
    };
    let Some(open) = ask(Request::get(url.clone())).await else { return };
    if is_references(&open) {
        wire.note("open to everybody, so it proves nothing of the token");
        return;
    }
    let user = session.username.filter(|user| !user.is_empty() && !user.contains(':')).unwrap_or("oauth2");
    let Some(answer) = ask(Request::get(url).basic(user, &session.secret.token)).await else { return };
    if is_references(&answer) {
        wire.note("git may read it");
        probed.unknown.retain(|(wish, _)| wish != "read_repository");
        match probed.grants.iter_mut().find(|g| g.name == "read_repository") {
            Some(grant) if grant.source == GrantSource::Told => {}
            Some(grant) => grant.source = GrantSource::Probed,
            None => probed.grants.push(Grant { name: "read_repository".to_owned(), source: GrantSource::Probed }),
        }
        return;
    }
    let gitlabs = answer.header("www-authenticate").is_some_and(|h| h.contains("realm=\"GitLab\""));
    if (answer.status == 401 && gitlabs) || Refusal::of(&answer).is_some_and(|r| r.name == "not-found") {
        let (_, finding) = FACTS.finding("repository-closed", &[("repository", &wire.mask(&name))]);
        probed.findings.push(finding);
    }
}

/// Git's answer, and not a page in its place.
fn is_references(response: &Response) -> bool {
    response.status == 200
        && !response.is_html()
        && response.header("content-type").is_some_and(|t| t.contains("git-upload-pack-advertisement"))
}
