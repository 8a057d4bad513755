//! Validation: is the token alive, whose is it, what may it do.
//!
//! 1. Product and version, from the record or by `GET /version` with the token.
//! 2. Gitea 1.27 and later: `GET /token` tells everything, whatever the scopes.
//! 3. `GET /user`: 200 is alive and whose; 403 for a missing scope is alive, and whose stays unknown.
//! 4. Scopes: the account's list on Forgejo 11 and later, by the last eight characters; at Gitea the end of a refusal
//!    that a harmless read draws out.
//!
//! There is no expiry at either product, so nothing is said of it: the date on the rack is the user's.

use serde::Deserialize;
use serde_json::Value;

use super::answers::{self, Asker};
use super::rows::{self, Row};
use super::server::{self, Product, Server};
use super::{API, FACTS, sending, token};
use crate::domain::{Expiry, Finding, Identity, Kind, Validation, Verdict};
use crate::hosts::Session;
use crate::hosts::segment::segment;
use crate::net::{NetError, Request, Response};
use crate::sanitize::short;

/// Longest name of an account that is taken.
const NAME_CAP: usize = 120;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct User {
    id: Value,
    login: Option<String>,
    full_name: Option<String>,
    is_admin: bool,
}

/// `GET /token`.
#[derive(Debug, Deserialize)]
struct Own {
    #[serde(flatten)]
    row: Row,
    user: User,
}

/// A token that the host is known to accept.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub server: Server,
    pub identity: Option<Identity>,
    pub admin: bool,
    /// Its scopes, where the host told them.
    pub scopes: Option<Vec<String>>,
    row: Option<Row>,
    findings: Vec<Finding>,
    verdict: Option<Verdict>,
    reason: String,
    denied: Vec<String>,
    kind: Option<Kind>,
}

/// Validates the session's credential.
pub(super) async fn validate(session: &Session<'_>) -> Validation {
    match inspect(session).await {
        Ok(known) => describe(session, known),
        Err(validation) => *validation,
    }
}

/// Finds out everything about the token that the host tells; else what it said instead.
pub(super) async fn inspect(session: &Session<'_>) -> Result<Known, Box<Validation>> {
    let wire = &session.wire;
    if token::is_code(session.secret.token.reveal()) {
        return Err(Box::new(wire.conclude(&FACTS, "authorization-code", &[])));
    }
    if session.kind == Kind::OauthClient {
        return Err(Box::new(wire.conclude(&FACTS, "kind-not-checkable", &[("web", &wire.url(super::WEB, ""))])));
    }
    let server = server::learn(session).await?;
    let mut known = Known { server, ..Known::default() };
    if server.has_own_route() {
        if let Some(own) = own_route(session).await? {
            known.identity = own.user.identity();
            known.admin = own.user.is_admin;
            known.scopes = own.row.scopes();
            known.row = Some(own.row);
            "accepted by GET /token".clone_into(&mut known.reason);
            return Ok(known);
        }
        // Alive or not, it is none of the account's access tokens.
        known.kind = token::is_jwt(session.secret.token.reveal()).then_some(Kind::OauthToken);
    }
    account(session, &mut known).await?;
    match server.product {
        Some(Product::Forgejo) if server.lists_by_token() => from_list(session, &mut known).await,
        Some(Product::Gitea) if known.scopes.is_none() => drawn_out(session, &mut known).await,
        _ => {}
    }
    Ok(known)
}

/// A GET by the token.
pub(super) async fn get(session: &Session<'_>, path: &str) -> Result<Response, NetError> {
    let request = sending::by_token(Request::get(session.wire.url(API, path)), &session.secret.token);
    session.wire.send(request).await
}

/// `GET /token`. None where the host says 404: an OAuth token or one of a CI job, or an older server than was thought.
async fn own_route(session: &Session<'_>) -> Result<Option<Own>, Box<Validation>> {
    let wire = &session.wire;
    let answer = get(session, "/token").await.map_err(|e| Box::new(wire.unreachable(&e)))?;
    if answer.status == 200
        && !answer.is_html()
        && let Some(own) = answer.parse::<Own>().filter(|own| own.row.id().is_some())
    {
        return Ok(Some(own));
    }
    if answer.status == 404 && answers::is_vendor(&answer) {
        wire.note("not an access token of the account");
        return Ok(None);
    }
    Err(Box::new(refused(session, &answer)))
}

