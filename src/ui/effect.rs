//! Everything the interface asks of the world, grouped by topic. Plain data; the runtime carries it out.
//!
//! An effect with a `job` is answered by exactly one closing message with that job (see [`super::msg`]), also when it
//! fails, is cancelled, or the job was already over when [`Effect::Cancel`] came.

mod deployment;
mod diagnose;
mod doctor;
mod inventory;
mod permissions;
mod rotate;

use crate::domain::{Binding, CredentialId, Draft, Expiry, Host, HostId, LookAt, Owner, Validation};
use crate::secret::SecretText;

use super::msg::JobId;
pub use deployment::DeploymentFx;
pub use diagnose::{DiagnoseFx, Export, GivenToken, PastedExchange, Whom};
pub use doctor::DoctorFx;
pub use inventory::{CreateFx, InventoryFx};
pub use permissions::{GuideFx, PermissionsFx};
pub use rotate::{IncidentFx, RotateFx, Rotation};

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// About what is on the rack.
    Rack(RackFx),
    /// About a credential being added.
    Add(AddFx),
    /// Validate at every binding; streams `Checked`, closed by `Done`. Needs the secret store.
    Check {
        /// The job.
        job: JobId,
        /// Which credentials.
        ids: Vec<CredentialId>,
        /// Go on after three rejections in a row for an account.
        no_brake: bool,
    },
    /// About revoking.
    Revoke(RevokeFx),
    /// About a host's own list.
    Inventory(InventoryFx),
    /// About having a host make a credential.
    Create(CreateFx),
    /// About deployment data in Jira.
    Deployment(DeploymentFx),
    /// About replacing secrets.
    Rotate(RotateFx),
    /// About leaked secrets.
    Incident(IncidentFx),
    /// About what a credential may do.
    Permissions(PermissionsFx),
    /// About why it does not work.
    Diagnose(DiagnoseFx),
    /// About keyrack's own health.
    Doctor(DoctorFx),
    /// About making one by hand.
    Guide(GuideFx),
    /// About hosts.
    Hosts(HostFx),
    /// About the audit log.
    Log(LogFx),
    /// About the secret store.
    Store(StoreFx),
    /// About terminal and desktop.
    System(SystemFx),
    /// Stop that job as soon as may be; its closing message still comes.
    Cancel(JobId),
}

impl Effect {
    /// Whether it has to wait until the secret store is open.
    #[must_use]
    pub fn needs_store(&self) -> bool {
        matches!(
            self,
            Self::Check { .. }
                | Self::Add(AddFx::Keep { .. })
                | Self::Revoke(RevokeFx::Run { .. } | RevokeFx::Verify { .. })
                | Self::Inventory(
                    InventoryFx::Revoke { .. } | InventoryFx::Read { signer: Some(Signer::Credential(_)), .. },
                )
                | Self::Create(_)
                | Self::Deployment(DeploymentFx::Run { .. })
                | Self::Permissions(_)
                | Self::Diagnose(DiagnoseFx::Begin { whom: Whom::Kept(_), .. })
                | Self::Doctor(DoctorFx::Examine { open: true, .. })
                | Self::Rotate(RotateFx::Run { .. })
                | Self::Incident(IncidentFx::Run { .. })
                | Self::Rack(RackFx::Forget { .. })
        )
    }

    /// The job that it begins.
    #[must_use]
    pub fn job(&self) -> Option<JobId> {
        match self {
            Self::Rack(
                RackFx::Load { job }
                | RackFx::Detail { job, .. }
                | RackFx::Save { job, .. }
                | RackFx::Forget { job, .. },
            )
            | Self::Add(AddFx::Identify { job, .. } | AddFx::Check { job, .. } | AddFx::Keep { job, .. })
            | Self::Check { job, .. }
            | Self::Revoke(RevokeFx::Plan { job, .. } | RevokeFx::Run { job, .. } | RevokeFx::Verify { job, .. })
            | Self::Inventory(InventoryFx::Read { job, .. } | InventoryFx::Revoke { job, .. })
            | Self::Create(CreateFx::Make { job, .. })
            | Self::Deployment(DeploymentFx::Find { job, .. } | DeploymentFx::Run { job, .. })
            | Self::Rotate(RotateFx::Plan { job, .. } | RotateFx::Look { job, .. } | RotateFx::Run { job, .. })
            | Self::Incident(IncidentFx::Plan { job, .. } | IncidentFx::Run { job, .. })
            | Self::Permissions(PermissionsFx::Ask { job, .. })
            | Self::Diagnose(DiagnoseFx::Begin { job, .. } | DiagnoseFx::Export { job, .. })
            | Self::Doctor(DoctorFx::Examine { job, .. })
            | Self::Guide(GuideFx::Find { job, .. })
            | Self::Hosts(HostFx::Save { job, .. } | HostFx::Remove { job, .. } | HostFx::Test { job, .. })
            | Self::Log(LogFx::Load { job, .. })
            | Self::Store(StoreFx::Unlock { job, .. }) => Some(*job),
            Self::System(_) | Self::Cancel(_) => None,
        }
    }
}

