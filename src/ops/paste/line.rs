//! Pastes read line by line: a bare token, a header, a URL, `NAME=value` and its relatives.

use zeroize::Zeroizing;

use super::{Found, is_certain, is_key_id};

/// Headers whose whole value is the token.
const TOKEN_HEADERS: [&str; 6] =
    ["private-token", "x-api-key", "job-token", "deploy-token", "x-auth-token", "x-gitlab-token"];

/// What the name before a value says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Token,
    KeyId,
    Session,
    User,
    Url,
    /// It is none of these: a region, a profile, a date.
    Beside,
    /// A name in capitals that tells nothing.
    Shouted,
}

pub(super) fn read(text: &str, found: &mut Found) {
    let lines: Vec<&str> = text.split('\n').map(str::trim).filter(|l| !l.is_empty()).collect();
    if lines.len() > 1 && !lines.iter().any(|l| assignment(l).is_some()) {
        let joined = Zeroizing::new(lines.concat());
        if is_certain(&joined) && !lines.iter().any(|l| is_certain(l)) {
            found.set_token(&joined);
            found.note("joined a token that was broken over several lines");
            return;
        }
    }
    let roles: Vec<_> = lines.iter().filter_map(|l| assignment(l)).map(|(role, _)| role).collect();
    let spoken = roles.contains(&Role::Token);
    let alone = lines.len() == 1;
    for line in lines {
        let heading = line.starts_with('[') && line.ends_with(']') || line.starts_with('#');
        match assignment(line) {
            _ if heading => {}
            // A name in capitals counts only where no other name says what it is.
            Some((Role::Shouted, _)) if spoken => {}
            Some((role, value)) => {
                take(role, value, found);
                found.note("took the value out of an environment or configuration line");
            }
            None if !roles.is_empty() && !is_certain(line) && !is_header(line) => {}
            None => bare(line, alone, found),
        }
    }
}

/// A line without a name.
fn bare(line: &str, alone: bool, found: &mut Found) {
    let line = unquote(line, found);
    if from_header(line, found) || from_url(line, found) {
        return;
    }
    if let Some((id, secret)) = line.split_once([',', ':', ' ']).filter(|(id, _)| is_key_id(id)) {
        found.key_id.get_or_insert_with(|| id.to_owned());
        found.set_token(secret.trim());
        found.note("split an access key id from its secret access key");
    } else if is_key_id(line) {
        found.key_id.get_or_insert_with(|| line.to_owned());
    } else if !alone && line.contains(char::is_whitespace) {
        // Words between other lines; a token among them is found at the end.
        found.prose = true;
    } else if found.token.is_none() {
        found.loose = true;
        found.set_token(line);
    } else if found.session.is_none() && !is_certain(line) {
        found.set_session(line);
    } else {
        found.prose |= !is_certain(line);
        found.set_token(line);
    }
}

/// A value with the name it had in JSON or CSV.
pub(super) fn from_named(name: &str, value: &str, found: &mut Found) {
    match role(name) {
        Some(role) => take(role, value, found),
        None if is_certain(value) => found.set_token(value),
        None => {}
    }
}

fn take(role: Role, value: &str, found: &mut Found) {
    let value = unquote(value, found);
    match role {
        Role::KeyId => {
            found.key_id.get_or_insert_with(|| value.to_owned());
        }
        Role::Session => found.set_session(value),
        Role::User => found.set_username(value),
        Role::Url => {
            if !from_url(value, found)
                && found.url.is_none()
                && value.contains('.')
                && !value.contains(char::is_whitespace)
            {
                found.url = Some(format!("https://{value}"));
            }
        }
        Role::Token | Role::Shouted => {
            if !from_header(value, found) && !from_url(value, found) {
                found.set_token(value);
            }
        }
        Role::Beside => {}
    }
}

/// A name, a colon, and the name is one of a header with a token.
fn is_header(line: &str) -> bool {
    line.split_once(':').is_some_and(|(name, _)| is_header_name(name.trim()))
}

fn is_header_name(name: &str) -> bool {
    name.eq_ignore_ascii_case("authorization") || TOKEN_HEADERS.iter().any(|h| name.eq_ignore_ascii_case(h))
}

