//! The organisation's list, and revoking from it.

use keyrack::domain::{Expiry, Kind, RemoteList, RemoteState, Validation, Verdict};
use keyrack::hosts::{Act, Authority, Family, Outcome, Revocation, Route};
use keyrack::net::{Method, NetError, NetErrorKind, Response};

use super::keys::{forbidden, orgs};
use super::{
    GATEWAY, JiraCloud, KEY, ORG, Recorded, TOKEN, UNAUTHORIZED, assert_found, host, json, org_key, token, wire,
};

const LINE: &str = r#"{"id":"tok-1","label":"keyrack laptop","status":"ALLOWED","createdAt":"2026-01-10T09:00:00Z","expiresAt":"2027-01-10T00:00:00Z","lastActiveAt":"2026-11-20T07:15:00Z","user":{"id":"5f0000000000000000000001","orgId":"x","name":"Dev One","email":"dev@example.com"}}"#;

fn page(lines: &str, next: Option<&str>) -> Response {
    let next = next.map_or_else(|| "null".to_owned(), |n| format!("\"{n}\""));
    json(200, &format!(r#"{{"data":[{lines}],"links":{{"self":"c0","next":{next},"prev":null}}}}"#))
}

async fn list_as(transport: &Recorded, using: &Authority) -> Outcome<RemoteList> {
    let host = host();
    let act = Act { wire: wire(&JiraCloud, &host, transport, &[&using.secret]), host: &host, using };
    let found = JiraCloud.lister().unwrap().list(&act).await;
    assert!(!format!("{found:?}").contains(using.secret.token.reveal()));
    found
}

async fn list(transport: &Recorded) -> RemoteList {
    let Outcome::Done(list) = list_as(transport, &org_key()).await else { panic!() };
    list
}

async fn revoke(transport: &Recorded, ids: &[&str]) -> Vec<Revocation> {
    let (host, using) = (host(), org_key());
    let act = Act { wire: wire(&JiraCloud, &host, transport, &[&using.secret]), host: &host, using: &using };
    let ids: Vec<String> = ids.iter().map(|i| (*i).to_owned()).collect();
    JiraCloud.lister().unwrap().revoke(&act, &ids).await
}

#[track_caller]
fn refused(done: &Revocation) -> &Validation {
    let (Revocation::Refused(found) | Revocation::Unsupported(found)) = done else { panic!("{done:?}") };
    found
}

#[test]
fn only_a_key_of_the_organisation_may_list() {
    let lister = JiraCloud.lister().unwrap();
    assert!(matches!(lister.route(&host(), Some(&org_key())), Route::AtHost(_)));
    let account = Authority { kind: Some(Kind::ApiToken), username: None, secret: token(TOKEN), one_time_code: None };
    for using in [None, Some(&account)] {
        let Route::NeedsAuthority { why, password } = lister.route(&host(), using) else { panic!() };
        assert!(why.contains("admin-key") && !password);
    }
}

#[tokio::test]
async fn all_pages_of_all_lists_are_read() {
    let second = LINE.replace("tok-1", "tok-2").replace("ALLOWED", "BLOCKED").replace("keyrack laptop", "old");
    let ended = LINE.replace("tok-1", "tok-3").replace("2027-01-10T00", "2026-11-01T00");
    let key = r#"{"id":"key-1","name":"ci key","expiresAt":"2026-12-01T00:00:00Z","createdBy":{"id":"a","email":"ana@example.com"}}"#;
    let service = r#"{"id":"tok-9","label":"bot","user":{"id":"5f0000000000000000000003","name":"Bot"}}"#;
    let transport = Recorded::new([
        orgs(),
        page(LINE, Some("c 1&x=y")),
        page(&format!("{second},{ended}"), None),
        page(service, None),
        page(key, None),
    ]);
    let found = list(&transport).await;
    assert_eq!(found.of, "organisation Acme");
    let ids: Vec<_> = found.tokens.iter().map(|t| t.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "managed/5f0000000000000000000001/tok-1",
            "managed/5f0000000000000000000001/tok-2",
            "managed/5f0000000000000000000001/tok-3",
            "service/5f0000000000000000000003/tok-9",
            &format!("key/{ORG}/key-1"),
        ]
    );
    let first = &found.tokens[0];
    assert_eq!((first.name.as_str(), first.owner.as_str(), first.kind), ("keyrack laptop", "dev@example.com", None));
    assert_eq!(
        first.created_at.unwrap().to_string(),
        "2026-01-10T09:00:00Z",
        "what a person matches by, beside the name"
    );
    assert_eq!(first.expiry, Expiry::At("2027-01-10T00:00:00Z".parse().unwrap()));
    assert_eq!(first.last_used.unwrap().to_string(), "2026-11-20T07:15:00Z");
    assert_eq!(
        found.tokens.iter().map(|t| t.state).collect::<Vec<_>>()[..3],
        [RemoteState::Active, RemoteState::Inactive, RemoteState::Expired]
    );
    assert_eq!(found.tokens[3].kind, Some(Kind::ServiceAccountToken));
    assert!(found.tokens[3].notes[0].contains("cannot be revoked alone"));
    assert_eq!((found.tokens[4].kind, found.tokens[4].owner.as_str()), (Some(Kind::AdminKey), "ana@example.com"));
    assert!(found.gaps.iter().any(|g| g.contains("managed accounts")) && found.gaps.len() == 1, "{:?}", found.gaps);
    let base = format!("GET {GATEWAY}/admin/api-access/v1/orgs/{ORG}");
    assert_eq!(transport.lines()[1], format!("{base}/api-tokens?pageSize=200"));
    assert_eq!(transport.lines()[2], format!("{base}/api-tokens?pageSize=200&cursor=c%201%26x%3Dy"));
    assert_eq!(transport.lines()[3], format!("{base}/service-accounts/api-tokens?pageSize=200"));
    assert_eq!(transport.lines()[4], format!("{base}/api-keys?pageSize=200"));
}

#[tokio::test]
async fn lists_that_the_key_may_not_read_are_gaps_and_none_at_all_is_a_refusal() {
    let found = list(&Recorded::new([orgs(), page(LINE, None), forbidden(), forbidden()])).await;
    assert_eq!(found.tokens.len(), 1);
    assert!(found.gaps.iter().any(|g| g.contains("read:keys:admin")), "{:?}", found.gaps);
    let outcome = list_as(&Recorded::new([orgs(), forbidden(), forbidden(), forbidden()]), &org_key()).await;
    let Outcome::Refused(found) = outcome else { panic!("{outcome:?}") };
    assert_found(&found, Verdict::Unreachable, "list-not-permitted");
    for (answer, code) in [(json(401, UNAUTHORIZED), "admin-key-refused"), (forbidden(), "admin-key-scope")] {
        let outcome = list_as(&Recorded::new([answer]), &org_key()).await;
        let Outcome::Refused(found) = outcome else { panic!("{outcome:?}") };
        assert_eq!(found.findings[0].code, format!("jira-cloud.{code}"));
    }
    let account = Authority { kind: Some(Kind::ApiToken), username: None, secret: token(TOKEN), one_time_code: None };
    assert!(matches!(list_as(&Recorded::new([]), &account).await, Outcome::Unsupported(_)), "nothing is sent");
}

#[tokio::test]
async fn a_host_that_pages_in_circles_or_hides_ids_is_said_so() {
    let circle = || page(LINE, Some("c1"));
    let odd =
        page(r#"{"label":"no id"},{"id":"a/b","label":"slash","user":{"id":"x"}},{"id":"t","label":"no user"}"#, None);
    let found = list(&Recorded::new([orgs(), circle(), circle(), odd, page("", None)])).await;
    assert!(found.gaps.iter().any(|g| g.contains("repeats a page")), "{:?}", found.gaps);
    assert!(found.gaps.iter().any(|g| g.contains("no id")), "{:?}", found.gaps);
    let slash = found.tokens.iter().find(|t| t.name == "slash").unwrap();
    assert!(slash.notes.iter().any(|n| n.contains("cannot be revoked from here")));
    let silent = Recorded::new([]);
    let done = revoke(&silent, &[&slash.id]).await;
    assert_found(refused(&done[0]), Verdict::Unreachable, "token-id-unknown");
    let lost = NetError::new(NetErrorKind::ReadTimeout, "api.atlassian.com:443", "");
    let cut = Recorded::with_errors([Ok(orgs()), Ok(circle()), Err(lost), Ok(page("", None)), Ok(page("", None))]);
    assert!(list(&cut).await.gaps.iter().any(|g| g.contains("cut off after page 1")));
}

#[tokio::test]
async fn single_ids_are_revoked_and_the_answers_keep_their_order() {
    let transport = Recorded::new([json(204, ""), json(404, "{}"), json(204, "")]);
    let key = format!("key/{ORG}/key-1");
    let done = revoke(&transport, &[&key, "managed/acct-1/tok-1", "service/sa-1/tok-9", "managed/acct-1/tok-2"]).await;
    assert_eq!(done[0], Revocation::Accepted);
    assert_eq!(done[1], Revocation::Accepted);
    assert_found(refused(&done[2]), Verdict::Unreachable, "service-account-token-alone");
    assert_found(refused(&done[3]), Verdict::Unreachable, "token-not-found");
    let seen = transport.seen.lock().unwrap();
    let sent: Vec<_> = seen.iter().map(|r| (r.method, r.url.strip_prefix(GATEWAY).unwrap().to_owned())).collect();
    assert_eq!(
        sent,
        [
            (Method::Delete, "/users/acct-1/manage/api-tokens/tok-1".to_owned()),
            (Method::Delete, "/users/acct-1/manage/api-tokens/tok-2".to_owned()),
            // Keys go last: one of them may be the one that signs.
            (Method::Patch, format!("/admin/api-access/v1/orgs/{ORG}/api-keys/revoke/key-1")),
        ]
    );
}

#[tokio::test]
async fn no_id_reaches_the_calls_that_revoke_everything() {
    let silent = Recorded::new([]);
    let ids = [
        "",
        "*",
        "managed",
        "managed/acct-1/",
        "managed/acct-1/..",
        "managed//tok",
        "service/sa-1/tok-1",
        "service/sa-1/",
        "key/99999999-aaaa-4bbb-8ccc-dddddddddddd/..",
        "orgs/99999999-aaaa-4bbb-8ccc-dddddddddddd/api-tokens",
        "managed/acct-1/tok-1?all=1",
        "managed/acct-1/%2e%2e",
    ];
    for done in revoke(&silent, &ids).await {
        refused(&done);
    }
    assert!(silent.lines().is_empty());
}

#[tokio::test]
async fn every_refusal_of_an_order_is_explained() {
    let scoped = json(403, r#"{"status":403,"message":"Required scope manage:org is missing.","requestId":"r"}"#);
    let right = |body: &str| json(200, body);
    let not_managed =
        r#"{"apiToken.read":{"allowed":true},"apiToken.delete":{"allowed":false,"reason":{"key":"managedAccount"}}}"#;
    for (answers, name) in [
        (vec![scoped], "needs-unscoped-key"),
        (vec![forbidden(), right(not_managed)], "delete-not-allowed"),
        (vec![forbidden(), right(r#"{"apiToken.delete":{"allowed":true}}"#)], "revoke-not-permitted"),
        (vec![forbidden(), forbidden()], "revoke-not-permitted"),
        (vec![json(401, UNAUTHORIZED)], "authority-refused"),
        (vec![json(404, r#"{"code":404,"message":"Not Found"}"#)], "token-not-found"),
        (vec![Response::of(429, &[("Retry-After", "3")], "")], "http.rate-limited"),
        (vec![Response::of(403, &[], "proxy")], "http.not-the-vendor"),
        (vec![json(503, "{}")], "http.unavailable"),
    ] {
        let done = revoke(&Recorded::new(answers), &["managed/acct-1/tok-1"]).await;
        let found = refused(&done[0]);
        assert_found(found, Verdict::Unreachable, name);
    }
    for status in [500, 502, 504] {
        let done = revoke(&Recorded::new([json(status, "")]), &["managed/acct-1/tok-1"]).await;
        assert!(matches!(done[0], Revocation::Unknown(_)), "{status}");
    }
    let lost = NetError::new(NetErrorKind::ReadTimeout, "api.atlassian.com:443", "");
    let done = revoke(&Recorded::with_errors([Err(lost.clone())]), &["managed/acct-1/tok-1"]).await;
    assert_eq!(done[0], Revocation::Unknown(lost));
    assert!(!format!("{done:?}").contains(KEY));
}
