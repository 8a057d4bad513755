//! Why a credential does not work: stages as they run, the one that decides, what is done about it.

use keyrack::domain::{
    CredentialId, Diagnosis, Evidence, FamilyId, Finding, Kind, Severity, Stage, StageReport, StageState, Subject,
    Validation, Verdict,
};
use keyrack::error::{Error, ErrorKind};
use keyrack::ui::effect::{DiagnoseFx, Effect, Export, SystemFx, Whom};
use keyrack::ui::msg::{DiagnoseMsg, Exported, JobId, Msg, Passphrase};

use crate::harness::{FAKE, Ui, fixture, now};
use crate::snapshot;

const LINK: &str = "https://docs.gitlab.com/user/profile/personal_access_tokens/";

pub fn seen(stage: Stage, state: StageState, ms: u64, summary: &str) -> StageReport {
    StageReport { state, ms, summary: summary.to_owned(), ..StageReport::waiting(stage) }
}

pub fn passed(stage: Stage, ms: u64, summary: &str) -> StageReport {
    seen(stage, StageState::Passed, ms, summary)
}

/// The way to the host, all in order.
fn way() -> Vec<StageReport> {
    let mut tls = passed(Stage::Tls, 31, "TLS 1.3, the certificate is trusted");
    tls.facts = vec![
        ("subject".to_owned(), "gitlab.acme.dev".to_owned()),
        ("issuer".to_owned(), "Acme Internal CA, of the department that runs it".to_owned()),
        ("ends".to_owned(), "2027-03-01".to_owned()),
    ];
    vec![
        passed(Stage::Store, 4, "read from the keyring store"),
        passed(Stage::Record, 0, "its form fits its kind"),
        passed(Stage::Environment, 12, "nothing here gets in the way"),
        passed(Stage::Dns, 8, "gitlab.acme.dev is 10.0.0.7"),
        passed(Stage::Tcp, 11, "10.0.0.7:443 answers"),
        seen(Stage::Proxy, StageState::Skipped, 0, "no proxy is set for this host"),
        tls,
        passed(Stage::Clock, 0, "1 s apart"),
        passed(Stage::Host, 40, "GitLab 17.5.1"),
    ]
}

fn expired() -> StageReport {
    let mut report = seen(Stage::Authentication, StageState::Failed, 84, "The token has expired");
    report.findings = vec![
        Finding {
            code: "gitlab.expired".to_owned(),
            title: "The token has expired".to_owned(),
            cause: "GitLab says that its time was over on 2026-11-20.".to_owned(),
            remedy: "Replace it: keyrack rotate LABEL. Where another uses it, tell them.".to_owned(),
            link: LINK.to_owned(),
            severity: Severity::Error,
        },
        Finding {
            code: "gitlab.other".to_owned(),
            title: "evil\u{1b}[2Jtitle".to_owned(),
            cause: "Said by a host that is not to be trusted.".to_owned(),
            remedy: "Ask the admin.".to_owned(),
            link: String::new(),
            severity: Severity::Info,
        },
    ];
    report.evidence = vec![Evidence {
        request: "GET https://gitlab.acme.dev/api/v4/user".to_owned(),
        status: Some(401),
        ms: 84,
        detail: "{\"message\":\"401 Unauthorized\"}".to_owned(),
    }];
    report
}

fn subject(label: &str, host: &str) -> Subject {
    Subject {
        label: Some(label.to_owned()),
        host: host.to_owned(),
        url: format!("https://{host}"),
        family: FamilyId::new("gitlab"),
        kind: Kind::Pat,
        username: None,
    }
}

fn diagnosis(label: &str, host: &str, stages: Vec<StageReport>, rest: StageState) -> Diagnosis {
    let mut found = Diagnosis::new(subject(label, host), now());
    stages.into_iter().for_each(|report| found.put(report));
    for stage in found.stages.iter_mut().filter(|s| !s.state.is_settled()) {
        stage.state = rest;
    }
    found.ms = 190;
    found
}

