//! Whether the credential may do what its jobs need.

use super::look::Look;
use super::patient::Patient;
use crate::domain::{Binding, Finding, Stage, StageState, Validation, Verdict};
use crate::hosts::{self, facts::Facts};
use crate::ops::Core;
use crate::ops::permissions::judge::{Jobs, Place};
use crate::secret::Secret;

/// What the host says that a credential lacks which it let in.
pub(crate) fn lacking(facts: &Facts, validation: &Validation) -> Vec<Finding> {
    let findings = validation.findings.iter().filter(|_| validation.verdict == Verdict::Limited);
    findings.filter(|f| facts.stage_of(&f.code) == Stage::Permission).cloned().collect()
}

/// What the host said that it lacks, then what it told held against the jobs; gives the validation as it stands then.
pub(crate) async fn look(
    core: &Core,
    patient: &Patient,
    secret: &Secret,
    validation: Validation,
) -> (Look, Validation) {
    let facts = hosts::family(&patient.host.family).map(|f| f.facts());
    let lacking = facts.map(|facts| lacking(facts, &validation)).unwrap_or_default();
    if lacking.is_empty() {
        return against_jobs(core, patient, secret, validation).await;
    }
    let mut said = Look::of(StageState::Failed, format!("{}: {}", validation.verdict, validation.reason));
    said.findings = lacking;
    said.evidence = validation.evidence.iter().filter(|e| e.status.is_some_and(|s| s >= 400)).cloned().collect();
    let (jobs, validation) = against_jobs(core, patient, secret, validation).await;
    if jobs.state == StageState::Failed {
        said.summary = format!("{}; {}", said.summary, jobs.summary);
    }
    said.facts.extend(jobs.facts);
    said.findings.extend(jobs.findings);
    said.evidence.extend(jobs.evidence);
    (said, validation)
}

/// Holds what the host told against the jobs.
async fn against_jobs(
    core: &Core,
    patient: &Patient,
    secret: &Secret,
    mut validation: Validation,
) -> (Look, Validation) {
    if patient.profiles.is_empty() {
        return (Look::skipped(format!("no job to hold it against (--profile); {}", told(&validation))), validation);
    }
    let all = match core.profiles() {
        Ok(all) => all,
        Err(error) => return (Look::failed(super::look::of_error("permission.profiles", &error)), validation),
    };
    let before = validation.findings.len();
    let requests = validation.evidence.len();
    let bindings: Vec<Binding> = patient.credential().map(|c| c.bindings.clone()).unwrap_or_default();
    let place = Place { host: &patient.host, bindings: &bindings, look_at: Some(&patient.look_at) };
    let label = patient.label().unwrap_or("the token");
    let jobs = Jobs { label, ids: &patient.profiles, all: &all };
    core.hold_against(place, patient.known(), secret, jobs, &mut validation).await;
    let state = match (validation.missing.is_empty(), validation.untold.is_empty()) {
        (false, _) => StageState::Failed,
        (true, false) => StageState::Untold,
        (true, true) => StageState::Passed,
    };
    let list = |what: &std::collections::BTreeMap<String, Vec<String>>| {
        what.iter().map(|(id, names)| format!("{id}: {}", names.join(", "))).collect::<Vec<_>>().join("; ")
    };
    let summary = match state {
        StageState::Failed => format!("misses {}", list(&validation.missing)),
        StageState::Untold => format!("cannot tell {}", list(&validation.untold)),
        _ => format!("has all that {} needs", patient.profiles.join(", ")),
    };
    let mut look = Look::of(state, summary).fact("grants", told(&validation));
    look.findings = validation.findings.iter().skip(before).cloned().collect();
    look.evidence = validation.evidence.iter().skip(requests).cloned().collect();
    (look, validation)
}

fn told(validation: &Validation) -> String {
    let names: Vec<&str> = validation.grants.iter().map(|g| g.name.as_str()).collect();
    match names.is_empty() {
        true => "the host does not list its grants".to_owned(),
        false => crate::sanitize::short(&names.join(", "), 300),
    }
}
