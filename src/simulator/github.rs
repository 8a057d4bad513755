//! Plays github.com and a GitHub Enterprise Server, from GitHub's documentation alone: headers, error bodies, rate limit
//! headers, single sign-on, revoking by value. State is the set of revoked tokens.
//!
//! Every token is fake: it says Fake or Example and has a fitting checksum, as whole tokens do.

mod access;
mod roster;

use std::collections::BTreeSet;
use std::sync::Mutex;

use jiff::Timestamp;
use serde_json::{Value, json};

use self::roster::{Ends, Holder, State, dot_com_holders, server_holders, summed};
use super::{SimCredential, SimRequest, SimResponse, Site};
use crate::domain::{FamilyId, Kind, Verdict};

/// Version of the simulated server; older than the first that revokes by value.
const SERVER_VERSION: &str = "3.18.2";

const DOCS: &str = "https://docs.github.com/rest";

/// A simulated GitHub.
pub struct GitHubSite {
    server: bool,
    revoked: Mutex<BTreeSet<String>>,
}

impl GitHubSite {
    /// github.com.
    #[must_use]
    pub fn dot_com() -> Self {
        Self { server: false, revoked: Mutex::default() }
    }

    /// A GitHub Enterprise Server, `github.acme.dev`.
    #[must_use]
    pub fn server() -> Self {
        Self { server: true, revoked: Mutex::default() }
    }

    fn holders(&self) -> Vec<Holder> {
        if self.server { server_holders() } else { dot_com_holders() }
    }

    fn holder(&self, token: &str) -> Option<Holder> {
        let number = token
            .strip_prefix("ghp_")
            .filter(|body| body.len() == 36)
            .and_then(|body| body.strip_prefix(self.spare_mark())?.get(..13)?.parse().ok());
        if let Some(number) = number
            && self.spare_token(number) == token
        {
            return Some(self.spare_holder(number));
        }
        self.holders().into_iter().find(|holder| holder.token == token)
    }

