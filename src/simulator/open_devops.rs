//! A simulated Jira Cloud site with its OAuth credentials, the gateway in front of it and Atlassian's token endpoints.
//!
//! Plays what the vendor documents: the cloud id for everybody, client credentials at the gateway (and a service account's
//! at `auth`), JWTs that end, a permission for each kind of data, deployments that are accepted with 202 and processed
//! afterwards, unknown issue keys, an older update that is ignored. Where the documentation is silent it picks one behaviour
//! and says so beside the code. <https://developer.atlassian.com/cloud/jira/software/rest/api-group-deployments/>

mod clients;
mod deployments;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{SimCredential, SimRequest, SimResponse, Site};
use crate::domain::FamilyId;
use clients::{Client, Fate};
use deployments::Kept;

/// Cloud id of the site.
pub const CLOUD_ID: &str = "22222222-3333-4444-8555-666666666666";
/// Life of a token in seconds.
pub const LIFE: i64 = 3600;

/// Paths of the three endpoints below the address where all of them listen.
const GATEWAY: &str = "/gateway";
const AUTH: &str = "/auth";

/// The site.
#[derive(Debug)]
pub struct OpenDevOps {
    name: &'static str,
    jira_software: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Clients that were deleted while the site ran.
    deleted: BTreeSet<String>,
    /// Tokens that were given out: the client's id and the end in seconds.
    tokens: BTreeMap<String, (String, i64)>,
    given: u64,
    deployments: BTreeMap<(String, String, i64), Kept>,
    /// Accepted and not yet processed.
    queue: Vec<Kept>,
    /// Processing waits.
    slow: bool,
    /// Seconds after which a token ends, where that is not [`LIFE`]; its `exp` claim says `LIFE` all the same.
    life: Option<i64>,
    /// No API takes any token.
    refusing: bool,
    /// Requests whose token was not taken.
    refused: u64,
}

impl Default for OpenDevOps {
    fn default() -> Self {
        Self::new()
    }
}

impl OpenDevOps {
    /// A site with Jira Software.
    #[must_use]
    pub fn new() -> Self {
        Self { name: "acme-dev.atlassian.net", jira_software: true, state: Mutex::default() }
    }

    /// A site that has no Jira Software, so that the gateway knows no data API for it.
    #[must_use]
    pub fn without_jira_software() -> Self {
        Self { name: "acme-docs.atlassian.net", jira_software: false, ..Self::new() }
    }

    /// Lets accepted deployments wait to be processed, or processes them.
    pub fn set_slow(&self, slow: bool) {
        let mut state = self.state();
        state.slow = slow;
        state.process();
    }

    /// Deletes an OAuth app: its tokens end, and all data that it sent is erased.
    pub fn delete_client(&self, id: &str) {
        let mut state = self.state();
        state.deleted.insert(id.to_owned());
        state.tokens.retain(|_, (client, _)| client != id);
        state.deployments.retain(|_, kept| kept.client != id);
    }

    /// Makes every token that was given out end at once.
    pub fn withdraw_tokens(&self) {
        self.state().tokens.clear();
    }

    /// Lets tokens that are given out from now on live so many seconds, as their `expires_in` says.
    pub fn set_life(&self, seconds: i64) {
        self.state().life = Some(seconds);
    }

    /// Lets the data APIs take no token at all, also none that was just given out.
    pub fn set_refusing(&self, refusing: bool) {
        self.state().refusing = refusing;
    }

    /// How many requests came with a token that was not taken.
    #[must_use]
    pub fn tokens_refused(&self) -> u64 {
        self.state().refused
    }

