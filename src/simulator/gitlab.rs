//! A simulated GitLab: gitlab.com, and a Self-Managed one under a relative URL root.
//!
//! Answers as GitLab's API documentation describes; knows nothing of the adapter. Its tokens are in [`roster`] and
//! [`spares`], the endpoints that list, make and rotate them in [`manage`], those of a group's Owner in [`groups`], of an
//! administrator in [`admin`]; [`state`] is what changes while it runs.

mod admin;
mod answers;
mod forms;
mod groups;
mod manage;
mod roster;
mod spares;
mod state;
mod tokens;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::json;

use self::answers::{
    EXPIRED, REVOKED, bad_gateway, html, insufficient, message, missing, own_record, token_error, token_info, too_many,
    user,
};
use self::spares::Spares;
use self::state::State;
use self::tokens::{ADMIN, Life, Token, User};
use super::{SimCredential, SimRequest, SimResponse, Site};
use crate::domain::FamilyId;

/// One installation with its tokens. Revoked ones stay revoked as long as it lives.
pub struct GitLabSite {
    name: &'static str,
    /// Relative URL root with its leading slash, or empty.
    root: &'static str,
    version: &'static str,
    tokens: Vec<Token>,
    spares: Spares,
    state: Mutex<State>,
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
            tokens: roster::com(),
            spares: Spares { prefix: "glpat-", label: "com-project" },
            state: Mutex::default(),
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
            tokens: roster::self_managed(),
            spares: Spares { prefix: "ACME-glpat-", label: "acme-project" },
            ..Self::com()
        }
    }

    /// Turns Maintenance Mode on or off: reading goes on, everything else is answered with 503.
    pub fn set_maintenance(&self, on: bool) {
        self.maintenance.store(on, Ordering::Relaxed);
    }

    fn with_state<T>(&self, then: impl FnOnce(&mut State) -> T) -> T {
        then(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Those that are known by name, then those made while it runs; not the spares.
    fn every_token(&self) -> Vec<Token> {
        let made: Vec<Token> = self.with_state(|state| state.made().cloned().collect());
        self.tokens.iter().cloned().chain(made).collect()
    }

    fn token(&self, secret: &str) -> Option<Token> {
        self.every_token().into_iter().find(|t| t.secret == secret).or_else(|| self.spares.of(secret))
    }

    fn token_by_id(&self, id: u64) -> Option<Token> {
        self.every_token().into_iter().find(|t| t.id == id && !t.oauth).or_else(|| self.spares.by_id(id))
    }

    /// The account of that number.
    fn user(&self, id: &str) -> Option<User> {
        let id: u64 = id.parse().ok()?;
        self.every_token().into_iter().map(|t| t.user).find(|u| u.id == id)
    }

    fn is_revoked(&self, token: &Token) -> bool {
        token.life == Life::Revoked || self.with_state(|state| state.is_revoked(token.id))
    }

    fn revoke(&self, token: &Token) -> SimResponse {
        self.with_state(|state| state.revoke(token.id));
        SimResponse { status: 204, ..SimResponse::default() }
    }

    fn credential(&self, token: &Token) -> SimCredential {
        SimCredential {
            label: token.label.clone(),
            kind: token.kind,
            username: token
                .service_of
                .map(|(sort, id)| format!("{}:{id}/service_accounts/{}", sort.trim_end_matches('s'), token.user.id)),
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
            _ if self.is_revoked(&token) => {
                // Automatic reuse detection: a dead token that rotates looks like a thief's.
                if request.method == "POST" && request.path.ends_with("/rotate") {
                    self.with_state(|state| state.revoke_family(token.id));
                }
                Err(Box::new(token_error(401, "invalid_token", REVOKED)))
            }
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
            ("POST", ["personal_access_tokens", id, "rotate"]) => {
                self.signer(request).map(|t| self.rotate(&t, None, id, request, now))
            }
            ("POST", [sort @ ("projects" | "groups"), of, "access_tokens", id, "rotate"]) => {
                self.signer(request).map(|t| self.rotate(&t, Some((sort, of)), id, request, now))
            }
            ("GET", ["personal_access_tokens", "self", "associations"]) => {
                self.signer(request).map(|t| self.associations(&t))
            }
            (
                _,
                [sort @ ("projects" | "groups"), of, "service_accounts", user, "personal_access_tokens", rest @ ..],
            ) => self.signer(request).map(|t| self.service_accounts(&t, (sort, of, user), rest, request, now)),
            (_, ["groups", of, "manage", sort @ ("personal_access_tokens" | "resource_access_tokens"), rest @ ..]) => {
                self.signer(request).map(|t| self.inventory(&t, (of, sort), rest, request, now))
            }
            ("POST" | "DELETE", ["admin", "token"]) if !self.root.is_empty() => {
                self.signer(request).map(|t| self.by_value(&t, request))
            }
            ("GET", ["personal_access_tokens"]) => self.signer(request).map(|t| self.list(&t, None, request, now)),
            ("GET", [sort @ ("projects" | "groups"), of, "access_tokens"]) => {
                self.signer(request).map(|t| self.list(&t, Some((sort, of)), request, now))
            }
            ("POST", ["user", "personal_access_tokens"]) => {
                self.signer(request).map(|t| self.make_personal(&t, None, request, now))
            }
            ("POST", ["users", id, "personal_access_tokens"]) => {
                self.signer(request).map(|t| self.make_personal(&t, Some(id), request, now))
            }
            ("POST", [sort @ ("projects" | "groups"), of, "access_tokens"]) => {
                self.signer(request).map(|t| self.make_shared(&t, (sort, of), request, now))
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

    /// Git over HTTPS: `acme/app` is private, `acme/handbook` open. Every refusal looks the same.
    fn git(&self, request: &SimRequest, path: &str) -> SimResponse {
        let password =
            request.header("authorization").and_then(|h| h.strip_prefix("Basic ")).and_then(answers::password);
        let reads = ["read_repository", "write_repository", "read_api", "api"];
        let may = |t: &Token| !self.is_revoked(t) && t.life == Life::Good && t.has(&reads);
        let name = path.trim_start_matches('/').split(".git").next().unwrap_or_default();
        match name {
            "acme/handbook" => answers::references(),
            "acme/app" if password.and_then(|p| self.token(&p)).is_some_and(|t| may(&t)) => answers::references(),
            _ => answers::git_denied(),
        }
    }

    fn revoke_by_id(&self, signer: &Token, id: &str) -> SimResponse {
        if !signer.has(&["api"]) {
            return insufficient("api");
        }
        match id.parse().ok().and_then(|id| self.token_by_id(id)) {
            Some(token) if token.owner != signer.owner && signer.user.id != ADMIN && !is_keeper(signer, &token) => {
                message(400, "400 Bad request")
            }
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
        self.tokens.iter().filter(|t| t.on_rack).map(|t| self.credential(t)).collect()
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
            None if request.method == "GET" && path.ends_with(".git/info/refs") => return self.git(request, path),
            None => return html(200, "Sign in &middot; GitLab"),
        };
        if answer.headers.iter().any(|(_, value)| value == "text/html") {
            return answer;
        }
        answer.with("X-Gitlab-Meta", r#"{"correlation_id":"01KEYRACKDEMO0000000000000","version":"1"}"#)
    }
}

/// Whether the signer is a Maintainer's bot of the other one's project or group.
fn is_keeper(signer: &Token, other: &Token) -> bool {
    let level = signer.access_level.is_some_and(|level| level >= 40);
    level && signer.resource().is_some() && signer.resource() == other.resource()
}
