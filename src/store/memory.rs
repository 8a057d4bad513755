//! Secrets in this process's memory: for tests and the demo. Nothing outlives the value.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{SecretStore, StoreError, encode};
use crate::domain::{CredentialId, StoreKind};
use crate::secret::Secret;

/// A store that forgets everything, wiped, when it is dropped. Takes any id, so that tests can use readable ones.
#[derive(Default)]
pub struct MemoryStore {
    secrets: Mutex<HashMap<CredentialId, Secret>>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn secrets(&self) -> MutexGuard<'_, HashMap<CredentialId, Secret>> {
        // Every change is one call on the map: a panic elsewhere cannot leave it half done.
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SecretStore for MemoryStore {
    fn kind(&self) -> StoreKind {
        StoreKind::Memory
    }

    fn get(&self, id: &CredentialId) -> Result<Secret, StoreError> {
        self.secrets().get(id).cloned().ok_or_else(|| StoreError::Missing { store: self.kind(), id: id.clone() })
    }

    fn put(&self, id: &CredentialId, secret: &Secret) -> Result<(), StoreError> {
        encode(secret)?;
        self.secrets().insert(id.clone(), secret.clone());
        Ok(())
    }

    fn delete(&self, id: &CredentialId) -> Result<(), StoreError> {
        self.secrets().remove(id);
        Ok(())
    }

    fn list(&self) -> Result<Vec<CredentialId>, StoreError> {
        let mut ids: Vec<CredentialId> = self.secrets().keys().cloned().collect();
        ids.sort();
        Ok(ids)
    }
}
