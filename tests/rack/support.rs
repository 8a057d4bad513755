//! Racks in temporary directories, and records to put on them.

use std::path::PathBuf;

use jiff::Timestamp;
use keyrack::domain::{
    Binding, Credential, CredentialId, Expiry, FamilyId, Host, HostId, Kind, SecretState, StoreKind, Validation,
    Verdict,
};
use keyrack::rack::{Rack, RackError};
use tempfile::TempDir;

/// A directory that is gone after the test, with room for a rack.
pub struct Home {
    temp: TempDir,
}

impl Home {
    pub fn new() -> Self {
        Self { temp: tempfile::tempdir().unwrap() }
    }

    /// In a directory that is not there yet.
    pub fn rack(&self) -> PathBuf {
        self.directory().join("rack.db")
    }

    pub fn directory(&self) -> PathBuf {
        self.temp.path().join("data").join("keyrack")
    }

    pub fn open(&self) -> Rack {
        Rack::open(&self.rack()).unwrap()
    }

    /// A file in place of the rack, with the right modes.
    #[cfg(unix)]
    pub fn put(&self, bytes: &[u8]) {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(self.directory()).unwrap();
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        std::io::Write::write_all(&mut options.open(self.rack()).unwrap(), bytes).unwrap();
    }

    pub fn bytes(&self) -> Vec<u8> {
        std::fs::read(self.rack()).unwrap()
    }

    /// SQLite without keyrack.
    pub fn sqlite(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.rack()).unwrap()
    }
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Minute `n` of the day on which these tests take place.
pub fn minute(n: i64) -> Timestamp {
    at("2026-11-23T00:00:00Z") + jiff::SignedDuration::from_mins(n)
}

pub fn id(n: usize) -> CredentialId {
    CredentialId(format!("4fd7a1a2-0000-4000-8000-{n:012}"))
}

pub fn github() -> Host {
    Host::new("github.com", FamilyId::new("github"), "https://github.com")
}

/// Credential number `n`, used at `host`.
pub fn credential(n: usize, label: &str, host: HostId) -> Credential {
    Credential {
        id: id(n),
        label: label.to_owned(),
        family: FamilyId::new("github"),
        kind: Kind::ClassicPat,
        username: Some("octo-bot".to_owned()),
        owner: None,
        expiry: Expiry::At(at("2027-01-23T00:00:00Z")),
        expiry_by_user: false,
        added_at: minute(0),
        tags: vec!["ci".to_owned(), "prod".to_owned()],
        note: String::new(),
        profiles: Vec::new(),
        bindings: vec![Binding::new(host, None)],
        store: StoreKind::Memory,
        secret: SecretState::Present,
        hint: "ghp_…Stgq".to_owned(),
        fingerprint: format!("fingerprint-{n}"),
    }
}

/// A rack with one host and one credential.
pub fn with_one(home: &Home) -> (Rack, HostId, Credential) {
    let rack = home.open();
    let host = rack.add_host(&github()).unwrap();
    let one = credential(1, "ci-release", host);
    rack.insert_credential(&one).unwrap();
    (rack, host, one)
}

/// Makes a record what `credential` says.
pub fn put(rack: &Rack, credential: &Credential) -> Result<(), RackError> {
    let edit = |record: &mut Credential| {
        *record = credential.clone();
        Ok(())
    };
    rack.edit_credential(&credential.id, edit).map(drop)
}

pub fn verdict(verdict: Verdict, reason: &str, checked_at: Timestamp) -> Validation {
    Validation::new(verdict, reason, checked_at)
}
