//! Verdicts: all recent ones per credential and host, and where each stands now.
//!
//! `standing` is written in the transaction that writes `history`, so the two never disagree and the whole rack is shown
//! without reading the history. A verdict that says nothing of the token (`unreachable`, `unchecked`) never takes the
//! place of one that does, nor does pruning remove the newest that does: it holds what is needed to revoke.

use jiff::Timestamp;
use rusqlite::{Connection, Row, Transaction, named_params, params};

use super::error::Fault;
use super::{Durability, Rack, RackError, hosts, value};
use crate::domain::{CredentialId, HostId, Standing, Validation, Verdict};

/// How many verdicts are kept for a credential at a host, besides the newest real one.
pub const KEPT_PER_BINDING: usize = 50;

/// Newest first; of two made at the same moment, the one that was recorded later.
const NEWEST: &str = "ORDER BY checked_at DESC, id DESC";

impl Rack {
    /// Keeps a verdict.
    ///
    /// # Errors
    /// [`RackError::NoSuchCredential`] and [`RackError::NoSuchHost`] where one was removed while it was checked.
    pub fn record(&self, credential: &CredentialId, host: HostId, validation: &Validation) -> Result<(), RackError> {
        self.write(Durability::Relaxed, |tx| {
            let number = value::number(tx, credential)?;
            if !hosts::exists(tx, host)? {
                return Err(hosts::no_such_id(host).into());
            }
            keep(tx, number, host, validation)
        })
    }

    /// Keeps many verdicts in one transaction. Those of credentials and hosts that are no longer on the rack are left
    /// out: they were removed while they were checked, and the rest must not suffer for it.
    ///
    /// # Errors
    /// The ways in which writing fails; then none was kept.
    pub fn record_many(&self, validations: &[(CredentialId, HostId, Validation)]) -> Result<(), RackError> {
        if validations.is_empty() {
            return Ok(());
        }
        self.write(Durability::Relaxed, |tx| {
            for (credential, host, validation) in validations {
                match value::number(tx, credential) {
                    Ok(number) if hosts::exists(tx, *host)? => keep(tx, number, *host, validation)?,
                    Ok(_) | Err(Fault::Rack(RackError::NoSuchCredential { .. })) => {}
                    Err(fault) => return Err(fault),
                }
            }
            Ok(())
        })
    }

    /// Where every credential stands at every host it is bound to and was checked at.
    ///
    /// # Errors
    /// [`RackError::Damaged`] and the other ways in which reading fails.
    pub fn standings(&self) -> Result<Vec<Standing>, RackError> {
        self.read(|c| {
            let mut statement = c.prepare_cached(
                "SELECT c.id, s.host, s.verdict, s.reason, s.checked_at, s.real_verdict, s.real_at, s.login
                 FROM standing s JOIN credential c ON c.number = s.credential
                 WHERE EXISTS (SELECT 1 FROM binding b WHERE b.credential = s.credential AND b.host = s.host)
                 ORDER BY s.credential, s.host",
            )?;
            let mut rows = statement.query([])?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                all.push(standing(row)?);
            }
            Ok(all)
        })
    }

    /// The last `limit` verdicts on a credential at all hosts, newest first; empty for one that is not on the rack.
    ///
    /// # Errors
    /// [`RackError::Damaged`] and the other ways in which reading fails.
    pub fn history(&self, credential: &CredentialId, limit: usize) -> Result<Vec<(HostId, Validation)>, RackError> {
        self.read(|c| {
            let mut statement = c.prepare_cached(&format!(
                "SELECT verdict, checked_at, validation, host FROM history
                 WHERE credential = (SELECT number FROM credential WHERE id = ?1) {NEWEST} LIMIT ?2"
            ))?;
            let mut rows = statement.query(params![credential.0, value::limit(limit)])?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                all.push((HostId(row.get(3)?), decode(row)?));
            }
            Ok(all)
        })
    }

    /// The newest verdict on a credential at a host.
    ///
    /// # Errors
    /// [`RackError::Damaged`] and the other ways in which reading fails.
    pub fn latest(&self, credential: &CredentialId, host: HostId) -> Result<Option<Validation>, RackError> {
        self.read(|c| newest(c, credential, host, false))
    }

    /// The newest verdict that says something of the token, as opposed to the way to the host.
    ///
    /// # Errors
    /// [`RackError::Damaged`] and the other ways in which reading fails.
    pub fn latest_real(&self, credential: &CredentialId, host: HostId) -> Result<Option<Validation>, RackError> {
        self.read(|c| newest(c, credential, host, true))
    }

    /// The newest verdict at a host that knows the host's id for the secret which the credential has now.
    ///
    /// # Errors
    /// [`RackError::Damaged`] and the other ways in which reading fails.
    pub fn latest_with_id(&self, credential: &CredentialId, host: HostId) -> Result<Option<Validation>, RackError> {
        self.read(|c| {
            let mut statement = c.prepare_cached(&format!(
                "SELECT verdict, checked_at, validation FROM history
                 WHERE credential = (SELECT number FROM credential WHERE id = ?1) AND host = ?2
                     AND CASE WHEN json_valid(validation) THEN validation ->> 'remote_id' END IS NOT NULL
                 {NEWEST} LIMIT 1"
            ))?;
            let mut rows = statement.query(params![credential.0, host.0])?;
            rows.next()?.map(decode).transpose()
        })
    }
}

