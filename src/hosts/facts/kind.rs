//! Facts on a kind of credential: its forms, what it needs, where it is managed.

use serde::Deserialize;

use super::git_login::{GitLogin, GitLoginFacts};
use super::guide::LimitFacts;
use super::verb::How;
use crate::domain::Kind;

/// A form of token.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatternFacts {
    /// Regular expression over the whole token; anchored at both ends by the reader.
    pub regex: String,
    /// The form alone proves the family and kind.
    pub certain: bool,
}

/// A kind of credential of the family.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindFacts {
    /// The kind.
    pub kind: Kind,
    /// What the vendor calls it.
    pub name: String,
    /// What to ask for as user name (`access key id`), where the kind needs one to be used.
    #[serde(default)]
    pub username: Option<String>,
    /// What the second secret part is (`session token`), where there can be one.
    #[serde(default)]
    pub second: Option<String>,
    /// The user name that goes with it when git asks; none where the vendor names no way to use it for git. Read it by
    /// [`KindFacts::git_login`].
    #[serde(default)]
    pub git_username: Option<GitLoginFacts>,
    /// Forms to recognise it by.
    #[serde(default)]
    pub patterns: Vec<PatternFacts>,
    /// What the host allows when one is made; none where it is not made by anybody (a log-in's own token).
    #[serde(default)]
    pub limits: Option<LimitFacts>,
    /// How it is revoked in general; the adapter decides for the host at hand.
    pub revoke: How,
    /// The page where the vendor manages it, relative to `{web}` or absolute.
    pub page: String,
    /// Revoking by hand, a step each.
    pub revoke_steps: Vec<String>,
}

impl KindFacts {
    /// The user name that goes with a token of this kind when git asks.
    ///
    /// `own` is the user name kept with the credential, `login` the log-in of its account as a validation learned it;
    /// empty ones count as unknown. An e-mail address is never taken for a log-in, nor what has a colon, which Basic
    /// authentication cannot carry.
    #[must_use]
    pub fn git_login<'a>(&'a self, own: Option<&'a str>, login: Option<&'a str>) -> GitLogin<'a> {
        let known = |name: Option<&'a str>| name.map(str::trim).filter(|n| !n.is_empty());
        let account = || known(login).or_else(|| known(own)).filter(|n| !n.contains(['@', ':']));
        let named = |name: Option<&'a str>| name.map_or(GitLogin::UserUnknown, GitLogin::User);
        match &self.git_username {
            Some(GitLoginFacts::Fixed(name) | GitLoginFacts::Any(name)) => GitLogin::User(name),
            Some(GitLoginFacts::LoginOr(name)) => GitLogin::User(account().unwrap_or(name)),
            Some(GitLoginFacts::Login) => named(account()),
            Some(GitLoginFacts::Own) => named(known(own)),
            Some(GitLoginFacts::PerRequest) => GitLogin::PerRequest,
            Some(GitLoginFacts::Bearer) => GitLogin::Bearer,
            None => GitLogin::Never,
        }
    }
}
