//! Encrypting and decrypting in the age format, <https://c2sp.org/age>: to a passphrase and to an x25519 identity. Touches
//! no file; says in words what is wrong with one.

use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use age::secrecy::{ExposeSecret, SecretString};
use age::{DecryptError, Decryptor, EncryptError, Encryptor, scrypt, x25519};
use zeroize::Zeroizing;

use super::{StoreError, files};
use crate::domain::StoreKind;
use crate::secret::SecretText;

/// Work factor (log2 of N) of a new passphrase: 128 MiB of memory and about half a second. Fixed, because the `age`
/// crate's own choice depends on how busy the machine is and can take a gigabyte.
const WORK_FACTOR: u8 = 17;

/// The most a file may demand (1 GiB): a doctored one must not be able to take the machine down.
const MAX_WORK_FACTOR: u8 = 20;

/// Why-text of a file that decrypts to something else than identities.
pub(super) const NO_IDENTITY: &str = "what is in it is no age identity file";
const CHANGED: &str = "its content was cut short or changed";

/// The text of a standard age identity file, as `age-keygen` writes it.
pub(super) fn identity_file(identity: &x25519::Identity) -> SecretText {
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
pub(super) fn parse_identities(text: &SecretText) -> Option<Vec<x25519::Identity>> {
    let lines = text.reveal().lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let identities: Vec<x25519::Identity> = lines.map(str::parse).collect::<Result<_, _>>().ok()?;
    (!identities.is_empty()).then_some(identities)
}

/// An identity file, encrypted to a passphrase. Takes about half a second.
pub(super) fn seal_identity(plain: &SecretText, passphrase: &SecretText) -> Result<Vec<u8>, EncryptError> {
    let mut recipient = scrypt::Recipient::new(secret_string(passphrase));
    recipient.set_work_factor(WORK_FACTOR);
    seal(plain.reveal().as_bytes(), &recipient)
}

/// What [`seal_identity`] or the `age` tool encrypted; `path` is where it was read from, for messages.
pub(super) fn unseal_identity(sealed: &[u8], passphrase: &SecretText, path: &Path) -> Result<SecretText, StoreError> {
    let decryptor = Decryptor::new_buffered(sealed).map_err(|error| damaged(path, reason(&error)))?;
    if !decryptor.is_scrypt() {
        return Err(damaged(path, "it is an age file, but not one protected by a passphrase"));
    }
    let mut identity = scrypt::Identity::new(secret_string(passphrase));
    identity.set_max_work_factor(MAX_WORK_FACTOR);
    let mut plain = match decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)) {
        Ok(reader) => drain(reader, sealed.len()).map_err(|_| damaged(path, CHANGED))?,
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
            Err(damaged(path, NO_IDENTITY))
        }
    }
}

/// Bytes, encrypted.
pub(super) fn seal(plain: &[u8], recipient: &dyn age::Recipient) -> Result<Vec<u8>, EncryptError> {
    let mut sealed = Vec::new();
    let mut writer = Encryptor::with_recipients(std::iter::once(recipient))?.wrap_output(&mut sealed)?;
    writer.write_all(plain)?;
    writer.finish()?;
    Ok(sealed)
}

/// The plain bytes, in memory that is wiped.
pub(super) fn unseal<'a>(
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

/// Why an age file cannot be read, in words. The crate's own texts are not used: one of them overflows on purpose-made
/// input, and all are written for the `age` tool.
pub(super) fn reason(error: &DecryptError) -> &'static str {
    match error {
        DecryptError::UnknownFormat => "it is not an age file of a version keyrack knows",
        DecryptError::InvalidHeader => "it is not an age file",
        DecryptError::InvalidMac => "its header was changed after it was written",
        DecryptError::NoMatchingKeys => "it is encrypted to somebody else",
        DecryptError::ExcessiveWork { .. } => "it demands more work than is safe",
        _ => CHANGED,
    }
}

/// A file in which something is wrong.
pub(super) fn damaged(path: &Path, why: &str) -> StoreError {
    StoreError::Damaged { what: files::shown(path), why: why.to_owned() }
}
