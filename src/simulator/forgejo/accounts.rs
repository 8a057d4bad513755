//! Accounts, and what comes of the `Authorization` header.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::{SimRequest, SimResponse};
use super::answers::{Words, page, state};
use super::tokens::{Token, Tokens};
use super::{ONE_TIME_CODE, PASSWORD};

/// What is special about an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Plain,
    /// Two-factor authentication by codes.
    Codes,
    /// A security key: the password counts in the browser only.
    SecurityKey,
    Prohibited,
    NotActivated,
    PasswordDue,
    /// The host demands a second factor that the account has not.
    FactorDemanded,
    /// A proxy in front has had enough of it.
    Busy,
    /// Requests come from where a wall against bots stands.
    Walled,
    /// Shows itself to nobody who may see public things only.
    Hidden,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Account {
    pub id: u64,
    pub login: &'static str,
    full_name: &'static str,
    pub admin: bool,
    pub state: State,
}

const fn account(id: u64, login: &'static str, full_name: &'static str, state: State) -> Account {
    Account { id, login, full_name, admin: false, state }
}

const ACCOUNTS: [Account; 11] = [
    account(7, "mara", "Mara", State::Plain),
    account(8, "acme-bot", "Acme Bot", State::Plain),
    Account { admin: true, ..account(1, "root-admin", "Site Admin", State::Plain) },
    account(9, "coda", "Coda Codes", State::Codes),
    account(10, "kiki", "Kiki Key", State::SecurityKey),
    account(11, "locked", "Locked Out", State::Prohibited),
    account(12, "newcomer", "New Comer", State::NotActivated),
    account(13, "stale", "Stale Password", State::PasswordDue),
    account(14, "unfactored", "One Factor", State::FactorDemanded),
    account(15, "busy", "Busy Bee", State::Busy),
    account(16, "walled", "Behind Wall", State::Walled),
];
const HIDDEN: Account = account(17, "hidden", "Hidden Hanna", State::Hidden);

pub(super) fn find(login: &str) -> Option<Account> {
    ACCOUNTS.iter().chain([&HIDDEN]).copied().find(|a| a.login.eq_ignore_ascii_case(login))
}

impl Account {
    pub(super) fn json(&self) -> Value {
        json!({
            "id": self.id, "login": self.login, "full_name": self.full_name, "username": self.login,
            "email": format!("{}@acme.example", self.login), "is_admin": self.admin, "active": true,
            "prohibit_login": false, "restricted": false,
            "visibility": if self.state == State::Hidden { "private" } else { "public" },
        })
    }
}

/// How somebody signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Via {
    Password,
    /// A token in the place of a password.
    BasicToken,
    Token,
}

/// Somebody who is signed in.
#[derive(Debug)]
pub(super) struct Caller {
    pub account: Account,
    pub via: Via,
    /// The token; none for a password. OAuth tokens have the number 0 and every scope.
    pub token: Option<Token>,
}

impl Caller {
    /// Whether the scopes allow that; a password may do everything.
    pub(super) fn holds(&self, scope: &str) -> bool {
        self.token.as_ref().is_none_or(|token| token.holds(scope))
    }

    pub(super) fn scopes(&self) -> &[String] {
        self.token.as_ref().map_or(&[], |token| &token.scopes)
    }

    pub(super) fn public_only(&self) -> bool {
        self.scopes().iter().any(|s| s == "public-only")
    }

    /// The answer where the account may not do anything.
    pub(super) fn stopped(&self, words: Words, root: &str) -> Option<SimResponse> {
        Some(match self.account.state {
            State::Prohibited => {
                state("This account is prohibited from signing in, please contact your site administrator.")
            }
            State::NotActivated => state("This account is not activated."),
            State::PasswordDue => {
                state(&format!("You must change your password. Change it at: {root}//user/change_password"))
            }
            State::FactorDemanded if words.forgejo => state(&format!(
                "This Forgejo instance requires users to enable two-factor authentication before they can access their \
                 accounts. Enable it at: {root}/user/settings/security"
            )),
            State::Busy => SimResponse { status: 429, body: "Too Many Requests".to_owned(), headers: Vec::new() }
                .with("Content-Type", "text/plain"),
            State::Walled => page(200, "<h1>Making sure you are not a bot</h1>"),
            _ => return None,
        })
    }
}

