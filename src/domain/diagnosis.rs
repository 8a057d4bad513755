//! What a diagnosis found: the stages on the way from the secret store to the host's word, each with what it saw.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::credential::{Kind, UnknownSlug, slugs};
use super::host::FamilyId;
use super::verdict::{Evidence, Finding, Validation, Verdict};

slugs! {
    /// A stage of a diagnosis, in the order in which a failure decides.
    Stage {
        /// The secret store: locked, absent, the secret missing.
        Store = "store",
        /// The record: kind, form of the token, expiry.
        Record = "record",
        /// Variables, git helpers and files of this machine that shadow the credential or bend the way to the host.
        Environment = "environment",
        /// The names of the host, or of the proxy.
        Dns = "dns",
        /// A connection to each address.
        Tcp = "tcp",
        /// The way through the proxy.
        Proxy = "proxy",
        /// Certificate chain and protocol.
        Tls = "tls",
        /// This machine's clock against the host's.
        Clock = "clock",
        /// Product, version and path.
        Host = "host",
        /// Whether the host accepts the credential.
        Authentication = "authentication",
        /// Whether it may do what its jobs need.
        Permission = "permission",
        /// What git would be answered, and whether that works.
        Git = "git",
    }
}

impl Stage {
    /// What it is called on screen.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Store => "Secret store",
            Self::Record => "Record",
            Self::Environment => "Environment",
            Self::Dns => "DNS",
            Self::Tcp => "TCP",
            Self::Proxy => "Proxy",
            Self::Tls => "TLS",
            Self::Clock => "Clock",
            Self::Host => "Host",
            Self::Authentication => "Authentication",
            Self::Permission => "Permission",
            Self::Git => "Git",
        }
    }
}

slugs! {
    /// How a stage stands.
    StageState {
        /// Its turn has not come.
        Waiting = "waiting",
        /// Under way.
        Running = "running",
        /// As it should be.
        Passed = "passed",
        /// Works, and there is something to know.
        Warned = "warned",
        /// Stands in the way.
        Failed = "failed",
        /// The host does not tell.
        Untold = "cannot-tell",
        /// Does not apply here; the summary says why.
        Skipped = "skipped",
        /// An earlier stage failed.
        NotReached = "not-reached",
        /// Stopped by the user.
        Cancelled = "cancelled",
    }
}

impl StageState {
    /// The sign shown beside the word, so that colour never carries the meaning alone.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Waiting => "·",
            Self::Running => "⟳",
            Self::Passed => "✓",
            Self::Warned => "▲",
            Self::Failed => "✖",
            Self::Untold => "?",
            Self::Skipped => "–",
            Self::NotReached => "○",
            Self::Cancelled => "■",
        }
    }

    /// Nothing more will happen to it.
    #[must_use]
    pub fn is_settled(self) -> bool {
        !matches!(self, Self::Waiting | Self::Running)
    }
}

/// One stage and what it saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageReport {
    /// Which stage.
    pub stage: Stage,
    /// How it stands.
    pub state: StageState,
    /// Time it took, in milliseconds.
    pub ms: u64,
    /// One sentence: what was found.
    pub summary: String,
    /// What was seen, name and value: an address, a certificate, a variable.
    pub facts: Vec<(String, String)>,
    /// What was recognised; the first decides.
    pub findings: Vec<Finding>,
    /// What proves it.
    pub evidence: Vec<Evidence>,
}

impl StageReport {
    /// A stage whose turn has not come.
    #[must_use]
    pub fn waiting(stage: Stage) -> Self {
        Self {
            stage,
            state: StageState::Waiting,
            ms: 0,
            summary: String::new(),
            facts: Vec::new(),
            findings: Vec::new(),
            evidence: Vec::new(),
        }
    }
}

/// Whom a diagnosis is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Label on the rack; none for a token that is not there.
    pub label: Option<String>,
    /// Name of the host.
    pub host: String,
    /// Its URL.
    pub url: String,
    /// Its family.
    pub family: FamilyId,
    /// Kind of the credential.
    pub kind: Kind,
    /// User name, e-mail or access key id.
    pub username: Option<String>,
}

/// Everything one diagnosis of a credential at one host found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// Whom it is about.
    pub subject: Subject,
    /// When it began.
    pub started_at: Timestamp,
    /// Time it took, in milliseconds.
    pub ms: u64,
    /// Every stage, in order.
    pub stages: Vec<StageReport>,
    /// What the host said of the credential, where it was asked.
    pub validation: Option<Validation>,
}

impl Diagnosis {
    /// A diagnosis in which nothing has happened.
    #[must_use]
    pub fn new(subject: Subject, started_at: Timestamp) -> Self {
        let stages = Stage::ALL.iter().map(|s| StageReport::waiting(*s)).collect();
        Self { subject, started_at, ms: 0, stages, validation: None }
    }

    /// A stage.
    #[must_use]
    pub fn stage(&self, stage: Stage) -> Option<&StageReport> {
        self.stages.iter().find(|s| s.stage == stage)
    }

    /// Puts a report in its place.
    pub fn put(&mut self, report: StageReport) {
        if let Some(place) = self.stages.iter_mut().find(|s| s.stage == report.stage) {
            *place = report;
        }
    }

    /// The stage that decides: the first that failed, else the first with a warning.
    #[must_use]
    pub fn decides(&self) -> Option<&StageReport> {
        let first = |state| self.stages.iter().find(move |s| s.state == state);
        first(StageState::Failed).or_else(|| first(StageState::Warned))
    }

    /// The finding that decides.
    #[must_use]
    pub fn first_finding(&self) -> Option<&Finding> {
        self.decides().and_then(|s| s.findings.first())
    }

    /// Nothing stands in the way.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.stages.iter().all(|s| !matches!(s.state, StageState::Failed | StageState::Cancelled))
    }

    /// The verdict about the credential: what the host said, else that nothing was learned of it.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let failed = |stage| self.stage(stage).is_some_and(|s| s.state == StageState::Failed);
        match &self.validation {
            Some(validation) => validation.verdict,
            None if [Stage::Store, Stage::Record].into_iter().any(failed) => Verdict::Unchecked,
            // Also where it was stopped before anything stood in the way.
            None if self.stages.iter().all(|s| s.state != StageState::Failed) => Verdict::Unchecked,
            None => Verdict::Unreachable,
        }
    }
}
