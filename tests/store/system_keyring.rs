//! The system's keyring for real: gnome-keyring, each test on a D-Bus, home and runtime directory of its own.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use keyrack::domain::StoreKind;
use keyrack::store::choice::{self, ChosenBy};
use keyrack::store::keyring::KeyringStore;
use keyrack::store::{SecretStore, StoreError};
use tempfile::{TempDir, tempdir};

use super::contract;
use super::support::*;

/// For calls that are to be answered, however slow the machine.
const AMPLE: Duration = Duration::from_secs(60);

const UNLOCKED: &str = "printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec \"$@\"";
const LOCKED: &str = "exec \"$@\"";

fn keyring_installed() -> bool {
    system_has(&[("dbus-run-session", "dbus"), ("gnome-keyring-daemon", "gnome-keyring")])
}

/// A home and a runtime directory that nothing was ever done in.
struct Session {
    root: TempDir,
}

impl Session {
    fn new() -> Self {
        let root = tempdir().unwrap();
        for name in ["home", "run"] {
            fs::DirBuilder::new().mode(0o700).create(root.path().join(name)).unwrap();
        }
        Self { root }
    }

    fn enter(&self, mut command: Command) -> Command {
        command.env("HOME", self.root.path().join("home")).env("XDG_RUNTIME_DIR", self.root.path().join("run"));
        command
    }

    /// Runs the inner half of a test under a D-Bus of its own.
    fn with_bus(&self, script: &str, name: &str, told: &str) {
        let wrapper = ["dbus-run-session", "--", "bash", "-c", script, "bash"];
        succeed(self.enter(again(&wrapper, name, told)));
    }
}

fn open() -> KeyringStore {
    KeyringStore::open_with_patience(AMPLE).unwrap()
}

fn is_locked<T>(result: Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Locked { store: StoreKind::Keyring, .. }))
}

#[test]
fn the_contract_holds() {
    if inside().is_some() {
        let keyring = open();
        keyring.probe().unwrap();
        let store: Arc<dyn SecretStore> = Arc::new(keyring);
        contract::holds_for(&store);
        contract::refuses_ids_that_are_no_names(&*store);
        // Longer than one batch of the listing.
        let ids: Vec<_> = (1000..1130).map(id).collect();
        ids.iter().for_each(|id| store.put(id, &secret("listed")).unwrap());
        let other = open();
        thread::scope(|scope| {
            scope.spawn(|| (0..10).for_each(|_| other.probe().unwrap()));
            assert_eq!(store.list().unwrap(), ids);
        });
        return;
    }
    if keyring_installed() {
        Session::new().with_bus(UNLOCKED, "system_keyring::the_contract_holds", "");
    }
}

#[test]
fn a_keyring_never_unlocked_is_locked_and_stays_the_choice() {
    if inside().is_some() {
        let store = open();
        assert!(is_locked(store.probe()));
        assert!(is_locked(store.put(&id(1), &secret("x"))));
        assert!(is_locked(store.get(&id(1))), "not missing");
        assert!(is_locked(store.delete(&id(1))), "not destroyed already");
        assert!(is_locked(store.list()), "not empty");
        let chosen = choice::choose(None, Path::new("/data"), choice::probe_keyring);
        assert_eq!((chosen.kind, chosen.by), (StoreKind::Keyring, ChosenBy::Probe));
        assert!(chosen.reason.contains("locked"), "{}", chosen.reason);
        return;
    }
    if keyring_installed() {
        let name = "system_keyring::a_keyring_never_unlocked_is_locked_and_stays_the_choice";
        Session::new().with_bus(LOCKED, name, "");
    }
}

#[test]
fn a_keyring_locked_again_keeps_its_secrets() {
    const NAME: &str = "system_keyring::a_keyring_locked_again_keeps_its_secrets";
    match inside().as_deref() {
        Some("put") => open().put(&id(1), &secret("survives")).unwrap(),
        Some("locked") => {
            let store = open();
            assert!(is_locked(store.get(&id(1))), "not missing");
            assert!(is_locked(store.probe()));
        }
        Some(_) => assert_eq!(open().get(&id(1)).unwrap(), secret("survives")),
        None if keyring_installed() => {
            let session = Session::new();
            session.with_bus(UNLOCKED, NAME, "put");
            session.with_bus(LOCKED, NAME, "locked");
            session.with_bus(UNLOCKED, NAME, "get");
        }
        None => {}
    }
}

