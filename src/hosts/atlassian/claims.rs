//! The claims of an OAuth access token, read without verifying its signature.

use jiff::Timestamp;
use serde_json::Value;

use crate::hosts::jwt;
use crate::sanitize::short;

/// Longest claim that is taken, in characters.
const CLAIM_CAP: usize = 200;
/// Most scopes that are taken.
const MOST_SCOPES: usize = 200;
/// Where Atlassian's own claims live.
const OWN: &str = "https://atlassian.com/";

/// What an access token says of itself. Unverified: whoever made the string could write anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Claims {
    /// When it ends (`exp`).
    pub expires_at: Option<Timestamp>,
    /// When it was made (`iat`).
    pub issued_at: Option<Timestamp>,
    /// Who made it (`iss`).
    pub issuer: Option<String>,
    /// The account it acts as (`sub`).
    pub subject: Option<String>,
    /// The client it was made for (`azp`, else `client_id`).
    pub client: Option<String>,
    /// Its scopes (`scope`, separated by spaces; an array is taken too).
    pub scopes: Vec<String>,
    /// Everything worth showing, name and value, in a fixed order.
    pub shown: Vec<(String, String)>,
}

/// Reads a JWT; none where it is something else.
#[must_use]
pub fn read(token: &str) -> Option<Claims> {
    let claims = jwt::claims(token.trim())?;
    let text = |name: &str| claims.get(name).and_then(plain);
    let moment = |name: &str| jwt::moment(&claims, name).filter(|t| t.as_second() > 0);
    let (expires_at, issued_at) = (moment("exp"), moment("iat"));
    let scopes: Vec<String> = match claims.get("scope") {
        Some(Value::Array(all)) => all.iter().filter_map(plain).take(MOST_SCOPES).collect(),
        Some(Value::String(all)) => all.split_whitespace().map(|s| short(s, CLAIM_CAP)).take(MOST_SCOPES).collect(),
        _ => Vec::new(),
    };
    let client = text("azp").or_else(|| text("client_id"));
    let mut shown = Vec::new();
    let mut show = |name: &str, value: Option<String>| shown.extend(value.map(|v| (name.to_owned(), v)));
    show("issuer", text("iss"));
    show("audience", claims.get("aud").and_then(listed));
    show("account", text("sub"));
    show("client id", client.clone());
    show("issued", issued_at.map(|t| t.to_string()));
    show("expires", expires_at.map(|t| t.to_string()));
    show("scopes", (!scopes.is_empty()).then(|| scopes.join(" ")));
    for (claim, name) in [
        ("oauthClientId", "OAuth client id"),
        ("systemAccountId", "system account"),
        ("systemAccountEmailDomain", "system account domain"),
        ("emailDomain", "e-mail domain"),
        ("verified", "verified"),
        ("firstParty", "first party"),
        ("3lo", "acts for a user (3LO)"),
    ] {
        show(name, text(&format!("{OWN}{claim}")));
    }
    Some(Claims { expires_at, issued_at, issuer: text("iss"), subject: text("sub"), client, scopes, shown })
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(short(text, CLAIM_CAP)),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(if *yes { "yes" } else { "no" }.to_owned()),
        _ => None,
    }
}

fn listed(value: &Value) -> Option<String> {
    match value {
        Value::Array(all) => {
            let all: Vec<String> = all.iter().take(8).filter_map(plain).collect();
            (!all.is_empty()).then(|| all.join(", "))
        }
        one => plain(one),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn jwt(payload: &str) -> String {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.{}", part(r#"{"alg":"RS256"}"#), part(payload), part("sig"))
    }

    #[test]
    fn the_sample_of_the_vendor_is_read() {
        let claims = read("eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjE3OTU0MDAwMDB9.c2ln").unwrap();
        assert_eq!(claims.expires_at.unwrap().as_second(), 1_795_400_000);
        assert_eq!(claims.shown.iter().filter(|(n, _)| n == "expires").count(), 1);
        assert_eq!(claims.issued_at, None);
    }

    #[test]
    fn every_claim_worth_showing_is_shown() {
        let claims = read(&jwt(
            r#"{"iss":"https://auth.atlassian.com","aud":["api.atlassian.com"],"sub":"5f01","azp":"client","iat":1795396400,
                "exp":1795400000,"scope":"read:jira-work write:jira-work","https://atlassian.com/systemAccountId":"5f02",
                "https://atlassian.com/3lo":true,"https://atlassian.com/other":"x"}"#,
        ))
        .unwrap();
        assert_eq!(claims.scopes, ["read:jira-work", "write:jira-work"]);
        assert_eq!((claims.client.as_deref(), claims.subject.as_deref()), (Some("client"), Some("5f01")));
        let names: Vec<&str> = claims.shown.iter().map(|(n, _)| n.as_str()).collect();
        assert_eq!(
            names,
            [
                "issuer",
                "audience",
                "account",
                "client id",
                "issued",
                "expires",
                "scopes",
                "system account",
                "acts for a user (3LO)"
            ]
        );
    }

    #[test]
    fn nonsense_and_hostile_claims_do_no_harm() {
        for token in ["", "a.b", "a.b.c", "eyJhbGciOiJSUzI1NiJ9..c2ln"] {
            assert_eq!(read(token), None, "{token}");
        }
        let claims = read(&jwt(r#"{"exp":99999999999999999,"iat":-5,"sub":"a\u001b[2J","scope":7,"aud":{}}"#)).unwrap();
        assert_eq!((claims.expires_at, claims.issued_at), (None, None));
        assert!(!claims.subject.unwrap().contains('\u{1b}'));
        let long = read(&jwt(&format!(r#"{{"sub":"{}"}}"#, "x".repeat(5_000)))).unwrap();
        assert!(long.subject.unwrap().chars().count() <= CLAIM_CAP);
    }
}
