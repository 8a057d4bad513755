//! A host's own list: who signs, the table beside the rack, revoking from it.

use keyrack::domain::{
    Absent, CredentialId, Expiry, HostId, InventoryLine, InventoryReport, Kind, MatchedBy, OnRack, RemoteRevokeResult,
    RemoteState, RemoteToken, RevokeEnd, SecretState,
};
use keyrack::error::{Error, ErrorKind};
use keyrack::ui::effect::{Account, Effect, InventoryFx, Signer};
use keyrack::ui::msg::{InventoryMsg, Msg};

use crate::harness::{Ui, ago, days, now};
use crate::snapshot;

fn token(id: &str, name: &str) -> RemoteToken {
    RemoteToken {
        id: id.to_owned(),
        name: name.to_owned(),
        kind: Some(Kind::Pat),
        owner: "deploy".to_owned(),
        grants: vec!["api".to_owned()],
        created_at: Some(ago(60 * 24 * 40)),
        last_used: Some(ago(125)),
        expiry: Expiry::At(days(30)),
        state: RemoteState::Active,
        tail: None,
        notes: Vec::new(),
    }
}

fn known(line: RemoteToken, id: &str, label: &str, by: MatchedBy) -> InventoryLine {
    let on_rack = Some(OnRack {
        credential: CredentialId(id.to_owned()),
        label: label.to_owned(),
        by,
        secret: SecretState::Present,
    });
    InventoryLine { token: line, on_rack }
}

fn report() -> InventoryReport {
    let stranger = RemoteToken {
        notes: vec!["it was made for somebody who left".to_owned()],
        ..token("77", "nobody knows\u{202e} this one")
    };
    let dead = RemoteToken { state: RemoteState::Revoked, last_used: None, ..token("79", "old one") };
    InventoryReport {
        host: "gitlab.acme.dev".to_owned(),
        of: "deploy".to_owned(),
        at: now(),
        lines: vec![
            InventoryLine { token: stranger, on_rack: None },
            known(token("78", "runner"), "6", "lab-runner", MatchedBy::RemoteId),
            InventoryLine { token: dead, on_rack: None },
        ],
        absent: vec![Absent {
            credential: CredentialId("3".to_owned()),
            label: "old-deploy".to_owned(),
            gone: true,
            why: "its id is 12, and the whole list has no such token".to_owned(),
        }],
        gaps: vec!["tokens of other users are shown to administrators only".to_owned()],
        evidence: Vec::new(),
    }
}

/// Opened from the credential `lab-runner`, which is proposed as the one that signs.
fn opened() -> Ui {
    let mut ui = Ui::new();
    ui.keys("/lab-runner<enter>i");
    ui
}

fn shown() -> Ui {
    let mut ui = opened();
    ui.keys("<enter>");
    let job = ui.job();
    ui.send(Msg::Inventory(InventoryMsg::Read { job, result: Ok(Box::new(report())) }));
    ui.take();
    ui
}

#[test]
fn the_credential_it_was_opened_from_is_proposed_to_sign() {
    let mut ui = opened();
    ui.sees("lab-runner").sees("\"last used\" stays as it is");
    ui.keys("<enter>").sees("reading the host's own list");
    let read = InventoryFx::Read {
        job: ui.job(),
        host: HostId(3),
        signer: Some(Signer::Credential(CredentialId("6".to_owned()))),
    };
    assert_eq!(ui.effects.last(), Some(&Effect::Inventory(read)));
}

#[test]
fn strangers_and_those_gone_stand_beside_the_known() {
    let mut ui = shown();
    snapshot!("stranger", ui);
    ui.keys("j").sees("on the rack as lab-runner, by its id");
    ui.keys("G").sees("its id is 12").sees("gone at the host");
    ui.keys("<enter>").sees("old-deploy").keys("<esc>").sees("Tokens at gitlab.acme.dev");
    ui.resize(60, 12).sees("▸");
}

#[test]
fn an_account_signs_with_a_password_that_is_used_once() {
    let mut ui = opened();
    ui.keys("<ctrl-u><tab>deploy<tab>").paste("NotARealPassword").sees_not("NotAReal").keys("<enter>");
    let account = Account { user: "deploy".to_owned(), password: "NotARealPassword".into(), code: None };
    let read = InventoryFx::Read { job: ui.job(), host: HostId(3), signer: Some(Signer::Account(account)) };
    assert_eq!(ui.effects.last(), Some(&Effect::Inventory(read)));
    assert!(!format!("{:?}", ui.effects).contains("NotAReal"));
}

