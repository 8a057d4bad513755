//! What the form of a token tells without asking anybody: next to nothing.

use crate::domain::{Checksum, Kind};
use crate::hosts::{Carried, jwt};

/// Length of an access token.
const LENGTH: usize = 40;
/// Characters that lists show of one.
const TAIL: usize = 8;

/// Exactly 40 of `0-9a-f`.
pub(super) fn is_well_formed(token: &str) -> bool {
    token.len() == LENGTH && token.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Three parts with dots between.
pub(super) fn is_jwt(token: &str) -> bool {
    token.split('.').count() == 3 && jwt::read(token).is_some()
}

/// The last characters of an access token, by which lists name it.
pub(super) fn tail(token: &str) -> Option<&str> {
    is_well_formed(token).then(|| &token[LENGTH - TAIL..])
}

/// What is wrong with the form, and what may help. None where it is well-formed, or of another sort altogether.
pub(super) fn malformed(token: &str) -> Option<(String, String)> {
    if is_well_formed(token) || is_jwt(token) {
        return None;
    }
    let hex = !token.is_empty() && token.bytes().all(|b| b.is_ascii_hexdigit());
    let again = "Copy the whole token again from where it is kept.".to_owned();
    Some(match (hex, token.chars().count()) {
        (true, LENGTH) => (
            "in upper case".to_owned(),
            "If it was changed on its way, write it in lower case; keyrack does not do that by itself.".to_owned(),
        ),
        (true, length) => (format!("{length} characters long"), again),
        (false, _) => ("not made of these".to_owned(), again),
    })
}

/// What a token of that kind says of itself. A JWT is one of theirs only where it names no account and ends.
pub(super) fn carried(kind: Kind, token: &str) -> Option<Carried> {
    let fact = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let facts = match kind {
        Kind::OauthToken => {
            let claims = jwt::read(token).filter(|claims| !claims.has("sub"))?;
            let end = claims.ends()?;
            vec![fact("form", "OAuth2 token of a Forgejo or Gitea"), fact("expires", &end.to_string())]
        }
        Kind::Pat => vec![fact(
            "form",
            "access token of a Forgejo or Gitea, or a GitHub token from before April 2021, a token of a CI job, or a \
             commit id: the host decides",
        )],
        Kind::Unknown => vec![fact(
            "form",
            "OAuth2 authorization code of a Forgejo or Gitea: works once, for minutes; not to be kept",
        )],
        _ => Vec::new(),
    };
    Some(Carried { facts, checksum: Checksum::None })
}

/// An OAuth2 authorization code: traded once for tokens, by the application it was made for.
pub(super) fn is_code(token: &str) -> bool {
    token.starts_with("gta_")
}

/// When a JWT ends, as it says itself.
pub(super) fn end(token: &str) -> Option<jiff::Timestamp> {
    jwt::read(token)?.ends()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_forty_lower_case_hexadecimal_digits_are_well_formed() {
        let good = "00112233445566778899aabbccddeeff00112233";
        assert!(is_well_formed(good) && malformed(good).is_none());
        assert_eq!(tail(good), Some("00112233"));
        for (bad, what) in [
            (good.to_uppercase(), "in upper case"),
            (good[..39].to_owned(), "39 characters long"),
            (format!("{good}0"), "41 characters long"),
            (format!("sha1:{}", &good[5..]), "not made of these"),
            (String::new(), "not made of these"),
        ] {
            assert!(!is_well_formed(&bad) && tail(&bad).is_none(), "{bad}");
            assert_eq!(malformed(&bad).unwrap().0, what);
        }
    }
}
