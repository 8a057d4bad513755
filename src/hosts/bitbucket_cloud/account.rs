//! `GET /2.0/user`, the one request that proves every kind, and what its answer shows.
//!
//! | Answer | What it shows |
//! |---|---|
//! | 200 with an account | known: API token, OAuth token of a user |
//! | 403, `X-Credential-Type` of an access token, or an access token that lacks scopes for it | known: no user behind it |
//! | 403, a scope is missing | known: only looking at the account is refused |
//! | everything else | as `answers` reads it |
//!
//! <https://developer.atlassian.com/cloud/bitbucket/rest/>

use serde::Deserialize;

use super::answers::{self, Said};
use super::sending::Way;
use super::{API, FACTS, scopes};
use crate::domain::{Identity, Kind, Validation};
use crate::hosts::Session;
use crate::net::{NetError, Request, Response};
use crate::sanitize::short;
use crate::secret::SecretText;

/// Longest name of an account that is taken.
const NAME_CAP: usize = 120;

/// The account, as `GET /2.0/user` gives it. Only the ids are sure to be there.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct User {
    #[serde(rename = "type")]
    kind: String,
    uuid: String,
    account_id: Option<String>,
    display_name: Option<String>,
    nickname: Option<String>,
    username: Option<String>,
    account_status: Option<String>,
}

/// What `GET /2.0/user` showed.
pub(super) enum Shown {
    /// The host knows the credential: what it is and what it may do is in here.
    Known(Box<Known>),
    /// It does not, or the answer says nothing of it.
    Not(Box<Validation>),
}

/// A credential that Bitbucket knows.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Whose it is, where the host shows that.
    pub identity: Option<Identity>,
    /// Its scopes; none where the host does not list them.
    pub granted: Option<Vec<String>>,
    /// The kind that the host named.
    pub kind: Option<Kind>,
    /// State of the account, where it is not the usual one.
    pub state: Option<String>,
    /// Scopes without which the account cannot be seen.
    pub missing: Vec<String>,
}

impl Known {
    /// There is no user behind it.
    pub(super) fn is_access_token(&self) -> bool {
        self.kind.is_some_and(scopes::is_access_token)
    }
}

/// A finding for what is not sent at all.
pub(super) fn stopped(session: &Session<'_>, name: &str) -> Validation {
    answers::conclude(session, &Response::default(), name)
}

/// A GET below the API, signed by the session's secret.
pub(super) async fn get(session: &Session<'_>, way: Way<'_>, path: &str) -> Result<Response, NetError> {
    get_with(session, way, path, &session.secret.token).await
}

/// A GET below the API, signed by a secret that need not be the session's.
pub(super) async fn get_with(
    session: &Session<'_>,
    way: Way<'_>,
    path: &str,
    secret: &SecretText,
) -> Result<Response, NetError> {
    let request = Request::get(session.wire.url(API, path)).header("Accept", "application/json");
    session.wire.send(way.sign(request, secret)).await
}

/// Reads the answer to `GET /2.0/user`.
pub(super) fn read(session: &Session<'_>, way: Way<'_>, answer: &Response) -> Shown {
    let not = |validation: Validation| Shown::Not(Box::new(validation));
    let kind = scopes::credential_type(answer);
    let granted = answers::granted(answer);
    if answer.status == 200 && !answer.is_html() && !answer.truncated {
        return match answer.parse::<User>().filter(User::is_one) {
            Some(user) => {
                answers::note(&session.wire, answer);
                Shown::Known(Box::new(Known {
                    identity: Some(user.identity()),
                    granted,
                    kind,
                    state: user.account_status.filter(|s| s != "active").map(|s| short(&s, 40)),
                    missing: Vec::new(),
                }))
            }
            None => {
                let detail = "no account in it";
                not(session.wire.conclude(&FACTS, "http.garbage", &[("detail", detail)]))
            }
        };
    }
    let said = Said::of(answer).unwrap_or_default();
    if answer.status == 403 && !answer.is_html() {
        let by_type = kind.is_some_and(scopes::is_access_token);
        let wants_scope = !said.required.is_empty();
        if by_type || (way == Way::AccessToken && wants_scope) {
            answers::note(&session.wire, answer);
            let kind = kind.or_else(|| Some(session.kind).filter(|k| scopes::is_access_token(*k)));
            let kind = kind.or(Some(Kind::RepositoryToken));
            return Shown::Known(Box::new(Known { granted, kind, ..Known::default() }));
        }
        // The type of the credential and no scope for the account: known, and only this look is refused.
        let missing = match (answers::missing(answer), kind, &granted) {
            (missing, ..) if !missing.is_empty() => missing,
            (_, Some(_), Some(granted)) if !can_see_account(granted) => vec!["read:user:bitbucket".to_owned()],
            _ => Vec::new(),
        };
        if !missing.is_empty() {
            answers::note(&session.wire, answer);
            return Shown::Known(Box::new(Known { granted, kind, missing, ..Known::default() }));
        }
    }
    not(answers::refusal(session, way, answer).unwrap_or_else(|| {
        let status = answer.status.to_string();
        session.wire.conclude(&FACTS, "http.unexpected", &[("status", &status)])
    }))
}

fn can_see_account(granted: &[String]) -> bool {
    ["read:user:bitbucket", "account", "account:write"].iter().any(|s| granted.iter().any(|g| g == s))
}

impl User {
    /// It is an account, and not some other object that a gateway answers with.
    fn is_one(&self) -> bool {
        !self.kind.is_empty() && self.kind != "error" && (!self.uuid.is_empty() || self.account_id.is_some())
    }

    fn identity(&self) -> Identity {
        let text = |text: Option<&String>| text.map(|t| short(t, NAME_CAP)).unwrap_or_default();
        let login = self.username.as_ref().or(self.nickname.as_ref());
        Identity {
            id: self.account_id.as_ref().map_or_else(|| short(&self.uuid, NAME_CAP), |id| short(id, NAME_CAP)),
            login: text(login),
            name: text(self.display_name.as_ref()),
            kind: short(&self.kind, 40),
        }
    }
}
