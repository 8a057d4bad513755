//! A credential as it stands in its tables: one row, and a row for each binding.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, named_params, params};

use crate::domain::{Binding, Credential, CredentialId, FamilyId, HostId, SecretState};
use crate::rack::error::Fault;
use crate::rack::{RackError, hosts, secrets, value};

/// In the order in which [`decode`] reads them.
pub(super) const COLUMNS: &str = "number, id, label, family, kind, username, owner, expiry, expiry_by_user, added_at, tags, note, store, secret, \
     hint, fingerprint, profiles";

/// The credential whose `column`, a unique one, is `key`.
pub(super) fn one(c: &Connection, column: &str, key: &str) -> Result<Option<Credential>, Fault> {
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

/// Reads [`COLUMNS`].
pub(super) fn decode(row: &Row<'_>, bindings: Vec<Binding>) -> Result<Credential, Fault> {
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

/// Reads `(_, host, role, look_at)`.
pub(super) fn binding(row: &Row<'_>) -> Result<Binding, Fault> {
    let look_at = row.get_ref(3)?.as_str().map_err(|e| Fault::Value(format!("what a binding looks at: {e}")))?;
    let mut binding = Binding::new(HostId(row.get(1)?), row.get(2)?);
    // Most look at nothing: a large rack need not parse that ten thousand times.
    if look_at != "{}" {
        binding.look_at = value::parse_json("what a binding looks at", look_at)?;
    }
    Ok(binding)
}

/// Writes a credential that is not there yet.
pub(super) fn insert(tx: &Transaction<'_>, credential: &Credential) -> Result<(), Fault> {
    write(tx, None, credential)
}

/// Writes a credential in the place of what it was.
pub(super) fn update(tx: &Transaction<'_>, number: i64, credential: &Credential) -> Result<(), Fault> {
    tx.prepare_cached("DELETE FROM binding WHERE credential = ?1")?.execute([number])?;
    write(tx, Some(number), credential)
}

/// One statement for both, so that a column is never written by one and forgotten by the other. What a credential keeps
/// for life, its id and when it was added, is written once.
fn write(tx: &Transaction<'_>, number: Option<i64>, credential: &Credential) -> Result<(), Fault> {
    check_label(tx, &credential.label, number)?;
    if credential.secret == SecretState::Present {
        secrets::check(tx, &credential.fingerprint, number)?;
    }
    tx.prepare_cached(
        "INSERT INTO credential (number, id, label, label_key, family, kind, username, owner, expiry, expiry_by_user,
             added_at, tags, note, store, secret, hint, fingerprint, profiles)
         VALUES (:number, :id, :label, :label_key, :family, :kind, :username, :owner, :expiry, :expiry_by_user,
             :added_at, :tags, :note, :store, :secret, :hint, :fingerprint, :profiles)
         ON CONFLICT (number) DO UPDATE SET label = excluded.label, label_key = excluded.label_key,
             family = excluded.family, kind = excluded.kind, username = excluded.username, owner = excluded.owner,
             expiry = excluded.expiry, expiry_by_user = excluded.expiry_by_user, tags = excluded.tags,
             note = excluded.note, store = excluded.store, secret = excluded.secret, hint = excluded.hint,
             fingerprint = excluded.fingerprint, profiles = excluded.profiles",
    )?
    .execute(named_params! {
        ":number": number,
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
    bind(tx, number.unwrap_or_else(|| tx.last_insert_rowid()), &credential.bindings)
}

/// Refuses the label of another credential than `except`.
fn check_label(tx: &Transaction<'_>, label: &str, except: Option<i64>) -> Result<(), Fault> {
    let existing: Option<String> = tx
        .prepare_cached("SELECT label FROM credential WHERE label_key = ?1 AND number IS NOT ?2")?
        .query_row(params![value::folded(label), except], |row| row.get(0))
        .optional()?;
    match existing {
        Some(existing) => Err(RackError::DuplicateLabel { label: label.to_owned(), existing }.into()),
        None => Ok(()),
    }
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
