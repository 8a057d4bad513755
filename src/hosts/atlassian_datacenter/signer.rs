//! Who signs an act on tokens: a user's password, or one of the user's own tokens.

use super::refusal::{Act, Asked};
use super::{Product, WEB, token};
use crate::domain::{Host, Kind};
use crate::hosts::{Authority, Route, Wire};
use crate::net::Request;
use crate::secret::SecretText;

/// A signature that can be put under a request.
#[derive(Clone, Copy)]
pub enum Signer<'a> {
    /// A user's name and password, once: failures count towards a CAPTCHA.
    Password {
        /// The log-in name.
        user: &'a str,
        /// The password.
        password: &'a SecretText,
    },
    /// A token, as Bearer.
    Token(&'a SecretText),
}

impl<'a> Signer<'a> {
    /// Reads who was named. The error is the name of a finding: nothing is to be sent.
    ///
    /// # Errors
    /// Where what was given cannot sign here.
    pub fn of(using: &'a Authority) -> Result<Self, &'static str> {
        let secret = &using.secret.token;
        match using.kind {
            // A token as password answers 401 and brings the account nearer to a CAPTCHA.
            None if token::elsewhere(secret.reveal()).is_some() || token::number(secret.reveal()).is_some() => {
                Err("token-as-password")
            }
            // A colon would end the user name early and send part of it as password.
            None => using
                .username
                .as_deref()
                .map(str::trim)
                .filter(|u| !u.is_empty() && !u.contains(':'))
                .map(|user| Self::Password { user, password: secret })
                .ok_or("authority-unfit"),
            Some(Kind::Pat | Kind::Unknown) => token::elsewhere(secret.reveal()).map_or(Ok(Self::Token(secret)), Err),
            Some(_) => Err("authority-unfit"),
        }
    }

    /// Signs.
    pub fn sign(self, request: Request) -> Request {
        match self {
            Self::Password { user, password } => request.basic(user, password),
            Self::Token(token) => request.bearer(token),
        }
    }

    /// What a refusal would be about.
    pub fn act(self) -> Act {
        match self {
            Self::Password { .. } => Act::ByPassword,
            Self::Token(_) => Act::ByToken,
        }
    }

    /// In words.
    pub fn words(self) -> String {
        match self {
            Self::Password { user, .. } => format!("with the password of {user}, sent once"),
            Self::Token(_) => "with a token of that user".to_owned(),
        }
    }

    /// The circumstances of what is asked by this signer.
    pub fn asked<'w>(self, wire: &'w Wire<'w>, product: &'static Product, id: &'w str) -> Asked<'w>
    where
        'a: 'w,
    {
        let user = match self {
            Self::Password { user, .. } => user,
            Self::Token(_) => "its user",
        };
        Asked { wire, product, act: self.act(), user, id }
    }
}

/// The signer, or the route that says who could be one.
///
/// # Errors
/// [`Route::NeedsAuthority`], where nobody was named or who was named cannot sign.
pub fn signer_or_route<'a>(product: &Product, using: Option<&'a Authority>) -> Result<Signer<'a>, Route> {
    let needs = |why: String| Route::NeedsAuthority { why, password: true };
    let name = product.name;
    match using.map(Signer::of) {
        None => Err(needs(format!(
            "{name} shows and makes tokens for a user who is logged in: one of the user's own tokens, or the user's name \
             and password (not where Basic authentication is disabled or sign-in is by SSO only)"
        ))),
        Some(Ok(signer)) => Ok(signer),
        Some(Err("token-as-password")) => Err(needs(format!(
            "what was given as password has the form of a token: {name} takes tokens as Bearer only, and a failed log-in \
             counts towards a CAPTCHA. Put it on the rack and name its label"
        ))),
        Some(Err("cloud-token" | "bitbucket-token")) => {
            Err(needs(format!("what was given is a token of another product; {name} knows only its own")))
        }
        Some(Err(_)) => Err(needs(format!(
            "what was given cannot sign: it takes a token of this {name}, or a user name with its password"
        ))),
    }
}

/// The base URL of a host record, for sentences.
pub fn web_of(host: &Host) -> &str {
    host.endpoints.get(WEB).unwrap_or(&host.url).trim_end_matches('/')
}
