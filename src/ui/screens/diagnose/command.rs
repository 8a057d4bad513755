//! The command that a piece of advice names, ready to be pasted into a shell: what is known stands in it, what only the
//! user knows stays a word in capitals.

use crate::domain::Subject;
use crate::hosts::facts::advice::Addressee;
use crate::sanitize;

/// Words that end a command which stands in running text.
const AFTER: &[&str] = &["or", "and", "then", "tells", "says", "shows", "lists", "for", "if", "in", "once", "again"];

/// What would do more in a shell than name a word. Advice may quote a host, so a command with any of it is left alone.
const ACTS: &[char] = &['$', '`', ';', '|', '&', '<', '>', '\\', '*', '?', '!', '#'];

/// The first command: in backquotes, or `keyrack …` behind a colon, `with` or `run`.
pub(super) fn of(remedy: &str, subject: &Subject) -> Option<String> {
    let found = [quoted(remedy), plain(remedy)].into_iter().flatten().min_by_key(|(at, _)| *at);
    let (_, command) = found?;
    let safe = sanitize::line(&command) == command && !command.contains(ACTS);
    (safe && shlex::split(&command).is_some()).then(|| filled(&command, subject))
}

/// In backquotes, several words that begin with the name of a program.
fn quoted(remedy: &str) -> Option<(usize, String)> {
    let mut at = 0;
    for (n, part) in remedy.split('`').enumerate() {
        let mut words = part.split(' ');
        let program = words.next().is_some_and(|w| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase()));
        if n % 2 == 1 && program && words.next().is_some() {
            return Some((at, part.to_owned()));
        }
        at += part.len() + 1;
    }
    None
}

/// `keyrack …` in running text, as far as it goes.
fn plain(remedy: &str) -> Option<(usize, String)> {
    for (at, _) in remedy.match_indices("keyrack ") {
        let before = remedy[..at].trim_end();
        let led = before.is_empty() || before.ends_with(':') || ends_with_word(before, &["with", "run"]);
        if !led {
            continue;
        }
        let mut words: Vec<&str> = Vec::new();
        for word in remedy[at..].split_whitespace() {
            let bare = word.trim_end_matches(['.', ',', ';', ':', ')']);
            if word.starts_with('(') || AFTER.contains(&bare) {
                break;
            }
            words.push(bare);
            if bare.len() < word.len() {
                break;
            }
        }
        if words.len() > 1 {
            return Some((at, words.join(" ")));
        }
    }
    None
}

fn ends_with_word(text: &str, words: &[&str]) -> bool {
    text.rsplit(' ').next().is_some_and(|last| words.iter().any(|w| last.eq_ignore_ascii_case(w)))
}

/// With what is known in the places that are kept for it, quoted where a shell wants that.
fn filled(command: &str, subject: &Subject) -> String {
    let words: Vec<&str> = command.split(' ').collect();
    if words.first() != Some(&"keyrack") {
        return command.to_owned();
    }
    let to = Addressee::of(subject);
    let mut out: Vec<String> = Vec::with_capacity(words.len());
    for (at, word) in words.iter().enumerate() {
        let known = to.word(word, &words[..at]).and_then(|known| shlex::try_quote(known).ok());
        out.push(known.map_or_else(|| (*word).to_owned(), |known| known.into_owned()));
    }
    out.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{FamilyId, Kind};

    fn subject(label: &str) -> Subject {
        Subject {
            label: Some(label.to_owned()),
            host: "gitlab.acme.dev".to_owned(),
            url: "https://gitlab.acme.dev".to_owned(),
            family: FamilyId::new("gitlab"),
            kind: Kind::Pat,
            username: None,
        }
    }

    fn found(remedy: &str) -> Option<String> {
        of(remedy, &subject("old-deploy"))
    }

    #[test]
    fn the_first_command_is_found_and_filled_in() {
        for (remedy, wanted) in [
            (
                "Replace it: keyrack rotate LABEL. Where the date is wrong: keyrack edit LABEL --expires DATE.",
                "keyrack rotate old-deploy",
            ),
            (
                "Check the port (keyrack host show NAME), then ask. Then: keyrack host test NAME.",
                "keyrack host test gitlab.acme.dev",
            ),
            ("Try again with keyrack host test NAME. If it stays, ask.", "keyrack host test gitlab.acme.dev"),
            ("Run keyrack host edit NAME --url URL, or ask.", "keyrack host edit gitlab.acme.dev --url URL"),
            ("Make another: keyrack guide FAMILY tells how.", "keyrack guide gitlab"),
            ("`keyrack permissions ci` shows it; set `store`.", "keyrack permissions ci"),
            ("Set `store`, then `git config --unset credential.helper`.", "git config --unset credential.helper"),
            ("Say it: keyrack edit LABEL --username NAME.", "keyrack edit old-deploy --username NAME"),
        ] {
            assert_eq!(found(remedy).as_deref(), Some(wanted), "{remedy}");
        }
    }

    #[test]
    fn what_is_no_command_is_none() {
        for remedy in ["Ask the admin.", "keyrack", "Tell keyrack what it is.", "Set `store` in the settings.", ""] {
            assert_eq!(found(remedy), None, "{remedy}");
        }
    }

    #[test]
    fn nothing_that_acts_in_a_shell_is_handed_out() {
        for remedy in [
            "Run keyrack check x;reboot now",
            "`git push $(reboot)`",
            "`git push\nreboot`",
            "`git push 'x`",
            "`keyrack check \u{202e}x`",
        ] {
            assert_eq!(found(remedy), None, "{remedy}");
        }
        let odd = of("Replace it: keyrack rotate LABEL.", &subject("a b; reboot"));
        assert_eq!(odd.as_deref(), Some("keyrack rotate 'a b; reboot'"));
        let hidden = of("Replace it: keyrack rotate LABEL.", &subject("a\nb"));
        assert_eq!(hidden.as_deref(), Some("keyrack rotate LABEL"));
    }
}
