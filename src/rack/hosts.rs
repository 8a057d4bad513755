//! Host records.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, named_params, params};

use super::error::Fault;
use super::{Durability, Rack, RackError, similar, value};
use crate::domain::{FamilyId, Host, HostId};

const COLUMNS: &str =
    "id, name, family, url, region, endpoints, ca_file, client_cert, proxy, allow_http, product, version";

impl Rack {
    /// Keeps a host; answers its id, which is never used again for another host. `host.id` is not looked at.
    ///
    /// # Errors
    /// [`RackError::DuplicateHost`] where the name is taken, in whatever case.
    pub fn add_host(&self, host: &Host) -> Result<HostId, RackError> {
        self.write(Durability::Full, |tx| {
            write(tx, None, host)?;
            Ok(HostId(tx.last_insert_rowid()))
        })
    }

    /// Replaces everything about the host of that id.
    ///
    /// # Errors
    /// [`RackError::NoSuchHost`], [`RackError::DuplicateHost`].
    pub fn update_host(&self, host: &Host) -> Result<(), RackError> {
        self.write(Durability::Full, |tx| {
            if !exists(tx, host.id)? {
                return Err(no_such_id(host.id).into());
            }
            write(tx, Some(host.id), host)
        })
    }

    /// Takes over what a host says that it is; touches nothing else, so that what a user edits at the same moment stays.
    /// One that is no longer on the rack is left out.
    ///
    /// # Errors
    /// The ways in which writing fails.
    pub fn learn_host(&self, id: HostId, product: Option<&str>, version: Option<&str>) -> Result<(), RackError> {
        self.write(Durability::Full, |tx| {
            tx.prepare_cached("UPDATE host SET product = ?2, version = ?3 WHERE id = ?1")?
                .execute(params![id.0, product, version])?;
            Ok(())
        })
    }

    /// Forgets a host that no credential is bound to, with the verdicts made there.
    ///
    /// # Errors
    /// [`RackError::HostInUse`] with the labels, [`RackError::NoSuchHost`].
    pub fn remove_host(&self, id: HostId) -> Result<(), RackError> {
        self.write(Durability::Full, |tx| {
            let name: Option<String> = tx
                .prepare_cached("SELECT name FROM host WHERE id = ?1")?
                .query_row([id.0], |row| row.get(0))
                .optional()?;
            let name = name.ok_or_else(|| no_such_id(id))?;
            let labels = tx
                .prepare_cached(
                    "SELECT label FROM credential
                     WHERE number IN (SELECT credential FROM binding WHERE host = ?1) ORDER BY label_key",
                )?
                .query_map([id.0], |row| row.get(0))?
                .collect::<Result<Vec<String>, _>>()?;
            if !labels.is_empty() {
                return Err(RackError::HostInUse { name, labels }.into());
            }
            tx.prepare_cached("DELETE FROM host WHERE id = ?1")?.execute([id.0])?;
            Ok(())
        })
    }

    /// The host of that id.
    ///
    /// # Errors
    /// [`RackError::NoSuchHost`].
    pub fn host(&self, id: HostId) -> Result<Host, RackError> {
        self.read(|c| {
            let mut statement = c.prepare_cached(&format!("SELECT {COLUMNS} FROM host WHERE id = ?1"))?;
            let mut rows = statement.query([id.0])?;
            match rows.next()? {
                Some(row) => decode(row),
                None => Err(no_such_id(id).into()),
            }
        })
    }

    /// The host of that name. As with names in DNS, case does not matter.
    ///
    /// # Errors
    /// [`RackError::Damaged`] and the other ways in which reading fails.
    pub fn host_by_name(&self, name: &str) -> Result<Option<Host>, RackError> {
        self.read(|c| {
            let mut statement = c.prepare_cached(&format!("SELECT {COLUMNS} FROM host WHERE name_key = ?1"))?;
            let mut rows = statement.query([value::folded(name)])?;
            rows.next()?.map(decode).transpose()
        })
    }

