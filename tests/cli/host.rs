//! `host`: records of installations and where their requests go.

use insta::assert_snapshot;
use keyrack::simulator::bitbucket_datacenter::BitbucketDatacenter;
use keyrack::simulator::codecommit::CodeCommit;
use keyrack::simulator::gitlab::GitLabSite;

use crate::support::{Home, STRANGER, serve, start};

#[tokio::test]
async fn a_host_is_added_listed_shown_tested_and_removed() {
    let (home, site) = (Home::new(), start(BitbucketDatacenter::new()).await);
    let url = format!("{}/bitbucket/projects/ACME", site.listen);
    assert_snapshot!(home.run(&format!("host add bucket {url}")).await, @r#"
    added the host `bucket`: Bitbucket 9.4.3 at http://127.0.0.1:PORT/bitbucket
    --- stderr
    note: The page was cut off; the context path is /bitbucket.
    note: the host says that it is Bitbucket
    --- exit 0
    "#);
    assert_snapshot!(home.run("host show bucket").await, @r#"
    bucket
      family             bitbucket-datacenter
      url                http://127.0.0.1:PORT/bitbucket
      product            Bitbucket 9.4.3
      endpoint web       http://127.0.0.1:PORT/bitbucket
    --- exit 0
    "#);
    assert_snapshot!(home.run("host test bucket").await, @r#"
      endpoint web       http://127.0.0.1:PORT/bitbucket
    bucket answers: Bitbucket 9.4.3
    --- exit 0
    "#);
    let listed = home.run("host list --json").await.json();
    assert_eq!(listed["hosts"][0]["product"], "Bitbucket");
    home.run("host rm bucket").await.exits(0).says("removed the host `bucket`");
    home.run("host show bucket").await.exits(2);
}

#[tokio::test]
async fn named_endpoints_replace_the_defaults_and_unknown_ones_are_refused() {
    let home = Home::new();
    let line = "host add lab https://gitlab.com --endpoint api=https://mirror.example.invalid/api/v4/";
    home.run(line).await.exits(0);
    let host = home.run("host show lab --json").await.json()["host"].clone();
    assert_eq!(host["endpoints"]["api"], "https://mirror.example.invalid/api/v4");
    assert_eq!(host["endpoints"]["web"], "https://gitlab.com");
    assert_eq!(host["overridden"], serde_json::json!(["api"]));
    assert_snapshot!(home.run("host add x https://gitlab.com --endpoint apo=https://a.example").await, @r#"
    --- stderr
    usage error: the family gitlab has no endpoint `apo`
      Its endpoints: web, api.
    --- exit 2
    "#);
    home.run("host add x https://gitlab.com --endpoint api").await.exits(2).says("NAME=URL");
    home.run("host add x https://gitlab.com --endpoint api=ftp://a.example").await.exits(2).says("api");
    let ran =
        home.run("host add x https://gitlab.com --endpoint api=https://ana:hunter2hunter2@a.example").await.exits(2);
    ran.lacks("hunter2");
    home.run("host edit lab --endpoint api=").await.exits(0);
    assert_eq!(home.run("host show lab --json").await.json()["host"]["overridden"], serde_json::json!([]));
}

#[tokio::test]
async fn aws_takes_its_region_from_the_url_or_the_option() {
    let (home, site) = (Home::new(), start(CodeCommit::default()).await);
    home.host("aws", &site).await;
    let host = home.run("host show aws --json").await.json()["host"].clone();
    assert_eq!(host["region"], "us-east-1");
    home.run("host add eu https://git-codecommit.eu-central-1.amazonaws.com --endpoint sts=http://127.0.0.1:1 --endpoint codecommit=http://127.0.0.1:1 --endpoint iam=http://127.0.0.1:1 --endpoint git=http://127.0.0.1:1").await.exits(0);
    assert_eq!(home.run("host show eu --json").await.json()["host"]["region"], "eu-central-1");
}

#[tokio::test]
async fn moving_a_host_that_is_in_use_is_confirmed_in_words() {
    let home = Home::new();
    home.run("host add lab https://gitlab.example.invalid --family gitlab").await.exits(0);
    home.run("host edit lab --endpoint api=https://a.example.invalid/api").await.exits(0);
    home.pipe(STRANGER, "add --label bot --host lab --no-check").await.exits(0);
    assert_snapshot!(home.run("host edit lab --endpoint api=https://evil.example.invalid/api").await, @r#"
    --- stderr
    usage error: this changes where, or how protected, the secrets of bot are sent
      If that is meant, say so: `--yes`, or the confirmation in the TUI.
    --- exit 2
    "#);
    for change in ["--url https://evil.example.invalid", "--proxy http://evil.example.invalid:1", "--allow-http"] {
        home.run(&format!("host edit lab {change}")).await.exits(2).says("bot");
    }
    assert_eq!(
        home.run("host show lab --json").await.json()["host"]["endpoints"]["api"],
        "https://a.example.invalid/api"
    );
    home.run("host edit lab --name lab2").await.exits(0);
    home.run("host edit lab2 --endpoint api=https://b.example.invalid/api --yes").await.exits(0);
    home.run("host rm lab2").await.exits(2).says("bot");
    home.run("forget bot --yes").await.exits(0);
    home.run("host edit lab2 --url https://c.example.invalid").await.exits(0);
    home.run("host rm lab2").await.exits(0);
}

#[tokio::test]
async fn plain_http_to_another_machine_is_refused_unless_allowed() {
    let home = Home::new();
    assert_snapshot!(home.run("host add lab http://gitlab.example.invalid --family gitlab").await, @r#"
    --- stderr
    usage error: http://gitlab.example.invalid/api/v4 is plain http: whoever is on the way could read the secrets sent there
      Use https://. Where the host has no TLS and the network is yours, say so with --allow-http.
    --- exit 2
    "#);
    home.run("host add lab http://gitlab.example.invalid").await.exits(2).says("plain http");
    let line =
        "host add lab https://gitlab.example.invalid --family gitlab --endpoint api=http://a.example.invalid/api";
    home.run(line).await.exits(2).says("http://a.example.invalid/api").says("--allow-http");
    home.pipe(STRANGER, "add --label x --host http://gitlab.example.invalid").await.exits(2).says("plain http");
    assert_eq!(home.run("host list --json").await.json()["hosts"], serde_json::json!([]));
    home.run("host add lab http://gitlab.example.invalid --family gitlab --allow-http").await.exits(0);
    home.run("host show lab").await.says("plain http").says("allowed");
    home.run("host edit lab --no-allow-http").await.exits(2);
}

#[tokio::test]
async fn names_and_urls_that_cannot_be_are_refused_with_advice() {
    let home = Home::new();
    home.run("host add gl https://gitlab.example.invalid --family gitlab").await.exits(0);
    assert_snapshot!(home.run("host add GL https://gitlab.com").await, @r#"
    --- stderr
    usage error: there is a host `GL` on the rack already
      Give another name, or change that one: keyrack host edit GL
    --- exit 2
    "#);
    // The families that it lists are many, and more come.
    let unknown = home.run("host add x https://gitlab.example.invalid --family gitlub").await;
    unknown.exits(2).says("there is no host family `gitlub`").says("Families: github, gitlab, ");
    assert_snapshot!(home.run("host add x 'not a url'").await, @r#"
    --- stderr
    usage error: that is no address of a host
      Type it as the browser shows it, such as https://gitlab.example.com; for AWS CodeCommit a region such as us-east-1.
    --- exit 2
    "#);
    assert_snapshot!(home.run("host show gll").await, @r#"
    --- stderr
    usage error: there is no host `gll` on the rack
      Hosts: gl.
    --- exit 2
    "#);
    home.run("host edit gl").await.exits(2).says("nothing to change");
}

#[tokio::test]
async fn a_url_of_no_known_product_is_asked_and_then_refused() {
    let server = serve(|_| crate::support::http(200, &[("Content-Type", "text/html")], b"<html>My blog</html>")).await;
    let home = Home::new();
    home.run(&format!("host add blog {}", server.url))
        .await
        .exits(2)
        .says("--family")
        .says("no known product answered");
}

#[tokio::test]
async fn testing_with_a_credential_gives_its_verdict() {
    let (home, site) = (Home::new(), start(GitLabSite::com()).await);
    home.host("gitlab", &site).await;
    home.add(&site, "release-train", "gitlab").await;
    home.add(&site, "old-laptop", "gitlab").await;
    home.run("host test gitlab --using release-train").await.exits(0).says("valid");
    home.run("host test gitlab --using old-laptop").await.exits(1).says("expired");
    drop(site);
    home.run("host test gitlab").await.exits(4).says("nothing listens");
}

#[tokio::test]
async fn a_credential_is_tested_only_at_a_host_it_is_used_at() {
    let home = Home::new();
    let (lab, other) = (start(GitLabSite::com()).await, start(GitLabSite::com()).await);
    home.host("gitlab", &lab).await;
    home.host("other", &other).await;
    home.add(&lab, "release-train", "gitlab").await;
    let ran = home.run("host test other --using release-train").await.exits(2);
    ran.says("release-train").says("other").says("--yes");
    home.run("host test other --using release-train --yes").await.exits(0).says("valid");
}

#[tokio::test]
async fn a_proxy_with_a_password_is_refused_and_not_repeated() {
    let home = Home::new();
    let line =
        "host add lab https://gitlab.example.invalid --family gitlab --proxy http://ana:hunter2hunter2@127.0.0.1:1";
    home.run(line).await.exits(2).says("HTTPS_PROXY").lacks("hunter2");
    home.run("host list").await.lacks("lab");
}
