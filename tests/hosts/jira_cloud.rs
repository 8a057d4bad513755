//! Jira and Confluence Cloud: what is told offline and accepted credentials here, the rest in the submodules.

mod inventory;
mod keys;
mod probing;
mod refused;
mod revoking;
mod simulated;

use keyrack::domain::{Checksum, Expiry, FamilyId, GrantSource, Host, Kind, Validation, Verdict};
use keyrack::hosts::jira_cloud::JiraCloud;
use keyrack::hosts::recognise::recognise;
use keyrack::hosts::{Authority, Detection, Family};
use keyrack::net::{NetError, NetErrorKind, Response};

use super::support::{Recorded, token, validate, wire};

const WEB: &str = "https://acme.atlassian.net";
const GATEWAY: &str = "https://api.atlassian.com";
const CLOUD: &str = "11111111-2222-4333-8444-555555555555";
const ORG: &str = "99999999-aaaa-4bbb-8ccc-dddddddddddd";
const ACCT: &str = "5f0000000000000000000001";
const EMAIL: &str = "dev@example.com";
/// The vectors of the vendor's layout.
const TOKEN: &str = "ATATT3xFfGF0EXAMPLE_ONLY-NOT_A_TOKEN=5EEB61D5";
const KEY: &str = "ATCTT3xFfGN0EXAMPLE_ONLY-NOT_A_TOKEN=D8249E8E";
const MYSELF: &str = r#"{"self":"x","accountId":"5f0000000000000000000001","accountType":"atlassian","emailAddress":"dev@example.com","displayName":"Dev One","active":true,"groups":{"size":2,"items":[{"name":"jira-users-acme"},{"name":"org-admins"}]}}"#;
const CURRENT: &str = r#"{"type":"known","accountId":"5f0000000000000000000001","accountType":"atlassian","email":"dev@example.com","publicName":"dev1","displayName":"Dev One","operations":[{"operation":"use","targetType":"application"},{"operation":"administer","targetType":"application"},{"operation":"use","targetType":"space"}]}"#;
const ANONYMOUS: &str = r#"{"type":"anonymous","displayName":"Anonymous"}"#;
const PERMISSIONS: &str = r#"{"permissions":{"BROWSE_PROJECTS":{"type":"PROJECT","havePermission":true},"ADMINISTER":{"type":"GLOBAL","havePermission":false}}}"#;
const SCOPE: &str = r#"{"code":401,"message":"Unauthorized; scope does not match"}"#;
const UNAUTHORIZED: &str = r#"{"code":401,"message":"Unauthorized"}"#;
const WORDS: &str = "Client must be authenticated to access this resource.";

fn host() -> Host {
    Host::new("acme.atlassian.net", FamilyId::new("jira-cloud"), WEB)
}

fn ok(body: &str) -> Response {
    Response::of(200, &[("Content-Type", "application/json"), ("X-AACCOUNTID", ACCT), ("ATL-TraceId", "0123")], body)
}

fn json(status: u16, body: &str) -> Response {
    Response::of(status, &[("Content-Type", "application/json")], body)
}

/// What `/myself` answers to a credential that does not count: bare words under the content type of a page.
fn failed() -> Response {
    Response::of(
        401,
        &[("Content-Type", "text/html;charset=UTF-8"), ("X-Seraph-LoginReason", "AUTHENTICATED_FAILED")],
        WORDS,
    )
}

