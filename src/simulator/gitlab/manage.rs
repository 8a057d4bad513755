//! The endpoints that list, make and rotate tokens of people, projects and groups.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use super::answers::{bad_parameter, granular, insufficient, message, missing, record};
use super::forms::fixed;
use super::tokens::{ADMIN, Life, Token, User, bot};
use super::{GitLabSite, SimRequest, SimResponse};
use crate::domain::Kind;

/// Longest life in days.
const LONGEST: i32 = 365;

/// What a personal token may be given by its own user.
const BY_ITSELF: &[&str] = &["k8s_proxy", "self_rotate"];

/// Scopes of project and group tokens.
const SHARED: &[&str] = &[
    "api",
    "read_api",
    "read_repository",
    "write_repository",
    "read_registry",
    "write_registry",
    "self_rotate",
    "create_runner",
    "manage_runner",
    "ai_features",
    "k8s_proxy",
];

/// What a new token has besides what was asked for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Made {
    /// Role.
    pub(super) level: Option<u64>,
    /// Who may revoke it by number; its user where none is named.
    pub(super) owner: Option<u64>,
    /// The project or group whose service account it acts as.
    pub(super) service: Option<(&'static str, u64)>,
}

impl GitLabSite {
    /// `POST …/ID/rotate` and `…/self/rotate`. `resource`: of a project or group.
    pub(super) fn rotate(
        &self,
        signer: &Token,
        resource: Option<(&str, &str)>,
        id: &str,
        request: &SimRequest,
        now: Timestamp,
    ) -> SimResponse {
        let itself = id == "self";
        if signer.oauth && itself {
            return message(405, "405 Method Not Allowed");
        }
        if signer.granular && !signer.permits("rotate_personal_access_token") {
            return missing("Rotate");
        }
        let enough: &[&str] = if itself { &["api", "self_rotate"] } else { &["api"] };
        if !signer.granular && !signer.has(enough) {
            return insufficient(if itself { "api self_rotate" } else { "api" });
        }
        let old = if itself { Some(signer.clone()) } else { id.parse().ok().and_then(|id| self.token_by_id(id)) };
        let Some(old) = old.filter(|t| is_in(t, resource)) else {
            return message(401, "401 Unauthorized");
        };
        if !itself && !self.manages(signer, &old) {
            return message(401, "401 Unauthorized");
        }
        if self.is_revoked(&old) {
            return message(400, "400 Bad request - Token already revoked");
        }
        if old.life == Life::Expired {
            return message(401, "401 Unauthorized");
        }
        // Left out, a token gets a week.
        let ends = match ends(request, 7, now) {
            Ok(ends) => ends,
            Err(refusal) => return *refusal,
        };
        let fresh = Token { ends_in_days: Some(ends), age_days: 0, ..old.clone() };
        self.with_state(|state| {
            state.revoke(old.id);
            let fresh = state.make(self.spares.prefix, fresh, Some(old.id));
            shown_once(&fresh, 200, now)
        })
    }

    /// `GET …/access_tokens` and `GET /personal_access_tokens`.
    pub(super) fn list(
        &self,
        signer: &Token,
        resource: Option<(&str, &str)>,
        request: &SimRequest,
        now: Timestamp,
    ) -> SimResponse {
        if signer.granular && !signer.permits("read_personal_access_token") {
            return missing("Read");
        }
        if !signer.granular && !signer.has(&["api", "read_api"]) {
            return insufficient("api read_api");
        }
        let listed: Vec<Token> = match resource {
            Some(_) if !self.may_manage(signer, resource) => return message(401, "401 Unauthorized"),
            Some(_) => self.every_token().into_iter().filter(|t| is_in(t, resource)).collect(),
            // An administrator sees those of all, anybody else the own ones.
            None => {
                let all = signer.user.id == ADMIN;
                let own = |t: &Token| t.user.id == signer.user.id && !t.user.bot;
                self.every_token().into_iter().filter(|t| !t.oauth && (own(t) || (all && !t.user.bot))).collect()
            }
        };
        self.page(&listed, request, now)
    }

