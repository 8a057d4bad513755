//! Revoking: plan, typed confirmation, run, report, the part by hand.

use keyrack::domain::{CredentialId, RevokeEnd, RevokePlan, RevokeResult, Validation, Verdict, Way};
use keyrack::error::{Error, ErrorKind};
use keyrack::ui::effect::{Account, Effect, RevokeFx, Signer, SystemFx};
use keyrack::ui::msg::{JobId, Msg, RevokeMsg};

use crate::harness::{Ui, fixture, now};
use crate::snapshot;

fn id(id: &str) -> CredentialId {
    CredentialId(id.to_owned())
}

fn plan(credential: &str, label: &str, host: &str, way: Way) -> RevokePlan {
    RevokePlan { credential: id(credential), label: label.to_owned(), host: host.to_owned(), way }
}

fn at_host() -> Way {
    Way::AtHost { what: "POST /credentials/revoke: this token alone dies".to_owned() }
}

fn guided() -> Way {
    Way::Guided {
        why: "Atlassian has no API for it".to_owned(),
        page: "https://id.atlassian.com/manage-profile/security/api-tokens".to_owned(),
        steps: vec!["Open the page.".to_owned(), "Find jira-sync and revoke it.".to_owned()],
    }
}

fn signed(password: bool) -> Way {
    Way::NeedsAuthority { why: "the token lacks the scope to revoke itself".to_owned(), password }
}

fn result(plan: &RevokePlan, end: RevokeEnd, message: &str) -> RevokeResult {
    RevokeResult {
        credential: plan.credential.clone(),
        label: plan.label.clone(),
        host: plan.host.clone(),
        end,
        message: message.to_owned(),
        validation: None,
        plan: matches!(end, RevokeEnd::Guided | RevokeEnd::NeedsAuthority).then(|| plan.clone()),
    }
}

fn planned(ui: &mut Ui, plans: Vec<RevokePlan>) -> JobId {
    let job = ui.job();
    ui.send(Msg::Revoke(RevokeMsg::Planned { job, result: Ok(plans) }));
    ui.take();
    job
}

#[test]
fn what_to_type_is_in_sight_whole_on_the_smallest_screen() {
    let mut ui = Ui::with((60, 12), fixture());
    ui.keys("x");
    let what = "DELETE https://gitlab.acme.dev/api/v4/personal_access_tokens/self, ".repeat(4);
    planned(&mut ui, vec![plan("1", "ci-release", "github.com", Way::AtHost { what })]);
    ui.sees("To go on, type: ci-release").sees("more").sees("▸ Confirm");
    let mut data = fixture();
    let label = format!("{}-the-end", "x".repeat(60));
    data.credentials[0].label.clone_from(&label);
    for (size, keys) in [((60, 12), "F"), ((60, 12), "x"), ((80, 24), "x"), ((80, 24), "F")] {
        let mut ui = Ui::with(size, data.clone());
        ui.keys("/the-end<enter>").keys(keys);
        if keys == "x" {
            planned(&mut ui, vec![plan("1", &label, "github.com", at_host())]);
        }
        ui.sees("To go on, type:").sees("xxxx-the-end ").sees("▸ Confirm");
    }
}

#[test]
fn one_is_confirmed_by_its_label() {
    let mut ui = Ui::new();
    ui.keys("x").sees("nothing is sent yet");
    let job = ui.job();
    assert_eq!(ui.effects.last(), Some(&Effect::Revoke(RevokeFx::Plan { job, ids: vec![id("1")] })));
    planned(&mut ui, vec![plan("1", "ci-release", "github.com", at_host())]);
    snapshot!("plan", ui);
    ui.keys("yes<enter>").sees("not done: type exactly ci-release");
    assert_eq!(ui.take(), []);
    ui.keys("<ctrl-u>ci-release<enter>");
    let job = ui.job();
    let run = RevokeFx::Run { job, ids: vec![id("1")], signer: None };
    assert_eq!(ui.take(), [Effect::Revoke(run)]);
    ui.sees("revoking 0/1");
    let mut done =
        result(&plan("1", "ci-release", "github.com", at_host()), RevokeEnd::Revoked, "GitHub refuses it now.");
    done.validation = Some(Validation::new(Verdict::Revoked, "refused by GET /user", now()));
    ui.send(Msg::Revoke(RevokeMsg::Done { job, result: Ok(vec![done]) }));
    snapshot!("report", ui);
    assert!(matches!(ui.take()[..], [Effect::Rack(_)]), "the rack is read again");
    ui.keys("<esc>").sees("┏ Rack");
}

