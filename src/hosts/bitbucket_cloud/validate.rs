//! Validation by `GET /2.0/user`, the one request that proves every kind.
//!
//! | Answer | Verdict |
//! |---|---|
//! | 200 with an account | `valid`: API token, OAuth token of a user |
//! | 403, `X-Credential-Type` of an access token, or an access token that lacks scopes for it | `valid`: no user behind it |
//! | 403, a scope is missing | `valid` with a finding: only looking at the account is refused |
//! | everything else | as `answers` reads it |
//!
//! <https://developer.atlassian.com/cloud/bitbucket/rest/>

use serde::Deserialize;

use super::answers::{self, Said};
use super::sending::Way;
use super::{API, FACTS, consumer, scopes};
use crate::domain::{Identity, Kind, Validation, Verdict};
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
    kind: Option<Kind>,
    /// State of the account, where it is not the usual one.
    state: Option<String>,
    /// Scopes without which the account cannot be seen.
    missing: Vec<String>,
}

impl Known {
    /// There is no user behind it.
    pub(super) fn is_access_token(&self) -> bool {
        self.kind.is_some_and(scopes::is_access_token)
    }
}

/// Validates the session's credential.
pub(super) async fn validate(session: &Session<'_>) -> Validation {
    if session.kind == Kind::OauthClient {
        return consumer::validate(session).await;
    }
    let way = match Way::of(session) {
        Ok(way) => way,
        Err(name) => return stopped(session, name),
    };
    let answer = match get(session, way, "/user").await {
        Ok(answer) => answer,
        Err(error) => return session.wire.unreachable(&error),
    };
    match read(session, way, &answer) {
        Shown::Known(known) => describe(session, way, *known).await,
        Shown::Not(validation) => *validation,
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

/// Puts together what is known; asks for the workspaces where the token may see them.
pub(super) async fn describe(session: &Session<'_>, way: Way<'_>, known: Known) -> Validation {
    let wire = &session.wire;
    let mut findings = Vec::new();
    let granted = known.granted.as_deref().unwrap_or_default();
    if !known.missing.is_empty() {
        let args = [("missing", scopes::words(&known.missing)), ("granted", scopes::words(granted))];
        let args: Vec<(&str, &str)> = args.iter().map(|(n, v)| (*n, v.as_str())).collect();
        findings.push(FACTS.finding("user-scope-missing", &args).1);
    }
    if known.identity.is_some() && reaches_no_workspace(session, way, granted).await {
        findings.push(FACTS.finding("no-workspace", &[]).1);
    }
    let reason = match (&known.identity, known.missing.is_empty()) {
        (Some(who), _) => format!("accepted by GET /2.0/user as {}", who.account()),
        (None, false) => "known to GET /2.0/user, which wants another scope".to_owned(),
        (None, true) => "known to GET /2.0/user as an access token, which has no user".to_owned(),
    };
    let mut found = wire.accepted(reason);
    if let Some(state) = &known.state {
        let (verdict, finding) = FACTS.finding("account-not-active", &[("state", state)]);
        found.verdict = verdict;
        found.reason.clone_from(&finding.title);
        findings.push(finding);
    }
    found.identity = known.identity;
    found.grants = scopes::grants(granted);
    found.all_grants_told = known.granted.is_some();
    found.denied = known.missing;
    found.kind = known.kind.or_else(|| told_by_success(session, way, found.verdict)).filter(|k| *k != session.kind);
    found.findings = findings;
    wire.mask_validation(&mut found);
    found
}

/// An API token that Bitbucket accepts has scopes, whatever the record calls it.
fn told_by_success(session: &Session<'_>, way: Way<'_>, verdict: Verdict) -> Option<Kind> {
    let api = matches!(way, Way::Email(_)) && verdict != Verdict::Unreachable;
    match session.kind {
        Kind::ApiToken | Kind::Unknown if api => Some(Kind::ScopedApiToken),
        Kind::Unknown if way == Way::Oauth => Some(Kind::OauthToken),
        _ => None,
    }
}

/// `GET /2.0/user/workspaces`, the list that replaced those across all workspaces (CHANGE-3022). Best effort: whatever
/// goes wrong here says nothing of the token.
async fn reaches_no_workspace(session: &Session<'_>, way: Way<'_>, granted: &[String]) -> bool {
    let may = ["read:workspace:bitbucket", "account", "account:write"];
    if !granted.iter().any(|g| may.contains(&g.as_str())) {
        return false;
    }
    let Ok(answer) = get(session, way, "/user/workspaces?pagelen=100").await else { return false };
    let Some(values) = answer.json().filter(|_| answer.status == 200).and_then(|b| b["values"].as_array().cloned())
    else {
        return false;
    };
    let named = values.iter().take(10).map(|access| {
        let slug = short(access["workspace"]["slug"].as_str().unwrap_or("?"), 64);
        if access["administrator"] == true { format!("{slug} (administrator)") } else { slug }
    });
    let named = named.collect::<Vec<_>>().join(", ");
    session.wire.note(format!("workspaces: {}", if named.is_empty() { "none" } else { &named }));
    values.is_empty()
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
