//! Which backend keeps the secrets, why that one, and opening it.
//!
//! Never falls back to plain text, and never quietly: the reason is part of the answer. A keyring that is there but
//! locked stays the choice; falling back to another store would scatter secrets over two.

use std::path::Path;
use std::sync::Arc;

use super::age_file::AgeFileStore;
use super::keyring::KeyringStore;
use super::memory::MemoryStore;
use super::{SecretStore, StoreError, clip};
use crate::domain::StoreKind;
use crate::secret::SecretText;

/// Who decided on a backend; earlier ones win over later ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChosenBy {
    /// The flag `--store`.
    Flag,
    /// The variable `KEYRACK_STORE`.
    Environment,
    /// The configuration file.
    Config,
    /// An earlier run on this rack.
    Remembered,
    /// Trying out the keyring.
    Probe,
}

/// A backend and why it was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Which backend.
    pub kind: StoreKind,
    /// Who decided.
    pub by: ChosenBy,
    /// For the user: which and why, one sentence without a full stop.
    pub reason: String,
}

/// Picks a backend: the one asked for, else the keyring where `probe` finds it usable or locked, else files.
///
/// A choice that was made by probing should be remembered by the caller and come back as `explicit`: otherwise the
/// secrets would seem to vanish on the day the keyring does not answer.
pub fn choose(
    explicit: Option<(StoreKind, ChosenBy)>,
    data_dir: &Path,
    probe: impl FnOnce() -> Result<(), StoreError>,
) -> Chosen {
    if let Some((kind, by)) = explicit {
        let who = match by {
            ChosenBy::Flag => "asked for by --store",
            ChosenBy::Environment => "asked for by KEYRACK_STORE",
            ChosenBy::Config => "set in the configuration",
            ChosenBy::Remembered => "in use on this rack",
            ChosenBy::Probe => "found earlier",
        };
        return Chosen { kind, by, reason: format!("{}, {who}", place(kind, data_dir)) };
    }
    let (kind, why) = match probe() {
        Ok(()) => (StoreKind::Keyring, "which answers and is unlocked".to_owned()),
        Err(StoreError::Locked { .. }) => (StoreKind::Keyring, "which is there but locked".to_owned()),
        Err(StoreError::Absent { why, .. }) => (StoreKind::File, format!("since there is no usable keyring: {why}")),
        Err(other) => (StoreKind::File, format!("since the keyring cannot be used: {}", clip(&other.to_string(), 300))),
    };
    Chosen { kind, by: ChosenBy::Probe, reason: format!("{}, {why}", place(kind, data_dir)) }
}

/// Tries out the keyring of this session; what [`choose`] is given in life.
///
/// # Errors
/// As for [`KeyringStore::probe`].
pub fn probe_keyring() -> Result<(), StoreError> {
    KeyringStore::open()?.probe()
}

/// What a backend wants to be opened with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passphrase {
    /// Nothing.
    NotNeeded,
    /// The passphrase it was set up with.
    Open,
    /// A new passphrase; ask twice, there is no way back from a typing error.
    Create,
}

/// Whether a passphrase must be asked for before [`open()`].
#[must_use]
pub fn passphrase_needed(kind: StoreKind, data_dir: &Path) -> Passphrase {
    match kind {
        StoreKind::Keyring | StoreKind::Memory => Passphrase::NotNeeded,
        StoreKind::File if AgeFileStore::exists(data_dir) => Passphrase::Open,
        StoreKind::File => Passphrase::Create,
    }
}

/// Opens a backend. The keyring is not asked anything yet: whether it is locked shows with the first call.
///
/// # Errors
/// [`StoreError::Locked`] for files without a passphrase; [`StoreError::Absent`] for a keyring where the session has
/// none; else as for [`AgeFileStore::open`] and [`AgeFileStore::create`].
pub fn open(
    kind: StoreKind,
    data_dir: &Path,
    passphrase: Option<&SecretText>,
) -> Result<Arc<dyn SecretStore>, StoreError> {
    Ok(match (kind, passphrase) {
        (StoreKind::Memory, _) => Arc::new(MemoryStore::new()),
        (StoreKind::Keyring, _) => Arc::new(KeyringStore::open()?),
        (StoreKind::File, None) => {
            return Err(StoreError::Locked { store: kind, why: "its passphrase was not given".to_owned() });
        }
        (StoreKind::File, Some(passphrase)) if AgeFileStore::exists(data_dir) => {
            Arc::new(AgeFileStore::open(data_dir, passphrase)?)
        }
        (StoreKind::File, Some(passphrase)) => Arc::new(AgeFileStore::create(data_dir, passphrase)?),
    })
}

/// The backend in words.
fn place(kind: StoreKind, data_dir: &Path) -> String {
    match kind {
        StoreKind::Keyring => "the system's keyring".to_owned(),
        StoreKind::File => format!("age files in {}", AgeFileStore::dir(data_dir).display()),
        StoreKind::Memory => "memory only".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probed(result: Result<(), StoreError>) -> Chosen {
        choose(None, Path::new("/data"), || result)
    }

    #[test]
    fn what_was_asked_for_wins_and_nothing_is_probed() {
        for by in [ChosenBy::Flag, ChosenBy::Environment, ChosenBy::Config, ChosenBy::Remembered] {
            let chosen = choose(Some((StoreKind::File, by)), Path::new("/data"), || panic!("probed"));
            assert_eq!((chosen.kind, chosen.by), (StoreKind::File, by));
            assert!(chosen.reason.contains("/data/secrets"), "{}", chosen.reason);
        }
    }

    #[test]
    fn a_usable_or_locked_keyring_is_chosen_and_any_other_is_not() {
        let keyring = StoreKind::Keyring;
        assert_eq!(probed(Ok(())).kind, keyring);
        let locked = probed(Err(StoreError::Locked { store: keyring, why: "x".into() }));
        assert_eq!(locked.kind, keyring);
        assert!(locked.reason.contains("locked"), "{}", locked.reason);
        let absent = probed(Err(StoreError::Absent { store: keyring, why: "no D-Bus here".into() }));
        assert_eq!((absent.kind, absent.by), (StoreKind::File, ChosenBy::Probe));
        assert!(absent.reason.contains("no D-Bus here"), "{}", absent.reason);
        let slow = probed(Err(StoreError::TimedOut { store: keyring, seconds: 5 }));
        assert_eq!(slow.kind, StoreKind::File);
        assert!(slow.reason.contains("did not answer within 5 s"), "{}", slow.reason);
    }

    #[test]
    fn files_without_a_passphrase_are_locked_not_absent() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(passphrase_needed(StoreKind::File, dir.path()), Passphrase::Create);
        assert_eq!(passphrase_needed(StoreKind::Keyring, dir.path()), Passphrase::NotNeeded);
        let error = open(StoreKind::File, dir.path(), None).err().unwrap();
        assert!(matches!(error, StoreError::Locked { store: StoreKind::File, .. }), "{error:?}");
        std::fs::create_dir(AgeFileStore::dir(dir.path())).unwrap();
        std::fs::write(AgeFileStore::dir(dir.path()).join("identity.age"), b"").unwrap();
        assert_eq!(passphrase_needed(StoreKind::File, dir.path()), Passphrase::Open);
    }
}
