//! Bearer tokens for OAuth clients, and deployment data in Jira.

use std::sync::Arc;
use std::time::Duration;

use keyrack::simulator::open_devops::{CLOUD_ID, OpenDevOps};
use keyrack::simulator::server::{self, Running};

use crate::support::{Home, Ran, clock, start};

const LABEL: &str = "jira-deployments";

/// A home with the client on its rack, the site that runs, and a handle on its state.
async fn scene() -> (Home, Running, Arc<OpenDevOps>) {
    let site = Arc::new(OpenDevOps::new());
    let running = server::start(Arc::clone(&site) as Arc<_>, Duration::ZERO, clock()).await.unwrap();
    let home = Home::new();
    home.host("acme", &running).await;
    home.add(&running, LABEL, "acme").await;
    (home, running, site)
}

fn logged(ran: &Ran) -> bool {
    ran.out.contains("eyJ") || ran.err.contains("eyJ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_printed_alone_and_its_end_beside_it() {
    let (home, _running, _site) = scene().await;
    let ran = home.run(&format!("token {LABEL}")).await.exits(0);
    assert!(ran.out.starts_with("eyJ") && ran.out.trim_end().lines().count() == 1, "{ran}");
    assert!(ran.err.contains("in 60 minutes") && !ran.err.contains("eyJ"), "{ran}");
    assert!(ran.err.contains("`expires_in` said") && ran.err.contains("15 min. no longer holds"), "{ran}");

    let json = home.run(&format!("token {LABEL} --site acme --json")).await.exits(0).json();
    assert_eq!(json["cloud_id"], CLOUD_ID);
    assert_eq!(json["expires_at"], "2026-11-23T05:00:00Z");
    assert_eq!(json["scopes"], serde_json::json!(["manage:jira-data-provider"]));
    assert_eq!(json["claims_verified"], false);
    assert_eq!(json["stale"][0]["code"], "stale.fifteen-minutes");
    assert!(json["claims"]["audience"].as_str().unwrap().contains("atlassian"));
    // Whole tokens are looked for: the store is cipher text, in which any three letters turn up sooner or later.
    for token in [ran.out.trim_end(), json["token"].as_str().unwrap()] {
        assert!(token.starts_with("eyJ") && token.len() > 100, "{token}");
        assert!(!home.files().contains(token), "a token is written nowhere");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_gives_no_tokens_says_so() {
    let (home, running, _site) = scene().await;
    let gitlab = start(keyrack::simulator::gitlab::GitLabSite::com()).await;
    home.host("gitlab", &gitlab).await;
    let label = gitlab.site.roster(crate::support::now())[0].label.clone();
    home.add(&gitlab, &label, "gitlab").await;
    home.run(&format!("token {label}")).await.exits(2).says("gives no short-lived tokens");
    home.run(&format!("deployment show {label} --sequence 1")).await.exits(2);
    home.add(&running, "jira-wrong-secret", "acme").await;
    let ran = home.run("token jira-wrong-secret").await.exits(5);
    assert!(ran.out.is_empty(), "{ran}");
    ran.says("refuses the client id or the client secret");
    home.run(&format!("token {LABEL} --site https://other.atlassian.net")).await.exits(2).says("is not used at");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_is_submitted_updated_shown_and_deleted() {
    let (home, running, _site) = scene().await;
    let site = &running.listen;
    let args = format!("{LABEL} --site {site} --issue ACME-1 --pipeline api-update");
    let first = home
        .run(&format!(
            "deployment submit {args} --name v2.0 --url https://ci.acme.dev/1 --description 'Updating APIs' --environment eu:staging --label r1 --json"
        ))
        .await
        .exits(0)
        .json();
    assert_eq!(first["cloud_id"], CLOUD_ID);
    assert_eq!(first["accepted"][0]["sequence"], 1);
    assert_eq!(first["deployment"]["state"], "successful");
    assert_eq!(first["deployment"]["environment"]["kind"], "staging");
    assert!(first["see"].as_str().unwrap().contains("/browse/ACME-1, Releases"));

    let updated =
        home.run(&format!("deployment update {args} --environment eu --state failed --json")).await.exits(0).json();
    assert_eq!(updated["deployment"]["update_sequence"], 2);
    assert_eq!(updated["deployment"]["sequence"], 1);
    assert_eq!(updated["deployment"]["name"], "v2.0", "what is not named stays");
    assert_eq!(updated["deployment"]["environment"]["kind"], "staging");

    let shown = home.run(&format!("deployment show {args} --environment eu")).await.exits(0);
    insta::assert_snapshot!(shown, @r#"
    deployment 1 of pipeline api-update to eu: failed
      name      v2.0
      what      Updating APIs
      page      https://ci.acme.dev/1
      label     r1
      updated   2026-11-23T04:00:00.000Z
      update    2
      pipeline  api-update
      its page  https://ci.acme.dev/1
      where     eu
      type      staging
      issues    ACME-1
    --- stderr
    In Jira: http://127.0.0.1:PORT/browse/ACME-1, Releases in the right panel, tab Deployments.
    --- exit 0
    "#);

    let second = home.run(&format!("deployment submit {args} --environment eu:staging --json")).await.exits(0).json();
    assert_eq!(second["accepted"][0]["sequence"], 2, "the next number of this pipeline and environment");
    let other = home.run(&format!("deployment submit {args} --environment us:staging --json")).await.exits(0).json();
    assert_eq!(other["accepted"][0]["sequence"], 1, "another environment counts for itself");

    home.run(&format!("deployment delete {args} --environment eu --sequence 1")).await.exits(2).says("--yes");
    home.run(&format!("deployment delete {args} --environment eu --sequence 1 --yes")).await.exits(0).says("deleted");
    home.run(&format!("deployment show {args} --environment eu --sequence 1"))
        .await
        .exits(5)
        .says("shows no deployment");
    home.run(&format!("deployment show {args} --environment eu --sequence 2")).await.exits(0);
    let log = home.run("log --json").await.exits(0);
    for verb in ["deployment-submit", "deployment-update", "deployment-delete"] {
        assert!(log.out.contains(verb), "{verb} is not in the log");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_answer_is_told_in_words() {
    let (home, _running, _site) = scene().await;
    let submit = |rest: &str| format!("deployment submit {LABEL} {rest}");
    insta::assert_snapshot!(home.run(&submit("--issue ACME-1 --issue NOPE-1 --service other")).await, @r#"
    accepted: deployment 1 of pipeline keyrack to production, successful, update 1
    unknown issue keys: NOPE-1
    unknown services (serviceIdOrKeys): other
    --- stderr
    Jira processes it in the background, without what it does not know; an update can name that anew.
    In Jira: http://127.0.0.1:PORT/browse/ACME-1, Releases in the right panel, tab Deployments.
    --- exit 0
    "#);
    insta::assert_snapshot!(home.run(&submit("--issue NOPE-1")).await, @r#"
    rejected: deployment 2 of pipeline keyrack to production: None of the associations is known.
    unknown issue keys: NOPE-1
    --- stderr
    Jira kept nothing. Check what it names, and the fields, then submit again.
    --- exit 5
    "#);
    home.run(&submit("")).await.exits(2).says("which issue");
    home.run(&submit("--issue ACME-1 --url nowhere")).await.exits(2).says("no web address");
    home.run(&submit("--issue ACME-1 --state done")).await.exits(2).says("rolled_back");
    home.run(&submit("--issue ACME-1 --environment eu:prod")).await.exits(2).says("unmapped, development");
    home.run(&submit("--issue ACME-1 --sequence 0")).await.exits(2);
    let long = "x".repeat(256);
    home.run(&submit(&format!("--issue ACME-1 --name {long}"))).await.exits(2).says("256 characters");
    home.run(&format!("deployment update {LABEL} --issue ACME-1 --pipeline new")).await.exits(2).says("knows of no");
    home.run(&format!("deployment update {LABEL} --issue ACME-1 --sequence 99")).await.exits(5).says("try again");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_of_the_payload_can_be_said_and_is_shown_again() {
    let (home, _running, _site) = scene().await;
    let hash = "51e16759cdac67b0d2a94e0674c9603b75a840f6";
    let said = format!(
        "deployment submit {LABEL} --issue ACME-1 --issue ACME-2 --service acme-shop --commit acme/api@{hash} \
         --pipeline api-update --pipeline-name 'API updates' --pipeline-url https://ci.acme.dev/p \
         --environment eu-1:production --environment-name 'Production EU' --sequence 9 --update-sequence 4 \
         --last-updated 2021-04-02T23:27:25Z --state rolled_back --name v2.0 --url https://ci.acme.dev/9 \
         --description 'Updating APIs to v2.0' --label 2026.11 --json"
    );
    let sent = home.run(&said).await.exits(0).json();
    assert_eq!(
        sent["deployment"],
        serde_json::json!({
            "sequence": 9, "update_sequence": 4,
            "associations": [
                {"kind": "issueIdOrKeys", "values": ["ACME-1", "ACME-2"]},
                {"kind": "serviceIdOrKeys", "values": ["acme-shop"]},
                {"kind": "commit", "values": [format!("acme/api@{hash}")]},
            ],
            "name": "v2.0", "url": "https://ci.acme.dev/9", "description": "Updating APIs to v2.0",
            "last_updated": "2021-04-02T23:27:25Z", "state": "rolled_back",
            "pipeline": {"id": "api-update", "name": "API updates", "url": "https://ci.acme.dev/p"},
            "environment": {"id": "eu-1", "name": "Production EU", "kind": "production"},
            "label": "2026.11",
        })
    );
    let key = format!("{LABEL} --pipeline api-update --environment eu-1");
    let shown = home.run(&format!("deployment show {key} --json")).await.exits(0).json();
    assert_eq!(shown["deployment"]["associations"], sent["deployment"]["associations"]);
    assert_eq!(shown["deployment"]["environment"]["name"], "Production EU");

    let update = |rest: &str| format!("deployment update {key} {rest}");
    home.run(&update("--update-sequence 4")).await.exits(2).says("ignores update 4 in silence");
    let updated = home.run(&update("--state successful --issue ACME-3 --json")).await.exits(0).json();
    assert_eq!(updated["deployment"]["update_sequence"], 5);
    assert_eq!(updated["deployment"]["associations"][0]["values"], serde_json::json!(["ACME-3"]));
    assert_eq!(updated["deployment"]["associations"][1]["values"], serde_json::json!(["acme-shop"]), "it stays");
    assert_eq!(updated["deployment"]["pipeline"]["name"], "API updates");
}

#[tokio::test(flavor = "multi_thread")]
async fn issues_services_commits_and_repositories_are_each_enough_and_each_can_be_unknown() {
    let (home, _running, _site) = scene().await;
    let hash = "51e16759cdac67b0d2a94e0674c9603b75a840f6";
    let submit = |rest: &str| format!("deployment submit {LABEL} {rest}");
    for (older, known, unknown, words) in [
        ("", "--issue 10001", "--issue 7", "unknown issue keys: 7"),
        ("--older-issue-keys", "--issue ACME-1", "--issue 10001", "unknown issue keys: 10001"),
        ("", "--service acme-shop", "--service other", "unknown services (serviceIdOrKeys): other"),
        ("", "--repository acme/api", "--repository moon", "unknown repositories (repository): moon"),
        ("", "--commit acme/api@51e16759", "--commit moon@51e16759", "unknown commits (commit): moon@51e16759"),
    ] {
        let submit = |what: &str| format!("deployment submit {LABEL} {older} {what}");
        home.run(&submit(known)).await.exits(0).says("accepted").lacks("unknown");
        home.run(&submit(unknown)).await.exits(5).says("rejected").says(words).says("Jira kept nothing");
        let both = home.run(&submit(&format!("{known} {unknown}"))).await.exits(0);
        both.says("accepted").says(words).says("an update can name that anew");
    }
    home.run(&submit("--commit main")).await.exits(2).says("REPOSITORY@HASH");
    let all = format!("--issue ACME-1 --service acme-s --repository acme/r --commit acme/r@{hash}");
    home.run(&submit(&all)).await.exits(2).says("one to three");
    home.run(&submit("--issue ACME-1 --last-updated yesterday")).await.exits(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_accepted_is_processed_afterwards() {
    let (home, _running, site) = scene().await;
    site.set_slow(true);
    home.run(&format!("deployment submit {LABEL} --issue ACME-1")).await.exits(0).says("a moment");
    home.run(&format!("deployment show {LABEL} --issue ACME-1")).await.exits(5).says("takes a moment");
    site.set_slow(false);
    home.run(&format!("deployment show {LABEL} --issue ACME-1")).await.exits(0).says("successful");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_the_permission_is_told_which() {
    let (home, running, _site) = scene().await;
    home.add(&running, "jira-builds", "acme").await;
    let ran = home.run("deployment submit jira-builds --issue ACME-1").await.exits(5);
    ran.says("lacks the permission Deployments").says("tick Deployments");
    assert!(!logged(&ran));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_plays_tokens_and_deployments() {
    let home = Home::bare();
    home.run(&format!("demo token {LABEL}")).await.exits(0).says("eyJ");
    let ran = home.run(&format!("demo deployment submit {LABEL} --issue ACME-1 --state in_progress")).await.exits(0);
    ran.says("accepted: deployment 1 of pipeline keyrack to production, in_progress");
}
