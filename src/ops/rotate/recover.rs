//! Settles a rotation that was interrupted, asking no host: forward where the new secret was proved, back where it was
//! not; either way both secrets end on the rack, or destroyed only where the host had refused them.

use serde_json::Value;

use super::advice;
use crate::domain::{Credential, CredentialId, RotatePattern, Validation};
use crate::error::Result;
use crate::ops::Core;
use crate::ops::create::{lost, lost_secret};
use crate::ops::made::{Made, Place};
use crate::rack::JournalEntry;

impl Core {
    pub(crate) async fn settle_rotate(&self, entry: &JournalEntry) -> Result<String> {
        let text = |name: &str| entry.detail.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
        let (new, old) = (CredentialId(text("new")), CredentialId(text("old")));
        let Some(record) = self.rack.credential(&entry.credential)? else {
            // Whoever took it off the rack meant all of it.
            for id in [&new, &old, &entry.credential] {
                self.vault.delete(id).await?;
            }
            return Ok("the record was gone already; what was left in the store was removed".into());
        };
        let last = entry.steps.last().map_or("", |(step, _)| step.as_str());
        match last {
            "proved" => {
                let keep_old = find(entry, "keep_old").and_then(|v| v.as_bool()).unwrap_or(true);
                if let Some(secret) = self.vault.find(&new).await? {
                    let made = self.made_of(entry, &secret).await?;
                    self.put_in_place(&record.id, &new, keep_old.then_some(&old), &made, entry.id).await?;
                }
                self.keep_facts(entry, &record).await?;
                self.keep_left(entry, &record, &old).await
            }
            "swapped" | "ending" => {
                self.vault.delete(&new).await?;
                self.keep_facts(entry, &record).await?;
                self.keep_left(entry, &record, &old).await
            }
            "dead" => {
                self.vault.delete(&new).await?;
                self.vault.delete(&old).await?;
                self.keep_facts(entry, &record).await?;
                Ok("the new one is in place and the host had refused the old one; its secret was destroyed".into())
            }
            "back" => {
                self.vault.delete(&new).await?;
                Ok("the new one could not be kept here, and was revoked at the host again; the old one is untouched"
                    .into())
            }
            _ => self.settle_unproved(entry, &record, &new, last).await,
        }
    }

    /// The new one is in place: what its host told only when it made it is kept, unless that was done before the crash.
    async fn keep_facts(&self, entry: &JournalEntry, record: &Credential) -> Result<()> {
        let Some(made) = self.told(entry).await?.filter(|m| m.remote_id.is_some()) else { return Ok(()) };
        let Some(binding) = record.bindings.first() else { return Ok(()) };
        let known = self.remote_facts(&record.id, &self.host(binding.host)?).and_then(|v| v.remote_id);
        if known == made.remote_id {
            return Ok(());
        }
        self.unchecked(record, "a new secret is in place, and keyrack was stopped before it could say so", Some(&made))
    }

