//! The creation guide of a family, standing alone: picked for kind, product and version, filled in for host, name and
//! job, with the steps that take the token to the product that consumes it.

mod expiry;
mod fill;

use jiff::Timestamp;

use super::Core;
use super::exchange::family;
use super::stale;
use crate::domain::{DeliverSteps, FamilyId, Guide, Host, Kind, Profile};
use crate::error::{Error, Result};
use crate::hosts::facts::{Facts, GuideFacts};
use crate::hosts::version::is_before;
pub(crate) use fill::Fill;

/// What a guide is asked for.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// Profile by id.
    pub profile: Option<String>,
    /// What shall be made; none means everything that the family makes, or the profile speaks of.
    pub kind: Option<Kind>,
    /// Product, where the family has several.
    pub product: Option<String>,
    /// Version of the product.
    pub version: Option<String>,
    /// Host record by name: gives base URL, product and version.
    pub host: Option<String>,
    /// Name for the token.
    pub name: Option<String>,
    /// When it shall end.
    pub expires: Option<Timestamp>,
}

impl Core {
    /// The guides that fit, at least one.
    ///
    /// # Errors
    /// Usage error for a family, profile, kind or version that has no guide, or an end that the host does not allow.
    pub fn creation_guides(&self, of: &FamilyId, ask: &Ask) -> Result<Vec<Guide>> {
        let facts = family(of)?.facts();
        let host = ask.host.as_deref().map(|name| self.host_by_name(name)).transpose()?;
        if let Some(host) = host.as_ref().filter(|h| h.family != *of) {
            return Err(Error::usage(format!("{} is a host of {}, not of {of}", host.name, host.family)));
        }
        self.check_profiles(ask.profile.as_slice(), of)?;
        let all = self.profiles()?;
        let profile = ask.profile.as_deref().and_then(|id| all.get(id));
        let product = ask.product.as_deref().or(host.as_ref().and_then(|h| h.product.as_deref()));
        if let Some(said) = ask.version.as_deref().filter(|v| is_before(v, "0.0.1").is_none()) {
            return Err(Error::usage(format!("`{}` is no version", crate::sanitize::short(said, 40)))
                .hint("Write it in numbers, like 17.9."));
        }
        let version = ask.version.as_deref().or(host.as_ref().and_then(|h| h.version.as_deref()));
        let mut guides = Vec::new();
        for kind in kinds(facts, profile, ask.kind) {
            for found in fitting(facts, kind, product, version) {
                guides.push(self.fill(facts, found, profile, host.as_ref(), ask)?);
            }
        }
        if guides.is_empty() {
            return Err(none(facts, profile, ask, version));
        }
        Ok(guides)
    }

    fn fill(
        &self,
        facts: &Facts,
        guide: &GuideFacts,
        profile: Option<&Profile>,
        host: Option<&Host>,
        ask: &Ask,
    ) -> Result<Guide> {
        let now = self.clock.now();
        let entry = profile.and_then(|p| p.entry(&facts.id, guide.kind));
        let kind = facts.kind(guide.kind);
        let limits = kind.and_then(|k| k.limits.as_ref());
        let life = expiry::advise(limits, ask.expires, now)?;
        let name = match (&ask.name, profile) {
            (Some(name), _) => name.clone(),
            (None, Some(p)) if !p.token_name.is_empty() => p.token_name.clone(),
            _ => "keyrack".to_owned(),
        };
        let tick: &[String] = entry.map_or(&[], |e| &e.tick);
        let web = web_of(facts, host);
        let fill = Fill { web: &web, name: &name, scopes: tick, expires: life.at, now };
        let about = |scope: &String| facts.scopes.iter().find(|s| s.name == *scope).map_or("", |s| &s.about).to_owned();
        let mut notes: Vec<String> = guide.notes.iter().map(|n| fill.text(guide, n)).collect();
        notes.extend(entry.into_iter().flat_map(|e| e.notes.clone()));
        notes.extend(limits.into_iter().flat_map(|l| l.notes.clone()));
        let all = |texts: &[String]| texts.iter().map(|t| fill.text(guide, t)).collect::<Vec<_>>();
        let delivered = profile.into_iter().flat_map(|p| p.delivered(&facts.id));
        Ok(Guide {
            family: facts.id.clone(),
            kind: guide.kind,
            kind_name: kind.map_or_else(|| guide.kind.to_string(), |k| k.name.clone()),
            title: guide.title.clone(),
            holds_for: holds_for(guide),
            need: all(&guide.need),
            page: fill.text(guide, &guide.page),
            prefilled: fill.prefilled(guide),
            steps: all(&guide.steps),
            tick: tick.iter().map(|s| (s.clone(), about(s))).collect(),
            expiry: life.text,
            rotate_steps: all(&guide.rotate_steps),
            notes,
            link: guide.link.clone(),
            deliver: delivered
                .map(|d| DeliverSteps { to: d.to.clone(), steps: d.steps.clone(), link: d.link.clone() })
                .collect(),
            stale: stale::for_guide(&facts.id, ask.profile.as_deref(), guide.kind, now),
            name,
        })
    }
}

