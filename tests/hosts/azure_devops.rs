//! Azure DevOps: recognition and accepted tokens here, the rest in the submodules.

mod acting;
mod detecting;
mod probing;
mod refused;
mod simulated;

use keyrack::domain::{Checksum, Expiry, FamilyId, GrantSource, Host, Kind, Validation, Verdict};
use keyrack::hosts::azure_devops::AzureDevOps;
use keyrack::hosts::family;
use keyrack::hosts::recognise::recognise;
use keyrack::net::{NetError, NetErrorKind, Response};

use super::support::{Recorded, token, validate};

const WEB: &str = "https://dev.azure.com/contoso";
const IDENTITY: &str = "https://vssps.dev.azure.com/contoso";
const PROFILE: &str = "https://app.vssps.visualstudio.com";
const SERVER: &str = "https://tfs.acme.dev/tfs/Main";
/// The vectors of the vendor's two forms.
const OLD: &str = "eernkizeeutblebhfausukzmfuxc6mbrgiz7inbvgy3tqoj2hm6a";
const TOKEN: &str = "keyrackFAKEexampleDOnotUSE0123456789abcdefghijklmnopJQQJ99CKAAAAAAAAAAAAAAAAAZDOJdEd";
const ID: &str = "cccc3333-0000-4000-8000-000000000003";
const WHO: &str = r#"{"authenticatedUser":{"id":"11111111-2222-4333-8444-555555555555","descriptor":"Microsoft.IdentityModel.Claims.ClaimsIdentity;66666666\\dana@example.com","subjectDescriptor":"aad.RXhhbXBsZQ","providerDisplayName":"Dana Example","isActive":true,"properties":{"Account":{"$type":"System.String","$value":"dana@example.com"}},"resourceVersion":2,"metaTypeId":0},"authorizedUser":{"id":"11111111-2222-4333-8444-555555555555","providerDisplayName":"Dana Example","isActive":true},"instanceId":"aaaa1111-0000-4000-8000-000000000001","deploymentType":"hosted"}"#;
const EMPTY: &str = r#"{"count":0,"value":[]}"#;
const ANONYMOUS_TEXT: &str = "TF400813: Resource not available for anonymous access. Client authentication required.";

fn host() -> Host {
    Host::new("contoso", FamilyId::new("azure-devops"), WEB)
}

fn server() -> Host {
    Host::new("tfs", FamilyId::new("azure-devops"), SERVER)
}

/// An answer of Azure DevOps itself.
fn own(status: u16, body: &str) -> Response {
    Response::of(status, &[("Content-Type", "application/json; charset=utf-8"), ("X-VSS-E2EID", "1")], body)
}

/// The error envelope.
fn thrown(status: u16, type_key: &str, message: &str) -> Response {
    own(
        status,
        &format!(
            r#"{{"$id":"1","innerException":null,"message":"{message}","typeName":"Microsoft.X.{type_key}, Microsoft.X","typeKey":"{type_key}","errorCode":0,"eventId":3000}}"#
        ),
    )
}

/// A scope that is missing, or a profile that is not shown.
fn denied() -> Response {
    thrown(401, "UnauthorizedRequestException", ANONYMOUS_TEXT)
}

fn sign_in(status: u16) -> Response {
    Response::of(
        status,
        &[("Content-Type", "text/html; charset=utf-8")],
        "<!DOCTYPE html><html><head><title>Azure DevOps Services | Sign In</title></head></html>",
    )
}

