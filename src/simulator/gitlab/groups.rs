//! What an Owner of a group does: the tokens of its service accounts, and at gitlab.com the inventory of its credentials.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::answers::{insufficient, message};
use super::manage::{Made, known};
use super::tokens::{ADMIN, Token};
use super::{GitLabSite, SimRequest, SimResponse};

/// The Owner of the group acme at gitlab.com.
const OWNER: u64 = 100;

/// Scopes of service accounts.
const SCOPES: &[&str] = &["api", "read_api", "read_user", "read_repository", "write_repository", "self_rotate"];

impl GitLabSite {
    /// `/groups/ID/service_accounts/USER/personal_access_tokens` and below; the same of projects.
    pub(super) fn service_accounts(
        &self,
        signer: &Token,
        (sort, of, user): (&str, &str, &str),
        rest: &[&str],
        request: &SimRequest,
        now: Timestamp,
    ) -> SimResponse {
        if !signer.has(&["api"]) && (request.method != "GET" || !signer.has(&["read_api"])) {
            return insufficient(if request.method == "GET" { "api read_api" } else { "api" });
        }
        let place = known((sort, of));
        let of_account = |t: &Token| {
            t.user.id.to_string() == user && t.service_of.is_some_and(|(s, id)| s == sort && Some(id) == place)
        };
        let listed: Vec<Token> = self.every_token().into_iter().filter(of_account).collect();
        let Some(first) = listed.first() else {
            return message(404, "404 User Not Found");
        };
        if ![OWNER, ADMIN].contains(&signer.user.id) {
            return message(403, "403 Forbidden");
        }
        let found = |id: &str| listed.iter().find(|t| t.id.to_string() == id);
        match (request.method.as_str(), rest) {
            ("GET", []) => self.page(&listed, request, now),
            ("POST", []) => {
                let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
                let made = Made { service: first.service_of, owner: Some(signer.user.id), level: None };
                self.make(&body, first.user.clone(), made, now, &|scope| SCOPES.contains(&scope))
            }
            ("DELETE", [id]) => match found(id) {
                Some(token) if !self.is_revoked(token) => self.revoke(token),
                Some(_) => message(400, "400 Bad request"),
                None => message(404, "404 Personal Access Token Not Found"),
            },
            ("POST", [id, "rotate"]) if found(id).is_some() => self.rotate(signer, None, id, request, now),
            _ => message(404, "404 Personal Access Token Not Found"),
        }
    }

    /// `GET /personal_access_tokens/self/associations`: the groups of which the user is Owner.
    pub(super) fn associations(&self, signer: &Token) -> SimResponse {
        let owns = signer.user.id == OWNER && self.is_com();
        let group = |id: u64, name: &str, parent: Option<u64>| {
            json!({"id": id, "name": name, "parent_id": parent, "organization_id": 1, "access_levels": [50],
                   "visibility": "private", "web_url": format!("https://gitlab.com/groups/{name}")})
        };
        // Below acme is a group of its own.
        let groups = if owns { vec![group(322, "acme", None), group(323, "acme-team", Some(322))] } else { Vec::new() };
        SimResponse::json(200, &json!({"groups": groups, "projects": []})).with("X-Page", "1").with("X-Next-Page", "")
    }

    /// `/groups/ID/manage/personal_access_tokens` and `…/resource_access_tokens`, and below.
    pub(super) fn inventory(
        &self,
        signer: &Token,
        (group, sort): (&str, &str),
        rest: &[&str],
        request: &SimRequest,
        now: Timestamp,
    ) -> SimResponse {
        if !self.is_com() || known(("groups", group)).is_none() {
            return message(404, "404 Group Not Found");
        }
        if signer.user.id != OWNER {
            return message(403, "403 Forbidden");
        }
        let bots = sort == "resource_access_tokens";
        let every = self.every_token().into_iter();
        let listed: Vec<Token> = every.filter(|t| t.user.bot == bots && !t.oauth).collect();
        match (request.method.as_str(), rest) {
            ("GET", []) => self.page(&listed, request, now),
            ("DELETE", [id]) if signer.has(&["api"]) => match listed.iter().find(|t| t.id.to_string() == *id) {
                Some(token) => self.revoke(token),
                None => message(404, "404 Personal Access Token Not Found"),
            },
            ("DELETE", [_]) => insufficient("api"),
            _ => SimResponse::json(404, &json!({"error": "404 Not Found"})),
        }
    }

    fn is_com(&self) -> bool {
        self.root.is_empty()
    }
}
