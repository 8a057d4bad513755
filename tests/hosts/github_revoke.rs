//! What is sent to revoke a token, and what each answer means. Nothing here validates.

use keyrack::domain::{Host, Kind, Validation};
use keyrack::hosts::github::GitHub;
use keyrack::hosts::recognise::recognise;
use keyrack::hosts::{Authority, Family, Revocation, Route};
use keyrack::net::{Body, NetError, NetErrorKind, Response};

use crate::github::{
    CLASSIC, FINE_GRAINED, INSTALLATION, OAUTH, REFRESH, STATELESS, assert_no_secret, codes, github_com, refusal,
    server,
};
use crate::support::{Recorded, token};

async fn revoke_with(host: &Host, text: &str, recorded: &Recorded, using: Option<&Authority>) -> Revocation {
    let kind = recognise(text).first().map_or(Kind::Unknown, |candidate| candidate.kind);
    let revocation = crate::support::revoke(&GitHub, host, recorded, kind, None, &token(text), None, using).await;
    if let Revocation::Refused(validation) | Revocation::Unsupported(validation) = &revocation {
        assert_no_secret(validation, text);
    }
    revocation
}

async fn revoke(host: &Host, text: &str, answer: Response) -> Revocation {
    revoke_with(host, text, &Recorded::new([answer]), None).await
}

fn refused(revocation: Revocation) -> Validation {
    match revocation {
        Revocation::Refused(validation) => *validation,
        other => panic!("{other:?}"),
    }
}

fn authorization(recorded: &Recorded) -> Option<String> {
    let seen = recorded.seen.lock().unwrap();
    seen[0].headers.iter().find(|(name, _)| name == "Authorization").map(|(_, value)| value.reveal().to_owned())
}

fn accepted() -> Response {
    refusal(202, &[], "")
}

#[tokio::test]
async fn the_cloud_takes_the_value_unsigned() {
    let tenant = Host::new("acme", keyrack::domain::FamilyId::new("github"), "https://acme.ghe.com");
    for (host, api) in [(github_com(), "https://api.github.com"), (tenant, "https://api.acme.ghe.com")] {
        for text in [CLASSIC, FINE_GRAINED, OAUTH, "ghu_00000000000000000000000000000A1TrKBc", REFRESH] {
            let recorded = Recorded::new([accepted()]);
            let using =
                Authority { one_time_code: None, kind: Some(Kind::ClassicPat), username: None, secret: token(CLASSIC) };
            assert_eq!(revoke_with(&host, text, &recorded, Some(&using)).await, Revocation::Accepted);
            assert_eq!(recorded.lines(), [format!("POST {api}/credentials/revoke")]);
            assert_eq!(authorization(&recorded), None);
            let seen = recorded.seen.lock().unwrap();
            let Body::Secret(body) = &seen[0].body else { panic!("the body must be secret") };
            let body: serde_json::Value = serde_json::from_str(body.reveal()).unwrap();
            assert_eq!(body, serde_json::json!({"credentials": [text]}));
            assert!(!format!("{:?}", seen[0]).contains(text));
        }
    }
}

#[tokio::test]
async fn an_installation_token_ends_itself() {
    for (host, api) in [(github_com(), "https://api.github.com"), (server(), "https://github.acme.dev/api/v3")] {
        for text in [INSTALLATION, STATELESS] {
            let recorded = Recorded::new([Response::of(204, &[], "")]);
            assert_eq!(revoke_with(&host, text, &recorded, None).await, Revocation::Accepted);
            assert_eq!(recorded.lines(), [format!("DELETE {api}/installation/token")]);
            assert_eq!(authorization(&recorded), Some(format!("Bearer {text}")));
        }
    }
    let dead = refused(revoke(&github_com(), INSTALLATION, refusal(401, &[], "Bad credentials")).await);
    assert_eq!(codes(&dead), ["github.bad-credentials"]);
}

#[tokio::test]
async fn a_server_wants_the_order_signed() {
    let recorded = Recorded::new([accepted()]);
    assert_eq!(revoke_with(&server(), CLASSIC, &recorded, None).await, Revocation::Accepted);
    assert_eq!(recorded.lines(), ["POST https://github.acme.dev/api/v3/credentials/revoke"]);
    assert_eq!(authorization(&recorded), Some(format!("Bearer {CLASSIC}")));

    let other = "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";
    let using = Authority { one_time_code: None, kind: Some(Kind::ClassicPat), username: None, secret: token(other) };
    let recorded = Recorded::new([accepted()]);
    assert_eq!(revoke_with(&server(), CLASSIC, &recorded, Some(&using)).await, Revocation::Accepted);
    assert_eq!(authorization(&recorded), Some(format!("Bearer {other}")));
}

