//! Single entries of the system's store: where one is, and reading, writing and deleting it, every copy of it.

use std::collections::HashMap;

use keyring_core::api::CredentialStore;
use keyring_core::{Entry, Error as KeyringError};
use zeroize::Zeroizing;

/// The service name of all entries.
pub const SERVICE: &str = "keyrack";

/// The entry of that user, whether there is one or not.
pub(super) fn build(backend: &CredentialStore, service: &str, user: &str) -> Result<Entry, KeyringError> {
    if cfg!(target_os = "linux") {
        // What a person sees in a keyring manager; the other systems show service and user.
        let label = format!("{service}: {user}");
        backend.build(service, user, Some(&HashMap::from([("label", label.as_str())])))
    } else {
        backend.build(service, user, None)
    }
}

/// Its bytes.
pub(super) fn read(entry: &Entry) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
    match entry.get_secret() {
        // Copies in several collections, left by some other program: harmless as long as they agree.
        Err(KeyringError::Ambiguous(copies)) => {
            let mut first: Option<Zeroizing<Vec<u8>>> = None;
            for copy in &copies {
                let bytes = Zeroizing::new(copy.get_secret()?);
                if first.get_or_insert_with(|| bytes.clone()) != &bytes {
                    return Err(KeyringError::Ambiguous(copies));
                }
            }
            first.ok_or(KeyringError::NoEntry)
        }
        other => other.map(Zeroizing::new),
    }
}

/// Writes it, every copy of it.
pub(super) fn write(entry: &Entry, bytes: &[u8]) -> Result<(), KeyringError> {
    match entry.set_secret(bytes) {
        Err(KeyringError::Ambiguous(copies)) => copies.iter().try_for_each(|copy| copy.set_secret(bytes)),
        other => other,
    }
}

/// Deletes the entry, every copy of it; says whether there was one.
pub(super) fn delete(entry: &Entry) -> Result<bool, KeyringError> {
    let gone = |result| match result {
        Ok(()) => Ok(true),
        Err(KeyringError::NoEntry) => Ok(false),
        Err(error) => Err(error),
    };
    match entry.delete_credential() {
        Err(KeyringError::Ambiguous(copies)) => {
            copies.iter().try_for_each(|copy| gone(copy.delete_credential()).map(drop))?;
            Ok(true)
        }
        other => gone(other),
    }
}

/// What finds the entries of keyrack; the Windows store searches by a pattern over its own names only.
pub(super) fn search_spec() -> HashMap<&'static str, &'static str> {
    if cfg!(windows) { HashMap::from([("pattern", SERVICE)]) } else { HashMap::from([("service", SERVICE)]) }
}

/// The user of an entry found by a search; `None` where it is not ours or is gone by now.
pub(super) fn user_of(entry: &Entry) -> Result<Option<String>, KeyringError> {
    if cfg!(target_os = "linux") {
        // Asked for by its attributes, since `get_specifiers` cannot tell a failure from an entry without a user.
        match entry.get_attributes() {
            Ok(mut attributes) => Ok(attributes.remove("username")),
            Err(KeyringError::NoEntry) => Ok(None),
            Err(error) => Err(error),
        }
    } else {
        Ok(entry.get_specifiers().filter(|(service, _)| service == SERVICE).map(|(_, user)| user))
    }
}
