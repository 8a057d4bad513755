//! Finding the secrets in any text: lists, logs, `.env` files, URLs, AWS credential blocks, chat messages.

use std::collections::HashSet;

use super::{Leak, Leaks};
use crate::hosts::recognise::recognise;
use crate::ops::paste::{self, PasteError, certain_words, is_key_id};
use crate::secret::{Secret, SecretText};

/// Shorter ones without a known form are words, not secrets.
const SHORTEST: usize = 20;

pub(super) fn find(text: &str) -> Leaks {
    let mut finder = Finder::default();
    let text = paste::plain(text, &mut Vec::new());
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
        finder.line(line);
    }
    finder.finish()
}

#[derive(Default)]
struct Finder {
    found: Vec<Leak>,
    seen: HashSet<Vec<u8>>,
    /// An access key id whose secret is to follow.
    key_id: Option<String>,
    ids_alone: usize,
    passed_over: usize,
}

impl Finder {
    fn line(&mut self, line: &str) {
        let words: Vec<&str> = certain_words(line).collect();
        let whole = if line.len() > 16 * 1024 { Err(PasteError::TooLong) } else { paste::clean(line) };
        if !words.is_empty() {
            let beside = whole.ok().filter(|_| words.len() == 1);
            let (username, url) = beside.map_or((None, None), |p| (p.username, p.url));
            for word in words {
                self.push(Secret::token(SecretText::from(word)), username.clone(), url.clone());
            }
            return;
        }
        match whole {
            Ok(pasted) => {
                let id = pasted.username.filter(|u| is_key_id(u));
                match id.or_else(|| self.key_id.take_if(|_| is_aws_secret(pasted.secret.token.reveal()))) {
                    Some(id) => {
                        self.key_id = None;
                        self.push(pasted.secret, Some(id), None);
                    }
                    None if is_plausible(pasted.secret.token.reveal()) => self.push(pasted.secret, None, pasted.url),
                    None => self.passed_over += 1,
                }
            }
            Err(PasteError::IdOnly(id)) => {
                self.ids_alone += usize::from(self.key_id.replace(id).is_some());
            }
            Err(_) => self.words(line),
        }
    }

    /// Words in a sentence that look like nothing else: letters of both cases and digits.
    fn words(&mut self, line: &str) {
        let mixed = |w: &&str| w.bytes().any(|b| b.is_ascii_uppercase()) && w.bytes().any(|b| b.is_ascii_lowercase());
        let words = line.split(|c: char| c.is_whitespace() || "\"'`,;()<>{}[]=:".contains(c));
        let found: Vec<&str> = words.filter(|w| is_plausible(w) && !w.contains('/')).filter(mixed).collect();
        self.passed_over += usize::from(found.is_empty());
        for word in found {
            self.push(Secret::token(SecretText::from(word)), None, None);
        }
    }

    fn push(&mut self, secret: Secret, username: Option<String>, url: Option<String>) {
        let bytes = secret.to_bytes();
        if self.seen.contains(&*bytes) {
            return;
        }
        self.seen.insert(bytes.to_vec());
        let by_id = username.as_deref().filter(|u| is_key_id(u)).map(recognise).unwrap_or_default();
        let candidates = if by_id.is_empty() { recognise(secret.token.reveal()) } else { by_id };
        self.found.push(Leak { secret, username, url, candidates });
    }

    fn finish(mut self) -> Leaks {
        use zeroize::Zeroize as _;
        self.ids_alone += usize::from(self.key_id.is_some());
        let mut notes = Vec::new();
        if self.ids_alone > 0 {
            notes.push(format!(
                "{} AWS access key ids without a secret access key were passed over: alone they are public",
                self.ids_alone
            ));
        }
        if self.passed_over > 0 {
            notes.push(format!("lines without anything like a secret, passed over: {}", self.passed_over));
        }
        for mut bytes in self.seen.drain() {
            bytes.zeroize();
        }
        Leaks { found: self.found, notes }
    }
}

/// 40 characters of base64: the form of a secret access key, and of nothing that could be told apart from it.
fn is_aws_secret(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'+' | b'='))
}

/// It may be a secret although its form is nobody's.
fn is_plausible(text: &str) -> bool {
    text.len() >= SHORTEST
        && text.bytes().any(|b| b.is_ascii_digit())
        && text.bytes().any(|b| b.is_ascii_alphabetic())
        && !text.contains("://")
        && !text.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_in_any_text_each_once() {
        let text = "Hi, these leaked yesterday:\n\
            * glpat-ExampleFakeStrangr01 (ci) and glpat-ExampleFakeStrangr02.\n\
            GITLAB_TOKEN=glpat-ExampleFakeStrangr01\n\
            https://ana:glpat-ExampleFakeStrangr03@gitlab.acme.example/x.git\n\
            aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n\
            aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n\
            x9Fq2mV7kLpW4nTz8RbYc1Hd\n\
            AKIAIOSFODNN7EXAMPL3\n\
            thanks\n";
        let leaks = find(text);
        let families: Vec<_> =
            leaks.found.iter().map(|l| l.candidates.first().map_or("?", |c| c.family.as_str())).collect();
        assert_eq!(families, ["gitlab", "gitlab", "gitlab", "codecommit", "?"], "{leaks:?}");
        assert_eq!(leaks.found[2].url.as_deref(), Some("https://gitlab.acme.example/x.git"));
        assert_eq!(leaks.found[3].username.as_deref(), Some("AKIAIOSFODNN7EXAMPLE"));
        assert!(leaks.notes.iter().any(|n| n.contains("1 AWS access key ids")), "{:?}", leaks.notes);
    }

    #[test]
    fn words_are_no_secrets() {
        assert_eq!(find("please revoke everything at once\nhello\nhttps://example.com/a1b2c3d4e5f6a7b8c9d0").found, []);
    }
}