    /// The page of a list that was asked for.
    pub(super) fn page(&self, listed: &[Token], request: &SimRequest, now: Timestamp) -> SimResponse {
        let number = |name: &str, or: usize| {
            let given = request.query.split('&').find_map(|p| p.strip_prefix(&format!("{name}=")).map(str::to_owned));
            given.and_then(|g| g.parse().ok()).unwrap_or(or)
        };
        let (page, size) = (number("page", 1).max(1), number("per_page", 20).clamp(1, 100));
        let pages = listed.len().div_ceil(size).max(1);
        let rows: Vec<Value> = listed
            .iter()
            .skip((page - 1) * size)
            .take(size)
            .map(|token| {
                let mut row = record(token, now);
                row["revoked"] = Value::Bool(self.is_revoked(token));
                row["active"] = Value::Bool(!self.is_revoked(token) && token.life != Life::Expired);
                if let (Some(level), Some((sort, id))) = (token.access_level, token.resource()) {
                    row["access_level"] = json!(level);
                    row["resource_type"] = json!(sort.trim_end_matches('s'));
                    row["resource_id"] = json!(id);
                }
                row
            })
            .collect();
        let next = if page < pages { (page + 1).to_string() } else { String::new() };
        SimResponse::json(200, &Value::Array(rows))
            .with("X-Page", page.to_string())
            .with("X-Per-Page", size.to_string())
            .with("X-Next-Page", next)
            .with("X-Total", listed.len().to_string())
            // Built from the external URL, which is not what was called.
            .with("Link", "<https://gitlab.internal.example/api/v4/personal_access_tokens?page=2>; rel=\"next\"")
    }

    /// `POST /user/personal_access_tokens`, `POST /users/ID/personal_access_tokens`.
    pub(super) fn make_personal(
        &self,
        signer: &Token,
        user: Option<&str>,
        request: &SimRequest,
        now: Timestamp,
    ) -> SimResponse {
        if signer.granular && !signer.permits("create_personal_access_token") {
            return missing("Create");
        }
        if !signer.granular && !signer.has(&["api"]) {
            return insufficient("api");
        }
        let user = match user {
            None => signer.user.clone(),
            Some(_) if signer.user.id != ADMIN => return message(403, "403 Forbidden"),
            Some(id) => match self.user(id) {
                Some(user) => user,
                None => return message(404, "404 User Not Found"),
            },
        };
        let service = self.every_token().into_iter().find(|t| t.user.id == user.id).and_then(|t| t.service_of);
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        let by_itself = user.id == signer.user.id && signer.user.id != ADMIN;
        let allowed = |scope: &str| !by_itself || BY_ITSELF.contains(&scope);
        self.make(&body, user, Made { service, ..Made::default() }, now, &allowed)
    }

    /// `POST /projects/ID/access_tokens`, `POST /groups/ID/access_tokens`.
    pub(super) fn make_shared(
        &self,
        signer: &Token,
        resource: (&str, &str),
        request: &SimRequest,
        now: Timestamp,
    ) -> SimResponse {
        if signer.granular {
            return granular("project", "Resource Access Token: Create");
        }
        if !signer.has(&["api"]) {
            return insufficient("api");
        }
        let Some(id) = known(resource) else {
            return message(404, if resource.0 == "groups" { "404 Group Not Found" } else { "404 Project Not Found" });
        };
        if signer.user.bot || !self.may_manage(signer, Some(resource)) {
            return message(400, "400 Bad request - User does not have permission to create project access token");
        }
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        let level = body["access_level"].as_u64().unwrap_or(40);
        if ![10, 15, 20, 30, 40, 50].contains(&level) {
            return bad_parameter("access_level does not have a valid value");
        }
        let name = body["name"].as_str().unwrap_or_default();
        let sort = resource.0.trim_end_matches('s');
        let number = 9_100 + self.with_state(|state| state.made().count()) as u64;
        let user = bot(number, sort, id, name);
        let made = Made { level: Some(level), owner: Some(signer.user.id), service: None };
        self.make(&body, user, made, now, &|scope| SHARED.contains(&scope))
    }

