//! What one source of this machine showed.

use crate::diagnose::look::finding;
use crate::domain::Finding;
use crate::secret::{Secret, SecretText};

/// What one source showed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sight {
    /// Name and value, without a secret.
    pub(crate) facts: Vec<(String, String)>,
    /// What breaks keyrack's own requests.
    pub(crate) breaks: Vec<Finding>,
    /// What misleads other tools.
    pub(crate) misleads: Vec<Finding>,
    /// Secrets that were read on the way.
    pub(crate) secrets: Vec<SecretText>,
}

impl Sight {
    pub(crate) fn fact(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.facts.push((name.into(), value.into()));
    }

    pub(crate) fn breaks(&mut self, code: &str, args: &[(&str, &str)]) {
        self.breaks.push(finding(code, args));
    }

    pub(crate) fn misleads(&mut self, code: &str, args: &[(&str, &str)]) {
        self.misleads.push(finding(code, args));
    }

    pub(crate) fn and(mut self, other: Self) -> Self {
        self.facts.extend(other.facts);
        self.breaks.extend(other.breaks);
        self.misleads.extend(other.misleads);
        self.secrets.extend(other.secrets);
        self
    }
}

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

/// `40 characters`.
pub(crate) fn length(text: &str) -> String {
    match text.chars().count() {
        1 => "1 character".to_owned(),
        n => format!("{n} characters"),
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
