//! Recorded refusals, one test per failure signature and named after it, and what is no word on the token at all.

use keyrack::domain::{Kind, Verdict};
use keyrack::net::{NetError, NetErrorKind, Response};

use super::{
    ACCESS_TOKEN, API_TOKEN, EMAIL, OAUTH, Recorded, USER, access_token, api_token, assert_found, bad, check_as, error,
    json, lacking, typed,
};

#[tokio::test]
async fn any_bad_credential_is_rejected_and_every_cause_is_named() {
    for answer in bad() {
        let found = api_token([answer]).await;
        assert_found(&found, Verdict::Rejected, "refused");
        let cause = &found.findings[0].cause;
        for word in ["expired", "revoked", EMAIL, "without scopes", "another product", "does not say which"] {
            assert!(cause.contains(word), "{word}: {cause}");
        }
        assert!(!found.evidence[0].detail.is_empty());
    }
}

#[tokio::test]
async fn username_used_instead_of_email_says_nothing_of_the_token() {
    for username in ["devone", "x-bitbucket-api-token-auth", "x-token-auth"] {
        for answer in bad() {
            let transport = Recorded::new([answer]);
            let found = check_as(&transport, Kind::ScopedApiToken, Some(username), API_TOKEN).await;
            assert_found(&found, Verdict::Unreachable, "username-not-email");
            assert!(found.findings[0].title.contains(username));
            assert!(found.findings[0].remedy.contains("keyrack edit LABEL --username EMAIL"));
        }
    }
}

#[tokio::test]
async fn token_without_scopes_says_nothing_of_the_token() {
    for answer in bad() {
        let transport = Recorded::new([answer]);
        let found = check_as(&transport, Kind::ApiToken, Some(EMAIL), API_TOKEN).await;
        assert_found(&found, Verdict::Unreachable, "unscoped-token");
        assert!(found.findings[0].remedy.contains("Create API token with scopes"));
    }
}

#[tokio::test]
async fn access_token_refused_may_be_an_organisation_key() {
    for answer in bad() {
        let found = access_token([answer]).await;
        assert_found(&found, Verdict::Rejected, "refused-access-token");
        assert!(found.findings[0].cause.contains("organization"));
    }
}

#[tokio::test]
async fn a_token_cut_at_128_characters_is_named() {
    let cut = format!("ATATT3xFfGF0KEYRACK-FAKE-{}", "x".repeat(103));
    let transport = Recorded::new([bad()[0].clone()]);
    let found = check_as(&transport, Kind::ScopedApiToken, Some(EMAIL), &cut).await;
    assert_found(&found, Verdict::Rejected, "looks-cut");
    assert!(found.findings[0].cause.contains("128"));
}

#[tokio::test]
async fn oauth_token_expired_is_expired() {
    let transport = Recorded::new([error(401, "Access token expired.")]);
    let found = check_as(&transport, Kind::OauthToken, None, OAUTH).await;
    assert_found(&found, Verdict::Expired, "oauth-expired");
    let transport = Recorded::new([bad()[1].clone()]);
    let found = check_as(&transport, Kind::OauthToken, None, OAUTH).await;
    assert_found(&found, Verdict::Rejected, "refused-oauth");
}

#[tokio::test]
async fn app_password_by_answer_is_revoked() {
    let said = "App passwords are deprecated and must be replaced with API tokens.";
    for answer in [
        error(401, said),
        Response::of(410, &[("Content-Type", "text/plain")], &format!("CHANGE-3222: {said}")),
        Response::of(410, &[], "CHANGE-3222"),
    ] {
        let transport = Recorded::new([answer]);
        // A form that does not tell: kept as something else.
        let found = check_as(&transport, Kind::OauthToken, Some("devone"), "KeyrackFakeSecretOfNoForm").await;
        assert_found(&found, Verdict::Revoked, "app-password-retired");
    }
}

#[tokio::test]
async fn valid_but_forbidden_is_blocked() {
    let found = api_token([error(403, "Forbidden")]).await;
    assert_found(&found, Verdict::Blocked, "forbidden");
    for word in ["two-step", "IP addresses", "single sign-on", "Forbidden"] {
        assert!(found.findings[0].cause.contains(word), "{word}");
    }
    // The scope is there, so it is not what is missing.
    let body = r#"{"type":"error","error":{"message":"Forbidden"}}"#;
    let found = api_token([typed(403, "api_token", "read:user:bitbucket", body)]).await;
    assert_found(&found, Verdict::Blocked, "forbidden");
}

#[tokio::test]
async fn removed_endpoint_410_says_nothing_of_the_token() {
    let body = r#"{"type":"error","error":{"message":"CHANGE-2770 - Functionality has been deprecated","detail":"…","data":{"announcement_url":"https://developer.atlassian.com/cloud/bitbucket/changelog#CHANGE-2770"}}}"#;
    let found = api_token([json(410, &[], body)]).await;
    assert_found(&found, Verdict::Unreachable, "endpoint-removed");
    assert!(found.findings[0].title.contains("CHANGE-2770"));
    assert!(found.findings[0].remedy.contains("/user/workspaces"));
}

