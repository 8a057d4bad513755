//! No secret on any screen, nor in what `Debug` makes of model, messages and effects.

use keyrack::domain::{Candidate, Checksum, FamilyId, Identified, Kind};
use keyrack::secret::Secret;
use keyrack::ui::msg::{AddMsg, Msg, Passphrase};

use crate::harness::{FAKE, Ui};

/// Parts long enough to be told from innocent text.
const TYPED: &str = "Xq7NotARealSecret";

#[track_caller]
fn nowhere(ui: &Ui, secret: &str) {
    let all = format!("{}\n{:?}\n{:?}", ui.screen(), ui.model, ui.effects);
    for at in 0..secret.len() - 6 {
        assert!(!all.contains(&secret[at..at + 6]), "`{}` of the secret is seen", &secret[at..at + 6]);
    }
}

#[test]
fn typed_into_the_wizard() {
    let mut ui = Ui::new();
    ui.keys("a").keys(TYPED);
    nowhere(&ui, TYPED);
    ui.keys("<enter>");
    nowhere(&ui, TYPED);
}

#[test]
fn pasted_and_carried_through_the_wizard() {
    let mut ui = Ui::new();
    ui.keys("a").paste(FAKE);
    let candidate = Candidate {
        family: FamilyId::new("codecommit"),
        kind: Kind::AccessKey,
        certain: true,
        carries: Vec::new(),
        checksum: Checksum::None,
    };
    let found = Identified {
        secret: Secret::token(FAKE.into()),
        username: Some("AKIAIOSFODNN7EXAMPLE".to_owned()),
        url: None,
        notes: Vec::new(),
        warnings: Vec::new(),
        candidates: vec![candidate],
        duplicate: None,
    };
    let msg = Msg::Add(AddMsg::Identified { job: ui.job(), result: Ok(Box::new(found)) });
    // Without the hint, which is meant to be seen, and the name of the program, which is everywhere.
    let secret = &FAKE[18..FAKE.len() - 4];
    assert!(!format!("{msg:?}").contains(&secret[..6]));
    ui.send(msg);
    nowhere(&ui, secret);
    ui.keys("x<tab><tab>https://git-codecommit.eu-west-1.amazonaws.com<tab><tab>").keys(TYPED).keys("<enter>");
    nowhere(&ui, secret);
    nowhere(&ui, TYPED);
}

#[test]
fn the_passphrase() {
    let mut ui = Ui::new();
    ui.store(Passphrase::Create).keys("c").keys(TYPED).keys("<enter>").keys(TYPED);
    nowhere(&ui, TYPED);
    ui.keys("<enter>");
    nowhere(&ui, TYPED);
}

#[test]
fn keys_and_pastes_as_messages() {
    let typed: Vec<Msg> = TYPED
        .chars()
        .filter_map(|c| Msg::key(crossterm::event::KeyEvent::from(crossterm::event::KeyCode::Char(c))))
        .chain([Msg::Paste(TYPED.into())])
        .collect();
    let shown = format!("{typed:?}");
    assert!(!shown.contains('X') && !shown.contains("Secret"), "{shown}");
    assert!(shown.contains("Key(*)"));
}

#[test]
fn a_paste_goes_to_the_secrets_field_and_not_to_the_one_beside_it() {
    let mut ui = Ui::new();
    ui.store(Passphrase::Open).keys("c").paste(TYPED).sees("•").sees(&format!("{} characters", TYPED.len()));
    nowhere(&ui, TYPED);
}