pub fn failed(label: &str, host: &str) -> Diagnosis {
    let mut stages = way();
    stages.push(expired());
    stages.push(seen(Stage::Git, StageState::Passed, 21, "git would be answered 401 too"));
    let mut found = diagnosis(label, host, stages, StageState::NotReached);
    found.validation = Some(Validation::new(Verdict::Expired, "its time is over", now()));
    found
}

pub fn healthy(label: &str, host: &str) -> Diagnosis {
    let mut stages = way();
    stages.push(passed(Stage::Authentication, 84, "valid: accepted by GET /user"));
    stages.push(seen(Stage::Permission, StageState::Skipped, 0, "no job to hold it against"));
    stages.push(passed(Stage::Git, 21, "git would be let in"));
    let mut found = diagnosis(label, host, stages, StageState::NotReached);
    found.validation = Some(Validation::new(Verdict::Valid, "accepted by GET /user", now()));
    found
}

/// `old-deploy`, with its diagnosis begun.
fn begun(mut ui: Ui) -> (Ui, JobId) {
    ui.keys("/old-deploy<enter>d").sees("Diagnose old-deploy at gitlab.acme.dev");
    let job = ui.job();
    let whom = Whom::Kept(CredentialId("3".to_owned()));
    assert_eq!(ui.effects.last(), Some(&Effect::Diagnose(DiagnoseFx::Begin { job, whom })));
    ui.take();
    (ui, job)
}

pub fn stage(job: JobId, host: usize, report: StageReport) -> Msg {
    Msg::Diagnose(DiagnoseMsg::Stage { job, host, report: Box::new(report) })
}

pub fn done(job: JobId, found: Vec<Diagnosis>) -> Msg {
    Msg::Diagnose(DiagnoseMsg::Done { job, result: Ok(found) })
}

/// Half of the way, one stage under way.
fn half(ui: &mut Ui, job: JobId) {
    for report in way().into_iter().take(4) {
        ui.send(stage(job, 0, seen(report.stage, StageState::Running, 0, ""))).send(stage(job, 0, report));
    }
    ui.send(stage(job, 0, seen(Stage::Tcp, StageState::Running, 0, "")));
}

fn over(ui: Ui) -> Ui {
    let (mut ui, job) = begun(ui);
    ui.send(done(job, vec![failed("old-deploy", "gitlab.acme.dev")]));
    ui.take();
    ui
}

#[test]
fn stages_appear_as_they_run_and_the_one_that_decides_is_chosen_when_all_is_over() {
    let (mut ui, job) = begun(Ui::new());
    ui.sees("beginning").sees("its turn has not come");
    half(&mut ui, job);
    snapshot!("running", ui);
    ui.send(done(job, vec![failed("old-deploy", "gitlab.acme.dev")]));
    ui.sees("Authentication decides: The token has expired").sees("✖ expired");
    snapshot!("failed", ui);
    ui.keys("<enter>");
    snapshot!("opened", ui);
    // What the host said was written down, so the rack is read again.
    assert!(ui.effects.iter().any(|e| matches!(e, Effect::Rack(_))));
}

#[test]
fn with_room_the_stages_and_the_finding_stand_side_by_side() {
    let (mut ui, job) = begun(Ui::with((140, 40), fixture()));
    half(&mut ui, job);
    snapshot!("running", ui);
    ui.send(done(job, vec![failed("old-deploy", "gitlab.acme.dev")]));
    snapshot!("failed", ui);
    ui.keys("gjjjjjj").sees("Acme Internal CA").sees("certificate is trusted");
}

#[test]
fn nothing_in_the_way_is_said_in_so_many_words() {
    let (mut ui, job) = begun(Ui::new());
    ui.send(done(job, vec![healthy("old-deploy", "gitlab.acme.dev")]));
    snapshot!(ui);
}

