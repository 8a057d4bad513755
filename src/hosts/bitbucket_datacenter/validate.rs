//! Validation: is the token accepted, whose is it, what may it do, when does it end.
//!
//! 1. `application-properties` answers everybody; its headers show whether the token was accepted, its body the version.
//! 2. A page that needs a log-in proves it. Where no header names the user, the same page is asked for once more without
//!    the token: only if that is refused did the token make the difference.
//! 3. Identity, the token's record and its rights are extras: their failure changes no verdict.
//!
//! <https://developer.atlassian.com/server/bitbucket/rest/>

use serde::Deserialize;
use serde_json::Value;

use super::answers::{Act, Asked, cap, conclude, login, refusal, signature};
use super::owner::{Owner, segment};
use super::record::{Record, with_implied};
use super::{FACTS, WEB, token};
use crate::domain::{Grant, GrantSource, Identity, Kind, Validation, Verdict};
use crate::hosts::Session;
use crate::net::{NetError, Request, Response};

/// The first version with tokens of users.
const FIRST_VERSION: (u32, u32) = (5, 5);
/// Pages that need a log-in. The second is asked where Bitbucket knows the token but refuses it the first, as it might
/// for the synthetic user of a project or repository token.
const PROOFS: [&str; 2] = ["/rest/api/latest/profile/recent/repos", "/rest/api/latest/users"];

#[derive(Debug, Deserialize)]
struct Properties {
    version: String,
}

/// What step 2 showed.
struct Proof {
    path: &'static str,
    login: Option<String>,
    user_id: Option<String>,
}

