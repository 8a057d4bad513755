//! Plain data, no I/O: the words of the product. Imports std, serde and a time crate only.

pub mod clock;
pub mod creation;
pub mod credential;
pub mod deployment;
pub mod diagnosis;
pub mod draft;
pub mod grant;
pub mod guide;
pub mod health;
pub mod host;
pub mod identified;
pub mod incident;
pub mod inventory;
pub mod permissions;
pub mod profile;
pub mod remote;
pub mod revocation;
pub mod rotation;
pub mod severity;
pub mod standing;
pub mod verdict;
pub mod way;

pub use clock::Clock;
pub use creation::{CreateEnd, CreatePlan, CreateResult, CreateWish};
pub use credential::{Binding, Credential, CredentialId, Expiry, Kind, LookAt, Owner, SecretState, StoreKind};
pub use deployment::{
    Association, AssociationType, CommitRef, DEFAULT_ENVIRONMENT, DEFAULT_PIPELINE, Deployment, DeploymentAct,
    DeploymentAnswer, DeploymentDone, DeploymentInput, DeploymentKey, DeploymentShown, DeploymentState, DeploymentTold,
    Environment, EnvironmentType, NoCommit, Pipeline, RejectedDeployment,
};
pub use diagnosis::{Diagnosis, Stage, StageReport, StageState, Subject};
pub use draft::{Draft, HostChoice, Identified};
pub use grant::{Grant, GrantSource};
pub use guide::{DeliverSteps, Guide};
pub use health::{Complaint, Health, MEND, ORPHANS};
pub use host::{FamilyId, Host, HostId};
pub use identified::{Candidate, Checksum};
pub use incident::{LeakName, LeakPlan, LeakResult};
pub use inventory::{Absent, InventoryLine, InventoryReport, MatchedBy, OnRack, RemoteRevokeResult};
pub use permissions::{
    Fix, GrantNode, Narrower, NeedFound, PermissionTable, Permissions, PlacePermissions, ProfileFound, Stand,
};
pub use profile::{Deliver, Need, Place, Profile, ProfileEntry, Profiles};
pub use remote::{CreateRequest, CreatedToken, Minted, Predecessor, Probed, RemoteList, RemoteState, RemoteToken};
pub use revocation::{RevokeEnd, RevokePlan, RevokeResult};
pub use rotation::{RotateEnd, RotatePattern, RotatePlan, RotateResult, Successor};
pub use severity::Severity;
pub use standing::{AuditEntry, Standing};
pub use verdict::{Evidence, Finding, Identity, Validation, Verdict};
pub use way::Way;
