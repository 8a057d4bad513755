//! Everything that can happen to the interface, grouped by topic. Plain data: can be logged, compared, replayed.
//!
//! A message with a `job` answers an [`Effect`](super::effect::Effect) that carried it. Each job gets exactly one
//! closing message (marked below), failure and cancellation included; messages of a job that is not open are ignored.

mod deployment;
mod diagnose;
mod doctor;
mod inventory;
mod permissions;
mod rotate;

use std::fmt;

use crossterm::event::{KeyEvent, MouseEvent};
use jiff::Timestamp;

use crate::config::Chord;
use crate::domain::{
    AuditEntry, Credential, CredentialId, Host, HostId, Identified, Profiles, RevokePlan, RevokeResult, Standing,
    StoreKind, Validation,
};
use crate::error::Error;
use crate::secret::SecretText;
pub use deployment::DeploymentMsg;
pub use diagnose::{DiagnoseMsg, Exported};
pub use doctor::DoctorMsg;
pub use inventory::{CreateMsg, InventoryMsg};
pub use permissions::{GuideMsg, Guides, PermissionsMsg};
pub use rotate::{IncidentMsg, RotateMsg};

/// Names background work; never used twice in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u64);

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Msg {
    /// The program is up: the first message.
    Start,
    /// A key was pressed.
    Key(Key),
    /// Text was pasted (one event, whatever its length). It may be a secret, so it travels as one.
    Paste(SecretText),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// Time passed. Comes when [`Model::wake_at`](super::Model::wake_at) asked for it.
    Tick(Timestamp),
    /// About what is on the rack.
    Rack(RackMsg),
    /// About a credential being added.
    Add(AddMsg),
    /// About checks.
    Check(CheckMsg),
    /// About revoking.
    Revoke(RevokeMsg),
    /// About a host's own list.
    Inventory(InventoryMsg),
    /// About a credential that a host was to make.
    Create(CreateMsg),
    /// About deployment data in Jira.
    Deployment(DeploymentMsg),
    /// About replacing secrets.
    Rotate(RotateMsg),
    /// About leaked secrets.
    Incident(IncidentMsg),
    /// About what a credential may do.
    Permissions(PermissionsMsg),
    /// About why it does not work.
    Diagnose(DiagnoseMsg),
    /// About keyrack's own health.
    Doctor(DoctorMsg),
    /// About making one by hand.
    Guide(GuideMsg),
    /// About hosts.
    Hosts(HostMsg),
    /// About the audit log.
    Log(LogMsg),
    /// About the secret store.
    Store(StoreMsg),
    /// Something failed that no job stands for (the browser did not open, the worker broke): shown as it is.
    Failed(Error),
}

impl Msg {
    /// The message for a key event; nothing for the release of a key.
    #[must_use]
    pub fn key(event: KeyEvent) -> Option<Self> {
        Chord::from_event(event).map(|chord| Self::Key(Key(chord)))
    }
}

/// A key press. `Debug` hides characters, since they may be typed into a secret's field.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Key(pub Chord);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.text() {
            Some(_) => f.write_str("Key(*)"),
            None => write!(f, "Key({})", self.0),
        }
    }
}

/// All that the rack screen shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RackData {
    /// Every host.
    pub hosts: Vec<Host>,
    /// Every credential.
    pub credentials: Vec<Credential>,
    /// Where they stand, at most one per credential and host.
    pub standings: Vec<Standing>,
    /// Every profile.
    pub profiles: Profiles,
}

