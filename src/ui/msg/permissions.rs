//! Answers about what a credential may do, and about how one is made by hand.

use crate::domain::{Guide, Permissions};
use crate::error::Error;

use super::JobId;

/// About permissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PermissionsMsg {
    /// Closes `Ask`.
    Found {
        /// The job.
        job: JobId,
        /// What it may do.
        result: Result<Box<Permissions>, Error>,
    },
}

/// The guides of a family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guides {
    /// Those that fit, at least one.
    pub guides: Vec<Guide>,
    /// What a credential of the family may be for: id and title of each profile.
    pub profiles: Vec<(String, String)>,
}

/// About creation guides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GuideMsg {
    /// Closes `Find`.
    Found {
        /// The job.
        job: JobId,
        /// The guides.
        result: Result<Box<Guides>, Error>,
    },
}
