//! Scopes by read probes, and rights at a repository.

use keyrack::domain::{GrantSource, Host, Kind, LookAt, Probed};
use keyrack::hosts::forgejo::Forgejo;
use keyrack::hosts::{Family, Session};
use keyrack::net::Response;

use super::{OWN, Recorded, TOKEN, USER, WEB, at, error, json, no_scope};
use crate::support::{token, wire};

async fn probe(host: &Host, transport: &Recorded, repository: Option<&str>, wanted: &[&str]) -> Probed {
    let secret = token(TOKEN);
    let session = Session {
        wire: wire(&Forgejo, host, transport, &[&secret]),
        host,
        kind: Kind::Pat,
        username: Some("mara"),
        secret: &secret,
    };
    let look_at = LookAt { repository: repository.map(str::to_owned), ..LookAt::default() };
    let wanted: Vec<String> = wanted.iter().map(|w| (*w).to_owned()).collect();
    let probed = Forgejo.prober().unwrap().probe(&session, &look_at, &wanted).await;
    assert!(!format!("{probed:?}").contains(TOKEN));
    probed
}

fn names(probed: &Probed) -> Vec<&str> {
    probed.grants.iter().map(|g| g.name.as_str()).collect()
}

fn codes(probed: &Probed) -> Vec<&str> {
    probed.findings.iter().map(|f| f.code.as_str()).collect()
}

#[tokio::test]
async fn told_scopes_need_no_probe() {
    let wanted = ["read:repository", "write:issue"];
    let found = probe(&at("Gitea", "1.27.1"), &Recorded::new([json(200, OWN)]), None, &wanted).await;
    assert_eq!((names(&found), found.denied.as_slice()), (vec![wanted[0]], &[wanted[1].to_owned()][..]));
    let all = OWN.replace(r#"["write:repository","read:user"]"#, r#"["all"]"#);
    let found = probe(&at("Gitea", "1.27.1"), &Recorded::new([json(200, &all)]), None, &wanted).await;
    assert_eq!(names(&found), wanted);
}

#[tokio::test]
async fn reads_show_read_at_least_and_never_write() {
    let transport = Recorded::new([
        no_scope("read:user"),
        json(200, "[]"),
        no_scope("read:notification"),
        error(403, "user should be the site admin"),
        Response::of(502, &[], ""),
    ]);
    let wanted =
        ["read:repository", "write:repository", "read:notification", "read:admin", "read:issue", "read:misc", "all"];
    let found = probe(&at("Forgejo", "10.0.0"), &transport, None, &wanted).await;
    assert_eq!(names(&found), ["read:repository", "read:admin"], "{found:#?}");
    assert!(found.grants.iter().all(|g| g.source == GrantSource::Probed));
    assert_eq!(found.denied, ["read:notification"]);
    let unknown: Vec<_> = found.unknown.iter().map(|(n, _)| n.as_str()).collect();
    assert_eq!(unknown, ["write:repository", "read:issue", "read:misc", "all"]);
    assert!(found.unknown[0].1.contains("at least"));
    assert_eq!(
        transport.lines()[1..],
        [
            format!("GET {WEB}/api/v1/repos/search?limit=1"),
            format!("GET {WEB}/api/v1/notifications/new"),
            format!("GET {WEB}/api/v1/admin/cron"),
            format!("GET {WEB}/api/v1/repos/issues/search?limit=1"),
        ]
    );
}

#[tokio::test]
async fn a_read_that_wants_two_scopes_blames_only_the_one_that_is_named() {
    let answers = |scope: &str| Recorded::new([no_scope("read:user"), no_scope(scope)]);
    let wanted = ["read:organization"];
    let found = probe(&at("Forgejo", "10.0.0"), &answers("read:user"), None, &wanted).await;
    assert_eq!((found.denied.len(), found.unknown.len()), (0, 1));
    let found = probe(&at("Forgejo", "10.0.0"), &answers("read:user read:organization"), None, &wanted).await;
    assert_eq!(found.denied, wanted);
}

#[tokio::test]
async fn the_accounts_own_right_counts_besides_the_scope() {
    let repository = |push: bool| {
        json(
            200,
            &format!(
                r#"{{"full_name":"acme/web","archived":{},"permissions":{{"admin":false,"push":{push},"pull":true}}}}"#,
                !push
            ),
        )
    };
    let wanted = ["read:repository", "write:repository"];
    let transport = Recorded::new([json(200, OWN), repository(true)]);
    let found = probe(&at("Gitea", "1.27.1"), &transport, Some("acme/web"), &wanted).await;
    assert!(names(&found) == wanted && found.findings.is_empty(), "{found:#?}");
    assert_eq!(transport.lines()[1], format!("GET {WEB}/api/v1/repos/acme/web"));
    let transport = Recorded::new([json(200, OWN), repository(false)]);
    let found = probe(&at("Gitea", "1.27.1"), &transport, Some("acme/web.git"), &wanted).await;
    assert_eq!((names(&found), found.denied.as_slice()), (vec![wanted[0]], &[wanted[1].to_owned()][..]));
    assert_eq!(codes(&found), ["forgejo.archived", "forgejo.right-missing"]);
}

#[tokio::test]
async fn no_access_out_of_reach_and_renamed_are_not_denied_but_unknown() {
    let wanted = ["read:repository"];
    for (answer, code) in [
        (error(404, "The target couldn't be found."), "forgejo.place-not-found"),
        (Response::of(301, &[("Location", "/api/v1/repos/new/web")], ""), "forgejo.moved"),
        (Response::of(307, &[("Location", "https://elsewhere.example/")], ""), "forgejo.moved"),
        (error(403, "token scope is limited to public repos"), "forgejo.public-only"),
        (no_scope("read:repository"), "forgejo.scope-missing"),
        (error(403, "user should have a permission to write to a repo"), "forgejo.right-missing"),
        (Response::of(200, &[("Content-Type", "text/html")], "<html>"), "forgejo.web-page"),
    ] {
        let transport = Recorded::new([json(200, OWN), answer]);
        let found = probe(&at("Gitea", "1.27.1"), &transport, Some("acme/web"), &wanted).await;
        assert_eq!(codes(&found), [code], "{found:#?}");
        assert!(found.grants.is_empty() && found.denied.is_empty() && found.unknown.len() == 1);
        assert_eq!(transport.lines().len(), 2, "a redirect is not followed");
    }
}

#[tokio::test]
async fn demanded_two_factor_on_gitea_is_suspected_where_repositories_are_missing() {
    let transport = Recorded::new([json(200, OWN), error(404, "The target couldn't be found.")]);
    let found = probe(&at("Gitea", "1.27.1"), &transport, Some("acme/web"), &[]).await;
    assert!(found.findings[0].cause.contains("second factor"));
}

#[tokio::test]
async fn a_dead_token_leaves_everything_unknown() {
    let transport = Recorded::new([error(401, "user does not exist [uid: 0, name: ]")]);
    let found = probe(&at("Forgejo", "14.0.0"), &transport, Some("acme/web"), &["read:repository"]).await;
    assert_eq!((codes(&found), found.unknown.len()), (vec!["forgejo.token-refused"], 1));
    let transport = Recorded::new([json(200, USER), no_scope("read:admin")]);
    let found = probe(&at("Gitea", "1.22.0"), &transport, Some("a/b/c"), &[]).await;
    assert!(found.unknown[0].1.contains("OWNER/NAME"));
}
