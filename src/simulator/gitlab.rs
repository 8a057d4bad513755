//! A simulated GitLab: gitlab.com, and a Self-Managed one under a relative URL root.
//!
//! Answers as GitLab's API documentation describes; knows nothing of the adapter. Its tokens are in [`tokens`].

mod tokens;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde_json::{Value, json};

use self::tokens::{Life, Spares, Token};
use super::{SimCredential, SimRequest, SimResponse, Site};
use crate::domain::FamilyId;

const EXPIRED: &str = "Token is expired. You can either do re-authorization or token refresh.";
const REVOKED: &str = "Token was revoked. You have to re-authorize from the user.";

/// One installation with its tokens. Revoked ones stay revoked as long as it lives.
pub struct GitLabSite {
    name: &'static str,
    /// Relative URL root with its leading slash, or empty.
    root: &'static str,
    version: &'static str,
    tokens: Vec<Token>,
    spares: Spares,
    revoked: Mutex<BTreeSet<String>>,
    maintenance: AtomicBool,
}

impl GitLabSite {
    /// Plays gitlab.com.
    #[must_use]
    pub fn com() -> Self {
        Self {
            name: "gitlab.com",
            root: "",
            version: "19.6.0-ee",
            tokens: tokens::com(),
            spares: Spares { prefix: "glpat-", label: "com-project" },
            revoked: Mutex::default(),
            maintenance: AtomicBool::new(false),
        }
    }

    /// Plays a Self-Managed installation under `/gitlab`, with the instance token prefix `ACME`.
    #[must_use]
    pub fn self_managed() -> Self {
        Self {
            name: "gitlab.acme.dev",
            root: "/gitlab",
            version: "19.4.2-ee",
            tokens: tokens::self_managed(),
            spares: Spares { prefix: "ACME-glpat-", label: "acme-project" },
            ..Self::com()
        }
    }

    /// Turns Maintenance Mode on or off: reading goes on, everything else is answered with 503.
    pub fn set_maintenance(&self, on: bool) {
        self.maintenance.store(on, Ordering::Relaxed);
    }

    fn token(&self, secret: &str) -> Option<Token> {
        self.tokens.iter().find(|t| t.secret == secret).cloned().or_else(|| self.spares.of(secret))
    }

    fn token_by_id(&self, id: u64) -> Option<Token> {
        self.tokens.iter().find(|t| t.id == id && !t.oauth).cloned().or_else(|| self.spares.by_id(id))
    }

    fn is_revoked(&self, token: &Token) -> bool {
        token.life == Life::Revoked || self.revoked.lock().is_ok_and(|r| r.contains(&token.secret))
    }

    fn revoke(&self, token: &Token) -> SimResponse {
        if let Ok(mut revoked) = self.revoked.lock() {
            revoked.insert(token.secret.clone());
        }
        SimResponse { status: 204, ..SimResponse::default() }
    }

    fn credential(&self, token: &Token) -> SimCredential {
        SimCredential {
            label: token.label.clone(),
            kind: token.kind,
            username: None,
            secret: token.secret.clone(),
            tags: token.tags.iter().map(|t| (*t).to_owned()).collect(),
            note: token.note.to_owned(),
            expect: token.expect,
        }
    }

    /// Who asks, or the refusal. Expiry is looked at before revocation, the account after both.
    fn signer(&self, request: &SimRequest) -> Result<Token, Box<SimResponse>> {
        let bearer = request.header("authorization").and_then(|h| h.strip_prefix("Bearer "));
        let secret = request.header("private-token").or(bearer);
        let found = secret.and_then(|s| self.token(s));
        // An OAuth token is taken as a Bearer only.
        let Some(token) = found.filter(|t| !t.oauth || bearer == Some(&t.secret)) else {
            return Err(Box::new(message(401, "401 Unauthorized")));
        };
        match token.life {
            Life::Expired => Err(Box::new(token_error(401, "invalid_token", EXPIRED))),
            _ if self.is_revoked(&token) => Err(Box::new(token_error(401, "invalid_token", REVOKED))),
            Life::Blocked => Err(Box::new(message(403, "403 Forbidden - Your account has been blocked."))),
            Life::RateLimited => Err(Box::new(too_many())),
            Life::BadGateway => Err(Box::new(bad_gateway())),
            _ => Ok(token),
        }
    }

