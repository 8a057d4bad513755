//! `create` and `inventory` where the host has no API for it, and what is refused before anything is sent.

use keyrack::simulator::azure_devops::AzureDevOps;
use keyrack::simulator::github::GitHubSite;

use crate::support::{Home, now, start};

async fn github() -> (Home, keyrack::simulator::server::Running) {
    let (home, site) = (Home::new(), start(GitHubSite::dot_com()).await);
    home.host("github", &site).await;
    home.pipe(&site.site.spare(1, now()).secret, "add --label gh --host github").await.exits(0);
    (home, site)
}

#[tokio::test]
async fn without_an_api_it_is_said_and_nothing_is_sent() {
    let (home, _site) = github().await;
    let ran = home.run("create --label new --host github --using gh").await.exits(5);
    ran.says("by hand").says("keyrack add");
    assert_eq!(home.secrets(), 1);
    home.run("create --label new --host github --using gh --dry-run").await.exits(0).says("by hand");
    home.run("doctor").await.exits(0);
}

#[tokio::test]
async fn what_cannot_be_is_refused_before_anything_is_sent() {
    let (home, _site) = github().await;
    home.run("create --label gh --host github --using gh").await.exits(2).says("is taken");
    home.run("create --label new --host nowhere --using gh").await.exits(2);
    home.run("create --label new --host github --using nobody").await.exits(2);
    home.run("create --label new --host github --otp 123456").await.exits(2).says("--using ask:USER");
    home.run("create --label new --host github --using gh --otp 123456").await.exits(2).says("--using ask:USER");
    home.run("inventory nowhere").await.exits(2);
    home.run("revoke --remote 7").await.exits(2);
}

/// An organization of Azure DevOps, and the Entra token that signs there.
async fn azure() -> (Home, keyrack::simulator::server::Running) {
    let (home, site) = (Home::new(), start(AzureDevOps::services()).await);
    home.host("azure", &site).await;
    home.add(&site, "azure-entra", "azure").await;
    (home, site)
}

#[tokio::test]
async fn the_host_makes_one_and_its_secret_goes_into_the_store_unseen() {
    let (home, _site) = azure().await;
    let line = "create --label fresh --host azure --name keyrack-fresh --using azure-entra --scope vso.code --expires 2027-02-01";
    home.run(&format!("{line} --dry-run")).await.exits(0).says("POST _apis/tokens/pats");
    assert_eq!(home.secrets(), 1);
    let ran = home.run(&format!("{line} --tag prod")).await.exits(0);
    ran.says("fresh: created").says("ends 2027-02-01").lacks("KEYRACKxFAKE");
    assert_eq!(home.secrets(), 2);
    home.run("check fresh").await.exits(0);
    home.run("show fresh").await.exits(0).says("prod");
    home.run("log fresh").await.says("create").says("done");
    home.run("doctor").await.exits(0);
    // A personal access token may not make others; nothing is sent.
    home.run("create --label more --host azure --using fresh --scope vso.code").await.exits(5).says("needs a signer");
    home.run("create --label more --host azure --scope vso.code").await.exits(5).says("needs a signer");
}

#[tokio::test]
async fn the_list_of_the_host_is_matched_and_revoked_from() {
    let (home, site) = azure().await;
    home.run("create --label fresh --host azure --using azure-entra --scope vso.code").await.exits(0);
    home.add(&site, "azure-boards", "azure").await;
    home.run("inventory azure").await.exits(5).says("--using LABEL");
    let ran = home.run("inventory azure --using azure-entra").await.exits(0);
    ran.says("stranger").says("fresh").lacks("KEYRACKxFAKE");
    let list = home.run("inventory azure --using azure-entra --json").await.exits(0).json();
    let lines = list["inventory"]["lines"].as_array().unwrap().clone();
    let of =
        |label: &str| lines.iter().find(|l| l["on_rack"]["label"] == label).unwrap_or_else(|| panic!("{lines:#?}"));
    assert_eq!(of("fresh")["on_rack"]["by"], "remote-id");
    let stranger = lines.iter().find(|l| l["on_rack"].is_null() && l["state"] == "active").unwrap();
    let id = |line: &serde_json::Value| line["id"].as_str().unwrap().to_owned();
    let both = format!("{} {}", id(of("fresh")), id(stranger));
    let line = format!("revoke --remote {both} --host azure --using azure-entra");
    home.run(&format!("{line} --dry-run")).await.exits(0).says("it is `fresh` of the rack").says("not on the rack");
    home.run(&line).await.exits(2).says("a confirmation is needed");
    let secrets = home.secrets();
    let ran = home.run(&format!("{line} --yes")).await.exits(0);
    ran.says("the secret of `fresh` destroyed here").says("no longer in its list");
    assert_eq!(home.secrets(), secrets - 1);
    home.run("show fresh").await.says("destroyed");
    home.run("doctor").await.exits(0);
    home.run("revoke --remote nobody --host azure --using azure-entra --yes")
        .await
        .exits(2)
        .says("has no token with the id");
}

#[tokio::test]
async fn a_twin_takes_the_place_and_the_old_one_is_revoked() {
    let (home, _site) = azure().await;
    home.run("create --label build --host azure --using azure-entra --scope vso.code --tag prod").await.exits(0);
    home.run("rotate build --yes").await.exits(5).says("needs a signer");
    let dry = home.run("rotate build --using azure-entra --dry-run").await.exits(0);
    dry.says("a second one is made").says("then the old one");
    let before = home.rack().credential_by_label("build").unwrap().unwrap();
    let ran = home.run("rotate build --using azure-entra --yes").await.exits(0);
    ran.says("rotated").says("the old one is revoked").lacks("KEYRACKxFAKE");
    let after = home.rack().credential_by_label("build").unwrap().unwrap();
    assert_eq!((&after.id, &after.tags, &after.bindings), (&before.id, &before.tags, &before.bindings));
    assert_ne!(after.fingerprint, before.fingerprint);
    assert_eq!(home.secrets(), 2);
    home.run("check build").await.exits(0);
    home.run("doctor").await.exits(0);
    // The record knows the new one's id: the next one can be revoked as well.
    home.run("revoke build --using azure-entra --yes").await.exits(0);
}

#[tokio::test]
async fn an_old_one_whose_id_the_host_never_told_is_kept_until_it_is_dead() {
    let (home, site) = azure().await;
    home.add(&site, "azure-boards", "azure").await;
    let ran = home.run("rotate azure-boards --using azure-entra --yes").await.exits(5);
    ran.says("the old one lives").says("azure-boards-old");
    assert_eq!(home.secrets(), 3);
    home.run("check azure-boards azure-boards-old").await.exits(0);
    home.run("doctor").await.exits(0);
}

#[tokio::test]
async fn the_role_of_a_project_token_is_named_like_a_permission() {
    let (home, site) = (Home::new(), start(keyrack::simulator::gitlab::GitLabSite::com()).await);
    home.host("gitlab", &site).await;
    home.add(&site, "release-train", "gitlab").await;
    let line = "create --label app-bot --host gitlab --using release-train --at acme/app --scope read_api";
    home.run(line).await.exits(2).says("--permission role:developer");
    home.run(&format!("{line} --permission role:developer")).await.exits(0).says("project-token");
    let line =
        "create --label robot --host gitlab --using release-train --at group:acme/service_accounts/57 --scope read_api";
    home.run(line).await.exits(0).says("service-account-token");
    // Its place is kept, so that whoever manages the account can revoke it.
    home.run("revoke robot --using release-train --yes").await.exits(0);
}
