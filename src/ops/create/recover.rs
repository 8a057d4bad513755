//! Settles a creation that was interrupted: what is in the store goes on the rack; what is not may be at the host.

use serde_json::Value;

use super::{lost, lost_secret};
use crate::domain::{CredentialId, Expiry, Kind};
use crate::error::{Error, Result};
use crate::hosts::recognise::recognise;
use crate::ops::Core;
use crate::ops::exchange::family;
use crate::ops::made::{Made, Place};
use crate::rack::JournalEntry;
use crate::secret::Secret;

impl Core {
    pub(crate) async fn settle_create(&self, entry: &JournalEntry) -> Result<String> {
        if let Some(record) = self.rack.credential(&entry.credential)? {
            return Ok(format!("`{}` was complete; nothing to do", record.label));
        }
        let text = |name: &str| entry.detail.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
        if entry.steps.last().is_some_and(|(step, _)| step == "back") {
            self.vault.delete(&entry.credential).await?;
            return Ok("it could not be kept here, and was revoked at the host again".to_owned());
        }
        let Some(secret) = self.new_secret(entry, &entry.credential).await? else {
            return Ok(match (entry.steps.last(), self.told(entry).await?) {
                (None, _) => "nothing had been done yet".to_owned(),
                (Some(_), Some(made)) => lost_secret(&made, &text("host"), self.has_list(&text("host"))),
                (Some(_), None) => lost("keyrack was stopped", &text("name"), &text("host")),
            });
        };
        let place: Place = read(entry, "place")?;
        let made = self.made_of(entry, &secret).await?;
        let credential = self.keep_made(&entry.credential, &secret, &made, &place).await?;
        self.unchecked(&credential, "keyrack was stopped before it had seen this one work", Some(&made))?;
        let label = credential.label;
        Ok(format!(
            "its secret was in the store: it is on the rack as `{label}` now. See whether it works: keyrack check {label}"
        ))
    }

    /// Whether the host of that name shows a list of its own credentials.
    pub(crate) fn has_list(&self, host: &str) -> bool {
        let record = self.rack.host_by_name(host).ok().flatten();
        record.and_then(|h| family(&h.family).ok()?.lister().map(|_| ())).is_some()
    }

    /// What the host told of a secret when it made it: as the journal has it, or the store, where the journal could not be
    /// written.
    pub(crate) async fn told(&self, entry: &JournalEntry) -> Result<Option<Made>> {
        let noted = entry.steps.iter().rev().find_map(|(_, detail)| detail.get("made"));
        if let Some(made) = noted.and_then(|m| serde_json::from_value(m.clone()).ok()) {
            return Ok(Some(made));
        }
        Ok(self.kept_beside(entry).await?.map(|(_, made)| made))
    }

    /// What is in the store under the `id` of a new secret, which is brought there where it is still beside it.
    pub(crate) async fn new_secret(&self, entry: &JournalEntry, id: &CredentialId) -> Result<Option<Secret>> {
        if let Some((secret, _)) = self.kept_beside(entry).await? {
            self.vault.put(id, &secret).await?;
            return Ok(Some(secret));
        }
        self.vault.find(id).await
    }

    /// What is known of a secret that was just made; where nobody told, what its form tells.
    pub(crate) async fn made_of(&self, entry: &JournalEntry, secret: &Secret) -> Result<Made> {
        Ok(self.told(entry).await?.unwrap_or_else(|| by_form(entry, secret)))
    }
}

fn by_form(entry: &JournalEntry, secret: &Secret) -> Made {
    let wanted =
        entry.detail.get("kind").and_then(|k| serde_json::from_value::<Option<Kind>>(k.clone()).ok()).flatten();
    let seen = recognise(secret.token.reveal()).into_iter().find(|c| c.certain).map(|c| c.kind);
    Made {
        kind: seen.or(wanted).unwrap_or(Kind::Unknown),
        username: None,
        remote_id: None,
        name: String::new(),
        expiry: Expiry::Unknown,
        expiry_by_user: false,
    }
}

fn read(entry: &JournalEntry, name: &str) -> Result<Place> {
    let noted = entry.detail.get(name).cloned().unwrap_or(Value::Null);
    serde_json::from_value(noted).map_err(|e| Error::data("a journal entry cannot be read").because(&e))
}
