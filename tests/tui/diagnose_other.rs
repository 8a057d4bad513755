//! Diagnosing what is not on the rack: a token that is kept nowhere, and an exchange that somebody pasted.

use keyrack::domain::{FamilyId, Kind, Profile, Profiles, Stage, StageState, Verdict};
use keyrack::error::{Error, ErrorKind};
use keyrack::ui::effect::{DiagnoseFx, Effect, GivenToken, PastedExchange, Whom};
use keyrack::ui::msg::{DiagnoseMsg, JobId, Msg, Passphrase, RackData};

use crate::diagnose::{done, failed, healthy, passed, seen, stage};
use crate::harness::{FAKE, Ui, fixture};
use crate::snapshot;

/// Nothing that any screen says holds a piece of it.
const TYPED: &str = "Xq7NotARealSecret";
const CURL: &str =
    "> GET /api/v4/user HTTP/2\r> Host: gitlab.acme.dev\r> PRIVATE-TOKEN: Xq7NotARealSecret\r\r< HTTP/2 401\r";

#[track_caller]
fn nowhere(ui: &Ui, secret: &str) {
    let all = format!("{}\n{:?}\n{:?}", ui.screen(), ui.model, ui.effects);
    for at in 0..secret.len() - 6 {
        assert!(!all.contains(&secret[at..at + 6]), "`{}` of the secret is seen", &secret[at..at + 6]);
    }
}

/// The last diagnosis that was asked for.
#[track_caller]
fn asked(ui: &mut Ui) -> (JobId, Whom) {
    let found = ui.take().into_iter().rev().find_map(|e| match e {
        Effect::Diagnose(DiagnoseFx::Begin { job, whom }) => Some((job, whom)),
        _ => None,
    });
    found.expect("no diagnosis was asked for")
}

/// A token for `gitlab.acme.dev`, its diagnosis begun.
fn given(mut ui: Ui) -> (Ui, JobId) {
    ui.keys("T<tab>gitlab.acme.dev<tab>ana<tab>").keys(TYPED).keys("<enter>");
    let (job, whom) = asked(&mut ui);
    let wanted = GivenToken {
        host: "gitlab.acme.dev".to_owned(),
        family: None,
        kind: None,
        username: Some("ana".to_owned()),
        token: TYPED.into(),
        profiles: Vec::new(),
        git_url: None,
    };
    assert_eq!(whom, Whom::Given(Box::new(wanted)));
    (ui, job)
}

/// An exchange, its judging begun.
fn told(mut ui: Ui) -> (Ui, JobId) {
    ui.keys("T<space>").paste(CURL).keys("<enter>");
    let (job, whom) = asked(&mut ui);
    let Whom::Told(exchange) = whom else { panic!("{whom:?}") };
    assert_eq!(exchange.text.reveal(), CURL.replace('\r', "\n"), "a line for each of the tool's");
    assert_eq!(
        *exchange,
        PastedExchange { text: exchange.text.clone(), host: None, family: None, kind: None, username: None }
    );
    (ui, job)
}

#[test]
fn a_token_is_asked_for_looked_at_and_never_shown() {
    let mut ui = Ui::new();
    ui.keys("T");
    snapshot!("asked", ui);
    let (mut ui, job) = given(Ui::new());
    ui.sees("Diagnose a token at gitlab.acme.dev").sees("beginning");
    nowhere(&ui, TYPED);
    ui.send(stage(job, 0, passed(Stage::Dns, 8, "gitlab.acme.dev is 10.0.0.7"))).sees("gitlab.acme.dev is 10.0.0.7");
    let mut found = failed("x", "gitlab.acme.dev");
    found.subject.label = None;
    ui.send(done(job, vec![found]));
    snapshot!("failed", ui);
    nowhere(&ui, TYPED);
    assert_eq!(ui.take(), [], "nothing was written down, so nothing is read again");
}

