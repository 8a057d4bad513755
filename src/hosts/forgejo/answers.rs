//! What the host's answers mean: every failure signature of both products, and what is not their word at all.
//!
//! The same text means another thing by who asked: the token itself, a password, or a token that signs for another one.
//!
//! | Signature (`message`) | Token itself | Signer |
//! |---|---|---|
//! | 401 "access token does not exist", "user does not exist [uid: 0, name: ]", "invalid username, password or token" | `token-refused`, `malformed-token` | `signer-refused`, `wrong-password` |
//! | 401 "token was expired", "oauth2 grant not found or revoked" | `oauth-expired`, `oauth-grant-revoked` | `signer-refused` |
//! | 401 "token is required" | `no-credential` | same |
//! | 401 "invalid provided OTP" | - | `otp-wrong` |
//! | 401 "security keys enrolled", "WebAuthn enrolled" | - | `security-key` |
//! | 401 "username & password is disabled" | - | `password-disabled` |
//! | 401 "auth method not allowed", "auth required" | - | `not-basic` |
//! | 403 "required scope(s)" | `scope-missing` (on the account alone `user-scope-missing`, and valid) | `signer-scope-missing` |
//! | 403 "limited to public", "public-only tokens" | `public-only` | `signer-scope-missing` |
//! | 403 "prohibited from signing in", "not activated", "must change your password", two-factor | `sign-in-prohibited`, `not-activated`, `password-change-due`, `two-factor-demanded` | same |
//! | 403 "Only signed in user is allowed" | `sign-in-required` | same |
//! | 403 "broader scope", "same as the contextUser", "should be the site admin" | `right-missing` | `broader-scope`, `not-own-tokens` |
//! | 403 "user should …", "Must be an organization owner", "Only administrators" | `right-missing` | `not-own-tokens` |
//! | 400 name used, scope, repositories; 422 | - | `name-taken`, `bad-scope`, `bad-repositories`, `request-refused` |
//! | HTML, 429, redirect, 5xx, a refusal without their signature | `web-page`, `rate-limited`, common | same |
//!
//! Theirs are JSON objects with `message` and the `url` of the API's description; refusals for the state of an account
//! have `message` only, and are known by their words. Forgejo 15 and later writes a line for each method it tried into
//! one message, the rejected token in them: the wire has masked it before anything here reads it.

use serde::Deserialize;

use super::{API, FACTS, WEB, token};
use crate::domain::Validation;
use crate::hosts::Wire;
use crate::hosts::answer::{foreign, retry_after};
use crate::net::Response;
use crate::sanitize::short;
use crate::secret::SecretText;

/// Most characters of a text of the host that go into a finding.
const TEXT_CAP: usize = 200;
/// The end of `url` in every error.
const DESCRIPTION: &str = "/api/swagger";

