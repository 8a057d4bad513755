//! The secrets that stand in a transcript: known forms anywhere, and the values of headers, options, fields and URLs that
//! are secret by their place.

use percent_encoding::percent_decode_str;

use super::command::Command;
use super::lines::{Way, marked};
use super::places::{self, Place};
use crate::diagnose::basic;
use crate::ops::paste::certain_words;
use crate::secret::{Masker, SecretText};

/// What was sent as a credential, and everything secret in the text.
pub(crate) struct Found {
    all: Vec<SecretText>,
    /// Other spellings of them.
    spellings: Vec<SecretText>,
    masker: Masker,
    /// What the `Authorization` header (or its like) held, without the scheme; the first one.
    pub(crate) sent: Option<SecretText>,
    /// The user name of a Basic header or of `-u`.
    pub(crate) username: Option<String>,
}

impl Found {
    /// Looks through the whole text, as [`super::text::plain`] gives it.
    pub(crate) fn of(text: &str) -> Self {
        let mut found =
            Self { all: Vec::new(), spellings: Vec::new(), masker: Masker::new([]), sent: None, username: None };
        for line in text.lines() {
            found.line(line);
        }
        for word in certain_words(text) {
            found.add(word);
            found.sent(word);
        }
        found.masker = Masker::new(found.all.iter().chain(&found.spellings));
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
        let command = Command::of(line);
        if let Some(command) = &command {
            self.command(command);
        }
        let (way, _) = marked(line);
        for place in places::of(line) {
            self.place(&place, way);
        }
        for at in line.match_indices("://").map(|(at, _)| at + 3) {
            let authority = line[at..].split(['/', ' ', '\'', '"', '?']).next().unwrap_or("");
            if let Some((user, _)) = authority.rsplit_once('@') {
                let of_proxy = line[..at].to_ascii_lowercase().contains("proxy");
                self.pair(user, command.is_none() && !of_proxy);
            }
        }
        if let Some((_, user)) = line.split_once("Server auth using Basic with user '") {
            self.named(user.split('\'').next().unwrap_or(""));
        }
    }

    fn command(&mut self, command: &Command) {
        if let Some(pair) = &command.user {
            self.pair(pair, true);
        }
        if let Some((pair, _)) = command.url.as_deref().and_then(|url| url.split_once("://")?.1.rsplit_once('@')) {
            self.pair(pair, true);
        }
        for header in &command.headers {
            places::of(header).iter().for_each(|place| self.place(place, Way::Sent));
        }
        if let Some(token) = &command.bearer {
            self.sent(token);
            self.add(token);
        }
        for other in &command.others {
            let authority = other.split_once("://").map_or(other.as_str(), |(_, rest)| rest);
            let pair = authority.rsplit_once('@').map_or(authority, |(pair, _)| pair);
            let is_data = other.contains(['=', '{']);
            match is_data {
                true => places::of(other).iter().for_each(|place| self.place(place, Way::Sent)),
                false => self.pair(pair, false),
            }
        }
    }

    fn place(&mut self, place: &Place<'_>, way: Way) {
        let value = place.value;
        match place.name {
            "set-cookie" => self.cookie(value.split(';').next().unwrap_or("")),
            "cookie" => value.split(';').for_each(|part| self.cookie(part)),
            _ if place.is_header => self.header(value, place.name != "proxy-authorization" && way != Way::Received),
            // Words that hosts say: `"token": "invalid"`.
            "token" | "secret" if !value.bytes().any(|b| b.is_ascii_digit()) && value.len() < 20 => {}
            _ => {
                if place.in_query {
                    self.sent(&percent_decode_str(value).decode_utf8_lossy());
                }
                self.add(value);
                self.spelled(value);
            }
        }
    }

    fn cookie(&mut self, part: &str) {
        if let Some((_, secret)) = part.split_once('=') {
            self.add(secret.trim());
        }
    }

    /// `ours`: it is sent to the host as its credential, not to a proxy, and not by the host.
    fn header(&mut self, value: &str, ours: bool) {
        let (scheme, rest) = value.split_once(' ').unwrap_or(("", value));
        let rest = rest.trim();
        if let Some((user, password)) = basic::pair(rest).filter(|_| scheme.eq_ignore_ascii_case("basic")) {
            if ours {
                self.named(&user);
                self.sent(password.reveal());
            }
            self.add(password.reveal());
            self.spellings.push(rest.into());
            return;
        }
        if ours {
            self.sent(rest);
        }
        self.add(rest);
        self.spelled(rest);
    }