#[test]
fn many_are_confirmed_by_their_number() {
    let mut ui = Ui::new();
    ui.keys("*x");
    let plans = vec![
        plan("1", "ci-release", "github.com", at_host()),
        plan("2", "jira-sync", "acme.atlassian.net", guided()),
        plan("3", "old-deploy", "gitlab.acme.dev", at_host()),
        plan("4", "wiki-bot", "acme.atlassian.net", guided()),
        plan("6", "lab-runner", "gitlab.acme.dev", signed(false)),
    ];
    planned(&mut ui, plans);
    snapshot!(ui);
    ui.keys("<tab>revoke 6<enter>").sees("not done: type exactly revoke 5");
    ui.keys("<backspace>5<enter>");
    assert!(matches!(&ui.take()[..], [Effect::Revoke(RevokeFx::Run { ids, .. })] if ids.len() == 5));
}

#[test]
fn results_step_in_and_the_rest_is_a_guide() {
    let mut ui = Ui::new();
    ui.keys("<space>j<space>x");
    let plans =
        [plan("1", "ci-release", "github.com", at_host()), plan("2", "jira-sync", "acme.atlassian.net", guided())];
    planned(&mut ui, plans.to_vec());
    ui.keys("revoke 2<enter>");
    let job = ui.job();
    let first = result(&plans[0], RevokeEnd::Unknown, "Sent, and no answer came. It may or may not have happened.");
    ui.send(Msg::Revoke(RevokeMsg::Stepped { job, result: Box::new(first.clone()) }));
    ui.sees("revoking 1/2").sees("outcome unknown");
    let second = result(&plans[1], RevokeEnd::Guided, "Atlassian has no API for it: do it by hand.");
    ui.send(Msg::Revoke(RevokeMsg::Done { job, result: Ok(vec![first, second]) })).keys("j");
    snapshot!(ui);
    ui.take();
    ui.keys("o");
    let page = "https://id.atlassian.com/manage-profile/security/api-tokens";
    assert_eq!(ui.take(), [Effect::System(SystemFx::OpenUrl(page.to_owned()))]);
    ui.keys("v");
    let job = ui.job();
    assert_eq!(ui.take(), [Effect::Revoke(RevokeFx::Verify { job, ids: vec![id("1"), id("2")] })]);
    let done = [RevokeEnd::Revoked, RevokeEnd::StillAccepted];
    let results = plans.iter().zip(done).map(|(plan, end)| result(plan, end, "seen")).collect();
    ui.send(Msg::Revoke(RevokeMsg::Done { job, result: Ok(results) }));
    ui.sees("✓ revoked").sees("! still accepted").sees("v done: check now");
}

#[test]
fn a_page_that_is_no_web_page_is_not_opened() {
    let mut ui = Ui::new();
    ui.keys("x");
    let mut evil = plan("1", "ci-release", "github.com", guided());
    if let Way::Guided { page, .. } = &mut evil.way {
        *page = "file:///etc/passwd".to_owned();
    }
    planned(&mut ui, vec![evil.clone()]);
    ui.keys("ci-release<enter>");
    let job = ui.job();
    let results = vec![result(&evil, RevokeEnd::Guided, "by hand")];
    ui.send(Msg::Revoke(RevokeMsg::Done { job, result: Ok(results) })).take();
    ui.keys("o");
    assert_eq!(ui.take(), []);
}

#[test]
fn somebody_else_signs_with_a_password_or_a_credential() {
    let mut ui = Ui::new();
    ui.keys("x");
    planned(&mut ui, vec![plan("1", "ci-release", "github.com", signed(true))]);
    ui.keys("ana<tab>NotARealPassword");
    snapshot!(ui);
    ui.keys("<tab><tab><tab>ci-release<enter>");
    let account = Account { user: "ana".to_owned(), password: "NotARealPassword".into(), code: None };
    let job = ui.job();
    let run = RevokeFx::Run { job, ids: vec![id("1")], signer: Some(Signer::Account(account)) };
    assert_eq!(ui.take(), [Effect::Revoke(run)]);

    let mut ui = Ui::new();
    ui.keys("Gkx");
    planned(&mut ui, vec![plan("3", "old-deploy", "gitlab.acme.dev", signed(false))]);
    ui.sees_not("Password").keys("nobody<tab>old-deploy<enter>").sees("no credential on the rack has this label");
    ui.keys("<ctrl-u><ctrl-n>").sees("lab-runner").keys("<enter>");
    assert!(
        matches!(&ui.take()[..], [Effect::Revoke(RevokeFx::Run { signer: Some(Signer::Credential(using)), .. })] if *using == id("6"))
    );
}

#[test]
fn leaving_the_plan_sends_nothing() {
    let mut ui = Ui::new();
    ui.keys("x");
    let job = ui.job();
    ui.take();
    ui.keys("<esc>");
    assert_eq!(ui.take(), [Effect::Cancel(job)]);
    let plans = vec![plan("1", "ci-release", "github.com", at_host())];
    ui.send(Msg::Revoke(RevokeMsg::Planned { job, result: Ok(plans) })).sees("┏ Rack");
}

