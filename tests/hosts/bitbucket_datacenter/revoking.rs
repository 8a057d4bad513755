//! Revoking against recorded answers, and the routes decided offline.

use keyrack::domain::{Kind, Validation, Verdict};
use keyrack::hosts::{Authority, Family, Revocation, Route};
use keyrack::net::{HeaderText, Method, NetError, NetErrorKind, Response};

use super::{BitbucketDatacenter, Recorded, TOKEN, WEB, assert_found, host, html, own, thrown, token};
use crate::support;

const OTHER: &str = "BBDC-MTExMTExMTExMTExOktFWVJBQ0stRkFLRS1UT0tFTi0w";

fn password(user: &str) -> Authority {
    Authority { one_time_code: None, kind: None, username: Some(user.into()), secret: token("keyrack-demo-password") }
}

fn other_token() -> Authority {
    Authority { one_time_code: None, kind: Some(Kind::HttpAccessToken), username: None, secret: token(OTHER) }
}

async fn revoke(
    transport: &Recorded,
    kind: Kind,
    username: Option<&str>,
    remote_id: Option<&str>,
    using: Option<&Authority>,
) -> Revocation {
    support::revoke(&BitbucketDatacenter, &host(), transport, kind, username, &token(TOKEN), remote_id, using).await
}

async fn with_password(answer: Response) -> Revocation {
    revoke(&Recorded::new([answer]), Kind::HttpAccessToken, Some("jdoe"), None, Some(&password("jdoe"))).await
}

#[track_caller]
fn refused(revocation: Revocation) -> Validation {
    let Revocation::Refused(validation) = revocation else { panic!("{revocation:?}") };
    *validation
}

#[tokio::test]
async fn a_users_token_is_deleted_with_the_password_once() {
    let transport = Recorded::new([own(204, "")]);
    let done = revoke(&transport, Kind::HttpAccessToken, Some("JDoe"), None, Some(&password("JDoe"))).await;
    assert_eq!(done, Revocation::Accepted);
    let seen = transport.seen.lock().unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].method, Method::Delete);
    assert_eq!(seen[0].url, format!("{WEB}/rest/access-tokens/latest/users/jdoe/123456789012"));
    let header = |name: &str| seen[0].headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
    assert_eq!(header("X-Atlassian-Token").unwrap().reveal(), "no-check");
    let Some(HeaderText::Secret(sent)) = header("Authorization") else { panic!("no secret header") };
    assert!(sent.reveal().starts_with("Basic "));
    assert!(!seen[0].url.contains("password") && !sent.reveal().contains(TOKEN));
}

#[tokio::test]
async fn what_the_host_told_outranks_the_number_in_the_token() {
    let transport = Recorded::new([own(204, "")]);
    revoke(&transport, Kind::HttpAccessToken, Some("jdoe"), Some("42/x"), Some(&password("jdoe"))).await;
    assert!(transport.lines()[0].ends_with("/users/jdoe/42%2Fx"));
}

#[tokio::test]
async fn project_and_repository_tokens_take_a_bearer_signer() {
    for (kind, name, path) in
        [(Kind::ProjectToken, "ACME", "projects/ACME"), (Kind::RepositoryToken, "ACME/web", "projects/ACME/repos/web")]
    {
        let transport = Recorded::new([own(204, "")]);
        assert_eq!(revoke(&transport, kind, Some(name), None, Some(&other_token())).await, Revocation::Accepted);
        let seen = transport.seen.lock().unwrap();
        assert_eq!(seen[0].url, format!("{WEB}/rest/access-tokens/latest/{path}/123456789012"));
        assert_eq!(
            seen[0].headers.iter().find(|(n, _)| n == "Authorization").unwrap().1.reveal(),
            format!("Bearer {OTHER}")
        );
    }
}

#[tokio::test]
async fn a_wrong_password_is_refused_with_a_warning_and_not_tried_again() {
    let found = refused(with_password(thrown(401, "auth.IncorrectPasswordAuthenticationException")).await);
    assert_found(&found, Verdict::Unreachable, "wrong-password");
    assert!(found.findings[0].cause.contains("CAPTCHA") && found.findings[0].title.contains("jdoe"));
    assert_eq!(found.evidence.len(), 1);
}

#[tokio::test]
async fn a_captcha_stops_revoking() {
    let found = refused(with_password(thrown(403, "auth.CaptchaRequiredAuthenticationException")).await);
    assert_found(&found, Verdict::Blocked, "captcha");
}

#[tokio::test]
async fn a_token_that_is_not_there_is_said_so() {
    let body = r#"{"errors":[{"context":null,"message":"No such token.","exceptionName":null}]}"#;
    let found = refused(with_password(own(404, body)).await);
    assert_found(&found, Verdict::Unreachable, "token-not-found");
    assert!(found.findings[0].title.contains("123456789012") && found.findings[0].title.contains("user jdoe"));
}

