//! Replacing secrets: plan, paste, typed confirmation, run, summary.

use keyrack::domain::{
    CredentialId, DeliverSteps, Expiry, RotateEnd, RotatePattern, RotatePlan, RotateResult, Successor, Validation,
    Verdict, Way,
};
use keyrack::error::Error;
use keyrack::ui::effect::{Account, Effect, RotateFx, Rotation, Signer, SystemFx};
use keyrack::ui::msg::{JobId, Msg, RotateMsg};

use crate::harness::{FAKE, Ui, days, now};
use crate::snapshot;

const PAGE: &str = "https://github.com/settings/personal-access-tokens/new?name=ci-release";

fn id(id: &str) -> CredentialId {
    CredentialId(id.to_owned())
}

fn plan(credential: &str, label: &str, pattern: RotatePattern, new: Way) -> RotatePlan {
    let old = (pattern != RotatePattern::InPlace).then(|| Way::AtHost { what: "the old one is revoked".to_owned() });
    RotatePlan {
        credential: id(credential),
        label: label.to_owned(),
        host: "github.com".to_owned(),
        pattern,
        new,
        old,
        expires: Some(days(90)),
    }
}

fn at_host() -> Way {
    Way::AtHost { what: "POST /personal_access_tokens/self/rotate: this token is dead at once".to_owned() }
}

fn by_hand() -> Way {
    Way::Guided {
        why: "GitHub has no API for it".to_owned(),
        page: PAGE.to_owned(),
        steps: vec!["Open the page.".to_owned(), "Generate the token and copy it.".to_owned()],
    }
}

fn planned(ui: &mut Ui, plans: Vec<RotatePlan>) {
    let job = ui.job();
    ui.send(Msg::Rotate(RotateMsg::Planned { job, result: Ok(plans) }));
    ui.take();
}

fn result(credential: &str, label: &str, end: RotateEnd, message: &str) -> RotateResult {
    RotateResult {
        credential: id(credential),
        label: label.to_owned(),
        host: "github.com".to_owned(),
        end,
        message: message.to_owned(),
        expiry: Expiry::At(days(90)),
        left: None,
        notes: Vec::new(),
        validation: None,
        way: None,
        deliver: Vec::new(),
    }
}

fn done(ui: &mut Ui, job: JobId, results: Vec<RotateResult>) {
    ui.send(Msg::Rotate(RotateMsg::Done { job, result: Ok(results) }));
}

#[test]
fn what_a_host_replaces_is_confirmed_by_its_label() {
    let mut ui = Ui::new();
    ui.keys("r").sees("nothing is sent yet");
    assert_eq!(ui.effects.last(), Some(&Effect::Rotate(RotateFx::Plan { job: ui.job(), ids: vec![id("1")] })));
    planned(&mut ui, vec![plan("1", "ci-release", RotatePattern::InPlace, at_host())]);
    ui.keys("90d<tab>no<enter>").sees("not done: type exactly ci-release").keys("<ctrl-u>ci-release");
    snapshot!("plan", ui);
    ui.keys("<enter>").sees("rotating 0/1");
    let job = ui.job();
    let rotation = Box::new(Rotation { expires: Some(days(90)), ..Rotation::default() });
    assert_eq!(ui.take(), [Effect::Rotate(RotateFx::Run { job, ids: vec![id("1")], rotation })]);
    let mut end = result("1", "ci-release", RotateEnd::Rotated, "the new one is proved and in place");
    end.validation = Some(Validation::new(Verdict::Valid, "accepted by GET /user", now()));
    end.deliver = vec![DeliverSteps {
        to: "Git Integration for Jira".to_owned(),
        steps: vec!["Open the connection and paste the new token.".to_owned()],
        link: String::new(),
    }];
    done(&mut ui, job, vec![end]);
    snapshot!("summary", ui);
    assert!(ui.effects.iter().any(|e| matches!(e, Effect::Rack(_))), "the rack is read again");
}

