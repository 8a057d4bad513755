//! Recorded refusals, one test per failure signature and named after it, and what is no word on the token at all.

use keyrack::domain::Verdict;
use keyrack::net::{NetError, NetErrorKind, Response};

use super::{
    EMPTY_PAGE, PROPERTIES, RECORD, Recorded, TOKEN, WEB, answered, assert_found, check, envelope, html, own, thrown,
    to,
};

#[tokio::test]
async fn incorrect_password_exception_is_rejected() {
    let found = answered([thrown(401, "auth.IncorrectPasswordAuthenticationException")]).await;
    assert_found(&found, Verdict::Rejected, "token-refused");
    assert!(found.evidence[0].detail.contains("IncorrectPasswordAuthenticationException"));
    let late = answered([own(200, PROPERTIES), thrown(401, "auth.IncorrectPasswordAuthenticationException")]).await;
    assert_found(&late, Verdict::Rejected, "token-refused");
}

#[tokio::test]
async fn anonymous_200_is_not_valid() {
    let refused = answered([own(200, PROPERTIES), thrown(401, "AuthorisationException")]).await;
    assert_found(&refused, Verdict::Rejected, "anonymous");
    // A host, or a cache before it, that answers everybody alike.
    let open = answered([own(200, PROPERTIES), own(200, EMPTY_PAGE), own(200, EMPTY_PAGE)]).await;
    assert_found(&open, Verdict::Unreachable, "unproven");
    let named_nobody =
        answered([to("anonymous", 200, PROPERTIES), to("anonymous", 200, EMPTY_PAGE), own(200, EMPTY_PAGE)]).await;
    assert_found(&named_nobody, Verdict::Unreachable, "unproven");
}

#[tokio::test]
async fn authorisation_exception_for_a_known_user_is_limited() {
    for status in [401, 403] {
        let refused = || to("jdoe", status, &envelope("AuthorisationException"));
        let found = answered([to("jdoe", 200, PROPERTIES), refused(), refused()]).await;
        assert_found(&found, Verdict::Limited, "not-permitted");
    }
}

#[tokio::test]
async fn captcha_with_login_url_is_blocked() {
    let mut response = thrown(403, "auth.CaptchaRequiredAuthenticationException");
    let login = format!("{WEB}/login");
    response.headers.push(("X-Authentication-Denied-Reason".into(), format!("CAPTCHA_CHALLENGE; login-url={login}")));
    let found = answered([response]).await;
    assert_found(&found, Verdict::Blocked, "captcha");
    assert!(found.findings[0].remedy.contains(&login));
    assert!(found.findings[0].remedy.contains("captcha?name=jdoe"));
    assert!(found.evidence[0].detail.contains("CAPTCHA_CHALLENGE"));
}

#[tokio::test]
async fn captcha_beside_a_200_is_blocked() {
    let mut response = own(200, "");
    response.headers.push(("X-Authentication-Denied-Reason".into(), "CAPTCHA_CHALLENGE".into()));
    assert_found(&answered([response]).await, Verdict::Blocked, "captcha");
}

#[tokio::test]
async fn basic_disabled_is_blocked() {
    let body = r#"{"message":"Basic Authentication has been disabled on this instance."}"#;
    let found = answered([Response::of(403, &[("Content-Type", "application/json")], body)]).await;
    assert_found(&found, Verdict::Blocked, "basic-disabled");
}

#[tokio::test]
async fn xsrf_check_says_nothing_of_the_token() {
    assert_found(&answered([own(403, "XSRF check failed")]).await, Verdict::Unreachable, "xsrf");
}

#[tokio::test]
async fn an_unknown_refusal_of_the_vendors_own_is_quoted() {
    let found = answered([thrown(401, "auth.SomethingNewAuthenticationException")]).await;
    assert_found(&found, Verdict::Rejected, "refused-unexplained");
    assert!(found.findings[0].cause.contains("The vendor's words."));
    let found = answered([thrown(403, "license.SomethingNewException")]).await;
    assert_found(&found, Verdict::Blocked, "forbidden-unexplained");
}

