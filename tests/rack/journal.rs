//! The journal within one process; what happens when a process dies is in `processes`.

use keyrack::domain::Clock;
use keyrack::rack::{JournalEntry, RackError};
use serde_json::json;

use crate::support::{Home, id, minute};

#[test]
fn an_entry_keeps_its_steps_in_order_until_it_is_finished() {
    let home = Home::new();
    let rack = home.open().with_clock(Clock::Fixed(minute(7)));
    let add = rack.begin("add", &id(1), &json!({"label": "ci"})).unwrap();
    let revoke = rack.begin("revoke", &id(2), &json!(null)).unwrap();
    rack.step(add, "stored", &json!({"store": "file"})).unwrap();
    rack.step(revoke, "sent", &json!(1)).unwrap();
    rack.step(add, "recorded", &json!([])).unwrap();
    let entries = rack.open_entries().unwrap();
    assert_eq!(
        entries[0],
        JournalEntry {
            id: add,
            op: "add".into(),
            credential: id(1),
            started_at: minute(7),
            steps: vec![("stored".into(), json!({"store": "file"})), ("recorded".into(), json!([]))],
            detail: json!({"label": "ci"}),
            owner_alive: true,
            ours: true,
        }
    );
    assert_eq!((entries.len(), entries[1].id), (2, revoke));

    rack.finish(add).unwrap();
    assert_eq!(rack.open_entries().unwrap().len(), 1);
    rack.finish(add).unwrap();
    assert!(matches!(rack.step(add, "late", &json!(null)), Err(RackError::Internal { .. })));
    rack.finish(revoke).unwrap();
    let next = rack.begin("add", &id(3), &json!(null)).unwrap();
    assert!(next > revoke, "an id is never another entry's");
}

#[test]
fn an_entry_lives_as_long_as_the_rack_that_began_it() {
    let home = Home::new();
    let first = home.open();
    let second = home.open();
    let entry = first.begin("add", &id(1), &json!(null)).unwrap();
    let clone = first.clone();
    drop(first);
    let seen = second.open_entries().unwrap().remove(0);
    assert!(seen.owner_alive && !seen.ours);
    assert!(!second.adopt(entry).unwrap());
    drop(clone);
    assert!(!second.open_entries().unwrap()[0].owner_alive);

    let third = home.open();
    assert!(third.adopt(entry).unwrap());
    assert!(!third.adopt(entry).unwrap(), "also of two in the same process only one goes on with it");
    assert!(!second.adopt(entry).unwrap(), "only one goes on with it");
    assert!(second.open_entries().unwrap()[0].owner_alive);
    third.finish(entry).unwrap();
    assert!(!third.adopt(entry).unwrap());
    drop((second, third));
    let locks = home.directory().join("rack.db.locks");
    assert_eq!(std::fs::read_dir(locks).unwrap().count(), 0);
}

#[test]
fn a_rack_that_is_only_read_takes_no_lock() {
    let home = Home::new();
    let rack = home.open();
    assert!(rack.open_entries().unwrap().is_empty());
    assert!(!home.directory().join("rack.db.locks").exists());
}

#[test]
fn a_released_entry_can_be_gone_on_with_in_the_same_process_and_in_no_other() {
    let home = Home::new();
    let (mine, other) = (home.open(), home.open());
    let entry = mine.begin("revoke", &id(1), &json!(null)).unwrap();
    mine.release(entry);
    assert!(!mine.open_entries().unwrap()[0].owner_alive);
    assert!(other.open_entries().unwrap()[0].owner_alive);
    assert!(mine.adopt(entry).unwrap());
    assert!(mine.open_entries().unwrap()[0].owner_alive, "somebody is at it again");
    mine.release(entry);
    drop(mine);
    assert!(other.adopt(entry).unwrap());
}
