//! Which end to choose for a new credential, within what its host allows.

use jiff::{SignedDuration, Timestamp};

use crate::error::{Error, Result};
use crate::hosts::facts::LimitFacts;
use crate::ops::exchange::date;

/// A life that is long enough to be left alone for a quarter, and short enough that a leak ends.
const USUAL_DAYS: u32 = 90;

/// An end, and why.
pub(super) struct Life {
    /// The end to choose; none where it cannot be chosen.
    pub(super) at: Option<Timestamp>,
    /// The advice, a sentence.
    pub(super) text: String,
}

/// What to choose: what was asked for where the host allows it, else 90 days or the longest it allows.
///
/// # Errors
/// Usage error where the host does not allow what was asked for.
pub(super) fn advise(limits: Option<&LimitFacts>, asked: Option<Timestamp>, now: Timestamp) -> Result<Life> {
    let days = |n: u32| now + SignedDuration::from_hours(24 * i64::from(n));
    if let Some(asked) = asked.filter(|at| *at <= now) {
        return Err(Error::usage(format!("{} is in the past", date(asked))));
    }
    let Some(limits) = limits else {
        let at = asked.unwrap_or_else(|| days(USUAL_DAYS));
        return Ok(Life { at: Some(at), text: format!("{}, if the page offers one", date(at)) });
    };
    if !limits.chosen {
        let text = match (limits.default_days, limits.never) {
            (Some(n), _) => format!("not yours to choose: it lives {n} days, until {}", date(days(n))),
            (None, true) => "not yours to choose: it does not end by itself. Note a date with --expires when you add it, to be reminded".to_owned(),
            (None, false) => "not yours to choose: the host decides".to_owned(),
        };
        let at = limits.default_days.map(days);
        return match asked {
            Some(_) => Err(Error::usage("the host does not let its end be chosen").hint(text)),
            None => Ok(Life { at, text }),
        };
    }
    let longest = limits.max_days.map(days);
    if let (Some(asked), Some(longest), Some(max)) = (asked, longest, limits.max_days)
        && asked > longest
    {
        return Err(Error::usage(format!("{} is too late: the host allows {max} days", date(asked)))
            .hint(format!("The last day that it takes is {}.", date(longest))));
    }
    let n = limits.max_days.map_or(USUAL_DAYS, |max| max.min(USUAL_DAYS));
    let at = asked.unwrap_or_else(|| days(n));
    let mut text = match asked {
        Some(at) => date(at),
        None => format!("{}, in {n} days", date(at)),
    };
    if let Some(max) = limits.max_days {
        text.push_str(&format!("; at most {max} days"));
    }
    text.push_str(if limits.never {
        "; it may be left without an end, which is not advised"
    } else {
        "; without an end is not possible"
    });
    Ok(Life { at: Some(at), text })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(max_days: Option<u32>, never: bool, chosen: bool) -> LimitFacts {
        LimitFacts { max_days, default_days: None, never, chosen, name_max: None, notes: vec![] }
    }

    fn now() -> Timestamp {
        "2026-11-23T04:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_quarter_is_advised_or_the_longest_that_is_allowed() {
        let year = advise(Some(&limits(Some(365), false, true)), None, now()).unwrap();
        assert_eq!(year.text, "2027-02-21, in 90 days; at most 365 days; without an end is not possible");
        let week = advise(Some(&limits(Some(7), false, true)), None, now()).unwrap();
        assert_eq!(date(week.at.unwrap()), "2026-11-30");
        let free = advise(Some(&limits(None, true, true)), None, now()).unwrap();
        assert!(free.text.contains("not advised"), "{}", free.text);
    }

    #[test]
    fn what_the_host_does_not_allow_is_refused_with_the_last_day() {
        let late = "2028-01-01T00:00:00Z".parse().unwrap();
        let error = advise(Some(&limits(Some(365), false, true)), Some(late), now()).err().unwrap();
        assert!(error.message.contains("365 days") && error.hints[0].contains("2027-11-23"), "{error:?}");
        assert!(advise(Some(&limits(None, true, false)), Some(late), now()).is_err());
        assert!(advise(None, Some("2026-11-22T00:00:00Z".parse().unwrap()), now()).is_err());
    }

    #[test]
    fn what_cannot_be_chosen_is_said() {
        let mut fixed = limits(None, false, false);
        fixed.default_days = Some(7);
        let life = advise(Some(&fixed), None, now()).unwrap();
        assert!(life.text.contains("7 days, until 2026-11-30"), "{}", life.text);
        assert!(advise(Some(&limits(None, true, false)), None, now()).unwrap().at.is_none());
    }
}
