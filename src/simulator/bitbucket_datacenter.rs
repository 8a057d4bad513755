//! A simulated Bitbucket Data Center 9.4.3 under the context path `/bitbucket`.
//!
//! Plays what the vendor documents: Bearer and Basic log-ins, the CAPTCHA after three wrong passwords, disabled Basic
//! authentication with an allow list, tokens of users, projects and repositories, `X-AUSERNAME`, the error envelope, the
//! XSRF check. Where the documentation is silent it picks one behaviour and says so beside the code.
//! <https://developer.atlassian.com/server/bitbucket/rest/>

mod answers;
mod roster;
mod state;
mod tokens;
mod users;

use std::sync::Mutex;

use jiff::Timestamp;

use super::{SimCredential, SimRequest, SimResponse, Site};
use crate::domain::FamilyId;
use answers::{captcha, error, html, login_page, page};
use state::{Caller, Login, State};
use tokens::{Owner, PROJECT, REPOSITORY};
use users::users;

/// Password of every user of this site.
pub const PASSWORD: &str = state::PASSWORD;

const CONTEXT: &str = "/bitbucket";
const VERSION: &str = "9.4.3";

/// The site.
#[derive(Debug, Default)]
pub struct BitbucketDatacenter {
    state: Mutex<State>,
}

impl BitbucketDatacenter {
    /// A fresh installation: nothing revoked, no failed log-ins.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Site for BitbucketDatacenter {
    fn family(&self) -> FamilyId {
        FamilyId::new("bitbucket-datacenter")
    }

    fn name(&self) -> String {
        "bitbucket.acme.dev".to_owned()
    }

    fn url(&self, listen: &str) -> String {
        format!("{listen}{CONTEXT}")
    }

    fn roster(&self, _now: Timestamp) -> Vec<SimCredential> {
        roster::roster()
    }

    fn spare(&self, n: usize, _now: Timestamp) -> SimCredential {
        roster::spare(n)
    }

    fn answer(&self, request: &SimRequest, now: Timestamp) -> SimResponse {
        let Some(path) = request.path.strip_prefix(CONTEXT).filter(|p| p.is_empty() || p.starts_with('/')) else {
            return html(404, "<h1>HTTP Status 404 – Not Found</h1>");
        };
        // A panicking thread elsewhere must not take the site down; its state stays consistent between statements.
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let base = format!("http://{}{CONTEXT}", request.header("host").unwrap_or("bitbucket.acme.dev"));
        let answer = route(&mut state, request, path, &base, now);
        answer.with("X-AREQUESTID", format!("@KEYRACKx{}x0", path.len())).with("X-ASESSIONID", "keyrack")
    }
}

fn route(state: &mut State, request: &SimRequest, path: &str, base: &str, now: Timestamp) -> SimResponse {
    let rest = path.starts_with("/rest/") || path.starts_with("/scm/");
    let authorization = request.header("authorization");
    if !rest {
        // Tokens count below /rest and /scm only since 9.3.2.
        return match authorization {
            Some(a) if a.starts_with("Bearer ") => {
                SimResponse { status: 302, ..SimResponse::default() }.with("Location", format!("{base}/login"))
            }
            Some(_) => error(401, "auth.IncorrectPasswordAuthenticationException", WRONG),
            None => login_page("bitbucket.acme.dev"),
        };
    }
    let caller = match state.login(authorization) {
        Login::Caller(caller) => Some(caller),
        Login::Anonymous => None,
        Login::Wrong => return error(401, "auth.IncorrectPasswordAuthenticationException", WRONG),
        Login::Captcha => return captcha(base),
        Login::BasicDisabled => {
            let body = serde_json::json!({"message": "Basic Authentication has been disabled on this instance."});
            return SimResponse::json(403, &body);
        }
        Login::InterceptedBySso => return login_page("sso.acme.dev"),
    };
    let answer = match request.method.as_str() {
        "GET" => get(state, path, &request.query, caller.as_ref(), now),
        "DELETE" => delete(state, request, path, caller.as_ref()),
        "PUT" => create(state, request, path, caller.as_ref(), now),
        _ => error(405, "", "Method not allowed"),
    };
    match caller {
        Some(caller) => answer.with("X-AUSERNAME", caller.name()).with("X-AUSERID", caller.user_id().to_string()),
        None => answer,
    }
}

const WRONG: &str = "Authentication failed. Please check your credentials and try again.";
const DENIED: &str = "You are not permitted to access this resource";

fn denied() -> SimResponse {
    error(401, "AuthorisationException", DENIED)
}

