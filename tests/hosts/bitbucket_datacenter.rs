//! Bitbucket Data Center: recorded answers here; the simulated installation and revoking in the submodules.

mod detecting;
mod revoking;
mod simulated;

use keyrack::domain::{Expiry, FamilyId, GrantSource, Host, Kind, Validation, Verdict};
use keyrack::hosts::bitbucket_datacenter::BitbucketDatacenter;
use keyrack::hosts::recognise::recognise;
use keyrack::hosts::family;
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
    assert_eq!(first.carries, [("token id".to_owned(), "123456789012".to_owned())]);
}

#[test]
fn an_unprefixed_token_may_belong_to_a_sister_product() {
    let found = recognise(BARE);
    let ours = found.iter().find(|c| c.family.as_str() == "bitbucket-datacenter").expect("a candidate");
    assert!(!ours.certain);
    assert_eq!(ours.carries, [("token id".to_owned(), "123456789012".to_owned())]);
}

#[test]
fn base64_without_the_structure_is_not_recognised() {
    for text in ["MTIzNDU2Nzg5MDEyOw==", "MzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzA", "BBDC-short"] {
        assert!(recognise(text).iter().all(|c| c.family.as_str() != "bitbucket-datacenter"), "{text}");
    }
}

#[test]
fn a_prefixed_token_of_an_unknown_form_is_kept_without_facts() {
    let found = recognise("BBDC-KeyrackExampleOnly_NotARealToken-@1234567890ab");
    assert!(found.iter().any(|c| c.certain && c.carries.is_empty() && c.family.as_str() == "bitbucket-datacenter"));
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
    assert!(found.grants.iter().all(|g| g.source == GrantSource::Probed));
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

// --- refused ---------------------------------------------------------------------------------------------------------

#[tokio::test]
async fn incorrect_password_exception_is_rejected() {
    let found = answered([thrown(401, "auth.IncorrectPasswordAuthenticationException")]).await;
    assert_found(&found, Verdict::Rejected, "token-refused");
    assert!(found.evidence[0].detail.contains("IncorrectPasswordAuthenticationException"));
    let late = answered([own(200, PROPERTIES), thrown(401, "auth.IncorrectPasswordAuthenticationException")]).await;
    assert_found(&late, Verdict::Rejected, "token-refused");
}

#[tokio::test]
async fn anonymous_200_is_not_valid() {
    let refused = answered([own(200, PROPERTIES), thrown(401, "AuthorisationException")]).await;
    assert_found(&refused, Verdict::Rejected, "anonymous");
    // A host, or a cache before it, that answers everybody alike.
    let open = answered([own(200, PROPERTIES), own(200, EMPTY_PAGE), own(200, EMPTY_PAGE)]).await;
    assert_found(&open, Verdict::Unreachable, "unproven");
    let named_nobody =
        answered([to("anonymous", 200, PROPERTIES), to("anonymous", 200, EMPTY_PAGE), own(200, EMPTY_PAGE)]).await;
    assert_found(&named_nobody, Verdict::Unreachable, "unproven");
}

#[tokio::test]
async fn authorisation_exception_for_a_known_user_is_limited() {
    for status in [401, 403] {
        let refused = || to("jdoe", status, &envelope("AuthorisationException"));
        let found = answered([to("jdoe", 200, PROPERTIES), refused(), refused()]).await;
        assert_found(&found, Verdict::Limited, "not-permitted");
    }
}

#[tokio::test]
async fn captcha_with_login_url_is_blocked() {
    let mut response = thrown(403, "auth.CaptchaRequiredAuthenticationException");
    let login = format!("{WEB}/login");
    response.headers.push(("X-Authentication-Denied-Reason".into(), format!("CAPTCHA_CHALLENGE; login-url={login}")));
    let found = answered([response]).await;
    assert_found(&found, Verdict::Blocked, "captcha");
    assert!(found.findings[0].remedy.contains(&login));
    assert!(found.findings[0].remedy.contains("captcha?name=jdoe"));
    assert!(found.evidence[0].detail.contains("CAPTCHA_CHALLENGE"));
}

#[tokio::test]
async fn captcha_beside_a_200_is_blocked() {
    let mut response = own(200, "");
    response.headers.push(("X-Authentication-Denied-Reason".into(), "CAPTCHA_CHALLENGE".into()));
    assert_found(&answered([response]).await, Verdict::Blocked, "captcha");
}

#[tokio::test]
async fn basic_disabled_is_blocked() {
    let body = r#"{"message":"Basic Authentication has been disabled on this instance."}"#;
    let found = answered([Response::of(403, &[("Content-Type", "application/json")], body)]).await;
    assert_found(&found, Verdict::Blocked, "basic-disabled");
}

#[tokio::test]
async fn xsrf_check_says_nothing_of_the_token() {
    assert_found(&answered([own(403, "XSRF check failed")]).await, Verdict::Unreachable, "xsrf");
}

#[tokio::test]
async fn an_unknown_refusal_of_the_vendors_own_is_quoted() {
    let found = answered([thrown(401, "auth.SomethingNewAuthenticationException")]).await;
    assert_found(&found, Verdict::Rejected, "refused-unexplained");
    assert!(found.findings[0].cause.contains("The vendor's words."));
    let found = answered([thrown(403, "license.SomethingNewException")]).await;
    assert_found(&found, Verdict::Blocked, "forbidden-unexplained");
}

#[tokio::test]
async fn a_refusal_without_the_vendors_signature_says_nothing_of_the_token() {
    for status in [401, 403] {
        let gateway =
            Response::of(status, &[("Content-Type", "application/json"), ("Server", "gateway")], r#"{"error":"no"}"#);
        assert_found(&answered([gateway]).await, Verdict::Unreachable, "http.not-the-vendor");
    }
}

#[tokio::test]
async fn a_version_before_tokens_is_not_the_tokens_fault() {
    let found = answered([
        own(200, &PROPERTIES.replace("9.4.3", "5.4.2")),
        thrown(401, "auth.IncorrectPasswordAuthenticationException"),
    ])
    .await;
    assert_found(&found, Verdict::Unreachable, "too-old");
    assert_eq!(found.evidence.len(), 2);
}

// --- the way to the host ---------------------------------------------------------------------------------------------

#[tokio::test]
async fn redirect_to_login_says_nothing_of_the_token() {
    for location in ["/bitbucket/login?next=/rest", "https://bitbucket.example.com/bitbucket/login"] {
        let found = answered([Response::of(302, &[("Location", location)], "")]).await;
        assert_found(&found, Verdict::Unreachable, "login-redirect");
        assert!(!found.evidence[0].detail.contains("next="));
    }
}

#[tokio::test]
async fn redirect_to_another_host_is_a_sign_in_page() {
    let found = answered([Response::of(302, &[("Location", "https://sso.example.com/adfs/ls?x=1")], "")]).await;
    assert_found(&found, Verdict::Unreachable, "sign-in-page");
    assert!(found.findings[0].title.contains("sso.example.com"));
}

#[tokio::test]
async fn html_sign_in_page_is_not_valid() {
    for status in [200, 203] {
        assert_found(&answered([html(status)]).await, Verdict::Unreachable, "sign-in-page");
    }
    let late = answered([to("jdoe", 200, PROPERTIES), html(200)]).await;
    assert_found(&late, Verdict::Unreachable, "sign-in-page");
}

#[tokio::test]
async fn wrong_context_path_404_proposes_the_usual_ones() {
    for answer in [html(404), Response::of(404, &[("Content-Type", "application/json")], "{}")] {
        let found = answered([answer]).await;
        assert_found(&found, Verdict::Unreachable, "wrong-context-path");
        assert!(found.findings[0].remedy.contains("https://bitbucket.example.com/stash"));
    }
}

#[tokio::test]
async fn maintenance_503_says_nothing_of_the_token() {
    assert_found(&answered([html(503)]).await, Verdict::Unreachable, "maintenance");
}

#[tokio::test]
async fn rate_limit_429_says_when_to_come_back() {
    let found = answered([Response::of(429, &[("Retry-After", "30")], "")]).await;
    assert_found(&found, Verdict::Unreachable, "rate-limited");
    assert!(found.findings[0].remedy.contains("after 30 s"));
}

#[tokio::test]
async fn a_private_certificate_authority_says_nothing_of_the_token() {
    let error = NetError::new(NetErrorKind::TlsUnknownIssuer, "bitbucket.example.com:443", "");
    let found = check(&Recorded::with_errors([Err(error)])).await;
    assert_found(&found, Verdict::Unreachable, "net.tls-unknown-issuer");
}

#[tokio::test]
async fn server_errors_and_garbage_say_nothing_of_the_token() {
    assert_found(&answered([own(502, "")]).await, Verdict::Unreachable, "http.server-error");
    for body in ["", "null", "[]", "{", r#"{"version":7}"#, r#"{"results":[]}"#] {
        assert_found(&answered([own(200, body)]).await, Verdict::Unreachable, "not-bitbucket");
    }
    for body in ["", "[]", r#"{"values":"x"}"#] {
        let found = answered([to("jdoe", 200, PROPERTIES), own(200, body)]).await;
        assert_found(&found, Verdict::Unreachable, "not-bitbucket");
    }
}

#[tokio::test]
async fn a_token_echoed_in_a_body_or_header_is_masked() {
    let escaped: String = TOKEN.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    let percent: String = TOKEN.bytes().map(|b| format!("%{b:02X}")).collect();
    let echo = envelope("auth.SomethingNewAuthenticationException").replace("The vendor's words.", TOKEN);
    let hidden = echo.replace(TOKEN, &escaped);
    let named = RECORD.replace("keyrack laptop", &escaped).replace("REPO_WRITE", &escaped);
    let in_name = [to(&percent, 200, PROPERTIES), to(&percent, 200, EMPTY_PAGE), own(404, ""), own(200, &named)];
    for found in [
        answered([own(401, &echo)]).await,
        answered([own(401, &hidden)]).await,
        answered(in_name).await,
        answered([Response::of(302, &[("Location", &format!("https://x.example/{TOKEN}"))], "")]).await,
    ] {
        assert!(!format!("{found:?}").contains(&TOKEN[5..]), "{found:#?}");
    }
}
