//! What may be read, by the scopes of a token and the rights of its account.

use serde_json::json;

use super::super::{SimRequest, SimResponse};
use super::accounts::State;
use super::answers::{Words, error, not_found};
use super::login::Caller;

/// Repositories that exist.
pub(super) const REPOSITORIES: [(&str, &str); 3] = [("mara", "site"), ("acme", "web"), ("acme", "archive")];

/// Every read but those of tokens.
pub(super) fn read(words: Words, request: &SimRequest, caller: &Caller, segments: &[&str], root: &str) -> SimResponse {
    let wanted: &[&str] = match segments {
        ["user"] | ["user", "emails"] => &["read:user"],
        ["user", "orgs"] => &["read:user", "read:organization"],
        ["user", "repos"] => &["read:user", "read:repository"],
        ["notifications", "new"] => &["read:notification"],
        ["packages", _] => &["read:package"],
        ["repos", "issues", "search"] => &["read:issue"],
        ["repos", "search"] | ["repos", _, _] => &["read:repository"],
        ["admin", "cron"] => &["read:admin"],
        _ => return not_found(root),
    };
    if request.method != "GET" {
        return error(405, "Method Not Allowed", root);
    }
    if wanted.iter().any(|scope| !caller.holds(scope)) {
        return error(403, &words.scope_missing(wanted, caller.scopes()), root);
    }
    if caller.public_only() && caller.account.state == State::Hidden && segments.first() == Some(&"user") {
        return error(403, "token scope is limited to public users", root);
    }
    match segments {
        ["user"] => SimResponse::json(200, &caller.account.json()),
        ["notifications", "new"] => SimResponse::json(200, &json!({"new": 0})),
        ["repos", "search"] => SimResponse::json(200, &json!({"ok": true, "data": []})),
        ["repos", owner, name] => repository(words, caller, owner, name, root),
        ["admin", "cron"] if !caller.account.admin => error(403, "user should be the site admin", root),
        _ => SimResponse::json(200, &json!([])).with("X-Total-Count", "0"),
    }
}

fn repository(words: Words, caller: &Caller, owner: &str, name: &str, root: &str) -> SimResponse {
    let limited = caller.token.as_ref().and_then(|t| t.repositories.as_ref());
    let in_reach = limited.is_none_or(|all| all.iter().any(|(o, n)| o == owner && n == name));
    // Gitea answers an account without a demanded second factor as if there were nothing.
    let unfactored = caller.account.state == State::FactorDemanded && !words.forgejo;
    // Every repository here is private.
    if !REPOSITORIES.contains(&(owner, name)) || !in_reach || unfactored || caller.public_only() {
        return not_found(root);
    }
    let (admin, push) = match (owner == caller.account.login, caller.account.login) {
        (true, _) => (true, true),
        (false, "acme-bot") => (false, false),
        _ => (false, true),
    };
    let full_name = format!("{owner}/{name}");
    SimResponse::json(
        200,
        &json!({
            "id": 3, "name": name, "full_name": full_name, "private": true, "archived": name == "archive",
            "permissions": {"admin": admin, "push": push, "pull": true},
        }),
    )
}
