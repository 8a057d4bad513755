//! A product's own record of a token, and its list of them.

use jiff::Timestamp;
use serde_json::Value;

use super::signature::cap;
use super::{Dialect, Product};
use crate::domain::{Expiry, Kind, RemoteState, RemoteToken};

/// Most permissions that are taken from one record; Bamboo gives one to three.
const MOST_PERMISSIONS: usize = 16;
/// Longest name of a permission that is taken.
const LONGEST_PERMISSION: usize = 64;

/// One token of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The product's id, as its interface takes it.
    pub id: String,
    /// Its name; may be empty.
    pub name: String,
    /// Whose it is, where the list tells.
    pub owner: Option<String>,
    /// Bamboo's permissions; empty elsewhere.
    pub permissions: Vec<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it was last used.
    pub last_used: Option<Timestamp>,
    /// When it ends.
    pub expiry: Expiry,
}

impl Record {
    /// Reads one. None where it has no id.
    pub fn read(product: &Product, value: &Value) -> Option<Self> {
        let text = |names: &[&str]| names.iter().find_map(|n| plain(value.get(*n)?));
        let at = |names: &[&str]| names.iter().find_map(|n| moment(value.get(*n)?));
        let permissions = value.get("permissions").and_then(Value::as_array);
        let expiry = match at(&["expiringAt", "expiryDate", "expirationDate", "expiresAt"]) {
            Some(end) => Expiry::At(end),
            // Jira and Confluence leave the end out where there is none. What Bamboo calls it is unconfirmed, so its
            // silence says nothing.
            None if product.dialect == Dialect::Pat => Expiry::Never,
            None => Expiry::Unknown,
        };
        Some(Self {
            id: text(&["id"])?,
            name: text(&["name"]).unwrap_or_default(),
            owner: text(&["userName", "username", "userKey"])
                .or_else(|| value.get("user").and_then(|u| ["name", "key"].iter().find_map(|n| plain(u.get(*n)?)))),
            permissions: permissions
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .filter(|p| !p.is_empty() && p.len() <= LONGEST_PERMISSION)
                .take(MOST_PERMISSIONS)
                .map(str::to_owned)
                .collect(),
            created_at: at(&["createdAt", "createdDate", "creationDate"]),
            last_used: at(&["lastAccessedAt", "lastAuthenticated", "lastUsed", "lastUsedDate"]),
            expiry,
        })
    }

    /// Whether it has ended.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.expiry.at().is_some_and(|end| end <= now)
    }

    /// The line of an inventory.
    pub fn remote(self, product: &Product, owner: &str, now: Timestamp) -> RemoteToken {
        let over = self.is_over(now);
        let gone = (over && product.dialect == Dialect::Pat)
            .then(|| format!("{} takes it off the list 30 days after its end.", product.name));
        RemoteToken {
            id: self.id,
            name: self.name,
            kind: Some(Kind::Pat),
            owner: self.owner.unwrap_or_else(|| owner.to_owned()),
            grants: self.permissions,
            created_at: self.created_at,
            last_used: self.last_used,
            expiry: self.expiry,
            state: if over { RemoteState::Expired } else { RemoteState::Active },
            tail: None,
            notes: gone.into_iter().collect(),
        }
    }
}

/// The records of a list: a plain array, or an object that holds one. None where it is neither.
pub fn records(product: &Product, body: &Value) -> Option<Vec<Record>> {
    let listed = body.as_array().or_else(|| {
        ["values", "tokens", "results", "content", "accessTokens"].iter().find_map(|n| body.get(*n)?.as_array())
    })?;
    Some(listed.iter().filter_map(|v| Record::read(product, v)).collect())
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(cap(text)),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A moment as the vendor writes it: milliseconds since 1970 (real answers), or a date string (its API description).
/// A date without zone is read as UTC.
pub fn moment(value: &Value) -> Option<Timestamp> {
    if let Some(text) = value.as_str() {
        if let Ok(ms) = text.parse::<i64>() {
            return positive(ms);
        }
        return text.parse::<Timestamp>().ok().or_else(|| {
            let civil: jiff::civil::DateTime = text.parse().ok()?;
            jiff::tz::TimeZone::UTC.to_timestamp(civil).ok()
        });
    }
    positive(value.as_i64()?)
}

fn positive(ms: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(ms).ok().filter(|_| ms > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts::{bamboo, jira_datacenter};

    #[test]
    fn the_vendors_example_is_read() {
        let body = serde_json::json!([{"id":42,"name":"keyrack laptop","createdAt":"2026-11-23T08:00:00.000+00:00",
            "lastAccessedAt":"2026-11-23T09:15:00.000+00:00","expiringAt":"2027-02-21T08:00:00.000+00:00"}]);
        let found = records(&jira_datacenter::PRODUCT, &body).unwrap();
        assert_eq!((found.len(), found[0].id.as_str(), found[0].name.as_str()), (1, "42", "keyrack laptop"));
        assert_eq!(found[0].created_at, Some("2026-11-23T08:00:00Z".parse().unwrap()));
        assert_eq!(found[0].expiry, Expiry::At("2027-02-21T08:00:00Z".parse().unwrap()));
    }

    #[test]
    fn a_missing_end_is_never_where_the_vendor_says_so_and_else_unknown() {
        let body = serde_json::json!({"id": "7", "name": "x", "permissions": ["READ", 7]});
        assert_eq!(Record::read(&jira_datacenter::PRODUCT, &body).unwrap().expiry, Expiry::Never);
        let bamboo = Record::read(&bamboo::PRODUCT, &body).unwrap();
        assert_eq!((bamboo.expiry, bamboo.permissions), (Expiry::Unknown, vec!["READ".to_owned()]));
    }

    #[test]
    fn garbage_gives_no_records() {
        for body in ["null", "7", "{}", "{\"values\":7}"] {
            assert_eq!(records(&jira_datacenter::PRODUCT, &serde_json::from_str(body).unwrap()), None, "{body}");
        }
        let odd = serde_json::json!([{}, {"id": null}, 7]);
        assert_eq!(records(&jira_datacenter::PRODUCT, &odd), Some(Vec::new()));
    }
}
