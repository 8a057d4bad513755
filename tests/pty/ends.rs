//! Whatever ends keyrack, the terminal is given back.

use rustix::process::Signal;

use super::support::{Term, command, poll};
use super::{calm_demo, keyrack};

#[test]
fn quitting_ends_well_and_gives_the_terminal_back() {
    let home = tempfile::tempdir().unwrap();
    let mut term = calm_demo(home.path());
    assert!(!term.cooked(), "the screens run in raw mode");
    term.types("q");
    assert_eq!(term.ends(), 0);
    term.is_sane_again();
}

#[test]
fn ctrl_c_ends_it_while_text_is_typed_too() {
    let home = tempfile::tempdir().unwrap();
    let mut term = calm_demo(home.path());
    term.types("/abc");
    term.sees("/abc");
    term.types("\u{3}");
    assert_eq!(term.ends(), 0);
    term.is_sane_again();
}

#[test]
fn signals_that_end_it_give_the_terminal_back_and_are_told_by_the_exit_code() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT] {
        let home = tempfile::tempdir().unwrap();
        // Checks are under way: they are cut short, and their requests are not waited for.
        let mut term = keyrack(home.path(), &["demo", "--delay", "20000"]);
        term.sees("checking");
        term.signal(signal);
        assert_eq!(term.ends(), 128 + u32::try_from(signal.as_raw()).unwrap(), "{signal:?}");
        term.is_sane_again();
    }
}

#[test]
fn the_demo_leaves_nothing_behind() {
    let home = tempfile::tempdir().unwrap();
    let temporary = home.path().join("tmp");
    std::fs::create_dir(&temporary).unwrap();
    for end in ["q", "\u{3}", "TERM"] {
        let mut command = command(env!("CARGO_BIN_EXE_keyrack"), home.path());
        command.env("TMPDIR", &temporary);
        command.arg("demo");
        let mut term = Term::start(command, 120, 40);
        term.sees("checks done");
        assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 1);
        if end == "TERM" {
            term.signal(Signal::TERM)
        } else {
            term.types(end)
        }
        term.ends();
        assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0, "{end}");
    }
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1, "and nothing at home");
}

#[test]
fn a_terminal_that_goes_away_ends_it() {
    let home = tempfile::tempdir().unwrap();
    let mut child = calm_demo(home.path()).hang_up();
    let status = poll("the end", String::new, || child.try_wait().unwrap());
    assert_eq!((status.signal(), status.exit_code()), (None, 129));
}

/// The shell gets SIGHUP, ignores it and passes nothing on: keyrack has to see by itself that nobody is there.
#[test]
fn a_terminal_that_goes_away_ends_it_without_a_signal_too() {
    let home = tempfile::tempdir().unwrap();
    let note = home.path().join("code");
    let mut command = command("sh", home.path());
    command.args(["-c", "trap '' HUP; \"$0\" demo; echo $? >\"$1\"", env!("CARGO_BIN_EXE_keyrack")]);
    command.arg(&note);
    let term = Term::start(command, 120, 40);
    term.sees("checks done");
    let mut child = term.hang_up();
    poll("the end", String::new, || child.try_wait().unwrap());
    assert_eq!(std::fs::read_to_string(&note).unwrap(), "129\n");
}
