//! The form of Atlassian's long tokens: `AT?TT3x…=` and eight hexadecimal digits.
//!
//! The eight digits equal the CRC-32 of everything before them, the `=` included. The vendor confirms neither that nor a
//! length, so both are hints: a mismatch says that a token looks cut or mistyped, and is never a refusal.

use crate::domain::Checksum;
use crate::hosts::Carried;

/// What the letters at the start of a token say it is. Product and scopes are not in the string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `ATATT3x`: API token of an account, without or with scopes, for Jira, Confluence or Bitbucket.
    Account,
    /// `ATCTT3x`: API key of an organisation, or access token of a Bitbucket repository, project or workspace.
    Container,
    /// Another letter in the third place: same layout, purpose not known.
    Other,
}

impl Form {
    /// The form of a token; none where it does not begin like one of these. White space around it is ignored.
    #[must_use]
    pub fn of(token: &str) -> Option<Self> {
        let token = token.trim();
        if token.len() < PREFIX || !token.is_ascii() {
            return None;
        }
        let (letter, plain) = (token.as_bytes()[2], token.starts_with("AT") && &token[3..PREFIX] == "TT3x");
        match letter {
            b'A' if plain => Some(Self::Account),
            b'C' if plain => Some(Self::Container),
            b'A'..=b'Z' if plain => Some(Self::Other),
            _ => None,
        }
    }

    /// What it is, in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Account => "API token of an Atlassian account: Jira and Confluence, or Bitbucket",
            Self::Container => "organisation API key, or access token of a Bitbucket repository, project or workspace",
            Self::Other => "Atlassian token of an unknown sort",
        }
    }
}

/// Length of `AT?TT3x`.
const PREFIX: usize = 7;
/// Digits of the checksum.
const DIGITS: usize = 8;

/// The typing check. [`Checksum::None`] where the token has another form altogether.
#[must_use]
pub fn checksum(token: &str) -> Checksum {
    let token = token.trim();
    if Form::of(token).is_none() {
        return Checksum::None;
    }
    let Some((rest, digits)) = token.rsplit_once('=') else { return Checksum::Mismatch };
    let hex = digits.len() == DIGITS && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F'));
    let covered = &token[..=rest.len()];
    if hex && u32::from_str_radix(digits, 16) == Ok(crc32fast::hash(covered.as_bytes())) {
        Checksum::Ok
    } else {
        Checksum::Mismatch
    }
}

/// What such a token says of itself; none where it is not one.
#[must_use]
pub fn carried(token: &str) -> Option<Carried> {
    let form = Form::of(token)?;
    let facts = vec![("form".to_owned(), form.words().to_owned())];
    Some(Carried { facts, checksum: checksum(token) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "ATATT3xFfGF0EXAMPLE_ONLY-NOT_A_TOKEN=5EEB61D5";
    const CONTAINER: &str = "ATCTT3xFfGN0EXAMPLE_ONLY-NOT_A_TOKEN=D8249E8E";

    #[test]
    fn the_published_vectors_fit() {
        for (token, form) in [(ACCOUNT, Form::Account), (CONTAINER, Form::Container)] {
            assert_eq!(Form::of(token), Some(form));
            assert_eq!(checksum(token), Checksum::Ok, "{token}");
            assert_eq!(checksum(&format!(" {token}\n")), Checksum::Ok);
        }
    }

    #[test]
    fn cut_and_mistyped_tokens_do_not_fit_and_are_still_recognised() {
        let lower = ACCOUNT.replace("5EEB61D5", "5eeb61d5");
        for token in
            [&ACCOUNT[..30], &ACCOUNT[..ACCOUNT.len() - 1], &ACCOUNT.replace("ONLY", "0NLY"), &lower, "ATATT3x"]
        {
            assert_eq!(checksum(token), Checksum::Mismatch, "{token}");
            assert!(carried(token).is_some_and(|c| c.checksum == Checksum::Mismatch));
        }
    }

    #[test]
    fn other_forms_have_no_checksum() {
        for token in ["", "ATATT", "ATBBexample", "abcdefghijklmnopqrst1a2b", "ATäTT3x", "AT4TT3xabc", "eyJhbGciOi"] {
            assert_eq!(Form::of(token), None, "{token}");
            assert_eq!(checksum(token), Checksum::None, "{token}");
        }
        assert_eq!(Form::of("ATSTT3xabc"), Some(Form::Other));
    }
}