/// `GET /user`.
async fn account(session: &Session<'_>, known: &mut Known) -> Result<(), Box<Validation>> {
    let wire = &session.wire;
    let answer = get(session, "/user").await.map_err(|e| Box::new(wire.unreachable(&e)))?;
    if answer.status == 200
        && !answer.is_html()
        && let Some(user) = answer.parse::<User>()
        && let Some(identity) = user.identity()
    {
        known.reason = format!("accepted by GET /user as {}", identity.login);
        known.identity = Some(identity);
        known.admin = user.is_admin;
        if known.server.has_own_route() && known.kind.is_none() {
            known.findings.push(FACTS.finding("job-token", &[("web", &wire.url(super::WEB, ""))]).1);
        }
        return Ok(());
    }
    if answers::is_scope_refusal(&answer) {
        answers::note(wire, &answer);
        let missing = answers::required(&answer);
        let words = if missing.is_empty() { "read:user".to_owned() } else { missing.join(", ") };
        let args = [("missing", words.as_str()), ("web", &wire.url(super::WEB, ""))];
        known.findings.push(FACTS.finding("user-scope-missing", &args).1);
        known.scopes = answers::own_scopes(&answer);
        known.denied = missing;
        "known to GET /user, which wants another scope".clone_into(&mut known.reason);
        return Ok(());
    }
    // Also a proof of life, and it limits what the token is good for.
    if answers::is_vendor(&answer)
        && answers::signature(Asker::Token(&session.secret.token), &answer) == Some("public-only")
    {
        let limited = answers::conclude(wire, &answer, "public-only", &[]);
        known.verdict = Some(limited.verdict);
        known.reason = limited.reason;
        known.findings.extend(limited.findings);
        // The evidence went into that conclusion; it belongs to the whole.
        return Err(Box::new(with_evidence(describe(session, std::mem::take(known)), limited.evidence)));
    }
    Err(Box::new(refused(session, &answer)))
}

fn with_evidence(mut validation: Validation, mut evidence: Vec<crate::domain::Evidence>) -> Validation {
    evidence.append(&mut validation.evidence);
    Validation { evidence, ..validation }
}

fn refused(session: &Session<'_>, answer: &Response) -> Validation {
    let wire = &session.wire;
    if let Some(refusal) = answers::refusal(wire, Asker::Token(&session.secret.token), answer) {
        return refusal;
    }
    match answer.status {
        200..=299 => answers::conclude(wire, answer, "unproven", &[]),
        404 => server::not_forgejo(wire, answer),
        status => wire.conclude(&FACTS, "http.unexpected", &[("status", &status.to_string())]),
    }
}

/// The token's own line in the list of its account. Best effort: a refusal here says nothing of the token.
async fn from_list(session: &Session<'_>, known: &mut Known) {
    let wire = &session.wire;
    let Some(login) = known.identity.as_ref().map(|who| wire.mask(&who.login)) else { return };
    let (Some(user), Some(tail)) = (segment(&login), token::tail(session.secret.token.reveal())) else { return };
    let path = format!("/users/{user}/tokens");
    let listed = rows::list(wire, &path, |request| sending::by_token(request, &session.secret.token)).await;
    let Ok(listed) = listed else {
        wire.note("the list of tokens was not given; that says nothing of the token");
        return;
    };
    match rows::by_tail(&listed.rows, tail) {
        Ok(row) => {
            known.scopes = row.scopes();
            known.row = Some(row.clone());
        }
        Err(why) => wire.note(format!("listed by their last eight characters, and {why}")),
    }
}

/// A harmless read that most tokens may not make: newer Gitea answers with the token's own scopes.
async fn drawn_out(session: &Session<'_>, known: &mut Known) {
    let Ok(answer) = get(session, "/admin/cron").await else { return };
    known.scopes = answers::own_scopes(&answer);
    if let Some(scopes) = &known.scopes {
        session.wire.note(format!("token scope={}", scopes.join(",")));
    }
}

fn describe(session: &Session<'_>, known: Known) -> Validation {
    let wire = &session.wire;
    let mut found = wire.accepted(known.reason);
    found.verdict = known.verdict.unwrap_or(Verdict::Valid);
    found.identity = known.identity;
    found.all_grants_told = known.scopes.is_some();
    found.grants = rows::grants(known.scopes.as_deref().unwrap_or_default());
    found.denied = known.denied;
    found.findings = known.findings;
    found.kind = known.kind.filter(|kind| *kind != session.kind);
    if session.kind == Kind::Unknown && found.kind.is_none() && token::is_well_formed(session.secret.token.reveal()) {
        found.kind = Some(Kind::Pat);
    }
    found.expiry = token::end(session.secret.token.reveal()).map_or(Expiry::Unknown, Expiry::At);
    if known.scopes.as_ref().is_some_and(Vec::is_empty) {
        let (verdict, finding) = FACTS.finding("no-scopes", &[("web", &wire.url(super::WEB, ""))]);
        found.verdict = verdict;
        found.reason.clone_from(&finding.title);
        found.findings.push(finding);
    }
    if let Some(row) = known.row {
        found.remote_id = row.id();
        found.remote_name = row.name();
        found.created_at = row.created_at();
        found.last_used = row.last_used();
        if let Some(repositories) = row.repositories() {
            let place = if repositories.is_empty() { "none is left".to_owned() } else { repositories.join(", ") };
            found.findings.push(FACTS.finding("repository-limited", &[("place", &place)]).1);
            found.limited_to = repositories;
        }
    }
    wire.mask_validation(&mut found);
    found
}

impl User {
    fn identity(&self) -> Option<Identity> {
        let login = self.login.as_deref().filter(|l| !l.is_empty())?;
        let id = self.id.as_u64()?.to_string();
        let name = self.full_name.as_deref().map(|n| short(n, NAME_CAP)).unwrap_or_default();
        Some(Identity { id, login: short(login, NAME_CAP), name, kind: "user".to_owned() })
    }
}