    /// What the tokens of [`Site::spare`] begin with, so that they need not be kept.
    fn spare_mark(&self) -> &'static str {
        if self.server { "KeyrackFakeSpareE" } else { "KeyrackFakeSpareC" }
    }

    fn spare_token(&self, number: usize) -> String {
        summed("ghp_", &format!("{}{number:013}", self.spare_mark()))
    }

    fn spare_holder(&self, number: usize) -> Holder {
        let ends = match number % 5 {
            0 => Ends::Never,
            _ => Ends::Classic(30 + i64::try_from(number % 47).unwrap_or(0) * 7),
        };
        let scopes = ["public_repo", "gist", "gist, public_repo", "read:packages"][number % 4];
        Holder {
            label: "",
            kind: Kind::ClassicPat,
            token: self.spare_token(number),
            login: ["acme-bot", "mara-dev", "octo-build", "ana-acme"][number % 4],
            id: 4_100_000 + number as u64 % 4,
            account: "User",
            scopes: Some(scopes),
            ends,
            state: State::Good,
            tags: &["fleet"],
            note: "",
            expect: Verdict::Valid,
        }
    }

    fn api_prefix(&self) -> &'static str {
        if self.server { "/api/v3" } else { "" }
    }

    fn is_revoked(&self, token: &str) -> bool {
        self.revoked.lock().is_ok_and(|revoked| revoked.contains(token))
    }

    /// GitHub's own headers on every answer.
    fn signed(&self, response: SimResponse) -> SimResponse {
        let response = response
            .with("X-GitHub-Request-Id", "C0DE:3F1A:1B2C3D:4E5F60:65A1B2C3")
            .with("X-GitHub-Media-Type", "github.v3; format=json");
        if self.server { response.with("X-GitHub-Enterprise-Version", SERVER_VERSION) } else { response }
    }

    fn error(&self, status: u16, message: &str) -> SimResponse {
        let body = json!({"message": message, "documentation_url": DOCS, "status": status.to_string()});
        self.signed(SimResponse::json(status, &body))
    }

    fn meta(&self) -> SimResponse {
        let body = if self.server {
            json!({"verifiable_password_authentication": true, "packages": [], "domains": {"website": []},
                "installed_version": SERVER_VERSION})
        } else {
            json!({"verifiable_password_authentication": false, "hooks": ["192.0.2.0/24"], "web": ["192.0.2.0/24"],
                "api": ["192.0.2.0/24"], "git": ["192.0.2.0/24"], "packages": ["192.0.2.0/24"]})
        };
        self.signed(SimResponse::json(200, &body))
    }

    /// `POST /credentials/revoke`: unsigned, by value; says nothing of what was real.
    fn revoke_by_value(&self, request: &SimRequest) -> SimResponse {
        if self.server {
            return self.error(404, "Not Found");
        }
        if request.header("authorization").is_some() {
            return self.error(403, "This endpoint does not accept authenticated requests.");
        }
        let given: Value = serde_json::from_str(&request.body).unwrap_or_default();
        let tokens: Vec<&str> =
            given["credentials"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let known = ["ghp_", "github_pat_", "gho_", "ghu_", "ghr_"];
        let taken = |token: &&str| known.iter().any(|prefix| token.starts_with(prefix));
        if tokens.is_empty() || tokens.len() > 1000 || !tokens.iter().all(taken) {
            let body = json!({"message": "Validation Failed", "documentation_url": DOCS, "status": "422",
                "errors": ["credentials must be a list of 1 to 1000 tokens"]});
            return self.signed(SimResponse::json(422, &body));
        }
        if let Ok(mut revoked) = self.revoked.lock() {
            revoked.extend(tokens.into_iter().map(str::to_owned));
        }
        self.signed(SimResponse::json(202, &json!({})))
    }

    /// Requests that need a token. `path` is relative to the API.
    fn authenticated(&self, request: &SimRequest, path: &str, now: Timestamp) -> SimResponse {
        let Some(token) = bearer(request) else {
            return self.error(401, "Requires authentication");
        };
        let Some(holder) = self.holder(token).filter(|_| !self.is_revoked(token)) else {
            return self.error(401, "Bad credentials");
        };
        if let Some(refusal) = self.refusal(&holder, path, now) {
            return refusal;
        }
        if let Some(answer) = self.access(&holder, request, path, now) {
            return self.dressed(&holder, answer, "", now);
        }
        let installation = token.starts_with("ghs_");
        let response = match (request.method.as_str(), path) {
            ("GET", "/") => SimResponse::json(200, &json!({"current_user_url": "/user"})),
            ("GET", "/rate_limit") => SimResponse::json(200, &rate_limit(now)),
            ("GET", "/installation/repositories") if installation => SimResponse::json(200, &repositories(&holder)),
            ("DELETE", "/installation/token") if installation => {
                if let Ok(mut revoked) = self.revoked.lock() {
                    revoked.insert(token.to_owned());
                }
                return self.signed(SimResponse { status: 204, ..SimResponse::default() });
            }
            ("GET", "/installation/repositories") => {
                return self.error(403, "You must authenticate with an installation access token in order to list repositories for an installation.");
            }
            ("GET", "/user" | "/user/orgs" | "/user/repos") if installation => {
                return self.error(403, "Resource not accessible by integration");
            }
            ("GET", "/user") => SimResponse::json(200, &user(&holder, self.server)),
            ("GET", "/user/orgs") => return self.organisations(&holder, now),
            ("GET", "/user/repos") => self.lists(&holder, SimResponse::json(200, &json!([]))),
            _ => return self.error(404, "Not Found"),
        };
        self.dressed(&holder, response, "", now)
    }

    /// The list of organisations wants a scope, and leaves out what wants single sign-on.
    fn organisations(&self, holder: &Holder, now: Timestamp) -> SimResponse {
        let accepted = "admin:org, read:org, repo, user, write:org";
        let granted: Vec<&str> = holder.scopes.unwrap_or_default().split(", ").collect();
        if holder.scopes.is_some()
            && !["read:org", "write:org", "admin:org", "user"].iter().any(|s| granted.contains(s))
        {
            let refusal = self.error(403, "You need at least read:org scope or user scope to list your organizations.");
            return self.dressed(holder, refusal, accepted, now);
        }
        let list = json!([{"login": "acme", "id": 77, "url": "https://api.github.com/orgs/acme"}]);
        self.dressed(holder, self.lists(holder, SimResponse::json(200, &list)), accepted, now)
    }

    fn lists(&self, holder: &Holder, response: SimResponse) -> SimResponse {
        match holder.state {
            State::PartialSso(ids) => response.with("X-GitHub-SSO", format!("partial-results; organizations={ids}")),
            _ => response,
        }
    }

    /// What stands in the way of the token, if something does.
    fn refusal(&self, holder: &Holder, path: &str, now: Timestamp) -> Option<SimResponse> {
        match holder.state {
            State::Unknown => Some(self.error(401, "Bad credentials")),
            State::Suspended => Some(self.error(403, "Sorry. Your account was suspended.")),
            State::IpAllowList(org) => Some(self.error(403, &format!(
                "Although you appear to have the correct authorization credentials, the `{org}` organization has an IP \
                 allow list enabled, and your IP address is not permitted to access this resource."
            ))),
            State::RateLimited => {
                let message = format!("API rate limit exceeded for user ID {}.", holder.id);
                let refusal = self.error(403, &message);
                Some(refusal.with("x-ratelimit-limit", "5000").with("x-ratelimit-remaining", "0").with(
                    "x-ratelimit-reset",
                    (now.as_second() + 1_260).to_string(),
                ))
            }
            State::RequiredSso(org) if path != "/user" => Some(
                self.error(
                    403,
                    "Resource protected by organization SAML enforcement. You must grant your Personal Access token \
                     access to this organization.",
                )
                .with(
                    "X-GitHub-SSO",
                    format!("required; url=https://github.com/orgs/{org}/sso?authorization_request=FAKEREQUEST"),
                ),
            ),
            State::Gateway => Some(SimResponse {
                status: 403,
                headers: vec![("Content-Type".into(), "text/html; charset=utf-8".into())],
                body: "<!DOCTYPE html><html><title>Acme Secure Gateway</title><body>Sign in to continue.</body></html>"
                    .into(),
            }),
            State::Good | State::PartialSso(_) | State::RequiredSso(_) => None,
        }
    }

    /// The headers that tell about the token.
    fn dressed(&self, holder: &Holder, response: SimResponse, accepted: &str, now: Timestamp) -> SimResponse {
        let mut response = if response.headers.iter().any(|(name, _)| name == "X-GitHub-Request-Id") {
            response
        } else {
            self.signed(response)
        };
        if let Some(scopes) = holder.scopes {
            response = response.with("X-OAuth-Scopes", scopes).with("X-Accepted-OAuth-Scopes", accepted);
        }
        if let Some(ends) = holder.ends.header(now) {
            response = response.with("github-authentication-token-expiration", ends);
        }
        if !self.server {
            response = response
                .with("x-ratelimit-limit", "5000")
                .with("x-ratelimit-remaining", "4990")
                .with("x-ratelimit-used", "10")
                .with("x-ratelimit-reset", (now.as_second() + 1_800).to_string())
                .with("x-ratelimit-resource", "core");
        }
        response
    }
}

