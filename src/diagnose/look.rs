//! What one stage saw, before it is put on the board.

use crate::domain::{Evidence, Finding, StageState};
use crate::error::Error;
use crate::hosts::facts::common;
use crate::net::NetError;

/// What a stage saw.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    pub(crate) state: StageState,
    pub(crate) summary: String,
    pub(crate) facts: Vec<(String, String)>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) evidence: Vec<Evidence>,
}

impl Look {
    pub(crate) fn of(state: StageState, summary: impl Into<String>) -> Self {
        Self { state, summary: summary.into(), facts: Vec::new(), findings: Vec::new(), evidence: Vec::new() }
    }

    pub(crate) fn passed(summary: impl Into<String>) -> Self {
        Self::of(StageState::Passed, summary)
    }

    pub(crate) fn skipped(why: impl Into<String>) -> Self {
        Self::of(StageState::Skipped, why)
    }

    /// The finding stands in the way; its title is the summary.
    pub(crate) fn failed(finding: Finding) -> Self {
        Self { findings: vec![finding.clone()], ..Self::of(StageState::Failed, finding.title) }
    }

    /// The finding is worth knowing.
    pub(crate) fn warned(finding: Finding) -> Self {
        Self { findings: vec![finding.clone()], ..Self::of(StageState::Warned, finding.title) }
    }

    /// Adds something that was seen.
    pub(crate) fn fact(mut self, name: &str, value: impl Into<String>) -> Self {
        self.facts.push((name.to_owned(), value.into()));
        self
    }

    /// Adds evidence.
    pub(crate) fn proved(mut self, evidence: Vec<Evidence>) -> Self {
        self.evidence.extend(evidence);
        self
    }
}

/// A common finding, filled in.
pub(crate) fn finding(code: &str, args: &[(&str, &str)]) -> Finding {
    common().finding(code, args).1
}

/// The finding of a request that got no answer.
pub(crate) fn of_net(error: &NetError) -> Finding {
    finding(error.kind.code(), &[("target", &error.target), ("detail", &error.detail)])
}

/// An error of keyrack itself, under a code.
pub(crate) fn of_error(code: &str, error: &Error) -> Finding {
    finding(code, &[("detail", &error.to_string()), ("advice", &error.hints.join(" "))])
}
