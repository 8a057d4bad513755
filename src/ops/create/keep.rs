//! Keeping a secret that exists nowhere but in the host's answer.

use serde_json::json;

use crate::domain::{CreatedToken, CredentialId};
use crate::error::Error;
use crate::ops::Core;
use crate::ops::entry::Open;
use crate::ops::made::Made;
use crate::rack::{JournalEntry, JournalId};
use crate::secret::{Secret, SecretText};

/// Why a new secret is not where it belongs.
pub(crate) enum Unkept {
    /// It is in the store, beside its place: whoever settles the journal finds it there.
    Beside(Error),
    /// It is not in the store.
    Lost(Error),
}

impl Core {
    /// Writes where a new secret will go: a store that is locked or full is found out while nothing is lost.
    pub(crate) async fn rehearse_new(&self, beside: &CredentialId) -> crate::error::Result<()> {
        self.vault.put(beside, &Secret::token(SecretText::from("no secret yet"))).await
    }

    /// Closes an entry that leaves nothing in the store; where the store does not let go of it, it is found by the entry,
    /// which stays open.
    pub(crate) async fn close_without<'a>(&self, entry: Open<'_>, secrets: impl IntoIterator<Item = &'a CredentialId>) {
        let mut gone = true;
        for id in secrets {
            gone &= self.vault.delete(id).await.is_ok();
        }
        if gone {
            entry.close();
        }
    }

    /// Puts a new secret into the store before anything else happens, and what its host tells only with it (a user name of
    /// its own, an id) in the same write: whenever a crash comes, there are both or neither. Then that goes into the
    /// journal, and the secret where it belongs. Answers whether nothing is left beside its place; otherwise the entry has to
    /// stay open, by which that is found.
    pub(crate) async fn store_new(
        &self,
        id: &CredentialId,
        token: &CreatedToken,
        made: &Made,
        entry: JournalId,
        beside: &CredentialId,
    ) -> Result<bool, Unkept> {
        let whole = self.vault.put(beside, &together(&token.secret, made)).await;
        // A rack that is full is no reason to lose either.
        let noted = self.rack.step(entry, "told", &json!({ "made": made })).is_ok();
        let mut stored = self.vault.put(id, &token.secret).await;
        if stored.is_err() {
            // It is worth a second try: what is lost here cannot be had again.
            stored = self.vault.put(id, &token.secret).await;
        }
        match (stored, whole) {
            (Ok(()), _) => {
                let _ = self.remember_store();
                Ok(noted && self.vault.delete(beside).await.is_ok())
            }
            (Err(error), Ok(())) => Err(Unkept::Beside(error)),
            (Err(error), Err(_)) => Err(Unkept::Lost(error)),
        }
    }

    /// What [`Core::store_new`] had put into the store beside the place of a new secret.
    pub(crate) async fn kept_beside(&self, entry: &JournalEntry) -> crate::error::Result<Option<(Secret, Made)>> {
        let Some(beside) = beside(entry) else { return Ok(None) };
        Ok(self.vault.find(&beside).await?.and_then(apart))
    }
}

/// Id in the store of a new secret with what its host told of it, until it is where it belongs.
pub(crate) fn beside(entry: &JournalEntry) -> Option<CredentialId> {
    entry.detail.get("beside").and_then(serde_json::Value::as_str).map(|id| CredentialId(id.to_owned()))
}

/// A new secret has one part; the second carries what was told.
fn together(secret: &Secret, made: &Made) -> Secret {
    Secret { token: secret.token.clone(), session: Some(SecretText::new(json!(made).to_string())) }
}

fn apart(whole: Secret) -> Option<(Secret, Made)> {
    let made = serde_json::from_str(whole.session?.reveal()).ok()?;
    Some((Secret::token(whole.token), made))
}
