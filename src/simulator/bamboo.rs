//! A simulated Bamboo Data Center 9.6.4 under the context path `/bamboo`, with personal access tokens.
//!
//! What is not documented, and picked here: the form of the list (pages with `values`), the names of its fields, and that a
//! Bearer token which is not known is ignored, as Jira does it.
//! <https://confluence.atlassian.com/bamboo1020/personal-access-tokens-1540729036.html>

use std::sync::Mutex;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::atlassian_pat::{
    self, Account, Caller, Fate, NewToken, Seed, Server, Token, html, manifest, parameter, spare,
};
use super::{SimCredential, SimRequest, SimResponse, Site};
use crate::domain::{FamilyId, Verdict};

pub use super::atlassian_pat::PASSWORD;

const CONTEXT: &str = "/bamboo";
const VERSION: &str = "9.6.4";
const PLACE: (&str, &str, &str) = (CONTEXT, "bamboo.acme.dev", "/userlogin!doDefault.action");
/// Most tokens of one user; the real number is not documented.
const MOST: usize = 60;

const ACCOUNTS: &[Account] = &[
    account("deployer", "Deployer"),
    Account { administrator: true, ..account("ana", "Ana Admin") },
    account("jdoe", "Jo Doe"),
    Account { locked: true, ..account("kim", "Kim Locked") },
    Account { basic: false, ..account("remote", "Remote Worker") },
    account("ci-bot", "CI Bot"),
];

const fn account(name: &'static str, display_name: &'static str) -> Account {
    Account { name, key: name, display_name, administrator: false, basic: true, locked: false }
}

const SEEDS: &[Seed] = &[
    Seed {
        age: 40,
        days: Some(90),
        permissions: &["TRIGGER"],
        ..Seed::new(7, 400_000_000_001, "deployer", "bamboo-deploy")
    },
    Seed { permissions: &["USER"], ..Seed::new(8, 400_000_000_002, "ana", "bamboo-admin") },
    Seed { permissions: &["READ"], ..Seed::new(9, 400_000_000_003, "jdoe", "bamboo-dashboard") },
    Seed { permissions: &["TRIGGER"], ..Seed::new(10, 400_000_000_004, "jdoe", "bamboo-nightly") },
    Seed {
        age: 91,
        days: Some(90),
        permissions: &["READ"],
        ..Seed::new(11, 400_000_000_005, "jdoe", "bamboo-last-quarter")
    },
    Seed { fate: Fate::Deleted, ..Seed::new(12, 400_000_000_006, "jdoe", "bamboo-old") },
    Seed { permissions: &["READ"], ..Seed::new(13, 400_000_000_007, "kim", "bamboo-kim") },
    Seed { fate: Fate::Sso, ..Seed::new(14, 400_000_000_008, "remote", "bamboo-remote") },
];

const SHOWS: &[(&str, Verdict)] = &[
    ("the only token of its user: TRIGGER", Verdict::Valid),
    ("USER: whatever its user can", Verdict::Valid),
    ("one of two tokens with different permissions", Verdict::Valid),
    ("one of two tokens with different permissions", Verdict::Valid),
    ("its time was over yesterday", Verdict::Rejected),
    ("deleted at the host", Verdict::Rejected),
    ("too many wrong passwords", Verdict::Blocked),
    ("single sign-on stands in front", Verdict::Unreachable),
];

/// The site.
#[derive(Debug)]
pub struct Bamboo {
    server: Mutex<Server>,
}

impl Default for Bamboo {
    fn default() -> Self {
        Self { server: Mutex::new(Server::new(ACCOUNTS, SEEDS)) }
    }
}

impl Site for Bamboo {
    fn family(&self) -> FamilyId {
        FamilyId::new("bamboo")
    }

    fn name(&self) -> String {
        "bamboo.acme.dev".to_owned()
    }

    fn url(&self, listen: &str) -> String {
        format!("{listen}{CONTEXT}")
    }

    fn roster(&self, _now: Timestamp) -> Vec<SimCredential> {
        atlassian_pat::roster("bamboo", SEEDS, SHOWS)
    }

    fn spare(&self, n: usize, _now: Timestamp) -> SimCredential {
        spare("bamboo", ACCOUNTS, &SEEDS[0], n)
    }

    fn answer(&self, request: &SimRequest, now: Timestamp) -> SimResponse {
        atlassian_pat::answer(&self.server, request, PLACE, now, |server, path, caller, _| {
            route(server, request, path, caller, now)
        })
    }
}

