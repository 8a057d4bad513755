//! History and standings.

use keyrack::domain::{Evidence, Expiry, Grant, Identity, Validation, Verdict};
use keyrack::rack::{KEPT_PER_BINDING, NewSecret, Rack, RackError};

use crate::support::{Home, credential, github, id, minute, put, verdict, with_one};

fn identity(login: &str) -> Option<Identity> {
    Some(Identity { id: "1".into(), login: login.into(), name: String::new(), kind: "user".into() })
}

fn standing(rack: &Rack) -> (Verdict, String, Option<(Verdict, jiff::Timestamp)>) {
    let [one] = <[_; 1]>::try_from(rack.standings().unwrap()).unwrap();
    (one.verdict, one.reason, one.real)
}

#[test]
fn a_validation_comes_back_with_everything_in_it() {
    let home = Home::new();
    let (rack, host, one) = with_one(&home);
    let full = Validation {
        identity: identity("octo-bot"),
        grants: vec![Grant::told("repo")],
        remote_id: Some("42".into()),
        evidence: vec![Evidence { request: "GET /user".into(), status: Some(200), ms: 84, detail: "X: y".into() }],
        ..verdict(Verdict::Valid, "accepted", minute(1))
    };
    rack.record(&one.id, host, &full).unwrap();
    assert_eq!(rack.latest(&one.id, host).unwrap(), Some(full.clone()));
    assert_eq!(rack.history(&one.id, 10).unwrap(), [(host, full)]);
    let standing = &rack.standings().unwrap()[0];
    assert_eq!((&standing.credential, standing.host, standing.checked_at), (&one.id, host, minute(1)));
    assert_eq!(standing.login.as_deref(), Some("octo-bot"));
}

#[test]
fn a_network_fault_stands_beside_the_last_real_verdict() {
    let home = Home::new();
    let (rack, host, one) = with_one(&home);
    rack.record(&one.id, host, &verdict(Verdict::Unreachable, "first", minute(1))).unwrap();
    assert_eq!(standing(&rack), (Verdict::Unreachable, "first".into(), None));
    assert_eq!(rack.latest_real(&one.id, host).unwrap(), None);

    let valid = Validation { identity: identity("ana"), ..verdict(Verdict::Valid, "good", minute(2)) };
    rack.record(&one.id, host, &valid).unwrap();
    assert_eq!(standing(&rack), (Verdict::Valid, "good".into(), Some((Verdict::Valid, minute(2)))));

    for (n, kind) in [(3, Verdict::Unreachable), (4, Verdict::Unchecked)] {
        rack.record(&one.id, host, &verdict(kind, "away", minute(n))).unwrap();
        assert_eq!(standing(&rack), (kind, "away".into(), Some((Verdict::Valid, minute(2)))));
    }
    assert_eq!(rack.standings().unwrap()[0].login.as_deref(), Some("ana"));
    assert_eq!(rack.latest(&one.id, host).unwrap().unwrap().verdict, Verdict::Unchecked);
    assert_eq!(rack.latest_real(&one.id, host).unwrap(), Some(valid));

    rack.record(&one.id, host, &verdict(Verdict::Revoked, "gone", minute(5))).unwrap();
    assert_eq!(standing(&rack), (Verdict::Revoked, "gone".into(), Some((Verdict::Revoked, minute(5)))));
}

#[test]
fn checks_that_end_out_of_order_are_ordered_by_their_own_time() {
    let home = Home::new();
    let (rack, host, one) = with_one(&home);
    let later = Validation { identity: identity("new"), ..verdict(Verdict::Expired, "later", minute(9)) };
    let early = Validation { identity: identity("old"), ..verdict(Verdict::Valid, "early", minute(3)) };
    rack.record(&one.id, host, &later).unwrap();
    rack.record(&one.id, host, &early).unwrap();
    assert_eq!(standing(&rack), (Verdict::Expired, "later".into(), Some((Verdict::Expired, minute(9)))));
    assert_eq!(rack.standings().unwrap()[0].login.as_deref(), Some("new"));
    assert_eq!(rack.history(&one.id, 9).unwrap(), [(host, later.clone()), (host, early)]);
    assert_eq!(rack.latest(&one.id, host).unwrap(), Some(later));
}

#[test]
fn a_real_verdict_that_arrives_after_a_newer_fault_is_still_the_real_one() {
    let home = Home::new();
    let (rack, host, one) = with_one(&home);
    rack.record(&one.id, host, &verdict(Verdict::Unreachable, "fault", minute(9))).unwrap();
    rack.record(&one.id, host, &verdict(Verdict::Valid, "slow", minute(3))).unwrap();
    assert_eq!(standing(&rack), (Verdict::Unreachable, "fault".into(), Some((Verdict::Valid, minute(3)))));
}

