//! Naming and revoking a token of any kind by its value, as an administrator of a Self-Managed instance: for what was found
//! somewhere and can say nothing of itself (deploy, runner, trigger, feed tokens and their like).
//!
//! An experiment of GitLab's: naming since 17.5, revoking since 17.7 behind a feature flag. So it is asked by name first,
//! which changes nothing, and what does not answer in a known form ends in the guide.
//! <https://docs.gitlab.com/api/admin/token/>

use serde_json::{Value, json};

use super::order::{self, Sent};
use super::refusal::{self, Refusal};
use super::token::{self, Check};
use super::{FACTS, signed};
use crate::domain::{Host, Kind, Validation};
use crate::hosts::version::is_before;
use crate::hosts::{Authority, Revocation, Session, Wire};
use crate::net::{Request, Response};
use crate::sanitize;
use crate::secret::SecretText;

const PATH: &str = "/admin/token";

/// The first version that revokes so.
const SINCE: &str = "17.7";

/// Whether it is worth trying: a personal token signs, at an instance of one's own that is not known to be too old.
pub(super) fn may_be(host: &Host, using: Option<&Authority>) -> bool {
    let old = host.version.as_deref().is_some_and(|version| is_before(version, SINCE) == Some(true));
    let personal = matches!(using.and_then(|u| u.kind), Some(Kind::Pat | Kind::FineGrainedPat | Kind::OauthToken));
    personal && !old && host.url != FACTS.default_url
}

/// Whether the value may be sent for it: a session cookie is nobody's to show.
pub(super) fn takes(secret: &SecretText) -> bool {
    token::form(secret.reveal()).is_none_or(|seen| seen.form.check != Check::Cookie)
}

/// What will be sent, in words.
pub(super) fn words(api: &str) -> String {
    format!(
        "POST {api}{PATH} names the token, then DELETE {api}{PATH} revokes or resets it, both with its value in the body and \
         signed with an administrator's token ({SINCE} and later, behind a feature flag of GitLab's)"
    )
}

/// Asks what it is, then once to revoke it.
pub(super) async fn revoke(session: &Session<'_>, using: &Authority) -> Revocation {
    let wire = &session.wire;
    let key = &using.secret.token;
    let token = &session.secret.token;
    let asked = Request::post(wire.url("api", PATH)).header("Accept", "application/json");
    let response = match wire.send(signed(with_value(asked, token), key)).await {
        Ok(response) => response,
        Err(error) => {
            let mut lost = wire.unreachable(&error);
            order::about_the_signer(&mut lost);
            return Revocation::Refused(Box::new(lost));
        }
    };
    let told = (matches!(response.status, 200 | 201) && !response.is_html()).then(|| response.json()).flatten();
    match told {
        Some(Value::Object(record)) => wire.note(named(&record, |text| wire.mask(text))),
        _ => return refused(wire, &response, "by-value-unknown"),
    }
    match order::send(wire, with_value(Request::delete(wire.url("api", PATH)), token), key).await {
        Sent::Answer(response) if response.status == 204 => Revocation::Accepted,
        // It was found a moment ago: what is absent is the request itself.
        Sent::Answer(response) => refused(wire, &response, "by-value-unsupported"),
        Sent::Never(validation) => Revocation::Refused(validation),
        Sent::Lost(error) => Revocation::Unknown(error),
    }
}

fn with_value(request: Request, token: &SecretText) -> Request {
    let body = zeroize::Zeroizing::new(json!({ "token": token.reveal() }).to_string());
    request.secret_body("application/json", SecretText::new(body.to_string()))
}

/// What GitLab says it is. Every kind has its own fields; these are those that tell which token is meant.
fn named(record: &serde_json::Map<String, Value>, mask: impl Fn(&str) -> String) -> String {
    let fields = ["id", "name", "username", "user_id", "project_id", "group_id", "revoked", "expires_at"];
    let said = fields.iter().filter_map(|field| {
        let value = match record.get(*field)? {
            Value::String(text) if !text.is_empty() => sanitize::short(&mask(text), 80),
            Value::Number(number) => number.to_string(),
            Value::Bool(yes) => yes.to_string(),
            _ => return None,
        };
        Some(format!("{field} {value}"))
    });
    format!("GitLab says that it is: {}", said.collect::<Vec<_>>().join(", "))
}

/// `absent` is what it means that something was not found.
fn refused(wire: &Wire<'_>, response: &Response, absent: &'static str) -> Revocation {
    let known = Refusal::of(response);
    let name = match &known {
        _ if response.status == 422 && refusal::is_gitlabs(response) => "by-value-kind",
        Some(refusal) if refusal.unknown_path || refusal.name == "not-allowed" => "by-value-unsupported",
        Some(refusal) if refusal.name == "not-found" => absent,
        Some(refusal) if refusal.name == "forbidden" => "by-value-forbidden",
        _ => "",
    };
    if matches!(name, "by-value-kind" | "by-value-unsupported") {
        return Revocation::Unsupported(conclude(wire, response, name, known));
    }
    if name.is_empty() {
        return Revocation::Refused(order::refused(wire, response, true, |refusal| match refusal.name {
            "insufficient-scope" => "revoke-scope-missing",
            "bad-request" => "revoke-refused",
            "token-unknown" | "expired" | "revoked" => "authority-refused",
            name => name,
        }));
    }
    Revocation::Refused(conclude(wire, response, name, known))
}

fn conclude(wire: &Wire<'_>, response: &Response, name: &'static str, known: Option<Refusal>) -> Box<Validation> {
    Box::new(refusal::conclude_as(wire, response, name, &known.unwrap_or_else(|| Refusal::plain(name, ""))))
}
