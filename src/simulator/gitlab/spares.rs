//! As many further valid tokens as are asked for, each known by its number without being kept.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::forms::{base36, routable_of};
use super::tokens::{Token, person};

/// Numbers of spare tokens begin here.
const SPARE_ID: u64 = 500_000;

/// The first random bytes of every spare token; its number follows.
const SPARE_MARK: &[u8; 12] = b"KeyrackSpare";

/// The further valid personal tokens of a site; those of two sites differ in prefix and label.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spares {
    /// `glpat-`, or with the instance's prefix.
    pub(super) prefix: &'static str,
    /// What their labels begin with.
    pub(super) label: &'static str,
}

impl Spares {
    /// The `n`th, ending in one to eleven months.
    pub(super) fn nth(self, n: u32) -> Token {
        let id = SPARE_ID + u64::from(n);
        let member = n % 40;
        let user = person(1_000 + u64::from(member), &format!("member-{member:02}"), &format!("Member {member:02}"));
        let scopes: &[&str] = match n % 4 {
            0 => &["api"],
            1 => &["read_api"],
            2 => &["read_repository", "read_user"],
            _ => &["write_repository", "read_api", "self_rotate"],
        };
        let mut random = [0_u8; 16];
        random[..12].copy_from_slice(SPARE_MARK);
        random[12..].copy_from_slice(&n.to_be_bytes());
        let secret = routable_of(self.prefix, random, &format!("o:1\nu:{}", base36(user.id, 1)));
        Token::scoped(&format!("{}-{n:05}", self.label), id, user, scopes, secret)
            .ends(Some(30 + i64::from(n % 300)))
            .about(&["spare"], "")
    }

    /// The one with that secret.
    pub(super) fn of(self, secret: &str) -> Option<Token> {
        let encoded = secret.strip_prefix(self.prefix)?.split('.').next()?;
        let bytes = URL_SAFE_NO_PAD.decode(encoded).ok()?;
        let number = bytes.strip_prefix(SPARE_MARK)?.first_chunk::<4>()?;
        Some(self.nth(u32::from_be_bytes(*number))).filter(|token| token.secret == secret)
    }

    /// The one with that number at the site.
    pub(super) fn by_id(self, id: u64) -> Option<Token> {
        id.checked_sub(SPARE_ID).and_then(|n| u32::try_from(n).ok()).map(|n| self.nth(n))
    }
}

#[cfg(test)]
mod tests {
    use super::super::forms::routable;
    use super::*;

    #[test]
    fn spares_are_found_again_and_nothing_else_is() {
        let spares = Spares { prefix: "ACME-glpat-", label: "x" };
        for n in [0, 1, 39, 4_000_000_000] {
            let spare = spares.nth(n);
            assert_eq!(spares.of(&spare.secret).unwrap().id, spare.id);
            assert_eq!(spares.by_id(spare.id).unwrap().secret, spare.secret);
        }
        assert!(spares.of(&routable(1, "o:1\nu:2s")).is_none());
        assert!(spares.of("ACME-glpat-ExampleFakeLaptop001").is_none());
    }
}
