//! The whole walk by keys: paste, keep, check, filter, revoke, quit.

use keyrack::domain::Clock;
use keyrack::simulator::Site as _;
use keyrack::simulator::github::GitHubSite;

use super::calm_demo;
use super::support::holds;

/// What every made-up value of the simulated hosts carries, public ones too.
const MARK: &str = "KeyrackFake";

#[test]
fn a_pasted_token_is_added_checked_found_and_revoked() {
    let home = tempfile::tempdir().unwrap();
    let token = GitHubSite::dot_com().spare(5, Clock::System.now()).secret;
    let mut term = calm_demo(home.path());

    // A paste on the rack opens the wizard.
    term.types("a");
    term.sees("Add a credential");
    term.pastes(&token);
    term.sees("checksum fits");
    term.types("walked");
    term.sees("walked");
    term.types("\t\t");
    term.sees("name or URL");
    // The one public host of the token's family stands there already.
    term.sees("github.com");
    term.types("\r");
    term.sees("valid at github.com");
    term.types("\r");
    term.sees("walked is on the rack");

    term.types("/walk\r");
    term.sees("/walk ─ 1 of");
    term.types("c");
    term.sees("1 check done");

    term.types("x");
    term.sees("To go on, type: walked");
    term.types("walk\r");
    term.sees("walk");
    assert!(!term.shown().contains("seen refused"), "half a label confirms nothing");
    term.types("ed\r");
    term.sees("seen refused there, and its secret destroyed here");
    term.types("\u{1b}");
    term.sees("retired");
    term.types("q");
    assert_eq!(term.ends(), 0);
    term.is_sane_again();

    let output = term.output();
    assert!(!holds(&output, &token), "the token was echoed");
    // Nor in pieces: no stretch of it longer than what a hint shows.
    for piece in token.as_bytes().windows(9).filter(|w| !w.starts_with(b"ghp_")) {
        let piece = std::str::from_utf8(piece).unwrap();
        if MARK.contains(piece) {
            continue;
        }
        assert!(!holds(&output, piece), "a piece of the token was echoed: {piece}");
    }
}

#[test]
fn a_token_that_does_not_work_is_diagnosed_and_the_report_written() {
    let home = tempfile::tempdir().unwrap();
    let mut term = calm_demo(home.path());
    term.types("/acme-backup\r");
    term.sees("/acme-backup ─ 1 of");
    term.types("d");
    term.sees("Diagnose acme-backup at");
    term.sees("verdict: ≁");
    term.types("E");
    term.sees("keyrack-acme-backup.md");
    term.types("\t \r");
    term.sees("the report is in");
    let report = std::fs::read_to_string(home.path().join("keyrack-acme-backup.md")).unwrap();
    assert!(report.contains("# keyrack") && report.contains("| Authentication |"), "{report}");
    assert!(!report.contains("acme-backup"), "names were to be hidden: {report}");
    // The same name again is asked about.
    term.types("E");
    term.sees("Report for a ticket");
    term.types("\r");
    term.sees("is there already");
    term.types("\u{1b}");
    term.misses("Report for a ticket");
    // The command goes to the clipboard by an escape sequence of its own.
    term.types("y");
    term.sees("on the clipboard");
    assert!(holds(&term.output(), "\u{1b}]52;c;"));
    term.types("\u{1b}");
    term.sees("/acme-backup ─ 1 of");
    term.types("q");
    assert_eq!(term.ends(), 0);
    term.is_sane_again();
}

#[test]
fn what_is_not_on_the_rack_is_diagnosed_and_neither_kept_nor_echoed() {
    let home = tempfile::tempdir().unwrap();
    let token = GitHubSite::dot_com().spare(7, Clock::System.now()).secret;
    let mut term = calm_demo(home.path());
    term.types("T");
    term.sees("Diagnose what is not on the rack");
    term.types("\tgithub.com\t\t");
    term.pastes(&token);
    term.sees(&format!("{} characters", token.chars().count()));
    term.types("\r");
    term.sees("Diagnose a token at github.com");
    term.sees("verdict: ●");
    // Back to the question, which still has the answers, and on to an exchange that somebody pasted.
    term.types("\u{1b}");
    term.sees("Diagnose what is not on the rack");
    term.types("\u{1b}");
    term.misses("Diagnose what is not on the rack");
    term.types("T");
    term.sees("Diagnose what is not on the rack");
    term.types(" ");
    term.pastes(&format!(
        "> GET /user HTTP/2\r> Host: api.github.com\r> Authorization: Bearer {token}\r\r< HTTP/2 401\r\
         < x-github-request-id: 0\r\r{{\"message\":\"Bad credentials\"}}\r"
    ));
    term.sees("6 lines pasted");
    term.types("\r");
    term.sees("Diagnose an exchange at");
    term.sees("Authentication decides");
    term.sees("there is a secret in that text");
    // Ctrl-C ends it anywhere.
    term.types("\u{3}");
    assert_eq!(term.ends(), 0);
    term.is_sane_again();
    assert!(!holds(&term.output(), &token), "the token was echoed");
    assert!(!holds(&term.output(), &token[8..24]), "a piece of the token was echoed");
}

#[test]
fn a_typed_secret_is_not_echoed_either() {
    let home = tempfile::tempdir().unwrap();
    let token = GitHubSite::dot_com().spare(6, Clock::System.now()).secret;
    let middle = &token[10..24];
    let mut term = calm_demo(home.path());
    term.types("a");
    term.sees("Add a credential");
    // One key at a time, each drawn before the next, as fingers would.
    for (n, key) in token.chars().enumerate() {
        let before = term.written();
        term.types(&key.to_string());
        super::support::poll(
            "a key that shows",
            || format!("{n}: {}", term.shown()),
            || (term.written() > before).then_some(()),
        );
    }
    assert!(!holds(&term.output(), middle), "the middle of the token was echoed");
    term.types("\r");
    term.sees("checksum fits");
    term.types("\u{3}");
    assert_eq!(term.ends(), 0);
    assert!(!holds(&term.output(), middle));
    // A secret typed key by key is in no single write: the last screen must not spell it either.
    assert!(!term.shown().contains(&token[4..20]));
}
