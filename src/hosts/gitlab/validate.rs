//! Checking a token: its own record, then its user. Falls back to OAuth's introspection, to `GET /user` on servers
//! before 15.5, and to the checks of runner and job tokens. Never rotates: rotating with a revoked token kills its
//! whole family (<https://docs.gitlab.com/api/personal_access_tokens/>).

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::own_record::{Account, OwnRecord, scope_grants};
use super::refusal::{self, Refusal};
use super::token::{self, Check};
use super::{FACTS, signed};
use crate::domain::{Expiry, Identity, Kind, Validation, Verdict};
use crate::hosts::{Session, Wire};
use crate::net::{Request, Response};
use crate::secret::SecretText;

/// See [`crate::hosts::Family::validate`].
pub(super) async fn validate(session: &Session<'_>) -> Validation {
    let wire = &session.wire;
    let not_checkable = |what: &str| wire.conclude(&FACTS, "kind-not-checkable", &[("what", what)]);
    match token::form(session.secret.token.reveal()) {
        Some(seen) => match seen.form.check {
            Check::Access => access(session).await,
            Check::Runner => runner(session).await,
            Check::Job => job(session).await,
            Check::Cookie => wire.conclude(&FACTS, "cookie-not-checkable", &[("web", &wire.url("web", ""))]),
            Check::None => not_checkable(seen.form.name),
        },
        // Without a prefix the form tells nothing (custom prefixes, tokens from before 14.x): what the record says counts.
        None => match session.kind {
            Kind::GitCredential => not_checkable("deploy token"),
            Kind::OauthClient => not_checkable("OAuth application secret"),
            _ => access(session).await,
        },
    }
}

async fn access(session: &Session<'_>) -> Validation {
    let wire = &session.wire;
    let response = match ask(session, "/personal_access_tokens/self").await {
        Ok(response) => response,
        Err(unreachable) => return *unreachable,
    };
    if let Some(record) = success(&response).as_ref().and_then(OwnRecord::read) {
        return recorded(session, &response, record).await;
    }
    let refusal = Refusal::of(&response);
    match refusal.as_ref().map(|r| r.name) {
        Some("not-a-pat") => {
            wire.note("not an access token: asking as OAuth");
            oauth(session).await
        }
        Some("not-found") => before_15_5(session).await,
        // The token was recognised, so it works; what it lacks is needed by nobody but keyrack. `limited` is kept
        // for what stands in the way of the token's own job, hence valid with a finding.
        Some("granular-missing") => unreadable(session, &response, "self-unreadable").await,
        Some("granular-unsupported") => unreadable(session, &response, "granular-unsupported").await,
        Some("insufficient-scope") => unreadable(session, &response, "self-scope-missing").await,
        _ => refusal::conclude(wire, &response),
    }
}

/// The token told its own record.
async fn recorded(session: &Session<'_>, response: &Response, record: OwnRecord) -> Validation {
    let wire = &session.wire;
    let scopes = crate::sanitize::short(&record.scopes.join(" "), 200);
    wire.note(format!("active: {}, revoked: {}, scopes: {scopes}", record.active, record.revoked));
    if record.revoked || !record.active {
        // A dead token is normally refused with 401. Not active and not revoked means that its time is over.
        let name = if record.revoked { "revoked" } else { "expired" };
        let dead = Refusal::plain(name, "");
        return describe(session, refusal::conclude_as(wire, response, name, &dead), &record, None);
    }
    let who = if record.may_read_user() { account(session).await } else { Who::Hidden };
    let (validation, account) = match who {
        Who::Stopped(stopped) => (*stopped, None),
        Who::Told(account) => (wire.accepted("accepted by GET /personal_access_tokens/self"), Some(account)),
        Who::Hidden => (wire.accepted("accepted by GET /personal_access_tokens/self"), None),
        Who::Unclear(unclear) => (despite(*unclear, "accepted by GET /personal_access_tokens/self"), None),
    };
    describe(session, validation, &record, account)
}

/// Adds what the record and the account say.
fn describe(
    session: &Session<'_>,
    mut validation: Validation,
    record: &OwnRecord,
    account: Option<Account>,
) -> Validation {
    let told = if record.is_granular() { Some(Kind::FineGrainedPat) } else { account.as_ref().and_then(|a| a.kind) };
    // A record of its own proves an access token, where the form did not.
    let kind = told.unwrap_or(if token::is_access(session.kind) { session.kind } else { Kind::Pat });
    validation.kind = (kind != session.kind).then_some(kind);
    validation.grants = record.grants(kind);
    validation.all_grants_told = record.tells_all();
    validation.expiry = record.expiry;
    validation.remote_id = Some(record.id.clone());
    validation.remote_name = record.name.clone();
    validation.created_at = record.created_at;
    validation.last_used = record.last_used;
    let told = account.map(|a| a.identity).or(validation.identity.take());
    validation.identity = told.or_else(|| record.user_id.clone().map(only_id));
    validation
}

