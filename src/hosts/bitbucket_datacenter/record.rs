//! Bitbucket's own record of a token, as its REST interface gives it.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::FACTS;
use crate::domain::{Expiry, Grant, GrantSource};
use crate::hosts::atlassian_datacenter::life::days_after;
use crate::hosts::atlassian_datacenter::record::moment;

/// Most permissions that are taken from one record; Bitbucket gives two.
const MOST_PERMISSIONS: usize = 32;
/// Longest name of a permission that is taken.
const LONGEST_PERMISSION: usize = 64;

/// `GET /rest/access-tokens/latest/{owner}/{id}`. Every field is optional: the vendor's description names fewer than
/// real answers have. `expiryDays` and `expiryDate` are unconfirmed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Record {
    id: Value,
    name: Value,
    permissions: Vec<Value>,
    created_date: Value,
    last_authenticated: Value,
    expiry_days: Value,
    expiry_date: Value,
}

impl Record {
    /// The number, whether written as text or as a number.
    pub(super) fn id(&self) -> Option<String> {
        match &self.id {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    pub(super) fn name(&self) -> Option<String> {
        self.name.as_str().filter(|n| !n.is_empty()).map(super::answers::cap)
    }

    pub(super) fn created_at(&self) -> Option<Timestamp> {
        moment(&self.created_date)
    }

    pub(super) fn last_used(&self) -> Option<Timestamp> {
        moment(&self.last_authenticated)
    }

    /// The end, where the host tells it as a date or as days since creation. Silence says nothing: it is not "never".
    pub(super) fn expiry(&self) -> Expiry {
        let days = || days_after(self.created_at()?, self.expiry_days.as_i64()?);
        moment(&self.expiry_date).or_else(days).map_or(Expiry::Unknown, Expiry::At)
    }

    /// What the host lists, then what that includes.
    pub(super) fn grants(&self) -> Vec<Grant> {
        let told: Vec<String> = self
            .permissions
            .iter()
            .filter_map(Value::as_str)
            .filter(|p| !p.is_empty() && p.len() <= LONGEST_PERMISSION)
            .take(MOST_PERMISSIONS)
            .map(str::to_owned)
            .collect();
        with_implied(&told, GrantSource::Told, GrantSource::Implied)
    }
}

/// Grants of `names`, and of all that they include.
pub(super) fn with_implied(names: &[String], source: GrantSource, implied: GrantSource) -> Vec<Grant> {
    let own = names.iter().map(|name| Grant { name: name.clone(), source });
    let more = FACTS.implied(names).into_iter().map(|name| Grant { name, source: implied });
    own.chain(more).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(json: &str) -> Record {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn dates_are_read_as_milliseconds_and_as_text() {
        let expected: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
        for date in [
            expected.as_millisecond().to_string(),
            format!("\"{}\"", expected.as_millisecond()),
            r#""2026-11-23T08:00:00.000+0000""#.to_owned(),
            r#""2026-11-23T09:00:00+01:00""#.to_owned(),
            r#""2026-11-23T08:00:00""#.to_owned(),
        ] {
            assert_eq!(record(&format!(r#"{{"createdDate":{date}}}"#)).created_at(), Some(expected), "{date}");
        }
        for date in ["null", "0", "-5", "9e99", "\"soon\"", "{}", "99999999999999999"] {
            assert_eq!(record(&format!(r#"{{"createdDate":{date}}}"#)).created_at(), None, "{date}");
        }
    }

    #[test]
    fn expiry_comes_from_a_date_or_from_days_and_else_stays_unknown() {
        let created = r#""createdDate":"2026-11-23T00:00:00Z""#;
        let end = "2026-12-03T00:00:00Z".parse().unwrap();
        assert_eq!(record(&format!(r#"{{{created},"expiryDays":10}}"#)).expiry(), Expiry::At(end));
        assert_eq!(record(r#"{"expiryDate":"2026-12-03"}"#).expiry(), Expiry::At(end));
        for json in
            [r#"{"expiryDays":10}"#.to_owned(), format!("{{{created}}}"), format!(r#"{{{created},"expiryDays":0}}"#)]
        {
            assert_eq!(record(&json).expiry(), Expiry::Unknown, "{json}");
        }
    }

    #[test]
    fn project_administration_includes_everything_below_it() {
        let grants = record(r#"{"permissions":["PROJECT_ADMIN","REPO_ADMIN",7]}"#).grants();
        assert_eq!(grants.iter().filter(|g| g.source == GrantSource::Told).count(), 2);
        let mut names: Vec<_> = grants.iter().map(|g| g.name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["PROJECT_ADMIN", "PROJECT_READ", "PROJECT_WRITE", "REPO_ADMIN", "REPO_READ", "REPO_WRITE"]);
    }
}
