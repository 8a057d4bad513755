//! Secrets as age files, one each, that the public `age` tool can open without keyrack.
//!
//! `<data dir>/secrets/identity.age` is a standard age identity file, itself encrypted to a passphrase;
//! `<data dir>/secrets/<credential id>.age` is a secret encrypted to that identity. With the passphrase in hand
//! `age -d -i identity.age ID.age` prints the secret: nobody is locked in. The file format is that of
//! <https://c2sp.org/age>.
//!
//! The passphrase costs its scrypt work once, when the store is opened; reading and writing secrets afterwards is cheap.

use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use age::secrecy::{ExposeSecret, SecretString};
use age::{DecryptError, Decryptor, EncryptError, Encryptor, scrypt, x25519};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{SecretStore, StoreError, check_id, decode, encode, files, is_store_name};
use crate::domain::{CredentialId, StoreKind};
use crate::secret::{Secret, SecretText};

/// Work factor (log2 of N) of a new passphrase: 128 MiB of memory and about half a second. Fixed, because the `age`
/// crate's own choice depends on how busy the machine is and can take a gigabyte.
const WORK_FACTOR: u8 = 17;

/// The most a file may demand (1 GiB): a doctored one must not be able to take the machine down.
const MAX_WORK_FACTOR: u8 = 20;

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
        let plain = identity_file(&identity);
        let sealed = seal_identity(&plain, passphrase)?;
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
        let plain = unseal_identity(&sealed, passphrase, &dir.join(IDENTITY_FILE))?;
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
        let identities = parse_identities(&unlocked.identity)
            .ok_or_else(|| damaged(&dir.join(IDENTITY_FILE), "what is in it is no age identity file"))?;
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
        let plain = unseal(&sealed, identities).map_err(|error| match error {
            DecryptError::NoMatchingKeys => damaged(&path, "it is encrypted to another identity than identity.age"),
            other => damaged(&path, reason(&other)),
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
        let sealed = seal(&plain, &identity.to_public()).map_err(|error| encryption_failed(&error))?;
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

/// The text of a standard age identity file, as `age-keygen` writes it.
fn identity_file(identity: &x25519::Identity) -> SecretText {
    let (public, secret) = (identity.to_public().to_string(), identity.to_string());
    let secret = secret.expose_secret();
    let label = "# public key: ";
    // One allocation: a string that grows leaves copies of the key behind.
    let mut text = String::with_capacity(label.len() + public.len() + secret.len() + 2);
    for part in [label, &public, "\n", secret, "\n"] {
        text.push_str(part);
    }
    SecretText::new(text)
}

/// The identities of an identity file, at least one; `None` where it is anything else.
fn parse_identities(text: &SecretText) -> Option<Vec<x25519::Identity>> {
    let lines = text.reveal().lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let identities: Vec<x25519::Identity> = lines.map(str::parse).collect::<Result<_, _>>().ok()?;
    (!identities.is_empty()).then_some(identities)
}

fn seal_identity(plain: &SecretText, passphrase: &SecretText) -> Result<Vec<u8>, StoreError> {
    let mut recipient = scrypt::Recipient::new(secret_string(passphrase));
    recipient.set_work_factor(WORK_FACTOR);
    seal(plain.reveal().as_bytes(), &recipient).map_err(|error| encryption_failed(&error))
}

fn unseal_identity(sealed: &[u8], passphrase: &SecretText, path: &Path) -> Result<SecretText, StoreError> {
    let decryptor = Decryptor::new_buffered(sealed).map_err(|error| damaged(path, reason(&error)))?;
    if !decryptor.is_scrypt() {
        return Err(damaged(path, "it is an age file, but not one protected by a passphrase"));
    }
    let mut identity = scrypt::Identity::new(secret_string(passphrase));
    identity.set_max_work_factor(MAX_WORK_FACTOR);
    let mut plain = match decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)) {
        Ok(reader) => drain(reader, sealed.len()).map_err(|_| damaged(path, "its content was cut short or changed"))?,
        // The only thing the passphrase itself protects is the file key; all that follows has its own check.
        Err(DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed) => {
            return Err(StoreError::WrongPassphrase { store: StoreKind::File });
        }
        Err(DecryptError::ExcessiveWork { required, .. }) => {
            let why = format!(
                "it demands scrypt work of 2^{required}, and keyrack does at most 2^{MAX_WORK_FACTOR} (it writes \
                 2^{WORK_FACTOR}): somebody may have doctored it"
            );
            return Err(StoreError::Damaged { what: files::shown(path), why });
        }
        Err(error) => return Err(damaged(path, reason(&error))),
    };
    match String::from_utf8(std::mem::take(&mut *plain)) {
        Ok(text) => Ok(SecretText::new(text)),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            Err(damaged(path, "what is in it is no age identity file"))
        }
    }
}

fn seal(plain: &[u8], recipient: &dyn age::Recipient) -> Result<Vec<u8>, EncryptError> {
    let mut sealed = Vec::new();
    let mut writer = Encryptor::with_recipients(std::iter::once(recipient))?.wrap_output(&mut sealed)?;
    writer.write_all(plain)?;
    writer.finish()?;
    Ok(sealed)
}

fn unseal<'a>(
    sealed: &[u8],
    identities: impl Iterator<Item = &'a dyn age::Identity>,
) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
    let reader = Decryptor::new_buffered(sealed)?.decrypt(identities)?;
    Ok(drain(reader, sealed.len())?)
}

/// All of the plaintext, into one wiped buffer that never grows; it is shorter than the ciphertext.
fn drain(mut reader: impl Read, bound: usize) -> std::io::Result<Zeroizing<Vec<u8>>> {
    let mut plain = Zeroizing::new(vec![0; bound]);
    let mut filled = 0;
    loop {
        match reader.read(&mut plain[filled..]) {
            Ok(0) => break,
            Ok(more) => filled += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    plain.truncate(filled);
    Ok(plain)
}

/// The crate's own secret type; the copy has its exact size, so boxing it leaves no other behind.
fn secret_string(text: &SecretText) -> SecretString {
    SecretString::from(text.reveal().to_owned())
}

fn stamp(sealed: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(sealed))
}

/// Why an age file cannot be read, in words. The crate's own texts are not used: one of them overflows on purpose-made
/// input, and all are written for the `age` tool.
fn reason(error: &DecryptError) -> &'static str {
    match error {
        DecryptError::UnknownFormat => "it is not an age file of a version keyrack knows",
        DecryptError::InvalidHeader => "it is not an age file",
        DecryptError::InvalidMac => "its header was changed after it was written",
        DecryptError::NoMatchingKeys => "it is encrypted to somebody else",
        DecryptError::ExcessiveWork { .. } => "it demands more work than is safe",
        _ => "its content was cut short or changed",
    }
}

fn damaged(path: &Path, why: &str) -> StoreError {
    StoreError::Damaged { what: files::shown(path), why: why.to_owned() }
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
