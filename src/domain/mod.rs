//! Plain data, no I/O: the words of the product. Imports std, serde and a time crate only.

pub mod clock;
pub mod credential;
pub mod deployment;
pub mod draft;
pub mod grant;
pub mod host;
pub mod identified;
pub mod remote;
pub mod revocation;
pub mod standing;
pub mod verdict;

pub use clock::Clock;
pub use credential::{Binding, Credential, CredentialId, Expiry, Kind, LookAt, Owner, SecretState, StoreKind};
pub use deployment::{
    Association, AssociationType, Deployment, DeploymentAnswer, DeploymentKey, DeploymentShown, DeploymentState,
    Environment, EnvironmentType, Pipeline, RejectedDeployment,
};
pub use draft::{Draft, HostChoice, Identified};
pub use grant::{Grant, GrantSource};
pub use host::{FamilyId, Host, HostId};
pub use identified::{Candidate, Checksum};
pub use remote::{CreateRequest, CreatedToken, Minted, Predecessor, Probed, RemoteList, RemoteState, RemoteToken};
pub use revocation::{RevokeEnd, RevokePlan, RevokeResult, RevokeWay};
pub use standing::{AuditEntry, Standing};
pub use verdict::{Evidence, Finding, Identity, Validation, Verdict};