pub(super) enum Login {
    Caller(Caller),
    Anonymous,
    Refused(String),
    Answer(SimResponse),
}

pub(super) fn login(tokens: &Tokens, words: Words, request: &SimRequest, now: Timestamp) -> Login {
    let Some(authorization) = request.header("authorization") else { return Login::Anonymous };
    let (scheme, rest) = authorization.split_once(' ').unwrap_or((authorization, ""));
    match scheme.to_ascii_lowercase().as_str() {
        "token" | "bearer" => by_token(tokens, words, rest.trim(), Via::Token, now),
        "basic" => {
            let pair = STANDARD.decode(rest).ok().and_then(|b| String::from_utf8(b).ok());
            match pair.as_deref().and_then(|p| p.split_once(':')) {
                Some((user, password)) => by_pair(tokens, words, request, user, password, now),
                None => Login::Refused(words.unknown_token("")),
            }
        }
        _ => Login::Anonymous,
    }
}

fn by_pair(tokens: &Tokens, words: Words, request: &SimRequest, user: &str, password: &str, now: Timestamp) -> Login {
    if tokens.find(password).is_some() {
        return by_token(tokens, words, password, Via::BasicToken, now);
    }
    let Some(account) = find(user).filter(|_| password == PASSWORD) else {
        return Login::Refused(words.wrong_password(user, password));
    };
    let code = request.header("x-gitea-otp").or_else(|| request.header("x-forgejo-otp").filter(|_| words.forgejo));
    match account.state {
        State::SecurityKey => Login::Refused(words.security_key()),
        State::Codes if code != Some(ONE_TIME_CODE) => Login::Refused(words.wrong_code()),
        _ => Login::Caller(Caller { account, via: Via::Password, token: None }),
    }
}

fn by_token(tokens: &Tokens, words: Words, secret: &str, via: Via, now: Timestamp) -> Login {
    if secret.contains('.') {
        return oauth(words, secret, now);
    }
    let token = tokens.find(secret).filter(|_| secret.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
    let Some(token) = token else { return Login::Refused(words.unknown_token(secret)) };
    match find(token.owner) {
        Some(account) => Login::Caller(Caller { account, via, token: Some(token) }),
        None => Login::Answer(page(500, "")),
    }
}

/// Grant that was withdrawn.
const WITHDRAWN: u64 = 9;
const SIGNATURE: &str = "KEYRACK-FAKE-SIGNATURE";

/// An OAuth token of that grant which ends then.
pub(super) fn oauth_token(grant: u64, end: Timestamp) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({"exp": end.as_second(), "gnt": grant, "tt": 0});
    format!("{}.{}.{SIGNATURE}", part(json!({"alg": "RS256", "typ": "JWT"})), part(claims))
}

/// The grant that [`oauth_token`] plays as withdrawn.
pub(super) fn withdrawn() -> u64 {
    WITHDRAWN
}

fn oauth(words: Words, secret: &str, now: Timestamp) -> Login {
    let parts: Vec<&str> = secret.split('.').collect();
    let claims: Option<Value> = parts
        .get(1)
        .and_then(|p| URL_SAFE_NO_PAD.decode(p).ok())
        .and_then(|b| serde_json::from_slice(&b).ok())
        .filter(|_| parts.get(2) == Some(&SIGNATURE));
    let Some(claims) = claims else { return Login::Refused(words.unknown_token(secret)) };
    let end = claims["exp"].as_i64().unwrap_or(0);
    if end <= now.as_second() {
        return Login::Refused(format!("{}\ntoken was expired", words.unknown_token(secret)));
    }
    if claims["gnt"] == WITHDRAWN {
        return Login::Refused(format!("{}\noauth2 grant not found or revoked", words.unknown_token(secret)));
    }
    let token = Token::oauth();
    match find(token.owner) {
        Some(account) => Login::Caller(Caller { account, via: Via::Token, token: Some(token) }),
        None => Login::Anonymous,
    }
}
