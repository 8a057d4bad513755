//! The host's own lists: the tokens of a user, and those of the projects and repositories that the user administers; for a
//! token of a project or repository, that one's.
//!
//! Bitbucket deletes a token under its owner, and its ids stand without one, so the lists are read again before anything
//! is revoked by id.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::answers::{Act as Asking, Asked, conclude, refusal};
use super::owner::Owner;
use super::record::Record;
use super::revoke::delete;
use super::signer::Signer;
use super::{BitbucketDatacenter, FACTS, WEB};
use crate::domain::{GrantSource, Host, Kind, RemoteList, RemoteState, RemoteToken, Validation};
use crate::hosts::{Act, Authority, Inventory, Outcome, Revocation, Route};
use crate::net::{NetError, Request, Response};

/// Lines of a page.
const PAGE: u64 = 25;
/// Most pages of one list.
const MOST_PAGES: usize = 40;
/// Most projects and repositories whose lists are read.
const MOST_PLACES: usize = 100;

impl Inventory for BitbucketDatacenter {
    fn route(&self, host: &Host, using: Option<&Authority>) -> Route {
        let Some((signer, owner)) = using.and_then(signs) else {
            return Route::NeedsAuthority {
                why:
                    "Bitbucket shows tokens to their user, by name and password, and to administrators of a project or \
                      repository; a token on the rack needs its owner as user name"
                        .to_owned(),
                password: true,
            };
        };
        let web = host.endpoints.get(WEB).unwrap_or(&host.url).trim_end_matches('/');
        let more = match owner {
            Owner::User(_) => " and those of projects and repositories that it administers",
            _ => "",
        };
        Route::AtHost(format!(
            "GET {web}/rest/access-tokens/latest/{} lists the tokens of {}{more}, signed {}",
            owner.path().unwrap_or_default(),
            owner.words(),
            match signer {
                Signer::Password { user } => format!("with the password of {user}"),
                Signer::Token => "with that token".to_owned(),
            }
        ))
    }

    fn list<'a>(&'a self, act: &'a Act<'a>) -> BoxFuture<'a, Outcome<RemoteList>> {
        Box::pin(list(act))
    }

    fn revoke<'a>(&'a self, act: &'a Act<'a>, ids: &'a [String]) -> BoxFuture<'a, Vec<Revocation>> {
        Box::pin(revoke(act, ids))
    }
}

/// Who signs, and whose list comes first.
fn signs(using: &Authority) -> Option<(Signer<'_>, Owner)> {
    let username = using.username.as_deref();
    match using.kind {
        None => Some((Signer::of(Kind::HttpAccessToken, using)?, Owner::of(Kind::HttpAccessToken, username)?)),
        Some(kind @ (Kind::HttpAccessToken | Kind::ProjectToken | Kind::RepositoryToken)) => {
            Some((Signer::Token, Owner::of(kind, username)?))
        }
        Some(_) => None,
    }
}

/// What was read: each token with its owner.
struct Read {
    of: Owner,
    tokens: Vec<(Owner, Record)>,
    gaps: Vec<String>,
}

/// Why nothing was read.
enum NoList {
    Net(NetError),
    Said(Box<Validation>),
}

async fn list(act: &Act<'_>) -> Outcome<RemoteList> {
    let wire = &act.wire;
    let read = match read(act).await {
        Ok(read) => read,
        Err(NoList::Net(error)) => return Outcome::Unknown(error),
        Err(NoList::Said(said)) => {
            let basic = said.findings.iter().any(|f| f.code == format!("{}.basic-disabled", FACTS.id));
            return if basic { Outcome::Unsupported(said) } else { Outcome::Refused(said) };
        }
    };
    let tokens = read.tokens.into_iter().filter_map(|(owner, record)| line(act, &owner, &record)).collect();
    Outcome::Done(RemoteList { tokens, of: name(&read.of), gaps: read.gaps, evidence: wire.take_evidence() })
}

