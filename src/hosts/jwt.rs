//! What a JSON Web Token says of itself, unverified: nothing here looks at the signature, so what is read may be shown,
//! and never be believed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// Longest value of a claim that is shown, in characters.
const SHOWN: usize = 200;

/// The claims of a token of three base64url parts; none where it is not one.
#[must_use]
pub fn claims(token: &str) -> Option<Map<String, Value>> {
    let mut parts = token.split('.');
    let (_, claims, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else { return None };
    let bytes = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// A claim as text: a string or number as it is, a list of them with spaces between; none where it is anything else.
#[must_use]
pub fn text(claims: &Map<String, Value>, name: &str) -> Option<String> {
    scalar(claims.get(name)?)
}

/// A claim that is a moment in seconds.
#[must_use]
pub fn moment(claims: &Map<String, Value>, name: &str) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_second(claims.get(name)?.as_i64()?).ok()
}

/// Names and values of all claims that are plain, cut to a length that can be shown.
#[must_use]
pub fn shown(claims: &Map<String, Value>) -> Vec<(String, String)> {
    let cut = |text: &str| text.chars().take(SHOWN).collect::<String>();
    claims.iter().filter_map(|(name, value)| Some((cut(name), cut(&scalar(value)?)))).collect()
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Array(all) => all.iter().map(scalar).collect::<Option<Vec<_>>>().map(|all| all.join(" ")),
        Value::Null | Value::Object(_) => None,
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
        let read = claims(&token(r#"{"exp":1795400000,"aud":["a","b"],"3lo":true,"x":{"y":1}}"#)).unwrap();
        assert_eq!(moment(&read, "exp").unwrap().as_second(), 1_795_400_000);
        assert_eq!(text(&read, "aud").as_deref(), Some("a b"));
        let mut all = shown(&read);
        all.sort();
        assert_eq!(all.iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>(), ["3lo", "aud", "exp"]);
    }

    #[test]
    fn what_is_no_token_has_no_claims() {
        for text in ["", "a.b", "a.b.c", "a.e30.c.d", &token("[]"), "eyJ.***.x"] {
            assert!(claims(text).is_none(), "{text}");
        }
    }

    #[test]
    fn long_values_are_cut() {
        let read = claims(&token(&format!(r#"{{"a":"{}"}}"#, "x".repeat(1000)))).unwrap();
        assert_eq!(shown(&read)[0].1.len(), SHOWN);
    }
}
