//! A simulated Bitbucket Cloud: REST 2.0, the OAuth token endpoint, and what git is answered.
//!
//! Plays what the vendor documents: Basic with the e-mail address for API tokens and with other names for git, Bearer for
//! access and OAuth tokens, the headers that list type and scopes, refusals that name the missing scope, the one 401 for
//! every bad credential, endpoints that are gone. There is no API for tokens, so what people do on the pages is done
//! here by [`BitbucketCloud::revoke_by_hand`] and [`BitbucketCloud::rotate_by_hand`].
//! <https://developer.atlassian.com/cloud/bitbucket/rest/>

mod answers;
mod roster;
mod state;

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::json;

use super::{SimCredential, SimRequest, SimResponse, Site};
use crate::domain::FamilyId;
use answers::{error, forbidden, not_found, page, removed, scope_missing, unauthorised};
use roster::{Fate, Holder, Sort};
use state::{Caller, State};

/// The workspace of this site.
const WORKSPACE: &str = "acme";
/// Its repository; its name differs from its slug, as people like to have it.
const REPOSITORY: &str = "web";
const REPOSITORY_NAME: &str = "Web Site";

/// The site.
#[derive(Debug, Default)]
pub struct BitbucketCloud {
    state: Mutex<State>,
}

impl BitbucketCloud {
    /// A site with nothing revoked and no OAuth token handed out.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What *Revoke* on the page of a token does. Says whether there was such a token.
    pub fn revoke_by_hand(&self, secret: &str) -> bool {
        self.state().revoke(secret)
    }

    /// What *Rotate* on the page of an access token does: gives the new secret, and leaves the old one 30 minutes.
    pub fn rotate_by_hand(&self, secret: &str, now: Timestamp) -> Option<String> {
        self.state().rotate(secret, now)
    }

    // A panicking thread elsewhere must not take the site down; its state stays consistent between statements.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Site for BitbucketCloud {
    fn family(&self) -> FamilyId {
        FamilyId::new("bitbucket-cloud")
    }

    fn name(&self) -> String {
        "bitbucket.org".to_owned()
    }

    fn url(&self, listen: &str) -> String {
        listen.to_owned()
    }

    fn endpoints(&self, listen: &str) -> Vec<(String, String)> {
        vec![("web".to_owned(), listen.to_owned()), ("api".to_owned(), format!("{listen}/2.0"))]
    }

    fn roster(&self, _now: Timestamp) -> Vec<SimCredential> {
        roster::roster()
    }

    fn spare(&self, n: usize, _now: Timestamp) -> SimCredential {
        roster::spare(n)
    }

    fn answer(&self, request: &SimRequest, now: Timestamp) -> SimResponse {
        let mut state = self.state();
        match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/site/oauth2/access_token") => state.hand_out(request, now),
            ("GET", path) if path.ends_with(".git/info/refs") => git(&state, request, now),
            (method, path) => match path.strip_prefix("/2.0/") {
                Some(rest) => rest_api(&state, request, method, rest, now),
                None => SimResponse {
                    status: 404,
                    body: "<!DOCTYPE html><h1>Not found</h1>".to_owned(),
                    headers: Vec::new(),
                }
                .with("Content-Type", "text/html; charset=utf-8"),
            },
        }
    }
}

fn rest_api(state: &State, request: &SimRequest, method: &str, path: &str, now: Timestamp) -> SimResponse {
    let segments: Vec<&str> = path.split('/').collect();
    if let ["workspaces" | "repositories"] | ["user", "permissions", ..] = segments.as_slice() {
        return removed();
    }
    let caller = match state.caller(request.header("authorization"), now) {
        Caller::Holder(holder) => holder,
        Caller::Expired => return error(401, "Access token expired."),
        Caller::Anonymous | Caller::Unknown => return unauthorised(),
    };
    match caller.fate {
        Fate::RateLimited => {
            return error(429, "Rate limit for this resource has been exceeded")
                .with("X-RateLimit-Limit", "1000")
                .with("X-RateLimit-Resource", "api")
                .with("X-RateLimit-NearLimit", "true");
        }
        Fate::Gateway => {
            return SimResponse { status: 403, body: "blocked by policy".to_owned(), headers: Vec::new() }
                .with("Content-Type", "text/plain");
        }
        _ => {}
    }
    if method != "GET" {
        return error(405, "Method not allowed");
    }
    let (answer, wanted) = get(&caller, &segments);
    let answer = match caller.sort.header() {
        Some(sort) => answer.with("X-Credential-Type", sort),
        None => answer,
    };
    let answer = answer.with("X-OAuth-Scopes", caller.scopes.join(", "));
    if wanted.is_empty() { answer } else { answer.with("X-Accepted-OAuth-Scopes", wanted.join(", ")) }
}

