//! Rotating in place: GitLab makes a new token with the same name and scopes, and the old one is dead at once.
//!
//! A rotate request that is signed with a token already revoked makes GitLab revoke every token that came after it
//! ("automatic reuse detection", 16.3 and later). So the signing token is looked at first, by reading; the rotate request
//! is sent once; and where its answer is lost that is said, never asked again.
//! <https://docs.gitlab.com/api/personal_access_tokens/>

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

use super::fresh::{self, Asked};
use super::order::{self, Sent};
use super::own_record::OwnRecord;
use super::refusal::{self, Refusal};
use super::resource::{Resource, number, tokens_of};
use super::token::{self, Check};
use super::{FACTS, GitLab, PASSWORD, api_of, signed};
use crate::domain::{CreatedToken, Expiry, Host, Kind, Validation};
use crate::hosts::version::is_before;
use crate::hosts::{Authority, Outcome, Replace, Route, Session, Wire};
use crate::net::{NetError, NetErrorKind, Request, Response};
use crate::secret::SecretText;

/// The first version that rotates, and the first in which a token rotates itself.
const SINCE: &str = "16.0";
const ITSELF_SINCE: &str = "16.10";

const DIES: &str = "The old token dies at once, the new one has its name and scopes. Sent once, never repeated";

impl Replace for GitLab {
    fn route(&self, host: &Host, kind: Kind, username: Option<&str>, using: Option<&Authority>) -> Route {
        if !token::is_access(kind) {
            return Route::Guided { why: "GitLab rotates access tokens only; other kinds are made anew".to_owned() };
        }
        let before = |limit| host.version.as_deref().is_some_and(|version| is_before(version, limit) == Some(true));
        if before(SINCE) {
            return Route::Guided { why: format!("this GitLab is older than {SINCE}, the first that rotates tokens") };
        }
        let api = api_of(host);
        let resource = Resource::of_username(kind, username).filter(|of| using.is_some() || !of.is_service());
        let tokens = tokens_of(resource.as_ref()).unwrap_or_default();
        match using {
            None if before(ITSELF_SINCE) => Route::NeedsAuthority {
                why: format!(
                    "before GitLab {ITSELF_SINCE} a token cannot rotate itself; a token of its owner or an \
                     administrator with the `api` scope can"
                ),
                password: false,
            },
            None => Route::AtHost(format!(
                "POST {api}{tokens}/self/rotate, signed with the token itself, which needs {}. {DIES}",
                if kind == Kind::FineGrainedPat {
                    "the permission `Personal Access Token: Rotate`"
                } else {
                    "the scope `api` or `self_rotate`"
                }
            )),
            Some(Authority { kind: None, .. }) => Route::NeedsAuthority { why: PASSWORD.to_owned(), password: false },
            Some(_) => Route::AtHost(format!("POST {api}{tokens}/ID/rotate, signed with the other token. {DIES}")),
        }
    }

    fn replace<'a>(
        &'a self,
        session: &'a Session<'a>,
        remote_id: Option<&'a str>,
        expires: Option<Timestamp>,
        using: Option<&'a Authority>,
    ) -> BoxFuture<'a, Outcome<CreatedToken>> {
        Box::pin(replace(session, remote_id, expires, using))
    }
}

async fn replace(
    session: &Session<'_>,
    remote_id: Option<&str>,
    expires: Option<Timestamp>,
    using: Option<&Authority>,
) -> Outcome<CreatedToken> {
    let wire = &session.wire;
    let stop = |name: &str, args: &[(&str, &str)]| Box::new(wire.conclude(&FACTS, name, args));
    let form = token::form(session.secret.token.reveal()).map(|seen| seen.form);
    let other = form.filter(|f| f.check != Check::Access).map(|f| f.name);
    if let Some(what) = other.or((session.kind == Kind::OauthToken).then_some("OAuth token")) {
        return Outcome::Unsupported(stop("not-rotatable", &[("what", what)]));
    }
    let asked = expires.map(fresh::date);
    if let Some(refused) = asked.and_then(|date| fresh::unlikely(wire, date)) {
        return Outcome::Refused(Box::new(refused));
    }
    let (key, id) = match using {
        None => (&session.secret.token, "self"),
        Some(Authority { kind: None, .. }) => return Outcome::Refused(stop("authority-password", &[])),
        Some(authority) => match remote_id.and_then(number) {
            Some(id) => (&authority.secret.token, id),
            None => return Outcome::Refused(stop("rotate-needs-id", &[("web", &wire.url("web", ""))])),
        },
    };
    let record = match look(wire, key, using.is_some()).await {
        Ok(record) => record.filter(|_| using.is_none()),
        Err(end) => return *end,
    };
    let ends = asked.unwrap_or_else(|| {
        let (made, expiry) = record.as_ref().map_or((None, Expiry::Unknown), |r| (r.created_at, r.expiry));
        fresh::same_life(made, expiry, wire.now())
    });
    let resource = match using {
        // A service account's token rotates itself as a personal one does; others reach it by its account.
        Some(_) if session.kind == Kind::ServiceAccountToken => Resource::of_username(session.kind, session.username),
        None => Resource::find(wire, session.kind, session.username, key).await,
        // Only the token's own secret could be asked; its owner may know the bot's name from a check.
        Some(_) => Resource::find(wire, session.kind, session.username, &session.secret.token).await,
    };
    let Some(tokens) = tokens_of(resource.as_ref()) else {
        return Outcome::Refused(stop("rotate-absent", &[("text", "")]));
    };
    let order = Request::post(wire.url("api", &format!("{tokens}/{id}/rotate")))
        .json(&json!({ "expires_at": ends.to_string() }));
    match order::send(wire, order, key).await {
        Sent::Answer(mut response) if matches!(response.status, 200 | 201) => {
            let asked = Asked {
                kind: session.kind,
                username: session.username,
                name: record.as_ref().and_then(|r| r.name.as_deref()).unwrap_or_default(),
                ends: Some(ends),
            };
            match fresh::take(wire, &mut response, &asked) {
                Some(fresh) => Outcome::Done(fresh),
                None => {
                    let detail = format!("answered {} without a new token", response.status);
                    lost(NetError::new(NetErrorKind::Other, wire.url("api", &tokens), detail))
                }
            }
        }
        Sent::Answer(response) => refused(wire, &response, using.is_some(), ends),
        Sent::Never(validation) => Outcome::Refused(validation),
        Sent::Lost(error) => lost(error),
    }
}

