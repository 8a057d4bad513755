//! Validation: `GET /2.0/user`, and what else the credential may see of its account.

use super::account::{Known, Shown, get, read, stopped};
use super::sending::Way;
use super::{FACTS, consumer, scopes};
use crate::domain::{Kind, Validation, Verdict};
use crate::hosts::Session;
use crate::sanitize::short;

/// Validates the session's credential.
pub(super) async fn validate(session: &Session<'_>) -> Validation {
    if session.kind == Kind::OauthClient {
        return consumer::validate(session).await;
    }
    let way = match Way::of(session) {
        Ok(way) => way,
        Err(name) => return stopped(session, name),
    };
    let answer = match get(session, way, "/user").await {
        Ok(answer) => answer,
        Err(error) => return session.wire.unreachable(&error),
    };
    match read(session, way, &answer) {
        Shown::Known(known) => describe(session, way, *known).await,
        Shown::Not(validation) => *validation,
    }
}

/// Puts together what is known; asks for the workspaces where the token may see them.
pub(super) async fn describe(session: &Session<'_>, way: Way<'_>, known: Known) -> Validation {
    let wire = &session.wire;
    let mut findings = Vec::new();
    let granted = known.granted.as_deref().unwrap_or_default();
    if !known.missing.is_empty() {
        let args = [("missing", scopes::words(&known.missing)), ("granted", scopes::words(granted))];
        let args: Vec<(&str, &str)> = args.iter().map(|(n, v)| (*n, v.as_str())).collect();
        findings.push(FACTS.finding("user-scope-missing", &args).1);
    }
    if known.identity.is_some() && reaches_no_workspace(session, way, granted).await {
        findings.push(FACTS.finding("no-workspace", &[]).1);
    }
    let reason = match (&known.identity, known.missing.is_empty()) {
        (Some(who), _) => format!("accepted by GET /2.0/user as {}", who.account()),
        (None, false) => "known to GET /2.0/user, which wants another scope".to_owned(),
        (None, true) => "known to GET /2.0/user as an access token, which has no user".to_owned(),
    };
    let mut found = wire.accepted(reason);
    if let Some(state) = &known.state {
        let (verdict, finding) = FACTS.finding("account-not-active", &[("state", state)]);
        found.verdict = verdict;
        found.reason.clone_from(&finding.title);
        findings.push(finding);
    }
    found.identity = known.identity;
    found.grants = scopes::grants(granted);
    found.all_grants_told = known.granted.is_some();
    found.denied = known.missing;
    found.kind = known.kind.or_else(|| told_by_success(session, way, found.verdict)).filter(|k| *k != session.kind);
    found.findings = findings;
    wire.mask_validation(&mut found);
    found
}

/// An API token that Bitbucket accepts has scopes, whatever the record calls it.
fn told_by_success(session: &Session<'_>, way: Way<'_>, verdict: Verdict) -> Option<Kind> {
    let api = matches!(way, Way::Email(_)) && verdict != Verdict::Unreachable;
    match session.kind {
        Kind::ApiToken | Kind::Unknown if api => Some(Kind::ScopedApiToken),
        Kind::Unknown if way == Way::Oauth => Some(Kind::OauthToken),
        _ => None,
    }
}

/// `GET /2.0/user/workspaces`, the list that replaced those across all workspaces (CHANGE-3022). Best effort: whatever
/// goes wrong here says nothing of the token.
async fn reaches_no_workspace(session: &Session<'_>, way: Way<'_>, granted: &[String]) -> bool {
    let may = ["read:workspace:bitbucket", "account", "account:write"];
    if !granted.iter().any(|g| may.contains(&g.as_str())) {
        return false;
    }
    let Ok(answer) = get(session, way, "/user/workspaces?pagelen=100").await else { return false };
    let Some(values) = answer.json().filter(|_| answer.status == 200).and_then(|b| b["values"].as_array().cloned())
    else {
        return false;
    };
    let named = values.iter().take(10).map(|access| {
        let slug = short(access["workspace"]["slug"].as_str().unwrap_or("?"), 64);
        if access["administrator"] == true { format!("{slug} (administrator)") } else { slug }
    });
    let named = named.collect::<Vec<_>>().join(", ");
    session.wire.note(format!("workspaces: {}", if named.is_empty() { "none" } else { &named }));
    values.is_empty()
}
