//! Hosts, credentials and what may not be there twice.

use keyrack::domain::{
    AuditEntry, Binding, Credential, Expiry, Host, HostId, Kind, LookAt, Owner, SecretState, StoreKind,
};
use keyrack::rack::{Learned, NewSecret, RackError};

use crate::support::{Home, credential, github, id, minute, put, with_one};

#[test]
fn hosts_are_added_changed_and_removed() {
    let home = Home::new();
    let rack = home.open();
    let first = rack.add_host(&github()).unwrap();
    let mut host = rack.host(first).unwrap();
    assert_eq!(host, Host { id: first, ..github() });
    host.version = Some("3.19".to_owned());
    host.endpoints.insert("api".to_owned(), "https://mirror.example".to_owned());
    rack.update_host(&host).unwrap();
    assert_eq!(rack.host_by_name("GitHub.com").unwrap(), Some(host));
    assert_eq!(rack.host_by_name("github.co").unwrap(), None);

    rack.remove_host(first).unwrap();
    assert_eq!(rack.host(first).unwrap_err(), RackError::NoSuchHost { name: "#1".into(), similar: vec![] });
    assert!(matches!(rack.remove_host(first), Err(RackError::NoSuchHost { .. })));
    assert!(matches!(rack.update_host(&Host { id: first, ..github() }), Err(RackError::NoSuchHost { .. })));
    assert_ne!(rack.add_host(&github()).unwrap(), first, "an id is never another host's");
}

#[test]
fn host_names_are_unique_whatever_their_case() {
    let home = Home::new();
    let rack = home.open();
    rack.add_host(&github()).unwrap();
    let other = rack.add_host(&Host { name: "other".into(), ..github() }).unwrap();
    let taken = Err(RackError::DuplicateHost { name: "github.com".into() });
    assert_eq!(rack.add_host(&Host { name: "GitHub.com".into(), ..github() }), taken);
    assert_eq!(rack.update_host(&Host { id: other, ..github() }), taken.map(drop));
    rack.update_host(&Host { id: other, name: "OTHER".into(), ..github() }).unwrap();
    assert_eq!(
        rack.no_such_host("githup.com"),
        RackError::NoSuchHost { name: "githup.com".into(), similar: vec!["github.com".into()] }
    );
}

#[test]
fn a_host_in_use_is_not_removed_and_says_by_whom() {
    let home = Home::new();
    let (rack, host, one) = with_one(&home);
    let mut two = credential(2, "azure", host);
    two.bindings.push(Binding::new(host, Some("target".into())));
    rack.insert_credential(&two).unwrap();
    let labels = vec!["azure".to_owned(), "ci-release".to_owned()];
    assert_eq!(rack.remove_host(host).unwrap_err(), RackError::HostInUse { name: "github.com".into(), labels });
    rack.remove_credential(&one.id).unwrap();
    rack.remove_credential(&two.id).unwrap();
    rack.remove_host(host).unwrap();
}

#[test]
fn labels_are_unique_whatever_their_case() {
    let home = Home::new();
    let (rack, host, one) = with_one(&home);
    for label in ["ci-release", "CI-Release"] {
        assert_eq!(
            rack.insert_credential(&credential(2, label, host)).unwrap_err(),
            RackError::DuplicateLabel { label: label.into(), existing: "ci-release".into() }
        );
    }
    let mut two = credential(2, "two", host);
    rack.insert_credential(&two).unwrap();
    two.label = "CI-RELEASE".into();
    assert!(matches!(put(&rack, &two), Err(RackError::DuplicateLabel { .. })));
    put(&rack, &Credential { label: "Ci-Release".into(), ..one }).unwrap();
    assert!(rack.credential_by_label("ci-release").unwrap().is_none(), "labels are told apart by case");
    assert!(rack.credential_by_label("Ci-Release").unwrap().is_some());
    assert_eq!(rack.similar_labels("ci-release"), ["Ci-Release"]);
    let RackError::NoSuchCredential { similar, .. } = rack.no_such_label("tow") else { panic!() };
    assert_eq!(similar, ["two"]);
}

