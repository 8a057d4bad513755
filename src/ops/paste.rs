//! Cleans what people really paste: quotes, `Bearer`, environment lines, headers, URLs with a password, curl commands,
//! AWS credential blocks, `.netrc` lines, line breaks in the middle. Says what it did; sends nothing.

use zeroize::Zeroizing;

use crate::hosts::recognise::recognise;
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasteError {
    /// Only white space.
    #[error("nothing was pasted")]
    Empty,
    /// More than any token has.
    #[error("that is more than 64 KiB; a token is one short line")]
    TooLong,
    /// A command or header without a secret in it.
    #[error("no token was found in that text; paste the token alone")]
    NoToken,
    /// An access key id came without its secret access key.
    #[error(
        "that is an AWS access key id without its secret access key; paste both, the id on a line of its own first"
    )]
    IdOnly,
}

const LONGEST: usize = 64 * 1024;

/// Cleans a paste.
///
/// # Errors
/// [`PasteError`] where there is no secret in it.
pub fn clean(text: &str) -> Result<Pasted, PasteError> {
    if text.len() > LONGEST {
        return Err(PasteError::TooLong);
    }
    let mut notes = Vec::new();
    let text = strip_invisible(text, &mut notes);
    let text = text.trim_matches([' ', '\t', '\n', '\r']);
    if text.is_empty() {
        return Err(PasteError::Empty);
    }
    let mut found = Found::default();
    if let Some(words) = curl_words(text) {
        notes.push("took the token out of a curl command".to_owned());
        from_curl(&words, &mut found);
    } else if let Some(words) = netrc_words(text) {
        notes.push("took the token out of a .netrc line".to_owned());
        from_netrc(&words, &mut found);
    } else {
        from_lines(text, &mut found, &mut notes);
    }
    if found.token.is_none() && found.username.is_some() {
        return Err(PasteError::IdOnly);
    }
    let token = found.token.filter(|t| !t.is_empty()).ok_or(PasteError::NoToken)?;
    notes.append(&mut found.notes);
    Ok(Pasted {
        secret: Secret {
            token: SecretText::new(token.to_string()),
            session: found.session.map(|s| SecretText::new(s.to_string())),
        },
        username: found.username,
        url: found.url,
        notes,
    })
}

#[derive(Default)]
struct Found {
    token: Option<Zeroizing<String>>,
    session: Option<Zeroizing<String>>,
    username: Option<String>,
    url: Option<String>,
    notes: Vec<String>,
}

impl Found {
    fn note(&mut self, text: &str) {
        if !self.notes.iter().any(|n| n == text) {
            self.notes.push(text.to_owned());
        }
    }

    fn set_token(&mut self, text: &str) {
        self.token = Some(Zeroizing::new(text.to_owned()));
    }
}

fn strip_invisible(text: &str, notes: &mut Vec<String>) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    out.extend(
        text.chars()
            .filter(|c| matches!(c, '\n' | '\t') || !is_invisible(*c))
            .map(|c| if c == '\u{a0}' { ' ' } else { c }),
    );
    let lost = text.chars().filter(|c| is_invisible(*c) && !matches!(c, '\n' | '\t' | '\r')).count();
    if lost > 0 {
        notes.push(format!("removed {lost} invisible characters"));
    }
    out
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}')
}

fn curl_words(text: &str) -> Option<Vec<Zeroizing<String>>> {
    let start = text.strip_prefix("$ ").unwrap_or(text);
    if !start.starts_with("curl ") {
        return None;
    }
    // A line continuation in a pasted command is white space to us.
    let joined = Zeroizing::new(start.replace("\\\n", " "));
    Some(shlex::split(&joined)?.into_iter().map(Zeroizing::new).collect())
}

