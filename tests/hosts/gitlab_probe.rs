//! GitLab: looking closer at scopes and at one repository.

use std::sync::Arc;

use keyrack::domain::{GrantSource, Host, Kind, LookAt, Probed};
use keyrack::hosts::gitlab::GitLab;
use keyrack::hosts::{Family, Session};
use keyrack::net::{Method, NetError, NetErrorKind, Response, Transport};
use keyrack::simulator::Site;
use keyrack::simulator::gitlab::GitLabSite;

use crate::gitlab::{TOKEN, host, json};
use crate::support::{Direct, Recorded, host_of, now, token, wire};

async fn probe_over(
    transport: &dyn Transport,
    host: &Host,
    text: &str,
    kind: Kind,
    at: Option<&str>,
    wanted: &[&str],
) -> Probed {
    let secret = token(text);
    let session =
        Session { wire: wire(&GitLab, host, transport, &[&secret]), host, kind, username: None, secret: &secret };
    let wanted: Vec<String> = wanted.iter().map(|w| (*w).to_owned()).collect();
    let look_at = LookAt { repository: at.map(str::to_owned), ..LookAt::default() };
    let probed = GitLab.prober().unwrap().probe(&session, &look_at, &wanted).await;
    assert!(!format!("{probed:?}").contains(text));
    probed
}

async fn probe(answers: Vec<Result<Response, NetError>>, at: Option<&str>, wanted: &[&str]) -> (Probed, Recorded) {
    let transport = Recorded::with_errors(answers);
    let probed = probe_over(&transport, &host(), TOKEN, Kind::ProjectToken, at, wanted).await;
    assert!(transport.seen.lock().unwrap().iter().all(|r| r.method == Method::Get));
    assert_eq!(probed.evidence.len(), transport.lines().len());
    (probed, transport)
}

fn record(scopes: &str) -> Response {
    json(200, &format!(r#"{{"id":815,"scopes":{scopes},"active":true,"revoked":false}}"#))
}

fn references() -> Response {
    Response::of(200, &[("Content-Type", "application/x-git-upload-pack-advertisement")], "001e# service")
}

fn denied() -> Response {
    Response::of(401, &[("Www-Authenticate", "Basic realm=\"GitLab\"")], "HTTP Basic: Access denied.")
}

fn grants(probed: &Probed) -> Vec<(&str, GrantSource)> {
    probed.grants.iter().map(|g| (g.name.as_str(), g.source)).collect()
}

#[tokio::test]
async fn scopes_are_told_implied_or_denied() {
    let (probed, _) = probe(vec![Ok(record(r#"["read_api"]"#))], None, &["read_api", "read_repository", "api"]).await;
    assert_eq!(grants(&probed), [("read_api", GrantSource::Told), ("read_repository", GrantSource::Implied)]);
    assert_eq!(probed.denied, ["api"]);
}

#[tokio::test]
async fn permissions_of_a_fine_grained_token() {
    let told = r#"{"id":1,"scopes":["granular"],"granular":true,"granular_scopes":[{"access":"user","permissions":["read_user"],"project_id":null,"group_id":null}]}"#;
    let (probed, _) = probe(vec![Ok(json(200, told))], None, &["read_user", "read_user@user", "read_job"]).await;
    assert_eq!((probed.grants.len(), probed.denied.as_slice()), (2, ["read_job".to_owned()].as_slice()));
    let untold = r#"{"id":1,"scopes":["granular"],"granular":true}"#;
    let (probed, _) = probe(vec![Ok(json(200, untold))], None, &["read_job"]).await;
    assert_eq!((probed.denied.len(), probed.unknown.len()), (0, 1));
    let text = "Access denied: This operation requires a fine-grained personal access token with the following user permissions: [Personal Access Token: Read].";
    let body = serde_json::json!({"error": "insufficient_granular_scope", "error_description": text}).to_string();
    let (probed, _) = probe(vec![Ok(json(403, &body))], None, &["read_job"]).await;
    assert_eq!((probed.unknown.len(), probed.findings.len()), (1, 1));
}

#[tokio::test]
async fn git_proves_what_is_only_implied() {
    let answers = vec![Ok(record(r#"["api"]"#)), Ok(denied()), Ok(references())];
    let (probed, transport) = probe(answers, Some("acme/team/app.git"), &["read_repository"]).await;
    assert_eq!(grants(&probed), [("read_repository", GrantSource::Probed)]);
    let url = "GET https://gitlab.example.com/acme/team/app.git/info/refs?service=git-upload-pack";
    assert_eq!(transport.lines()[1..], [url, url]);
    let seen = transport.seen.lock().unwrap();
    assert!(seen[1].headers.is_empty(), "the first question goes without the token");
}

#[tokio::test]
async fn an_open_repository_proves_nothing_and_a_closed_one_is_told() {
    let (probed, _) = probe(vec![Ok(record(r#"["api"]"#)), Ok(references())], Some("a/b"), &["read_repository"]).await;
    assert_eq!(grants(&probed), [("read_repository", GrantSource::Implied)]);
    let answers = vec![Ok(record(r#"["api"]"#)), Ok(denied()), Ok(denied())];
    let (probed, _) = probe(answers, Some("a/b"), &["read_repository"]).await;
    assert_eq!(probed.findings[0].code, "gitlab.repository-closed");
    assert!(probed.findings[0].title.contains("a/b"));
    // A sign-in page or a proxy is no word of git's, and no answer neither.
    let page = || Response::of(200, &[("Content-Type", "text/html")], "<html>Sign in</html>");
    for answer in [Ok(page()), Ok(Response::of(403, &[], "no"))] {
        let answers = vec![Ok(record(r#"["api"]"#)), Ok(page()), answer];
        let (probed, _) = probe(answers, Some("a/b"), &["read_repository"]).await;
        assert_eq!((grants(&probed)[0].1, probed.findings.len()), (GrantSource::Implied, 0));
    }
    let lost = NetError::new(NetErrorKind::ReadTimeout, "gitlab.example.com:443", "");
    let (probed, _) = probe(vec![Ok(record(r#"["api"]"#)), Err(lost)], Some("a/b"), &["api"]).await;
    assert_eq!(probed.findings.len(), 1);
    for place in ["4711", "../x", "a/../b", " "] {
        let (_, transport) = probe(vec![Ok(record(r#"["api"]"#))], Some(place), &["api"]).await;
        assert_eq!(transport.lines().len(), 1, "{place}");
    }
}

#[tokio::test]
async fn at_the_site() {
    let site = Arc::new(GitLabSite::com());
    let (host, direct) = (host_of(&*site), Direct(site.clone()));
    let held = |label: &str| site.roster(now()).into_iter().find(|c| c.label == label).unwrap();
    let mirror = held("mirror-bot");
    let wanted = ["read_repository", "api"];
    let probed = probe_over(&direct, &host, &mirror.secret, mirror.kind, Some("acme/app"), &wanted).await;
    assert_eq!(grants(&probed), [("read_repository", GrantSource::Probed)]);
    assert_eq!(probed.denied, ["api"]);
    let images = held("image-sync");
    let probed = probe_over(&direct, &host, &images.secret, images.kind, Some("acme/app"), &wanted).await;
    assert_eq!(probed.findings[0].code, "gitlab.repository-closed");
}