/// GitLab told the number of the user and nothing else of it.
fn only_id(id: String) -> Identity {
    Identity { id, login: String::new(), name: String::new(), kind: "user".to_owned() }
}

/// The server knows the token and does not let it read its record.
async fn unreadable(session: &Session<'_>, response: &Response, name: &str) -> Validation {
    let wire = &session.wire;
    let refusal = Refusal::of(response).unwrap_or_else(|| Refusal::plain("forbidden", ""));
    refusal::note(wire, response, &refusal.text);
    let who = account(session).await;
    let mut validation = refusal::found(wire, response, name, &refusal);
    let account = match who {
        Who::Stopped(stopped) => return *stopped,
        Who::Told(account) => Some(account),
        Who::Hidden => None,
        Who::Unclear(unclear) => {
            validation.evidence.splice(0..0, unclear.evidence);
            validation.findings.extend(unclear.findings);
            None
        }
    };
    let told = match account.as_ref().and_then(|a| a.kind) {
        _ if name != "self-scope-missing" => Some(Kind::FineGrainedPat),
        told => told,
    };
    validation.kind = told.filter(|kind| *kind != session.kind);
    validation.identity = account.map(|a| a.identity);
    validation
}

/// Servers before 15.5 know no `/personal_access_tokens/self`.
async fn before_15_5(session: &Session<'_>) -> Validation {
    let wire = &session.wire;
    let response = match ask(session, "/user").await {
        Ok(response) => response,
        Err(unreachable) => return *unreachable,
    };
    if let Some(account) = success(&response).and_then(|body| Account::read(&body, session.kind)) {
        if let Some(stopped) = stopped_by_state(wire, &response, &account) {
            return *stopped;
        }
        let mut validation = wire.conclude(&FACTS, "old-server", &[("web", &wire.url("web", ""))]);
        validation.kind = account.kind.filter(|kind| *kind != session.kind);
        validation.identity = Some(account.identity);
        return validation;
    }
    match Refusal::of(&response) {
        Some(refusal) if refusal.name == "insufficient-scope" => {
            refusal::conclude_as(wire, &response, "self-scope-missing", &refusal)
        }
        _ => refusal::conclude(wire, &response),
    }
}

/// What `GET /user` showed for a token that is known to work.
enum Who {
    /// The account.
    Told(Account),
    /// The token may not ask, which is no fault of it.
    Hidden,
    /// The account stands in the way, or the token died meanwhile.
    Stopped(Box<Validation>),
    /// No word of GitLab's; holds what came instead and all evidence so far.
    Unclear(Box<Validation>),
}

async fn account(session: &Session<'_>) -> Who {
    let wire = &session.wire;
    let response = match ask(session, "/user").await {
        Ok(response) => response,
        Err(unreachable) => return Who::Unclear(unreachable),
    };
    if let Some(account) = success(&response).and_then(|body| Account::read(&body, session.kind)) {
        wire.note(format!("username: {}", account.identity.login));
        return match stopped_by_state(wire, &response, &account) {
            Some(stopped) => Who::Stopped(stopped),
            None => Who::Told(account),
        };
    }
    if let Some(refusal) = Refusal::of(&response)
        && let "insufficient-scope" | "granular-missing" | "granular-unsupported" | "forbidden" = refusal.name
    {
        refusal::note(wire, &response, &refusal.text);
        return Who::Hidden;
    }
    let validation = Box::new(refusal::conclude(wire, &response));
    if validation.verdict.is_real() { Who::Stopped(validation) } else { Who::Unclear(validation) }
}

fn stopped_by_state(wire: &Wire<'_>, response: &Response, account: &Account) -> Option<Box<Validation>> {
    if matches!(account.state.as_str(), "" | "active") {
        return None;
    }
    let state = Refusal::plain("account-state", &account.state);
    let mut validation = refusal::conclude_as(wire, response, state.name, &state);
    validation.identity = Some(account.identity.clone());
    Some(Box::new(validation))
}

/// A token that was accepted before something went wrong on the way to its user stays good; the fault is shown.
fn despite(unclear: Validation, reason: &str) -> Validation {
    Validation { verdict: Verdict::Valid, reason: reason.to_owned(), ..unclear }
}

