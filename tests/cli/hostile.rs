//! Hosts that mean harm: nothing crashes, nothing reaches the terminal unescaped, no secret goes elsewhere.

use std::sync::{Arc, Mutex};

use crate::support::{Home, Ran, STRANGER, http, json, serve};

const NASTY: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}a\u{202e}b\u{200b}c\u{9b}31m\u{2066}d\r\ne\u{feff}";

async fn ask(reply: impl Fn(&crate::support::Seen) -> Vec<u8> + Send + Sync + 'static) -> Vec<Ran> {
    let server = serve(reply).await;
    let home = Home::new();
    let mut ran = vec![home.run(&format!("host add lab {} --family gitlab", server.url)).await];
    ran.push(home.pipe(STRANGER, "add --label bot --host lab --yes").await);
    for line in [
        "check --verbose",
        "check --json",
        "check --json-lines",
        "list",
        "list --json",
        "show bot",
        "show bot --json",
        "host list",
        "host show lab",
        "host test lab --using bot",
        "host test lab --json",
        "log",
        "log --json",
    ] {
        ran.push(home.run(line).await);
    }
    for run in &ran {
        assert!(matches!(run.code, 0 | 1 | 4 | 5), "{run}");
        for text in [&run.out, &run.err] {
            let bad = text.chars().find(|c| *c != '\n' && keyrack::sanitize::line(&c.to_string()) != c.to_string());
            assert_eq!(bad, None, "{run:}");
        }
        assert!(run.out.len() + run.err.len() < 64 * 1024, "{} bytes", run.out.len());
    }
    ran
}

#[tokio::test]
async fn names_with_escape_sequences_and_bidi_marks_are_escaped() {
    let name = serde_json::to_string(NASTY).unwrap();
    let ran = ask(move |seen| match seen.path() {
        p if p.contains("/self") => json(
            200,
            &format!(
                r#"{{"id": 7, "name": {name}, "revoked": false, "active": true, "scopes": [{name}], "user_id": 5}}"#
            ),
        ),
        p if p.ends_with("/user") => {
            json(200, &format!(r#"{{"id": 5, "username": {name}, "name": {name}, "state": "active"}}"#))
        }
        _ => json(200, &format!(r#"{{"version": {name}}}"#)),
    })
    .await;
    let shown = ran.iter().find(|r| r.out.starts_with("bot")).unwrap();
    assert!(shown.out.contains("\\u{1b}"), "{shown}");
}

#[tokio::test]
async fn refusals_with_escape_sequences_are_escaped() {
    let text = serde_json::to_string(NASTY).unwrap();
    for status in [200, 401, 403, 500] {
        let body = format!(r#"{{"message": {text}, "error": {text}, "error_description": {text}}}"#);
        ask(move |_| json(status, &body)).await;
    }
}

#[tokio::test]
async fn a_body_without_end_and_one_without_bottom() {
    let big = vec![b'a'; 2 * 1024 * 1024];
    ask(move |_| http(200, &[("Content-Type", "application/json")], &big)).await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    ask(move |_| json(200, &deep)).await;
    let deep = format!("{}1{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000));
    ask(move |_| json(401, &deep)).await;
}

#[tokio::test]
async fn invalid_text_and_headers_by_the_thousand() {
    ask(|_| http(200, &[("Content-Type", "application/json")], b"{\"id\": 7, \"name\": \"\xff\xfe\xc3\x28\"}")).await;
    ask(|_| http(401, &[("X-Odd", "\u{e9}\u{1f600}")], b"\xff\xff\xff")).await;
    let names: Vec<String> = (0..5000).map(|n| format!("X-Many-{n}")).collect();
    ask(move |_| {
        let headers: Vec<_> = names.iter().map(|n| (n.as_str(), "x")).collect();
        http(200, &headers, b"{}")
    })
    .await;
    let long = "x".repeat(300_000);
    ask(move |_| http(200, &[("X-Long", &long)], b"{}")).await;
}

#[tokio::test]
async fn numbers_and_dates_out_of_range() {
    for body in [
        r#"{"id": 99999999999999999999999999, "name": "n", "revoked": false, "active": true, "scopes": [], "user_id": -1, "expires_at": "9999-99-99"}"#,
        r#"{"id": 1e400, "name": null, "scopes": null, "expires_at": 12}"#,
        r#"{"id": 7, "name": "n", "revoked": false, "active": true, "scopes": ["api"], "user_id": 5, "expires_at": "-009999-01-01"}"#,
        r#"{"id": 7, "name": "n", "revoked": false, "active": true, "scopes": ["api"], "user_id": 5, "expires_at": "9999-12-31", "created_at": "0000-00-00T00:00:00Z"}"#,
    ] {
        ask(move |_| json(200, body)).await;
    }
    for after in ["99999999999999999999", "-5", "Wed, 99 Foo 9999 99:99:99 GMT", ""] {
        ask(move |_| http(429, &[("Retry-After", after), ("RateLimit-Reset", after), ("Date", after)], b"")).await;
    }
}

#[tokio::test]
async fn a_redirect_elsewhere_gets_no_secret() {
    let caught = serve(|_| json(200, r#"{"id": 7}"#)).await;
    let target = Arc::new(Mutex::new(caught.url.clone()));
    for status in [301, 302, 303, 307, 308] {
        let target = Arc::clone(&target);
        ask(move |seen| {
            let place = format!("{}{}", target.lock().unwrap(), seen.path());
            http(status, &[("Location", &place)], b"")
        })
        .await;
    }
    for seen in caught.seen.lock().unwrap().iter() {
        assert!(!seen.head.contains(STRANGER) && seen.header("authorization").is_none(), "{}", seen.head);
        assert!(seen.header("private-token").is_none() && !seen.body.contains(STRANGER), "{}", seen.head);
    }
}
