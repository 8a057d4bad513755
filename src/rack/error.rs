//! What the rack could not do, and how an SQLite failure is read. What to do next stands in `advice`.

use std::path::Path;

use rusqlite::ErrorCode;

/// What the rack could not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RackError {
    /// A newer keyrack has written the file; it was left as it is.
    #[error("{path} was written by a newer keyrack: its schema is {found}, this one knows schemas up to {known}")]
    Newer {
        /// The rack.
        path: String,
        /// Schema of the file.
        found: i64,
        /// The newest schema this keyrack knows.
        known: i64,
    },
    /// The file is no rack, or no longer a whole one; it was left as it is.
    #[error("{path} is damaged: {why}")]
    Damaged {
        /// The rack.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// Mode or owner of a file or directory is unsafe or forbids the act.
    #[error("{path}: {why}")]
    Denied {
        /// The file or directory.
        path: String,
        /// What is wrong with it.
        why: String,
        /// The command that mends it; empty where there is none.
        fix: String,
    },
    /// The disk or the quota is full; what was to be written was not.
    #[error("no space left to write {path}")]
    Full {
        /// The rack.
        path: String,
    },
    /// The file or its file system cannot be written.
    #[error("{path} cannot be written: it or its file system is read-only")]
    ReadOnly {
        /// The rack or its directory.
        path: String,
    },
    /// Other processes kept the rack locked for longer than keyrack waits.
    #[error("{path} is in use by another process that did not finish in time")]
    Busy {
        /// The rack.
        path: String,
    },
    /// There is a credential of that label, or of one that differs only in case.
    #[error("there is already a credential `{existing}` on the rack")]
    DuplicateLabel {
        /// The label that was asked for.
        label: String,
        /// The label that is there.
        existing: String,
    },
    /// The same secret is on the rack under another label.
    #[error("this secret is already on the rack as `{existing}`")]
    DuplicateSecret {
        /// The label it has.
        existing: String,
    },
    /// There is a host of that name, or of one that differs only in case.
    #[error("there is already a host `{name}` on the rack")]
    DuplicateHost {
        /// The name that is there.
        name: String,
    },
    /// Credentials are bound to the host.
    #[error("host `{name}` is used by {}", named(labels))]
    HostInUse {
        /// The host.
        name: String,
        /// The labels of the credentials, sorted.
        labels: Vec<String>,
    },
    /// No such credential.
    #[error("no credential `{label}` on the rack")]
    NoSuchCredential {
        /// What was asked for: a label, or an id where only that was known.
        label: String,
        /// Labels that look like it, the closest first.
        similar: Vec<String>,
    },
    /// No such host.
    #[error("no host `{name}` on the rack")]
    NoSuchHost {
        /// What was asked for: a name, or `#` and a number where only that was known.
        name: String,
        /// Names that look like it, the closest first.
        similar: Vec<String>,
    },
    /// Reading or writing failed.
    #[error("{what}: {why}")]
    Io {
        /// What was being done, and to what.
        what: String,
        /// The system's reason.
        why: String,
    },
    /// A defect of keyrack.
    #[error("{what}")]
    Internal {
        /// What should not have happened.
        what: String,
    },
}

/// At most three names, and how many more there are.
pub(super) fn named(labels: &[String]) -> String {
    let shown: Vec<_> = labels.iter().take(3).map(|l| format!("`{l}`")).collect();
    match labels.len().saturating_sub(shown.len()) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

impl RackError {
    /// Reads an error of the file system about `path`.
    pub(super) fn io(what: &str, path: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        let path = path.display().to_string();
        match error.kind() {
            ErrorKind::PermissionDenied => {
                Self::Denied { why: format!("{what} is not permitted"), fix: String::new(), path }
            }
            ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path },
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full { path },
            _ => Self::Io { what: format!("{what} {path}"), why: error.to_string() },
        }
    }
}

/// What goes wrong inside a transaction, before the path is known.
#[derive(Debug)]
pub(super) enum Fault {
    Sql(rusqlite::Error),
    Rack(RackError),
    /// Something in the file that keyrack did not write, or not like this.
    Value(String),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<RackError> for Fault {
    fn from(error: RackError) -> Self {
        Self::Rack(error)
    }
}

impl Fault {
    /// Another process holds a lock.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self, Self::Sql(error) if matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
        ))
    }

    /// The error that a caller sees, about the rack at `path`.
    pub(super) fn at(self, path: &Path) -> RackError {
        let error = match self {
            Self::Rack(error) => return error,
            Self::Value(why) => return RackError::Damaged { path: path.display().to_string(), why },
            Self::Sql(error) => error,
        };
        let path = path.display().to_string();
        let why = error.to_string();
        match &error {
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..) => return RackError::Damaged { path, why },
            _ => {}
        }
        let extended = error.sqlite_error().map_or(0, |e| e.extended_code);
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => {
                RackError::Damaged { path, why: "it is not an SQLite database".to_owned() }
            }
            Some(ErrorCode::DatabaseCorrupt) => RackError::Damaged { path, why },
            // A table or column that every rack of this schema has.
            Some(ErrorCode::Unknown) if why.starts_with("no such ") => RackError::Damaged { path, why },
            Some(ErrorCode::SystemIoFailure) if extended == rusqlite::ffi::SQLITE_IOERR_CORRUPTFS => {
                RackError::Damaged { path, why }
            }
            Some(ErrorCode::DiskFull) => RackError::Full { path },
            Some(ErrorCode::ReadOnly) if extended == rusqlite::ffi::SQLITE_READONLY_DBMOVED => RackError::Io {
                what: format!("writing {path}"),
                why: "it was moved or deleted while in use".to_owned(),
            },
            Some(ErrorCode::ReadOnly) => RackError::ReadOnly { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed) => {
                RackError::Busy { path }
            }
            Some(ErrorCode::PermissionDenied) => RackError::Denied { path, why, fix: String::new() },
            Some(ErrorCode::CannotOpen | ErrorCode::SystemIoFailure | ErrorCode::NoLargeFileSupport) => {
                RackError::Io { what: format!("using {path}"), why }
            }
            _ => RackError::Internal { what: format!("unexpected answer from SQLite about {path}: {why}") },
        }
    }
}
