//! The token API of Services. A success may hide an error in `patTokenError`.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::{SimRequest, SimResponse};
use super::answers::{error, refuse};
use super::state::{CATALOGUE, Caller, State};
use super::tokens::{Dead, Token};
use super::{Edition, parameter};

/// The tenant's maximum lifespan.
const LIFESPAN: SignedDuration = SignedDuration::from_hours(180 * 24);
/// Lines on a page, fewer than anybody asks for.
const PAGE: usize = 3;

pub(super) fn answer(state: &mut State, request: &SimRequest, caller: &Caller, now: Timestamp) -> SimResponse {
    // Personal access tokens are not accepted here; what exactly they are answered is not documented.
    if caller.token.is_some() {
        return refuse(Edition::Services, request, Dead::Page);
    }
    let id = parameter(&request.query, "authorizationId");
    match (request.method.as_str(), id) {
        ("GET", None) => list(state, request, caller, now),
        ("GET", Some(id)) => match own(state, caller, &id, now) {
            Some(token) => one(Some(token.json()), "none"),
            None => one(None, "authorizationNotFound"),
        },
        ("POST", _) => create(state, request, caller, now),
        ("DELETE", Some(id)) => match own(state, caller, &id, now).filter(|t| !state.is_revoked(t)) {
            Some(token) => {
                state.revoke(&token.id);
                SimResponse { status: 204, ..SimResponse::default() }
            }
            // What a wrong id gives is not documented.
            None => one(None, "authorizationNotFound"),
        },
        _ => error(405, "HttpRequestException", "The requested resource does not support that method."),
    }
}

fn one(token: Option<Value>, failure: &str) -> SimResponse {
    let message = if failure == "none" { Value::Null } else { json!(format!("The request failed: {failure}.")) };
    let body = json!({"patToken": token, "patTokenError": failure, "patTokenErrorMessage": message});
    SimResponse::json(200, &body)
}

fn own(state: &State, caller: &Caller, id: &str, now: Timestamp) -> Option<Token> {
    state.tokens(now).into_iter().find(|t| t.id == id && t.user.id == caller.user.id)
}

fn list(state: &State, request: &SimRequest, caller: &Caller, now: Timestamp) -> SimResponse {
    let filter = parameter(&request.query, "displayFilterOption").unwrap_or_else(|| "active".to_owned());
    let from: usize = parameter(&request.query, "continuationToken").and_then(|t| t.parse().ok()).unwrap_or(0);
    let wanted = |token: &Token| {
        let (revoked, expired) = (state.is_revoked(token), token.valid_to <= now);
        match filter.as_str() {
            "active" => !revoked && !expired,
            "revoked" => revoked,
            "expired" => expired && !revoked,
            _ => true,
        }
    };
    let mut mine: Vec<Token> = state.tokens(now).into_iter().filter(|t| t.user.id == caller.user.id).collect();
    mine.retain(wanted);
    mine.sort_by(|a, b| a.name.cmp(&b.name));
    let page: Vec<Value> = mine.iter().skip(from).take(PAGE).map(Token::json).collect();
    let next = if from + PAGE < mine.len() { (from + PAGE).to_string() } else { String::new() };
    SimResponse::json(200, &json!({"continuationToken": next, "patTokens": page}))
}

fn create(state: &mut State, request: &SimRequest, caller: &Caller, now: Timestamp) -> SimResponse {
    let Ok(body) = serde_json::from_str::<Value>(&request.body) else {
        let message = "TF400898: An Internal Error Occurred. Activity Id: keyrack-activity. JsonReaderException";
        return error(400, "JsonReaderException", message);
    };
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
    let (name, scope) = (text("displayName"), text("scope"));
    let known = |s: &str| CATALOGUE.scopes.iter().any(|f| f.name == s);
    let ends: Option<Timestamp> = text("validTo").parse().ok();
    let failure = match ends {
        _ if name.is_empty() => "displayNameRequired",
        _ if body["allOrgs"] == json!(true) => "globalPATCreationBlocked",
        _ if !caller.user.creates => "disablePatCreationPolicyViolation",
        _ if scope.split_whitespace().any(|s| s == "app_token") => "fullScopePatPolicyViolation",
        _ if scope.is_empty() || !scope.split_whitespace().all(known) => "invalidScope",
        Some(ends) if ends > now => "none",
        _ => "invalidValidTo",
    };
    let (Some(ends), "none") = (ends, failure) else { return one(None, failure) };
    // Shortened without a word.
    let ends = ends.min(now.checked_add(LIFESPAN).unwrap_or(ends));
    let token = state.make(caller.user, &name, &scope, ends, now);
    let mut shown = token.json();
    shown["token"] = json!(token.secret);
    one(Some(shown), "none")
}
