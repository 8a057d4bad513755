//! Finds and removes a secret in text that a host sent back: hosts echo what they were given, in whatever spelling their
//! error page, log line or JSON writer gives it.
//!
//! A handful of needles (the secret, its base64 at every alignment, its hex) is looked for in one pass. Each character
//! of a needle may stand there plainly or escaped, one by one and mixed: percent-encoded (upper or lower case, encoded
//! again), as an HTML entity, as a JSON or JavaScript escape. Line breaks inside are passed over. What is not found: a
//! secret that was reversed, encrypted, compressed or cut, and one of fewer than six bytes (in base64, of fewer than eight). Against a host that wants to
//! give the secret away nothing here helps; it has it already.

mod needle;
mod spelling;

use std::fmt;

use super::{Secret, SecretText};
use needle::{Needle, add_needles};
use spelling::{escapes, is_escape};

/// What a masked secret is replaced by.
pub const MASK: &str = "[secret]";

/// Replaces every form in which a host may echo a secret; see the module.
pub struct Masker {
    needles: Vec<Needle>,
    /// For each byte the needles that begin with it, a bit each; the last bit stands for all beyond.
    first: Box<[u64; 256]>,
}

impl Masker {
    /// Prepares the needles for every part of every secret given.
    pub fn new<'a>(parts: impl IntoIterator<Item = &'a SecretText>) -> Self {
        let mut needles = Vec::new();
        for part in parts {
            add_needles(part.reveal().as_bytes(), &mut needles);
        }
        // Where two begin at the same place, the longer one leaves less behind.
        needles.sort_by(|a, b| b.bytes.len().cmp(&a.bytes.len()).then_with(|| a.bytes.cmp(&b.bytes)));
        needles.dedup_by(|a, b| a.bytes == b.bytes && a.any_case == b.any_case);
        let mut first = Box::new([0_u64; 256]);
        for (number, needle) in needles.iter().enumerate() {
            let bit = 1_u64 << number.min(63);
            if let Some(&byte) = needle.bytes.first() {
                first[usize::from(byte)] |= bit;
                if needle.any_case {
                    first[usize::from(byte.to_ascii_uppercase())] |= bit;
                }
            }
        }
        Self { needles, first }
    }

    /// For all parts of one secret.
    #[must_use]
    pub fn of(secret: &Secret) -> Self {
        Self::new(std::iter::once(&secret.token).chain(secret.session.as_ref()))
    }

    /// The text with every form of the secret replaced by [`MASK`].
    #[must_use]
    pub fn mask(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        while let Some((start, end)) = self.next_in(text.as_bytes(), done) {
            // Both are at characters' edges: a needle is whole characters, and escapes are ASCII.
            out.push_str(text.get(done..start).unwrap_or(""));
            out.push_str(MASK);
            done = end;
        }
        out.push_str(text.get(done..).unwrap_or(""));
        out
    }

    /// Whether any form of the secret is in the text.
    #[must_use]
    pub fn finds(&self, text: &str) -> bool {
        self.next_in(text.as_bytes(), 0).is_some()
    }

    /// The first place from `from` on where a needle stands.
    fn next_in(&self, text: &[u8], from: usize) -> Option<(usize, usize)> {
        if self.needles.is_empty() {
            return None;
        }
        for start in from..text.len() {
            let byte = text[start];
            let mut bits = self.first[usize::from(byte)];
            if is_escape(byte) {
                escapes(text, start, |bytes, _| bits |= self.first[usize::from(bytes[0])]);
            }
            while bits != 0 {
                let number = bits.trailing_zeros() as usize;
                bits &= bits - 1;
                let candidates = if number == 63 { &self.needles[63..] } else { &self.needles[number..=number] };
                if let Some(end) = candidates.iter().find_map(|needle| needle.ends_at(text, start)) {
                    return Some((start, end));
                }
            }
        }
        None
    }
}

impl fmt::Debug for Masker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Masker(***)")
    }
}

#[cfg(test)]
mod tests;
