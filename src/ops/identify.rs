//! Offline recognition of a paste, and the fingerprint that finds duplicates.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Core, paste};
use crate::domain::{Checksum, Identified};
use crate::error::{Error, Result};
use crate::hosts::{self, codecommit, recognise::recognise};
use crate::secret::Secret;

impl From<paste::PasteError> for Error {
    fn from(error: paste::PasteError) -> Self {
        let out = Self::usage(error.to_string())
            .hint("Paste the token itself, a header, an environment line, a URL with it, or a curl command.");
        match error {
            paste::PasteError::Words(_) => out.hint(
                "If it is a secret with blanks in it, say so: `keyrack add --kind KIND`, or add it at a generic host.",
            ),
            _ => out,
        }
    }
}

/// Cleans and recognises a paste without asking anybody; `duplicate` stays empty.
///
/// # Errors
/// Usage error where there is no secret in it.
pub fn offline(text: &str) -> Result<Identified> {
    Ok(read(paste::clean(text)?))
}

/// As [`offline`], for somebody who says what the paste is: words are then taken as one secret, with the blanks in it.
///
/// # Errors
/// As [`offline`].
pub fn on_purpose(text: &str) -> Result<Identified> {
    match paste::clean(text) {
        Err(paste::PasteError::Words(_)) => Ok(read(paste::whole(text)?)),
        other => Ok(read(other?)),
    }
}

fn read(pasted: paste::Pasted) -> Identified {
    let mut candidates = recognise(pasted.secret.token.reveal());
    if let Some(by_id) = pasted.username.as_deref().map(recognise).filter(|c| !c.is_empty()) {
        // An access key id is what tells an AWS key; its secret has no form of its own.
        let mut ids: Vec<_> = by_id.into_iter().filter(|c| c.certain).collect();
        for id in &mut ids {
            // Both halves are here, so the id is not half of anything.
            id.carries.retain(|(name, _)| name != codecommit::keys::PART);
        }
        candidates.retain(|c| c.certain && !ids.iter().any(|i| i.family == c.family && i.kind == c.kind));
        candidates.splice(0..0, ids);
    }
    let mut warnings = Vec::new();
    if let Some(first) = candidates.first().filter(|c| c.checksum == Checksum::Mismatch) {
        let name = hosts::family(&first.family).map_or_else(|| first.family.to_string(), |f| f.facts().name.clone());
        warnings.push(format!(
            "the checksum inside this {name} token does not fit: it is most likely cut or mistyped (a warning only)"
        ));
    }
    Identified {
        secret: pasted.secret,
        username: pasted.username,
        url: pasted.url,
        notes: pasted.notes,
        warnings,
        candidates,
        duplicate: None,
    }
}

/// What a paste may be, for those who only want to know: an access key id alone, which is public and cannot be kept
/// without its secret, is recognised too.
///
/// # Errors
/// As [`offline`].
pub fn recognised(text: &str) -> Result<Identified> {
    match paste::clean(text) {
        Err(paste::PasteError::IdOnly(id)) => Ok(Identified {
            candidates: recognise(&id),
            secret: Secret::token(id.as_str().into()),
            username: Some(id),
            url: None,
            notes: vec!["this is the public half alone: to be added it needs its secret access key".to_owned()],
            warnings: Vec::new(),
            duplicate: None,
        }),
        _ => offline(text),
    }
}

impl Core {
    /// [`offline`], and whether the rack has this very secret already.
    ///
    /// # Errors
    /// Where there is no secret in the paste or the rack cannot be read.
    pub fn identify(&self, text: &str) -> Result<Identified> {
        self.known(offline(text)?)
    }

    /// [`on_purpose`], and whether the rack has this very secret already.
    ///
    /// # Errors
    /// As [`Core::identify`].
    pub fn identify_on_purpose(&self, text: &str) -> Result<Identified> {
        self.known(on_purpose(text)?)
    }

    fn known(&self, mut identified: Identified) -> Result<Identified> {
        identified.duplicate = self.rack.label_of_fingerprint(&self.fingerprint(&identified.secret)?)?;
        Ok(identified)
    }

    /// A keyed hash that tells equal secrets without telling the secret: HMAC-SHA-256 under a random key of this rack,
    /// cut to 128 bits.
    ///
    /// # Errors
    /// Where the rack's key cannot be read.
    pub fn fingerprint(&self, secret: &Secret) -> Result<String> {
        let key = self.rack.fingerprint_key()?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key)
            .map_err(|e| Error::internal("the fingerprint key has a wrong length").because(&e))?;
        mac.update(&secret.to_bytes());
        Ok(mac.finalize().into_bytes().iter().take(16).map(|b| format!("{b:02x}")).collect())
    }
}
