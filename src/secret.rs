//! Secrets as a type: starred `Debug`, no `Serialize`, no `Display`, wiped on drop, one way to read them.
//!
//! [`SecretText`] is one part, [`Secret`] what a credential has in the store, [`Masker`] removes a secret from text
//! that a host sent back (hosts echo what they were given).

mod masker;

use std::fmt;

use zeroize::Zeroizing;

pub use masker::{MASK, Masker};

/// One secret string, wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Takes ownership of the text; the caller must not keep another copy.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret itself. Every call of this is a place a security review looks at.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&str> for SecretText {
    fn from(text: &str) -> Self {
        Self::new(text.to_owned())
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What a credential keeps in the secret store: a token, or an AWS secret access key with an optional session token.
/// The public half (user name, access key id) is on the rack, not here.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// The token, password or secret access key.
    pub token: SecretText,
    /// A second part: the session token of temporary AWS credentials.
    pub session: Option<SecretText>,
}

/// The bytes in a store are not a secret that keyrack wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored secret is not in keyrack's format (one or two lines of UTF-8 text)")]
pub struct SecretFormatError;

impl Secret {
    /// A secret of one part.
    #[must_use]
    pub fn token(token: SecretText) -> Self {
        Self { token, session: None }
    }

    /// The form kept in a store: the token on the first line, the session token, if any, on the second.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let extra = self.session.as_ref().map_or(0, |s| s.len() + 1);
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.token.len() + extra));
        bytes.extend_from_slice(self.token.reveal().as_bytes());
        if let Some(session) = &self.session {
            bytes.push(b'\n');
            bytes.extend_from_slice(session.reveal().as_bytes());
        }
        bytes
    }

    /// Reads what [`Secret::to_bytes`] wrote; one trailing newline is tolerated, since people edit such files.
    ///
    /// # Errors
    /// [`SecretFormatError`] where the bytes are not UTF-8, are empty, or have more than two lines.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SecretFormatError> {
        let text = std::str::from_utf8(bytes).map_err(|_| SecretFormatError)?;
        let mut lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
        let token = lines.next().filter(|t| !t.is_empty()).ok_or(SecretFormatError)?;
        let session = lines.next().filter(|s| !s.is_empty());
        if lines.next().is_some() {
            return Err(SecretFormatError);
        }
        Ok(Self { token: token.into(), session: session.map(SecretText::from) })
    }

    /// A form short enough to name the secret by and too short to be it, e.g. `github_pat_…x7Qa`: the vendor's public
    /// prefix and the last four characters, and nothing at all of a secret under 20 characters.
    #[must_use]
    pub fn hint(&self) -> String {
        let text = self.token.reveal();
        if text.len() < 20 || !text.is_ascii() {
            return "…".to_owned();
        }
        let prefix = ["github_pat_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "glpat-", "BBDC-", "ATATT3x", "ATCTT3x"]
            .iter()
            .find(|p| text.starts_with(**p));
        format!("{}…{}", prefix.unwrap_or(&""), &text[text.len() - 4..])
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAKE: &str = "glpat-NotARealToken/+12345";

    #[test]
    fn debug_never_shows_the_secret() {
        let secret = Secret { token: FAKE.into(), session: Some("session-part".into()) };
        let shown = format!("{secret:?} {:?} {:?}", secret.token, Masker::of(&secret));
        assert!(!shown.contains("NotAReal") && !shown.contains("session-part"), "{shown}");
    }

    #[test]
    fn bytes_round_trip_with_and_without_a_second_part() {
        let two = Secret { token: "a".into(), session: Some("b".into()) };
        assert_eq!(Secret::from_bytes(&two.to_bytes()).unwrap(), two);
        let one = Secret::token("a".into());
        assert_eq!(Secret::from_bytes(b"a\n").unwrap(), one);
        assert_eq!(Secret::from_bytes(b"").unwrap_err(), SecretFormatError);
        assert_eq!(Secret::from_bytes(b"a\nb\nc").unwrap_err(), SecretFormatError);
        assert_eq!(Secret::from_bytes(&[0xff]).unwrap_err(), SecretFormatError);
    }

    #[test]
    fn hint_keeps_the_public_prefix_and_four_characters() {
        assert_eq!(Secret::token(FAKE.into()).hint(), "glpat-…2345");
        assert_eq!(Secret::token("short".into()).hint(), "…");
    }
}
