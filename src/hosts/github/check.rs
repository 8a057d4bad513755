//! Validation: one request for most tokens, a second where scopes let the token reach organisations that may want
//! single sign-on. See <https://docs.github.com/en/rest/users/users#get-the-authenticated-user>.

use jiff::Timestamp;
use serde::Deserialize;

use super::address::Variant;
use super::asking::{Asking, is_success};
use super::form::Form;
use super::refusal::{self, Signature};
use super::{FACTS, clip};
use crate::domain::{Expiry, Grant, GrantSource, Identity, Validation, Verdict};
use crate::hosts::Session;
use crate::net::Response;

/// The header with the token's end; absent where it does not end. The form of its date differs between kinds.
const EXPIRATION: &str = "github-authentication-token-expiration";

#[derive(Deserialize)]
struct User {
    login: String,
    id: u64,
    name: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    site_admin: Option<bool>,
}

#[derive(Deserialize)]
struct Installation {
    total_count: u64,
    repositories: Vec<Repository>,
    repository_selection: Option<String>,
}

#[derive(Deserialize)]
struct Repository {
    owner: User,
}

/// What has been learned of a token that GitHub accepted.
#[derive(Default)]
struct Accepted {
    identity: Option<Identity>,
    grants: Vec<Grant>,
    expiry: Expiry,
    remarks: Vec<String>,
    advice: Vec<Signature>,
    limited: bool,
    remote_id: Option<String>,
    /// The grants are all there is.
    all_told: bool,
}

/// Asks GitHub about the session's token.
pub(super) async fn validate(session: &Session<'_>) -> Validation {
    let at = Asking::of(session);
    let form = Form::of(at.key.reveal());
    let mut validation = match form {
        Form::AppRefresh => Signature::new("refresh-token-not-checkable").conclude(at),
        Form::AppJwt => Signature::new("app-jwt").conclude(at),
        form if form.is_installation() => installation(at, form).await,
        form => user(at, form).await,
    };
    // A kind that only the form of the token told is passed on where the record says another.
    validation.kind = form.kind().filter(|kind| *kind != session.kind);
    masked(at, validation)
}

/// Answers are masked as they arrive, but JSON can spell a secret in escapes, which are gone only now.
fn masked(at: Asking<'_>, mut validation: Validation) -> Validation {
    let mut texts: Vec<&mut String> = vec![&mut validation.reason];
    texts.extend(validation.remote_id.as_mut());
    texts.extend(validation.grants.iter_mut().map(|grant| &mut grant.name));
    if let Some(identity) = &mut validation.identity {
        texts.extend([&mut identity.login, &mut identity.name, &mut identity.kind]);
    }
    for finding in &mut validation.findings {
        texts.extend([&mut finding.title, &mut finding.cause, &mut finding.remedy]);
    }
    for text in texts {
        *text = at.wire.mask(text);
    }
    validation
}

/// Tokens that act as a user.
async fn user(at: Asking<'_>, form: Form) -> Validation {
    let response = match at.get("/user").await {
        Ok(response) => response,
        Err(validation) => return *validation,
    };
    let Some(user) = response.parse::<User>().filter(|_| is_success(&response)) else {
        return refusal::conclude(at, &response);
    };
    let mut accepted = Accepted { expiry: expiry(&response, form), ..Accepted::default() };
    refusal::note_header(at.wire, &response, EXPIRATION);
    if user.site_admin == Some(true) {
        at.wire.note("site_admin: true");
    }
    accepted.identity = Some(identity(user, None));
    let mut scopes = None;
    if form.has_scopes() {
        refusal::note_header(at.wire, &response, "X-OAuth-Scopes");
        scopes = response.header("x-oauth-scopes").map(refusal::scopes);
        accepted.all_told = scopes.is_some();
        match &scopes {
            Some(scopes) if scopes.is_empty() => {
                accepted.remarks.push("it has no scope and reaches public data only".to_owned());
                accepted.advice.push(Signature::new("no-scopes"));
            }
            Some(scopes) => {
                let implied = FACTS.implied(scopes);
                accepted.grants = scopes.iter().cloned().map(Grant::told).collect();
                let implied = implied.into_iter().map(|name| Grant { name, source: GrantSource::Implied });
                accepted.grants.extend(implied);
            }
            None => accepted.remarks.push("its scopes are not told by GitHub".to_owned()),
        }
    } else {
        permissions_untold(&mut accepted);
        if form == Form::FineGrained {
            accepted.advice.push(Signature::new("permissions-not-told"));
        }
    }
    match refusal::sso(at, &response) {
        Some(signature) => accepted.limit(signature),
        None => sign_on(at, form, scopes.as_deref(), &mut accepted).await,
    }
    accepted.conclude(at, "/user")
}

