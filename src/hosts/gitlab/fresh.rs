//! A token that GitLab has just made, and the dates that it takes.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;
use zeroize::Zeroizing;

use super::FACTS;
use super::own_record::OwnRecord;
use crate::domain::{CreatedToken, Expiry, Kind, Validation};
use crate::hosts::Wire;
use crate::net::Response;
use crate::secret::{Secret, SecretText};

/// Longest life in days, unless the administrators set less: <https://docs.gitlab.com/user/profile/personal_access_tokens/>.
/// Up to 400 days, behind a flag of 17.6, is not offered, since nobody can see from outside whether it is on.
pub(super) const LONGEST: i64 = 365;

/// The date GitLab takes for `expires`: a token is dead from 00:00 UTC of it, so it never lives longer than asked for.
pub(super) fn date(expires: Timestamp) -> Date {
    expires.to_zoned(TimeZone::UTC).date()
}

/// Days from now to that date.
pub(super) fn days_until(date: Date, now: Timestamp) -> i64 {
    let today = now.to_zoned(TimeZone::UTC).date();
    today.until(date).map_or(0, |span| i64::from(span.get_days()))
}

/// The date that many days from now.
pub(super) fn date_in(days: i64, now: Timestamp) -> Date {
    let today = now.to_zoned(TimeZone::UTC).date();
    today.checked_add(days.days()).unwrap_or(today)
}

/// Dates that GitLab is known to refuse; nothing is sent then.
pub(super) fn unlikely(wire: &Wire<'_>, date: Date) -> Option<Validation> {
    let name = match days_until(date, wire.now()) {
        ..=0 => "expiry-past",
        days if days > LONGEST => "expiry-too-far",
        _ => return None,
    };
    let last = date_in(LONGEST, wire.now()).to_string();
    Some(wire.conclude(&FACTS, name, &[("date", &date.to_string()), ("last", &last)]))
}

/// A life as long as that of the old one, else the longest: left out, a rotated token would get a week.
pub(super) fn same_life(made: Option<Timestamp>, expiry: Expiry, now: Timestamp) -> Date {
    let life = made.zip(expiry.at()).map(|(made, ends)| days_until(date(ends), made));
    date_in(life.filter(|days| (1..=LONGEST).contains(days)).unwrap_or(LONGEST), now)
}

/// What the caller knows of the token that was asked for; the answer's own words come first.
pub(super) struct Asked<'a> {
    pub(super) kind: Kind,
    pub(super) username: Option<&'a str>,
    pub(super) name: &'a str,
    pub(super) ends: Option<Date>,
}

/// Takes the token out of the answer. None where there is none in it. Whatever else of the answer cannot be read is left
/// out: the secret exists nowhere else, and must not be lost over a field.
pub(super) fn take(wire: &Wire<'_>, response: &mut Response, asked: &Asked<'_>) -> Option<CreatedToken> {
    let text = Zeroizing::new(std::mem::take(&mut response.body));
    let mut body: Value = serde_json::from_str(&text).ok()?;
    let Some(Value::String(token)) = body.as_object_mut()?.remove("token") else { return None };
    let token = SecretText::new(token);
    wire.learn(&token);
    if token.is_empty() {
        return None;
    }
    let record = OwnRecord::read(&body);
    let kind = match &record {
        Some(record) if record.is_granular() => Kind::FineGrainedPat,
        _ => asked.kind,
    };
    let expiry = record.as_ref().map_or(Expiry::Unknown, |r| r.expiry);
    let mut notes = Vec::new();
    if let (Some(ends), Expiry::At(told)) = (asked.ends, expiry)
        && date(told) != ends
    {
        notes.push(format!("asked to end on {ends}, GitLab made it end on {}", date(told)));
    }
    if let (Some(ends), Expiry::Never) = (asked.ends, expiry) {
        notes.push(format!("asked to end on {ends}, GitLab made it without an end"));
    }
    if let Some(record) = &record {
        wire.note(format!("id: {}, scopes: {}", record.id, crate::sanitize::short(&record.scopes.join(" "), 200)));
    }
    Some(CreatedToken {
        secret: Secret::token(token),
        kind,
        username: asked.username.map(str::to_owned),
        remote_id: record.as_ref().map(|r| r.id.clone()),
        name: record.as_ref().and_then(|r| r.name.clone()).unwrap_or_else(|| asked.name.to_owned()),
        expiry,
        grants: record.as_ref().map(|r| r.grants(kind)).unwrap_or_default(),
        notes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_never_later_than_asked_for() {
        let day = |text: &str| date(text.parse().unwrap()).to_string();
        assert_eq!(day("2027-02-21T00:00:00Z"), "2027-02-21");
        assert_eq!(day("2027-02-21T23:59:59Z"), "2027-02-21");
        let now = "2026-11-23T23:00:00Z".parse().unwrap();
        assert_eq!(days_until(date_in(365, now), now), 365);
        assert_eq!(date_in(365, now).to_string(), "2027-11-23");
        assert_eq!(days_until("2026-11-22".parse().unwrap(), now), -1);
        assert_eq!(days_until("2028-11-23".parse().unwrap(), now), 731);
    }
}
