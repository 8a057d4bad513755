//! Bitbucket Cloud: recognition, ways of sending and accepted credentials here, the rest in the submodules.

mod consumer;
mod probing;
mod refused;
mod simulated;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyrack::domain::{Checksum, Expiry, FamilyId, GrantSource, Host, Kind, Validation, Verdict};
use keyrack::hosts::bitbucket_cloud::BitbucketCloud;
use keyrack::hosts::recognise::recognise;
use keyrack::hosts::{Detection, Family};
use keyrack::net::Response;

use super::support::{Recorded, token, validate, wire};

const API: &str = "https://api.bitbucket.org/2.0";
/// The vectors of Atlassian's form, never issued.
const API_TOKEN: &str = "ATATT3xFfGF0EXAMPLE_ONLY-NOT_A_TOKEN=5EEB61D5";
const ACCESS_TOKEN: &str = "ATCTT3xFfGN0EXAMPLE_ONLY-NOT_A_TOKEN=D8249E8E";
const APP_PASSWORD: &str = "ATBBKeyrackExampleNotARealPassword00";
const OAUTH: &str = "KEYRACK-FAKE-OAUTH-TOKEN-0123456789";
const EMAIL: &str = "dev.one@acme.example";
const USER: &str = r#"{"type":"user","uuid":"{aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb}","account_id":"5f0000000000000000000001","display_name":"Dev One","nickname":"dev1","username":"devone","account_status":"active","created_on":"2024-02-01T10:00:00.000000+00:00","has_2fa_enabled":null,"is_staff":false}"#;
const WORKSPACES: &str = r#"{"pagelen":25,"page":1,"size":1,"values":[{"type":"workspace_access","administrator":true,"workspace":{"type":"workspace_base","slug":"acme","uuid":"{cccccccc-1111-4222-8333-dddddddddddd}"}}]}"#;
const LACKING: &str = "Your credentials lack one or more required privilege scopes.";

fn host() -> Host {
    Host::new("bitbucket.org", FamilyId::new("bitbucket-cloud"), "https://bitbucket.org")
}

/// A JSON answer with these headers besides.
fn json(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
    let mut all = vec![("Content-Type", "application/json")];
    all.extend(headers);
    Response::of(status, &all, body)
}

fn typed(status: u16, sort: &str, scopes: &str, body: &str) -> Response {
    json(status, &[("X-Credential-Type", sort), ("X-OAuth-Scopes", scopes)], body)
}

