//! Stopping and going on, under a shell with job control.
#![cfg(target_os = "linux")]

use rustix::process::{Pid, Signal, kill_process};

use super::support::{Term, command, poll, stat};
use super::{calm_demo, keyrack};

/// A shell that has started the demo, and the demo's process.
fn under_a_shell(home: &std::path::Path) -> (Term, Pid) {
    let mut shell = command("sh", home);
    shell.env("PS1", "ready> ");
    shell.arg("-i");
    let mut term = Term::start(shell, 120, 40);
    term.sees("ready>");
    term.types(&format!("'{}' demo --delay 0\r", env!("CARGO_BIN_EXE_keyrack")));
    term.sees("checks done");
    term.types("\u{1b}");
    term.misses("checks done");
    let children = format!("/proc/{0}/task/{0}/children", term.pid().as_raw_nonzero());
    let child = std::fs::read_to_string(children).unwrap();
    let pid = Pid::from_raw(child.split_whitespace().next().unwrap().parse().unwrap()).unwrap();
    (term, pid)
}

fn is_stopped(term: &Term, pid: Pid) {
    poll("a stopped process", || term.shown(), || (stat(pid, 3)? == "T").then_some(()));
}

#[test]
fn ctrl_z_gives_the_terminal_back_and_fg_takes_it_again() {
    let home = tempfile::tempdir().unwrap();
    let (mut term, pid) = under_a_shell(home.path());
    for round in ["once", "and again"] {
        term.types("\u{1a}");
        is_stopped(&term, pid);
        term.is_sane_again();
        term.types(&format!("echo the shell is here {round}\r"));
        term.sees(&format!("the shell is here {round}"));
        // What was on the screen before is gone, and the size changed without keyrack being told.
        let rows = if round == "once" { 30 } else { 40 };
        term.resize(100, rows);
        term.types("fg\r");
        term.until("the whole screen", |screen| {
            let lines: Vec<String> = screen.rows(0, 100).collect();
            screen.alternate_screen()
                && lines[0].contains("keyrack")
                && lines[2].contains("LABEL")
                && lines[usize::from(rows) - 1].contains("? help")
        });
        assert!(!term.cooked());
    }
    // And it still takes keys.
    term.types("/walk-in");
    term.sees("/walk-in");
    term.types("\u{3}");
    term.sees("ready>");
}

#[test]
fn a_stop_from_outside_is_as_good_as_the_key() {
    let home = tempfile::tempdir().unwrap();
    let (mut term, pid) = under_a_shell(home.path());
    kill_process(pid, Signal::TSTP).unwrap();
    is_stopped(&term, pid);
    term.is_sane_again();
    term.types("fg\r");
    term.sees("acme-backup");
    term.types("q");
    term.sees("ready>");
}

#[test]
fn a_stop_that_cannot_be_caught_is_mended_afterwards() {
    let home = tempfile::tempdir().unwrap();
    let (mut term, pid) = under_a_shell(home.path());
    kill_process(pid, Signal::STOP).unwrap();
    is_stopped(&term, pid);
    // The terminal is as the screens left it, raw; somebody mends it by hand, and writes over the screen.
    term.wipe();
    term.types("stty sane; fg\n");
    term.until("the whole screen", |screen| {
        let lines: Vec<String> = screen.rows(0, 120).collect();
        lines[0].contains("keyrack") && lines[2].contains("LABEL") && lines[39].contains("? help")
    });
    poll("raw mode", || term.shown(), || (!term.cooked()).then_some(()));
    term.types("q");
    term.sees("ready>");
    term.is_sane_again();
}

#[test]
fn without_a_shell_to_go_back_to_it_does_not_stop() {
    let home = tempfile::tempdir().unwrap();
    let mut term = calm_demo(home.path());
    term.types("\u{1a}");
    term.sees("cannot be suspended");
    assert_ne!(stat(term.pid(), 3).unwrap(), "T");
    term.types("q");
    assert_eq!(term.ends(), 0);
}

#[test]
fn redrawing_mends_a_screen_that_something_wrote_on() {
    let home = tempfile::tempdir().unwrap();
    let mut term = keyrack(home.path(), &["demo", "--delay", "0"]);
    term.sees("checks done");
    term.wipe();
    assert!(!term.shown().contains("LABEL"));
    term.types("\u{c}");
    term.sees("LABEL");
    term.types("q");
    assert_eq!(term.ends(), 0);
}
