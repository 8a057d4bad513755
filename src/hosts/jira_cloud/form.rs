//! What a token tells of itself, and what can be wrong with a record before anything is sent.

use super::FACTS;
use crate::domain::{Checksum, Kind, Validation};
use crate::hosts::atlassian::{claims, token};
use crate::hosts::{Carried, Session, jwt};
use crate::sanitize::short;

/// Length of the tokens that were made before January 2023. All of them had expired by May 2026.
const OLD_LENGTH: usize = 24;
/// How an address of a service account ends.
const SERVICE: &str = "@serviceaccount.atlassian.com";

/// Decodes a token of one of the family's forms.
pub(super) fn carried(kind: Kind, text: &str) -> Option<Carried> {
    if kind == Kind::OauthToken {
        return oauth(text);
    }
    if is_old(text) {
        let form = "API token of before 2023; all of these had expired by 12 May 2026";
        return Some(Carried { facts: vec![("form".to_owned(), form.to_owned())], checksum: Checksum::None });
    }
    let form = token::Form::of(text)?;
    let fits = match form {
        token::Form::Account => matches!(kind, Kind::ApiToken | Kind::ScopedApiToken),
        token::Form::Container => kind == Kind::AdminKey,
        // The vendor does not say how tokens of service accounts begin.
        token::Form::Other => kind == Kind::ServiceAccountToken,
    };
    fits.then(|| token::carried(text)).flatten()
}

/// Any JWT could be meant; one that names Atlassian nowhere is not ours.
fn oauth(text: &str) -> Option<Carried> {
    let read = jwt::read(text)?;
    let ours = claims::names_atlassian(&read) || claims::has_own(&read);
    ours.then(|| Carried { facts: claims::shown(&read), checksum: Checksum::None })
}

/// The form of before 2023: 24 letters and digits, the last four of them lower-case hexadecimal, as scanners expect it.
pub(super) fn is_old(text: &str) -> bool {
    let text = text.trim();
    text.len() == OLD_LENGTH
        && text.bytes().all(|b| b.is_ascii_alphanumeric())
        && text[OLD_LENGTH - 4..].bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether an address is a service account's.
pub(super) fn is_service(email: &str) -> bool {
    email.trim().to_ascii_lowercase().ends_with(SERVICE)
}

/// The e-mail address to send, none for what is sent as Bearer without one. A validation instead where the record cannot
/// work at this host: then nothing is sent, since failed log-ins lead to a CAPTCHA.
pub(super) fn user<'a>(session: &Session<'a>) -> Result<Option<&'a str>, Box<Validation>> {
    let stop = |name: &str, args: &[(&str, &str)]| Err(Box::new(session.wire.conclude(&FACTS, name, args)));
    if token::Form::of(session.secret.token.reveal()) == Some(token::Form::Container) {
        return stop("organisation-key", &[]);
    }
    if session.kind == Kind::OauthToken {
        return Ok(None);
    }
    match session.username.map(str::trim).filter(|u| !u.is_empty()) {
        None if session.kind == Kind::ServiceAccountToken => Ok(None),
        None => stop("email-missing", &[]),
        Some(user) if is_email(user) => Ok(Some(user)),
        Some(user) => stop("email-form", &[("user", &short(user, 60))]),
    }
}

/// A colon would end the name early and send part of it as password.
fn is_email(text: &str) -> bool {
    let odd = |c: char| c == ':' || c.is_whitespace() || c.is_control();
    text.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty()) && !text.contains(odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_names() {
        for good in ["ana@acme.dev", "bot-1@serviceaccount.atlassian.com", "a+b@x"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["ana", "5f0000000000000000000001", "557058:1111", "ana@", "@acme.dev", "an a@acme.dev", "a:b@c.d"] {
            assert!(!is_email(bad), "{bad}");
        }
        assert!(is_service("Bot@ServiceAccount.atlassian.com") && !is_service("ana@acme.dev"));
    }

    #[test]
    fn the_old_form_is_known_by_its_last_digits() {
        assert!(is_old("KeyrackFakeTokenOld01a2b"));
        assert!(!is_old("KeyrackFakeTokenOld01A2B") && !is_old("KeyrackFakeToken1a2b"));
    }
}