#[tokio::test]
async fn a_refusal_without_the_vendors_signature_says_nothing_of_the_token() {
    for status in [401, 403] {
        let gateway =
            Response::of(status, &[("Content-Type", "application/json"), ("Server", "gateway")], r#"{"error":"no"}"#);
        assert_found(&answered([gateway]).await, Verdict::Unreachable, "http.not-the-vendor");
    }
}

#[tokio::test]
async fn a_version_before_tokens_is_not_the_tokens_fault() {
    let found = answered([
        own(200, &PROPERTIES.replace("9.4.3", "5.4.2")),
        thrown(401, "auth.IncorrectPasswordAuthenticationException"),
    ])
    .await;
    assert_found(&found, Verdict::Unreachable, "too-old");
    assert_eq!(found.evidence.len(), 2);
}

// --- the way to the host ---------------------------------------------------------------------------------------------

#[tokio::test]
async fn redirect_to_login_says_nothing_of_the_token() {
    for location in ["/bitbucket/login?next=/rest", "https://bitbucket.example.com/bitbucket/login"] {
        let found = answered([Response::of(302, &[("Location", location)], "")]).await;
        assert_found(&found, Verdict::Unreachable, "login-redirect");
        assert!(!found.evidence[0].detail.contains("next="));
    }
}

#[tokio::test]
async fn redirect_to_another_host_is_a_sign_in_page() {
    let found = answered([Response::of(302, &[("Location", "https://sso.example.com/adfs/ls?x=1")], "")]).await;
    assert_found(&found, Verdict::Unreachable, "sign-in-page");
    assert!(found.findings[0].title.contains("sso.example.com"));
}

#[tokio::test]
async fn html_sign_in_page_is_not_valid() {
    for status in [200, 203] {
        assert_found(&answered([html(status)]).await, Verdict::Unreachable, "sign-in-page");
    }
    let late = answered([to("jdoe", 200, PROPERTIES), html(200)]).await;
    assert_found(&late, Verdict::Unreachable, "sign-in-page");
}

#[tokio::test]
async fn wrong_context_path_404_proposes_the_usual_ones() {
    for answer in [html(404), Response::of(404, &[("Content-Type", "application/json")], "{}")] {
        let found = answered([answer]).await;
        assert_found(&found, Verdict::Unreachable, "wrong-context-path");
        assert!(found.findings[0].remedy.contains("https://bitbucket.example.com/stash"));
    }
}

#[tokio::test]
async fn maintenance_503_says_nothing_of_the_token() {
    assert_found(&answered([html(503)]).await, Verdict::Unreachable, "maintenance");
}

#[tokio::test]
async fn rate_limit_429_says_when_to_come_back() {
    let found = answered([Response::of(429, &[("Retry-After", "30")], "")]).await;
    assert_found(&found, Verdict::Unreachable, "rate-limited");
    assert!(found.findings[0].remedy.contains("after 30 s"));
}

#[tokio::test]
async fn a_private_certificate_authority_says_nothing_of_the_token() {
    let error = NetError::new(NetErrorKind::TlsUnknownIssuer, "bitbucket.example.com:443", "");
    let found = check(&Recorded::with_errors([Err(error)])).await;
    assert_found(&found, Verdict::Unreachable, "net.tls-unknown-issuer");
}

#[tokio::test]
async fn server_errors_and_garbage_say_nothing_of_the_token() {
    assert_found(&answered([own(502, "")]).await, Verdict::Unreachable, "http.server-error");
    for body in ["", "null", "[]", "{", r#"{"version":7}"#, r#"{"results":[]}"#] {
        assert_found(&answered([own(200, body)]).await, Verdict::Unreachable, "not-bitbucket");
    }
    for body in ["", "[]", r#"{"values":"x"}"#] {
        let found = answered([to("jdoe", 200, PROPERTIES), own(200, body)]).await;
        assert_found(&found, Verdict::Unreachable, "not-bitbucket");
    }
}

#[tokio::test]
async fn a_token_echoed_in_a_body_or_header_is_masked() {
    let escaped: String = TOKEN.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    let percent: String = TOKEN.bytes().map(|b| format!("%{b:02X}")).collect();
    let echo = envelope("auth.SomethingNewAuthenticationException").replace("The vendor's words.", TOKEN);
    let hidden = echo.replace(TOKEN, &escaped);
    let named = RECORD.replace("keyrack laptop", &escaped).replace("REPO_WRITE", &escaped);
    let in_name =
        [to(&percent, 200, PROPERTIES), to(&percent, 200, EMPTY_PAGE), own(404, ""), own(404, ""), own(200, &named)];
    for found in [
        answered([own(401, &echo)]).await,
        answered([own(401, &hidden)]).await,
        answered(in_name).await,
        answered([Response::of(302, &[("Location", &format!("https://x.example/{TOKEN}"))], "")]).await,
    ] {
        assert!(!format!("{found:?}").contains(&TOKEN[5..]), "{found:#?}");
    }
}

#[tokio::test]
async fn an_echoed_token_never_becomes_part_of_a_url() {
    let escaped: String = TOKEN.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    let user = format!(r#"{{"name":"jdoe","slug":"{escaped}","displayName":"Jo"}}"#);
    let percent: String = TOKEN.bytes().map(|b| format!("%{b:02X}")).collect();
    for name in ["jdoe", &percent] {
        let transport = Recorded::new([
            to(name, 200, PROPERTIES),
            to(name, 200, EMPTY_PAGE),
            to(name, 200, &user),
            to(name, 429, ""),
            to(name, 429, ""),
            to(name, 429, ""),
        ]);
        check(&transport).await;
        assert!(transport.lines().iter().all(|l| !l.contains(&TOKEN[5..])), "{:?}", transport.lines());
    }
}
