//! `permissions`, `--profile` and what `check` makes of it.

use insta::assert_snapshot;
use keyrack::simulator::bitbucket_datacenter::BitbucketDatacenter;

use crate::support::{Home, start};

#[tokio::test]
async fn grants_stand_as_a_tree_beside_the_table_and_the_profiles() {
    let (home, site) = (Home::new(), start(BitbucketDatacenter::new()).await);
    home.host("bb", &site).await;
    home.add(&site, "bitbucket-read", "bb").await;
    let ran = home.run("permissions bitbucket-read --profile git-read --profile git-write").await;
    assert_snapshot!(ran);
    let json = home.run("permissions bitbucket-read --profile git-write --json").await.exits(1).json();
    let place = &json["places"][0];
    assert_eq!(place["profiles"][0]["stand"], "missing");
    assert_eq!(place["profiles"][0]["needs"][0]["any"][0], "REPO_WRITE");
    assert_eq!(place["tables"][0]["held"], serde_json::json!([0, 0]));
}

#[tokio::test]
async fn a_missed_profile_makes_check_say_limited_and_name_the_grant() {
    let (home, site) = (Home::new(), start(BitbucketDatacenter::new()).await);
    home.host("bb", &site).await;
    home.add(&site, "bitbucket-read", "bb").await;
    home.run("check bitbucket-read").await.exits(0);
    home.run("edit bitbucket-read --profile git-write").await.exits(0);
    let json = home.run("check bitbucket-read --json").await.exits(1).json();
    let result = &json["results"][0];
    assert_eq!((&result["verdict"], &result["missing"]["git-write"][0]), (&"limited".into(), &"REPO_WRITE".into()));
    assert!(result["reason"].as_str().unwrap().contains("misses REPO_WRITE for git-write"));
    // What was found stays with the record, and the job can be taken from it.
    home.run("show bitbucket-read").await.says("misses REPO_WRITE").says("profiles");
    home.run("edit bitbucket-read --unprofile git-write").await.exits(0);
    home.run("check bitbucket-read").await.exits(0);
}

#[tokio::test]
async fn a_met_profile_leaves_it_valid_and_what_is_too_much_is_named() {
    let (home, site) = (Home::new(), start(BitbucketDatacenter::new()).await);
    home.host("bb", &site).await;
    home.add(&site, "project-admin", "bb").await;
    home.run("edit project-admin --profile git-read --repository ACME/web").await.exits(0);
    home.run("check project-admin").await.exits(0);
    let json = home.run("permissions project-admin --json").await.exits(0).json();
    assert_eq!(json["advice"]["surplus"], serde_json::json!(["PROJECT_ADMIN", "REPO_ADMIN"]));
    assert_eq!(json["advice"]["enough"], serde_json::json!(["PROJECT_READ"]));
    assert_eq!(json["places"][0]["look_at"]["repository"], "ACME/web");
    home.run("show project-admin").await.says("repository ACME/web at bb");
}

#[tokio::test]
async fn a_profile_that_is_none_or_not_for_this_is_refused_with_those_there_are() {
    let (home, site) = (Home::new(), start(BitbucketDatacenter::new()).await);
    home.host("bb", &site).await;
    home.add(&site, "bitbucket-read", "bb").await;
    home.run("edit bitbucket-read --profile git-raed").await.exits(2).says("no profile `git-raed`").says("git-read");
    home.run("permissions bitbucket-read --profile open-devops-builds").await.exits(2).says("says nothing of");
}

#[tokio::test]
async fn a_profile_of_ones_own_counts_and_a_bad_one_is_named_with_its_line() {
    let (home, site) = (Home::new(), start(BitbucketDatacenter::new()).await);
    home.host("bb", &site).await;
    home.add(&site, "bitbucket-read", "bb").await;
    let folder = home.dir.path().join("config/profiles");
    std::fs::create_dir_all(&folder).unwrap();
    let own = "id = \"mirror\"\ntitle = \"Mirror\"\nabout = \"Ours.\"\n[[entries]]\nfamily = \"bitbucket-datacenter\"\n\
               needs = [{ any = [\"REPO_ADMIN\"], why = \"mirrors\" }]\n";
    std::fs::write(folder.join("mirror.toml"), own).unwrap();
    home.run("edit bitbucket-read --profile mirror").await.exits(0);
    home.run("check bitbucket-read").await.exits(1).says("misses REPO_ADMIN for mirror");
    std::fs::write(folder.join("mirror.toml"), own.replace("title", "tilte")).unwrap();
    home.run("check bitbucket-read").await.exits(2).says("mirror.toml").says("line 2");
    // Nothing is lost: the record still says what it is for, and is measured again once the file is mended.
    home.run("show bitbucket-read").await.exits(0).says("mirror");
    std::fs::write(folder.join("mirror.toml"), own).unwrap();
    home.run("check bitbucket-read").await.exits(1);
}

#[tokio::test]
async fn the_demo_shows_it() {
    let home = Home::bare();
    home.run("demo permissions bitbucket-read").await.exits(1).says("missing").says("[this one]");
    home.run("demo guide gitlab --frobnicate").await.exits(2);
}