impl Site for GitHubSite {
    fn family(&self) -> FamilyId {
        FamilyId::new("github")
    }

    fn name(&self) -> String {
        if self.server { "github.acme.dev" } else { "github.com" }.to_owned()
    }

    fn url(&self, listen: &str) -> String {
        if self.server { listen.to_owned() } else { "https://github.com".to_owned() }
    }

    fn endpoints(&self, listen: &str) -> Vec<(String, String)> {
        vec![("web".to_owned(), listen.to_owned()), ("api".to_owned(), format!("{listen}{}", self.api_prefix()))]
    }

    fn roster(&self, _now: Timestamp) -> Vec<SimCredential> {
        self.holders()
            .into_iter()
            .map(|holder| {
                let label = holder.label.to_owned();
                credential(holder, label)
            })
            .collect()
    }

    fn spare(&self, n: usize, _now: Timestamp) -> SimCredential {
        let team = ["billing", "search", "web", "mobile", "data", "infra", "docs", "payments"][n % 8];
        let task = ["deploy", "mirror", "ci", "release", "backup", "sync", "scan", "report"][n / 8 % 8];
        let place = if self.server { "ghes" } else { "gh" };
        credential(self.spare_holder(n), format!("{team}-{task}-{place}{n}"))
    }

    fn answer(&self, request: &SimRequest, now: Timestamp) -> SimResponse {
        let Some(path) = request.path.strip_prefix(self.api_prefix()) else {
            return self.web();
        };
        if request.header("user-agent").is_none_or(str::is_empty) {
            return self.signed(SimResponse {
                status: 403,
                headers: vec![("Content-Type".into(), "text/plain".into())],
                body: "Request forbidden. Please make sure your request has a User-Agent header.".into(),
            });
        }
        if let Some(version) = request.header("x-github-api-version")
            && !["2022-11-28", "2026-03-10"].contains(&version)
        {
            return self.error(400, "That API version is not a supported version.");
        }
        let path = if path.is_empty() { "/" } else { path };
        match (request.method.as_str(), path) {
            (_, path) if path.len() > 1 && path.ends_with('/') => self.error(404, "Not Found"),
            ("GET", "/meta") => self.meta(),
            ("GET", "/versions") if !self.server => {
                self.signed(SimResponse::json(200, &json!(["2022-11-28", "2026-03-10"])))
            }
            ("POST", "/credentials/revoke") => self.revoke_by_value(request),
            _ => self.authenticated(request, path, now),
        }
    }
}

