//! Cleans what people really paste: quotes, `Bearer`, environment lines, headers, URLs with a password, curl commands,
//! JSON and YAML, AWS credential blocks and CSV files, `.netrc` lines, line breaks in the middle. Says what it did; sends
//! nothing. What comes out never holds white space; what leaves a doubt is refused rather than guessed.

mod forms;
mod line;

use zeroize::Zeroizing;

use crate::hosts::recognise::recognise;
use crate::sanitize;
use crate::secret::{Secret, SecretText};

/// What was found in a paste.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pasted {
    /// The secret alone.
    pub secret: Secret,
    /// User name or access key id found beside it.
    pub username: Option<String>,
    /// URL found beside it, without user name and password.
    pub url: Option<String>,
    /// What was done to the paste, a sentence each.
    pub notes: Vec<String>,
}

/// Nothing in the paste can be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasteError {
    /// Only white space.
    #[error("nothing was pasted")]
    Empty,
    /// More than any token has.
    #[error("that is more than 64 KiB; a token is one short line")]
    TooLong,
    /// A command or header without a secret in it, or words.
    #[error("no token was found in that text; paste the token alone")]
    NoToken,
    /// Several words, none of which has a form that is known.
    #[error("that looks like ordinary text ({0} words), not like a token of a known form; paste the token alone")]
    Words(usize),
    /// The name of a variable where its value should be.
    #[error("that holds the name of a variable, not the token; paste the value of the variable")]
    Variable,
    /// An access key id, which is public, came without its secret access key.
    #[error(
        "that is an AWS access key id without its secret access key; paste both, the id on a line of its own first"
    )]
    IdOnly(String),
}

const LONGEST: usize = 64 * 1024;

/// A paste of reasonable length with something in it, what cannot be seen taken out and noted.
fn readable(text: &str) -> Result<(Zeroizing<String>, Vec<String>), PasteError> {
    if text.len() > LONGEST {
        return Err(PasteError::TooLong);
    }
    let mut notes = Vec::new();
    let text = plain(text, &mut notes);
    if text.trim().is_empty() { Err(PasteError::Empty) } else { Ok((text, notes)) }
}

/// Cleans a paste.
///
/// # Errors
/// [`PasteError`] where there is no secret in it.
pub fn clean(text: &str) -> Result<Pasted, PasteError> {
    let (text, notes) = readable(text)?;
    let text = text.trim();
    let mut found = Found { notes, ..Found::default() };
    if !forms::read(text, &mut found) {
        line::read(text, &mut found);
    }
    if found.token.is_none()
        && let Some(word) = certain_word(text)
    {
        found.set_token(word);
        found.note("took the token out of the text around it");
    }
    found.finish(text.split_whitespace().count())
}

/// The whole paste as the secret, with the blanks in it, for those who say what it is. One line of what can be seen.
///
/// # Errors
/// [`PasteError`] where it is empty, too long, or more than a line.
pub fn whole(text: &str) -> Result<Pasted, PasteError> {
    let (text, mut notes) = readable(text)?;
    let text = text.trim();
    if text.contains('\n') {
        return Err(PasteError::Words(text.split_whitespace().count()));
    }
    notes.push("kept with the blanks in it, since you said what it is".to_owned());
    let secret = Secret { token: SecretText::new(text.to_owned()), session: None };
    Ok(Pasted { secret, username: None, url: None, notes })
}

/// What has been found so far. The first token wins; a second one is told of, never silently dropped.
#[derive(Default)]
struct Found {
    token: Option<Zeroizing<String>>,
    session: Option<Zeroizing<String>>,
    key_id: Option<String>,
    username: Option<String>,
    url: Option<String>,
    notes: Vec<String>,
    /// The token is a line of the paste as it stood, and nothing but its place says that it is one.
    loose: bool,
    /// There are lines of words besides.
    prose: bool,
}

impl Found {
    fn note(&mut self, text: &str) {
        if !self.notes.iter().any(|n| n == text) {
            self.notes.push(text.to_owned());
        }
    }

    fn set_token(&mut self, text: &str) {
        match &self.token {
            _ if text.is_empty() => {}
            None => self.token = Some(Zeroizing::new(text.to_owned())),
            Some(first) if first.as_str() == text => {}
            Some(_) => self.note("there is more than one token in that text; the first was taken"),
        }
    }

    fn set_username(&mut self, text: &str) {
        // Placeholders that git hosts want beside a token; they are nobody's account.
        let placeholder =
            ["oauth2", "x-access-token", "x-oauth-basic", "x-token-auth", "git", "PRIVATE-TOKEN"].contains(&text);
        if self.username.is_none() && !placeholder && !text.is_empty() {
            self.username = Some(sanitize::short(text, 256));
        }
    }

    fn set_session(&mut self, text: &str) {
        if self.session.is_none() && !text.is_empty() {
            self.session = Some(Zeroizing::new(text.to_owned()));
        }
    }