fn newest(c: &Connection, id: &CredentialId, host: HostId, real: bool) -> Result<Option<Validation>, Fault> {
    let mut statement = c.prepare_cached(&format!(
        "SELECT verdict, checked_at, validation FROM history
         WHERE credential = (SELECT number FROM credential WHERE id = ?1) AND host = ?2 AND is_real >= ?3
         {NEWEST} LIMIT 1"
    ))?;
    let mut rows = statement.query(params![id.0, host.0, real])?;
    rows.next()?.map(decode).transpose()
}

/// Writes history and standing. Checks that run at once may end out of order: the newer one by its own time wins.
fn keep(tx: &Transaction<'_>, number: i64, host: HostId, validation: &Validation) -> Result<(), Fault> {
    let at = value::moment(validation.checked_at);
    let verdict = validation.verdict.slug();
    let real = validation.verdict.is_real();
    tx.prepare_cached(
        "INSERT INTO history (credential, host, checked_at, verdict, is_real, validation)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![number, host.0, at, verdict, real, value::json(validation)?])?;
    tx.prepare_cached(
        "INSERT INTO standing (credential, host, verdict, reason, checked_at, real_verdict, real_at, login)
         VALUES (:credential, :host, :verdict, :reason, :at, :real_verdict, :real_at, :login)
         ON CONFLICT (credential, host) DO UPDATE SET
             verdict = iif(:at >= checked_at, :verdict, verdict),
             reason = iif(:at >= checked_at, :reason, reason),
             login = iif(:at >= checked_at, coalesce(:login, login), coalesce(login, :login)),
             real_verdict = iif(:real_at >= coalesce(real_at, ''), :real_verdict, real_verdict),
             real_at = iif(:real_at >= coalesce(real_at, ''), :real_at, real_at),
             checked_at = max(:at, checked_at)",
    )?
    .execute(named_params! {
        ":credential": number,
        ":host": host.0,
        ":verdict": verdict,
        ":reason": validation.reason,
        ":at": at,
        ":real_verdict": real.then_some(verdict),
        ":real_at": real.then_some(&at),
        ":login": validation.identity.as_ref().map(|i| i.account()),
    })?;
    prune(tx, number, host)
}

fn prune(tx: &Transaction<'_>, number: i64, host: HostId) -> Result<(), Fault> {
    tx.prepare_cached(&format!(
        "DELETE FROM history WHERE credential = ?1 AND host = ?2
             AND (checked_at, id) <
                 (SELECT checked_at, id FROM history WHERE credential = ?1 AND host = ?2 {NEWEST} LIMIT 1 OFFSET ?3)
             AND id IS NOT
                 (SELECT id FROM history WHERE credential = ?1 AND host = ?2 AND is_real = 1 {NEWEST} LIMIT 1)"
    ))?
    .execute(params![number, host.0, value::limit(KEPT_PER_BINDING - 1)])?;
    Ok(())
}

fn standing(row: &Row<'_>) -> Result<Standing, Fault> {
    let text = |index: usize| -> Result<&str, Fault> {
        row.get_ref(index)?.as_str().map_err(|e| Fault::Value(format!("column {index} of a standing: {e}")))
    };
    let real = match row.get_ref(5)? {
        rusqlite::types::ValueRef::Null => None,
        _ => Some((value::parse("a verdict", text(5)?)?, value::parse("a moment", text(6)?)?)),
    };
    Ok(Standing {
        credential: CredentialId(row.get(0)?),
        host: HostId(row.get(1)?),
        verdict: value::parse("a verdict", text(2)?)?,
        reason: row.get(3)?,
        checked_at: value::parse("a moment", text(4)?)?,
        real,
        login: row.get(7)?,
    })
}

/// Reads `(verdict, checked_at, validation)`.
fn decode(row: &Row<'_>) -> Result<Validation, Fault> {
    let (verdict, at, validation): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
    if let Ok(validation) = serde_json::from_str(&validation) {
        return Ok(validation);
    }
    Ok(salvage(value::parse("a verdict", &verdict)?, value::parse("a moment", &at)?, &validation))
}

/// Reads a validation that another version of keyrack wrote: each field that this one understands, for the rest what a
/// new validation has. Old verdicts are for looking at; one of them must not hide all others.
fn salvage(verdict: Verdict, checked_at: Timestamp, text: &str) -> Validation {
    let plain = Validation::new(verdict, "recorded by another version of keyrack", checked_at);
    let Ok(serde_json::Value::Object(found)) = serde_json::from_str(text) else { return plain };
    let mut best = plain;
    for (field, value) in found {
        let Ok(serde_json::Value::Object(mut fields)) = serde_json::to_value(&best) else { continue };
        fields.insert(field, value);
        if let Ok(better) = serde_json::from_value(serde_json::Value::Object(fields)) {
            best = better;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_version_wrote_is_read_as_far_as_it_is_understood() {
        let at = "2026-11-23T04:00:00Z".parse().unwrap();
        let text = r#"{"verdict": "valid", "reason": "accepted", "checked_at": "2026-11-23T04:00:00Z",
            "remote_id": "42", "kind": "a-kind-of-2031", "grants": "none", "mood": {"new": true}}"#;
        let read = salvage(Verdict::Valid, at, text);
        assert_eq!((read.reason.as_str(), read.remote_id.as_deref(), read.kind), ("accepted", Some("42"), None));
        assert_eq!(salvage(Verdict::Expired, at, "not JSON").verdict, Verdict::Expired);
    }
}
