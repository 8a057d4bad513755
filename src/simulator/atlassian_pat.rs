//! What the simulated Jira, Confluence and Bamboo share: accounts, their tokens, log-ins by Bearer and Basic with a CAPTCHA
//! after three wrong passwords, the headers beside every answer, and the token interface of Jira and Confluence.
//!
//! Written from the vendor's page on personal access tokens,
//! <https://confluence.atlassian.com/enterprise/using-personal-access-tokens-1026032365.html>. Where that is silent one
//! behaviour is picked, said beside the code. Every secret is fake by construction: the 20 random bytes of a real token
//! are the text `KEYRACK-FAKE-TOKEN-0`.

mod interface;
mod tokens;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::json;

use super::{SimCredential, SimRequest, SimResponse};
use crate::domain::{Kind, Verdict};
pub(super) use interface::pat;
use tokens::Store;
pub(super) use tokens::{Fate, NewToken, Seed, Token, secret};

/// Password of every user of these sites.
pub const PASSWORD: &str = "keyrack-demo";

/// Wrong passwords after which an account needs a CAPTCHA.
const PATIENCE: u32 = 3;

/// Somebody who can log in.
#[derive(Debug)]
pub(super) struct Account {
    /// Log-in name.
    pub name: &'static str,
    /// The product's own key.
    pub key: &'static str,
    /// Display name.
    pub display_name: &'static str,
    /// System administrator.
    pub administrator: bool,
    /// On the allow list of Basic authentication, which is disabled otherwise.
    pub basic: bool,
    /// Needs a CAPTCHA from the beginning.
    pub locked: bool,
}

/// Somebody who is logged in.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// The account.
    pub account: &'static Account,
    /// The id of the token used; none for a password.
    pub token: Option<u64>,
}

/// What comes of the `Authorization` header.
#[derive(Debug)]
enum Login {
    /// Somebody known.
    Caller(Caller),
    /// Nobody: no header, or a Bearer token that is not known, which is ignored.
    Anonymous,
    /// A wrong password; also a token as password.
    Wrong,
    /// The account needs a CAPTCHA.
    Captcha,
    /// Passwords are not taken from this user.
    BasicDisabled,
    /// The request comes from where single sign-on answers.
    InterceptedBySso,
}

/// Accounts, tokens and failed log-ins of one site.
#[derive(Debug)]
pub(super) struct Server {
    /// Who can log in.
    pub accounts: &'static [Account],
    /// Their tokens.
    pub tokens: Store,
    failures: BTreeMap<&'static str, u32>,
}

impl Server {
    /// A fresh installation. The last account is the one that spare tokens belong to.
    pub(super) fn new(accounts: &'static [Account], seeds: &[Seed]) -> Self {
        let spare_owner = accounts.last().map_or("", |a| a.name);
        Self { accounts, tokens: Store::new(seeds, spare_owner), failures: BTreeMap::new() }
    }

    /// The account of that name.
    pub(super) fn account(&self, name: &str) -> Option<&'static Account> {
        self.accounts.iter().find(|a| a.name.eq_ignore_ascii_case(name))
    }

    /// Reads the `Authorization` header.
    fn login(&mut self, request: &SimRequest, now: Timestamp) -> Login {
        let Some(authorization) = request.header("authorization") else { return Login::Anonymous };
        match authorization.split(' ').collect::<Vec<_>>().as_slice() {
            ["Bearer", token] => self.by_token(token, now),
            ["Basic", pair] => self.by_password(pair),
            // Anything else is treated as no token at all.
            _ => Login::Anonymous,
        }
    }

    fn by_token(&self, secret: &str, now: Timestamp) -> Login {
        let Some(token) = self.tokens.find(secret, now) else { return Login::Anonymous };
        let Some(account) = self.account(token.owner) else { return Login::Anonymous };
        match token.fate {
            Fate::Sso => Login::InterceptedBySso,
            _ if account.locked => Login::Captcha,
            _ => Login::Caller(Caller { account, token: Some(token.id) }),
        }
    }

    fn by_password(&mut self, pair: &str) -> Login {
        let pair = STANDARD.decode(pair).ok().and_then(|b| String::from_utf8(b).ok());
        let Some((name, password)) = pair.as_deref().and_then(|p| p.split_once(':')) else { return Login::Wrong };
        let Some(account) = self.account(name) else { return Login::Wrong };
        if !account.basic {
            return Login::BasicDisabled;
        }
        let failures = self.failures.entry(account.name).or_default();
        if account.locked || *failures >= PATIENCE {
            return Login::Captcha;
        }
        if password == PASSWORD {
            *failures = 0;
            return Login::Caller(Caller { account, token: None });
        }
        *failures += 1;
        Login::Wrong
    }
}

