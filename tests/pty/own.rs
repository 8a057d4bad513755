//! The user's own rack: empty at first, and the passphrase of the file store asked for when a secret is written or read.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use keyrack::domain::Clock;
use keyrack::simulator::github::GitHubSite;
use keyrack::simulator::{Site, server};

use super::keyrack;
use super::support::{Term, holds};

const PASSPHRASE: &str = "example passphrase of nobody";

fn open(home: &Path) -> Term {
    keyrack(home, &["--store", "file"])
}

/// A verb of the command line on the same rack.
fn verb(home: &Path, args: &[&str]) {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_keyrack"));
    command.env_clear().env("HOME", home).args(args).assert().success();
}

/// Puts a token on the rack up to the question whether to keep it.
fn up_to_keeping(term: &mut Term, token: &str) {
    term.types("a");
    term.sees("Add a credential");
    term.pastes(token);
    term.sees("checksum fits");
    // There is but one host, so it is filled in.
    term.types("mine\r");
    term.sees("Keep it as mine?");
}

#[test]
fn the_passphrase_is_asked_for_when_a_secret_is_written_and_when_one_is_read() {
    let home = tempfile::tempdir().unwrap();
    let site: Arc<dyn Site> = Arc::new(GitHubSite::dot_com());
    let token = site.spare(9, Clock::System.now()).secret;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let running = runtime.block_on(server::start(Arc::clone(&site), Duration::ZERO, Clock::System)).unwrap();

    // First start: an empty rack, and no question.
    let mut term = open(home.path());
    term.sees("The rack is empty.");
    term.types("q");
    assert_eq!(term.ends(), 0);
    term.is_sane_again();
    assert!(!holds(&term.output(), "assphrase"), "nothing needed the store");

    let endpoint = |name: &str| {
        let endpoints = site.endpoints(&running.listen);
        let url = endpoints.into_iter().find(|(n, _)| n == name).unwrap().1;
        format!("{name}={url}")
    };
    let url = site.url(&running.listen);
    verb(
        home.path(),
        &[
            "host",
            "add",
            "here",
            &url,
            "--family",
            "github",
            "--endpoint",
            &endpoint("web"),
            "--endpoint",
            &endpoint("api"),
        ],
    );

    // A new passphrase is asked for, twice, once there is something to keep.
    let mut term = open(home.path());
    term.sees("The rack is empty.");
    up_to_keeping(&mut term, &token);
    assert!(!holds(&term.output(), "assphrase"), "nothing was written yet");
    term.types("\r");
    term.sees("Make the secret store");
    term.types(&format!("{PASSPHRASE}\tsomething else\r"));
    term.sees("the two differ");
    term.types(&format!("{PASSPHRASE}\r{PASSPHRASE}\r"));
    term.sees("mine is on the rack");
    // It stays open as long as the screens are.
    term.sees("1 credential ");
    term.types("c");
    term.sees("1 check done");
    term.types("q");
    assert_eq!(term.ends(), 0);
    term.is_sane_again();
    for secret in [&*token, PASSPHRASE, "something else"] {
        assert!(!holds(&term.output(), secret));
    }

    // The next start asks for that one, and again where it is wrong.
    let mut term = open(home.path());
    term.sees("mine");
    term.types("c");
    term.sees("Open the secret store");
    term.types("not this one\r");
    term.sees("wrong passphrase");
    term.types("nor this\r");
    term.misses("wrong passphrase");
    term.sees("wrong passphrase");
    term.types(&format!("{PASSPHRASE}\r"));
    term.sees("1 check done");
    term.types("q");
    assert_eq!(term.ends(), 0);
    term.is_sane_again();
    for secret in [PASSPHRASE, "not this one", "nor this"] {
        assert!(!holds(&term.output(), secret));
    }
}

#[test]
fn leaving_the_question_for_the_passphrase_keeps_nothing() {
    let home = tempfile::tempdir().unwrap();
    let site: Arc<dyn Site> = Arc::new(GitHubSite::dot_com());
    let token = site.spare(10, Clock::System.now()).secret;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let running = runtime.block_on(server::start(Arc::clone(&site), Duration::ZERO, Clock::System)).unwrap();
    let mut args = vec!["host".to_owned(), "add".into(), "here".into(), site.url(&running.listen)];
    args.extend(["--family".to_owned(), "github".into()]);
    for (name, url) in site.endpoints(&running.listen) {
        args.extend(["--endpoint".to_owned(), format!("{name}={url}")]);
    }
    verb(home.path(), &args.iter().map(String::as_str).collect::<Vec<_>>());

    let mut term = open(home.path());
    term.sees("The rack is empty.");
    up_to_keeping(&mut term, &token);
    term.types("\r");
    term.sees("Make the secret store");
    term.types("\u{1b}");
    term.sees("stays locked");
    // What was pasted and checked is still there to be kept.
    term.sees("Keep it as mine?");
    term.types("\u{3}");
    assert_eq!(term.ends(), 0);
    let mut term = open(home.path());
    term.sees("The rack is empty.");
    term.types("q");
    assert_eq!(term.ends(), 0);
}

#[cfg(unix)]
#[test]
fn the_doctor_shows_what_others_may_get_at_and_closes_it_when_told_to() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().unwrap();
    let mut term = open(home.path());
    term.sees("The rack is empty.");
    let data = home.path().join(".local/share/keyrack");
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o755)).unwrap();
    term.types("!");
    // No store is made for the doctor's sake.
    term.sees("1 worth knowing");
    term.sees("others on this machine may look into");
    term.types("m");
    term.sees("keyrack would mend 1 thing");
    term.types("n");
    term.misses("keyrack would mend");
    let mode = || std::fs::metadata(&data).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o755, "nothing is mended before it was said");
    term.types("my");
    term.sees("nothing is left to mend");
    assert_eq!(mode(), 0o700);
    term.types("q");
    term.misses("Doctor");
    term.types("q");
    assert_eq!(term.ends(), 0);
    term.is_sane_again();
    assert!(!holds(&term.output(), "Make the secret store"), "nothing needed the store");
}

#[test]
fn what_another_keyrack_writes_is_seen_when_the_terminal_is_looked_at_again() {
    let home = tempfile::tempdir().unwrap();
    let mut term = open(home.path());
    term.sees("The rack is empty.");
    let mut add = assert_cmd::Command::new(env!("CARGO_BIN_EXE_keyrack"));
    add.env_clear().env("HOME", home.path());
    let passphrase = home.path().join("passphrase");
    std::fs::write(&passphrase, PASSPHRASE).unwrap();
    add.args(["--store", "file", "add", "--label", "from-outside", "--host", "https://github.com", "--no-check"]);
    add.arg("--passphrase-file").arg(&passphrase);
    add.write_stdin("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").assert().success();
    term.types("\u{1b}[O\u{1b}[I");
    term.sees("from-outside");
    term.types("q");
    assert_eq!(term.ends(), 0);
}
