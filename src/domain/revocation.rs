//! A revocation before and after: what would be done, and what came of it.

use serde::Serialize;

use super::credential::CredentialId;
use super::verdict::Validation;
use super::way::Way;

/// One line of a revocation plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RevokePlan {
    /// Which credential.
    pub credential: CredentialId,
    /// Its label.
    pub label: String,
    /// Name of the host.
    pub host: String,
    /// How.
    #[serde(flatten)]
    pub way: Way,
}

/// How a revocation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RevokeEnd {
    /// The host was seen to refuse the secret; it is destroyed here too.
    Revoked,
    /// The host refused it already before; it is destroyed here.
    AlreadyDead,
    /// The host took the order, and still accepts the secret; kept here.
    StillAccepted,
    /// The host refused the order; nothing changed.
    Refused,
    /// It has to be done by hand; nothing was sent.
    Guided,
    /// Somebody else has to sign; nothing was sent.
    NeedsAuthority,
    /// Sent, and no answer came: it may or may not have happened. Kept here.
    Unknown,
    /// The host could not be asked; nothing changed.
    Unreachable,
    /// Another keyrack is at this very credential, or was faster; nothing was sent from here.
    Busy,
    /// keyrack itself failed (store, rack).
    Failed,
    /// Stopped by the user before anything was sent.
    Cancelled,
}

/// What came of one revocation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RevokeResult {
    /// Which credential.
    pub credential: CredentialId,
    /// Its label.
    pub label: String,
    /// Name of the host.
    pub host: String,
    /// How it ended.
    pub end: RevokeEnd,
    /// What happened and what to do next, in a sentence or two.
    pub message: String,
    /// The last answer of the host that decides, with findings and evidence.
    pub validation: Option<Validation>,
    /// The plan, for those that need a hand or a signer.
    pub plan: Option<RevokePlan>,
}