#[test]
fn every_answer_counts_and_the_words_offered_follow_them() {
    let pushes: Profile = toml::from_str(
        "id = 'git-write'\ntitle = 'Push'\nabout = 'Pushes.'\n[[entries]]\nfamily = 'gitlab'\nneeds = []\n",
    )
    .unwrap();
    let mut ui = Ui::with((120, 40), RackData { profiles: Profiles(vec![pushes]), ..fixture() });
    ui.keys("T<tab>https://git.example.com/x<tab>ana<tab>").paste(FAKE).keys("<tab><space><space><tab>");
    ui.keys("<down>").sees("▸ Kind").keys("<tab>git-write<tab>https://git.example.com/x/y.git");
    snapshot!("wide", ui);
    ui.keys("<enter>");
    let (_, whom) = asked(&mut ui);
    let wanted = GivenToken {
        host: "https://git.example.com/x".to_owned(),
        family: Some(FamilyId::new("gitlab")),
        kind: Some(Kind::Pat),
        username: Some("ana".to_owned()),
        token: FAKE.into(),
        profiles: vec!["git-write".to_owned()],
        git_url: Some("https://git.example.com/x/y.git".to_owned()),
    };
    assert_eq!(whom, Whom::Given(Box::new(wanted)));
}

#[test]
fn an_exchange_is_pasted_judged_and_never_shown() {
    let mut ui = Ui::new();
    ui.keys("T<space>").paste(CURL);
    snapshot!("pasted", ui);
    nowhere(&ui, TYPED);
    let (mut ui, job) = told(Ui::new());
    let notes = vec!["there is a secret in that text: masked here, never stored".to_owned()];
    ui.send(Msg::Diagnose(DiagnoseMsg::Noted { job, notes })).sees("there is a secret in that text");
    let mut first = healthy("x", "gitlab.acme.dev");
    first.stages.iter_mut().for_each(|s| s.ms = 0);
    ui.send(done(job, vec![first, failed("x", "gitlab.acme.dev")]));
    ui.sees("Diagnose an exchange at gitlab.acme.dev").sees("[✖ 2 gitlab.acme.dev]").sees("✓ 1 gitlab.acme.dev");
    snapshot!("judged", ui);
    nowhere(&ui, TYPED);
    ui.keys("E").sees("keyrack-gitlab.acme.dev.md");
}

#[test]
fn it_is_judged_again_and_left_to_the_question_which_still_has_the_answers() {
    let (mut ui, job) = given(Ui::new());
    ui.send(done(job, vec![failed("x", "gitlab.acme.dev")])).keys("<ctrl-r>").sees("beginning");
    let (again, whom) = asked(&mut ui);
    assert!(again != job && matches!(whom, Whom::Given(given) if given.token.reveal() == TYPED));
    ui.keys("<esc>").sees("stopping");
    assert_eq!(ui.take(), [Effect::Cancel(again)]);
    ui.send(done(again, vec![failed("x", "gitlab.acme.dev")]));
    ui.keys("<esc>").sees("Diagnose what is not on the rack").sees("gitlab.acme.dev").sees("17 characters");
    ui.keys("<enter>").sees("beginning");
    // The key that asks leads back to the question, which is there already.
    ui.keys("T").sees("17 characters").keys("<esc>").sees("┏ Rack");
    nowhere(&ui, TYPED);
    ui.keys("T").sees_not("17 characters");
}

#[test]
fn what_is_missing_or_wrong_is_said_at_its_field_and_nothing_is_begun() {
    let mut ui = Ui::new();
    ui.keys("T<enter>").sees("say where it is used: a host's name or URL");
    ui.keys("nosuchhost<enter>").sees("there is no host nosuchhost");
    ui.keys("<ctrl-u>gitlab.acme.dev, github.com<enter>").sees("one host at a time");
    ui.keys("<ctrl-u>gitlab.acme.dev<enter>").sees("paste or type the token here");
    ui.keys(TYPED).keys("<tab><tab>nonsense<enter>").sees("nonsense");
    ui.keys("<ctrl-u><tab>no-such-job<enter>").sees("there is no profile no-such-job");
    assert!(!ui.effects.iter().any(|e| matches!(e, Effect::Diagnose(_))));
    ui.keys("<ctrl-u><enter>").sees("beginning");
    let mut ui = Ui::new();
    ui.keys("T<space><enter>").sees("paste the exchange here");
    ui.keys("x").sees("pasted here, not typed");
    ui.paste("   \r\n ").keys("<enter>").sees("paste the exchange here");
    ui.paste(&"x".repeat(5 * 1024 * 1024)).sees("that is far too long");
    ui.paste(CURL)
        .sees("4 lines pasted")
        .paste("one more")
        .sees("5 lines pasted")
        .keys("<ctrl-u>")
        .sees("nothing pasted yet");
    assert!(!ui.effects.iter().any(|e| matches!(e, Effect::Diagnose(_))));
}