#[test]
fn a_warning_is_worth_knowing_and_stands_in_nobodys_way() {
    let (mut ui, job) = begun(Ui::new());
    let mut found = healthy("old-deploy", "gitlab.acme.dev");
    found.put(seen(Stage::Clock, StageState::Warned, 3, "This machine is 3 min behind"));
    ui.send(done(job, vec![found]));
    ui.sees("▲ nothing stands in the way; worth knowing: Clock: This machine is 3").sees("▸ ▲ Clock");
}

#[test]
fn two_hosts_are_looked_at_side_by_side_in_a_tab_each() {
    let mut ui = Ui::new();
    ui.keys("/jira-sync<enter>d").sees("[· acme.atlassian.net]".replace('·', "▖").as_str());
    let job = ui.job();
    ui.send(stage(job, 1, passed(Stage::Dns, 7, "beta is 10.0.0.9"))).sees_not("beta is");
    ui.send(stage(job, 7, passed(Stage::Dns, 7, "nowhere")))
        .keys("]")
        .sees("beta is 10.0.0.9")
        .keys("[")
        .sees_not("beta is");
    let found = vec![healthy("jira-sync", "acme.atlassian.net"), failed("jira-sync", "beta.atlassian.net")];
    ui.send(done(job, found.clone()));
    // The user has chosen the tab, so it stays.
    ui.sees("Diagnose jira-sync at acme.atlassian.net ─ ● valid").keys("]").sees("▸ ✖ Authentication");
    snapshot!(ui);
    ui.keys("<esc>").sees("┏ Rack").keys("d");
    let job = ui.job();
    ui.send(done(job, found)).sees("Diagnose jira-sync at beta.atlassian.net ─ ✖ expired");
}

#[test]
fn without_colour_signs_and_words_say_it_all() {
    let mut ui = Ui::bare((100, 30), true);
    ui.store(Passphrase::None).send(Msg::Start).load(fixture());
    let mut ui = over(ui);
    ui.sees("✖ Authentication decides").sees("verdict: ✖ expired").sees("○ Permission").sees("– Proxy");
    snapshot!(ui);
    for cell in ui.buffer().content() {
        assert_eq!((cell.fg, cell.bg), (ratatui::style::Color::Reset, ratatui::style::Color::Reset));
    }
}

#[test]
fn esc_stops_it_and_what_was_found_stays_then_it_leaves() {
    let (mut ui, job) = begun(Ui::new());
    half(&mut ui, job);
    ui.keys("<esc>").sees("stopping; what was found stays");
    assert_eq!(ui.take(), [Effect::Cancel(job)]);
    let found = diagnosis("old-deploy", "gitlab.acme.dev", way().into_iter().take(4).collect(), StageState::Cancelled);
    ui.send(done(job, vec![found])).sees("gitlab.acme.dev is 10.0.0.7");
    snapshot!(ui);
    ui.keys("<esc>").sees("┏ Rack");
}

#[test]
fn leaving_at_once_takes_two_keys_and_a_late_end_reaches_nobody() {
    let (mut ui, job) = begun(Ui::new());
    ui.keys("<esc><esc>").sees("┏ Rack");
    assert_eq!(ui.take(), [Effect::Cancel(job), Effect::Cancel(job)]);
    let before = ui.screen();
    ui.send(stage(job, 0, expired())).send(done(job, vec![failed("old-deploy", "gitlab.acme.dev")]));
    assert_eq!(ui.screen(), before);
    assert_eq!(ui.take(), []);
}

