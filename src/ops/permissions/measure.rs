//! Holds what is known of a credential against a profile.

use std::collections::BTreeSet;

use super::fix::{self, Ground};
use super::held::Held;
use crate::domain::{
    Credential, GrantSource, LookAt, Narrower, NeedFound, Place, PlacePermissions, Profile, ProfileEntry, ProfileFound,
    Profiles, Stand,
};
use crate::error::Result;
use crate::hosts::facts::Facts;
use crate::ops::exchange::family;

/// A profile against what is held.
pub(crate) fn measure(
    profile: &Profile,
    held: &Held,
    ground: &Ground<'_>,
    look_at: &LookAt,
    own: bool,
) -> Result<ProfileFound> {
    let facts = family(&ground.host.family)?.facts();
    let mut found = ProfileFound {
        id: profile.id.clone(),
        title: profile.title.clone(),
        own,
        concerns: false,
        stand: Stand::Unknown,
        needs: Vec::new(),
        surplus: Vec::new(),
        narrower: Vec::new(),
        without: profile.without.clone(),
        notes: Vec::new(),
    };
    let Some(entry) = profile.entry(&ground.host.family, ground.kind) else {
        found.notes.push(format!("it says nothing of {} of {}", ground.kind, facts.name));
        return Ok(found);
    };
    found.concerns = true;
    found.needs = needs(entry, held, ground, look_at, profile)?;
    found.stand = found.needs.iter().map(|n| n.stand).max().unwrap_or(Stand::Have);
    found.surplus = surplus(facts, held, &entry.tick);
    if !found.surplus.is_empty() {
        found.narrower = entry.tick.clone();
    }
    found.notes.extend(Some(entry.unfit.clone()).filter(|u| !u.is_empty()));
    found.notes.extend(entry.notes.iter().cloned());
    Ok(found)
}

fn needs(
    entry: &ProfileEntry,
    held: &Held,
    ground: &Ground<'_>,
    look_at: &LookAt,
    profile: &Profile,
) -> Result<Vec<NeedFound>> {
    let mut found = Vec::with_capacity(entry.needs.len());
    for need in &entry.needs {
        let (stand, by, mut doubt) = held.stand(need);
        if stand == Stand::Unknown && need.proved_only.is_empty() && held.speaks {
            let unnamed: Vec<_> = entry.look_at.iter().filter(|p| !names(look_at, **p)).map(|p| p.word()).collect();
            if !unnamed.is_empty() && unnamed.len() == entry.look_at.len() {
                let options: Vec<_> = unnamed.iter().map(|w| format!("--{w}")).collect();
                doubt = format!("{doubt}; {} says where to look", options.join(" or "));
            }
        }
        let fix = if stand == Stand::Missing { Some(fix::fix(need, entry, ground, profile)?) } else { None };
        found.push(NeedFound { any: need.any.clone(), why: need.why.clone(), stand, by, doubt, fix });
    }
    Ok(found)
}

fn names(look_at: &LookAt, place: Place) -> bool {
    match place {
        Place::Project => look_at.project.is_some(),
        Place::Issue => look_at.issue.is_some(),
        Place::Repository => look_at.repository.is_some(),
    }
}

/// Grants given to the token that bring something which `tick` does not. Nothing where there is nothing to tick: what an
/// account may do is not the token's to narrow.
fn surplus(facts: &Facts, held: &Held, tick: &[String]) -> Vec<String> {
    if tick.is_empty() {
        return Vec::new();
    }
    let enough: BTreeSet<String> = tick.iter().cloned().chain(facts.implied(tick)).collect();
    let too_much = |name: &str| {
        let bare = name.split_once('@').map_or(name, |(bare, _)| bare).to_owned();
        let brings = facts.implied(std::slice::from_ref(&bare));
        !enough.contains(&bare) || brings.iter().any(|b| !enough.contains(b))
    };
    held.grants
        .iter()
        .filter(|(name, source)| **source == GrantSource::Told && too_much(name))
        // What every token of the kind has cannot be taken from it.
        .filter(|(name, _)| !matches!(name.as_str(), "metadata:read"))
        .map(|(name, _)| name.clone())
        .collect()
}

/// What none of its own profiles has a use for at any place, and what would do for all of them. None where it has no
/// profile, or nothing is too much.
pub(crate) fn advice(credential: &Credential, all: &Profiles, places: &[PlacePermissions]) -> Option<Narrower> {
    let facts = family(&credential.family).ok()?.facts();
    let own: Vec<&Profile> = credential.profiles.iter().filter_map(|id| all.get(id)).collect();
    let entries: Vec<&ProfileEntry> = own.iter().filter_map(|p| p.entry(&credential.family, credential.kind)).collect();
    if entries.is_empty() || entries.iter().any(|e| e.tick.is_empty()) {
        return None;
    }
    let mut enough: Vec<String> = Vec::new();
    for tick in entries.iter().flat_map(|e| &e.tick) {
        if !enough.contains(tick) {
            enough.push(tick.clone());
        }
    }
    // A scope that another one of the list brings along need not be ticked.
    let all_of_it = enough.clone();
    enough.retain(|name| {
        !all_of_it.iter().any(|other| other != name && facts.implied(std::slice::from_ref(other)).contains(name))
    });
    let mut over: BTreeSet<String> = BTreeSet::new();
    for place in places {
        let told: Vec<_> = place.grants.iter().filter(|g| g.source == GrantSource::Told).collect();
        let mut held = Held::nothing();
        held.grants.extend(told.iter().map(|g| (g.name.clone(), g.source)));
        over.extend(surplus(facts, &held, &all_of_it));
    }
    (!over.is_empty()).then(|| Narrower { surplus: over.into_iter().collect(), enough })
}