fn route(
    server: &mut Server,
    request: &SimRequest,
    path: &str,
    caller: Option<&Caller>,
    now: Timestamp,
) -> SimResponse {
    if path == "/rest/applinks/1.0/manifest" {
        return manifest("Bamboo", "bamboo", VERSION);
    }
    let Some(api) = path.strip_prefix("/rest/api/latest/") else {
        return html(404, "<h1>Page not found</h1>");
    };
    let segments: Vec<&str> = api.split('/').collect();
    if segments == ["info"] {
        return SimResponse::json(200, &json!({"version": VERSION, "buildNumber": "90604", "state": "RUNNING"}));
    }
    let Some(caller) = caller else {
        return error(401, "You must be authenticated to access this resource.");
    };
    match (request.method.as_str(), segments.as_slice()) {
        ("GET", ["currentUser"]) => {
            let account = caller.account;
            let email = format!("{}@acme.example", account.name);
            SimResponse::json(200, &json!({"name": account.name, "fullName": account.display_name, "email": email}))
        }
        ("GET", ["access-token"]) => list(server, &request.query, caller, now),
        ("POST", ["access-token"]) if writes(server, caller) => create(server, request, caller, now),
        ("DELETE", ["access-token", id]) if writes(server, caller) => {
            match server.tokens.by_id(id).filter(|t| t.owner == caller.account.name) {
                Some(token) => {
                    server.tokens.remove(token.id);
                    SimResponse { status: 204, ..SimResponse::default() }
                }
                None => error(400, "There is no such token."),
            }
        }
        ("POST" | "DELETE", ["access-token", ..]) => error(403, "This token may not do that."),
        _ => html(404, "<h1>Page not found</h1>"),
    }
}

/// A token that only reads or triggers manages no tokens; whether a real one may is not documented.
fn writes(server: &Server, caller: &Caller) -> bool {
    let Some(id) = caller.token else { return true };
    server.tokens.by_id(&id.to_string()).is_none_or(|t| t.permissions.iter().any(|p| p == "USER"))
}

fn list(server: &Server, query: &str, caller: &Caller, now: Timestamp) -> SimResponse {
    let number = |name: &str, default: usize| parameter(query, name).and_then(|v| v.parse().ok()).unwrap_or(default);
    let (start, limit) = (number("start", 0), number("limit", 25).min(25));
    let all = server.tokens.of(caller.account.name, now);
    let values: Vec<Value> = all.iter().skip(start).take(limit).map(|t| record(t, now)).collect();
    let last = start + values.len() >= all.len();
    SimResponse::json(
        200,
        &json!({"start": start, "limit": limit, "size": values.len(), "isLastPage": last, "values": values}),
    )
}

fn create(server: &mut Server, request: &SimRequest, caller: &Caller, now: Timestamp) -> SimResponse {
    let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
    let name = body["name"].as_str().unwrap_or_default().trim().to_owned();
    let days = body["daysUntilExpiry"].as_i64();
    let asked = body["permissions"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let permissions: Vec<String> = asked.map(str::to_owned).collect();
    let own = server.tokens.of(caller.account.name, now);
    if name.is_empty() || permissions.is_empty() || days.is_some_and(|d| d < 1) {
        return error(400, "A token needs a name, permissions and a life of at least one day.");
    }
    if permissions.iter().any(|p| !["READ", "TRIGGER", "USER"].contains(&p.as_str())) {
        return error(400, "Unknown permission.");
    }
    if own.iter().any(|t| t.name == name) {
        return error(400, "You have a token of that name already.");
    }
    if own.len() >= MOST {
        return error(400, "You have reached the maximum number of tokens.");
    }
    let (token, secret) = server.tokens.make(caller.account.name, NewToken { name, days, permissions }, now);
    let mut answer = record(&token, now);
    answer["rawToken"] = json!(secret);
    SimResponse::json(200, &answer)
}

fn record(token: &Token, now: Timestamp) -> Value {
    let mut record = json!({
        "id": token.id.to_string(), "name": token.name, "permissions": token.permissions,
        "creationDate": token.created(now).as_millisecond(),
    });
    if let Some(end) = token.end(now) {
        record["expiryDate"] = json!(end.as_millisecond());
    }
    record
}

fn error(status: u16, message: &str) -> SimResponse {
    SimResponse::json(status, &json!({"message": message, "status-code": status}))
}
