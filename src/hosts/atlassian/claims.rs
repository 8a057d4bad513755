//! What the claims of Atlassian's access tokens are called where they are shown.

use crate::hosts::jwt::Claims;

/// Where Atlassian's own claims live.
const OWN: &str = "https://atlassian.com/";

/// The client that a token was made for (`azp`, else `client_id`).
#[must_use]
pub fn client(claims: &Claims) -> Option<String> {
    claims.text("azp").or_else(|| claims.text("client_id"))
}

/// Whether a token names Atlassian as its maker or its audience. Any JWT may be met; the others are not ours.
#[must_use]
pub fn names_atlassian(claims: &Claims) -> bool {
    ["iss", "aud"].iter().any(|name| claims.text(name).is_some_and(|value| value.contains("atlassian")))
}

/// Whether it has one of the claims that tokens of accounts have.
#[must_use]
pub fn has_own(claims: &Claims) -> bool {
    ["oauthClientId", "systemAccountId", "3lo"].iter().any(|name| claims.text(&format!("{OWN}{name}")).is_some())
}

/// Everything worth showing, name and value, in a fixed order.
#[must_use]
pub fn shown(claims: &Claims) -> Vec<(String, String)> {
    let scopes = claims.words("scope");
    let moment = |name: &str| claims.moment(name).map(|t| t.to_string());
    let mut shown = Vec::new();
    let mut show = |name: &str, value: Option<String>| shown.extend(value.map(|v| (name.to_owned(), v)));
    show("issuer", claims.text("iss"));
    show("audience", claims.text("aud"));
    show("account", claims.text("sub"));
    show("client id", client(claims));
    show("issued", moment("iat"));
    show("expires", moment("exp"));
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
        show(name, claims.text(&format!("{OWN}{claim}")));
    }
    shown
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;
    use crate::hosts::jwt::read;

    #[test]
    fn the_sample_of_the_vendor_is_read() {
        let claims = read("eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjE3OTU0MDAwMDB9.c2ln").unwrap();
        assert_eq!(claims.ends().unwrap().as_second(), 1_795_400_000);
        let names: Vec<String> = shown(&claims).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["expires"]);
        assert!(!names_atlassian(&claims) && !has_own(&claims));
    }

    #[test]
    fn every_claim_worth_showing_is_shown() {
        let payload = r#"{"iss":"https://auth.atlassian.com","aud":["api.atlassian.com"],"sub":"5f01","azp":"client",
            "iat":1795396400,"exp":1795400000,"scope":"read:jira-work write:jira-work",
            "https://atlassian.com/systemAccountId":"5f02","https://atlassian.com/3lo":true,
            "https://atlassian.com/other":"x"}"#;
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let claims = read(&format!("{}.{}.{}", part(r#"{"alg":"RS256"}"#), part(payload), part("sig"))).unwrap();
        assert_eq!(client(&claims).as_deref(), Some("client"));
        assert!(names_atlassian(&claims) && has_own(&claims));
        let shown = shown(&claims);
        let names: Vec<&str> = shown.iter().map(|(n, _)| n.as_str()).collect();
        let expected = [
            "issuer",
            "audience",
            "account",
            "client id",
            "issued",
            "expires",
            "scopes",
            "system account",
            "acts for a user (3LO)",
        ];
        assert_eq!(names, expected);
        assert_eq!(shown[6].1, "read:jira-work write:jira-work");
    }
}
