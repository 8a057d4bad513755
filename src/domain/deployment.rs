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
    }
}

/// Things of one type that a deployment is tied to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Association {
    /// What they are.
    pub kind: AssociationType,
    /// Their keys or ids.
    pub values: Vec<String>,
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