/// Validates the session's token. Always as Bearer: tokens of projects and repositories know nothing else, and a failed
/// Basic log-in would count towards a CAPTCHA.
pub(super) async fn validate(session: &Session<'_>) -> Validation {
    let owner = Owner::of(session.kind, session.username);
    let asked = Asked {
        wire: &session.wire,
        act: Act::Validate,
        user: session.username.unwrap_or("its user"),
        owner: owner.as_ref().map_or_else(|| "of the record".to_owned(), Owner::words),
        id: "",
    };
    match prove(session, &asked).await {
        Ok(proof) => mask(session, describe(session, &asked, owner, proof).await),
        Err(verdict) => *verdict,
    }
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

async fn prove(session: &Session<'_>, asked: &Asked<'_>) -> Result<Proof, Box<Validation>> {
    let wire = &session.wire;
    let lost = |error: NetError| Box::new(wire.unreachable(&error));
    let greeting = get(session, "/rest/api/latest/application-properties").await.map_err(lost)?;
    if let Some(verdict) = refusal(asked, &greeting) {
        return Err(Box::new(verdict));
    }
    let Some(Properties { version }) = greeting.parse::<Properties>().filter(|_| greeting.status == 200) else {
        let name = if greeting.status == 404 { "wrong-context-path" } else { "not-bitbucket" };
        return Err(Box::new(conclude(asked, &greeting, name)));
    };
    wire.note(format!("version {}", cap(&version)));
    note_login(session, &greeting);

    let web = wire.url(WEB, "");
    let [mut path, second] = PROOFS;
    let mut answer = get(session, &format!("{path}?limit=1")).await.map_err(lost)?;
    note_login(session, &answer);
    let known = login(&greeting).or_else(|| login(&answer));
    let denied = |answer: &Response| {
        matches!(signature(Act::Validate, &web, answer), Some("not-permitted" | "anonymous")) && known.is_some()
    };
    if denied(&answer) {
        path = second;
        answer = get(session, &format!("{path}?limit=1")).await.map_err(lost)?;
        note_login(session, &answer);
    }
    if denied(&answer) {
        return Err(Box::new(conclude(asked, &answer, "not-permitted")));
    }
    if let Some(verdict) = refusal(asked, &answer) {
        return Err(Box::new(match is_older(&version) && verdict.verdict == Verdict::Rejected {
            true => {
                // The evidence went into the verdict that is replaced.
                let mut older = wire.conclude(&FACTS, "too-old", &[("version", &cap(&version))]);
                older.evidence = verdict.evidence;
                older
            }
            false => verdict,
        }));
    }
    if !is_page(&answer) {
        return Err(Box::new(conclude(asked, &answer, "not-bitbucket")));
    }
    if known.is_none() {
        prove_difference(session, asked, path).await?;
    }
    let user_id = [&answer, &greeting].into_iter().find_map(|r| r.header("x-auserid")).map(cap);
    Ok(Proof { path, login: known, user_id })
}

/// Asks for the proof without the token. A refusal that is Bitbucket's own shows that the token made the difference.
async fn prove_difference(session: &Session<'_>, asked: &Asked<'_>, path: &str) -> Result<(), Box<Validation>> {
    let wire = &session.wire;
    let request = Request::get(wire.url(WEB, &format!("{path}?limit=1"))).header("Accept", "application/json");
    let answer = wire.send(request).await.map_err(|e| Box::new(wire.unreachable(&e)))?;
    wire.note("asked without the token");
    match signature(Act::Validate, &wire.url(WEB, ""), &answer) {
        Some("anonymous") => Ok(()),
        _ => Err(Box::new(conclude(asked, &answer, "unproven"))),
    }
}

async fn describe(session: &Session<'_>, asked: &Asked<'_>, owner: Option<Owner>, proof: Proof) -> Validation {
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
    let grants = match told {
        Some(grants) => grants,
        None => probe(session).await,
    };
    if let (false, Some(login), Some(named)) = (shared, &proof.login, session.username) {
        let same = |name: &str| name.eq_ignore_ascii_case(named.trim());
        if !same(login) && !user.as_ref().is_some_and(|u| same(&u.slug)) {
            findings.push(FACTS.finding("username-differs", &[("seen", login), ("user", &cap(named))]).1);
        }
    }

    let whose = proof.login.as_ref().map(|l| format!(" as {l}")).unwrap_or_default();
    let mut found = session.wire.accepted(format!("accepted by GET {}{whose}", proof.path));
    found.identity = identity(session.kind, proof, user);
    found.grants = grants;
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

/// The user behind a log-in name. A slug can differ from the name in special characters, so this may find nobody; an
/// answer about another user is dropped.
async fn own_user(session: &Session<'_>, login: &str) -> Option<User> {
    let slug = segment(&login.to_lowercase())?;
    let answer = get(session, &format!("/rest/api/latest/users/{slug}")).await.ok()?;
    let user = answer.parse::<User>().filter(|_| answer.status == 200)?;
    (user.name.eq_ignore_ascii_case(login) && segment(&user.slug).is_some()).then_some(user)
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

async fn get(session: &Session<'_>, path: &str) -> Result<Response, NetError> {
    let request = Request::get(session.wire.url(WEB, path)).header("Accept", "application/json");
    session.wire.send(request.bearer(&session.secret.token)).await
}

fn is_page(answer: &Response) -> bool {
    answer.status == 200 && answer.json().is_some_and(|v| v.get("values").is_some_and(Value::is_array))
}

fn note_login(session: &Session<'_>, answer: &Response) {
    session.wire.note(match login(answer) {
        Some(login) => format!("X-AUSERNAME: {login}"),
        None => "no X-AUSERNAME".to_owned(),
    });
}

fn is_older(version: &str) -> bool {
    let mut parts = version.split('.').map_while(|p| p.parse::<u32>().ok());
    match (parts.next(), parts.next()) {
        (Some(major), Some(minor)) => (major, minor) < FIRST_VERSION,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        for (version, older) in
            [("5.4.9", true), ("4.14.0", true), ("5.5.0", false), ("9.4.3", false), ("10.0", false), ("x", false)]
        {
            assert_eq!(is_older(version), older, "{version}");
        }
    }
}