/// A JWT that ends at a moment.
fn jwt(audience: &str, ends: i64) -> String {
    use base64::Engine as _;
    let part = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    let claims = format!(
        r#"{{"aud":"{audience}","exp":{ends},"upn":"dana@example.com","tid":"dddd0000","scp":"user_impersonation"}}"#
    );
    format!("{}.{}.KEYRACK-FAKE-SIGNATURE", part(r#"{"typ":"JWT","alg":"none"}"#), part(&claims))
}

const AUDIENCE: &str = "499b84ac-1321-427f-aa17-267ca6975798";
/// An hour after the moment of these tests, and an hour before.
const LATER: i64 = 1_795_410_000;
const EARLIER: i64 = 1_795_402_800;

async fn check(transport: &Recorded) -> Validation {
    validate(&AzureDevOps, &host(), transport, Kind::Pat, None, &token(TOKEN)).await
}

async fn check_server(transport: &Recorded) -> Validation {
    validate(&AzureDevOps, &server(), transport, Kind::Pat, None, &token(OLD)).await
}

async fn answered(answers: impl IntoIterator<Item = Response>) -> Validation {
    check(&Recorded::new(answers)).await
}

#[track_caller]
fn assert_found(found: &Validation, verdict: Verdict, name: &str) {
    assert_eq!(found.verdict, verdict, "{found:#?}");
    let codes: Vec<_> = found.findings.iter().map(|f| f.code.as_str()).collect();
    let expected = if name.contains('.') { name.to_owned() } else { format!("azure-devops.{name}") };
    assert_eq!(codes, [expected], "{found:#?}");
    assert_texts(found);
}

#[track_caller]
fn assert_texts(found: &Validation) {
    let dump = format!("{found:?}");
    assert!(!dump.contains(TOKEN) && !dump.contains(OLD), "the secret is in {dump}");
    for finding in found.findings.iter().filter(|f| f.code.starts_with("azure-devops.")) {
        for text in [&finding.title, &finding.cause, &finding.remedy] {
            assert!(!text.is_empty() && !text.contains(['{', '}']), "unfilled text: {text}");
        }
    }
}

// --- offline ---------------------------------------------------------------------------------------------------------

#[test]
fn both_forms_are_recognised_with_certainty() {
    for (text, carried, checksum) in
        [(OLD, ("token of", "a user"), Checksum::Ok), (TOKEN, ("allocated", "2026-11"), Checksum::None)]
    {
        let found = recognise(text);
        let first = found.first().expect("a candidate");
        assert_eq!((first.family.as_str(), first.kind, first.certain), ("azure-devops", Kind::Pat, true));
        assert_eq!(first.carries, [(carried.0.to_owned(), carried.1.to_owned())]);
        assert_eq!(first.checksum, checksum);
    }
}

#[test]
fn a_mistyped_old_token_is_a_warning_and_no_refusal() {
    let mistyped = OLD.replacen("eer", "eea", 1);
    let found = recognise(&mistyped);
    let ours = found.iter().find(|c| c.family.as_str() == "azure-devops").expect("still a candidate");
    assert!(!ours.certain && ours.checksum == Checksum::Mismatch);
}

#[test]
fn an_entra_token_shows_its_claims_and_another_services_does_not_count() {
    let found = recognise(&jwt(AUDIENCE, LATER));
    let ours = found.iter().find(|c| c.kind == Kind::EntraToken).expect("a candidate");
    assert!(ours.certain && ours.carries.contains(&("user".to_owned(), "dana@example.com".to_owned())));
    assert!(recognise(&jwt("https://graph.microsoft.com", LATER)).iter().all(|c| c.kind != Kind::EntraToken));
}

#[test]
fn the_catalogue_knows_what_includes_what() {
    let facts = family(&FamilyId::new("azure-devops")).unwrap().facts();
    let implied = facts.implied(&["vso.code_full".to_owned()]);
    for scope in ["vso.code_manage", "vso.code_write", "vso.code", "vso.hooks_write", "vso.profile"] {
        assert!(implied.iter().any(|s| s == scope), "{scope}");
    }
    assert!(facts.scopes.iter().any(|s| s.name == "app_token"));
}

#[test]
fn each_product_has_its_guide_and_the_stale_advice_is_answered() {
    let facts = family(&FamilyId::new("azure-devops")).unwrap().facts();
    let pats: Vec<_> = facts.guides.iter().filter(|g| g.kind == Kind::Pat).collect();
    assert_eq!(pats.len(), 4);
    let services = pats.iter().find(|g| g.product.as_deref() == Some("Azure DevOps Services")).unwrap();
    assert!(services.notes.iter().any(|n| n.contains("All accessible organizations") && n.contains("2026-12-01")));
    assert!(services.rotate_steps.iter().any(|s| s.contains("Regenerate")));
    let tfs = pats.iter().find(|g| g.before.as_deref() == Some("2019")).unwrap();
    assert!(tfs.page.ends_with("/_details/security/tokens") && tfs.steps.iter().any(|s| s.contains("Create Token")));
}

// --- accepted --------------------------------------------------------------------------------------------------------

#[tokio::test]
async fn a_good_token_tells_whose_it_is_and_that_it_reads_code() {
    let transport = Recorded::new([own(200, WHO), denied(), own(200, EMPTY)]);
    let found = check(&transport).await;
    assert_eq!(found.verdict, Verdict::Valid);
    let identity = found.identity.as_ref().unwrap();
    assert_eq!(identity.id, "11111111-2222-4333-8444-555555555555");
    assert_eq!((identity.login.as_str(), identity.name.as_str()), ("dana@example.com", "Dana Example"));
    assert_eq!(
        found.grants.iter().map(|g| (g.name.as_str(), g.source)).collect::<Vec<_>>(),
        [("vso.code", GrantSource::Probed)]
    );
    assert!(!found.all_grants_told && found.denied.is_empty() && found.findings.is_empty());
    assert_eq!(found.expiry, Expiry::Unknown, "the host does not tell");
    assert_eq!(
        transport.lines(),
        [
            format!("GET {WEB}/_apis/connectionData?api-version=7.1-preview"),
            format!("GET {PROFILE}/_apis/profile/profiles/me?api-version=7.1"),
            format!("GET {WEB}/_apis/git/repositories?api-version=7.1"),
        ]
    );
}

#[tokio::test]
async fn a_token_is_the_password_of_an_empty_user_and_asks_not_to_be_redirected() {
    let transport = Recorded::new([own(200, WHO), denied(), own(200, EMPTY)]);
    validate(&AzureDevOps, &host(), &transport, Kind::Pat, Some("ignored"), &token("abc")).await;
    for request in transport.seen.lock().unwrap().iter() {
        let header = |name: &str| request.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.reveal().to_owned());
        // The vendor's example.
        assert_eq!(header("Authorization").as_deref(), Some("Basic OmFiYw=="));
        assert_eq!(header("X-TFS-FedAuthRedirect").as_deref(), Some("Suppress"));
        assert_eq!(header("Accept").as_deref(), Some("application/json"));
    }
}

#[tokio::test]
async fn a_token_for_all_organizations_is_flagged_with_its_end_and_the_days_left() {
    let profile = r#"{"id":"11111111-2222-4333-8444-555555555555","displayName":"Dana Example"}"#;
    let found = answered([own(200, WHO), own(200, profile), own(200, EMPTY)]).await;
    assert_found(&found, Verdict::Valid, "global-pat");
    assert!(found.findings[0].title.contains("8 days") && found.findings[0].title.contains("2026-12-01"));
    assert_eq!(found.expiry, Expiry::At("2026-12-01T00:00:00Z".parse().unwrap()));
    // A page with status 200 is no profile.
    let found = answered([own(200, WHO), sign_in(200), own(200, EMPTY)]).await;
    assert!(found.findings.is_empty() && found.expiry == Expiry::Unknown);
}

#[tokio::test]
async fn a_missing_scope_is_denied_and_the_token_stays_valid() {
    let found = answered([own(200, WHO), denied(), denied()]).await;
    assert_eq!((found.verdict, found.denied.as_slice()), (Verdict::Valid, &["vso.code".to_owned()][..]));
    // A fault on the way to the proof of one scope says nothing.
    let lost = Err(NetError::new(NetErrorKind::Reset, "dev.azure.com:443", ""));
    let found = check(&Recorded::with_errors([Ok(own(200, WHO)), Ok(denied()), lost])).await;
    assert!(found.verdict == Verdict::Valid && found.denied.is_empty() && found.grants.is_empty());
}

#[tokio::test]
async fn a_narrow_token_is_proved_by_a_read_where_connection_data_refuses_it() {
    let found = answered([denied(), own(200, EMPTY)]).await;
    assert_eq!(found.verdict, Verdict::Valid, "{found:#?}");
    assert!(found.grants.iter().any(|g| g.name == "vso.code") && found.identity.is_none());
}

#[tokio::test]
async fn a_long_list_that_is_cut_off_is_as_good_a_proof() {
    let mut long = own(200, r#"{"count":9,"value":[{"id":"#);
    long.truncated = true;
    let found = answered([own(200, WHO), denied(), long]).await;
    assert!(found.grants.iter().any(|g| g.name == "vso.code"));
}

#[tokio::test]
async fn a_server_is_asked_at_its_collection_and_in_its_own_version() {
    let too_new =
        || thrown(400, "VssVersionOutOfRangeException", "The requested REST API version of 7.1 is out of range.");
    let transport = Recorded::new([own(200, WHO), too_new(), too_new(), own(200, EMPTY)]);
    let found = check_server(&transport).await;
    assert_eq!(found.verdict, Verdict::Valid);
    assert_eq!(
        transport.lines(),
        [
            format!("GET {SERVER}/_apis/connectionData"),
            format!("GET {SERVER}/_apis/git/repositories?api-version=7.1"),
            format!("GET {SERVER}/_apis/git/repositories?api-version=7.0"),
            format!("GET {SERVER}/_apis/git/repositories?api-version=6.0"),
        ]
    );
}

#[tokio::test]
async fn plain_http_is_warned_of() {
    let mut plain = server();
    plain.url = plain.url.replace("https:", "http:");
    let transport = Recorded::new([own(200, WHO), own(200, EMPTY)]);
    let found = validate(&AzureDevOps, &plain, &transport, Kind::Pat, None, &token(OLD)).await;
    assert_found(&found, Verdict::Valid, "plain-http");
}

#[tokio::test]
async fn an_entra_token_goes_as_bearer_and_its_claims_count_once_accepted() {
    let secret = jwt(AUDIENCE, LATER);
    let transport = Recorded::new([own(200, WHO)]);
    let found = validate(&AzureDevOps, &host(), &transport, Kind::EntraToken, None, &token(&secret)).await;
    assert_eq!(found.verdict, Verdict::Valid);
    assert_eq!(found.expiry.at().map(|at| at.as_second()), Some(LATER));
    assert!(found.all_grants_told && found.grants.iter().any(|g| g.name == "user_impersonation"));
    let seen = transport.seen.lock().unwrap();
    assert!(seen[0].headers.iter().any(|(n, v)| n == "Authorization" && v.reveal() == format!("Bearer {secret}")));
}
