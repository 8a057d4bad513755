//! Answers about finding out why a credential does not work.

use crate::domain::{Diagnosis, StageReport};
use crate::error::Error;

use super::JobId;

/// About a diagnosis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiagnoseMsg {
    /// A stage changed; a `Begin` job goes on.
    Stage {
        /// The job.
        job: JobId,
        /// Which of the credential's hosts, in their order.
        host: usize,
        /// How the stage stands now.
        report: Box<StageReport>,
    },
    /// Something to know besides what the stages found; a `Begin` job goes on.
    Noted {
        /// The job.
        job: JobId,
        /// A sentence each.
        notes: Vec<String>,
    },
    /// Closes `Begin`.
    Done {
        /// The job.
        job: JobId,
        /// What was found, host by host, also where it was stopped; an error where nothing could be looked at.
        result: Result<Vec<Diagnosis>, Error>,
    },
    /// Closes `Export`.
    Exported {
        /// The job.
        job: JobId,
        /// What came of it.
        result: Result<Exported, Error>,
    },
}

/// What came of writing a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exported {
    /// It is in this file.
    Written(String),
    /// A file of that name is there already, and was left alone.
    Exists,
}
