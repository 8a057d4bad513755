//! GitLab: recognition without a request, the shipped facts, and detection without a credential.

use keyrack::domain::{Candidate, Checksum, FamilyId, Host, Kind};
use keyrack::hosts::facts::{Facts, read};
use keyrack::hosts::gitlab::GitLab;
use keyrack::hosts::recognise::recognise;
use keyrack::hosts::{Detection, Family};
use keyrack::net::{NetError, NetErrorKind, Response};

use crate::gitlab::{TOKEN, json};
use crate::support::{Recorded, wire};

fn gitlab_candidates(text: &str) -> Vec<Candidate> {
    recognise(text).into_iter().filter(|c| c.family.as_str() == "gitlab").collect()
}

#[test]
fn every_prefix_is_recognised_with_its_kind() {
    let hex = "0123456789abcdef0123456789abcdef01234567";
    let sixty_four = "ExampleFake0".repeat(6);
    for (text, kind, certain) in [
        (TOKEN.to_owned(), Kind::Pat, true),
        (format!("ACME-{TOKEN}"), Kind::Pat, true),
        ("glpat-AAECAwQFBgcICQoLDA0OD286MQp1OjJzCA.01.0y0wdsbqj".to_owned(), Kind::Pat, true),
        ("glpat-ExampleFakeTok".to_owned(), Kind::Pat, false),
        ("gldt-ExampleFakeToken0001".to_owned(), Kind::GitCredential, true),
        (format!("gloas-{}", &sixty_four[..64]), Kind::OauthClient, true),
        ("glrt-ExampleFakeToken0001".to_owned(), Kind::Unknown, true),
        ("glrtr-ExampleFakeToken0001".to_owned(), Kind::Unknown, true),
        ("GR1348941ExampleFakeToken0001".to_owned(), Kind::Unknown, true),
        ("glcbt-64_ExampleFakeToken0001".to_owned(), Kind::Unknown, true),
        (format!("glptt-{hex}"), Kind::Unknown, true),
        ("glft-ExampleFakeToken0001".to_owned(), Kind::Unknown, true),
        ("glimt-ExampleFakeTokenMail00001".to_owned(), Kind::Unknown, true),
        (format!("glagent-{}", &sixty_four[..50]), Kind::Unknown, true),
        ("glsoat-ExampleFakeToken0001".to_owned(), Kind::Unknown, true),
        ("ACME-glffct-ExampleFakeToken0001".to_owned(), Kind::Unknown, true),
        ("glwt-ExampleFake".to_owned(), Kind::Unknown, true),
        ("_gitlab_session=0123456789abcdef0123456789abcdef".to_owned(), Kind::Unknown, true),
        ("00c0ffee".repeat(8), Kind::OauthToken, false),
        ("ExampleFakeToken0001".to_owned(), Kind::Pat, false),
    ] {
        let found = gitlab_candidates(&text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert_eq!((found[0].kind, found[0].certain), (kind, certain), "{text}");
        assert!(found[0].carries.iter().any(|(name, _)| name == "type"), "{text}");
    }
}

#[test]
fn routable_vector_carries_its_claims_and_a_typing_error_is_noticed() {
    let vector = "glpat-AAECAwQFBgcICQoLDA0OD286MQp1OjJzCA.01.0y0wdsbqj";
    let found = &gitlab_candidates(vector)[0];
    assert_eq!(found.checksum, Checksum::Ok);
    for claim in [("organization", "1"), ("user", "100")] {
        assert!(found.carries.contains(&(claim.0.to_owned(), claim.1.to_owned())), "{:?}", found.carries);
    }
    let found = &gitlab_candidates(&vector.replace("OD286", "OD287"))[0];
    assert_eq!((found.checksum, found.certain), (Checksum::Mismatch, false));
    let found = &gitlab_candidates(&vector[..45])[0];
    assert_eq!((found.checksum, found.certain), (Checksum::Mismatch, false));
}

#[test]
fn texts_of_other_products_are_not_taken() {
    for text in
        ["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", "hello", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJmYWtlIn0.abcdefghi", ""]
    {
        assert!(gitlab_candidates(text).is_empty(), "{text}");
    }
}

#[test]
fn the_shipped_facts_are_whole() {
    let facts: Facts = toml::from_str(read("hosts/gitlab.toml").unwrap()).unwrap();
    assert_eq!(*GitLab.facts(), facts);
    for kind in &facts.kinds {
        assert!(!kind.revoke_steps.is_empty(), "{}", kind.kind);
        assert!(kind.patterns.iter().all(|p| regex::Regex::new(&p.regex).is_ok()), "{}", kind.kind);
    }
    for implied in facts.scopes.iter().flat_map(|s| &s.implies) {
        assert!(facts.scopes.iter().any(|s| s.name == *implied), "{implied}");
    }
}

// --- detection ---

async fn detect(url: &str, answer: Result<Response, NetError>) -> Detection {
    let host = Host::new("h", FamilyId::new("gitlab"), url);
    let transport = Recorded::with_errors([answer]);
    let found = GitLab.detect(&wire(&GitLab, &host, &transport, &[])).await;
    assert!(transport.seen.lock().unwrap()[0].headers.iter().all(|(name, _)| name == "Accept"));
    found
}

#[tokio::test]
async fn gitlabs_own_401_is_the_good_sign() {
    let found = detect("https://example.com/gitlab", Ok(json(401, r#"{"message":"401 Unauthorized"}"#))).await;
    assert_eq!(found, Detection::Found { product: "GitLab".to_owned(), version: None });
    let told = json(200, r#"{"version":"19.4.2-ee","revision":"0a1b2c3d4e5"}"#);
    let found = detect("https://gitlab.example.com", Ok(told)).await;
    assert_eq!(found, Detection::Found { product: "GitLab".to_owned(), version: Some("19.4.2-ee".to_owned()) });
}

#[tokio::test]
async fn anything_else_is_not_gitlab() {
    for (answer, code) in [
        (Response::of(200, &[("Content-Type", "text/html")], "<html>"), "http.html"),
        (json(404, r#"{"error":"404 Not Found"}"#), "gitlab.wrong-root"),
        (json(401, r#"{"message":"Unauthorized"}"#), "gitlab.wrong-root"),
        (json(200, r#"{"version":"1.0"}"#), "gitlab.wrong-root"),
        (Response::of(302, &[("Location", "https://sso.example.com/")], ""), "http.redirect"),
        (Response::of(502, &[], ""), "http.server-error"),
    ] {
        let Detection::NotThis(finding) = detect("https://example.com/a/b", Ok(answer)).await else { panic!("{code}") };
        assert_eq!(finding.code, code);
        if code == "gitlab.wrong-root" {
            assert!(finding.remedy.contains("https://example.com/a, https://example.com;"), "{}", finding.remedy);
        }
    }
    let error = NetError::new(NetErrorKind::Refused, "example.com:443", "");
    assert_eq!(detect("https://example.com", Err(error.clone())).await, Detection::Unreachable(error));
}
