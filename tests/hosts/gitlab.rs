//! GitLab: validation against recorded answers, one test per case of its error signatures.

use keyrack::domain::{Expiry, FamilyId, Host, Kind, Validation, Verdict};
use keyrack::hosts::gitlab::GitLab;
use keyrack::net::{Body, NetError, NetErrorKind, Response};

use crate::support::{Recorded, token, validate};

pub const TOKEN: &str = "glpat-ExampleFakeToken0001";
const RECORD: &str = r#"{"id":815,"name":"keyrack laptop","revoked":false,"created_at":"2026-09-01T07:12:44.120Z",
    "description":"made by keyrack","scopes":["read_api","self_rotate"],"user_id":100,
    "last_used_at":"2026-11-22T18:01:03.500Z","last_used_ips":["192.0.2.7"],"active":true,"expires_at":"2027-03-01"}"#;
const USER: &str = r#"{"id":100,"username":"mara","name":"Mara","state":"active","web_url":"https://gitlab.com/mara"}"#;
const META: (&str, &str) = ("X-Gitlab-Meta", r#"{"correlation_id":"01KEYRACKTEST","version":"1"}"#);

pub fn host() -> Host {
    Host::new("gitlab.example.com", FamilyId::new("gitlab"), "https://gitlab.example.com")
}

pub fn json(status: u16, body: &str) -> Response {
    Response::of(status, &[("Content-Type", "application/json")], body)
}

fn style_b(status: u16, error: &str, description: &str) -> Response {
    let body = serde_json::json!({"error": error, "error_description": description}).to_string();
    let realm = format!("Bearer realm=\"Protected by OAuth 2.0\", error=\"{error}\"");
    Response::of(status, &[("Content-Type", "application/json"), ("WWW-Authenticate", &realm)], &body)
}

async fn check_as(kind: Kind, secret: &str, answers: Vec<Response>) -> (Validation, Recorded) {
    let transport = Recorded::new(answers);
    let validation = validate(&GitLab, &host(), &transport, kind, None, &token(secret)).await;
    assert_texts_are_whole(&validation);
    assert_eq!(transport.lines().len(), validation.evidence.len(), "{:?}", validation.evidence);
    (validation, transport)
}

async fn check(answers: Vec<Response>) -> Validation {
    check_as(Kind::Pat, TOKEN, answers).await.0
}

/// Every placeholder is filled, everything that is no success explains itself, and the token is nowhere.
pub fn assert_texts_are_whole(validation: &Validation) {
    let text = format!("{validation:?}");
    assert!(!text.contains("ExampleFakeToken"), "{text}");
    for finding in &validation.findings {
        let shown = format!("{} {} {} {}", finding.title, finding.cause, finding.remedy, finding.link);
        assert!(!shown.contains(['{', '}']), "{shown}");
        if finding.code.starts_with("gitlab.") {
            assert!(!finding.cause.is_empty() && finding.link.starts_with("https://"), "{} is thin", finding.code);
        }
    }
    assert!(validation.verdict == Verdict::Valid || !validation.findings.is_empty(), "{text}");
}

#[track_caller]
fn assert_found(validation: &Validation, verdict: Verdict, code: &str) {
    let codes: Vec<_> = validation.findings.iter().map(|f| f.code.as_str()).collect();
    assert_eq!((validation.verdict, codes.as_slice()), (verdict, [code].as_slice()), "{}", validation.reason);
}

// --- a token that works ---

#[tokio::test]
async fn personal_token_tells_its_record_and_its_user() {
    let (found, transport) = check_as(Kind::Pat, TOKEN, vec![json(200, RECORD), json(200, USER)]).await;
    assert_eq!(found.verdict, Verdict::Valid);
    assert_eq!(
        transport.lines(),
        [
            "GET https://gitlab.example.com/api/v4/personal_access_tokens/self",
            "GET https://gitlab.example.com/api/v4/user"
        ]
    );
    let identity = found.identity.unwrap();
    assert_eq!((identity.id.as_str(), identity.login.as_str(), identity.kind.as_str()), ("100", "mara", "user"));
    let grants: Vec<_> = found.grants.iter().map(|g| g.name.as_str()).collect();
    assert_eq!(grants, ["read_api", "self_rotate", "read_repository", "read_registry"]);
    assert!(found.all_grants_told);
    assert_eq!(found.expiry, Expiry::At("2027-03-01T00:00:00Z".parse().unwrap()));
    assert_eq!((found.remote_id.as_deref(), found.remote_name.as_deref()), (Some("815"), Some("keyrack laptop")));
    assert_eq!(found.created_at, Some("2026-09-01T07:12:44.120Z".parse().unwrap()));
    assert_eq!(found.last_used, Some("2026-11-22T18:01:03.500Z".parse().unwrap()));
    assert_eq!((found.kind, found.findings.len()), (None, 0));
}

#[tokio::test]
async fn prefixed_tokens_go_in_private_token_and_all_others_as_bearer() {
    for (secret, header) in [
        (TOKEN, "PRIVATE-TOKEN"),
        ("ACME-glpat-ExampleFakeToken0001", "PRIVATE-TOKEN"),
        ("ExampleFakeToken0001", "Authorization"),
        (&"00c0ffee".repeat(8), "Authorization"),
        ("acme_ExampleFakeToken0001", "Authorization"),
    ] {
        let (_, transport) =
            check_as(Kind::Unknown, secret, vec![json(401, r#"{"message":"401 Unauthorized"}"#)]).await;
        let seen = transport.seen.lock().unwrap();
        let names: Vec<_> = seen[0].headers.iter().map(|(n, _)| n.as_str()).filter(|n| *n != "Accept").collect();
        assert_eq!(names, [header], "{secret}");
        assert!(!format!("{seen:?}").contains(secret), "{secret} is in a URL or a Debug text");
    }
}

#[tokio::test]
async fn scopes_that_hide_the_user_leave_the_number() {
    let record = RECORD.replace(r#"["read_api","self_rotate"]"#, r#"["read_registry"]"#);
    let found = check(vec![json(200, &record)]).await;
    assert_eq!(found.verdict, Verdict::Valid);
    let identity = found.identity.unwrap();
    assert_eq!((identity.id.as_str(), identity.login.as_str()), ("100", ""));
}

#[tokio::test]
async fn a_refused_look_at_the_user_is_no_fault_of_the_token() {
    for refusal in [
        style_b(403, "insufficient_granular_scope", "Access denied: … user permissions: [User: Read]."),
        style_b(403, "insufficient_scope", "The request requires higher privileges than provided by the access token."),
        json(403, r#"{"message":"403 Forbidden"}"#),
    ] {
        let found = check(vec![json(200, RECORD), refusal]).await;
        assert_eq!((found.verdict, found.findings.len()), (Verdict::Valid, 0));
        assert_eq!(found.identity.unwrap().id, "100");
    }
}

#[tokio::test]
async fn a_fault_on_the_way_to_the_user_is_shown_and_the_token_stays_good() {
    let found = check(vec![json(200, RECORD), Response::of(502, &[("Content-Type", "text/html")], "<html>")]).await;
    assert_found(&found, Verdict::Valid, "http.server-error");
    assert_eq!(found.remote_id.as_deref(), Some("815"));

    let error = NetError::new(NetErrorKind::ReadTimeout, "gitlab.example.com:443", "");
    let transport = Recorded::with_errors([Ok(json(200, RECORD)), Err(error)]);
    let found = validate(&GitLab, &host(), &transport, Kind::Pat, None, &token(TOKEN)).await;
    assert_found(&found, Verdict::Valid, "net.read-timeout");
    assert_eq!(found.evidence.len(), 2);
}

#[tokio::test]
async fn token_without_an_end_never_expires() {
    let record = RECORD.replace(r#""2027-03-01""#, "null");
    assert_eq!(check(vec![json(200, &record), json(200, USER)]).await.expiry, Expiry::Never);
}

#[tokio::test]
async fn bot_names_tell_project_and_group_tokens() {
    for (login, kind, sort) in [
        ("project_42_bot_4ffca233", Some(Kind::ProjectToken), "project"),
        ("group_7_bot_4ffca233", Some(Kind::GroupToken), "group"),
        ("project_bot", None, "user"),
    ] {
        let record = RECORD.replace("read_api", "api");
        let found = check(vec![json(200, &record), json(200, &USER.replace("mara", login))]).await;
        assert_eq!(found.kind, kind, "{login}");
        assert_eq!(found.identity.unwrap().kind, sort);
        assert_eq!(found.grants.iter().any(|g| g.name == "read_user"), kind.is_none(), "{login}");
    }
}

#[tokio::test]
async fn fine_grained_token_tells_permissions_with_their_boundary() {
    let record = RECORD.replace(
        r#""scopes":["read_api","self_rotate"]"#,
        r#""scopes":["granular"],"granular":true,"granular_scopes":[{"access":"selected_memberships",
           "permissions":["read_job","download_code"],"project_id":6,"group_id":null},
           {"access":"user","permissions":["read_user"],"project_id":null,"group_id":null}]"#,
    );
    let found = check(vec![json(200, &record), json(200, USER)]).await;
    assert_eq!((found.verdict, found.kind), (Verdict::Valid, Some(Kind::FineGrainedPat)));
    let grants: Vec<_> = found.grants.iter().map(|g| g.name.as_str()).collect();
    assert_eq!(grants, ["read_job@project:6", "download_code@project:6", "read_user@user"]);
}

#[tokio::test]
async fn fine_grained_token_that_may_not_look_at_itself_is_valid() {
    let refusal = "Access denied: This operation requires a fine-grained personal access token with the following user \
                   permissions: [Personal Access Token: Read].";
    let found = check(vec![style_b(403, "insufficient_granular_scope", refusal), json(200, USER)]).await;
    assert_found(&found, Verdict::Valid, "gitlab.self-unreadable");
    assert!(found.findings[0].remedy.contains("Personal Access Token: Read"), "{}", found.findings[0].remedy);
    assert_eq!((found.kind, found.identity.unwrap().login.as_str()), (Some(Kind::FineGrainedPat), "mara"));
    assert!(found.evidence[0].detail.contains("Access denied"), "{:?}", found.evidence);
    assert!(found.grants.is_empty());
}

#[tokio::test]
async fn self_closed_to_fine_grained_tokens_still_shows_it_alive() {
    let refusal = "Access denied: This operation doesn't support fine-grained personal access tokens.";
    let hidden = style_b(403, "insufficient_granular_scope", refusal);
    let found = check(vec![hidden.clone(), hidden]).await;
    assert_found(&found, Verdict::Valid, "gitlab.granular-unsupported");
}

#[tokio::test]
async fn fine_grained_tokens_switched_off() {
    let refusal = "Access denied: Fine-grained personal access tokens are not yet supported.";
    let found = check(vec![style_b(403, "insufficient_granular_scope", refusal)]).await;
    assert_found(&found, Verdict::Blocked, "gitlab.granular-off");
}

#[tokio::test]
async fn missing_scope_on_self_is_told_with_the_scopes() {
    let body = r#"{"error":"insufficient_scope","scope":"api read_api",
        "error_description":"The request requires higher privileges than provided by the access token."}"#;
    let found = check(vec![json(403, body), json(403, body)]).await;
    assert_found(&found, Verdict::Valid, "gitlab.self-scope-missing");
    assert!(found.findings[0].remedy.contains("api or read_api"));
}

// --- a token that is dead ---

#[tokio::test]
async fn expired() {
    let text = "Token is expired. You can either do re-authorization or token refresh.";
    assert_found(&check(vec![style_b(401, "invalid_token", text)]).await, Verdict::Expired, "gitlab.expired");
}

#[tokio::test]
async fn revoked() {
    let text = "Token was revoked. You have to re-authorize from the user.";
    let found = check(vec![style_b(401, "invalid_token", text)]).await;
    assert_found(&found, Verdict::Revoked, "gitlab.revoked");
    assert!(found.findings[0].remedy.contains("Do not call rotate"));
    assert!(found.evidence[0].detail.contains("Token was revoked"));
}

#[tokio::test]
async fn dead_by_its_own_record() {
    let gone =
        RECORD.replace(r#""revoked":false"#, r#""revoked":true"#).replace(r#""active":true"#, r#""active":false"#);
    let found = check(vec![json(200, &gone)]).await;
    assert_found(&found, Verdict::Revoked, "gitlab.revoked");
    assert_eq!(found.remote_id.as_deref(), Some("815"));
    let over = RECORD.replace(r#""active":true"#, r#""active":false"#);
    assert_found(&check(vec![json(200, &over)]).await, Verdict::Expired, "gitlab.expired");
}

#[tokio::test]
async fn unknown_token_or_other_host() {
    let found = check(vec![json(401, r#"{"message":"401 Unauthorized"}"#)]).await;
    assert_found(&found, Verdict::Rejected, "gitlab.token-unknown");
    assert!(found.findings[0].remedy.contains("https://gitlab.example.com"));
}

#[tokio::test]
async fn bad_access_token() {
    let found = check(vec![style_b(401, "invalid_token", "Bad Access Token.")]).await;
    assert_found(&found, Verdict::Rejected, "gitlab.token-unknown");
}

#[tokio::test]
async fn impersonation_switched_off() {
    let text = "Token is an impersonation token but impersonation was disabled.";
    let found = check(vec![style_b(401, "invalid_token", text)]).await;
    assert_found(&found, Verdict::Blocked, "gitlab.impersonation-off");
}

#[tokio::test]
async fn dpop_demanded() {
    let found = check(vec![style_b(401, "dpop_error", "DPoP validation error: no header")]).await;
    assert_found(&found, Verdict::Blocked, "gitlab.dpop-demanded");
}

// --- an account that stands in the way ---

async fn account_case(reason: &str, code: &str) {
    let body = serde_json::json!({"message": format!("403 Forbidden - {reason}")}).to_string();
    assert_found(&check(vec![json(403, &body)]).await, Verdict::Blocked, code);
    // The same word on the second request counts as much.
    let found = check(vec![json(200, RECORD), json(403, &body)]).await;
    assert_found(&found, Verdict::Blocked, code);
    assert_eq!(found.remote_id.as_deref(), Some("815"));
}

#[tokio::test]
async fn blocked_user() {
    account_case("Your account has been blocked.", "gitlab.account-blocked").await;
}

#[tokio::test]
async fn pending_approval() {
    let text = "Your account is pending approval from your administrator and hence blocked.";
    account_case(text, "gitlab.account-pending").await;
}

#[tokio::test]
async fn deactivated() {
    let text = "Your account has been deactivated by your administrator. Please log back in from a web browser to \
                reactivate your account at https://gitlab.example.com";
    account_case(text, "gitlab.account-deactivated").await;
}

#[tokio::test]
async fn email_unconfirmed() {
    account_case("Your primary email address is not confirmed. Please check your mail.", "gitlab.email-unconfirmed")
        .await;
}

#[tokio::test]
async fn terms_not_accepted() {
    let text = "You (@mara) must accept the Terms of Service in order to perform this action. To accept these terms, \
                please access GitLab from a web browser at https://gitlab.example.com.";
    account_case(text, "gitlab.terms-not-accepted").await;
}

#[tokio::test]
async fn password_expired() {
    let text = "Your password expired. Please access GitLab from a web browser to update your password.";
    account_case(text, "gitlab.password-expired").await;
}

#[tokio::test]
async fn state_of_the_user_counts_in_a_200_too() {
    let user = USER.replace(r#""active""#, r#""ldap_blocked""#);
    let found = check(vec![json(200, RECORD), json(200, &user)]).await;
    assert_found(&found, Verdict::Blocked, "gitlab.account-state");
    assert_eq!(found.identity.unwrap().login, "mara");
}

#[tokio::test]
async fn forbidden_without_a_reason() {
    let found = check(vec![json(403, r#"{"message":"403 Forbidden"}"#)]).await;
    assert_found(&found, Verdict::Blocked, "gitlab.forbidden");
}

// --- nothing learned ---

#[tokio::test]
async fn rate_limit_says_when_and_which() {
    let headers = [
        ("Content-Type", "text/plain"),
        ("RateLimit-Name", "throttle_authenticated_api"),
        ("RateLimit-Limit", "2000"),
        ("Retry-After", "42"),
    ];
    let found = check(vec![Response::of(429, &headers, "Retry later\n")]).await;
    assert_found(&found, Verdict::Unreachable, "gitlab.rate-limited");
    assert!(found.reason.contains("throttle_authenticated_api") && found.reason.contains("42 s"), "{}", found.reason);
    let gateway = check(vec![Response::of(429, &[], "slow down")]).await;
    assert_found(&gateway, Verdict::Unreachable, "http.rate-limited");
}

#[tokio::test]
async fn maintenance_mode() {
    let body = r#"{"message":"GitLab Maintenance: system is in maintenance mode"}"#;
    assert_found(&check(vec![json(503, body)]).await, Verdict::Unreachable, "gitlab.maintenance");
}

#[tokio::test]
async fn organization_in_read_only_mode() {
    let text = "This organization is currently in read-only mode. Try again.";
    for status in [403, 503] {
        let body = serde_json::json!({"message": text}).to_string();
        let answer = Response::of(status, &[("Content-Type", "application/json"), ("Retry-After", "60")], &body);
        assert_found(&check(vec![answer]).await, Verdict::Unreachable, "gitlab.organization-read-only");
    }
}

#[tokio::test]
async fn server_error_is_gitlabs_or_a_gateways() {
    let answer =
        Response::of(500, &[("Content-Type", "application/json"), META], r#"{"message":"500 Internal Server Error"}"#);
    let found = check(vec![answer]).await;
    assert_found(&found, Verdict::Unreachable, "gitlab.server-error");
    assert!(found.evidence[0].detail.contains("01KEYRACKTEST"), "{:?}", found.evidence);
    assert_found(&check(vec![Response::of(502, &[], "")]).await, Verdict::Unreachable, "http.server-error");
    assert_found(&check(vec![Response::of(503, &[], "")]).await, Verdict::Unreachable, "http.unavailable");
}

#[tokio::test]
async fn sign_in_pages_proxies_and_redirects_say_nothing_of_the_token() {
    let page = "<!DOCTYPE html><html><title>Sign in</title></html>";
    for (answer, code) in [
        (Response::of(200, &[("Content-Type", "text/html; charset=utf-8")], page), "http.html"),
        (Response::of(403, &[("Content-Type", "text/html")], page), "http.html"),
        (Response::of(404, &[("Content-Type", "text/html")], page), "http.html"),
        (Response::of(302, &[("Location", "https://sso.example.com/login?rd=x")], ""), "http.redirect"),
        (json(401, r#"{"message":"Unauthorized"}"#), "http.not-the-vendor"),
        (json(403, r#"{"message":"Forbidden"}"#), "http.not-the-vendor"),
        (Response::of(401, &[("WWW-Authenticate", "Basic realm=\"proxy\"")], ""), "http.not-the-vendor"),
        (Response::of(407, &[], ""), "http.proxy-auth"),
    ] {
        assert_found(&check(vec![answer]).await, Verdict::Unreachable, code);
    }
}

#[tokio::test]
async fn garbage_is_neither_good_nor_bad() {
    for answer in [
        json(200, "{}"),
        json(200, "[]"),
        json(200, "null"),
        json(200, r#"{"id":"815","scopes":"api"}"#),
        json(200, "{\"id\": 8"),
        Response::of(200, &[], ""),
        Response::of(203, &[], RECORD),
        Response::of(204, &[], ""),
        json(400, r#"{"error":"name is missing"}"#),
        json(418, "{}"),
    ] {
        assert_found(&check(vec![answer]).await, Verdict::Unreachable, "gitlab.unexpected-answer");
    }
    let mut long = json(200, RECORD);
    long.truncated = true;
    assert_found(&check(vec![long]).await, Verdict::Unreachable, "http.too-large");
}

#[tokio::test]
async fn foreign_404_asks_for_the_right_root() {
    let mut host = host();
    host.url = "https://example.com/gitlab/acme".to_owned();
    let transport = Recorded::new([Response::of(404, &[], "404 page not found")]);
    let found = validate(&GitLab, &host, &transport, Kind::Pat, None, &token(TOKEN)).await;
    assert_found(&found, Verdict::Unreachable, "gitlab.wrong-root");
    let remedy = &found.findings[0].remedy;
    assert!(remedy.contains("https://example.com/gitlab, https://example.com;"), "{remedy}");
}

#[tokio::test]
async fn a_token_echoed_in_a_body_or_header_is_masked() {
    let body = format!(r#"{{"message":"401 Unauthorized: {TOKEN}"}}"#);
    let headers =
        [("Content-Type", "application/json"), ("X-Gitlab-Meta", r#"{"correlation_id":"glpat-ExampleFakeToken0001"}"#)];
    let found = check(vec![Response::of(401, &headers, &body)]).await;
    assert_found(&found, Verdict::Rejected, "gitlab.token-unknown");
    assert!(found.evidence[0].detail.contains("[secret]"), "{:?}", found.evidence);
}

#[tokio::test]
async fn no_answer_says_nothing_of_the_token() {
    let error = NetError::new(NetErrorKind::Dns, "gitlab.example.com", "");
    let transport = Recorded::with_errors([Err(error)]);
    let found = validate(&GitLab, &host(), &transport, Kind::Pat, None, &token(TOKEN)).await;
    assert_found(&found, Verdict::Unreachable, "net.dns");
}

// --- other servers, other kinds ---

#[tokio::test]
async fn servers_before_15_5_are_asked_for_the_user() {
    let no_such_path = || json(404, r#"{"error":"404 Not Found"}"#);
    let found = check(vec![no_such_path(), json(200, USER)]).await;
    assert_found(&found, Verdict::Valid, "gitlab.old-server");
    assert_eq!((found.identity.unwrap().login.as_str(), found.expiry), ("mara", Expiry::Unknown));

    let scope = "The request requires higher privileges than provided by the access token.";
    let found = check(vec![no_such_path(), style_b(403, "insufficient_scope", scope)]).await;
    assert_found(&found, Verdict::Valid, "gitlab.self-scope-missing");

    let found = check(vec![no_such_path(), json(401, r#"{"message":"401 Unauthorized"}"#)]).await;
    assert_found(&found, Verdict::Rejected, "gitlab.token-unknown");

    let found = check(vec![no_such_path(), no_such_path()]).await;
    assert_found(&found, Verdict::Unreachable, "gitlab.wrong-root");
}

#[tokio::test]
async fn oauth_token_is_introspected() {
    let secret = "00c0ffee".repeat(8);
    let not_a_pat = "400 Bad request - This endpoint requires token type to be a personal access token";
    let refused = json(400, &serde_json::json!({"message": not_a_pat}).to_string());
    let info = r#"{"resource_owner_id":100,"scope":["read_user"],"expires_in":5400,"application":{"uid":"a"},"created_at":1795400000}"#;
    let (found, transport) =
        check_as(Kind::Unknown, &secret, vec![refused.clone(), json(200, info), json(200, USER)]).await;
    assert_eq!((found.verdict, found.kind), (Verdict::Valid, Some(Kind::OauthToken)));
    assert_eq!(transport.lines()[1], "GET https://gitlab.example.com/oauth/token/info");
    assert_eq!(found.expiry, Expiry::At("2026-11-23T05:30:00Z".parse().unwrap()));
    assert_eq!(found.identity.unwrap().login, "mara");

    let info = r#"{"resource_owner_id":100,"scope":["openid"],"expires_in":null}"#;
    let (found, _) = check_as(Kind::OauthToken, &secret, vec![refused.clone(), json(200, info)]).await;
    assert_eq!((found.kind, found.expiry), (None, Expiry::Unknown));
    assert_eq!(found.identity.unwrap().id, "100");

    let body = r#"{"error":"invalid_token","error_description":"The access token is invalid","state":"unauthorized"}"#;
    let (found, _) = check_as(Kind::OauthToken, &secret, vec![refused, json(401, body)]).await;
    assert_found(&found, Verdict::Rejected, "gitlab.token-unknown");
}

#[tokio::test]
async fn runner_token_is_posted_in_a_secret_body() {
    let secret = "glrt-ExampleFakeToken0001";
    let (found, transport) = check_as(Kind::Unknown, secret, vec![json(200, r#"{"id":7}"#)]).await;
    assert_eq!(found.verdict, Verdict::Valid);
    assert_eq!(transport.lines(), ["POST https://gitlab.example.com/api/v4/runners/verify"]);
    let body = transport.seen.lock().unwrap()[0].body.clone();
    assert!(matches!(body, Body::Secret(text) if text.reveal() == "token=glrt%2DExampleFakeToken0001"));
    let (found, _) = check_as(Kind::Unknown, secret, vec![json(403, r#"{"message":"403 Forbidden"}"#)]).await;
    assert_found(&found, Verdict::Rejected, "gitlab.runner-refused");
    let (found, _) = check_as(Kind::Unknown, secret, vec![json(403, r#"{"message":"Forbidden"}"#)]).await;
    assert_found(&found, Verdict::Unreachable, "http.not-the-vendor");
}

#[tokio::test]
async fn job_token_works_while_its_job_runs() {
    let secret = "glcbt-64_ExampleFakeToken0001";
    let (found, transport) = check_as(Kind::Unknown, secret, vec![json(200, r#"{"id":7,"status":"running"}"#)]).await;
    assert_eq!(found.verdict, Verdict::Valid);
    assert_eq!(transport.seen.lock().unwrap()[0].headers[1].0, "JOB-TOKEN");
    let (found, _) = check_as(Kind::Unknown, secret, vec![json(401, r#"{"message":"401 Unauthorized"}"#)]).await;
    assert_found(&found, Verdict::Rejected, "gitlab.job-over");
}

#[tokio::test]
async fn kinds_without_a_check_are_named_and_not_sent() {
    for (kind, secret, code) in [
        (Kind::GitCredential, "gldt-ExampleFakeToken0001", "gitlab.kind-not-checkable"),
        (Kind::GitCredential, "ExampleFakeToken0001", "gitlab.kind-not-checkable"),
        (Kind::OauthClient, "gloas-ExampleFakeToken0001", "gitlab.kind-not-checkable"),
        (Kind::Unknown, "glft-ExampleFakeToken0001", "gitlab.kind-not-checkable"),
        (Kind::Unknown, "GR1348941ExampleFakeToken0001", "gitlab.kind-not-checkable"),
        (Kind::Unknown, "ACME-glsoat-ExampleFakeToken0001", "gitlab.kind-not-checkable"),
        (Kind::Unknown, "_gitlab_session=0123456789abcdef0123456789abcdef", "gitlab.cookie-not-checkable"),
    ] {
        let (found, transport) = check_as(kind, secret, Vec::new()).await;
        assert_found(&found, Verdict::Unreachable, code);
        assert!(transport.lines().is_empty(), "{secret}");
    }
}
