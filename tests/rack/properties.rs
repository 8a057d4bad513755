//! Whatever is put on the rack comes back as it was.

use keyrack::domain::{
    Binding, Credential, CredentialId, Expiry, FamilyId, Host, HostId, Kind, LookAt, Owner, SecretState, StoreKind,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::support::{Home, github, put};

/// Any text at all, the awkward kinds often.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[a-z-]{0,12}", Just("\0'\"; DROP TABLE host;--\u{202e}".to_owned())]
}

fn optional() -> impl Strategy<Value = Option<String>> {
    proptest::option::of(text())
}

fn moment() -> impl Strategy<Value = jiff::Timestamp> {
    (jiff::Timestamp::MIN.as_nanosecond()..=jiff::Timestamp::MAX.as_nanosecond())
        .prop_map(|ns| jiff::Timestamp::from_nanosecond(ns).unwrap())
}

fn any_host() -> impl Strategy<Value = Host> {
    let endpoints = proptest::collection::btree_map(text(), text(), 0..3);
    (
        (text(), text(), text(), optional(), endpoints),
        (optional(), optional(), optional(), any::<bool>(), optional(), optional()),
    )
        .prop_map(
            |((name, family, url, region, endpoints), (ca_file, client_cert, proxy, allow_http, product, version))| {
                let host = Host::new(name, FamilyId::new(family), url);
                Host { region, endpoints, ca_file, client_cert, proxy, allow_http, product, version, ..host }
            },
        )
}

fn any_credential(hosts: [HostId; 2]) -> impl Strategy<Value = Credential> {
    let expiry = prop_oneof![Just(Expiry::Unknown), Just(Expiry::Never), moment().prop_map(Expiry::At)];
    let look_at = (optional(), optional(), optional()).prop_map(|(project, issue, repository)| LookAt {
        project,
        issue,
        repository,
    });
    let binding = (0..2_usize, optional(), look_at)
        .prop_map(move |(n, role, look_at)| Binding { look_at, ..Binding::new(hosts[n], role) });
    let words = (text(), text(), text(), optional(), text(), text(), text());
    let words_of = || proptest::collection::vec(text(), 0..4);
    let lists = (words_of(), words_of(), proptest::collection::vec(binding, 1..4));
    let slugs = (
        proptest::sample::select(Kind::ALL),
        proptest::option::of(proptest::sample::select(Owner::ALL)),
        proptest::sample::select(StoreKind::ALL),
        proptest::sample::select(SecretState::ALL),
    );
    (words, lists, slugs, expiry, any::<bool>(), moment()).prop_map(
        |(
            (id, label, family, username, note, hint, fingerprint),
            (tags, profiles, bindings),
            slugs,
            expiry,
            expiry_by_user,
            added_at,
        )| {
            let (kind, owner, store, secret) = slugs;
            Credential {
                id: CredentialId(id),
                family: FamilyId::new(family),
                label,
                kind,
                username,
                owner,
                expiry,
                expiry_by_user,
                added_at,
                tags,
                note,
                profiles,
                bindings,
                store,
                secret,
                hint,
                fingerprint,
            }
        },
    )
}

fn runner() -> TestRunner {
    let config = Config { cases: 64, failure_persistence: None, ..Config::default() };
    // The same cases at every run.
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

#[test]
fn every_host_comes_back_as_it_was() {
    let home = Home::new();
    let rack = home.open();
    runner()
        .run(&(any_host(), any_host()), |(first, second)| {
            let id = rack.add_host(&first).unwrap();
            prop_assert_eq!(rack.host(id).unwrap(), Host { id, ..first });
            let second = Host { id, ..second };
            rack.update_host(&second).unwrap();
            prop_assert_eq!(rack.hosts().unwrap(), vec![second.clone()]);
            prop_assert_eq!(rack.host_by_name(&second.name).unwrap(), Some(second));
            rack.remove_host(id).unwrap();
            Ok(())
        })
        .unwrap();
}

#[test]
fn every_credential_comes_back_as_it_was() {
    let home = Home::new();
    let rack = home.open();
    let hosts = ["a", "b"].map(|name| rack.add_host(&Host { name: name.into(), ..github() }).unwrap());
    runner()
        .run(&(any_credential(hosts), any_credential(hosts)), |(first, second)| {
            rack.insert_credential(&first).unwrap();
            prop_assert_eq!(rack.credential(&first.id).unwrap(), Some(first.clone()));
            prop_assert_eq!(rack.credential_by_label(&first.label).unwrap(), Some(first.clone()));
            let second = Credential { id: first.id.clone(), added_at: first.added_at, ..second };
            put(&rack, &second).unwrap();
            prop_assert_eq!(rack.credentials().unwrap(), vec![second]);
            rack.remove_credential(&first.id).unwrap();
            Ok(())
        })
        .unwrap();
}