    fn pair(&mut self, pair: &str, ours: bool) {
        let Some((user, password)) = pair.split_once(':') else { return };
        if ours {
            self.named(user);
            self.sent(password);
        }
        self.add(password);
        self.spelled(password);
    }

    fn named(&mut self, user: &str) {
        if self.username.is_none() && !user.is_empty() {
            self.username = Some(crate::sanitize::short(user, 256));
        }
    }

    fn sent(&mut self, secret: &str) {
        if self.sent.is_none() && is_secret(secret) {
            self.sent = Some(secret.into());
        }
    }

    fn add(&mut self, secret: &str) {
        if is_secret(secret) && !self.all.iter().any(|s| s.reveal() == secret) {
            self.all.push(secret.into());
        }
    }

    /// What the value says where it is written in JSON or in a URL: elsewhere it may stand plainly.
    fn spelled(&mut self, value: &str) {
        if value.contains('\\')
            && let Ok(plain) = serde_json::from_str::<String>(&format!("\"{value}\""))
        {
            self.spellings.push(SecretText::new(plain));
        }
        if value.contains('%') {
            self.spellings.push(SecretText::new(percent_decode_str(value).decode_utf8_lossy().into_owned()));
        }
    }
}

/// Long enough to be one, and not what somebody put in its place before the text was pasted.
fn is_secret(text: &str) -> bool {
    let is_masked = text.chars().all(|c| matches!(c, '*' | '.' | 'x' | 'X' | '…'))
        || text.starts_with(['<', '$', '{'])
        || text.eq_ignore_ascii_case("redacted")
        || text.starts_with('[') && text.ends_with(']');
    text.len() >= 6 && !is_masked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> (Vec<String>, Option<String>, Option<String>) {
        let found = Found::of(text);
        let all = found.all.iter().map(|s| s.reveal().to_owned()).collect();
        (all, found.sent.map(|s| s.reveal().to_owned()), found.username)
    }

    #[test]
    fn of_a_cookie_that_is_set_only_its_value_is_secret() {
        let (all, sent, _) = found("< Set-Cookie: id=S3ssion42; Path=/bitbucket; Domain=git.acme.dev; SameSite=Strict");
        assert_eq!((all, sent), (vec!["S3ssion42".to_owned()], None));
        assert_eq!(found("> Cookie: a=first-one; b=second-one").0, ["first-one", "second-one"]);
    }

    #[test]
    fn a_proxy_s_log_in_is_not_the_credential() {
        let text = "* Uses proxy env variable https_proxy == 'http://prox:hunter2hunter2@proxy.acme.dev:3128'\n\
                    > CONNECT git.acme.dev:443 HTTP/1.1\n> Proxy-Authorization: Basic cHJveDpodW50ZXIyaHVudGVyMg==\n\
                    > Authorization: Bearer the-token-itself";
        let (all, sent, user) = found(text);
        assert_eq!(all, ["hunter2hunter2", "the-token-itself"]);
        assert_eq!((sent.as_deref(), user), (Some("the-token-itself"), None));
        let (_, sent, user) = found(
            "curl -x http://prox:hunter2hunter2@proxy:3128 -U q:another-one -u ana:the-password https://x.example",
        );
        assert_eq!((sent.as_deref(), user.as_deref()), (Some("the-password"), Some("ana")));
    }

    #[test]
    fn a_secret_is_masked_in_every_spelling() {
        let text = "{\"client_secret\": \"ab\\/cd-ef+1\"}\n> GET /x?access_token=gh%2Fij-kl%2B2 HTTP/1.1\nab/cd-ef+1 gh/ij-kl+2";
        let masked = Found::of(text).mask(text);
        assert!(masked.ends_with("[secret] [secret]") && masked.matches("[secret]").count() == 4, "{masked}");
    }

    #[test]
    fn what_was_masked_before_and_what_hosts_say_is_no_secret() {
        for text in [
            "> Authorization: Bearer <redacted>",
            "Authorization: Bearer $TOKEN",
            "authorization: [redacted]",
            "{\"token\": \"invalid\"}",
            "password: xxxxxxxx",
        ] {
            assert_eq!(found(text).0, Vec::<String>::new(), "{text}");
        }
    }
}
