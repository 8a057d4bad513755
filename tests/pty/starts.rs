//! Starting: with and without a terminal, with and without colours, small, and with a keymap that cannot be understood.

use super::support::{Term, command, holds};
use super::{calm_demo, keyrack};

#[test]
fn without_a_terminal_there_is_help() {
    let home = tempfile::tempdir().unwrap();
    let run = assert_cmd::Command::new(env!("CARGO_BIN_EXE_keyrack")).env_clear().env("HOME", home.path()).assert();
    let out = run.success().get_output().clone();
    assert!(holds(&out.stdout, "Usage: keyrack"));
    assert!(!holds(&out.stdout, "\u{1b}"), "help in a pipe is plain");
    let run = assert_cmd::Command::new(env!("CARGO_BIN_EXE_keyrack")).env_clear().arg("demo").assert();
    assert!(holds(&run.code(2).get_output().stderr, "need a terminal"));
}

#[test]
fn a_keymap_that_cannot_be_understood_is_told_before_the_terminal_is_touched() {
    for args in [&[][..], &["demo"]] {
        let home = tempfile::tempdir().unwrap();
        let config = home.path().join(".config/keyrack");
        std::fs::create_dir_all(&config).unwrap();
        std::fs::write(config.join("keymap.toml"), "[rack]\nadd = [\"hyper-z\"]\nfly = [\"f\"]\n").unwrap();
        let mut term = keyrack(home.path(), args);
        assert_eq!(term.ends(), 2);
        for told in ["keymap.toml", "hyper-z", "fly"] {
            term.sees(told);
        }
        assert!(!holds(&term.output(), "\u{1b}[?"), "no mode of the terminal was changed");
        term.is_sane_again();
    }
}

#[test]
fn a_theme_that_does_not_exist_is_told_before_the_terminal_is_touched() {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join(".config/keyrack");
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(config.join("config.toml"), "theme = \"neon\"\n").unwrap();
    let mut term = keyrack(home.path(), &[]);
    assert_eq!(term.ends(), 2);
    term.sees("no theme `neon`");
    assert!(!holds(&term.output(), "\u{1b}[?"));
}

/// The parameters of every "select graphic rendition" in what was written.
fn renditions(output: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(output).into_owned();
    let mut found = Vec::new();
    for piece in text.split("\u{1b}[").skip(1) {
        let end = piece.find(|c: char| !(c.is_ascii_digit() || matches!(c, ';' | ':' | '?'))).unwrap_or(piece.len());
        if piece[end..].starts_with('m') {
            found.push(piece[..end].to_owned());
        }
    }
    found
}

/// Whether it sets a colour of text, ground or underline (giving one back is none).
fn colours(rendition: &str) -> bool {
    rendition
        .split(';')
        .filter_map(|n| n.split(':').next()?.parse::<u32>().ok())
        .any(|n| matches!(n, 30..=38 | 40..=48 | 58 | 90..=97 | 100..=107))
}

#[test]
fn no_colour_where_none_is_wanted_and_some_where_nothing_is_said() {
    let home = tempfile::tempdir().unwrap();
    let run = |variable: Option<(&str, &str)>, args: &[&str]| {
        let mut command = command(env!("CARGO_BIN_EXE_keyrack"), home.path());
        if let Some((name, value)) = variable {
            command.env(name, value);
        }
        command.args(args);
        command.args(["demo", "--delay", "0"]);
        let mut term = Term::start(command, 120, 40);
        term.sees("checks done");
        term.types("?");
        term.sees("On every screen");
        term.types("\u{1b}");
        term.sees("LABEL");
        term.types("\u{3}");
        term.ends();
        renditions(&term.output()).iter().filter(|r| colours(r)).count()
    };
    assert_eq!(run(Some(("NO_COLOR", "1")), &[]), 0);
    assert_eq!(run(Some(("TERM", "dumb")), &[]), 0);
    assert_eq!(run(None, &["--color", "never"]), 0);
    assert!(run(None, &[]) > 0);
    assert!(run(Some(("NO_COLOR", "1")), &["--color", "always"]) > 0, "a flag is nearer than the environment");
}

#[test]
fn a_terminal_that_is_too_small_says_so_and_comes_back() {
    let home = tempfile::tempdir().unwrap();
    let term = calm_demo(home.path());
    term.resize(40, 8);
    term.sees("too small");
    term.resize(1, 1);
    term.resize(100, 30);
    term.sees("acme-backup");
    term.misses("too small");
}

#[test]
fn a_new_size_is_drawn_whole() {
    let home = tempfile::tempdir().unwrap();
    let term = calm_demo(home.path());
    for (columns, rows) in [(80, 24), (140, 50), (60, 12), (120, 40)] {
        term.wipe();
        term.resize(columns, rows);
        // The frame of the list reaches the last row but one, the hints are on the last.
        term.until("the whole screen", |screen| {
            let lines: Vec<String> = screen.rows(0, columns).collect();
            lines[0].contains("keyrack")
                && lines[usize::from(rows) - 2].contains('━')
                && lines[usize::from(rows) - 1].contains("? help")
        });
    }
}

#[test]
fn an_idle_screen_writes_nothing_and_takes_no_time() {
    let home = tempfile::tempdir().unwrap();
    let mut term = calm_demo(home.path());
    // Losing focus, an unbound key: nothing of it changes the screen.
    term.types("\u{1b}[O");
    term.types("\u{1b}[24~");
    let window = std::time::Duration::from_secs(2);
    // Once a minute the age of a check is drawn anew: of three windows, one at least has no such moment in it.
    let mut seen = (usize::MAX, u64::MAX);
    for _ in 0..3 {
        let (before, spent) = (quiet(&term), cpu(&term));
        std::thread::sleep(window);
        seen = (term.written() - before, cpu(&term) - spent);
        if seen.0 == 0 && seen.1 <= 1 {
            break;
        }
    }
    assert!(seen.0 == 0 && seen.1 <= 1, "bytes written and hundredths of a second spent in {window:?}: {seen:?}");
    term.types("q");
    assert_eq!(term.ends(), 0);
}

/// Waits until nothing was written for a while; gives how much was by then.
fn quiet(term: &Term) -> usize {
    let mut last = term.written();
    super::support::poll("silence", String::new, || {
        std::thread::sleep(std::time::Duration::from_millis(200));
        let now = term.written();
        let silent = now == last;
        last = now;
        silent.then_some(now)
    })
}

#[cfg(target_os = "linux")]
fn cpu(term: &Term) -> u64 {
    use super::support::stat;
    [14, 15].map(|field| stat(term.pid(), field).unwrap().parse::<u64>().unwrap()).iter().sum()
}

#[cfg(not(target_os = "linux"))]
fn cpu(_: &Term) -> u64 {
    0
}