#[test]
fn messages_late_twice_or_of_another_job_change_nothing() {
    let (mut ui, job) = begun(Ui::new());
    half(&mut ui, job);
    let before = ui.screen();
    let other = JobId(job.0 + 1);
    ui.send(stage(other, 0, expired())).send(done(other, vec![failed("x", "y")]));
    // What is settled does not begin anew, and the same twice is the same.
    ui.send(stage(job, 0, seen(Stage::Store, StageState::Running, 0, ""))).send(stage(job, 0, way().remove(0)));
    assert_eq!(ui.screen(), before);
    ui.send(done(job, vec![failed("old-deploy", "gitlab.acme.dev")]));
    ui.take();
    let before = ui.screen();
    ui.send(stage(job, 0, passed(Stage::Authentication, 1, "late")));
    ui.send(done(job, vec![healthy("old-deploy", "gitlab.acme.dev")]));
    ui.send(Msg::Diagnose(DiagnoseMsg::Exported { job, result: Ok(Exported::Written("/x".to_owned())) }));
    assert_eq!(ui.screen(), before);
    assert_eq!(ui.take(), []);
}

#[test]
fn the_cursor_stays_where_the_user_put_it() {
    let (mut ui, job) = begun(Ui::new());
    half(&mut ui, job);
    ui.keys("jj").sees("▸ ✓ Environment");
    ui.send(done(job, vec![failed("old-deploy", "gitlab.acme.dev")]));
    ui.sees("Authentication decides").sees("▸ ✓ Environment");
    ui.keys("G").sees("▸ ✓ Git").keys("k").sees("not looked at: Authentication stands in the way");
}

#[test]
fn it_can_be_run_again_and_only_once_at_a_time() {
    let mut ui = over(Ui::new());
    ui.keys("<ctrl-r>").sees("beginning").sees_not("decides");
    let job = ui.job();
    ui.take();
    ui.keys("<ctrl-r>").sees("it is still under way; esc stops it");
    assert_eq!(ui.take(), []);
    ui.send(done(job, vec![failed("old-deploy", "gitlab.acme.dev")])).sees("▸ ✖ Authentication");
}

#[test]
fn one_failing_in_the_middle_is_told_and_what_was_seen_stays() {
    let (mut ui, job) = begun(Ui::new());
    half(&mut ui, job);
    let error = Error::internal("a background task of keyrack failed");
    ui.send(Msg::Diagnose(DiagnoseMsg::Done { job, result: Err(error) }));
    ui.sees("✗ could not be looked at: a background task of keyrack failed").sees("gitlab.acme.dev is 10.0.0.7");
    ui.sees("■ TCP");
}

#[test]
fn a_store_that_stays_locked_leads_back() {
    let mut ui = Ui::new();
    ui.store(Passphrase::Open).keys("d").sees("Open the secret store");
    assert!(!ui.effects.iter().any(|e| matches!(e, Effect::Diagnose(_))));
    ui.keys("<esc>").sees("┏ Rack").sees("stays locked");
    let mut ui = Ui::new();
    ui.keys("d");
    let job = ui.job();
    let stopped = Error::new(ErrorKind::Cancelled, "stopped");
    // With the help over it, nothing is closed from under it.
    ui.keys("?")
        .send(Msg::Diagnose(DiagnoseMsg::Done { job, result: Err(stopped) }))
        .sees("On a diagnosis")
        .keys("<esc>");
    ui.sees("could not be looked at: stopped");
}

#[test]
fn a_credential_without_secret_is_told_why_not() {
    let mut ui = Ui::new();
    ui.keys("/gone<enter>d").sees("nothing left to diagnose").keys("<enter>d").sees("nothing left to diagnose");
    assert!(!ui.effects.iter().any(|e| matches!(e, Effect::Diagnose(_))));
}

#[test]
fn it_is_reached_from_the_detail_and_by_name() {
    let mut ui = Ui::new();
    ui.keys("<enter>d").sees("Diagnose ci-release at github.com").keys("<esc><esc>").sees("┏ ci-release");
    ui.keys("<esc>:diagnose<enter>").sees("Diagnose ci-release at github.com");
}

#[test]
fn page_and_command_of_the_finding_are_at_hand() {
    let mut ui = over(Ui::new());
    ui.keys("o");
    assert_eq!(ui.take(), [Effect::System(SystemFx::OpenUrl(LINK.to_owned()))]);
    ui.keys("y").sees("on the clipboard, if this terminal allows that: keyrack");
    assert_eq!(ui.take(), [Effect::System(SystemFx::Copy("keyrack rotate old-deploy".to_owned()))]);
    ui.keys("goy").sees("names a page").sees("names a command");
    assert_eq!(ui.take(), []);
}

