//! What can be learned of a token that has been proved: identity, its own record, its rights. All best effort: a refusal
//! or a network fault here changes no verdict.

use serde::Deserialize;

use super::answers::{Act, Asked, cap, signature};
use super::owner::Owner;
use super::prove::{Proof, get};
use super::record::{Record, with_implied};
use super::{FACTS, WEB, token};
use crate::domain::{Grant, GrantSource, Identity, Kind, Validation};
use crate::hosts::Session;
use crate::hosts::segment::segment;

/// Whose the proved token is, what it may do and when it ends, as far as the host tells.
pub(super) async fn describe(
    session: &Session<'_>,
    asked: &Asked<'_>,
    owner: Option<Owner>,
    proof: Proof,
) -> Validation {
    let shared = matches!(session.kind, Kind::ProjectToken | Kind::RepositoryToken);
    let user = match &proof.login {
        Some(login) if !shared => own_user(session, login).await,
        _ => None,
    };
    let owner = match (&user, &proof.login) {
        _ if shared => owner,
        (Some(user), _) => Some(Owner::User(user.slug.clone())),
        (None, Some(login)) => Owner::of(Kind::HttpAccessToken, Some(login)),
        (None, None) => owner,
    };
    let mut findings = Vec::new();
    let record = match (&owner, token::number(session.secret.token.reveal())) {
        (Some(owner), Some(number)) => match own_record(session, owner, &number).await {
            Ok(record) => record,
            Err(name) => {
                let args = [("owner", asked.owner.as_str()), ("web", &session.wire.url(WEB, ""))];
                findings.push(FACTS.finding(name, &args).1);
                None
            }
        },
        _ => None,
    };
    let told = record.as_ref().map(Record::grants).filter(|g| !g.is_empty());
    let all_told = told.is_some();
    let grants = match told {
        Some(grants) => grants,
        None => probe(session).await,
    };
    if let (Some(user), Some(named)) = (&user, session.username) {
        let same = |name: &str| name.eq_ignore_ascii_case(named.trim());
        if !same(&user.name) && !same(&user.slug) {
            findings.push(FACTS.finding("username-differs", &[("seen", &cap(&user.slug)), ("user", &cap(named))]).1);
        }
    }

    let whose = proof.login.as_ref().map(|l| format!(" as {l}")).unwrap_or_default();
    let mut found = session.wire.accepted(format!("accepted by GET {}{whose}", proof.path));
    found.identity = identity(session.kind, proof, user);
    found.grants = grants;
    found.all_grants_told = all_told;
    found.findings = findings;
    if let Some(record) = record {
        found.expiry = record.expiry();
        found.remote_name = record.name();
        found.remote_id = record.id();
        found.last_used = record.last_used();
        found.created_at = record.created_at();
        found.kind = owner.map(|o| match o {
            Owner::User(_) => Kind::HttpAccessToken,
            Owner::Project(_) => Kind::ProjectToken,
            Owner::Repository(..) => Kind::RepositoryToken,
        });
    }
    mask(session, found)
}

/// Hosts echo what they were given, and JSON and percent escapes hide an echo until it is decoded.
fn mask(session: &Session<'_>, mut found: Validation) -> Validation {
    let texts = found
        .identity
        .iter_mut()
        .flat_map(|i| [&mut i.id, &mut i.login, &mut i.name])
        .chain(found.grants.iter_mut().map(|g| &mut g.name))
        .chain(found.findings.iter_mut().flat_map(|f| [&mut f.title, &mut f.cause, &mut f.remedy]))
        .chain(found.remote_name.as_mut())
        .chain(std::iter::once(&mut found.reason));
    for text in texts {
        *text = session.wire.mask(text);
    }
    found
}

/// `GET /rest/api/latest/users/{slug}`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct User {
    name: String,
    slug: String,
    display_name: String,
    id: Option<i64>,
}

