//! The audit log: who did what, when, to what, and how it ended. Entries are added and read, never changed.

use rusqlite::params;

use super::{Durability, Rack, RackError, value};
use crate::domain::AuditEntry;

impl Rack {
    /// Adds an entry. It must hold no secret.
    ///
    /// # Errors
    /// The ways in which writing fails.
    pub fn audit(&self, entry: &AuditEntry) -> Result<(), RackError> {
        self.write(Durability::Full, |tx| {
            tx.prepare_cached(
                "INSERT INTO audit (at, user, verb, label, host, outcome, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                value::moment(entry.at),
                entry.user,
                entry.verb,
                entry.label,
                entry.host,
                entry.outcome,
                entry.detail
            ])?;
            Ok(())
        })
    }

    /// The last `limit` entries, newest first, in the order in which they were added.
    ///
    /// # Errors
    /// [`RackError::Damaged`] and the other ways in which reading fails.
    pub fn audit_log(&self, limit: usize) -> Result<Vec<AuditEntry>, RackError> {
        self.read(|c| {
            let mut statement = c.prepare_cached(
                "SELECT at, user, verb, label, host, outcome, detail FROM audit ORDER BY id DESC LIMIT ?1",
            )?;
            let mut rows = statement.query([value::limit(limit)])?;
            let mut log = Vec::new();
            while let Some(row) = rows.next()? {
                log.push(AuditEntry {
                    at: value::parse("a moment", &row.get::<_, String>(0)?)?,
                    user: row.get(1)?,
                    verb: row.get(2)?,
                    label: row.get(3)?,
                    host: row.get(4)?,
                    outcome: row.get(5)?,
                    detail: row.get(6)?,
                });
            }
            Ok(log)
        })
    }
}
