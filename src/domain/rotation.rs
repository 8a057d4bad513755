//! Replacing the secret of a credential: what would be done, and what came of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::credential::{CredentialId, Expiry};
use super::guide::DeliverSteps;
use super::verdict::Validation;
use super::way::Way;

/// How a secret gets its successor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RotatePattern {
    /// One request; the host gives a new secret and the old one is dead at once.
    InPlace,
    /// The host makes a second one; once it is proved, the old one is revoked.
    Twin,
    /// A new one is made by hand and pasted; once it is proved, the old one is revoked.
    Swap,
}

/// One line of a rotation plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RotatePlan {
    /// Which credential.
    pub credential: CredentialId,
    /// Its label.
    pub label: String,
    /// Name of the host.
    pub host: String,
    /// How.
    pub pattern: RotatePattern,
    /// How the new one comes to be.
    pub new: Way,
    /// How the old one ends, once the new one is proved; none where it ends with the making of the new one.
    pub old: Option<Way>,
    /// When the new one would end; none where that is left to the host.
    pub expires: Option<Timestamp>,
}

/// How a rotation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RotateEnd {
    /// The new secret is proved and in place, the old one dead.
    Rotated,
    /// The new secret is proved and in place; the old one was not seen dead and is on the rack under a label of its own.
    OldKept,
    /// The new secret could not be proved: the old one stays in place.
    NewUnproved,
    /// The host refused; nothing changed.
    Refused,
    /// The new one has to be made by hand; nothing was sent.
    Guided,
    /// Somebody else has to sign; nothing was sent.
    NeedsAuthority,
    /// Sent, and no answer came.
    Unknown,
    /// The host could not be asked; nothing changed.
    Unreachable,
    /// The host refuses the secret already: there is nothing to rotate.
    Dead,
    /// Another keyrack is at this very credential, or was faster; nothing was sent from here.
    Busy,
    /// keyrack itself failed (store, rack).
    Failed,
    /// Stopped by the user before anything was sent.
    Cancelled,
}

/// What came of one rotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RotateResult {
    /// Which credential.
    pub credential: CredentialId,
    /// Its label.
    pub label: String,
    /// Name of the host.
    pub host: String,
    /// How it ended.
    pub end: RotateEnd,
    /// What happened and what to do next.
    pub message: String,
    /// When the new one ends.
    pub expiry: Expiry,
    /// Label of a further record that was made so that nothing is lost: the old one, or an unproved new one.
    pub left: Option<String>,
    /// What differs from what was asked for, a sentence each.
    pub notes: Vec<String>,
    /// The answer of the host that decides.
    pub validation: Option<Validation>,
    /// What is to be done by hand: for the new one where none was made, for the old one where it lives on.
    pub way: Option<Way>,
    /// Where the new one has to be taken, by the profiles of the credential.
    pub deliver: Vec<DeliverSteps>,
}

/// A new secret that was pasted for an existing credential, looked at before it takes its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Successor {
    /// What each host of the credential says of it, in the order of its bindings.
    pub found: Vec<(String, Validation)>,
    /// Why it should not simply take the place, a sentence each; each must be confirmed.
    pub doubts: Vec<String>,
}
