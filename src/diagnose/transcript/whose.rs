//! Whose answer it is: it is replayed to the family that it came from, which judges it as it judges a live one. Where the
//! family is not known, each is asked, and the one whose own words they are knows them.

use jiff::Timestamp;

use super::replay::{replay, without_stand_ins};
use super::who::Who;
use super::{Exchange, tools};
use crate::domain::{FamilyId, Kind, Validation, Verdict};
use crate::hosts::{self, Family};

/// A family's own words.
const OWN_WORDS: u8 = 3;

/// Where an exchange was.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) url: Option<&'a str>,
    /// Not at the host that was asked first: behind a redirect.
    pub(super) is_elsewhere: bool,
}

/// The family that has most to say of an answer, and others whose own words it may be as well.
pub(super) async fn best_of(
    at: Place<'_>,
    exchange: &Exchange,
    who: &Who,
    now: Timestamp,
) -> (Option<(&'static dyn Family, Kind, Validation)>, Vec<&'static str>) {
    let mut best: Option<(&'static dyn Family, Kind, Validation)> = None;
    let mut anybody_s = None;
    let mut alike: Vec<&'static str> = Vec::new();
    for family in candidates(at, exchange, who) {
        let kinds: Vec<Kind> = match who.kind {
            Some(kind) => vec![kind],
            None => family.facts().kinds.iter().map(|k| k.kind).collect(),
        };
        for kind in kinds {
            let Some(validation) = replay(family, kind, who, at.url, exchange, now).await else { continue };
            // Where there is nothing but a status, nobody can be known by it.
            if exchange.only_status && !is_everybody_s(&validation) {
                continue;
            }
            if family.facts().id.as_str() == "generic" {
                anybody_s = Some((family, kind, validation.clone()));
            }
            let (mine, other) = (rank(family, &validation), best.as_ref().map_or(0, |(f, _, v)| rank(*f, v)));
            if best.is_none() || mine > other {
                alike.clear();
                best = Some((family, kind, validation));
            } else if mine == OWN_WORDS && other == OWN_WORDS && !alike.contains(&family.facts().id.as_str()) {
                alike.push(family.facts().id.as_str());
            }
        }
    }
    // That it is down or asked too often any host says, whatever words a product has for it.
    let is_anybody_s = exchange.answer.status == 429 || exchange.answer.status >= 500;
    if is_anybody_s
        && !alike.is_empty()
        && let Some(generic) = anybody_s.filter(|(family, _, validation)| rank(*family, validation) > 0)
    {
        best = Some(generic);
        alike.clear();
    }
    if let Some((family, _, validation)) = &mut best {
        alike.retain(|id| family.facts().id.as_str() != *id);
        without_stand_ins(validation);
    }
    (best, alike)
}

/// The family that is known, else those that the path is of, else all. What any host may say is known by the generic one;
/// of whoever answers behind a redirect nothing else is.
fn candidates(at: Place<'_>, exchange: &Exchange, who: &Who) -> Vec<&'static dyn Family> {
    let generic = hosts::family(&FamilyId::new("generic"));
    if at.is_elsewhere {
        return generic.into_iter().collect();
    }
    if let Some(family) = who.family {
        return vec![family];
    }
    let asked = exchange.asked.as_ref().map(|a| a.path.as_str());
    let path = asked.or(at.url).unwrap_or("");
    let of_path: Vec<_> = tools::families_of(path).iter().filter_map(hosts::family).collect();
    if of_path.is_empty() { hosts::families().to_vec() } else { of_path.into_iter().chain(generic).collect() }
}

/// A finding that any host may lead to: an error of its own, a rate limit.
fn is_everybody_s(validation: &Validation) -> bool {
    let first = validation.findings.first().map_or("", |f| f.code.as_str());
    first.starts_with("http.") && !["http.not-the-vendor", "http.unexpected"].contains(&first)
}

/// How much a family has to say of an answer: its own words most, a common finding less, nothing least.
pub(super) fn rank(family: &dyn Family, validation: &Validation) -> u8 {
    let id = family.facts().id.as_str();
    let is_own = |code: &str| id != "generic" && code.strip_prefix(id).is_some_and(|rest| rest.starts_with('.'));
    match validation.findings.first() {
        Some(f) if is_own(&f.code) => OWN_WORDS,
        None if validation.verdict == Verdict::Valid => 2,
        Some(f) if !f.code.starts_with("net.") && f.code != "http.unexpected" && f.code != "http.not-the-vendor" => 1,
        _ => 0,
    }
}
