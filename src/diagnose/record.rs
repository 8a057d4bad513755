//! The record, offline: does the secret have the form of what the record says it is, is anything known that makes it
//! useless already.
//!
//! Fails only for what leaves no doubt, and then nothing is sent; a suspicion is a warning, which decides where the host
//! then refuses.

use jiff::Timestamp;

use super::look::{Look, finding};
use super::patient::Patient;
use crate::domain::{Candidate, Checksum, Finding, SecretState, StageState, Verdict};
use crate::hosts::{self, recognise::recognise};
use crate::ops::exchange::date;
use crate::ops::stale;
use crate::secret::Secret;

/// Looks at record and secret; gives whether the secret may be sent to the host.
pub(crate) async fn look(now: Timestamp, patient: &Patient, secret: Option<&Secret>) -> (Look, bool) {
    let (patient, secret) = (patient.clone(), secret.cloned());
    // The forms of all tokens are prepared when first needed, which takes a while: the network is looked at meanwhile.
    let looked = tokio::task::spawn_blocking(move || offline(now, &patient, secret.as_ref())).await;
    looked.unwrap_or_else(|_| (Look::of(StageState::Untold, "could not be looked at"), false))
}

fn offline(now: Timestamp, patient: &Patient, secret: Option<&Secret>) -> (Look, bool) {
    let facts = hosts::family(&patient.host.family).map(|f| f.facts());
    let kind = facts.and_then(|f| f.kind(patient.kind));
    let named = kind.map_or_else(|| patient.kind.to_string(), |k| k.name.clone());
    let mut suspicions = Vec::new();
    if let Some(credential) = patient.credential().filter(|c| c.secret == SecretState::Destroyed) {
        return (Look::failed(finding("record.destroyed", &[("label", &credential.label)])), false);
    }
    if let Some(what) = kind.and_then(|k| k.username.as_deref()).filter(|_| patient.username.is_none()) {
        return (Look::failed(finding("record.no-username", &[("kind", &named), ("what", what)])), false);
    }
    if let Some(secret) = secret {
        match form(patient, secret) {
            Err(sure) => return (Look::failed(*sure), false),
            Ok(doubts) => suspicions.extend(doubts),
        }
    }
    if let Some(ended) = patient.expiry.at().filter(|at| *at <= now) {
        let who = if patient.expiry_by_user { "you noted" } else { "the host told" };
        suspicions.push(finding("record.expiry-passed", &[("day", &date(ended)), ("who", who)]));
    }
    if let Some(credential) = patient.credential() {
        suspicions.extend(stale::of_credential(credential, &[&patient.host], &[], now));
    }
    // What would explain a refusal comes first.
    suspicions.sort_by_key(|finding| !explains(finding, Verdict::Rejected, now));
    let look = match suspicions.first() {
        None => Look::passed(match secret {
            Some(secret) => format!("{named} {}, as recorded", secret.hint()),
            None => format!("{named}; its form could not be looked at"),
        }),
        Some(first) => Look { findings: suspicions.clone(), ..Look::of(StageState::Warned, first.title.clone()) },
    };
    (look, secret.is_some())
}

/// Whether a suspicion is reason enough for a host to refuse the credential with that verdict. A host that knows the
/// token by name (it was revoked, it ended) was given it whole.
pub(crate) fn explains(finding: &Finding, verdict: Verdict, now: Timestamp) -> bool {
    match finding.code.as_str() {
        "record.expiry-passed" => matches!(verdict, Verdict::Rejected | Verdict::Expired),
        code if code.starts_with(stale::PREFIX) => stale::is_over(finding, now),
        _ => verdict == Verdict::Rejected,
    }
}

/// What the form of the secret tells: a certain contradiction, or doubts.
fn form(patient: &Patient, secret: &Secret) -> Result<Vec<Finding>, Box<Finding>> {
    let text = secret.token.reveal();
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(Box::new(finding("record.white-space", &[("where", where_is_white(text))])));
    }
    if let Some(sign) = quoted(text) {
        return Err(Box::new(finding("record.quoted", &[("sign", sign)])));
    }
    let family = &patient.host.family;
    let candidates = recognise(text);
    let ours: Vec<&Candidate> = candidates.iter().filter(|c| c.family == *family).collect();
    let name = |c: &Candidate| {
        let facts = hosts::family(&c.family).map(|f| f.facts());
        let kind = facts.and_then(|f| f.kind(c.kind)).map_or_else(|| c.kind.to_string(), |k| k.name.clone());
        (facts.map_or_else(|| c.family.to_string(), |f| f.name.clone()), kind)
    };
    if ours.is_empty()
        && family.as_str() != "generic"
        && let Some(other) = candidates.iter().find(|c| c.certain)
    {
        let (product, kind) = name(other);
        let host = hosts::family(family).map_or_else(|| family.to_string(), |f| f.facts().name.clone());
        let args = [("kind", kind.as_str()), ("product", &product), ("host", &host)];
        return Err(Box::new(finding("record.other-product", &args)));
    }
    let mut doubts = Vec::new();
    if let Some(damaged) = ours.iter().find(|c| c.checksum == Checksum::Mismatch) {
        let (product, kind) = name(damaged);
        doubts.push(finding("record.checksum", &[("kind", &kind), ("product", &product)]));
    }
    let told = ours.iter().filter(|c| c.certain).map(|c| c.kind).collect::<Vec<_>>();
    if let (Some(other), false) = (ours.iter().find(|c| c.certain), told.is_empty() || told.contains(&patient.kind)) {
        doubts.push(finding("record.other-kind", &[("kind", &name(other).1), ("recorded", patient.kind.slug())]));
    }
    let has_forms = hosts::family(family)
        .and_then(|f| f.facts().kind(patient.kind))
        .is_some_and(|k| k.patterns.iter().any(|p| p.certain));
    if ours.is_empty() && has_forms {
        doubts.push(finding("record.unknown-form", &[("kind", patient.kind.slug())]));
    }
    Ok(doubts)
}

fn where_is_white(text: &str) -> &'static str {
    if text.trim() != text { "at its beginning or end" } else { "inside it" }
}

fn quoted(text: &str) -> Option<&'static str> {
    const SIGNS: [(&str, char, char); 4] = [("\"", '"', '"'), ("'", '\'', '\''), ("<>", '<', '>'), ("`", '`', '`')];
    SIGNS.iter().find(|(_, open, close)| text.starts_with(*open) && text.ends_with(*close)).map(|(sign, _, _)| *sign)
}