impl GitHubSite {
    /// Web pages are HTML.
    fn web(&self) -> SimResponse {
        self.signed(SimResponse {
            status: 404,
            headers: vec![("Content-Type".into(), "text/html; charset=utf-8".into())],
            body: "<!DOCTYPE html><html><title>Page not found</title></html>".into(),
        })
    }
}

fn credential(holder: Holder, label: String) -> SimCredential {
    SimCredential {
        label,
        kind: holder.kind,
        username: Some(holder.login.to_owned()).filter(|login| !login.is_empty()),
        secret: holder.token,
        tags: holder.tags.iter().map(|tag| (*tag).to_owned()).collect(),
        note: holder.note.to_owned(),
        expect: holder.expect,
    }
}

fn bearer(request: &SimRequest) -> Option<&str> {
    let value = request.header("authorization")?;
    value.strip_prefix("Bearer ").or_else(|| value.strip_prefix("token ")).filter(|token| !token.is_empty())
}

fn user(holder: &Holder, server: bool) -> Value {
    json!({
        "login": holder.login, "id": holder.id, "type": holder.account, "name": null, "email": null,
        "site_admin": server && holder.label == "site-admin",
        "html_url": format!("https://github.com/{}", holder.login), "created_at": "2019-03-01T10:00:00Z"
    })
}

fn repositories(holder: &Holder) -> Value {
    json!({
        "total_count": 12, "repository_selection": "selected",
        "repositories": [{"id": 9_001, "name": "platform", "full_name": format!("{}/platform", holder.login),
            "private": true, "owner": {"login": holder.login, "id": holder.id, "type": "Organization"}}]
    })
}

fn rate_limit(now: Timestamp) -> Value {
    let core = json!({"limit": 5000, "used": 10, "remaining": 4990, "reset": now.as_second() + 1_800});
    json!({"resources": {"core": core}, "rate": core})
}
