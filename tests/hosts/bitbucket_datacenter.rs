//! Bitbucket Data Center: recognition and accepted tokens here, the rest in the submodules.

mod detecting;
mod making;
mod refused;
mod revoking;
mod simulated;

use keyrack::domain::{Expiry, FamilyId, GrantSource, Host, Kind, Validation, Verdict};
use keyrack::hosts::bitbucket_datacenter::BitbucketDatacenter;
use keyrack::hosts::family;
use keyrack::hosts::recognise::recognise;
use keyrack::net::{NetError, NetErrorKind, Response};

use super::support::{Recorded, token, validate};

const WEB: &str = "https://bitbucket.example.com/bitbucket";
/// `123456789012:` and the bytes 1 to 20, as the vendor's form has it.
const BARE: &str = "MTIzNDU2Nzg5MDEyOgECAwQFBgcICQoLDA0ODxAREhMU";
const TOKEN: &str = "BBDC-MTIzNDU2Nzg5MDEyOgECAwQFBgcICQoLDA0ODxAREhMU";
const PROPERTIES: &str =
    r#"{"version":"9.4.3","buildNumber":"9004003","buildDate":"1735000000000","displayName":"Bitbucket"}"#;
const EMPTY_PAGE: &str = r#"{"size":0,"limit":1,"isLastPage":true,"values":[],"start":0}"#;
const ONE: &str = r#"{"size":1,"limit":1,"isLastPage":true,"values":[{"id":1}],"start":0}"#;
const USER: &str = r#"{"name":"jdoe","emailAddress":"jdoe@example.com","id":101,"displayName":"Jo Doe","active":true,"slug":"jdoe","type":"NORMAL"}"#;
const RECORD: &str = r#"{"id":"123456789012","createdDate":1795420000000,"lastAuthenticated":1795506400000,"name":"keyrack laptop","permissions":["PROJECT_READ","REPO_WRITE"]}"#;

fn host() -> Host {
    Host::new("bitbucket", FamilyId::new("bitbucket-datacenter"), WEB)
}

/// An answer of Bitbucket itself, to a caller it does not know.
fn own(status: u16, body: &str) -> Response {
    Response::of(status, &[("Content-Type", "application/json"), ("X-AREQUESTID", "@1AB2CDx453x5668x0")], body)
}

/// An answer of Bitbucket itself to a caller it knows.
fn to(user: &str, status: u16, body: &str) -> Response {
    let mut response = own(status, body);
    response.headers.extend([("X-AUSERNAME".into(), user.into()), ("X-AUSERID".into(), "101".into())]);
    response
}

fn thrown(status: u16, exception: &str) -> Response {
    own(status, &envelope(exception))
}

fn envelope(exception: &str) -> String {
    format!(
        r#"{{"errors":[{{"context":null,"message":"The vendor's words.","exceptionName":"com.atlassian.bitbucket.{exception}"}}]}}"#
    )
}

fn html(status: u16) -> Response {
    Response::of(
        status,
        &[("Content-Type", "text/html;charset=UTF-8")],
        "<!DOCTYPE html><html><form>Sign in</form></html>",
    )
}

async fn check(transport: &Recorded) -> Validation {
    check_as(transport, Kind::HttpAccessToken, Some("jdoe")).await
}

async fn check_as(transport: &Recorded, kind: Kind, username: Option<&str>) -> Validation {
    validate(&BitbucketDatacenter, &host(), transport, kind, username, &token(TOKEN)).await
}

async fn answered(answers: impl IntoIterator<Item = Response>) -> Validation {
    check(&Recorded::new(answers)).await
}

#[track_caller]
fn assert_found(found: &Validation, verdict: Verdict, name: &str) {
    assert_eq!(found.verdict, verdict, "{found:#?}");
    let codes: Vec<_> = found.findings.iter().map(|f| f.code.as_str()).collect();
    let expected = if name.contains('.') { name.to_owned() } else { format!("bitbucket-datacenter.{name}") };
    assert_eq!(codes, [expected], "{found:#?}");
    assert!(!found.evidence.is_empty(), "a verdict without evidence");
    let texts = found.findings.iter().flat_map(|f| [&f.title, &f.cause, &f.remedy]);
    if !name.contains('.') {
        for text in texts {
            assert!(!text.is_empty() && !text.contains(['{', '}']), "unfilled text: {text}");
        }
    }
}

