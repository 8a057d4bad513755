//! What scripts rely on: exit codes, the JSON of `check`, help, completions.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use keyrack::domain::{Severity, Verdict};
use keyrack::simulator::gitlab::GitLabSite;
use serde_json::Value;

use crate::support::{Home, start};

const VERBS: [&str; 13] = [
    "identify",
    "host",
    "add",
    "list",
    "show",
    "edit",
    "forget",
    "check",
    "revoke",
    "log",
    "doctor",
    "demo",
    "completions",
];

async fn with_gitlab(labels: &[&str]) -> (Home, keyrack::simulator::server::Running) {
    let (home, site) = (Home::new(), start(GitLabSite::com()).await);
    home.host("gitlab", &site).await;
    for label in labels {
        home.add(&site, label, "gitlab").await;
    }
    (home, site)
}

#[tokio::test]
async fn every_verb_has_help_with_its_purpose() {
    let home = Home::bare();
    let all = home.run("--help").await.exits(0);
    for verb in VERBS {
        assert!(all.out.contains(&format!("\n  {verb} ")), "{verb} is not in\n{all}");
        let help = home.run(&format!("{verb} --help")).await.exits(0);
        assert!(help.out.contains("Usage: keyrack") && help.err.is_empty(), "{help}");
    }
    for verb in ["add", "list", "show", "edit", "rm", "test"] {
        home.run(&format!("host {verb} --help")).await.exits(0).says("Usage: keyrack host");
    }
    assert!(!home.data().exists(), "asking for help made files");
}

#[tokio::test]
async fn verbs_that_take_input_show_an_example() {
    let home = Home::bare();
    for verb in ["identify", "host add", "add", "check", "revoke", "completions"] {
        home.run(&format!("{verb} --help")).await.exits(0).says("keyrack ").says("xample");
    }
}

#[tokio::test]
async fn completions_know_every_verb() {
    let home = Home::bare();
    for shell in ["bash", "zsh", "fish"] {
        let script = home.run(&format!("completions {shell}")).await.exits(0);
        assert!(VERBS.iter().all(|v| script.out.contains(v)) && script.out.len() > 2000, "{shell}");
    }
    home.run("completions tcsh").await.exits(2).says("tcsh");
}

#[tokio::test]
async fn usage_errors_exit_with_2_on_stderr() {
    let home = Home::new();
    for line in [
        "frobnicate",
        "check --frobnicate",
        "show",
        "forget",
        "revoke",
        "add",
        "check --fail-on splendid",
        "check --expires-within soon",
        "check --concurrency 0",
        "edit nobody",
        "show nobody",
        "check nobody",
        "host show nobody",
        "revoke nobody --yes",
        "forget nobody --yes",
        "log --limit x",
        "demo",
        "demo demo check",
        "demo --credentials 0 list",
        "host add x",
        "host test nobody",
        "check --metrics --json-lines",
        "list --color sometimes",
    ] {
        let ran = home.run(line).await;
        assert!(ran.code == 2 && ran.out.is_empty() && !ran.err.is_empty(), "{line}: {ran}");
    }
}

