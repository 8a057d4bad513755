//! Settles a rotation that was interrupted, asking no host: forward where the new secret was proved, back where it was
//! not; either way both secrets end on the rack, or destroyed only where the host had refused them.

use serde_json::Value;

use crate::domain::{Credential, CredentialId, RotatePattern, Validation, Verdict};
use crate::error::Result;
use crate::ops::Core;
use crate::ops::create::lost;
use crate::ops::create::recover::made_of;
use crate::ops::made::{Made, Place};
use crate::rack::JournalEntry;

impl Core {
    pub(crate) async fn settle_rotate(&self, entry: &JournalEntry) -> Result<String> {
        let text = |name: &str| entry.detail.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
        let (new, old) = (CredentialId(text("new")), CredentialId(text("old")));
        let Some(record) = self.rack.credential(&entry.credential)? else {
            // Whoever took it off the rack meant all of it.
            self.vault.delete(&new).await?;
            self.vault.delete(&old).await?;
            return Ok("the record was gone already; what was left in the store was removed".into());
        };
        let last = entry.steps.last().map_or("", |(step, _)| step.as_str());
        match last {
            "proved" => {
                let keep_old = find(entry, "keep_old").and_then(|v| v.as_bool()).unwrap_or(true);
                if let Some(secret) = self.vault.find(&new).await? {
                    let made = made_of(entry, &secret);
                    self.put_in_place(&record.id, &new, keep_old.then_some(&old), &made, entry.id).await?;
                }
                self.keep_left(entry, &record, &old).await
            }
            "swapped" | "ending" => {
                self.vault.delete(&new).await?;
                self.keep_left(entry, &record, &old).await
            }
            "dead" => {
                self.vault.delete(&new).await?;
                self.vault.delete(&old).await?;
                Ok("the new one is in place and the host had refused the old one; its secret was destroyed".into())
            }
            _ => self.settle_unproved(entry, &record, &new, last).await,
        }
    }

    /// The new one is in place: what is left of the old one gets a record.
    async fn keep_left(&self, entry: &JournalEntry, record: &Credential, old: &CredentialId) -> Result<String> {
        let Some(secret) = self.vault.find(old).await? else {
            return Ok("the new one is in place; check it".into());
        };
        let was: Option<Made> = entry.detail.get("was").and_then(|w| serde_json::from_value(w.clone()).ok());
        let was = was.unwrap_or_else(|| super::was(record));
        let place =
            Place::beside(record, "old", &format!("the secret that {} had before it was rotated", record.label));
        let kept = self.keep_made(old, &secret, &was, &place).await?;
        self.unchecked(&kept, "keyrack was stopped before it had seen this one dead, after another took its place")?;
        Ok(format!("the new one is in place; the old one is on the rack as `{}`: revoke it", kept.label))
    }

    async fn settle_unproved(
        &self,
        entry: &JournalEntry,
        record: &Credential,
        new: &CredentialId,
        last: &str,
    ) -> Result<String> {
        let pattern: Option<RotatePattern> =
            find(entry, "pattern").and_then(|p| serde_json::from_value(p.clone()).ok());
        let secret = self.vault.find(new).await?;
        let current = self.vault.find(&record.id).await?;
        // Before the host is asked, the old one is written there to see whether the store can be written at all.
        let Some(secret) = secret.filter(|s| current.as_ref() != Some(s)) else {
            self.vault.delete(new).await?;
            return Ok(match (last, pattern) {
                ("asked", Some(RotatePattern::InPlace)) => {
                    self.unchecked(
                        record,
                        "keyrack was stopped after it had asked the host to replace this, before it had the answer: check it",
                    )?;
                    "the host was asked to replace it and the answer was lost: check it. If it is dead, the new one is lost \
                     too: make another one by hand"
                        .into()
                }
                ("asked", _) => {
                    let text = |name| find(entry, name).and_then(Value::as_str).unwrap_or("").to_owned();
                    let host = entry.detail.get("host").and_then(Value::as_str).unwrap_or("its host");
                    lost("keyrack was stopped", &text("name"), host)
                }
                _ => "nothing had been done yet".into(),
            });
        };
        let made = made_of(entry, &secret);
        if pattern == Some(RotatePattern::InPlace) {
            self.rack.step(entry.id, "proved", &serde_json::json!({ "made": made, "keep_old": false }))?;
            self.put_in_place(&record.id, new, None, &made, entry.id).await?;
            self.unchecked(
                record,
                "its secret was replaced, and keyrack was stopped before it had seen the new one work",
            )?;
            return Ok("the host had replaced it: the new secret is in place; check it".into());
        }
        let note = format!("made by rotating {}; keyrack was stopped before it was proved", record.label);
        let kept = self.keep_made(new, &secret, &made, &Place::beside(record, "new", &note)).await?;
        self.unchecked(&kept, "keyrack was stopped before it had seen this one work")?;
        Ok(format!(
            "the old one is in place; the new one is on the rack as `{}`: check it, and revoke whichever is not needed",
            kept.label
        ))
    }

    /// Whoever settles the journal may show nobody what came of it: the row says it until it is checked.
    fn unchecked(&self, record: &Credential, reason: &str) -> Result<()> {
        let Some(binding) = record.bindings.first() else { return Ok(()) };
        let unknown = Validation::new(Verdict::Unchecked, reason, self.clock.now());
        Ok(self.rack.record(&record.id, binding.host, &unknown)?)
    }
}

/// The newest value of that name among the steps.
fn find<'a>(entry: &'a JournalEntry, name: &str) -> Option<&'a Value> {
    entry.steps.iter().rev().find_map(|(_, detail)| detail.get(name))
}
