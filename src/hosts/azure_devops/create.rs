//! Creating by the token API, and asking for a successor.

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};

use super::address::{Place, name_of};
use super::answers::{Act as Doing, Asked, cap, conclude_with};
use super::pats::{self, Made, Pat, Trouble};
use super::send::Signer;
use super::{AzureDevOps, FACTS, twin};
use crate::domain::{CreateRequest, CreatedToken, Expiry, Grant, GrantSource, Host, Kind, Predecessor};
use crate::hosts::{Act, Authority, Create, Outcome, RequestError, Route};
use crate::net::{NetError, NetErrorKind};
use crate::secret::Secret;

/// Life of a token for which none is asked: the first choice of the vendor's own form.
const USUAL_LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The vendor allows a year; an hour is left for a clock that is ahead.
const LONGEST: SignedDuration = SignedDuration::from_hours(365 * 24 - 1);
/// How far an end may lie from the one asked for without having been moved.
const SLACK: SignedDuration = SignedDuration::from_mins(2);

impl Create for AzureDevOps {
    fn route(&self, host: &Host, request: &CreateRequest, using: Option<&Authority>) -> Result<Route, RequestError> {
        if Place::of(host) == Place::Server {
            return Ok(Route::Guided {
                why: "Azure DevOps Server and Team Foundation Server have no API that creates tokens".to_owned(),
            });
        }
        acceptable(host, request)?;
        Ok(match using.map(|u| u.kind) {
            Some(Some(Kind::EntraToken)) => Route::AtHost(format!(
                "POST _apis/tokens/pats creates the personal access token `{}` in {} with {}, for this organization alone",
                cap(&request.name),
                name_of(&host.url),
                if request.scopes.is_empty() {
                    "the scopes of its predecessor".to_owned()
                } else {
                    request.scopes.join(" ")
                }
            )),
            Some(_) => Route::NeedsAuthority { why: format!("what was given cannot sign: {WHO}"), password: false },
            None => Route::NeedsAuthority { why: WHO.to_owned(), password: false },
        })
    }

    fn successor(&self, _host: &Host, old: &Predecessor<'_>) -> CreateRequest {
        let last = old.last;
        let name = last.and_then(|v| v.remote_name.as_deref()).unwrap_or(old.label);
        // Scopes that were found by reading are only some of them; the token API knows all, and is asked when creating.
        let told = last.filter(|v| v.all_grants_told).map_or(&[][..], |v| v.grants.as_slice());
        let scopes = told.iter().filter(|g| g.source == GrantSource::Told).map(|g| g.name.clone()).collect();
        let lived = last.and_then(|v| Some(v.expiry.at()?.duration_since(v.created_at?)));
        let life = lived.filter(|d| *d > SLACK).map_or(LONGEST, |d| d.min(LONGEST));
        CreateRequest {
            name: twin::name(name, old.now),
            kind: Some(Kind::Pat),
            scopes,
            expires: old.expires.or_else(|| old.now.checked_add(life).ok()),
            at: None,
        }
    }

    fn create<'a>(&'a self, act: &'a Act<'a>, request: &'a CreateRequest) -> BoxFuture<'a, Outcome<CreatedToken>> {
        Box::pin(create(act, request))
    }
}

const WHO: &str = "Azure DevOps creates tokens for a Microsoft Entra token of the user only, not for a personal access \
    token: az account get-access-token --resource 499b84ac-1321-427f-aa17-267ca6975798 gives one, good for about an hour; \
    put it on the rack as entra-token and let it sign";

fn acceptable(host: &Host, request: &CreateRequest) -> Result<(), RequestError> {
    let no = |message: String, hint: &str| Err(RequestError { message, hint: hint.to_owned() });
    if request.kind.is_some_and(|k| k != Kind::Pat) {
        return no("Azure DevOps creates personal access tokens only".to_owned(), "Leave the kind out, or say pat.");
    }
    if request.name.trim().is_empty() {
        return no("a personal access token needs a name".to_owned(), "Give it one, such as git-integration-for-jira.");
    }
    let here = name_of(&host.url);
    if let Some(at) = request.at.as_deref().filter(|at| !at.eq_ignore_ascii_case(&here)) {
        return no(
            format!("a token made at {here} counts in {here}, not in {}", cap(at)),
            "Since 2026-03-15 no token can be made for all accessible organizations: make one per organization, each at its \
             own host.",
        );
    }
    if request.scopes.is_empty() && !twin::is_one(&request.name) {
        return no(
            "a personal access token needs at least one scope".to_owned(),
            "For git name vso.code (read) or vso.code_write (read and write).",
        );
    }
    let unknown = request
        .scopes
        .iter()
        .find(|s| !FACTS.scopes.iter().any(|f| f.name == **s && (f.kinds.is_empty() || f.kinds.contains(&Kind::Pat))));
    match unknown {
        Some(scope) => no(
            format!("`{}` is no scope of a personal access token", cap(scope)),
            "Scopes are written like vso.code_write; app_token is full access.",
        ),
        None => Ok(()),
    }
}