// --- offline ---------------------------------------------------------------------------------------------------------

#[test]
fn a_prefixed_token_is_certain_and_carries_its_number() {
    let found = recognise(TOKEN);
    let first = found.first().expect("a candidate");
    assert_eq!(
        (first.family.as_str(), first.kind, first.certain),
        ("bitbucket-datacenter", Kind::HttpAccessToken, true)
    );
    assert_eq!(first.carries[0], ("token id".to_owned(), "123456789012".to_owned()));
    assert!(first.carries[1].1.contains("a project or a repository"), "{:?}", first.carries);
}

#[test]
fn an_unprefixed_token_may_belong_to_a_sister_product() {
    let found = recognise(BARE);
    let ours = found.iter().find(|c| c.family.as_str() == "bitbucket-datacenter").expect("a candidate");
    assert!(!ours.certain);
    assert_eq!(ours.carries[0], ("token id".to_owned(), "123456789012".to_owned()));
}

#[test]
fn base64_without_the_structure_is_not_recognised() {
    for text in ["MTIzNDU2Nzg5MDEyOw==", "MzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzA", "BBDC-short"] {
        assert!(recognise(text).iter().all(|c| c.family.as_str() != "bitbucket-datacenter"), "{text}");
    }
}

#[test]
fn a_prefixed_token_of_an_unknown_form_is_kept_without_a_number() {
    let found = recognise("BBDC-KeyrackExampleOnly_NotARealToken-@1234567890ab");
    assert!(found.iter().any(|c| c.certain && c.carries.len() == 1 && c.family.as_str() == "bitbucket-datacenter"));
}

#[test]
fn the_table_marks_the_cell_of_a_token() {
    let facts = family(&FamilyId::new("bitbucket-datacenter")).unwrap().facts();
    let table = facts.tables.first().expect("the permission table");
    let cell = table.cell(&["REPO_READ", "PROJECT_READ", "REPO_WRITE"]).unwrap();
    assert_eq!((cell.row.as_str(), cell.column.as_str()), ("PROJECT_READ", "REPO_WRITE"));
    assert!(cell.allows.iter().any(|a| a.contains("push")));
    assert!(table.cell(&["PROJECT_ADMIN", "REPO_WRITE"]).unwrap().allows.is_empty(), "cannot be chosen");
    assert!(table.cell(&["REPO_ADMIN"]).is_none(), "a repository token has no project level");
    let all = table.cell(&["PROJECT_ADMIN", "REPO_ADMIN"]).unwrap();
    assert!(all.allows.iter().any(|a| a == "create repositories"));
}

// --- accepted --------------------------------------------------------------------------------------------------------

#[tokio::test]
async fn a_good_token_tells_whose_it_is_and_what_it_may_do() {
    let transport = Recorded::new([
        to("jdoe", 200, PROPERTIES),
        to("jdoe", 200, EMPTY_PAGE),
        to("jdoe", 200, USER),
        to("jdoe", 200, RECORD),
    ]);
    let found = check(&transport).await;
    assert_eq!(found.verdict, Verdict::Valid);
    let identity = found.identity.unwrap();
    assert_eq!((identity.id.as_str(), identity.login.as_str()), ("101", "jdoe"));
    assert_eq!((identity.name.as_str(), identity.kind.as_str()), ("Jo Doe", "user"));
    assert_eq!(found.remote_id.as_deref(), Some("123456789012"));
    assert_eq!(found.remote_name.as_deref(), Some("keyrack laptop"));
    assert_eq!(found.created_at.unwrap().as_millisecond(), 1_795_420_000_000);
    assert_eq!(found.last_used.unwrap().as_millisecond(), 1_795_506_400_000);
    assert_eq!(found.expiry, Expiry::Unknown, "silence is not `never`");
    assert_eq!(found.kind, Some(Kind::HttpAccessToken));
    let named = |source| {
        let mut names: Vec<_> = found.grants.iter().filter(|g| g.source == source).map(|g| g.name.as_str()).collect();
        names.sort_unstable();
        names
    };
    assert_eq!(named(GrantSource::Told), ["PROJECT_READ", "REPO_WRITE"]);
    assert_eq!(named(GrantSource::Implied), ["REPO_READ"]);
    assert!(found.all_grants_told);
    assert_eq!(
        transport.lines(),
        [
            format!("GET {WEB}/rest/api/latest/application-properties"),
            format!("GET {WEB}/rest/api/latest/profile/recent/repos?limit=1"),
            format!("GET {WEB}/rest/api/latest/users/jdoe"),
            format!("GET {WEB}/rest/access-tokens/latest/users/jdoe/123456789012"),
        ]
    );
}

