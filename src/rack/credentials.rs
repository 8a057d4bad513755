//! Credentials and where they are used.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, named_params, params};

use super::error::Fault;
use super::{Durability, Rack, RackError, hosts, similar, value};
use crate::domain::{Binding, Credential, CredentialId, Expiry, FamilyId, HostId, Kind, SecretState, StoreKind};

const COLUMNS: &str = "number, id, label, family, kind, username, owner, expiry, expiry_by_user, added_at, tags, note, \
                       store, secret, hint, fingerprint, profiles";

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

    /// Replaces everything about a credential but its id and `added_at`, bindings included, in one go.
    ///
    /// A destroyed secret stays destroyed unless the fingerprint changes too (a new secret): whoever read the record
    /// before the secret was destroyed must not bring it back by editing a tag. [`Rack::set_secret_state`] can.
    ///
    /// # Errors
    /// As [`Rack::insert_credential`], and [`RackError::NoSuchCredential`].
    pub fn update_credential(&self, credential: &Credential) -> Result<(), RackError> {
        self.write(Durability::Full, |tx| {
            let number = value::number(tx, &credential.id)?;
            let (state, fingerprint): (String, String) = tx
                .prepare_cached("SELECT secret, fingerprint FROM credential WHERE number = ?1")?
                .query_row([number], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let mut credential = credential.clone();
            if state == SecretState::Destroyed.slug() && fingerprint == credential.fingerprint {
                credential.secret = SecretState::Destroyed;
            }
            check_unique(tx, &credential, Some(number))?;
            tx.prepare_cached(
                "UPDATE credential SET label = :label, label_key = :label_key, family = :family, kind = :kind,
                     username = :username, owner = :owner, expiry = :expiry, expiry_by_user = :expiry_by_user,
                     tags = :tags, note = :note, store = :store, secret = :secret, hint = :hint,
                     fingerprint = :fingerprint, profiles = :profiles
                 WHERE number = :number",
            )?
            .execute(named_params! {
                ":number": number,
                ":label": credential.label,
                ":label_key": value::folded(&credential.label),
                ":family": credential.family.as_str(),
                ":kind": credential.kind.slug(),
                ":username": credential.username,
                ":owner": credential.owner.map(|o| o.slug()),
                ":expiry": value::expiry(credential.expiry),
                ":expiry_by_user": credential.expiry_by_user,
                ":tags": value::json(&credential.tags)?,
                ":note": credential.note,
                ":store": credential.store.slug(),
                ":secret": credential.secret.slug(),
                ":hint": credential.hint,
                ":fingerprint": credential.fingerprint,
                ":profiles": value::json(&credential.profiles)?,
            })?;
            tx.prepare_cached("DELETE FROM binding WHERE credential = ?1")?.execute([number])?;
            bind(tx, number, &credential.bindings)
        })
    }

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

    /// Says that a credential has another secret now; touches nothing else of the record.
    ///
    /// # Errors
    /// [`RackError::NoSuchCredential`]; [`RackError::DuplicateSecret`] where another credential has that secret.
    pub fn replace_secret(&self, id: &CredentialId, new: &NewSecret) -> Result<(), RackError> {
        self.write(Durability::Full, |tx| {
            let number = value::number(tx, id)?;
            check_secret(tx, &new.fingerprint, Some(number))?;
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
                check_secret(tx, &fingerprint, Some(number))?;
            }
            tx.prepare_cached("UPDATE credential SET secret = ?2 WHERE number = ?1")?
                .execute(params![number, state.slug()])?;
            Ok(())
        })
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

    /// The label under which a secret of that fingerprint is on the rack and present.
    ///
    /// # Errors
    /// [`RackError::Damaged`] and the other ways in which reading fails.
    pub fn label_of_fingerprint(&self, fingerprint: &str) -> Result<Option<String>, RackError> {
        self.read(|c| holder_of(c, fingerprint, None))
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

/// Refuses what another credential than `except` has already.
fn check_unique(tx: &Transaction<'_>, credential: &Credential, except: Option<i64>) -> Result<(), Fault> {
    let existing: Option<String> = tx
        .prepare_cached("SELECT label FROM credential WHERE label_key = ?1 AND number IS NOT ?2")?
        .query_row(params![value::folded(&credential.label), except], |row| row.get(0))
        .optional()?;
    if let Some(existing) = existing {
        return Err(RackError::DuplicateLabel { label: credential.label.clone(), existing }.into());
    }
    match credential.secret {
        SecretState::Present => check_secret(tx, &credential.fingerprint, except),
        SecretState::Destroyed => Ok(()),
    }
}

fn check_secret(tx: &Transaction<'_>, fingerprint: &str, except: Option<i64>) -> Result<(), Fault> {
    match holder_of(tx, fingerprint, except)? {
        Some(existing) => Err(RackError::DuplicateSecret { existing }.into()),
        None => Ok(()),
    }
}

/// Who has a present secret of that fingerprint; an empty fingerprint is nobody's. The condition repeats that of the
/// unique index, or SQLite would not use it.
fn holder_of(c: &Connection, fingerprint: &str, except: Option<i64>) -> Result<Option<String>, Fault> {
    Ok(c.prepare_cached(
        "SELECT label FROM credential
         WHERE fingerprint = ?1 AND fingerprint <> '' AND secret = 'present' AND number IS NOT ?2",
    )?
    .query_row(params![fingerprint, except], |row| row.get(0))
    .optional()?)
}

fn bind(tx: &Transaction<'_>, number: i64, bindings: &[Binding]) -> Result<(), Fault> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO binding (credential, position, host, role, look_at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (position, binding) in (0_i64..).zip(bindings) {
        if !hosts::exists(tx, binding.host)? {
            return Err(hosts::no_such_id(binding.host).into());
        }
        insert.execute(params![number, position, binding.host.0, binding.role, value::json(&binding.look_at)?])?;
    }
    Ok(())
}

/// Reads `(_, host, role, look_at)`.
fn binding(row: &Row<'_>) -> Result<Binding, Fault> {
    let look_at = row.get_ref(3)?.as_str().map_err(|e| Fault::Value(format!("what a binding looks at: {e}")))?;
    let mut binding = Binding::new(HostId(row.get(1)?), row.get(2)?);
    // Most look at nothing: a large rack need not parse that ten thousand times.
    if look_at != "{}" {
        binding.look_at = value::parse_json("what a binding looks at", look_at)?;
    }
    Ok(binding)
}

/// The credential whose `column`, a unique one, is `key`.
fn one(c: &Connection, column: &str, key: &str) -> Result<Option<Credential>, Fault> {
    let mut statement = c.prepare_cached(&format!("SELECT {COLUMNS} FROM credential WHERE {column} = ?1"))?;
    let mut rows = statement.query([key])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let number: i64 = row.get(0)?;
    let bindings = c
        .prepare_cached("SELECT credential, host, role, look_at FROM binding WHERE credential = ?1 ORDER BY position")?
        .query_and_then([number], binding)?
        .collect::<Result<_, Fault>>()?;
    decode(row, bindings).map(Some)
}

fn decode(row: &Row<'_>, bindings: Vec<Binding>) -> Result<Credential, Fault> {
    let text = |index: usize| -> Result<&str, Fault> {
        row.get_ref(index)?.as_str().map_err(|e| Fault::Value(format!("column {index} of a credential: {e}")))
    };
    let optional = |index: usize| -> Result<Option<&str>, Fault> {
        row.get_ref(index)?.as_str_or_null().map_err(|e| Fault::Value(format!("column {index} of a credential: {e}")))
    };
    Ok(Credential {
        id: CredentialId(row.get(1)?),
        label: row.get(2)?,
        family: FamilyId::new(text(3)?),
        kind: value::parse("the kind of a credential", text(4)?)?,
        username: row.get(5)?,
        owner: optional(6)?.map(|slug| value::parse("the owner of a credential", slug)).transpose()?,
        expiry: value::parse_expiry(optional(7)?)?,
        expiry_by_user: row.get(8)?,
        added_at: value::parse("a moment", text(9)?)?,
        tags: value::parse_json("the tags of a credential", text(10)?)?,
        note: row.get(11)?,
        profiles: match text(16)? {
            "[]" => Vec::new(),
            list => value::parse_json("the profiles of a credential", list)?,
        },
        bindings,
        store: value::parse("the store of a credential", text(12)?)?,
        secret: value::parse("the state of a secret", text(13)?)?,
        hint: row.get(14)?,
        fingerprint: row.get(15)?,
    })
}

fn insert(tx: &Transaction<'_>, credential: &Credential) -> Result<(), Fault> {
    check_unique(tx, credential, None)?;
    tx.prepare_cached(
        "INSERT INTO credential (id, label, label_key, family, kind, username, owner, expiry, expiry_by_user,
             added_at, tags, note, store, secret, hint, fingerprint, profiles)
         VALUES (:id, :label, :label_key, :family, :kind, :username, :owner, :expiry, :expiry_by_user,
             :added_at, :tags, :note, :store, :secret, :hint, :fingerprint, :profiles)",
    )?
    .execute(named_params! {
        ":id": credential.id.0,
        ":label": credential.label,
        ":label_key": value::folded(&credential.label),
        ":family": credential.family.as_str(),
        ":kind": credential.kind.slug(),
        ":username": credential.username,
        ":owner": credential.owner.map(|o| o.slug()),
        ":expiry": value::expiry(credential.expiry),
        ":expiry_by_user": credential.expiry_by_user,
        ":added_at": value::moment(credential.added_at),
        ":tags": value::json(&credential.tags)?,
        ":note": credential.note,
        ":store": credential.store.slug(),
        ":secret": credential.secret.slug(),
        ":hint": credential.hint,
        ":fingerprint": credential.fingerprint,
        ":profiles": value::json(&credential.profiles)?,
    })?;
    bind(tx, tx.last_insert_rowid(), &credential.bindings)
}
