//! The secret store as verbs use it: chosen and opened when first needed, called off the event loop.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::token::Kept;
use crate::domain::{CredentialId, StoreKind};
use crate::error::{Error, ErrorKind, Result};
use crate::secret::{Secret, SecretText};
use crate::store::choice::{self, Chosen, ChosenBy, Passphrase};
use crate::store::{SecretStore, StoreError};

/// Asks the user for the passphrase; gets whether one is set for the first time.
pub type AskPassphrase = Box<dyn Fn(Passphrase) -> Result<SecretText> + Send + Sync>;

/// A secret store that opens itself.
pub struct Vault(Arc<Inner>);

struct Inner {
    explicit: Option<(StoreKind, ChosenBy)>,
    data_dir: PathBuf,
    ask: AskPassphrase,
    chosen: OnceLock<Chosen>,
    open: Mutex<Option<Arc<dyn SecretStore>>>,
    minted: Kept,
}

impl Vault {
    /// A vault that chooses its store (`explicit`, else by probing) and opens it on first use, asking for a passphrase
    /// where the store needs one.
    #[must_use]
    pub fn new(explicit: Option<(StoreKind, ChosenBy)>, data_dir: PathBuf, ask: AskPassphrase) -> Self {
        Self(Arc::new(Inner {
            explicit,
            data_dir,
            ask,
            chosen: OnceLock::new(),
            open: Mutex::new(None),
            minted: Kept::default(),
        }))
    }

    /// A vault over a store that is open already: tests, and the demo.
    #[must_use]
    pub fn over(store: Arc<dyn SecretStore>, reason: &str) -> Self {
        let chosen = Chosen { kind: store.kind(), by: ChosenBy::Flag, reason: reason.to_owned() };
        Self(Arc::new(Inner {
            explicit: None,
            data_dir: PathBuf::new(),
            ask: Box::new(|_| Err(Error::internal("this store needs no passphrase"))),
            chosen: OnceLock::from(chosen),
            open: Mutex::new(Some(store)),
            minted: Kept::default(),
        }))
    }

    /// The short-lived tokens that were got with its secrets, in memory only.
    pub(crate) fn minted(&self) -> &Kept {
        &self.0.minted
    }

    /// Which store is in use and why. May probe the system's store: run off the event loop.
    #[must_use]
    pub fn chosen(&self) -> Chosen {
        self.0.chosen().clone()
    }

    /// What opening would need. May probe the system's store: run off the event loop.
    #[must_use]
    pub fn needs(&self) -> Passphrase {
        if self.0.is_open() {
            Passphrase::NotNeeded
        } else {
            choice::passphrase_needed(self.0.chosen().kind, &self.0.data_dir)
        }
    }

    /// Opens the store, with a passphrase got elsewhere.
    ///
    /// # Errors
    /// Where the passphrase is wrong or the store cannot be opened.
    pub async fn unlock(&self, passphrase: Option<SecretText>) -> Result<()> {
        let inner = Arc::clone(&self.0);
        blocking(move || inner.open_with(passphrase).map(|_| ())).await
    }

    /// Opens the store if it is not open, asking for the passphrase where one is needed.
    ///
    /// # Errors
    /// Where it is locked or absent.
    pub async fn unlock_if_needed(&self) -> Result<()> {
        let inner = Arc::clone(&self.0);
        blocking(move || inner.store().map(|_| ())).await
    }

    /// Reads a secret.
    ///
    /// # Errors
    /// Where the store cannot be opened or has none.
    pub async fn get(&self, id: &CredentialId) -> Result<Secret> {
        let id = id.clone();
        self.with(move |store| store.get(&id)).await
    }

