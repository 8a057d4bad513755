//! What a token says of itself: the number at its start, and whether its form belongs somewhere else altogether.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::domain::Checksum;
use crate::hosts::Carried;

/// The prefix of Bitbucket's tokens, which no other product uses.
pub const BITBUCKET: &str = "BBDC-";
/// How every API token of id.atlassian.com begins.
pub const CLOUD: &str = "ATATT";
/// Length of the part after the prefix in the known form.
const ENCODED: usize = 44;
/// Digits of the number.
const DIGITS: usize = 12;

/// Decodes a token without prefix, as Jira, Confluence and Bamboo make them.
pub fn carried(token: &str) -> Option<Carried> {
    let facts = vec![("token number".to_owned(), number(token).filter(|_| !token.starts_with(BITBUCKET))?)];
    Some(Carried { facts, checksum: Checksum::None })
}

/// The 12 digits at the start of the decoded token: public, a look-up number.
pub fn number(token: &str) -> Option<String> {
    let encoded = token.strip_prefix(BITBUCKET).unwrap_or(token);
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

/// Name of the finding for a token that surely belongs to another product: it is not sent anywhere.
pub fn elsewhere(token: &str) -> Option<&'static str> {
    if token.starts_with(CLOUD) {
        Some("cloud-token")
    } else if token.starts_with(BITBUCKET) {
        Some("bitbucket-token")
    } else {
        None
    }
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
    fn the_colon_and_every_digit_are_checked() {
        for bytes in [b"12345678901x:KEYRACK-FAKE-TOKEN-1", b"123456789012;KEYRACK-FAKE-TOKEN-1"] {
            assert_eq!(number(&STANDARD.encode(bytes)), None);
        }
        assert_eq!(number(&STANDARD.encode(b"123456789012:KEYRACK-FAKE-TOKEN-1")).as_deref(), Some("123456789012"));
        for short in ["", "BBDC-", "BBDC-MTIz"] {
            assert_eq!(number(short), None);
        }
    }

    #[test]
    fn random_base64_and_a_prefixed_token_are_not_ours() {
        assert_eq!(carried("MzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzA"), None);
        assert_eq!(carried(&format!("BBDC-{BARE}")), None);
        assert_eq!(carried(BARE).unwrap().facts, [("token number".to_owned(), "123456789012".to_owned())]);
    }

    #[test]
    fn what_belongs_elsewhere_is_known_by_its_form() {
        assert_eq!(elsewhere("ATATT3xFfGF0KEYRACK-FAKE"), Some("cloud-token"));
        assert_eq!(elsewhere("BBDC-KEYRACK-FAKE"), Some("bitbucket-token"));
        assert_eq!(elsewhere(BARE), None);
    }
}
