//! Where secrets live: one trait, several backends.
//!
//! Missing, locked, absent, denied and broken are different errors with different advice; a locked store is never
//! mistaken for a bad token.
//!
//! `choice` picks and opens a backend, `advice` turns a [`StoreError`] into what a person reads. Nothing here knows
//! the rack: which credential a secret belongs to is an id and no more.

mod advice;
pub mod age_file;
mod bus;
pub mod choice;
mod files;
pub mod keyring;
pub mod memory;
mod sealed;
mod worker;

use uuid::Uuid;
use zeroize::Zeroizing;

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

/// The bytes to store. A secret that would not come back as it went in (an empty part, a line break) is refused here,
/// where the caller still has it.
fn encode(secret: &Secret) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let bytes = secret.to_bytes();
    match Secret::from_bytes(&bytes) {
        Ok(back) if back == *secret => Ok(bytes),
        _ => Err(StoreError::Damaged {
            what: "the secret given".to_owned(),
            why: "it has an empty part or a line break in it, and no store could give it back unchanged".to_owned(),
        }),
    }
}

/// The secret in what a store gave back.
fn decode(bytes: &[u8], what: impl FnOnce() -> String) -> Result<Secret, StoreError> {
    Secret::from_bytes(bytes).map_err(|error| StoreError::Damaged { what: what(), why: error.to_string() })
}

/// Whether the id has the one spelling keyrack gives out: a lower-case, hyphenated UUID. Such a text is safe as a file
/// name, and no two of them differ only in case.
fn is_store_name(id: &str) -> bool {
    Uuid::try_parse(id).is_ok_and(|uuid| uuid.hyphenated().to_string() == id)
}

/// Refuses an id that is not fit to name a file or an entry.
fn check_id(id: &CredentialId) -> Result<(), StoreError> {
    if is_store_name(&id.0) {
        return Ok(());
    }
    Err(StoreError::Damaged {
        what: format!("credential id `{}`", clip(&id.0, 80)),
        why: "it is not a lower-case UUID, so it cannot name a secret".to_owned(),
    })
}

/// At most `max` characters of a text that keyrack did not write.
fn clip(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_canonical_uuids_name_a_secret() {
        assert!(is_store_name("6f1c2a70-3b0e-4c55-9a57-0d7f3f0c9b11"));
        for bad in [
            "",
            "..",
            "../../etc/passwd",
            "6F1C2A70-3B0E-4C55-9A57-0D7F3F0C9B11",
            "6f1c2a703b0e4c559a570d7f3f0c9b11",
            "{6f1c2a70-3b0e-4c55-9a57-0d7f3f0c9b11}",
            "urn:uuid:6f1c2a70-3b0e-4c55-9a57-0d7f3f0c9b11",
            "6f1c2a70-3b0e-4c55-9a57-0d7f3f0c9b11\0",
            "identity",
        ] {
            assert!(!is_store_name(bad), "{bad}");
        }
    }

    #[test]
    fn a_secret_that_would_come_back_changed_is_refused() {
        let parts =
            |token: &str, session: Option<&str>| Secret { token: token.into(), session: session.map(Into::into) };
        assert!(encode(&parts("a", None)).is_ok());
        assert!(encode(&parts("a", Some("b"))).is_ok());
        for bad in [parts("", None), parts("a\nb", None), parts("a", Some("")), parts("a", Some("b\n"))] {
            assert!(matches!(encode(&bad), Err(StoreError::Damaged { .. })));
        }
    }

    #[test]
    fn clip_counts_characters() {
        assert_eq!(clip("äöü", 3), "äöü");
        assert_eq!(clip("äöüx", 3), "äöü…");
    }
}
