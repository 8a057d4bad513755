//! What comes of the `Authorization` header.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::super::{SimRequest, SimResponse};
use super::accounts::{Account, State, find};
use super::answers::{Words, page, state};
use super::oauth::{WITHDRAWN, claims};
use super::token::Token;
use super::tokens::Tokens;
use super::{ONE_TIME_CODE, PASSWORD};

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

fn oauth(words: Words, secret: &str, now: Timestamp) -> Login {
    let Some(claims) = claims(secret) else { return Login::Refused(words.unknown_token(secret)) };
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
