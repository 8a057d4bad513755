//! Secrets in the operating system's store: Secret Service on Linux, Keychain on macOS, Credential Manager on Windows.
//!
//! An entry has the service `keyrack`, the credential id as its user and the bytes of the secret as its value; on Linux
//! these names are readable by every program of the session, so nothing secret is in them. Every call runs on one
//! thread and is waited for only so long: such a store may be waiting for a person to answer a prompt.

mod entry;
mod fault;
mod link;

use std::sync::Arc;
use std::time::Duration;

use keyring_core::Error as KeyringError;
use keyring_core::api::CredentialStore;

use super::worker::{NoAnswer, Worker};
use super::{SecretStore, StoreError, bus, check_id, decode, encode, is_store_name};
use crate::domain::{CredentialId, StoreKind};
use crate::secret::{Masker, Secret};
pub use entry::SERVICE;
use entry::{build, delete, read, search_spec, user_of, write};
use fault::{Fault, absent};
use link::{Link, system_store};

/// How long a call may take before it is reported as [`StoreError::TimedOut`].
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Entries whose attributes are read in one call, so that the patience is for a batch and not for the whole list.
const BATCH: usize = 100;

/// The operating system's store.
pub struct KeyringStore {
    worker: Worker<Link>,
}

impl KeyringStore {
    /// Prepares the store of this session; connects with the first call.
    ///
    /// # Errors
    /// [`StoreError::Absent`], at once and without starting anything, where the session has no D-Bus.
    pub fn open() -> Result<Self, StoreError> {
        Self::open_with_patience(PATIENCE)
    }

    /// As [`KeyringStore::open`], with another limit per call.
    ///
    /// # Errors
    /// As for [`KeyringStore::open`].
    pub fn open_with_patience(patience: Duration) -> Result<Self, StoreError> {
        if cfg!(target_os = "linux") {
            bus::present().map_err(absent)?;
        }
        Self::over(system_store, patience)
    }

    /// A store over a backend of the caller's, opened by the first call and again when its connection is lost.
    ///
    /// # Errors
    /// [`StoreError::Io`] where no thread can be started.
    pub fn over(
        open: impl Fn() -> Result<Arc<CredentialStore>, KeyringError> + Send + 'static,
        patience: Duration,
    ) -> Result<Self, StoreError> {
        let link = Link::new(Box::new(open));
        let worker = Worker::start("keyring", link, patience)
            .map_err(|error| StoreError::Io { what: "starting a thread".to_owned(), why: error.to_string() })?;
        Ok(Self { worker })
    }

    /// Finds out whether secrets can be kept here, by writing, reading and deleting an entry of a random name. That the
    /// store opens says little: gnome-keyring answers, and finds nothing, before it was ever unlocked.
    ///
    /// # Errors
    /// [`StoreError::Absent`], [`StoreError::Locked`], [`StoreError::TimedOut`], or what else is wrong with it.
    pub fn probe(&self) -> Result<(), StoreError> {
        self.call("trying out the keyring", Link::try_out)
    }

    fn list_once(&self) -> Result<Vec<CredentialId>, StoreError> {
        let act = "listing the keyring";
        let mut entries = self.call(act, |link| {
            let entries = link.with(|backend| backend.search(&search_spec()))?;
            if entries.is_empty() {
                link.believe_nothing_there()?;
            }
            Ok(entries)
        })?;
        let mut ids = Vec::with_capacity(entries.len());
        while !entries.is_empty() {
            let batch = entries.split_off(entries.len().saturating_sub(BATCH));
            let users = self.call(act, move |_| {
                let users: Result<Vec<_>, _> = batch.iter().map(user_of).collect();
                users.map_err(Fault::Act)
            })?;
            ids.extend(users.into_iter().flatten().filter(|user| is_store_name(user)).map(CredentialId));
        }
        ids.sort();
        ids.dedup();
        Ok(ids)
    }

    /// Runs `work` on the keyring's thread; `act` says what is being done, for messages.
    fn call<T: Send + 'static>(
        &self,
        act: &str,
        work: impl FnOnce(&mut Link) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let what = act.to_owned();
        // The system's error may hold secret bytes: it is turned into words, and dropped, on the thread itself.
        match self.worker.call(move |link| work(link).map_err(|fault| fault.explain(what))) {
            Ok(result) => result,
            Err(NoAnswer::TimedOut) => {
                let seconds = self.worker.patience().as_secs_f64().ceil();
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few whole seconds")]
                let seconds = seconds as u64;
                Err(StoreError::TimedOut { store: StoreKind::Keyring, seconds })
            }
            Err(NoAnswer::Stopped) => {
                Err(StoreError::Io { what: act.to_owned(), why: "the call ended without an answer".to_owned() })
            }
        }
    }
}

impl SecretStore for KeyringStore {
    fn kind(&self) -> StoreKind {
        StoreKind::Keyring
    }

    fn get(&self, id: &CredentialId) -> Result<Secret, StoreError> {
        check_id(id)?;
        let user = id.0.clone();
        let found = self.call(&format!("reading the secret of {id} from the keyring"), move |link| {
            match link.with(|backend| read(&build(backend, SERVICE, &user)?)) {
                Err(Fault::Act(KeyringError::NoEntry)) => link.believe_nothing_there().map(|()| None),
                other => other.map(Some),
            }
        })?;
        let bytes = found.ok_or_else(|| StoreError::Missing { store: StoreKind::Keyring, id: id.clone() })?;
        decode(&bytes, || format!("the keyring entry of {id}"))
    }

    fn put(&self, id: &CredentialId, secret: &Secret) -> Result<(), StoreError> {
        check_id(id)?;
        let bytes = encode(secret)?;
        let user = id.0.clone();
        self.call(&format!("writing the secret of {id} to the keyring"), move |link| {
            link.with(|backend| write(&build(backend, SERVICE, &user)?, &bytes))?;
            link.proved = true;
            Ok(())
        })
        .map_err(|error| match error {
            // The text comes from a service that was just told the secret.
            StoreError::Io { what, why } => StoreError::Io { what, why: Masker::of(secret).mask(&why) },
            other => other,
        })
    }

    fn delete(&self, id: &CredentialId) -> Result<(), StoreError> {
        check_id(id)?;
        let user = id.0.clone();
        self.call(&format!("deleting the secret of {id} from the keyring"), move |link| {
            match link.with(|backend| delete(&build(backend, SERVICE, &user)?))? {
                true => Ok(()),
                false => link.believe_nothing_there(),
            }
        })
    }

    fn list(&self) -> Result<Vec<CredentialId>, StoreError> {
        // An entry that another process deletes between search and look fails the whole look, and Secret Service does
        // not say that this was the reason.
        match self.list_once() {
            Err(StoreError::Io { .. }) => self.list_once(),
            other => other,
        }
    }
}
