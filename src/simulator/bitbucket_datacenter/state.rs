//! Log-ins, and what changes while the site runs.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::tokens::{FIRST_MADE, Fate, Owner, TAIL, TOKENS, Token, spare_token, token};
use super::users::{ADMINISTRATOR, User, WRITER, users};

pub(super) const PASSWORD: &str = "keyrack-demo";
/// Wrong passwords after which an account needs a CAPTCHA.
const PATIENCE: u32 = 3;

/// A wish for a token that was found to be in order.
pub(super) struct Wish {
    pub name: String,
    pub permissions: Vec<&'static str>,
    pub days: Option<i64>,
}

/// Somebody who is logged in.
#[derive(Debug)]
pub(super) struct Caller {
    user: Option<&'static User>,
    /// The token used; none for a password.
    token: Option<Token>,
}

impl Caller {
    /// The log-in name, as the header has it. The name of the made-up user behind a token of a project or repository
    /// is not documented.
    pub(super) fn name(&self) -> String {
        match (self.user, &self.token) {
            (Some(user), _) => user.name.to_owned(),
            (None, Some(token)) => format!("access-token-user%2F{}", token.id()),
            (None, None) => String::new(),
        }
    }

    pub(super) fn user_id(&self) -> u32 {
        self.user.map_or(900, |u| u.id)
    }

    /// Whether both the user and the token have that permission.
    pub(super) fn holds(&self, permission: &str) -> bool {
        let includes = |held: &str| -> &'static [&'static str] {
            match held {
                "PROJECT_ADMIN" => ADMINISTRATOR,
                "PROJECT_WRITE" => WRITER,
                "PROJECT_READ" => &["PROJECT_READ", "REPO_READ"],
                "REPO_ADMIN" => &["REPO_ADMIN", "REPO_WRITE", "REPO_READ"],
                "REPO_WRITE" => &["REPO_WRITE", "REPO_READ"],
                "REPO_READ" => &["REPO_READ"],
                _ => &[],
            }
        };
        let by_token =
            self.token.as_ref().is_none_or(|t| t.permissions.iter().any(|held| includes(held).contains(&permission)));
        by_token && self.user.is_none_or(|u| u.level.contains(&permission))
    }

    pub(super) fn reads_tokens_of(&self, owner: Owner<'_>) -> bool {
        match (owner, self.user) {
            (Owner::User(slug), Some(user)) => user.slug == slug,
            (Owner::User(_), None) => false,
            _ => self.manages_tokens_of(owner),
        }
    }

    /// A password makes tokens, a token none.
    pub(super) fn makes_tokens_of(&self, owner: Owner<'_>) -> bool {
        self.token.is_none() && self.manages_tokens_of(owner)
    }

    /// A user's tokens: the user with the password. Those of a project or repository: its administrators.
    pub(super) fn manages_tokens_of(&self, owner: Owner<'_>) -> bool {
        match owner {
            Owner::User(slug) => self.token.is_none() && self.user.is_some_and(|u| u.slug == slug),
            Owner::Project => self.holds("PROJECT_ADMIN"),
            Owner::Repository => self.holds("REPO_ADMIN"),
        }
    }
}

/// What comes of the `Authorization` header.
#[derive(Debug)]
pub(super) enum Login {
    Caller(Caller),
    Anonymous,
    Wrong,
    Captcha,
    BasicDisabled,
    InterceptedBySso,
}

/// What changes while the site runs.
#[derive(Debug, Default)]
pub(super) struct State {
    revoked: BTreeSet<u64>,
    made: Vec<Token>,
    failures: BTreeMap<&'static str, u32>,
}

impl State {
    /// Every token that exists, without the spare ones.
    pub(super) fn tokens(&self) -> impl Iterator<Item = Token> + '_ {
        let all = TOKENS.iter().map(Token::from).chain(self.made.iter().cloned());
        all.filter(|t| t.fate != Fate::Deleted && !self.revoked.contains(&t.number))
    }

    /// Makes one.
    pub(super) fn make(&mut self, owner: Owner<'static>, wish: Wish, now: Timestamp) -> Token {
        let number = FIRST_MADE + u64::try_from(self.made.len()).unwrap_or(0);
        let token = Token {
            name: wish.name,
            permissions: wish.permissions,
            days: wish.days,
            made: Some(now),
            ..Token::from(&token(number, owner, "", &[]))
        };
        self.made.push(token.clone());
        token
    }

    /// The token of that owner and id, spare ones too.
    pub(super) fn filed(&self, owner: Owner<'_>, id: &str) -> Option<Token> {
        let number = id.parse().ok()?;
        let known = self.tokens().find(|t| t.number == number);
        known.or_else(|| self.find_spare(number)).filter(|t| t.owner == owner)
    }

    pub(super) fn revoke(&mut self, number: u64) {
        self.revoked.insert(number);
    }

    pub(super) fn login(&mut self, authorization: Option<&str>) -> Login {
        let Some(authorization) = authorization else { return Login::Anonymous };
        if let Some(token) = authorization.strip_prefix("Bearer ") {
            return self.by_token(token);
        }
        let pair = authorization.strip_prefix("Basic ").and_then(|b| STANDARD.decode(b).ok());
        let pair = pair.and_then(|b| String::from_utf8(b).ok());
        let Some((name, password)) = pair.as_deref().and_then(|p| p.split_once(':')) else { return Login::Wrong };
        let Some(user) = users().find(|u| u.name.eq_ignore_ascii_case(name)) else { return Login::Wrong };
        if !user.basic {
            return Login::BasicDisabled;
        }
        let locked = TOKENS.iter().any(|t| t.owner == Owner::User(user.slug) && t.fate == Fate::Captcha);
        let failures = self.failures.entry(user.slug).or_default();
        if locked || *failures >= PATIENCE {
            return Login::Captcha;
        }
        if password == PASSWORD {
            *failures = 0;
            return Login::Caller(Caller { user: Some(user), token: None });
        }
        // A user's own token serves as password; one of a project or repository never does.
        if let Login::Caller(caller) = self.by_token(password)
            && caller.user.is_some_and(|u| u.slug == user.slug)
        {
            return Login::Caller(caller);
        }
        *self.failures.entry(user.slug).or_default() += 1;
        Login::Wrong
    }

    fn by_token(&self, secret: &str) -> Login {
        let Some(token) = self.find(secret) else { return Login::Wrong };
        match token.fate {
            Fate::Deleted => Login::Wrong,
            Fate::Captcha => Login::Captcha,
            Fate::Sso => Login::InterceptedBySso,
            Fate::Alive => {
                let user = match token.owner {
                    Owner::User(slug) => users().find(|u| u.slug == slug),
                    Owner::Project | Owner::Repository => None,
                };
                Login::Caller(Caller { user, token: Some(token) })
            }
        }
    }

    fn find(&self, secret: &str) -> Option<Token> {
        let bytes = STANDARD.decode(secret.strip_prefix("BBDC-")?).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (digits, tail) = text.split_once(':')?;
        let number: u64 = digits.parse().ok().filter(|_| tail == TAIL && digits.len() == 12)?;
        let mut all = TOKENS.iter().map(Token::from).chain(self.made.iter().cloned());
        let known = all.find(|t| t.number == number && !self.revoked.contains(&number));
        known.or_else(|| self.find_spare(number))
    }

    fn find_spare(&self, number: u64) -> Option<Token> {
        spare_token(number).filter(|_| !self.revoked.contains(&number))
    }
}
