//! Every refusal of the vendor's, named after the pitfall it is, and every answer that says nothing of the token.

use keyrack::domain::{Kind, Verdict};
use keyrack::net::{NetError, NetErrorKind, Response};

use super::{
    ANONYMOUS, JiraCloud, KEY, MYSELF, Recorded, SCOPE, TOKEN, UNAUTHORIZED, WORDS, answered, assert_found, check,
    failed, host, html, json, ok, tenant, token, validate,
};

#[tokio::test]
async fn refused_at_both_places_is_rejected_and_names_every_cause() {
    let found = answered([failed(), tenant(), json(401, UNAUTHORIZED)]).await;
    assert_found(&found, Verdict::Rejected, "refused");
    for word in ["expired", "revoked", "e-mail", "deactivated", "access to this site", "public repositories"] {
        assert!(found.findings[0].cause.contains(word), "{word}");
    }
    assert_eq!(found.evidence.len(), 3);
    assert!(found.evidence[0].detail.contains("X-Seraph-LoginReason: AUTHENTICATED_FAILED"), "{:?}", found.evidence);
}

#[tokio::test]
async fn a_bare_401_as_html_is_the_vendors_word() {
    let bare = Response::of(401, &[("Content-Type", "text/html")], WORDS);
    let found = answered([bare, tenant(), json(401, UNAUTHORIZED)]).await;
    assert_found(&found, Verdict::Rejected, "refused");
}

#[tokio::test]
async fn client_auth_mismatch_is_generic_and_no_proof_of_a_wrong_address() {
    let mismatch = || Response::of(401, &[("x-failure-category", "FAILURE_CLIENT_AUTH_MISMATCH")], UNAUTHORIZED);
    let found = answered([mismatch(), tenant(), mismatch()]).await;
    assert_found(&found, Verdict::Rejected, "refused");
    let other = answered([mismatch(), tenant(), ok(MYSELF), ok("{}")]).await;
    assert_eq!(other.verdict, Verdict::Valid, "the other place decides");
}

#[tokio::test]
async fn an_anonymous_200_is_never_valid() {
    let anonymous = |body| {
        Response::of(
            200,
            &[("Content-Type", "application/json"), ("X-Seraph-LoginReason", "AUTHENTICATED_FAILED")],
            body,
        )
    };
    for body in [MYSELF, "[]", "{}"] {
        let found = answered([anonymous(body), tenant(), json(401, UNAUTHORIZED)]).await;
        assert_found(&found, Verdict::Rejected, "anonymous");
    }
    let found = answered([html(404), tenant(), json(200, ANONYMOUS), tenant(), json(401, UNAUTHORIZED)]).await;
    assert_found(&found, Verdict::Rejected, "anonymous");
    let found = answered([json(200, "{}")]).await;
    assert_found(&found, Verdict::Unreachable, "not-atlassian");
}

#[tokio::test]
async fn a_captcha_stops_everything() {
    for denied in [
        Response::of(401, &[("X-Seraph-LoginReason", "AUTHENTICATION_DENIED")], WORDS),
        Response::of(401, &[("X-Authentication-Denied-Reason", "CAPTCHA_CHALLENGE; login-url=https://x")], ""),
        Response::of(200, &[("X-Seraph-LoginReason", "AUTHENTICATION_DENIED")], "[]"),
    ] {
        let transport = Recorded::new([denied]);
        assert_found(&check(&transport, Kind::ApiToken).await, Verdict::Blocked, "captcha");
        assert_eq!(transport.lines().len(), 1, "no second attempt");
    }
}

#[tokio::test]
async fn a_password_is_told_from_a_token() {
    let body = "Basic authentication with passwords is deprecated.  For more information, see: https://x";
    let found = answered([Response::of(401, &[("Content-Type", "text/html")], body)]).await;
    assert_found(&found, Verdict::Rejected, "password");
}

#[tokio::test]
async fn policies_block_and_do_not_judge_the_token() {
    let list = r#"{"errorMessages":["The IP address has been rejected because it is not on the allowed list. See your admin for more information."],"errors":{}}"#;
    for status in [400, 401, 403] {
        let found = answered([json(status, list)]).await;
        assert_found(&found, Verdict::Blocked, "ip-allowlist");
    }
    let policy = r#"{"code":403,"message":"Your admin has blocked this API token."}"#;
    assert_found(&answered([json(403, policy)]).await, Verdict::Blocked, "policy-blocked");
    let inactive = MYSELF.replace("\"active\":true", "\"active\":false");
    assert_found(&answered([ok(&inactive)]).await, Verdict::Blocked, "inactive");
}

