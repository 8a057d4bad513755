//! The form of a log-in's token: user, number, 32 hexadecimal digits.

use crate::domain::{Checksum, Kind};
use crate::hosts::Carried;

/// The user whose log-in it is.
pub(super) fn user(token: &str) -> Option<&str> {
    let mut parts = token.split(':');
    let (user, number, digits, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else { return None };
    let hex = digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let counted = (1..=19).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    let named = !user.is_empty() && !user.contains(char::is_whitespace) && !user.contains(char::is_control);
    (hex && counted && named).then_some(user)
}

/// What it says of itself. The administration's token is free text and says nothing.
pub(super) fn carried(kind: Kind, token: &str) -> Option<Carried> {
    let user = user(token).filter(|_| kind == Kind::LoginToken)?;
    Some(Carried { facts: vec![("user".to_owned(), user.to_owned())], checksum: Checksum::None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_form_is_a_login_token() {
        assert_eq!(user("jdoe:17:0123456789abcdef0123456789abcdef"), Some("jdoe"));
        for text in [
            "",
            "jdoe",
            "jdoe:17:0123456789ABCDEF0123456789abcdef",
            "jdoe:x:0123456789abcdef0123456789abcdef",
            ":17:0123456789abcdef0123456789abcdef",
            "jdoe:17:0123456789abcdef0123456789abcdef:1",
            "j doe:17:0123456789abcdef0123456789abcdef",
        ] {
            assert_eq!(user(text), None, "{text}");
        }
    }
}
