//! Leaked tokens: paste, dry run, confirmation, report.

use keyrack::domain::{FamilyId, Kind, LeakName, LeakPlan, LeakResult, RevokeEnd, Way};
use keyrack::error::Error;
use keyrack::ui::effect::{Effect, IncidentFx};
use keyrack::ui::msg::{IncidentMsg, Msg};

use crate::harness::{FAKE, Ui};
use crate::snapshot;

fn leak(n: usize, hint: &str, family: Option<&str>, label: Option<&str>) -> LeakName {
    LeakName {
        n,
        hint: hint.to_owned(),
        fingerprint: format!("fingerprint-{n}"),
        family: family.map(FamilyId::new),
        kind: Some(Kind::ClassicPat),
        label: label.map(str::to_owned),
        credential: None,
    }
}

fn plans() -> Vec<LeakPlan> {
    let plan = |leak: LeakName, bulk, plan: Option<Way>, why: &str| LeakPlan {
        leak,
        hosts: vec!["github.com".to_owned()],
        bulk,
        plan,
        why: why.to_owned(),
    };
    let at_host = Way::AtHost { what: "POST /credentials/revoke".to_owned() };
    let by_hand = Way::Guided {
        why: "Atlassian has no API for it".to_owned(),
        page: "https://id.atlassian.com/manage-profile/security/api-tokens".to_owned(),
        steps: vec!["Open the page.".to_owned()],
    };
    vec![
        plan(leak(1, "ghp_…Stgq", Some("github"), Some("ci-release")), true, Some(at_host), ""),
        plan(leak(2, "…\u{202e}evil", Some("jira-cloud"), None), false, Some(by_hand), ""),
        plan(leak(3, "…x7Qa", None, None), false, None, "its form is nobody's"),
    ]
}

fn asked() -> Ui {
    let mut ui = Ui::new();
    ui.take();
    ui.keys("I").sees("nothing pasted yet").paste(&format!("leaked: {FAKE}\nand more")).paste("a third");
    ui.sees("3 lines pasted").sees_not(FAKE).keys("<enter>");
    let job = ui.job();
    let text = format!("leaked: {FAKE}\nand more\na third");
    assert_eq!(ui.take(), [Effect::Incident(IncidentFx::Plan { job, text: text.as_str().into() })]);
    let result = Ok((plans(), vec!["2 strings stood twice".to_owned()]));
    ui.send(Msg::Incident(IncidentMsg::Planned { job, result }));
    ui
}

#[test]
fn what_is_typed_is_not_taken_and_lines_end_however_the_terminal_ends_them() {
    let mut ui = Ui::new();
    ui.keys("I<enter>").sees("nothing is pasted yet").keys("h").sees("is pasted here, not typed");
    ui.sees("▸ nothing pasted yet").paste("one\rtwo\r\nthree\n").sees("3 lines pasted");
}

#[test]
fn the_dry_run_names_no_secret_and_is_confirmed_in_words() {
    let mut ui = asked();
    snapshot!(ui);
    ui.keys("yes<enter>").sees("not done: type exactly revoke 2");
    assert_eq!(ui.take(), []);
    ui.keys("<ctrl-u>revoke 2<shift-tab>/tmp/report.md<enter>");
    let job = ui.job();
    let Some(Effect::Incident(IncidentFx::Run { text, signer: None, report, .. })) = ui.take().pop() else { panic!() };
    assert!(text.reveal().contains(FAKE));
    assert_eq!(report.as_deref(), Some("/tmp/report.md"));
    let results: Vec<LeakResult> = plans()
        .into_iter()
        .zip([Some(RevokeEnd::Revoked), Some(RevokeEnd::Guided), None])
        .map(|(p, end)| LeakResult {
            leak: p.leak,
            host: Some("github.com".to_owned()),
            end,
            message: "told in a sentence".to_owned(),
            validation: None,
            plan: p.plan,
        })
        .collect();
    ui.send(Msg::Incident(IncidentMsg::Stepped { job, result: Box::new(results[0].clone()) })).sees("revoking 1/3");
    ui.send(Msg::Incident(IncidentMsg::Done { job, result: Ok(results) }));
    ui.sees("✓ revoked").sees("→ to do by hand").sees("- nothing was sent").sees_not(FAKE);
    ui.keys("j").sees("1. Open the page.");
}

#[test]
fn nothing_is_to_be_typed_where_nothing_can_be_revoked() {
    let mut ui = asked();
    ui.keys("<esc>I").paste("x7Qa").keys("<enter>");
    let job = ui.job();
    let nobodys = plans().into_iter().filter(|p| p.plan.is_none()).collect();
    ui.send(Msg::Incident(IncidentMsg::Planned { job, result: Ok((nobodys, Vec::new())) }));
    ui.sees("None of them can be revoked from here").sees_not("To go on, type").sees_not("the others");
    ui.take();
    ui.keys("<enter>").sees("nothing is sent");
    assert_eq!(ui.take(), []);
    ui.keys("<esc>").sees("┏ Rack");
}

#[test]
fn nothing_found_keeps_the_paste_and_leaving_wipes_it() {
    let mut ui = Ui::new();
    ui.take();
    ui.keys("I").paste("no token here").keys("<enter>");
    let job = ui.job();
    let error = Error::usage("no token was found in that text");
    ui.send(Msg::Incident(IncidentMsg::Planned { job, result: Err(error) }));
    ui.sees("no token was found").sees("1 line pasted").keys("<ctrl-u>").sees("nothing pasted yet");
    ui.keys("<enter>");
    assert_eq!(ui.take().len(), 1, "only the first paste was looked at");
    let mut ui = asked();
    ui.keys("<esc>").sees("┏ Rack");
    assert!(!format!("{:?}", ui.model).contains("Stgq"));
}