/// The user behind a log-in name. A slug can differ from the name in special characters, so the one on the record is
/// tried after the name itself; an answer about another user is dropped.
async fn own_user(session: &Session<'_>, login: &str) -> Option<User> {
    let by_name = login.to_lowercase();
    let noted = session.username.map(|u| u.trim().to_lowercase()).filter(|u| *u != by_name);
    for slug in std::iter::once(by_name).chain(noted) {
        let Some(slug) = segment(&slug) else { continue };
        let answer = get(session, &format!("/rest/api/latest/users/{slug}")).await.ok()?;
        let user = answer.parse::<User>().filter(|_| answer.status == 200);
        // The slug becomes part of a URL: it must be one segment, and no echo of the token behind JSON escapes.
        let plain = |slug: &str| segment(slug).is_some() && session.wire.mask(slug) == slug;
        let own = user.filter(|u| u.name.eq_ignore_ascii_case(login) && plain(&u.slug));
        if own.is_some() {
            return own;
        }
    }
    None
}

fn identity(kind: Kind, proof: Proof, user: Option<User>) -> Option<Identity> {
    let login = proof.login?;
    let kind = match kind {
        // Bitbucket lets these act as a made-up user; the record knows better what stands behind it.
        Kind::ProjectToken => "project",
        Kind::RepositoryToken => "repository",
        _ => "user",
    };
    let user = user.unwrap_or_default();
    let id = user.id.map(|id| id.to_string()).or(proof.user_id).unwrap_or_default();
    Some(Identity { id, login, name: cap(&user.display_name), kind: kind.to_owned() })
}

/// The token's own record. Whether a token may read it is unconfirmed, so a refusal means nothing; but an owner that
/// does not exist is a fault of the record on the rack, and comes back as the name of a finding.
async fn own_record(session: &Session<'_>, owner: &Owner, number: &str) -> Result<Option<Record>, &'static str> {
    let wire = &session.wire;
    let Some(owner) = owner.path() else { return Ok(None) };
    let Ok(answer) = get(session, &format!("/rest/access-tokens/latest/{owner}/{number}")).await else {
        return Ok(None);
    };
    match signature(Act::Validate, &wire.url(WEB, ""), &answer) {
        Some(name @ ("no-such-project" | "no-such-repository")) => return Err(name),
        _ if answer.status != 200 => {
            wire.note("the token may not read its own record; that says nothing of the token");
            return Ok(None);
        }
        _ => {}
    }
    let record = answer.parse::<Record>().filter(|r| r.id().as_deref() == Some(number));
    if record.is_none() {
        wire.note("not the record of this token");
    }
    Ok(record)
}

/// Which levels harmless reads find somewhere. Bitbucket may answer with the rights of the user instead of the
/// narrower ones of the token (unconfirmed), so what is found here is marked as probed and never as told.
async fn probe(session: &Session<'_>) -> Vec<Grant> {
    let mut held = Vec::new();
    for (what, levels) in [("projects", &["PROJECT_ADMIN"][..]), ("repos", &["REPO_ADMIN", "REPO_WRITE", "REPO_READ"])]
    {
        for level in levels {
            if held.iter().any(|h| FACTS.implied(std::slice::from_ref(h)).iter().any(|i| i == level)) {
                break;
            }
            let Ok(answer) = get(session, &format!("/rest/api/latest/{what}?permission={level}&limit=1")).await else {
                return with_implied(&held, GrantSource::Probed, GrantSource::Probed);
            };
            if answer.status == 429 {
                return with_implied(&held, GrantSource::Probed, GrantSource::Probed);
            }
            let values =
                answer.json().filter(|_| answer.status == 200).and_then(|v| v["values"].as_array().map(Vec::len));
            session.wire.note(format!("{level}: {}", if values.unwrap_or(0) > 0 { "yes" } else { "none found" }));
            if values.unwrap_or(0) > 0 {
                held.push((*level).to_owned());
                break;
            }
        }
    }
    with_implied(&held, GrantSource::Probed, GrantSource::Probed)
}
