//! Credentials and where they are used.

mod row;

use super::error::Fault;
use super::{Durability, Rack, RackError, similar, value};
use crate::domain::{Binding, Credential, CredentialId};
use row::{COLUMNS, binding, decode, insert, one, update};

impl Rack {
    /// Puts a credential on the rack.
    ///
    /// # Errors
    /// [`RackError::DuplicateLabel`], [`RackError::DuplicateSecret`] where a credential with a present secret has the
    /// same fingerprint, [`RackError::NoSuchHost`] for a binding to a host that is not there.
    pub fn insert_credential(&self, credential: &Credential) -> Result<(), RackError> {
        self.insert_credentials(std::slice::from_ref(credential))
    }

    /// Puts many credentials on the rack in one transaction: all of them, or none.
    ///
    /// # Errors
    /// As [`Rack::insert_credential`], for the first that cannot be kept.
    pub fn insert_credentials(&self, credentials: &[Credential]) -> Result<(), RackError> {
        self.write(Durability::Full, |tx| credentials.iter().try_for_each(|credential| insert(tx, credential)))
    }

    /// The credential of that id.
    ///
    /// # Errors
    /// [`RackError::Damaged`] and the other ways in which reading fails.
    pub fn credential(&self, id: &CredentialId) -> Result<Option<Credential>, RackError> {
        self.read(|c| one(c, "id", &id.0))
    }

    /// The credential of exactly that label.
    ///
    /// # Errors
    /// [`RackError::Damaged`] and the other ways in which reading fails.
    pub fn credential_by_label(&self, label: &str) -> Result<Option<Credential>, RackError> {
        self.read(|c| one(c, "label", label))
    }

    /// The credential that has the place of that label: of exactly that one, or of one that differs only in case.
    ///
    /// # Errors
    /// [`RackError::Damaged`] and the other ways in which reading fails.
    pub fn credential_alike(&self, label: &str) -> Result<Option<Credential>, RackError> {
        self.read(|c| one(c, "label_key", &value::folded(label)))
    }

    /// All credentials, by label without regard to case.
    ///
    /// # Errors
    /// [`RackError::Damaged`] and the other ways in which reading fails.
    pub fn credentials(&self) -> Result<Vec<Credential>, RackError> {
        self.read(|c| {
            let mut statement =
                c.prepare_cached("SELECT credential, host, role, look_at FROM binding ORDER BY credential, position")?;
            let bindings = statement
                .query_and_then([], |row| Ok((row.get(0)?, binding(row)?)))?
                .collect::<Result<Vec<(i64, Binding)>, Fault>>()?;
            // Both in the order of the table, side by side; by the index of labels each row would be a search of its own.
            let mut statement = c.prepare_cached(&format!("SELECT {COLUMNS} FROM credential ORDER BY number"))?;
            let mut rows = statement.query([])?;
            let mut all = Vec::new();
            let mut bindings = bindings.into_iter().peekable();
            while let Some(row) = rows.next()? {
                let number: i64 = row.get(0)?;
                let mut its = Vec::new();
                while let Some((_, binding)) = bindings.next_if(|(n, _)| *n <= number) {
                    its.push(binding);
                }
                all.push(decode(row, its)?);
            }
            all.sort_by_cached_key(|c| value::folded(&c.label));
            Ok(all)
        })
    }

    /// Changes a credential as it is at this moment: what others have written since somebody last looked is what `edit`
    /// gets, so that it cannot be taken back unseen. Id and `added_at` stay whatever `edit` does. Gives the record before and
    /// after; nothing changes where `edit` gives an error.
    ///
    /// # Errors
    /// As [`Rack::insert_credential`], [`RackError::NoSuchCredential`], and what `edit` gives. `edit` must not use the rack.
    pub fn edit_credential<E: From<RackError>>(
        &self,
        id: &CredentialId,
        edit: impl FnOnce(&mut Credential) -> Result<(), E>,
    ) -> Result<(Credential, Credential), E> {
        let mut refused = None;
        let written = self.write(Durability::Full, |tx| {
            let number = value::number(tx, id)?;
            let before = one(tx, "id", &id.0)?.ok_or_else(|| value::no_such_credential(id))?;
            let mut after = before.clone();
            if let Err(error) = edit(&mut after) {
                refused = Some(error);
                return Ok((before.clone(), before));
            }
            after.id.clone_from(&before.id);
            after.added_at = before.added_at;
            update(tx, number, &after)?;
            Ok((before, after))
        });
        match refused {
            Some(error) => Err(error),
            None => Ok(written?),
        }
    }

    /// Takes a credential off the rack with its bindings and history. The audit log keeps what it says of it.
    ///
    /// # Errors
    /// [`RackError::NoSuchCredential`].
    pub fn remove_credential(&self, id: &CredentialId) -> Result<(), RackError> {
        self.write(Durability::Full, |tx| {
            let number = value::number(tx, id)?;
            tx.prepare_cached("DELETE FROM credential WHERE number = ?1")?.execute([number])?;
            Ok(())
        })
    }

    /// Labels that look like `label`, the closest first, at most three; none where the rack cannot be read.
    #[must_use]
    pub fn similar_labels(&self, label: &str) -> Vec<String> {
        let labels = self.read(|c| {
            let mut statement = c.prepare_cached("SELECT label FROM credential")?;
            Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?)
        });
        similar::similar(label, labels.unwrap_or_default())
    }

    /// The error for a label that is not on the rack, with the labels that look like it.
    #[must_use]
    pub fn no_such_label(&self, label: &str) -> RackError {
        RackError::NoSuchCredential { label: label.to_owned(), similar: self.similar_labels(label) }
    }
}
