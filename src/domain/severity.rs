//! How much a finding matters to the person who reads it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::credential::{UnknownSlug, slugs};
use super::verdict::Verdict;

slugs! {
    /// How much a finding matters. Declared from least to most.
    Severity {
        /// Good to know; nothing needs to be done.
        Info = "info",
        /// Works now; something should be done.
        Warning = "warning",
        /// Something does not work, or was not done.
        Error = "error",
    }
}

impl Default for Severity {
    /// What a finding has that was kept before findings had a severity.
    fn default() -> Self {
        Self::Warning
    }
}

impl From<Verdict> for Severity {
    /// What a finding of that verdict has where its data does not say otherwise.
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Valid => Self::Info,
            Verdict::Expiring | Verdict::Limited => Self::Warning,
            _ => Self::Error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Finding;

    #[test]
    fn what_was_kept_before_there_was_a_severity_still_reads() {
        let kept = r#"{"code": "net.dns", "title": "t", "cause": "c", "remedy": "r", "link": ""}"#;
        let finding: Finding = serde_json::from_str(kept).unwrap();
        assert_eq!(finding.severity, Severity::Warning);
        let now = serde_json::to_string(&Finding { severity: Severity::Error, ..finding }).unwrap();
        assert!(now.contains(r#""severity":"error""#), "{now}");
    }

    #[test]
    fn the_worse_the_verdict_the_more_it_matters() {
        let of: Vec<Severity> = Verdict::ALL.iter().map(|verdict| Severity::from(*verdict)).collect();
        assert_eq!((of[0], of[1]), (Severity::Info, Severity::Warning));
        let dead = Verdict::ALL.iter().filter(|verdict| verdict.is_dead());
        assert!(dead.into_iter().all(|verdict| Severity::from(*verdict) == Severity::Error));
    }
}
