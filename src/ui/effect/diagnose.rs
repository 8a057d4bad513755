//! Effects about finding out why a credential does not work.

use crate::domain::{CredentialId, Diagnosis, FamilyId, Kind};
use crate::secret::SecretText;

use super::super::msg::JobId;

/// About a diagnosis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiagnoseFx {
    /// Look at one credential at each of its hosts, side by side; streams `Stage` and `Noted`, closed by `Done`. Needs the
    /// secret store where the credential is on the rack.
    Begin {
        /// The job.
        job: JobId,
        /// Which.
        whom: Whom,
    },
    /// Write what was found to a file, redacted; closed by `Exported`.
    Export {
        /// The job.
        job: JobId,
        /// What, where and how.
        export: Box<Export>,
    },
}

/// Whom a diagnosis is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    /// A credential on the rack.
    Kept(CredentialId),
    /// A token that is not there, and is not put there.
    Given(Box<GivenToken>),
    /// A failing exchange that was pasted: nobody is asked anything.
    Told(Box<PastedExchange>),
}

/// A token that is used for a diagnosis and kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenToken {
    /// Host by name on the rack, or by URL.
    pub host: String,
    /// The product there; none where the host tells.
    pub family: Option<FamilyId>,
    /// Its kind; none where its form tells.
    pub kind: Option<Kind>,
    /// User name, e-mail or access key id.
    pub username: Option<String>,
    /// What was typed or pasted as the token.
    pub token: SecretText,
    /// Jobs to hold it against.
    pub profiles: Vec<String>,
    /// The repository that git is asked about.
    pub git_url: Option<String>,
}

/// What a tool printed of an exchange that failed, and what is known besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastedExchange {
    /// The text; secrets may stand in it.
    pub text: SecretText,
    /// Host by name on the rack, or by URL.
    pub host: Option<String>,
    /// The product there.
    pub family: Option<FamilyId>,
    /// Kind of the credential that was sent.
    pub kind: Option<Kind>,
    /// Its user name.
    pub username: Option<String>,
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