fn from_curl(words: &[Zeroizing<String>], found: &mut Found) {
    let mut rest = words.iter().skip(1).map(|w| w.as_str());
    while let Some(word) = rest.next() {
        let (flag, attached) = match word.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => (flag, Some(value)),
            _ if word.len() > 2 && (word.starts_with("-H") || word.starts_with("-u")) => (&word[..2], Some(&word[2..])),
            _ => (word, None),
        };
        match flag {
            "-H" | "--header" => {
                if let Some(value) = attached.or_else(|| rest.next()) {
                    from_header(value, found);
                }
            }
            "-u" | "--user" => {
                if let Some(value) = attached.or_else(|| rest.next()) {
                    from_pair(value, found);
                }
            }
            "--oauth2-bearer" => {
                if let Some(value) = attached.or_else(|| rest.next()) {
                    found.set_token(value);
                }
            }
            "--url" => {
                if let Some(value) = attached.or_else(|| rest.next()) {
                    from_url(value, found);
                }
            }
            _ if word.starts_with("http://") || word.starts_with("https://") => {
                from_url(word, found);
            }
            _ => {}
        }
    }
}

fn netrc_words(text: &str) -> Option<Vec<Zeroizing<String>>> {
    let words: Vec<_> = text.split_whitespace().map(|w| Zeroizing::new(w.to_owned())).collect();
    (words.first()?.as_str() == "machine" && words.iter().any(|w| w.as_str() == "password")).then_some(words)
}

fn from_netrc(words: &[Zeroizing<String>], found: &mut Found) {
    for pair in words.windows(2) {
        match pair[0].as_str() {
            "machine" => found.url = Some(format!("https://{}", pair[1].as_str())),
            "login" => found.username = Some(pair[1].to_string()),
            "password" => found.set_token(&pair[1]),
            _ => {}
        }
    }
}

fn from_lines(text: &str, found: &mut Found, notes: &mut Vec<String>) {
    let lines: Vec<&str> =
        text.split('\n').map(|l| l.trim_matches([' ', '\t', '\r'])).filter(|l| !l.is_empty()).collect();
    let named = lines.iter().any(|l| assignment(l).is_some());
    if lines.len() > 1 && !named {
        let joined = Zeroizing::new(lines.concat());
        if is_certain(&joined) && !lines.iter().any(|l| is_certain(l)) {
            found.set_token(&joined);
            notes.push("joined a token that was broken over several lines".to_owned());
            return;
        }
    }
    for line in lines {
        if line.starts_with('[') && line.ends_with(']')
            || line.starts_with('#')
            || line.eq_ignore_ascii_case("Access key ID,Secret access key")
        {
            continue;
        }
        from_line(line, found);
    }
}

fn from_line(line: &str, found: &mut Found) {
    if let Some((name, value)) = assignment(line) {
        let value = unquote(value, found);
        let name = name.to_ascii_lowercase();
        if name.ends_with("access_key_id") || name == "accesskeyid" {
            found.username = Some(value.to_owned());
        } else if name.ends_with("session_token") || name == "sessiontoken" {
            found.session = Some(Zeroizing::new(value.to_owned()));
        } else if matches!(name.as_str(), "region" | "aws_region" | "aws_default_region" | "output") {
            return;
        } else {
            found.set_token(value);
        }
        found.note("took the value out of an environment or configuration line");
        return;
    }
    let line = unquote(line, found);
    if from_header(line, found) || from_url(line, found) {
        return;
    }
    if let Some((id, secret)) = line.split_once([',', ':']).filter(|(id, _)| is_key_id(id)) {
        found.username = Some(id.to_owned());
        found.set_token(secret.trim());
        found.note("split an access key id from its secret access key");
        return;
    }
    if is_key_id(line) {
        found.username = Some(line.to_owned());
        return;
    }
    let compact: Zeroizing<String> = Zeroizing::new(line.split_whitespace().collect());
    let token: &str = if compact.len() != line.len() && is_certain(&compact) {
        found.note("removed white space inside the token");
        &compact
    } else {
        line
    };
    if found.token.is_none() {
        found.set_token(token);
    } else if found.session.is_none() {
        found.session = Some(Zeroizing::new(token.to_owned()));
    }
}

