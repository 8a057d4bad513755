//! Pastes that are a form of their own as a whole: curl commands, `.netrc`, JSON, CSV.

use serde_json::Value;
use zeroize::Zeroizing;

use super::line::{from_header, from_named, from_pair, from_url, unquote};
use super::{Found, certain_word};

/// Reads the paste where it is one of these forms. False where it is not, and then nothing was taken.
pub(super) fn read(text: &str, found: &mut Found) -> bool {
    if let Some(words) = curl_words(text) {
        found.note("took the token out of a curl command");
        from_curl(&words, found);
    } else if let Some(words) = netrc_words(text) {
        found.note("took the token out of a .netrc line");
        from_netrc(&words, found);
    } else if let Some(value) = json(text) {
        found.note("took the token out of a JSON text");
        from_json("", &value, found);
    } else if let Some((columns, row)) = csv(text) {
        found.note("took the secret out of a CSV file");
        for (name, value) in columns.iter().zip(&row) {
            from_named(name, value, found);
        }
    } else {
        return false;
    }
    true
}

fn curl_words(text: &str) -> Option<Vec<Zeroizing<String>>> {
    let start = text.strip_prefix("$ ").unwrap_or(text);
    let command = start.split_whitespace().next()?;
    if !matches!(command, "curl" | "curl.exe") {
        return None;
    }
    // A line continuation (`\`, in cmd.exe `^`) is white space to us, also where blanks got behind it.
    let mut joined = Zeroizing::new(String::with_capacity(start.len()));
    for line in start.split('\n') {
        let line = line.trim_end();
        joined.push_str(line.strip_suffix(['\\', '^']).unwrap_or(line));
        joined.push(' ');
    }
    let words = shlex::split(&joined).unwrap_or_else(|| joined.split_whitespace().map(str::to_owned).collect());
    Some(words.into_iter().map(Zeroizing::new).collect())
}

fn from_curl(words: &[Zeroizing<String>], found: &mut Found) {
    let mut rest = words.iter().skip(1).map(|w| w.as_str());
    while let Some(word) = rest.next() {
        let (flag, attached) = match word.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => (flag, Some(value)),
            _ => short_flag(word).unwrap_or((word, None)),
        };
        let known = matches!(flag, "-H" | "--header" | "-u" | "--user" | "--oauth2-bearer" | "--url");
        let Some(value) = known.then(|| attached.or_else(|| rest.next())).flatten() else {
            from_url(word, found);
            continue;
        };
        match flag {
            "-H" | "--header" => {
                from_header(value, found);
            }
            "-u" | "--user" => from_pair(value, found),
            "--url" => {
                from_url(value, found);
            }
            _ => found.set_token(value),
        }
    }
    if found.token.is_none()
        && let Some(word) = words.iter().find_map(|w| certain_word(w))
    {
        found.set_token(word);
    }
}

/// `-H`, `-HName: value`, `-sSH`: the flag with a value among bundled ones, and what is attached to it.
fn short_flag(word: &str) -> Option<(&str, Option<&str>)> {
    let bundle = word.strip_prefix('-').filter(|b| !b.starts_with('-'))?;
    let (at, letter) =
        bundle.char_indices().find(|(_, c)| matches!(c, 'H' | 'u') || !"sSfkLivgjGN4601".contains(*c))?;
    let flag = match letter {
        'H' => "-H",
        'u' => "-u",
        _ => return None,
    };
    Some((flag, Some(&bundle[at + 1..]).filter(|v| !v.is_empty())))
}

fn netrc_words(text: &str) -> Option<Vec<Zeroizing<String>>> {
    let words: Vec<_> = text.split_whitespace().map(|w| Zeroizing::new(w.to_owned())).collect();
    let first = words.first()?.as_str();
    (matches!(first, "machine" | "default") && words.iter().any(|w| w.as_str() == "password")).then_some(words)
}

fn from_netrc(words: &[Zeroizing<String>], found: &mut Found) {
    let mut rest = words.iter().map(|w| w.as_str());
    while let Some(word) = rest.next() {
        match (word, found.token.is_some()) {
            ("machine", false) => found.url = rest.next().map(|host| format!("https://{host}")),
            ("login", false) => found.set_username(rest.next().unwrap_or("")),
            ("password", _) => found.set_token(rest.next().unwrap_or("")),
            ("machine" | "login" | "account", _) => {
                rest.next();
            }
            _ => {}
        }
    }
}

/// A whole object or list, or lines cut out of an object (`"token": "…",`).
fn json(text: &str) -> Option<Value> {
    let value: Value = match text.as_bytes().first()? {
        b'{' | b'[' => serde_json::from_str(text).ok()?,
        b'"' => {
            let inner = Zeroizing::new(format!("{{{}}}", text.trim_end_matches([',', ' ', '\n'])));
            serde_json::from_str(&inner).ok()?
        }
        _ => return None,
    };
    (value.is_object() || value.is_array()).then_some(value)
}

/// The depth is bounded by the parser.
fn from_json(name: &str, value: &Value, found: &mut Found) {
    match value {
        Value::String(text) => from_named(name, text, found),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| from_json(name, value, found)),
        Value::Array(items) => items.iter().for_each(|item| from_json(name, item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Column names and the first row of a file as the AWS console hands it out.
fn csv(text: &str) -> Option<(Vec<String>, Vec<Zeroizing<String>>)> {
    let mut lines = text.split('\n').map(str::trim).filter(|l| !l.is_empty());
    let columns: Vec<String> =
        lines.next()?.split(',').map(|c| unquote(c.trim(), &mut Found::default()).to_ascii_lowercase()).collect();
    let secret = columns.iter().any(|c| matches!(c.as_str(), "secret access key" | "password"));
    if columns.len() < 2 || !secret {
        return None;
    }
    let row = lines.next()?.splitn(columns.len(), ',');
    let row = row.map(|c| Zeroizing::new(unquote(c.trim(), &mut Found::default()).to_owned())).collect();
    Some((columns, row))
}
