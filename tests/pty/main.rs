//! keyrack on a pseudo-terminal: starting, ending and stopping leave the terminal sane, secrets are never echoed, an
//! idle screen is silent, and the whole walk by keys.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail as the test may")]

mod ends;
mod own;
mod starts;
mod stops;
mod support;
mod walk;

use support::{Term, command};

/// keyrack with these arguments on a terminal of 120 columns and 40 rows.
pub fn keyrack(home: &std::path::Path, args: &[&str]) -> Term {
    let mut command = command(env!("CARGO_BIN_EXE_keyrack"), home);
    command.args(args);
    Term::start(command, 120, 40)
}

/// The demo, all checks done and no message left.
pub fn calm_demo(home: &std::path::Path) -> Term {
    let mut term = keyrack(home, &["demo", "--delay", "0"]);
    term.sees("checks done");
    term.types("\u{1b}");
    term.misses("checks done");
    term
}