#[test]
fn history_is_pruned_per_binding_and_never_of_the_newest_real_verdict() {
    let home = Home::new();
    let (rack, host, one) = with_one(&home);
    let other = rack.add_host(&keyrack::domain::Host { name: "other".into(), ..github() }).unwrap();
    rack.record(&one.id, other, &verdict(Verdict::Valid, "elsewhere", minute(0))).unwrap();
    for n in 1..=3 {
        rack.record(&one.id, host, &verdict(Verdict::Valid, "real", minute(n))).unwrap();
    }
    let many: Vec<_> =
        (4..104).map(|n| (one.id.clone(), host, verdict(Verdict::Unreachable, "away", minute(n)))).collect();
    rack.record_many(&many).unwrap();
    let kept = rack.history(&one.id, usize::MAX).unwrap();
    assert_eq!(kept.iter().filter(|(at, _)| *at == other).count(), 1);
    let here: Vec<_> = kept.into_iter().filter(|(at, _)| *at == host).map(|(_, v)| v).collect();
    assert_eq!(here.len(), KEPT_PER_BINDING + 1);
    assert_eq!((here[0].checked_at, here[49].checked_at), (minute(103), minute(54)));
    assert_eq!((here[50].verdict, here[50].checked_at), (Verdict::Valid, minute(3)));
    assert_eq!(rack.latest_real(&one.id, host).unwrap().unwrap().checked_at, minute(3));
    assert_eq!(rack.history(&one.id, 2).unwrap().len(), 2);
}

#[test]
fn what_was_removed_while_it_was_checked_is_left_out() {
    let home = Home::new();
    let (rack, host, one) = with_one(&home);
    let gone = rack.add_host(&keyrack::domain::Host { name: "gone".into(), ..github() }).unwrap();
    rack.remove_host(gone).unwrap();
    let valid = verdict(Verdict::Valid, "good", minute(1));
    assert!(matches!(rack.record(&id(9), host, &valid), Err(RackError::NoSuchCredential { .. })));
    assert!(matches!(rack.record(&one.id, gone, &valid), Err(RackError::NoSuchHost { .. })));
    rack.record_many(&[
        (id(9), host, valid.clone()),
        (one.id.clone(), gone, valid.clone()),
        (one.id.clone(), host, valid),
    ])
    .unwrap();
    rack.record_many(&[]).unwrap();
    assert_eq!(rack.standings().unwrap().len(), 1);
    assert_eq!(rack.history(&one.id, 9).unwrap().len(), 1);
}

#[test]
fn verdicts_go_with_the_credential_and_hide_with_the_binding() {
    let home = Home::new();
    let (rack, host, mut one) = with_one(&home);
    let two = credential(2, "two", host);
    rack.insert_credential(&two).unwrap();
    let valid = verdict(Verdict::Valid, "good", minute(1));
    rack.record_many(&[(one.id.clone(), host, valid.clone()), (two.id.clone(), host, valid)]).unwrap();

    let bindings = std::mem::take(&mut one.bindings);
    put(&rack, &one).unwrap();
    assert_eq!(rack.standings().unwrap().len(), 1, "of a host it is no longer used at nothing is shown");
    one.bindings = bindings;
    put(&rack, &one).unwrap();
    assert_eq!(rack.standings().unwrap().len(), 2);

    rack.remove_credential(&one.id).unwrap();
    assert_eq!(rack.standings().unwrap().len(), 1);
    assert!(rack.history(&one.id, 9).unwrap().is_empty());
    rack.remove_credential(&two.id).unwrap();
    rack.remove_host(host).unwrap();
    rack.check().unwrap();
}

/// By the id of the old one, the new one would be looked for at the host, and another be ended in its place.
#[test]
fn the_hosts_id_of_a_secret_goes_with_it() {
    let home = Home::new();
    let (rack, host, one) = with_one(&home);
    let known = |n, id: Option<&str>| Validation {
        remote_id: id.map(Into::into),
        ..verdict(Verdict::Valid, "good", minute(n))
    };
    rack.record(&one.id, host, &known(1, Some("7"))).unwrap();
    rack.record(&one.id, host, &known(2, None)).unwrap();
    let id = || rack.latest_with_id(&one.id, host).unwrap().and_then(|v| v.remote_id);
    assert_eq!(id().as_deref(), Some("7"), "a later answer that does not tell it does not hide it");

    let new = |fingerprint: &str| NewSecret {
        kind: one.kind,
        username: None,
        expiry: Expiry::Unknown,
        expiry_by_user: false,
        store: one.store,
        hint: String::new(),
        fingerprint: fingerprint.into(),
    };
    rack.replace_secret(&one.id, &new(&one.fingerprint)).unwrap();
    assert_eq!(id().as_deref(), Some("7"), "it is the same secret still");
    rack.replace_secret(&one.id, &new("new")).unwrap();
    assert_eq!(id(), None);
    let history = rack.history(&one.id, 9).unwrap();
    assert_eq!(history.iter().map(|(_, v)| v.reason.as_str()).collect::<Vec<_>>(), ["good", "good"], "the rest stays");
    rack.record(&one.id, host, &known(3, Some("8"))).unwrap();
    rack.replace_secret(&one.id, &new("new")).unwrap();
    assert_eq!(id().as_deref(), Some("8"), "repeated after a crash it forgets nothing");
}
