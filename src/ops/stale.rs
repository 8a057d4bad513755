//! Instructions that no longer hold, told where people meet them: in a guide, and at credentials on the rack that were
//! made by them.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::Core;
use super::exchange::relative;
use crate::domain::{Credential, FamilyId, Finding, Host, Kind, SecretState, Severity, Validation, Verdict};
use crate::error::Result;
use crate::hosts::facts::{RowFacts, StaleFacts, stale};

/// What the code of every such finding begins with.
pub const PREFIX: &str = "stale.";

/// What no longer holds for a family, with what was said: all of it, or what a profile's readers arrive with.
#[must_use]
pub fn for_guide(family: &FamilyId, profile: Option<&str>, _kind: Kind, now: Timestamp) -> Vec<Finding> {
    stale()
        .iter()
        .filter(|s| s.families.contains(family))
        .filter(|s| s.profiles.is_empty() || profile.is_some_and(|p| s.profiles.iter().any(|id| id == p)))
        .map(|s| {
            let since = s.since.map(|d| format!(" since {d}")).unwrap_or_default();
            let title = format!("older instructions are out of date{since}: {}", s.title);
            finding(s, title, format!("It was said: “{}” {}", s.said, filled(&s.cause, s, now)))
        })
        .collect()
}

/// What no longer holds of tokens that a family's clients are given, for one that ends at `ends`.
#[must_use]
pub fn for_token(family: &FamilyId, ends: Timestamp, now: Timestamp) -> Vec<Finding> {
    let concerned = stale().iter().filter(|s| s.families.contains(family));
    let said = concerned.filter_map(|s| Some((s, s.token.as_deref()?)));
    said.map(|(s, text)| finding(s, text.replace("{when}", &relative(now, ends)), s.cause.clone())).collect()
}

/// What concerns a credential on the rack. `hosts` are those it is used at, `latest` what its last validations found.
#[must_use]
pub fn of_credential(credential: &Credential, hosts: &[&Host], latest: &[&Validation], now: Timestamp) -> Vec<Finding> {
    if credential.secret == SecretState::Destroyed {
        return Vec::new();
    }
    stale()
        .iter()
        .filter(|s| s.families.contains(&credential.family))
        .filter_map(|s| s.row.as_ref().map(|row| (s, row)))
        .filter(|(_, row)| concerns(row, credential, hosts, latest, now))
        .map(|(s, row)| finding(s, filled(&row.title, s, now), filled(&s.cause, s, now)))
        .collect()
}

/// Whether what validations found can decide if something concerns a credential: only then is it worth reading.
#[must_use]
pub fn looks_at_history(credential: &Credential) -> bool {
    let looks = |row: &RowFacts| {
        (row.kinds.is_empty() || row.kinds.contains(&credential.kind))
            && (!row.findings.is_empty() || !row.words.is_empty() || row.older_than_days.is_some())
    };
    stale().iter().any(|s| s.families.contains(&credential.family) && s.row.as_ref().is_some_and(looks))
}

impl Core {
    /// [`of_credential`] for one on the rack, with what its last real validations found.
    ///
    /// # Errors
    /// Where the rack cannot be read.
    pub fn stale_of(&self, credential: &Credential, hosts: &[&Host]) -> Result<Vec<Finding>> {
        let mut latest = Vec::new();
        if looks_at_history(credential) {
            for host in hosts {
                latest.extend(self.rack.latest_real(&credential.id, host.id)?);
            }
        }
        let latest: Vec<&Validation> = latest.iter().collect();
        Ok(of_credential(credential, hosts, &latest, self.clock.now()))
    }
}

/// The announced end of what concerns a credential, the earliest, with its title.
pub(crate) fn end_of(findings: &[Finding]) -> Option<(Timestamp, String)> {
    findings
        .iter()
        .filter_map(|f| stale().iter().find(|s| f.code.strip_prefix(PREFIX) == Some(&s.id)))
        .filter_map(|s| Some((end(s)?, s.title.clone())))
        .min()
}

/// Whether what a finding says no longer holds has come to its end already: such a credential works nowhere any more.
pub(crate) fn is_over(finding: &Finding, now: Timestamp) -> bool {
    let found = finding.code.strip_prefix(PREFIX).and_then(|id| stale().iter().find(|s| s.id == id));
    found.is_some_and(|s| {
        let day = s.ends.or(s.since).and_then(|d| d.to_zoned(TimeZone::UTC).ok());
        day.is_some_and(|d| d.timestamp() <= now)
    })
}

/// An accepted credential whose end is announced, and near, is expiring.
pub(crate) fn judge(validation: &mut Validation, findings: &[Finding], warn_days: i64) {
    let Some((end, title)) = end_of(findings) else { return };
    let now = validation.checked_at;
    if validation.verdict == Verdict::Valid && end <= now + SignedDuration::from_hours(24 * warn_days) {
        validation.verdict = Verdict::Expiring;
        validation.reason = format!("{}; {title}: ends {}", validation.reason, relative(now, end));
    }
}

fn concerns(row: &RowFacts, credential: &Credential, hosts: &[&Host], latest: &[&Validation], now: Timestamp) -> bool {
    if !row.kinds.is_empty() && !row.kinds.contains(&credential.kind) {
        return false;
    }
    if row.has_no_sign() {
        return true;
    }
    let spoken = |word: &String| {
        let has = |text: &str| text.to_lowercase().contains(&word.to_lowercase());
        has(&credential.note)
            || latest.iter().any(|v| {
                v.findings.iter().any(|f| has(&f.title) || has(&f.cause)) || v.evidence.iter().any(|e| has(&e.detail))
            })
    };
    let made = latest.iter().filter_map(|v| v.created_at).min();
    let old = |days: u32| {
        let made = made.unwrap_or(credential.added_at);
        made + SignedDuration::from_hours(24 * i64::from(days)) < now
    };
    let ends_so = |suffix: &String| {
        hosts.iter().any(|h| {
            url::Url::parse(&h.url)
                .ok()
                .and_then(|u| u.host_str().map(str::to_owned))
                .is_some_and(|n| n.ends_with(suffix))
        })
    };
    (row.several_hosts && hosts.len() > 1)
        || latest.iter().any(|v| v.findings.iter().any(|f| row.findings.contains(&f.code)))
        || row.words.iter().any(spoken)
        || row.older_than_days.is_some_and(old)
        || row.host_suffix.as_ref().is_some_and(ends_so)
}

fn end(stale: &StaleFacts) -> Option<Timestamp> {
    Some(stale.ends?.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// `{when}` is the distance to the announced end, in whole days: that is how the vendor counts.
fn filled(text: &str, stale: &StaleFacts, now: Timestamp) -> String {
    let when = stale.ends.map_or_else(String::new, |end| {
        let today = now.to_zoned(TimeZone::UTC).date();
        match today.until(end).map(|span| span.get_days()).unwrap_or_default() {
            0 => "today".to_owned(),
            1 => "in 1 day".to_owned(),
            -1 => "1 day ago".to_owned(),
            n if n > 0 => format!("in {n} days"),
            n => format!("{} days ago", -n),
        }
    });
    text.replace("{when}", &when)
}

fn finding(stale: &StaleFacts, title: String, cause: String) -> Finding {
    Finding {
        code: format!("{PREFIX}{}", stale.id),
        title,
        cause,
        remedy: stale.instead.clone(),
        link: stale.link.clone(),
        severity: Severity::Warning,
    }
}

#[cfg(test)]
mod tests;