fn error(status: u16, message: &str) -> Response {
    json(status, &[], &format!(r#"{{"type":"error","error":{{"message":"{message}"}}}}"#))
}

/// The vendor's one answer to every bad credential, in its two spellings.
fn bad() -> [Response; 2] {
    [
        error(401, "Token is invalid, expired, or not supported for this endpoint."),
        Response::of(401, &[("WWW-Authenticate", r#"Basic realm="Bitbucket.org HTTP""#)], ""),
    ]
}

fn lacking(required: &str, granted: &str) -> Response {
    json(403, &[], &lacking_body(required, granted))
}

fn lacking_body(required: &str, granted: &str) -> String {
    format!(
        r#"{{"type":"error","error":{{"message":"{LACKING}","detail":{{"required":[{required}],"granted":[{granted}]}}}}}}"#
    )
}

async fn check_as(transport: &Recorded, kind: Kind, username: Option<&str>, secret: &str) -> Validation {
    let found = validate(&BitbucketCloud, &host(), transport, kind, username, &token(secret)).await;
    assert!(!format!("{found:?}").contains(secret), "{found:#?}");
    found
}

async fn api_token(answers: impl IntoIterator<Item = Response>) -> Validation {
    check_as(&Recorded::new(answers), Kind::ScopedApiToken, Some(EMAIL), API_TOKEN).await
}

async fn access_token(answers: impl IntoIterator<Item = Response>) -> Validation {
    check_as(&Recorded::new(answers), Kind::RepositoryToken, None, ACCESS_TOKEN).await
}

#[track_caller]
fn assert_found(found: &Validation, verdict: Verdict, name: &str) {
    assert_eq!(found.verdict, verdict, "{found:#?}");
    let codes: Vec<_> = found.findings.iter().map(|f| f.code.as_str()).collect();
    let expected = if name.contains('.') { name.to_owned() } else { format!("bitbucket-cloud.{name}") };
    assert_eq!(codes, [expected], "{found:#?}");
    for text in found.findings.iter().flat_map(|f| [&f.title, &f.cause, &f.remedy]) {
        assert!(!text.is_empty() && !text.contains(['{', '}']), "unfilled text: {text}");
    }
}

fn authorization(transport: &Recorded, n: usize) -> String {
    let seen = transport.seen.lock().unwrap();
    seen[n].headers.iter().find(|(name, _)| name == "Authorization").map(|(_, v)| v.reveal().to_owned()).unwrap()
}

fn basic(user: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{secret}")))
}

// --- offline ---------------------------------------------------------------------------------------------------------

#[test]
fn the_string_does_not_tell_the_product() {
    for (secret, kind) in [(API_TOKEN, Kind::ScopedApiToken), (ACCESS_TOKEN, Kind::RepositoryToken)] {
        let ours = recognise(secret).into_iter().find(|c| c.family.as_str() == "bitbucket-cloud").unwrap();
        assert_eq!((ours.kind, ours.certain, ours.checksum), (kind, false, Checksum::Ok), "{secret}");
    }
}

#[test]
fn a_long_token_cut_by_a_prompt_is_noticed() {
    let long = format!("ATATT3xFfGF0{}", "x".repeat(180));
    for cut in [&long[..128], &API_TOKEN[..API_TOKEN.len() - 3], &API_TOKEN.replace("ONLY", "0NLY")] {
        let ours = recognise(cut).into_iter().find(|c| c.family.as_str() == "bitbucket-cloud").unwrap();
        assert_eq!(ours.checksum, Checksum::Mismatch, "{cut}");
    }
}

#[test]
fn an_app_password_is_certain_and_known_to_be_dead() {
    let found = recognise(APP_PASSWORD);
    let first = &found[0];
    assert_eq!((first.family.as_str(), first.kind, first.certain), ("bitbucket-cloud", Kind::AppPassword, true));
    assert!(first.carries[0].1.contains("2026-07-28"));
}

// --- what is never sent ------------------------------------------------------------------------------------------------

#[tokio::test]
async fn an_app_password_is_never_sent_and_the_way_out_is_named() {
    for (kind, secret) in [
        (Kind::AppPassword, APP_PASSWORD),
        (Kind::ScopedApiToken, APP_PASSWORD),
        (Kind::AppPassword, "KeyrackFakeOldForm00"),
    ] {
        let transport = Recorded::new([]);
        let found = check_as(&transport, kind, Some("devone"), secret).await;
        assert_found(&found, Verdict::Revoked, "app-password-retired");
        assert!(found.findings[0].remedy.contains("Create API token with scopes"));
        assert!(found.findings[0].remedy.contains("x-bitbucket-api-token-auth"));
        assert!(transport.lines().is_empty());
    }
}

#[tokio::test]
async fn a_data_center_token_is_never_sent() {
    let transport = Recorded::new([]);
    let secret = "BBDC-MTIzNDU2Nzg5MDEyOgECAwQFBgcICQoLDA0ODxAREhMU";
    let found = check_as(&transport, Kind::Unknown, None, secret).await;
    assert_found(&found, Verdict::Unreachable, "data-center-token");
    assert!(transport.lines().is_empty());
}

#[tokio::test]
async fn an_api_token_without_an_email_is_not_sent() {
    for username in [None, Some(" ")] {
        let transport = Recorded::new([]);
        let found = check_as(&transport, Kind::ScopedApiToken, username, API_TOKEN).await;
        assert_found(&found, Verdict::Unreachable, "email-missing");
        assert!(transport.lines().is_empty());
    }
}

// --- accepted --------------------------------------------------------------------------------------------------------

#[tokio::test]
async fn a_good_api_token_tells_whose_it_is_and_what_it_may_do() {
    let scopes = "read:user:bitbucket, read:workspace:bitbucket, read:repository:bitbucket";
    let transport = Recorded::new([typed(200, "api_token", scopes, USER), json(200, &[], WORKSPACES)]);
    let found = check_as(&transport, Kind::ScopedApiToken, Some(EMAIL), API_TOKEN).await;
    assert_eq!(found.verdict, Verdict::Valid, "{found:#?}");
    let who = found.identity.as_ref().unwrap();
    assert_eq!(
        (who.id.as_str(), who.login.as_str(), who.name.as_str()),
        ("5f0000000000000000000001", "devone", "Dev One")
    );
    assert!(found.grants.iter().all(|g| g.source == GrantSource::Told), "new scopes include nothing");
    assert_eq!(found.grants.len(), 3);
    assert!(found.all_grants_told && found.findings.is_empty());
    assert_eq!((found.expiry, found.kind), (Expiry::Unknown, None));
    assert!(found.evidence[0].detail.contains("X-OAuth-Scopes: read:user:bitbucket"));
    assert!(found.evidence[1].detail.contains("acme (administrator)"));
    assert_eq!(transport.lines(), [format!("GET {API}/user"), format!("GET {API}/user/workspaces?pagelen=100")]);
}

#[tokio::test]
async fn an_api_token_goes_as_basic_with_the_email_and_never_as_bearer() {
    let transport = Recorded::new([typed(200, "api_token", "read:user:bitbucket", USER)]);
    check_as(&transport, Kind::ScopedApiToken, Some(EMAIL), API_TOKEN).await;
    assert_eq!(authorization(&transport, 0), basic(EMAIL, API_TOKEN));
    // Whatever kind the record has: the form of the token decides.
    let transport = Recorded::new([typed(200, "api_token", "read:user:bitbucket", USER)]);
    let found = check_as(&transport, Kind::OauthToken, Some(EMAIL), API_TOKEN).await;
    assert_eq!(authorization(&transport, 0), basic(EMAIL, API_TOKEN));
    assert_eq!(found.kind, Some(Kind::ScopedApiToken));
}

#[tokio::test]
async fn an_access_token_goes_as_bearer_even_where_the_record_has_a_user_name() {
    let transport = Recorded::new([typed(403, "repo_access_token", "repository", &lacking_body(r#""account""#, ""))]);
    let found = check_as(&transport, Kind::ScopedApiToken, Some(EMAIL), ACCESS_TOKEN).await;
    assert_eq!(authorization(&transport, 0), format!("Bearer {ACCESS_TOKEN}"));
    assert_eq!((found.verdict, found.kind), (Verdict::Valid, Some(Kind::RepositoryToken)));
}

#[tokio::test]
async fn access_token_on_user_is_valid_and_its_kind_is_told() {
    for (sort, kind) in [
        ("repo_access_token", Kind::RepositoryToken),
        ("project_access_token", Kind::ProjectToken),
        ("workspace_access_token", Kind::WorkspaceToken),
    ] {
        let answer =
            typed(403, sort, "repository:write, pullrequest", r#"{"type":"error","error":{"message":"Forbidden"}}"#);
        let found = access_token([answer]).await;
        assert_eq!(found.verdict, Verdict::Valid, "{found:#?}");
        assert_eq!(found.kind.unwrap_or(Kind::RepositoryToken), kind);
        assert!(found.identity.is_none() && found.findings.is_empty() && found.all_grants_told);
        let implied: Vec<_> =
            found.grants.iter().filter(|g| g.source == GrantSource::Implied).map(|g| g.name.as_str()).collect();
        assert_eq!(implied, ["repository"]);
    }
}

#[tokio::test]
async fn access_token_without_the_telling_header_is_valid_by_the_scope_refusal() {
    let found = access_token([lacking(r#""account""#, r#""repository""#)]).await;
    assert_eq!(found.verdict, Verdict::Valid, "{found:#?}");
    assert!(found.findings.is_empty(), "an access token has no user to be seen");
    assert_eq!(found.grants[0].name, "repository");
}

#[tokio::test]
async fn read_user_forgotten_is_valid_and_says_what_will_not_work() {
    for answer in [
        lacking(r#""read:user:bitbucket""#, r#""read:repository:bitbucket""#),
        typed(403, "api_token", "read:repository:bitbucket", r#"{"type":"error","error":{"message":"Forbidden"}}"#),
        json(
            403,
            &[("X-OAuth-Scopes", "read:repository:bitbucket"), ("X-Accepted-OAuth-Scopes", "read:user:bitbucket")],
            "{}",
        ),
    ] {
        let found = api_token([answer]).await;
        assert_found(&found, Verdict::Valid, "user-scope-missing");
        assert!(found.findings[0].title.contains("read:user:bitbucket"), "{found:#?}");
        assert!(found.findings[0].cause.contains("read:repository:bitbucket"));
        assert_eq!(found.denied, ["read:user:bitbucket"]);
        assert!(found.grants.iter().any(|g| g.name == "read:repository:bitbucket"));
    }
}

#[tokio::test]
async fn a_missing_header_is_unknown_and_not_no_scopes() {
    let found = api_token([json(200, &[], USER)]).await;
    assert_eq!(found.verdict, Verdict::Valid);
    assert!(found.grants.is_empty() && !found.all_grants_told);
}

#[tokio::test]
async fn header_names_and_spaces_vary() {
    let answer = json(200, &[("x-oauth-scopes", " read:user:bitbucket ,,write:issue:bitbucket")], USER);
    let found = api_token([answer]).await;
    let names: Vec<_> = found.grants.iter().map(|g| g.name.as_str()).collect();
    assert_eq!(names, ["read:user:bitbucket", "write:issue:bitbucket"]);
}

#[tokio::test]
async fn a_token_that_reaches_no_workspace_says_so() {
    let scopes = "read:user:bitbucket, read:workspace:bitbucket";
    let found = api_token([typed(200, "api_token", scopes, USER), json(200, &[], r#"{"values":[]}"#)]).await;
    assert_found(&found, Verdict::Valid, "no-workspace");
    // Whatever goes wrong with that extra look changes nothing.
    for extra in [error(429, "Rate limit"), json(200, &[], "[]"), bad()[0].clone()] {
        let found = api_token([typed(200, "api_token", scopes, USER), extra]).await;
        assert!(found.verdict == Verdict::Valid && found.findings.is_empty(), "{found:#?}");
    }
}

#[tokio::test]
async fn an_account_that_is_not_active_is_limited() {
    let user = USER.replace(r#""account_status":"active""#, r#""account_status":"inactive""#);
    let found = api_token([typed(200, "api_token", "read:user:bitbucket", &user)]).await;
    assert_found(&found, Verdict::Limited, "account-not-active");
    assert!(found.findings[0].title.contains("inactive"));
}

#[tokio::test]
async fn a_token_that_works_has_scopes_whatever_the_record_says() {
    let transport = Recorded::new([json(200, &[], USER)]);
    let found = check_as(&transport, Kind::ApiToken, Some(EMAIL), API_TOKEN).await;
    assert_eq!((found.verdict, found.kind), (Verdict::Valid, Some(Kind::ScopedApiToken)));
}

#[tokio::test]
async fn an_oauth_token_goes_as_bearer() {
    let transport = Recorded::new([json(200, &[("X-OAuth-Scopes", "account")], USER), json(200, &[], WORKSPACES)]);
    let found = check_as(&transport, Kind::OauthToken, None, OAUTH).await;
    assert_eq!(authorization(&transport, 0), format!("Bearer {OAUTH}"));
    assert_eq!(found.verdict, Verdict::Valid);
    assert!(found.grants.iter().any(|g| g.name == "email" && g.source == GrantSource::Implied));
}

// --- the host --------------------------------------------------------------------------------------------------------

#[tokio::test]
async fn the_host_is_known_by_its_own_refusal() {
    let detect = async |answer: Response| {
        let transport = Recorded::new([answer]);
        let host = host();
        let wire = wire(&BitbucketCloud, &host, &transport, &[]);
        BitbucketCloud.detect(&wire).await
    };
    for answer in bad() {
        let Detection::Found { product, version } = detect(answer).await else { panic!() };
        assert_eq!((product.as_str(), version), ("Bitbucket Cloud", None));
    }
    for (answer, code) in [
        (json(200, &[], "{}"), "bitbucket-cloud.not-bitbucket-cloud"),
        (Response::of(401, &[("WWW-Authenticate", r#"Basic realm="proxy""#)], ""), "http.not-the-vendor"),
        (Response::of(200, &[("Content-Type", "text/html")], "<html>"), "http.html"),
    ] {
        let Detection::NotThis(finding) = detect(answer).await else { panic!("{code}") };
        assert_eq!(finding.code, code);
    }
}

#[test]
fn every_kind_that_can_be_made_has_its_guide() {
    let facts = BitbucketCloud.facts();
    for kind in
        [Kind::ScopedApiToken, Kind::RepositoryToken, Kind::ProjectToken, Kind::WorkspaceToken, Kind::OauthClient]
    {
        let guide = facts.guides.iter().find(|g| g.kind == kind).unwrap_or_else(|| panic!("{kind}"));
        assert!(!guide.steps.is_empty() && !guide.rotate_steps.is_empty() && !guide.need.is_empty(), "{kind}");
        assert!(facts.kind(kind).unwrap().limits.is_some(), "{kind}");
    }
    assert!(facts.guides.iter().all(|g| !matches!(g.kind, Kind::AppPassword | Kind::ApiToken)));
    for kind in [Kind::RepositoryToken, Kind::ProjectToken, Kind::WorkspaceToken] {
        let guide = facts.guides.iter().find(|g| g.kind == kind).unwrap();
        assert!(guide.rotate_steps.iter().any(|s| s.contains("Rotate")));
        assert!(guide.rotate_steps.iter().any(|s| s.contains("at most 30 more minutes")), "{kind}");
    }
    let api = facts.guides.iter().find(|g| g.kind == Kind::ScopedApiToken).unwrap();
    assert!(api.steps.iter().any(|s| s.contains("x-bitbucket-api-token-auth") && s.contains("e-mail")));
}
