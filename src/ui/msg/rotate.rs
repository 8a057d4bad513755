//! Answers about replacing secrets, and about leaked ones.

use crate::domain::{LeakPlan, LeakResult, RotatePlan, RotateResult, Successor};
use crate::error::Error;

use super::JobId;

/// About replacing secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RotateMsg {
    /// Closes `Plan`.
    Planned {
        /// The job.
        job: JobId,
        /// A line per credential.
        result: Result<Vec<RotatePlan>, Error>,
    },
    /// Closes `Look`.
    Looked {
        /// The job.
        job: JobId,
        /// What the hosts say of the pasted secret.
        result: Result<Box<Successor>, Error>,
    },
    /// One credential is through; a `Run` job goes on.
    Stepped {
        /// The job.
        job: JobId,
        /// What came of it.
        result: Box<RotateResult>,
    },
    /// Closes `Run`.
    Done {
        /// The job.
        job: JobId,
        /// All results, those stepped too.
        result: Result<Vec<RotateResult>, Error>,
    },
}

/// About leaked secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IncidentMsg {
    /// Closes `Plan`.
    Planned {
        /// The job.
        job: JobId,
        /// A line per secret that was found, and what there is to know besides.
        result: Result<(Vec<LeakPlan>, Vec<String>), Error>,
    },
    /// One secret is through; a `Run` job goes on.
    Stepped {
        /// The job.
        job: JobId,
        /// What came of it.
        result: Box<LeakResult>,
    },
    /// Closes `Run`.
    Done {
        /// The job.
        job: JobId,
        /// All results, those stepped too.
        result: Result<Vec<LeakResult>, Error>,
    },
}
