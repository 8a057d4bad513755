//! Having a host make a credential.

use keyrack::domain::{
    CreateEnd, CreatePlan, CreateRequest, CreateResult, CreateWish, CredentialId, Expiry, HostId, Kind, Way,
};
use keyrack::error::{Error, ErrorKind};
use keyrack::ui::effect::{Account, CreateFx, Effect, Signer, SystemFx};
use keyrack::ui::msg::{CreateMsg, Msg};

use crate::harness::{Ui, days};
use crate::snapshot;

fn opened() -> Ui {
    let mut ui = Ui::new();
    // The hosts screen, its third host.
    ui.keys("HjjN");
    ui
}

fn result(end: CreateEnd, message: &str) -> CreateResult {
    CreateResult {
        label: "nightly".to_owned(),
        host: "gitlab.acme.dev".to_owned(),
        end,
        message: message.to_owned(),
        credential: None,
        kind: Some(Kind::Pat),
        remote_id: None,
        expiry: Expiry::Unknown,
        notes: Vec::new(),
        validation: None,
        plan: None,
    }
}

#[test]
fn a_wish_is_asked_of_the_host_and_lands_on_the_rack() {
    let mut ui = opened();
    ui.keys("nightly<tab><tab>read_api, self_rotate<tab>90d<tab>acme/web<tab><tab>lab-runner");
    snapshot!("wish", ui);
    ui.keys("<enter>").sees("asking gitlab.acme.dev once");
    let job = ui.job();
    let request = CreateRequest {
        name: "nightly".to_owned(),
        kind: None,
        scopes: vec!["read_api".to_owned(), "self_rotate".to_owned()],
        expires: Some(days(90)),
        at: Some("acme/web".to_owned()),
    };
    let wish = CreateWish {
        label: "nightly".to_owned(),
        host: HostId(3),
        request,
        owner: None,
        tags: Vec::new(),
        note: String::new(),
    };
    let signer = Some(Signer::Credential(CredentialId("6".to_owned())));
    assert_eq!(ui.effects.last(), Some(&Effect::Create(CreateFx::Make { job, wish: Box::new(wish), signer })));
    let mut made = result(CreateEnd::Created, "made at gitlab.acme.dev, in the store, and accepted there");
    made.credential = Some(CredentialId("9".to_owned()));
    made.expiry = Expiry::At(days(80));
    made.notes = vec!["the host shortened its life to 80 days".to_owned()];
    ui.send(Msg::Create(CreateMsg::Made { job, result: Ok(Box::new(made)) }));
    snapshot!("made", ui);
}

#[test]
fn bad_input_is_told_at_its_field_and_nothing_is_sent() {
    let mut ui = opened();
    ui.keys("<enter>").sees("it needs a label").keys("ci-release<enter>").sees("this label is taken");
    ui.keys("<ctrl-u>nightly<tab><tab><tab>soon<enter>").sees("give a day");
    ui.keys("<ctrl-u>never<enter>").sees("leave it empty");
    ui.keys("<ctrl-u><tab><tab><tab>nobody<enter>").sees("no credential on the rack has this label");
    assert!(!ui.effects.iter().any(|e| matches!(e, Effect::Create(_))));
}

#[test]
fn an_account_signs_with_password_and_code() {
    let mut ui = opened();
    ui.keys("nightly<tab><tab><tab><tab><tab><tab><tab>deploy<tab>").paste("NotARealPassword");
    ui.keys("<tab>").paste("123456").sees_not("123456").sees_not("NotAReal").keys("<enter>");
    let Some(Effect::Create(CreateFx::Make { signer: Some(Signer::Account(account)), .. })) = ui.effects.last() else {
        panic!("{:?}", ui.effects)
    };
    let expected =
        Account { user: "deploy".to_owned(), password: "NotARealPassword".into(), code: Some("123456".into()) };
    assert_eq!(*account, expected);
}

#[test]
fn a_failure_stands_above_the_form_until_something_is_changed() {
    let mut ui = opened();
    ui.keys("nightly<enter>");
    let job = ui.job();
    let scopes = "read_api, read_user, read_repository, write_repository, read_registry, write_registry, ai_features";
    let error = Error::new(ErrorKind::Usage, "no scope is named").hint(format!("name at least one of {scopes}"));
    ui.send(Msg::Create(CreateMsg::Made { job, result: Err(error) }));
    snapshot!(ui);
    ui.keys("x").sees_not("no scope is named").sees("makes it by its API");
}

#[test]
fn who_has_to_sign_is_told_once_with_the_way_back() {
    let mut ui = opened();
    ui.keys("nightly<enter>");
    let job = ui.job();
    let why = "GitLab wants somebody who manages the place";
    let mut unsigned = result(CreateEnd::NeedsAuthority, &format!("nothing was sent: {why}"));
    unsigned.plan = Some(CreatePlan {
        label: "nightly".to_owned(),
        host: "gitlab.acme.dev".to_owned(),
        name: "nightly".to_owned(),
        way: Way::NeedsAuthority { why: why.to_owned(), password: true },
    });
    ui.send(Msg::Create(CreateMsg::Made { job, result: Ok(Box::new(unsigned)) }));
    ui.sees("Say who signs: e leads back").sees("name a credential under Sign with");
    assert_eq!(ui.screen().matches(why).count(), 1, "{}", ui.screen());
    ui.keys("e").sees("Sign with");
}

#[test]
fn what_has_to_be_done_by_hand_shows_steps_and_page() {
    let mut ui = opened();
    ui.keys("nightly<enter>");
    let job = ui.job();
    let page = "https://gitlab.acme.dev/-/user_settings/personal_access_tokens";
    let mut guided = result(CreateEnd::Guided, "GitLab makes no personal token by API");
    guided.plan = Some(CreatePlan {
        label: "nightly".to_owned(),
        host: "gitlab.acme.dev".to_owned(),
        name: "nightly".to_owned(),
        way: Way::Guided {
            why: "GitLab makes no personal token by API".to_owned(),
            page: page.to_owned(),
            steps: vec!["Open the page.".to_owned(), "Copy the token.".to_owned()],
        },
    });
    ui.send(Msg::Create(CreateMsg::Made { job, result: Ok(Box::new(guided)) }));
    ui.sees("1. Open the page.").sees("to do by hand").keys("o");
    assert_eq!(ui.effects.last(), Some(&Effect::System(SystemFx::OpenUrl(page.to_owned()))));
    ui.keys("e").sees("Label").sees("nightly");
}

#[test]
fn a_failure_before_anything_was_sent_keeps_the_form() {
    let mut ui = opened();
    ui.keys("nightly<enter>");
    let job = ui.job();
    let error = Error::new(ErrorKind::Usage, "GitLab tokens live at most 365 days");
    ui.send(Msg::Create(CreateMsg::Made { job, result: Err(error) })).sees("at most 365 days").sees("nightly");
}

#[test]
fn an_answer_that_comes_after_the_screen_was_left_is_told() {
    let mut ui = opened();
    ui.keys("nightly<enter>");
    let job = ui.job();
    ui.keys("<esc>");
    let unknown = result(CreateEnd::Unknown, "sent, and the answer was lost");
    ui.send(Msg::Create(CreateMsg::Made { job, result: Ok(Box::new(unknown)) })).sees("the answer was lost");
}
