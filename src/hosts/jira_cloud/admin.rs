//! An organisation's API key: whether it counts, whose it is, what it may do. Always Bearer, always at the gateway.
//!
//! <https://developer.atlassian.com/cloud/admin/organization/rest/>

use serde_json::Value;

use super::call::{note, whole};
use super::refusal::{Reading, read};
use super::remote::ACCESS;
use super::{FACTS, form};
use crate::domain::{Grant, GrantSource, Identity, Kind, Probed, Validation};
use crate::hosts::atlassian::GATEWAY;
use crate::hosts::atlassian::tenant::CloudId;
use crate::hosts::atlassian::token::{Form, checksum};
use crate::hosts::{Session, Wire};
use crate::net::{NetError, Request, Response};
use crate::sanitize::short;
use crate::secret::SecretText;

/// The reference check.
const ORGS: &str = "/admin/v1/orgs";
/// The scope behind it.
const READ_ORGS: &str = "read:orgs:admin";
/// Most organisations that one key is believed to see. A key belongs to one.
const MOST_ORGS: usize = 4;
/// Reads below an organisation that prove a scope each.
const READS: [(&str, &str); 4] = [
    ("read:tokens:admin", "api-tokens?pageSize=1"),
    ("read:keys:admin", "api-keys?pageSize=1"),
    ("read:service-accounts:admin", "service-accounts?pageSize=1"),
    ("read:service-accounts-tokens:admin", "service-accounts/api-tokens?pageSize=1"),
];

/// An organisation that a key belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Organisation {
    /// Its id, a UUID.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// GET by an organisation's key.
pub(super) async fn get(wire: &Wire<'_>, key: &SecretText, path: &str) -> Result<Response, NetError> {
    let request = Request::get(wire.url(GATEWAY, path)).header("Accept", "application/json");
    let answer = wire.send(request.bearer(&whole(wire, key))).await?;
    note(wire, &answer);
    Ok(answer)
}

/// The organisations of a key; the validation that says why not otherwise. An account's token is refused like a bad key.
pub(super) async fn organisations(wire: &Wire<'_>, key: &SecretText) -> Result<Vec<Organisation>, Box<Validation>> {
    let answer = get(wire, key, ORGS).await.map_err(|error| Box::new(wire.unreachable(&error)))?;
    let status = answer.status.to_string();
    let conclude = |name: &str, args: &[(&str, &str)]| Err(Box::new(wire.conclude(&FACTS, name, args)));
    match read(wire, &answer) {
        Reading::Fine => {}
        Reading::Verdict(verdict) => return Err(verdict),
        Reading::Forbidden | Reading::ScopeMissing => return conclude("admin-key-scope", &[("scope", READ_ORGS)]),
        Reading::Refused if Form::of(key.reveal()) == Some(Form::Account) => {
            return conclude("account-token-as-key", &[]);
        }
        Reading::Refused => return conclude("admin-key-refused", &[]),
        Reading::Absent => {
            return conclude(
                "not-atlassian",
                &[("web", &wire.url(GATEWAY, "")), ("status", &status), ("message", "nothing")],
            );
        }
    }
    let found = list(&answer);
    if found.is_empty() {
        let args = [("web", wire.url(GATEWAY, "")), ("status", status), ("message", "no organisation".to_owned())];
        let args: Vec<(&str, &str)> = args.iter().map(|(n, v)| (*n, v.as_str())).collect();
        return conclude("not-atlassian", &args);
    }
    Ok(found)
}

fn list(answer: &Response) -> Vec<Organisation> {
    let json = answer.json().unwrap_or_default();
    let one = |entry: &Value| {
        // The id becomes part of a path; a UUID is one segment.
        let id = CloudId::of(entry["id"].as_str()?)?.as_str().to_owned();
        let name = short(entry["attributes"]["name"].as_str().unwrap_or(""), 120);
        Some(Organisation { id, name })
    };
    json["data"].as_array().into_iter().flatten().filter_map(one).take(MOST_ORGS).collect()
}

/// Validates a key.
pub(super) async fn validate(session: &Session<'_>) -> Validation {
    let wire = &session.wire;
    let key = &session.secret.token;
    match organisations(wire, key).await {
        Err(verdict) => looks_cut(session, *verdict),
        Ok(all) => {
            let names: Vec<&str> = all.iter().map(|o| o.name.as_str()).filter(|n| !n.is_empty()).collect();
            let mut found =
                wire.accepted(format!("accepted by GET {ORGS} for {}", or(&names.join(", "), "an organisation")));
            found.kind = Some(Kind::AdminKey);
            found.identity = all.first().map(|o| Identity {
                id: o.id.clone(),
                login: o.name.clone(),
                name: o.name.clone(),
                kind: "organisation".to_owned(),
            });
            found.grants.push(probed(READ_ORGS));
            wire.mask_validation(&mut found);
            found
        }
    }
}

/// A refused key that does not fit its own checksum was most likely cut.
fn looks_cut(session: &Session<'_>, verdict: Validation) -> Validation {
    let cut = checksum(session.secret.token.reveal()) == crate::domain::Checksum::Mismatch
        || form::is_old(session.secret.token.reveal());
    if !cut || verdict.verdict != crate::domain::Verdict::Rejected {
        return verdict;
    }
    let user = session.username.unwrap_or("the organisation");
    let mut named = session.wire.conclude(&FACTS, "refused-cut", &[("user", &short(user, 60))]);
    named.evidence = verdict.evidence;
    named
}

/// Scopes by a read each. A key without scopes is answered everywhere.
pub(super) async fn probe(session: &Session<'_>, wanted: &[String]) -> Probed {
    let wire = &session.wire;
    let key = &session.secret.token;
    let mut found = Probed::default();
    let all = match organisations(wire, key).await {
        Ok(all) => all,
        Err(verdict) => return Probed::stopped(*verdict, wanted),
    };
    let organisation = all.first().map_or("", |o| o.id.as_str());
    for name in wanted {
        if name == READ_ORGS {
            found.grants.push(probed(name));
            continue;
        }
        let Some((_, path)) = READS.iter().find(|(scope, _)| scope == name) else {
            let why = "no read proves it: only an act would";
            found.unknown.push((name.clone(), why.to_owned()));
            continue;
        };
        match get(wire, key, &format!("{ACCESS}/{organisation}/{path}")).await {
            Err(error) => found.unknown.push((name.clone(), error.to_string())),
            Ok(answer) => match read(wire, &answer) {
                Reading::Fine => found.grants.push(probed(name)),
                Reading::Forbidden | Reading::ScopeMissing => found.denied.push(name.clone()),
                Reading::Verdict(verdict) => found.unknown.push((name.clone(), verdict.reason)),
                Reading::Absent | Reading::Refused => {
                    found.unknown.push((name.clone(), format!("answered with status {}", answer.status)));
                }
            },
        }
    }
    found
}

fn probed(name: &str) -> Grant {
    Grant { name: name.to_owned(), source: GrantSource::Probed }
}

fn or<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    if text.is_empty() { otherwise } else { text }
}
