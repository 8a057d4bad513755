//! `revoke --leaked`: told apart offline, revoked where they belong, proved, reported without any secret.

use keyrack::simulator::bitbucket_datacenter::BitbucketDatacenter;
use keyrack::simulator::codecommit::CodeCommit;
use keyrack::simulator::github::GitHubSite;
use keyrack::simulator::gitlab::GitLabSite;
use keyrack::simulator::server::Running;

use crate::support::{Home, STRANGER, now, seed, start};

/// A home with a host of three families and one credential of each on the rack.
async fn rack() -> (Home, [Running; 3]) {
    let home = Home::new();
    let sites =
        [start(GitLabSite::com()).await, start(GitHubSite::dot_com()).await, start(CodeCommit::default()).await];
    for (name, site) in ["gitlab", "github", "aws"].into_iter().zip(&sites) {
        home.host(name, site).await;
    }
    home.add(&sites[0], "release-train", "gitlab").await;
    home.pipe(&sites[1].site.spare(1, now()).secret, "add --label gh --host github").await.exits(0);
    home.add(&sites[2], "aws-alice", "aws").await;
    (home, sites)
}

fn ends(ran: &crate::support::Ran) -> Vec<(u64, String)> {
    let results = ran.json()["results"].as_array().unwrap().clone();
    results.iter().map(|r| (r["n"].as_u64().unwrap(), r["end"].as_str().unwrap().to_owned())).collect()
}

#[tokio::test]
async fn the_dry_run_sends_nothing_and_names_no_secret() {
    let (home, sites) = rack().await;
    let secret = seed(&sites[0], "release-train").secret;
    let text = format!("found in a log: {secret}\nand Zk3v9Qm2Xw7Lp4Rt8Yb1");
    let ran = home.pipe(&text, "revoke --leaked --dry-run").await.exits(0);
    ran.says("`release-train` of the rack").says("it was sent nowhere").lacks(&secret).lacks("Zk3v9Qm2Xw7Lp4Rt8Yb1");
    home.run("check release-train").await.exits(0);
}

#[tokio::test]
async fn each_is_revoked_at_a_host_of_its_family_and_seen_dead() {
    let (home, sites) = rack().await;
    let gitlab = |label: &str| seed(&sites[0], label).secret;
    let github = |n| sites[1].site.spare(n, now()).secret;
    let alice = seed(&sites[2], "aws-alice");
    let secrets = [
        gitlab("release-train"),
        gitlab("docs-preview"),
        gitlab("pasted-in-chat"),
        STRANGER.to_owned(),
        github(1),
        github(2),
        alice.secret.clone(),
        "Zk3v9Qm2Xw7Lp4Rt8Yb1".to_owned(),
    ];
    let text = format!(
        "on the rack: {}\nnot on it: {}\ndead: {}\nof nobody: {}\n{}\n{}\naws_access_key_id={}\naws_secret_access_key={}\n{}\n{}\n",
        secrets[0],
        secrets[1],
        secrets[2],
        secrets[3],
        secrets[4],
        secrets[5],
        alice.username.clone().unwrap(),
        secrets[6],
        secrets[7],
        secrets[0]
    );
    home.pipe(&text, "revoke --leaked").await.exits(2).says("a confirmation is needed");
    let report = home.dir.path().join("report.md");
    let ran = home.args(&text, &["revoke", "--leaked", "--yes", "--json", "--report", report.to_str().unwrap()]).await;
    let expected =
        ["revoked", "revoked", "already-dead", "already-dead", "revoked", "revoked", "revoked", "unrecognised"];
    let expected: Vec<_> = (1..).zip(expected.map(str::to_owned)).collect();
    assert_eq!(ends(&ran), expected, "{ran}");
    assert_eq!(ran.code, 5, "what nobody can tell apart is left to do");
    let report = std::fs::read_to_string(report).unwrap();
    assert!(report.contains("| release-train |") && report.contains("## Left to do"), "{report}");
    let hints: Vec<String> = secrets.iter().map(|s| s[s.len() - 4..].to_owned()).collect();
    assert!(hints.iter().take(7).all(|h| report.contains(h)), "{report}");
    for secret in &secrets {
        ran.lacks(secret);
        assert!(!report.contains(secret.as_str()));
    }
    // What was on the rack is destroyed here, the strangers never were.
    assert_eq!(home.secrets(), 0);
    home.run("doctor").await.exits(0);
    home.run("log").await.says("leaked");
    let again = home.pipe(&text, "revoke --leaked --yes --json").await;
    assert!(
        ends(&again).iter().all(|(_, end)| ["already-dead", "revoked", "unrecognised"].contains(&end.as_str())),
        "{again}"
    );
}

#[tokio::test]
async fn a_token_is_never_sent_to_a_host_of_another_family() {
    let (home, site) = (Home::new(), start(BitbucketDatacenter::new()).await);
    home.host("bucket", &site).await;
    // No GitLab on the rack: the public one is meant, which cannot be reached from here.
    let ran = home.pipe(STRANGER, "revoke --leaked --yes --json").await.exits(4);
    let result = &ran.json()["results"][0];
    assert_eq!((result["host"].as_str(), result["end"].as_str()), (Some("gitlab.com"), Some("unreachable")), "{ran}");
}

#[tokio::test]
async fn nothing_to_find_is_said() {
    let home = Home::new();
    home.pipe("hello\nthere", "revoke --leaked --yes").await.exits(2).says("no token was found");
    home.run("revoke --leaked release-train").await.exits(2);
    home.run("revoke x --report y").await.exits(2);
}
