//! Log-ins, and what changes while the site runs.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::super::SimRequest;
use super::tokens::{Dead, Fate, GLOBAL_END, Token, USERS, User};
use super::{Edition, forms, roster};
use crate::hosts::facts::Facts;

/// The vendor's scopes.
pub(super) static CATALOGUE: LazyLock<Facts> = LazyLock::new(|| Facts::embedded("azure-devops"));

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