    /// All hosts, by name without regard to case.
    ///
    /// # Errors
    /// [`RackError::Damaged`] and the other ways in which reading fails.
    pub fn hosts(&self) -> Result<Vec<Host>, RackError> {
        self.read(|c| {
            let mut statement = c.prepare_cached(&format!("SELECT {COLUMNS} FROM host ORDER BY name_key"))?;
            let mut rows = statement.query([])?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                all.push(decode(row)?);
            }
            Ok(all)
        })
    }

    /// The error for a name that no host has, with the names that look like it.
    #[must_use]
    pub fn no_such_host(&self, name: &str) -> RackError {
        let names = self.read(|c| {
            let mut statement = c.prepare_cached("SELECT name FROM host")?;
            Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?)
        });
        RackError::NoSuchHost { name: name.to_owned(), similar: similar::similar(name, names.unwrap_or_default()) }
    }
}

/// The error for an id that no host has.
pub(super) fn no_such_id(id: HostId) -> RackError {
    RackError::NoSuchHost { name: format!("#{}", id.0), similar: Vec::new() }
}

/// Whether there is such a host.
pub(super) fn exists(c: &Connection, id: HostId) -> Result<bool, Fault> {
    Ok(c.prepare_cached("SELECT 1 FROM host WHERE id = ?1")?.exists([id.0])?)
}

/// One statement for a new host and for one that changes, so that a column is never written by one and forgotten by the
/// other.
fn write(tx: &Transaction<'_>, id: Option<HostId>, host: &Host) -> Result<(), Fault> {
    check_unique(tx, &host.name, id)?;
    tx.prepare_cached(
        "INSERT INTO host (id, name, name_key, family, url, region, endpoints, ca_file, client_cert, proxy, allow_http,
             product, version)
         VALUES (:id, :name, :name_key, :family, :url, :region, :endpoints, :ca_file, :client_cert, :proxy, :allow_http,
             :product, :version)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key, family = excluded.family,
             url = excluded.url, region = excluded.region, endpoints = excluded.endpoints, ca_file = excluded.ca_file,
             client_cert = excluded.client_cert, proxy = excluded.proxy, allow_http = excluded.allow_http,
             product = excluded.product, version = excluded.version",
    )?
    .execute(named_params! {
        ":id": id.map(|id| id.0),
        ":name": host.name,
        ":name_key": value::folded(&host.name),
        ":family": host.family.as_str(),
        ":url": host.url,
        ":region": host.region,
        ":endpoints": value::json(&host.endpoints)?,
        ":ca_file": host.ca_file,
        ":client_cert": host.client_cert,
        ":proxy": host.proxy,
        ":allow_http": host.allow_http,
        ":product": host.product,
        ":version": host.version,
    })?;
    Ok(())
}

fn check_unique(tx: &Transaction<'_>, name: &str, except: Option<HostId>) -> Result<(), Fault> {
    let existing: Option<String> = tx
        .prepare_cached("SELECT name FROM host WHERE name_key = ?1 AND id IS NOT ?2")?
        .query_row(params![value::folded(name), except.map(|id| id.0)], |row| row.get(0))
        .optional()?;
    match existing {
        Some(name) => Err(RackError::DuplicateHost { name }.into()),
        None => Ok(()),
    }
}

fn decode(row: &Row<'_>) -> Result<Host, Fault> {
    let endpoints: String = row.get(5)?;
    Ok(Host {
        id: HostId(row.get(0)?),
        name: row.get(1)?,
        family: FamilyId::new(row.get::<_, String>(2)?),
        url: row.get(3)?,
        region: row.get(4)?,
        endpoints: value::parse_json("the endpoints of a host", &endpoints)?,
        ca_file: row.get(6)?,
        client_cert: row.get(7)?,
        proxy: row.get(8)?,
        allow_http: row.get(9)?,
        product: row.get(10)?,
        version: row.get(11)?,
    })
}
