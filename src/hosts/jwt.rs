//! What a JSON Web Token says of itself, unverified: nothing here looks at the signature, so what is read may be shown,
//! and never be believed. The one reader of such tokens; what a vendor's own claims mean is the vendor's business.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::sanitize::short;

/// Longest claim that is taken, in characters.
pub const CLAIM_CAP: usize = 200;
/// Most words that are taken of a claim that lists them.
const MOST_WORDS: usize = 200;
/// Most members of a list that are shown.
const MOST_SHOWN: usize = 8;

/// The claims of a token. Unverified: whoever made the string could write anything.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Claims(Map<String, Value>);

/// Reads a token of three base64url parts; none where it is not one.
#[must_use]
pub fn read(token: &str) -> Option<Claims> {
    let mut parts = token.trim().split('.');
    let (_, claims, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else { return None };
    let bytes = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok().map(Claims)
}

impl Claims {
    /// Whether there is a claim of that name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A claim as text that may be shown: a string or number, yes or no, a list of these with commas between. None where
    /// it is empty or anything else.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            Value::Array(all) => {
                let all: Vec<String> = all.iter().take(MOST_SHOWN).filter_map(plain).collect();
                (!all.is_empty()).then(|| all.join(", "))
            }
            one => plain(one),
        }
    }

    /// A claim that lists words, with spaces between (`scope`, `scp`) or as an array.
    #[must_use]
    pub fn words(&self, name: &str) -> Vec<String> {
        match self.0.get(name) {
            Some(Value::Array(all)) => all.iter().filter_map(plain).take(MOST_WORDS).collect(),
            Some(Value::String(all)) => all.split_whitespace().map(|s| short(s, CLAIM_CAP)).take(MOST_WORDS).collect(),
            _ => Vec::new(),
        }
    }

    /// A claim that is a moment in seconds.
    #[must_use]
    pub fn moment(&self, name: &str) -> Option<Timestamp> {
        let seconds = self.0.get(name)?.as_i64().filter(|seconds| *seconds > 0)?;
        Timestamp::from_second(seconds).ok()
    }

    /// When it ends (`exp`).
    #[must_use]
    pub fn ends(&self) -> Option<Timestamp> {
        self.moment("exp")
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(short(text, CLAIM_CAP)),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(if *yes { "yes" } else { "no" }.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> String {
        format!("eyJhbGciOiJSUzI1NiJ9.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn claims_are_read_whatever_their_form() {
        let read = read(&token(r#"{"exp":1795400000,"aud":["a","b"],"3lo":true,"x":{"y":1},"scp":"r w"}"#)).unwrap();
        assert_eq!(read.ends().unwrap().as_second(), 1_795_400_000);
        assert_eq!((read.text("aud").as_deref(), read.text("3lo").as_deref()), (Some("a, b"), Some("yes")));
        assert_eq!((read.text("x"), read.text("none"), read.has("x"), read.has("none")), (None, None, true, false));
        assert_eq!(
            (read.words("scp"), read.words("aud")),
            (vec!["r".into(), "w".into()], vec!["a".into(), "b".into()])
        );
    }

    #[test]
    fn what_is_no_token_has_no_claims() {
        for text in ["", "a.b", "a.b.c", "a.e30.c.d", &token("[]"), "eyJ.***.x", "eyJhbGciOiJSUzI1NiJ9..c2ln"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert!(read(&format!(" {}\n", token("{}"))).is_some(), "what was pasted may have space around it");
    }

    #[test]
    fn hostile_claims_do_no_harm() {
        let text = format!(r#"{{"exp":99999999999999999,"iat":-5,"sub":"a\u001b[2J","long":"{}"}}"#, "x".repeat(5_000));
        let read = read(&token(&text)).unwrap();
        assert_eq!((read.ends(), read.moment("iat"), read.moment("sub")), (None, None, None));
        assert!(!read.text("sub").unwrap().contains('\u{1b}'));
        assert!(read.text("long").unwrap().chars().count() <= CLAIM_CAP);
    }
}
