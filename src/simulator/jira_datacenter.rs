//! A simulated Jira Data Center 9.12.8 under the context path `/jira`, with personal access tokens.
//!
//! A Bearer token that is not known is ignored: `serverInfo` and `mypermissions` answer as for anybody, `myself` with 401.
//! One project, `ABC`, whose second issue has a security level.
//! <https://confluence.atlassian.com/enterprise/using-personal-access-tokens-1026032365.html>

use std::sync::Mutex;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::atlassian_pat::{self, Account, Caller, Fate, Seed, Server, html, manifest, parameter, pat, spare};
use super::{SimCredential, SimRequest, SimResponse, Site};
use crate::domain::{FamilyId, Kind, Verdict};

pub use super::atlassian_pat::PASSWORD;

const CONTEXT: &str = "/jira";
const VERSION: &str = "9.12.8";
const PLACE: (&str, &str, &str) = (CONTEXT, "jira.acme.dev", "/login.jsp");
const PROJECT: &str = "ABC";

const ACCOUNTS: &[Account] = &[
    account("svc-sync", "JIRAUSER10100", "Sync Service"),
    Account { administrator: true, ..account("ana", "JIRAUSER10001", "Ana Admin") },
    account("reporter", "JIRAUSER10102", "Reporting"),
    account("jdoe", "JIRAUSER10103", "Jo Doe"),
    Account { locked: true, ..account("kim", "JIRAUSER10104", "Kim Locked") },
    Account { basic: false, ..account("remote", "JIRAUSER10105", "Remote Worker") },
    account("ci-bot", "JIRAUSER10106", "CI Bot"),
];

const fn account(name: &'static str, key: &'static str, display_name: &'static str) -> Account {
    Account { name, key, display_name, administrator: false, basic: true, locked: false }
}

const SEEDS: &[Seed] = &[
    Seed { age: 30, days: Some(90), ..Seed::new(41, 200_000_000_001, "svc-sync", "jira-sync") },
    Seed { age: 20, days: Some(365), ..Seed::new(42, 200_000_000_002, "ana", "jira-admin") },
    Seed { age: 356, days: Some(365), ..Seed::new(43, 200_000_000_003, "ana", "jira-dashboard") },
    Seed::new(44, 200_000_000_004, "reporter", "jira-reports"),
    Seed { age: 100, days: Some(90), ..Seed::new(45, 200_000_000_005, "jdoe", "jira-import-2026") },
    Seed { fate: Fate::Deleted, ..Seed::new(46, 200_000_000_006, "jdoe", "jira-old-script") },
    Seed::new(47, 200_000_000_007, "kim", "jira-kim"),
    Seed { fate: Fate::Sso, ..Seed::new(48, 200_000_000_008, "remote", "jira-remote") },
];

const SHOWS: &[(&str, Verdict)] = &[
    ("the only token of its user, so its end and id are known", Verdict::Valid),
    ("one of two tokens of an administrator", Verdict::Valid),
    ("one of two tokens of an administrator, the one that ends soon", Verdict::Valid),
    ("has no end, may not browse users", Verdict::Valid),
    ("its time was over 10 days ago", Verdict::Rejected),
    ("deleted at the host", Verdict::Rejected),
    ("too many wrong passwords", Verdict::Blocked),
    ("single sign-on stands in front", Verdict::Unreachable),
];

/// An API token of id.atlassian.com that somebody took for one of this Jira's.
const CLOUD_TOKEN: &str = "ATATT3xFfGF0KEYRACK-FAKE-CLOUD-TOKEN-THAT-DOES-NOTHING-HERE=00000000";

/// The site.
#[derive(Debug)]
pub struct JiraDatacenter {
    server: Mutex<Server>,
}

impl Default for JiraDatacenter {
    fn default() -> Self {
        Self { server: Mutex::new(Server::new(ACCOUNTS, SEEDS)) }
    }
}

impl Site for JiraDatacenter {
    fn family(&self) -> FamilyId {
        FamilyId::new("jira-datacenter")
    }

    fn name(&self) -> String {
        "jira.acme.dev".to_owned()
    }

    fn url(&self, listen: &str) -> String {
        format!("{listen}{CONTEXT}")
    }

    fn roster(&self, _now: Timestamp) -> Vec<SimCredential> {
        let mut roster = atlassian_pat::roster("jira", SEEDS, SHOWS);
        roster.push(SimCredential {
            label: "jira-cloud-by-mistake".to_owned(),
            kind: Kind::Pat,
            username: Some("ana@acme.example".to_owned()),
            secret: CLOUD_TOKEN.to_owned(),
            tags: vec!["jira".to_owned()],
            note: "an API token of id.atlassian.com does nothing at a Data Center host".to_owned(),
            expect: Verdict::Unreachable,
        });
        roster
    }

    fn spare(&self, n: usize, _now: Timestamp) -> SimCredential {
        spare("jira", ACCOUNTS, &SEEDS[0], n)
    }

