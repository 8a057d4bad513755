//! Ids and names that hosts or users gave, as parts of a path.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the characters that RFC 3986 leaves alone in a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// One path segment of a URL, escaped. None for what is empty or would climb out of its place (`.` and `..` do, escaped
/// or not).
pub(crate) fn segment(text: &str) -> Option<String> {
    match text {
        "" | "." | ".." => None,
        text => Some(utf8_percent_encode(text, SEGMENT).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_its_segment() {
        assert_eq!(segment("{a/b}?c#d e").as_deref(), Some("%7Ba%2Fb%7D%3Fc%23d%20e"));
        assert_eq!(segment("~jo.doe_x-1").as_deref(), Some("~jo.doe_x-1"));
        for climbing in ["", ".", ".."] {
            assert_eq!(segment(climbing), None);
        }
    }
}
