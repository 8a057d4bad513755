//! What goes wrong with the system's store, in words. No error of the underlying crates is ever printed as it is: some of
//! them carry the secret.

use keyring_core::Error as KeyringError;
use zeroize::Zeroize;

use crate::domain::StoreKind;
use crate::store::{StoreError, clip};

/// Longest text of the system's that goes into a message, in characters.
const LONGEST_TEXT: usize = 300;

/// What failed: getting at the service, or something asked of it.
pub(super) enum Fault {
    Open(KeyringError),
    Act(KeyringError),
    /// What was read is not what was written.
    Mismatch,
}

impl Fault {
    /// In words that hold no secret. Every variant is looked at by hand; the crate's own texts show secret bytes
    /// (`BadEncoding`, `BadDataFormat`) or internals (`Ambiguous`).
    pub(super) fn explain(self, what: String) -> StoreError {
        let (error, opening) = match self {
            Self::Open(error) => (error, true),
            Self::Act(error) => (error, false),
            Self::Mismatch => {
                return StoreError::Damaged {
                    what,
                    why: "it gave back something else than was put into it".to_owned(),
                };
            }
        };
        match error {
            KeyringError::PlatformFailure(error) if opening => absent(clip(&error.to_string(), LONGEST_TEXT)),
            KeyringError::PlatformFailure(error) => {
                StoreError::Io { what, why: clip(&error.to_string(), LONGEST_TEXT) }
            }
            KeyringError::NoStorageAccess(_) => StoreError::Locked {
                store: StoreKind::Keyring,
                why: "it was not unlocked in this session, or the prompt for its password was dismissed".to_owned(),
            },
            KeyringError::BadEncoding(mut bytes) | KeyringError::BadDataFormat(mut bytes, _) => {
                bytes.zeroize();
                StoreError::Damaged { what, why: "the entry is not in a form that the keyring understands".to_owned() }
            }
            KeyringError::Ambiguous(entries) => {
                let why = format!("{} entries have this name and differ", entries.len());
                StoreError::Damaged { what, why }
            }
            KeyringError::BadStoreFormat(_) => {
                StoreError::Damaged { what, why: "the keyring itself is not in the form it should have".to_owned() }
            }
            KeyringError::TooLong(_, limit) => {
                StoreError::Io { what, why: format!("this system's keyring takes at most {limit} bytes") }
            }
            KeyringError::NoDefaultStore => absent("this system has none that keyrack can use".to_owned()),
            KeyringError::NotSupportedByStore(_) if opening => {
                absent("this system has none that keyrack can use".to_owned())
            }
            KeyringError::NotSupportedByStore(_) => {
                StoreError::Io { what, why: "this system's keyring cannot do that".to_owned() }
            }
            KeyringError::Invalid(..) => StoreError::Io { what, why: "the keyring refused the entry".to_owned() },
            KeyringError::NoEntry => StoreError::Io { what, why: "the entry disappeared meanwhile".to_owned() },
            // The enum may grow; what a new variant carries is not known to be safe.
            _ => StoreError::Io { what, why: "the keyring failed in a way keyrack does not know".to_owned() },
        }
    }
}

/// There is no such store here.
pub(super) fn absent(why: String) -> StoreError {
    StoreError::Absent { store: StoreKind::Keyring, why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_error_shows_secret_bytes() {
        let secret = b"keyrack-example-only".to_vec();
        let numbers = format!("{secret:?}");
        let broken = || Box::new(std::io::Error::other("broken"));
        for error in [KeyringError::BadEncoding(secret.clone()), KeyringError::BadDataFormat(secret.clone(), broken())]
        {
            let shown = Fault::Act(error).explain("reading".to_owned());
            let shown = format!("{shown} {shown:?}");
            assert!(!shown.contains("example-only") && !shown.contains(numbers.trim_matches(['[', ']'])), "{shown}");
            assert!(shown.contains("Damaged"), "{shown}");
        }
    }

    #[test]
    fn locked_absent_and_broken_are_told_apart() {
        let io = || Box::new(std::io::Error::other("x".repeat(10_000)));
        let explain = |fault: Fault| fault.explain("reading".to_owned());
        assert!(matches!(explain(Fault::Act(KeyringError::NoStorageAccess(io()))), StoreError::Locked { .. }));
        assert!(matches!(explain(Fault::Open(KeyringError::PlatformFailure(io()))), StoreError::Absent { .. }));
        assert!(matches!(explain(Fault::Open(KeyringError::NoDefaultStore)), StoreError::Absent { .. }));
        let broken = explain(Fault::Act(KeyringError::PlatformFailure(io())));
        assert!(matches!(&broken, StoreError::Io { why, .. } if why.chars().count() == LONGEST_TEXT + 1), "capped");
    }
}
