//! How a credential is sent, and who may sign an act on tokens.
//!
//! Never as a query parameter, and never with `Sudo`. `Accept-Language: en`, since some refusals are translated.

use crate::hosts::Authority;
use crate::net::Request;
use crate::secret::SecretText;

/// The headers of every request.
pub(super) fn plain(request: Request) -> Request {
    request.header("Accept", "application/json").header("Accept-Language", "en")
}

/// `Authorization: token TOKEN`; means the same as Bearer at both products.
pub(super) fn by_token(request: Request, secret: &SecretText) -> Request {
    let mut value = String::with_capacity(secret.len() + 6);
    value.push_str("token ");
    value.push_str(secret.reveal());
    plain(request).secret_header("Authorization", SecretText::new(value))
}

/// Who signs.
#[derive(Debug, Clone, Copy)]
pub(super) enum Signer<'a> {
    /// An account's password.
    Password { user: &'a str, using: &'a Authority },
    /// A token in the place of the password: Gitea, and Forgejo before 11.
    TokenAsPassword { user: &'a str, using: &'a Authority },
    /// A token by itself: lists on Forgejo 11 and later, a site administrator's routes on 16 and later.
    Token { using: &'a Authority },
}

impl<'a> Signer<'a> {
    /// By Basic: a password, or a token in its place. None where no user name goes with it.
    pub(super) fn basic(using: &'a Authority) -> Option<Self> {
        // A colon would end the user name early and send part of it as password.
        let user = using.username.as_deref().map(str::trim).filter(|u| !u.is_empty() && !u.contains(':'))?;
        Some(match using.kind {
            None => Self::Password { user, using },
            Some(_) => Self::TokenAsPassword { user, using },
        })
    }

    /// By a token alone. None where it is a password.
    pub(super) fn token(using: &'a Authority) -> Option<Self> {
        using.kind.is_some().then_some(Self::Token { using })
    }

    /// The account's own password.
    pub(super) fn password(using: &'a Authority) -> Option<Self> {
        if using.kind.is_none() { Self::basic(using) } else { None }
    }

    /// The account named, for texts and paths.
    pub(super) fn user(self) -> Option<&'a str> {
        match self {
            Self::Password { user, .. } | Self::TokenAsPassword { user, .. } => Some(user),
            Self::Token { using } => using.username.as_deref().map(str::trim).filter(|u| !u.is_empty()),
        }
    }

    /// Signs a request. A one-time code goes under both names: Gitea knows only one of them.
    pub(super) fn sign(self, request: Request) -> Request {
        match self {
            Self::Token { using } => by_token(request, &using.secret.token),
            Self::TokenAsPassword { user, using } => plain(request).basic(user, &using.secret.token),
            Self::Password { user, using } => {
                let request = plain(request).basic(user, &using.secret.token);
                match using.one_time_code.as_ref().filter(|code| !code.is_empty()) {
                    Some(code) => {
                        request.secret_header("X-Forgejo-OTP", code.clone()).secret_header("X-Gitea-OTP", code.clone())
                    }
                    None => request,
                }
            }
        }
    }

    /// Who signs, in words for a plan.
    pub(super) fn words(self) -> String {
        match self {
            Self::Password { user, using } if using.one_time_code.is_some() => {
                format!("with the password and a one-time code of {user}")
            }
            Self::Password { user, .. } => format!("with the password of {user}"),
            Self::TokenAsPassword { user, .. } => format!("with a token of {user} in the place of the password"),
            Self::Token { .. } => "with the other token".to_owned(),
        }
    }
}
