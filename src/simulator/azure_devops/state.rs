//! Users, tokens, log-ins.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::SimRequest;
use super::{Edition, forms, roster};
use crate::hosts::facts::Facts;

/// The vendor's scopes.
pub(super) static CATALOGUE: LazyLock<Facts> = LazyLock::new(|| Facts::embedded("azure-devops"));

/// From this moment tokens for all organisations are refused.
pub(super) const GLOBAL_END: &str = "2026-12-01T00:00:00Z";

/// A user.
#[derive(Debug)]
pub(super) struct User {
    pub login: &'static str,
    pub name: &'static str,
    pub id: &'static str,
    pub descriptor: &'static str,
    /// Member of Project Collection Administrators.
    pub administrator: bool,
    /// Has the permission Contribute on the repository.
    pub contributes: bool,
    /// May create tokens; the organisation has an allow list.
    pub creates: bool,
}

pub(super) const USERS: &[User] = &[
    User {
        login: "olga@contoso.example",
        name: "Olga Admin",
        id: "11111111-0000-4000-8000-000000000001",
        descriptor: "aad.S0VZUkFDSy1PTEdB",
        administrator: true,
        contributes: true,
        creates: true,
    },
    User {
        login: "dana@contoso.example",
        name: "Dana Example",
        id: "11111111-0000-4000-8000-000000000002",
        descriptor: "aad.S0VZUkFDSy1EQU5B",
        administrator: false,
        contributes: false,
        creates: true,
    },
    User {
        login: "build@contoso.example",
        name: "Build Service",
        id: "11111111-0000-4000-8000-000000000003",
        descriptor: "aad.S0VZUkFDSy1CVUlMRA",
        administrator: false,
        contributes: true,
        creates: false,
    },
];

/// How a request without a good credential is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dead {
    /// The sign-in page with status 203; methods that change get the JSON.
    Page,
    /// A redirect to the sign-in page.
    Redirect,
    /// 401 with JSON.
    Unknown,
    /// 401 with JSON that names an empty user.
    Nobody,
    /// 401 that says so.
    Expired,
    /// 200 and the anonymous user.
    Anonymous,
    /// 403 by conditional access.
    ConditionalAccess,
    /// 403, a permission of the user.
    Permission,
    /// 429.
    Throttled,
    /// IIS takes the header for a Windows log-in.
    Iis,
}

/// What becomes of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Alive,
    /// Its user is not active any more.
    Inactive,
    /// `connectionData` refuses it, the rest does not.
    Narrow,
    Dead(Dead),
}

/// A token.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub id: String,
    pub user: &'static User,
    pub name: String,
    pub scope: String,
    pub secret: String,
    pub global: bool,
    pub fate: Fate,
    pub valid_from: Timestamp,
    pub valid_to: Timestamp,
}

impl Token {
    /// As the token API shows it.
    pub(super) fn json(&self) -> Value {
        let accounts = if self.global { Value::Null } else { json!(["aaaa1111-0000-4000-8000-000000000001"]) };
        json!({
            "displayName": self.name, "validTo": self.valid_to.to_string(), "scope": self.scope,
            "targetAccounts": accounts, "validFrom": self.valid_from.to_string(), "authorizationId": self.id,
            "token": Value::Null,
        })
    }
}

/// Somebody who is let in.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub user: &'static User,
    /// The token used; none for an Entra token, which may do whatever its user may.
    pub token: Option<Token>,
}

impl Caller {
    /// Whether the scope is among those of the token, or included in one.
    pub(super) fn holds(&self, scope: &str) -> bool {
        let Some(token) = &self.token else { return true };
        let given: Vec<String> = token.scope.split_whitespace().map(ToOwned::to_owned).collect();
        // What includes what is the vendor's catalogue, which is data.
        let implied = CATALOGUE.implied(&given);
        given.iter().chain(&implied).any(|s| s == scope || s == "app_token")
    }
}

