//! Effects about a host's own list, and about having a host make a credential.

use crate::domain::{CreateWish, HostId, InventoryLine};

use super::super::msg::JobId;
use super::Signer;

/// About a host's own list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InventoryFx {
    /// Read it and match it against the rack; closed by `Read`.
    Read {
        /// The job.
        job: JobId,
        /// Whose list.
        host: HostId,
        /// Who signs; the host may need nobody.
        signer: Option<Signer>,
    },
    /// Revoke lines of it; streams `Stepped`, closed by `Done`.
    Revoke {
        /// The job.
        job: JobId,
        /// Whose list.
        host: HostId,
        /// Who signs.
        signer: Signer,
        /// Which, as they were read.
        lines: Vec<InventoryLine>,
    },
}

/// About making a credential by its host's API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreateFx {
    /// Make it and put it on the rack; closed by `Made`.
    Make {
        /// The job.
        job: JobId,
        /// What is wanted.
        wish: Box<CreateWish>,
        /// Who signs.
        signer: Option<Signer>,
    },
}
