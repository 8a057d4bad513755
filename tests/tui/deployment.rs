//! Telling Jira of deployments.

use keyrack::domain::{
    Association, AssociationType, CredentialId, Deployment, DeploymentAct, DeploymentAnswer, DeploymentDone,
    DeploymentInput, DeploymentKey, DeploymentShown, DeploymentState, DeploymentTold, Environment, EnvironmentType,
    HostId, Kind, Pipeline, RejectedDeployment, SecretState,
};
use keyrack::error::{Error, ErrorKind};
use keyrack::ui::effect::{DeploymentFx, Effect, SystemFx};
use keyrack::ui::msg::{DeploymentMsg, Msg, Passphrase, RackData};

use crate::harness::{Ui, credential, fixture, host, now};
use crate::snapshot;

/// The fixture with an OAuth client that is used at those sites; the cursor is on it.
fn rack(sites: &[i64]) -> RackData {
    let mut data = fixture();
    data.hosts.push(host(5, "acme", "open-devops", "https://acme.atlassian.net"));
    data.hosts.push(host(6, "beta", "open-devops", "https://beta.atlassian.net"));
    data.credentials.push(credential("7", "jira-deployments", "open-devops", Kind::OauthClient, sites));
    data
}

fn opened(sites: &[i64]) -> Ui {
    let mut ui = Ui::with((80, 24), rack(sites));
    ui.keys("/jira-deployments<enter>D").sees("Deployment in Jira: jira-deployments");
    ui
}

fn key(sequence: i64) -> DeploymentKey {
    DeploymentKey { pipeline: "keyrack".to_owned(), environment: "production".to_owned(), sequence }
}

fn input(issues: &[&str]) -> DeploymentInput {
    DeploymentInput {
        issues: issues.iter().map(|i| (*i).to_owned()).collect(),
        pipeline: "keyrack".to_owned(),
        environment: "production".to_owned(),
        ..DeploymentInput::default()
    }
}

#[track_caller]
fn asked(ui: &Ui, act: DeploymentAct, site: i64, input: DeploymentInput) {
    let (job, id) = (ui.job(), CredentialId("7".to_owned()));
    let expected = DeploymentFx::Run { job, act, id, host: HostId(site), input: Box::new(input) };
    assert_eq!(ui.effects.last(), Some(&Effect::Deployment(expected)));
}

fn answer(ui: &mut Ui, result: Result<DeploymentDone, Error>) -> &mut Ui {
    let job = ui.job();
    ui.send(Msg::Deployment(DeploymentMsg::Done { job, result: result.map(Box::new) }))
}

fn told(answer: DeploymentAnswer) -> DeploymentDone {
    let deployment = Deployment {
        sequence: 4,
        update_sequence: 1,
        associations: Vec::new(),
        name: "v2.0".to_owned(),
        url: "https://acme.atlassian.net/browse/ACME-1".to_owned(),
        description: "v2.0".to_owned(),
        last_updated: now(),
        state: DeploymentState::Failed,
        pipeline: Pipeline { id: "keyrack".to_owned(), name: "keyrack".to_owned(), url: String::new() },
        environment: Environment {
            id: "production".to_owned(),
            name: "production".to_owned(),
            kind: EnvironmentType::Production,
        },
        label: None,
    };
    DeploymentDone::Told(Box::new(DeploymentTold { deployment, place: "cloud-1".to_owned(), answer }))
}

#[test]
fn a_deployment_is_submitted_and_the_answer_says_where_to_see_it() {
    let mut ui = opened(&[5]);
    ui.sees_not("Site");
    // Issues, name, page, what, state, environment, type.
    ui.keys("<tab>ACME-1, ACME-2<tab>v2.0<tab><tab><tab><left><left><left><tab><tab><space><space>");
    snapshot!("form", ui);
    ui.keys("<enter>").sees("asking Jira at acme");
    let mut said = input(&["ACME-1", "ACME-2"]);
    said.name = Some("v2.0".to_owned());
    said.state = Some(DeploymentState::Failed);
    said.environment_kind = Some(EnvironmentType::Development);
    asked(&ui, DeploymentAct::Submit, 5, said);
    answer(&mut ui, Ok(told(DeploymentAnswer { accepted: vec![key(4)], ..DeploymentAnswer::default() })));
    snapshot!("accepted", ui);
    ui.keys("o");
    let page = "https://acme.atlassian.net/browse/ACME-1".to_owned();
    assert_eq!(ui.effects.last(), Some(&Effect::System(SystemFx::OpenUrl(page))));
    ui.keys("e").sees("ACME-1, ACME-2");
}