#[test]
fn one_made_by_hand_is_pasted_and_looked_at_before_it_counts() {
    let mut ui = Ui::new();
    ui.keys("r");
    planned(&mut ui, vec![plan("1", "ci-release", RotatePattern::Swap, by_hand())]);
    ui.sees("1. Open the page.").keys("<ctrl-o>");
    assert_eq!(ui.take().last(), Some(&Effect::System(SystemFx::OpenUrl(PAGE.to_owned()))));
    ui.keys("<enter>").sees("paste it here");
    ui.paste(FAKE).keys("<tab><tab>ci-release<enter>").sees_not(FAKE).sees("looking at the new one");
    let job = ui.job();
    assert_eq!(ui.take().last(), Some(&Effect::Rotate(RotateFx::Look { job, id: id("1"), text: FAKE.into() })));
    // Somebody else's: said, and put in place only when the words are typed again.
    let doubtful =
        Successor { found: Vec::new(), doubts: vec!["it belongs to mallory, the old one to octo-bot".to_owned()] };
    ui.send(Msg::Rotate(RotateMsg::Looked { job, result: Ok(Box::new(doubtful)) }));
    ui.sees("it belongs to mallory").sees_not(FAKE);
    assert_eq!(ui.take(), []);
    ui.keys("ci-release<enter>");
    let Some(Effect::Rotate(RotateFx::Run { rotation, .. })) = ui.take().pop() else { panic!() };
    assert!(rotation.accept_doubts);
    assert_eq!(rotation.pasted, Some(FAKE.into()));
}

#[test]
fn who_signs_is_not_asked_for_twice_where_the_pasted_one_is_doubtful() {
    let mut ui = Ui::new();
    ui.keys("r");
    let mut swap = plan("1", "ci-release", RotatePattern::Swap, by_hand());
    swap.old = Some(Way::NeedsAuthority { why: "an owner has to end the old one".to_owned(), password: true });
    planned(&mut ui, vec![swap]);
    ui.paste(FAKE).keys("<tab><tab>octo-admin<tab>NotAPassword1<tab>123456<tab><tab>ci-release<enter>");
    let job = ui.job();
    let doubtful = Successor { found: Vec::new(), doubts: vec!["it belongs to mallory".to_owned()] };
    ui.send(Msg::Rotate(RotateMsg::Looked { job, result: Ok(Box::new(doubtful)) })).sees("it belongs to mallory");
    ui.take();
    ui.keys("ci-release<enter>");
    let Some(Effect::Rotate(RotateFx::Run { rotation, .. })) = ui.take().pop() else { panic!() };
    let account =
        Account { user: "octo-admin".to_owned(), password: "NotAPassword1".into(), code: Some("123456".into()) };
    assert_eq!(rotation.signer, Some(Signer::Account(account)));
}

#[test]
fn every_step_can_be_reached_on_a_small_screen() {
    let mut ui = Ui::new();
    ui.keys("r");
    let steps = (1..=14).map(|n| format!("Do the thing of number {n}, in words that go on over the end of one line."));
    let long =
        Way::Guided { why: "GitHub has no API for it".to_owned(), page: PAGE.to_owned(), steps: steps.collect() };
    planned(&mut ui, vec![plan("1", "ci-release", RotatePattern::Swap, long)]);
    ui.sees("To go on, type: ci-release").sees("more: page-up").sees("page-up earlier steps").sees_not("number 1,");
    ui.keys("<page-up><page-up><page-up><page-up><page-up><page-up>").sees("number 1,").sees_not("more: page-up");
    ui.sees("more ↓").sees("New token");
    ui.keys("<page-down><page-down><page-down><page-down><page-down><page-down>").sees("type: ci-release");
}

