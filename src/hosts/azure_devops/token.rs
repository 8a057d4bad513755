//! What a token says of itself: the checksum of the 52-character form, the month in the 84-character form, the claims of
//! a JWT. A personal access token never names its organisation.
//!
//! Form of 52: 32 bytes in base32; four of them, scattered, are a CRC32 of the other 28. Form of 84: announced in July
//! 2024; that `AZDO` stands at offset 76 is promised, the rest is read from Microsoft's own key detection. Its checksum
//! could not be reproduced from anything published, so it is not checked.

use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::domain::{Checksum, Kind};
use crate::hosts::{Carried, jwt};

/// The application id of Azure DevOps in Microsoft Entra, the audience of every Entra token for it.
pub(super) const AUDIENCE: &str = "499b84ac-1321-427f-aa17-267ca6975798";

/// What the stored checksum differs from the CRC32 by, for a token of a user and for one of an application.
const OF_A_USER: u32 = 0xE0B9_692D;
const OF_AN_APPLICATION: u32 = 0x1019_F92E;

/// Decodes a token whose form matched.
pub(super) fn carried(kind: Kind, token: &str) -> Option<Carried> {
    match (kind, token.len()) {
        (Kind::Pat, 52) => old_form(token),
        (Kind::Pat, 84) => Some(new_form(token)),
        (Kind::EntraToken, _) => claims(token)
            .filter(|c| c.audience == AUDIENCE)
            .map(|claims| Carried { facts: claims.facts(), checksum: Checksum::None }),
        _ => None,
    }
}

/// Any 52 characters of base32 may be a token, so a checksum that does not fit is told and nothing more is claimed.
fn old_form(token: &str) -> Option<Carried> {
    let upper = Zeroizing::new(token.to_ascii_uppercase());
    let bytes = Zeroizing::new(BASE32_NOPAD.decode(upper.as_bytes()).ok()?);
    let b: &[u8; 32] = bytes.as_slice().try_into().ok()?;
    let mut crc = crc32fast::Hasher::new();
    for part in [&b[0..2], &b[3..7], &b[9..22], &b[23..32]] {
        crc.update(part);
    }
    let stored = u32::from_le_bytes([b[22], b[8], b[7], b[2]]);
    let whose = match stored ^ crc.finalize() {
        OF_A_USER => "a user",
        OF_AN_APPLICATION => "an application",
        // Very old tokens may predate the scheme (unconfirmed).
        _ => return Some(Carried { facts: Vec::new(), checksum: Checksum::Mismatch }),
    };
    Some(Carried { facts: vec![("token of".to_owned(), whose.to_owned())], checksum: Checksum::Ok })
}

fn new_form(token: &str) -> Carried {
    let facts = allocated(token).map(|month| ("allocated".to_owned(), month)).into_iter().collect();
    Carried { facts, checksum: Checksum::None }
}

/// Month in which a token of 84 characters was allocated, where the marks of that layout are all there.
fn allocated(token: &str) -> Option<String> {
    if token.get(52..58)? != "JQQJ99" || token.get(72..80)? != "AAAAAZDO" {
        return None;
    }
    let letter = |at: usize| token.as_bytes().get(at).and_then(|c| c.checked_sub(b'A'));
    let (year, month) = (letter(58).filter(|y| *y < 26)?, letter(59).filter(|m| *m < 12)?);
    Some(format!("{}-{:02}", 2024 + u16::from(year), month + 1))
}

/// What a JWT says of itself. Nothing of it is verified here.
pub(super) struct Claims {
    pub audience: String,
    pub ends: Option<Timestamp>,
    /// Delegated permissions, from `scp`.
    pub scopes: Vec<String>,
    said: Vec<(String, String)>,
}

impl Claims {
    fn facts(&self) -> Vec<(String, String)> {
        let ends = self.ends.map(|at| ("ends".to_owned(), at.to_string()));
        self.said.iter().cloned().chain(ends).collect()
    }
}

/// The claims of a JWT; none where the text is not one.
pub(super) fn claims(token: &str) -> Option<Claims> {
    let claims = jwt::read(token)?;
    let text = |name: &str| claims.text(name);
    let user = ["upn", "unique_name", "preferred_username"].into_iter().find_map(text);
    let said = [("user", user), ("tenant", text("tid")), ("application", text("appid")), ("scopes", text("scp"))];
    Some(Claims {
        audience: text("aud").unwrap_or_default(),
        ends: claims.ends(),
        scopes: claims.words("scp"),
        said: said.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect(),
    })
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    const OLD: &str = "eernkizeeutblebhfausukzmfuxc6mbrgiz7inbvgy3tqoj2hm6a";
    const NEW: &str = "keyrackFAKEexampleDOnotUSE0123456789abcdefghijklmnopJQQJ99CKAAAAAAAAAAAAAAAAAZDOJdEd";

    fn jwt(payload: &str) -> String {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.KEYRACK-FAKE", part(r#"{"typ":"JWT"}"#), part(payload))
    }

    #[test]
    fn the_old_form_is_checked_exactly() {
        let found = carried(Kind::Pat, OLD).unwrap();
        assert_eq!(found.checksum, Checksum::Ok);
        assert_eq!(found.facts, [("token of".to_owned(), "a user".to_owned())]);
        let mut mistyped = OLD.to_owned();
        mistyped.replace_range(20..21, if &OLD[20..21] == "a" { "b" } else { "a" });
        let found = carried(Kind::Pat, &mistyped).unwrap();
        assert!(found.checksum == Checksum::Mismatch && found.facts.is_empty());
    }

    #[test]
    fn the_new_form_tells_the_month_and_is_never_refused_for_its_checksum() {
        let found = carried(Kind::Pat, NEW).unwrap();
        assert_eq!(found.facts, [("allocated".to_owned(), "2026-11".to_owned())]);
        assert_eq!(found.checksum, Checksum::None);
        for other in [NEW.replace("JQQJ99", "JQQJ98"), NEW.replace("99CK", "99CM"), NEW.replace("99CK", "99-K")] {
            assert!(carried(Kind::Pat, &other).unwrap().facts.is_empty(), "the layout beyond AZDO is not promised");
        }
    }

    #[test]
    fn a_jwt_for_azure_devops_shows_its_claims() {
        let text = jwt(&format!(
            r#"{{"aud":"{AUDIENCE}","exp":1795420000,"upn":"dana@example.com","tid":"t","scp":"user_impersonation"}}"#
        ));
        let found = carried(Kind::EntraToken, &text).unwrap();
        let fact = |name: &str| found.facts.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        assert_eq!(fact("user"), Some("dana@example.com"));
        assert_eq!(fact("ends"), Some("2026-11-23T07:46:40Z"));
        assert_eq!(claims(&text).unwrap().scopes, ["user_impersonation"]);
    }

    #[test]
    fn a_jwt_for_somebody_else_is_not_ours() {
        for text in
            [jwt(r#"{"aud":"https://graph.microsoft.com"}"#), jwt("[]"), "eyJ.x.y".to_owned(), "a.b.c.d".to_owned()]
        {
            assert!(carried(Kind::EntraToken, &text).is_none(), "{text}");
        }
    }
}
