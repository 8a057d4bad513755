//! Settles what a killed process left open in the journal. Safe to repeat: every step looks at what is really there.

use serde_json::Value;

use super::Core;
use crate::domain::SecretState;
use crate::error::Result;
use crate::rack::JournalEntry;

/// What became of one open entry.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Settled {
    /// `add`, `revoke` or `forget`.
    pub op: String,
    /// Label of the credential, as far as the journal knows it.
    pub label: String,
    /// What was done, a sentence.
    pub what: String,
}

impl Core {
    /// Settles the entries of processes that are gone; those of living ones are left alone.
    ///
    /// # Errors
    /// Where rack or store cannot be used; what was settled before stays so.
    pub async fn recover(&self) -> Result<Vec<Settled>> {
        let mut settled = Vec::new();
        for entry in self.rack.open_entries()? {
            // Taken over first, so that two processes never settle the same entry.
            if !entry.owner_alive && self.rack.adopt(entry.id)? {
                settled.push(self.settle(&entry).await?);
            }
        }
        Ok(settled)
    }

    async fn settle(&self, entry: &JournalEntry) -> Result<Settled> {
        let label = entry.detail.get("label").and_then(Value::as_str).unwrap_or("").to_owned();
        let record = self.rack.credential(&entry.credential)?;
        let last = entry.steps.last().map_or("", |(step, _)| step.as_str());
        let what = match (entry.op.as_str(), &record) {
            ("add", Some(_)) => "it was complete; nothing to do",
            ("add", None) => {
                self.vault.delete(&entry.credential).await?;
                "it never reached the rack; its secret was removed from the store"
            }
            ("revoke" | "forget", Some(record))
                if record.secret == SecretState::Destroyed || last == "dead" || last == "forget" =>
            {
                self.rack.set_secret_state(&entry.credential, SecretState::Destroyed)?;
                self.vault.delete(&entry.credential).await?;
                if entry.op == "forget" {
                    self.rack.remove_credential(&entry.credential)?;
                    "taken off the rack, secret destroyed"
                } else {
                    "the host had refused it; its secret was destroyed"
                }
            }
            ("revoke", Some(_)) if last == "asked" => {
                "the host was asked to revoke it and the answer was lost: check it to see whether it is dead"
            }
            ("revoke" | "forget", None) => {
                self.vault.delete(&entry.credential).await?;
                "the record was gone already; its secret was removed"
            }
            _ => "nothing had been done yet",
        };
        self.rack.finish(entry.id)?;
        self.audit("recover", &label, "", "done", format!("{}: {what}", entry.op));
        Ok(Settled { op: entry.op.clone(), label, what: what.to_owned() })
    }
}
