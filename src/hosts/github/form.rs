//! What the form of a token tells without asking anybody. Recognition is by prefix; the rest is opaque, since GitHub has
//! changed lengths before and announced that it will again. Never decodes the JWT inside a stateless installation token.

use jiff::Timestamp;

use crate::domain::{Checksum, Kind};
use crate::hosts::{Carried, jwt};

/// Characters after the prefix of the forms that carry a checksum: 30 of data, 6 of checksum.
const BODY: usize = 36;
/// Characters of the checksum.
const CHECK: usize = 6;
/// Digits of GitHub's base 62, in order.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The forms of GitHub tokens. See
/// <https://docs.github.com/en/organizations/managing-programmatic-access-to-your-organization/github-credential-types>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `ghp_`
    Classic,
    /// `github_pat_`
    FineGrained,
    /// `gho_`
    OauthApp,
    /// `ghu_`
    AppUser,
    /// `ghs_` and 36 characters
    Installation,
    /// `ghs_APPID_JWT`; made by github.com and ghe.com, not by GitHub Enterprise Server
    StatelessInstallation,
    /// `ghr_`
    AppRefresh,
    /// 40 hexadecimal digits, made before 2021: a personal access token or one of an OAuth app
    LegacyUser,
    /// `v1.` and 40 hexadecimal digits, made before 2021 (unconfirmed)
    LegacyInstallation,
    /// The JWT by which an app proves itself, ten minutes at most: no token to keep
    AppJwt,
    /// None of these
    Other,
}

impl Form {
    /// The form of a token; stray white space and quotes around it are ignored.
    pub(super) fn of(token: &str) -> Self {
        let token = trim(token);
        let is_hex = |text: &str| text.len() == 40 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        match token.get(..4) {
            Some("ghp_") => Self::Classic,
            Some("gho_") => Self::OauthApp,
            Some("ghu_") => Self::AppUser,
            Some("ghr_") => Self::AppRefresh,
            Some("ghs_") if looks_stateless(&token[4..]) => Self::StatelessInstallation,
            Some("ghs_") => Self::Installation,
            _ if token.starts_with("github_pat_") => Self::FineGrained,
            _ if is_hex(token) => Self::LegacyUser,
            _ if token.strip_prefix("v1.").is_some_and(is_hex) => Self::LegacyInstallation,
            _ if app_jwt(token).is_some() => Self::AppJwt,
            _ => Self::Other,
        }
    }

    /// The kind of credential it is; none where the form tells nothing.
    pub(super) fn kind(self) -> Option<Kind> {
        match self {
            Self::Classic | Self::LegacyUser => Some(Kind::ClassicPat),
            Self::FineGrained => Some(Kind::FineGrainedPat),
            Self::OauthApp => Some(Kind::OauthToken),
            Self::AppUser
            | Self::Installation
            | Self::StatelessInstallation
            | Self::AppRefresh
            | Self::LegacyInstallation
            | Self::AppJwt => Some(Kind::AppToken),
            Self::Other => None,
        }
    }

    /// It acts as an installation of a GitHub App, and so has no user.
    pub(super) fn is_installation(self) -> bool {
        matches!(self, Self::Installation | Self::StatelessInstallation | Self::LegacyInstallation)
    }

    /// GitHub lists its scopes in `X-OAuth-Scopes`. For every other form that header says nothing, even if it is there.
    pub(super) fn has_scopes(self) -> bool {
        matches!(self, Self::Classic | Self::OauthApp | Self::LegacyUser)
    }

    /// It works by permissions, which GitHub does not tell.
    pub(super) fn has_permissions(self) -> bool {
        self == Self::FineGrained || self == Self::AppUser || self.is_installation()
    }

    /// What a token of this form says of itself.
    pub(super) fn carried(self, token: &str) -> Carried {
        let token = trim(token);
        let name = match self {
            Self::Classic => "personal access token (classic)",
            Self::FineGrained => "fine-grained personal access token",
            Self::OauthApp => "OAuth app access token",
            Self::AppUser => "GitHub App user access token",
            Self::Installation => "GitHub App installation token",
            Self::StatelessInstallation => "GitHub App installation token, stateless",
            Self::AppRefresh => "GitHub App refresh token",
            Self::LegacyUser => "personal access or OAuth token in the form of before 2021",
            Self::LegacyInstallation => "GitHub App installation token in the form of before 2021",
            Self::AppJwt => "JWT by which a GitHub App proves itself for ten minutes at most; no token to keep",
            Self::Other => "unknown",
        };
        let mut facts = vec![("form".to_owned(), name.to_owned())];
        if self == Self::StatelessInstallation
            && let Some((app, _)) = token[4..].split_once('_')
        {
            facts.push(("app id".to_owned(), app.to_owned()));
        }
        if let Some((app, end)) = app_jwt(token).filter(|_| self == Self::AppJwt) {
            facts.push(("app id".to_owned(), app));
            facts.push(("expires".to_owned(), end.to_string()));
        }
        Carried { facts, checksum: self.checksum(token) }
    }

    /// The typing check. A mismatch is a warning, never a refusal: servers and later forms may differ.
    pub(super) fn checksum(self, token: &str) -> Checksum {
        let token = trim(token);
        match self {
            Self::Classic | Self::OauthApp | Self::AppUser | Self::Installation => match &token[4..] {
                body if body.len() == BODY => fits(body).map_or(Checksum::Mismatch, |()| Checksum::Ok),
                // No form is shorter: it was cut. A longer one may be of a kind yet to come.
                body if body.len() < BODY => Checksum::Mismatch,
                _ => Checksum::None,
            },
            Self::AppRefresh => match &token[4..] {
                body if body.len() < BODY => Checksum::Mismatch,
                body if body.len() == BODY => fits(body).map_or(Checksum::Mismatch, |()| Checksum::Ok),
                // That the longer form carries a checksum at all is unconfirmed.
                body => fits(body).map_or(Checksum::None, |()| Checksum::Ok),
            },
            // Believed to carry the same checksum over everything before it (unconfirmed), so only a match is told.
            Self::FineGrained => fits(&token["github_pat_".len()..]).map_or(Checksum::None, |()| Checksum::Ok),
            // It has no checksum, but a JWT with other than two dots was cut, as a double click in a terminal does.
            Self::StatelessInstallation if token.matches('.').count() != 2 => Checksum::Mismatch,
            _ => Checksum::None,
        }
    }
}

