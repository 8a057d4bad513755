//! What a person is told when a store fails: the heading and exit code, and what to do next.

use super::StoreError;
use super::files::{DISK_FULL, READ_ONLY};
use crate::domain::StoreKind;
use crate::error::{Error, ErrorKind};

const DOCTOR: &str = "`keyrack doctor` shows which stores work on this machine";
const USE_FILE: &str = "`--store file` keeps secrets in encrypted files instead, protected by a passphrase";

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let kind = match &error {
            StoreError::Locked { .. }
            | StoreError::Absent { .. }
            | StoreError::WrongPassphrase { .. }
            | StoreError::TimedOut { .. } => ErrorKind::Store,
            StoreError::Denied { .. }
            | StoreError::Damaged { .. }
            | StoreError::Io { .. }
            | StoreError::Missing { .. } => ErrorKind::Data,
        };
        hints(&error).into_iter().fold(Self::new(kind, error.to_string()), Self::hint)
    }
}

/// What to do next, the likeliest first.
fn hints(error: &StoreError) -> Vec<String> {
    let fixed = |hints: &[&str]| hints.iter().map(|hint| (*hint).to_owned()).collect();
    match error {
        StoreError::Missing { .. } => fixed(&[
            "`keyrack doctor` finds records whose secret is gone",
            "if the secret was kept in another store, name that one with `--store`",
            "if it is lost: `keyrack forget LABEL`, then add it again",
        ]),
        StoreError::Absent { store: StoreKind::Keyring, .. } => fixed(&[USE_FILE, DOCTOR]),
        StoreError::Absent { .. } => fixed(&["if the data directory has moved, name it with `--data-dir`", DOCTOR]),
        StoreError::Locked { store: StoreKind::Keyring, .. } => fixed(&[
            "unlock the keyring: log in to the desktop, or open the system's password manager, and try again",
            USE_FILE,
            DOCTOR,
        ]),
        StoreError::Locked { .. } => fixed(&[
            "on a terminal keyrack asks for the passphrase; scripts name a file with it in KEYRACK_PASSPHRASE_FILE",
        ]),
        StoreError::WrongPassphrase { .. } => fixed(&[
            "try again; it is the passphrase that was chosen when this store was set up",
            "there is no way to recover it: without it the secrets must be made anew at their hosts",
        ]),
        StoreError::TimedOut { .. } => {
            fixed(&["a prompt for the keyring's password may be waiting: answer it and try again", USE_FILE, DOCTOR])
        }
        StoreError::Denied { fix, .. } if fix.is_empty() => {
            fixed(&["check who owns it and who may write it, and whether keyrack runs as the right user"])
        }
        StoreError::Denied { fix, .. } => {
            vec![format!("run `{fix}`"), "if that is news to you, find out first who changed it".to_owned()]
        }
        StoreError::Damaged { .. } => fixed(&[
            "restore it from a backup if there is one; else make a new token at its host, forget this one and add the new one",
            DOCTOR,
        ]),
        StoreError::Io { why, .. } if why == DISK_FULL => {
            fixed(&["free some space and try again; what was stored before is whole"])
        }
        StoreError::Io { why, .. } if why == READ_ONLY => {
            fixed(&["make the file system writable, or name another place with `--data-dir`"])
        }
        StoreError::Io { .. } => fixed(&["try again; what was stored before is whole", DOCTOR]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::CredentialId;

    fn every_error() -> Vec<(StoreError, u8, &'static str)> {
        let (keyring, file) = (StoreKind::Keyring, StoreKind::File);
        let text = str::to_owned;
        vec![
            (StoreError::Missing { store: file, id: CredentialId(text("x")) }, 70, "keyrack doctor"),
            (StoreError::Absent { store: keyring, why: text("no D-Bus") }, 3, "--store file"),
            (StoreError::Absent { store: file, why: text("not set up") }, 3, "--data-dir"),
            (StoreError::Locked { store: keyring, why: text("w") }, 3, "unlock the keyring"),
            (StoreError::Locked { store: file, why: text("w") }, 3, "KEYRACK_PASSPHRASE_FILE"),
            (StoreError::WrongPassphrase { store: file }, 3, "try again"),
            (StoreError::TimedOut { store: keyring, seconds: 5 }, 3, "prompt"),
            (StoreError::Denied { path: text("/x"), why: text("w"), fix: text("chmod 0600 /x") }, 70, "chmod 0600 /x"),
            (StoreError::Denied { path: text("/x"), why: text("w"), fix: String::new() }, 70, "right user"),
            (StoreError::Damaged { what: text("x"), why: text("w") }, 70, "backup"),
            (StoreError::Io { what: text("x"), why: text(DISK_FULL) }, 70, "free some space"),
            (StoreError::Io { what: text("x"), why: text(READ_ONLY) }, 70, "writable"),
            (StoreError::Io { what: text("x"), why: text("w") }, 70, "keyrack doctor"),
        ]
    }

    #[test]
    fn every_failure_has_its_exit_code_and_says_what_to_do() {
        for (error, code, advice) in every_error() {
            let shown = Error::from(error.clone());
            assert_eq!(shown.kind.exit_code(), code, "{error:?}");
            assert_eq!(shown.message, error.to_string());
            assert!(shown.hints.iter().any(|hint| hint.contains(advice)), "{error:?}: {:?}", shown.hints);
        }
    }
}
