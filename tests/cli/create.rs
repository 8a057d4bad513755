//! `create` and `inventory` where the host has no API for it, and what is refused before anything is sent.

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
