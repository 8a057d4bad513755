//! What deployments look like: for people, and as JSON.

use serde_json::{Value, json};

use super::super::context::Context;
use super::super::output::evidence_json;
use crate::domain::{DeploymentInput, DeploymentKey, DeploymentShown, DeploymentTold, Evidence, Host};
use crate::error::{ErrorKind, Result};
use crate::sanitize;

/// What came of a submission; the exit code says whether Jira took it.
pub(super) fn told(
    context: &mut Context<'_>,
    host: &Host,
    input: &DeploymentInput,
    done: &DeploymentTold,
) -> Result<u8> {
    let (sent, answer) = (&done.deployment, &done.answer);
    let code = if answer.accepted.is_empty() { ErrorKind::Refused.exit_code() } else { 0 };
    let see = input.where_to_look(host);
    if context.json() {
        let associations: Vec<Value> =
            answer.unknown_associations.iter().map(|(kind, values)| json!({"type": kind, "values": values})).collect();
        context.out_json(&json!({
            "schema": 1,
            "host": host.name,
            "cloud_id": done.place,
            "deployment": sent,
            "accepted": answer.accepted,
            "rejected": answer.rejected,
            "unknown_issues": answer.unknown_issues,
            "unknown_associations": associations,
            "see": see,
            "evidence": evidence(&answer.evidence),
        }))?;
        return Ok(code);
    }
    let state = sent.state;
    for key in &answer.accepted {
        let key = sanitize::line(&key.to_string()).into_owned();
        context.out(&format!("accepted: deployment {key}, {state}, update {}", sent.update_sequence))?;
    }
    for rejected in &answer.rejected {
        let reasons = match rejected.reasons.is_empty() {
            true => "no reason given".to_owned(),
            false => rejected.reasons.join("; "),
        };
        let key = rejected.key.to_string();
        context.out(&format!("rejected: deployment {}: {}", sanitize::line(&key), sanitize::line(&reasons)))?;
    }
    let unknown = answer.unknown();
    for line in &unknown {
        context.out(&sanitize::line(line))?;
    }
    if code != 0 && answer.rejected.is_empty() && unknown.is_empty() {
        context.out("not accepted, and Jira gave no reason")?;
    }
    context.remark(answer.so());
    if code != 0 {
        return Ok(code);
    }
    context.remark(&see);
    Ok(code)
}

/// A deployment as Jira has it.
pub(super) fn shown(
    context: &mut Context<'_>,
    host: &Host,
    input: &DeploymentInput,
    place: &str,
    shown: &DeploymentShown,
) -> Result<u8> {
    let see = input.where_to_look(host);
    if context.json() {
        let mut value = json!({
            "schema": 1, "host": host.name, "cloud_id": place, "see": see,
            "evidence": evidence(&shown.evidence),
        });
        value["deployment"] = json!({
            "pipeline": {"id": shown.key.pipeline, "name": shown.pipeline.0, "url": shown.pipeline.1},
            "environment": {
                "id": shown.key.environment, "name": shown.environment.0, "kind": shown.environment.1,
            },
            "sequence": shown.key.sequence, "update_sequence": shown.update_sequence, "name": shown.name,
            "url": shown.url, "description": shown.description, "last_updated": shown.last_updated,
            "state": shown.state, "label": shown.label, "associations": shown.associations,
        });
        context.out_json(&value)?;
        return Ok(0);
    }
    let key = shown.key.to_string();
    let state = shown.state.map_or("in a state that keyrack does not know", |s| s.slug());
    context.out(&format!("deployment {}: {state}", sanitize::line(&key)))?;
    let update = shown.update_sequence.map(|n| n.to_string());
    let kind = shown.environment.1.map(|k| k.slug().to_owned());
    for (name, value) in [
        ("name", &shown.name),
        ("what", &shown.description),
        ("page", &shown.url),
        ("label", &shown.label),
        ("updated", &shown.last_updated),
        ("update", &update),
        ("pipeline", &shown.pipeline.0),
        ("its page", &shown.pipeline.1),
        ("where", &shown.environment.0),
        ("type", &kind),
    ] {
        if let Some(value) = value {
            context.out(&format!("  {name:<9} {}", sanitize::line(value)))?;
        }
    }
    for tied in &shown.associations {
        let line = format!("  {:<9} {}", tied.kind.words(), tied.values.join(", "));
        context.out(&sanitize::line(&line))?;
    }
    context.remark(&see);
    Ok(0)
}

/// A deletion that Jira accepted.
pub(super) fn deleted(context: &mut Context<'_>, host: &Host, key: &DeploymentKey) -> Result<u8> {
    if context.json() {
        context.out_json(&json!({"schema": 1, "host": host.name, "deleted": key}))?;
        return Ok(0);
    }
    let key = key.to_string();
    context.out(&format!("deleted: deployment {}", sanitize::line(&key)))?;
    context.remark("Jira does so in the background; it may be seen for a moment yet.");
    Ok(0)
}

fn evidence(all: &[Evidence]) -> Vec<Value> {
    all.iter().map(evidence_json).collect()
}
