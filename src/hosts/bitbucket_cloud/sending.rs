//! With which user name, and in which form, a credential is sent. Getting this wrong makes a good token look dead, so it
//! stands here once.
//!
//! | Credential | REST | git |
//! |---|---|---|
//! | API token | Basic, the account's e-mail address | `x-bitbucket-api-token-auth` |
//! | access token, OAuth token | Bearer | `x-token-auth` |
//! | app password, Data Center token | never | never |
//!
//! <https://support.atlassian.com/bitbucket-cloud/docs/using-api-tokens/>

use super::token::Form;
use crate::domain::Kind;
use crate::hosts::Session;
use crate::net::Request;
use crate::secret::SecretText;

/// How a credential goes to REST.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way<'a> {
    /// Basic with the e-mail address, or what the record has in its place.
    Email(&'a str),
    /// Bearer, as an access token, which has no user.
    AccessToken,
    /// Bearer, as an OAuth token.
    Oauth,
}

impl<'a> Way<'a> {
    /// How the session's secret goes to REST; else the name of the finding that says why it goes nowhere. The form of
    /// the token outranks the kind on the record.
    pub(super) fn of(session: &Session<'a>) -> Result<Self, &'static str> {
        let email = || match session.username.map(str::trim).filter(|name| !name.is_empty()) {
            Some(name) => Ok(Self::Email(name)),
            None => Err("email-missing"),
        };
        match (Form::of(session.secret.token.reveal()), session.kind) {
            (Form::AppPassword, _) | (Form::Other, Kind::AppPassword) => Err("app-password-retired"),
            (Form::DataCenter, _) => Err("data-center-token"),
            (Form::ApiToken, _) | (Form::Other, Kind::ScopedApiToken | Kind::ApiToken) => email(),
            (Form::AccessToken, _)
            | (Form::Other, Kind::RepositoryToken | Kind::ProjectToken | Kind::WorkspaceToken) => Ok(Self::AccessToken),
            (Form::Other, _) => Ok(Self::Oauth),
        }
    }

    /// Signs a REST request.
    pub(super) fn sign(self, request: Request, secret: &SecretText) -> Request {
        match self {
            // A colon would end the user name early and send part of it as password.
            Self::Email(name) => request.basic(name.split(':').next().unwrap_or(name), secret),
            Self::AccessToken | Self::Oauth => request.bearer(secret),
        }
    }

    /// The user name that git sends beside it, whatever the account is called.
    pub(super) fn git_user(self) -> &'static str {
        match self {
            Self::Email(_) => "x-bitbucket-api-token-auth",
            Self::AccessToken | Self::Oauth => "x-token-auth",
        }
    }
}
