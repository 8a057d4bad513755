//! Files, modes, schemas, damage.

use std::fs;
#[cfg(unix)]
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};

use keyrack::domain::{CredentialId, Expiry, HostId, Kind, SecretState, StoreKind, Verdict};
use keyrack::error::{Error, ErrorKind};
use keyrack::rack::{Rack, RackError, SCHEMA};

use crate::support::{Home, at, credential, id, put, with_one};

fn refused(home: &Home) -> RackError {
    Rack::open(&home.rack()).unwrap_err()
}

/// Opening is refused as damaged, and not a byte has changed.
fn refused_unchanged(home: &Home) -> String {
    let before = home.bytes();
    let error = refused(home);
    let RackError::Damaged { why, .. } = error else { panic!("{error:?}") };
    assert_eq!(home.bytes(), before);
    why
}

/// The schema as SQLite has it.
fn schema(home: &Home) -> Vec<(String, Option<String>)> {
    let connection = home.sqlite();
    let mut statement = connection.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").unwrap();
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
#[cfg(unix)]
fn files_are_0600_and_directories_0700() {
    let home = Home::new();
    let (rack, _, one) = with_one(&home);
    rack.begin("add", &one.id, &serde_json::Value::Null).unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().mode() & 0o7777;
    assert_eq!(mode(&home.directory()), 0o700);
    assert_eq!(mode(home.directory().parent().unwrap()), 0o700);
    let mut seen = Vec::new();
    for entry in fs::read_dir(home.directory()).unwrap() {
        let path = entry.unwrap().path();
        let directory = path.is_dir();
        assert_eq!(mode(&path), if directory { 0o700 } else { 0o600 }, "{}", path.display());
        if directory {
            for lock in fs::read_dir(&path).unwrap() {
                assert_eq!(mode(&lock.unwrap().path()), 0o600);
            }
        }
        seen.push(path.file_name().unwrap().to_str().unwrap().to_owned());
    }
    seen.sort();
    assert_eq!(seen, ["rack.db", "rack.db-shm", "rack.db-wal", "rack.db.locks"]);
}

#[test]
fn what_was_written_is_there_after_opening_again() {
    let home = Home::new();
    let (rack, host, one) = with_one(&home);
    assert_eq!(rack.path(), home.rack());
    drop(rack);
    let rack = home.open();
    assert_eq!(rack.credentials().unwrap(), [one]);
    assert_eq!(rack.hosts().unwrap()[0].id, host);
    rack.check().unwrap();
}

#[test]
#[cfg(unix)]
fn a_file_that_others_can_read_is_refused_with_the_command_that_mends_it() {
    let home = Home::new();
    drop(with_one(&home));
    for mode in [0o644, 0o640, 0o604, 0o620] {
        fs::set_permissions(home.rack(), fs::Permissions::from_mode(mode)).unwrap();
        let RackError::Denied { path, why, fix } = refused(&home) else { panic!() };
        assert_eq!(path, home.rack().canonicalize().unwrap().display().to_string());
        assert!(why.contains(&format!("{mode:04o}")), "{why}");
        assert_eq!(fix, format!("chmod 600 {path}"));
    }
    fs::set_permissions(home.rack(), fs::Permissions::from_mode(0o600)).unwrap();
    home.open();
}

#[test]
#[cfg(unix)]
fn the_log_beside_the_rack_must_be_as_private() {
    let home = Home::new();
    drop(with_one(&home));
    let log = home.directory().join("rack.db-wal");
    fs::write(&log, "").unwrap();
    fs::set_permissions(&log, fs::Permissions::from_mode(0o666)).unwrap();
    let RackError::Denied { path, .. } = refused(&home) else { panic!() };
    assert!(path.ends_with("rack.db-wal"));
}

#[test]
#[cfg(unix)]
fn a_directory_in_which_others_can_write_is_refused() {
    let home = Home::new();
    drop(with_one(&home));
    fs::set_permissions(home.directory(), fs::Permissions::from_mode(0o775)).unwrap();
    let error = refused(&home);
    let RackError::Denied { path, fix, .. } = &error else { panic!() };
    assert_eq!(*fix, format!("chmod go-w {path}"));
    assert_eq!(Error::from(error).kind, ErrorKind::Data);

    // A directory that is shared on purpose is not to be closed, but avoided.
    fs::set_permissions(home.directory(), fs::Permissions::from_mode(0o1777)).unwrap();
    let RackError::Denied { fix, .. } = refused(&home) else { panic!() };
    assert_eq!(fix, "");
}

#[test]
#[cfg(unix)]
fn a_directory_or_a_pipe_in_place_of_the_rack_is_refused() {
    let home = Home::new();
    fs::DirBuilder::new().recursive(true).mode(0o700).create(home.rack()).unwrap();
    assert!(matches!(refused(&home), RackError::Denied { .. }));
}

#[test]
#[cfg(unix)]
fn a_symbolic_link_leads_to_one_rack_with_one_set_of_locks() {
    let home = Home::new();
    let (rack, _, one) = with_one(&home);
    let link = home.directory().join("link.db");
    std::os::unix::fs::symlink(home.rack(), &link).unwrap();
    let entry = rack.begin("add", &one.id, &serde_json::Value::Null).unwrap();
    let other = Rack::open(&link).unwrap();
    assert!(other.open_entries().unwrap()[0].owner_alive);
    assert!(!other.adopt(entry).unwrap());
}

#[test]
fn an_empty_file_becomes_a_rack() {
    let home = Home::new();
    home.put(b"");
    let (rack, _, _) = with_one(&home);
    drop(rack);
    let version: i64 = home.sqlite().query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(version, SCHEMA);
}

#[test]
fn every_earlier_schema_opens_with_all_it_holds() {
    let fresh = Home::new();
    drop(fresh.open());
    let mut known = 0;
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rack/fixtures")).unwrap() {
        let path = entry.unwrap().path();
        let home = Home::new();
        home.put(b"");
        home.sqlite().execute_batch(&fs::read_to_string(&path).unwrap()).unwrap();
        let rack = home.open();
        rack.check().unwrap();
        assert_eq!(rack.credentials().unwrap().len(), 2, "{}", path.display());
        drop(rack);
        assert_eq!(schema(&home), schema(&fresh), "{}", path.display());
        known += 1;
    }
    assert_eq!(known, SCHEMA, "a schema without a fixture");
}

