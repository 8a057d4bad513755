//! `list`, `show` and `log`: the rack from memory.

use insta::assert_snapshot;
use keyrack::simulator::gitlab::GitLabSite;

use crate::support::{Home, start};

#[tokio::test]
async fn the_query_and_the_tags_filter() {
    let home = Home::bare();
    let labels = |ran: crate::support::Ran| -> Vec<String> {
        let rows = ran.json()["credentials"].as_array().unwrap().clone();
        rows.iter().map(|r| r["label"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(labels(home.run("demo list release --json").await), ["release-train"]);
    assert_eq!(labels(home.run("demo list GITLAB.COM mirror --json").await), ["mirror-bot"]);
    assert_eq!(labels(home.run("demo list --tag docs --json").await), ["docs-preview"]);
    assert!(labels(home.run("demo list nothing-of-the-sort --json").await).is_empty());
    assert_snapshot!(home.run("demo list nothing-of-the-sort").await, @"");
}

#[tokio::test]
async fn a_row_tells_everything_but_the_secret() {
    let (home, site) = (Home::new(), start(GitLabSite::com()).await);
    home.host("gitlab", &site).await;
    home.add(&site, "docs-preview", "gitlab").await;
    assert_snapshot!(home.run("list --json").await, @"");
    assert_snapshot!(home.run("show docs-preview --json").await.json()["history"], @"");
}

#[tokio::test]
async fn show_lists_the_history() {
    let (mut home, site) = (Home::new(), start(GitLabSite::com()).await);
    home.host("gitlab", &site).await;
    home.add(&site, "docs-preview", "gitlab").await;
    home.later(24);
    home.run("check").await.exits(0);
    assert_snapshot!(home.run("show docs-preview --history 2").await, @"");
}

#[tokio::test]
async fn the_log_tells_who_did_what_newest_first() {
    let (home, site) = (Home::new(), start(GitLabSite::com()).await);
    home.host("gitlab", &site).await;
    home.add(&site, "release-train", "gitlab").await;
    home.run("edit release-train --label train --tag prod").await.exits(0);
    home.run("check train").await.exits(0);
    home.run("revoke train --yes").await.exits(0);
    home.run("forget train").await.exits(0);
    assert_snapshot!(home.run("log").await, @"");
    assert_eq!(home.run("log --json -n 1").await.json()["entries"].as_array().unwrap().len(), 1);
    home.run("log gitlab").await.exits(0).says("host-add").lacks("edit");
    home.run("log nobody").await.exits(0);
}
