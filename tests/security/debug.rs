//! No type that can hold a secret shows it in `Debug`.

use std::fmt::Debug;

use keyrack::domain::{Draft, HostChoice, HostId, Identified, LookAt, StoreKind};
use keyrack::hosts::Authority;
use keyrack::net::{Body, HeaderText, NetSettings, Request};
use keyrack::ops::revoke::Using;
use keyrack::secret::{Masker, Secret, SecretText};

const TOKEN: &str = "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";

fn hides(what: &dyn Debug) {
    for shown in [format!("{what:?}"), format!("{what:#?}")] {
        let bytes = format!("{:?}", TOKEN.as_bytes());
        assert!(!shown.contains("NotAReal") && !shown.contains(&bytes[1..40]), "{shown}");
        assert!(!shown.contains("R2hQX0tleXJhY2s") && !shown.contains("S2V5cmFja0V4YW1wbGU"), "{shown}");
    }
}

#[test]
fn what_can_hold_a_secret_hides_it_in_debug() {
    let text = || SecretText::from(TOKEN);
    let secret = Secret { token: text(), session: Some(text()) };
    hides(&text());
    hides(&secret);
    hides(&Masker::of(&secret));
    hides(&HeaderText::Secret(text()));
    hides(&Body::Secret(text()));
    hides(&Request::post("https://acme.test").bearer(&text()).secret_body("text/plain", text()));
    hides(&Request::get("https://acme.test").basic("ana", &text()).secret_header("X-Api-Key", text()));
    hides(&Authority { one_time_code: None, kind: None, username: None, secret: secret.clone() });
    hides(&Using::Password { user: "ana".into(), password: text(), one_time_code: Some(text()) });
    hides(&NetSettings { proxy: Some(format!("http://ana:{TOKEN}@proxy.test")), ..NetSettings::default() });
    hides(&Identified {
        secret: secret.clone(),
        username: None,
        url: None,
        notes: Vec::new(),
        warnings: Vec::new(),
        candidates: Vec::new(),
        duplicate: None,
    });
    hides(&Draft {
        label: "x".into(),
        secret: secret.clone(),
        kind: None,
        username: None,
        owner: None,
        expires: None,
        tags: Vec::new(),
        note: String::new(),
        profiles: Vec::new(),
        look_at: LookAt::default(),
        hosts: vec![HostChoice::Known { host: HostId(1), role: None }],
    });
    hides(&keyrack::store::age_file::Unlocked { identity: text(), stamp: "x".into() });
    hides(&StoreKind::File);
}

#[test]
fn a_hint_tells_four_characters_at_most_and_nothing_of_a_short_secret() {
    for (secret, hint) in [
        (TOKEN, "ghp_…Stgq"),
        ("0123456789abcdefghij", "…ghij"),
        ("0123456789abcdefghi", "…"),
        ("hunter2", "…"),
        ("ünïcödeünïcödeünïcödeünïcöde", "…"),
    ] {
        assert_eq!(Secret::token(secret.into()).hint(), hint);
    }
}
