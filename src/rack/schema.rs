//! The schema and the way to it: a list of steps, one for each version, each in its own transaction.
//!
//! `user_version` counts the steps that were done, `application_id` says that the file is a rack. A step that has been
//! released is never edited; a change is a new step at the end. A new slug in a column that an older keyrack reads (a
//! kind, a verdict, a store) is a change too: an older keyrack that cannot read it must say that the rack is newer, not
//! that it is damaged.

use std::time::{Duration, Instant};

use rusqlite::{Connection, TransactionBehavior};

use super::RackError;
use super::error::Fault;

/// `keyr`: marks the file as a rack (see <https://www.sqlite.org/fileformat2.html#application_id>).
const APPLICATION_ID: i64 = 0x6b65_7972;

/// The schema this keyrack reads and writes.
pub const SCHEMA: i64 = STEPS.len() as i64;

/// The steps; the first makes schema 1 of an empty file.
pub(super) const STEPS: &[&str] = &[SCHEMA_1, SCHEMA_2];

// Credentials have a number besides their id: history, standings and bindings are by far the most rows, and refer to it.
const SCHEMA_1: &str = "
PRAGMA application_id = 0x6b657972;

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE host (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT NOT NULL,
    name_key    TEXT NOT NULL UNIQUE,   -- lower case
    family      TEXT NOT NULL,
    url         TEXT NOT NULL,
    region      TEXT,
    endpoints   TEXT NOT NULL,          -- JSON object
    ca_file     TEXT,
    client_cert TEXT,
    proxy       TEXT,
    allow_http  INTEGER NOT NULL CHECK (allow_http IN (0, 1)),
    product     TEXT,
    version     TEXT
) STRICT;