#[test]
fn schema_1_is_read_in_full() {
    let home = Home::new();
    home.put(b"");
    home.sqlite().execute_batch(include_str!("fixtures/schema-1.sql")).unwrap();
    let rack = home.open();

    assert_eq!(rack.remembered_store().unwrap(), Some(StoreKind::File));
    assert_eq!(rack.fingerprint_key().unwrap()[31], 0x1f);
    let code = rack.host_by_name("code").unwrap().unwrap();
    assert_eq!(code.endpoints["sts"], "https://sts.example");
    assert_eq!((code.region.as_deref(), code.allow_http), (Some("eu-west-1"), true));

    let release = rack.credential_by_label("CI-release").unwrap().unwrap();
    assert_eq!(release.expiry, Expiry::At(at("2027-01-23T00:00:00Z")));
    assert_eq!(release.added_at, at("2026-01-02T03:04:05.000000006Z"));
    assert_eq!(release.bindings.iter().map(|b| b.host.0).collect::<Vec<_>>(), [7, 3]);
    assert_eq!(release.bindings[0].role.as_deref(), Some("target"));
    let dead = rack.credential(&id(2)).unwrap().unwrap();
    assert_eq!((dead.kind, dead.secret, dead.expiry), (Kind::AccessKey, SecretState::Destroyed, Expiry::Never));

    let standing = &rack.standings().unwrap()[0];
    assert_eq!(
        (standing.verdict, standing.real),
        (Verdict::Unreachable, Some((Verdict::Valid, at("2026-11-22T04:00:00Z"))))
    );
    assert_eq!(rack.latest(&release.id, HostId(3)).unwrap().unwrap().reason, "no route");
    assert_eq!(rack.latest_real(&release.id, HostId(3)).unwrap().unwrap().remote_id.as_deref(), Some("42"));
    let entry = &rack.open_entries().unwrap()[0];
    assert_eq!((entry.op.as_str(), entry.owner_alive, entry.steps.len()), ("add", false, 1));
    assert_eq!(entry.credential, CredentialId("4fd7a1a2-0000-4000-8000-000000000009".to_owned()));
    assert_eq!(rack.audit_log(9).unwrap()[0].user, "ana");
    assert_eq!(
        rack.add_host(&crate::support::github()).unwrap_err(),
        RackError::DuplicateHost { name: "GitHub.com".into() }
    );
}

