//! Grants at a workspace or repository: scopes, the account's own permission, and what git is answered.

use keyrack::domain::{GrantSource, Kind, LookAt, Probed};
use keyrack::hosts::bitbucket_cloud::BitbucketCloud;
use keyrack::hosts::{Family, Session};
use keyrack::net::Response;

use super::{ACCESS_TOKEN, API, API_TOKEN, EMAIL, USER, authorization, basic, error, host, json, lacking, typed};
use crate::support::{Recorded, token, wire};

const SCOPES: &str = "read:user:bitbucket, read:repository:bitbucket, write:repository:bitbucket";
const REPOSITORY: &str = r#"{"type":"repository","name":"Web Site","slug":"web","full_name":"acme/web"}"#;

fn at(repository: &str) -> LookAt {
    LookAt { repository: Some(repository.to_owned()), ..LookAt::default() }
}

fn permission(level: &str) -> Response {
    let body = format!(
        r#"{{"values":[{{"type":"repository_permission","permission":"{level}","repository":{REPOSITORY}}}]}}"#
    );
    json(200, &[], &body)
}

async fn probe(transport: &Recorded, kind: Kind, secret: &str, look_at: &LookAt, wanted: &[&str]) -> Probed {
    let (host, secret_text) = (host(), token(secret));
    let session = Session {
        wire: wire(&BitbucketCloud, &host, transport, &[&secret_text]),
        host: &host,
        kind,
        username: (kind == Kind::ScopedApiToken).then_some(EMAIL),
        secret: &secret_text,
    };
    let wanted: Vec<String> = wanted.iter().map(|w| (*w).to_owned()).collect();
    let probed = BitbucketCloud.prober().unwrap().probe(&session, look_at, &wanted).await;
    assert!(!format!("{probed:?}").contains(secret));
    probed
}

async fn user(answers: impl IntoIterator<Item = Response>, look_at: &LookAt, wanted: &[&str]) -> Probed {
    probe(&Recorded::new(answers), Kind::ScopedApiToken, API_TOKEN, look_at, wanted).await
}

fn names(probed: &Probed) -> Vec<&str> {
    probed.grants.iter().map(|g| g.name.as_str()).collect()
}

fn codes(probed: &Probed) -> Vec<&str> {
    probed.findings.iter().map(|f| f.code.as_str()).collect()
}

#[tokio::test]
async fn scopes_are_held_or_denied_and_never_guessed() {
    let wanted = ["read:repository:bitbucket", "write:pullrequest:bitbucket"];
    let found = user([typed(200, "api_token", SCOPES, USER)], &LookAt::default(), &wanted).await;
    assert_eq!((names(&found), found.denied.as_slice()), (vec![wanted[0]], &[wanted[1].to_owned()][..]));
    // Push does not include fetch with the new scopes.
    let push = typed(200, "api_token", "read:user:bitbucket, write:repository:bitbucket", USER);
    let found = user([push], &LookAt::default(), &["read:repository:bitbucket"]).await;
    assert_eq!(found.denied, ["read:repository:bitbucket"]);
    let found = user([json(200, &[], USER)], &LookAt::default(), &wanted).await;
    assert_eq!((found.grants.len(), found.denied.len(), found.unknown.len()), (0, 0, 2));
}

#[tokio::test]
async fn the_accounts_own_permission_counts_besides_the_scope() {
    let wanted = ["read:repository:bitbucket", "write:repository:bitbucket"];
    let answers = |level: &str| [typed(200, "api_token", SCOPES, USER), json(200, &[], REPOSITORY), permission(level)];
    let transport = Recorded::new(answers("write"));
    let found = probe(&transport, Kind::ScopedApiToken, API_TOKEN, &at("acme/web"), &wanted).await;
    assert_eq!(names(&found), wanted);
    assert_eq!(
        transport.lines()[1..],
        [
            format!("GET {API}/repositories/acme/web"),
            format!("GET {API}/user/workspaces/acme/permissions/repositories?q=repository.name%3D%22Web%20Site%22"),
        ]
    );
    let found = user(answers("read"), &at("acme/web"), &wanted).await;
    assert_eq!((names(&found), found.denied.as_slice()), (vec![wanted[0]], &[wanted[1].to_owned()][..]));
    assert_eq!(codes(&found), ["bitbucket-cloud.account-right-lower"]);
    assert!(found.findings[0].title.contains("read") && found.findings[0].title.contains("acme/web"));
}

#[tokio::test]
async fn no_access_or_wrong_slug_404_is_not_denied_but_unknown() {
    let answers = [typed(200, "api_token", SCOPES, USER), error(404, "Repository acme/nope not found")];
    let found = user(answers, &at("acme/nope"), &["read:repository:bitbucket"]).await;
    assert_eq!(codes(&found), ["bitbucket-cloud.place-not-found"]);
    assert!(found.grants.is_empty() && found.denied.is_empty());
    assert_eq!(found.unknown[0].0, "read:repository:bitbucket");
    assert!(found.findings[0].title.contains("repository acme/nope"));
}

#[tokio::test]
async fn token_limited_to_another_workspace_or_ip_allowlist_403_is_told() {
    let answers = [typed(200, "api_token", SCOPES, USER), error(403, "Forbidden")];
    let found = user(answers, &at("acme/web"), &["read:repository:bitbucket"]).await;
    assert_eq!(codes(&found), ["bitbucket-cloud.place-forbidden"]);
    assert!(found.findings[0].cause.contains("another workspace") && found.findings[0].cause.contains("IP"));
}

