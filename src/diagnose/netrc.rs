//! `.netrc`: what curl -n, git and Python's requests send to a host without being told.
//!
//! <https://everything.curl.dev/usingcurl/netrc.html>. git asks it before any helper; requests lets it override an
//! `Authorization` header.

use std::path::PathBuf;

use zeroize::Zeroizing;

use super::files;
use super::viewpoint::Viewpoint;
use crate::secret::SecretText;

/// The entry of a file that is for this host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Netrc {
    pub(crate) path: PathBuf,
    /// Name of the machine; none for the `default` entry.
    pub(crate) machine: Option<String>,
    pub(crate) login: Option<String>,
    pub(crate) password: Option<SecretText>,
    /// Others may read the file: its mode.
    pub(crate) open: Option<String>,
    /// git and curl read this very file without being told.
    pub(crate) by_default: bool,
}

/// The entries for this credential's hosts, of every file that is there.
pub(crate) fn read(view: &Viewpoint<'_>) -> Vec<Netrc> {
    let mut found = Vec::new();
    let named = view.around.var("NETRC").map(|v| (view.named(v.reveal()), false));
    let home = [".netrc", "_netrc"].into_iter().filter_map(|name| Some((view.at_home(name)?, true)));
    for (path, by_default) in named.into_iter().chain(home) {
        let Some(text) = files::text(&path) else { continue };
        let entries = parse(&text);
        let for_us = entries.iter().filter(|e| e.machine.as_deref().is_some_and(|m| view.is_ours(m)));
        let default = || entries.iter().find(|e| e.machine.is_none());
        let mut taken: Vec<Entry> = for_us.cloned().collect();
        if taken.is_empty() {
            taken.extend(default().cloned());
        }
        let open = files::open_mode(&path);
        found.extend(taken.into_iter().map(|Entry { machine, login, password }| Netrc {
            path: path.clone(),
            machine,
            login,
            password,
            open: open.clone(),
            by_default,
        }));
    }
    found
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Entry {
    machine: Option<String>,
    login: Option<String>,
    password: Option<SecretText>,
}

/// The entries in order. Macros and what is unknown are passed over.
fn parse(text: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut in_macro = false;
    let mut wants: Option<&str> = None;
    for line in text.lines() {
        if in_macro {
            in_macro = !line.trim().is_empty();
            continue;
        }
        for word in words(line) {
            let word = word.as_str();
            match wants.take() {
                Some("machine") => entries.push(Entry { machine: Some(word.to_owned()), ..Entry::default() }),
                Some(part) => {
                    if let Some(entry) = entries.last_mut() {
                        match part {
                            "login" => entry.login = Some(word.to_owned()),
                            "password" => entry.password = Some(word.into()),
                            _ => {}
                        }
                    }
                }
                None => match word {
                    "default" => entries.push(Entry::default()),
                    "macdef" => {
                        in_macro = true;
                        break;
                    }
                    "machine" => wants = Some("machine"),
                    "login" => wants = Some("login"),
                    "password" => wants = Some("password"),
                    "account" => wants = Some("account"),
                    _ => {}
                },
            }
        }
    }
    entries
}

/// Words of a line; quoted ones may hold white space and escapes, `#` begins a comment.
fn words(line: &str) -> Vec<Zeroizing<String>> {
    let mut words = Vec::new();
    let mut chars = line.chars().peekable();
    while let Some(first) = chars.next() {
        let mut word = Zeroizing::new(String::new());
        match first {
            c if c.is_whitespace() => continue,
            '#' => break,
            '"' => {
                while let Some(c) = chars.next() {
                    match c {
                        '"' => break,
                        '\\' => word.extend(chars.next().map(|c| match c {
                            'n' => '\n',
                            't' => '\t',
                            c => c,
                        })),
                        c => word.push(c),
                    }
                }
            }
            c => {
                word.push(c);
                while let Some(c) = chars.next_if(|c| !c.is_whitespace()) {
                    word.push(c);
                }
            }
        }
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_as_curl_reads_them() {
        let text = "# mine\nmachine one.example login ana password pa#ss\nmachine two.example\n  login \"a b\"\n  \
                    password \"x\\\"y\"\nmacdef init\nmachine fake login x password y\n\ndefault login anon password none";
        let entries = parse(text);
        let all: Vec<_> = entries
            .iter()
            .map(|e| (e.machine.as_deref(), e.login.as_deref(), e.password.as_ref().map(SecretText::reveal)))
            .collect();
        assert_eq!(
            all,
            [
                (Some("one.example"), Some("ana"), Some("pa#ss")),
                (Some("two.example"), Some("a b"), Some("x\"y")),
                (None, Some("anon"), Some("none")),
            ]
        );
    }
}