fn get(state: &State, path: &str, query: &str, caller: Option<&Caller>, now: Timestamp) -> SimResponse {
    if let Some(rest) = access_tokens(path) {
        return tokens(state, rest, query, caller, now);
    }
    if path == "/rest/applinks/1.0/manifest" {
        let xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><manifest><id>00000000-1111-2222-3333-444444444444</id>\
             <name>Bitbucket</name><typeId>bitbucket</typeId><version>{VERSION}</version>\
             <buildNumber>9004003</buildNumber></manifest>"
        );
        return SimResponse { status: 200, body: xml, ..SimResponse::default() }
            .with("Content-Type", "application/xml");
    }
    if path == format!("/scm/{PROJECT}/{REPOSITORY}.git/info/refs") && caller.is_some_and(|c| c.holds("REPO_READ")) {
        let service = query.strip_prefix("service=").unwrap_or("");
        return match service == "git-upload-pack" || caller.is_some_and(|c| c.holds("REPO_WRITE")) {
            true => SimResponse { status: 200, body: format!("# service={service}"), ..SimResponse::default() }
                .with("Content-Type", format!("application/x-{service}-advertisement")),
            false => denied(),
        };
    }
    let Some(api) = path.strip_prefix("/rest/api/latest/").or_else(|| path.strip_prefix("/rest/api/1.0/")) else {
        return html(404, "<h1>Dead link</h1>");
    };
    if api == "application-properties" {
        return SimResponse::json(
            200,
            &serde_json::json!({
                "version": VERSION, "buildNumber": "9004003", "buildDate": "1735000000000", "displayName": "Bitbucket",
            }),
        );
    }
    // This installation grants nothing to anonymous callers.
    let Some(caller) = caller else { return denied() };
    let repository = serde_json::json!({"slug": REPOSITORY, "id": 7, "name": "Web", "project": {"key": PROJECT}});
    let project = serde_json::json!({"key": PROJECT, "id": 3, "name": "Acme", "type": "NORMAL"});
    // Whether these filters narrow to the token's own permissions is not documented; here they do.
    let wanted = query.split('&').find_map(|p| p.strip_prefix("permission=")).unwrap_or("");
    let filtered = |all: &serde_json::Value, lowest: &str| {
        let held = caller.holds(if wanted.is_empty() { lowest } else { wanted });
        page(if held { vec![all.clone()] } else { Vec::new() }, query)
    };
    let segments: Vec<&str> = api.split('/').collect();
    match segments.as_slice() {
        ["profile", "recent", "repos"] => page(Vec::new(), query),
        ["users"] => page(users().map(users::User::json).collect(), query),
        ["users", slug] => match users().find(|u| u.slug == *slug) {
            Some(user) => SimResponse::json(200, &user.json()),
            None => no_user(slug),
        },
        ["projects"] => filtered(&project, "PROJECT_READ"),
        ["repos"] => filtered(&repository, "REPO_READ"),
        ["projects", key, ..] if *key != PROJECT => no_project(key),
        ["projects", _] => SimResponse::json(200, &project),
        ["projects", _, "permissions", "users"] if caller.holds("PROJECT_ADMIN") => page(Vec::new(), query),
        ["projects", _, "repos", slug, ..] if *slug != REPOSITORY => no_repository(slug),
        ["projects", _, "repos", _] => SimResponse::json(200, &repository),
        ["projects", _, "repos", _, "permissions", "users"] if caller.holds("REPO_ADMIN") => page(Vec::new(), query),
        ["admin", ..] | ["projects", _, "permissions", ..] | ["projects", _, "repos", _, "permissions", ..] => denied(),
        _ => html(404, "<h1>Dead link</h1>"),
    }
}

fn access_tokens(path: &str) -> Option<&str> {
    path.strip_prefix("/rest/access-tokens/latest/").or_else(|| path.strip_prefix("/rest/access-tokens/1.0/"))
}

/// Splits `{owner}[/{tokenId}]`; the answer to send where there is no such owner.
fn owned(rest: &str) -> Result<(Owner<'static>, Option<&str>), SimResponse> {
    let segments: Vec<&str> = rest.split('/').collect();
    let (owner, id) = match segments.as_slice() {
        ["users", slug, id @ ..] => match users().find(|u| u.slug == *slug) {
            Some(user) => (Owner::User(user.slug), id),
            None => return Err(no_user(slug)),
        },
        ["projects", key, ..] if *key != PROJECT => return Err(no_project(key)),
        ["projects", _, "repos", slug, ..] if *slug != REPOSITORY => return Err(no_repository(slug)),
        ["projects", _, "repos", _, id @ ..] => (Owner::Repository, id),
        ["projects", _, id @ ..] => (Owner::Project, id),
        _ => return Err(html(404, "<h1>Dead link</h1>")),
    };
    match id {
        [] => Ok((owner, None)),
        [id] => Ok((owner, Some(*id))),
        _ => Err(html(404, "<h1>Dead link</h1>")),
    }
}