#[test]
fn schema_1_has_neither_profiles_nor_places_to_look_at() {
    let home = Home::new();
    home.put(b"");
    home.sqlite().execute_batch(include_str!("fixtures/schema-1.sql")).unwrap();
    let rack = home.open();
    let mut release = rack.credential_by_label("CI-release").unwrap().unwrap();
    assert!(release.profiles.is_empty() && release.bindings.iter().all(|b| b.look_at.is_empty()));
    release.profiles = vec!["git-read".into()];
    release.bindings[1].look_at.repository = Some("acme/app".into());
    put(&rack, &release).unwrap();
    assert_eq!(rack.credentials().unwrap()[0], release);
}

#[test]
fn schema_2_is_read_in_full() {
    let home = Home::new();
    home.put(b"");
    home.sqlite().execute_batch(include_str!("fixtures/schema-2.sql")).unwrap();
    let rack = home.open();
    let release = rack.credential_by_label("CI-release").unwrap().unwrap();
    assert_eq!(release.profiles, ["git-write", "pull-requests"]);
    assert_eq!(release.bindings[0].look_at.repository.as_deref(), Some("acme/app"));
    assert!(release.bindings[1].look_at.is_empty());
    let sequence =
        "SELECT sequence, update_sequence FROM deployment WHERE host = 3 AND pipeline = 'p' AND environment = 'e'";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
    assert_eq!(home.sqlite().query_row(sequence, [], read).unwrap(), (7, 9));
    // It is gone with its host.
    home.sqlite()
        .execute_batch("PRAGMA foreign_keys = ON; DELETE FROM binding; DELETE FROM host WHERE id = 3")
        .unwrap();
    assert!(home.sqlite().query_row(sequence, [], read).is_err());
}

#[test]
fn a_newer_schema_is_refused_unchanged_with_both_versions_named() {
    let home = Home::new();
    drop(with_one(&home));
    let connection = home.sqlite();
    connection.execute_batch("PRAGMA journal_mode = DELETE; PRAGMA user_version = 99;").unwrap();
    drop(connection);
    let before = home.bytes();
    let error = refused(&home);
    assert!(matches!(error, RackError::Newer { found: 99, known: SCHEMA, .. }), "{error:?}");
    let text = Error::from(error).message;
    assert!(text.contains("99") && text.contains(&SCHEMA.to_string()), "{text}");
    assert_eq!(home.bytes(), before);
    assert_eq!(fs::read_dir(home.directory()).unwrap().count(), 1);
}

#[test]
fn a_newer_schema_that_is_still_in_the_log_is_left_there() {
    let home = Home::new();
    drop(with_one(&home));
    let connection = home.sqlite();
    connection.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
    connection.execute_batch("PRAGMA user_version = 99; CREATE TABLE of_the_future (x);").unwrap();
    drop(connection);
    let log = home.directory().join("rack.db-wal");
    let before = (home.bytes(), fs::read(&log).unwrap());
    assert!(matches!(refused(&home), RackError::Newer { found: 99, .. }));
    assert_eq!((home.bytes(), fs::read(&log).unwrap()), before);
}

