//! Recorded refusals, one test per failure signature and named after it, and what is no word on the token at all.

use keyrack::domain::{Kind, Verdict};
use keyrack::net::{NetError, NetErrorKind, Response};

use super::{Recorded, TOKEN, USER, WEB, answered, assert_found, at, check_at, error, host, json, version};

fn forgejo() -> keyrack::domain::Host {
    at("Forgejo", "16.0.1")
}

#[tokio::test]
async fn forgejo_15_quotes_the_rejected_token_and_it_is_masked() {
    let escaped: String = TOKEN.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    let lines = |token: &str| {
        format!(
            r#"{{"message":"access token does not exist [sha: {token}]\ntask with token \"{token}\": resource does not exist","url":"{WEB}/api/swagger"}}"#
        )
    };
    for body in [lines(TOKEN), lines(&escaped)] {
        let found = answered(&host(), [json(401, &body)]).await;
        assert_found(&found, Verdict::Rejected, "token-refused");
        let dump = format!("{found:?}");
        assert!(!dump.contains(&TOKEN[..20]) && dump.contains("access token does not exist"), "{dump}");
    }
}

#[tokio::test]
async fn unknown_deleted_or_of_another_host_are_not_told_apart() {
    for message in ["user does not exist [uid: 0, name: ]", "invalid username, password or token", "something new"] {
        for answers in [vec![error(401, message)], vec![version("1.27.1"), error(401, message)]] {
            let found = answered(&host(), answers).await;
            assert_found(&found, Verdict::Rejected, "token-refused");
            assert!(found.findings[0].cause.contains("answers all of these alike"));
        }
    }
}

#[tokio::test]
async fn an_authorization_code_is_not_sent_anywhere() {
    let code = format!("gta_{}", "keyrackfakenotarealsecretkeyrackfakenotarealsecretab");
    let found = check_at(&host(), &Recorded::new([]), Kind::Unknown, &code).await;
    assert_found(&found, Verdict::Unreachable, "authorization-code");
}

#[tokio::test]
async fn a_malformed_token_is_named_and_lower_case_only_proposed() {
    for (secret, what) in [
        (TOKEN.to_uppercase(), "upper case"),
        (TOKEN[..39].to_owned(), "39 characters"),
        (format!("{TOKEN}0"), "41 characters"),
        (format!("sha1:{}", &TOKEN[5..]), "not made of these"),
    ] {
        let transport = Recorded::new([error(401, "access token does not exist")]);
        let found = check_at(&host(), &transport, Kind::Pat, &secret).await;
        assert_found(&found, Verdict::Rejected, "malformed-token");
        assert!(found.findings[0].cause.contains(what), "{found:#?}");
        assert!(super::header(&transport, 0, "Authorization").unwrap().ends_with(&secret), "sent as it is");
    }
}

#[tokio::test]
async fn token_is_required_means_that_it_did_not_arrive() {
    let found = answered(&forgejo(), [error(401, "token is required")]).await;
    assert_found(&found, Verdict::Unreachable, "no-credential");
}

#[tokio::test]
async fn oauth_token_expired_or_withdrawn_is_told() {
    let jwt = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjE3OTU0MDAwMDAsImdudCI6N30.S0VZUkFDS0ZBS0U";
    for (line, verdict, code) in [
        ("token was expired", Verdict::Expired, "oauth-expired"),
        ("oauth2 grant not found or revoked", Verdict::Revoked, "oauth-grant-revoked"),
        ("user does not exist [uid: 0, name: ]", Verdict::Rejected, "token-refused"),
    ] {
        let message = format!("access token does not exist [sha: {jwt}]\n{line}");
        let found = check_at(&forgejo(), &Recorded::new([error(401, &message)]), Kind::OauthToken, jwt).await;
        assert_found(&found, verdict, code);
    }
    // The same line about an access token is one of several methods that were tried.
    let found = answered(&forgejo(), [error(401, "access token does not exist\ntoken was expired")]).await;
    assert_found(&found, Verdict::Rejected, "token-refused");
}

#[tokio::test]
async fn states_of_the_account_are_blocked() {
    for (message, code) in [
        ("This account is prohibited from signing in, please contact your site administrator.", "sign-in-prohibited"),
        ("This account is not activated.", "not-activated"),
        (
            "You must change your password. Change it at: https://git.example.org//user/change_password",
            "password-change-due",
        ),
        (
            "This Forgejo instance requires users to enable two-factor authentication before they can access their accounts. Enable it at: https://git.example.org/user/settings/security",
            "two-factor-demanded",
        ),
        // Translated: the page is what is left of it.
        ("Diese Instanz verlangt … https://git.example.org/user/settings/security", "two-factor-demanded"),
    ] {
        let body = serde_json::json!({"message": message}).to_string();
        assert_found(&answered(&forgejo(), [json(403, &body)]).await, Verdict::Blocked, code);
    }
    assert_found(&answered(&forgejo(), [error(403, "for reasons of our own")]).await, Verdict::Blocked, "forbidden");
}

#[tokio::test]
async fn public_only_is_alive_and_limited() {
    for message in ["token scope is limited to public users", "this endpoint is not available for public-only tokens"] {
        let found = answered(&forgejo(), [error(403, message)]).await;
        assert_found(&found, Verdict::Limited, "public-only");
        assert!(!found.evidence.is_empty());
    }
}

