//! A secret that has just come to be, as the journal knows it: enough to put it on the rack without asking anybody.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Core;
use crate::domain::{
    Binding, CreatedToken, Credential, CredentialId, Expiry, FamilyId, Kind, Owner, SecretState, Validation, Verdict,
};
use crate::error::{Error, Result};
use crate::rack::RackError;
use crate::sanitize;
use crate::secret::Secret;

/// What is known of a new secret besides itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Made {
    pub(crate) kind: Kind,
    pub(crate) username: Option<String>,
    pub(crate) remote_id: Option<String>,
    pub(crate) name: String,
    pub(crate) expiry: Expiry,
    pub(crate) expiry_by_user: bool,
}

impl Made {
    /// What a host said of one that it made; `wanted` is the end that was asked for, where the host does not tell.
    pub(crate) fn by_host(token: &CreatedToken, wanted: Option<Timestamp>) -> Self {
        let told = token.expiry != Expiry::Unknown;
        Self {
            kind: token.kind,
            username: token.username.clone(),
            remote_id: token.remote_id.clone(),
            name: sanitize::short(&token.name, 200),
            expiry: if told { token.expiry } else { wanted.map_or(Expiry::Unknown, Expiry::At) },
            expiry_by_user: !told && wanted.is_some(),
        }
    }

    /// Adds to a validation what the host told only when it made the secret: other verbs look for it there.
    pub(crate) fn complete(&self, found: &mut Validation) {
        found.remote_id = found.remote_id.take().or_else(|| self.remote_id.clone());
        let name = Some(&self.name).filter(|n| !n.is_empty());
        found.remote_name = found.remote_name.take().or_else(|| name.cloned());
    }

    /// How the host's own list and its people name it.
    pub(crate) fn words(&self) -> String {
        let id = self.remote_id.as_deref().or(self.username.as_deref()).filter(|id| *id != self.name);
        match (self.name.as_str(), id) {
            ("", None) => "one without a name".to_owned(),
            ("", Some(id)) => format!("`{}`", sanitize::short(id, 80)),
            (name, None) => format!("`{name}`"),
            (name, Some(id)) => format!("`{name}` (id {})", sanitize::short(id, 80)),
        }
    }

    /// What a validation adds.
    pub(crate) fn learn(&mut self, found: &Validation) {
        if found.expiry != Expiry::Unknown {
            (self.expiry, self.expiry_by_user) = (found.expiry, false);
        }
        self.kind = found.kind.unwrap_or(self.kind);
        self.remote_id = found.remote_id.clone().or(self.remote_id.take());
    }
}

/// What a record is to have besides its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) label: String,
    pub(crate) family: FamilyId,
    pub(crate) owner: Option<Owner>,
    pub(crate) tags: Vec<String>,
    pub(crate) note: String,
    pub(crate) profiles: Vec<String>,
    pub(crate) bindings: Vec<Binding>,
}

impl Place {
    /// Beside an existing record, under a label of its own.
    pub(crate) fn beside(credential: &Credential, word: &str, note: &str) -> Self {
        Self {
            label: format!("{}-{word}", credential.label),
            family: credential.family.clone(),
            owner: credential.owner,
            tags: credential.tags.clone(),
            note: note.to_owned(),
            profiles: credential.profiles.clone(),
            bindings: credential.bindings.clone(),
        }
    }
}

impl Core {
    /// What is known of a secret by whoever settles the journal, and was seen by nobody yet: the row says so until it is
    /// checked, and keeps the host's id for it, which the host may tell only once.
    ///
    /// # Errors
    /// Where the rack cannot be written.
    pub(crate) fn unchecked(&self, record: &Credential, reason: &str, made: Option<&Made>) -> Result<()> {
        let Some(binding) = record.bindings.first() else { return Ok(()) };
        let mut unknown = Validation::new(Verdict::Unchecked, reason, self.clock.now());
        if let Some(made) = made {
            made.complete(&mut unknown);
        }
        Ok(self.rack.record(&record.id, binding.host, &unknown)?)
    }

    /// Puts a secret that is in the store already on the rack. A label that is taken gets a number: what a host made
    /// must not be lost over a name. Repeating it does nothing.
    ///
    /// # Errors
    /// Where the rack cannot be written.
    pub(crate) async fn keep_made(
        &self,
        id: &CredentialId,
        secret: &Secret,
        made: &Made,
        place: &Place,
    ) -> Result<Credential> {
        if let Some(there) = self.rack.credential(id)? {
            return Ok(there);
        }
        let mut tags = place.tags.clone();
        tags.sort();
        tags.dedup();
        let mut credential = Credential {
            id: id.clone(),
            label: place.label.clone(),
            family: place.family.clone(),
            kind: made.kind,
            username: made.username.clone(),
            owner: place.owner,
            expiry: made.expiry,
            expiry_by_user: made.expiry_by_user,
            added_at: self.clock.now(),
            tags,
            note: place.note.clone(),
            profiles: place.profiles.clone(),
            bindings: place.bindings.clone(),
            store: self.vault.kind().await?,
            secret: SecretState::Present,
            hint: secret.hint(),
            fingerprint: self.fingerprint(secret)?,
        };
        for n in 2..1000 {
            match self.rack.insert_credential(&credential) {
                Ok(()) => return Ok(credential),
                Err(RackError::DuplicateLabel { .. }) => credential.label = format!("{}-{n}", place.label),
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::data(format!("no label like `{}` is free", place.label)))
    }
}

/// A new id for a secret in the store.
pub(crate) fn new_id() -> CredentialId {
    CredentialId(uuid::Uuid::new_v4().to_string())
}
