//! `edit` and `forget`.

use insta::assert_snapshot;
use keyrack::simulator::gitlab::GitLabSite;

use crate::support::{Home, start};

async fn rack() -> (Home, keyrack::simulator::server::Running) {
    let (home, site) = (Home::new(), start(GitLabSite::com()).await);
    home.host("gitlab", &site).await;
    home.add(&site, "release-train", "gitlab").await;
    (home, site)
}

#[tokio::test]
async fn every_field_changes_and_the_rest_stays() {
    let (home, _site) = rack().await;
    home.run("host add other https://gitlab.example.invalid --family gitlab").await.exits(0);
    let line = "edit release-train --label train --tag b --tag a --note 'look here' --username mara --owner person --host other=target";
    home.run(line).await.exits(0).says("changed `train`");
    let row = home.run("show train --json").await.json()["credential"].clone();
    assert_eq!(row["tags"], serde_json::json!(["a", "b"]));
    assert_eq!(
        (&row["note"], &row["username"], &row["owner"]),
        (&"look here".into(), &"mara".into(), &"person".into())
    );
    assert_eq!(row["hosts"], serde_json::json!(["other"]));
    home.run("edit train --untag a --note '' --username ''").await.exits(0);
    let row = home.run("show train --json").await.json()["credential"].clone();
    assert_eq!((&row["tags"], &row["note"]), (&serde_json::json!(["b"]), &"".into()));
    assert!(row["username"].is_null());
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_changes_nothing() {
    let (home, site) = rack().await;
    home.add(&site, "docs-preview", "gitlab").await;
    assert_snapshot!(home.run("edit release-train --label docs-preview").await, @r#"
    --- stderr
    usage error: there is already a credential `docs-preview` on the rack
      Choose another label, or look at it with `keyrack show docs-preview`.
    --- exit 2
    "#);
    assert_snapshot!(home.run("edit release-train --expires 2027-01-01").await, @r#"
    --- stderr
    usage error: the expiry of `release-train` is told by its host and cannot be edited
      It is read again at every check.
    --- exit 2
    "#);
    assert_snapshot!(home.run("edit release-train").await, @r#"
    --- stderr
    usage error: nothing to change was given
      See `keyrack edit --help`.
    --- exit 2
    "#);
    home.run("edit release-train --tag ''").await.exits(2);
    home.run("edit release-train --host nowhere").await.exits(2).says("gitlab");
    home.run("edit release-train --expires someday").await.exits(2);
    home.args("", &["edit", "release-train", "--username", "a\nb"]).await.exits(2);
    home.run("show release-train").await.exits(0);
}

#[tokio::test]
async fn forgetting_wants_a_yes_and_tells_the_host_nothing() {
    let (home, site) = rack().await;
    assert_snapshot!(home.run("forget release-train").await, @r#"
    --- stderr
    usage error: not done without a confirmation: This destroys the secret of release-train here; at the host it stays alive
      Say `--yes` where nobody can be asked.
    --- exit 2
    "#);
    assert_eq!(home.secrets(), 1);
    assert_snapshot!(home.run("forget release-train --yes").await, @r#"
    forgot `release-train`
    --- exit 0
    "#);
    assert_eq!(home.secrets(), 0);
    home.run("show release-train").await.exits(2);
    home.add(&site, "release-train", "gitlab").await;
    home.run("check").await.exits(0).says("1 valid");
}