#[test]
fn a_run_is_stopped_once_and_shown_to_its_end() {
    let mut ui = Ui::new();
    ui.keys("x");
    let plan = plan("1", "ci-release", "github.com", at_host());
    planned(&mut ui, vec![plan.clone()]);
    ui.keys("ci-release<enter>");
    let job = ui.job();
    ui.take();
    ui.keys("<esc><esc>");
    assert_eq!(ui.take(), [Effect::Cancel(job)]);
    ui.sees("stopping after those already sent");
    let results = vec![result(&plan, RevokeEnd::Cancelled, "Stopped before anything was sent.")];
    ui.send(Msg::Revoke(RevokeMsg::Done { job, result: Ok(results) })).sees("not begun");
}

#[test]
fn a_plan_or_run_that_fails_says_why() {
    let mut ui = Ui::new();
    ui.keys("x");
    let job = ui.job();
    ui.send(Msg::Revoke(RevokeMsg::Planned { job, result: Err(Error::data("the rack is damaged")) }));
    ui.sees("the rack is damaged").sees("┏ Rack").keys("<esc>x");
    planned(&mut ui, vec![plan("1", "ci-release", "github.com", at_host())]);
    ui.keys("ci-release<enter>");
    let (job, error) = (ui.job(), Error::new(ErrorKind::Store, "the keyring is locked"));
    ui.send(Msg::Revoke(RevokeMsg::Done { job, result: Err(error) })).sees("the keyring is locked").sees("┏ Rack");
}

#[test]
fn what_was_refused_can_be_tried_again_with_another_password() {
    let mut ui = Ui::new();
    ui.keys("x");
    let one = plan("1", "ci-release", "github.com", signed(true));
    planned(&mut ui, vec![one.clone()]);
    ui.sees("Account").keys("<down>").sees("octo-bot").keys("<tab>NotIt<tab><tab><tab>ci-release<enter>");
    let job = ui.job();
    let refused = result(&one, RevokeEnd::Refused, "the password of octo-bot is refused; nothing was revoked");
    ui.send(Msg::Revoke(RevokeMsg::Done { job, result: Ok(vec![refused]) })).sees("e try again").take();
    ui.keys("e");
    let job = ui.job();
    assert_eq!(ui.take(), [Effect::Revoke(RevokeFx::Plan { job, ids: vec![id("1")] })]);
    ui.send(Msg::Revoke(RevokeMsg::Planned { job, result: Ok(vec![one.clone()]) }));
    ui.sees("To go on, type: ci-release").keys("octo-bot<tab>Right<tab><tab><tab>ci-release<enter>");
    let job = ui.job();
    let done = result(&one, RevokeEnd::Revoked, "gone");
    ui.send(Msg::Revoke(RevokeMsg::Done { job, result: Ok(vec![done]) }));
    ui.sees("✓ revoked").sees_not("refused").sees_not("try again");
}

#[test]
fn rows_and_counts_follow_each_result_but_never_an_answer_about_the_order() {
    let mut ui = Ui::new();
    let counts = |ui: &Ui| ui.screen().split("   ").next().unwrap().to_owned();
    let before = counts(&ui);
    ui.keys("<space>j<space>x");
    let plans =
        [plan("1", "ci-release", "github.com", at_host()), plan("6", "lab-runner", "gitlab.acme.dev", at_host())];
    planned(&mut ui, plans.to_vec());
    ui.keys("revoke 2<enter>");
    let job = ui.job();
    let mut refused = result(&plans[0], RevokeEnd::Refused, "the host refused the order");
    refused.validation = Some(Validation::new(Verdict::Unreachable, "the password is refused", now()));
    ui.send(Msg::Revoke(RevokeMsg::Stepped { job, result: Box::new(refused) }));
    assert_eq!(counts(&ui), before);
    let mut dead = result(&plans[0], RevokeEnd::Revoked, "seen refused");
    dead.validation = Some(Validation::new(Verdict::Revoked, "refused by GET /user", now()));
    ui.send(Msg::Revoke(RevokeMsg::Stepped { job, result: Box::new(dead) }));
    assert_ne!(counts(&ui), before, "counted at once");
}

#[test]
fn done_by_hand_and_still_accepted_is_said() {
    let mut ui = Ui::new();
    ui.keys("x");
    let one = plan("1", "ci-release", "github.com", guided());
    planned(&mut ui, vec![one.clone()]);
    ui.keys("ci-release<enter>");
    for _ in 0..2 {
        let job = ui.job();
        let results = vec![result(&one, RevokeEnd::Guided, "by hand")];
        ui.send(Msg::Revoke(RevokeMsg::Done { job, result: Ok(results) })).keys("v");
    }
    ui.sees("1 credential not seen refused yet");
}
