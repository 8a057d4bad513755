//! API keys of organisations: validating and probing.

use keyrack::domain::{GrantSource, Kind, LookAt, Validation, Verdict};
use keyrack::hosts::{Family, Session};
use keyrack::net::Response;

use super::{
    GATEWAY, JiraCloud, KEY, ORG, Recorded, TOKEN, UNAUTHORIZED, assert_found, host, json, names, token, validate, wire,
};

const ORGS: &str = r#"{"data":[{"id":"99999999-aaaa-4bbb-8ccc-dddddddddddd","type":"orgs","attributes":{"name":"Acme"}}],"links":{"self":"x"}}"#;
/// The administration's own 403.
const FORBIDDEN: &str = r#"{"timestamp":"x","path":"/admin","status":403,"error":"Forbidden","message":"User has no permission to access resource.","requestId":"r1"}"#;

pub(super) fn orgs() -> Response {
    json(200, ORGS)
}

pub(super) fn forbidden() -> Response {
    json(403, FORBIDDEN)
}

async fn check(answer: Response, text: &str) -> Validation {
    let transport = Recorded::new([answer]);
    let found = validate(&JiraCloud, &host(), &transport, Kind::AdminKey, None, &token(text)).await;
    let seen = transport.seen.lock().unwrap();
    assert_eq!(seen[0].url, format!("{GATEWAY}/admin/v1/orgs"));
    let sent = seen[0].headers.iter().find(|(n, _)| n == "Authorization").unwrap();
    assert_eq!(sent.1.reveal(), format!("Bearer {text}"));
    assert!(!format!("{found:?}").contains(text));
    found
}

#[tokio::test]
async fn a_good_key_names_its_organisation() {
    let found = check(orgs(), KEY).await;
    assert_eq!(found.verdict, Verdict::Valid);
    let who = found.identity.as_ref().unwrap();
    assert_eq!((who.id.as_str(), who.name.as_str(), who.kind.as_str()), (ORG, "Acme", "organisation"));
    assert_eq!(names(&found, GrantSource::Probed), ["read:orgs:admin"]);
    assert_eq!(found.kind, Some(Kind::AdminKey));
}

#[tokio::test]
async fn every_refusal_of_a_key_has_its_finding() {
    for (answer, text, verdict, name) in [
        (json(401, UNAUTHORIZED), KEY, Verdict::Rejected, "admin-key-refused"),
        (json(401, UNAUTHORIZED), &KEY[..40], Verdict::Rejected, "refused-cut"),
        (json(401, UNAUTHORIZED), TOKEN, Verdict::Rejected, "account-token-as-key"),
        (forbidden(), KEY, Verdict::Limited, "admin-key-scope"),
        (Response::of(403, &[], "no"), KEY, Verdict::Unreachable, "http.not-the-vendor"),
        (json(200, r#"{"data":[]}"#), KEY, Verdict::Unreachable, "not-atlassian"),
        (json(200, r#"{"data":[{"id":"../x"}]}"#), KEY, Verdict::Unreachable, "not-atlassian"),
        (json(404, "{}"), KEY, Verdict::Unreachable, "not-atlassian"),
        (Response::of(429, &[("Retry-After", "1")], ""), KEY, Verdict::Unreachable, "http.rate-limited"),
    ] {
        assert_found(&check(answer, text).await, verdict, name);
    }
}

#[tokio::test]
async fn scopes_of_a_key_are_probed_by_reading() {
    let transport = Recorded::new([orgs(), json(200, r#"{"data":[]}"#), forbidden()]);
    let (host, secret) = (host(), token(KEY));
    let session = Session {
        wire: wire(&JiraCloud, &host, &transport, &[&secret]),
        host: &host,
        kind: Kind::AdminKey,
        username: None,
        secret: &secret,
    };
    let wanted = ["read:orgs:admin", "read:tokens:admin", "read:keys:admin", "delete:tokens:admin"].map(str::to_owned);
    let found = JiraCloud.prober().unwrap().probe(&session, &LookAt::default(), &wanted).await;
    let held: Vec<_> = found.grants.iter().map(|g| g.name.as_str()).collect();
    assert_eq!(held, ["read:orgs:admin", "read:tokens:admin"]);
    assert_eq!(found.denied, ["read:keys:admin"]);
    assert_eq!(found.unknown[0].0, "delete:tokens:admin", "no act is tried");
    assert!(transport.lines().iter().all(|l| l.starts_with("GET ")));
    assert_eq!(transport.lines()[1], format!("GET {GATEWAY}/admin/api-access/v1/orgs/{ORG}/api-tokens?pageSize=1"));
}