/// The answer and the scopes that the request wants.
fn get(caller: &Holder, segments: &[&str]) -> (SimResponse, Vec<&'static str>) {
    let modern = caller.sort == Sort::Api;
    let of = |new: &'static str, old: &'static str| vec![if modern { new } else { old }];
    let wanted = match segments {
        ["user" | "user/"] => of("read:user:bitbucket", "account"),
        ["user", "emails"] => of("read:user:bitbucket", "email"),
        ["user", "workspaces"] | ["user", "workspaces", _, "permission"] => of("read:workspace:bitbucket", "account"),
        ["user", "workspaces", _, "permissions", "repositories"] => of("read:repository:bitbucket", "repository"),
        ["workspaces", _] if modern => vec!["read:workspace:bitbucket"],
        ["workspaces", _] => Vec::new(),
        ["repositories", _] | ["repositories", _, _] => of("read:repository:bitbucket", "repository"),
        // An unknown path is answered without a word.
        _ => return (SimResponse { status: 400, ..SimResponse::default() }, Vec::new()),
    };
    if let Some(missing) = wanted.iter().find(|scope| !caller.holds(scope)) {
        return (scope_missing(missing, &caller.scopes), wanted);
    }
    // An access token has no user, whatever its scopes.
    if caller.sort.is_access_token() && segments.first() == Some(&"user") {
        return (scope_missing("account", &caller.scopes), wanted);
    }
    if caller.fate == Fate::IpBlocked {
        return (forbidden(), wanted);
    }
    let answer = match segments {
        ["user"] => SimResponse::json(200, &caller.account_json()),
        ["user", "emails"] => {
            let mail = json!({"type": "email", "email": caller.email, "is_primary": true, "is_confirmed": true});
            page(vec![mail])
        }
        ["user", "workspaces"] if caller.fate == Fate::NoWorkspace => page(Vec::new()),
        ["user", "workspaces"] => page(vec![json!({
            "type": "workspace_access", "administrator": caller.permission == "admin",
            "workspace": {"type": "workspace_base", "slug": WORKSPACE, "uuid": "{cccccccc-1111-4222-8333-dddddddddddd}"},
        })]),
        ["user", "workspaces", slug, ..] | ["workspaces", slug] | ["repositories", slug, ..]
            if *slug != WORKSPACE || caller.fate == Fate::NoWorkspace =>
        {
            not_found(&format!("No workspace with identifier '{slug}'."))
        }
        ["user", "workspaces", _, "permission"] => {
            let role = if caller.permission == "admin" { "owner" } else { "member" };
            SimResponse::json(200, &json!({"type": "workspace_membership", "permission": role}))
        }
        ["user", "workspaces", _, "permissions", "repositories"] => page(vec![json!({
            "type": "repository_permission", "permission": caller.permission, "repository": repository(),
        })]),
        ["workspaces", _] => SimResponse::json(200, &json!({"type": "workspace", "slug": WORKSPACE, "name": "Acme"})),
        ["repositories", _] => page(vec![repository()]),
        ["repositories", _, slug] if *slug == REPOSITORY => SimResponse::json(200, &repository()),
        ["repositories", _, "secret-plans"] => forbidden(),
        ["repositories", _, slug] => not_found(&format!("Repository {WORKSPACE}/{slug} not found")),
        _ => SimResponse { status: 400, ..SimResponse::default() },
    };
    (answer, wanted)
}

fn repository() -> serde_json::Value {
    json!({
        "type": "repository", "name": REPOSITORY_NAME, "slug": REPOSITORY, "is_private": true,
        "full_name": format!("{WORKSPACE}/{REPOSITORY}"),
    })
}

/// `GET …/info/refs`: what git asks first.
fn git(state: &State, request: &SimRequest, now: Timestamp) -> SimResponse {
    let challenge = |status: u16, text: &str| {
        SimResponse { status, body: text.to_owned(), headers: Vec::new() }
            .with("Content-Type", "text/plain")
            .with("WWW-Authenticate", r#"Basic realm="Bitbucket.org HTTP""#)
    };
    let holder = match state.git_caller(request.header("authorization"), now) {
        Caller::Holder(holder) => holder,
        _ => return challenge(401, ""),
    };
    let service = request.query.strip_prefix("service=").unwrap_or("");
    let wanted = match (service, holder.sort == Sort::Api) {
        ("git-receive-pack", true) => "write:repository:bitbucket",
        ("git-receive-pack", false) => "repository:write",
        (_, true) => "read:repository:bitbucket",
        (_, false) => "repository",
    };
    if request.path != format!("/{WORKSPACE}/{REPOSITORY}.git/info/refs") {
        let text = "You may not have access to this repository or it no longer exists in this workspace. If you think this \
                    repository exists and you have access, make sure you are authenticated.";
        return challenge(404, text);
    }
    if !holder.holds(wanted) {
        return challenge(403, "");
    }
    SimResponse { status: 200, body: format!("001e# service={service}\n0000"), headers: Vec::new() }
        .with("Content-Type", format!("application/x-{service}-advertisement"))
}
