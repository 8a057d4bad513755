//! The rack: what it shows, moving, filtering, sorting, selecting, checking.

use keyrack::domain::{CredentialId, Verdict};
use keyrack::ui::effect::{Effect, SystemFx};
use keyrack::ui::msg::{JobId, RackData};

use crate::harness::Ui;
use crate::snapshot;

#[test]
fn rack_at_80x24() {
    snapshot!(Ui::new());
}

#[test]
fn rack_and_detail_at_120x40() {
    snapshot!(Ui::wide());
}

#[test]
fn empty_rack_says_which_key_adds() {
    snapshot!(Ui::with((80, 24), RackData::default()));
}

#[test]
fn help_for_the_rack() {
    snapshot!(Ui::new().keys("?"));
}

#[test]
fn help_returns_to_where_it_came_from() {
    let mut ui = Ui::new();
    let before = ui.screen();
    ui.keys("?<esc>");
    assert_eq!(ui.screen(), before);
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
fn check_one_then_selection() {
    let mut ui = Ui::new();
    ui.take();
    ui.keys("c");
    let id = |id: &str| CredentialId(id.to_owned());
    let effects = ui.take();
    assert_eq!(effects, [Effect::Check { job: JobId(2), ids: vec![id("1")], no_brake: false }]);
    ui.keys("jj<space><space>c");
    let effects = ui.take();
    assert_eq!(effects, [Effect::Check { job: JobId(3), ids: vec![id("2"), id("6")], no_brake: false }]);
}

#[test]
fn quitting_asks_while_work_is_under_way() {
    let mut ui = Ui::new();
    ui.keys("cq");
    assert!(!ui.take().contains(&Effect::System(SystemFx::Quit)));
    ui.sees("Quit all the same?");
    ui.keys("y");
    assert!(ui.take().contains(&Effect::System(SystemFx::Quit)));
}