    fn answer(&self, request: &SimRequest, now: Timestamp) -> SimResponse {
        atlassian_pat::answer(&self.server, request, PLACE, now, |server, path, caller, base| {
            route(server, request, path, caller, base, now)
        })
    }
}

fn route(
    server: &mut Server,
    request: &SimRequest,
    path: &str,
    caller: Option<&Caller>,
    base: &str,
    now: Timestamp,
) -> SimResponse {
    if let Some(rest) = path.strip_prefix("/rest/pat/latest").or_else(|| path.strip_prefix("/rest/pat/1.0")) {
        return pat(server, request, rest, caller, now);
    }
    if path == "/rest/applinks/1.0/manifest" {
        return manifest("Jira", "jira", VERSION);
    }
    let Some(api) = path.strip_prefix("/rest/api/2/").or_else(|| path.strip_prefix("/rest/api/latest/")) else {
        return html(404, "<h1>Oops, you've found a dead link.</h1>");
    };
    match (api, caller) {
        ("serverInfo", _) => SimResponse::json(
            200,
            &json!({
                "baseUrl": base, "version": VERSION, "versionNumbers": [9, 12, 8], "deploymentType": "Server",
                "buildNumber": 912_008, "serverTitle": "Jira",
            }),
        ),
        ("mypermissions", caller) => permissions(&request.query, caller.map(|c| c.account)),
        ("myself", Some(caller)) => SimResponse::json(200, &user(caller.account, base)),
        ("user/search", Some(caller)) => {
            let part = parameter(&request.query, "username").unwrap_or_default();
            let browses = holds(caller.account, "USER_PICKER");
            let found = server.accounts.iter().filter(|a| browses && !part.is_empty() && a.name.contains(&part));
            SimResponse::json(200, &found.take(1).map(|a| user(a, base)).collect())
        }
        (_, Some(caller)) if api.starts_with("issue/") => issue(api, caller.account),
        _ => SimResponse::json(401, &json!({"errorMessages": ["You are not authenticated."], "errors": {}})),
    }
}

fn user(account: &Account, base: &str) -> Value {
    json!({
        "self": format!("{base}/rest/api/2/user?username={}", account.name), "key": account.key, "name": account.name,
        "emailAddress": format!("{}@acme.example", account.name), "displayName": account.display_name, "active": true,
        "timeZone": "Europe/Berlin", "locale": "en_US",
    })
}

fn issue(api: &str, account: &Account) -> SimResponse {
    match api.strip_prefix("issue/") {
        Some("ABC-1") => {
            SimResponse::json(200, &json!({"id": "10001", "key": "ABC-1", "fields": {"summary": "First"}}))
        }
        Some("ABC-2") if account.administrator => {
            SimResponse::json(200, &json!({"id": "10002", "key": "ABC-2", "fields": {"summary": "Secret"}}))
        }
        _ => SimResponse::json(
            404,
            &json!({"errorMessages": ["Issue does not exist or you do not have permission to see it."], "errors": {}}),
        ),
    }
}

/// Key, number, name, whether it is of projects.
const PERMISSIONS: &[(&str, &str, &str, bool)] = &[
    ("BROWSE_PROJECTS", "10", "Browse Projects", true),
    ("CREATE_ISSUES", "11", "Create Issues", true),
    ("EDIT_ISSUES", "12", "Edit Issues", true),
    ("TRANSITION_ISSUES", "46", "Transition Issues", true),
    ("ADD_COMMENTS", "15", "Add Comments", true),
    ("ADMINISTER_PROJECTS", "23", "Administer Projects", true),
    ("USER_PICKER", "27", "Browse Users", false),
    ("ADMINISTER", "0", "Jira Administrators", false),
    ("SYSTEM_ADMIN", "44", "Jira System Administrators", false),
];

/// What an account may do: administrators everything, the reporting account only see.
fn holds(account: &Account, key: &str) -> bool {
    match (account.administrator, account.name, key) {
        (true, ..) => true,
        (_, _, "ADMINISTER" | "SYSTEM_ADMIN" | "ADMINISTER_PROJECTS") => false,
        (_, "reporter", key) => key == "BROWSE_PROJECTS",
        _ => true,
    }
}

/// Answers everybody, the anonymous user with nothing that it has.
fn permissions(query: &str, account: Option<&Account>) -> SimResponse {
    let issue = parameter(query, "issueKey");
    let project = parameter(query, "projectKey").or_else(|| issue?.split('-').next().map(str::to_owned));
    if project.is_some_and(|key| key != PROJECT) {
        return SimResponse::json(
            404,
            &json!({"errorMessages": ["No project could be found with that key."], "errors": {}}),
        );
    }
    let told: serde_json::Map<String, Value> = PERMISSIONS
        .iter()
        .map(|(key, id, name, of_project)| {
            let have = account.is_some_and(|a| holds(a, key));
            let one = json!({
                "id": id, "key": key, "name": name, "type": if *of_project { "PROJECT" } else { "GLOBAL" },
                "description": format!("Ability to: {name}."), "havePermission": have,
            });
            ((*key).to_owned(), one)
        })
        .collect();
    SimResponse::json(200, &json!({"permissions": told}))
}
