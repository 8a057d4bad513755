//! A profile that is missed makes a credential that works `limited`; one that cannot be told is said and changes nothing.

use std::collections::BTreeMap;

use super::held::Held;
use crate::domain::{
    Binding, Credential, Finding, Host, Kind, LookAt, Need, Profile, Profiles, Stand, Validation, Verdict,
};
use crate::hosts::facts::common;
use crate::ops::Core;
use crate::ops::exchange::Known;
use crate::secret::Secret;

/// What a credential is there for.
#[derive(Clone, Copy)]
pub(crate) struct Jobs<'a> {
    /// Its label.
    pub(crate) label: &'a str,
    /// Its profiles, by id.
    pub(crate) ids: &'a [String],
    /// All profiles there are.
    pub(crate) all: &'a Profiles,
}

impl<'a> Jobs<'a> {
    /// Those of a credential on the rack.
    pub(crate) fn of(credential: &'a Credential, all: &'a Profiles) -> Self {
        Self { label: &credential.label, ids: &credential.profiles, all }
    }
}

/// Where a credential is used.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    /// The host.
    pub(crate) host: &'a Host,
    /// All its bindings.
    pub(crate) bindings: &'a [Binding],
    /// What to look at here.
    pub(crate) look_at: Option<&'a LookAt>,
}

impl Core {
    /// Finds out what the jobs need and validating did not tell, and holds the validation against it.
    pub(crate) async fn hold_against(
        &self,
        place: Place<'_>,
        known: Known<'_>,
        secret: &Secret,
        jobs: Jobs<'_>,
        validation: &mut Validation,
    ) {
        if jobs.ids.is_empty() {
            return;
        }
        let profiles: Vec<&Profile> = jobs.ids.iter().filter_map(|id| jobs.all.get(id)).collect();
        let nowhere = LookAt::default();
        let look_at = place.look_at.unwrap_or(&nowhere);
        let held = self.find_out(place.host, known, secret, &profiles, look_at, validation).await;
        let kind = validation.kind.unwrap_or(known.kind);
        judge(validation, &held, jobs, kind, place);
    }
}

/// Holds a validation against the jobs of its credential.
pub(crate) fn judge(validation: &mut Validation, held: &Held, jobs: Jobs<'_>, kind: Kind, place: Place<'_>) {
    if !held.speaks {
        return;
    }
    for id in jobs.ids {
        let Some(profile) = jobs.all.get(id) else {
            validation.untold.insert(id.clone(), vec!["there is no profile of this name".to_owned()]);
            continue;
        };
        let mut missing: Vec<&Need> = Vec::new();
        let mut untold = Vec::new();
        match profile.entry(&place.host.family, kind) {
            Some(entry) => {
                for need in &entry.needs {
                    match held.stand(need).0 {
                        Stand::Have => {}
                        Stand::Unknown => untold.push(need.any.first().cloned().unwrap_or_default()),
                        Stand::Missing => missing.push(need),
                    }
                }
            }
            None => untold.push(format!("it says nothing of {kind} of {}", place.host.family)),
        }
        let roles = role_gaps(profile, place.bindings);
        if missing.is_empty() && roles.is_empty() && untold.is_empty() {
            validation.met.push(id.clone());
        }
        if !missing.is_empty() || !roles.is_empty() {
            validation.findings.push(finding(profile, &missing, &roles, jobs.label));
            let names = missing.iter().filter_map(|n| n.any.first().cloned()).chain(roles).collect();
            validation.missing.insert(id.clone(), names);
        }
        if !untold.is_empty() {
            validation.untold.insert(id.clone(), untold);
        }
    }
    say(validation);
}

fn finding(profile: &Profile, missing: &[&Need], roles: &[String], label: &str) -> Finding {
    let name = |need: &&Need| need.any.first().cloned().unwrap_or_default();
    let names: Vec<String> = missing.iter().map(name).chain(roles.iter().cloned()).collect();
    let needs: Vec<String> =
        missing.iter().map(|n| format!("{} ({})", name(n), n.why)).chain(roles.iter().cloned()).collect();
    let from = missing.iter().map(|n| n.from.as_str()).find(|f| !f.is_empty());
    let from = from.map(|from| format!(" It is given by {from}.")).unwrap_or_default();
    let args = [
        ("profile", profile.id.as_str()),
        ("label", label),
        ("missing", &names.join(", ")),
        ("needs", &needs.join("; ")),
        ("without", &profile.without),
        ("from", &from),
    ];
    let (_, mut finding) = common().finding("profile.missed", &args);
    finding.cause.truncate(finding.cause.trim_end().len());
    finding
}

/// Says in the reason what is missing, and what cannot be told.
fn say(validation: &mut Validation) {
    let list = |map: &BTreeMap<String, Vec<String>>| {
        map.iter().map(|(profile, names)| format!("{} for {profile}", names.join(", "))).collect::<Vec<_>>().join("; ")
    };
    if !validation.missing.is_empty() {
        validation.reason = format!("{}; misses {}", validation.reason, list(&validation.missing));
        validation.verdict = Verdict::Limited;
    }
    if !validation.untold.is_empty() {
        validation.reason = format!("{}; cannot tell {}", validation.reason, list(&validation.untold));
    }
}

/// What a profile asks of the bindings together and does not find.
pub(crate) fn role_gaps(profile: &Profile, bindings: &[Binding]) -> Vec<String> {
    let mut gaps = Vec::new();
    for role in &profile.roles {
        match bindings.iter().filter(|b| b.role.as_deref() == Some(role)).count() {
            0 => gaps.push(format!("a binding as {role}")),
            1 => {}
            n => gaps.push(format!("one binding as {role}, not {n}")),
        }
    }
    if !profile.roles.is_empty() && bindings.len() > profile.roles.len() && gaps.is_empty() {
        gaps.push(format!("no binding besides {}", profile.roles.join(" and ")));
    }
    gaps
}

#[cfg(test)]
mod tests;