CREATE TABLE credential (
    number         INTEGER PRIMARY KEY,
    id             TEXT NOT NULL UNIQUE,
    label          TEXT NOT NULL UNIQUE,
    label_key      TEXT NOT NULL UNIQUE,    -- lower case
    family         TEXT NOT NULL,
    kind           TEXT NOT NULL,
    username       TEXT,
    owner          TEXT,
    expiry         TEXT,                    -- null: unknown; 'never'; or a moment
    expiry_by_user INTEGER NOT NULL CHECK (expiry_by_user IN (0, 1)),
    added_at       TEXT NOT NULL,
    tags           TEXT NOT NULL,           -- JSON array
    note           TEXT NOT NULL,
    store          TEXT NOT NULL,
    secret         TEXT NOT NULL,
    hint           TEXT NOT NULL,
    fingerprint    TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX credential_fingerprint ON credential (fingerprint)
    WHERE secret = 'present' AND fingerprint <> '';

CREATE TABLE binding (
    credential INTEGER NOT NULL REFERENCES credential (number) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    host       INTEGER NOT NULL REFERENCES host (id) ON DELETE RESTRICT,
    role       TEXT,
    PRIMARY KEY (credential, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX binding_host ON binding (host);

CREATE TABLE history (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    credential INTEGER NOT NULL REFERENCES credential (number) ON DELETE CASCADE,
    host       INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    checked_at TEXT NOT NULL,
    verdict    TEXT NOT NULL,
    is_real    INTEGER NOT NULL CHECK (is_real IN (0, 1)),
    validation TEXT NOT NULL            -- JSON
) STRICT;

CREATE INDEX history_binding ON history (credential, host, checked_at);
CREATE INDEX history_host ON history (host);

-- What `history` says in short, so that the whole rack is shown without reading it.
CREATE TABLE standing (
    credential   INTEGER NOT NULL REFERENCES credential (number) ON DELETE CASCADE,
    host         INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    verdict      TEXT NOT NULL,
    reason       TEXT NOT NULL,
    checked_at   TEXT NOT NULL,
    real_verdict TEXT,
    real_at      TEXT,
    login        TEXT,
    PRIMARY KEY (credential, host)
) STRICT, WITHOUT ROWID;

CREATE INDEX standing_host ON standing (host);

-- An entry may speak of a credential that is not on the rack yet, or no longer.
CREATE TABLE journal (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    op         TEXT NOT NULL,
    credential TEXT NOT NULL,
    started_at TEXT NOT NULL,
    detail     TEXT NOT NULL,           -- JSON
    owner      TEXT NOT NULL            -- name of a lock file
) STRICT;

CREATE TABLE journal_step (
    journal  INTEGER NOT NULL REFERENCES journal (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    step     TEXT NOT NULL,
    detail   TEXT NOT NULL,             -- JSON
    PRIMARY KEY (journal, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      TEXT NOT NULL,
    user    TEXT NOT NULL,
    verb    TEXT NOT NULL,
    label   TEXT NOT NULL,
    host    TEXT NOT NULL,
    outcome TEXT NOT NULL,
    detail  TEXT NOT NULL
) STRICT;

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is not changed'); END;
CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is not shortened'); END;
";

// What a credential is for, what its profiles look at, and which numbers a host has seen of deployments: an update that
// does not go beyond the last is ignored there.
const SCHEMA_2: &str = "
ALTER TABLE credential ADD COLUMN profiles TEXT NOT NULL DEFAULT '[]';  -- JSON array
ALTER TABLE binding ADD COLUMN look_at TEXT NOT NULL DEFAULT '{}';      -- JSON object

CREATE TABLE deployment (
    host            INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    pipeline        TEXT NOT NULL,
    environment     TEXT NOT NULL,
    sequence        INTEGER NOT NULL,
    update_sequence INTEGER NOT NULL,
    PRIMARY KEY (host, pipeline, environment)
) STRICT, WITHOUT ROWID;
";

/// Which schema the file has, 0 for an empty one; changes nothing.
pub(super) fn identify(connection: &Connection) -> Result<i64, Fault> {
    let tx = connection.unchecked_transaction()?;
    let tables: i64 = tx.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let version = version_of(&tx)?;
    let application: i64 = tx.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    if version == 0 && application == 0 && tables == 0 {
        return Ok(0);
    }
    if application != APPLICATION_ID || version < 1 {
        return Err(Fault::Value("it is an SQLite database, but not a keyrack rack".to_owned()));
    }
    if version > SCHEMA {
        let path = connection.path().unwrap_or_default().to_owned();
        return Err(RackError::Newer { path, found: version, known: SCHEMA }.into());
    }
    Ok(version)
}

/// Does the steps that the file lacks. Other processes may do the same at the same time.
pub(super) fn migrate(connection: &mut Connection, steps: &[&str]) -> Result<(), Fault> {
    for (done, step) in (0_i64..).zip(steps) {
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if version_of(&tx)? > done {
            continue;
        }
        tx.execute_batch(step)?;
        tx.pragma_update(None, "user_version", done + 1)?;
        check_references(&tx)?;
        tx.commit()?;
    }
    Ok(())
}

/// Write-ahead logging, where the file system can do it. It is a property of the file and needs the file for itself for
/// a moment; SQLite does not wait for that by itself.
pub(super) fn use_wal(connection: &Connection, patience: Duration) -> Result<(), Fault> {
    let started = Instant::now();
    loop {
        let set = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0));
        match set.map_err(Fault::from) {
            Err(fault) if fault.is_busy() && started.elapsed() < patience => {
                std::thread::sleep(Duration::from_millis(10));
            }
            // A file system without shared memory answers `delete`: slower with several processes, and as safe.
            other => return other.map(drop),
        }
    }
}

/// Whether the tables that must be right before anything is done are sound. They are small: the large ones are looked at
/// by [`super::Rack::check`], and every read of them tells of damage that it meets.
pub(super) fn quick_check(connection: &Connection) -> Result<(), Fault> {
    for table in ["meta", "host", "journal", "journal_step", "deployment"] {
        let found: String = connection.query_row(&format!("PRAGMA quick_check({table})"), [], |row| row.get(0))?;
        if found != "ok" {
            return Err(Fault::Value(found));
        }
    }
    Ok(())
}

/// Whether every reference leads somewhere.
pub(super) fn check_references(connection: &Connection) -> Result<(), Fault> {
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let mut rows = statement.query([])?;
    match rows.next()? {
        None => Ok(()),
        Some(row) => {
            let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
            Err(Fault::Value(format!("a row of `{table}` refers to a `{parent}` that is not there")))
        }
    }
}

fn version_of(connection: &Connection) -> Result<i64, Fault> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1);";
    const TWO: &str = "ALTER TABLE a ADD COLUMN y TEXT; UPDATE a SET y = 'two';";

    fn y(connection: &Connection) -> String {
        connection.query_row("SELECT y FROM a", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn steps_are_done_once_and_only_those_that_are_missing() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, &[ONE]).unwrap();
        assert_eq!(version_of(&connection).unwrap(), 1);
        migrate(&mut connection, &[ONE, TWO]).unwrap();
        migrate(&mut connection, &[ONE, TWO]).unwrap();
        assert_eq!((version_of(&connection).unwrap(), y(&connection).as_str()), (2, "two"));
    }

    #[test]
    fn a_step_that_fails_leaves_the_version_before_it_whole() {
        let mut connection = Connection::open_in_memory().unwrap();
        let broken = "ALTER TABLE a ADD COLUMN y TEXT; UPDATE a SET y = 'half'; INSERT INTO nowhere VALUES (1);";
        assert!(migrate(&mut connection, &[ONE, broken]).is_err());
        assert_eq!(version_of(&connection).unwrap(), 1);
        migrate(&mut connection, &[ONE, TWO]).unwrap();
        assert_eq!(y(&connection), "two");
    }

    #[test]
    fn the_step_and_the_constant_name_the_same_application() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, STEPS).unwrap();
        assert_eq!(identify(&connection).unwrap(), SCHEMA);
    }
}
