//! The durable steps of what is under way, so that a crash loses nothing: what an entry says is on the disk before the
//! call that wrote it returns. The rack keeps the entries; what they mean is known to whoever writes them.

use std::path::PathBuf;
use std::sync::PoisonError;

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};
use serde_json::Value;

use super::{Durability, Rack, RackError, owner, place, value};
use crate::domain::CredentialId;

/// Names a journal entry; never used again for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JournalId(pub i64);

/// Something begun and not finished.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalEntry {
    /// Names it.
    pub id: JournalId,
    /// What is being done: `add`, `revoke`, …
    pub op: String,
    /// To what; may not be on the rack yet, or no longer.
    pub credential: CredentialId,
    /// When it began.
    pub started_at: Timestamp,
    /// What was done so far, in order.
    pub steps: Vec<(String, Value)>,
    /// What was noted at the beginning.
    pub detail: Value,
    /// The process that began it (or took it over) still has the rack open and has not released it; nobody else may go
    /// on with it.
    pub owner_alive: bool,
    /// That process is this one.
    pub ours: bool,
}

impl Rack {
    /// Notes durably that something begins. `detail` must hold no secret.
    ///
    /// # Errors
    /// The ways in which writing fails; then nothing was noted and nothing should be begun.
    pub fn begin(&self, op: &str, credential: &CredentialId, detail: &Value) -> Result<JournalId, RackError> {
        let owner = self.owner_name()?;
        self.write(Durability::Full, |tx| {
            tx.prepare_cached(
                "INSERT INTO journal (op, credential, started_at, detail, owner) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                op,
                credential.0,
                value::moment(self.clock.now()),
                value::json(detail)?,
                owner
            ])?;
            Ok(JournalId(tx.last_insert_rowid()))
        })
    }

    /// Notes durably that a step was done, or is about to be. `detail` must hold no secret.
    ///
    /// # Errors
    /// [`RackError::Internal`] where the entry is finished; the ways in which writing fails.
    pub fn step(&self, id: JournalId, step: &str, detail: &Value) -> Result<(), RackError> {
        self.write(Durability::Full, |tx| {
            let written = tx
                .prepare_cached(
                    "INSERT INTO journal_step (journal, position, step, detail)
                     SELECT id, (SELECT count(*) FROM journal_step WHERE journal = ?1), ?2, ?3 FROM journal WHERE id = ?1",
                )?
                .execute(params![id.0, step, value::json(detail)?])?;
            if written == 0 {
                let what = format!("journal entry {} is not open, so no step can be added to it", id.0);
                return Err(RackError::Internal { what }.into());
            }
            Ok(())
        })
    }

    /// Notes durably that all is done: the entry goes. One that is gone already is as good: two processes may have
    /// settled what a third left behind.
    ///
    /// # Errors
    /// The ways in which writing fails; then the entry is still open.
    pub fn finish(&self, id: JournalId) -> Result<(), RackError> {
        self.write(Durability::Full, |tx| {
            tx.prepare_cached("DELETE FROM journal WHERE id = ?1")?.execute([id.0])?;
            Ok(())
        })
    }

    /// Everything begun and not finished, by any process, oldest first. Those with `owner_alive` are under way; before
    /// going on with another, [`Rack::adopt`] it. Cleans up after owners that have died.
    ///
    /// # Errors
    /// [`RackError::Damaged`] and the other ways in which reading fails.
    pub fn open_entries(&self) -> Result<Vec<JournalEntry>, RackError> {
        let found = self.read(|c| {
            let mut steps_of =
                c.prepare_cached("SELECT step, detail FROM journal_step WHERE journal = ?1 ORDER BY position")?;
            let mut statement =
                c.prepare_cached("SELECT id, op, credential, started_at, detail, owner FROM journal ORDER BY id")?;
            let mut rows = statement.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let id: i64 = row.get(0)?;
                let mut steps = Vec::new();
                let mut step_rows = steps_of.query([id])?;
                while let Some(step) = step_rows.next()? {
                    steps.push((step.get(0)?, value::parse_json("a step", &step.get::<_, String>(1)?)?));
                }
                let entry = JournalEntry {
                    id: JournalId(id),
                    op: row.get(1)?,
                    credential: CredentialId(row.get(2)?),
                    started_at: value::parse("a moment", &row.get::<_, String>(3)?)?,
                    steps,
                    detail: value::parse_json("a journal entry", &row.get::<_, String>(4)?)?,
                    owner_alive: false,
                    ours: false,
                };
                found.push((entry, row.get::<_, String>(5)?));
            }
            Ok(found)
        })?;
        let mut entries = Vec::with_capacity(found.len());
        for (mut entry, owner) in found {
            entry.ours = self.is_me(&owner);
            let at_it = if entry.ours { true } else { owner::is_alive(&self.locks(), &owner)? };
            entry.owner_alive = at_it && !self.released().contains(&entry.id);
            entries.push(entry);
        }
        owner::sweep(&self.locks());
        Ok(entries)
    }

    /// Makes an entry whose owner has died this process's own, so that of several that want to go on with it only one
    /// does; or takes one of its own up again that was released. Answers whether that was done: not where somebody is at
    /// it, in this process or another, or finished it meanwhile.
    ///
    /// # Errors
    /// The ways in which writing fails.
    pub fn adopt(&self, id: JournalId) -> Result<bool, RackError> {
        let me = self.owner_name()?;
        let released = self.released().remove(&id);
        let adopted = self.write(Durability::Full, |tx| {
            let owner: Option<String> = tx
                .prepare_cached("SELECT owner FROM journal WHERE id = ?1")?
                .query_row([id.0], |row| row.get(0))
                .optional()?;
            match owner {
                None => Ok(false),
                Some(owner) if owner == me => Ok(released),
                Some(owner) if owner::is_alive(&self.locks(), &owner)? => Ok(false),
                Some(_) => {
                    tx.prepare_cached("UPDATE journal SET owner = ?2 WHERE id = ?1")?.execute(params![id.0, me])?;
                    Ok(true)
                }
            }
        });
        if released && adopted.is_err() {
            self.release(id);
        }
        adopted
    }

    /// Says that this process no longer works on an entry of its own, which stays open: whoever settles the journal next
    /// may go on with it, in this process at once, in another when this one has ended. Writes nothing, so it also works
    /// where the rack cannot be written.
    pub fn release(&self, id: JournalId) {
        self.released().insert(id);
    }

    fn released(&self) -> std::sync::MutexGuard<'_, std::collections::BTreeSet<JournalId>> {
        self.shared.released.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn locks(&self) -> PathBuf {
        place::beside(&self.shared.file, ".locks")
    }

    /// The name of this process's lock file; most runs never write to the journal and need none.
    fn owner_name(&self) -> Result<String, RackError> {
        let mut mine = self.shared.owner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(owner) = &*mine {
            return Ok(owner.name().to_owned());
        }
        let owner = owner::Owner::claim(&self.locks())?;
        let name = owner.name().to_owned();
        *mine = Some(owner);
        Ok(name)
    }

    fn is_me(&self, owner: &str) -> bool {
        let mine = self.shared.owner.lock().unwrap_or_else(PoisonError::into_inner);
        mine.as_ref().is_some_and(|o| o.name() == owner)
    }
}