/// OAuth's own introspection. Its field list is unconfirmed: whatever is missing stays unknown.
async fn oauth(session: &Session<'_>) -> Validation {
    let wire = &session.wire;
    let request = Request::get(wire.url("web", "/oauth/token/info")).header("Accept", "application/json");
    let response = match wire.send(request.bearer(&session.secret.token)).await {
        Ok(response) => response,
        Err(error) => return wire.unreachable(&error),
    };
    let known = ["scope", "resource_owner_id", "expires_in", "application"];
    let Some(body) = success(&response).filter(|body| known.iter().any(|name| body.get(name).is_some())) else {
        return refusal::conclude(wire, &response);
    };
    let scopes: Vec<String> = body
        .get("scope")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|s| crate::sanitize::short(s, 64))
        .collect();
    wire.note(crate::sanitize::short(&format!("scope: {}", scopes.join(" ")), 200));
    let ends = body
        .get("expires_in")
        .and_then(Value::as_i64)
        .and_then(|seconds| wire.now().checked_add(jiff::SignedDuration::from_secs(seconds)).ok());
    let created = body.get("created_at").and_then(Value::as_i64).and_then(|s| jiff::Timestamp::from_second(s).ok());
    let may_ask = scopes.iter().any(|s| matches!(s.as_str(), "api" | "read_api" | "read_user"));

    let who = if may_ask { account(session).await } else { Who::Hidden };
    let (mut validation, account) = match who {
        Who::Stopped(stopped) => (*stopped, None),
        Who::Told(account) => (wire.accepted("accepted by GET /oauth/token/info"), Some(account)),
        Who::Hidden => (wire.accepted("accepted by GET /oauth/token/info"), None),
        Who::Unclear(unclear) => (despite(*unclear, "accepted by GET /oauth/token/info"), None),
    };
    validation.kind = (session.kind != Kind::OauthToken).then_some(Kind::OauthToken);
    validation.grants = scope_grants(&scopes, Kind::OauthToken);
    validation.all_grants_told = body.get("scope").is_some_and(Value::is_array);
    validation.expiry = ends.map_or(Expiry::Unknown, Expiry::At);
    validation.created_at = created;
    let owner = body.get("resource_owner_id").and_then(Value::as_u64).map(|id| only_id(id.to_string()));
    validation.identity = account.map(|a| a.identity).or(validation.identity).or(owner);
    validation
}

/// `POST /runners/verify` (its codes are unconfirmed). The token goes in the body, as that endpoint wants it.
async fn runner(session: &Session<'_>) -> Validation {
    let wire = &session.wire;
    let mut body = String::with_capacity(6 + session.secret.token.len() * 3);
    body.push_str("token=");
    body.extend(utf8_percent_encode(session.secret.token.reveal(), NON_ALPHANUMERIC));
    let request = Request::post(wire.url("api", "/runners/verify"))
        .header("Accept", "application/json")
        .secret_body("application/x-www-form-urlencoded", SecretText::new(body));
    let response = match wire.send(request).await {
        Ok(response) => response,
        Err(error) => return wire.unreachable(&error),
    };
    // Older servers answer with an empty body.
    if matches!(response.status, 200 | 201) && !response.is_html() {
        return wire.accepted("accepted by POST /runners/verify");
    }
    other_check(wire, &response, "runner-refused")
}

/// `GET /job` (unconfirmed): works while the job runs.
async fn job(session: &Session<'_>) -> Validation {
    let wire = &session.wire;
    let request = Request::get(wire.url("api", "/job"))
        .header("Accept", "application/json")
        .secret_header("JOB-TOKEN", session.secret.token.clone());
    let response = match wire.send(request).await {
        Ok(response) => response,
        Err(error) => return wire.unreachable(&error),
    };
    if success(&response).is_some_and(|body| body.get("id").is_some_and(Value::is_u64)) {
        return wire.accepted("accepted by GET /job: its job is running");
    }
    other_check(wire, &response, "job-over")
}

/// A 401 or 403 of GitLab's without a reason is `name` for these kinds.
fn other_check(wire: &Wire<'_>, response: &Response, name: &str) -> Validation {
    match Refusal::of(response) {
        Some(refusal) if matches!(refusal.name, "token-unknown" | "forbidden") => {
            refusal::conclude_as(wire, response, name, &refusal)
        }
        _ => refusal::conclude(wire, response),
    }
}

async fn ask(session: &Session<'_>, path: &str) -> Result<Response, Box<Validation>> {
    let request = Request::get(session.wire.url("api", path)).header("Accept", "application/json");
    let request = signed(request, &session.secret.token);
    session.wire.send(request).await.map_err(|error| Box::new(session.wire.unreachable(&error)))
}

/// The JSON object of a real 200. A 203 comes from a proxy that changed the answer, HTML from a log-in page.
fn success(response: &Response) -> Option<Value> {
    (response.status == 200 && !response.is_html() && !response.truncated)
        .then(|| response.json())
        .flatten()
        .filter(Value::is_object)
}