fn line(act: &Act<'_>, owner: &Owner, record: &Record) -> Option<RemoteToken> {
    let over = |end: Timestamp| end <= act.wire.now();
    let told = record.grants().into_iter().filter(|g| g.source == GrantSource::Told);
    Some(RemoteToken {
        id: act.wire.mask(&record.id()?),
        name: act.wire.mask(&record.name().unwrap_or_default()),
        kind: Some(match owner {
            Owner::User(_) => Kind::HttpAccessToken,
            Owner::Project(_) => Kind::ProjectToken,
            Owner::Repository(..) => Kind::RepositoryToken,
        }),
        owner: name(owner),
        grants: told.map(|g| act.wire.mask(&g.name)).collect(),
        created_at: record.created_at(),
        last_used: record.last_used(),
        expiry: record.expiry(),
        state: if record.expiry().at().is_some_and(over) { RemoteState::Expired } else { RemoteState::Active },
        tail: None,
        notes: Vec::new(),
    })
}

fn name(owner: &Owner) -> String {
    match owner {
        Owner::User(slug) => slug.clone(),
        Owner::Project(key) => key.clone(),
        Owner::Repository(key, slug) => format!("{key}/{slug}"),
    }
}

async fn read(act: &Act<'_>) -> Result<Read, NoList> {
    let wire = &act.wire;
    let Some((signer, of)) = signs(act.using) else {
        let web = wire.url(WEB, "");
        return Err(NoList::Said(Box::new(wire.conclude(&FACTS, "authority-unfit", &[("web", &web)]))));
    };
    let (mut tokens, mut gaps) = (Vec::new(), Vec::new());
    let (first, gap) = tokens_of(act, signer, &of).await?;
    tokens.extend(first.into_iter().map(|r| (of.clone(), r)));
    gaps.extend(gap);
    if matches!(of, Owner::User(_)) {
        for place in places(act, signer, &mut gaps).await {
            match tokens_of(act, signer, &place).await {
                Ok((more, gap)) => {
                    tokens.extend(more.into_iter().map(|r| (place.clone(), r)));
                    gaps.extend(gap);
                }
                Err(NoList::Net(error)) => gaps.push(format!("The tokens of {} are missing: {error}.", place.words())),
                Err(NoList::Said(said)) => {
                    gaps.push(format!("The tokens of {} are missing: {}.", place.words(), said.reason));
                }
            }
        }
    }
    Ok(Read { of, tokens, gaps })
}

/// A page of anything.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Page {
    values: Option<Vec<Value>>,
    is_last_page: Option<bool>,
    next_page_start: Option<u64>,
}

/// Reads a list, page by page; beside it the gap where it breaks off.
async fn pages(
    act: &Act<'_>,
    signer: Signer<'_>,
    asked: &Asked<'_>,
    path: &str,
) -> Result<(Vec<Value>, Option<String>), NoList> {
    let wire = &act.wire;
    let (mut all, mut start) = (Vec::new(), 0);
    for number in 0..MOST_PAGES {
        let mark = if path.contains('?') { '&' } else { '?' };
        let request = Request::get(wire.url(WEB, &format!("{path}{mark}start={start}&limit={PAGE}")));
        let request = signer.sign(request.header("Accept", "application/json"), &act.using.secret.token);
        let broken = |why: String| format!("The list of {} breaks off after {start}: {why}.", asked.owner);
        let answer = match wire.send(request).await {
            Ok(answer) => answer,
            Err(error) if number == 0 => return Err(NoList::Net(error)),
            Err(error) => return Ok((all, Some(broken(error.to_string())))),
        };
        let said = refusal(asked, &answer);
        let page = Some(&answer).filter(|a| said.is_none() && a.status == 200).and_then(Response::parse::<Page>);
        let Some((values, page)) = page.and_then(|mut p| p.values.take().map(|v| (v, p))) else {
            if number > 0 {
                return Ok((all, Some(broken(format!("status {}", answer.status)))));
            }
            return Err(NoList::Said(Box::new(said.unwrap_or_else(|| conclude(asked, &answer, "not-bitbucket")))));
        };
        all.extend(values);
        // A start that does not go on would lead round in circles.
        match page.next_page_start.filter(|next| *next > start && page.is_last_page == Some(false)) {
            Some(next) => start = next,
            None => return Ok((all, None)),
        }
    }
    Ok((all, Some(format!("Only the first {start} of {} were read.", asked.owner))))
}