    /// How many tokens were given out.
    #[must_use]
    pub fn tokens_given(&self) -> u64 {
        self.state().given
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // A panicking thread elsewhere must not take the site down; its state stays consistent between statements.
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Site for OpenDevOps {
    fn family(&self) -> FamilyId {
        FamilyId::new("open-devops")
    }

    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn url(&self, listen: &str) -> String {
        listen.to_owned()
    }

    fn endpoints(&self, listen: &str) -> Vec<(String, String)> {
        [("web", ""), ("gateway", GATEWAY), ("auth", AUTH)]
            .map(|(name, path)| (name.to_owned(), format!("{listen}{path}")))
            .to_vec()
    }

    fn roster(&self, _now: Timestamp) -> Vec<SimCredential> {
        clients::roster()
    }

    fn spare(&self, n: usize, _now: Timestamp) -> SimCredential {
        clients::spare(n)
    }

    fn answer(&self, request: &SimRequest, now: Timestamp) -> SimResponse {
        let mut state = self.state();
        let path = request.path.as_str();
        let answer = if let Some(below) = path.strip_prefix(GATEWAY) {
            state.gateway(self.jira_software, request, below, now)
        } else if let Some(below) = path.strip_prefix(AUTH) {
            match (request.method.as_str(), below) {
                ("POST", "/oauth/token") => state.token(&request.body, true, now),
                _ => gateway_error(404, "Not Found"),
            }
        } else {
            match (request.method.as_str(), path) {
                ("GET", "/_edge/tenant_info") => SimResponse::json(200, &json!({"cloudId": CLOUD_ID})),
                _ => page(404),
            }
        };
        answer.with("atl-traceid", "keyrack0000000000000000000000000")
    }
}

impl State {
    fn gateway(&mut self, software: bool, request: &SimRequest, path: &str, now: Timestamp) -> SimResponse {
        if path == "/oauth/token" {
            return match request.method.as_str() {
                "POST" => self.token(&request.body, false, now),
                _ => gateway_error(405, "Method Not Allowed"),
            };
        }
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let ["jira", api, version, "cloud", cloud, rest @ ..] = parts.as_slice() else {
            return gateway_error(404, "Not Found");
        };
        let permission = match (*api, *version) {
            ("deployments", "0.1") => "Deployments",
            ("builds", "0.1") => "Builds",
            ("featureflags", "0.1") => "Feature flags",
            ("devinfo", "0.10") => "Development information",
            ("remotelinks", "1.0") => "Remote links",
            _ => return gateway_error(404, "Not Found"),
        };
        let Some(client) = self.caller(request, now).filter(|_| !self.refusing) else {
            self.refused += 1;
            return empty(401);
        };
        // The shape is not documented: a gateway's own body, as for anything it does not know.
        if *cloud != CLOUD_ID || !software {
            return gateway_error(404, "Not Found");
        }
        match client.fate {
            Fate::Throttled => {
                return SimResponse::json(429, &json!({"code": 429, "message": "Rate limit exceeded"}))
                    .with("Retry-After", "30");
            }
            Fate::ServiceAccount if !client.permissions.contains(&permission) => {
                return gateway_error(401, "Unauthorized; scope does not match");
            }
            _ if !client.permissions.contains(&permission) => return empty(403),
            _ => {}
        }
        match (permission, rest) {
            ("Deployments", rest) => self.deployments_api(&client, request, rest),
            ("Development information", ["existsByProperties"]) => {
                SimResponse::json(200, &json!({"hasDataMatchingProperties": false}))
            }
            _ => empty(404),
        }
    }

    /// The client that the request's token was given to, unless it has ended.
    fn caller(&self, request: &SimRequest, now: Timestamp) -> Option<Client> {
        let token = request.header("authorization")?.strip_prefix("Bearer ")?;
        let (id, ends) = self.tokens.get(token)?;
        (*ends > now.as_second()).then(|| clients::of_id(id)).flatten()
    }

    /// What is told of a wrong id and of a wrong secret is not confirmed; this picks a word for each.
    fn token(&mut self, body: &str, service_accounts: bool, now: Timestamp) -> SimResponse {
        let Ok(asked) = serde_json::from_str::<Value>(body) else {
            return oauth_error(400, "invalid_request", "The body is not JSON.");
        };
        let text = |name: &str| asked[name].as_str().unwrap_or("");
        if text("grant_type") != "client_credentials" {
            return oauth_error(400, "unsupported_grant_type", "Only client_credentials is played here.");
        }
        let id = text("client_id");
        let Some(client) = clients::of_id(id).filter(|_| !self.deleted.contains(id)) else {
            return oauth_error(401, "access_denied", "Unauthorized");
        };
        if (client.fate == Fate::ServiceAccount) != service_accounts {
            return oauth_error(401, "access_denied", "Unauthorized");
        }
        if client.fate == Fate::ThreeLegged {
            return oauth_error(
                403,
                "unauthorized_client",
                "Grant type 'client_credentials' not allowed for the client.",
            );
        }
        if client.secret != text("client_secret") {
            return oauth_error(401, "invalid_client", "The client secret is wrong.");
        }
        self.given += 1;
        let (token, scope) = client.token(self.given, now, LIFE);
        let life = self.life.unwrap_or(LIFE);
        self.tokens.insert(token.clone(), (client.id.clone(), now.as_second() + life));
        SimResponse::json(
            200,
            &json!({"access_token": token, "expires_in": life, "token_type": "Bearer", "scope": scope}),
        )
    }
}

fn oauth_error(status: u16, error: &str, description: &str) -> SimResponse {
    SimResponse::json(status, &json!({"error": error, "error_description": description}))
}

fn gateway_error(status: u16, message: &str) -> SimResponse {
    SimResponse::json(status, &json!({"code": status, "message": message}))
}

/// The vendor's description gives 401, 403 and 404 of the read requests no body.
fn empty(status: u16) -> SimResponse {
    SimResponse { status, ..SimResponse::default() }
}

fn page(status: u16) -> SimResponse {
    let body = "<!DOCTYPE html><html><body><h1>Page not found</h1></body></html>".to_owned();
    SimResponse { status, body, ..SimResponse::default() }.with("Content-Type", "text/html;charset=UTF-8")
}
