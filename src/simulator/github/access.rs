//! What GitHub shows to those who watch over tokens: an organisation's fine-grained ones to an app, those authorised for
//! single sign-on to an owner, all classic ones of a server to its site administrator. And repositories, to be read.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::roster::{Holder, Waits, grants, requests};
use super::{DOCS, GitHubSite, SimRequest, SimResponse};
use crate::domain::Kind;

/// The private repository that the documentation token reaches.
const HANDBOOK: &str = "/repos/acme/handbook";
/// A public one.
const SITE: &str = "/repos/acme/site";

impl GitHubSite {
    /// Answers what is asked for by holders of tokens that work; none for paths that are not here.
    pub(super) fn access(
        &self,
        holder: &Holder,
        request: &SimRequest,
        path: &str,
        now: Timestamp,
    ) -> Option<SimResponse> {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let method = request.method.as_str();
        let app = holder.token.starts_with("ghs_");
        Some(match (method, parts.as_slice()) {
            (_, ["orgs", _, "personal-access-tokens" | "personal-access-token-requests", ..]) if !app => {
                self.error(404, "Not Found")
            }
            (_, ["orgs", org, ..]) if *org != "acme" => self.error(404, "Not Found"),
            ("GET", ["orgs", _, "personal-access-tokens"]) => {
                let rows = grants().into_iter().filter(|g| !self.is_gone("grant", g.id)).map(|g| grant(&g, now));
                self.signed(SimResponse::json(200, &Value::Array(rows.collect())))
            }
            ("GET", ["orgs", _, "personal-access-token-requests"]) => {
                let rows = requests().into_iter().filter(|g| !self.is_gone("request", g.id)).map(|g| grant(&g, now));
                self.signed(SimResponse::json(200, &Value::Array(rows.collect())))
            }
            ("POST", ["orgs", _, "personal-access-tokens"]) => self.settle(request, "revoke", "pat_ids", "grant"),
            ("POST", ["orgs", _, "personal-access-token-requests"]) => {
                self.settle(request, "deny", "pat_request_ids", "request")
            }
            (_, ["orgs", _, "credential-authorizations", ..]) if !owns(holder, method) || self.server => {
                self.error(404, "Not Found")
            }
            ("GET", ["orgs", _, "credential-authorizations"]) => {
                self.signed(SimResponse::json(200, &self.authorisations(now)))
            }
            ("DELETE", ["orgs", _, "credential-authorizations", id]) => match id.parse() {
                Ok(id @ 501..=503) if !self.is_gone("sso", id) => self.end("sso", &[id], 204),
                _ => self.error(404, "Not Found"),
            },
            (_, ["admin", ..]) if !self.server || holder.label != "site-admin" => self.error(404, "Not Found"),
            ("GET", ["admin", "tokens"]) => self.signed(SimResponse::json(200, &self.all_tokens())),
            ("DELETE", ["admin", "tokens", id]) => self.delete_token(holder, id),
            ("GET", ["user", _, ..]) if holder.kind == Kind::FineGrainedPat => self.lacks("the_account"),
            ("GET", ["repos", ..]) => self.repository(holder, path),
            _ => return None,
        })
    }

    fn is_gone(&self, sort: &str, id: u64) -> bool {
        self.is_revoked(&format!("{sort}/{id}"))
    }

    fn end(&self, sort: &str, ids: &[u64], status: u16) -> SimResponse {
        if let Ok(mut revoked) = self.revoked.lock() {
            revoked.extend(ids.iter().map(|id| format!("{sort}/{id}")));
        }
        self.signed(SimResponse { status, ..SimResponse::default() })
    }

    /// Takes away access, or denies requests, 1 to 100 at once.
    fn settle(&self, request: &SimRequest, action: &str, field: &str, sort: &str) -> SimResponse {
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        let ids: Vec<u64> = body[field].as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
        let known = if sort == "grant" { grants() } else { requests() };
        if body["action"] != action || !(1..=100).contains(&ids.len()) {
            let body = json!({"message": "Validation Failed", "documentation_url": DOCS, "status": "422"});
            return self.signed(SimResponse::json(422, &body));
        }
        if !ids.iter().all(|id| known.iter().any(|k| k.id == *id) && !self.is_gone(sort, *id)) {
            return self.error(404, "Not Found");
        }
        let mut answer = self.end(sort, &ids, 202);
        answer.headers.push(("Content-Type".into(), "application/json".into()));
        answer.body = "{}".into();
        answer
    }

    fn authorisations(&self, now: Timestamp) -> Value {
        let holders = self.holders();
        let eight = |label: &str| {
            let token = holders.iter().find(|h| h.label == label).map_or("", |h| h.token.as_str());
            token.get(token.len().saturating_sub(8)..).unwrap_or_default().to_owned()
        };
        let rows = [
            json!({"login": "acme-bot", "credential_id": 501, "credential_type": "personal access token",
                "token_last_eight": eight("ci-release"), "credential_authorized_at": stamp(now, -200),
                "credential_accessed_at": stamp(now, 0), "scopes": ["gist", "read:org", "repo", "workflow"],
                "authorized_credential_id": 9_501, "authorized_credential_note": "ci release",
                "authorized_credential_expires_at": stamp(now, 61)}),
            json!({"login": "tom-acme", "credential_id": 502, "credential_type": "personal access token",
                "token_last_eight": "Fake0042", "credential_authorized_at": stamp(now, -700),
                "credential_accessed_at": null, "scopes": ["admin:org", "repo"], "authorized_credential_id": 9_502,
                "authorized_credential_note": "old scripts", "authorized_credential_expires_at": null}),
            json!({"login": "ana-acme", "credential_id": 503, "credential_type": "SSH key",
                "credential_authorized_at": stamp(now, -90), "credential_accessed_at": stamp(now, -1),
                "fingerprint": "SHA256:KeyrackFakeFingerprint", "authorized_credential_title": "ana's laptop"}),
        ];
        rows.into_iter().filter(|row| !self.is_gone("sso", row["credential_id"].as_u64().unwrap_or(0))).collect()
    }

