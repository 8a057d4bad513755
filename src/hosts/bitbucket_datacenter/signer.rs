//! Who signs an act on tokens: a user's password, or a token that administers what the others belong to.

use crate::domain::Kind;
use crate::hosts::Authority;
use crate::net::Request;
use crate::secret::SecretText;

/// Who signs.
#[derive(Clone, Copy)]
pub(super) enum Signer<'a> {
    /// A user, by password.
    Password {
        /// The log-in name.
        user: &'a str,
    },
    /// A token that administers the project or repository.
    Token,
}

impl<'a> Signer<'a> {
    /// None where what was given cannot sign for a token of that kind.
    pub(super) fn of(kind: Kind, using: &'a Authority) -> Option<Self> {
        let shared = matches!(kind, Kind::ProjectToken | Kind::RepositoryToken);
        match using.kind {
            // A colon would end the user name early and send part of it as password.
            None => using
                .username
                .as_deref()
                .map(str::trim)
                .filter(|u| !u.is_empty() && !u.contains(':'))
                .map(|user| Self::Password { user }),
            Some(Kind::HttpAccessToken | Kind::ProjectToken | Kind::RepositoryToken | Kind::Unknown) if shared => {
                Some(Self::Token)
            }
            Some(_) => None,
        }
    }

    /// Puts the signature under a request.
    pub(super) fn sign(self, request: Request, secret: &SecretText) -> Request {
        match self {
            Self::Password { user } => request.basic(user, secret),
            Self::Token => request.bearer(secret),
        }
    }

    /// Whose log-in a refusal would be about.
    pub(super) fn user(self) -> &'a str {
        match self {
            Self::Password { user } => user,
            Self::Token => "its user",
        }
    }
}
