//! Finds and removes a secret in text that a host sent back: hosts echo what they were given, in whatever spelling their
//! error page, log line or JSON writer gives it.
//!
//! A handful of needles (the secret, its base64 at every alignment, its hex) is looked for in one pass. Each character
//! of a needle may stand there plainly or escaped, one by one and mixed: percent-encoded (upper or lower case, encoded
//! again), as an HTML entity, as a JSON or JavaScript escape. Line breaks inside are passed over. What is not found: a
//! secret that was reversed, encrypted, compressed or cut, and one of fewer than six bytes (in base64, of fewer than eight). Against a host that wants to
//! give the secret away nothing here helps; it has it already.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::{Secret, SecretText};

/// What a masked secret is replaced by.
pub const MASK: &str = "[secret]";

/// Shorter parts are not searched for: they would be found in innocent text and give away where they were.
const SHORTEST_NEEDLE: usize = 6;

/// Longest run of backslashes, encoded percent signs or leading zeros that is followed.
const LONGEST_RUN: usize = 8;

/// Replaces every form in which a host may echo a secret; see the module.
pub struct Masker {
    needles: Vec<Needle>,
    /// For each byte the needles that begin with it, a bit each; the last bit stands for all beyond.
    first: Box<[u64; 256]>,
}

struct Needle {
    bytes: Zeroizing<Vec<u8>>,
    /// Hexadecimal digits, whose case says nothing.
    any_case: bool,
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

impl Needle {
    /// Where the needle ends if it begins at `start`, in any mixture of spellings.
    fn ends_at(&self, text: &[u8], start: usize) -> Option<usize> {
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
fn add_needles(plain: &[u8], needles: &mut Vec<Needle>) {
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

fn hex(bytes: &[u8]) -> Vec<u8> {
    let digit = |n: u8| b"0123456789abcdef"[usize::from(n)];
    let mut out = Vec::with_capacity(bytes.len() * 2);
    for byte in bytes {
        out.extend([digit(byte >> 4), digit(byte & 15)]);
    }
    out
}

fn is_escape(byte: u8) -> bool {
    matches!(byte, b'%' | b'\\' | b'&')
}

/// After line breaks (folded header lines, wrapped base64, also as JSON writes them) with the space that indents the next
/// line, and after the zeros between the characters of UTF-16.
fn pass_over_breaks(text: &[u8], mut at: usize) -> usize {
    let mut broken = false;
    loop {
        at += match text.get(at..).unwrap_or(&[]) {
            [b'\r' | b'\n', ..] => {
                broken = true;
                1
            }
            [b'\\', b'r' | b'n', ..] => {
                broken = true;
                2
            }
            [b' ' | b'\t', ..] if broken => 1,
            [0, ..] => 1,
            _ => return at,
        };
    }
}

/// Every reading of the escape at `at`: the bytes it stands for, and its own length.
fn escapes(text: &[u8], at: usize, mut reading: impl FnMut(&[u8], usize)) {
    let rest = text.get(at..).unwrap_or(&[]);
    match rest {
        [b'%', tail @ ..] => {
            // `%2B`, and encoded again `%252B`, and again.
            let mut again = 0;
            for _ in 0..LONGEST_RUN {
                if let Some(byte) = hex_number(tail.get(again..again + 2)).and_then(|n| u8::try_from(n).ok()) {
                    reading(&[byte], 1 + again + 2);
                }
                if tail.get(again..again + 2) != Some(b"25") {
                    break;
                }
                again += 2;
            }
        }
        [b'\\', ..] => {
            let run = rest.iter().take(LONGEST_RUN).take_while(|b| **b == b'\\').count();
            if run > 1 {
                reading(b"\\", run);
            }
            match rest.get(run..).unwrap_or(&[]) {
                [c @ (b'/' | b'"' | b'\'' | b'&' | b'=' | b'+'), ..] => reading(&[*c], run + 1),
                [b'u', digits @ ..] => character(hex_number(digits.get(..4)), run + 5, &mut reading),
                [b'x', digits @ ..] => character(hex_number(digits.get(..2)), run + 3, &mut reading),
                _ => {}
            }
        }
        [b'&', b'#', tail @ ..] => {
            let (radix, skip) = if matches!(tail.first(), Some(b'x' | b'X')) { (16, 1) } else { (10, 0) };
            let digits = tail.get(skip..).unwrap_or(&[]);
            let count = digits.iter().take(LONGEST_RUN).take_while(|b| char::from(**b).is_digit(radix)).count();
            let number = std::str::from_utf8(&digits[..count]).ok().and_then(|d| u32::from_str_radix(d, radix).ok());
            let end = usize::from(digits.get(count) == Some(&b';'));
            character(number, 2 + skip + count + end, &mut reading);
        }
        [b'&', tail @ ..] => {
            let named: [(&[u8], u8); 8] = [
                (b"amp;", b'&'),
                (b"lt;", b'<'),
                (b"gt;", b'>'),
                (b"quot;", b'"'),
                (b"apos;", b'\''),
                (b"plus;", b'+'),
                (b"sol;", b'/'),
                (b"equals;", b'='),
            ];
            for (name, byte) in named {
                if tail.starts_with(name) {
                    reading(&[byte], 1 + name.len());
                }
            }
        }
        _ => {}
    }
}

fn character(number: Option<u32>, used: usize, reading: &mut impl FnMut(&[u8], usize)) {
    if let Some(c) = number.and_then(char::from_u32) {
        reading(c.encode_utf8(&mut [0; 4]).as_bytes(), used);
    }
}

fn hex_number(digits: Option<&[u8]>) -> Option<u32> {
    let digits = digits.filter(|d| d.iter().all(u8::is_ascii_hexdigit))?;
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

impl fmt::Debug for Masker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Masker(***)")
    }
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

    use super::*;

    /// With every character that some encoding treats specially.
    const FAKE: &str = "glpat-Not/A+Real=Tok%en&12\"3";

    fn masked(secret: &str, text: &str) -> String {
        Masker::new([&SecretText::from(secret)]).mask(text)
    }

    fn is_gone(secret: &str, form: &str) {
        for (before, after) in [("", ""), ("token ", " was refused"), ("ä%", "%ä"), ("\\", "\\"), ("&", "&")] {
            let out = masked(secret, &format!("{before}{form}{after}"));
            if before == "\\" && form.starts_with('\\') {
                // Two escapes in a row may be read either way: one more character may go, never one too few.
                assert!(out.trim_start_matches('\\') == format!("{MASK}{after}"), "{form}");
                continue;
            }
            assert_eq!(out, format!("{before}{MASK}{after}"), "{form}");
        }
    }

    fn each(secret: &str, spell: impl Fn(char) -> String) -> String {
        secret.chars().map(spell).collect()
    }

    fn special(c: char, spell: impl Fn(char) -> String) -> String {
        if c.is_ascii_alphanumeric() { c.to_string() } else { spell(c) }
    }

    #[test]
    fn every_spelling_of_its_characters_is_masked() {
        let percent = utf8_percent_encode(FAKE, NON_ALPHANUMERIC).to_string();
        is_gone(FAKE, FAKE);
        is_gone(FAKE, &percent);
        is_gone(FAKE, &percent.replace('%', "%25"));
        is_gone(FAKE, &percent.replace('%', "%2525"));
        is_gone(FAKE, &each(FAKE, |c| special(c, |c| format!("%{:02x}", u32::from(c)))));
        for only in ['+', '/', '=', '%', '&', '-'] {
            is_gone(FAKE, &each(FAKE, |c| if c == only { format!("%{:02X}", u32::from(c)) } else { c.to_string() }));
            is_gone(FAKE, &each(FAKE, |c| if c == only { format!("\\u{:04X}", u32::from(c)) } else { c.to_string() }));
        }
        is_gone(FAKE, &each(FAKE, |c| format!("%{:02X}", u32::from(c))));
        is_gone(FAKE, &each(FAKE, |c| format!("\\u{:04x}", u32::from(c))));
        is_gone(FAKE, &each(FAKE, |c| format!("\\\\u{:04x}", u32::from(c))));
        is_gone(FAKE, &each(FAKE, |c| format!("\\x{:02x}", u32::from(c))));
        is_gone(FAKE, &each(FAKE, |c| special(c, |c| format!("&#{};", u32::from(c)))));
        is_gone(FAKE, &each(FAKE, |c| special(c, |c| format!("&#x{:X};", u32::from(c)))));
        is_gone(FAKE, &each(FAKE, |c| special(c, |c| format!("&#0{};", u32::from(c)))));
        is_gone(FAKE, &FAKE.replace('&', "&amp;").replace('"', "&quot;"));
        is_gone(FAKE, &FAKE.replace('/', "\\/").replace('"', "\\\""));
        is_gone(FAKE, &FAKE.replace('/', "\\\\\\/"));
        let written = serde_json::to_string(FAKE).unwrap();
        is_gone(FAKE, written.trim_matches('"').trim_end_matches('"'));
    }

    #[test]
    fn characters_beyond_ascii_are_masked_too() {
        let secret = "pässwörd-日本";
        is_gone(secret, secret);
        is_gone(secret, &utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string());
        is_gone(secret, &each(secret, |c| format!("\\u{:04x}", u32::from(c))));
        is_gone(secret, &each(secret, |c| format!("&#{};", u32::from(c))));
    }

    #[test]
    fn hex_in_either_case_is_masked() {
        let low = String::from_utf8(hex(FAKE.as_bytes())).unwrap();
        is_gone(FAKE, &low);
        is_gone(FAKE, &low.to_uppercase());
    }

    #[test]
    fn base64_is_masked_at_every_alignment_wrapped_and_escaped() {
        for secret in [FAKE, "glpat-NotARealTok>>>???0", "eight888"] {
            is_gone(secret, &STANDARD.encode(secret));
            is_gone(secret, &URL_SAFE_NO_PAD.encode(secret));
            for user in ["", "a", "an", "ana", "anna", "ünï"] {
                for tail in ["", "x", "xy", "\n"] {
                    let pair = format!("{user}:{secret}{tail}");
                    for text in [STANDARD.encode(&pair), URL_SAFE_NO_PAD.encode(&pair)] {
                        let wrapped: Vec<&str> =
                            (0..text.len()).step_by(7).map(|n| &text[n..(n + 7).min(text.len())]).collect();
                        for form in [
                            text.clone(),
                            wrapped.join("\n"),
                            wrapped.join("\r\n"),
                            wrapped.join("\r\n  "),
                            wrapped.join("\\n"),
                            utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string(),
                            text.replace('/', "\\/"),
                        ] {
                            let out = masked(secret, &form);
                            assert!(out.contains(MASK), "{secret} {pair}: {form} -> {out}");
                            // What is left over may tell at most the last two or first two bytes.
                            let left: String =
                                out.replace(MASK, "").chars().filter(char::is_ascii_alphanumeric).collect();
                            assert!(left.len() <= user.len() * 2 + tail.len() * 2 + 14, "{left}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_secret_broken_over_lines_and_utf16_is_masked() {
        is_gone("glpat-NotARealToken12345", "glpat-NotARe\r\n   alToken12345");
        is_gone("glpat-NotARealToken12345", "glpat-NotARe\\nalToken12345");
        let wide: String = "glpat-NotARealToken12345".chars().flat_map(|c| [c, '\0']).collect();
        assert_eq!(masked("glpat-NotARealToken12345", &wide), format!("{MASK}\0"));
    }

    #[test]
    fn several_secrets_and_several_places() {
        let parts =
            [SecretText::from("first-secret"), SecretText::from("first-secret-longer"), SecretText::from("short")];
        let masker = Masker::new(&parts);
        assert_eq!(masker.mask("first-secretfirst-secret-longer short"), format!("{MASK}{MASK} short"));
        assert!(masker.finds("xfirst-secretx") && !masker.finds("first-secre"));
    }

    #[test]
    fn what_is_no_secret_stays_as_it_is() {
        for text in [
            "",
            "%",
            "%2",
            "%25%25%25%25",
            "\\\\\\\\\\",
            "&#;",
            "&#x;",
            "&#99999999;",
            "\\u12",
            "\\ud800",
            "ä\u{1f600}",
        ] {
            assert_eq!(masked(FAKE, text), text);
            assert_eq!(masked("%%%%%%%", &format!("{text}x")), format!("{text}x").replace("%%%%%%%", MASK));
        }
        assert_eq!(masked(".*.*.*.*", "anything"), "anything");
        assert_eq!(masked("", "anything"), "anything");
    }

    #[test]
    fn a_megabyte_made_to_be_slow_is_masked_in_bounded_time() {
        let secret = format!("{}x", "%25".repeat(20));
        let masker = Masker::new([&SecretText::new(secret)]);
        let start = std::time::Instant::now();
        let _ = masker.mask(&"%25".repeat(10_000));
        let _ = masker.mask(&"\\".repeat(30_000));
        let _ = masker.mask(&"glpat-Not".repeat(4_000));
        assert!(start.elapsed() < std::time::Duration::from_secs(20), "{:?}", start.elapsed());
    }
}
