//! This machine's clock against the host's, by the `Date` header of an answer. Decides only; the answer is the caller's.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::Seen;

/// Differences below this matter to nobody: AWS allows five minutes, tokens with a time in them about one.
pub const TOLERATED: i64 = 60;

/// Years that a host may claim; the rest is ignored.
const YEARS: std::ops::RangeInclusive<i16> = 2015..=2199;

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7), the only form that servers may send today.
const IMF_FIXDATE: &str = "%a, %d %b %Y %H:%M:%S GMT";

/// How far this machine's clock is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skew {
    /// Seconds: positive where this machine's clock is ahead of the host's.
    pub seconds: i64,
    /// Seconds by which that may be wrong: half of the round trip and the header's own second.
    pub uncertainty: i64,
}

impl Skew {
    /// It is certain and large enough to matter.
    #[must_use]
    pub fn matters(self) -> bool {
        self.seconds.abs() - self.uncertainty > TOLERATED
    }

    /// What is to be told of the clock, compared with that of `target`.
    #[must_use]
    pub fn seen(self, target: &str) -> Option<Seen> {
        let side = if self.seconds > 0 { "ahead of" } else { "behind" };
        let detail = format!("{} s {side} the host's (give or take {} s)", self.seconds.abs(), self.uncertainty);
        self.matters().then(|| Seen::new("net.clock-skew", target, detail))
    }
}

/// Compares the `Date` header of an answer with this machine's clock when the request was sent and when the answer's head
/// came. None where the header is malformed or out of all reason, where the answer comes from a cache (`age`, the header
/// of that name), or where the local times make no sense.
#[must_use]
pub fn skew(date: &str, age: Option<&str>, sent: Timestamp, received: Timestamp) -> Option<Skew> {
    if age.is_some_and(|age| age.trim() != "0") || received < sent {
        return None;
    }
    let host = parse(date)?.as_millisecond();
    let trip = received.as_millisecond() - sent.as_millisecond();
    let here = sent.as_millisecond() + trip / 2;
    // The header tells whole seconds, rounded down.
    let off = here - (host + 500);
    Some(Skew { seconds: (off as f64 / 1000.0).round() as i64, uncertainty: (trip / 2 + 500 + 999) / 1000 })
}

/// The time in a `Date` header, by the letter.
fn parse(date: &str) -> Option<Timestamp> {
    // Ours is more lenient than the standard: what does not come out as it went in is not the form.
    let civil = DateTime::strptime(IMF_FIXDATE, date).ok().filter(|c| YEARS.contains(&c.year()))?;
    let zoned = civil.to_zoned(TimeZone::UTC).ok()?;
    (zoned.strftime(IMF_FIXDATE).to_string() == date).then(|| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "Mon, 23 Nov 2026 04:00:00 GMT";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_clock_that_agrees_is_no_finding() {
        let skew = skew(DATE, None, at("2026-11-23T04:00:00.3Z"), at("2026-11-23T04:00:00.7Z")).unwrap();
        assert_eq!(skew, Skew { seconds: 0, uncertainty: 1 });
        assert_eq!(skew.seen("acme.invalid:443"), None);
    }

    #[test]
    fn ahead_and_behind_are_told_apart() {
        let ahead = skew(DATE, None, at("2026-11-23T04:10:00.5Z"), at("2026-11-23T04:10:00.5Z")).unwrap();
        assert_eq!(ahead.seconds, 600);
        assert!(ahead.seen("acme.invalid:443").unwrap().detail.contains("600 s ahead of"));
        let behind = skew(DATE, Some("0"), at("2026-11-23T03:00:00.5Z"), at("2026-11-23T03:00:00.5Z")).unwrap();
        assert_eq!(behind.seconds, -3600);
        assert!(behind.seen("acme.invalid:443").unwrap().detail.contains("3600 s behind"));
    }

    #[test]
    fn a_slow_answer_proves_less() {
        let slow = skew(DATE, None, at("2026-11-23T04:00:30Z"), at("2026-11-23T04:01:50Z")).unwrap();
        assert_eq!(slow.uncertainty, 41);
        assert!(!slow.matters(), "{slow:?}");
    }

    #[test]
    fn hostile_and_cached_values_are_ignored() {
        let now = at("2026-11-23T04:00:00Z");
        for date in [
            "",
            "now",
            "Mon, 23 Nov 2026 04:00:00",
            "Mon, 23 Nov 2026 04:00:00 +0000",
            "Tue, 23 Nov 2026 04:00:00 GMT",
            "Mon, 3 Nov 2026 04:00:00 GMT",
            " Mon, 23 Nov 2026 04:00:00 GMT",
            "mon, 23 nov 2026 04:00:00 GMT",
            "Monday, 23-Nov-26 04:00:00 GMT",
            "Mon Nov 23 04:00:00 2026",
            "Mon, 23 Nov 2026 25:00:00 GMT",
            "Thu, 01 Jan 1970 00:00:00 GMT",
            "Fri, 31 Dec 9999 23:59:59 GMT",
            "Mon, 23 Nov 99999999999999999999 04:00:00 GMT",
        ] {
            assert_eq!(skew(date, None, now, now), None, "{date}");
        }
        assert_eq!(skew(DATE, Some("17"), now, now), None);
        assert_eq!(skew(DATE, None, now, at("2026-11-23T03:59:59Z")), None);
    }
}
