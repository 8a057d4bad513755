//! Deployment data: what a family does that shows in an issue tracker what was deployed where.

use futures_util::future::BoxFuture;

use super::{Outcome, RequestError, Wire};
use crate::domain::{Deployment, DeploymentAnswer, DeploymentKey, DeploymentShown};
use crate::secret::SecretText;

/// Submitting, showing and deleting deployment data with a Bearer token that was minted before. The wire must mask that
/// token. Each asks once.
pub trait Deploy: Send + Sync {
    /// Holds a deployment against the host's limits; sends nothing.
    ///
    /// # Errors
    /// [`RequestError`] with the first thing that the host would refuse.
    fn check(&self, deployment: &Deployment) -> Result<(), RequestError>;

    /// The host's own id of the site (Jira's cloud id), which the other requests name. Sends no credential.
    fn place<'a>(&'a self, wire: &'a Wire<'a>) -> BoxFuture<'a, Outcome<String>>;

    /// Submits a deployment, or a further telling of one. What is accepted is processed afterwards.
    fn submit<'a>(
        &'a self,
        wire: &'a Wire<'a>,
        place: &'a str,
        bearer: &'a SecretText,
        deployment: &'a Deployment,
    ) -> BoxFuture<'a, Outcome<DeploymentAnswer>>;

    /// Reads one; none where the host has none of that key.
    fn show<'a>(
        &'a self,
        wire: &'a Wire<'a>,
        place: &'a str,
        bearer: &'a SecretText,
        key: &'a DeploymentKey,
    ) -> BoxFuture<'a, Outcome<Option<DeploymentShown>>>;

    /// Deletes one; the host does so afterwards.
    fn delete<'a>(
        &'a self,
        wire: &'a Wire<'a>,
        place: &'a str,
        bearer: &'a SecretText,
        key: &'a DeploymentKey,
    ) -> BoxFuture<'a, Outcome<()>>;
}
