//! Lives in days: what an end asks for, and what a life makes of a beginning.

use jiff::{SignedDuration, Timestamp};

use crate::domain::{Expiry, Validation};

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;
/// Longest life that is believed: a hundred years.
const LONGEST: i64 = 36_500;

/// Whole days from now until `expires`, the last one begun. None where that has passed.
pub fn days_until(now: Timestamp, expires: Timestamp) -> Option<i64> {
    let seconds = expires.as_second() - now.as_second();
    (seconds > 0).then(|| (seconds - 1).div_euclid(SECONDS_PER_DAY) + 1)
}

/// The end of a life of that many days.
pub fn days_after(created: Timestamp, days: i64) -> Option<Timestamp> {
    let days = Some(days).filter(|d| (1..=LONGEST).contains(d))?;
    created.checked_add(SignedDuration::from_hours(24 * days)).ok()
}

/// When the successor of a token shall end: as asked, else after as long a life as the old one had, else after
/// `longest` days; none where the old one is known to have no end.
pub fn next_end(
    asked: Option<Timestamp>,
    last: Option<&Validation>,
    now: Timestamp,
    longest: i64,
) -> Option<Timestamp> {
    if asked.is_some() {
        return asked;
    }
    match last.map(|v| (v.expiry, v.created_at)) {
        Some((Expiry::Never, _)) => None,
        Some((Expiry::At(end), Some(created))) => {
            let days = days_until(created, end).unwrap_or(longest).min(longest);
            days_after(now, days)
        }
        _ => days_after(now, longest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Verdict;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_that_has_begun_counts() {
        let now = at("2026-11-23T04:00:00Z");
        for (end, days) in [
            ("2026-11-23T04:00:01Z", Some(1)),
            ("2026-11-24T04:00:00Z", Some(1)),
            ("2026-11-24T04:00:01Z", Some(2)),
            ("2027-11-23T04:00:00Z", Some(365)),
            ("2026-11-23T04:00:00Z", None),
            ("2020-01-01T00:00:00Z", None),
        ] {
            assert_eq!(days_until(now, at(end)), days, "{end}");
        }
    }

    #[test]
    fn a_successor_lives_as_long_as_the_old_one_did() {
        let now = at("2026-11-23T04:00:00Z");
        let mut last = Validation::new(Verdict::Valid, "", now);
        assert_eq!(next_end(None, Some(&last), now, 365), Some(at("2027-11-23T04:00:00Z")), "nothing known");
        last.expiry = Expiry::At(at("2026-12-01T00:00:00Z"));
        last.created_at = Some(at("2026-09-02T00:00:00Z"));
        assert_eq!(next_end(None, Some(&last), now, 365), Some(at("2027-02-21T04:00:00Z")), "90 days");
        last.expiry = Expiry::Never;
        assert_eq!(next_end(None, Some(&last), now, 365), None);
        assert_eq!(next_end(Some(now), Some(&last), now, 365), Some(now));
    }
}
