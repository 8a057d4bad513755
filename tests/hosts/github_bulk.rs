//! GitHub: many values revoked in one request.

use std::sync::Arc;

use keyrack::domain::{Host, Kind, Verdict};
use keyrack::hosts::github::GitHub;
use keyrack::hosts::{Family, Revocation};
use keyrack::net::{Body, NetError, NetErrorKind, Response};
use keyrack::secret::{Secret, SecretText};
use keyrack::simulator::Site;
use keyrack::simulator::github::GitHubSite;

use crate::github::{CLASSIC, FINE_GRAINED, INSTALLATION, OAUTH, assert_no_secret, codes, github_com, refusal, server};
use crate::support::{Direct, Recorded, host_of, now, token, validate, wire};

async fn revoke(host: &Host, texts: &[&str], recorded: &Recorded) -> Revocation {
    let secrets: Vec<Secret> = texts.iter().map(|t| token(t)).collect();
    let wire = wire(&GitHub, host, recorded, &secrets.iter().collect::<Vec<_>>());
    let parts: Vec<&SecretText> = secrets.iter().map(|s| &s.token).collect();
    let revocation = GitHub.bulk_revoker().unwrap().revoke_many(&wire, &parts).await;
    if let Revocation::Refused(validation) | Revocation::Unsupported(validation) = &revocation {
        texts.iter().for_each(|text| assert_no_secret(validation, text));
    }
    revocation
}

fn sent(recorded: &Recorded) -> (Option<String>, serde_json::Value) {
    let seen = recorded.seen.lock().unwrap();
    let signed = seen[0].headers.iter().find(|(n, _)| n == "Authorization").map(|(_, v)| v.reveal().to_owned());
    let Body::Secret(body) = &seen[0].body else { panic!("the body must be secret") };
    assert!(!format!("{seen:?}").contains("Tok129Stgq"));
    (signed, serde_json::from_str(body.reveal()).unwrap())
}

#[test]
fn what_one_request_takes() {
    let batch = |host: &Host| GitHub.bulk_revoker().unwrap().batch(host);
    let (kinds, most) = batch(&github_com()).unwrap();
    assert_eq!((kinds, most), ([Kind::ClassicPat, Kind::FineGrainedPat, Kind::OauthToken].as_slice(), 1000));
    assert_eq!(batch(&server()).unwrap().0, [Kind::ClassicPat, Kind::FineGrainedPat]);
    for (version, any) in [("3.18.2", false), ("3.19.0", true)] {
        assert_eq!(batch(&Host { version: Some(version.into()), ..server() }).is_some(), any, "{version}");
    }
}

#[tokio::test]
async fn the_cloud_takes_all_unsigned_and_a_server_wants_it_signed() {
    let accepted = || refusal(202, &[], "");
    let recorded = Recorded::new([accepted()]);
    assert_eq!(revoke(&github_com(), &[CLASSIC, FINE_GRAINED, OAUTH], &recorded).await, Revocation::Accepted);
    assert_eq!(recorded.lines(), ["POST https://api.github.com/credentials/revoke"]);
    assert_eq!(sent(&recorded), (None, serde_json::json!({"credentials": [CLASSIC, FINE_GRAINED, OAUTH]})));
    let recorded = Recorded::new([accepted()]);
    assert_eq!(revoke(&server(), &[CLASSIC, FINE_GRAINED], &recorded).await, Revocation::Accepted);
    let (signed, body) = sent(&recorded);
    assert_eq!(signed, Some(format!("Bearer {CLASSIC}")));
    assert_eq!(body, serde_json::json!({"credentials": [CLASSIC, FINE_GRAINED]}));
}

#[tokio::test]
async fn a_value_that_github_would_not_take_keeps_no_other_alive() {
    let legacy = "0a1b".repeat(10);
    let recorded = Recorded::new([refusal(202, &[], "")]);
    let texts = [legacy.as_str(), CLASSIC, INSTALLATION];
    assert_eq!(revoke(&github_com(), &texts, &recorded).await, Revocation::Accepted);
    assert_eq!(sent(&recorded).1, serde_json::json!({"credentials": [CLASSIC]}));
    let none = Recorded::new([]);
    assert!(matches!(revoke(&github_com(), &[legacy.as_str()], &none).await, Revocation::Unsupported(_)));
    assert!(matches!(revoke(&server(), &[OAUTH], &none).await, Revocation::Unsupported(_)));
}

#[tokio::test]
async fn refusals_and_lost_answers() {
    for (answer, code) in [
        (refusal(422, &[], "Validation Failed"), "github.revoke-invalid"),
        (refusal(403, &[], "Forbidden"), "github.revoke-was-authenticated"),
        (refusal(403, &[("x-ratelimit-remaining", "0")], "API rate limit exceeded"), "github.primary-rate-limit"),
        (Response::of(403, &[("Content-Type", "text/html")], "<html>"), "http.html"),
    ] {
        let Revocation::Refused(found) = revoke(&github_com(), &[CLASSIC], &Recorded::new([answer])).await else {
            panic!("{code}")
        };
        assert_eq!(codes(&found), [code]);
        assert!(!found.verdict.is_dead());
    }
    let lost = NetError::new(NetErrorKind::ReadTimeout, "api.github.com:443", "");
    let outcome = revoke(&github_com(), &[CLASSIC], &Recorded::with_errors([Err(lost)])).await;
    assert!(matches!(outcome, Revocation::Unknown(_)), "{outcome:?}");
}

#[tokio::test]
async fn at_the_site_a_thousand_die_at_once() {
    let site: Arc<dyn Site> = Arc::new(GitHubSite::dot_com());
    let spares: Vec<Secret> = (0..1000).map(|n| token(&site.spare(n, now()).secret)).collect();
    let parts: Vec<&SecretText> = spares.iter().map(|s| &s.token).collect();
    let (host, direct) = (host_of(&*site), Direct(Arc::clone(&site)));
    let wire = wire(&GitHub, &host, &direct, &[]);
    assert_eq!(GitHub.bulk_revoker().unwrap().revoke_many(&wire, &parts).await, Revocation::Accepted);
    for n in [0, 499, 999, 1000] {
        let spare = site.spare(n, now());
        let found = validate(&GitHub, &host, &direct, spare.kind, None, &token(&spare.secret)).await;
        assert_eq!(found.verdict == Verdict::Rejected, n < 1000, "{n}");
    }
}
