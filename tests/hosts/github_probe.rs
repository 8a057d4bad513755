//! GitHub: single permissions, found out by reading.

use std::sync::Arc;

use keyrack::domain::{GrantSource, Host, Kind, LookAt, Probed};
use keyrack::hosts::github::GitHub;
use keyrack::hosts::recognise::recognise;
use keyrack::hosts::{Family, Session};
use keyrack::net::{Method, NetError, NetErrorKind, Response, Transport};
use keyrack::simulator::Site;
use keyrack::simulator::github::GitHubSite;

use crate::github::{CLASSIC, FINE_GRAINED, USER, answer, github_com, refusal};
use crate::support::{Direct, Recorded, host_of, now, token, wire};

async fn probe_over(transport: &dyn Transport, host: &Host, text: &str, at: Option<&str>, wanted: &[&str]) -> Probed {
    let kind = recognise(text).first().map_or(Kind::Unknown, |candidate| candidate.kind);
    let secret = token(text);
    let session =
        Session { wire: wire(&GitHub, host, transport, &[&secret]), host, kind, username: None, secret: &secret };
    let wanted: Vec<String> = wanted.iter().map(|w| (*w).to_owned()).collect();
    let look_at = LookAt { repository: at.map(str::to_owned), ..LookAt::default() };
    let probed = GitHub.prober().unwrap().probe(&session, &look_at, &wanted).await;
    assert!(!format!("{probed:?}").contains(text));
    // Every wish is answered, once.
    let mut told: Vec<&String> = probed.denied.iter().chain(probed.unknown.iter().map(|(name, _)| name)).collect();
    told.extend(probed.grants.iter().map(|g| &g.name).filter(|name| wanted.contains(name)));
    told.sort();
    let mut all: Vec<&String> = wanted.iter().collect();
    all.sort();
    assert_eq!(told, all, "{probed:?}");
    probed
}

async fn probe(answers: Vec<Response>, wanted: &[&str]) -> (Probed, Vec<String>) {
    let transport = Recorded::new(answers);
    let probed = probe_over(&transport, &github_com(), FINE_GRAINED, Some("acme/handbook"), wanted).await;
    assert!(transport.seen.lock().unwrap().iter().all(|r| r.method == Method::Get), "a probe must not write");
    assert_eq!(probed.evidence.len(), transport.lines().len());
    (probed, transport.lines())
}