    fn finish(mut self, words: usize) -> Result<Pasted, PasteError> {
        if let (None, Some(id)) = (&self.token, &self.key_id) {
            return Err(PasteError::IdOnly(id.clone()));
        }
        let token = self.token.take().ok_or(PasteError::NoToken)?;
        if self.loose && self.prose && self.key_id.is_none() && !is_certain(&token) {
            return Err(PasteError::Words(words));
        }
        let token = self.one_word(token)?;
        let session = self.session.take().map(|s| self.one_word(s)).transpose()?;
        if is_variable(&token) || session.as_ref().is_some_and(|s| is_variable(s)) {
            return Err(PasteError::Variable);
        }
        Ok(Pasted {
            secret: Secret {
                token: SecretText::new(token.to_string()),
                session: session.map(|s| SecretText::new(s.to_string())),
            },
            username: self.key_id.or(self.username),
            url: self.url,
            notes: self.notes,
        })
    }

    /// The text without white space: joined where that makes a token of a known form, else the one word in it that has
    /// one. Words are refused: joining them would invent a secret.
    fn one_word(&mut self, text: Zeroizing<String>) -> Result<Zeroizing<String>, PasteError> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Err(PasteError::NoToken);
        }
        if !trimmed.contains(char::is_whitespace) && (is_certain(trimmed) || certain_word(trimmed).is_none()) {
            return Ok(Zeroizing::new(trimmed.to_owned()));
        }
        let joined = Zeroizing::new(trimmed.split_whitespace().collect::<String>());
        if let Some(word) = certain_word(trimmed) {
            self.note("took the token out of the text around it");
            return Ok(Zeroizing::new(word.to_owned()));
        }
        if is_certain(&joined) {
            self.note("removed white space inside the token");
            return Ok(joined);
        }
        match is_variable(trimmed) {
            true => Err(PasteError::Variable),
            false => Err(PasteError::Words(trimmed.split_whitespace().count())),
        }
    }
}

/// The text without characters that cannot be seen, with every line end as `\n` and every other white space as a space.
pub(super) fn plain(text: &str, notes: &mut Vec<String>) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    let mut lost = 0_usize;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push('\n'),
            c if c.is_whitespace() => out.push(' '),
            c if is_invisible(c) => lost += 1,
            c => out.push(c),
        }
    }
    match lost {
        0 => {}
        1 => notes.push("removed an invisible character".to_owned()),
        n => notes.push(format!("removed {n} invisible characters")),
    }
    out
}

fn is_invisible(c: char) -> bool {
    let mut buffer = [0; 4];
    let text: &str = c.encode_utf8(&mut buffer);
    sanitize::line(text) != text
}

/// `$TOKEN`, `${TOKEN}`, `${{ secrets.TOKEN }}`, `%TOKEN%`, `<token>`.
fn is_variable(text: &str) -> bool {
    let name = |t: &str| {
        !t.is_empty() && t.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b' ' | b':'))
    };
    let inner = |open: &str, close: &str| text.strip_prefix(open).and_then(|t| t.strip_suffix(close)).is_some_and(name);
    text.strip_prefix('$').is_some_and(name)
        || inner("${", "}")
        || inner("${{", "}}")
        || inner("$(", ")")
        || inner("%", "%")
}

/// Its form leaves no doubt what it is.
fn is_certain(text: &str) -> bool {
    recognise(text).first().is_some_and(|c| c.certain)
}

/// The first word whose form leaves no doubt, whatever stands around it.
fn certain_word(text: &str) -> Option<&str> {
    certain_words(text).next()
}

/// Every word whose form leaves no doubt, whatever stands around it.
pub(crate) fn certain_words(text: &str) -> impl Iterator<Item = &str> {
    let around = |c: char| c.is_whitespace() || "\"'`,;()<>{}[]“”‘’".contains(c);
    text.split(around).filter_map(|word| {
        let word = word.trim_end_matches(['.', '!', '?']);
        let mut tails = std::iter::once(word).chain(word.match_indices(['=', ':']).map(|(at, _)| &word[at + 1..]));
        tails.find(|tail| !tail.is_empty() && !is_key_id(tail) && is_certain(tail))
    })
}

/// Whether a text that is not meant to be a secret (an argument, a label) holds a token all the same: one whose form leaves
/// no doubt. Access key ids and AWS's git user names are public and none.
#[must_use]
pub fn holds_token(text: &str) -> bool {
    // No form of a token is shorter or without a digit. Looking first keeps the patterns, which take a while to prepare,
    // away from arguments that are only words.
    let may_be = |part: &&str| part.len() >= 20 && part.bytes().any(|b| b.is_ascii_digit()) && !is_git_user(part);
    text.len() <= LONGEST
        && text
            .split(|c: char| c.is_whitespace() || "/@:=?&#\"'`,;()<>{}[]".contains(c))
            .filter(may_be)
            .any(|part| certain_word(part).is_some())
}

/// `NAME-at-123456789012`, with `+1` for a second one.
fn is_git_user(text: &str) -> bool {
    text.rsplit_once("-at-").is_some_and(|(_, account)| {
        let digits = account.split('+').next().unwrap_or("");
        digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

pub(super) fn is_key_id(text: &str) -> bool {
    text.len() == 20
        && (text.starts_with("AKIA") || text.starts_with("ASIA"))
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}
