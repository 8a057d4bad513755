//! A simulated Forgejo 16.0.1 at `forge.acme.dev`, and a simulated Gitea 1.27.1 under the sub-path `/git` of
//! `gitea.acme.dev`; other versions of both for tests.
//!
//! Plays what the vendors document: scopes by category and method, refusals in each product's words, a rejected token
//! quoted by Forgejo, tokens made, listed and deleted by whom each version lets, one-time codes, security keys, states of
//! accounts. Passwords of all accounts are `keyrack-demo`, the one-time code is [`ONE_TIME_CODE`].
//! <https://forgejo.org/docs/latest/user/api-usage/>, <https://docs.gitea.com/development/api-usage>

mod accounts;
mod answers;
mod login;
mod manage;
mod oauth;
mod roster;
mod routes;
mod token;
mod tokens;

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::{SimCredential, SimRequest, SimResponse, Site};
use crate::domain::FamilyId;
use answers::Words;
use login::Login;
use manage::Asked;
use tokens::Tokens;

/// Password of every account.
pub const PASSWORD: &str = "keyrack-demo";
/// The code of every account with a second factor, at any time.
pub const ONE_TIME_CODE: &str = "123456";

/// A simulated installation.
#[derive(Debug)]
pub struct ForgejoSite {
    name: &'static str,
    sub_path: &'static str,
    words: Words,
    tokens: Mutex<Tokens>,
}

impl ForgejoSite {
    /// Forgejo 16.0.1.
    #[must_use]
    pub fn forgejo() -> Self {
        Self::forgejo_at(16, 0)
    }

    /// Forgejo of that version.
    #[must_use]
    pub fn forgejo_at(major: u32, minor: u32) -> Self {
        Self::new("forge.acme.dev", "", Words { forgejo: true, version: (major, minor) })
    }

    /// Gitea 1.27.1.
    #[must_use]
    pub fn gitea() -> Self {
        Self::gitea_at(1, 27)
    }

    /// Gitea of that version.
    #[must_use]
    pub fn gitea_at(major: u32, minor: u32) -> Self {
        Self::new("gitea.acme.dev", "/git", Words { forgejo: false, version: (major, minor) })
    }

    fn new(name: &'static str, sub_path: &'static str, words: Words) -> Self {
        Self { name, sub_path, words, tokens: Mutex::new(Tokens::new(words.forgejo)) }
    }
}

impl Site for ForgejoSite {
    fn family(&self) -> FamilyId {
        FamilyId::new("forgejo")
    }

    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn url(&self, listen: &str) -> String {
        format!("{listen}{}", self.sub_path)
    }

    fn endpoints(&self, listen: &str) -> Vec<(String, String)> {
        let web = self.url(listen);
        vec![("api".to_owned(), format!("{web}/api/v1")), ("web".to_owned(), web)]
    }

    fn roster(&self, now: Timestamp) -> Vec<SimCredential> {
        roster::roster(self.words.forgejo, now)
    }

    fn spare(&self, n: usize, _now: Timestamp) -> SimCredential {
        roster::spare(self.words.forgejo, n)
    }

    fn answer(&self, request: &SimRequest, now: Timestamp) -> SimResponse {
        let Some(path) = request.path.strip_prefix(self.sub_path) else { return answers::page(404, "Not Found") };
        // A panicking thread elsewhere must not take the site down; its state stays consistent between statements.
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let root = format!("http://{}{}", request.header("host").unwrap_or(self.name), self.sub_path);
        let words = self.words;
        if path == "/api/forgejo/v1/version" && words.forgejo {
            return words.version_answer();
        }
        let Some(api) = path.strip_prefix("/api/v1") else { return answers::page(404, "Not Found") };
        let caller = match login::login(&tokens, words, request, now) {
            Login::Caller(caller) => Some(caller),
            Login::Anonymous => None,
            Login::Refused(message) => return answers::error(401, &message, &root),
            Login::Answer(answer) => return answer,
        };
        if let Some(caller) = &caller
            && let Some(answer) = caller.stopped(words, &root)
        {
            return answer;
        }
        if api == "/version" {
            return words.version_answer();
        }
        let Some(caller) = caller else { return answers::error(401, "token is required", &root) };
        let segments: Vec<&str> = api.split('/').filter(|s| !s.is_empty()).collect();
        let asked = Asked { words, request, caller: &caller, root: &root, now };
        match segments.as_slice() {
            ["token"] => own_token(&mut tokens, &asked),
            ["users", name, "tokens", id @ ..] => manage::of_account(&mut tokens, &asked, name, id),
            ["admin", "users", name, "tokens", id @ ..] if words.has_admin_routes() => {
                manage::by_admin(&mut tokens, &asked, name, id)
            }
            _ => routes::read(words, request, &caller, &segments, &root),
        }
    }
}

/// `GET` and `DELETE /token`, Gitea 1.27 and later: the token itself, whatever its scopes.
fn own_token(tokens: &mut Tokens, asked: &Asked<'_>) -> SimResponse {
    let Asked { words, request, caller, root, now } = *asked;
    let by_token = request.header("authorization").is_some_and(|a| !a.starts_with("Basic "));
    let own = caller.token.as_ref().filter(|token| by_token && words.has_own_route() && token.id > 0);
    let Some(token) = own else { return answers::not_found(root) };
    match request.method.as_str() {
        "GET" => {
            let mut row = token.json(words, now, None);
            row["user"] = caller.account.json();
            SimResponse::json(200, &row)
        }
        "DELETE" => {
            tokens.delete(token.id);
            SimResponse { status: 204, ..SimResponse::default() }
        }
        _ => answers::not_found(root),
    }
}