async fn tokens_of(act: &Act<'_>, signer: Signer<'_>, owner: &Owner) -> Result<(Vec<Record>, Option<String>), NoList> {
    let path = owner.path().unwrap_or_default();
    let asked = asked(act, signer, owner.words());
    let (values, gap) = pages(act, signer, &asked, &format!("/rest/access-tokens/latest/{path}")).await?;
    let records: Vec<Record> = values.into_iter().filter_map(|v| serde_json::from_value(v).ok()).collect();
    act.wire.note(format!("{} tokens of {}", records.len(), owner.words()));
    Ok((records, gap))
}

/// Projects and repositories that the caller administers. Best effort: a refusal leaves a gap.
async fn places(act: &Act<'_>, signer: Signer<'_>, gaps: &mut Vec<String>) -> Vec<Owner> {
    let mut found = Vec::new();
    for (what, path) in [
        ("the administered projects", "/rest/api/latest/projects?permission=PROJECT_ADMIN"),
        ("the administered repositories", "/rest/api/latest/repos?permission=REPO_ADMIN"),
    ] {
        let asked = asked(act, signer, what.to_owned());
        match pages(act, signer, &asked, path).await {
            Ok((values, gap)) => {
                found.extend(values.iter().filter_map(|v| place(act, v)));
                gaps.extend(gap);
            }
            Err(NoList::Net(error)) => gaps.push(format!("The list of {what} is missing: {error}.")),
            Err(NoList::Said(said)) => gaps.push(format!("The list of {what} is missing: {}.", said.reason)),
        }
    }
    if found.len() > MOST_PLACES {
        gaps.push(format!("Only the first {MOST_PLACES} of {} projects and repositories were read.", found.len()));
        found.truncate(MOST_PLACES);
    }
    found
}

fn place(act: &Act<'_>, value: &Value) -> Option<Owner> {
    let text = |v: &Value, name: &str| v.get(name).and_then(Value::as_str).map(str::to_owned);
    let owner = match (text(value, "key"), value.get("project")) {
        (Some(key), _) => Owner::of(Kind::ProjectToken, Some(&key)),
        (None, Some(project)) => {
            let both = format!("{}/{}", text(project, "key")?, text(value, "slug")?);
            Owner::of(Kind::RepositoryToken, Some(&both))
        }
        _ => None,
    }?;
    // The names become parts of URLs: they must be no echo of a secret behind JSON escapes.
    (act.wire.mask(&name(&owner)) == name(&owner)).then_some(owner)
}

fn asked<'a>(act: &'a Act<'_>, signer: Signer<'a>, owner: String) -> Asked<'a> {
    let asking = match signer {
        Signer::Password { .. } => Asking::ListByPassword,
        Signer::Token => Asking::ListByToken,
    };
    Asked { wire: &act.wire, act: asking, user: signer.user(), owner, id: "" }
}

async fn revoke(act: &Act<'_>, ids: &[String]) -> Vec<Revocation> {
    let wire = &act.wire;
    let read = match read(act).await {
        Ok(read) => read,
        Err(NoList::Net(error)) => return ids.iter().map(|_| Revocation::Unknown(error.clone())).collect(),
        Err(NoList::Said(said)) => return ids.iter().map(|_| Revocation::Refused(said.clone())).collect(),
    };
    let owners: BTreeMap<String, Owner> =
        read.tokens.into_iter().filter_map(|(owner, record)| Some((record.id()?, owner))).collect();
    let mut done = Vec::with_capacity(ids.len());
    for id in ids {
        let missing = |owner: &str| {
            let web = wire.url(WEB, "");
            let args = [("id", id.as_str()), ("owner", owner), ("web", &web)];
            Revocation::Refused(Box::new(wire.conclude(&FACTS, "token-not-found", &args)))
        };
        let one = match (owners.get(id), signs(act.using)) {
            // A user's token is deleted by password alone; one that signs for its project or repository may.
            (Some(owner), Some((signer, _))) => delete(wire, signer, owner, id, &act.using.secret.token)
                .await
                .unwrap_or_else(|| missing(&owner.words())),
            _ => missing("the lists of the signer"),
        };
        done.push(one);
    }
    done
}
