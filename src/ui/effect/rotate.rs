//! Effects about replacing secrets, and about leaked ones.

use jiff::Timestamp;

use crate::domain::CredentialId;
use crate::secret::SecretText;

use super::super::msg::JobId;
use super::Signer;

/// How to rotate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rotation {
    /// When the new one is to end.
    pub expires: Option<Timestamp>,
    /// Who signs, where somebody else has to.
    pub signer: Option<Signer>,
    /// The new secret, made by hand; for one credential only.
    pub pasted: Option<SecretText>,
    /// Put it in place in spite of doubts.
    pub accept_doubts: bool,
}

/// About replacing secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RotateFx {
    /// Say how each would be rotated, sending nothing; closed by `Planned`.
    Plan {
        /// The job.
        job: JobId,
        /// Which.
        ids: Vec<CredentialId>,
    },
    /// Look what the hosts say of a pasted secret, keeping nothing; closed by `Looked`.
    Look {
        /// The job.
        job: JobId,
        /// Whose place it is to take.
        id: CredentialId,
        /// What was pasted.
        text: SecretText,
    },
    /// Rotate; streams `Stepped`, closed by `Done`.
    Run {
        /// The job.
        job: JobId,
        /// Which.
        ids: Vec<CredentialId>,
        /// How.
        rotation: Box<Rotation>,
    },
}

/// About leaked secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IncidentFx {
    /// Find the secrets in a text and say what would be done about each, asking nobody; closed by `Planned`.
    Plan {
        /// The job.
        job: JobId,
        /// The text.
        text: SecretText,
    },
    /// Revoke them; streams `Stepped`, closed by `Done`.
    Run {
        /// The job.
        job: JobId,
        /// The text.
        text: SecretText,
        /// Who signs, where somebody else has to.
        signer: Option<Signer>,
        /// File for the report.
        report: Option<String>,
    },
}
