//! Deployment data as Jira keeps it: what was deployed where, by which pipeline, in which state, for which issues.

mod input;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::credential::{UnknownSlug, slugs};
use super::verdict::Evidence;
use std::fmt;
use std::str::FromStr;

pub use input::{
    DEFAULT_ENVIRONMENT, DEFAULT_PIPELINE, DeploymentAct, DeploymentDone, DeploymentInput, DeploymentTold,
};

slugs! {
    /// How far a deployment is. The usual way is pending, in_progress, successful.
    DeploymentState {
        /// Not known.
        Unknown = "unknown",
        /// Waits to begin.
        Pending = "pending",
        /// Under way.
        InProgress = "in_progress",
        /// Stopped before its end.
        Cancelled = "cancelled",
        /// Went wrong.
        Failed = "failed",
        /// Was undone.
        RolledBack = "rolled_back",
        /// Done.
        Successful = "successful",
    }
}

slugs! {
    /// What an environment is for.
    EnvironmentType {
        /// None of the others.
        Unmapped = "unmapped",
        /// Development.
        Development = "development",
        /// Testing.
        Testing = "testing",
        /// Staging.
        Staging = "staging",
        /// Production.
        Production = "production",
    }
}

slugs! {
    /// What a deployment is tied to.
    AssociationType {
        /// Issues, by their keys or numbers.
        IssueIdOrKeys = "issueIdOrKeys",
        /// Issues, by their keys.
        IssueKeys = "issueKeys",
        /// Services, by their ids or keys.
        ServiceIdOrKeys = "serviceIdOrKeys",
        /// Commits, each of a repository that Jira knows.
        Commit = "commit",
        /// Repositories, by the ids under which Jira knows them.
        Repository = "repository",
    }
}

impl AssociationType {
    /// What they are, for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::IssueIdOrKeys | Self::IssueKeys => "issues",
            Self::ServiceIdOrKeys => "services",
            Self::Commit => "commits",
            Self::Repository => "repositories",
        }
    }

    /// Whether they are issues.
    #[must_use]
    pub fn is_issues(self) -> bool {
        matches!(self, Self::IssueIdOrKeys | Self::IssueKeys)
    }
}

/// Things of one type that a deployment is tied to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Association {
    /// What they are.
    pub kind: AssociationType,
    /// Their keys or ids; a commit as `REPOSITORY@HASH`, as [`CommitRef`] writes it.
    pub values: Vec<String>,
}

/// A commit of a repository, written `REPOSITORY@HASH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitRef {
    /// Id under which Jira knows the repository.
    pub repository: String,
    /// The hash.
    pub hash: String,
}

impl fmt::Display for CommitRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.repository, self.hash)
    }
}

/// That text names no commit of a repository.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no commit of a repository: write REPOSITORY@HASH")]
pub struct NoCommit(String);

impl FromStr for CommitRef {
    type Err = NoCommit;

    fn from_str(text: &str) -> Result<Self, NoCommit> {
        match text.rsplit_once('@') {
            Some((repository, hash))
                if !repository.is_empty() && hash.len() >= 7 && hash.bytes().all(|b| b.is_ascii_hexdigit()) =>
            {
                Ok(Self { repository: repository.to_owned(), hash: hash.to_owned() })
            }
            _ => Err(NoCommit(text.to_owned())),
        }
    }
}

/// The process that gets software from version control to an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pipeline {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// A page about it.
    pub url: String,
}

/// Where software is deployed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What it is for.
    pub kind: EnvironmentType,
}

/// One deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// Its number, rising for each pipeline and environment.
    pub sequence: i64,
    /// Number of this telling of it; Jira ignores a lower one than it has.
    pub update_sequence: i64,
    /// What it is tied to.
    pub associations: Vec<Association>,
    /// Its name, shown in Jira.
    pub name: String,
    /// A page about it.
    pub url: String,
    /// What it brings.
    pub description: String,
    /// When it changed last.
    pub last_updated: Timestamp,
    /// How far it is.
    pub state: DeploymentState,
    /// What deployed it.
    pub pipeline: Pipeline,
    /// Where to.
    pub environment: Environment,
    /// A short label, e.g. of a release.
    pub label: Option<String>,
}

impl Deployment {
    /// What names it in Jira.
    #[must_use]
    pub fn key(&self) -> DeploymentKey {
        DeploymentKey {
            pipeline: self.pipeline.id.clone(),
            environment: self.environment.id.clone(),
            sequence: self.sequence,
        }
    }
}

