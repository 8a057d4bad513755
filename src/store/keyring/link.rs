//! The connection to the system's store: made when it is first needed, again when it is lost, and never believed to be
//! empty before a write went through.

use std::sync::Arc;

use keyring_core::Error as KeyringError;
use keyring_core::api::CredentialStore;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::entry::{build, delete};
use super::fault::Fault;

/// The service name of a probe's entry: another one than that of secrets, so that listing them never meets a probe's.
const PROBE_SERVICE: &str = "keyrack-probe";

/// A store as the underlying crates give it.
pub(super) type Backend = Arc<CredentialStore>;
/// Connects.
pub(super) type Opener = Box<dyn Fn() -> Result<Backend, KeyringError> + Send>;

/// The connection to the backend; lives on the keyring's thread.
pub(super) struct Link {
    open: Opener,
    backend: Option<Backend>,
    /// Whether a write has shown that the keyring is unlocked.
    pub(super) proved: bool,
}

impl Link {
    /// Connects when something is first asked.
    pub(super) fn new(open: Opener) -> Self {
        Self { open, backend: None, proved: false }
    }

    /// Acts on the backend, connecting where there is no connection. One that was open and fails is replaced once: the
    /// service may have been restarted since. All acts may be done twice.
    pub(super) fn with<T>(&mut self, act: impl Fn(&CredentialStore) -> Result<T, KeyringError>) -> Result<T, Fault> {
        if let Some(backend) = &self.backend {
            match act(&**backend) {
                Err(KeyringError::PlatformFailure(_)) => self.backend = None,
                other => return other.map_err(Fault::Act),
            }
        }
        let backend = (self.open)().map_err(Fault::Open)?;
        let result = act(&*backend);
        if !matches!(result, Err(KeyringError::PlatformFailure(_))) {
            self.backend = Some(backend);
        }
        result.map_err(Fault::Act)
    }

    /// Writes, reads and deletes an entry.
    pub(super) fn try_out(&mut self) -> Result<(), Fault> {
        // Random, so that two processes at once do not meet.
        let user = Uuid::new_v4().to_string();
        let same = self.with(|backend| {
            let entry = build(backend, PROBE_SERVICE, &user)?;
            entry.set_secret(user.as_bytes())?;
            let back = entry.get_secret().map(Zeroizing::new);
            delete(&entry)?;
            Ok(*back? == user.as_bytes())
        })?;
        self.proved |= same;
        if same { Ok(()) } else { Err(Fault::Mismatch) }
    }

    /// A keyring that was never unlocked answers that it has nothing. That is believed only once a write went through:
    /// else a locked keyring would pass for one whose secrets are lost, or already destroyed.
    pub(super) fn believe_nothing_there(&mut self) -> Result<(), Fault> {
        if self.proved { Ok(()) } else { self.try_out() }
    }
}

/// Connects to the store of this system.
#[cfg(target_os = "linux")]
pub(super) fn system_store() -> Result<Backend, KeyringError> {
    let store: Backend = zbus_secret_service_keyring_store::Store::new()?;
    Ok(store)
}

/// The `keyring` crate knows the store of the other systems but hands it out through its process-wide default only.
#[cfg(not(target_os = "linux"))]
pub(super) fn system_store() -> Result<Backend, KeyringError> {
    if let Err(error) = keyring::v1::Entry::store_status() {
        return Err(KeyringError::NotSupportedByStore(error.to_string()));
    }
    keyring_core::get_default_store().ok_or(KeyringError::NoDefaultStore)
}
