//! The routes that list, make and delete access tokens.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::{SimRequest, SimResponse};
use super::accounts::find;
use super::answers::{Words, error, not_found};
use super::login::{Caller, Via};
use super::roster;
use super::routes::REPOSITORIES;
use super::token::Token;
use super::tokens::Tokens;

/// The categories of scopes.
const CATEGORIES: [&str; 9] =
    ["activitypub", "admin", "issue", "misc", "notification", "organization", "package", "repository", "user"];
/// What tokens for certain repositories can have.
const LIMITED: [&str; 4] = ["read:issue", "write:issue", "read:repository", "write:repository"];
/// A request, and who makes it.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub words: Words,
    pub request: &'a SimRequest,
    pub caller: &'a Caller,
    /// The site's own idea of its address.
    pub root: &'a str,
    pub now: Timestamp,
}

/// `/users/{name}/tokens[/{id}]`.
pub(super) fn of_account(tokens: &mut Tokens, asked: &Asked<'_>, name: &str, id: &[&str]) -> SimResponse {
    let Asked { words, request, caller, root, .. } = *asked;
    let reads = request.method == "GET";
    let allowed = match (caller.via, words.lists_to_tokens()) {
        (Via::Password, _) => true,
        (_, true) => reads,
        (via, false) => via == Via::BasicToken,
    };
    if !allowed {
        return error(401, words.wrong_method(), root);
    }
    let scope = if reads { "read:user" } else { "write:user" };
    if !caller.holds(scope) {
        return error(403, &words.scope_missing(&[scope], caller.scopes()), root);
    }
    if !caller.account.login.eq_ignore_ascii_case(name) && !caller.account.admin {
        return error(403, "doer should be the site admin or be same as the contextUser", root);
    }
    act(tokens, asked, name, id)
}

/// `/admin/users/{name}/tokens[/{id}]`: a site administrator's token.
pub(super) fn by_admin(tokens: &mut Tokens, asked: &Asked<'_>, name: &str, id: &[&str]) -> SimResponse {
    let Asked { words, request, caller, root, .. } = *asked;
    let scope = if request.method == "GET" { "read:admin" } else { "write:admin" };
    if !caller.holds(scope) {
        return error(403, &words.scope_missing(&[scope], caller.scopes()), root);
    }
    if !caller.account.admin {
        return error(403, "user should be the site admin", root);
    }
    act(tokens, asked, name, id)
}

fn act(tokens: &mut Tokens, asked: &Asked<'_>, name: &str, id: &[&str]) -> SimResponse {
    let Asked { request, root, .. } = *asked;
    let Some(owner) = find(name) else { return not_found(root) };
    match (request.method.as_str(), id) {
        ("GET", []) => list(tokens, asked, owner.login),
        ("POST", []) => create(tokens, asked, owner.login),
        ("DELETE", [id]) => {
            let number = id.parse().ok();
            let own = |t: &Token| Some(t.id) == number || (number.is_none() && t.name == *id);
            let found = tokens.of(owner.login).into_iter().find(own).map(|t| t.id);
            match found.or(number.filter(|n| *n >= roster::FIRST_SPARE && !tokens.deleted.contains(n))) {
                Some(id) if tokens.delete(id) => SimResponse { status: 204, ..SimResponse::default() },
                _ => not_found(root),
            }
        }
        _ => not_found(root),
    }
}

fn list(tokens: &Tokens, asked: &Asked<'_>, owner: &str) -> SimResponse {
    let Asked { words, request, caller, now, .. } = *asked;
    let number = |name: &str, default: usize| {
        let value = request.query.split('&').find_map(|p| p.strip_prefix(name)).and_then(|v| v.parse().ok());
        value.filter(|n| *n > 0).unwrap_or(default)
    };
    let (page, limit) = (number("page=", 1), number("limit=", 30).min(50));
    let mut all = tokens.of(owner);
    // Spare tokens are not filed; whoever comes with one finds it in the list.
    all.extend(caller.token.iter().filter(|t| t.id >= roster::FIRST_SPARE).cloned());
    let rows: Vec<Value> = all.iter().skip((page - 1) * limit).take(limit).map(|t| t.json(words, now, None)).collect();
    SimResponse::json(200, &json!(rows))
        .with("X-Total-Count", all.len().to_string())
        // Built from the server's own idea of its address.
        .with("Link", "<https://root-url.example/api/v1/users/x/tokens?page=2>; rel=\"next\"")
}

fn create(tokens: &mut Tokens, asked: &Asked<'_>, owner: &'static str) -> SimResponse {
    let Asked { words, request, caller, root, now } = *asked;
    let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
    let name = body["name"].as_str().unwrap_or("");
    if name.is_empty() {
        return error(422, "[Name]: Required", root);
    }
    if tokens.of(owner).iter().any(|t| t.name == name) {
        return error(400, "access token name has been used already", root);
    }
    let scopes: Vec<String> =
        body["scopes"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    let is_scope = |s: &str| {
        let category = s.strip_prefix("read:").or_else(|| s.strip_prefix("write:"));
        matches!(s, "all" | "public-only") || category.is_some_and(|c| CATEGORIES.contains(&c))
    };
    if let Some(odd) = scopes.iter().find(|s| !is_scope(s)) {
        return error(400, &format!("invalid access token scope provided: invalid access token scope: {odd}"), root);
    }
    if scopes.iter().all(|s| s == "public-only") {
        return error(400, "access token must have a scope", root);
    }
    if caller.via == Via::BasicToken && scopes.iter().any(|s| !caller.holds(s)) {
        let text = "cannot create an access token with a broader scope than the authenticating token";
        return error(403, text, root);
    }
    let repositories = match repositories(words, &body["repositories"], &scopes) {
        Ok(repositories) => repositories,
        Err(message) => return error(400, &message, root),
    };
    tokens.next += 1;
    let secret = roster::secret(&format!("N{:06}", tokens.next));
    let mut token = Token::new(tokens.next, owner, name, secret, &[]);
    token.scopes = scopes;
    token.repositories = repositories;
    token.age = 0;
    let row = token.json(words, now, Some(&token.secret));
    tokens.all.push(token);
    SimResponse::json(201, &row)
}

fn repositories(words: Words, wanted: &Value, scopes: &[String]) -> Result<Option<Vec<(String, String)>>, String> {
    let Some(wanted) = wanted.as_array().filter(|_| words.limits_repositories()) else { return Ok(None) };
    let start = "Access tokens with specified repositories";
    if wanted.is_empty() {
        return Err(format!("{start} must have at least one repository."));
    }
    if scopes.iter().any(|s| s == "public-only") {
        return Err(format!("{start} cannot be combined with the public-only scope."));
    }
    if scopes.iter().any(|s| !LIMITED.contains(&s.as_str())) {
        return Err(format!(
            "{start} can only be used with the read:issue, write:issue, read:repository, and write:repository scopes."
        ));
    }
    let mut found = Vec::new();
    for repository in wanted {
        let (owner, name) = (repository["owner"].as_str().unwrap_or(""), repository["name"].as_str().unwrap_or(""));
        if !REPOSITORIES.contains(&(owner, name)) {
            return Err(format!("repository {owner}/{name} does not exist"));
        }
        found.push((owner.to_owned(), name.to_owned()));
    }
    Ok(Some(found))
}
