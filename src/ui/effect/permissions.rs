//! Effects about what a credential may do, and about how one is made by hand.

use crate::domain::{CredentialId, FamilyId, Kind};

use super::super::msg::JobId;

/// About permissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PermissionsFx {
    /// Ask every host of a credential what it may do there, and measure that against its profiles; closed by `Found`.
    Ask {
        /// The job.
        job: JobId,
        /// Whose.
        id: CredentialId,
    },
}

/// About creation guides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GuideFx {
    /// Find the guides of a family; closed by `Found`. Asks no host.
    Find {
        /// The job.
        job: JobId,
        /// Which family.
        family: FamilyId,
        /// Name of the host record that tells address, product and version.
        host: Option<String>,
        /// What is to be made; none means everything the family makes.
        kind: Option<Kind>,
        /// What it is for, by the profile's id.
        profile: Option<String>,
    },
}
