//! `diagnose`: stages in order, the first that fails decides, the report holds no secret and, asked for, no name.

use keyrack::simulator::codecommit::CodeCommit;
use keyrack::simulator::gitlab::GitLabSite;
use keyrack::simulator::jira_datacenter::JiraDatacenter;
use serde_json::Value;

use crate::support::{Home, STRANGER, http, json, seed, serve, start};

fn stage<'a>(diagnosis: &'a Value, name: &str) -> &'a Value {
    diagnosis["stages"].as_array().unwrap().iter().find(|s| s["stage"] == name).unwrap()
}

async fn gitlab() -> (Home, keyrack::simulator::server::Running) {
    let (home, site) = (Home::new(), start(GitLabSite::com()).await);
    home.host("lab", &site).await;
    (home, site)
}

#[tokio::test]
async fn a_healthy_credential_passes_every_stage_that_applies() {
    let (home, site) = gitlab().await;
    home.add(&site, "release-train", "lab").await;
    let ran = home.run("diagnose release-train --profile git-write --json").await.exits(0);
    let found = &ran.json()["diagnoses"][0];
    assert_eq!((&found["healthy"], &found["decides"]), (&true.into(), &Value::Null), "{ran}");
    for name in ["store", "record", "host", "authentication", "permission"] {
        assert_eq!(stage(found, name)["state"], "passed", "{ran}");
    }
    ran.lacks(&seed(&site, "release-train").secret);
}

#[tokio::test]
async fn the_host_s_own_cause_is_the_first_finding_and_nothing_after_it_is_reached() {
    let (home, site) = gitlab().await;
    home.add(&site, "old-laptop", "lab").await;
    let ran = home.run("diagnose old-laptop").await.exits(1);
    ran.says("Authentication decides").says("[gitlab.expired]").says("not reached");
    let found = home.run("diagnose old-laptop --json").await.json()["diagnoses"][0].clone();
    assert_eq!((&found["decides"], &found["finding"]["code"]), (&"authentication".into(), &"gitlab.expired".into()));
    assert_eq!(stage(&found, "permission")["state"], "not-reached");
    assert_ne!(stage(&found, "tls")["state"], "failed");
}

#[tokio::test]
async fn what_a_host_lets_in_and_limits_is_a_matter_of_permission() {
    let (home, site) = (Home::new(), start(CodeCommit::default()).await);
    home.host("aws", &site).await;
    home.add(&site, "aws-bob", "aws").await;
    let ran = home.run("diagnose aws-bob --json").await.exits(1);
    let found = &ran.json()["diagnoses"][0];
    assert_eq!(found["decides"], "permission", "{ran}");
    assert_eq!(found["finding"]["code"], "codecommit.no-codecommit-rights");
    assert_eq!(stage(found, "authentication")["state"], "passed", "{ran}");
    let proof = stage(found, "permission")["evidence"].as_array().unwrap();
    assert!(!proof.is_empty() && proof.iter().all(|e| e["status"].as_u64().unwrap() >= 400), "{ran}");
}

#[tokio::test]
async fn a_warning_is_worth_knowing_and_decides_nothing() {
    let (home, site) = (Home::new(), start(keyrack::simulator::github::GitHubSite::dot_com()).await);
    home.host("github", &site).await;
    home.add(&site, "docs-bot", "github").await;
    let ran = home.run("diagnose docs-bot").await.exits(0);
    ran.says("nothing stands in the way; worth knowing: Authentication").lacks("decides");
    home.run("diagnose docs-bot --report -")
        .await
        .exits(0)
        .says("Nothing stands in the way; worth knowing")
        .lacks("First finding");
}

#[tokio::test]
async fn the_commands_of_its_advice_can_be_pasted_as_they_stand() {
    let server = serve(|_| json(503, "{}")).await;
    let home = Home::new();
    home.run(&format!("host add lab {} --family gitlab", server.url)).await;
    home.pipe(STRANGER, "add --label ci-release --host lab --no-check").await.exits(0);
    let url = server.url.clone();
    drop(server);
    for verb in
        ["diagnose ci-release", "diagnose ci-release --report -", "check ci-release --verbose", "show ci-release"]
    {
        home.run(verb).await.says("keyrack host test lab").lacks("host test NAME").lacks("host show NAME");
    }
    // A token that is not on the rack: its host need not be there either.
    home.pipe(STRANGER, &format!("diagnose --host {url} --family gitlab")).await.says("keyrack host test NAME");
    let json = home.run("check --json").await.json();
    assert!(json["results"][0]["findings"][0]["remedy"].as_str().unwrap().contains("keyrack host test lab"), "{json}");
}

#[tokio::test]
async fn a_token_that_is_not_on_the_rack_is_diagnosed_and_not_kept() {
    let (home, site) = gitlab().await;
    let secret = seed(&site, "release-train").secret;
    let ran = home.pipe(&secret, "diagnose --host lab --json").await.exits(0);
    assert_eq!(ran.json()["diagnoses"][0]["label"], Value::Null);
    ran.lacks(&secret);
    home.pipe(STRANGER, "diagnose --host lab").await.exits(1).says("[gitlab.token-unknown]");
    assert!(!home.files().contains(&secret) && home.secrets() == 0);
}

