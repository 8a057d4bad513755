//! A secret store of plain files that survives its process, and one that kills or fails at a chosen call.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use keyrack::domain::{CredentialId, StoreKind};
use keyrack::secret::Secret;
use keyrack::store::{SecretStore, StoreError};

/// One plain file per secret: what a killed process wrote is there for the next one.
pub struct DirStore(PathBuf);

impl DirStore {
    pub fn open(home: &Path) -> Self {
        let dir = home.join("secrets");
        std::fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }
}

fn io(error: &std::io::Error) -> StoreError {
    StoreError::Io { what: "the plain test store".into(), why: error.to_string() }
}

impl SecretStore for DirStore {
    fn kind(&self) -> StoreKind {
        StoreKind::File
    }

    fn get(&self, id: &CredentialId) -> Result<Secret, StoreError> {
        match std::fs::read(self.0.join(&id.0)) {
            Ok(bytes) => Ok(Secret::from_bytes(&bytes).unwrap()),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                Err(StoreError::Missing { store: self.kind(), id: id.clone() })
            }
            Err(e) => Err(io(&e)),
        }
    }

    fn put(&self, id: &CredentialId, secret: &Secret) -> Result<(), StoreError> {
        // Whole or not at all, as every real store promises.
        let temporary = self.0.join(format!(".{}", id.0));
        std::fs::write(&temporary, &*secret.to_bytes()).map_err(|e| io(&e))?;
        std::fs::rename(&temporary, self.0.join(&id.0)).map_err(|e| io(&e))
    }

    fn delete(&self, id: &CredentialId) -> Result<(), StoreError> {
        match std::fs::remove_file(self.0.join(&id.0)) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(io(&e)),
            _ => Ok(()),
        }
    }

    fn list(&self) -> Result<Vec<CredentialId>, StoreError> {
        let names = std::fs::read_dir(&self.0).map_err(|e| io(&e))?.flatten();
        let mut ids: Vec<_> = names.filter_map(|e| e.file_name().into_string().ok()).collect();
        ids.retain(|name| !name.starts_with('.'));
        ids.sort();
        Ok(ids.into_iter().map(CredentialId).collect())
    }
}

/// When, seen from the call's effect, it strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Before,
    After,
}

pub const BOTH: [When; 2] = [When::Before, When::After];

/// What happens at the chosen call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strike {
    /// The process is killed; it cannot clean up.
    Kill,
    /// This call fails.
    Fail(Failure),
    /// This call and all later ones fail.
    FailFromHere(Failure),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    DiskFull,
    Locked,
}

impl Failure {
    fn error(self) -> StoreError {
        match self {
            Self::DiskFull => StoreError::Io { what: "writing a secret".into(), why: "no space left".into() },
            Self::Locked => StoreError::Locked { store: StoreKind::File, why: "it was locked meanwhile".into() },
        }
    }
}

/// Strikes at one call, counted from 0 over all kinds of calls.
pub struct Faulty {
    inner: DirStore,
    calls: AtomicUsize,
    at: Option<(usize, When, Strike)>,
    disarmed: std::sync::atomic::AtomicBool,
}

impl Faulty {
    pub fn new(inner: DirStore, at: Option<(usize, When, Strike)>) -> Self {
        Self { inner, calls: AtomicUsize::new(0), at, disarmed: false.into() }
    }

    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// From now on it works.
    pub fn disarm(&self) {
        self.disarmed.store(true, Ordering::SeqCst);
    }

    fn call<T>(&self, act: impl FnOnce(&DirStore) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let n = self.calls.fetch_add(1, Ordering::SeqCst);
        let strike = self.at.filter(|_| !self.disarmed.load(Ordering::SeqCst));
        let (when, failure) = match strike {
            Some((at, when, Strike::Kill)) if at == n => {
                if when == When::After {
                    let _ = act(&self.inner);
                }
                die();
            }
            Some((at, when, Strike::Fail(failure))) if at == n => (when, failure),
            Some((at, when, Strike::FailFromHere(failure))) if at <= n => (when, failure),
            _ => return act(&self.inner),
        };
        if when == When::After {
            let _ = act(&self.inner);
        }
        Err(failure.error())
    }
}

/// SIGKILL: no destructor runs, no buffer is written.
pub fn die() -> ! {
    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL).unwrap();
    loop {
        std::thread::park();
    }
}

/// A store every call of which goes through the type's own `call`.
macro_rules! every_call_through_call {
    ($store:ty) => {
        impl SecretStore for $store {
            fn kind(&self) -> StoreKind {
                self.inner.kind()
            }

            fn get(&self, id: &CredentialId) -> Result<Secret, StoreError> {
                self.call(|s| s.get(id))
            }

            fn put(&self, id: &CredentialId, secret: &Secret) -> Result<(), StoreError> {
                self.call(|s| s.put(id, secret))
            }

            fn delete(&self, id: &CredentialId) -> Result<(), StoreError> {
                self.call(|s| s.delete(id))
            }

            fn list(&self) -> Result<Vec<CredentialId>, StoreError> {
                self.call(SecretStore::list)
            }
        }
    };
}
pub(crate) use every_call_through_call;

every_call_through_call!(Faulty);