/// White space and quotes come along when a token is copied out of a file.
fn trim(token: &str) -> &str {
    token.trim().trim_matches(['"', '\'', '`']).trim()
}

/// `APPID_JWT`, whole or cut; the other form has letters and digits alone.
fn looks_stateless(body: &str) -> bool {
    body.contains(['_', '.'])
}

/// The app and the end that the JWT of an app names: issued by an app id or client id, for ten minutes, to nobody. A minute
/// more is allowed for, since apps date theirs back against clocks that differ.
fn app_jwt(token: &str) -> Option<(String, Timestamp)> {
    let claims = jwt::read(token).filter(|claims| !claims.has("aud") && !claims.has("sub"))?;
    let (made, end) = (claims.moment("iat")?, claims.ends()?);
    let app = claims.text("iss")?;
    let is_id = !app.is_empty() && app.len() <= 20 && app.bytes().all(|b| b.is_ascii_digit());
    let is_client =
        app.len() <= 40 && app.starts_with("Iv") && app.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
    let life = end.as_second() - made.as_second();
    ((is_id || is_client) && (1..=660).contains(&life)).then_some((app, end))
}

/// Whether the last six characters are the checksum of all before them.
fn fits(body: &str) -> Option<()> {
    let (data, check) = body.split_at_checked(body.len().checked_sub(CHECK)?)?;
    (check.as_bytes() == checksum_of(data)).then_some(())
}

/// CRC-32 (the one of zlib) in base 62, padded on the left to six digits.
fn checksum_of(data: &str) -> [u8; CHECK] {
    let mut rest = crc32fast::hash(data.as_bytes());
    let mut digits = [DIGITS[0]; CHECK];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(rest % 62) as usize];
        rest /= 62;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_checksums_come_out() {
        assert_eq!(crc32fast::hash(b"KeyrackExampleOnlyNotARealTok1"), 0x758c_77ac);
        for (data, check) in [
            ("KeyrackExampleOnlyNotARealTok1", "29Stgq"),
            ("00000000000000000000000000000A", "1TrKBc"),
            ("zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ", "0mLq17"),
        ] {
            assert_eq!(checksum_of(data), check.as_bytes(), "{data}");
        }
    }

    #[test]
    fn checksums_tell_whole_from_mistyped_from_cut() {
        let of = |token: &str| Form::of(token).checksum(token);
        assert_eq!(of("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"), Checksum::Ok);
        assert_eq!(of(" \"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\"\n"), Checksum::Ok);
        assert_eq!(of("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"), Checksum::Ok);
        assert_eq!(of("ghs_00000000000000000000000000000A1TrKBc"), Checksum::Ok);
        assert_eq!(of("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"), Checksum::Ok);
        assert_eq!(of("ghp_KeyrackExampleOnlyNotARealTok229Stgq"), Checksum::Mismatch);
        assert_eq!(of("ghp_KeyrackExampleOnlyNotARealTok129Stg"), Checksum::Mismatch);
        assert_eq!(of("ghp_KeyrackExampleOfALaterAndLongerFormOfToken1"), Checksum::None);
        assert_eq!(of("ghp_"), Checksum::Mismatch);
        assert_eq!(of("ghp_ÄÖÜ"), Checksum::Mismatch);
    }

    #[test]
    fn a_fine_grained_token_is_never_called_mistyped() {
        let data = format!("{}_{}", "11KEYRACKEXAMPLEFAKE00", "n".repeat(53));
        let check = String::from_utf8(checksum_of(&data).to_vec()).unwrap();
        let whole = format!("github_pat_{data}{check}");
        assert_eq!(whole.len(), 93);
        assert_eq!(Form::FineGrained.checksum(&whole), Checksum::Ok);
        assert_eq!(Form::FineGrained.checksum(&format!("github_pat_{data}000000")), Checksum::None);
        assert_eq!(Form::FineGrained.checksum("github_pat_"), Checksum::None);
    }

    #[test]
    fn a_stateless_token_is_opaque_but_for_its_dots() {
        let token = format!("ghs_4711_eyJFake.{}.{}", "a-_".repeat(150), "b".repeat(50));
        assert_eq!(Form::of(&token), Form::StatelessInstallation);
        assert_eq!(Form::of(&token).checksum(&token), Checksum::None);
        assert_eq!(Form::of(&token).carried(&token).facts[1], ("app id".into(), "4711".into()));
        assert_eq!(Form::of("ghs_4711_eyJFake").checksum("ghs_4711_eyJFake"), Checksum::Mismatch);
    }

    #[test]
    fn forms_without_a_prefix() {
        assert_eq!(Form::of(&"0a".repeat(20)), Form::LegacyUser);
        assert_eq!(Form::of(&"0A".repeat(20)), Form::Other);
        assert_eq!(Form::of(&format!("v1.{}", "0a".repeat(20))), Form::LegacyInstallation);
        for other in ["", "gh", "glpat-NotARealToken", "ghx_00000000000000000000000000000A1TrKBc", "é"] {
            assert_eq!(Form::of(other), Form::Other, "{other}");
        }
    }
}