#[test]
fn the_report_is_written_where_the_user_says() {
    let mut ui = over(Ui::new());
    ui.keys("E").sees("keyrack-old-deploy.md");
    snapshot!(ui);
    ui.keys("<enter>");
    let export = |ui: &Ui| match ui.effects.last() {
        Some(Effect::Diagnose(DiagnoseFx::Export { job, export })) => (*job, (**export).clone()),
        other => panic!("{other:?}"),
    };
    let (job, first) = export(&ui);
    let found = vec![failed("old-deploy", "gitlab.acme.dev")];
    let file = "keyrack-old-deploy.md".to_owned();
    assert_eq!(first, Export { found, file, masked: false, replace: false });
    ui.keys("<enter>");
    assert_eq!(export(&ui).0, job, "one at a time");
    ui.send(Msg::Diagnose(DiagnoseMsg::Exported { job, result: Ok(Exported::Exists) }));
    ui.sees("a file of that name is there already; enter replaces it");
    ui.keys("<tab><space><enter>");
    let (job, second) = export(&ui);
    assert!(second.replace && second.masked);
    let error = Error::data("`/x` could not be written").hint("Name a file in a folder that is there.");
    ui.send(Msg::Diagnose(DiagnoseMsg::Exported { job, result: Err(error) })).sees("could not be written");
    ui.keys("<ctrl-u><enter>").sees("say what the file is to be called");
    ui.keys("other.md<enter>");
    let (job, third) = export(&ui);
    assert!(!third.replace, "another file is asked about anew");
    ui.send(Msg::Diagnose(DiagnoseMsg::Exported {
        job,
        result: Ok(Exported::Written("/home/ana/other.md".to_owned())),
    }));
    ui.sees("the report is in /home/ana/other.md").sees("Authentication decides");
}

#[test]
fn a_report_written_after_its_question_was_left_is_told_all_the_same() {
    let mut ui = over(Ui::new());
    ui.keys("E<enter>");
    let job = ui.job();
    ui.keys("<esc>");
    ui.send(Msg::Diagnose(DiagnoseMsg::Exported { job, result: Ok(Exported::Written("/a.md".to_owned())) }));
    ui.sees("the report is in /a.md").sees("Authentication decides");
}

#[test]
fn nothing_is_exported_while_it_runs() {
    let (mut ui, job) = begun(Ui::new());
    ui.keys("e").sees("it is still under way");
    half(&mut ui, job);
    ui.keys("E").sees("it is still under way");
    assert_eq!(ui.take(), []);
}

#[test]
fn the_mouse_chooses_a_stage_and_the_pane() {
    let mut ui = over(Ui::with((140, 40), fixture()));
    ui.click(10, 6).sees("▸ ✓ Secret store").click(10, 8).sees("▸ ✓ Environment");
    ui.click(100, 20).sees("┏ ✓ Environment: passed").click(10, 15).sees("▸ ✖ Authentication").sees("┏ Stages");
    ui.click(10, 15).sees("┏ ✖ Authentication: failed");
}

#[test]
fn it_fits_every_size_and_shows_nothing_raw() {
    let mut ui = over(Ui::new());
    for (width, height) in [(60, 12), (60, 40), (99, 14), (100, 12), (300, 90), (20, 5), (80, 24)] {
        ui.resize(width, height);
        for keys in ["g", "G", "<tab>", "<page-down>", "G", "<tab>", "]"] {
            ui.keys(keys);
            let screen = ui.screen();
            assert!(!screen.contains('\u{1b}') && !screen.contains(FAKE));
        }
    }
    ui.keys("gjjjjjjjjj<enter>G").sees("\\u{1b}[2Jtitle");
}
