//! What every backend must do, whatever it is.

use std::sync::Arc;
use std::thread;

use keyrack::domain::{CredentialId, StoreKind};
use keyrack::secret::Secret;
use keyrack::store::memory::MemoryStore;
use keyrack::store::{SecretStore, StoreError};

use super::support::{id, quick_store, secret};

/// Runs the whole contract on a store that is empty, and leaves it so.
pub fn holds_for(store: &Arc<dyn SecretStore>) {
    assert_eq!(store.list().unwrap(), [], "the store is empty at first");
    for part in [
        what_is_put_is_got_until_it_is_deleted,
        what_is_not_there_is_missing_and_deleting_it_is_fine,
        putting_again_replaces,
        parts_and_odd_texts_come_back_unchanged,
        a_secret_that_cannot_come_back_unchanged_is_refused,
        ids_are_listed_sorted,
        many_threads_do_not_disturb_each_other,
    ] {
        part(store);
        assert_eq!(store.list().unwrap(), [], "a part of the contract tidies up");
    }
}

fn what_is_put_is_got_until_it_is_deleted(store: &Arc<dyn SecretStore>) {
    store.put(&id(1), &secret("glpat-NotARealToken12345")).unwrap();
    assert_eq!(store.get(&id(1)).unwrap(), secret("glpat-NotARealToken12345"));
    assert_eq!(store.list().unwrap(), [id(1)]);
    store.delete(&id(1)).unwrap();
    assert_missing(store, &id(1));
}

fn what_is_not_there_is_missing_and_deleting_it_is_fine(store: &Arc<dyn SecretStore>) {
    assert_missing(store, &id(2));
    store.delete(&id(2)).unwrap();
    store.delete(&id(2)).unwrap();
    assert_missing(store, &id(2));
}

fn putting_again_replaces(store: &Arc<dyn SecretStore>) {
    for token in ["first", "a second and longer one", "3rd"] {
        store.put(&id(3), &secret(token)).unwrap();
        assert_eq!(store.get(&id(3)).unwrap(), secret(token));
    }
    assert_eq!(store.list().unwrap(), [id(3)]);
    store.delete(&id(3)).unwrap();
}

fn parts_and_odd_texts_come_back_unchanged(store: &Arc<dyn SecretStore>) {
    let long = "0123456789".repeat(10_000);
    let odd = [
        secret("x"),
        secret("  spaces around  "),
        secret("nul\0 bell\u{7} escape\u{1b}[2J return\r tab\t"),
        secret("Schlüssel-鍵-🔑-\u{202e}"),
        secret("=+/\\'\"`$(rm -rf)%00"),
        secret(&long),
        Secret { token: "EXAMPLE/secret/access/key".into(), session: Some("EXAMPLE-session-token//==".into()) },
        Secret { token: long.as_str().into(), session: Some(long.as_str().into()) },
    ];
    for secret in odd {
        store.put(&id(4), &secret).unwrap();
        assert!(store.get(&id(4)).unwrap() == secret, "{} bytes changed", secret.token.len());
    }
    store.delete(&id(4)).unwrap();
}

fn a_secret_that_cannot_come_back_unchanged_is_refused(store: &Arc<dyn SecretStore>) {
    store.put(&id(5), &secret("kept")).unwrap();
    for bad in ["", "two\nlines", "ends\n"] {
        let error = store.put(&id(5), &secret(bad)).unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    }
    assert_eq!(store.get(&id(5)).unwrap(), secret("kept"));
    store.delete(&id(5)).unwrap();
}

fn ids_are_listed_sorted(store: &Arc<dyn SecretStore>) {
    for number in [12, 10, 13, 11] {
        store.put(&id(number), &secret("listed")).unwrap();
    }
    assert_eq!(store.list().unwrap(), [id(10), id(11), id(12), id(13)]);
    for number in 10..14 {
        store.delete(&id(number)).unwrap();
    }
}

fn many_threads_do_not_disturb_each_other(store: &Arc<dyn SecretStore>) {
    thread::scope(|scope| {
        for number in 100..108 {
            scope.spawn(move || {
                for round in 0..4 {
                    let own = secret(&format!("of {number} in round {round}"));
                    store.put(&id(number), &own).unwrap();
                    // All threads fight over this one; it must always be one of theirs, whole.
                    store.put(&id(99), &own).unwrap();
                    assert!(store.get(&id(99)).unwrap().token.reveal().starts_with("of 10"));
                    assert_eq!(store.get(&id(number)).unwrap(), own);
                }
                store.delete(&id(number)).unwrap();
            });
        }
    });
    store.delete(&id(99)).unwrap();
}

fn assert_missing(store: &Arc<dyn SecretStore>, id: &CredentialId) {
    assert_eq!(store.get(id).unwrap_err(), StoreError::Missing { store: store.kind(), id: id.clone() });
}

/// Ids that would lead out of the store, or that two systems would read differently. Not part of the contract for
/// memory, which has no names to protect.
pub fn refuses_ids_that_are_no_names(store: &dyn SecretStore) {
    let long = "a".repeat(10_000);
    for bad in
        ["", ".", "..", "../escape", "/etc/passwd", "identity", "a\0b", "6F1C2A70-3B0E-4C55-9A57-0D7F3F0C9B11", &long]
    {
        let id = CredentialId(bad.to_owned());
        for result in [store.get(&id).map(drop), store.put(&id, &secret("x")), store.delete(&id)] {
            let error = result.unwrap_err();
            assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
            assert!(error.to_string().len() < 300, "an id is quoted in part only");
        }
    }
}

#[test]
fn memory() {
    let store: Arc<dyn SecretStore> = Arc::new(MemoryStore::new());
    assert_eq!(store.kind(), StoreKind::Memory);
    holds_for(&store);
}

#[test]
fn age_files() {
    let dir = tempfile::tempdir().unwrap();
    let store: Arc<dyn SecretStore> = Arc::new(quick_store(dir.path()));
    assert_eq!(store.kind(), StoreKind::File);
    holds_for(&store);
    refuses_ids_that_are_no_names(&*store);
}
