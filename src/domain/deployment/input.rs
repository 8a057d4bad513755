//! What somebody says of a deployment at a command or a form, and what came of telling it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::credential::UnknownSlug;
use super::super::host::Host;
use super::{
    Association, AssociationType, Deployment, DeploymentAnswer, DeploymentKey, DeploymentShown, DeploymentState,
    EnvironmentType, slugs,
};
use std::fmt;
use std::str::FromStr;

/// Pipeline where none is named.
pub const DEFAULT_PIPELINE: &str = "keyrack";
/// Environment where none is named: that of Jira's own tutorial.
pub const DEFAULT_ENVIRONMENT: &str = "production";

slugs! {
    /// What to do about a deployment.
    DeploymentAct {
        /// Tell of a new one.
        Submit = "submit",
        /// Tell something new of one.
        Update = "update",
        /// Read one.
        Show = "show",
        /// Delete one.
        Delete = "delete",
    }
}

/// What is said of a deployment. What is left out keeps what Jira shows of it, or takes its default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeploymentInput {
    /// Issue keys.
    pub issues: Vec<String>,
    /// Issues are sent as `issueKeys`, the older association that takes keys alone.
    pub older_issue_keys: bool,
    /// Services, by id or key.
    pub services: Vec<String>,
    /// Commits, as `REPOSITORY@HASH`.
    pub commits: Vec<String>,
    /// Repositories, by the ids under which Jira knows them.
    pub repositories: Vec<String>,
    /// Id of the pipeline.
    pub pipeline: String,
    /// Its name for people; its id where there is none.
    pub pipeline_name: Option<String>,
    /// A page about it; that of the deployment where there is none.
    pub pipeline_url: Option<String>,
    /// Id of the environment.
    pub environment: String,
    /// Its name for people; its id where there is none.
    pub environment_name: Option<String>,
    /// What it is for; where nobody says, an id that is the name of a type has it.
    pub environment_kind: Option<EnvironmentType>,
    /// Its number; the next one, or for all acts but submitting the last.
    pub sequence: Option<i64>,
    /// Number of this telling of it; the next one.
    pub update_sequence: Option<i64>,
    /// When it changed last; now.
    pub last_updated: Option<Timestamp>,
    /// Its name; pipeline and environment where there is none.
    pub name: Option<String>,
    /// A page about it; the issue's where there is none.
    pub url: Option<String>,
    /// What it brings; its name where there is none.
    pub description: Option<String>,
    /// How far it is; successful where nobody says.
    pub state: Option<DeploymentState>,
    /// A short label.
    pub label: Option<String>,
}

impl DeploymentInput {
    /// What it is tied to, of those sorts of which something is said.
    #[must_use]
    pub fn associations(&self) -> Vec<Association> {
        let issues = if self.older_issue_keys { AssociationType::IssueKeys } else { AssociationType::IssueIdOrKeys };
        [
            (issues, &self.issues),
            (AssociationType::ServiceIdOrKeys, &self.services),
            (AssociationType::Commit, &self.commits),
            (AssociationType::Repository, &self.repositories),
        ]
        .into_iter()
        .filter(|(_, values)| !values.is_empty())
        .map(|(kind, values)| Association { kind, values: values.clone() })
        .collect()
    }

    /// The page of the first issue, where one is named that is a key: anything else would lead nowhere.
    #[must_use]
    pub fn issue_page(&self, host: &Host) -> Option<String> {
        let issue = self.issues.first()?;
        let fits = !issue.is_empty() && issue.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        fits.then(|| format!("{}/browse/{issue}", host.url))
    }

    /// Where a person sees it in Jira, in a sentence.
    #[must_use]
    pub fn where_to_look(&self, host: &Host) -> String {
        let page = match self.issue_page(host) {
            Some(page) => page,
            None if self.issues.is_empty() => format!("the issue at {}", host.url),
            None => host.url.clone(),
        };
        format!("In Jira: {page}, Releases in the right panel, tab Deployments.")
    }
}

/// A deployment that Jira was told of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeploymentTold {
    /// What was sent.
    pub deployment: Deployment,
    /// The cloud id it was sent to.
    pub place: String,
    /// Jira's answer.
    pub answer: DeploymentAnswer,
}

/// What came of an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeploymentDone {
    /// Jira was told; its answer says whether it took it.
    Told(Box<DeploymentTold>),
    /// What Jira shows.
    Shown {
        /// The cloud id it was asked of.
        place: String,
        /// The deployment.
        shown: Box<DeploymentShown>,
    },
    /// Jira deletes it.
    Deleted(DeploymentKey),
}