    /// Reads a secret; none where the store has none.
    ///
    /// # Errors
    /// Where the store cannot be opened or asked.
    pub async fn find(&self, id: &CredentialId) -> Result<Option<Secret>> {
        let id = id.clone();
        self.with(move |store| match store.get(&id) {
            Ok(secret) => Ok(Some(secret)),
            Err(StoreError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }

    /// Reads a secret, and says where it cannot be had in which way the store stands in the way.
    ///
    /// # Errors
    /// How the store is unavailable, and the error that a verb would have given.
    pub async fn examine(&self, id: &CredentialId) -> std::result::Result<Option<Secret>, (Unavailable, Error)> {
        let (inner, id) = (Arc::clone(&self.0), id.clone());
        let asked = tokio::task::spawn_blocking(move || inner.examine(&id)).await;
        asked.unwrap_or_else(|_| Err((Unavailable::Unreadable, Error::internal("a background task of keyrack failed"))))
    }

    /// Writes a secret.
    ///
    /// # Errors
    /// Where the store cannot be opened or written.
    pub async fn put(&self, id: &CredentialId, secret: &Secret) -> Result<()> {
        let (id, secret) = (id.clone(), secret.clone());
        self.with(move |store| store.put(&id, &secret)).await
    }

    /// Destroys a secret.
    ///
    /// # Errors
    /// Where the store cannot be opened or written.
    pub async fn delete(&self, id: &CredentialId) -> Result<()> {
        let id = id.clone();
        self.with(move |store| store.delete(&id)).await
    }

    /// Ids of all secrets.
    ///
    /// # Errors
    /// Where the store cannot be opened or listed.
    pub async fn list(&self) -> Result<Vec<CredentialId>> {
        self.with(|store| store.list()).await
    }

    /// Which kind of store it is, opening nothing. May probe.
    pub async fn kind(&self) -> Result<StoreKind> {
        let inner = Arc::clone(&self.0);
        blocking(move || Ok(inner.chosen().kind)).await
    }

    async fn with<T: Send + 'static>(
        &self,
        act: impl FnOnce(&dyn SecretStore) -> std::result::Result<T, StoreError> + Send + 'static,
    ) -> Result<T> {
        let inner = Arc::clone(&self.0);
        blocking(move || {
            let store = inner.store()?;
            act(&*store).map_err(Error::from)
        })
        .await
    }
}

/// In which way a store does not give a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unavailable {
    /// It is there, and has to be unlocked.
    Locked,
    /// There is none in this session.
    Absent,
    /// It gave something that cannot be used, or refuses to be read.
    Unreadable,
}

impl From<&StoreError> for Unavailable {
    fn from(error: &StoreError) -> Self {
        match error {
            StoreError::Locked { .. } | StoreError::WrongPassphrase { .. } | StoreError::TimedOut { .. } => {
                Self::Locked
            }
            StoreError::Absent { .. } => Self::Absent,
            _ => Self::Unreadable,
        }
    }
}

impl Inner {
    fn examine(&self, id: &CredentialId) -> std::result::Result<Option<Secret>, (Unavailable, Error)> {
        let told = |error: StoreError| (Unavailable::from(&error), Error::from(error));
        if !self.is_open() {
            let passphrase = match choice::passphrase_needed(self.chosen().kind, &self.data_dir) {
                Passphrase::NotNeeded => None,
                // A store that was never set up has nothing: it must not be made by looking.
                Passphrase::Create => {
                    let why = "it was never set up here".to_owned();
                    return Err(told(StoreError::Absent { store: self.chosen().kind, why }));
                }
                need => Some((self.ask)(need).map_err(|error| (Unavailable::Locked, error))?),
            };
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            if open.is_none() {
                *open = Some(choice::open(self.chosen().kind, &self.data_dir, passphrase.as_ref()).map_err(told)?);
            }
        }
        let store = self.store().map_err(|error| (Unavailable::Locked, error))?;
        match store.get(id) {
            Ok(secret) => Ok(Some(secret)),
            Err(StoreError::Missing { .. }) => Ok(None),
            Err(error) => Err(told(error)),
        }
    }

    fn chosen(&self) -> &Chosen {
        self.chosen.get_or_init(|| choice::choose(self.explicit, &self.data_dir, choice::probe_keyring))
    }

    fn is_open(&self) -> bool {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn store(&self) -> Result<Arc<dyn SecretStore>> {
        if let Some(store) = self.open.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            return Ok(Arc::clone(store));
        }
        let passphrase = match choice::passphrase_needed(self.chosen().kind, &self.data_dir) {
            Passphrase::NotNeeded => None,
            need => Some((self.ask)(need)?),
        };
        self.open_with(passphrase)
    }

    fn open_with(&self, passphrase: Option<SecretText>) -> Result<Arc<dyn SecretStore>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = open.as_ref() {
            return Ok(Arc::clone(store));
        }
        let store = choice::open(self.chosen().kind, &self.data_dir, passphrase.as_ref())?;
        *open = Some(Arc::clone(&store));
        Ok(store)
    }
}

/// Runs blocking work off the event loop.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| {
        Err(Error::new(ErrorKind::Internal, "a background task of keyrack failed").hint("Please report this."))
    })
}
