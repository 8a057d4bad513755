//! `guide`: how to make a credential by hand, for product, version and job.

use crate::support::Home;

#[tokio::test]
async fn a_guide_stands_alone_with_steps_scopes_end_and_where_the_token_goes() {
    let home = Home::bare();
    let json =
        home.run("guide azure-devops --profile git-integration-for-jira --kind pat --json").await.exits(0).json();
    let guide = &json["guides"][0];
    assert_eq!(guide["tick"][0][0], "vso.code_write");
    assert_eq!(guide["name"], "git-integration-for-jira");
    assert!(!guide["steps"].as_array().unwrap().is_empty());
    assert_eq!(guide["deliver"][0]["to"], "Git Integration for Jira");
    let stale: Vec<_> = guide["stale"].as_array().unwrap().iter().map(|s| s["code"].as_str().unwrap()).collect();
    assert!(stale.contains(&"stale.azure-global-pats"), "{stale:?}");
    // Days are counted from the clock of the run: 2026-11-23.
    home.run("guide azure-devops").await.exits(0).says("in 8 days").says("Instructions that no longer hold");
}

#[tokio::test]
async fn the_version_chooses() {
    let home = Home::bare();
    let titles = |ran: crate::support::Ran| -> Vec<String> {
        let guides = ran.json()["guides"].as_array().unwrap().clone();
        guides.iter().map(|g| g["title"].as_str().unwrap().to_owned()).collect()
    };
    let new = titles(home.run("guide bitbucket-datacenter --kind http-access-token --version 9.4 --json").await);
    let old = titles(home.run("guide bitbucket-datacenter --kind http-access-token --version 7.10 --json").await);
    assert_ne!(new, old);
}

#[tokio::test]
async fn what_configuration_manager_needs_is_delivered_there() {
    let ran = Home::bare().run("guide jira-cloud --profile configuration-manager-cloud").await.exits(0);
    // A token with scopes works at the gateway only: no guide leads there.
    assert!(!ran.out.contains("scoped-api-token"), "{ran}");
    ran.says("Settings > Apps > Configuration Manager > Authorization").says("Save token");
}

#[tokio::test]
async fn what_there_is_none_for_is_refused_with_what_there_is() {
    let home = Home::bare();
    home.run("guide no-such-family").await.exits(2).says("no host family");
    home.run("guide bitbucket-datacenter --kind access-key").await.exits(2).says("http-access-token");
    home.run("guide bitbucket-datacenter --profile git-raed").await.exits(2).says("git-read");
    home.run("guide bitbucket-datacenter --expires 2020-01-01").await.exits(2).says("in the past");
}

#[tokio::test]
async fn every_guide_of_every_family_is_filled_in_whole() {
    let home = Home::bare();
    for family in keyrack::hosts::families().iter().map(|f| f.facts()).filter(|f| !f.guides.is_empty()) {
        let ran = home.run(&format!("guide {}", family.id)).await.exits(0);
        for placeholder in ["{web}", "{name}", "{scopes}", "{expires}", "{page}"] {
            assert!(!ran.out.contains(placeholder), "{placeholder} in\n{ran}");
        }
    }
}

#[tokio::test]
async fn what_is_no_version_is_refused_not_taken_for_the_newest() {
    let home = Home::bare();
    home.run("guide gitlab --version banana").await.exits(2).says("`banana` is no version").says("like 17.9");
    home.run("guide gitlab --version 17.9").await.exits(0);
}
