//! `rotate`: in place, by a twin, by a pasted one; the record stays, neither secret is lost.

use insta::assert_snapshot;
use keyrack::simulator::azure_devops::AzureDevOps;
use keyrack::simulator::github::GitHubSite;
use keyrack::simulator::gitlab::GitLabSite;
use keyrack::simulator::server::Running;

use crate::support::{Home, now, seed, start};

async fn gitlab() -> (Home, Running) {
    let (home, site) = (Home::new(), start(GitLabSite::com()).await);
    home.host("gitlab", &site).await;
    home.add(&site, "release-train", "gitlab").await;
    (home, site)
}

/// A home with the GitHub token `old`, and the secrets that take its place: one of the same account, one of another.
async fn github() -> (Home, Running, [String; 2]) {
    let (home, site) = (Home::new(), start(GitHubSite::dot_com()).await);
    home.host("github", &site).await;
    let spare = |n| site.site.spare(n, now()).secret;
    home.pipe(&spare(1), "add --label old --host github --tag prod --note keep").await.exits(0);
    let new = [spare(5), spare(2)];
    (home, site, new)
}

#[tokio::test]
async fn in_place_the_record_stays_and_its_secret_is_another() {
    let (home, site) = gitlab().await;
    let before = home.rack().credential_by_label("release-train").unwrap().unwrap();
    assert_snapshot!(home.run("rotate release-train --dry-run").await, @r#"
    release-train at gitlab: replaced in place: POST http://127.0.0.1:PORT/api/v4/personal_access_tokens/self/rotate, signed with the token itself, which needs the scope `api` or `self_rotate`. The old token dies at once, the new one has its name and scopes. Sent once, never repeated
    --- exit 0
    "#);
    home.run("rotate release-train").await.exits(2).says("a confirmation is needed");
    let ran = home.run("rotate release-train --expires 2027-06-30 --yes").await.exits(0);
    ran.says("rotated").says("2027-06-30").lacks(&seed(&site, "release-train").secret);
    let after = home.rack().credential_by_label("release-train").unwrap().unwrap();
    assert_eq!(
        (&after.id, &after.tags, &after.note, &after.bindings),
        (&before.id, &before.tags, &before.note, &before.bindings)
    );
    assert_ne!(after.fingerprint, before.fingerprint);
    assert_eq!(home.secrets(), 1);
    home.run("check release-train").await.exits(0);
    // The one that was rotated away is dead at the host.
    home.pipe(&seed(&site, "release-train").secret, "add --label again --host gitlab").await.exits(5);
    home.run("doctor").await.exits(0);
    home.run("log release-train").await.says("rotate").says("done");
    let ran = home.run("rotate release-train --yes --json").await.exits(0);
    assert_eq!(ran.json()["results"][0]["end"], "rotated");
}

#[tokio::test]
async fn a_dead_one_is_not_rotated_and_nothing_is_sent() {
    let (home, site) = gitlab().await;
    home.add(&site, "pasted-in-chat", "gitlab").await;
    let ran = home.run("rotate pasted-in-chat --yes").await.exits(1);
    ran.says("nothing was sent").says("refuses it already");
    home.run("check release-train").await.exits(0);
    assert_eq!(home.secrets(), 2);
}

#[tokio::test]
async fn several_at_once_with_a_summary() {
    let (home, site) = gitlab().await;
    home.add(&site, "docs-preview", "gitlab").await;
    home.add(&site, "old-laptop", "gitlab").await;
    let ran = home.run("rotate release-train docs-preview old-laptop --yes").await.exits(1);
    ran.says("2 of 3 rotated to the end");
}

#[tokio::test]
async fn without_an_api_the_steps_are_shown_and_nothing_changes() {
    let (home, _site, _) = github().await;
    let ran = home.run("rotate old --yes").await.exits(5);
    ran.says("by hand").says("paste it");
    home.run("check old").await.exits(0);
}

#[tokio::test]
async fn what_the_api_makes_of_another_kind_does_not_take_its_place() {
    let (home, site) = (Home::new(), start(AzureDevOps::services()).await);
    home.host("azure", &site).await;
    home.add(&site, "azure-entra", "azure").await;
    home.run("rotate azure-entra --dry-run").await.says("by hand").says("makes a pat, no entra-token").lacks("POST");
    home.run("rotate azure-entra --yes").await.exits(5).says("by hand").says("az account get-access-token");
    home.run("check azure-entra").await.exits(0);
}

#[tokio::test]
async fn a_pasted_one_takes_the_place_and_the_old_one_is_revoked() {
    let (home, site, [new, _]) = github().await;
    let ran = home.pipe(&new, "rotate old --yes").await.exits(0);
    ran.says("rotated").says("the old one is revoked").lacks(&new);
    let record = home.rack().credential_by_label("old").unwrap().unwrap();
    assert_eq!((record.tags, record.note.as_str()), (vec!["prod".to_owned()], "keep"));
    assert_eq!(home.secrets(), 1);
    home.run("check old").await.exits(0);
    home.pipe(&site.site.spare(1, now()).secret, "add --label again --host github").await.exits(5);
    // Once more with the same one makes no sense.
    home.pipe(&new, "rotate old --yes").await.exits(2).says("has already");
    home.run("doctor").await.exits(0);
}

#[tokio::test]
async fn where_the_new_one_has_to_be_taken_is_said() {
    let (home, _site, [new, _]) = github().await;
    home.run("edit old --profile git-integration-for-jira").await.exits(0);
    home.pipe(&new, "rotate old --yes").await.says("rotated").says("Then take it to");
}

#[tokio::test]
async fn one_of_another_account_has_to_be_confirmed() {
    let (home, _site, [_, foreign]) = github().await;
    let ran = home.pipe(&foreign, "rotate old").await.exits(5);
    ran.says("doubt: it belongs to").says("nothing was changed").lacks(&foreign);
    home.pipe(&foreign, "rotate old --yes").await.exits(0).says("note: it belongs to");
}

#[tokio::test]
async fn one_that_the_host_refuses_does_not_take_the_place() {
    let (home, site, _) = github().await;
    let dead = seed(&site, "retired-deploy").secret;
    home.pipe(&dead, "rotate old").await.exits(5).says("does not accept it").says("nothing was changed");
    // Not even where all was agreed to beforehand: the old one would be revoked for one that works nowhere.
    home.pipe(&dead, "rotate old --yes").await.exits(5).says("the old one stays in place").says("does not accept it");
    home.run("check old").await.exits(0);
    assert_eq!(home.secrets(), 1);
}

#[tokio::test]
async fn an_old_one_that_lives_on_is_kept_under_a_label_of_its_own() {
    let home = Home::new();
    let site = start(GitHubSite::server()).await;
    home.host("ghes", &site).await;
    let spare = |n| site.site.spare(n, now()).secret;
    home.pipe(&spare(1), "add --label old --host ghes").await.exits(0);
    let ran = home.pipe(&spare(5), "rotate old --yes").await.exits(5);
    ran.says("the old one lives").says("keyrack revoke old-old");
    assert_eq!(home.secrets(), 2);
    home.run("check old old-old").await.exits(0);
    home.run("doctor").await.exits(0);
}

#[tokio::test]
async fn two_labels_and_one_paste_are_refused() {
    let (home, _site) = gitlab().await;
    home.pipe("x", "rotate release-train nobody --yes").await.exits(2);
    home.run("rotate").await.exits(2);
}