    pub(super) fn make(
        &self,
        body: &Value,
        user: User,
        made: Made,
        now: Timestamp,
        allowed: &dyn Fn(&str) -> bool,
    ) -> SimResponse {
        let Some(name) = body["name"].as_str().filter(|n| !n.is_empty()) else {
            return bad_parameter("name is missing");
        };
        let scopes: Vec<&str> = body["scopes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let boundaries = super::tokens::permissions(&body["granular_scopes"]);
        if !boundaries.is_empty() && !scopes.is_empty() {
            return bad_parameter("scopes, granular_scopes are mutually exclusive");
        }
        if boundaries.is_empty() && scopes.is_empty() {
            return bad_parameter("scopes is missing");
        }
        if !scopes.iter().all(|s| allowed(s)) {
            return bad_parameter("scopes does not have a valid value");
        }
        let ends = match ends(&SimRequest { body: body.to_string(), ..SimRequest::default() }, LONGEST, now) {
            Ok(ends) => ends,
            Err(refusal) => return *refusal,
        };
        let kind = match user.login.split('_').next().filter(|_| user.bot) {
            Some("project") => Kind::ProjectToken,
            Some("group") => Kind::GroupToken,
            _ if !boundaries.is_empty() => Kind::FineGrainedPat,
            _ if made.service.is_some() => Kind::ServiceAccountToken,
            _ => Kind::Pat,
        };
        let granular = !boundaries.is_empty();
        let scopes = if granular { vec!["granular"] } else { scopes };
        let mut token = Token::scoped(name, 0, user, &scopes, fixed("", ""));
        token.kind = kind;
        token.granular = granular;
        token.permissions = boundaries;
        token.ends_in_days = Some(ends);
        token.age_days = 0;
        token.access_level = made.level;
        token.service_of = made.service;
        token.owner = made.owner.unwrap_or(token.owner);
        self.with_state(|state| shown_once(&state.make(self.spares.prefix, token, None), 201, now))
    }

    /// Whether the signer may list and make tokens there: a Maintainer's bot of the resource, its people, an
    /// administrator.
    fn may_manage(&self, signer: &Token, resource: Option<(&str, &str)>) -> bool {
        let known = resource.and_then(known).is_some();
        let bot = is_in(signer, resource) && signer.access_level.is_some_and(|level| level >= 40);
        known && (bot || (!signer.user.bot && [ADMIN, 12, 100].contains(&signer.user.id)))
    }

    /// Whether the signer may rotate another token by its number.
    fn manages(&self, signer: &Token, other: &Token) -> bool {
        signer.owner == other.owner || signer.user.id == ADMIN
    }
}

/// The number of a project or group that exists: 4711 is acme/app, 322 is acme.
pub(super) fn known((sort, id): (&str, &str)) -> Option<u64> {
    match (sort, id) {
        ("projects", "4711" | "acme%2Fapp") => Some(4711),
        ("groups", "322" | "acme") => Some(322),
        _ => None,
    }
}

/// Whether the token is of that project or group, or of none where none is given.
fn is_in(token: &Token, resource: Option<(&str, &str)>) -> bool {
    match resource {
        // The endpoint for personal tokens takes those of bots as well.
        None => true,
        Some(resource) => {
            let number = known(resource).or_else(|| resource.1.parse().ok());
            token.resource().is_some_and(|(sort, id)| sort == resource.0 && Some(id) == number)
        }
    }
}

/// Days from now to `expires_at`.
fn ends(request: &SimRequest, or: i32, now: Timestamp) -> Result<i64, Box<SimResponse>> {
    let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
    let today = now.to_zoned(TimeZone::UTC).date();
    let date: Date = match &body["expires_at"] {
        Value::String(text) => match text.parse() {
            Ok(date) => date,
            Err(_) => return Err(Box::new(bad_parameter("expires_at is invalid"))),
        },
        _ => today.checked_add(i64::from(or).days()).unwrap_or(today),
    };
    let days = today.until(date).map_or(0, |span| span.get_days());
    if !(1..=LONGEST).contains(&days) {
        let last = today.checked_add(i64::from(LONGEST).days()).unwrap_or(today);
        return Err(Box::new(message(400, &format!("400 Bad request - Expiration date must be before {last}"))));
    }
    Ok(i64::from(days))
}

/// The record with its token.
fn shown_once(token: &Token, status: u16, now: Timestamp) -> SimResponse {
    let mut body = record(token, now);
    body["last_used_at"] = Value::Null;
    body["token"] = json!(token.secret);
    SimResponse::json(status, &body)
}
