//! Every way in which site, token endpoint and data APIs say no.

use keyrack::domain::{Kind, Verdict};
use keyrack::hosts::open_devops::OpenDevOps;
use keyrack::net::{NetError, NetErrorKind, Response};
use keyrack::secret::Secret;

use super::{SECRET, answered, assert_found, bare, check, denied, granted, host, html, json, jwt, tenant};
use crate::support::{Recorded, token, validate};

#[tokio::test]
async fn a_wrong_site_is_told_by_the_missing_cloud_id() {
    for answer in [html(404), html(200), json(200, "{}"), json(200, r#"{"cloudId":"x"}"#), json(404, "{}"), bare(302)] {
        assert_found(&answered([answer]).await, Verdict::Unreachable, "no-such-site");
    }
    assert_found(&answered([json(503, "{}")]).await, Verdict::Unreachable, "http.unavailable");
    assert_found(&answered([json(429, "{}")]).await, Verdict::Unreachable, "http.rate-limited");
    let lost = Recorded::with_errors([Err(NetError::new(NetErrorKind::Dns, "GET https://acme", "no such host"))]);
    assert_eq!(check(&lost).await.verdict, Verdict::Unreachable);
}

#[tokio::test]
async fn a_wrong_client_id_or_secret_is_refused_at_both_endpoints() {
    // Which word stands for which is not confirmed, so both mean the same.
    for (first, second) in [
        (denied("access_denied"), denied("access_denied")),
        (denied("invalid_client"), denied("access_denied")),
        (json(403, r#"{"error":"access_denied","error_description":"Unauthorized"}"#), denied("invalid_client")),
        (json(401, r#"{"code":401,"message":"Unauthorized"}"#), json(401, r#"{"code":401,"message":"Unauthorized"}"#)),
    ] {
        let found = answered([tenant(), first, second]).await;
        assert_found(&found, Verdict::Rejected, "client-refused");
        assert_eq!(found.evidence.len(), 3, "both endpoints are evidence");
        assert!(found.findings[0].cause.contains("answers these alike"));
    }
}

#[tokio::test]
async fn an_app_of_the_developer_console_is_no_client_of_jira() {
    let other = || json(403, r#"{"error":"unauthorized_client","error_description":"Grant type not allowed"}"#);
    let found = answered([tenant(), other(), denied("access_denied")]).await;
    assert_found(&found, Verdict::Rejected, "not-client-credentials");
    let found = answered([tenant(), denied("access_denied"), other()]).await;
    assert_found(&found, Verdict::Rejected, "not-client-credentials");
}

#[tokio::test]
async fn a_token_endpoint_that_is_none_says_nothing_of_the_client() {
    let found = answered([tenant(), json(200, "{}")]).await;
    assert_found(&found, Verdict::Unreachable, "token-unreadable");
    let found = answered([tenant(), json(200, r#"{"access_token":"two words"}"#)]).await;
    assert_found(&found, Verdict::Unreachable, "token-unreadable");
    let found = answered([tenant(), json(404, "{}")]).await;
    assert_found(&found, Verdict::Unreachable, "token-unreadable");
    let found = answered([tenant(), json(400, r#"{"error":"invalid_request","error_description":"No."}"#)]).await;
    assert_found(&found, Verdict::Unreachable, "token-request-refused");
    for (answer, name) in [
        (html(200), "http.html"),
        (html(403), "http.html"),
        (Response::of(403, &[("Content-Type", "text/plain")], "Blocked"), "http.not-the-vendor"),
        (json(500, r#"{"error":"server_error"}"#), "http.server-error"),
        (json(429, "{}"), "http.rate-limited"),
        (Response::of(302, &[("Location", "https://sso.acme.dev/")], ""), "http.redirect"),
    ] {
        assert_found(&answered([tenant(), answer]).await, Verdict::Unreachable, name);
    }
}

#[tokio::test]
async fn a_refusal_stands_only_if_the_second_endpoint_was_heard() {
    let down = json(503, "{}");
    let found = answered([tenant(), denied("access_denied"), down]).await;
    assert_found(&found, Verdict::Unreachable, "http.unavailable");
}

#[tokio::test]
async fn a_record_without_client_id_is_not_sent() {
    let transport = Recorded::new([tenant()]);
    for username in [None, Some(" ")] {
        let transport = Recorded::new([tenant()]);
        let found = validate(&OpenDevOps, &host(), &transport, Kind::OauthClient, username, &token(SECRET)).await;
        assert_found(&found, Verdict::Unreachable, "no-client-id");
    }
    drop(transport);
}

#[tokio::test]
async fn a_client_without_any_permission_works_and_is_of_no_use() {
    let found = answered([tenant(), granted(3600), bare(403), bare(403), bare(403), bare(403), bare(403)]).await;
    assert_found(&found, Verdict::Limited, "no-permission");
    assert_eq!(found.denied.len(), 5);
}

#[tokio::test]
async fn a_site_without_jira_software_is_told_by_the_gateways_own_404() {
    let gateway = || json(404, r#"{"code":404,"message":"Not Found"}"#);
    let found = answered([tenant(), granted(3600), gateway(), gateway(), gateway(), gateway(), gateway()]).await;
    assert_found(&found, Verdict::Limited, "no-jira-software");
    assert!(found.grants.iter().all(|g| g.name == "manage:jira-data-provider"), "a gateway's 404 grants nothing");
}

#[tokio::test]
async fn a_fresh_token_that_jira_refuses_does_not_make_the_client_bad() {
    let no = || json(401, r#"{"code":401,"message":"Unauthorized"}"#);
    let found = answered([tenant(), granted(3600), no(), bare(401), no(), no(), no()]).await;
    assert_found(&found, Verdict::Limited, "fresh-token-refused");
}

#[tokio::test]
async fn a_pasted_token_that_is_refused_is_expired_where_its_end_has_passed() {
    for (life, verdict, name) in [(-60, Verdict::Expired, "token-ended"), (1800, Verdict::Rejected, "bearer-refused")] {
        let pasted = Secret::token(jwt(life).as_str().into());
        let transport = Recorded::new([tenant(), bare(401), bare(401), bare(401), bare(401), bare(401)]);
        let found = validate(&OpenDevOps, &host(), &transport, Kind::OauthToken, None, &pasted).await;
        assert_found(&found, verdict, name);
    }
    // A proxy's 401 on every request is no word of Atlassian's.
    let proxy = || Response::of(401, &[("Content-Type", "text/plain")], "Proxy log-in needed");
    let pasted = Secret::token(jwt(1800).as_str().into());
    let transport = Recorded::new([tenant(), proxy(), proxy(), proxy(), proxy(), proxy()]);
    let found = validate(&OpenDevOps, &host(), &transport, Kind::OauthToken, None, &pasted).await;
    assert_found(&found, Verdict::Unreachable, "http.not-the-vendor");
}

#[tokio::test]
async fn a_host_that_echoes_the_secret_does_not_make_it_shown() {
    let echo = json(401, &format!(r#"{{"error":"invalid_client","error_description":"secret {SECRET} is wrong"}}"#));
    let found = answered([tenant(), echo.clone(), echo]).await;
    assert_eq!(found.verdict, Verdict::Rejected);
    let token = jwt(3600);
    let echo = json(401, &format!(r#"{{"code":401,"message":"Unauthorized token {token}"}}"#));
    let found = answered([tenant(), granted(3600), echo.clone(), echo.clone(), echo.clone(), echo.clone(), echo]).await;
    assert_eq!(found.verdict, Verdict::Limited);
}
