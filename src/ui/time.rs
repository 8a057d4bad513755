//! Moments in words, relative to the model's clock, short enough for a column.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::domain::Expiry;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

fn span(seconds: i64) -> String {
    match seconds.max(0) {
        s if s < MINUTE => format!("{s} s"),
        s if s < HOUR => format!("{} m", s / MINUTE),
        s if s < 2 * DAY => format!("{} h", s / HOUR),
        s if s < 1000 * DAY => format!("{} d", s / DAY),
        s => format!("{} y", s / (365 * DAY)),
    }
}

/// How long ago, e.g. `2 m`; `now` for the last few seconds and for clocks that disagree.
#[must_use]
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second() - at.as_second();
    if seconds < 5 { "now".to_owned() } else { span(seconds) }
}

/// When it ends, e.g. `in 61 d`, `expired`, `never`, `-` where nobody said.
#[must_use]
pub fn expires(expiry: Expiry, now: Timestamp) -> String {
    match expiry {
        Expiry::Unknown => "-".to_owned(),
        Expiry::Never => "never".to_owned(),
        Expiry::At(at) if at <= now => "expired".to_owned(),
        Expiry::At(at) => format!("in {}", span(at.as_second() - now.as_second())),
    }
}

/// Whole days from now, negative when past.
#[must_use]
pub fn days_until(at: Timestamp, now: Timestamp) -> i64 {
    (at.as_second() - now.as_second()).div_euclid(DAY)
}

/// The day, e.g. `2027-01-23` (UTC, as hosts mean it).
#[must_use]
pub fn day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).date().to_string()
}

/// Day and minute in the user's time zone.
#[must_use]
pub fn minute(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// Reads what a user typed as an end: empty or `?` (not known), `never`, `2027-01-23`, `90d`.
///
/// # Errors
/// A sentence that says what can be typed.
pub fn parse_expiry(text: &str, now: Timestamp) -> Result<Expiry, String> {
    let text = text.trim();
    match text {
        "" | "?" | "-" => return Ok(Expiry::Unknown),
        "never" => return Ok(Expiry::Never),
        _ => {}
    }
    let wrong = || "give a day as 2027-01-23, a number of days as 90d, or never".to_owned();
    if let Some(days) = text.strip_suffix('d') {
        let days: i64 = days.trim().trim_start_matches('+').parse().map_err(|_| wrong())?;
        let at = days.checked_mul(DAY).and_then(|s| now.as_second().checked_add(s)).ok_or_else(wrong)?;
        return Timestamp::from_second(at).map(Expiry::At).map_err(|_| wrong());
    }
    let date: Date = text.parse().map_err(|_| wrong())?;
    date.to_zoned(TimeZone::UTC).map(|z| Expiry::At(z.timestamp())).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn ages_and_ends_are_short_words() {
        let now = at("2026-11-23T12:00:00Z");
        assert_eq!(ago(at("2026-11-23T11:58:00Z"), now), "2 m");
        assert_eq!(ago(at("2026-11-23T12:00:09Z"), now), "now");
        assert_eq!(ago(at("2026-11-20T12:00:00Z"), now), "3 d");
        assert_eq!(expires(Expiry::At(at("2027-01-23T12:00:00Z")), now), "in 61 d");
        assert_eq!(expires(Expiry::At(at("2026-11-23T12:00:00Z")), now), "expired");
        assert_eq!(expires(Expiry::Never, now), "never");
    }

    #[test]
    fn an_end_is_read_as_people_write_it() {
        let now = at("2026-11-23T12:00:00Z");
        assert_eq!(parse_expiry(" 2027-01-23", now), Ok(Expiry::At(at("2027-01-23T00:00:00Z"))));
        assert_eq!(parse_expiry("90d", now), Ok(Expiry::At(at("2027-02-21T12:00:00Z"))));
        assert_eq!(parse_expiry("", now), Ok(Expiry::Unknown));
        assert_eq!(parse_expiry("never", now), Ok(Expiry::Never));
        for wrong in ["soon", "2027-13-01", "99999999999999d", "d"] {
            assert!(parse_expiry(wrong, now).is_err(), "{wrong}");
        }
    }
}