#[test]
fn a_present_secret_is_on_the_rack_once() {
    let home = Home::new();
    let (rack, host, one) = with_one(&home);
    let twin = Credential { fingerprint: one.fingerprint.clone(), ..credential(2, "twin", host) };
    let taken = Err(RackError::DuplicateSecret { existing: "ci-release".into() });
    assert_eq!(rack.insert_credential(&twin), taken);
    assert_eq!(rack.label_of_fingerprint(&one.fingerprint).unwrap().as_deref(), Some("ci-release"));

    rack.set_secret_state(&one.id, SecretState::Destroyed).unwrap();
    assert_eq!(rack.label_of_fingerprint(&one.fingerprint).unwrap(), None);
    rack.insert_credential(&twin).unwrap();
    let back = Err(RackError::DuplicateSecret { existing: "twin".into() });
    assert_eq!(rack.set_secret_state(&one.id, SecretState::Present), back);

    let three = credential(3, "three", host);
    rack.insert_credential(&three).unwrap();
    assert_eq!(put(&rack, &Credential { fingerprint: one.fingerprint, ..three }), back);

    // No fingerprint is no fingerprint, not the same one.
    for n in [4, 5] {
        let plain = Credential { fingerprint: String::new(), ..credential(n, &format!("plain-{n}"), host) };
        rack.insert_credential(&plain).unwrap();
    }
    assert_eq!(rack.label_of_fingerprint("").unwrap(), None);
}

#[test]
fn sqlite_itself_refuses_a_second_present_secret() {
    let home = Home::new();
    let (rack, host, _) = with_one(&home);
    rack.insert_credential(&credential(2, "two", host)).unwrap();
    drop(rack);
    let twice = "UPDATE credential SET fingerprint = 'same'";
    assert!(home.sqlite().execute_batch(twice).unwrap_err().to_string().contains("UNIQUE"));
    home.sqlite().execute_batch("UPDATE credential SET fingerprint = 'same', secret = 'destroyed'").unwrap();
}

#[test]
fn an_update_takes_all_or_nothing() {
    let home = Home::new();
    let (rack, host, one) = with_one(&home);
    let other = rack.add_host(&Host { name: "other".into(), ..github() }).unwrap();
    let changed = Credential {
        label: "renamed".into(),
        kind: Kind::FineGrainedPat,
        owner: Some(Owner::Service),
        expiry: Expiry::Never,
        expiry_by_user: true,
        tags: vec![],
        note: "two\nlines".into(),
        profiles: vec!["pull-requests".into(), "git-read".into()],
        bindings: vec![
            Binding::new(other, Some("source".into())),
            Binding {
                look_at: LookAt { issue: Some("KEY-1".into()), ..LookAt::default() },
                ..Binding::new(host, None)
            },
        ],
        store: StoreKind::File,
        secret: SecretState::Destroyed,
        hint: "…".into(),
        fingerprint: "new".into(),
        username: None,
        ..one.clone()
    };
    put(&rack, &changed).unwrap();
    assert_eq!(rack.credential(&one.id).unwrap(), Some(changed.clone()));

    let nowhere = Credential {
        label: "half".into(),
        bindings: vec![Binding::new(host, None), Binding::new(HostId(99), None)],
        ..changed.clone()
    };
    assert_eq!(put(&rack, &nowhere), Err(RackError::NoSuchHost { name: "#99".into(), similar: vec![] }));
    assert_eq!(rack.credentials().unwrap(), [changed]);
    assert!(matches!(rack.insert_credential(&Credential { id: id(2), ..nowhere }), Err(RackError::NoSuchHost { .. })));
    assert_eq!(rack.credentials().unwrap().len(), 1);
}