/// Tokens that act as an installation of a GitHub App; `GET /user` is closed to them. See
/// <https://docs.github.com/en/rest/apps/installations#list-repositories-accessible-to-the-app-installation>.
async fn installation(at: Asking<'_>, form: Form) -> Validation {
    let response = match at.get("/installation/repositories?per_page=1").await {
        Ok(response) => response,
        Err(validation) => return *validation,
    };
    let Some(found) = response.parse::<Installation>().filter(|_| is_success(&response)) else {
        return refusal::conclude(at, &response);
    };
    let mut accepted = Accepted { expiry: expiry(&response, form), ..Accepted::default() };
    refusal::note_header(at.wire, &response, EXPIRATION);
    let selection = found.repository_selection.as_deref().map_or_else(|| "unknown".to_owned(), clip);
    at.wire.note(format!("total_count: {}; repository_selection: {selection}", found.total_count));
    accepted.identity = found.repositories.into_iter().next().map(|first| identity(first.owner, Some("installation")));
    permissions_untold(&mut accepted);
    if let Some(signature) = refusal::sso(at, &response) {
        accepted.limit(signature);
    }
    accepted.conclude(at, "/installation/repositories")
}

/// Looks for organisations that want single sign-on first, with the cheapest list that the scopes open. What this
/// request fails for otherwise says nothing of a token that was just accepted.
async fn sign_on(at: Asking<'_>, form: Form, scopes: Option<&[String]>, accepted: &mut Accepted) {
    // Authorising a token for an organisation exists in the cloud alone.
    if !form.has_scopes() || at.variant == Variant::Server {
        return;
    }
    let has = |scope: &str| accepted.grants.iter().any(|grant| grant.name == scope);
    let path = match scopes {
        None => "/user/orgs?per_page=1",
        Some(_) if has("read:org") || has("user") => "/user/orgs?per_page=1",
        // The list of organisations is closed to it, that of repositories is not (that it shows the header: unconfirmed).
        Some(_) if has("repo") => "/user/repos?per_page=1",
        Some(_) => return,
    };
    let Ok(response) = at.get(path).await else {
        accepted.remarks.push("whether an organization wants single sign-on could not be asked".to_owned());
        return;
    };
    let signature = match response.status {
        200 => refusal::sso(at, &response),
        403 => refusal::recognise(at, &response).filter(refusal::is_about_an_organisation),
        _ => None,
    };
    if let Some(signature) = signature {
        accepted.limit(signature);
    }
}

fn permissions_untold(accepted: &mut Accepted) {
    accepted.remarks.push("its permissions are not told by GitHub".to_owned());
}

fn identity(user: User, kind: Option<&str>) -> Identity {
    let kind = kind.map_or_else(|| user.kind.unwrap_or_else(|| "user".to_owned()).to_lowercase(), str::to_owned);
    Identity {
        id: user.id.to_string(),
        login: clip(&user.login),
        name: user.name.as_deref().map(clip).unwrap_or_default(),
        kind: clip(&kind),
    }
}

/// Classic tokens have `2027-02-20 09:30:00 UTC`, others a numeric offset (reported, not documented). No header means
/// no end for personal access tokens; of the rest nothing is promised.
fn expiry(response: &Response, form: Form) -> Expiry {
    match response.header(EXPIRATION) {
        Some(value) => moment(value).map_or(Expiry::Unknown, Expiry::At),
        None if matches!(form, Form::Classic | Form::LegacyUser | Form::FineGrained) => Expiry::Never,
        None => Expiry::Unknown,
    }
}

fn moment(value: &str) -> Option<Timestamp> {
    let value = value.trim();
    let value = value.strip_suffix("UTC").map_or_else(|| value.to_owned(), |date| format!("{}+0000", date));
    ["%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M:%S %:z"]
        .iter()
        .find_map(|form| Timestamp::strptime(form, &value).ok())
        .or_else(|| value.parse().ok())
}

impl Accepted {
    /// The token works, but an organisation wants something first or keeps it out.
    fn limit(&mut self, signature: Signature) {
        self.limited = true;
        self.remote_id = self.remote_id.take().or_else(|| signature.remote_id.clone());
        self.advice.insert(0, signature);
    }

    fn conclude(self, at: Asking<'_>, path: &str) -> Validation {
        let mut reason = format!("accepted by GET {path}");
        for remark in &self.remarks {
            reason.push_str("; ");
            reason.push_str(remark);
        }
        let mut validation = at.wire.accepted(reason);
        validation.findings =
            self.advice.iter().map(|advice| advice.filled(at, |args| FACTS.finding(advice.name, args)).1).collect();
        if self.limited {
            validation.verdict = Verdict::Limited;
            if let Some(first) = validation.findings.first() {
                validation.reason = format!("accepted by GET {path}, but {}", first.title);
            }
        }
        validation.identity = self.identity;
        validation.grants = self.grants;
        validation.all_grants_told = self.all_told;
        validation.expiry = self.expiry;
        validation.remote_id = self.remote_id;
        validation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_expiry_is_the_same_moment() {
        let expected: Timestamp = "2027-02-20T09:30:00Z".parse().unwrap();
        for value in [
            "2027-02-20 09:30:00 UTC",
            "2027-02-20 09:30:00 +0000",
            " 2027-02-20 11:30:00 +0200",
            "2027-02-20 04:00:00 -0530",
            "2027-02-20 11:30:00 +02:00",
            "2027-02-20T09:30:00Z",
        ] {
            assert_eq!(moment(value), Some(expected), "{value}");
        }
        for value in ["", "soon", "2027-02-20", "2027-13-40 09:30:00 UTC", "UTC"] {
            assert_eq!(moment(value), None, "{value}");
        }
    }
}