fn private() -> Response {
    answer(&[], r#"{"full_name": "acme/handbook", "private": true}"#)
}

fn public() -> Response {
    answer(&[], r#"{"full_name": "acme/handbook", "private": false}"#)
}

fn lacks(permission: &str) -> Response {
    refusal(403, &[("X-Accepted-GitHub-Permissions", permission)], "Resource not accessible by personal access token")
}

fn held(probed: &Probed) -> Vec<&str> {
    assert!(probed.grants.iter().all(|g| g.source == GrantSource::Probed), "{probed:?}");
    probed.grants.iter().map(|g| g.name.as_str()).collect()
}

#[tokio::test]
async fn a_read_that_works_is_held_and_one_that_is_refused_is_not() {
    let answers =
        vec![private(), answer(&[], "[]"), lacks("issues=read"), refusal(409, &[], "Git Repository is empty.")];
    let (probed, lines) = probe(answers, &["pull_requests:read", "issues:read", "issues:write", "contents:read"]).await;
    assert_eq!(held(&probed), ["pull_requests:read", "contents:read"]);
    assert_eq!(probed.denied, ["issues:read", "issues:write"]);
    assert_eq!(lines.len(), 4, "what reads not does not write: {lines:?}");
    assert!(probed.evidence[2].detail.contains("X-Accepted-GitHub-Permissions: issues=read"), "{:?}", probed.evidence);
}

#[tokio::test]
async fn writing_is_not_tried_and_so_not_told() {
    let (probed, _) = probe(vec![private(), answer(&[], "[]")], &["contents:write"]).await;
    assert!(probed.unknown[0].1.contains("does not do"), "{probed:?}");
    // Two permissions have a read that proves the higher level.
    let answers = vec![private(), answer(&[], "[]"), refusal(422, &[], "Unprocessable")];
    let (probed, lines) = probe(answers, &["administration:write", "codespaces:write"]).await;
    assert_eq!(held(&probed), ["administration:write", "administration:read", "codespaces:write", "codespaces:read"]);
    assert!(lines[1].contains("/rulesets/rule-suites"), "{lines:?}");
    let (probed, _) = probe(vec![private(), lacks("administration=write")], &["administration:write"]).await;
    assert_eq!(probed.denied, ["administration:write"]);
}

#[tokio::test]
async fn a_public_repository_proves_nothing_of_what_everybody_reads() {
    let wanted = ["contents:read", "issues:read", "metadata:read", "secrets:read"];
    let (probed, lines) = probe(vec![public(), lacks("secrets=read")], &wanted).await;
    assert_eq!(
        (held(&probed), probed.denied.as_slice()),
        (vec!["metadata:read"], ["secrets:read".to_owned()].as_slice())
    );
    assert!(probed.unknown.iter().all(|(_, why)| why.contains("public")), "{probed:?}");
    assert_eq!(lines.len(), 2);
}

#[tokio::test]
async fn a_hidden_repository_tells_nothing_and_says_where_to_look() {
    let (probed, _) = probe(vec![refusal(404, &[], "Not Found")], &["contents:read", "issues:write"]).await;
    assert_eq!((probed.grants.len(), probed.denied.len(), probed.unknown.len()), (0, 0, 2));
    assert_eq!(probed.findings[0].code, "github.repository-hidden");
    assert!(probed.findings[0].remedy.contains("pending") && !probed.findings[0].title.contains('{'));
}

#[tokio::test]
async fn single_sign_on_of_the_organization_is_seen() {
    let url = "required; url=https://github.com/orgs/acme/sso?authorization_request=x";
    let sso = refusal(403, &[("X-GitHub-SSO", url)], "Resource protected by organization SAML enforcement.");
    let (probed, lines) = probe(vec![sso], &["contents:read", "issues:read"]).await;
    assert_eq!((lines.len(), probed.unknown.len()), (1, 2));
    assert_eq!(probed.findings[0].code, "github.sso-required");
}

#[tokio::test]
async fn what_stops_one_request_stops_all() {
    let limited = refusal(403, &[("x-ratelimit-remaining", "0")], "API rate limit exceeded");
    let (probed, lines) = probe(vec![private(), limited], &["contents:read", "issues:read", "emails:read"]).await;
    assert_eq!((lines.len(), probed.unknown.len()), (2, 3));
    assert_eq!(probed.findings[0].code, "github.primary-rate-limit");
    let lost = NetError::new(NetErrorKind::ReadTimeout, "api.github.com:443", "");
    let transport = Recorded::with_errors([Ok(private()), Err(lost)]);
    let probed =
        probe_over(&transport, &github_com(), FINE_GRAINED, Some("acme/handbook"), &["contents:read", "issues:read"])
            .await;
    assert_eq!(probed.unknown.len(), 2);
}

#[tokio::test]
async fn answers_that_mean_something_else_are_not_taken_for_no() {
    for (wanted, answer, is_held) in [
        ("security_events:read", refusal(404, &[], "no analysis found"), Some(true)),
        ("issues:read", refusal(301, &[], "Moved Permanently"), Some(true)),
        ("pages:read", refusal(404, &[], "Not Found"), Some(true)),
        ("repository_hooks:read", refusal(404, &[], "Not Found"), Some(false)),
        ("administration:read", refusal(404, &[], "Not Found"), Some(false)),
        ("deployments:read", refusal(404, &[], "Not Found"), None),
        ("secrets:read", refusal(403, &[], "Actions is disabled"), None),
        ("secrets:read", Response::of(403, &[("Content-Type", "text/html")], "<html>"), None),
        ("contents:read", Response::of(200, &[("Content-Type", "text/html")], "<html>"), None),
    ] {
        let (probed, _) = probe(vec![private(), answer], &[wanted]).await;
        assert_eq!(
            (probed.grants.len() == 1, probed.denied.len() == 1),
            (is_held == Some(true), is_held == Some(false)),
            "{wanted}: {probed:?}"
        );
    }
}

#[tokio::test]
async fn without_a_place_or_a_probe_it_is_said() {
    for (at, wanted, why) in [
        (None, "contents:read", "OWNER/NAME"),
        (Some("handbook"), "contents:read", "OWNER/NAME"),
        (Some("a/b/c"), "contents:read", "OWNER/NAME"),
        (Some("acme/.."), "contents:read", "OWNER/NAME"),
        (None, "members:read", "no harmless request"),
        (None, "contents", "NAME:read"),
    ] {
        let probed = probe_over(&Recorded::new([]), &github_com(), FINE_GRAINED, at, &[wanted]).await;
        assert!(probed.unknown[0].1.contains(why), "{probed:?}");
    }
}

#[tokio::test]
async fn a_classic_token_tells_its_scopes() {
    let user = answer(&[("X-OAuth-Scopes", "repo, gist")], USER);
    let transport = Recorded::new([user]);
    let probed = probe_over(&transport, &github_com(), CLASSIC, None, &["repo", "public_repo", "workflow"]).await;
    let sources: Vec<_> = probed.grants.iter().map(|g| (g.name.as_str(), g.source)).collect();
    assert_eq!(sources, [("repo", GrantSource::Told), ("public_repo", GrantSource::Implied)]);
    assert_eq!(probed.denied, ["workflow"]);
    let transport = Recorded::new([refusal(401, &[], "Bad credentials")]);
    let probed = probe_over(&transport, &github_com(), CLASSIC, None, &["repo"]).await;
    assert_eq!(probed.findings[0].code, "github.bad-credentials");
}

#[tokio::test]
async fn at_the_site() {
    let site: Arc<dyn Site> = Arc::new(GitHubSite::dot_com());
    let (host, direct) = (host_of(&*site), Direct(Arc::clone(&site)));
    let secret = |label: &str| site.roster(now()).into_iter().find(|c| c.label == label).unwrap().secret;
    let wanted = ["contents:read", "contents:write", "issues:read", "repository_hooks:read", "emails:read"];
    let probed = probe_over(&direct, &host, &secret("docs-bot"), Some("acme/handbook"), &wanted).await;
    assert_eq!(held(&probed), ["contents:read"]);
    assert_eq!(probed.denied, ["issues:read", "repository_hooks:read", "emails:read"]);
    assert_eq!(probed.unknown[0].0, "contents:write");
    let probed = probe_over(&direct, &host, &secret("docs-bot"), Some("acme/site"), &["contents:read"]).await;
    assert!(probed.unknown[0].1.contains("public"));
    let probed = probe_over(&direct, &host, &secret("payments-audit"), Some("acme-payments/ledger"), &["repo"]).await;
    assert_eq!(probed.findings[0].code, "github.sso-required");
    assert_eq!(probed.grants[0].name, "repo");
}
