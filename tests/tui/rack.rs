//! The rack: what it shows, moving, filtering, sorting, selecting, checking, looking.

use keyrack::domain::{CredentialId, Finding, HostId, Identity, Severity, Validation, Verdict};
use keyrack::error::{Error, ErrorKind};
use keyrack::ui::effect::{Effect, SystemFx};
use keyrack::ui::msg::{CheckMsg, JobId, Msg, Passphrase, RackData, RackMsg};
use ratatui::style::{Color, Modifier};

use crate::harness::{Ui, credential, fixture, history, now};
use crate::snapshot;

fn id(id: &str) -> CredentialId {
    CredentialId(id.to_owned())
}

#[test]
fn rack_at_80x24() {
    snapshot!(Ui::new());
}

#[test]
fn rack_and_detail_at_120x40() {
    snapshot!(Ui::wide());
}

#[test]
fn without_colour_no_cell_has_one_and_the_cursor_is_reversed() {
    let mut ui = Ui::bare((80, 24), true);
    ui.store(Passphrase::None).send(Msg::Start).load(fixture());
    snapshot!(ui);
    let buffer = ui.buffer();
    assert!(buffer.content.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
    let cursor = ui.screen().lines().position(|l| l.contains('▸')).unwrap();
    assert!(buffer[(6, u16::try_from(cursor).unwrap())].modifier.contains(Modifier::REVERSED));
}

#[test]
fn empty_rack_says_which_key_adds() {
    let mut ui = Ui::with((80, 24), RackData::default());
    snapshot!(ui);
    for key in ["N", "c", "i", "D", "x"] {
        ui.keys(key).sees("the rack is empty: a adds a token").keys("<esc>");
    }
}

#[test]
fn before_the_rack_is_read_it_says_so() {
    let mut ui = Ui::bare((80, 24), false);
    ui.send(Msg::Start).sees("Reading the rack").sees_not("The rack is empty");
}

#[test]
fn detail_fills_the_screen_where_there_is_no_room_beside() {
    let mut ui = Ui::new();
    ui.keys("<enter>").answer_detail();
    snapshot!(ui);
    ui.keys("]").sees("┏ gone").keys("[").sees("┏ ci-release").keys("<esc>").sees("┏ Rack");
}

#[test]
fn detail_follows_the_cursor_with_one_read_at_a_time() {
    let mut ui = Ui::wide();
    ui.take();
    ui.keys("jjj");
    let first = ui.last_detail().unwrap();
    assert_eq!(first.1, id("5"));
    assert_eq!(ui.effects.len(), 1, "reads must not pile up: {:?}", ui.effects);
    ui.answer_detail();
    assert_eq!(ui.last_detail().unwrap().1, id("6"), "where the cursor came to rest is read next");
}

#[test]
fn several_bindings_show_each_verdict_and_role() {
    let mut ui = Ui::new();
    ui.keys("jj<enter>");
    ui.sees("valid at acme.atlassian.net as source").sees("valid at beta.atlassian.net as target");
}

#[test]
fn unreachable_keeps_the_last_real_verdict_beside_it() {
    let mut ui = Ui::new();
    ui.sees("≁ lab-runner").sees("● 5 h");
    ui.keys("Gkk<enter>").sees("≁ unreachable").sees("last known: ● valid, 5 h ago");
}

#[test]
fn a_network_fault_after_a_good_check_does_not_turn_it_bad() {
    let mut ui = Ui::new();
    ui.keys("c");
    let job = ui.job();
    ui.checked(job, "1", 1, Verdict::Unreachable).check_done(job);
    ui.sees("≁ ci-release").sees("● 2 m");
}

#[test]
fn moving_by_every_key() {
    let mut ui = Ui::new();
    for (keys, label) in [
        ("j", "gone"),
        ("<down>", "jira-sync"),
        ("k", "gone"),
        ("G", "wiki-bot"),
        ("<home>", "ci-release"),
        ("<end>", "wiki-bot"),
        ("g", "ci-release"),
        ("<page-down>", "wiki-bot"),
        ("<page-up>", "ci-release"),
        ("<up>", "ci-release"),
    ] {
        ui.keys(keys);
        assert_eq!(ui.under_cursor(), label, "after {keys}");
    }
}

#[test]
fn filter_is_live_and_fuzzy_over_every_column() {
    let mut ui = Ui::new();
    for (query, labels) in [
        ("cirl", vec!["ci-release"]),
        ("prod", vec!["ci-release", "old-deploy"]),
        ("gitlab", vec!["lab-runner", "old-deploy"]),
        ("octo", vec!["ci-release", "gone"]),
        ("unreach", vec!["lab-runner"]),
        ("prod gitlab", vec!["old-deploy"]),
        ("zzz", vec![]),
    ] {
        ui.keys("/<ctrl-u>").keys(query);
        assert_eq!(ui.labels(), labels, "/{query}\n{}", ui.screen());
    }
    ui.sees("Nothing matches /zzz");
}

#[test]
fn enter_keeps_the_filter_and_escape_clears_it() {
    let mut ui = Ui::new();
    ui.keys("/prod<enter>").sees("/prod ─ 2 of 6").sees("esc clear filter");
    ui.keys("q");
    assert_eq!(ui.take().last(), Some(&Effect::System(SystemFx::Quit)), "keys mean commands again");
    ui.keys("<esc>").sees("wiki-bot");
    ui.keys("/prod<esc>").sees("wiki-bot").sees_not("/prod");
}

#[test]
fn backspace_widens_what_typing_narrowed() {
    let mut ui = Ui::new();
    ui.keys("/old");
    assert_eq!(ui.labels(), ["old-deploy"]);
    ui.keys("<backspace><backspace><backspace>");
    assert_eq!(ui.labels().len(), 6);
}

#[test]
fn letters_of_commands_are_text_while_filtering() {
    let mut ui = Ui::new();
    ui.take();
    ui.keys("/qcxaC?:");
    assert_eq!(ui.take(), []);
    ui.sees("/qcxaC?:");
}

#[test]
fn sorting_goes_through_the_columns_and_turns_round() {
    let mut ui = Ui::new();
    ui.keys("sss").sees("EXPIRES↓");
    assert_eq!(ui.labels()[..3], ["old-deploy", "jira-sync", "ci-release"]);
    ui.keys("S").sees("EXPIRES↑");
    assert_eq!(ui.labels()[3..], ["ci-release", "jira-sync", "old-deploy"]);
    ui.keys("Sss");
    assert_eq!(ui.labels()[..2], ["gone", "old-deploy"], "the worst verdict first");
}

#[test]
fn the_cursor_stays_on_its_credential_when_rows_move() {
    let mut ui = Ui::new();
    ui.keys("jj");
    assert_eq!(ui.under_cursor(), "jira-sync");
    ui.keys("sss");
    assert_eq!(ui.under_cursor(), "jira-sync");
    ui.keys("<ctrl-r>");
    let mut data = fixture();
    data.credentials.remove(4);
    ui.load(data);
    assert_eq!(ui.under_cursor(), "jira-sync");
}

#[test]
fn selecting_shown_rows_and_checking_them() {
    let mut ui = Ui::new();
    ui.keys("/prod<enter>*");
    ui.sees("2 selected");
    ui.take();
    ui.keys("c");
    assert_eq!(ui.take(), [Effect::Check { job: JobId(2), ids: vec![id("1"), id("3")], no_brake: false }]);
    ui.keys("*").sees_not("selected");
}

#[test]
fn a_selection_outlives_the_filter_and_says_what_is_hidden() {
    let mut ui = Ui::new();
    ui.keys("<space>/old<enter>").sees("1 selected (1 hidden)");
    ui.keys("<esc>").sees("1 selected").sees_not("hidden");
    ui.keys("<esc>").sees_not("selected");
}

#[test]
fn check_one_then_selection() {
    let mut ui = Ui::new();
    ui.take();
    ui.keys("c");
    assert_eq!(ui.take(), [Effect::Check { job: JobId(2), ids: vec![id("1")], no_brake: false }]);
    ui.keys("jj<space><space>c");
    assert_eq!(ui.take(), [Effect::Check { job: JobId(3), ids: vec![id("2"), id("6")], no_brake: false }]);
}

#[test]
fn a_retired_credential_is_neither_checked_nor_revoked() {
    let mut ui = Ui::new();
    ui.take();
    ui.keys("jcx");
    assert_eq!(ui.take(), []);
    ui.sees("nothing left to revoke");
}

#[test]
fn results_stream_in_while_the_filter_is_typed() {
    let mut ui = Ui::new();
    ui.keys("C/old");
    let job = ui.job();
    ui.checked(job, "6", 3, Verdict::Valid).checked(job, "1", 1, Verdict::Limited);
    snapshot!(ui);
    ui.keys("<esc>").check_done(job);
    ui.sees("▲ ci-release").sees("2 checks done").sees_not("checking");
}

#[test]
fn rows_do_not_jump_while_results_stream_in() {
    let mut ui = Ui::new();
    ui.keys("sssss").keys("C");
    let before = ui.labels();
    let job = ui.job();
    ui.checked(job, "1", 1, Verdict::Revoked);
    assert_eq!(ui.labels(), before);
    ui.check_done(job);
    assert_ne!(ui.labels(), before, "in order again when the run is over");
}

#[test]
fn escape_stops_a_run_and_what_came_in_counts() {
    let mut ui = Ui::new();
    ui.keys("C");
    let job = ui.job();
    ui.checked(job, "1", 1, Verdict::Valid).sees("esc stop checking").keys("<esc>");
    assert_eq!(ui.take().last(), Some(&Effect::Cancel(job)));
    ui.sees("stopping 1/6");
    ui.keys("<esc>");
    assert_eq!(ui.take(), [], "asked to stop once");
    ui.checked(job, "4", 2, Verdict::Valid).sees("● wiki-bot");
    ui.send(Msg::Check(CheckMsg::Done { job, result: Err(Error::new(ErrorKind::Cancelled, "stopped")) }));
    ui.sees("stopped: 2 of 6 checked").sees_not("stopping");
}

#[test]
fn those_held_back_are_offered_to_be_checked_anyway() {
    let mut ui = Ui::new();
    ui.keys("C");
    let job = ui.job();
    ui.checked(job, "3", 3, Verdict::Rejected).checked(job, "6", 3, Verdict::Unchecked).check_done(job);
    snapshot!(ui);
    ui.take();
    ui.keys("B");
    assert_eq!(ui.take(), [Effect::Check { job: JobId(3), ids: vec![id("6")], no_brake: true }]);
}

#[test]
fn a_failed_run_says_why_and_what_to_do() {
    let mut ui = Ui::new();
    ui.keys("C");
    let job = ui.job();
    let error =
        Error::new(ErrorKind::Store, "the keyring store is locked").hint("unlock it in your session, then check again");
    ui.send(Msg::Check(CheckMsg::Done { job, result: Err(error) }));
    snapshot!(ui);
}

#[test]
fn quitting_asks_while_work_is_under_way() {
    let mut ui = Ui::new();
    ui.keys("cq");
    assert!(!ui.take().contains(&Effect::System(SystemFx::Quit)));
    snapshot!(ui);
    ui.keys("n").sees_not("Quit all the same?").keys("qy");
    assert!(ui.take().contains(&Effect::System(SystemFx::Quit)));
}

#[test]
fn control_c_quits_from_anywhere_and_control_z_suspends() {
    for keys in ["", "/x", "a", ":", "e", "?", "H", "x"] {
        let mut ui = Ui::new();
        ui.keys(keys).take();
        ui.keys("<ctrl-z><ctrl-l><ctrl-c>");
        let quit = [SystemFx::Suspend, SystemFx::Redraw, SystemFx::Quit].map(Effect::System);
        assert_eq!(ui.take(), quit, "after `{keys}`");
    }
}

#[test]
fn escape_leads_back_to_the_rack_from_anywhere() {
    for keys in ["/x", "a", ":", "e", "?", "H", "He", "Ha", "Hd", "L", "x", "F", ",", "<enter>", "<enter>e", "cq", "H?"]
    {
        let mut ui = Ui::new();
        ui.keys(keys).keys("<esc><esc><esc>");
        ui.sees("┏ Rack ━").keys("gj");
        assert_eq!(ui.under_cursor(), "gone", "after `{keys}`");
    }
}

#[test]
fn clicks_move_and_open_and_the_wheel_scrolls() {
    let mut ui = Ui::new();
    ui.click(10, 5);
    assert_eq!(ui.under_cursor(), "jira-sync");
    ui.click(10, 5).sees("┏ jira-sync");
    ui.keys("<esc>").click(10, 20);
    assert_eq!(ui.under_cursor(), "jira-sync", "a click below the last row does nothing");
    let mut many = fixture();
    many.credentials = (0..100)
        .map(|n| credential(&n.to_string(), &format!("c{n:03}"), "github", keyrack::domain::Kind::Pat, &[1]))
        .collect();
    let mut ui = Ui::with((80, 24), many);
    ui.wheel(true).sees_not("c002").sees("c003");
    assert_eq!(ui.under_cursor(), "c003");
}

#[test]
fn the_other_pane_scrolls_the_detail() {
    let mut ui = Ui::wide();
    ui.resize(120, 14).sees("more ↓");
    ui.keys("<tab>G").sees("History").keys("<esc>j");
    assert_eq!(ui.under_cursor(), "gone");
}

#[test]
fn resize_keeps_the_cursor_in_sight_and_a_tiny_terminal_is_told_so() {
    let mut ui = Ui::new();
    ui.keys("G").resize(60, 12);
    assert_eq!(ui.under_cursor(), "wiki-bot");
    snapshot!(ui);
    ui.resize(40, 10).keys("jk/x<esc>");
    snapshot!(ui);
    for (width, height) in [(1, 1), (0, 0), (300, 2), (2, 300)] {
        ui.resize(width, height).keys("jG<page-up>").screen();
    }
    ui.resize(80, 24).sees("┏ Rack");
}

#[test]
fn every_screen_survives_every_size() {
    for keys in ["", "?", "a", "H", "Ha", "L", ":", ",", "e", "F", "x", "<enter>", "cq"] {
        let mut ui = Ui::new();
        ui.keys(keys);
        for (width, height) in [(60, 12), (61, 13), (99, 12), (100, 12), (200, 60)] {
            ui.resize(width, height).screen();
        }
    }
}

#[test]
fn time_turns_valid_into_expiring_and_ages_grow() {
    let mut ui = Ui::new();
    ui.sees("● ci-release").tick(48 * 24 * 3600).sees("◐ ci-release").sees("in 13 d");
    ui.tick(62 * 24 * 3600).sees("expired").sees_not("in 13 d");
}

#[test]
fn only_what_depends_on_time_asks_for_a_tick() {
    let mut ui = Ui::with((80, 24), RackData::default());
    assert_eq!(ui.model.wake_at(), None, "an empty rack sleeps for good");
    ui = Ui::new();
    let wait = ui.model.wake_at().unwrap().as_second() - crate::harness::now().as_second();
    assert_eq!(wait, 60, "ages are in minutes");
    ui.keys("c");
    let wait = ui.model.wake_at().unwrap().as_millisecond() - crate::harness::now().as_millisecond();
    assert_eq!(wait, 125, "the spinner turns");
}

#[test]
fn hostile_text_is_shown_and_does_nothing() {
    let mut data = fixture();
    data.credentials[0].label = "evil\u{1b}[2J\u{202e}label".to_owned();
    data.credentials[0].note = "a\u{9b}b\nc".to_owned();
    data.hosts[0].name = "h\u{200b}ost\u{7}".to_owned();
    data.standings[0].login = Some("\u{1b}]0;title\u{7}".to_owned());
    data.standings[0].reason = "x".repeat(100_000);
    let mut ui = Ui::with((120, 40), data);
    let (job, id) = ui.last_detail().unwrap();
    let mut evil = history();
    evil[0].1.identity.as_mut().unwrap().name = "\u{1b}[31mred\u{1b}]8;;http://x\u{7}".to_owned();
    evil[0].1.evidence[0].detail = "\u{202e}\u{200b}\r\n".to_owned();
    ui.send(Msg::Rack(keyrack::ui::msg::RackMsg::Detail { job, id, result: Ok(evil) }));
    for keys in ["", "<enter>", "<esc>e", "<esc>F", "<esc>x"] {
        ui.keys(keys);
        let bad = |c: char| c.is_control() || matches!(c, '\u{200b}' | '\u{202e}');
        let buffer = ui.buffer();
        let cell = buffer.content.iter().find(|cell| cell.symbol().chars().any(bad));
        assert!(cell.is_none(), "{cell:?} after `{keys}`:\n{}", ui.screen());
    }
    ui.keys("<esc>").sees("\\u{1b}");
}

#[test]
fn the_page_of_what_was_found_opens_with_a_key() {
    let mut ui = Ui::with((120, 40), fixture());
    let (job, id) = ui.last_detail().unwrap();
    let mut newest = Validation::new(Verdict::Limited, "a grant is missing", now());
    newest.findings = vec![Finding {
        code: "github.sso-required".to_owned(),
        title: "SSO authorisation is missing".to_owned(),
        cause: "The organisation wants it.".to_owned(),
        remedy: "Authorise the token.".to_owned(),
        link: "https://docs.example/sso".to_owned(),
        severity: Severity::Warning,
    }];
    ui.keys("o").sees("names no page to open");
    ui.send(Msg::Rack(RackMsg::Detail { job, id, result: Ok(vec![(HostId(1), newest)]) }));
    ui.sees("o opens https://docs.example/sso").take();
    let page = || Effect::System(SystemFx::OpenUrl("https://docs.example/sso".to_owned()));
    ui.keys("o").sees("opening https://docs.example/sso");
    assert_eq!(ui.take(), [page()]);
    ui.keys("<enter>o");
    assert!(ui.take().contains(&page()), "in the detail too");
}

#[test]
fn an_account_without_a_name_is_shown_by_its_id() {
    let mut ui = Ui::wide();
    ui.keys("c");
    let job = ui.job();
    let mut validation = Box::new(Validation::new(Verdict::Valid, "accepted", now()));
    validation.identity = Some(Identity {
        id: "project_4711".to_owned(),
        login: String::new(),
        name: String::new(),
        kind: "bot".to_owned(),
    });
    let credential = id("1");
    ui.send(Msg::Check(CheckMsg::Checked { job, credential, host: HostId(1), validation }));
    ui.sees("project_4711 (bot) at github.com");
    let screen = ui.screen();
    let row = screen.lines().find(|l| l.contains("ci-release") && l.contains("github.com")).unwrap();
    assert!(row.contains("project_4"), "{row}");
}

#[test]
fn what_it_may_do_stays_in_sight_while_the_host_is_not_reached() {
    let mut ui = Ui::with((120, 40), fixture());
    let (job, id) = ui.last_detail().unwrap();
    let newest = (HostId(1), Validation::new(Verdict::Unreachable, "the connection was refused", now()));
    let result = Ok(std::iter::once(newest).chain(history()).collect());
    ui.send(Msg::Rack(RackMsg::Detail { job, id, result })).sees("Grants, as known 2 m ago");
}

#[test]
fn a_check_that_reached_nobody_is_not_called_done_well() {
    let mut ui = Ui::new();
    ui.keys("c");
    let job = ui.job();
    ui.checked(job, "1", 1, Verdict::Unreachable).check_done(job).sees("! 1 check done, 1 without an answer");
}
