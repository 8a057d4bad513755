//! Creating: `PUT /rest/access-tokens/latest/{owner}`, signed by a password, since no token makes tokens. A user's token is
//! made by that user, one of a project or repository by one of its administrators. One request, never repeated: its
//! answer shows the secret this once.
//!
//! <https://confluence.atlassian.com/bitbucketserver091/http-access-tokens-1443038354.html>

use futures_util::future::BoxFuture;
use serde_json::json;

use super::answers::{Act as Asking, Asked, conclude, refusal};
use super::owner::Owner;
use super::record::Record;
use super::signer::Signer;
use super::{BitbucketDatacenter, FACTS, WEB};
use crate::domain::{CreateRequest, CreatedToken, Expiry, GrantSource, Host, Kind, Predecessor, Validation};
use crate::hosts::atlassian_datacenter::life::{days_after, days_until, next_end};
use crate::hosts::{Act, Authority, Create, Outcome, RequestError, Route, order};
use crate::net::{Method, NetError, NetErrorKind, Request, Response};
use crate::secret::{Secret, SecretText};

/// Longest life that a successor of a token with an end is given.
const LONGEST_LIFE: i64 = 365;

/// A wish, understood.
struct Wanted {
    kind: Kind,
    owner: Option<Owner>,
    permissions: Vec<String>,
}

fn wrong(message: impl Into<String>, hint: impl Into<String>) -> RequestError {
    RequestError { message: message.into(), hint: hint.into() }
}

/// Reads a wish; `user` is who signs, as far as that is known.
fn understand(request: &CreateRequest, user: Option<&str>) -> Result<Wanted, RequestError> {
    let at = request.at.as_deref().map(str::trim).filter(|at| !at.is_empty());
    let kind = match (request.kind, at.map(|at| at.contains('/'))) {
        (None | Some(Kind::HttpAccessToken), None) => Kind::HttpAccessToken,
        (None | Some(Kind::ProjectToken), Some(false)) => Kind::ProjectToken,
        (None | Some(Kind::RepositoryToken), Some(true)) => Kind::RepositoryToken,
        (Some(Kind::HttpAccessToken), Some(_)) => {
            return Err(wrong(
                "Bitbucket makes a user's token for the user who signs, not even for an administrator in somebody's name",
                "Sign as the user the token is for; for a project or repository leave the kind out.",
            ));
        }
        (Some(Kind::ProjectToken | Kind::RepositoryToken), _) => {
            return Err(wrong(
                "a token of a project or repository needs the place it is for",
                "Name it: --at PROJECT_KEY, or --at PROJECT_KEY/REPOSITORY_SLUG.",
            ));
        }
        (Some(other), _) => {
            return Err(wrong(
                format!("Bitbucket Data Center makes no `{other}`"),
                "It makes http-access-token, project-token and repository-token.",
            ));
        }
    };
    if request.name.trim().is_empty() {
        return Err(wrong("the token needs a name", "The name is how it is found in the list later."));
    }
    let owner = Owner::of(kind, at.or(user));
    if owner.is_none() && (at.is_some() || user.is_some()) {
        return Err(wrong(
            "that names no user, project or repository of Bitbucket",
            "A project is its key, a repository PROJECT_KEY/REPOSITORY_SLUG, as in their addresses.",
        ));
    }
    Ok(Wanted { kind, owner, permissions: permissions(kind, &request.scopes)? })
}

/// The one or two permissions of a token: a project and a repository level that the vendor issues together.
fn permissions(kind: Kind, scopes: &[String]) -> Result<Vec<String>, RequestError> {
    let table = FACTS.tables.first();
    let levels = |of: fn(&crate::hosts::facts::TableFacts) -> &Vec<String>| table.map(of).cloned().unwrap_or_default();
    let (projects, repositories) = (levels(|t| &t.rows), levels(|t| &t.columns));
    let all = || format!("{}, {}", projects.join(", "), repositories.join(", "));
    if let Some(global) = scopes.iter().find(|s| ["ADMIN", "SYS_ADMIN", "USER_ADMIN"].contains(&s.as_str())) {
        return Err(wrong(
            format!("no token can have {global}: tokens never administer Bitbucket itself (BSERV-10482)"),
            format!("What a token can have: {}.", all()),
        ));
    }
    if let Some(unknown) = scopes.iter().find(|s| !projects.contains(s) && !repositories.contains(s)) {
        return Err(wrong(format!("a token cannot be given `{unknown}`"), format!("There are {}.", all())));
    }
    let highest = |levels: &[String]| levels.iter().rposition(|l| scopes.contains(l));
    let (project, repository) = (highest(&projects), highest(&repositories));
    if kind == Kind::RepositoryToken {
        return match (project, repository) {
            (Some(_), _) => Err(wrong(
                "a token of a repository takes permissions of that repository only",
                format!("Choose one of {}.", repositories.join(", ")),
            )),
            (None, Some(level)) => Ok(vec![repositories[level].clone()]),
            (None, None) => Err(wrong("a token needs a permission", format!("One of {}.", repositories.join(", ")))),
        };
    }
    let (project, repository) = match (project, repository) {
        (None, None) => {
            return Err(wrong(
                "a token needs a project and a repository permission",
                format!("Name them with --scope: {}.", all()),
            ));
        }
        // The lowest that goes with what was named: the repository level is at least as high as the project level.
        (Some(project), None) => (project, project),
        (None, Some(repository)) => (0, repository),
        (Some(project), Some(repository)) => (project, repository),
    };
    let pair = vec![projects[project].clone(), repositories[repository].clone()];
    let held: Vec<&str> = pair.iter().map(String::as_str).collect();
    if table.and_then(|t| t.cell(&held)).is_none_or(|cell| cell.allows.is_empty()) {
        return Err(wrong(
            format!("Bitbucket issues no token with {} and {}", pair[0], pair[1]),
            "The repository level has to be at least as high as the project level.",
        ));
    }
    Ok(pair)
}