/// Reads the record of the token that is to sign. An error where it is dead, or where nothing was learned: an order
/// signed with a revoked token would make GitLab revoke its successors.
async fn look(
    wire: &Wire<'_>,
    key: &SecretText,
    by_other: bool,
) -> Result<Option<OwnRecord>, Box<Outcome<CreatedToken>>> {
    let request = Request::get(wire.url("api", "/personal_access_tokens/self")).header("Accept", "application/json");
    let refused = |mut validation: Validation| {
        if by_other {
            order::about_the_signer(&mut validation);
        }
        Err(Box::new(Outcome::Refused(Box::new(validation))))
    };
    let response = match wire.send(signed(request, key)).await {
        Ok(response) => response,
        Err(error) => return refused(wire.unreachable(&error)),
    };
    let told = (response.status == 200 && !response.is_html()).then(|| response.json()).flatten();
    if let Some(record) = told.as_ref().and_then(OwnRecord::read) {
        return match (record.revoked, record.active) {
            (true, _) => refused(refusal::conclude_as(wire, &response, "revoked", &Refusal::plain("revoked", ""))),
            (_, false) => refused(refusal::conclude_as(wire, &response, "expired", &Refusal::plain("expired", ""))),
            _ => Ok(Some(record)),
        };
    }
    match Refusal::of(&response).map(|r| r.name) {
        // It was recognised, and so it lives; an OAuth token may sign for others and has no successors.
        Some("granular-missing" | "granular-unsupported" | "insufficient-scope") => Ok(None),
        Some("not-a-pat") if by_other => Ok(None),
        // A server before 15.5, which does not rotate either.
        Some("not-found") => Err(Box::new(Outcome::Unsupported(Box::new(wire.conclude(
            &FACTS,
            "rotate-unsupported",
            &[("web", &wire.url("web", ""))],
        ))))),
        _ => refused(refusal::conclude(wire, &response)),
    }
}

fn refused(wire: &Wire<'_>, response: &Response, by_other: bool, ends: Date) -> Outcome<CreatedToken> {
    let unsupported = match Refusal::of(response) {
        Some(refusal) if refusal.unknown_path => Some("rotate-unsupported"),
        Some(refusal) if refusal.name == "not-allowed" => Some("rotate-not-allowed"),
        _ => None,
    };
    if let Some(name) = unsupported {
        let validation = order::refused(wire, response, by_other, |_| name);
        return Outcome::Unsupported(validation);
    }
    wire.note(format!("expires_at: {ends}"));
    Outcome::Refused(order::refused(wire, response, by_other, |refusal| match refusal.name {
        "bad-request" => "rotate-refused",
        "insufficient-scope" => "rotate-scope-missing",
        "granular-missing" => "rotate-permission-missing",
        "forbidden" => "rotate-forbidden",
        "not-found" | "token-unknown" if by_other => "rotate-absent",
        "expired" | "revoked" if by_other => "authority-refused",
        name => name,
    }))
}

/// Nobody knows whether it was rotated; what to do about it comes from the data.
fn lost(mut error: NetError) -> Outcome<CreatedToken> {
    let (_, finding) = FACTS.finding("rotate-unknown", &[]);
    let before = if error.detail.is_empty() { String::new() } else { format!("{}; ", error.detail) };
    error.detail = format!("{before}{}", finding.remedy);
    Outcome::Unknown(error)
}