    /// Every classic token of the server.
    fn all_tokens(&self) -> Value {
        let holders = self.holders().into_iter().enumerate().filter(|(_, h)| !self.is_revoked(&h.token));
        holders
            .map(|(n, holder)| {
                let scopes: Vec<&str> = holder.scopes.unwrap_or_default().split(", ").collect();
                json!({"id": n + 1, "url": "https://github.acme.dev/api/v3/authorizations/1", "scopes": scopes,
                    "token": "", "token_last_eight": holder.token.get(holder.token.len() - 8..),
                    "note": holder.label, "created_at": "2025-01-15T08:00:00Z", "expires_at": null, "fingerprint": null,
                    "app": {"name": "personal access token"}, "user": {"login": holder.login, "id": holder.id}})
            })
            .collect()
    }

    fn delete_token(&self, signer: &Holder, id: &str) -> SimResponse {
        let at: Option<usize> = id.parse().ok().and_then(|id: usize| id.checked_sub(1));
        let holder = at.and_then(|at| self.holders().into_iter().nth(at));
        match holder.filter(|h| !self.is_revoked(&h.token)) {
            None => self.error(404, "Not Found"),
            Some(holder) if holder.token == signer.token => self.error(403, "Cannot delete the token in use."),
            Some(holder) => {
                if let Ok(mut revoked) = self.revoked.lock() {
                    revoked.insert(holder.token);
                }
                self.signed(SimResponse { status: 204, ..SimResponse::default() })
            }
        }
    }

    fn repository(&self, holder: &Holder, path: &str) -> SimResponse {
        let fine = holder.kind == Kind::FineGrainedPat;
        let sees = |name: &str| path == name || path.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'));
        let repo = holder.scopes.is_some_and(|s| s.split(", ").any(|s| s == "repo"));
        let (name, private) = match () {
            () if sees(SITE) => (SITE, false),
            () if sees(HANDBOOK) && (repo || (fine && holder.label == "docs-bot")) => (HANDBOOK, true),
            () => return self.error(404, "Not Found"),
        };
        let below = path.strip_prefix(name).unwrap_or_default();
        match below {
            "" => {
                self.signed(SimResponse::json(200, &json!({"full_name": &name[7..], "private": private, "id": 4711})))
            }
            // What the documentation token may: contents, and metadata as every one.
            "/commits" | "/collaborators" => self.signed(SimResponse::json(200, &json!([]))),
            "/issues" | "/pulls" if !private => self.signed(SimResponse::json(200, &json!([]))),
            _ if repo => self.signed(SimResponse::json(200, &json!({}))),
            "/hooks" | "/security-advisories" => self.error(404, "Not Found"),
            other => self.lacks(match other {
                "/issues" => "issues=read",
                "/pulls" => "pull_requests=read",
                "/actions/secrets" => "secrets=read",
                "/rulesets/rule-suites" => "administration=write",
                "/actions/permissions" => "administration=read",
                _ => "another_permission=read",
            }),
        }
    }

    fn lacks(&self, permission: &str) -> SimResponse {
        self.error(403, "Resource not accessible by personal access token")
            .with("X-Accepted-GitHub-Permissions", permission)
    }
}

/// Listing takes an owner with `read:org`, ending one `admin:org`.
fn owns(holder: &Holder, method: &str) -> bool {
    let scopes: Vec<&str> = holder.scopes.unwrap_or_default().split(", ").collect();
    let enough = if method == "GET" { &["read:org", "admin:org"][..] } else { &["admin:org"][..] };
    holder.login == "ana-acme" && scopes.iter().any(|s| enough.contains(s))
}

fn grant(of: &Waits, now: Timestamp) -> Value {
    let since = if of.reason.is_empty() { "access_granted_at" } else { "created_at" };
    json!({"id": of.id, "owner": {"login": of.owner, "id": 4_100_217}, "repository_selection": "subset",
        "repositories_url": format!("https://api.github.com/organizations/77/personal-access-tokens/{}/repositories", of.id),
        "permissions": {"repository": of.permissions.iter().copied().collect::<std::collections::BTreeMap<_, _>>()},
        since: stamp(now, -50), "reason": of.reason, "token_id": of.id + 5_000, "token_name": of.name,
        "token_expired": of.ends.is_some_and(|days| days < 0), "token_expires_at": of.ends.map(|days| stamp(now, days)),
        "token_last_used_at": null})
}

fn stamp(now: Timestamp, days: i64) -> String {
    let at = now.checked_add(jiff::SignedDuration::from_hours(days * 24)).unwrap_or(now);
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
