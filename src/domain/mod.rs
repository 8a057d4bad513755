//! Plain data, no I/O: the words of the product. Imports std, serde and a time crate only.

pub mod clock;
pub mod credential;
pub mod draft;
pub mod grant;
pub mod guide;
pub mod host;
pub mod identified;
pub mod permissions;
pub mod profile;
pub mod remote;
pub mod revocation;
pub mod standing;
pub mod verdict;

pub use clock::Clock;
pub use credential::{Binding, Credential, CredentialId, Expiry, Kind, LookAt, Owner, SecretState, StoreKind};
pub use draft::{Draft, HostChoice, Identified};
pub use grant::{Grant, GrantSource};
pub use guide::{DeliverSteps, Guide};
pub use host::{FamilyId, Host, HostId};
pub use identified::{Candidate, Checksum};
pub use permissions::{
    Fix, GrantNode, Narrower, NeedFound, PermissionTable, Permissions, PlacePermissions, ProfileFound, Stand,
};
pub use profile::{Deliver, Need, Place, Profile, ProfileEntry, Profiles};
pub use remote::{CreateRequest, CreatedToken, Minted, Predecessor, Probed, RemoteList, RemoteState, RemoteToken};
pub use revocation::{RevokeEnd, RevokePlan, RevokeResult, RevokeWay};
pub use standing::{AuditEntry, Standing};
pub use verdict::{Evidence, Finding, Identity, Validation, Verdict};