    fn api(&self, method: &str, path: &str, request: &SimRequest, now: Timestamp) -> SimResponse {
        if method != "GET" && self.maintenance.load(Ordering::Relaxed) {
            return message(503, "GitLab Maintenance: system is in maintenance mode");
        }
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let answer = match (method, parts.as_slice()) {
            ("GET", ["personal_access_tokens", "self"]) => self.signer(request).map(|t| own_record(&t, now)),
            ("DELETE", ["personal_access_tokens", "self"]) => {
                self.signer(request).map(|t| if t.may_revoke() { self.revoke(&t) } else { missing("Revoke") })
            }
            ("DELETE", ["personal_access_tokens", id] | ["projects" | "groups", _, "access_tokens", id]) => {
                self.signer(request).map(|t| self.revoke_by_id(&t, id))
            }
            ("GET", ["user"]) => self.signer(request).map(|t| user(&t)),
            ("GET", ["version" | "metadata"]) => self.signer(request).map(|t| {
                if t.has(&["read_user", "read_api", "api"]) {
                    SimResponse::json(
                        200,
                        &json!({"version": self.version, "revision": "0a1b2c3d4e5", "enterprise": true}),
                    )
                } else {
                    insufficient("api read_user read_api")
                }
            }),
            _ => Ok(SimResponse::json(404, &json!({"error": "404 Not Found"}))),
        };
        answer.unwrap_or_else(|refusal| *refusal)
    }

    fn revoke_by_id(&self, signer: &Token, id: &str) -> SimResponse {
        if !signer.has(&["api"]) {
            return insufficient("api");
        }
        match id.parse().ok().and_then(|id| self.token_by_id(id)) {
            Some(token) if token.owner != signer.owner => message(400, "400 Bad request"),
            Some(token) if self.is_revoked(&token) => message(400, "400 Bad request"),
            Some(token) => self.revoke(&token),
            None => message(401, "401 Unauthorized"),
        }
    }
}

impl Site for GitLabSite {
    fn family(&self) -> FamilyId {
        FamilyId::new("gitlab")
    }

    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn url(&self, listen: &str) -> String {
        if self.root.is_empty() { format!("https://{}", self.name) } else { format!("{listen}{}", self.root) }
    }

    fn endpoints(&self, listen: &str) -> Vec<(String, String)> {
        let web = format!("{listen}{}", self.root);
        vec![("api".to_owned(), format!("{web}/api/v4")), ("web".to_owned(), web)]
    }

    fn roster(&self, _now: Timestamp) -> Vec<SimCredential> {
        self.tokens.iter().map(|t| self.credential(t)).collect()
    }

    fn spare(&self, n: usize, _now: Timestamp) -> SimCredential {
        self.credential(&self.spares.nth(u32::try_from(n).unwrap_or(u32::MAX)))
    }