#[test]
fn a_bus_without_a_keyring_is_absent() {
    if inside().is_some() {
        let error = open().probe().unwrap_err();
        assert!(matches!(error, StoreError::Absent { store: StoreKind::Keyring, .. }), "{error:?}");
        let chosen = choice::choose(None, Path::new("/data"), choice::probe_keyring);
        assert_eq!(chosen.kind, StoreKind::File);
        return;
    }
    if !keyring_installed() {
        return;
    }
    let session = Session::new();
    // No directory of services: nothing can be activated.
    let config = session.root.path().join("bus.conf");
    let text = format!(
        "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" \
                \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n<busconfig><type>session</type>\
                <listen>unix:tmpdir={}</listen><policy context=\"default\"><allow send_destination=\"*\"/>\
                <allow receive_sender=\"*\"/><allow own=\"*\"/></policy></busconfig>",
        session.root.path().display()
    );
    fs::write(&config, text).unwrap();
    let wrapper = ["dbus-run-session", "--config-file", config.to_str().unwrap(), "--"];
    succeed(session.enter(again(&wrapper, "system_keyring::a_bus_without_a_keyring_is_absent", "")));
}

#[test]
fn without_a_bus_it_is_absent_at_once_and_nothing_is_started() {
    if inside().is_some() {
        // At once: an answer that was waited for would be that it timed out.
        for error in [KeyringStore::open().err(), choice::open(StoreKind::Keyring, Path::new("/data"), None).err()] {
            let error = error.unwrap();
            assert!(matches!(&error, StoreError::Absent { why, .. } if why.contains("D-Bus")), "{error:?}");
        }
        return;
    }
    let session = Session::new();
    let (bin, trace) = (session.root.path().join("bin"), session.root.path().join("started"));
    fs::create_dir(&bin).unwrap();
    for program in ["dbus-launch", "dbus-daemon", "gnome-keyring-daemon"] {
        let path = bin.join(program);
        fs::write(&path, format!("#!/bin/sh\necho {program} >> '{}'\n", trace.display())).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let name = "system_keyring::without_a_bus_it_is_absent_at_once_and_nothing_is_started";
    let mut command = session.enter(again(&[], name, ""));
    let path = std::env::join_paths(
        std::iter::once(bin).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    );
    command.env("PATH", path.unwrap());
    succeed(command);
    assert!(!trace.exists(), "{}", fs::read_to_string(&trace).unwrap_or_default());
}

#[test]
fn a_bus_that_is_gone_is_absent() {
    if inside().is_some() {
        let error = open().get(&id(1)).unwrap_err();
        assert!(matches!(error, StoreError::Absent { store: StoreKind::Keyring, .. }), "{error:?}");
        return;
    }
    let session = Session::new();
    let mut command = session.enter(again(&[], "system_keyring::a_bus_that_is_gone_is_absent", ""));
    command.env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", session.root.path().join("gone").display()));
    succeed(command);
}

#[test]
fn a_bus_that_never_answers_times_out() {
    if inside().is_some() {
        let store = KeyringStore::open_with_patience(Duration::from_millis(100)).unwrap();
        let begun = Instant::now();
        for _ in 0..20 {
            assert!(matches!(store.get(&id(1)), Err(StoreError::TimedOut { store: StoreKind::Keyring, .. })));
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
        return;
    }
    let session = Session::new();
    let socket = session.root.path().join("silent");
    // Connections are taken by the system's queue and never answered.
    let _listener = UnixListener::bind(&socket).unwrap();
    let mut command = session.enter(again(&[], "system_keyring::a_bus_that_never_answers_times_out", ""));
    command.env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", socket.display()));
    succeed(command);
}