#[tokio::test]
async fn a_wrong_address_is_not_sent_at_all() {
    let silent = Recorded::new([]);
    for (username, name) in [
        (None, "email-missing"),
        (Some("  "), "email-missing"),
        (Some("dev"), "email-form"),
        (Some("5f0000000000000000000001"), "email-form"),
        (Some("557058:1111@x"), "email-form"),
    ] {
        let found = validate(&JiraCloud, &host(), &silent, Kind::ApiToken, username, &token(TOKEN)).await;
        assert_found(&found, Verdict::Unreachable, name);
    }
    let found = validate(&JiraCloud, &host(), &silent, Kind::ApiToken, Some("dev@example.com"), &token(KEY)).await;
    assert_found(&found, Verdict::Unreachable, "organisation-key");
}

#[tokio::test]
async fn cut_and_old_tokens_are_named_when_refused() {
    let refused = || Recorded::new([failed(), tenant(), json(401, UNAUTHORIZED)]);
    for (text, name) in [(&TOKEN[..40], "refused-cut"), ("KeyrackFakeTokenOld01a2b", "old-token")] {
        let found =
            validate(&JiraCloud, &host(), &refused(), Kind::ApiToken, Some("dev@example.com"), &token(text)).await;
        assert_found(&found, Verdict::Rejected, name);
    }
    let accepted = Recorded::new([ok(MYSELF), ok("{}")]);
    let found =
        validate(&JiraCloud, &host(), &accepted, Kind::ApiToken, Some("dev@example.com"), &token(&TOKEN[..40])).await;
    assert_eq!(found.verdict, Verdict::Valid, "the check of typing is a hint, the host decides");
}

