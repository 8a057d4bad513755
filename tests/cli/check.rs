//! `check` where hosts fail: why nothing was learned, what stays known, and the brake.

use insta::assert_snapshot;
use keyrack::simulator::gitlab::GitLabSite;

use crate::support::{Home, STRANGER, http, json, serve, start};

const SELF_OK: &str = r#"{"id": 7, "name": "n", "revoked": false, "active": true, "created_at": "2026-01-01T00:00:00Z",
    "scopes": ["api"], "user_id": 5, "expires_at": "2027-06-01"}"#;
const USER_OK: &str = r#"{"id": 5, "username": "ana", "name": "Ana", "state": "active", "bot": false}"#;

fn good(path: &str) -> Vec<u8> {
    match path {
        p if p.contains("personal_access_tokens/self") => json(200, SELF_OK),
        p if p.ends_with("/user") => json(200, USER_OK),
        _ => json(200, r#"{"version": "19.6.0-ee", "enterprise": true}"#),
    }
}

async fn at(home: &Home, url: &str) {
    home.run(&format!("host add lab {url} --family gitlab")).await.exits(0);
    home.pipe(STRANGER, "add --label bot --host lab --no-check").await.exits(0);
}

#[tokio::test]
async fn whatever_a_broken_host_answers_is_unreachable_with_its_reason() {
    let html = http(200, &[("Content-Type", "text/html")], b"<html><title>Sign in</title></html>");
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("a sign-in page", html),
        ("garbage", b"\x00\x01\x02 what is this\r\n\r\n".to_vec()),
        ("SSH", b"SSH-2.0-OpenSSH_9.9\r\n".to_vec()),
        ("too many requests", http(429, &[("Retry-After", "30")], b"slow down")),
        ("500", http(500, &[], b"oops")),
        ("503", http(503, &[("Content-Type", "text/html")], b"<html>maintenance</html>")),
        ("a proxy's 403", http(403, &[("Content-Type", "text/html"), ("Server", "squid")], b"<html>blocked</html>")),
        ("an empty 200", http(200, &[], b"")),
        ("a list", json(200, "[1, 2]")),
        ("cut JSON", json(200, r#"{"id": 7, "name":"#)),
        ("203", http(203, &[("Content-Type", "text/html")], b"<html>sign in</html>")),
        ("a redirect to a sign-in", http(302, &[("Location", "https://sso.example.invalid/login")], b"")),
    ];
    for (name, reply) in cases {
        let server = serve(move |_| reply.clone()).await;
        let home = Home::new();
        at(&home, &server.url).await;
        let ran = home.run("check --json").await;
        let result = &ran.json()["results"][0];
        assert_eq!(result["verdict"], "unreachable", "{name}: {ran}");
        assert!(result["reason"].as_str().unwrap().len() > 10, "{name}: {ran}");
        assert_eq!(ran.code, 4, "{name}: {ran}");
    }
}

#[tokio::test]
async fn a_host_that_is_down_leaves_the_last_real_verdict_beside_unreachable() {
    let mut home = Home::new();
    let server = serve(|seen| good(seen.path())).await;
    at(&home, &server.url).await;
    home.run("check").await.exits(0);
    drop(server);
    home.later(3);
    home.run("check").await.exits(4).says("connection refused");
    home.later(2);
    assert_snapshot!(home.run("list").await, @r#"
                                           LABEL  HOST  KIND  ACCOUNT  EXPIRES     CHECKED      TAGS
    ≁ unreachable (was valid 5 hours ago)  bot    lab   pat   ana      2027-06-01  2 hours ago
    --- exit 0
    "#);
    assert_snapshot!(home.run("show bot").await, @r#"
    bot
      kind      GitLab, personal access token (legacy scopes; impersonation tokens too)
      secret    glpat-…gr01 in the file store
      expires   2027-06-01 (in 189 days)
      used at   lab
      added     2026-11-23 (5 hours ago)

    ≁ unreachable at lab (http://127.0.0.1:PORT), 2 hours ago: 127.0.0.1:PORT: connection refused
      last known: ● valid, 5 hours ago: accepted by GET /personal_access_tokens/self
      as ana (user, id 5)
      grants: api, read_api, read_user, read_repository, write_repository, read_registry, write_registry
      nothing listens on that port [net.refused]
        why:    The machine behind 127.0.0.1:PORT answered that the port is closed: the service is stopped, listens on another port, or a firewall rejects the connection.
        remedy: Check port and scheme in the host's URL (keyrack host show lab), then ask the admin whether the service runs. Then: keyrack host test lab.
      GET http://127.0.0.1:PORT/api/v4/personal_access_tokens/self -> no answer in N ms (127.0.0.1:PORT: connection refused)

    history
      2026-11-23 07:00  ≁ unreachable  127.0.0.1:PORT: connection refused
      2026-11-23 04:00  ● valid  accepted by GET /personal_access_tokens/self
    --- exit 0
    "#);
    let row = &home.run("list --json").await.json()["credentials"][0];
    assert_eq!(row["verdict"], "unreachable");
    assert_eq!(row["last_real"]["verdict"], "valid");
    assert_eq!(row["last_real"]["checked_at"], "2026-11-23T04:00:00Z");
    assert_eq!(row["checked_at"], "2026-11-23T07:00:00Z");
}

#[tokio::test]
async fn a_host_that_never_answers_ends_at_the_timeout() {
    let home = Home::new();
    home.configure("read_timeout = 1\ntotal_timeout = 1\n");
    let server = serve(|_| Vec::new()).await;
    at(&home, &server.url).await;
    let ran = home.run("check --verbose").await.exits(4);
    ran.says("unreachable").says("[net.read-timeout]");
}

#[tokio::test]
async fn a_malformed_proxy_setting_is_reported_not_ignored() {
    let mut home = Home::new();
    let server = serve(|seen| good(seen.path())).await;
    at(&home, "https://gitlab.example.invalid").await;
    home.set("HTTPS_PROXY", "http://proxy.example.com:notaport");
    let ran = home.run("check --verbose").await.exits(4);
    ran.says("unreachable").says("HTTPS_PROXY");
    assert!(server.seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn three_refusals_in_a_row_hold_the_rest_of_the_account_back() {
    let refuse = r#"{"message": "401 Unauthorized"}"#;
    let server = serve(move |_| json(401, refuse)).await;
    let home = Home::new();
    home.run(&format!("host add lab {} --family gitlab", server.url)).await.exits(0);
    for n in 1..=6 {
        let line = format!("add --label bot-{n} --host lab --username build --no-check");
        home.pipe(&format!("glpat-ExampleFakeBrake00{n}0"), &line).await.exits(0);
    }
    let asked = |server: &crate::support::Server| {
        server.seen.lock().unwrap().iter().filter(|s| s.header("private-token").is_some()).count()
    };
    let before = asked(&server);
    let ran = home.run("check --concurrency 8").await.exits(1);
    assert_snapshot!(ran, @r#"
    ✗ rejected   bot-1  lab  -  -  GitLab does not know this token
    ✗ rejected   bot-2  lab  -  -  GitLab does not know this token
    ✗ rejected   bot-3  lab  -  -  GitLab does not know this token
    ? unchecked  bot-4  lab  -  -  not sent: 3 tokens of build at lab were refused in a row, and more could lock the account; `--no-brake` goes on
    ? unchecked  bot-5  lab  -  -  not sent: 3 tokens of build at lab were refused in a row, and more could lock the account; `--no-brake` goes on
    ? unchecked  bot-6  lab  -  -  not sent: 3 tokens of build at lab were refused in a row, and more could lock the account; `--no-brake` goes on
    --- stderr
    3 unchecked, 3 rejected
    --- exit 1
    "#);
    let braked = asked(&server) - before;
    home.run("check --no-brake").await.exits(1).says("6 rejected");
    assert_eq!(asked(&server) - before - braked, 2 * braked, "one request each, three of six");
}

#[tokio::test]
async fn a_secret_that_is_gone_is_unchecked_and_says_what_to_do() {
    let home = Home::new();
    let site = start(GitLabSite::com()).await;
    home.host("gitlab", &site).await;
    home.add(&site, "release-train", "gitlab").await;
    for entry in std::fs::read_dir(home.data().join("secrets")).unwrap() {
        let path = entry.unwrap().path();
        if !path.ends_with("identity.age") {
            std::fs::remove_file(path).unwrap();
        }
    }
    let ran = home.run("check --verbose").await.exits(70);
    ran.says("its secret is not in the file store").says("store.secret-missing");
    home.run("doctor").await.exits(1).says("release-train");
}

#[tokio::test]
async fn an_empty_rack_is_no_error() {
    let home = Home::new();
    assert_snapshot!(home.run("check").await, @r#"
    --- stderr
    nothing to check: the rack is empty
    --- exit 0
    "#);
    assert_snapshot!(home.run("check --json").await, @r#"
    {
      "results": [],
      "schema": 1,
      "summary": {}
    }
    --- exit 0
    "#);
    assert_snapshot!(home.run("list").await, @r#"
    --- stderr
    the rack is empty; `keyrack add` puts a token on it, `keyrack demo` shows one full
    --- exit 0
    "#);
    assert_snapshot!(home.run("log").await, @r#"
    --- stderr
    the log is empty
    --- exit 0
    "#);
    assert_snapshot!(home.run("host list").await, @r#"
    --- stderr
    there are no hosts on the rack; `keyrack host add NAME URL` adds one, and `keyrack add` does it by itself
    --- exit 0
    "#);
}
