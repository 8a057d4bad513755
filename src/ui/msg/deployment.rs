//! Answers about deployment data in Jira.

use crate::domain::{DeploymentDone, DeploymentKey};
use crate::error::Error;

use super::JobId;

/// About deployment data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeploymentMsg {
    /// Closes `Find`.
    Found {
        /// The job.
        job: JobId,
        /// Which deployment is meant.
        result: Result<DeploymentKey, Error>,
    },
    /// Closes `Run`.
    Done {
        /// The job.
        job: JobId,
        /// What came of it.
        result: Result<Box<DeploymentDone>, Error>,
    },
}
