//! Names and ids that hosts or users chose, as one segment of a URL's path.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the characters that RFC 3986 leaves alone in a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// One path segment of a URL, escaped. None for what is empty or would climb out of its place (`.` and `..` do, escaped
/// or not).
#[must_use]
pub fn segment(text: &str) -> Option<String> {
    match text {
        "" | "." | ".." => None,
        text => Some(utf8_percent_encode(text, SEGMENT).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_stays_one_and_in_its_place() {
        assert_eq!(segment("acme/app").unwrap(), "acme%2Fapp");
        assert_eq!(segment("a b?c#d%2e").unwrap(), "a%20b%3Fc%23d%252e");
        assert_eq!(segment("v1.2-x_y~z").unwrap(), "v1.2-x_y~z");
        for text in ["", ".", ".."] {
            assert_eq!(segment(text), None);
        }
    }
}