#[tokio::test]
async fn scope_missing_403_shows_required_minus_granted() {
    let granted = "read:user:bitbucket, read:repository:bitbucket";
    let answers = [
        typed(200, "api_token", granted, USER),
        lacking(r#""read:workspace:bitbucket""#, r#""read:user:bitbucket","read:repository:bitbucket""#),
    ];
    let found = user(answers, &at("acme"), &["read:repository:bitbucket"]).await;
    assert_eq!(codes(&found), ["bitbucket-cloud.scope-missing"]);
    assert!(found.findings[0].title.contains("read:workspace:bitbucket"));
    assert_eq!(found.denied, ["read:workspace:bitbucket"]);
}

#[tokio::test]
async fn a_role_in_a_workspace_is_noted() {
    let answers = [typed(200, "api_token", SCOPES, USER), json(200, &[], r#"{"permission":"create-project"}"#)];
    let transport = Recorded::new(answers);
    let found = probe(&transport, Kind::ScopedApiToken, API_TOKEN, &at("acme"), &[]).await;
    assert!(found.evidence.iter().any(|e| e.detail.contains("create-project")), "{found:#?}");
    assert_eq!(transport.lines()[1], format!("GET {API}/user/workspaces/acme/permission"));
}

#[tokio::test]
async fn pushing_with_an_access_token_is_proved_by_git() {
    let known =
        typed(403, "repo_access_token", "repository:write", r#"{"type":"error","error":{"message":"Forbidden"}}"#);
    let advertised = Response::of(
        200,
        &[("Content-Type", "application/x-git-receive-pack-advertisement")],
        "001f# service=git-receive-pack\n0000",
    );
    let transport = Recorded::new([known.clone(), json(200, &[], REPOSITORY), advertised]);
    let wanted = ["repository", "repository:write"];
    let found = probe(&transport, Kind::RepositoryToken, ACCESS_TOKEN, &at("acme/web"), &wanted).await;
    assert_eq!(names(&found), wanted);
    assert!(found.grants.iter().all(|g| g.source == GrantSource::Probed), "{found:#?}");
    assert_eq!(transport.lines()[2], "GET https://bitbucket.org/acme/web.git/info/refs?service=git-receive-pack");
    assert_eq!(authorization(&transport, 2), basic("x-token-auth", ACCESS_TOKEN));

    let refused = Response::of(401, &[("WWW-Authenticate", r#"Basic realm="Bitbucket.org HTTP""#)], "");
    let transport = Recorded::new([known, json(200, &[], REPOSITORY), refused]);
    let found = probe(&transport, Kind::RepositoryToken, ACCESS_TOKEN, &at("acme/web"), &wanted).await;
    assert_eq!(codes(&found), ["bitbucket-cloud.git-refused"]);
    assert_eq!(names(&found), ["repository"]);
    assert_eq!(found.unknown[0].0, "repository:write");
}

#[tokio::test]
async fn git_is_asked_with_its_own_user_name_and_never_with_the_email() {
    let hidden = error(404, "not here");
    for (status, body) in [(403, ""), (404, "You may not have access to this repository"), (410, "CHANGE-3222")] {
        let git = Response::of(status, &[("Content-Type", "text/plain")], body);
        let transport =
            Recorded::new([typed(200, "api_token", SCOPES, USER), json(200, &[], REPOSITORY), hidden.clone(), git]);
        let wanted = ["read:repository:bitbucket"];
        let found = probe(&transport, Kind::ScopedApiToken, API_TOKEN, &at("acme/web"), &wanted).await;
        assert_eq!(authorization(&transport, 3), basic("x-bitbucket-api-token-auth", API_TOKEN));
        assert!(transport.lines()[3].ends_with("service=git-upload-pack"));
        let code = if status == 410 { "app-password-retired" } else { "git-refused" };
        assert_eq!(codes(&found), [format!("bitbucket-cloud.{code}")]);
    }
}

#[tokio::test]
async fn a_project_token_outside_its_project_says_so() {
    let known = typed(403, "project_access_token", "repository", "{}");
    let transport = Recorded::new([known, error(404, "No workspace with identifier 'other'.")]);
    let found = probe(&transport, Kind::ProjectToken, ACCESS_TOKEN, &at("other"), &["repository"]).await;
    assert_eq!(transport.lines()[1], format!("GET {API}/repositories/other?pagelen=1"));
    assert_eq!(codes(&found), ["bitbucket-cloud.place-not-found"]);
}

#[tokio::test]
async fn places_are_escaped_and_nonsense_is_not_asked() {
    let answers = [typed(200, "api_token", SCOPES, USER), error(404, "no")];
    let transport = Recorded::new(answers);
    probe(&transport, Kind::ScopedApiToken, API_TOKEN, &at("{470c}/w?b"), &[]).await;
    assert_eq!(transport.lines()[1], format!("GET {API}/repositories/%7B470c%7D/w%3Fb"));
    for typed_place in ["acme/..", "a/b/c"] {
        let found = user([typed(200, "api_token", SCOPES, USER)], &at(typed_place), &[]).await;
        assert_eq!(found.unknown[0].0, "the place");
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_unknown_with_the_reason() {
    let wanted = ["read:repository:bitbucket"];
    let found = user([super::bad()[0].clone()], &at("acme/web"), &wanted).await;
    assert_eq!((codes(&found), found.unknown.len()), (vec!["bitbucket-cloud.refused"], 1));
    let found = user([Response::of(502, &[], "")], &at("acme/web"), &wanted).await;
    assert_eq!((codes(&found), found.denied.len()), (vec!["http.server-error"], 0));
    let secret = "ATBBKeyrackExampleNotARealPassword00";
    let found = probe(&Recorded::new([]), Kind::AppPassword, secret, &at("acme/web"), &wanted).await;
    assert_eq!(codes(&found), ["bitbucket-cloud.app-password-retired"]);
}