/// `Authorization: Bearer X`, `PRIVATE-TOKEN: X`, `Bearer X`, `token X`, `Basic X`. True where it was one.
fn from_header(text: &str, found: &mut Found) -> bool {
    const TOKEN_HEADERS: [&str; 6] =
        ["private-token", "x-api-key", "job-token", "deploy-token", "x-auth-token", "x-gitlab-token"];
    let value = match text.split_once(':') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("authorization") => value.trim(),
        Some((name, value)) if TOKEN_HEADERS.iter().any(|h| name.trim().eq_ignore_ascii_case(h)) => {
            found.set_token(value.trim());
            found.note("took the token out of a header");
            return true;
        }
        _ => text,
    };
    let Some((scheme, rest)) = value.split_once(' ') else { return false };
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token") {
        found.set_token(rest);
        found.note("removed the word before the token (`Bearer` or `token`)");
        return true;
    }
    if scheme.eq_ignore_ascii_case("basic") {
        use base64::Engine as _;
        if let Ok(bytes) = base64::engine::general_purpose::STANDARD.decode(rest)
            && let Ok(pair) = String::from_utf8(bytes).map(Zeroizing::new)
        {
            from_pair(&pair, found);
            found.note("decoded a Basic authorization header into user name and token");
            return true;
        }
    }
    false
}

fn from_pair(pair: &str, found: &mut Found) {
    match pair.split_once(':') {
        Some((user, secret)) if !secret.is_empty() => {
            found.username = (!user.is_empty()).then(|| user.to_owned());
            found.set_token(secret);
        }
        Some((user, _)) => found.set_token(user),
        None => found.set_token(pair),
    }
}

/// A URL, with or without `user:token@`. True where it was one.
fn from_url(text: &str, found: &mut Found) -> bool {
    if !(text.starts_with("https://") || text.starts_with("http://")) || text.contains(char::is_whitespace) {
        return false;
    }
    let Ok(mut url) = url::Url::parse(text) else { return false };
    let decode = |part: &str| percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned();
    if let Some(password) = url.password() {
        found.token = Some(Zeroizing::new(decode(password)));
        found.username = Some(decode(url.username())).filter(|u| !u.is_empty());
        found.note("split a URL into host, user name and token");
    } else if !url.username().is_empty() {
        let user = decode(url.username());
        if is_certain(&user) {
            found.token = Some(Zeroizing::new(user));
            found.note("split a URL into host and token");
        } else {
            found.username = Some(user);
        }
    }
    let cleared = url.set_username("").is_ok() && url.set_password(None).is_ok();
    if cleared {
        url.set_query(None);
        url.set_fragment(None);
        found.url = Some(url.to_string());
    }
    true
}

/// `NAME=value`, `export NAME=value`, `set NAME=value`, `name = value`, `NAME: value`, `"name": "value",`.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let line = line
        .strip_prefix("export ")
        .or_else(|| line.strip_prefix("set "))
        .or_else(|| line.strip_prefix("$env:"))
        .unwrap_or(line);
    let line = line.trim_end_matches([',', ';']);
    let (name, value) = match (line.find('='), line.find(": ")) {
        (Some(equals), Some(colon)) if colon < equals => line.split_once(": ")?,
        (Some(_), _) => line.split_once('=')?,
        (None, Some(_)) => line.split_once(": ")?,
        (None, None) => return None,
    };
    let (name, value) = (name.trim().trim_matches(['"', '\'']), value.trim());
    let is_name = name.len() > 1
        && name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    // A token may hold `=` itself; the name of a variable says what it is, or is all capitals.
    let lower = name.to_ascii_lowercase();
    let speaks =
        ["token", "key", "secret", "password", "pat", "region", "output", "auth"].iter().any(|w| lower.contains(w));
    let shouts = name.contains('_') && !name.bytes().any(|b| b.is_ascii_lowercase());
    (is_name && !value.is_empty() && !is_certain(line) && (speaks || shouts)).then_some((name, value))
}

fn unquote<'a>(text: &'a str, found: &mut Found) -> &'a str {
    let trimmed = text.trim_end_matches([',', ';']).trim();
    for (open, close) in [('"', '"'), ('\'', '\''), ('`', '`'), ('“', '”'), ('‘', '’'), ('<', '>')] {
        if let Some(inner) = trimmed.strip_prefix(open).and_then(|t| t.strip_suffix(close)) {
            found.note("removed quotes");
            return inner.trim();
        }
    }
    if trimmed.len() != text.len() && is_certain(trimmed) {
        found.note("removed a trailing comma or semicolon");
        return trimmed;
    }
    text
}

fn is_key_id(text: &str) -> bool {
    text.len() == 20
        && (text.starts_with("AKIA") || text.starts_with("ASIA"))
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// Its form leaves no doubt what it is.
fn is_certain(text: &str) -> bool {
    recognise(text).first().is_some_and(|c| c.certain)
}
