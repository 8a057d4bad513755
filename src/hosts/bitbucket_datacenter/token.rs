//! What a token says of itself: the number under which Bitbucket files it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::domain::Checksum;
use crate::hosts::Carried;

/// The prefix that no other product uses; which version came first with it is unknown.
const PREFIX: &str = "BBDC-";
/// Length of the part after the prefix in the known form.
const ENCODED: usize = 44;
/// Digits of the number.
const DIGITS: usize = 12;

/// Decodes a token. The prefix alone is enough to keep it, since a later version may fill the rest in another way;
/// without the prefix the known structure has to be there.
pub(super) fn carried(token: &str) -> Option<Carried> {
    let facts = match (number(token), token.starts_with(PREFIX)) {
        (Some(number), _) => vec![("token id".to_owned(), number)],
        (None, true) => Vec::new(),
        (None, false) => return None,
    };
    Some(Carried { facts, checksum: Checksum::None })
}

/// The 12 digits at the start of the decoded token: public, a look-up number. That they equal the `id` of Bitbucket's
/// REST interface is inferred from the vendor's examples (unconfirmed), so an answer that names an id outranks them.
pub(super) fn number(token: &str) -> Option<String> {
    let encoded = token.strip_prefix(PREFIX).unwrap_or(token);
    if encoded.len() != ENCODED {
        return None;
    }
    let bytes = Zeroizing::new(STANDARD.decode(encoded).ok()?);
    let (digits, rest) = bytes.split_at_checked(DIGITS)?;
    if rest.first() != Some(&b':') || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    String::from_utf8(digits.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: &str = "MTIzNDU2Nzg5MDEyOgECAwQFBgcICQoLDA0ODxAREhMU";

    #[test]
    fn the_number_is_read_with_and_without_prefix() {
        assert_eq!(number(BARE).as_deref(), Some("123456789012"));
        assert_eq!(number(&format!("BBDC-{BARE}")).as_deref(), Some("123456789012"));
    }

    #[test]
    fn random_base64_is_not_a_token_unless_prefixed() {
        let random = "MzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzA";
        assert_eq!(carried(random), None);
        let kept = carried(&format!("BBDC-{random}")).unwrap();
        assert!(kept.facts.is_empty());
    }

    #[test]
    fn the_colon_and_every_digit_are_checked() {
        for bytes in [b"12345678901x:KEYRACK-FAKE-TOKEN-1", b"123456789012;KEYRACK-FAKE-TOKEN-1"] {
            assert_eq!(number(&STANDARD.encode(bytes)), None);
        }
        assert_eq!(number(&STANDARD.encode(b"123456789012:KEYRACK-FAKE-TOKEN-1")).as_deref(), Some("123456789012"));
        for short in ["", "BBDC-", "BBDC-MTIz"] {
            assert_eq!(number(short), None);
        }
    }
}
