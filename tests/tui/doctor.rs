//! keyrack's own health on a screen: what was looked at, what mends it, and mending, asked first.

use keyrack::domain::{Complaint, Health};
use keyrack::error::{Error, ErrorKind};
use keyrack::ui::effect::{DoctorFx, Effect, RackFx};
use keyrack::ui::msg::{DoctorMsg, JobId, Msg, Passphrase};

use crate::harness::{FAKE, Ui};
use crate::snapshot;

fn complaint(health: Health, about: &str, text: &str, fix: &str) -> Complaint {
    Complaint { health, about: about.to_owned(), text: text.to_owned(), fix: fix.to_owned() }
}

fn good(about: &str, text: &str) -> Complaint {
    complaint(Health::Good, about, text, "")
}

fn healthy() -> Vec<Complaint> {
    vec![
        good("rack", "/home/ana/.local/share/keyrack/rack.db: 6 credentials, 4 hosts"),
        good("store", "keyring store opens (the Secret Service answers)"),
        good("journal", "nothing was left unfinished"),
        good("orphans", "every secret in the store has its record"),
        good("records", "every record has its secret"),
        good("modes", "nobody else may get at keyrack's files"),
        good("terminal", "xterm-256color, 80x24"),
    ]
}

fn interrupted() -> Complaint {
    complaint(Health::Bad, "journal", "rotate of `ci-release` was interrupted", "keyrack doctor --fix settles it")
}

fn ill() -> Vec<Complaint> {
    let mut all = healthy();
    all[2] = interrupted();
    all.push(complaint(
        Health::Warning,
        "clipboard",
        "tmux passes copies on only where it is told to",
        "In ~/.tmux.conf: set -s set-clipboard on",
    ));
    all
}

/// One of the things to mend are secrets without a record.
fn costly() -> Vec<Complaint> {
    let mut all = ill();
    all[3] = complaint(
        Health::Bad,
        "orphans",
        "2 secrets without a record on the rack",
        "keyrack doctor --fix removes them",
    );
    all
}

fn answer(job: JobId, result: Result<Vec<Complaint>, Error>) -> Msg {
    Msg::Doctor(DoctorMsg::Examined { job, result })
}

/// The last thing that was asked of the doctor.
#[track_caller]
fn asked(ui: &mut Ui) -> DoctorFx {
    let found = ui.take().into_iter().rev().find_map(|e| if let Effect::Doctor(fx) = e { Some(fx) } else { None });
    found.expect("the doctor was not asked")
}

#[track_caller]
fn looking(ui: &mut Ui) -> JobId {
    match asked(ui) {
        DoctorFx::Examine { job, mend: false, .. } => job,
        other @ DoctorFx::Examine { .. } => panic!("{other:?}"),
    }
}

fn opened(mut ui: Ui, found: Vec<Complaint>) -> Ui {
    ui.keys("!").sees("looking");
    let job = looking(&mut ui);
    ui.send(answer(job, Ok(found)));
    ui
}

#[test]
fn everything_is_told_and_what_has_to_be_mended_is_under_the_cursor() {
    let mut ui = opened(Ui::new(), ill());
    ui.sees("1 to mend, 1 worth knowing").sees("▸ ✖ journal").sees("m does that from here");
    snapshot!("narrow", ui);
    ui.keys("G").sees("▸ ▲ clipboard").sees("→ In ~/.tmux.conf").sees_not("from here");
    snapshot!("wide", opened(Ui::wide(), ill()));
    opened(Ui::new(), healthy()).sees("all is well").sees("▸ ✓ rack");
}

#[test]
fn mending_is_asked_about_with_a_key_and_told_with_what_is_left() {
    let mut ui = opened(Ui::new(), ill());
    ui.keys("m").sees("keyrack would mend 1 thing:").sees("rotate of `ci-release` was interrupted").sees("y yes");
    snapshot!("asked", ui);
    ui.keys("n").sees("▸ ✖ journal").keys("m<esc>").sees("▸ ✖ journal");
    assert_eq!(ui.take(), []);
    ui.keys("my");
    let DoctorFx::Examine { job, size, mend, .. } = asked(&mut ui);
    assert_eq!((size, mend), ((80, 24), true));
    ui.sees("mending").keys("m<ctrl-r>").sees("it is still under way");
    assert_eq!(ui.take(), []);
    ui.send(answer(job, Ok(healthy()))).sees("nothing is left to mend").sees("all is well");
    assert!(ui.take().iter().any(|e| matches!(e, Effect::Rack(RackFx::Load { .. }))), "records may have changed");
    ui.keys("m").sees("nothing that keyrack can mend by itself");
}

#[test]
fn destroying_secrets_is_confirmed_in_words() {
    let mut ui = opened(Ui::new(), costly());
    ui.keys("m").sees("destroyed for good").sees("To go on, type: mend 2");
    snapshot!(ui);
    ui.keys("y<enter>").sees("not done: type exactly mend 2").keys("<ctrl-u>mend 3<enter>").sees("type exactly");
    assert_eq!(ui.take(), []);
    ui.keys("<ctrl-u>mend 2<enter>");
    let DoctorFx::Examine { job, mend, .. } = asked(&mut ui);
    assert!(mend);
    let mut left = ill();
    left.truncate(3);
    ui.send(answer(job, Ok(left))).sees("1 thing left to mend");
}

