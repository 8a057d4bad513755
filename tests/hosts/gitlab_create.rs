//! GitLab: making tokens, against recorded answers and the simulated site.

use std::sync::Arc;

use jiff::Timestamp;
use keyrack::domain::{
    CreateRequest, CreatedToken, Expiry, FamilyId, Grant, Host, Identity, Kind, Predecessor, Validation, Verdict,
};
use keyrack::hosts::gitlab::GitLab;
use keyrack::hosts::{Act, Authority, Family, Outcome, RequestError, Route};
use keyrack::net::{Body, NetError, NetErrorKind, Response, Transport};
use keyrack::simulator::Site;
use keyrack::simulator::gitlab::GitLabSite;

use crate::gitlab::{assert_texts_are_whole, host, json};
use crate::support::{Direct, Recorded, host_of, now, token, validate, wire};

const SIGNER: &str = "glpat-ExampleFakeToken9999";
const NEW: &str = "glpat-ExampleFakeTokenNew1";

fn signer(kind: Option<Kind>) -> Authority {
    Authority { one_time_code: None, kind, username: None, secret: token(SIGNER) }
}

fn wish(scopes: &[&str], at: Option<&str>) -> CreateRequest {
    CreateRequest {
        name: "git-integration-for-jira".into(),
        scopes: scopes.iter().map(|s| (*s).to_owned()).collect(),
        expires: Some(day("2027-02-21")),
        at: at.map(str::to_owned),
        ..CreateRequest::default()
    }
}

fn day(text: &str) -> Timestamp {
    format!("{text}T00:00:00Z").parse().unwrap()
}

async fn create_over(
    transport: &dyn Transport,
    host: &Host,
    using: &Authority,
    request: &CreateRequest,
) -> Outcome<CreatedToken> {
    let act = Act { wire: wire(&GitLab, host, transport, &[&using.secret]), host, using };
    let outcome = GitLab.creator().unwrap().create(&act, request).await;
    match &outcome {
        Outcome::Refused(found) | Outcome::Unsupported(found) => {
            assert_texts_are_whole(found);
        }
        Outcome::Unknown(error) => assert!(!error.to_string().contains("ExampleFakeToken"), "{error}"),
        Outcome::Done(made) => {
            assert!(!act.wire.mask(made.secret.token.reveal()).contains(made.secret.token.reveal()));
        }
    }
    outcome
}

async fn create(answer: Result<Response, NetError>, request: &CreateRequest) -> (Outcome<CreatedToken>, Recorded) {
    let transport = Recorded::with_errors([answer]);
    let outcome = create_over(&transport, &host(), &signer(Some(Kind::Pat)), request).await;
    (outcome, transport)
}

async fn refused(answer: Response, code: &str) -> Validation {
    let (outcome, _) = create(Ok(answer), &wish(&["api", "role:developer"], Some("acme/app"))).await;
    let Outcome::Refused(found) = outcome else { panic!("{code}: {outcome:?}") };
    assert_eq!(found.findings[0].code, code);
    *found
}

fn made() -> Response {
    let body = serde_json::json!({"id": 900, "name": "git-integration-for-jira", "revoked": false, "active": true,
        "scopes": ["api"], "user_id": 9100, "expires_at": "2027-02-21", "access_level": 30, "token": NEW});
    json(201, &body.to_string())
}

