//! What one source of this machine showed.

use crate::diagnose::look::finding;
use crate::domain::Finding;
use crate::secret::SecretText;

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

/// `40 characters`.
pub(crate) fn length(text: &str) -> String {
    match text.chars().count() {
        1 => "1 character".to_owned(),
        n => format!("{n} characters"),
    }
}