#[test]
fn a_store_that_stays_locked_is_a_complaint_like_any_other() {
    let mut ui = Ui::new();
    ui.store(Passphrase::Open).keys("!").sees("Open the secret store");
    assert!(!ui.effects.iter().any(|e| matches!(e, Effect::Doctor(_))), "the store is asked for first");
    ui.keys("<esc>").sees("┏ Doctor");
    let DoctorFx::Examine { job, open, mend, .. } = asked(&mut ui);
    assert!(!open && !mend, "the rest is looked at");
    let locked = complaint(Health::Bad, "store", "file store: the secret store is locked", "Unlock it.");
    ui.send(answer(job, Ok(vec![locked]))).sees("▸ ✖ store").sees("→ Unlock it.");
    // Run again, it is asked for again.
    ui.keys("<ctrl-r>").sees("Open the secret store");
    // None is made for the doctor's sake.
    let mut ui = Ui::new();
    ui.store(Passphrase::Create).keys("!").sees("looking");
    let DoctorFx::Examine { open, .. } = asked(&mut ui);
    assert!(!open);
}

#[test]
fn what_cannot_be_looked_at_is_told_and_can_be_tried_again() {
    let mut ui = Ui::new();
    ui.keys("!");
    let job = looking(&mut ui);
    let error = Error::internal("the rack is damaged").hint("Restore it from an export.");
    ui.send(answer(job, Err(error))).sees("could not be looked at: the rack is damaged").sees("Restore it");
    ui.keys("<ctrl-r>");
    let job = looking(&mut ui);
    ui.send(answer(job, Ok(healthy()))).sees("all is well");
}

#[test]
fn left_early_it_is_stopped_and_late_answers_reach_nobody() {
    let mut ui = Ui::new();
    ui.keys("!");
    let job = looking(&mut ui);
    ui.keys("<esc>").sees("┏ Rack");
    assert_eq!(ui.take(), [Effect::Cancel(job)]);
    let before = ui.screen();
    ui.send(answer(job, Ok(ill()))).send(answer(JobId(999), Ok(ill())));
    assert_eq!((ui.screen(), ui.take()), (before, vec![]));
    // An answer given twice counts once.
    let mut ui = opened(Ui::new(), ill());
    let before = ui.screen();
    ui.keys("!").send(answer(JobId(999), Ok(healthy())));
    assert_eq!(ui.screen(), before);
}

#[test]
fn mending_goes_on_behind_and_what_came_of_it_is_told() {
    let mut ui = opened(Ui::new(), ill());
    ui.keys("my");
    let DoctorFx::Examine { job, mend, .. } = asked(&mut ui);
    assert!(mend);
    ui.keys("<esc>").sees("┏ Rack").sees("mended to its end");
    assert_eq!(ui.take(), [], "what is being mended is not cut off");
    ui.keys("q").sees("keyrack is still mending. Quit all the same?").keys("n");
    ui.send(answer(job, Ok(healthy()))).sees("nothing is left to mend");
    let stopped = Error::new(ErrorKind::Cancelled, "stopped");
    let before = ui.screen();
    ui.send(answer(job, Err(stopped)));
    assert_eq!(ui.screen(), before);
}

#[test]
fn it_is_reached_by_name_and_from_other_screens_once() {
    let mut ui = Ui::new();
    ui.keys(":doctor<enter>").sees("┏ Doctor");
    let mut ui = Ui::new();
    ui.keys("H!").sees("┏ Doctor").keys("!<esc>").sees("Hosts");
}

#[test]
fn the_cursor_stays_where_the_user_put_it_and_the_mouse_puts_it_there() {
    let mut ui = opened(Ui::new(), ill());
    ui.keys("gj").sees("▸ ✓ store").click(10, 5).sees("▸ ✓ orphans");
    ui.keys("<ctrl-r>");
    let job = looking(&mut ui);
    ui.keys("g").send(answer(job, Ok(ill()))).sees("▸ ✓ rack");
}

#[test]
fn it_fits_every_size_and_shows_nothing_raw() {
    let mut found = costly();
    found.push(complaint(Health::Bad, "records", "the secret of `evil\u{1b}[2J日本語` is gone", &"x ".repeat(400)));
    for keys in ["G", "m"] {
        let mut ui = opened(Ui::new(), found.clone());
        ui.keys(keys);
        for (width, height) in [(60, 12), (80, 24), (100, 12), (300, 90), (20, 5)] {
            ui.resize(width, height);
            let screen = ui.screen();
            assert!(!screen.contains('\u{1b}') && !screen.contains(FAKE));
            assert!(width < 60 || keys == "G" || screen.contains("mend 2"), "{screen}");
        }
    }
}
