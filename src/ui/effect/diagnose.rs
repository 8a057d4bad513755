//! Effects about finding out why a credential does not work.

use crate::domain::{CredentialId, Diagnosis};

use super::super::msg::JobId;

/// About a diagnosis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiagnoseFx {
    /// Look at a credential at each of its hosts, side by side; streams `Stage`, closed by `Done`. Needs the secret store.
    Begin {
        /// The job.
        job: JobId,
        /// Whose.
        id: CredentialId,
    },
    /// Write what was found to a file, redacted; closed by `Exported`.
    Export {
        /// The job.
        job: JobId,
        /// What, where and how.
        export: Box<Export>,
    },
}

/// A report to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// What was found, host by host.
    pub found: Vec<Diagnosis>,
    /// The file, as typed.
    pub file: String,
    /// Hide user and host names.
    pub masked: bool,
    /// Replace a file that is there.
    pub replace: bool,
}
