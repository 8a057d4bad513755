//! What a host is known to refuse, found before anything is sent.

use jiff::Timestamp;

use super::in_days;
use crate::domain::CreateRequest;
use crate::error::{Error, Result};
use crate::hosts::facts::{Facts, KindFacts, LimitFacts};
use crate::ops::exchange::date;
use crate::ops::name::check_name;

/// Refuses what no kind in question allows.
pub(crate) fn check(facts: &Facts, request: &CreateRequest, now: Timestamp) -> Result<()> {
    check_name("name", &request.name)?;
    if let Some(at) = request.expires.filter(|at| *at <= now) {
        return Err(Error::usage(format!("the end you asked for, {}, has passed", date(at))));
    }
    if let Some(kind) = request.kind
        && facts.kind(kind).is_none()
    {
        let known: Vec<_> = facts.kinds.iter().filter(|k| k.limits.is_some()).map(|k| k.kind.slug()).collect();
        let error = Error::usage(format!("{} has no credential of kind `{kind}`", facts.name));
        return Err(error.hint(format!("Kinds that can be made there: {}.", known.join(", "))));
    }
    let in_question = |k: &&KindFacts| request.kind.is_none_or(|kind| kind == k.kind);
    let mut first = None;
    for kind in facts.kinds.iter().filter(in_question) {
        let Some(limits) = &kind.limits else { continue };
        match complaint(&kind.name, limits, request, now) {
            None => return Ok(()),
            Some(error) => first = first.or(Some(error)),
        }
    }
    first.map_or(Ok(()), Err)
}

fn complaint(kind: &str, limits: &LimitFacts, request: &CreateRequest, now: Timestamp) -> Option<Error> {
    let length = request.name.chars().count();
    if let Some(max) = limits.name_max.filter(|max| length > usize::try_from(*max).unwrap_or(usize::MAX)) {
        let error = Error::usage(format!("the name is {length} characters long; {kind} takes {max}"));
        return Some(error.hint("Give a shorter one with --name."));
    }
    let expires = request.expires?;
    if !limits.chosen {
        return Some(Error::usage(format!("the life of {kind} cannot be chosen")).hint("Leave --expires out."));
    }
    let max = limits.max_days.filter(|max| expires > in_days(now, *max))?;
    let error = Error::usage(format!("{kind} lives {max} days at most, and {} is further away", date(expires)));
    Some(error.hint(format!("The latest day is {}.", date(in_days(now, max)))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_or_too_far_is_refused_with_what_would_do() {
        let now: Timestamp = "2026-11-23T04:00:00Z".parse().unwrap();
        let limits = LimitFacts {
            max_days: Some(365),
            default_days: None,
            never: false,
            chosen: true,
            name_max: Some(5),
            notes: Vec::new(),
        };
        let wish = |name: &str, expires: Option<&str>| CreateRequest {
            name: name.into(),
            expires: expires.map(|e| e.parse().unwrap()),
            ..CreateRequest::default()
        };
        let say = |limits: &LimitFacts, wish: &CreateRequest| complaint("a token", limits, wish, now);
        assert!(say(&limits, &wish("abc", Some("2027-11-23T00:00:00Z"))).is_none());
        assert!(say(&limits, &wish("abcdef", None)).unwrap().message.contains("6 characters"));
        let late = say(&limits, &wish("abc", Some("2028-01-01T00:00:00Z"))).unwrap();
        assert!(late.hints[0].contains("2027-11-23"), "{late:?}");
        let fixed = LimitFacts { chosen: false, ..limits };
        assert!(say(&fixed, &wish("abc", Some("2027-01-01T00:00:00Z"))).is_some());
    }
}