#[tokio::test]
async fn every_request_is_bearer_and_stays_below_rest() {
    let transport = Recorded::new([
        to("jdoe", 200, PROPERTIES),
        to("jdoe", 200, EMPTY_PAGE),
        to("jdoe", 200, USER),
        to("jdoe", 200, RECORD),
    ]);
    check(&transport).await;
    for request in transport.seen.lock().unwrap().iter() {
        assert!(request.url.starts_with(&format!("{WEB}/rest/")), "{}", request.url);
        let sent = request.headers.iter().find(|(n, _)| n == "Authorization").unwrap();
        assert_eq!(sent.1.reveal(), format!("Bearer {TOKEN}"));
    }
}

#[tokio::test]
async fn rights_are_probed_where_a_token_may_not_read_its_record() {
    let transport = Recorded::new([
        to("jdoe", 200, PROPERTIES),
        to("jdoe", 200, EMPTY_PAGE),
        to("jdoe", 200, USER),
        to("jdoe", 401, &envelope("AuthorisationException")),
        to("jdoe", 200, EMPTY_PAGE),
        to("jdoe", 200, EMPTY_PAGE),
        to("jdoe", 200, ONE),
    ]);
    let found = check(&transport).await;
    assert_eq!(found.verdict, Verdict::Valid);
    assert!(found.grants.iter().all(|g| g.source == GrantSource::Probed) && !found.all_grants_told);
    assert_eq!(found.grants.iter().map(|g| g.name.as_str()).collect::<Vec<_>>(), ["REPO_WRITE", "REPO_READ"]);
    assert!(found.findings.is_empty() && found.remote_id.is_none());
    assert!(transport.lines()[6].ends_with("/rest/api/latest/repos?permission=REPO_WRITE&limit=1"));
}

#[tokio::test]
async fn a_network_fault_after_the_proof_changes_nothing() {
    let lost = || Err(NetError::new(NetErrorKind::Reset, "bitbucket.example.com:443", ""));
    let transport = Recorded::with_errors([
        Ok(to("jdoe", 200, PROPERTIES)),
        Ok(to("jdoe", 200, EMPTY_PAGE)),
        lost(),
        lost(),
        lost(),
    ]);
    let found = check(&transport).await;
    assert_eq!(found.verdict, Verdict::Valid);
    assert_eq!(found.identity.unwrap().id, "101", "from the header");
    assert!(found.grants.is_empty());
}

#[tokio::test]
async fn user_names_are_decoded_and_escaped_again() {
    let transport = Recorded::new([
        to("Jo%20Doe%2Fx", 200, PROPERTIES),
        to("Jo%20Doe%2Fx", 200, EMPTY_PAGE),
        own(404, ""),
        to("x", 429, ""),
    ]);
    let found = check_as(&transport, Kind::HttpAccessToken, None).await;
    assert_eq!(found.identity.unwrap().login, "Jo Doe/x");
    assert_eq!(transport.lines()[2], format!("GET {WEB}/rest/api/latest/users/jo%20doe%2Fx"));
}

#[tokio::test]
async fn a_slug_that_differs_from_the_name_is_taken_from_the_record() {
    let user = r#"{"name":"jo doe@acme","id":101,"displayName":"Jo","slug":"jo_doe_acme"}"#;
    let transport = Recorded::new([
        to("jo%20doe%40acme", 200, PROPERTIES),
        to("jo%20doe%40acme", 200, EMPTY_PAGE),
        own(404, &envelope("user.NoSuchUserException")),
        to("jo%20doe%40acme", 200, user),
        to("jo%20doe%40acme", 200, RECORD),
    ]);
    let found = check_as(&transport, Kind::HttpAccessToken, Some("jo_doe_acme")).await;
    assert!(found.findings.is_empty(), "{:?}", found.findings);
    assert!(transport.lines()[4].ends_with("/rest/access-tokens/latest/users/jo_doe_acme/123456789012"));
}

