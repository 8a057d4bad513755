//! The real program: streams, exit codes and the process table.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use predicates::prelude::*;

use crate::support::{Home, STRANGER, program};

#[test]
fn the_version_is_one_line() {
    program(&Home::bare())
        .arg("--version")
        .assert()
        .success()
        .stdout(predicate::str::is_match(r"^keyrack \d+\.\d+\.\d+\n$").unwrap());
}

#[test]
fn without_a_verb_and_a_terminal_it_shows_help() {
    program(&Home::bare()).assert().success().stdout(predicate::str::contains("Usage: keyrack")).stderr("");
}

#[test]
fn a_demo_without_a_verb_wants_a_terminal() {
    program(&Home::bare()).arg("demo").assert().code(2).stderr(predicate::str::contains("keyrack demo check"));
}

#[test]
fn exit_codes_reach_the_shell() {
    let home = Home::new();
    program(&home).args(["frobnicate"]).assert().code(2).stdout("");
    program(&home).args(["list"]).assert().code(0);
    program(&home).args(["demo", "check"]).assert().code(1);
    program(&home).args(["demo", "check", "metrics-crawler"]).assert().code(4);
    std::fs::write(home.data().join("rack.db"), b"rubbish ".repeat(1000)).unwrap();
    program(&home).args(["list"]).assert().code(70);
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let home = Home::bare();
    for args in [
        &["demo", "--credentials", "3000", "list"][..],
        &["demo", "--credentials", "300", "check", "--json-lines"],
        &["completions", "zsh"],
        &["--help"],
    ] {
        let mut child = Command::new(assert_cmd::cargo::cargo_bin("keyrack"))
            .args(args)
            .env_clear()
            .envs(&home.env)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut one = [0];
        let mut out = child.stdout.take().unwrap();
        out.read_exact(&mut one).unwrap();
        drop(out);
        let done = child.wait_with_output().unwrap();
        let err = String::from_utf8_lossy(&done.stderr);
        assert!(
            done.status.code() == Some(0) && !err.contains("panic") && !err.contains("error"),
            "{args:?}: {} {err}",
            done.status
        );
    }
}

#[test]
fn no_colour_reaches_a_pipe() {
    let home = Home::bare();
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "xterm-256color"), ("CLICOLOR", "1")] {
        program(&home)
            .args(["demo", "list"])
            .env(name, value)
            .assert()
            .success()
            .stdout(predicate::str::contains("\u{1b}").not());
    }
}

/// The secret is piped in and the process held at it: neither its arguments nor its environment hold it.
#[cfg(target_os = "linux")]
#[test]
fn the_secret_is_not_in_the_process_table() {
    let home = Home::new();
    program(&home)
        .args(["host", "add", "lab", "https://gitlab.example.invalid", "--family", "gitlab"])
        .assert()
        .success();
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("keyrack"))
        .args(["add", "--label", "bot", "--host", "lab", "--no-check"])
        .env_clear()
        .envs(&home.env)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(STRANGER.as_bytes()).unwrap();
    stdin.flush().unwrap();
    for name in ["cmdline", "environ"] {
        // A process that is not dumpable hides its environment altogether.
        let bytes = std::fs::read(format!("/proc/{}/{name}", child.id())).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&bytes).contains(STRANGER), "{name}");
    }
    drop(stdin);
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn two_processes_at_once_keep_both() {
    let home = Home::new();
    program(&home)
        .args(["host", "add", "lab", "https://gitlab.example.invalid", "--family", "gitlab"])
        .assert()
        .success();
    std::thread::scope(|scope| {
        for n in 0..4 {
            let home = &home;
            scope.spawn(move || {
                let label = format!("bot-{n}");
                program(home)
                    .args(["add", "--label", &label, "--host", "lab", "--no-check"])
                    .write_stdin(format!("glpat-ExampleFakeManyBot{n:02}"))
                    .assert()
                    .success();
            });
        }
    });
    let listed = program(&home).args(["list", "--json"]).assert().success();
    let json: serde_json::Value = serde_json::from_slice(&listed.get_output().stdout).unwrap();
    assert_eq!(json["credentials"].as_array().unwrap().len(), 4);
    program(&home).arg("doctor").assert().success();
}