fn tokens(state: &State, rest: &str, query: &str, caller: Option<&Caller>, now: Timestamp) -> SimResponse {
    let (owner, id) = match owned(rest) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    // Whether a token may read tokens is not documented. Here a user's token reads those of its user, and one that
    // administers a project or repository reads theirs.
    if !caller.is_some_and(|c| c.reads_tokens_of(owner)) {
        return denied();
    }
    match id {
        Some(id) => state.filed(owner, id).map_or_else(|| no_token(id), |t| SimResponse::json(200, &t.json(now))),
        None => page(state.tokens().filter(|t| t.owner == owner).map(|t| t.json(now)).collect(), query),
    }
}

/// Most tokens of one owner here; the real number is not documented.
const MOST_TOKENS: usize = 100;

fn create(state: &mut State, request: &SimRequest, path: &str, caller: Option<&Caller>, now: Timestamp) -> SimResponse {
    let owner = match access_tokens(path).map(owned) {
        Some(Ok((owner, None))) => owner,
        Some(Err(answer)) => return answer,
        Some(Ok((_, Some(_)))) | None => return error(405, "", "Method not allowed"),
    };
    if !caller.is_some_and(|c| c.makes_tokens_of(owner)) {
        return denied();
    }
    let body: serde_json::Value = serde_json::from_str(&request.body).unwrap_or_default();
    let name = body["name"].as_str().unwrap_or_default().trim();
    let asked: Vec<&str> =
        body["permissions"].as_array().into_iter().flatten().filter_map(serde_json::Value::as_str).collect();
    let permissions: Vec<&'static str> =
        users::ADMINISTRATOR.iter().copied().filter(|known| asked.contains(known)).collect();
    let level = |prefix: &str| asked.iter().filter_map(|p| p.strip_prefix(prefix)).map(rank).max().unwrap_or(0);
    let repository_only = owner == Owner::Repository && asked.iter().any(|p| p.starts_with("PROJECT_"));
    let days = body["expiryDays"].as_i64();
    let bad = |message: &str| error(400, "validation.ArgumentValidationException", message);
    if name.is_empty() {
        return bad("A token needs a name.");
    }
    if permissions.is_empty() || permissions.len() < asked.len() || repository_only {
        return bad("A token needs permissions that exist for it.");
    }
    if level("PROJECT_") > level("REPO_") {
        return bad("The repository permission must be at least as high as the project permission.");
    }
    if days.is_some_and(|d| d < 1) {
        return bad("A token lives at least a day.");
    }
    if state.tokens().filter(|t| t.owner == owner).count() >= MOST_TOKENS {
        return bad("The maximum number of tokens is reached.");
    }
    let token = state.make(owner, state::Wish { name: name.to_owned(), permissions, days }, now);
    let mut answer = token.json(now);
    // The vendor's description tells no end in answers; this site tells it in the record alone.
    if let Some(fields) = answer.as_object_mut() {
        fields.remove("expiryDate");
    }
    answer["token"] = serde_json::json!(token.secret());
    SimResponse::json(200, &answer)
}

fn rank(level: &str) -> u8 {
    match level {
        "READ" => 1,
        "WRITE" => 2,
        "ADMIN" => 3,
        _ => 0,
    }
}

fn delete(state: &mut State, request: &SimRequest, path: &str, caller: Option<&Caller>) -> SimResponse {
    let json = request.header("content-type").is_some_and(|t| t.starts_with("application/json"));
    if !json && request.header("x-atlassian-token") != Some("no-check") {
        return SimResponse { status: 403, body: "XSRF check failed".to_owned(), ..SimResponse::default() }
            .with("Content-Type", "text/plain");
    }
    let (owner, id) = match access_tokens(path).map(owned) {
        Some(Ok((owner, Some(id)))) => (owner, id),
        Some(Err(answer)) => return answer,
        Some(Ok((_, None))) | None => return error(405, "", "Method not allowed"),
    };
    if !caller.is_some_and(|c| c.manages_tokens_of(owner)) {
        return denied();
    }
    match state.filed(owner, id) {
        Some(token) => {
            state.revoke(token.number);
            SimResponse { status: 204, ..SimResponse::default() }
        }
        None => no_token(id),
    }
}

fn no_user(slug: &str) -> SimResponse {
    error(404, "user.NoSuchUserException", &format!("User {slug} does not exist."))
}

fn no_project(key: &str) -> SimResponse {
    error(404, "project.NoSuchProjectException", &format!("Project {key} does not exist."))
}

fn no_repository(slug: &str) -> SimResponse {
    error(404, "repository.NoSuchRepositoryException", &format!("Repository {PROJECT}/{slug} does not exist."))
}

/// The exception that the vendor throws here is not documented, so none is named.
fn no_token(id: &str) -> SimResponse {
    error(404, "", &format!("Token {id} does not exist."))
}
