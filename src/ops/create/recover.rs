//! Settles a creation that was interrupted: what is in the store goes on the rack; what is not may be at the host.

use serde_json::Value;

use super::lost;
use crate::domain::{Expiry, Kind};
use crate::error::{Error, Result};
use crate::hosts::recognise::recognise;
use crate::ops::Core;
use crate::ops::made::{Made, Place};
use crate::rack::JournalEntry;
use crate::secret::Secret;

impl Core {
    pub(crate) async fn settle_create(&self, entry: &JournalEntry) -> Result<String> {
        if let Some(record) = self.rack.credential(&entry.credential)? {
            return Ok(format!("`{}` was complete; nothing to do", record.label));
        }
        let text = |name: &str| entry.detail.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
        let Some(secret) = self.vault.find(&entry.credential).await? else {
            return Ok(match entry.steps.last() {
                None => "nothing had been done yet".to_owned(),
                Some(_) => lost("keyrack was stopped", &text("name"), &text("host")),
            });
        };
        let place: Place = read(entry, "place")?;
        let made = made_of(entry, &secret);
        let credential = self.keep_made(&entry.credential, &secret, &made, &place).await?;
        Ok(format!("its secret was in the store: it is on the rack as `{}` now; check it", credential.label))
    }
}

/// What the journal knows of a secret that was just made; where it was stopped before it could note that, what its form
/// tells.
pub(crate) fn made_of(entry: &JournalEntry, secret: &Secret) -> Made {
    let noted = entry.steps.iter().rev().find_map(|(_, detail)| detail.get("made"));
    if let Some(made) = noted.and_then(|m| serde_json::from_value(m.clone()).ok()) {
        return made;
    }
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