/// What is answered to a log-in that does not lead to a caller or to the anonymous user.
fn refused(login: &Login, base: &str, login_page: &str) -> Option<SimResponse> {
    match login {
        Login::Caller(_) | Login::Anonymous => None,
        Login::Wrong => Some(
            html(401, "<h1>Unauthorized (401)</h1>")
                .with("X-Seraph-LoginReason", "AUTHENTICATED_FAILED")
                .with("WWW-Authenticate", "OAuth realm=\"keyrack\""),
        ),
        Login::Captcha => Some(
            html(403, "<h1>Forbidden (403)</h1>")
                .with("X-Seraph-LoginReason", "AUTHENTICATION_DENIED")
                .with("X-Authentication-Denied-Reason", format!("CAPTCHA_CHALLENGE; login-url={base}{login_page}")),
        ),
        Login::BasicDisabled => Some(SimResponse::json(
            403,
            &json!({"message": "Basic Authentication has been disabled on this instance."}),
        )),
        Login::InterceptedBySso => Some(html(200, "<form action=\"https://sso.acme.dev/\"><h1>Sign in</h1></form>")),
    }
}

/// The headers beside every answer.
fn stamped(answer: SimResponse, caller: Option<&Caller>) -> SimResponse {
    let name = caller.map_or("anonymous", |c| c.account.name);
    let answer = answer.with("X-AREQUESTID", "600x1x1").with("X-ANODEID", "node1").with("X-AUSERNAME", name);
    match caller {
        Some(_) => answer.with("X-Seraph-LoginReason", "OK"),
        None => answer,
    }
}

/// An HTML page.
pub(super) fn html(status: u16, body: &str) -> SimResponse {
    SimResponse { status, body: format!("<!DOCTYPE html><html><body>{body}</body></html>"), ..SimResponse::default() }
        .with("Content-Type", "text/html;charset=UTF-8")
}

/// The application manifest, which answers everybody.
pub(super) fn manifest(name: &str, type_id: &str, version: &str) -> SimResponse {
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><manifest><id>00000000-1111-2222-3333-444444444444</id>\
         <name>{name}</name><typeId>{type_id}</typeId><version>{version}</version><buildNumber>9111</buildNumber></manifest>"
    );
    SimResponse { status: 200, body: xml, ..SimResponse::default() }.with("Content-Type", "application/xml")
}

/// The refusal of a request that could come from a browser's form.
fn xsrf(request: &SimRequest) -> Option<SimResponse> {
    let json = request.header("content-type").is_some_and(|t| t.starts_with("application/json"));
    let checked = request.method == "GET" || json || request.header("x-atlassian-token") == Some("no-check");
    (!checked).then(|| {
        SimResponse { status: 403, body: "XSRF check failed".to_owned(), ..SimResponse::default() }
            .with("Content-Type", "text/plain")
    })
}

/// One parameter of a query, decoded.
pub(super) fn parameter(query: &str, name: &str) -> Option<String> {
    url::form_urlencoded::parse(query.as_bytes()).find(|(n, _)| n == name).map(|(_, v)| v.into_owned())
}

/// The `n`th further token of the site whose first token this is.
pub(super) fn spare(product: &str, accounts: &[Account], first: &Seed, n: usize) -> SimCredential {
    SimCredential {
        label: format!("{product}-spare-{n}"),
        kind: Kind::Pat,
        username: accounts.last().map(|a| a.name.to_owned()),
        secret: secret(tokens::spare_number(first.number, n)),
        tags: vec![product.to_owned()],
        note: String::new(),
        expect: Verdict::Valid,
    }
}

/// The credentials of the demo rack for the seeds of a site, with what each shows.
pub(super) fn roster(product: &str, seeds: &[Seed], shows: &[(&str, Verdict)]) -> Vec<SimCredential> {
    let credential = |(seed, (note, expect)): (&Seed, &(&str, Verdict))| SimCredential {
        label: seed.name.to_owned(),
        kind: Kind::Pat,
        username: Some(seed.owner.to_owned()),
        secret: secret(seed.number),
        tags: vec![product.to_owned()],
        note: format!("{note}; demo password: {PASSWORD}"),
        expect: *expect,
    };
    seeds.iter().zip(shows).map(credential).collect()
}

/// Logs in, answers by `route`, and adds what stands beside every answer.
pub(super) fn answer(
    server: &std::sync::Mutex<Server>,
    request: &SimRequest,
    place: (&str, &str, &str),
    now: Timestamp,
    route: impl FnOnce(&mut Server, &str, Option<&Caller>, &str) -> SimResponse,
) -> SimResponse {
    let (context, host, login_page) = place;
    let Some(path) = request.path.strip_prefix(context).filter(|p| p.is_empty() || p.starts_with('/')) else {
        return html(404, "<h1>HTTP Status 404 – Not Found</h1>");
    };
    // A panicking thread elsewhere must not take the site down; its state stays consistent between statements.
    let mut server = server.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let base = format!("http://{}{context}", request.header("host").unwrap_or(host));
    let login = server.login(request, now);
    if let Some(answer) = refused(&login, &base, login_page) {
        return if matches!(login, Login::InterceptedBySso) { answer } else { stamped(answer, None) };
    }
    let caller = if let Login::Caller(caller) = login { Some(caller) } else { None };
    let answer = xsrf(request).unwrap_or_else(|| route(&mut server, path, caller.as_ref(), &base));
    // After the answer was made: a token's first list does not say yet that it was used.
    if let Some(id) = caller.as_ref().and_then(|c| c.token) {
        server.tokens.touch(id, now);
    }
    stamped(answer, caller.as_ref())
}
