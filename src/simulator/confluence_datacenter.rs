//! A simulated Confluence Data Center 9.2.1 under the context path `/confluence`, with personal access tokens.
//!
//! Anonymous users may read here, so a Bearer token that is not known is answered with 200 and `type` `anonymous`.
//! <https://confluence.atlassian.com/enterprise/using-personal-access-tokens-1026032365.html>

use std::sync::Mutex;

use jiff::Timestamp;
use serde_json::json;

use super::atlassian_pat::{self, Account, Caller, Fate, Seed, Server, html, manifest, parameter, pat, spare};
use super::{SimCredential, SimRequest, SimResponse, Site};
use crate::domain::{FamilyId, Kind, Verdict};

pub use super::atlassian_pat::PASSWORD;

const CONTEXT: &str = "/confluence";
const VERSION: &str = "9.2.1";
const PLACE: (&str, &str, &str) = (CONTEXT, "wiki.acme.dev", "/login.action");

const ACCOUNTS: &[Account] = &[
    account("wiki-bot", "8a7f00000000000000000000000000aa", "Wiki Bot"),
    Account { administrator: true, ..account("ana", "8a7f00000000000000000000000000ab", "Ana Admin") },
    account("jdoe", "8a7f00000000000000000000000000ac", "Jo Doe"),
    Account { locked: true, ..account("kim", "8a7f00000000000000000000000000ad", "Kim Locked") },
    Account { basic: false, ..account("remote", "8a7f00000000000000000000000000ae", "Remote Worker") },
    account("ci-bot", "8a7f00000000000000000000000000af", "CI Bot"),
];

const fn account(name: &'static str, key: &'static str, display_name: &'static str) -> Account {
    Account { name, key, display_name, administrator: false, basic: true, locked: false }
}

const SEEDS: &[Seed] = &[
    Seed { age: 85, days: Some(90), ..Seed::new(11, 300_000_000_001, "wiki-bot", "wiki-bot") },
    Seed { age: 200, days: Some(365), ..Seed::new(12, 300_000_000_002, "ana", "wiki-admin") },
    Seed { age: 60, days: Some(180), ..Seed::new(13, 300_000_000_003, "jdoe", "wiki-publish") },
    Seed::new(14, 300_000_000_004, "jdoe", "wiki-search"),
    Seed { age: 31, days: Some(30), ..Seed::new(15, 300_000_000_005, "jdoe", "wiki-migration") },
    Seed { fate: Fate::Deleted, ..Seed::new(16, 300_000_000_006, "jdoe", "wiki-old-import") },
    Seed::new(17, 300_000_000_007, "kim", "wiki-kim"),
    Seed { fate: Fate::Sso, ..Seed::new(18, 300_000_000_008, "remote", "wiki-remote") },
];

const SHOWS: &[(&str, Verdict)] = &[
    ("the only token of its user; ends in 5 days", Verdict::Valid),
    ("a system administrator's: its inventory has the tokens of everybody", Verdict::Valid),
    ("one of two living tokens", Verdict::Valid),
    ("one of two living tokens, without an end", Verdict::Valid),
    ("its time was over yesterday", Verdict::Rejected),
    ("deleted at the host", Verdict::Rejected),
    ("too many wrong passwords", Verdict::Blocked),
    ("single sign-on stands in front", Verdict::Unreachable),
];

/// The site.
#[derive(Debug)]
pub struct ConfluenceDatacenter {
    server: Mutex<Server>,
}

impl Default for ConfluenceDatacenter {
    fn default() -> Self {
        Self { server: Mutex::new(Server::new(ACCOUNTS, SEEDS)) }
    }
}

impl Site for ConfluenceDatacenter {
    fn family(&self) -> FamilyId {
        FamilyId::new("confluence-datacenter")
    }

    fn name(&self) -> String {
        "wiki.acme.dev".to_owned()
    }

    fn url(&self, listen: &str) -> String {
        format!("{listen}{CONTEXT}")
    }

    fn roster(&self, _now: Timestamp) -> Vec<SimCredential> {
        let mut roster = atlassian_pat::roster("confluence", SEEDS, SHOWS);
        roster.push(SimCredential {
            label: "wiki-with-jira-token".to_owned(),
            kind: Kind::Pat,
            username: Some("svc-sync".to_owned()),
            // The form is the same; only the product that made it knows it. Not one that the demo's rack holds already.
            secret: atlassian_pat::secret(200_000_000_099),
            tags: vec!["confluence".to_owned()],
            note: "a token of Jira: Confluence ignores it and answers as to anybody".to_owned(),
            expect: Verdict::Rejected,
        });
        roster
    }

    fn spare(&self, n: usize, _now: Timestamp) -> SimCredential {
        spare("confluence", ACCOUNTS, &SEEDS[0], n)
    }

    fn answer(&self, request: &SimRequest, now: Timestamp) -> SimResponse {
        let answer = atlassian_pat::answer(&self.server, request, PLACE, now, |server, path, caller, _| {
            route(server, request, path, caller, now)
        });
        answer.with("X-Confluence-Request-Time", now.as_millisecond().to_string())
    }
}

fn route(
    server: &mut Server,
    request: &SimRequest,
    path: &str,
    caller: Option<&Caller>,
    now: Timestamp,
) -> SimResponse {
    if let Some(rest) = path.strip_prefix("/rest/pat/latest").or_else(|| path.strip_prefix("/rest/pat/1.0")) {
        return pat(server, request, rest, caller, now);
    }
    match path {
        "/rest/applinks/1.0/manifest" => manifest("Wiki", "confluence", VERSION),
        "/rest/api/user/current" => current(caller),
        "/rest/api/user/memberof" => member_of(&request.query, caller),
        _ => html(404, "<h1>Page Not Found</h1>"),
    }
}

fn current(caller: Option<&Caller>) -> SimResponse {
    let picture =
        json!({"path": "/images/icons/profilepics/default.svg", "width": 48, "height": 48, "isDefault": true});
    let body = match caller {
        Some(caller) => json!({
            "type": "known", "username": caller.account.name, "userKey": caller.account.key, "profilePicture": picture,
            "displayName": caller.account.display_name, "_expandable": {"status": ""},
        }),
        None => json!({"type": "anonymous", "profilePicture": picture, "displayName": "Anonymous"}),
    };
    SimResponse::json(200, &body)
}

/// A user reads its own groups; whether a real one lets everybody do so is not confirmed.
fn member_of(query: &str, caller: Option<&Caller>) -> SimResponse {
    let Some(caller) = caller.filter(|c| parameter(query, "username").as_deref() == Some(c.account.name)) else {
        return SimResponse::json(403, &json!({"statusCode": 403, "message": "Not permitted", "reason": "Forbidden"}));
    };
    let mut groups = vec!["confluence-users"];
    if caller.account.administrator {
        groups.push("confluence-administrators");
    }
    let results: Vec<_> = groups.iter().map(|g| json!({"type": "group", "name": g})).collect();
    SimResponse::json(200, &json!({"results": results, "start": 0, "limit": 200, "size": results.len()}))
}