fn tenant() -> Response {
    json(200, &format!(r#"{{"cloudId":"{CLOUD}"}}"#))
}

fn html(status: u16) -> Response {
    Response::of(status, &[("Content-Type", "text/html")], "<!DOCTYPE html><html>Atlassian</html>")
}

fn org_key() -> Authority {
    Authority { kind: Some(Kind::AdminKey), username: None, secret: token(KEY), one_time_code: None }
}

async fn check(transport: &Recorded, kind: Kind) -> Validation {
    let found = validate(&JiraCloud, &host(), transport, kind, Some(EMAIL), &token(TOKEN)).await;
    let shown = format!("{found:?}");
    assert!(!shown.contains(TOKEN), "the token is in {shown}");
    found
}

async fn answered(answers: impl IntoIterator<Item = Response>) -> Validation {
    check(&Recorded::new(answers), Kind::ApiToken).await
}

#[track_caller]
fn assert_found(found: &Validation, verdict: Verdict, name: &str) {
    assert_eq!(found.verdict, verdict, "{found:#?}");
    let expected = if name.contains('.') { name.to_owned() } else { format!("jira-cloud.{name}") };
    let finding = found.findings.iter().find(|f| f.code == expected).unwrap_or_else(|| panic!("{name}: {found:#?}"));
    if !name.contains('.') {
        for text in [&finding.title, &finding.cause, &finding.remedy] {
            assert!(!text.is_empty() && !text.contains(['{', '}']), "unfilled text: {text}");
        }
    }
}

fn names(found: &Validation, source: GrantSource) -> Vec<&str> {
    found.grants.iter().filter(|g| g.source == source).map(|g| g.name.as_str()).collect()
}

// --- offline ---------------------------------------------------------------------------------------------------------

#[test]
fn the_form_does_not_tell_scopes_or_product() {
    let found = recognise(TOKEN);
    let ours: Vec<_> = found.iter().filter(|c| c.family.as_str() == "jira-cloud").collect();
    assert_eq!(ours.iter().map(|c| c.kind).collect::<Vec<_>>(), [Kind::ApiToken, Kind::ScopedApiToken]);
    assert!(ours.iter().all(|c| !c.certain && c.checksum == Checksum::Ok));
    let key: Vec<_> = recognise(KEY).into_iter().filter(|c| c.family.as_str() == "jira-cloud").collect();
    assert_eq!(
        key.iter().map(|c| (c.kind, c.certain, c.checksum)).collect::<Vec<_>>(),
        [(Kind::AdminKey, false, Checksum::Ok)]
    );
}

#[test]
fn a_cut_token_is_recognised_and_warned_of_whatever_its_length() {
    let long = format!("{}{}", &TOKEN[..TOKEN.len() - 9], "A".repeat(90));
    for text in [&TOKEN[..30], &TOKEN[..TOKEN.len() - 1], &TOKEN.replace("ONLY", "0NLY"), &long] {
        let found = recognise(text);
        let ours = found.iter().find(|c| c.family.as_str() == "jira-cloud").unwrap_or_else(|| panic!("{text}"));
        assert_eq!(ours.checksum, Checksum::Mismatch, "{text}");
    }
}

#[test]
fn old_tokens_and_access_tokens_say_what_they_are() {
    let old = recognise("KeyrackFakeTokenOld01a2b");
    let ours = old.iter().find(|c| c.family.as_str() == "jira-cloud").unwrap();
    assert!(ours.carries[0].1.contains("expired"), "{ours:?}");
    let jwt = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2F1dGguYXRsYXNzaWFuLmNvbSIsImV4cCI6MTc5NTQwMDAwMH0.c2ln";
    let found = recognise(jwt);
    let ours = found.iter().find(|c| c.family.as_str() == "jira-cloud").unwrap();
    assert_eq!(ours.kind, Kind::OauthToken);
    assert!(ours.carries.iter().any(|(name, value)| name == "expires" && value.starts_with("2026-11-23")), "{ours:?}");
    let other = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL3N0cy53aW5kb3dzLm5ldCJ9.c2ln";
    assert!(recognise(other).iter().all(|c| c.family.as_str() != "jira-cloud"));
}

#[test]
fn addresses_are_sites_and_nothing_is_sent_to_atlassian_com() {
    let read = |typed| JiraCloud.host_url(typed).unwrap();
    for typed in ["acme.atlassian.net", "https://acme.atlassian.net/browse/KEY-1", "https://acme.atlassian.com/wiki"] {
        assert_eq!(read(typed).url, WEB);
        assert!(read(typed).certain, "{typed}");
    }
    assert!(read("acme.atlassian.com").notes.iter().any(|n| n.contains("not a site")));
    for typed in ["https://api.atlassian.com", "https://jira.example.com", "https://acme.atlassian.net.evil.example"] {
        assert!(JiraCloud.host_url(typed).is_err(), "{typed}");
    }
    let all = JiraCloud.endpoints(&host()).unwrap();
    assert_eq!((all["web"].as_str(), all["gateway"].as_str()), (WEB, GATEWAY));
    assert_eq!(all["auth"], "https://auth.atlassian.com");
}

#[test]
fn every_scope_table_is_there() {
    let scopes = &JiraCloud.facts().scopes;
    for name in [
        "read:jira-work",
        "manage:servicedesk-customer",
        "delete:issue-worklog.property:jira",
        "write:filter.default-share-scope:jira",
        "read:issue.changelog:jira",
        "validate:jql:jira",
        "send:notification:jira",
        "delete:async-task:jira",
        "delete:sprint:jira-software",
        "readonly:content.attachment:confluence",
        "delete:whiteboard:confluence",
        "read:analytics.content:confluence",
        "offline_access",
        "delete:service-accounts-tokens:admin",
        "ADMINISTER",
        "view-issue",
    ] {
        let scope = scopes.iter().find(|s| s.name == name).unwrap_or_else(|| panic!("{name}"));
        assert!(!scope.about.is_empty() && scope.group.is_some());
    }
    let deleting = ["DELETE_ALL_COMMENTS".to_owned()];
    assert_eq!(JiraCloud.facts().implied(&deleting), ["DELETE_OWN_COMMENTS"]);
}

// --- accepted --------------------------------------------------------------------------------------------------------

#[tokio::test]
async fn a_token_without_scopes_is_proved_at_the_site() {
    let transport = Recorded::new([ok(MYSELF), ok(PERMISSIONS)]);
    let found = check(&transport, Kind::ApiToken).await;
    assert_eq!(found.verdict, Verdict::Valid, "{found:#?}");
    let who = found.identity.as_ref().unwrap();
    assert_eq!((who.id.as_str(), who.login.as_str()), (ACCT, EMAIL));
    assert_eq!((who.name.as_str(), who.kind.as_str()), ("Dev One", "user"));
    assert_eq!(found.kind, Some(Kind::ApiToken));
    assert_eq!(names(&found, GrantSource::Told), ["BROWSE_PROJECTS"]);
    assert_eq!(found.denied, ["ADMINISTER"]);
    assert_eq!(found.expiry, Expiry::Unknown);
    assert!(!found.all_grants_told && found.findings.is_empty());
    let lines = transport.lines();
    assert_eq!(lines[0], format!("GET {WEB}/rest/api/3/myself"));
    assert!(lines[1].starts_with(&format!("GET {WEB}/rest/api/3/mypermissions?permissions=")));
    assert!(lines[1].contains("USER_PICKER") && lines[1].contains("VIEW_DEV_TOOLS"));
}

#[tokio::test]
async fn address_and_token_are_sent_as_basic_without_a_line_break() {
    let transport = Recorded::new([ok(MYSELF), ok(PERMISSIONS)]);
    let secret = token(&format!("{TOKEN}\n"));
    let found = validate(&JiraCloud, &host(), &transport, Kind::ApiToken, Some(" dev@example.com "), &secret).await;
    assert_eq!(found.verdict, Verdict::Valid);
    let seen = transport.seen.lock().unwrap();
    let sent = seen[0].headers.iter().find(|(n, _)| n == "Authorization").unwrap().1.reveal().to_owned();
    let expected = keyrack::net::Request::get("").basic(EMAIL, &token(TOKEN).token);
    assert_eq!(sent, expected.headers[0].1.reveal());
    let accept = seen[0].headers.iter().find(|(n, _)| n == "Accept").unwrap();
    assert_eq!(accept.1.reveal(), "application/json");
}

#[tokio::test]
async fn a_scoped_token_at_the_site_is_tried_at_the_gateway_and_said_so() {
    let transport = Recorded::new([failed(), tenant(), ok(MYSELF), ok(PERMISSIONS)]);
    let found = check(&transport, Kind::ApiToken).await;
    assert_found(&found, Verdict::Valid, "scoped-at-gateway");
    assert_eq!(found.kind, Some(Kind::ScopedApiToken));
    assert!(found.findings[0].remedy.contains(&format!("{GATEWAY}/ex/jira/{CLOUD}")), "{:?}", found.findings);
    assert_eq!(names(&found, GrantSource::Probed), ["read:jira-user", "read:jira-work"]);
    let lines = transport.lines();
    assert_eq!(lines[1], format!("GET {WEB}/_edge/tenant_info"));
    assert_eq!(lines[2], format!("GET {GATEWAY}/ex/jira/{CLOUD}/rest/api/3/myself"));
    let seen = transport.seen.lock().unwrap();
    assert!(seen[1].headers.iter().all(|(n, _)| n != "Authorization"), "the cloud id is asked without a credential");
}

#[tokio::test]
async fn a_token_known_to_be_scoped_goes_to_the_gateway_at_once() {
    let transport = Recorded::new([tenant(), ok(MYSELF), ok(PERMISSIONS)]);
    let found = check(&transport, Kind::ScopedApiToken).await;
    assert_eq!(found.verdict, Verdict::Valid);
    assert!(found.findings.is_empty(), "nothing to be surprised of: {:?}", found.findings);
    assert_eq!(transport.lines().len(), 3);
}

#[tokio::test]
async fn a_token_wrongly_taken_for_scoped_is_found_at_the_site() {
    let transport = Recorded::new([tenant(), json(401, UNAUTHORIZED), ok(MYSELF), ok(PERMISSIONS)]);
    let found = check(&transport, Kind::ScopedApiToken).await;
    assert_eq!((found.verdict, found.kind), (Verdict::Valid, Some(Kind::ApiToken)));
}

#[tokio::test]
async fn scope_does_not_match_means_that_the_token_is_good() {
    let browse = ok(r#"{"permissions":{"BROWSE_PROJECTS":{"havePermission":true}}}"#);
    let transport = Recorded::new([failed(), tenant(), json(401, SCOPE), browse, ok(PERMISSIONS)]);
    let found = check(&transport, Kind::ApiToken).await;
    assert_found(&found, Verdict::Valid, "scope-missing");
    assert!(found.denied.contains(&"read:jira-user".to_owned()));
    assert_eq!(found.identity.unwrap().id, ACCT, "from X-AACCOUNTID");
    assert!(found.findings.iter().any(|f| f.title.contains("read:jira-user")));
}

#[tokio::test]
async fn without_any_scope_of_jira_confluence_tells_who_it_is() {
    let transport = Recorded::new([tenant(), json(401, SCOPE), json(401, SCOPE), json(200, CURRENT)]);
    let found = check(&transport, Kind::ScopedApiToken).await;
    assert_found(&found, Verdict::Valid, "scope-missing");
    assert_eq!(found.denied, ["read:jira-user", "read:jira-work"]);
    assert!(names(&found, GrantSource::Probed).contains(&"read:confluence-user"));
    assert_eq!(found.identity.unwrap().name, "Dev One");
    let nothing = Recorded::new([tenant(), json(401, SCOPE), json(401, SCOPE), json(401, SCOPE)]);
    let found = check(&nothing, Kind::ScopedApiToken).await;
    assert_eq!((found.verdict, found.identity), (Verdict::Valid, None));
    assert_eq!(found.denied, ["read:jira-user", "read:jira-work", "read:confluence-user"]);
}

#[tokio::test]
async fn a_site_with_confluence_alone_is_proved_there() {
    let transport = Recorded::new([html(404), tenant(), json(200, CURRENT)]);
    let found = check(&transport, Kind::ApiToken).await;
    assert_found(&found, Verdict::Valid, "confluence-only");
    assert_eq!(names(&found, GrantSource::Told), ["confluence/use", "confluence/administer"]);
    assert!(transport.lines()[2].starts_with(&format!("GET {WEB}/wiki/rest/api/user/current")));
    let gateway = Recorded::new([tenant(), json(404, r#"{"code":404,"message":"Not Found"}"#), json(200, CURRENT)]);
    let found = check(&gateway, Kind::ScopedApiToken).await;
    assert_found(&found, Verdict::Valid, "confluence-only");
    assert_eq!(
        gateway.lines()[2],
        format!("GET {GATEWAY}/ex/confluence/{CLOUD}/wiki/rest/api/user/current?expand=operations")
    );
    let poor = Recorded::new([tenant(), json(404, r#"{"code":404,"message":"Not Found"}"#), json(401, SCOPE)]);
    assert_found(&check(&poor, Kind::ScopedApiToken).await, Verdict::Valid, "scope-missing");
}

#[tokio::test]
async fn an_account_without_jira_is_proved_by_confluence() {
    let unlicensed = json(403, r#"{"errorMessages":["You are not licensed."],"errors":{}}"#);
    let found = answered([unlicensed, tenant(), json(200, CURRENT)]).await;
    assert_found(&found, Verdict::Valid, "no-jira-access");
}

#[tokio::test]
async fn service_accounts_and_access_tokens_know_the_gateway_only() {
    let bot = MYSELF.replace("\"atlassian\"", "\"app\"");
    let transport = Recorded::new([tenant(), ok(&bot), ok(PERMISSIONS)]);
    let secret = token(TOKEN);
    let found = validate(&JiraCloud, &host(), &transport, Kind::ServiceAccountToken, None, &secret).await;
    assert_eq!((found.verdict, found.kind), (Verdict::Valid, Some(Kind::ServiceAccountToken)));
    assert_eq!(found.identity.unwrap().kind, "service");
    let sent = transport.seen.lock().unwrap()[1].headers.iter().find(|(n, _)| n == "Authorization").unwrap().1.clone();
    assert_eq!(sent.reveal(), format!("Bearer {TOKEN}"), "without an address the token goes alone");

    let named = Some("bot@serviceaccount.atlassian.com");
    let refused = Recorded::new([tenant(), json(401, UNAUTHORIZED)]);
    let found = validate(&JiraCloud, &host(), &refused, Kind::ServiceAccountToken, named, &secret).await;
    assert_found(&found, Verdict::Rejected, "service-account-refused");
    let sent = refused.seen.lock().unwrap()[1].headers.iter().find(|(n, _)| n == "Authorization").unwrap().1.clone();
    assert!(sent.reveal().starts_with("Basic "));
}

#[tokio::test]
async fn a_site_that_lacks_a_permission_key_is_asked_for_the_sure_ones() {
    let strange = || json(400, r#"{"errorMessages":["Unrecognized permission(s): UNARCHIVE_ISSUES"],"errors":{}}"#);
    let one = |key: &str, has: bool| ok(&format!(r#"{{"permissions":{{"{key}":{{"havePermission":{has}}}}}}}"#));
    let transport = Recorded::new([
        ok(MYSELF),
        strange(),
        one("ADMINISTER", true),
        one("ADMINISTER_PROJECTS", false),
        one("BROWSE_PROJECTS", true),
        strange(),
        one("USER_PICKER", false),
    ]);
    let found = check(&transport, Kind::ApiToken).await;
    assert_eq!(names(&found, GrantSource::Told), ["ADMINISTER", "BROWSE_PROJECTS"]);
    assert_eq!(found.denied, ["ADMINISTER_PROJECTS", "USER_PICKER"], "the unknown key is neither");
}

#[tokio::test]
async fn a_fault_after_the_proof_changes_nothing() {
    let lost = NetError::new(NetErrorKind::Reset, "acme.atlassian.net:443", "");
    let transport = Recorded::with_errors([Ok(ok(MYSELF)), Err(lost)]);
    let found = check(&transport, Kind::ApiToken).await;
    assert_eq!(found.verdict, Verdict::Valid);
    assert!(found.grants.is_empty() && found.denied.is_empty(), "nothing is denied that was not answered");
}

// --- detecting -------------------------------------------------------------------------------------------------------

async fn detect(answers: impl IntoIterator<Item = Response>) -> Detection {
    let transport = Recorded::new(answers);
    let host = host();
    let wire = wire(&JiraCloud, &host, &transport, &[]);
    JiraCloud.detect(&wire).await
}

#[tokio::test]
async fn what_answers_is_told_without_a_credential() {
    let cloud = json(200, r#"{"deploymentType":"Cloud","version":"1001.0.0-SNAPSHOT"}"#);
    let Detection::Found { product, version } = detect([cloud, tenant()]).await else { panic!() };
    assert_eq!((product.as_str(), version.as_deref()), ("Jira Cloud", Some("1001.0.0-SNAPSHOT")));
    let Detection::Found { product, .. } = detect([html(404), tenant()]).await else { panic!() };
    assert!(product.contains("Confluence"));
    let server = json(200, r#"{"deploymentType":"Server","version":"9.12.0"}"#);
    for (answers, code) in [
        (vec![server], "jira-cloud.wrong-product"),
        (vec![html(404), html(404)], "jira-cloud.no-such-site"),
        (vec![html(200), json(200, "{}")], "jira-cloud.no-such-site"),
        (vec![html(503), html(503)], "http.unavailable"),
        (vec![Response::of(403, &[], "blocked"), html(404)], "http.not-the-vendor"),
    ] {
        let Detection::NotThis(finding) = detect(answers).await else { panic!("{code}") };
        assert_eq!(finding.code, code);
    }
}
