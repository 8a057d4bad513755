//! The organisation's API: its lists, page by page, and revoking one credential, or everything.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::{SimRequest, SimResponse};
use super::answers::{forbidden, gateway, parameter};
use super::platform::{ACCOUNTS, ORGANISATION, Platform, Sort, Standing, TOKENS, Token, days};

/// Lines to a page, whatever was asked for: so that paging shows.
const PAGE: usize = 4;

/// Answers a request below `/admin` or `/users`.
pub(super) fn answer(state: &mut Platform, request: &SimRequest, now: Timestamp) -> SimResponse {
    let Some(key) = state.key(request.header("authorization"), now) else { return gateway(401, "Unauthorized") };
    let Sort::Key(scopes) = key.sort else { return gateway(401, "Unauthorized") };
    let may = |scope: &str| scopes.is_none_or(|held| held.contains(&scope));
    let path = request.path.as_str();
    let denied = || forbidden(path, "User has no permission to access resource.");
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (request.method.as_str(), segments.as_slice()) {
        ("GET", ["admin", "v1", "orgs"]) if may("read:orgs:admin") => SimResponse::json(
            200,
            &json!({
                "data": [{ "id": ORGANISATION, "type": "orgs", "attributes": { "name": "Acme" } }],
                "links": { "self": "https://api.atlassian.com/admin/v1/orgs" },
            }),
        ),
        ("GET", ["admin", "v1", "orgs"]) => denied(),
        (_, ["users", account, "manage", rest @ ..]) => {
            // This API takes keys without scopes only.
            if scopes.is_some() {
                return forbidden(path, "Required scope manage:org is missing.");
            }
            managed(state, request, account, rest, now)
        }
        (_, ["admin", "api-access", "v1", "orgs", organisation, ..]) if *organisation != ORGANISATION => denied(),
        ("GET", ["admin", "api-access", "v1", "orgs", _, "api-tokens"]) if may("read:tokens:admin") => {
            page(request, lines(state, now, |t| !matches!(t.sort, Sort::Key(_)) && !is_service(t)))
        }
        ("GET", ["admin", "api-access", "v1", "orgs", _, "service-accounts", "api-tokens"])
            if may("read:service-accounts-tokens:admin") =>
        {
            page(request, lines(state, now, is_service))
        }
        ("GET", ["admin", "api-access", "v1", "orgs", _, "service-accounts"]) if may("read:service-accounts:admin") => {
            page(request, vec![json!({ "id": ACCOUNTS[2].id, "name": ACCOUNTS[2].name })])
        }
        ("GET", ["admin", "api-access", "v1", "orgs", _, "api-keys"]) if may("read:keys:admin") => {
            page(request, lines(state, now, |t| matches!(t.sort, Sort::Key(_))))
        }
        ("PATCH", ["admin", "api-access", "v1", "orgs", _, "api-keys", "revoke", id]) if may("delete:keys:admin") => {
            one(state, id, |t| matches!(t.sort, Sort::Key(_)))
        }
        // The two that leave nobody a token.
        ("DELETE", ["admin", "api-access", "v1", "orgs", _, "api-tokens"]) if may("delete:tokens:admin") => {
            wipe(state, |t| !matches!(t.sort, Sort::Key(_)) && !is_service(t))
        }
        ("DELETE", ["admin", "api-access", "v1", "orgs", _, "service-accounts", _, "api-tokens"])
            if may("delete:service-accounts-tokens:admin") =>
        {
            wipe(state, is_service)
        }
        (_, ["admin", "api-access", "v1", "orgs", ..]) => denied(),
        _ => gateway(404, "Not Found"),
    }
}

fn is_service(token: &Token) -> bool {
    token.account().sort == "app"
}

/// The API of managed accounts.
fn managed(state: &mut Platform, request: &SimRequest, account: &str, rest: &[&str], now: Timestamp) -> SimResponse {
    let Some(person) = ACCOUNTS.iter().find(|a| a.id == account) else { return gateway(404, "Not Found") };
    let external = person.standing == Standing::External;
    let of = |t: &Token| t.account().id == account && !matches!(t.sort, Sort::Key(_));
    match (request.method.as_str(), rest) {
        ("GET", []) => {
            let right = match external {
                true => json!({ "allowed": false, "reason": { "key": "managedAccount" } }),
                false => json!({ "allowed": true }),
            };
            SimResponse::json(200, &json!({ "apiToken.read": right, "apiToken.delete": right }))
        }
        _ if external => forbidden(&request.path, "User has no permission to access resource."),
        ("GET", ["api-tokens"]) => {
            let all: Vec<Value> = TOKENS
                .iter()
                .filter(|t| of(t) && state.listed(t))
                .map(|t| {
                    json!({
                        "id": t.id(), "label": t.label, "createdAt": t.created(now).to_string(),
                        "lastAccess": days(now, -1).to_string(), "expiry": t.ends(now).to_string(),
                    })
                })
                .collect();
            SimResponse::json(200, &Value::from(all))
        }
        ("DELETE", ["api-tokens", id]) => one(state, id, of),
        _ => gateway(404, "Not Found"),
    }
}

fn one(state: &mut Platform, id: &str, of: impl Fn(&Token) -> bool) -> SimResponse {
    match TOKENS.iter().find(|t| t.id() == id && of(t) && state.listed(t)) {
        Some(token) => {
            state.revoke(token.id());
            SimResponse { status: 204, ..SimResponse::default() }
        }
        None => gateway(404, "Not Found"),
    }
}

fn wipe(state: &mut Platform, of: impl Fn(&Token) -> bool) -> SimResponse {
    state.wiped = true;
    for token in TOKENS.iter().filter(|t| of(t)) {
        state.revoke(token.id());
    }
    SimResponse { status: 204, ..SimResponse::default() }
}

fn lines(state: &Platform, now: Timestamp, of: impl Fn(&Token) -> bool) -> Vec<Value> {
    let listed = TOKENS.iter().filter(|t| of(t) && state.listed(t));
    // Accounts of other organisations are not managed, so their tokens are not listed.
    let managed = listed.filter(|t| t.account().standing != Standing::External);
    managed
        .map(|t| {
            let account = t.account();
            let person = json!({
                "id": account.id, "orgId": ORGANISATION, "name": account.name, "email": account.email,
            });
            let mut line = json!({
                "id": t.id(), "label": t.label, "status": "ALLOWED", "createdAt": t.created(now).to_string(),
                "expiresAt": t.ends(now).to_string(), "lastActiveAt": days(now, -1).to_string(),
            });
            match t.sort {
                Sort::Key(_) => {
                    line["name"] = json!(t.label);
                    line["createdBy"] = person;
                }
                _ => line["user"] = person,
            }
            line
        })
        .collect()
}

/// One page: `links.next` holds the cursor itself, and is absent on the last one.
fn page(request: &SimRequest, all: Vec<Value>) -> SimResponse {
    let start: usize = parameter(&request.query, "cursor").and_then(|c| c.strip_prefix('c')?.parse().ok()).unwrap_or(0);
    let asked = parameter(&request.query, "pageSize").and_then(|s| s.parse().ok()).unwrap_or(PAGE);
    let size = asked.clamp(1, PAGE);
    let mut links = json!({ "self": format!("c{start}"), "prev": null });
    if start + size < all.len() {
        links["next"] = json!(format!("c{}", start + size));
    }
    let data: Vec<Value> = all.into_iter().skip(start).take(size).collect();
    SimResponse::json(200, &json!({ "data": data, "links": links })).with("X-RateLimit-Limit", "1000")
}