#[tokio::test]
async fn what_the_form_already_tells_is_told_and_nothing_is_sent() {
    let server = serve(|_| json(200, "{}")).await;
    let home = Home::new();
    home.run(&format!("host add jira {} --family jira-datacenter", server.url)).await;
    let before = server.seen.lock().unwrap().len();
    let ran = home.pipe("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", "diagnose --host jira").await;
    ran.says("[record.other-product]").lacks("NotARealTok");
    let sent = server.seen.lock().unwrap()[before..].to_vec();
    assert!(sent.iter().all(|s| s.header("authorization").is_none()), "{sent:?}");
}

#[tokio::test]
async fn a_locked_store_is_named_as_that_and_not_as_a_bad_token() {
    let (mut home, site) = gitlab().await;
    home.add(&site, "release-train", "lab").await;
    std::fs::write(home.dir.path().join("wrong"), "not the passphrase\n").unwrap();
    let wrong = home.dir.path().join("wrong").display().to_string();
    home.set("KEYRACK_PASSPHRASE_FILE", &wrong);
    let ran = home.run("diagnose release-train").await.exits(3);
    ran.says("Secret store decides").says("[store.locked]");
    // What does not need the secret was looked at all the same.
    let found = home.run("diagnose release-train --json").await.json()["diagnoses"][0].clone();
    assert_eq!(stage(&found, "host")["state"], "passed");
    assert_eq!(stage(&found, "authentication")["state"], "not-reached");
}

#[tokio::test]
async fn a_host_that_is_another_product_is_named_and_gets_no_secret() {
    let (home, site) = (Home::new(), start(JiraDatacenter::default()).await);
    let url = site.site.url(&site.listen);
    home.run(&format!("host add lab {url} --family gitlab")).await;
    let ran = home.pipe(STRANGER, "diagnose --host lab").await.exits(4);
    ran.says("[host.other-product]").says("Jira");
}

#[tokio::test]
async fn the_right_context_path_is_found_and_proposed() {
    let site = start(JiraDatacenter::default()).await;
    let right = site.site.url(&site.listen);
    let wrong = if right.ends_with("/jira") { site.listen.clone() } else { format!("{right}/jira") };
    let home = Home::new();
    home.run(&format!("host add jira {wrong} --family jira-datacenter")).await;
    let ran =
        home.pipe("KEYRACKFAKEkeyrackfakeKEYRACKFAKEkeyrackfake", "diagnose --host jira --kind pat").await.exits(4);
    ran.says("[host.other-path]").says(&format!("keyrack host edit jira --url {right}"));
}

#[tokio::test]
async fn a_clock_that_is_off_is_told() {
    let home = Home::new();
    let server =
        serve(|_| http(401, &[("Date", "Mon, 23 Nov 2026 04:10:00 GMT"), ("Content-Type", "application/json")], b"{}"))
            .await;
    home.run(&format!("host add any {} --family generic", server.url)).await;
    let ran = home.pipe("KEYRACK-FAKE-0000000000000001", "diagnose --host any -v").await;
    ran.says("[net.clock-skew]").says("s behind the host's");
}

#[tokio::test]
async fn the_report_is_for_a_ticket() {
    let (home, site) = gitlab().await;
    home.add(&site, "old-laptop", "lab").await;
    let ran = home.run("diagnose old-laptop --report - --mask").await.exits(1);
    ran.lacks("old-laptop").lacks("`lab`").lacks(&seed(&site, "old-laptop").secret);
    ran.says("# keyrack").says("gitlab.expired").says("LABEL-1").says("HOST-1").says("| Authentication | ✖ failed");
    let path = home.dir.path().join("ticket.md");
    home.run(&format!("diagnose old-laptop --report {}", path.display())).await.exits(1).says("the report is in");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("## old-laptop at lab") && !text.contains(&seed(&site, "old-laptop").secret), "{text}");
}

#[tokio::test]
async fn what_makes_no_sense_is_a_usage_error() {
    let (home, site) = gitlab().await;
    home.add(&site, "release-train", "lab").await;
    home.run("diagnose").await.exits(2).says("diagnose LABEL").says("--host").says("--transcript");
    home.run("diagnose nobody").await.exits(2).says("nobody");
    home.run("diagnose release-train --host elsewhere").await.exits(2).says("is not used at elsewhere");
    home.pipe("", "diagnose --host lab").await.exits(2);
    home.pipe(STRANGER, "diagnose --host https://gitlab.invalid --family nonsense").await.exits(2).says("nonsense");
}

#[tokio::test]
async fn a_record_that_names_no_address_is_named_and_nothing_is_sent() {
    let (home, site) = (Home::new(), start(CodeCommit::default()).await);
    home.host("aws", &site).await;
    home.add(&site, "aws-alice", "aws").await;
    let mut host = home.rack().host_by_name("aws").unwrap().unwrap();
    (host.region, host.url) = (None, "https://console.aws.amazon.com".to_owned());
    home.rack().update_host(&host).unwrap();
    home.run("diagnose aws-alice").await.exits(4).says("Host decides").says("[host.record]");
}