/// About what is on the rack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RackMsg {
    /// Closes `Load`.
    Loaded {
        /// The job.
        job: JobId,
        /// The whole rack.
        result: Result<Box<RackData>, Error>,
    },
    /// Another process wrote the rack; it is read again.
    Changed,
    /// Closes `Detail`.
    Detail {
        /// The job.
        job: JobId,
        /// Whose.
        id: CredentialId,
        /// What its checks found, newest first.
        result: Result<Vec<(HostId, Validation)>, Error>,
    },
    /// Closes `Save`.
    Saved {
        /// The job.
        job: JobId,
        /// Whether the edit is kept.
        result: Result<(), Error>,
    },
    /// Closes `Forget`.
    Forgotten {
        /// The job.
        job: JobId,
        /// Those that are off the rack.
        result: Result<Vec<CredentialId>, Error>,
    },
}

/// About a credential being added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddMsg {
    /// Closes `Identify`.
    Identified {
        /// The job.
        job: JobId,
        /// What the paste may be.
        result: Result<Box<Identified>, Error>,
    },
    /// Closes `Check`.
    Checked {
        /// The job.
        job: JobId,
        /// The validation at each host of the draft, by host name.
        result: Result<Vec<(String, Validation)>, Error>,
    },
    /// Closes `Keep`.
    Kept {
        /// The job.
        job: JobId,
        /// The new credential.
        result: Result<CredentialId, Error>,
    },
}

/// About checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckMsg {
    /// One binding was validated; as many as there are bindings, in any order. A binding held back by the brake comes
    /// as `unchecked`.
    Checked {
        /// The job.
        job: JobId,
        /// Whose.
        credential: CredentialId,
        /// Where.
        host: HostId,
        /// What was found.
        validation: Box<Validation>,
    },
    /// Closes `Check`.
    Done {
        /// The job.
        job: JobId,
        /// An error where the run could not begin or go on (store locked); single hosts fail as validations.
        result: Result<(), Error>,
    },
}

/// About revoking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevokeMsg {
    /// Closes `Plan`.
    Planned {
        /// The job.
        job: JobId,
        /// A line per credential and host.
        result: Result<Vec<RevokePlan>, Error>,
    },
    /// One credential is through; a `Run` or `Verify` job goes on.
    Stepped {
        /// The job.
        job: JobId,
        /// What came of it.
        result: Box<RevokeResult>,
    },
    /// Closes `Run` and `Verify`.
    Done {
        /// The job.
        job: JobId,
        /// All results, those stepped too.
        result: Result<Vec<RevokeResult>, Error>,
    },
}

/// What answered at a host, without a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostReport {
    /// What it says it is.
    pub product: String,
    /// Its version, where it tells.
    pub version: Option<String>,
}

/// About hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostMsg {
    /// Closes `Save`.
    Saved {
        /// The job.
        job: JobId,
        /// The record's id.
        result: Result<HostId, Error>,
    },
    /// Closes `Remove`.
    Removed {
        /// The job.
        job: JobId,
        /// Whether it is gone.
        result: Result<(), Error>,
    },
    /// Closes `Test`.
    Tested {
        /// The job.
        job: JobId,
        /// What answered; an error where something else or nothing did.
        result: Result<HostReport, Error>,
    },
}

/// About the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogMsg {
    /// Closes `Load`.
    Loaded {
        /// The job.
        job: JobId,
        /// Entries, newest first.
        result: Result<Vec<AuditEntry>, Error>,
    },
}

/// Whether the secret store wants a passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Passphrase {
    /// No: it is open, or opens by itself.
    #[default]
    None,
    /// Yes, the one it was made with.
    Open,
    /// Yes, a new one: the store is yet to be made.
    Create,
}

/// Which secret store is in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreState {
    /// Which backend.
    pub kind: StoreKind,
    /// Why that one, in a sentence.
    pub reason: String,
    /// Whether it wants a passphrase before secrets can be read.
    pub passphrase: Passphrase,
}

/// About the secret store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreMsg {
    /// Which store is in use; comes at the start and whenever it changes (locked after idling).
    State(StoreState),
    /// Closes `Unlock`.
    Unlocked {
        /// The job.
        job: JobId,
        /// Whether it is open now.
        result: Result<(), Error>,
    },
}