/// Who asked.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asker<'a> {
    /// The token itself.
    Token(&'a SecretText),
    /// An account's password, for an act.
    Password(&'a str),
    /// A token that signs an act on another.
    Signer,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Said {
    message: String,
    url: Option<String>,
}

impl Said {
    pub(super) fn of(answer: &Response) -> Option<Self> {
        if answer.is_html() {
            return None;
        }
        answer.json().filter(|b| b.get("message").is_some_and(serde_json::Value::is_string))?;
        answer.parse()
    }

    fn has(&self, text: &str) -> bool {
        self.message.contains(text)
    }

    /// The host's words on one line.
    fn words(&self) -> String {
        let lines: Vec<&str> = self.message.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
        if lines.is_empty() { "nothing".to_owned() } else { short(&lines.join("; "), TEXT_CAP) }
    }
}

/// Words of refusals that come without `url`.
const STATES: [(&str, &str); 5] = [
    ("prohibited from signing in", "sign-in-prohibited"),
    ("This account is not activated", "not-activated"),
    ("You must change your password", "password-change-due"),
    // The sentence is translated; the page it names is not.
    ("/user/settings/security", "two-factor-demanded"),
    ("Only signed in user is allowed to call APIs", "sign-in-required"),
];

/// Whether an answer is one of the products' own errors.
pub(super) fn is_vendor(answer: &Response) -> bool {
    Said::of(answer).is_some_and(|said| {
        said.url.as_deref().is_some_and(|url| url.trim_end_matches('/').ends_with(DESCRIPTION))
            || STATES.iter().any(|(words, _)| said.has(words))
    })
}

/// Whether it says that nobody is let in without signing in.
pub(super) fn wants_sign_in(answer: &Response) -> bool {
    answer.status == 403 && Said::of(answer).is_some_and(|said| said.has("Only signed in user is allowed to call APIs"))
}

/// Whether a scope is what is missing: then the token is alive.
pub(super) fn is_scope_refusal(answer: &Response) -> bool {
    answer.status == 403 && is_vendor(answer) && Said::of(answer).is_some_and(|said| said.has("required scope(s)"))
}

/// The scopes that a refusal asks for: those in the bracket, all of them, whatever the words say.
pub(super) fn required(answer: &Response) -> Vec<String> {
    let Some(said) = Said::of(answer) else { return Vec::new() };
    let Some((_, rest)) = said.message.split_once("required scope(s)") else { return Vec::new() };
    let Some((_, rest)) = rest.split_once('[') else { return Vec::new() };
    names(rest.split(']').next().unwrap_or(""))
}

/// The token's own scopes, which newer Gitea puts at the end of a scope refusal.
pub(super) fn own_scopes(answer: &Response) -> Option<Vec<String>> {
    let said = Said::of(answer).filter(|_| is_scope_refusal(answer))?;
    let (_, tail) = said.message.split_once("token scope=")?;
    Some(names(tail)).filter(|found| !found.is_empty())
}

fn names(text: &str) -> Vec<String> {
    let fits =
        |n: &&str| !n.is_empty() && n.len() <= 64 && n.bytes().all(|b| b.is_ascii_lowercase() || b":-_".contains(&b));
    text.split([' ', ',']).map(str::trim).filter(fits).take(64).map(str::to_owned).collect()
}

/// The validation that a refusal stands for. None where the answer is no refusal.
pub(super) fn refusal(wire: &Wire<'_>, asker: Asker<'_>, answer: &Response) -> Option<Validation> {
    if let Some(other) = elsewhere(wire, answer) {
        return Some(other);
    }
    let name = signature(asker, answer)?;
    let missing = match required(answer) {
        missing if missing.is_empty() => "a scope".to_owned(),
        missing => missing.join(", "),
    };
    let user = match asker {
        Asker::Password(user) => short(user, 80),
        Asker::Token(_) | Asker::Signer => "the account".to_owned(),
    };
    let form = match asker {
        Asker::Token(secret) => token::malformed(secret.reveal()),
        _ => None,
    };
    let (what, proposal) = form.unwrap_or_default();
    Some(conclude(
        wire,
        answer,
        name,
        &[("missing", &missing), ("user", &user), ("what", &what), ("proposal", &proposal)],
    ))
}

/// Name of the finding whose signature the answer has, by who asked. None where it is no refusal.
pub(super) fn signature(asker: Asker<'_>, answer: &Response) -> Option<&'static str> {
    let said = Said::of(answer).unwrap_or_default();
    let signs = !matches!(asker, Asker::Token(_));
    match answer.status {
        401 => Some(unauthorised(asker, &said)),
        403 => Some(match STATES.iter().find(|(words, _)| said.has(words)) {
            Some((_, name)) => name,
            None if said.has("required scope(s)") => {
                if signs {
                    "signer-scope-missing"
                } else {
                    "scope-missing"
                }
            }
            None if said.has("limited to public") || said.has("public-only tokens") => {
                if signs {
                    "signer-scope-missing"
                } else {
                    "public-only"
                }
            }
            None if said.has("broader scope than the authenticating token") => "broader-scope",
            None if said.has("user should ")
                || said.has("doer should ")
                || said.has("Must be an organization owner")
                || said.has("Only administrators") =>
            {
                if signs {
                    "not-own-tokens"
                } else {
                    "right-missing"
                }
            }
            None => "forbidden",
        }),
        400 | 422 if signs => Some(match () {
            () if said.has("name has been used already") => "name-taken",
            () if said.has("invalid access token scope") || said.has("must have a scope") => "bad-scope",
            () if said.has("repositor") => "bad-repositories",
            () => "request-refused",
        }),
        413 => Some("quota"),
        _ => None,
    }
}

fn unauthorised(asker: Asker<'_>, said: &Said) -> &'static str {
    let text = |words: &str| said.has(words);
    if text("token is required") {
        return "no-credential";
    }
    let by_password = matches!(asker, Asker::Password(_));
    match asker {
        Asker::Token(secret) => match () {
            () if token::is_jwt(secret.reveal()) && text("token was expired") => "oauth-expired",
            () if token::is_jwt(secret.reveal()) && text("oauth2 grant not found or revoked") => "oauth-grant-revoked",
            () if token::malformed(secret.reveal()).is_some() => "malformed-token",
            () => "token-refused",
        },
        _ if text("invalid provided OTP") => "otp-wrong",
        _ if text("security keys enrolled") || text("WebAuthn enrolled") => "security-key",
        _ if text("username & password is disabled") => "password-disabled",
        _ if text("auth method not allowed") || text("auth required") => "not-basic",
        _ if by_password => "wrong-password",
        _ => "signer-refused",
    }
}

/// What is not the products' own word: a wall against bots, a proxy's limit, a redirect, a fault, a gateway's refusal.
pub(super) fn elsewhere(wire: &Wire<'_>, answer: &Response) -> Option<Validation> {
    match answer.status {
        429 => Some(conclude(wire, answer, "rate-limited", &[])),
        200 | 203 | 401 | 403 | 404 if answer.is_html() => Some(conclude(wire, answer, "web-page", &[])),
        _ => foreign(wire, &FACTS, answer, is_vendor(answer)),
    }
}

/// A validation by one of the family's findings, its placeholders filled from the answer; and a word on it where the
/// host calls itself by another address than the one in use.
pub(super) fn conclude(wire: &Wire<'_>, answer: &Response, name: &str, more: &[(&str, &str)]) -> Validation {
    note(wire, answer);
    let said = Said::of(answer).unwrap_or_default();
    let (web, api) = (wire.url(WEB, ""), wire.url(API, ""));
    let (status, message, wait) = (answer.status.to_string(), said.words(), retry_after(answer));
    let mut args = more.to_vec();
    args.extend([("web", web.as_str()), ("api", &api), ("status", &status), ("message", &message), ("wait", &wait)]);
    let told = root(&said).filter(|told| *told != web);
    if let Some(told) = &told {
        wire.note(format!("the host calls itself {told}"));
    }
    let mut found = wire.conclude(&FACTS, name, &args);
    if let Some(told) = told.map(|t| wire.mask(&t)) {
        found.findings.push(FACTS.finding("root-url-differs", &[("told", &told), ("web", &web)]).1);
    }
    found
}

/// The address that the server was set up with, as its errors tell it. Shown, never followed.
fn root(said: &Said) -> Option<String> {
    let root = said.url.as_deref()?.trim_end_matches('/').strip_suffix(DESCRIPTION)?.trim_end_matches('/');
    url::Url::parse(root).ok().filter(|url| url.has_host()).map(|_| short(root, TEXT_CAP))
}

/// Writes down the words that decide.
pub(super) fn note(wire: &Wire<'_>, answer: &Response) {
    if let Some(said) = Said::of(answer).filter(|_| answer.status >= 400) {
        wire.note(said.words());
    } else if answer.is_html() {
        wire.note("Content-Type: text/html");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status: u16, message: &str) -> Response {
        let body = serde_json::json!({"message": message, "url": "https://git.example.org/api/swagger"});
        Response::of(status, &[("Content-Type", "application/json")], &body.to_string())
    }

    #[test]
    fn the_bracket_and_the_tail_of_a_scope_refusal_are_read() {
        let forgejo = said(403, "token does not have at least one of required scope(s): [read:user read:organization]");
        assert_eq!(required(&forgejo), ["read:user", "read:organization"]);
        assert_eq!(own_scopes(&forgejo), None);
        let gitea = said(
            403,
            "token does not have at least one of required scope(s), required=[write:repository], token scope=read:user,public-only",
        );
        assert_eq!(required(&gitea), ["write:repository"]);
        assert_eq!(own_scopes(&gitea).unwrap(), ["read:user", "public-only"]);
        assert!(is_scope_refusal(&gitea) && !is_scope_refusal(&said(403, "forbidden")));
        assert!(required(&said(403, "required scope(s): read:user")).is_empty());
    }

    #[test]
    fn only_their_own_errors_are_theirs() {
        assert!(is_vendor(&said(401, "x")));
        for body in [r#"{"message":"no"}"#, r#"{"message":"no","url":"https://example.org/"}"#, "{}", "no", "[]"] {
            assert!(!is_vendor(&Response::of(403, &[], body)), "{body}");
        }
        assert!(is_vendor(&Response::of(403, &[], r#"{"message":"This account is not activated."}"#)));
    }

    #[test]
    fn the_root_is_told_and_never_anything_else() {
        let of = |url: &str| root(&Said { message: String::new(), url: Some(url.to_owned()) });
        assert_eq!(of("https://git.example.org/git/api/swagger").as_deref(), Some("https://git.example.org/git"));
        for odd in ["", "/api/swagger", "javascript:x/api/swagger", "https://git.example.org/"] {
            assert_eq!(of(odd), None, "{odd}");
        }
    }
}
