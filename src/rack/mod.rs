//! The rack: everything keyrack remembers except the secrets, in one SQLite file.
//!
//! Owns the file, its schema and every statement that touches it: hosts, credentials with their bindings, the history of
//! verdicts, the journal of what is under way, the audit log. It must never be handed a secret, and it knows nothing of
//! stores, hosts on the network, or screens.
//!
//! How it is kept:
//! - One file (mode 0600) in WAL mode; several processes at once are normal. Writers take the write lock first
//!   (`BEGIN IMMEDIATE`), so that what they checked still holds when they write, and wait up to five seconds for it.
//! - `synchronous` is FULL: a commit has reached the disk before the call returns. In WAL mode NORMAL would keep the file
//!   whole but may lose the last commits at a power cut, and then a secret could be in the store with no journal entry
//!   that knows of it. Verdicts alone are written with NORMAL: one that is lost is found again by the next check, and
//!   thousands arrive in a row.
//! - Moments are RFC 3339 text in UTC with nine fractional digits: nothing is lost, text order is time order, and a
//!   person can read them with `sqlite3`.
//! - Nothing here ever deletes or replaces a file it cannot read: a damaged, foreign or newer file is refused unchanged.

mod advice;
mod audit;
mod credentials;
mod deployments;
mod error;
mod history;
mod hosts;
mod journal;
mod meta;
mod owner;
mod place;
mod schema;
mod secrets;
mod similar;
mod value;

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::domain::Clock;
pub use deployments::LastDeployment;
pub use error::RackError;
pub use history::KEPT_PER_BINDING;
pub use journal::{JournalEntry, JournalId};
pub use schema::SCHEMA;
pub use secrets::{Learned, NewSecret};

use error::Fault;
use owner::Owner;

/// How long a writer waits for another process to finish.
const PATIENCE: Duration = Duration::from_secs(5);

/// Closing any descriptor of a file drops the locks that SQLite holds on it for the whole process (POSIX record locks),
/// so a rack is never created by one thread while another thread of the same process opens it.
static OPENING: Mutex<()> = Mutex::new(());

/// An open rack. Calls block; clones share one connection.
#[derive(Clone)]
pub struct Rack {
    shared: Arc<Shared>,
    clock: Clock,
}

struct Shared {
    connection: Mutex<Connection>,
    /// Declared after the connection: dropped last, so the lock outlives every write made under it.
    owner: Mutex<Option<Owner>>,
    /// Own journal entries that this process gave up working on.
    released: Mutex<BTreeSet<JournalId>>,
    /// With symbolic links resolved, so that all processes agree on the names beside it.
    file: PathBuf,
    /// As the caller gave it.
    given: PathBuf,
}

/// Whether a commit must have reached the disk before the call returns.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Durability {
    /// Survives a power cut.
    Full,
    /// Survives the death of the process; a power cut may take the last commits, whole ones only.
    Relaxed,
}

impl Rack {
    /// Opens the rack at `path`; makes the file (0600) and its directory (0700) where there are none, and brings an older
    /// schema up to date.
    ///
    /// # Errors
    /// [`RackError::Denied`] where a mode or an owner is unsafe, [`RackError::Newer`] and [`RackError::Damaged`] with the
    /// file untouched, [`RackError::ReadOnly`], [`RackError::Full`], [`RackError::Busy`] after five seconds, and
    /// [`RackError::Io`].
    pub fn open(path: &Path) -> Result<Self, RackError> {
        let _one_at_a_time = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
        let file = place::prepare(path)?;
        let connection = connect(&file).map_err(|fault| fault.at(&file))?;
        let shared = Shared {
            connection: Mutex::new(connection),
            owner: Mutex::new(None),
            released: Mutex::default(),
            file,
            given: path.to_owned(),
        };
        Ok(Self { shared: Arc::new(shared), clock: Clock::System })
    }

    /// The same rack with another clock; it stamps journal entries.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Where the rack is, as it was given to [`Rack::open`].
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.shared.given
    }

    /// A number that changes when another process (or another [`Rack::open`] of this one) has written; what is written
    /// through this rack and its clones does not change it. Only good for comparing with an earlier answer.
    ///
    /// # Errors
    /// [`RackError::Damaged`], [`RackError::Busy`] or [`RackError::Io`].
    pub fn data_version(&self) -> Result<i64, RackError> {
        self.read(|c| Ok(c.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?))
    }

    /// Reads the whole file and says whether it is sound. Takes as long as reading it takes; opening looks only at what
    /// is small, and every later read reports damage where it meets it.
    ///
    /// # Errors
    /// [`RackError::Damaged`] with the first thing found, or [`RackError::Busy`], [`RackError::Io`].
    pub fn check(&self) -> Result<(), RackError> {
        self.read(|c| {
            let found: String = c.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
            if found != "ok" {
                return Err(Fault::Value(found));
            }
            schema::check_references(c)
        })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A thread that panicked left its transaction to be rolled back by its drop: the connection is sound.
        self.shared.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads; all statements of `act` see the same state of the rack.
    fn read<T>(&self, act: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, RackError> {
        let connection = self.connection();
        let result = connection.unchecked_transaction().map_err(Fault::from).and_then(|tx| act(&tx));
        result.map_err(|fault| fault.at(&self.shared.file))
    }

    /// Writes in one transaction that holds the write lock from its start: all of `act` happens, or nothing.
    fn write<T>(
        &self,
        durability: Durability,
        act: impl FnOnce(&Transaction<'_>) -> Result<T, Fault>,
    ) -> Result<T, RackError> {
        let mut connection = self.connection();
        commit(&mut connection, durability, act).map_err(|fault| fault.at(&self.shared.file))
    }
}

impl fmt::Debug for Rack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rack").field("path", &self.shared.given).finish_non_exhaustive()
    }
}