#[tokio::test]
async fn an_access_token_that_has_ended_is_expired_whatever_the_gateway_says() {
    // `exp` is 2026-11-23T02:13:20Z and 2026-11-23T05:00:00Z; now is 04:00.
    let ended = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjE3OTU0MDAwMDB9.c2ln";
    let running = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjE3OTU0MTAwMDB9.c2ln";
    let gone = || json(404, r#"{"code":404,"message":"Not Found"}"#);
    let forbidden = || json(403, r#"{"code":403,"message":"Forbidden"}"#);
    for answer in [json(401, UNAUTHORIZED), gone(), forbidden()] {
        let transport = Recorded::new([tenant(), answer]);
        let found = validate(&JiraCloud, &host(), &transport, Kind::OauthToken, None, &token(ended)).await;
        assert_found(&found, Verdict::Expired, "oauth-expired");
        assert!(!format!("{found:?}").contains(ended));
    }
    let transport = Recorded::new([tenant(), json(401, UNAUTHORIZED)]);
    let found = validate(&JiraCloud, &host(), &transport, Kind::OauthToken, None, &token(running)).await;
    assert_found(&found, Verdict::Rejected, "oauth-refused");
    let transport = Recorded::new([tenant(), ok(MYSELF), ok("{}")]);
    let found = validate(&JiraCloud, &host(), &transport, Kind::OauthToken, None, &token(running)).await;
    assert_eq!((found.verdict, found.kind), (Verdict::Valid, Some(Kind::OauthToken)));
    assert!(matches!(found.expiry, keyrack::domain::Expiry::At(at) if at.as_second() == 1_795_410_000));
}

#[tokio::test]
async fn a_wrong_site_says_nothing_of_the_token() {
    for (first, second) in
        [(html(404), html(404)), (html(200), json(200, "{}")), (json(404, "{}"), json(404, r#"{"code":404}"#))]
    {
        assert_found(&answered([first, second]).await, Verdict::Unreachable, "no-such-site");
    }
    let transport = Recorded::with_errors([Err(NetError::new(NetErrorKind::Dns, "acme.atlassian.net:443", ""))]);
    assert_found(&check(&transport, Kind::ApiToken).await, Verdict::Unreachable, "net.dns");
    let busy = answered([html(404), Response::of(429, &[("Retry-After", "30")], "")]).await;
    assert_found(&busy, Verdict::Unreachable, "http.rate-limited");
    let hostile = answered([html(404), json(200, r#"{"cloudId":"../../admin"}"#)]).await;
    assert_found(&hostile, Verdict::Unreachable, "no-such-site");
}

#[tokio::test]
async fn a_site_without_either_product_and_one_that_the_token_cannot_see() {
    assert_found(&answered([html(404), tenant(), html(404)]).await, Verdict::Unreachable, "no-product");
    let forbidden = || json(403, r#"{"statusCode":403,"message":"Not permitted"}"#);
    assert_found(&answered([html(404), tenant(), forbidden()]).await, Verdict::Blocked, "no-product-access");
    let gone = || json(404, r#"{"code":404,"message":"Not Found"}"#);
    let transport = Recorded::new([tenant(), gone(), gone()]);
    assert_found(&check(&transport, Kind::ScopedApiToken).await, Verdict::Unreachable, "gateway-no-site");
}

#[tokio::test]
async fn the_site_alone_cannot_reject_while_the_gateway_is_out_of_reach() {
    let lost = || NetError::new(NetErrorKind::ConnectTimeout, "api.atlassian.com:443", "");
    let transport = Recorded::with_errors([Ok(failed()), Ok(tenant()), Err(lost())]);
    let found = check(&transport, Kind::ApiToken).await;
    assert_eq!(found.verdict, Verdict::Unreachable, "it may be a token with scopes: {found:#?}");
    let no_id = answered([failed(), json(404, "{}")]).await;
    assert_found(&no_id, Verdict::Rejected, "refused");
    assert_eq!(no_id.evidence.len(), 2);
}

#[tokio::test]
async fn what_others_answer_is_never_the_vendors_word() {
    for (answer, code) in [
        (Response::of(401, &[("Content-Type", "text/html")], "<html>Sign in to the proxy</html>"), "http.html"),
        (Response::of(403, &[], "Forbidden by policy"), "http.not-the-vendor"),
        (Response::of(302, &[("Location", "https://id.atlassian.com/login?x=1")], ""), "http.redirect"),
        (Response::of(407, &[], ""), "http.proxy-auth"),
        (Response::of(429, &[("Retry-After", "7")], ""), "http.rate-limited"),
        (html(503), "http.unavailable"),
        (html(500), "http.server-error"),
        (Response::of(203, &[("Content-Type", "application/json")], "{}"), "not-atlassian"),
        (json(410, r#"{"errorMessages":["The requested API has been removed."],"errors":{}}"#), "gone"),
        (Response::of(403, &[("ATL-TraceId", "1")], "XSRF check failed"), "xsrf"),
        (json(418, "{}"), "not-atlassian"),
    ] {
        assert_found(&answered([answer]).await, Verdict::Unreachable, code);
    }
}

#[tokio::test]
async fn a_203_or_a_page_with_a_good_body_proves_nothing() {
    let partial = Response::of(203, &[("Content-Type", "application/json")], MYSELF);
    assert_found(&answered([partial]).await, Verdict::Unreachable, "not-atlassian");
    let page = Response::of(200, &[("Content-Type", "text/html")], MYSELF);
    assert_found(&answered([page, html(200)]).await, Verdict::Unreachable, "no-such-site");
}

#[tokio::test]
async fn a_host_that_echoes_the_token_is_masked() {
    let echo = MYSELF.replace("Dev One", &TOKEN.replace('A', "\\u0041"));
    let found = answered([ok(&echo), ok("{}")]).await;
    assert_eq!(found.verdict, Verdict::Valid);
    assert!(!format!("{found:?}").contains("EXAMPLE_ONLY-NOT_A_TOKEN=5EEB61D5"), "{found:?}");
    let refused = json(401, &format!(r#"{{"code":401,"message":"no {TOKEN}"}}"#));
    let found = answered([refused, tenant(), json(401, UNAUTHORIZED)]).await;
    assert_found(&found, Verdict::Rejected, "refused");
}

#[tokio::test]
async fn a_scope_error_at_the_site_is_left_to_the_gateway() {
    let found = answered([json(401, SCOPE), tenant(), json(401, UNAUTHORIZED)]).await;
    assert_found(&found, Verdict::Rejected, "refused");
}
