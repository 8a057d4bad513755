//! The administration of everybody's tokens, and the users to ask for.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::{SimRequest, SimResponse};
use super::answers::{error, missing_scope, not_found, unauthorized};
use super::state::{Caller, State};
use super::tokens::USERS;
use super::{Edition, parameter};

/// Lines on a page; the documented default is said to be 20.
const PAGE: usize = 4;

pub(super) fn is_ours(api: &str) -> bool {
    api == "graph/users" || api.starts_with("tokenadmin/")
}

pub(super) fn answer(
    edition: Edition,
    state: &mut State,
    request: &SimRequest,
    api: &str,
    caller: &Caller,
    now: Timestamp,
) -> SimResponse {
    if api == "graph/users" {
        // Whether a server has this call is not documented; this one has, since its administrators are told to use it.
        if !caller.holds("vso.graph") && !caller.holds("vso.tokenadministration") {
            return missing_scope(edition);
        }
        let users: Vec<Value> = USERS.iter().map(|u| {
            json!({"subjectKind": "user", "descriptor": u.descriptor, "displayName": u.name, "principalName": u.login})
        }).collect();
        return SimResponse::json(200, &json!({"count": users.len(), "value": users}));
    }
    if !caller.holds("vso.tokenadministration") {
        return missing_scope(edition);
    }
    if !caller.user.administrator {
        let message = format!("TF400813: The user '{}' is not authorized to access this resource.", caller.user.id);
        return unauthorized(edition, &message);
    }
    match (request.method.as_str(), api.strip_prefix("tokenadmin/").unwrap_or("")) {
        ("GET", rest) => match rest.strip_prefix("personalaccesstokens/") {
            Some(descriptor) => list(state, request, descriptor, now),
            None => not_found("The controller was not found."),
        },
        ("POST", "revocations") => revoke(state, request, now),
        _ => error(405, "HttpRequestException", "The requested resource does not support that method."),
    }
}

fn list(state: &State, request: &SimRequest, descriptor: &str, now: Timestamp) -> SimResponse {
    let Some(user) = USERS.iter().find(|u| u.descriptor == descriptor) else {
        return not_found("The user could not be found.");
    };
    let from: usize = parameter(&request.query, "continuationToken").and_then(|t| t.parse().ok()).unwrap_or(0);
    let all: Vec<_> = state.tokens(now).into_iter().filter(|t| t.user.id == user.id).collect();
    let page: Vec<Value> = all
        .iter()
        .skip(from)
        .take(PAGE)
        .map(|t| {
            let mut shown = t.json();
            shown["isValid"] = json!(!state.is_revoked(t) && t.valid_to > now);
            shown["userId"] = json!(user.id);
            shown["isPublic"] = json!(false);
            shown
        })
        .collect();
    let next = if from + PAGE < all.len() { json!((from + PAGE).to_string()) } else { Value::Null };
    SimResponse::json(200, &json!({"value": page, "continuationToken": next}))
}

/// All or none: an id that is not there ends it before anything is revoked. That is not documented.
fn revoke(state: &mut State, request: &SimRequest, now: Timestamp) -> SimResponse {
    let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
    let asked = body.as_array().map(Vec::as_slice).unwrap_or_default();
    let ids: Vec<String> = asked.iter().filter_map(|o| o["authorizationId"].as_str()).map(ToOwned::to_owned).collect();
    if ids.is_empty() {
        return error(400, "ArgumentException", "No revocations were given.");
    }
    let tokens = state.tokens(now);
    if let Some(id) = ids.iter().find(|id| tokens.iter().all(|t| t.id != **id || state.is_revoked(t))) {
        return not_found(&format!("The authorization {id} could not be found."));
    }
    for id in ids {
        state.revoke(&id);
    }
    SimResponse { status: 204, ..SimResponse::default() }
}
