//! What the records say of their secrets: which one it is, whether it is there, what its host told of it.

use rusqlite::{Connection, OptionalExtension as _, named_params, params};

use super::error::Fault;
use super::{Durability, Rack, RackError, value};
use crate::domain::{CredentialId, Expiry, Kind, SecretState, StoreKind};

/// What a host told of a credential, for its record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learned {
    /// Of which one.
    pub credential: CredentialId,
    /// Its kind; none leaves it as it is.
    pub kind: Option<Kind>,
    /// Its end; unknown leaves it as it is.
    pub expiry: Expiry,
}

/// What a record says of the secret that takes the place of the one it had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSecret {
    /// Its kind.
    pub kind: Kind,
    /// Its user name or access key id; none leaves that of the record.
    pub username: Option<String>,
    /// Its end.
    pub expiry: Expiry,
    /// Whether that was typed by the user.
    pub expiry_by_user: bool,
    /// The store that has it.
    pub store: StoreKind,
    /// A few public characters of it.
    pub hint: String,
    /// Its keyed hash.
    pub fingerprint: String,
}

impl Rack {
    /// Takes over what hosts told of credentials: the kind, and an end, which is then no longer the user's guess. Touches
    /// nothing else, so that what a user edits at the same moment stays. Those no longer on the rack are left out.
    ///
    /// # Errors
    /// The ways in which writing fails; then nothing was taken over.
    pub fn learn(&self, told: &[Learned]) -> Result<(), RackError> {
        if told.is_empty() {
            return Ok(());
        }
        // Like a verdict: what is lost at a power cut is told again by the next check.
        self.write(Durability::Relaxed, |tx| {
            for one in told {
                if let Some(kind) = one.kind {
                    tx.prepare_cached("UPDATE credential SET kind = ?2 WHERE id = ?1")?
                        .execute(params![one.credential.0, kind.slug()])?;
                }
                if one.expiry != Expiry::Unknown {
                    tx.prepare_cached("UPDATE credential SET expiry = ?2, expiry_by_user = 0 WHERE id = ?1")?
                        .execute(params![one.credential.0, value::expiry(one.expiry)])?;
                }
            }
            Ok(())
        })
    }

    /// Says that a credential has another secret now; touches nothing else of the record. The host's id for the one before
    /// goes from its history: by it, the new one would be looked for, and another be ended in its place.
    ///
    /// # Errors
    /// [`RackError::NoSuchCredential`]; [`RackError::DuplicateSecret`] where another credential has that secret.
    pub fn replace_secret(&self, id: &CredentialId, new: &NewSecret) -> Result<(), RackError> {
        self.write(Durability::Full, |tx| {
            let number = value::number(tx, id)?;
            check(tx, &new.fingerprint, Some(number))?;
            tx.prepare_cached(
                "UPDATE history SET validation = json_remove(validation, '$.remote_id')
                 WHERE credential = ?1 AND json_valid(validation)
                     AND ?2 <> (SELECT fingerprint FROM credential WHERE number = ?1)",
            )?
            .execute(params![number, new.fingerprint])?;
            tx.prepare_cached(
                "UPDATE credential SET kind = :kind, username = coalesce(:username, username), expiry = :expiry,
                     expiry_by_user = :expiry_by_user, store = :store, secret = :secret, hint = :hint,
                     fingerprint = :fingerprint
                 WHERE number = :number",
            )?
            .execute(named_params! {
                ":number": number,
                ":kind": new.kind.slug(),
                ":username": new.username,
                ":expiry": value::expiry(new.expiry),
                ":expiry_by_user": new.expiry_by_user,
                ":store": new.store.slug(),
                ":secret": SecretState::Present.slug(),
                ":hint": new.hint,
                ":fingerprint": new.fingerprint,
            })?;
            Ok(())
        })
    }

    /// Says whether the secret is still in its store; touches nothing else of the record.
    ///
    /// # Errors
    /// [`RackError::NoSuchCredential`]; [`RackError::DuplicateSecret`] where a secret is said to be back that another
    /// credential has by now.
    pub fn set_secret_state(&self, id: &CredentialId, state: SecretState) -> Result<(), RackError> {
        self.write(Durability::Full, |tx| {
            let number = value::number(tx, id)?;
            if state == SecretState::Present {
                let fingerprint: String = tx
                    .prepare_cached("SELECT fingerprint FROM credential WHERE number = ?1")?
                    .query_row([number], |row| row.get(0))?;
                check(tx, &fingerprint, Some(number))?;
            }
            tx.prepare_cached("UPDATE credential SET secret = ?2 WHERE number = ?1")?
                .execute(params![number, state.slug()])?;
            Ok(())
        })
    }

    /// The label under which a secret of that fingerprint is on the rack and present.
    ///
    /// # Errors
    /// [`RackError::Damaged`] and the other ways in which reading fails.
    pub fn label_of_fingerprint(&self, fingerprint: &str) -> Result<Option<String>, RackError> {
        self.read(|c| holder(c, fingerprint, None))
    }
}

/// Refuses the secret that another credential than `except` has.
pub(super) fn check(c: &Connection, fingerprint: &str, except: Option<i64>) -> Result<(), Fault> {
    match holder(c, fingerprint, except)? {
        Some(existing) => Err(RackError::DuplicateSecret { existing }.into()),
        None => Ok(()),
    }
}

/// Who has a present secret of that fingerprint; an empty fingerprint is nobody's. The condition repeats that of the
/// unique index, or SQLite would not use it.
fn holder(c: &Connection, fingerprint: &str, except: Option<i64>) -> Result<Option<String>, Fault> {
    Ok(c.prepare_cached(
        "SELECT label FROM credential
         WHERE fingerprint = ?1 AND fingerprint <> '' AND secret = 'present' AND number IS NOT ?2",
    )?
    .query_row(params![fingerprint, except], |row| row.get(0))
    .optional()?)
}