#[test]
fn garbage_is_refused_unchanged() {
    let home = Home::new();
    for bytes in
        [&b"label,token\n"[..], &[0; 4096], &b"SQLite format 3\0 and then nothing of the kind".repeat(200), b"x"]
    {
        home.put(bytes);
        refused_unchanged(&home);
    }
}

#[test]
fn a_truncated_rack_is_refused_unchanged() {
    let home = Home::new();
    drop(with_one(&home));
    // The last page must hold something: of an empty one the last byte is nothing lost.
    home.sqlite().execute_batch("INSERT INTO deployment VALUES (1, 'p', 'e', 7, 9)").unwrap();
    let whole = home.bytes();
    for length in [whole.len() - 1, whole.len() - 4096, whole.len() / 2, 4096, 512, 100, 50] {
        home.put(&whole[..length]);
        refused_unchanged(&home);
    }
    home.put(&whole);
    home.open().check().unwrap();
}

#[test]
fn an_emptied_rack_whose_log_is_not_is_refused_with_the_log_kept() {
    let home = Home::new();
    drop(with_one(&home));
    let connection = home.sqlite();
    connection.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
    connection.execute_batch("UPDATE credential SET note = 'only in the log'").unwrap();
    drop(connection);
    let log = home.directory().join("rack.db-wal");
    let before = fs::read(&log).unwrap();
    home.put(b"");
    refused_unchanged(&home);
    assert_eq!(fs::read(&log).unwrap(), before);
}

#[test]
fn a_database_of_another_program_is_refused_unchanged() {
    let home = Home::new();
    home.put(b"");
    home.sqlite().execute_batch("CREATE TABLE moz_cookies (x); INSERT INTO moz_cookies VALUES (1);").unwrap();
    assert!(refused_unchanged(&home).contains("not a keyrack rack"));
    home.sqlite().execute_batch("PRAGMA user_version = 1; PRAGMA application_id = 7;").unwrap();
    assert!(refused_unchanged(&home).contains("not a keyrack rack"));
}

#[test]
fn damage_inside_is_told_where_it_is_met_and_by_the_check() {
    let home = Home::new();
    let rack = home.open();
    let host = rack.add_host(&crate::support::github()).unwrap();
    for n in 0..200 {
        rack.insert_credential(&credential(n, &format!("label-{n}"), host)).unwrap();
    }
    drop(rack);
    let page: i64 = home
        .sqlite()
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'credential'", [], |row| row.get(0))
        .unwrap();
    let page = usize::try_from(page).unwrap();
    let mut bytes = home.bytes();
    bytes[(page - 1) * 4096..page * 4096].fill(0xa5);
    home.put(&bytes);
    let rack = home.open();
    assert!(matches!(rack.credentials(), Err(RackError::Damaged { .. })));
    assert!(matches!(rack.check(), Err(RackError::Damaged { .. })));
    assert_eq!(rack.hosts().unwrap().len(), 1);
    drop(rack);
    assert_eq!(home.bytes(), bytes);
}

#[test]
fn a_value_that_keyrack_never_writes_is_damage_and_says_what_it_is() {
    let home = Home::new();
    drop(with_one(&home));
    home.sqlite().execute_batch("UPDATE credential SET kind = 'skeleton-key'").unwrap();
    let RackError::Damaged { why, .. } = home.open().credentials().unwrap_err() else { panic!() };
    assert!(why.contains("the kind of a credential") && why.contains("skeleton-key"), "{why}");
}

#[test]
fn a_missing_table_is_damage() {
    let home = Home::new();
    drop(with_one(&home));
    home.sqlite().execute_batch("DROP TABLE standing").unwrap();
    let rack = home.open();
    assert!(matches!(rack.standings(), Err(RackError::Damaged { .. })));
}

#[test]
fn a_path_that_cannot_be_is_an_error_that_names_it() {
    let home = Home::new();
    home.put(b"");
    let error = Rack::open(&home.rack().join("below-a-file").join("rack.db")).unwrap_err();
    assert!(error.to_string().contains("below-a-file"), "{error}");
}
