//! Secrets in the operating system's store: Secret Service on Linux, Keychain on macOS, Credential Manager on Windows.
//!
//! An entry has the service `keyrack`, the credential id as its user and the bytes of the secret as its value; on Linux
//! these names are readable by every program of the session, so nothing secret is in them. Every call runs on one
//! thread and is waited for only so long: such a store may be waiting for a person to answer a prompt.
//!
//! No error of the underlying crates is ever printed as it is: some of them carry the secret.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use keyring_core::api::CredentialStore;
use keyring_core::{Entry, Error as KeyringError};
use uuid::Uuid;
use zeroize::{Zeroize, Zeroizing};

use super::worker::{NoAnswer, Worker};
use super::{SecretStore, StoreError, bus, check_id, clip, decode, encode, is_store_name};
use crate::domain::{CredentialId, StoreKind};
use crate::secret::{Masker, Secret};

/// The service name of all entries.
pub const SERVICE: &str = "keyrack";

/// How long a call may take before it is reported as [`StoreError::TimedOut`].
pub const PATIENCE: Duration = Duration::from_secs(5);

/// The service name of a probe's entry: another one, so that listing secrets never meets a probe's.
const PROBE_SERVICE: &str = "keyrack-probe";

/// Entries whose attributes are read in one call, so that the patience is for a batch and not for the whole list.
const BATCH: usize = 100;

/// Longest text of the system's that goes into a message, in characters.
const LONGEST_TEXT: usize = 300;