#[tokio::test]
async fn an_unknown_label_names_the_closest() {
    let (home, _site) = with_gitlab(&["release-train"]).await;
    assert_snapshot!(home.run("check relese-train").await, @r#"
    --- stderr
    usage error: no credential `relese-train` on the rack
      Did you mean `release-train`?
    --- exit 2
    "#);
    assert_snapshot!(home.run("show zzz").await, @r#"
    --- stderr
    usage error: no credential `zzz` on the rack
      `keyrack list` shows every label.
    --- exit 2
    "#);
}

#[tokio::test]
async fn the_verdicts_decide_the_exit_code_and_1_wins_over_4() {
    let (home, _site) =
        with_gitlab(&["release-train", "docs-preview", "old-laptop", "metrics-crawler", "intern-summer"]).await;
    for (line, code) in [
        ("check release-train", 0),
        ("check docs-preview", 0),
        ("check docs-preview --fail-on expiring", 1),
        ("check release-train --fail-on valid", 1),
        ("check metrics-crawler", 4),
        ("check metrics-crawler --fail-on unreachable", 1),
        ("check metrics-crawler release-train", 4),
        ("check old-laptop", 1),
        ("check intern-summer", 1),
        ("check metrics-crawler old-laptop", 1),
        ("check", 1),
        ("check release-train docs-preview", 0),
        ("check docs-preview --expires-within 4d", 0),
        ("check docs-preview --expires-within 6d", 1),
        ("check release-train --expires-within 30d", 0),
        ("check release-train --expires-within 52w", 1),
        ("check release-train --expires-within 100000h", 1),
        ("check --tag docs", 0),
        ("check --tag laptop", 1),
        ("check --tag nothing", 2),
        ("check release-train --tag docs", 0),
    ] {
        let ran = home.run(line).await;
        assert_eq!(ran.code, code, "{line}: {ran}");
        let json = home.run(&format!("{line} --json")).await;
        assert_eq!(json.code, code, "{line} --json: {json}");
    }
}

#[tokio::test]
async fn check_prints_one_line_each_and_the_counts_beside() {
    let (home, _site) = with_gitlab(&["release-train", "docs-preview", "old-laptop", "metrics-crawler"]).await;
    assert_snapshot!(home.run("check").await, @r#"
    ◐ expiring     docs-preview     gitlab  mara.lindqvist  2026-11-28  accepted by GET /personal_access_tokens/self; ends in 4 days
    ≁ unreachable  metrics-crawler  gitlab  -               -           GitLab's rate limit is used up (throttle_authenticated_api); retry after 42 s
    ✖ expired      old-laptop       gitlab  -               -           GitLab says that the token is expired
    ● valid        release-train    gitlab  mara.lindqvist  2027-03-01  accepted by GET /personal_access_tokens/self
    --- stderr
    1 valid, 1 expiring, 1 unreachable, 1 expired
    --- exit 1
    "#);
    assert_snapshot!(home.run("check old-laptop --verbose").await, @r#"
    ✖ expired  old-laptop  gitlab  -  -  GitLab says that the token is expired
      GitLab says that the token is expired [gitlab.expired]
        why:    Its expiry date has come: a GitLab token ends at 00:00 UTC of that day. Whether it was also revoked is not told.
        remedy: Make a new one at http://127.0.0.1:PORT/-/user_settings/personal_access_tokens (project and group tokens: Settings > Access tokens there); an expired token cannot be rotated.
        see:    https://docs.gitlab.com/security/tokens/token_troubleshooting/
      GET http://127.0.0.1:PORT/api/v4/personal_access_tokens/self -> 401 in N ms (Token is expired. You can either do re-authorization or token refresh.; correlation id 01KEYRACKDEMO0000000000000)
    --- stderr
    1 expired
    --- exit 1
    "#);
}

#[tokio::test]
async fn check_json_has_every_field_of_the_contract() {
    let (home, _site) = with_gitlab(&["release-train"]).await;
    assert_snapshot!(home.run("check --json").await, @r#"
    {
      "results": [
        {
          "checked_at": "2026-11-23T04:00:00Z",
          "evidence": [
            {
              "detail": "active: true, revoked: false, scopes: api self_rotate",
              "ms": 0,
              "request": "GET http://127.0.0.1:PORT/api/v4/personal_access_tokens/self",
              "status": 200
            },
            {
              "detail": "username: mara.lindqvist",
              "ms": 0,
              "request": "GET http://127.0.0.1:PORT/api/v4/user",
              "status": 200
            }
          ],
          "expires_at": "2027-03-01T00:00:00Z",
          "family": "gitlab",
          "findings": [],
          "grants": [
            "api",
            "self_rotate",
            "read_api",
            "read_user",
            "read_repository",
            "write_repository",
            "read_registry",
            "write_registry"
          ],
          "host": "gitlab",
          "identity": {
            "id": "100",
            "kind": "user",
            "login": "mara.lindqvist",
            "name": "Mara Lindqvist"
          },
          "kind": "pat",
          "label": "release-train",
          "missing": {},
          "reason": "accepted by GET /personal_access_tokens/self",
          "untold": {},
          "verdict": "valid"
        }
      ],
      "schema": 1,
      "summary": {
        "valid": 1
      }
    }
    --- exit 0
    "#);
}

/// Names and types of the example in the contract, to which every result of every family is held.
fn holds(result: &Value) {
    let text = |v: &Value| v.is_string();
    let text_or_null = |v: &Value| v.is_string() || v.is_null();
    for name in ["label", "host", "family", "kind", "verdict", "reason", "checked_at"] {
        assert!(text(&result[name]) && result[name] != "", "{name} of {result:#}");
    }
    assert!(result["verdict"].as_str().unwrap().parse::<Verdict>().is_ok());
    assert_eq!(result["checked_at"], "2026-11-23T04:00:00Z");
    assert!(text_or_null(&result["expires_at"]), "{result:#}");
    let identity = &result["identity"];
    assert!(identity.is_null() || ["id", "login", "name", "kind"].iter().all(|n| text(&identity[n])), "{result:#}");
    assert!(result["grants"].as_array().unwrap().iter().all(text), "{result:#}");
    assert!(result["missing"].is_object(), "{result:#}");
    for finding in result["findings"].as_array().unwrap() {
        assert!(["code", "title", "remedy"].iter().all(|n| text(&finding[n])), "{result:#}");
        assert!(finding["severity"].as_str().unwrap().parse::<Severity>().is_ok(), "{result:#}");
    }
    for evidence in result["evidence"].as_array().unwrap() {
        assert!(text(&evidence["request"]) && evidence["ms"].is_u64() && text(&evidence["detail"]), "{result:#}");
        assert!(evidence["status"].is_u64() || evidence["status"].is_null(), "{result:#}");
    }
}

#[tokio::test]
async fn the_demo_shows_every_verdict_and_holds_the_contract() {
    let home = Home::bare();
    let ran = home.run("demo check --json").await.exits(1);
    let report = ran.json();
    assert_eq!(report["schema"], 1);
    let results = report["results"].as_array().unwrap();
    results.iter().for_each(holds);
    let seen: BTreeSet<&str> = results.iter().filter_map(|r| r["verdict"].as_str()).collect();
    let all: BTreeSet<&str> = Verdict::ALL.iter().filter(|v| **v != Verdict::Unchecked).map(|v| v.slug()).collect();
    assert_eq!(seen, all);
    let counted: u64 = report["summary"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(counted, results.len() as u64);
    assert!(ran.err.is_empty(), "{ran}");
    assert!(!home.data().exists(), "the demo touched the user's own directory");
}

#[tokio::test]
async fn options_of_the_demo_and_of_its_verb_may_stand_anywhere() {
    let home = Home::bare();
    for line in
        ["demo check release-train --json", "--json demo check release-train", "demo --json check release-train"]
    {
        let json = home.run(line).await.exits(0).json();
        assert_eq!(json["results"][0]["label"], "release-train", "{line}");
    }
    let many = home.run("demo --credentials 100 list --json").await.exits(0).json();
    assert_eq!(many["credentials"].as_array().unwrap().len(), 100);
    home.run("demo check --frobnicate").await.exits(2);
    assert_eq!(home.run("demo check --help").await.exits(0).err, "");
}

#[tokio::test]
async fn json_lines_are_the_same_objects_one_a_line() {
    let home = Home::bare();
    let ran = home.run("demo check --json-lines").await.exits(1);
    let lines: Vec<Value> = ran.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    lines.iter().for_each(holds);
    let whole = home.run("demo check --json").await.json();
    let labels = |values: &[Value]| values.iter().map(|v| v["label"].to_string()).collect::<BTreeSet<_>>();
    assert_eq!(labels(&lines), labels(whole["results"].as_array().unwrap()));
    assert!(ran.err.is_empty(), "{ran}");
}

#[tokio::test]
async fn metrics_count_every_verdict() {
    let (home, _site) = with_gitlab(&["release-train", "old-laptop"]).await;
    assert_snapshot!(home.run("check --metrics").await, @r#"
    # HELP keyrack_credentials Credentials by verdict of the last check.
    # TYPE keyrack_credentials gauge
    keyrack_credentials{verdict="valid"} 1
    keyrack_credentials{verdict="expiring"} 0
    keyrack_credentials{verdict="unchecked"} 0
    keyrack_credentials{verdict="unreachable"} 0
    keyrack_credentials{verdict="limited"} 0
    keyrack_credentials{verdict="blocked"} 0
    keyrack_credentials{verdict="rejected"} 0
    keyrack_credentials{verdict="expired"} 1
    keyrack_credentials{verdict="revoked"} 0
    --- exit 1
    "#);
}

#[tokio::test]
async fn json_goes_to_stdout_alone_for_every_verb_that_shows() {
    let (home, _site) = with_gitlab(&["release-train"]).await;
    for line in [
        "list",
        "show release-train",
        "host list",
        "host show gitlab",
        "host test gitlab",
        "log",
        "doctor",
        "check",
        "edit release-train --note x",
        "host edit gitlab --name lab",
        "host rm nobody",
        "revoke release-train --dry-run",
        "revoke release-train --yes",
        "forget release-train --yes",
        "host rm lab",
    ] {
        let ran = home.run(&format!("{line} --json")).await;
        if line == "host rm nobody" {
            assert_eq!((ran.code, ran.out.as_str()), (2, ""));
            continue;
        }
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{line}: {ran}");
        assert_eq!(ran.json()["schema"], 1, "{line}");
    }
}

#[tokio::test]
async fn colours_come_only_when_asked_for() {
    let (mut home, _site) = with_gitlab(&["release-train"]).await;
    home.run("check").await.lacks("\u{1b}");
    home.run("check --color always").await.says("\u{1b}[32m");
    home.run("show nobody --color always").await.says("\u{1b}[1;31m");
    home.run("--color=always frobnicate").await.says("\u{1b}[");
    home.set("NO_COLOR", "1");
    home.run("check").await.lacks("\u{1b}");
    // A flag is said now, the variable once and for all: the flag wins.
    home.run("check --color always").await.says("\u{1b}[32m");
}
