//! A marked secret goes through many verbs at a host that echoes it in every form: it is found nowhere but in the store.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::support::{Home, Ran, Seen, http, serve};

/// Well-formed for GitLab; the mark is what is searched for.
const CANARY: &str = "glpat-Canary/Sang+In=TheMine";
const SIMPLE: &str = "glpat-CanarySangInTheMine1";

fn forms(secret: &str) -> Vec<String> {
    let mut forms =
        vec![secret.to_owned(), utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(), STANDARD.encode(secret)];
    for user in ["a", "an", "ana"] {
        // The middle of base64(user:secret), whatever stands before it.
        let whole = STANDARD.encode(format!("{user}:{secret}"));
        forms.push(whole[8..whole.len() - 4].to_owned());
    }
    forms.push(secret.chars().rev().take(14).collect::<String>().chars().rev().collect());
    forms
}

fn echo(seen: &Seen, status: u16) -> Vec<u8> {
    let sent = ["private-token", "authorization"].iter().find_map(|n| seen.header(n)).unwrap_or("").to_owned();
    let token = sent.trim_start_matches("Bearer ").to_owned();
    let all = format!(
        "{sent} {token} {} {} {}",
        STANDARD.encode(&token),
        utf8_percent_encode(&token, NON_ALPHANUMERIC),
        STANDARD.encode(format!("ana:{token}"))
    );
    let body = serde_json::json!({
        "message": format!("401 token {all} is wrong"), "error": "invalid_token", "error_description": all, "name": all,
        "username": all, "id": 7, "user_id": 5, "scopes": [all.clone()], "revoked": false, "active": true, "version": all,
    });
    let headers = [
        ("Content-Type", "application/json"),
        ("WWW-Authenticate", all.as_str()),
        ("X-Gitlab-Meta", all.as_str()),
        ("X-Request-Id", all.as_str()),
        ("Location", all.as_str()),
        ("Server", all.as_str()),
        ("Retry-After", all.as_str()),
        ("RateLimit-Name", all.as_str()),
    ];
    http(status, &headers, body.to_string().as_bytes())
}

#[tokio::test]
async fn an_echoing_host_never_gets_the_secret_out() {
    for (canary, statuses) in [(CANARY, &[200, 401][..]), (SIMPLE, &[200, 302, 401, 403, 429, 500])] {
        for &status in statuses {
            let server = serve(move |seen| echo(seen, status)).await;
            let home = Home::new();
            let mut ran: Vec<Ran> = Vec::new();
            ran.push(home.run(&format!("host add lab {} --family gitlab", server.url)).await);
            ran.push(home.pipe(canary, "add --label bird --host lab").await);
            ran.push(home.pipe(canary, "add --label bird --host lab --yes --kind pat").await);
            ran.push(home.pipe(canary, "add --label twin --host lab --kind pat").await);
            ran.push(home.pipe(canary, "identify").await);
            ran.push(home.pipe(canary, "identify --json").await);
            for line in [
                "check --verbose",
                "check --json",
                "check --json-lines",
                "check --metrics",
                "list",
                "list --json",
                "show bird",
                "show bird --json",
                "host test lab --using bird",
                "host test lab --using bird --json",
                "host show lab --json",
                "edit bird --note x",
                "doctor",
                "revoke bird --dry-run --json",
                "log",
                "log --json",
                "show bird --history 50 --json",
            ] {
                ran.push(home.run(line).await);
            }
            assert!(server.seen.lock().unwrap().iter().any(|s| s.head.contains(canary)), "the host never saw it");
            let files = home.files();
            for form in forms(canary) {
                for run in &ran {
                    run.lacks(&form);
                }
                assert!(!files.contains(&form), "{status}: `{form}` is in a file under the home");
            }
        }
    }
}

#[tokio::test]
async fn an_echo_of_a_revocation_is_masked_too() {
    let server = serve(|seen| match seen.method() {
        "DELETE" => echo(seen, 403),
        _ if seen.path().contains("/self") => crate::support::json(
            200,
            r#"{"id": 7, "name": "n", "revoked": false, "active": true, "scopes": ["api"], "user_id": 5}"#,
        ),
        _ => echo(seen, 200),
    })
    .await;
    let home = Home::new();
    home.run(&format!("host add lab {} --family gitlab", server.url)).await.exits(0);
    home.pipe(SIMPLE, "add --label bird --host lab --yes").await;
    let ran = home.run("revoke bird --yes").await;
    let json = home.run("revoke bird --yes --json").await;
    let log = home.run("log --json").await;
    let files = home.files();
    for form in forms(SIMPLE) {
        ran.lacks(&form);
        json.lacks(&form);
        log.lacks(&form);
        assert!(!files.contains(&form));
    }
}

#[tokio::test]
async fn a_secret_given_in_the_wrong_place_is_not_repeated() {
    let home = Home::new();
    for line in [
        format!("host add lab https://ana:{SIMPLE}@gitlab.example.invalid --family gitlab"),
        format!("add --label x --host https://ana:{SIMPLE}@gitlab.example.invalid --no-check"),
        format!("host add {SIMPLE} {SIMPLE}"),
        format!("host edit lab --url https://ana:{SIMPLE}@gitlab.example.invalid"),
        format!("check {SIMPLE}"),
        format!("show {SIMPLE}"),
        format!("add --label x --host {SIMPLE}"),
        format!("add --label {SIMPLE} --host https://gitlab.example.invalid --no-check"),
    ] {
        let ran = home.pipe("glpat-ExampleFakeStrangr01", &line).await;
        ran.lacks(SIMPLE);
    }
    assert!(!home.files().contains(SIMPLE));
}
