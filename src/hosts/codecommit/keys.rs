//! What AWS key ids, secrets and Git user names tell of themselves, offline.
//!
//! An access key has two halves. The id (`AKIA…`) is public and unmistakable: pasted alone it is recognised as certain,
//! and what it carries says that the secret half is still wanted ([`ID_ONLY`]). The secret half is 40 characters of
//! base64 without any mark, so it is only ever a guess.

use data_encoding::BASE32_NOPAD;
use percent_encoding::percent_decode_str;

use crate::domain::{Checksum, Kind};
use crate::hosts::Carried;

/// Name of the fact that tells which half of a credential a pasted text is.
pub const PART: &str = "part";

/// Value of [`PART`] where the text is only the public half: whoever handles the paste asks for the secret next and
/// takes this text as the user name.
pub const ID_ONLY: &str = "the id only, no secret: the other half is still needed";

/// What kind of credential goes with a user name.
#[must_use]
pub fn kind_of(username: &str) -> Option<Kind> {
    match username.get(..4) {
        _ if git_user(username).is_some() => Some(Kind::GitCredential),
        Some("AKIA") => Some(Kind::AccessKey),
        Some("ASIA") => Some(Kind::SessionKey),
        _ => None,
    }
}

/// Whether AWS could take it for an access key id: 16 to 128 word characters.
#[must_use]
pub fn is_key_id(text: &str) -> bool {
    (16..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// IAM user name and account id in the user name of a Git credential (`alice-at-123456789012`, and with a suffix such
/// as `+1` for a second set (unconfirmed)).
#[must_use]
pub fn git_user(username: &str) -> Option<(&str, &str)> {
    let (user, rest) = username.rsplit_once("-at-")?;
    let (account, suffix) = rest.split_at_checked(12)?;
    let number = suffix.strip_prefix('+');
    let suffix_ok = suffix.is_empty() || number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    (!user.is_empty() && account.bytes().all(|b| b.is_ascii_digit()) && suffix_ok).then_some((user, account))
}

/// The account id in an access key id. AWS does not document the method: show the result as "probably". Keys of the
/// old style carry none.
#[must_use]
pub fn account_of(key_id: &str) -> Option<String> {
    let body = key_id.get(4..).filter(|b| b.len() == 16 && !b.starts_with(['I', 'J']))?;
    let bytes = BASE32_NOPAD.decode(body.as_bytes()).ok()?;
    let number = bytes.get(..6)?.iter().fold(0_u64, |n, byte| n << 8 | u64::from(*byte));
    Some(format!("{:012}", (number & 0x7fff_ffff_ff80) >> 7))
}

/// What looks wrong with a secret access key, in words that end a sentence about it; empty where its form is right.
/// Tells lengths and positions, never a character of it.
#[must_use]
pub fn oddity(secret: &str) -> String {
    let count = secret.chars().count();
    if is_helper_password(secret) {
        return "What was given is a password made by a Git credential helper: good for minutes, and no secret key."
            .into();
    }
    if secret.contains('%') && decoded(secret).is_some_and(|d| is_secret(&d)) {
        return "What was given is percent-encoded: write `%2F` as `/` and `%2B` as `+`.".into();
    }
    if secret.chars().any(char::is_whitespace) {
        return "What was given has white space in it, a secret has none.".into();
    }
    if count != 40 {
        return format!("What was given has {count} characters, a secret has 40.");
    }
    if is_sha1(secret) {
        return "What was given looks like a git commit id.".into();
    }
    String::new()
}

/// Facts of a text whose form matched a pattern of `kind`.
#[must_use]
pub fn carried(kind: Kind, token: &str) -> Option<Carried> {
    let fact = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let facts = match kind {
        Kind::AccessKey | Kind::SessionKey if kind_of(token) == Some(kind) => {
            let mut facts = vec![fact("access key id", token)];
            if let Some(account) = account_of(token) {
                facts.push(("account".to_owned(), account));
                facts.push(fact("account is", "probably right: worked out by a method that AWS does not document"));
            }
            facts.push(fact(PART, ID_ONLY));
            facts
        }
        Kind::AccessKey if is_secret(token) && !is_sha1(token) => {
            vec![fact(PART, "may be a secret access key: its access key id (AKIA…) is needed as user name")]
        }
        Kind::AccessKey if token.contains('%') => {
            let plain = decoded(token).filter(|d| is_secret(d) && !is_sha1(d))?;
            debug_assert_eq!(plain.len(), 40);
            vec![fact(PART, "may be a percent-encoded secret access key: decode it before it is kept")]
        }
        Kind::GitCredential if is_helper_password(token) => {
            vec![
                fact(PART, "a password made by a Git credential helper: useless within minutes, do not keep it"),
                fact("made at", token.get(..16)?),
            ]
        }
        Kind::GitCredential => {
            let (user, account) = git_user(token)?;
            vec![fact("git user name", token), fact("IAM user", user), fact("account", account), fact(PART, ID_ONLY)]
        }
        _ => return None,
    };
    Some(Carried { facts, checksum: Checksum::None })
}

fn is_secret(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/')
}

fn is_sha1(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Time stamp and hex signature: 16 + 64 characters.
fn is_helper_password(text: &str) -> bool {
    let Some((stamp, signature)) = text.split_at_checked(16) else { return false };
    let bytes = stamp.as_bytes();
    signature.len() == 64
        && signature.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        && bytes.iter().enumerate().all(|(i, b)| match i {
            8 => *b == b'T',
            15 => *b == b'Z',
            _ => b.is_ascii_digit(),
        })
}

fn decoded(text: &str) -> Option<zeroize::Zeroizing<String>> {
    // Decoding never makes it longer; the one buffer is wiped.
    let bytes = zeroize::Zeroizing::new(percent_decode_str(text).collect::<Vec<u8>>());
    std::str::from_utf8(&bytes).ok().map(|s| zeroize::Zeroizing::new(s.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    fn value(kind: Kind, token: &str, name: &str) -> Option<String> {
        carried(kind, token)?.facts.into_iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }

    #[test]
    fn the_account_id_comes_out_of_the_key_id() {
        assert_eq!(account_of("AKIARZPUZDIKAAISEM2E").as_deref(), Some("123456789012"));
        assert_eq!(account_of("AKIAIOSFODNN7EXAMPLE"), None, "old style");
        assert_eq!(account_of("AKIAJOSFODNN7EXAMPLE"), None, "old style");
        assert_eq!(account_of("AKIARZPUZDIK0AISEM2E"), None, "0 is not base32");
        assert_eq!(account_of("AKIA"), None);
        assert_eq!(account_of("AKIAé"), None);
    }

    #[test]
    fn a_key_id_alone_is_told_apart_from_its_secret() {
        assert_eq!(value(Kind::AccessKey, "AKIARZPUZDIKAAISEM2E", PART).as_deref(), Some(ID_ONLY));
        assert_eq!(value(Kind::AccessKey, "AKIARZPUZDIKAAISEM2E", "account").as_deref(), Some("123456789012"));
        assert_eq!(value(Kind::SessionKey, "ASIARZPUZDIKAAISEM2E", PART).as_deref(), Some(ID_ONLY));
        assert!(carried(Kind::SessionKey, "AKIARZPUZDIKAAISEM2E").is_none());
        assert!(value(Kind::AccessKey, SECRET, PART).unwrap().starts_with("may be"));
        assert_eq!(carried(Kind::AccessKey, &"0a1b2c3d".repeat(5)), None, "a git commit id");
        let encoded = SECRET.replace('/', "%2F");
        assert!(value(Kind::AccessKey, &encoded, PART).unwrap().contains("percent-encoded"));
        assert!(carried(Kind::AccessKey, "100%25").is_none());
    }

    #[test]
    fn git_user_names() {
        assert_eq!(git_user("alice-at-123456789012"), Some(("alice", "123456789012")));
        assert_eq!(git_user("a-at-b-at-123456789012+1"), Some(("a-at-b", "123456789012")));
        for not in ["alice", "-at-123456789012", "alice-at-12345678901", "alice-at-1234567890123", "a-at-123456789012+"]
        {
            assert_eq!(git_user(not), None, "{not}");
        }
        assert_eq!(kind_of("AKIA-at-123456789012"), Some(Kind::GitCredential));
    }

    #[test]
    fn odd_secrets_are_described_without_showing_them() {
        assert_eq!(oddity(SECRET), "");
        let helper = format!("20261123T040000Z{}", "0f".repeat(32));
        for (odd, says) in [
            (SECRET.replace('/', "%2F"), "percent-encoded"),
            (format!("{SECRET}x"), "41 characters"),
            (format!("{} {}", &SECRET[..20], &SECRET[20..]), "white space"),
            ("0123456789abcdef0123456789abcdef01234567".to_owned(), "commit id"),
            (helper, "Git credential helper"),
        ] {
            let text = oddity(&odd);
            assert!(text.contains(says), "{text}");
            assert!(!text.contains("wJalr"), "{text}");
        }
    }
}