#[test]
fn an_edit_is_made_to_the_record_as_it_is_by_then() {
    let home = Home::new();
    let (rack, _, old) = with_one(&home);
    // Since it was read, another process has rotated it, checked it and destroyed its secret.
    let new = NewSecret {
        kind: Kind::AccessKey,
        username: Some("AKIANEW".into()),
        expiry: Expiry::Never,
        expiry_by_user: false,
        store: StoreKind::File,
        hint: "…new".into(),
        fingerprint: "new".into(),
    };
    rack.replace_secret(&old.id, &new).unwrap();
    rack.set_secret_state(&old.id, SecretState::Destroyed).unwrap();
    let now = rack.credential(&old.id).unwrap().unwrap();
    let edit = |record: &mut Credential| {
        record.note = "edited".into();
        Ok::<_, RackError>(())
    };
    let (before, after) = rack.edit_credential(&old.id, edit).unwrap();
    assert_eq!(before, now);
    assert_eq!(after, Credential { note: "edited".into(), ..now });
    assert_eq!(rack.credential(&old.id).unwrap().unwrap(), after);

    let refused: Result<_, RackError> = rack.edit_credential(&old.id, |record| {
        record.label = "half".into();
        Err(RackError::Internal { what: "no".into() })
    });
    assert_eq!(refused, Err(RackError::Internal { what: "no".into() }));
    assert_eq!(rack.credential(&old.id).unwrap().unwrap(), after);

    // What stays for life stays whatever an edit says.
    let others = Credential { id: id(9), added_at: minute(9), ..after.clone() };
    let (_, kept) = rack
        .edit_credential(&old.id, |record| {
            *record = others;
            Ok::<_, RackError>(())
        })
        .unwrap();
    assert_eq!(kept, after);
}

/// Between a test of a host and what it found, the user may have edited the record.
#[test]
fn what_a_host_says_that_it_is_is_taken_over_and_an_edit_stays() {
    let home = Home::new();
    let rack = home.open();
    let id = rack.add_host(&github()).unwrap();
    let edited = Host { id, url: "https://elsewhere.example".into(), ..github() };
    rack.update_host(&edited).unwrap();
    rack.learn_host(id, Some("GitHub Enterprise Server"), Some("3.19.0")).unwrap();
    let told = |text: &str| Some(text.to_owned());
    let now = Host { product: told("GitHub Enterprise Server"), version: told("3.19.0"), ..edited };
    assert_eq!(rack.host(id).unwrap(), now);
    rack.learn_host(HostId(99), None, None).unwrap();
    assert_eq!(rack.hosts().unwrap(), [now]);
}

#[test]
fn what_is_not_there_cannot_be_changed() {
    let home = Home::new();
    let (rack, host, _) = with_one(&home);
    let stranger = credential(9, "stranger", host);
    assert!(matches!(put(&rack, &stranger), Err(RackError::NoSuchCredential { .. })));
    assert!(matches!(rack.remove_credential(&stranger.id), Err(RackError::NoSuchCredential { .. })));
    let state = rack.set_secret_state(&stranger.id, SecretState::Present);
    assert!(matches!(state, Err(RackError::NoSuchCredential { .. })));
    assert_eq!(rack.credential(&stranger.id).unwrap(), None);
}

#[test]
fn the_audit_log_outlives_what_it_speaks_of_and_cannot_be_changed() {
    let home = Home::new();
    let (rack, _, one) = with_one(&home);
    let entry = |n: i64, verb: &str| AuditEntry {
        at: minute(n),
        user: "ana".into(),
        verb: verb.into(),
        label: one.label.clone(),
        host: "github.com".into(),
        outcome: "done".into(),
        detail: String::new(),
    };
    rack.audit(&entry(1, "add")).unwrap();
    // The clock was put back: the log keeps the order in which things were noted.
    rack.audit(&entry(0, "forget")).unwrap();
    rack.remove_credential(&one.id).unwrap();
    assert_eq!(rack.audit_log(10).unwrap(), [entry(0, "forget"), entry(1, "add")]);
    assert_eq!(rack.audit_log(1).unwrap(), [entry(0, "forget")]);
    drop(rack);
    for change in ["UPDATE audit SET user = 'eve'", "DELETE FROM audit"] {
        assert!(home.sqlite().execute_batch(change).is_err());
    }
}

