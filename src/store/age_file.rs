//! Secrets as age files, one each, that the public `age` tool can open without keyrack.
//!
//! `<data dir>/secrets/identity.age` is a standard age identity file, itself encrypted to a passphrase;
//! `<data dir>/secrets/<credential id>.age` is a secret encrypted to that identity. With the passphrase in hand
//! `age -d -i identity.age ID.age` prints the secret: nobody is locked in. The file format is that of
//! <https://c2sp.org/age>.
//!
//! The passphrase costs its scrypt work once, when the store is opened; reading and writing secrets afterwards is cheap.

use std::path::{Path, PathBuf};

use age::{DecryptError, EncryptError, x25519};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::sealed::{self, NO_IDENTITY, damaged};
use super::{SecretStore, StoreError, check_id, decode, encode, files, is_store_name};
use crate::domain::{CredentialId, StoreKind};
use crate::secret::{Secret, SecretText};

/// No file of ours comes near; a larger one is not read.
const MAX_FILE: u64 = 1024 * 1024;

/// Room for age's header and the tags of its chunks, so that what is written can be read back.
const MAX_SECRET: usize = 1000 * 1024;

const IDENTITY_FILE: &str = "identity.age";
const EXTENSION: &str = ".age";

/// An opened store.
pub struct AgeFileStore {
    dir: PathBuf,
    unlocked: Unlocked,
    /// One as a rule; a user may add old ones to `identity.age` by hand, after the one to encrypt to.
    identities: Vec<x25519::Identity>,
}

/// What opens the store again without the passphrase, for as long as its `identity.age` stays as it is.
#[derive(Clone, Debug)]
pub struct Unlocked {
    /// The decrypted identity file.
    pub identity: SecretText,
    /// SHA-256 of `identity.age`, in hex: which store, and which passphrase, this belongs to. Not secret.
    pub stamp: String,
}

impl AgeFileStore {
    /// Where the store of a data directory is.
    #[must_use]
    pub fn dir(data_dir: &Path) -> PathBuf {
        data_dir.join("secrets")
    }

    /// Whether the store has been set up. `true` also where that cannot be seen: opening it then says why.
    #[must_use]
    pub fn exists(data_dir: &Path) -> bool {
        Self::dir(data_dir).join(IDENTITY_FILE).try_exists().unwrap_or(true)
    }

    /// Sets the store up under `data_dir` and opens it. Where another process is doing the same at this moment, one of
    /// them wins and the other opens the winner's.
    ///
    /// # Errors
    /// [`StoreError::Locked`] for an empty passphrase, [`StoreError::WrongPassphrase`] where another process won with
    /// another passphrase, [`StoreError::Damaged`] where secrets are there whose identity is gone, else as for
    /// [`AgeFileStore::open`].
    pub fn create(data_dir: &Path, passphrase: &SecretText) -> Result<Self, StoreError> {
        if passphrase.is_empty() {
            return Err(locked("an empty passphrase would protect nothing"));
        }
        let dir = Self::dir(data_dir);
        files::make_dir(&dir)?;
        files::check_dir(&dir)?;
        if Self::exists(data_dir) {
            return Self::open(data_dir, passphrase);
        }
        let orphans = stored_ids(&dir)?.len();
        if orphans > 0 {
            return Err(StoreError::Damaged {
                what: files::shown(&dir.join(IDENTITY_FILE)),
                why: format!(
                    "it is gone, and {orphans} stored secrets can only be read with it: restore it from a backup, or \
                     move those files elsewhere to begin anew"
                ),
            });
        }
        let identity = x25519::Identity::generate();
        let plain = sealed::identity_file(&identity);
        let sealed = sealed::seal_identity(&plain, passphrase).map_err(|error| encryption_failed(&error))?;
        if !files::create_new(&dir, IDENTITY_FILE, &sealed)? {
            return Self::open(data_dir, passphrase);
        }
        let unlocked = Unlocked { identity: plain, stamp: stamp(&sealed) };
        Ok(Self { dir, unlocked, identities: vec![identity] })
    }

    /// Opens the store of `data_dir`.
    ///
    /// # Errors
    /// [`StoreError::Absent`] where it was never set up, [`StoreError::Locked`] for an empty passphrase,
    /// [`StoreError::WrongPassphrase`] (also where the few bytes that the passphrase protects are damaged: nothing can
    /// tell the two apart), [`StoreError::Damaged`] where the file is not what keyrack or `age` would write or demands
    /// more work than is safe, [`StoreError::Denied`] where mode or owner of the directory or file is wrong, and
    /// [`StoreError::Io`].
    pub fn open(data_dir: &Path, passphrase: &SecretText) -> Result<Self, StoreError> {
        if passphrase.is_empty() {
            return Err(locked("no passphrase was given"));
        }
        let (dir, sealed) = sealed_identity(data_dir)?;
        let plain = sealed::unseal_identity(&sealed, passphrase, &dir.join(IDENTITY_FILE))?;
        files::sweep(&dir);
        Self::with(dir, Unlocked { identity: plain, stamp: stamp(&sealed) })
    }