#[tokio::test]
async fn a_server_without_the_request_is_unsupported_and_a_refusal_is_no_revocation() {
    match revoke(&server(), CLASSIC, refusal(404, &[], "Not Found")).await {
        Revocation::Unsupported(validation) => assert_eq!(codes(&validation), ["github.revoke-unsupported"]),
        other => panic!("{other:?}"),
    }
    for status in [401, 403] {
        let validation = refused(revoke(&server(), CLASSIC, refusal(status, &[], "Bad credentials")).await);
        assert_eq!(codes(&validation), ["github.revoke-not-allowed"]);
        assert!(!validation.verdict.is_dead());
    }
}

#[tokio::test]
async fn refusals_of_the_cloud() {
    for (answer, code) in [
        (refusal(422, &[], "Validation Failed"), "github.revoke-invalid"),
        (refusal(403, &[], "Forbidden"), "github.revoke-was-authenticated"),
        (refusal(403, &[("x-ratelimit-remaining", "0")], "API rate limit exceeded"), "github.primary-rate-limit"),
        (refusal(429, &[("Retry-After", "60")], "secondary rate limit"), "github.secondary-rate-limit"),
        (Response::of(202, &[("Content-Type", "text/html")], "<html>"), "http.html"),
        (Response::of(200, &[], "{}"), "github.unexpected-answer"),
        (Response::of(302, &[("Location", "https://login.acme.dev")], ""), "http.redirect"),
        (Response::of(403, &[("Content-Type", "text/html")], "<html>"), "http.html"),
        (Response::of(403, &[], "no"), "http.not-the-vendor"),
        (Response::of(503, &[], ""), "http.unavailable"),
    ] {
        let validation = refused(revoke(&github_com(), CLASSIC, answer).await);
        assert_eq!(codes(&validation), [code]);
        assert!(!validation.verdict.is_dead(), "a refused order says nothing of the token");
    }
}

#[tokio::test]
async fn an_outcome_that_nobody_saw_is_unknown() {
    for status in [500, 502, 504] {
        let outcome = revoke(&github_com(), CLASSIC, Response::of(status, &[], "")).await;
        assert!(matches!(outcome, Revocation::Unknown(_)), "{outcome:?}");
    }
    for (kind, unknown) in [
        (NetErrorKind::ReadTimeout, true),
        (NetErrorKind::ClosedEarly, true),
        (NetErrorKind::Refused, false),
        (NetErrorKind::TlsExpired, false),
    ] {
        let recorded = Recorded::with_errors([Err(NetError::new(kind, "api.github.com:443", ""))]);
        let outcome = revoke_with(&github_com(), CLASSIC, &recorded, None).await;
        assert_eq!(matches!(outcome, Revocation::Unknown(_)), unknown, "{outcome:?}");
    }
}

#[tokio::test]
async fn what_no_request_revokes_is_not_sent() {
    let legacy = "0a1b".repeat(10);
    let legacy_installation = format!("v1.{legacy}");
    for (host, text, code) in [
        (github_com(), legacy.as_str(), "github.revoke-legacy-form"),
        (github_com(), legacy_installation.as_str(), "github.revoke-legacy-form"),
        (server(), OAUTH, "github.revoke-no-api"),
        (server(), REFRESH, "github.revoke-no-api"),
    ] {
        match revoke_with(&host, text, &Recorded::new([]), None).await {
            Revocation::Unsupported(validation) => assert_eq!(codes(&validation), [code]),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn routes_say_what_will_happen() {
    let route = |host: &Host, kind| GitHub.revoker().unwrap().route(host, kind, None, None);
    for kind in [Kind::ClassicPat, Kind::FineGrainedPat, Kind::OauthToken, Kind::AppToken] {
        match route(&github_com(), kind) {
            Route::AtHost(what) => assert!(what.contains("GitHub deletes") && what.contains("owner"), "{what}"),
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(route(&server(), Kind::ClassicPat), Route::AtHost(what) if what.contains("signed with itself")));
    assert!(matches!(route(&server(), Kind::OauthToken), Route::Guided { .. }));
    assert!(matches!(route(&github_com(), Kind::AccessKey), Route::Guided { .. }));
    for (version, at_host) in [("3.18.2", false), ("2.22.0", false), ("3.19.0", true), ("4.0", true), ("?", true)] {
        let host = Host { version: Some(version.into()), ..server() };
        assert_eq!(matches!(route(&host, Kind::FineGrainedPat), Route::AtHost(_)), at_host, "{version}");
    }
}