    fn answer(&self, request: &SimRequest, now: Timestamp) -> SimResponse {
        let Some(path) = request.path.strip_prefix(self.root).filter(|p| p.is_empty() || p.starts_with('/')) else {
            // Outside the relative root another program answers.
            return html(404, "Not Found");
        };
        let answer = match path.strip_prefix("/api/v4") {
            Some(api) => self.api(&request.method, api, request, now),
            None if request.method == "GET" && path == "/oauth/token/info" => {
                self.signer(request).map_or_else(|refusal| *refusal, |t| token_info(&t, now))
            }
            None => return html(200, "Sign in &middot; GitLab"),
        };
        if answer.headers.iter().any(|(_, value)| value == "text/html") {
            return answer;
        }
        answer.with("X-Gitlab-Meta", r#"{"correlation_id":"01KEYRACKDEMO0000000000000","version":"1"}"#)
    }
}

/// The record of the token itself; any legacy scope is enough.
fn own_record(token: &Token, now: Timestamp) -> SimResponse {
    if token.oauth {
        let text = "400 Bad request - This endpoint requires token type to be a personal access token";
        return message(400, text);
    }
    if token.granular && !token.permits("read_personal_access_token") {
        return missing("Read");
    }
    let mut record = json!({
        "id": token.id,
        "name": token.name,
        "description": token.note,
        "revoked": false,
        "active": true,
        "created_at": stamp(now, -token.age_days),
        "last_used_at": stamp(now, 0),
        "last_used_ips": ["192.0.2.7"],
        "scopes": token.scopes,
        "user_id": token.user.id,
        "expires_at": token.ends_in_days.map(|days| day(now, days)),
    });
    if token.granular {
        record["granular"] = Value::Bool(true);
        record["granular_scopes"] = token
            .permissions
            .iter()
            .map(|(access, project, group, names)| {
                json!({"access": access, "permissions": names, "project_id": project, "group_id": group})
            })
            .collect();
    }
    SimResponse::json(200, &record)
}

fn user(token: &Token) -> SimResponse {
    if token.granular && !token.permits("read_user") {
        return granular("user", "User: Read");
    }
    if !token.granular && !token.has(&["api", "read_api", "read_user"]) {
        return insufficient("api read_api read_user");
    }
    let user = &token.user;
    SimResponse::json(
        200,
        &json!({"id": user.id, "username": user.login, "name": user.name, "state": "active", "bot": user.bot}),
    )
}

fn token_info(token: &Token, now: Timestamp) -> SimResponse {
    SimResponse::json(
        200,
        &json!({"resource_owner_id": token.user.id, "scope": token.scopes, "expires_in": 5400,
                "application": {"uid": "keyrack-demo-application"}, "created_at": now.as_second() - 1800}),
    )
}

/// Errors of API helpers.
fn message(status: u16, text: &str) -> SimResponse {
    SimResponse::json(status, &json!({"message": text}))
}

/// Errors of token checks; only a 401 has the header.
fn token_error(status: u16, error: &str, description: &str) -> SimResponse {
    let answer = SimResponse::json(status, &json!({"error": error, "error_description": description}));
    if status != 401 {
        return answer;
    }
    let realm = format!(r#"Bearer realm="Protected by OAuth 2.0", error="{error}", error_description="{description}""#);
    answer.with("WWW-Authenticate", realm)
}

fn insufficient(scopes: &str) -> SimResponse {
    let text = "The request requires higher privileges than provided by the access token.";
    SimResponse::json(403, &json!({"error": "insufficient_scope", "error_description": text, "scope": scopes}))
}

fn missing(action: &str) -> SimResponse {
    granular("user", &format!("Personal Access Token: {action}"))
}

fn granular(boundary: &str, permission: &str) -> SimResponse {
    let text = format!(
        "Access denied: This operation requires a fine-grained personal access token with the following {boundary} \
         permissions: [{permission}]."
    );
    token_error(403, "insufficient_granular_scope", &text)
}

fn too_many() -> SimResponse {
    SimResponse {
        status: 429,
        headers: vec![("Content-Type".into(), "text/plain".into())],
        body: "Retry later\n".into(),
    }
    .with("RateLimit-Name", "throttle_authenticated_api")
    .with("RateLimit-Limit", "2000")
    .with("RateLimit-Observed", "2001")
    .with("RateLimit-Remaining", "0")
    .with("Retry-After", "42")
}

fn bad_gateway() -> SimResponse {
    html(502, "GitLab is not responding")
}

fn html(status: u16, title: &str) -> SimResponse {
    SimResponse {
        status,
        headers: vec![("Content-Type".into(), "text/html".into())],
        body: format!("<!DOCTYPE html><html><head><title>{title}</title></head><body>{title}</body></html>"),
    }
}

fn stamp(now: Timestamp, days: i64) -> String {
    format!("{}T07:12:44.120Z", day(now, days))
}

fn day(now: Timestamp, days: i64) -> String {
    let date = now.to_zoned(TimeZone::UTC).date();
    date.checked_add(days.days()).unwrap_or(date).to_string()
}
