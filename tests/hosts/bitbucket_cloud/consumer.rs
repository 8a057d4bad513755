//! OAuth consumers: validated by a token they get, and minting.

use keyrack::domain::{Expiry, Kind, Minted, Validation, Verdict};
use keyrack::hosts::bitbucket_cloud::BitbucketCloud;
use keyrack::hosts::{Family, Outcome, Session};
use keyrack::net::{Body, NetError, NetErrorKind, Response};

use super::{USER, assert_found, authorization, basic, error, host, json};
use crate::support::{Recorded, now, token, wire};

const KEY: &str = "KeyrackFakeConsume";
const SECRET: &str = "KeyrackFakeConsumerSecret0000000";
const GIVEN: &str = r#"{"access_token":"KEYRACK-FAKE-HANDED-OUT","scopes":"account pullrequest:write","expires_in":7200,"token_type":"bearer","state":"client_credentials","refresh_token":"KEYRACK-FAKE-REFRESH"}"#;

async fn check(transport: &Recorded, key: Option<&str>) -> Validation {
    let found = super::validate(&BitbucketCloud, &host(), transport, Kind::OauthClient, key, &token(SECRET)).await;
    let dump = format!("{found:?}");
    for secret in [SECRET, "KEYRACK-FAKE-HANDED-OUT", "KEYRACK-FAKE-REFRESH"] {
        assert!(!dump.contains(secret), "{dump}");
    }
    found
}

async fn mint(transport: &Recorded) -> Outcome<Minted> {
    let (host, secret) = (host(), token(SECRET));
    let session = Session {
        wire: wire(&BitbucketCloud, &host, transport, &[&secret]),
        host: &host,
        kind: Kind::OauthClient,
        username: Some(KEY),
        secret: &secret,
    };
    BitbucketCloud.minter().unwrap().mint(&session).await
}

#[tokio::test]
async fn a_consumer_is_proved_by_the_token_it_gets() {
    let transport = Recorded::new([json(200, &[], GIVEN), json(200, &[], USER)]);
    let found = check(&transport, Some(KEY)).await;
    assert_eq!((found.verdict, found.expiry), (Verdict::Valid, Expiry::Never), "{found:#?}");
    assert_eq!(found.identity.unwrap().login, "devone");
    assert!(found.all_grants_told && found.grants.iter().any(|g| g.name == "repository:write"));
    assert_eq!(
        transport.lines(),
        ["POST https://bitbucket.org/site/oauth2/access_token", "GET https://api.bitbucket.org/2.0/user"]
    );
    assert_eq!(authorization(&transport, 0), basic(KEY, SECRET));
    assert_eq!(authorization(&transport, 1), "Bearer KEYRACK-FAKE-HANDED-OUT");
    let seen = transport.seen.lock().unwrap();
    assert_eq!(seen[0].body, Body::Text("grant_type=client_credentials".into()));
}

#[tokio::test]
async fn a_look_at_the_account_that_fails_changes_nothing() {
    for extra in [error(403, "Forbidden"), error(401, "Access token expired."), Response::of(429, &[], "")] {
        let found = check(&Recorded::new([json(200, &[], GIVEN), extra]), Some(KEY)).await;
        assert!(found.verdict == Verdict::Valid && found.findings.is_empty(), "{found:#?}");
    }
}

#[tokio::test]
async fn a_token_is_minted_for_as_long_as_the_host_says() {
    let Outcome::Done(minted) = mint(&Recorded::new([json(200, &[], GIVEN)])).await else { panic!() };
    assert_eq!(minted.token.reveal(), "KEYRACK-FAKE-HANDED-OUT");
    assert_eq!(minted.expires_at.duration_since(now()).as_secs(), 7200);
    assert_eq!(minted.scopes, ["account", "pullrequest:write"]);
    for odd in ["-5", "99999999999999", "null"] {
        let body = GIVEN.replace("7200", odd);
        let Outcome::Done(minted) = mint(&Recorded::new([json(200, &[], &body)])).await else { panic!() };
        assert_eq!(minted.expires_at.duration_since(now()).as_secs(), 7200, "{odd}");
    }
}

#[tokio::test]
async fn a_wrong_key_or_secret_is_rejected() {
    for (status, body) in [
        (401, r#"{"error":"invalid_client","error_description":"Invalid OAuth client credentials"}"#),
        (400, r#"{"error":"invalid_grant"}"#),
        (401, r#"{"type":"error","error":{"message":"Token is invalid."}}"#),
    ] {
        let found = check(&Recorded::new([json(status, &[], body)]), Some(KEY)).await;
        assert_found(&found, Verdict::Rejected, "oauth-client-refused");
    }
}

#[tokio::test]
async fn a_consumer_that_is_not_private_is_limited() {
    let body = r#"{"error":"unauthorized_client","error_description":"Cannot use client_credentials"}"#;
    let found = check(&Recorded::new([json(400, &[], body)]), Some(KEY)).await;
    assert_found(&found, Verdict::Limited, "oauth-client-not-allowed");
    assert!(found.findings[0].remedy.contains("This is a private consumer"));
}

#[tokio::test]
async fn without_a_key_nothing_is_sent() {
    for key in [None, Some(""), Some("a:b")] {
        let found = check(&Recorded::new([]), key).await;
        assert_found(&found, Verdict::Unreachable, "client-id-missing");
    }
}

#[tokio::test]
async fn what_is_not_the_vendors_word_says_nothing_of_the_consumer() {
    for (answer, code) in [
        (Response::of(401, &[], "no"), "http.not-the-vendor"),
        (Response::of(200, &[("Content-Type", "text/html")], "<html>"), "http.html"),
        (Response::of(503, &[], ""), "http.unavailable"),
        (Response::of(400, &[], ""), "unknown-path"),
    ] {
        assert_found(&check(&Recorded::new([answer]), Some(KEY)).await, Verdict::Unreachable, code);
    }
    // A success without a token may have made one.
    let Outcome::Unknown(_) = mint(&Recorded::new([json(200, &[], "{}")])).await else { panic!() };
    let lost = Recorded::with_errors([Err(NetError::new(NetErrorKind::Reset, "bitbucket.org:443", ""))]);
    let Outcome::Unknown(_) = mint(&lost).await else { panic!() };
    let Outcome::Refused(_) = mint(&Recorded::new([json(401, &[], r#"{"error":"invalid_client"}"#)])).await else {
        panic!()
    };
}
