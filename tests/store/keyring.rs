//! The keyring's wrapper over keyrings that hang, break, quote secrets or are ambiguous.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use keyrack::domain::StoreKind;
use keyrack::store::keyring::{KeyringStore, SERVICE};
use keyrack::store::{SecretStore, StoreError};
use keyring_core::Error as KeyringError;

use super::contract;
use super::support::*;

/// Long enough for any machine to answer, far longer than a test should take.
const AMPLE: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(50);

fn over(fake: &Fake, patience: Duration) -> KeyringStore {
    let handle = fake.handle();
    KeyringStore::over(move || Ok(handle.handle()), patience).unwrap()
}

/// Asks until there is an answer: with a patience as short as [`SHORT`] a busy machine alone can time out.
fn in_the_end<T>(ask: impl FnMut() -> Result<T, StoreError>) -> T {
    std::iter::repeat_with(ask).find_map(Result::ok).unwrap()
}

#[test]
fn the_contract_holds_over_a_keyring_in_memory() {
    let store: Arc<dyn SecretStore> = Arc::new(over(&Fake::new(Mood::Well), AMPLE));
    assert_eq!(store.kind(), StoreKind::Keyring);
    contract::holds_for(&store);
    contract::refuses_ids_that_are_no_names(&*store);
}

#[test]
fn a_probe_leaves_nothing_behind_and_probes_do_not_meet() {
    let fake = Fake::new(Mood::Well);
    let (one, other) = (over(&fake, AMPLE), over(&fake, AMPLE));
    thread::scope(|scope| {
        for store in [&one, &other] {
            scope.spawn(|| (0..50).for_each(|_| store.probe().unwrap()));
        }
    });
    assert_eq!(fake.users(), [""; 0]);
}

#[test]
fn a_keyring_that_hangs_times_out_and_later_calls_do_not_wait_for_it() {
    let fake = Fake::new(Mood::Stuck);
    let store = over(&fake, SHORT);
    let timed_out = StoreError::TimedOut { store: StoreKind::Keyring, seconds: 1 };
    assert_eq!(store.put(&id(1), &secret("stuck")), Err(timed_out.clone()));
    let begun = Instant::now();
    for number in 2..30 {
        assert_eq!(store.get(&id(number)), Err(timed_out.clone()));
        assert_eq!(store.put(&id(number), &secret("never")), Err(timed_out.clone()));
    }
    assert!(begun.elapsed() < AMPLE / 2);

    // The prompt is answered at last. What was under way completes; what was given up before it began does not.
    fake.release(Mood::Well);
    assert_eq!(in_the_end(|| store.get(&id(1))), secret("stuck"));
    assert_eq!(in_the_end(|| store.list()), [id(1)]);
}

#[test]
fn a_lost_connection_is_made_anew_once() {
    let broken = Fake::new(Mood::Well);
    let restarted = Fake::new(Mood::Well);
    restarted.plant(SERVICE, &id(1).0, b"kept on disk");
    let opened = Arc::new(AtomicUsize::new(0));
    let (count, first, second) = (Arc::clone(&opened), broken.handle(), restarted.handle());
    let open =
        move || Ok(if count.fetch_add(1, Ordering::SeqCst) == 0 { first.handle() } else { second.handle() } as _);
    let store = KeyringStore::over(open, AMPLE).unwrap();
    store.probe().unwrap();
    broken.release(Mood::Disconnected);
    assert_eq!(store.get(&id(1)).unwrap(), secret("kept on disk"));
    assert_eq!(opened.load(Ordering::SeqCst), 2);

    restarted.release(Mood::Disconnected);
    let error = store.get(&id(1)).unwrap_err();
    assert!(matches!(&error, StoreError::Io { why, .. } if why.contains("connection closed")), "{error:?}");
    assert_eq!(opened.load(Ordering::SeqCst), 3, "tried again once, not for ever");
}

#[test]
fn a_service_that_cannot_be_reached_is_absent() {
    let open = || Err(KeyringError::PlatformFailure(Box::new(std::io::Error::other("no such service"))));
    let store = KeyringStore::over(open, AMPLE).unwrap();
    for error in [store.probe().unwrap_err(), store.get(&id(1)).unwrap_err(), store.list().unwrap_err()] {
        assert!(matches!(&error, StoreError::Absent { why, .. } if why.contains("no such service")), "{error:?}");
    }
}

#[test]
fn a_keyring_never_unlocked_is_locked_not_empty() {
    let store = over(&Fake::new(Mood::NeverUnlocked), AMPLE);
    let results = [
        store.probe(),
        store.get(&id(1)).map(drop),
        store.put(&id(1), &secret("x")),
        store.delete(&id(1)),
        store.list().map(drop),
    ];
    for result in results {
        assert!(matches!(result, Err(StoreError::Locked { store: StoreKind::Keyring, .. })), "{result:?}");
    }
}

#[test]
fn an_error_that_quotes_the_secret_is_masked() {
    let store = over(&Fake::new(Mood::Quoting), AMPLE);
    let error = store.put(&id(1), &secret("glpat-NotARealToken12345")).unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("cannot take") && !shown.contains("NotAReal"), "{shown}");
}

#[test]
fn an_entry_that_is_no_secret_of_ours_is_damaged_and_not_shown() {
    let fake = Fake::new(Mood::Garbage);
    fake.plant(SERVICE, &id(1).0, b"whatever");
    let error = over(&fake, AMPLE).get(&id(1)).unwrap_err();
    assert!(matches!(&error, StoreError::Damaged { what, .. } if what.contains(&id(1).0)), "{error:?}");
    let shown = format!("{error:?}");
    assert!(!shown.contains("255") && !shown.contains("254"), "{shown}");
}

#[test]
fn copies_are_read_when_they_agree_and_all_deleted() {
    let fake = Fake::new(Mood::Well);
    let store = over(&fake, AMPLE);
    fake.plant(SERVICE, &id(1).0, b"same");
    fake.plant(SERVICE, &id(1).0, b"same");
    assert_eq!(store.get(&id(1)).unwrap(), secret("same"));
    fake.plant(SERVICE, &id(1).0, b"other");
    assert!(matches!(store.get(&id(1)), Err(StoreError::Damaged { .. })));
    store.put(&id(1), &secret("written to all")).unwrap();
    assert_eq!(store.get(&id(1)).unwrap(), secret("written to all"));
    assert_eq!(store.list().unwrap(), [id(1)]);
    store.delete(&id(1)).unwrap();
    assert_eq!(fake.users(), [""; 0], "no copy of a destroyed secret stays");
}

#[test]
fn only_entries_of_ours_are_listed() {
    let fake = Fake::new(Mood::Well);
    fake.plant("another-program", &id(1).0, b"x");
    fake.plant("keyrack-probe", &id(2).0, b"x");
    fake.plant(SERVICE, "somebody", b"x");
    for number in (200..450).rev() {
        fake.plant(SERVICE, &id(number).0, b"x");
    }
    let expected: Vec<_> = (200..450).map(id).collect();
    assert_eq!(over(&fake, AMPLE).list().unwrap(), expected);
}