#[tokio::test]
async fn a_record_of_another_token_is_not_taken() {
    let other = RECORD.replace("123456789012", "999999999999");
    let transport = Recorded::new([
        to("jdoe", 200, PROPERTIES),
        to("jdoe", 200, EMPTY_PAGE),
        to("jdoe", 200, USER),
        to("jdoe", 200, &other),
        to("jdoe", 429, ""),
    ]);
    let found = check(&transport).await;
    assert_eq!((found.verdict, found.remote_id), (Verdict::Valid, None));
    assert!(found.grants.is_empty());
}

#[tokio::test]
async fn another_user_than_the_records_is_pointed_out() {
    let found = answered([
        to("kim", 200, PROPERTIES),
        to("kim", 200, EMPTY_PAGE),
        to("kim", 200, &USER.replace("jdoe", "kim")),
        to("kim", 200, RECORD),
    ])
    .await;
    assert_found(&found, Verdict::Valid, "username-differs");
}

#[tokio::test]
async fn a_project_token_is_looked_up_under_its_project() {
    let transport = Recorded::new([
        to("token-user", 200, PROPERTIES),
        to("token-user", 200, EMPTY_PAGE),
        to("token-user", 200, RECORD),
    ]);
    let found = check_as(&transport, Kind::ProjectToken, Some("ACME")).await;
    assert_eq!((found.verdict, found.kind), (Verdict::Valid, Some(Kind::ProjectToken)));
    assert_eq!(found.identity.unwrap().kind, "project");
    assert_eq!(transport.lines()[2], format!("GET {WEB}/rest/access-tokens/latest/projects/ACME/123456789012"));
}

#[tokio::test]
async fn no_such_project_exception_points_at_the_record_not_the_token() {
    let found = check_as(
        &Recorded::new([
            to("token-user", 200, PROPERTIES),
            to("token-user", 200, EMPTY_PAGE),
            to("token-user", 404, &envelope("project.NoSuchProjectException")),
            to("token-user", 429, ""),
        ]),
        Kind::ProjectToken,
        Some("ACNE"),
    )
    .await;
    assert_found(&found, Verdict::Valid, "no-such-project");
    assert!(found.findings[0].title.contains("ACNE"));
}

#[tokio::test]
async fn no_such_repository_exception_points_at_the_record_not_the_token() {
    let found = check_as(
        &Recorded::new([
            to("token-user", 200, PROPERTIES),
            to("token-user", 200, EMPTY_PAGE),
            to("token-user", 404, &envelope("repository.NoSuchRepositoryException")),
            to("token-user", 429, ""),
        ]),
        Kind::RepositoryToken,
        Some("ACME/wep"),
    )
    .await;
    assert_found(&found, Verdict::Valid, "no-such-repository");
}

#[tokio::test]
async fn a_synthetic_user_without_a_profile_is_proved_by_another_page() {
    let transport = Recorded::new([
        to("token-user", 200, PROPERTIES),
        to("token-user", 401, &envelope("AuthorisationException")),
        to("token-user", 200, ONE),
        to("token-user", 200, RECORD),
    ]);
    let found = check_as(&transport, Kind::RepositoryToken, Some("ACME/web")).await;
    assert_eq!(found.verdict, Verdict::Valid);
    assert!(found.reason.contains("/rest/api/latest/users"), "{}", found.reason);
}

#[tokio::test]
async fn a_gateway_that_hides_the_user_is_seen_through_by_asking_without_the_token() {
    let bare = |status, body| Response::of(status, &[("Content-Type", "application/json")], body);
    let transport = Recorded::new([
        bare(200, PROPERTIES),
        bare(200, EMPTY_PAGE),
        bare(401, &envelope("AuthorisationException")),
        bare(404, ""),
        bare(429, ""),
    ]);
    let found = check(&transport).await;
    assert_eq!(found.verdict, Verdict::Valid, "{found:#?}");
    assert!(found.identity.is_none());
    let seen = transport.seen.lock().unwrap();
    assert!(seen[2].headers.iter().all(|(n, _)| n != "Authorization"));
}