#[test]
fn every_field_can_be_said_and_is_sent() {
    let mut ui = opened(&[5]);
    // Issues to pipeline and number, then the rest.
    ui.keys(
        "<tab>ACME-1<tab>v2.0<tab>https://ci.acme.dev/9<tab>Updating<tab><tab><ctrl-u>eu-1<tab><tab><ctrl-u>api<tab>9",
    );
    ui.keys("<tab>2026.11<tab>Production EU<tab>API updates<tab>https://ci.acme.dev/p<tab><right>");
    ui.keys("<tab>acme-shop, acme-pay<tab>acme/api@51e16759cdac67b0d2a94e0674c9603b75a840f6<tab>");
    snapshot!("form", ui);
    ui.keys("<tab>2021-04-02T23:27:25Z<tab>4<enter>");
    let said = DeploymentInput {
        issues: vec!["ACME-1".to_owned()],
        older_issue_keys: true,
        services: vec!["acme-shop".to_owned(), "acme-pay".to_owned()],
        commits: vec!["acme/api@51e16759cdac67b0d2a94e0674c9603b75a840f6".to_owned()],
        repositories: Vec::new(),
        pipeline: "api".to_owned(),
        pipeline_name: Some("API updates".to_owned()),
        pipeline_url: Some("https://ci.acme.dev/p".to_owned()),
        environment: "eu-1".to_owned(),
        environment_name: Some("Production EU".to_owned()),
        environment_kind: None,
        sequence: Some(9),
        update_sequence: Some(4),
        last_updated: Some("2021-04-02T23:27:25Z".parse().unwrap()),
        name: Some("v2.0".to_owned()),
        url: Some("https://ci.acme.dev/9".to_owned()),
        description: Some("Updating".to_owned()),
        state: None,
        label: Some("2026.11".to_owned()),
    };
    asked(&ui, DeploymentAct::Submit, 5, said);
}

#[test]
fn each_field_says_what_it_does_not_take() {
    let mut ui = opened(&[5]);
    // From the issues back to the last field.
    ui.keys("<shift-tab>none<enter>").sees("name the issue").keys("ACME-1<enter>").sees("a whole number above 0");
    ui.keys("<ctrl-u><shift-tab>yesterday<enter>")
        .sees("a date and time like")
        .keys("<ctrl-u><shift-tab>r1<shift-tab>");
    ui.keys("main<enter>").sees("REPOSITORY@HASH").keys("<ctrl-u>api@51e16759<shift-tab>svc<enter>");
    ui.sees("Jira takes three of").keys("<ctrl-u><enter>");
    assert!(matches!(ui.effects.last(), Some(Effect::Deployment(DeploymentFx::Run { .. }))));
}

#[test]
fn an_update_may_leave_the_issues_as_they_are() {
    let mut ui = opened(&[5]);
    ui.keys("<right><enter>");
    asked(&ui, DeploymentAct::Update, 5, input(&[]));
}

#[test]
fn what_jira_does_not_take_is_told_with_its_reasons() {
    let mut ui = opened(&[5]);
    ui.keys("<tab>ACME-1, NOPE-9<enter>");
    let rejected = RejectedDeployment { key: key(4), reasons: vec!["url is not a valid URL".to_owned()] };
    let refused = DeploymentAnswer {
        rejected: vec![rejected],
        unknown_issues: vec!["NOPE-9".to_owned()],
        unknown_associations: vec![("serviceIdOrKeys".to_owned(), vec!["svc-1".to_owned()])],
        ..DeploymentAnswer::default()
    };
    answer(&mut ui, Ok(told(refused)));
    snapshot!(ui);
    answer_late(&mut ui);
}

fn answer_late(ui: &mut Ui) {
    ui.keys("e<enter>");
    let job = ui.job();
    ui.keys("<esc>").sees_not("Deployment in Jira");
    let accepted = DeploymentAnswer { accepted: vec![key(4)], ..DeploymentAnswer::default() };
    ui.send(Msg::Deployment(DeploymentMsg::Done { job, result: Ok(Box::new(told(accepted))) }));
    ui.sees("Jira accepted deployment 4 of pipeline keyrack");
}

#[test]
fn bad_input_is_told_at_its_field_and_nothing_is_sent() {
    let mut ui = opened(&[5]);
    ui.keys("<enter>").sees("name the issue").keys("ACME-1<tab><tab>no page<enter>").sees("the address of a web page");
    ui.keys("<ctrl-u><tab><tab><tab><ctrl-u><enter>").sees("which environment?").keys("production<tab><tab>");
    ui.keys("<ctrl-u><enter>").sees("which pipeline?").keys("keyrack<tab>0<enter>").sees("a whole number above 0");
    assert!(!ui.effects.iter().any(|e| matches!(e, Effect::Deployment(_))));
}