#[test]
fn the_password_that_read_the_list_signs_nothing_more() {
    let mut ui = opened();
    ui.keys("<ctrl-u><tab>deploy<tab>").paste("NotARealPassword").keys("<enter>");
    let job = ui.job();
    ui.send(Msg::Inventory(InventoryMsg::Read { job, result: Ok(Box::new(report())) }));
    ui.take();
    ui.keys("jx").sees("deploy").keys("runner<enter>").sees("give the password again");
    assert_eq!(ui.take(), []);
    ui.paste("NotARealPassword").keys("<enter>");
    let Some(Effect::Inventory(InventoryFx::Revoke { signer: Signer::Account(account), .. })) = ui.effects.last()
    else {
        panic!("{:?}", ui.effects)
    };
    assert_eq!(account.user, "deploy");
    let mut ui = opened();
    ui.keys("<ctrl-u><tab>deploy<tab>").paste("NotARealPassword").keys("<enter>");
    let job = ui.job();
    ui.send(Msg::Inventory(InventoryMsg::Read { job, result: Ok(Box::new(report())) }));
    ui.keys("<ctrl-r>").sees("Password").sees("deploy");
}

#[test]
fn only_what_is_used_at_the_host_is_offered_to_sign() {
    let mut data = crate::harness::fixture();
    data.hosts.push(crate::harness::host(9, "gitlab.com", "gitlab", "https://gitlab.com"));
    data.credentials.push(crate::harness::credential("9", "elsewhere", "gitlab", Kind::Pat, &[9]));
    let mut ui = Ui::with((80, 24), data);
    ui.keys("/lab-runner<enter>i").sees("old-deploy · lab-runner").sees_not("elsewhere");
}

#[test]
fn revoking_is_confirmed_by_the_name_or_the_number_and_told_line_by_line() {
    let mut ui = shown();
    ui.keys("jx").sees("lab-runner on the rack").sees("To go on, type: runner");
    ui.keys("wrong<enter>").sees("not done: type exactly runner");
    assert_eq!(ui.take(), []);
    ui.keys("<ctrl-u>runner<enter>");
    let job = ui.job();
    let Some(Effect::Inventory(InventoryFx::Revoke { lines, signer: Signer::Credential(_), .. })) = ui.effects.last()
    else {
        panic!("{:?}", ui.effects)
    };
    assert_eq!(lines.iter().map(|l| l.token.id.as_str()).collect::<Vec<_>>(), ["78"]);
    let result = RemoteRevokeResult {
        id: "78".to_owned(),
        name: "runner".to_owned(),
        label: Some("lab-runner".to_owned()),
        end: RevokeEnd::Revoked,
        message: "revoked at gitlab.acme.dev, and its secret destroyed here".to_owned(),
        validation: None,
    };
    ui.send(Msg::Inventory(InventoryMsg::Stepped { job, result: Box::new(result.clone()) })).sees("revoking 1/1");
    ui.send(Msg::Inventory(InventoryMsg::Done { job, result: Ok(vec![result]) })).sees("its secret destroyed here");

    // Several: strangers that still work, by their number; what is dead already is left out.
    let mut ui = shown();
    ui.keys("*x").sees("nobody knows").sees_not("old one (").sees("type: revoke 1");
    let mut ui = shown();
    ui.keys("<space><space>x").sees("revoke 2");
}

#[test]
fn a_refused_list_lets_somebody_else_sign() {
    let mut ui = opened();
    ui.keys("<enter>");
    let job = ui.job();
    let error = Error::new(ErrorKind::Refused, "gitlab.acme.dev: the token may not list");
    ui.send(Msg::Inventory(InventoryMsg::Read { job, result: Err(error) }));
    ui.sees("the token may not list").sees("Sign with");
}

#[test]
fn leaving_while_it_is_read_cancels_and_a_late_answer_reaches_nobody() {
    let mut ui = opened();
    ui.keys("<enter>");
    let job = ui.job();
    ui.keys("<esc>");
    assert_eq!(ui.effects.last(), Some(&Effect::Cancel(job)));
    ui.send(Msg::Inventory(InventoryMsg::Read { job, result: Ok(Box::new(report())) })).sees_not("stranger");
}

#[test]
fn without_strangers_or_lines_it_says_so() {
    let mut ui = opened();
    ui.keys("<enter>");
    let job = ui.job();
    let empty = InventoryReport { lines: Vec::new(), absent: Vec::new(), ..report() };
    ui.send(Msg::Inventory(InventoryMsg::Read { job, result: Ok(Box::new(empty)) }));
    ui.sees("The host lists no token").keys("x<space>").sees("0 tokens");
}