#[tokio::test]
async fn empty_400_on_an_unknown_path_says_to_check_the_path() {
    let found = api_token([Response::of(400, &[], "")]).await;
    assert_found(&found, Verdict::Unreachable, "unknown-path");
}

#[tokio::test]
async fn not_found_says_nothing_of_the_token() {
    let found = api_token([error(404, "Resource not found")]).await;
    assert_found(&found, Verdict::Unreachable, "http.not-found");
}

#[tokio::test]
async fn rate_limit_429_with_and_without_its_headers() {
    let plain = Response::of(429, &[], "Rate limit for this resource has been exceeded");
    assert_found(&api_token([plain]).await, Verdict::Unreachable, "rate-limited");
    for near in ["true", "1"] {
        let told = Response::of(
            429,
            &[
                ("X-RateLimit-Limit", "1000"),
                ("X-RateLimit-Resource", "api"),
                ("X-RateLimit-NearLimit", near),
                ("Retry-After", "60"),
            ],
            "Rate limit for this resource has been exceeded",
        );
        let found = api_token([told]).await;
        assert_found(&found, Verdict::Unreachable, "rate-limited");
        assert!(found.findings[0].title.contains("1000 an hour for api"), "{found:#?}");
        assert!(found.findings[0].title.contains("after 60 s"));
    }
}

#[tokio::test]
async fn a_refusal_without_the_vendors_signature_says_nothing_of_the_token() {
    for status in [401, 403] {
        for gateway in [
            json(status, &[("Server", "gateway")], r#"{"error":"no"}"#),
            Response::of(status, &[("WWW-Authenticate", r#"Basic realm="corporate proxy""#)], ""),
        ] {
            assert_found(&api_token([gateway]).await, Verdict::Unreachable, "http.not-the-vendor");
        }
    }
    let page = |status| Response::of(status, &[("Content-Type", "text/html")], "<!DOCTYPE html><form>Sign in</form>");
    for status in [200, 203, 401, 403] {
        assert_found(&api_token([page(status)]).await, Verdict::Unreachable, "http.html");
        assert_found(&access_token([page(status)]).await, Verdict::Unreachable, "http.html");
    }
    let to_login = Response::of(302, &[("Location", "https://id.atlassian.com/login?x=1")], "");
    assert_found(&api_token([to_login]).await, Verdict::Unreachable, "http.redirect");
    assert_found(&api_token([error(503, "maintenance")]).await, Verdict::Unreachable, "http.unavailable");
    assert_found(&api_token([error(500, "oops")]).await, Verdict::Unreachable, "http.server-error");
}

#[tokio::test]
async fn a_200_without_an_account_is_not_valid() {
    for body in ["", "null", "[]", "{}", r#"{"type":"user"}"#, r#"{"type":"error","error":{"message":"x"}}"#] {
        assert_found(&api_token([json(200, &[], body)]).await, Verdict::Unreachable, "http.garbage");
    }
    assert_found(&api_token([json(418, &[], "{}")]).await, Verdict::Unreachable, "http.unexpected");
}

#[tokio::test]
async fn a_network_fault_says_nothing_of_the_token() {
    let lost = NetError::new(NetErrorKind::TlsUnknownIssuer, "api.bitbucket.org:443", "");
    let transport = Recorded::with_errors([Err(lost)]);
    let found = check_as(&transport, Kind::ScopedApiToken, Some(EMAIL), API_TOKEN).await;
    assert_found(&found, Verdict::Unreachable, "net.tls-unknown-issuer");
}

#[tokio::test]
async fn a_token_echoed_by_the_host_is_masked() {
    let escaped: String = API_TOKEN.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    for echo in [API_TOKEN, &escaped] {
        let user = USER.replace("Dev One", echo).replace("devone", echo);
        for answer in [
            error(401, echo),
            error(403, echo),
            lacking(&format!("\"{echo}\""), ""),
            json(200, &[("X-OAuth-Scopes", API_TOKEN)], &user),
            json(410, &[], &format!(r#"{{"type":"error","error":{{"message":"CHANGE-2770 {echo}"}}}}"#)),
        ] {
            // `check_as` looks for the token in everything that comes back.
            let found = api_token([answer]).await;
            assert!(!format!("{found:?}").contains("EXAMPLE_ONLY-NOT_A_TOKEN"), "{found:#?}");
        }
    }
    let found = access_token([typed(403, "repo_access_token", ACCESS_TOKEN, "{}")]).await;
    assert!(!format!("{found:?}").contains("EXAMPLE_ONLY"), "{found:#?}");
}

#[tokio::test]
async fn hostile_texts_are_clipped_and_made_visible() {
    let long = "x".repeat(5_000);
    let found = api_token([error(403, &format!("\\u001b[2J{long}"))]).await;
    let texts =
        found.findings.iter().flat_map(|f| [&f.title, &f.cause]).chain(found.evidence.iter().map(|e| &e.detail));
    for text in texts {
        assert!(!text.contains('\u{1b}') && text.len() < 1_000, "{text}");
    }
}