impl Create for BitbucketDatacenter {
    fn route(&self, host: &Host, request: &CreateRequest, using: Option<&Authority>) -> Result<Route, RequestError> {
        if request.scopes.is_empty() {
            // Also where a successor is wanted for a token whose permissions the host never told.
            let why = "which permissions it shall have is not known: name them (such as PROJECT_READ and REPO_WRITE), or \
                       choose them on the page";
            return Ok(Route::Guided { why: why.to_owned() });
        }
        let user = using.filter(|u| u.kind.is_none()).and_then(|u| u.username.as_deref());
        let wanted = understand(request, user)?;
        let why = match (using.map(|u| u.kind), wanted.kind) {
            (Some(Some(_)), _) => "no token of Bitbucket makes tokens: it takes a user's name and password",
            (_, Kind::HttpAccessToken) => "Bitbucket makes a user's token for that user, by name and password",
            _ => "Bitbucket takes the name and password of an administrator of the project or repository",
        };
        let signer = using.filter(|u| u.kind.is_none()).and_then(|u| Signer::of(wanted.kind, u));
        let (Some(owner), Some(signer)) = (wanted.owner, signer) else {
            let browser = "where Basic authentication is disabled or sign-in is by SSO only, it is done in the browser";
            return Ok(Route::NeedsAuthority { why: format!("{why} ({browser})"), password: true });
        };
        let web = host.endpoints.get(WEB).unwrap_or(&host.url).trim_end_matches('/');
        Ok(Route::AtHost(format!(
            "PUT {web}/rest/access-tokens/latest/{} makes a token of {} named \"{}\" with {}, signed with the password of \
             {}. Sent once; a wrong password is not tried again",
            owner.path().unwrap_or_default(),
            owner.words(),
            request.name,
            wanted.permissions.join(" and "),
            signer.user()
        )))
    }

    fn successor(&self, _host: &Host, old: &Predecessor<'_>) -> CreateRequest {
        let shared = matches!(old.kind, Kind::ProjectToken | Kind::RepositoryToken);
        let name = old.last.and_then(|v| v.remote_name.as_deref()).unwrap_or(old.label);
        // Only what the host told of this very token: what was probed may be the rights of its user, which are wider.
        let told = old.last.into_iter().flat_map(|v| &v.grants).filter(|g| g.source == GrantSource::Told);
        let known_life = old.last.is_some_and(|v| v.expiry.at().is_some() && v.created_at.is_some());
        CreateRequest {
            name: name.to_owned(),
            kind: Some(if shared { old.kind } else { Kind::HttpAccessToken }),
            scopes: told.map(|g| g.name.clone()).collect(),
            expires: match known_life {
                true => next_end(old.expires, old.last, old.now, LONGEST_LIFE),
                // How long the old one lives is not known; what the host gives by itself is what it was given then.
                false => old.expires,
            },
            at: old.username.filter(|_| shared).map(str::to_owned),
        }
    }

    fn create<'a>(&'a self, act: &'a Act<'a>, request: &'a CreateRequest) -> BoxFuture<'a, Outcome<CreatedToken>> {
        Box::pin(create(act, request))
    }
}

