//! A secret that was found somewhere, held against the credential's.

use crate::secret::{Secret, SecretText};

/// A secret that was found, against the credential's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    /// It is the credential's.
    Same,
    /// It is, with white space or quotes around it.
    Dressed,
    /// It is another one.
    Other,
    /// The credential's own is not known.
    Untold,
}

impl Held {
    /// Compares with the first part of the credential's secret.
    pub(crate) fn of(found: &str, secret: Option<&Secret>) -> Self {
        Self::of_part(found, secret.map(|s| &s.token))
    }

    /// Compares with one part.
    pub(crate) fn of_part(found: &str, part: Option<&SecretText>) -> Self {
        let Some(own) = part.map(SecretText::reveal) else { return Self::Untold };
        let bare = found.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\''));
        match () {
            () if found == own => Self::Same,
            () if bare == own => Self::Dressed,
            () => Self::Other,
        }
    }

    /// In words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Same => "this credential's secret",
            Self::Dressed => "this credential's secret, with white space or quotes around it",
            Self::Other => "another secret",
            Self::Untold => "not compared, since this credential's secret is not known",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equality_is_told_and_so_is_what_stands_around() {
        let secret = Secret::token("glpat-fake".into());
        for (found, held) in [
            ("glpat-fake", Held::Same),
            ("glpat-fake\r", Held::Dressed),
            ("\"glpat-fake\"", Held::Dressed),
            ("glpat-fak", Held::Other),
        ] {
            assert_eq!(Held::of(found, Some(&secret)), held, "{found:?}");
            assert_eq!(Held::of(found, None), Held::Untold);
        }
    }
}
