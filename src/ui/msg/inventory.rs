//! Answers about a host's own list, and about a credential that a host was to make.

use crate::domain::{CreateResult, InventoryReport, RemoteRevokeResult};
use crate::error::Error;

use super::JobId;

/// About a host's own list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InventoryMsg {
    /// Closes `Read`.
    Read {
        /// The job.
        job: JobId,
        /// The list, matched against the rack.
        result: Result<Box<InventoryReport>, Error>,
    },
    /// One line is through; a `Revoke` job goes on.
    Stepped {
        /// The job.
        job: JobId,
        /// What came of it.
        result: Box<RemoteRevokeResult>,
    },
    /// Closes `Revoke`.
    Done {
        /// The job.
        job: JobId,
        /// All results, those stepped too.
        result: Result<Vec<RemoteRevokeResult>, Error>,
    },
}

/// About making a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreateMsg {
    /// Closes `Make`.
    Made {
        /// The job.
        job: JobId,
        /// What came of it.
        result: Result<Box<CreateResult>, Error>,
    },
}
