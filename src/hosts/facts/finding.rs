//! Findings: recognised situations, with cause and remedy as data; code only recognises them.

use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded::read;
use crate::domain::{Finding, Severity, Stage, Verdict};

/// A recognised situation: cause and remedy as data; code only recognises it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingFacts {
    /// Name; the code is `family.name`, or the name itself in `assets/findings.toml`.
    pub name: String,
    /// What it says of the credential.
    pub verdict: Verdict,
    /// What it is, in a few words; may hold `{placeholders}`.
    pub title: String,
    /// Why it happens.
    pub cause: String,
    /// What to do: the exact page or command; may hold `{placeholders}`.
    pub remedy: String,
    /// The vendor's page on it.
    #[serde(default)]
    pub link: String,
    /// How much it matters, where that is not what its verdict says.
    #[serde(default)]
    pub severity: Option<Severity>,
    /// The stage of a diagnosis that shows it, where that is not the one that its verdict stands for.
    #[serde(default)]
    pub stage: Option<Stage>,
}

/// `assets/findings.toml`: what can be found at any host.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommonFindings {
    /// The findings; `name` is the whole code.
    pub findings: Vec<FindingFacts>,
}

/// The findings that any host can give.
pub fn common() -> &'static CommonFindings {
    static COMMON: LazyLock<CommonFindings> = LazyLock::new(|| {
        read("findings.toml").and_then(|t| toml::from_str(t).ok()).unwrap_or(CommonFindings { findings: Vec::new() })
    });
    &COMMON
}

impl CommonFindings {
    /// Verdict and filled-in finding of that code.
    #[must_use]
    pub fn finding(&self, code: &str, args: &[(&str, &str)]) -> (Verdict, Finding) {
        match self.findings.iter().find(|f| f.name == code) {
            Some(facts) => (facts.verdict, facts.fill(code.to_owned(), args)),
            None => (Verdict::Unreachable, bare(code)),
        }
    }
}

impl FindingFacts {
    /// How much it matters.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.severity.unwrap_or_else(|| self.verdict.into())
    }

    /// The stage of a diagnosis that shows what the host said. A credential that is `limited` was let in: what it lacks is a
    /// matter of permission, unless the data says otherwise (an act that the log-in itself waits for).
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.stage.unwrap_or(match self.verdict {
            Verdict::Limited => Stage::Permission,
            _ => Stage::Authentication,
        })
    }

    pub(super) fn fill(&self, code: String, args: &[(&str, &str)]) -> Finding {
        let fill = |text: &str| {
            args.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
        };
        Finding {
            code,
            title: fill(&self.title),
            cause: fill(&self.cause),
            remedy: fill(&self.remedy),
            link: fill(&self.link),
            severity: self.severity(),
        }
    }
}

/// A finding that no file has; a test sees to it that code names none.
pub(super) fn bare(code: &str) -> Finding {
    Finding {
        code: code.to_owned(),
        title: code.to_owned(),
        cause: String::new(),
        remedy: String::new(),
        link: String::new(),
        severity: Severity::Error,
    }
}