#[test]
fn what_nothing_can_be_made_of_leads_back_to_the_question_with_the_reason() {
    let (mut ui, job) = told(Ui::new());
    let error = Error::usage("no exchange was found in that text").hint("Give what `curl -v URL` printed.");
    ui.send(Msg::Diagnose(DiagnoseMsg::Done { job, result: Err(error) }));
    ui.sees("Diagnose what is not on the rack").sees("✗ no exchange was found").sees("Give what `curl -v");
    ui.sees("4 lines pasted");
    let (mut ui, job) = given(Ui::new());
    let error = Error::usage("the URL for git is none over HTTPS");
    ui.send(Msg::Diagnose(DiagnoseMsg::Done { job, result: Err(error) })).sees("▸ Repository");
    ui.keys("<enter>");
    let (job, _) = asked(&mut ui);
    let stopped = Error::new(ErrorKind::Cancelled, "stopped");
    ui.keys("<esc>").send(Msg::Diagnose(DiagnoseMsg::Done { job, result: Err(stopped) }));
    ui.sees("Diagnose what is not on the rack").sees_not("✗");
    // With the help over it nothing is closed from under it.
    ui.keys("<enter>");
    let (job, _) = asked(&mut ui);
    ui.keys("?").send(Msg::Diagnose(DiagnoseMsg::Done { job, result: Err(Error::usage("no such host")) }));
    ui.sees("On a diagnosis").keys("<esc>").sees("could not be looked at: no such host");
}

#[test]
fn late_answers_and_those_of_another_reach_nobody() {
    let (mut ui, job) = given(Ui::new());
    let other = JobId(job.0 + 1);
    let before = ui.screen();
    ui.send(done(other, vec![failed("x", "y")]));
    ui.send(Msg::Diagnose(DiagnoseMsg::Noted { job: other, notes: vec!["nobody's".to_owned()] }));
    assert_eq!(ui.screen(), before);
    ui.keys("<esc><esc><esc>").sees("┏ Rack");
    ui.take();
    let before = ui.screen();
    ui.send(stage(job, 0, seen(Stage::Dns, StageState::Failed, 1, "late"))).send(done(job, vec![failed("x", "y")]));
    assert_eq!((ui.screen(), ui.take()), (before, vec![]));
}

#[test]
fn neither_needs_the_secret_store() {
    let mut ui = Ui::new();
    ui.store(Passphrase::Open);
    let (mut ui, job) = given(ui);
    ui.send(done(job, vec![failed("x", "gitlab.acme.dev")])).sees("Authentication decides").sees("expired");
    assert_eq!(failed("x", "y").verdict(), Verdict::Expired);
    let mut ui = Ui::new();
    ui.store(Passphrase::Open);
    told(ui);
}

#[test]
fn it_is_reached_by_name_from_the_empty_rack_and_from_a_diagnosis() {
    let mut ui = Ui::with((80, 24), RackData::default());
    ui.sees("T  find out why a token fails").keys(":diagnose-other<enter>").sees("Diagnose what is not on the rack");
    let mut ui = Ui::new();
    ui.keys("d");
    let job = ui.job();
    ui.send(done(job, vec![healthy("ci-release", "github.com")])).keys("T").sees("Diagnose what is not on the rack");
    ui.keys("<esc>").sees("Diagnose ci-release at github.com");
}

#[test]
fn the_question_fits_every_size() {
    for keys in ["T", "T<space>"] {
        let mut ui = Ui::new();
        ui.keys(keys).paste(CURL);
        for (width, height) in [(60, 12), (80, 24), (61, 40), (200, 12), (20, 5)] {
            ui.resize(width, height);
            for _ in 0..9 {
                ui.keys("<tab>");
                nowhere(&ui, TYPED);
                assert!(width < 60 || ui.screen().contains('▸'), "{}", ui.screen());
            }
        }
    }
}
