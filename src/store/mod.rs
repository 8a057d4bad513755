//! Where secrets live: one trait, several backends.
//!
//! Missing, locked, absent, denied and broken are different errors with different advice; a locked store is never
//! mistaken for a bad token.

pub mod age_file;
pub mod choice;
pub mod keyring;
pub mod memory;

use crate::domain::{CredentialId, StoreKind};
use crate::secret::Secret;

/// What a store could not do. No variant holds secret bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The store answers and has no such secret.
    #[error("the {store} store has no secret for credential {id}")]
    Missing {
        /// Which store.
        store: StoreKind,
        /// Whose secret.
        id: CredentialId,
    },
    /// There is no such store on this machine.
    #[error("there is no usable {store} store: {why}")]
    Absent {
        /// Which store.
        store: StoreKind,
        /// What is not there.
        why: String,
    },
    /// The store exists and is locked, or the prompt to unlock it was dismissed.
    #[error("the {store} store is locked: {why}")]
    Locked {
        /// Which store.
        store: StoreKind,
        /// What would unlock it.
        why: String,
    },
    /// The passphrase does not open it.
    #[error("wrong passphrase for the {store} store")]
    WrongPassphrase {
        /// Which store.
        store: StoreKind,
    },
    /// It did not answer in time (a prompt may be waiting somewhere).
    #[error("the {store} store did not answer within {seconds} s")]
    TimedOut {
        /// Which store.
        store: StoreKind,
        /// How long keyrack waited.
        seconds: u64,
    },
    /// Mode or owner of a file or directory is unsafe or forbids the act.
    #[error("{path}: {why}")]
    Denied {
        /// The file or directory.
        path: String,
        /// What is wrong with it.
        why: String,
        /// The command that mends it; empty where there is none.
        fix: String,
    },
    /// A file or entry is damaged.
    #[error("{what} is damaged: {why}")]
    Damaged {
        /// The file or entry.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// Reading or writing failed.
    #[error("{what}: {why}")]
    Io {
        /// What was being done, and to what.
        what: String,
        /// The system's reason (disk full, read-only, …).
        why: String,
    },
}

/// Keeps secrets by credential id. Calls block; callers run them off the event loop.
pub trait SecretStore: Send + Sync {
    /// Which backend it is.
    fn kind(&self) -> StoreKind;

    /// Reads a secret.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where there is none; any other where the store could not be asked.
    fn get(&self, id: &CredentialId) -> Result<Secret, StoreError>;

    /// Writes a secret durably, replacing one of the same id.
    ///
    /// # Errors
    /// Any but `Missing`; the earlier secret, if any, is then still whole.
    fn put(&self, id: &CredentialId, secret: &Secret) -> Result<(), StoreError>;

    /// Destroys a secret; one that is not there is no error.
    ///
    /// # Errors
    /// Any but `Missing`.
    fn delete(&self, id: &CredentialId) -> Result<(), StoreError>;

    /// The ids of all secrets that keyrack keeps here; finds orphans.
    ///
    /// # Errors
    /// Any but `Missing`.
    fn list(&self) -> Result<Vec<CredentialId>, StoreError>;
}