    /// Opens the store with what [`AgeFileStore::unlocked`] gave earlier, at no cost.
    ///
    /// # Errors
    /// [`StoreError::Locked`] where the store's identity or passphrase was changed since; else as for
    /// [`AgeFileStore::open`].
    pub fn resume(data_dir: &Path, unlocked: &Unlocked) -> Result<Self, StoreError> {
        let (dir, sealed) = sealed_identity(data_dir)?;
        if stamp(&sealed) != unlocked.stamp {
            return Err(locked("its passphrase or identity was changed since it was unlocked"));
        }
        Self::with(dir, unlocked.clone())
    }

    /// What opens this store again without the passphrase; for keeping in memory that is as safe as this process's.
    #[must_use]
    pub fn unlocked(&self) -> Unlocked {
        self.unlocked.clone()
    }

    fn with(dir: PathBuf, unlocked: Unlocked) -> Result<Self, StoreError> {
        let identities = sealed::parse_identities(&unlocked.identity)
            .ok_or_else(|| damaged(&dir.join(IDENTITY_FILE), NO_IDENTITY))?;
        Ok(Self { dir, unlocked, identities })
    }

    fn path(&self, id: &CredentialId) -> PathBuf {
        self.dir.join(file_name(id))
    }
}

impl SecretStore for AgeFileStore {
    fn kind(&self) -> StoreKind {
        StoreKind::File
    }

    fn get(&self, id: &CredentialId) -> Result<Secret, StoreError> {
        check_id(id)?;
        let path = self.path(id);
        let Some(sealed) = files::read(&path, MAX_FILE)? else {
            if !self.dir.exists() {
                return Err(absent(&self.dir));
            }
            return Err(StoreError::Missing { store: StoreKind::File, id: id.clone() });
        };
        let identities = self.identities.iter().map(|identity| identity as &dyn age::Identity);
        let plain = sealed::unseal(&sealed, identities).map_err(|error| match error {
            DecryptError::NoMatchingKeys => damaged(&path, "it is encrypted to another identity than identity.age"),
            other => damaged(&path, sealed::reason(&other)),
        })?;
        decode(&plain, || files::shown(&path))
    }

    fn put(&self, id: &CredentialId, secret: &Secret) -> Result<(), StoreError> {
        check_id(id)?;
        let plain = encode(secret)?;
        if plain.len() > MAX_SECRET {
            return Err(StoreError::Io {
                what: format!("writing {}", files::shown(&self.path(id))),
                why: format!("the secret is longer than {MAX_SECRET} bytes"),
            });
        }
        // `with` never leaves the list empty.
        let Some(identity) = self.identities.first() else { return Err(absent(&self.dir)) };
        let sealed = sealed::seal(&plain, &identity.to_public()).map_err(|error| encryption_failed(&error))?;
        files::replace(&self.dir, &file_name(id), &sealed)
    }

    fn delete(&self, id: &CredentialId) -> Result<(), StoreError> {
        check_id(id)?;
        files::remove(&self.dir, &file_name(id))
    }

    fn list(&self) -> Result<Vec<CredentialId>, StoreError> {
        stored_ids(&self.dir)
    }
}

fn file_name(id: &CredentialId) -> String {
    format!("{id}{EXTENSION}")
}

/// The credential ids that have a file, sorted; everything else in the directory is none of ours.
fn stored_ids(dir: &Path) -> Result<Vec<CredentialId>, StoreError> {
    let names = files::names(dir)?;
    let ids = names.iter().filter_map(|name| name.strip_suffix(EXTENSION)).filter(|id| is_store_name(id));
    let mut ids: Vec<CredentialId> = ids.map(|id| CredentialId(id.to_owned())).collect();
    ids.sort();
    Ok(ids)
}

/// The checked directory and the encrypted identity in it.
fn sealed_identity(data_dir: &Path) -> Result<(PathBuf, Vec<u8>), StoreError> {
    let dir = AgeFileStore::dir(data_dir);
    if matches!(dir.try_exists(), Ok(false)) {
        return Err(absent(&dir));
    }
    files::check_dir(&dir)?;
    match files::read(&dir.join(IDENTITY_FILE), MAX_FILE)? {
        Some(sealed) => Ok((dir, sealed)),
        None => Err(absent(&dir)),
    }
}

fn stamp(sealed: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(sealed))
}

fn locked(why: &str) -> StoreError {
    StoreError::Locked { store: StoreKind::File, why: why.to_owned() }
}

fn absent(dir: &Path) -> StoreError {
    StoreError::Absent { store: StoreKind::File, why: format!("{} has not been set up", files::shown(dir)) }
}

/// Encryption to memory fails only where the system has no randomness or a recipient is malformed.
fn encryption_failed(error: &EncryptError) -> StoreError {
    StoreError::Io { what: "encrypting".to_owned(), why: error.to_string() }
}
