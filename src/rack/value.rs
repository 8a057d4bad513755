//! How values stand in columns: moments, expiry, slugs, JSON.

use std::fmt::Display;
use std::str::FromStr;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::RackError;
use super::error::Fault;
use crate::domain::{CredentialId, Expiry};

/// RFC 3339 in UTC with nine fractional digits, so that text order is time order.
pub(super) fn moment(at: Timestamp) -> String {
    format!("{at:.9}")
}

/// Reads a moment, a slug or anything else that has one spelling; `what` names it in the complaint.
pub(super) fn parse<T: FromStr<Err: Display>>(what: &str, text: &str) -> Result<T, Fault> {
    text.parse().map_err(|e: T::Err| Fault::Value(format!("{what} is not readable: {e}")))
}

pub(super) fn expiry(expiry: Expiry) -> Option<String> {
    match expiry {
        Expiry::Unknown => None,
        Expiry::Never => Some("never".to_owned()),
        Expiry::At(at) => Some(moment(at)),
    }
}

pub(super) fn parse_expiry(text: Option<&str>) -> Result<Expiry, Fault> {
    match text {
        None => Ok(Expiry::Unknown),
        Some("never") => Ok(Expiry::Never),
        Some(at) => Ok(Expiry::At(parse("an expiry", at)?)),
    }
}

pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> Result<String, RackError> {
    serde_json::to_string(value)
        .map_err(|e| RackError::Internal { what: format!("a value cannot be written as JSON: {e}") })
}

pub(super) fn parse_json<T: DeserializeOwned>(what: &str, text: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|e| Fault::Value(format!("{what} is not readable: {e}")))
}

/// How labels and names are compared for being too much alike.
pub(super) fn folded(name: &str) -> String {
    name.to_lowercase()
}

/// `LIMIT` of a count.
pub(super) fn limit(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The number behind a credential's id.
pub(super) fn number(connection: &Connection, id: &CredentialId) -> Result<i64, Fault> {
    let found = connection
        .prepare_cached("SELECT number FROM credential WHERE id = ?1")?
        .query_row([&id.0], |row| row.get(0))
        .optional()?;
    found.ok_or_else(|| no_such_credential(id).into())
}

/// The error for an id that no credential has.
pub(super) fn no_such_credential(id: &CredentialId) -> RackError {
    RackError::NoSuchCredential { label: id.0.clone(), similar: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_sort_as_text_and_lose_nothing() {
        let mut times: Vec<Timestamp> = [
            "2026-11-23T04:00:00.5Z",
            "2026-11-23T04:00:00Z",
            "2026-11-23T04:00:00.000000001Z",
            "1999-01-01T00:00:00Z",
        ]
        .iter()
        .map(|t| t.parse().unwrap())
        .collect();
        let mut texts: Vec<String> = times.iter().copied().map(moment).collect();
        times.sort_unstable();
        texts.sort_unstable();
        let back: Vec<Timestamp> = texts.iter().map(|t| parse("it", t).unwrap()).collect();
        assert_eq!(back, times);
        assert_eq!(texts[1], "2026-11-23T04:00:00.000000000Z");
    }
}
