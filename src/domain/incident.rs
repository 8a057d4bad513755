//! Leaked secrets: what would be done about each, and what came of it. Never holds a secret.

use serde::Serialize;

use super::credential::{CredentialId, Kind};
use super::host::FamilyId;
use super::revocation::RevokeEnd;
use super::verdict::Validation;
use super::way::Way;

/// A leaked secret, told apart without telling it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeakName {
    /// Its place among those that were found, from 1.
    pub n: usize,
    /// A few public characters.
    pub hint: String,
    /// Keyed hash, as records have it.
    pub fingerprint: String,
    /// Its family; none where its form is nobody's, or that of several.
    pub family: Option<FamilyId>,
    /// Its kind.
    pub kind: Option<Kind>,
    /// The label that it has on the rack.
    pub label: Option<String>,
    /// The credential of the rack.
    pub credential: Option<CredentialId>,
}

/// What would be done about one leaked secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeakPlan {
    /// Which.
    #[serde(flatten)]
    pub leak: LeakName,
    /// Names of the hosts that will be asked, in this order; the first that knows it is where it is revoked.
    pub hosts: Vec<String>,
    /// It goes into one request with others of its kind.
    pub bulk: bool,
    /// How; none where nothing can be done from here.
    pub plan: Option<Way>,
    /// Why nothing can be done from here; empty otherwise.
    pub why: String,
}

/// What came of one leaked secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeakResult {
    /// Which.
    #[serde(flatten)]
    pub leak: LeakName,
    /// Name of the host at which it was handled.
    pub host: Option<String>,
    /// How it ended; none where its form is nobody's and nothing was sent.
    pub end: Option<RevokeEnd>,
    /// What happened and what to do next.
    pub message: String,
    /// The last answer of the host that decides.
    pub validation: Option<Validation>,
    /// What is to be done by hand.
    pub plan: Option<Way>,
}