async fn create(act: &Act<'_>, request: &CreateRequest) -> Outcome<CreatedToken> {
    let wire = &act.wire;
    let asked = Asked { wire, act: Doing::Tokens, place: Place::of(act.host) };
    let now = wire.now();
    let refused = |name: &str, args: &[(&str, &str)]| Outcome::Refused(Box::new(conclude_with(&asked, name, args)));
    if asked.place == Place::Server {
        return Outcome::Unsupported(Box::new(conclude_with(&asked, "no-token-api", &[])));
    }
    let ends = request.expires.or_else(|| now.checked_add(USUAL_LIFE).ok()).unwrap_or(now);
    if ends <= now || ends.duration_since(now) > SignedDuration::from_hours(366 * 24) {
        return refused("life-not-allowed", &[("ends", &day(ends))]);
    }
    let signer = Signer::of(act.using.kind.unwrap_or(Kind::EntraToken), &act.using.secret.token);
    let mut notes = Vec::new();
    let scope = if request.scopes.is_empty() {
        match predecessor_scope(&asked, signer, &request.name).await {
            Ok(Some(scope)) => {
                notes.push(format!("The scopes were copied from {}.", twin::original(&request.name)));
                scope
            }
            Ok(None) => return refused("scopes-unknown", &[("name", &cap(twin::original(&request.name)))]),
            Err(Trouble::Refused(found)) => return Outcome::Refused(found),
            // Nothing was created yet.
            Err(Trouble::Lost(error)) => return Outcome::Refused(Box::new(wire.unreachable(&error))),
        }
    } else {
        request.scopes.join(" ")
    };
    match pats::create(&asked, signer, &request.name, &scope, ends).await {
        Made::Token(pat) => match made(&pat, &scope, ends, request.expires.is_some(), notes) {
            Some(created) => Outcome::Done(created),
            None => Outcome::Unknown(unclear(act, "success without a token")),
        },
        Made::Refused(found) => Outcome::Refused(found),
        Made::Unknown(what) => Outcome::Unknown(unclear(act, &what)),
        Made::Lost(error) => Outcome::Unknown(error),
    }
}

fn unclear(act: &Act<'_>, what: &str) -> NetError {
    let detail = format!("{what} does not say whether the token was made");
    NetError::new(NetErrorKind::Other, act.wire.url(super::IDENTITY, ""), detail)
}

/// Scopes of the token that a successor is made for, found by its name among the active ones. Two of that name with
/// different scopes give none.
async fn predecessor_scope(asked: &Asked<'_>, signer: Signer<'_>, name: &str) -> Result<Option<String>, Trouble> {
    let (active, _) = pats::list(asked, signer, "active").await?;
    let wanted = twin::original(name);
    let mut scopes: Vec<String> = active
        .into_iter()
        .filter(|p| twin::original(&p.display_name) == wanted && !p.scope.trim().is_empty())
        .map(|p| p.scope)
        .collect();
    scopes.dedup();
    Ok(match scopes.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    })
}

fn made(pat: &Pat, scope: &str, ends: Timestamp, chosen: bool, mut notes: Vec<String>) -> Option<CreatedToken> {
    let secret = Secret::token(pat.token.clone()?);
    match pat.valid_to {
        Some(told) if told < ends && ends.duration_since(told) > SLACK => notes.push(format!(
            "It ends on {}, not on {}: a policy of the tenant shortens the life of tokens.",
            day(told),
            day(ends)
        )),
        Some(told) if !chosen => notes.push(format!("No end was asked for: it ends on {}.", day(told))),
        Some(_) => {}
        None => notes.push(format!("Azure DevOps did not repeat when it ends; {} was asked for.", day(ends))),
    }
    let words = |text: &str| {
        let mut words: Vec<String> = text.split_whitespace().map(ToOwned::to_owned).collect();
        words.sort();
        words
    };
    if words(&pat.scope) != words(scope) {
        notes.push(format!("Asked for {}, given {}.", cap(scope), cap(&pat.scope)));
    }
    if pat.is_global() {
        notes.push("Azure DevOps made it for all accessible organizations, which was not asked for.".to_owned());
    }
    Some(CreatedToken {
        secret,
        kind: Kind::Pat,
        username: None,
        remote_id: Some(pat.authorization_id.clone()).filter(|id| super::is_guid(id)),
        name: cap(&pat.display_name),
        expiry: pat.valid_to.map_or(Expiry::Unknown, Expiry::At),
        grants: pat.scope.split_whitespace().map(|s| Grant::told(cap(s))).collect(),
        notes,
    })
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}
