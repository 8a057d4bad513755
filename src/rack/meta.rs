//! What the rack knows of itself: the store that was chosen, the key of the fingerprints.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::error::Fault;
use super::{Durability, Rack, RackError};
use crate::domain::StoreKind;

const STORE: &str = "store";
const FINGERPRINT_KEY: &str = "fingerprint-key";

impl Rack {
    /// The store that was chosen when the first secret was kept, if one was.
    ///
    /// # Errors
    /// [`RackError::Damaged`] where it is one that this keyrack does not know; and the ways in which reading fails.
    pub fn remembered_store(&self) -> Result<Option<StoreKind>, RackError> {
        self.read(|c| {
            let Some(value) = get(c, STORE)? else { return Ok(None) };
            let slug = String::from_utf8_lossy(&value);
            match slug.parse() {
                Ok(kind) => Ok(Some(kind)),
                Err(_) => {
                    Err(Fault::Value(format!("it names a secret store `{slug}` that this keyrack does not know")))
                }
            }
        })
    }

    /// Remembers the store that was chosen.
    ///
    /// # Errors
    /// The ways in which writing fails.
    pub fn remember_store(&self, store: StoreKind) -> Result<(), RackError> {
        self.write(Durability::Full, |tx| {
            tx.prepare_cached(
                "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            )?
            .execute(params![STORE, store.slug().as_bytes()])?;
            Ok(())
        })
    }

    /// The key of the hash that fingerprints secrets: random, made when it is first asked for, the same for the life of
    /// the rack. It keeps fingerprints of two racks from being compared; it does not make a guessable password safe.
    ///
    /// # Errors
    /// The ways in which reading and writing fail.
    pub fn fingerprint_key(&self) -> Result<[u8; 32], RackError> {
        if let Some(key) = self.read(key_of)? {
            return Ok(key);
        }
        self.write(Durability::Full, |tx| {
            // Another process may have made one since.
            if let Some(key) = key_of(tx)? {
                return Ok(key);
            }
            let key = random_key();
            tx.execute("INSERT INTO meta (key, value) VALUES (?1, ?2)", params![FINGERPRINT_KEY, key])?;
            Ok(key)
        })
    }
}

fn get(c: &Connection, key: &str) -> Result<Option<Vec<u8>>, Fault> {
    Ok(c.prepare_cached("SELECT value FROM meta WHERE key = ?1")?.query_row([key], |row| row.get(0)).optional()?)
}

fn key_of(c: &Connection) -> Result<Option<[u8; 32]>, Fault> {
    match get(c, FINGERPRINT_KEY)? {
        None => Ok(None),
        Some(bytes) => match <[u8; 32]>::try_from(bytes) {
            Ok(key) => Ok(Some(key)),
            Err(_) => Err(Fault::Value("the key of the fingerprints has not 32 bytes".to_owned())),
        },
    }
}

/// 244 bits from the system's generator: six bits of each random UUID are fixed.
fn random_key() -> [u8; 32] {
    let mut key = [0; 32];
    key[..16].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    key[16..].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    key
}
