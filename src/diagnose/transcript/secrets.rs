//! The secrets that stand in a transcript: known forms anywhere, and the values of headers, options and URLs that are
//! secret by their place.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::ops::paste::certain_words;
use crate::secret::{Masker, SecretText};

/// Headers whose value is a secret whatever its form, lower case.
const SECRET_HEADERS: &[&str] = &[
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "private-token",
    "job-token",
    "deploy-token",
    "x-api-key",
    "x-auth-token",
    "x-amz-security-token",
    "x-token-auth",
    "x-vault-token",
];

/// What was sent as a credential, and everything secret in the text.
pub(crate) struct Found {
    all: Vec<SecretText>,
    masker: Masker,
    /// What the `Authorization` header (or its like) held, without the scheme; the first one.
    pub(crate) sent: Option<SecretText>,
    /// The scheme it was sent with, lower case.
    pub(crate) scheme: Option<String>,
    /// The user name of a Basic header or of `-u`.
    pub(crate) username: Option<String>,
}

impl Found {
    /// Looks through the whole text.
    pub(crate) fn of(text: &str) -> Self {
        let mut found = Self { all: Vec::new(), masker: Masker::new([]), sent: None, scheme: None, username: None };
        for line in text.lines() {
            found.line(line);
        }
        for word in certain_words(text) {
            found.add(word);
            if found.sent.is_none() {
                found.sent = Some(SecretText::from(word));
            }
        }
        found.masker = Masker::new(&found.all);
        found
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }

    /// The text without them.
    pub(crate) fn mask(&self, text: &str) -> String {
        self.masker.mask(text)
    }

    fn line(&mut self, line: &str) {
        let bare = line.trim_start_matches(['>', '<', '*', '=', ' ', '\t']);
        let command = line.split_once("curl ").map(|(_, rest)| rest);
        if let (None, Some((name, value))) = (command, bare.split_once(':')) {
            let name = name.rsplit([' ', '"', '\'']).next().unwrap_or("").to_ascii_lowercase();
            if SECRET_HEADERS.contains(&name.as_str()) {
                self.header(&name, value.trim().trim_end_matches(['"', '\'', '\\', ' ']));
            }
        }
        if let Some(words) = command {
            let words = shlex::split(words).unwrap_or_default();
            for pair in words.windows(2) {
                match pair[0].as_str() {
                    "-u" | "--user" => self.pair(&pair[1]),
                    "-H" | "--header" => {
                        let (name, value) = pair[1].split_once(':').unwrap_or(("", ""));
                        let name = name.trim().to_ascii_lowercase();
                        if SECRET_HEADERS.contains(&name.as_str()) {
                            self.header(&name, value.trim());
                        }
                    }
                    "--oauth2-bearer" => self.add(&pair[1]),
                    _ => {}
                }
            }
        }
        for at in line.match_indices("://").map(|(at, _)| at + 3) {
            let authority = line[at..].split(['/', ' ', '\'', '"', '?']).next().unwrap_or("");
            if let Some((user, _)) = authority.rsplit_once('@') {
                self.pair(user);
            }
        }
    }

    fn header(&mut self, name: &str, value: &str) {
        if name.contains("cookie") {
            for part in value.split(';') {
                if let Some((_, secret)) = part.split_once('=') {
                    self.add(secret.trim());
                }
            }
            return;
        }
        let (scheme, rest) = value.split_once(' ').unwrap_or(("", value));
        let rest = rest.trim();
        // A header that was masked before it was pasted says at least how it was sent.
        if self.scheme.is_none() && name == "authorization" {
            self.scheme = Some(scheme.to_ascii_lowercase()).filter(|s| !s.is_empty());
        }
        if scheme.eq_ignore_ascii_case("basic")
            && let Some(pair) = STANDARD.decode(rest).ok().and_then(|b| String::from_utf8(b).ok()).map(Zeroizing::new)
        {
            self.pair(&pair);
        } else if !rest.is_empty() && self.sent.is_none() {
            self.sent = Some(SecretText::from(rest));
        }
        self.add(rest);
    }

    fn pair(&mut self, pair: &str) {
        let Some((user, password)) = pair.split_once(':') else { return };
        if self.username.is_none() && !user.is_empty() {
            self.username = Some(crate::sanitize::short(user, 256));
        }
        if self.sent.is_none() && !password.is_empty() {
            self.sent = Some(SecretText::from(password));
        }
        self.add(password);
    }

    fn add(&mut self, secret: &str) {
        let is_masked = secret.chars().all(|c| matches!(c, '*' | '.' | 'x' | 'X' | '…')) || secret.starts_with('<');
        if secret.len() >= 6 && !is_masked && !self.all.iter().any(|s| s.reveal() == secret) {
            self.all.push(SecretText::from(secret));
        }
    }
}