async fn create(act: &Act<'_>, request: &CreateRequest) -> Outcome<CreatedToken> {
    let wire = &act.wire;
    let web = wire.url(WEB, "");
    let stop = |name: &str, args: &[(&str, &str)]| Outcome::Refused(Box::new(wire.conclude(&FACTS, name, args)));
    let password = Some(act.using).filter(|u| u.kind.is_none());
    let user = password.and_then(|u| u.username.as_deref());
    let wanted = match understand(request, user) {
        Ok(wanted) => wanted,
        Err(error) => return stop("create-refused", &[("message", &error.message), ("web", &web)]),
    };
    let Some(signer) = password.and_then(|u| Signer::of(wanted.kind, u)) else {
        return stop("token-makes-no-token", &[("web", &web)]);
    };
    let Some((owner, path)) = wanted.owner.and_then(|o| o.path().map(|p| (o, p))) else {
        return stop("owner-unknown", &[("web", &web)]);
    };
    let days = match request.expires.map(|end| days_until(wire.now(), end)) {
        Some(None) => return stop("life-over", &[]),
        Some(days) => days,
        None => None,
    };
    let mut body = json!({"name": request.name, "permissions": wanted.permissions});
    if let Some(days) = days {
        body["expiryDays"] = json!(days);
    }
    let put = Request::new(Method::Put, wire.url(WEB, &format!("/rest/access-tokens/latest/{path}")))
        .header("Accept", "application/json")
        .header("X-Atlassian-Token", "no-check")
        .json(&body);
    let answer = match order::send(wire, signer.sign(put, &act.using.secret.token)).await.for_making() {
        Ok(answer) => answer,
        Err(ended) => return ended,
    };
    let asked = Asked { wire, act: Asking::CreateByPassword, user: signer.user(), owner: owner.words(), id: "" };
    read(&asked, act, &answer, |secret, record| {
        made(act, request, &wanted.permissions, wanted.kind, days, secret, record)
    })
}

fn read(
    asked: &Asked<'_>,
    act: &Act<'_>,
    answer: &Response,
    made: impl FnOnce(SecretText, Record) -> CreatedToken,
) -> Outcome<CreatedToken> {
    let unknown = |detail: String| Outcome::Unknown(NetError::new(NetErrorKind::Other, act.wire.url(WEB, ""), detail));
    if let Some(said) = refusal(asked, answer) {
        return refused(said);
    }
    match answer.status {
        200..=299 => {
            let secret = answer.json().and_then(|v| v.get("token")?.as_str().map(SecretText::from));
            let Some(secret) = secret.filter(|s| !s.is_empty()) else {
                return unknown("it may have been made, but its secret cannot be read from the answer".to_owned());
            };
            // Before anything of this answer is kept or shown.
            act.wire.learn(&secret);
            Outcome::Done(made(secret, answer.parse().unwrap_or_default()))
        }
        400 => refused(conclude(asked, answer, "create-refused")),
        _ => refused(conclude(asked, answer, "not-bitbucket")),
    }
}

fn refused(said: Validation) -> Outcome<CreatedToken> {
    let basic = format!("{}.basic-disabled", FACTS.id);
    match said.findings.iter().any(|f| f.code == basic) {
        true => Outcome::Unsupported(Box::new(said)),
        false => Outcome::Refused(Box::new(said)),
    }
}

fn made(
    act: &Act<'_>,
    request: &CreateRequest,
    asked: &[String],
    kind: Kind,
    days: Option<i64>,
    secret: SecretText,
    record: Record,
) -> CreatedToken {
    let wire = &act.wire;
    let mut notes = Vec::new();
    let wanted_end = days.and_then(|d| days_after(wire.now(), d));
    let expiry = match (record.expiry(), wanted_end) {
        (Expiry::At(end), _) => Expiry::At(end),
        // The vendor's description has the life in the request alone, so it is kept from there.
        (_, Some(end)) => Expiry::At(end),
        (other, None) => other,
    };
    if request.expires.is_none() && expiry.at().is_none() {
        notes.push(
            "Bitbucket does not tell whether it has an end; the administrator may have set one for all.".to_owned(),
        );
    }
    if request.scopes.iter().filter(|s| asked.contains(s)).count() < asked.len() {
        notes.push(format!("It was asked for with {}, the lowest pair that has what you named.", asked.join(" and ")));
    }
    let grants: Vec<_> = record.grants().into_iter().filter(|g| g.source == GrantSource::Told).collect();
    if !grants.is_empty() && !asked.iter().all(|a| grants.iter().any(|g| g.name == *a)) {
        let told: Vec<_> = grants.iter().map(|g| g.name.as_str()).collect();
        notes.push(format!("It has {}, not {} as asked.", told.join(" and "), asked.join(" and ")));
    }
    let shared = matches!(kind, Kind::ProjectToken | Kind::RepositoryToken);
    CreatedToken {
        kind,
        username: match shared {
            true => request.at.clone(),
            false => act.using.username.as_deref().map(|u| u.trim().to_lowercase()),
        },
        remote_id: record.id().map(|id| wire.mask(&id)).or_else(|| super::token::number(secret.reveal())),
        name: record.name().map(|n| wire.mask(&n)).unwrap_or_else(|| request.name.clone()),
        secret: Secret::token(secret),
        expiry,
        grants,
        notes,
    }
}
