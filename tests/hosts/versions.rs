//! Product and version, where a host tells them only to somebody who is logged in.

use keyrack::domain::{FamilyId, Host, Kind};
use keyrack::hosts::azure_devops::AzureDevOps;
use keyrack::hosts::forgejo::Forgejo;
use keyrack::hosts::github::GitHub;
use keyrack::hosts::gitlab::GitLab;
use keyrack::hosts::{Family, Session};
use keyrack::net::Response;

use crate::support::{Recorded, token, wire};

async fn told(
    family: &dyn Family,
    url: &str,
    kind: Kind,
    secret: &str,
    answers: Vec<Response>,
) -> (Option<(String, String)>, Vec<String>) {
    let host = Host::new("acme", FamilyId::new(family.facts().id.as_str()), url);
    let (transport, secret) = (Recorded::new(answers), token(secret));
    let session = Session {
        wire: wire(family, &host, &transport, &[&secret]),
        host: &host,
        kind,
        username: None,
        secret: &secret,
    };
    let found = family.detect_signed(&session).await;
    drop(session);
    (found, transport.lines())
}

fn json(status: u16, body: &str) -> Response {
    Response::of(status, &[("Content-Type", "application/json"), ("X-TFS-ProcessId", "1")], body)
}

fn is(found: Option<(String, String)>, product: &str, version: &str) {
    assert_eq!(found, Some((product.to_owned(), version.to_owned())));
}

#[tokio::test]
async fn gitlab_tells_its_version_to_a_token() {
    let ask = |answers| told(&GitLab, "https://gitlab.acme.dev/git", Kind::Pat, "glpat-ExampleFakeToken0001", answers);
    let (found, lines) = ask(vec![json(200, r#"{"version":"19.4.2-ee","revision":"0a1b2c","enterprise":true}"#)]).await;
    is(found, "GitLab", "19.4.2-ee");
    assert_eq!(lines, ["GET https://gitlab.acme.dev/git/api/v4/metadata"]);
    // Before 15.2 there is /version alone.
    let older =
        vec![json(404, r#"{"error":"404 Not Found"}"#), json(200, r#"{"version":"14.10.5","revision":"0a1b2c"}"#)];
    is(ask(older).await.0, "GitLab", "14.10.5");
    // A token that may only clone learns nothing, and no more is asked.
    let (found, lines) = ask(vec![json(403, r#"{"error":"insufficient_scope"}"#)]).await;
    assert_eq!((found, lines.len()), (None, 1));
    let page = Response::of(200, &[("Content-Type", "text/html")], "<html>");
    assert_eq!(ask(vec![page]).await.0, None);
}

#[tokio::test]
async fn a_server_of_azure_devops_is_known_by_the_versions_it_takes() {
    let secret = "eernkizeeutblebhfausukzmfuxc6mbrgiz7inbvgy3tqoj2hm6a";
    let ask = |url, answers| told(&AzureDevOps, url, Kind::Pat, secret, answers);
    let newer = || {
        json(
            400,
            r#"{"message":"The requested REST API version of 7.1 is out of range for this server.","typeName":"Microsoft.VisualStudio.Services.WebApi.VssVersionOutOfRangeException","typeKey":"VssVersionOutOfRangeException"}"#,
        )
    };
    let server = "https://tfs.acme.dev/tfs/Main";
    is(ask(server, vec![json(200, "{}")]).await.0, "Azure DevOps Server", "2022.1");
    is(ask(server, vec![newer(), newer(), json(200, "{}")]).await.0, "Azure DevOps Server", "2020");
    let old = vec![newer(), newer(), newer(), newer(), json(401, "{}"), json(200, "{}")];
    is(ask(server, old).await.0, "Team Foundation Server", "2018.2");
    // A refusal may come before the version is looked at, so it tells none.
    let page = || Response::of(203, &[("Content-Type", "text/html")], "<html>Sign in</html>");
    for refused in [vec![json(401, "{}"), json(403, "{}")], vec![page(), page()]] {
        assert_eq!(ask(server, refused).await.0, None);
    }
    let (found, lines) = ask("https://dev.azure.com/contoso", vec![]).await;
    assert_eq!((found, lines.len()), (None, 0), "Services have no version");
}

#[tokio::test]
async fn closed_servers_tell_theirs_after_the_door() {
    let classic = "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";
    let meta = json(200, r#"{"verifiable_password_authentication":true,"installed_version":"3.18.2"}"#);
    let (found, lines) = told(&GitHub, "https://github.acme.dev", Kind::ClassicPat, classic, vec![meta]).await;
    is(found, "GitHub Enterprise Server", "3.18.2");
    assert_eq!(lines, ["GET https://github.acme.dev/api/v3/meta"]);
    assert_eq!(told(&GitHub, "https://github.com", Kind::ClassicPat, classic, vec![]).await.0, None);
    let hex = "00112233445566778899aabbccddeeff00112233";
    for (text, product, version) in [("16.0.1+gitea-1.22.0", "Forgejo", "16.0.1"), ("1.27.1", "Gitea", "1.27.1")] {
        let answer = json(200, &format!(r#"{{"version":"{text}"}}"#));
        is(told(&Forgejo, "https://git.acme.dev", Kind::Pat, hex, vec![answer]).await.0, product, version);
    }
}