#[tokio::test]
async fn sign_in_required_says_nothing_of_the_token() {
    let found = answered(&host(), [error(403, "Only signed in user is allowed to call APIs.")]).await;
    assert_found(&found, Verdict::Unreachable, "sign-in-required");
}

#[tokio::test]
async fn a_missing_right_of_the_account_is_limited() {
    for message in [
        "user should have a permission to write to a repo",
        "user should be an owner or a collaborator with admin write of a repository",
        "user should be the owner of the repo",
        "Must be an organization owner",
        "user should be the site admin",
        "Only administrators allowed to sudo.",
    ] {
        assert_found(&answered(&forgejo(), [error(403, message)]).await, Verdict::Limited, "right-missing");
    }
}

#[tokio::test]
async fn bot_wall_html_is_never_valid_and_never_a_refusal() {
    for status in [200, 203, 401, 403, 404] {
        let wall = Response::of(status, &[("Content-Type", "text/html; charset=utf-8")], "<!DOCTYPE html><script>");
        assert_found(&answered(&host(), [wall.clone()]).await, Verdict::Unreachable, "web-page");
        assert_found(&answered(&forgejo(), [wall]).await, Verdict::Unreachable, "web-page");
    }
}

#[tokio::test]
async fn proxy_limit_429_says_when_to_come_back() {
    for body in ["Too Many Requests", "<html>slow down</html>"] {
        let limited = Response::of(429, &[("Retry-After", "60")], body);
        let found = answered(&forgejo(), [limited]).await;
        assert_found(&found, Verdict::Unreachable, "rate-limited");
        assert!(found.findings[0].title.contains("after 60 s"));
    }
}

#[tokio::test]
async fn what_is_not_their_word_says_nothing_of_the_token() {
    for (answer, code) in [
        (Response::of(401, &[], "no"), "http.not-the-vendor"),
        (json(403, r#"{"message":"blocked by policy"}"#), "http.not-the-vendor"),
        (json(401, r#"{"message":"no","url":"https://gateway.example"}"#), "http.not-the-vendor"),
        (Response::of(302, &[("Location", "https://sso.example.org/login")], ""), "http.redirect"),
        (Response::of(503, &[("Content-Type", "text/html")], "<html>"), "http.unavailable"),
        (error(500, ""), "http.server-error"),
        (json(413, "{}"), "quota"),
    ] {
        assert_found(&answered(&forgejo(), [answer]).await, Verdict::Unreachable, code);
    }
    for body in ["", "null", "[]", "{}", r#"{"id":7}"#, r#"{"login":"mara"}"#] {
        assert_found(&answered(&forgejo(), [json(200, body)]).await, Verdict::Unreachable, "unproven");
    }
    assert_found(&answered(&host(), [json(200, "{}")]).await, Verdict::Unreachable, "not-forgejo");
    assert_found(&answered(&host(), [json(404, "{}")]).await, Verdict::Unreachable, "not-forgejo");
    let lost = NetError::new(NetErrorKind::TlsUnknownIssuer, "git.example.org:443", "");
    let found = check_at(&host(), &Recorded::with_errors([Err(lost)]), Kind::Pat, TOKEN).await;
    assert_found(&found, Verdict::Unreachable, "net.tls-unknown-issuer");
}

#[tokio::test]
async fn another_root_url_is_shown_and_not_followed() {
    let body =
        r#"{"message":"user does not exist [uid: 0, name: ]","url":"https://other.example.org/git/api/swagger"}"#;
    let transport = Recorded::new([json(401, body)]);
    let found = check_at(&forgejo(), &transport, Kind::Pat, TOKEN).await;
    let codes: Vec<_> = found.findings.iter().map(|f| f.code.as_str()).collect();
    assert_eq!(codes, ["forgejo.token-refused", "forgejo.root-url-differs"]);
    assert!(found.findings[1].title.contains("https://other.example.org/git"));
    assert_eq!(transport.lines().len(), 1);
}

#[tokio::test]
async fn a_client_secret_is_not_sent() {
    let transport = Recorded::new([]);
    let secret = format!("gto_{}", "a2".repeat(26));
    let found = check_at(&forgejo(), &transport, Kind::OauthClient, &secret).await;
    assert_found(&found, Verdict::Unreachable, "kind-not-checkable");
    assert!(transport.lines().is_empty());
}

#[tokio::test]
async fn names_from_the_host_cannot_lead_a_request_astray() {
    let user = USER.replace(r#""login":"mara""#, r#""login":"a/b?c""#);
    let transport = Recorded::new([json(200, &user), json(200, "[]")]);
    check_at(&forgejo(), &transport, Kind::Pat, TOKEN).await;
    assert_eq!(transport.lines()[1], format!("GET {WEB}/api/v1/users/a%2Fb%3Fc/tokens?page=1&limit=50"));
    let climbing = USER.replace(r#""login":"mara""#, r#""login":"../../admin""#);
    let transport = Recorded::new([json(200, &climbing)]);
    assert_eq!(check_at(&forgejo(), &transport, Kind::Pat, TOKEN).await.verdict, Verdict::Valid);
    assert_eq!(transport.lines().len(), 1, "stopped before it was sent");
    let echo = USER.replace(r#""login":"mara""#, &format!(r#""login":"{TOKEN}""#));
    let transport = Recorded::new([json(200, &echo), json(200, "[]")]);
    check_at(&forgejo(), &transport, Kind::Pat, TOKEN).await;
    assert!(transport.lines().iter().all(|l| !l.contains(TOKEN)));
}