/// The base URL of the host, or what stands for one.
pub(crate) fn web_of(facts: &Facts, host: Option<&Host>) -> String {
    let url = match host {
        Some(host) => host.endpoints.get("web").unwrap_or(&host.url),
        None if facts.default_url.is_empty() => &facts.url_example,
        None => &facts.default_url,
    };
    url.trim_end_matches('/').to_owned()
}

/// The guide for a kind at a host: the first that holds for its product and version, where that is known the newest.
pub(crate) fn pick<'a>(
    facts: &'a Facts,
    kind: Kind,
    product: Option<&str>,
    version: Option<&str>,
) -> Option<&'a GuideFacts> {
    fitting(facts, kind, product, version).into_iter().next()
}

/// The kinds to guide to, in the order of the family's file.
fn kinds(facts: &Facts, profile: Option<&Profile>, asked: Option<Kind>) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = Vec::new();
    for guide in &facts.guides {
        let wanted = asked.is_none_or(|k| k == guide.kind)
            && profile.is_none_or(|p| p.entry(&facts.id, guide.kind).is_some_and(|e| e.unfit.is_empty()));
        if wanted && !kinds.contains(&guide.kind) {
            kinds.push(guide.kind);
        }
    }
    kinds
}

/// The guides of a kind that hold for a product and version. Without a version those that hold today: one that ended
/// with some version is left out.
fn fitting<'a>(facts: &'a Facts, kind: Kind, product: Option<&str>, version: Option<&str>) -> Vec<&'a GuideFacts> {
    let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    let of_kind = facts.guides.iter().filter(|g| g.kind == kind);
    let of_product: Vec<&GuideFacts> = of_kind
        .filter(|g| match (&g.product, product) {
            (Some(its), Some(product)) => same(its, product),
            _ => true,
        })
        .collect();
    let held: Vec<&GuideFacts> = of_product
        .iter()
        .copied()
        .filter(|g| match version {
            None => g.before.is_none(),
            Some(version) => {
                let begun = g.since.as_deref().is_none_or(|since| is_before(version, since) != Some(true));
                let over = g.before.as_deref().is_some_and(|before| is_before(version, before) != Some(true));
                begun && !over
            }
        })
        .collect();
    // A version that begins with no number says nothing: then what holds today is the best there is.
    if held.is_empty() && version.is_some_and(|v| is_before(v, "0.0.1").is_none()) {
        return fitting(facts, kind, product, None);
    }
    held
}

/// Product and versions in words.
fn holds_for(guide: &GuideFacts) -> String {
    let product = guide.product.clone().unwrap_or_default();
    let range = match (&guide.since, &guide.before) {
        (None, None) => String::new(),
        (Some(since), None) => format!("{since} and later"),
        (None, Some(before)) => format!("before {before}"),
        (Some(since), Some(before)) => format!("{since} to before {before}"),
    };
    [product, range].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" ")
}

fn none(facts: &Facts, profile: Option<&Profile>, ask: &Ask, version: Option<&str>) -> Error {
    let mut of = format!("{} has no guide", facts.name);
    if let Some(kind) = ask.kind {
        of.push_str(&format!(" for {kind}"));
    }
    if let Some(profile) = profile {
        of.push_str(&format!(" that fits the profile `{}`", profile.id));
    }
    if let Some(version) = version {
        of.push_str(&format!(" at version {version}"));
    }
    let mut kinds: Vec<_> = facts.guides.iter().map(|g| g.kind.slug()).collect();
    kinds.dedup();
    let error = Error::usage(of);
    if kinds.is_empty() {
        return error.hint(format!("The vendor's page: {}", facts.docs));
    }
    error.hint(format!("It has guides for: {}.", kinds.join(", ")))
}

#[cfg(test)]
mod tests;