    /// The new one is in place: what is left of the old one gets a record. Whether it was ordered dead or not, nothing is
    /// ordered from here: whoever signed may be gone, and nobody was asked.
    async fn keep_left(&self, entry: &JournalEntry, record: &Credential, old: &CredentialId) -> Result<String> {
        let Some(secret) = self.vault.find(old).await? else {
            return Ok(format!("the new one is in place. See whether it works: keyrack check {}", record.label));
        };
        let was: Option<Made> = entry.detail.get("was").and_then(|w| serde_json::from_value(w.clone()).ok());
        let was = was.unwrap_or_else(|| super::was(record));
        let place =
            Place::beside(record, "old", &format!("the secret that {} had before it was rotated", record.label));
        let kept = self.keep_made(old, &secret, &was, &place).await?;
        let alive: Option<Validation> = find(entry, "alive").and_then(|a| serde_json::from_value(a.clone()).ok());
        if let (Some(alive), Some(binding)) = (alive, kept.bindings.first()) {
            self.rack.record(&kept.id, binding.host, &alive)?;
        }
        let reason = "keyrack was stopped before it had seen this one dead, after another took its place";
        self.unchecked(&kept, reason, None)?;
        Ok(format!(
            "the new one is in place; the old one is on the rack as `{}`. {}",
            kept.label,
            advice::of_old(&kept.label, &signer(entry))
        ))
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
        let secret = self.new_secret(entry, new).await?;
        let current = self.vault.find(&record.id).await?;
        let told = self.told(entry).await?;
        // Before the host is asked, the old one is written there to see whether the store can be written at all.
        let Some(secret) = secret.filter(|s| current.as_ref() != Some(s)) else {
            self.vault.delete(new).await?;
            return Ok(match (last, pattern) {
                ("asked", Some(RotatePattern::InPlace)) => {
                    self.unchecked(
                        record,
                        "keyrack was stopped after it had asked the host to replace this, before it had the answer: check it",
                        None,
                    )?;
                    format!(
                        "the host was asked to replace it and the answer was lost. See which: keyrack check {label}. If it \
                         is dead, the new one is lost too: make another one by hand and paste it: keyrack rotate {label} \
                         --paste",
                        label = record.label
                    )
                }
                ("told", Some(RotatePattern::InPlace)) => {
                    let reason =
                        "the host replaced this one, and keyrack was stopped before the new one was in the store";
                    self.unchecked(record, reason, None)?;
                    format!(
                        "the host had replaced it, and keyrack was stopped before the new one was in the store: its secret is \
                         lost, and the old one is dead. Make another one by hand and paste it: keyrack rotate {} --paste",
                        record.label
                    )
                }
                ("told", _) => {
                    let host = entry.detail.get("host").and_then(Value::as_str).unwrap_or("its host");
                    let made = told.as_ref().map_or_else(String::new, |m| lost_secret(m, host, self.has_list(host)));
                    format!("{made}. The old one is untouched")
                }
                ("asked", _) => {
                    let text = |name| find(entry, name).and_then(Value::as_str).unwrap_or("").to_owned();
                    let host = entry.detail.get("host").and_then(Value::as_str).unwrap_or("its host");
                    lost("keyrack was stopped", &text("name"), host)
                }
                _ => "nothing had been done yet".into(),
            });
        };
        let mut made = self.made_of(entry, &secret).await?;
        if pattern == Some(RotatePattern::InPlace) {
            if told.is_none() {
                // It is the same credential still, as far as anybody knows.
                (made.kind, made.username) = (record.kind, record.username.clone());
            }
            self.rack.step(entry.id, "proved", &serde_json::json!({ "made": made, "keep_old": false }))?;
            self.put_in_place(&record.id, new, None, &made, entry.id).await?;
            self.unchecked(
                record,
                "its secret was replaced, and keyrack was stopped before it had seen the new one work",
                Some(&made),
            )?;
            return Ok(format!(
                "the host had replaced it: the new secret is in place. See whether it works: keyrack check {}",
                record.label
            ));
        }
        let note = format!("made by rotating {}; keyrack was stopped before it was proved", record.label);
        let kept = self.keep_made(new, &secret, &made, &Place::beside(record, "new", &note)).await?;
        self.unchecked(&kept, "keyrack was stopped before it had seen this one work", Some(&made))?;
        Ok(format!(
            "the old one is in place; the new one is on the rack as `{}`. {}",
            kept.label,
            advice::of_new(&record.label, &kept.label, &signer(entry))
        ))
    }
}

/// The words that name on a command line who signed.
fn signer(entry: &JournalEntry) -> String {
    entry.detail.get("signer").and_then(Value::as_str).unwrap_or("").to_owned()
}

/// The newest value of that name among the steps.
fn find<'a>(entry: &'a JournalEntry, name: &str) -> Option<&'a Value> {
    entry.steps.iter().rev().find_map(|(_, detail)| detail.get(name))
}