#[test]
fn the_store_and_the_fingerprint_key_are_remembered() {
    let home = Home::new();
    let rack = home.open();
    assert_eq!(rack.remembered_store().unwrap(), None);
    rack.remember_store(StoreKind::Keyring).unwrap();
    rack.remember_store(StoreKind::File).unwrap();
    let key = rack.fingerprint_key().unwrap();
    assert_eq!(rack.fingerprint_key().unwrap(), key);
    drop(rack);
    let rack = home.open();
    assert_eq!(rack.remembered_store().unwrap(), Some(StoreKind::File));
    assert_eq!(rack.fingerprint_key().unwrap(), key);
    assert_ne!(Home::new().open().fingerprint_key().unwrap(), key);
}

#[test]
fn data_version_tells_of_the_writes_of_others_only() {
    let home = Home::new();
    let (rack, host, _) = with_one(&home);
    let before = rack.data_version().unwrap();
    rack.clone().insert_credential(&credential(2, "mine", host)).unwrap();
    assert_eq!(rack.data_version().unwrap(), before);
    home.open().insert_credential(&credential(3, "theirs", host)).unwrap();
    assert_ne!(rack.data_version().unwrap(), before);
}

#[test]
fn ten_thousand_credentials_are_loaded_in_order_with_their_bindings() {
    let home = Home::new();
    let rack = home.open();
    let source = rack.add_host(&github()).unwrap();
    let target = rack.add_host(&Host { name: "target".into(), ..github() }).unwrap();
    let sqlite = home.sqlite();
    sqlite
        .execute_batch(&format!(
            "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
             INSERT INTO credential
             SELECT NULL, printf('4fd7a1a2-0000-4000-8000-%012d', i), printf('label-%05d', 9999 - i),
                 printf('label-%05d', 9999 - i), 'github', 'classic-pat', 'octo-bot', 'service',
                 '2027-01-23T00:00:00.000000000Z', 0, '2026-11-23T00:00:00.000000000Z', '[\"ci\",\"prod\"]', '', 'memory',
                 'present', '…', 'f' || i, '[]' FROM n;
             INSERT INTO binding SELECT number, 0, {0}, 'source', '{{}}' FROM credential;
             INSERT INTO binding SELECT number, 1, {1}, 'target', '{{}}' FROM credential WHERE number % 2;
             INSERT INTO standing SELECT credential, host, 'valid', 'accepted', '2026-11-23T00:00:00.000000000Z', 'valid',
                 '2026-11-23T00:00:00.000000000Z', 'octo-bot' FROM binding;",
            source.0, target.0
        ))
        .unwrap();
    let all = rack.credentials().unwrap();
    assert_eq!(all.len(), 10_000);
    assert!(all.is_sorted_by(|a, b| a.label < b.label));
    assert_eq!(all.iter().map(|c| c.bindings.len()).sum::<usize>(), 15_000);
    assert!(all.iter().all(|c| c.bindings[0] == Binding::new(source, Some("source".into()))));
    assert_eq!(rack.standings().unwrap().len(), 15_000);
    assert_eq!(rack.similar_labels("lable-04711")[0], "label-04711");
    rack.check().unwrap();
}

/// Between the beginning of a check and its end the user may have edited the record.
#[test]
fn what_a_host_told_is_taken_over_and_an_edit_stays() {
    let home = Home::new();
    let (rack, _, one) = with_one(&home);
    let told = |kind, expiry| Learned { credential: one.id.clone(), kind, expiry };
    put(&rack, &Credential { label: "renamed".into(), expiry_by_user: true, ..one.clone() }).unwrap();
    rack.learn(&[told(Some(Kind::FineGrainedPat), Expiry::Unknown)]).unwrap();
    let now = rack.credential(&one.id).unwrap().unwrap();
    assert_eq!((now.label.as_str(), now.kind, now.expiry), ("renamed", Kind::FineGrainedPat, one.expiry));
    assert!(now.expiry_by_user, "nothing was told of it");
    let gone = Learned { credential: id(99), kind: None, expiry: Expiry::Never };
    rack.learn(&[gone, told(None, Expiry::Never)]).unwrap();
    let now = rack.credential(&one.id).unwrap().unwrap();
    assert_eq!((now.kind, now.expiry, now.expiry_by_user), (Kind::FineGrainedPat, Expiry::Never, false));
}