/// What the user may change of a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Which.
    pub id: CredentialId,
    /// Its label.
    pub label: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its note.
    pub note: String,
    /// Its expiry as the user says; none where the host tells it.
    pub expiry: Option<Expiry>,
    /// Its user name; none where it has none.
    pub username: Option<String>,
    /// Whose it is; none where nobody said.
    pub owner: Option<Owner>,
    /// The hosts it is used at; none where they stay as they are.
    pub bindings: Option<Vec<Binding>>,
    /// The profiles it is to serve; none where they stay as they are.
    pub profiles: Option<Vec<String>>,
    /// What profiles look at; what it does not name stays, an empty text forgets it.
    pub look_at: LookAt,
}

/// About what is on the rack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RackFx {
    /// Read hosts, credentials and standings; closed by `Loaded`.
    Load {
        /// The job.
        job: JobId,
    },
    /// Read the history of one credential; closed by `Detail`.
    Detail {
        /// The job.
        job: JobId,
        /// Whose.
        id: CredentialId,
    },
    /// Keep an edit; closed by `Saved`.
    Save {
        /// The job.
        job: JobId,
        /// What to change.
        edit: Box<Edit>,
    },
    /// Take credentials off the rack and destroy their secrets, asking no host; closed by `Forgotten`.
    Forget {
        /// The job.
        job: JobId,
        /// Which.
        ids: Vec<CredentialId>,
    },
}

/// About a credential being added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddFx {
    /// Clean and recognise a paste, offline; closed by `Identified`.
    Identify {
        /// The job.
        job: JobId,
        /// What was pasted.
        text: SecretText,
    },
    /// Validate a draft at its hosts, keeping nothing; closed by `Checked`.
    Check {
        /// The job.
        job: JobId,
        /// The draft.
        draft: Box<Draft>,
    },
    /// Put a draft on the rack; closed by `Kept`.
    Keep {
        /// The job.
        job: JobId,
        /// The draft.
        draft: Box<Draft>,
        /// What its check found, by host name; empty where none was made.
        checked: Vec<(String, Validation)>,
    },
}

/// User name and password of an account that signs; used once, never stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// User name.
    pub user: String,
    /// Password.
    pub password: SecretText,
    /// A one-time code, where the account has a second factor.
    pub code: Option<SecretText>,
}

/// Who signs an act at a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signer {
    /// A credential on the rack.
    Credential(CredentialId),
    /// An account with its password.
    Account(Account),
}

/// About revoking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevokeFx {
    /// Say how each would be revoked, sending nothing; closed by `Planned`.
    Plan {
        /// The job.
        job: JobId,
        /// Which.
        ids: Vec<CredentialId>,
    },
    /// Revoke; streams `Stepped`, closed by `Done`.
    Run {
        /// The job.
        job: JobId,
        /// Which.
        ids: Vec<CredentialId>,
        /// Who signs, where somebody else has to.
        signer: Option<Signer>,
    },
    /// The user revoked them by hand: check, and destroy the secrets of those refused; streams `Stepped`, closed by
    /// `Done`.
    Verify {
        /// The job.
        job: JobId,
        /// Which.
        ids: Vec<CredentialId>,
    },
}

/// About hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostFx {
    /// Keep a host record, new where its id is 0; closed by `Saved`.
    Save {
        /// The job.
        job: JobId,
        /// The record.
        host: Box<Host>,
    },
    /// Remove a host that no credential uses; closed by `Removed`.
    Remove {
        /// The job.
        job: JobId,
        /// Which.
        id: HostId,
    },
    /// Ask it, without a credential, what it is; closed by `Tested`.
    Test {
        /// The job.
        job: JobId,
        /// The record, kept or not.
        host: Box<Host>,
    },
}

/// About the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogFx {
    /// Read the newest entries; closed by `Loaded`.
    Load {
        /// The job.
        job: JobId,
        /// How many at most.
        limit: usize,
    },
}

/// About the secret store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreFx {
    /// Open the store, or make it; closed by `Unlocked`.
    Unlock {
        /// The job.
        job: JobId,
        /// The passphrase.
        passphrase: SecretText,
        /// Make a new store with it.
        create: bool,
    },
}

/// About terminal and desktop; answered by nothing, failures come as `Msg::Failed`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SystemFx {
    /// Open a page in the browser.
    OpenUrl(String),
    /// Put a text, never a secret, on the clipboard, as far as the terminal allows that.
    Copy(String),
    /// Give the terminal back to the shell until `fg`.
    Suspend,
    /// Clear the screen and draw it anew.
    Redraw,
    /// End the program.
    Quit,
}
