//! Answers about keyrack's own health.

use crate::domain::Complaint;
use crate::error::Error;

use super::JobId;

/// About keyrack's own health.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DoctorMsg {
    /// Closes `Look` and `Mend`.
    Examined {
        /// The job.
        job: JobId,
        /// Everything looked at, also what is as it should be.
        result: Result<Vec<Complaint>, Error>,
    },
}
