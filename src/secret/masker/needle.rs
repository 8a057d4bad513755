//! What is looked for: the forms of a secret that are more than spellings of its characters, and where one stands in a text.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::spelling::{escapes, is_escape, pass_over_breaks};

/// Shorter parts are not searched for: they would be found in innocent text and give away where they were.
const SHORTEST_NEEDLE: usize = 6;

/// One form of a secret.
pub(super) struct Needle {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    /// Hexadecimal digits, whose case says nothing.
    pub(super) any_case: bool,
}

impl Needle {
    /// Where the needle ends if it begins at `start`, in any mixture of spellings.
    pub(super) fn ends_at(&self, text: &[u8], start: usize) -> Option<usize> {
        // `%`, `\` and `&` may be themselves or begin an escape, so that there may be several ways through, each a
        // pair of places: in the needle, in the text. More than a few there never are.
        let mut ways = vec![(0, start)];
        let mut next = Vec::new();
        let mut furthest = None;
        while !ways.is_empty() {
            for &(have, at) in &ways {
                if have == self.bytes.len() {
                    furthest = furthest.max(Some(at));
                    continue;
                }
                let at = if have == 0 { at } else { pass_over_breaks(text, at) };
                let Some(&byte) = text.get(at) else { continue };
                if self.same(byte, self.bytes[have]) {
                    next.push((have + 1, at + 1));
                }
                if is_escape(byte) {
                    escapes(text, at, |bytes, used| {
                        let fits = self.bytes[have..].len() >= bytes.len()
                            && bytes.iter().zip(&self.bytes[have..]).all(|(a, b)| self.same(*a, *b));
                        if fits {
                            next.push((have + bytes.len(), at + used));
                        }
                    });
                }
            }
            next.sort_unstable();
            next.dedup();
            std::mem::swap(&mut ways, &mut next);
            next.clear();
        }
        furthest
    }

    fn same(&self, found: u8, wanted: u8) -> bool {
        found == wanted || self.any_case && found.eq_ignore_ascii_case(&wanted)
    }
}

/// The forms of one part that are more than spellings of its characters.
pub(super) fn add_needles(plain: &[u8], needles: &mut Vec<Needle>) {
    if plain.len() < SHORTEST_NEEDLE {
        return;
    }
    let mut add = |bytes: Vec<u8>, any_case| {
        let bytes = Zeroizing::new(bytes);
        if bytes.len() >= SHORTEST_NEEDLE {
            needles.push(Needle { bytes, any_case });
        }
    };
    add(plain.to_vec(), false);
    add(hex(plain), true);
    for shift in 0..3 {
        let mut padded = Zeroizing::new(Vec::with_capacity(plain.len() + shift));
        padded.resize(shift, 0);
        padded.extend_from_slice(plain);
        // The first characters mix with what stands before the secret, the last with what follows: leave them out.
        let head = [0, 2, 3][shift];
        let whole = padded.len() / 3 * 4;
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let text = Zeroizing::new(engine.encode(&*padded));
            add(text.get(head..whole).unwrap_or("").as_bytes().to_vec(), false);
        }
    }
    // With its end: where the secret is all there is, nothing of it is left over.
    for engine in [STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
        add(engine.encode(plain).into_bytes(), false);
    }
}

pub(super) fn hex(bytes: &[u8]) -> Vec<u8> {
    let digit = |n: u8| b"0123456789abcdef"[usize::from(n)];
    let mut out = Vec::with_capacity(bytes.len() * 2);
    for byte in bytes {
        out.extend([digit(byte >> 4), digit(byte & 15)]);
    }
    out
}
