//! Secrets as a type: starred `Debug`, no `Serialize`, no `Display`, wiped on drop, one way to read them.
//!
//! [`SecretText`] is one part, [`Secret`] what a credential has in the store, [`Masker`] removes a secret from text
//! that a host sent back (hosts echo what they were given).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

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
        let prefix = ["github_pat_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "glpat-", "BBDC-"]
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

/// Replaces every form in which a host may echo a secret: plain, percent-encoded, and base64 at any alignment, so that
/// `base64("user:token")` is found whatever the user name.
pub struct Masker {
    needles: Vec<Zeroizing<String>>,
}

/// What a masked secret is replaced by.
pub const MASK: &str = "[secret]";

/// Shorter parts are not searched for: they would be found in innocent text and give away where they were.
const SHORTEST_NEEDLE: usize = 6;

impl Masker {
    /// Prepares the needles for every part of every secret given.
    pub fn new<'a>(parts: impl IntoIterator<Item = &'a SecretText>) -> Self {
        let mut needles: Vec<Zeroizing<String>> = Vec::new();
        for part in parts {
            let plain = part.reveal();
            if plain.len() < SHORTEST_NEEDLE {
                continue;
            }
            needles.push(Zeroizing::new(plain.to_owned()));
            needles.push(Zeroizing::new(utf8_percent_encode(plain, NON_ALPHANUMERIC).to_string()));
            for shift in 0..3 {
                let mut padded = Zeroizing::new(vec![0_u8; shift]);
                padded.extend_from_slice(plain.as_bytes());
                // The first characters mix with what stands before the secret, the last with what follows: leave them out.
                let head = [0, 2, 3][shift];
                let whole = padded.len() / 3 * 4;
                for text in [STANDARD_NO_PAD.encode(&*padded), URL_SAFE_NO_PAD.encode(&*padded)] {
                    let text = Zeroizing::new(text);
                    if let Some(inner) = text.get(head..whole).filter(|t| t.len() >= SHORTEST_NEEDLE) {
                        needles.push(Zeroizing::new(inner.to_owned()));
                    }
                }
            }
            needles.push(Zeroizing::new(STANDARD.encode(plain)));
        }
        needles.sort_by_key(|n| std::cmp::Reverse(n.len()));
        needles.dedup();
        Self { needles }
    }

    /// For all parts of one secret.
    #[must_use]
    pub fn of(secret: &Secret) -> Self {
        Self::new(std::iter::once(&secret.token).chain(secret.session.as_ref()))
    }

    /// The text with every form of the secret replaced by [`MASK`].
    #[must_use]
    pub fn mask(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for needle in &self.needles {
            if out.contains(needle.as_str()) {
                out = out.replace(needle.as_str(), MASK);
            }
        }
        out
    }

    /// Whether any form of the secret is in the text.
    #[must_use]
    pub fn finds(&self, text: &str) -> bool {
        self.needles.iter().any(|n| text.contains(n.as_str()))
    }
}

impl fmt::Debug for Masker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Masker(***)")
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
    fn every_echoed_form_is_masked() {
        let masker = Masker::new([&SecretText::from(FAKE)]);
        let encoded = utf8_percent_encode(FAKE, NON_ALPHANUMERIC).to_string();
        for text in [
            FAKE.to_owned(),
            encoded,
            STANDARD.encode(FAKE),
            STANDARD.encode(format!("ana:{FAKE}")),
            URL_SAFE_NO_PAD.encode(format!("an:{FAKE}")),
        ] {
            let masked = masker.mask(&format!("token {text} was refused"));
            assert!(masked.contains(MASK), "{masked}");
            assert!(!masker.finds(&masked) && !masked.contains("NotAReal"), "{masked}");
        }
    }

    #[test]
    fn hint_keeps_the_public_prefix_and_four_characters() {
        assert_eq!(Secret::token(FAKE.into()).hint(), "glpat-…2345");
        assert_eq!(Secret::token("short".into()).hint(), "…");
    }
}
