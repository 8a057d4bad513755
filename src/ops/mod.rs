//! The verbs, shared by both front ends: a [`Core`] holds rack, secret store, network and clock; each verb is a file of
//! functions over it. Nothing here knows of terminals, clap or ratatui.

pub mod add;
mod by_hand;
pub mod check;
pub mod create;
pub mod demo;
pub mod deployment;
pub mod doctor;
pub mod edit;
mod entry;
pub mod exchange;
pub mod guide;
pub mod hosts;
pub mod identify;
pub mod incident;
pub mod inventory;
mod made;
pub(crate) mod name;
pub mod paste;
pub mod permissions;
mod prove;
pub mod recover;
mod refusal;
pub mod report_file;
pub mod revoke;
pub mod rotate;
pub mod signer;
pub mod stale;
pub mod token;
pub mod transcript;
pub mod vault;

use std::path::PathBuf;
use std::time::Duration;

use crate::domain::{AuditEntry, Clock, Credential, Host, HostId};
use crate::error::Result;
use crate::net::client::Network;
use crate::rack::Rack;
pub use vault::Vault;

/// What the user can set that changes how verbs work.
#[derive(Debug, Clone)]
pub struct Settings {
    /// A credential that ends within this many days is `expiring`.
    pub warn_days: i64,
    /// Requests in flight at one host.
    pub per_host: usize,
    /// Credentials checked at once over all hosts.
    pub in_flight: usize,
    /// Refusals in a row for one account at one host after which the rest of it waits.
    pub brake_after: usize,
    /// How long to wait before each look whether a revoked credential is dead: hosts take their time.
    pub confirm_after: Vec<Duration>,
    /// Where the user's own profiles are, in `profiles/`; empty where there is no such place.
    pub config_dir: PathBuf,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            warn_days: 14,
            per_host: 10,
            in_flight: 256,
            brake_after: 3,
            confirm_after: [0, 500, 1_000, 2_000, 4_000, 8_000].map(Duration::from_millis).to_vec(),
            config_dir: PathBuf::new(),
        }
    }
}

/// Everything a verb needs.
pub struct Core {
    /// Everything but secrets.
    pub rack: Rack,
    /// The secret store, opened when first needed.
    pub vault: Vault,
    /// The way to hosts.
    pub network: Network,
    /// The time.
    pub clock: Clock,
    /// What the user set.
    pub settings: Settings,
    /// Operating system user, for the audit log.
    pub user: String,
}

impl Core {
    /// The credential of that label.
    ///
    /// # Errors
    /// Usage error naming the closest labels where there is none.
    pub fn by_label(&self, label: &str) -> Result<Credential> {
        match self.rack.credential_by_label(label)? {
            Some(found) => Ok(found),
            None if name::looks_like_token(label) => Err(name::a_token_in_the_open("label")),
            None => Err(self.rack.no_such_label(label).into()),
        }
    }

    /// The host record of that id.
    ///
    /// # Errors
    /// Where the rack cannot be read or the record is gone.
    pub fn host(&self, id: HostId) -> Result<Host> {
        Ok(self.rack.host(id)?)
    }

    /// Writes a line to the audit log. A log that cannot be written never stops the act it tells of.
    pub fn audit(&self, verb: &str, label: &str, host: &str, outcome: &str, detail: impl Into<String>) {
        let entry = AuditEntry {
            at: self.clock.now(),
            user: self.user.clone(),
            verb: verb.to_owned(),
            label: label.to_owned(),
            host: host.to_owned(),
            outcome: outcome.to_owned(),
            detail: detail.into(),
        };
        // Deliberately dropped: the act has happened, and its result is told to the user all the same.
        let _ = self.rack.audit(&entry);
    }
}