fn sent(transport: &Recorded) -> serde_json::Value {
    match &transport.seen.lock().unwrap()[0].body {
        Body::Text(text) => serde_json::from_str(text).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn route(host: &Host, request: &CreateRequest, using: Option<&Authority>) -> Result<Route, RequestError> {
    GitLab.creator().unwrap().route(host, request, using)
}

#[tokio::test]
async fn a_project_token_is_made_with_role_and_date() {
    let (outcome, transport) = create(Ok(made()), &wish(&["api", "role:developer"], Some("acme/app"))).await;
    let Outcome::Done(token_made) = outcome else { panic!("{outcome:?}") };
    assert_eq!(transport.lines(), ["POST https://gitlab.example.com/api/v4/projects/acme%2Fapp/access_tokens"]);
    let expected = serde_json::json!({"name": "git-integration-for-jira", "scopes": ["api"], "access_level": 30,
        "expires_at": "2027-02-21"});
    assert_eq!(sent(&transport), expected);
    assert_eq!((token_made.kind, token_made.remote_id.as_deref()), (Kind::ProjectToken, Some("900")));
    assert_eq!((token_made.secret, token_made.expiry), (token(NEW), Expiry::At(day("2027-02-21"))));
}

#[tokio::test]
async fn a_date_is_always_sent_for_shared_tokens_and_left_to_the_host_for_personal_ones() {
    let request = CreateRequest { expires: None, ..wish(&["read_api", "reporter"], Some("group:7")) };
    let (_, transport) = create(Ok(made()), &request).await;
    assert_eq!(transport.lines(), ["POST https://gitlab.example.com/api/v4/groups/7/access_tokens"]);
    assert_eq!(sent(&transport)["expires_at"], "2027-11-23");
    let request = CreateRequest { expires: None, ..wish(&["self_rotate"], None) };
    let (_, transport) = create(Ok(made()), &request).await;
    assert_eq!(transport.lines(), ["POST https://gitlab.example.com/api/v4/user/personal_access_tokens"]);
    assert_eq!(sent(&transport).get("expires_at"), None);
}

#[tokio::test]
async fn an_administrator_makes_one_for_a_user_by_number() {
    let (outcome, transport) = create(Ok(made()), &wish(&["api"], Some("user:100"))).await;
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    assert_eq!(transport.lines(), ["POST https://gitlab.example.com/api/v4/users/100/personal_access_tokens"]);
}

#[tokio::test]
async fn fine_grained_permissions_go_by_boundary_and_never_with_scopes() {
    let (outcome, transport) = create(Ok(made()), &wish(&["read_user@user", "read_job@project:6"], None)).await;
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    let sent = sent(&transport);
    assert_eq!(sent.get("scopes"), None);
    assert_eq!(sent["granular_scopes"][0]["project_ids"], serde_json::json!([6]));
    assert_eq!(sent["granular_scopes"][1], serde_json::json!({"access": "user", "permissions": ["read_user"]}));
}

#[test]
fn wishes_that_gitlab_would_refuse_are_refused_here() {
    for (request, message, hint) in [
        (wish(&["api", "developper"], Some("acme/app")), "no scope `developper`", "read_repository"),
        (wish(&["api"], Some("acme/app")), "acts with a role", "role:developer"),
        (wish(&["api", "guest", "owner"], Some("acme/app")), "more than one role", ""),
        (wish(&["sudo", "owner"], Some("acme/app")), "cannot have the scope `sudo`", "read_api"),
        (wish(&["read_virtual_registry", "owner"], Some("acme/app")), "cannot have the scope", ""),
        (wish(&["api", "owner"], None), "no role of its own", ""),
        (wish(&[], None), "no scope", "api, read_api"),
        (wish(&["read_job@project:x"], None), "no boundary", "read_job@project:6"),
        (wish(&["read_job@user", "api"], None), "`api` has no boundary", ""),
        (wish(&["api"], Some("user:mara")), "no place", "user:ID"),
        (CreateRequest { name: " ".into(), ..wish(&["api"], None) }, "no name", "--name"),
        (CreateRequest { kind: Some(Kind::ProjectToken), ..wish(&["api"], None) }, "no project", "--at"),
    ] {
        let error = route(&host(), &request, Some(&signer(Some(Kind::Pat)))).unwrap_err();
        assert!(error.message.contains(message) && error.hint.contains(hint), "{error:?}");
    }
}

#[test]
fn the_route_is_the_api_a_page_or_somebody_else() {
    let com = Host::new("gitlab.com", FamilyId::new("gitlab"), "https://gitlab.com");
    let pat = signer(Some(Kind::Pat));
    let at_host = |host: &Host, request: &CreateRequest| match route(host, request, Some(&pat)).unwrap() {
        Route::AtHost(text) => text,
        other => panic!("{other:?}"),
    };
    assert!(
        at_host(&com, &wish(&["api", "owner"], Some("acme/app"))).contains("POST https://gitlab.com/api/v4/projects/")
    );
    assert!(at_host(&host(), &wish(&["api", "owner"], Some("acme"))).contains("/groups/acme/access_tokens"));
    assert!(at_host(&host(), &wish(&["self_rotate"], None)).contains("/user/personal_access_tokens"));
    assert!(at_host(&host(), &wish(&["api"], Some("100"))).contains("/users/100/personal_access_tokens"));
    for (host, request) in [(&com, wish(&["self_rotate"], None)), (&host(), wish(&["api"], None))] {
        assert!(matches!(route(host, &request, Some(&pat)).unwrap(), Route::Guided { .. }));
    }
    let request = wish(&["api", "owner"], Some("acme/app"));
    for using in [None, Some(signer(None)), Some(signer(Some(Kind::ProjectToken)))] {
        let way = route(&host(), &request, using.as_ref()).unwrap();
        assert!(matches!(way, Route::NeedsAuthority { password: false, .. }), "{way:?}");
    }
}

#[tokio::test]
async fn dates_that_gitlab_refuses_are_not_sent() {
    for (date, code) in [("2026-11-23", "gitlab.expiry-past"), ("2027-11-24", "gitlab.expiry-too-far")] {
        let request = CreateRequest { expires: Some(day(date)), ..wish(&["api", "owner"], Some("acme/app")) };
        let recorded = Recorded::new([]);
        let outcome = create_over(&recorded, &host(), &signer(Some(Kind::Pat)), &request).await;
        assert!(matches!(&outcome, Outcome::Refused(v) if v.findings[0].code == code), "{outcome:?}");
    }
    let recorded = Recorded::new([]);
    let outcome = create_over(&recorded, &host(), &signer(Some(Kind::Pat)), &wish(&["api"], None)).await;
    assert!(
        matches!(&outcome, Outcome::Unsupported(v) if v.findings[0].code == "gitlab.create-by-hand"),
        "{outcome:?}"
    );
    let outcome = create_over(&recorded, &host(), &signer(None), &wish(&["self_rotate"], None)).await;
    assert!(matches!(&outcome, Outcome::Refused(v) if v.findings[0].code == "gitlab.authority-password"));
}

#[tokio::test]
async fn each_refusal_has_its_finding() {
    let scope = r#"{"error":"insufficient_scope","scope":"api read_api",
        "error_description":"The request requires higher privileges than provided by the access token."}"#;
    let granular = r#"{"error":"insufficient_granular_scope","error_description":"Access denied: This operation requires a fine-grained personal access token with the following project permissions: [Resource Access Token: Create]."}"#;
    for (answer, code, words) in [
        (json(403, scope), "gitlab.create-scope-missing", "it needs api"),
        (json(403, granular), "gitlab.create-permission-missing", "Resource Access Token: Create"),
        (json(403, r#"{"message":"403 Forbidden"}"#), "gitlab.create-forbidden", ""),
        (
            json(
                400,
                r#"{"message":"400 Bad request - User does not have permission to create project access token"}"#,
            ),
            "gitlab.create-refused",
            "does not have permission",
        ),
        (
            json(400, r#"{"error":"scopes does not have a valid value"}"#),
            "gitlab.create-refused",
            "scopes does not have a valid value",
        ),
        (
            json(400, r#"{"message":{"expires_at":["must be before 2027-11-23"]}}"#),
            "gitlab.create-refused",
            "must be before",
        ),
        (json(401, r#"{"message":"401 Unauthorized"}"#), "gitlab.create-not-allowed", ""),
        (json(404, r#"{"message":"404 Project Not Found"}"#), "gitlab.create-no-place", "404 Project Not Found"),
        (json(503, r#"{"message":"GitLab Maintenance: system is in maintenance mode"}"#), "gitlab.maintenance", ""),
        (Response::of(429, &[("RateLimit-Name", "x")], "Retry later"), "gitlab.rate-limited", ""),
        (Response::of(302, &[("Location", "https://sso.example.com")], ""), "http.redirect", ""),
        (json(403, r#"{"message":"Forbidden"}"#), "http.not-the-vendor", ""),
    ] {
        let title = refused(answer, code).await.findings[0].title.clone();
        assert!(title.contains(words), "{title}");
    }
    let (outcome, _) = create(Ok(json(404, r#"{"error":"404 Not Found"}"#)), &wish(&["self_rotate"], None)).await;
    assert!(
        matches!(&outcome, Outcome::Unsupported(v) if v.findings[0].code == "gitlab.create-unsupported"),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_lost_answer_names_the_token_to_look_for() {
    for answer in [
        Err(NetError::new(NetErrorKind::ReadTimeout, "gitlab.example.com:443", "")),
        Ok(Response::of(502, &[], "")),
        Ok(json(201, "{}")),
        Ok(Response::of(200, &[("Content-Type", "text/html")], "<html>")),
    ] {
        let (outcome, _) = create(answer, &wish(&["self_rotate"], None)).await;
        let Outcome::Unknown(error) = outcome else { panic!("{outcome:?}") };
        assert!(error.detail.contains("`git-integration-for-jira`") && error.detail.contains("revoke"), "{error}");
        let (_, unknown) = GitLab.facts().finding("create-unknown", &[("name", "git-integration-for-jira")]);
        assert!(error.detail.contains(&unknown.remedy), "{error}");
    }
}

#[test]
fn a_successor_asks_for_what_the_old_one_had() {
    let mut last = Validation::new(Verdict::Valid, "", now());
    last.grants = vec![Grant::told("read_api"), Grant::told("self_rotate")];
    last.remote_name = Some("mirror".into());
    last.created_at = Some(day("2026-09-01"));
    last.expiry = Expiry::At(day("2026-11-30"));
    last.identity = Some(Identity {
        id: "9".into(),
        login: "project_42_bot_x".into(),
        name: String::new(),
        kind: "project".into(),
    });
    let old = Predecessor {
        label: "mirror-bot",
        kind: Kind::ProjectToken,
        username: None,
        last: Some(&last),
        expires: None,
        now: now(),
    };
    let next = GitLab.creator().unwrap().successor(&host(), &old);
    assert_eq!(
        (next.name.as_str(), next.kind, next.at.as_deref()),
        ("mirror", Some(Kind::ProjectToken), Some("project:42"))
    );
    assert_eq!(next.scopes, ["read_api", "self_rotate"]);
    // 90 days, as before.
    assert_eq!(next.expires, Some(day("2027-02-21")));
}

// --- against the simulated site ---

async fn at_site(site: &Arc<GitLabSite>, signer: &str, request: &CreateRequest) -> Outcome<CreatedToken> {
    let held = site.roster(now()).into_iter().find(|c| c.label == signer).unwrap();
    let using = Authority { one_time_code: None, kind: Some(held.kind), username: None, secret: token(&held.secret) };
    create_over(&Direct(site.clone()), &host_of(&**site), &using, request).await
}

#[tokio::test]
async fn what_the_site_makes_works() {
    let (com, own) = (Arc::new(GitLabSite::com()), Arc::new(GitLabSite::self_managed()));
    for (site, signer, request, kind) in [
        (
            &com,
            "release-train",
            wish(&["read_api", "write_repository", "role:developer"], Some("acme/app")),
            Kind::ProjectToken,
        ),
        (&com, "release-train", wish(&["read_registry", "reporter"], Some("group:acme")), Kind::GroupToken),
        (&own, "acme-deploy", wish(&["self_rotate"], None), Kind::Pat),
        (
            &own,
            "acme-deploy",
            wish(&["read_personal_access_token@user", "read_job@project:6"], None),
            Kind::FineGrainedPat,
        ),
        (&own, "acme-root", wish(&["api"], Some("user:12")), Kind::Pat),
    ] {
        let outcome = at_site(site, signer, &request).await;
        let Outcome::Done(made) = outcome else { panic!("{signer}: {outcome:?}") };
        assert_eq!(made.kind, kind);
        assert_eq!(made.expiry, Expiry::At(day("2027-02-21")));
        let found = validate(&GitLab, &host_of(&**site), &Direct(site.clone()), made.kind, None, &made.secret).await;
        assert_eq!((found.verdict, found.remote_id), (Verdict::Valid, made.remote_id), "{}", found.reason);
    }
}

#[tokio::test]
async fn what_the_site_refuses_is_told() {
    let (com, own) = (Arc::new(GitLabSite::com()), Arc::new(GitLabSite::self_managed()));
    let project = |at: &str| wish(&["api", "owner"], Some(at));
    for (site, signer, request, code) in [
        (&com, "docs-preview", project("acme/app"), "gitlab.create-scope-missing"),
        (&com, "release-train", project("acme/secret"), "gitlab.create-no-place"),
        (&com, "keeper", project("acme/app"), "gitlab.create-refused"),
        (&com, "triage-fine", project("acme/app"), "gitlab.create-permission-missing"),
        (&com, "old-laptop", project("acme/app"), "gitlab.expired"),
        (&own, "acme-deploy", wish(&["api"], Some("user:1")), "gitlab.create-forbidden"),
        (&own, "acme-root", wish(&["api"], Some("user:4040")), "gitlab.create-no-place"),
    ] {
        let outcome = at_site(site, signer, &request).await;
        let Outcome::Refused(found) = outcome else { panic!("{signer}: {outcome:?}") };
        assert_eq!(found.findings[0].code, code, "{signer}");
    }
}
