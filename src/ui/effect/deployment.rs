//! Effects about deployment data in Jira.

use crate::domain::{CredentialId, DeploymentAct, DeploymentInput, HostId};

use super::super::msg::JobId;

/// About deployment data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeploymentFx {
    /// Say which deployment is meant, asking no host; closed by `Found`.
    Find {
        /// The job.
        job: JobId,
        /// The site.
        host: HostId,
        /// What is said of it.
        input: Box<DeploymentInput>,
    },
    /// Do it; closed by `Done`.
    Run {
        /// The job.
        job: JobId,
        /// What.
        act: DeploymentAct,
        /// The OAuth client.
        id: CredentialId,
        /// The site.
        host: HostId,
        /// What is said of it.
        input: Box<DeploymentInput>,
    },
}