fn commit<T>(
    connection: &mut Connection,
    durability: Durability,
    act: impl FnOnce(&Transaction<'_>) -> Result<T, Fault>,
) -> Result<T, Fault> {
    if durability == Durability::Relaxed {
        connection.pragma_update(None, "synchronous", "NORMAL")?;
    }
    let result = (|| {
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = act(&tx)?;
        tx.commit()?;
        Ok(value)
    })();
    if durability == Durability::Relaxed {
        connection.pragma_update(None, "synchronous", "FULL")?;
    }
    result
}

/// Opens an existing file, finds out what it is before anything could change it, and prepares the connection.
fn connect(file: &Path) -> Result<Connection, Fault> {
    use rusqlite::OpenFlags;
    use rusqlite::config::DbConfig;

    let mut connection =
        Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(48);
    // Until the file is known to be a rack, closing it must not even move its log into it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;

    let version = schema::identify(&connection)?;
    let page_size: i64 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    place::refuse_cut_off(file, u64::try_from(page_size).unwrap_or(0))?;
    if connection.is_readonly("main")? {
        return Err(Fault::Rack(RackError::ReadOnly { path: file.display().to_string() }));
    }
    schema::use_wal(&connection, PATIENCE)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // A plain fsync does not reach the disk on macOS; elsewhere these two say nothing.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    if version < SCHEMA {
        schema::migrate(&mut connection, schema::STEPS)?;
        schema::identify(&connection)?;
    }
    schema::quick_check(&connection)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::{CredentialId, FamilyId, Host};

    fn open() -> (tempfile::TempDir, Rack) {
        let temp = tempfile::tempdir().unwrap();
        let rack = Rack::open(&temp.path().join("rack.db")).unwrap();
        (temp, rack)
    }

    fn pragma(rack: &Rack, name: &str) -> String {
        let connection = rack.connection();
        let value: rusqlite::types::Value =
            connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0)).unwrap();
        match value {
            rusqlite::types::Value::Text(text) => text,
            rusqlite::types::Value::Integer(number) => number.to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_connection_is_as_the_header_says() {
        let (_temp, rack) = open();
        for (name, value) in [
            ("journal_mode", "wal"),
            ("synchronous", "2"),
            ("foreign_keys", "1"),
            ("trusted_schema", "0"),
            ("busy_timeout", "5000"),
        ] {
            assert_eq!(pragma(&rack, name), value, "{name}");
        }
    }

    #[test]
    fn a_relaxed_commit_leaves_the_next_one_durable_even_when_it_fails() {
        let (_temp, rack) = open();
        rack.write(Durability::Relaxed, |tx| {
            let inside: i64 = tx.query_row("PRAGMA synchronous", [], |row| row.get(0))?;
            assert_eq!(inside, 1);
            Ok(())
        })
        .unwrap();
        assert_eq!(pragma(&rack, "synchronous"), "2");
        let failed = rack.write(Durability::Relaxed, |_| Err::<(), _>(Fault::Value("no".to_owned())));
        assert!(failed.is_err());
        assert_eq!(pragma(&rack, "synchronous"), "2");
    }

    #[test]
    fn a_full_disk_is_said_to_be_full_and_loses_nothing() {
        let (_temp, rack) = open();
        let big = Host { name: "x".repeat(1 << 20), ..Host::new("", FamilyId::new("github"), "https://x") };
        let small = Host::new("small", FamilyId::new("github"), "https://x");
        let pages = pragma(&rack, "page_count");
        rack.connection().pragma_update(None, "max_page_count", pages.parse::<i64>().unwrap()).unwrap();
        assert!(matches!(rack.add_host(&big), Err(RackError::Full { .. })));
        rack.add_host(&small).unwrap();
        assert_eq!(rack.hosts().unwrap().len(), 1);
        rack.check().unwrap();
    }

    #[test]
    fn a_panic_in_the_middle_of_a_write_undoes_it_and_the_rack_goes_on() {
        let (_temp, rack) = open();
        let entry = rack.begin("add", &CredentialId("1".to_owned()), &json!(null)).unwrap();
        let other = rack.clone();
        let panicked = std::thread::spawn(move || {
            let _ = other.write(Durability::Full, |tx| -> Result<(), Fault> {
                tx.execute("DELETE FROM journal", [])?;
                panic!("on purpose");
            });
        })
        .join();
        assert!(panicked.is_err());
        rack.step(entry, "still there", &json!(null)).unwrap();
    }

    #[test]
    fn a_writer_that_does_not_finish_is_busy_not_damage() {
        let (temp, rack) = open();
        let other = Rack::open(&temp.path().join("rack.db")).unwrap();
        other.connection().busy_timeout(Duration::ZERO).unwrap();
        let holder = rack.connection();
        holder.execute_batch("BEGIN IMMEDIATE").unwrap();
        let host = Host::new("small", FamilyId::new("github"), "https://x");
        assert!(matches!(other.add_host(&host), Err(RackError::Busy { .. })));
        assert!(other.hosts().unwrap().is_empty(), "readers do not wait");
        holder.execute_batch("ROLLBACK").unwrap();
        other.add_host(&host).unwrap();
    }

    #[test]
    fn debug_shows_the_path_and_nothing_else() {
        let (temp, rack) = open();
        let path = temp.path().join("rack.db");
        assert_eq!(format!("{rack:?}"), format!("Rack {{ path: {path:?}, .. }}"));
    }
}