#[tokio::test]
async fn every_other_refusal_has_its_finding() {
    for (answer, name) in [
        (thrown(401, "AuthorisationException"), "revoke-not-permitted"),
        (thrown(403, "AuthorisationException"), "revoke-not-permitted"),
        (thrown(404, "project.NoSuchProjectException"), "no-such-project"),
        (thrown(404, "repository.NoSuchRepositoryException"), "no-such-repository"),
        (own(403, "XSRF check failed"), "xsrf"),
        (html(404), "wrong-context-path"),
        (html(200), "sign-in-page"),
        (html(503), "maintenance"),
        (own(429, ""), "rate-limited"),
        (Response::of(302, &[("Location", "/bitbucket/login")], ""), "login-redirect"),
        (Response::of(403, &[], "denied"), "http.not-the-vendor"),
        (own(405, ""), "not-bitbucket"),
    ] {
        assert_found(&refused(with_password(answer).await), Verdict::Unreachable, name);
    }
}

#[tokio::test]
async fn a_refused_signing_token_is_told_from_a_wrong_password() {
    let transport = Recorded::new([thrown(401, "auth.IncorrectPasswordAuthenticationException")]);
    let found = refused(revoke(&transport, Kind::ProjectToken, Some("ACME"), None, Some(&other_token())).await);
    assert_found(&found, Verdict::Unreachable, "authority-refused");
}

#[tokio::test]
async fn basic_disabled_leads_to_the_guide() {
    let body = r#"{"message":"Basic Authentication has been disabled on this instance."}"#;
    let done = with_password(own(403, body)).await;
    let Revocation::Unsupported(found) = done else { panic!("{done:?}") };
    assert_found(&found, Verdict::Blocked, "basic-disabled");
}

#[tokio::test]
async fn a_lost_answer_is_unknown() {
    let error = NetError::new(NetErrorKind::ReadTimeout, "bitbucket.example.com:443", "");
    let transport = Recorded::with_errors([Err(error.clone())]);
    let done = revoke(&transport, Kind::HttpAccessToken, Some("jdoe"), None, Some(&password("jdoe"))).await;
    assert_eq!(done, Revocation::Unknown(error));
    for status in [500, 502, 504] {
        assert!(matches!(with_password(own(status, "")).await, Revocation::Unknown(_)), "{status}");
    }
}

#[tokio::test]
async fn nothing_is_sent_where_something_is_missing() {
    let silent = || Recorded::new([]);
    let jdoe = password("jdoe");
    let with_colon = password("jdoe:x");
    for (kind, username, using, code) in [
        (Kind::HttpAccessToken, Some("jdoe"), None, "authority-unfit"),
        (Kind::HttpAccessToken, Some("jdoe"), Some(&other_token()), "authority-unfit"),
        (Kind::HttpAccessToken, Some("jdoe"), Some(&with_colon), "authority-unfit"),
        (Kind::ProjectToken, None, Some(&jdoe), "owner-unknown"),
        (Kind::RepositoryToken, Some("ACME"), Some(&jdoe), "owner-unknown"),
        (Kind::HttpAccessToken, Some(".."), Some(&jdoe), "owner-unknown"),
    ] {
        let done = revoke(&silent(), kind, username, None, using).await;
        let Revocation::Unsupported(found) = done else { panic!("{code}: {done:?}") };
        assert_eq!(found.findings[0].code, format!("bitbucket-datacenter.{code}"));
    }
    let unknown_form = token("BBDC-KeyrackExampleOnly_NotARealToken-@1234567890ab");
    let done = support::revoke(
        &BitbucketDatacenter,
        &host(),
        &silent(),
        Kind::HttpAccessToken,
        Some("jdoe"),
        &unknown_form,
        None,
        Some(&jdoe),
    )
    .await;
    assert!(matches!(done, Revocation::Unsupported(f) if f.findings[0].code.ends_with(".token-id-unknown")));
}

#[test]
fn routes_say_what_is_needed_before_anything_is_sent() {
    let revoker = BitbucketDatacenter.revoker().unwrap();
    let route = |kind, username, using: Option<&Authority>| revoker.route(&host(), kind, username, using);
    let jdoe = password("jdoe");
    for (kind, name) in [
        (Kind::HttpAccessToken, Some("jdoe")),
        (Kind::HttpAccessToken, None),
        (Kind::ProjectToken, Some("ACME")),
        (Kind::RepositoryToken, Some("ACME/web")),
    ] {
        assert!(matches!(route(kind, name, None), Route::NeedsAuthority { password: true, .. }), "{kind}");
        let Route::AtHost(what) = route(kind, name, Some(&jdoe)) else { panic!("{kind}") };
        assert!(what.contains("DELETE") && what.contains("password of jdoe"), "{what}");
        assert!(!what.contains("keyrack-demo-password"));
    }
    assert!(matches!(route(Kind::HttpAccessToken, Some("jdoe"), Some(&other_token())), Route::NeedsAuthority { .. }));
    assert!(matches!(route(Kind::ProjectToken, Some("ACME"), Some(&other_token())), Route::AtHost(_)));
    for (kind, name) in
        [(Kind::ProjectToken, None), (Kind::ProjectToken, Some("ACME/web")), (Kind::RepositoryToken, Some("ACME"))]
    {
        assert!(matches!(route(kind, name, Some(&jdoe)), Route::Guided { .. }), "{kind}");
    }
}