/// `Authorization: Bearer X`, `PRIVATE-TOKEN: X`, `Bearer X`, `token X`, `Basic X`. True where it was one.
pub(super) fn from_header(text: &str, found: &mut Found) -> bool {
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

/// `user:token`, `token:`, `token:x-oauth-basic`; a user name alone is no token.
pub(super) fn from_pair(pair: &str, found: &mut Found) {
    let (user, secret) = pair.split_once(':').unwrap_or((pair, ""));
    if is_key_id(user) && !secret.is_empty() {
        found.key_id.get_or_insert_with(|| user.to_owned());
        found.set_token(secret);
    } else if secret.is_empty() && pair.contains(':') || is_certain(user) && !is_certain(secret) {
        found.set_token(user);
    } else {
        found.set_username(user);
        if !secret.is_empty() {
            found.set_token(secret);
        }
    }
}

/// A URL, with or without `user:token@` or a token in its query. True where it was one.
pub(super) fn from_url(text: &str, found: &mut Found) -> bool {
    if !(text.starts_with("https://") || text.starts_with("http://")) || text.contains(char::is_whitespace) {
        return false;
    }
    let Ok(mut url) = url::Url::parse(text) else { return false };
    let decode =
        |part: &str| Zeroizing::new(percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned());
    let user = decode(url.username());
    let password = decode(url.password().unwrap_or(""));
    if !user.is_empty() || !password.is_empty() {
        if password.is_empty() && !is_certain(&user) {
            found.set_username(&user);
        } else {
            from_pair(&Zeroizing::new(format!("{}:{}", user.as_str(), password.as_str())), found);
            found.note("split a URL into host, user name and token");
        }
    }
    let in_query = url.query_pairs().find(|(name, value)| {
        matches!(name.as_ref(), "private_token" | "access_token" | "token" | "job_token") && !value.is_empty()
            || is_certain(value)
    });
    if let Some((_, value)) = in_query {
        let value = Zeroizing::new(value.into_owned());
        found.set_token(&value);
        found.note("took the token out of the query of a URL");
    }
    let cleared = url.set_username("").is_ok() && url.set_password(None).is_ok();
    if cleared && found.url.is_none() {
        url.set_query(None);
        url.set_fragment(None);
        found.url = Some(url.to_string());
    }
    true
}

/// `NAME=value`, `export NAME=value`, `set NAME=value`, `name = value`, `NAME: value`, `"name": "value",`, `- name: value`.
fn assignment(line: &str) -> Option<(Role, &str)> {
    let prefixes = ["export ", "set ", "setx ", "env ", "$env:", "- "];
    let line = prefixes.iter().find_map(|p| line.strip_prefix(p)).unwrap_or(line);
    let line = line.trim_end_matches([',', ';']).trim();
    if is_certain(line) {
        // A token may hold `=` itself.
        return None;
    }
    let (name, value) = match (line.find('='), line.find(": ")) {
        (Some(equals), Some(colon)) if colon < equals => line.split_once(": ")?,
        (Some(_), _) => line.split_once('=')?,
        (None, Some(_)) => line.split_once(": ")?,
        (None, None) => return None,
    };
    let (name, value) = (name.trim().trim_matches(['"', '\'']), value.trim());
    let value = if value.starts_with(['"', '\'']) { value } else { value.split(" #").next().unwrap_or(value).trim() };
    let is_name = name.len() > 1
        && name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    if !is_name || value.is_empty() || is_header_name(name) {
        return None;
    }
    role(name).map(|role| (role, value))
}

/// What a name says. The parts of a name count, so that `PATH` is no `PAT` and `author` no `auth`.
fn role(name: &str) -> Option<Role> {
    let lower = name.to_ascii_lowercase().replace(['-', '.', ' '], "_");
    let parts: Vec<&str> = lower.split('_').collect();
    let squeezed = parts.concat();
    let has = |words: &[&str]| parts.iter().any(|p| words.contains(p));
    let ends = |words: &[&str]| words.iter().any(|w| squeezed.ends_with(w));
    Some(if ends(&["accesskeyid"]) {
        Role::KeyId
    } else if ends(&["sessiontoken", "securitytoken"]) {
        Role::Session
    } else if has(&["region", "output", "profile", "expiration", "expires", "expiry", "status"])
        || ends(&["date", "tokentype", "tokenname", "tokenid", "scope", "scopes"])
    {
        Role::Beside
    } else if ends(&["token", "secret", "password", "passwd", "apikey", "accesskey", "pat", "authorization"])
        || has(&["token", "secret", "password", "key", "auth", "pat", "bearer"])
    {
        Role::Token
    } else if has(&["user", "username", "login", "email"]) || ends(&["username", "email"]) {
        Role::User
    } else if has(&["url", "host", "hostname", "server", "endpoint", "machine"]) {
        Role::Url
    } else if name.contains('_') && !name.bytes().any(|b| b.is_ascii_lowercase()) {
        Role::Shouted
    } else {
        return None;
    })
}

/// The text without quotes around it, and without the comma or semicolon that ended it in a file.
pub(super) fn unquote<'a>(text: &'a str, found: &mut Found) -> &'a str {
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