#[test]
fn of_several_sites_one_is_chosen_and_showing_tells_every_field() {
    let mut ui = opened(&[5, 6]);
    ui.keys("<right><right>").sees("‹ show ›").sees_not("State").keys("<tab><right>").sees("‹ beta ›");
    ui.keys("<tab>ACME-1<enter>");
    asked(&ui, DeploymentAct::Show, 6, input(&["ACME-1"]));
    let shown = DeploymentShown {
        key: key(4),
        update_sequence: Some(2),
        name: Some("v2.0".to_owned()),
        url: Some("https://ci.acme.example/4".to_owned()),
        description: Some("The second one".to_owned()),
        last_updated: Some("2026-11-23T11:00:00Z".to_owned()),
        state: Some(DeploymentState::Successful),
        pipeline: (Some("Keyrack".to_owned()), Some("https://ci.acme.example".to_owned())),
        environment: (Some("Production".to_owned()), Some(EnvironmentType::Production)),
        label: None,
        associations: vec![Association { kind: AssociationType::IssueIdOrKeys, values: vec!["ACME-1".to_owned()] }],
        evidence: Vec::new(),
    };
    answer(&mut ui, Ok(DeploymentDone::Shown { place: "cloud-2".to_owned(), shown: Box::new(shown) }));
    snapshot!(ui);
}

#[test]
fn a_deletion_is_confirmed_by_typing_the_number() {
    let mut ui = opened(&[5]);
    ui.keys("<left>").sees("‹ delete ›").keys("<enter>");
    let job = ui.job();
    let find = DeploymentFx::Find { job, host: HostId(5), input: Box::new(input(&[])) };
    assert_eq!(ui.effects.last(), Some(&Effect::Deployment(find)));
    ui.send(Msg::Deployment(DeploymentMsg::Found { job, result: Ok(key(4)) }));
    snapshot!(ui);
    let before = ui.effects.len();
    ui.keys("5<enter>").sees("not done: type exactly 4");
    assert_eq!(ui.effects.len(), before);
    ui.keys("<ctrl-u>4<enter>");
    asked(&ui, DeploymentAct::Delete, 5, DeploymentInput { sequence: Some(4), ..input(&[]) });
    answer(&mut ui, Ok(DeploymentDone::Deleted(key(4)))).sees("deleted: deployment 4 of pipeline keyrack");
}

#[test]
fn a_failure_keeps_the_form() {
    let mut ui = opened(&[5]);
    ui.keys("<right><tab>ACME-1<enter>");
    asked(&ui, DeploymentAct::Update, 5, input(&["ACME-1"]));
    answer(&mut ui, Err(Error::new(ErrorKind::Refused, "Jira shows no deployment 4 at acme")));
    ui.sees("Jira shows no deployment 4 at acme").sees("ACME-1");
}

#[test]
fn a_store_that_stays_locked_gives_the_form_back() {
    let mut ui = opened(&[5]);
    ui.store(Passphrase::Open);
    ui.keys("<tab>ACME-1<enter>");
    assert!(!ui.effects.iter().any(|e| matches!(e, Effect::Deployment(_))));
    ui.keys("<esc>").sees("ACME-1").sees_not("asking Jira");
}

#[test]
fn elsewhere_it_says_why_not() {
    let mut ui = Ui::with((80, 24), rack(&[5]));
    ui.keys("/ci-release<enter>D").sees("is of GitHub").sees_not("Deployment in Jira");
    ui.keys("<enter>D").sees("only an OAuth client of Open");
    let mut data = rack(&[5]);
    data.credentials[6].secret = SecretState::Destroyed;
    let mut ui = Ui::with((80, 24), data);
    ui.keys("/jira-deployments<enter>D").sees("was destroyed").sees_not("Deployment in Jira");
}

#[test]
fn a_message_cut_short_over_a_form_names_a_key_that_works_there() {
    let mut ui = opened(&[5]);
    ui.keys("<tab>ACME-1<enter>");
    let mut error = Error::new(ErrorKind::Refused, "Jira finds the request malformed");
    for n in 0..8 {
        error = error.hint(format!("the {n}th thing to do about it, in so many words that no corner has room for it"));
    }
    answer(&mut ui, Err(error)).sees("f2 shows all of it").keys("<f2>").sees("the 6th thing to do");
    ui.keys("<esc>").sees("ACME-1").keys("M").sees("ACME-1M");
}
