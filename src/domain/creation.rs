//! Making a credential by its host's API: what would be asked for, and what came of it.

use serde::Serialize;

use super::credential::{CredentialId, Expiry, Kind, Owner};
use super::host::HostId;
use super::remote::CreateRequest;
use super::verdict::Validation;
use super::way::Way;

/// A wish for a new credential on the rack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateWish {
    /// Its label on the rack.
    pub label: String,
    /// The host that is to make it.
    pub host: HostId,
    /// What to ask the host for.
    pub request: CreateRequest,
    /// Whose account it acts as.
    pub owner: Option<Owner>,
    /// Tags.
    pub tags: Vec<String>,
    /// Note.
    pub note: String,
}

/// How a credential would be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CreatePlan {
    /// Its label on the rack.
    pub label: String,
    /// Name of the host.
    pub host: String,
    /// Its name at the host.
    pub name: String,
    /// How.
    #[serde(flatten)]
    pub way: Way,
}

/// How making one ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CreateEnd {
    /// It is on the rack.
    Created,
    /// The host refused; nothing changed.
    Refused,
    /// It has to be made by hand; nothing was sent.
    Guided,
    /// Somebody has to sign; nothing was sent.
    NeedsAuthority,
    /// Sent, and no answer came: there may be one at the host whose secret nobody has.
    Unknown,
    /// The host could not be asked; nothing changed.
    Unreachable,
    /// keyrack itself failed (store, rack).
    Failed,
}

/// What came of making one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CreateResult {
    /// Its label on the rack; another than the wish's where that was taken meanwhile.
    pub label: String,
    /// Name of the host.
    pub host: String,
    /// How it ended.
    pub end: CreateEnd,
    /// What happened and what to do next.
    pub message: String,
    /// The new record.
    pub credential: Option<CredentialId>,
    /// Its kind.
    pub kind: Option<Kind>,
    /// The host's id for it.
    pub remote_id: Option<String>,
    /// When it ends, as the host says.
    pub expiry: Expiry,
    /// What differs from what was asked for, a sentence each.
    pub notes: Vec<String>,
    /// What validating it found, or what the host refused with.
    pub validation: Option<Validation>,
    /// The plan, for those that need a hand or a signer.
    pub plan: Option<CreatePlan>,
}