/// What names a deployment in Jira.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentKey {
    /// Id of its pipeline.
    pub pipeline: String,
    /// Id of its environment.
    pub environment: String,
    /// Its number.
    pub sequence: i64,
}

impl fmt::Display for DeploymentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of pipeline {} to {}", self.sequence, self.pipeline, self.environment)
    }
}

/// A deployment as Jira tells of it; it need not tell everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeploymentShown {
    /// What names it.
    pub key: DeploymentKey,
    /// Number of the last telling.
    pub update_sequence: Option<i64>,
    /// Its name.
    pub name: Option<String>,
    /// A page about it.
    pub url: Option<String>,
    /// What it brings.
    pub description: Option<String>,
    /// When it changed last, in the host's words.
    pub last_updated: Option<String>,
    /// How far it is.
    pub state: Option<DeploymentState>,
    /// Name and page of the pipeline.
    pub pipeline: (Option<String>, Option<String>),
    /// Name and type of the environment.
    pub environment: (Option<String>, Option<EnvironmentType>),
    /// Its label.
    pub label: Option<String>,
    /// What it is tied to; empty where Jira does not tell.
    pub associations: Vec<Association>,
    /// What proves it.
    pub evidence: Vec<Evidence>,
}

/// A deployment that Jira did not take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RejectedDeployment {
    /// Which.
    pub key: DeploymentKey,
    /// Why, in Jira's words.
    pub reasons: Vec<String>,
}

/// Jira's answer to a submission. It is processed afterwards: what was accepted may take a moment to be seen.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct DeploymentAnswer {
    /// Taken.
    pub accepted: Vec<DeploymentKey>,
    /// Not taken, and why.
    pub rejected: Vec<RejectedDeployment>,
    /// Issue keys that the site does not know.
    pub unknown_issues: Vec<String>,
    /// Other things that the site does not know: type, and ids or keys.
    pub unknown_associations: Vec<(String, Vec<String>)>,
    /// What proves it.
    pub evidence: Vec<Evidence>,
}

impl DeploymentAnswer {
    /// What the site does not know of what was sent, a sentence each, in words and in Jira's own.
    #[must_use]
    pub fn unknown(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.unknown_issues.is_empty() {
            lines.push(format!("unknown issue keys: {}", self.unknown_issues.join(", ")));
        }
        for (kind, values) in &self.unknown_associations {
            let words = match kind.parse::<AssociationType>() {
                Ok(known) => format!("unknown {} ({kind})", known.words()),
                Err(_) => format!("unknown associations ({kind})"),
            };
            lines.push(format!("{words}: {}", values.join(", ")));
        }
        lines
    }

    /// What follows from it, and what to do next.
    #[must_use]
    pub fn so(&self) -> &'static str {
        match (self.accepted.is_empty(), self.unknown().is_empty()) {
            (true, _) => "Jira kept nothing. Check what it names, and the fields, then submit again.",
            (false, false) => {
                "Jira processes it in the background, without what it does not know; an update can name that anew."
            }
            (false, true) => "Jira processes it in the background; it may take a moment to be seen.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_read_from_the_last_at_sign_and_written_back() {
        for text in
            ["acme/api@08cefae", "https://git@host/acme@08CEFAE1", "24@51e16759cdac67b0d2a94e0674c9603b75a840f6"]
        {
            assert_eq!(text.parse::<CommitRef>().unwrap().to_string(), text);
        }
        for text in ["", "08cefae", "@08cefae", "api@", "api@08cefa", "api@main", "api@0x8cefae"] {
            assert!(text.parse::<CommitRef>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_unknown_is_told_in_words_and_in_the_vendors_own() {
        let unknown = |kind: &str| (kind.to_owned(), vec!["a".to_owned(), "b".to_owned()]);
        let answer = DeploymentAnswer {
            unknown_issues: vec!["NOPE-1".to_owned()],
            unknown_associations: ["serviceIdOrKeys", "commit", "repository", "moon"].map(unknown).to_vec(),
            ..DeploymentAnswer::default()
        };
        assert_eq!(
            answer.unknown(),
            [
                "unknown issue keys: NOPE-1",
                "unknown services (serviceIdOrKeys): a, b",
                "unknown commits (commit): a, b",
                "unknown repositories (repository): a, b",
                "unknown associations (moon): a, b",
            ]
        );
    }
}
