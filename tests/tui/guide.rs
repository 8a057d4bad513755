//! Making a token by hand.

use keyrack::domain::{DeliverSteps, FamilyId, Guide, Kind};
use keyrack::error::Error;
use keyrack::ui::effect::{Effect, GuideFx, SystemFx};
use keyrack::ui::msg::{GuideMsg, Guides, JobId, Msg};

use crate::harness::{FAKE, Ui};
use crate::snapshot;

const PREFILLED: &str = "https://gitlab.acme.dev/-/user_settings/personal_access_tokens?name=ci&scopes=api";

fn guide(kind: Kind, title: &str) -> Guide {
    Guide {
        family: FamilyId::new("gitlab"),
        kind,
        kind_name: "personal access token".to_owned(),
        title: title.to_owned(),
        holds_for: "GitLab 16.0 and later".to_owned(),
        name: "ci".to_owned(),
        need: vec!["an account at gitlab.acme.dev".to_owned()],
        page: "https://gitlab.acme.dev/-/user_settings/personal_access_tokens".to_owned(),
        prefilled: Some(PREFILLED.to_owned()),
        steps: vec!["Open the page.".to_owned(), "Choose Generate token and copy it.".to_owned()],
        tick: vec![("api".to_owned(), "everything through the API".to_owned())],
        expiry: "2027-02-21, 90 days from now; GitLab allows at most 365".to_owned(),
        rotate_steps: Vec::new(),
        notes: vec!["The token is shown once.".to_owned()],
        link: "https://docs.gitlab.com/user/profile/personal_access_tokens/".to_owned(),
        deliver: vec![DeliverSteps {
            to: "Git Integration for Jira".to_owned(),
            steps: vec!["Open the connection and paste the token.".to_owned()],
            link: String::new(),
        }],
        stale: Vec::new(),
    }
}

fn answer(ui: &mut Ui, job: JobId) {
    let profiles =
        vec![("git-read".to_owned(), "clone and fetch".to_owned()), ("git-write".to_owned(), "push".to_owned())];
    let guides = vec![guide(Kind::Pat, "Personal access token"), guide(Kind::ProjectToken, "Project access token")];
    ui.send(Msg::Guide(GuideMsg::Found { job, result: Ok(Box::new(Guides { guides, profiles })) }));
}

/// From the rack, through the list of places, to the guide of gitlab.acme.dev.
fn shown() -> Ui {
    let mut ui = Ui::new();
    ui.keys("w").sees("Where is the new token to be made?").sees("any installation").keys("jj<enter>");
    let job = ui.job();
    let find = GuideFx::Find {
        job,
        family: FamilyId::new("gitlab"),
        host: Some("gitlab.acme.dev".to_owned()),
        kind: None,
        profile: None,
    };
    assert_eq!(ui.take().last(), Some(&Effect::Guide(find)));
    answer(&mut ui, job);
    ui
}

#[test]
fn steps_are_ticked_off_and_the_filled_in_page_opens() {
    let mut ui = shown();
    ui.keys("<space>");
    snapshot!(ui);
    ui.keys("G").sees("▸ [ ] 1. Open the connection").keys("o");
    assert_eq!(ui.effects.last(), Some(&Effect::System(SystemFx::OpenUrl(PREFILLED.to_owned()))));
}

#[test]
fn another_kind_and_another_job_are_a_key_away() {
    let mut ui = shown();
    ui.sees("1/2").keys("]").sees("Project access token").keys("]").sees("Personal access token");
    ui.keys("<right>");
    let Some(Effect::Guide(GuideFx::Find { profile, job, .. })) = ui.effects.last().cloned() else { panic!() };
    assert_eq!(profile.as_deref(), Some("git-read"));
    answer(&mut ui, job);
    ui.sees("‹ git-read: clone and fetch ›").keys("<left>");
    let Some(Effect::Guide(GuideFx::Find { profile, .. })) = ui.effects.last() else { panic!() };
    assert_eq!(*profile, None);
}

#[test]
fn the_token_that_was_made_is_pasted_right_there() {
    let mut ui = shown();
    ui.paste(FAKE).sees("Add a credential").sees_not(FAKE);
    let mut ui = shown();
    ui.keys("a").sees("Paste a token");
}

#[test]
fn what_fits_no_job_is_shown_without_one_and_a_failure_leads_back_to_the_choice() {
    let mut ui = Ui::new();
    ui.keys("w<enter>");
    let job = ui.job();
    let error = Error::usage("there is no guide for that");
    ui.send(Msg::Guide(GuideMsg::Found { job, result: Err(error) }));
    ui.sees("there is no guide for that").sees("Where is the new token to be made?");
    ui.keys("<esc>").sees("┏ Rack");
}
