//! How a single character may stand in a text: escaped for URLs, HTML, JSON or JavaScript, and with line breaks in between.

/// Longest run of backslashes, encoded percent signs or leading zeros that is followed.
const LONGEST_RUN: usize = 8;

/// Whether an escape may begin with it.
pub(super) fn is_escape(byte: u8) -> bool {
    matches!(byte, b'%' | b'\\' | b'&')
}

/// After line breaks (folded header lines, wrapped base64, also as JSON writes them) with the space that indents the next
/// line, and after the zeros between the characters of UTF-16.
pub(super) fn pass_over_breaks(text: &[u8], mut at: usize) -> usize {
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
pub(super) fn escapes(text: &[u8], at: usize, mut reading: impl FnMut(&[u8], usize)) {
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