type Backend = Arc<CredentialStore>;
type Opener = Box<dyn Fn() -> Result<Backend, KeyringError> + Send>;

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
        open: impl Fn() -> Result<Backend, KeyringError> + Send + 'static,
        patience: Duration,
    ) -> Result<Self, StoreError> {
        let link = Link { open: Box::new(open), backend: None, proved: false };
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

/// The connection to the backend; lives on the keyring's thread.
struct Link {
    open: Opener,
    backend: Option<Backend>,
    /// Whether a write has shown that the keyring is unlocked.
    proved: bool,
}

impl Link {
    /// Acts on the backend, connecting where there is no connection. One that was open and fails is replaced once: the
    /// service may have been restarted since. All acts may be done twice.
    fn with<T>(&mut self, act: impl Fn(&CredentialStore) -> Result<T, KeyringError>) -> Result<T, Fault> {
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
    fn try_out(&mut self) -> Result<(), Fault> {
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
    fn believe_nothing_there(&mut self) -> Result<(), Fault> {
        if self.proved { Ok(()) } else { self.try_out() }
    }
}

/// What failed: getting at the service, or something asked of it.
enum Fault {
    Open(KeyringError),
    Act(KeyringError),
    /// What was read is not what was written.
    Mismatch,
}

impl Fault {
    /// In words that hold no secret. Every variant is looked at by hand; the crate's own texts show secret bytes
    /// (`BadEncoding`, `BadDataFormat`) or internals (`Ambiguous`).
    fn explain(self, what: String) -> StoreError {
        let (error, opening) = match self {
            Self::Open(error) => (error, true),
            Self::Act(error) => (error, false),
            Self::Mismatch => {
                return StoreError::Damaged {
                    what,
                    why: "it gave back something else than was put into it".to_owned(),
                };
            }
        };
        match error {
            KeyringError::PlatformFailure(error) if opening => absent(clip(&error.to_string(), LONGEST_TEXT)),
            KeyringError::PlatformFailure(error) => {
                StoreError::Io { what, why: clip(&error.to_string(), LONGEST_TEXT) }
            }
            KeyringError::NoStorageAccess(_) => StoreError::Locked {
                store: StoreKind::Keyring,
                why: "it was not unlocked in this session, or the prompt for its password was dismissed".to_owned(),
            },
            KeyringError::BadEncoding(mut bytes) | KeyringError::BadDataFormat(mut bytes, _) => {
                bytes.zeroize();
                StoreError::Damaged { what, why: "the entry is not in a form that the keyring understands".to_owned() }
            }
            KeyringError::Ambiguous(entries) => {
                let why = format!("{} entries have this name and differ", entries.len());
                StoreError::Damaged { what, why }
            }
            KeyringError::BadStoreFormat(_) => {
                StoreError::Damaged { what, why: "the keyring itself is not in the form it should have".to_owned() }
            }
            KeyringError::TooLong(_, limit) => {
                StoreError::Io { what, why: format!("this system's keyring takes at most {limit} bytes") }
            }
            KeyringError::NoDefaultStore => absent("this system has none that keyrack can use".to_owned()),
            KeyringError::NotSupportedByStore(_) if opening => {
                absent("this system has none that keyrack can use".to_owned())
            }
            KeyringError::NotSupportedByStore(_) => {
                StoreError::Io { what, why: "this system's keyring cannot do that".to_owned() }
            }
            KeyringError::Invalid(..) => StoreError::Io { what, why: "the keyring refused the entry".to_owned() },
            KeyringError::NoEntry => StoreError::Io { what, why: "the entry disappeared meanwhile".to_owned() },
            // The enum may grow; what a new variant carries is not known to be safe.
            _ => StoreError::Io { what, why: "the keyring failed in a way keyrack does not know".to_owned() },
        }
    }
}

fn absent(why: String) -> StoreError {
    StoreError::Absent { store: StoreKind::Keyring, why }
}

fn build(backend: &CredentialStore, service: &str, user: &str) -> Result<Entry, KeyringError> {
    if cfg!(target_os = "linux") {
        // What a person sees in a keyring manager; the other systems show service and user.
        let label = format!("{service}: {user}");
        backend.build(service, user, Some(&HashMap::from([("label", label.as_str())])))
    } else {
        backend.build(service, user, None)
    }
}

fn read(entry: &Entry) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
    match entry.get_secret() {
        // Copies in several collections, left by some other program: harmless as long as they agree.
        Err(KeyringError::Ambiguous(copies)) => {
            let mut first: Option<Zeroizing<Vec<u8>>> = None;
            for copy in &copies {
                let bytes = Zeroizing::new(copy.get_secret()?);
                if first.get_or_insert_with(|| bytes.clone()) != &bytes {
                    return Err(KeyringError::Ambiguous(copies));
                }
            }
            first.ok_or(KeyringError::NoEntry)
        }
        other => other.map(Zeroizing::new),
    }
}

fn write(entry: &Entry, bytes: &[u8]) -> Result<(), KeyringError> {
    match entry.set_secret(bytes) {
        Err(KeyringError::Ambiguous(copies)) => copies.iter().try_for_each(|copy| copy.set_secret(bytes)),
        other => other,
    }
}

/// Deletes the entry, every copy of it; says whether there was one.
fn delete(entry: &Entry) -> Result<bool, KeyringError> {
    let gone = |result| match result {
        Ok(()) => Ok(true),
        Err(KeyringError::NoEntry) => Ok(false),
        Err(error) => Err(error),
    };
    match entry.delete_credential() {
        Err(KeyringError::Ambiguous(copies)) => {
            copies.iter().try_for_each(|copy| gone(copy.delete_credential()).map(drop))?;
            Ok(true)
        }
        other => gone(other),
    }
}

/// What finds the entries of keyrack; the Windows store searches by a pattern over its own names only.
fn search_spec() -> HashMap<&'static str, &'static str> {
    if cfg!(windows) { HashMap::from([("pattern", SERVICE)]) } else { HashMap::from([("service", SERVICE)]) }
}

/// The user of an entry found by a search; `None` where it is not ours or is gone by now.
fn user_of(entry: &Entry) -> Result<Option<String>, KeyringError> {
    if cfg!(target_os = "linux") {
        // Asked for by its attributes, since `get_specifiers` cannot tell a failure from an entry without a user.
        match entry.get_attributes() {
            Ok(mut attributes) => Ok(attributes.remove("username")),
            Err(KeyringError::NoEntry) => Ok(None),
            Err(error) => Err(error),
        }
    } else {
        Ok(entry.get_specifiers().filter(|(service, _)| service == SERVICE).map(|(_, user)| user))
    }
}

#[cfg(target_os = "linux")]
fn system_store() -> Result<Backend, KeyringError> {
    let store: Backend = zbus_secret_service_keyring_store::Store::new()?;
    Ok(store)
}

/// The `keyring` crate knows the store of the other systems but hands it out through its process-wide default only.
#[cfg(not(target_os = "linux"))]
fn system_store() -> Result<Backend, KeyringError> {
    if let Err(error) = keyring::v1::Entry::store_status() {
        return Err(KeyringError::NotSupportedByStore(error.to_string()));
    }
    keyring_core::get_default_store().ok_or(KeyringError::NoDefaultStore)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_error_shows_secret_bytes() {
        let secret = b"keyrack-example-only".to_vec();
        let numbers = format!("{secret:?}");
        let broken = || Box::new(std::io::Error::other("broken"));
        for error in [KeyringError::BadEncoding(secret.clone()), KeyringError::BadDataFormat(secret.clone(), broken())]
        {
            let shown = Fault::Act(error).explain("reading".to_owned());
            let shown = format!("{shown} {shown:?}");
            assert!(!shown.contains("example-only") && !shown.contains(numbers.trim_matches(['[', ']'])), "{shown}");
            assert!(shown.contains("Damaged"), "{shown}");
        }
    }

    #[test]
    fn locked_absent_and_broken_are_told_apart() {
        let io = || Box::new(std::io::Error::other("x".repeat(10_000)));
        let explain = |fault: Fault| fault.explain("reading".to_owned());
        assert!(matches!(explain(Fault::Act(KeyringError::NoStorageAccess(io()))), StoreError::Locked { .. }));
        assert!(matches!(explain(Fault::Open(KeyringError::PlatformFailure(io()))), StoreError::Absent { .. }));
        assert!(matches!(explain(Fault::Open(KeyringError::NoDefaultStore)), StoreError::Absent { .. }));
        let broken = explain(Fault::Act(KeyringError::PlatformFailure(io())));
        assert!(matches!(&broken, StoreError::Io { why, .. } if why.chars().count() == LONGEST_TEXT + 1), "capped");
    }
}
