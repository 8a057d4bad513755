//! `/rest/pat/latest/tokens` of Jira and Confluence.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::{SimRequest, SimResponse};
use super::{Account, Caller, NewToken, Server, Token, html, parameter};

/// Most tokens of one user, longest name, longest life: the vendor's defaults.
const MOST: usize = 10;
const NAME_MAX: usize = 40;
const DAYS_MAX: i64 = 365;

/// Answers what lies below `/rest/pat/`. `rest` begins after `latest` or `1.0`.
pub(in crate::simulator) fn pat(
    server: &mut Server,
    request: &SimRequest,
    rest: &str,
    caller: Option<&Caller>,
    now: Timestamp,
) -> SimResponse {
    let Some(caller) = caller else { return error(401, "Unauthorized") };
    let segments: Vec<&str> = rest.split('/').filter(|s| !s.is_empty()).collect();
    match (request.method.as_str(), segments.as_slice()) {
        ("GET", ["tokens"]) => {
            let own = server.tokens.of(caller.account.name, now);
            SimResponse::json(200, &own.iter().map(|t| record(t, now)).collect())
        }
        ("POST", ["tokens"]) => create(server, request, caller.account, now),
        ("POST", ["tokens", "search"]) if caller.account.administrator => {
            let all = server.tokens.all(now);
            SimResponse::json(200, &all.iter().map(|t| with_user(server, t, now)).collect())
        }
        ("GET", ["tokens", "search", "user"]) if caller.account.administrator => {
            let part = parameter(&request.query, "contains").unwrap_or_default();
            let users = server.accounts.iter().filter(|a| a.name.contains(&part));
            SimResponse::json(200, &users.map(|a| json!({"userKey": a.key, "name": a.name})).collect())
        }
        ("DELETE", ["admin", "tokens"]) if caller.account.administrator => {
            let ids: Vec<u64> = serde_json::from_str(&request.body).unwrap_or_default();
            for id in ids {
                server.tokens.remove(id);
            }
            empty()
        }
        ("POST" | "GET", ["tokens", "search", ..]) | ("DELETE", ["admin", "tokens"]) => error(403, "Forbidden"),
        ("GET", ["tokens", id]) => match server.tokens.by_id(id) {
            Some(token) if token.owner == caller.account.name || caller.account.administrator => {
                SimResponse::json(200, &record(&token, now))
            }
            Some(_) => error(401, "That token belongs to another user."),
            None => error(404, "No such token."),
        },
        ("DELETE", ["tokens", id]) => {
            // The same answer whether there was one or not. Whether an administrator may delete by this address is not
            // documented; here it takes the other one.
            if let Some(token) = server.tokens.by_id(id).filter(|t| t.owner == caller.account.name) {
                server.tokens.remove(token.id);
            }
            empty()
        }
        _ => html(404, "<h1>Dead link</h1>"),
    }
}

fn create(server: &mut Server, request: &SimRequest, account: &'static Account, now: Timestamp) -> SimResponse {
    let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
    let name = body["name"].as_str().unwrap_or_default().trim();
    let days = body["expirationDuration"].as_i64();
    if name.is_empty() {
        return error(400, "The name of a token must not be empty.");
    }
    if name.chars().count() > NAME_MAX {
        return error(400, &format!("The name of a token has at most {NAME_MAX} characters."));
    }
    if days.is_some_and(|d| !(1..=DAYS_MAX).contains(&d)) {
        return error(400, &format!("A token lives from 1 to {DAYS_MAX} days."));
    }
    if server.tokens.of(account.name, now).len() >= MOST {
        return error(403, &format!("A user has at most {MOST} tokens."));
    }
    let new = NewToken { name: name.to_owned(), days, permissions: Vec::new() };
    let (token, secret) = server.tokens.make(account.name, new, now);
    let mut answer = record(&token, now);
    answer["rawToken"] = json!(secret);
    SimResponse::json(201, &answer)
}

/// A record. Without an end, or never used: the field is missing.
fn record(token: &Token, now: Timestamp) -> Value {
    let mut record = json!({"id": token.id, "name": token.name, "createdAt": written(token.created(now))});
    if let Some(used) = token.last_used(now) {
        record["lastAccessedAt"] = json!(written(used));
    }
    if let Some(end) = token.end(now) {
        record["expiringAt"] = json!(written(end));
    }
    record
}

/// The form of the administrators' search is not documented; here a record with the key of its user.
fn with_user(server: &Server, token: &Token, now: Timestamp) -> Value {
    let mut record = record(token, now);
    record["userKey"] = json!(server.account(token.owner).map_or("", |a| a.key));
    record
}

fn written(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.000+00:00").to_string()
}

fn empty() -> SimResponse {
    SimResponse { status: 204, ..SimResponse::default() }
}

fn error(status: u16, message: &str) -> SimResponse {
    SimResponse::json(status, &json!({"error": message}))
}
