//! Settles what a killed process left open in the journal. Safe to repeat: every step looks at what is really there.

use serde_json::Value;

use super::Core;
use crate::domain::{Credential, CredentialId, SecretState, StoreKind};
use crate::error::{Error, Result};
use crate::rack::JournalEntry;

/// What became of one open entry.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Settled {
    /// `add`, `create`, `rotate`, `revoke` or `forget`.
    pub op: String,
    /// Label of the credential, as far as the journal knows it.
    pub label: String,
    /// What was done, or why it could not be, a sentence.
    pub what: String,
    /// Nothing is left to do; else the entry stays open.
    pub done: bool,
}

/// Every secret in the store that an open entry is about: none of them is an orphan.
pub(crate) fn secrets_of(entry: &JournalEntry) -> Vec<CredentialId> {
    let noted = ["new", "old", "beside"].into_iter().filter_map(|name| entry.detail.get(name).and_then(Value::as_str));
    std::iter::once(entry.credential.clone()).chain(noted.map(|id| CredentialId(id.to_owned()))).collect()
}

impl Core {
    /// Settles the entries of processes that are gone; those of living ones are left alone. One that cannot be settled
    /// does not keep the others from it. Asks no host anything: an order is never given twice.
    ///
    /// # Errors
    /// Where the journal cannot be read or written.
    pub async fn recover(&self) -> Result<Vec<Settled>> {
        let mut settled = Vec::new();
        for entry in self.rack.open_entries()? {
            // Taken over first, so that two processes never settle the same entry.
            if entry.owner_alive {
                continue;
            }
            let Some(open) = self.adopt(entry.id)? else { continue };
            let label = entry.detail.get("label").and_then(Value::as_str).unwrap_or("").to_owned();
            let settled_so = async {
                let what = self.settle(&entry).await?;
                open.finish()?;
                Ok::<_, Error>(what)
            };
            let (what, done) = match settled_so.await {
                Ok(what) => (what, true),
                Err(error) => {
                    let hints = error.hints.join(" ");
                    (
                        format!("cannot be settled now: {error}{}{hints}", if hints.is_empty() { "" } else { ". " }),
                        false,
                    )
                }
            };
            if done {
                self.audit("recover", &label, "", "done", format!("{}: {what}", entry.op));
            }
            settled.push(Settled { op: entry.op, label, what, done });
        }
        Ok(settled)
    }

    /// [`Core::recover`] on the way to something else: what cannot be settled must not stand in the way of that, and
    /// `keyrack doctor` tells of it.
    pub(crate) async fn settle_others(&self) {
        let _ = self.recover().await;
    }

    async fn settle(&self, entry: &JournalEntry) -> Result<String> {
        let record = self.rack.credential(&entry.credential)?;
        self.same_store(entry, record.as_ref()).await?;
        let last = entry.steps.last().map_or("", |(step, _)| step.as_str());
        let made = match entry.op.as_str() {
            "create" => Some(self.settle_create(entry).await?),
            "rotate" => Some(self.settle_rotate(entry).await?),
            _ => None,
        };
        if let Some(what) = made {
            if let Some(beside) = super::create::keep::beside(entry) {
                self.vault.delete(&beside).await?;
            }
            return Ok(what);
        }
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
            ("revoke", Some(record)) if last == "asked" => {
                let reason = "keyrack was stopped after it had asked the host to revoke this, before it had the answer: check it";
                self.unchecked(record, reason, None)?;
                "the host was asked to revoke it and the answer was lost: check it to see whether it is dead"
            }
            ("revoke" | "forget", None) => {
                self.vault.delete(&entry.credential).await?;
                "the record was gone already; its secret was removed"
            }
            _ => "nothing had been done yet",
        };
        Ok(what.to_owned())
    }

    /// Removing from a store that never had the secret would close the entry and leave the secret behind.
    async fn same_store(&self, entry: &JournalEntry, record: Option<&Credential>) -> Result<()> {
        let noted = entry.detail.get("store").and_then(Value::as_str).and_then(|s| s.parse::<StoreKind>().ok());
        let Some(wanted) = record.map(|r| r.store).or(noted) else { return Ok(()) };
        let kind = self.vault.kind().await?;
        if wanted == kind {
            return Ok(());
        }
        Err(Error::usage(format!("its secret is in the {wanted} store, and this run uses the {kind} store"))
            .hint(format!("keyrack --store {wanted} doctor --fix settles it.")))
    }
}