#[test]
fn one_without_doubts_goes_on_by_itself() {
    let mut ui = Ui::new();
    ui.keys("r");
    planned(&mut ui, vec![plan("1", "ci-release", RotatePattern::Swap, by_hand())]);
    ui.paste(FAKE).keys("<tab><tab>ci-release<enter>");
    let job = ui.job();
    ui.take();
    let sound = Successor { found: Vec::new(), doubts: Vec::new() };
    ui.send(Msg::Rotate(RotateMsg::Looked { job, result: Ok(Box::new(sound)) }));
    let Some(Effect::Rotate(RotateFx::Run { rotation, .. })) = ui.take().pop() else { panic!() };
    assert!(!rotation.accept_doubts && rotation.pasted.is_some());

    // What cannot be looked at keeps the paste.
    let mut ui = Ui::new();
    ui.keys("r");
    planned(&mut ui, vec![plan("1", "ci-release", RotatePattern::Swap, by_hand())]);
    ui.paste(FAKE).keys("<tab><tab>ci-release<enter>");
    let job = ui.job();
    let error = Error::usage("that is the secret `ci-release` has already");
    ui.send(Msg::Rotate(RotateMsg::Looked { job, result: Err(error) })).sees("has already").sees("characters");
}

#[test]
fn an_account_signs_where_it_has_to() {
    let mut ui = Ui::new();
    ui.keys("r");
    let needs = Way::NeedsAuthority { why: "Bitbucket wants the password".to_owned(), password: true };
    planned(&mut ui, vec![plan("1", "ci-release", RotatePattern::Twin, needs)]);
    ui.sees("Bitbucket wants the password").keys("<tab>ana<tab>").paste("NotARealPassword").sees_not("NotAReal");
    ui.keys("<tab><tab><tab>ci-release<enter>");
    let Some(Effect::Rotate(RotateFx::Run { rotation, .. })) = ui.take().pop() else { panic!() };
    let account = Account { user: "ana".to_owned(), password: "NotARealPassword".into(), code: None };
    assert_eq!(rotation.signer, Some(Signer::Account(account)));
}

#[test]
fn several_step_by_and_those_unchanged_can_be_tried_again() {
    let mut ui = Ui::new();
    ui.keys("<space><space><space>r");
    let plans: Vec<_> = ["1", "2", "3"]
        .iter()
        .zip(["ci-release", "jira-sync", "old-deploy"])
        .map(|(n, label)| {
            plan(
                n,
                label,
                if *n == "2" { RotatePattern::Swap } else { RotatePattern::Twin },
                if *n == "2" { by_hand() } else { at_host() },
            )
        })
        .collect();
    planned(&mut ui, plans);
    ui.sees("1 are made by hand").keys("<tab>rotate 3<enter>");
    let job = ui.job();
    let first = result("1", "ci-release", RotateEnd::Rotated, "in place");
    ui.send(Msg::Rotate(RotateMsg::Stepped { job, result: Box::new(first.clone()) })).sees("rotating 1/2");
    ui.keys("<esc>").sees("stopping");
    assert!(ui.effects.contains(&Effect::Cancel(job)));
    let mut second = result("2", "jira-sync", RotateEnd::Guided, "nothing was sent");
    second.way = Some(by_hand());
    let third = result("3", "old-deploy", RotateEnd::Cancelled, "stopped before anything was sent");
    done(&mut ui, job, vec![first, second, third]);
    ui.sees("1 of 3 rotated to the end").keys("j").sees("2. Generate the token").keys("e");
    assert_eq!(ui.effects.last(), Some(&Effect::Rotate(RotateFx::Plan { job: ui.job(), ids: vec![id("2"), id("3")] })));
}

#[test]
fn what_was_kept_so_that_nothing_is_lost_is_told() {
    let mut ui = Ui::new();
    ui.keys("r");
    planned(&mut ui, vec![plan("1", "ci-release", RotatePattern::Twin, at_host())]);
    ui.keys("<tab>ci-release<enter>");
    let job = ui.job();
    let mut end = result("1", "ci-release", RotateEnd::NewUnproved, "the new one was not accepted: the old one stays");
    end.left = Some("ci-release-new".to_owned());
    done(&mut ui, job, vec![end]);
    ui.sees("not rotated").sees("kept so that nothing is lost: ci-release-new");
}