/// What comes of the `Authorization` header.
pub(super) enum Login {
    Caller(Caller),
    Anonymous,
    Dead(Dead),
}

/// What changes while the site runs.
#[derive(Debug)]
pub(super) struct State {
    edition: Edition,
    revoked: BTreeSet<String>,
    made: Vec<Token>,
}

impl State {
    pub(super) fn of(edition: Edition) -> Self {
        Self { edition, revoked: BTreeSet::new(), made: Vec::new() }
    }

    /// Every token there ever was.
    pub(super) fn tokens(&self, now: Timestamp) -> Vec<Token> {
        roster::tokens(self.edition, now).into_iter().chain(self.made.iter().cloned()).collect()
    }

    pub(super) fn is_revoked(&self, token: &Token) -> bool {
        self.revoked.contains(&token.id) || token.fate == Fate::Dead(Dead::Page)
    }

    pub(super) fn revoke(&mut self, id: &str) {
        self.revoked.insert(id.to_owned());
    }

    /// Makes a token and gives it back with its secret.
    pub(super) fn make(
        &mut self,
        user: &'static User,
        name: &str,
        scope: &str,
        valid_to: Timestamp,
        now: Timestamp,
    ) -> Token {
        let n = self.made.len() + 1;
        let token = Token {
            id: format!("cccc3333-0000-4000-8000-{:012}", 900_000 + n),
            user,
            name: name.to_owned(),
            scope: scope.to_owned(),
            secret: forms::long(&format!("MADEx{n:04}x")),
            global: false,
            fate: Fate::Alive,
            valid_from: now,
            valid_to,
        };
        self.made.push(token.clone());
        token
    }

    pub(super) fn login(&self, request: &SimRequest, now: Timestamp) -> Login {
        let Some(authorization) = request.header("authorization") else { return Login::Anonymous };
        if let Some(bearer) = authorization.strip_prefix("Bearer ") {
            let known = forms::read_entra(bearer).filter(|(_, ends)| *ends > now.as_second());
            let user = known.and_then(|(login, _)| USERS.iter().find(|u| u.login == login));
            return match user.filter(|_| self.edition == Edition::Services) {
                Some(user) => Login::Caller(Caller { user, token: None }),
                None => Login::Dead(Dead::Unknown),
            };
        }
        let pair = authorization.strip_prefix("Basic ").and_then(|b| STANDARD.decode(b).ok());
        let pair = pair.and_then(|b| String::from_utf8(b).ok());
        // The user part is ignored; without the colon nothing is understood.
        let Some((_, secret)) = pair.as_deref().and_then(|p| p.split_once(':')) else { return Login::Dead(Dead::Page) };
        self.by_secret(secret, now)
    }

    fn by_secret(&self, secret: &str, now: Timestamp) -> Login {
        let gone = Dead::Page;
        let token = self.tokens(now).into_iter().find(|t| t.secret == secret).or_else(|| {
            let spare = roster::spare_token(self.edition, secret, now);
            spare.filter(|t| !self.revoked.contains(&t.id))
        });
        let Some(token) = token else { return Login::Dead(gone) };
        let retired = token.global && GLOBAL_END.parse::<Timestamp>().is_ok_and(|end| now >= end);
        match token.fate {
            Fate::Dead(how) => Login::Dead(how),
            _ if self.revoked.contains(&token.id) || retired => Login::Dead(gone),
            _ if token.valid_to <= now => Login::Dead(Dead::Expired),
            _ => Login::Caller(Caller { user: token.user, token: Some(token) }),
        }
    }
}

/// Dates are whole days, so that they do not move between two requests.
pub(super) fn days_from_midnight(now: Timestamp, days: i64) -> Timestamp {
    let midnight = now.to_zoned(TimeZone::UTC).start_of_day().map_or(now, |day| day.timestamp());
    midnight.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(midnight)
}
