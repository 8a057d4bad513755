//! Effects about keyrack's own health.

use super::super::msg::JobId;

/// About keyrack's own health.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DoctorFx {
    /// Look at everything, or mend first what keyrack can mend itself; closed by `Examined`.
    Examine {
        /// The job.
        job: JobId,
        /// Columns and rows of the terminal.
        size: (u16, u16),
        /// Wait until the secret store is open. One that is locked is a complaint like any other.
        open: bool,
        /// Mend.
        mend: bool,
    },
}
