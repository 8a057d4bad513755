//! Locked, absent, damaged and read-only: clear errors, nothing lost.

use insta::assert_snapshot;
use keyrack::simulator::gitlab::GitLabSite;

use crate::support::{Home, STRANGER, chmod, start};

async fn rack() -> (Home, keyrack::simulator::server::Running) {
    let (home, site) = (Home::new(), start(GitLabSite::com()).await);
    home.host("gitlab", &site).await;
    home.add(&site, "release-train", "gitlab").await;
    (home, site)
}

#[tokio::test]
async fn a_locked_store_exits_with_3_and_judges_no_token() {
    let (mut home, _site) = rack().await;
    let passphrase = home.dir.path().join("passphrase");
    std::fs::write(&passphrase, "wrong\n").unwrap();
    assert_snapshot!(home.run("check").await, @r#"
    --- stderr
    secret store: wrong passphrase for the file store
      try again; it is the passphrase that was chosen when this store was set up
      there is no way to recover it: without it the secrets must be made anew at their hosts
    --- exit 3
    "#);
    home.run("list").await.exits(0).says("valid");
    home.run("show release-train").await.exits(0);
    home.pipe(STRANGER, "add --label x --host gitlab --no-check").await.exits(3);
    home.run("forget release-train --yes").await.exits(3);
    home.run("revoke release-train --yes").await.exits(3);
    home.run("doctor").await.exits(3);
    home.env.remove("KEYRACK_PASSPHRASE_FILE");
    assert_snapshot!(home.run("check").await, @r#"
    --- stderr
    secret store: the file store is locked
      Name a file that holds it: --passphrase-file FILE or KEYRACK_PASSPHRASE_FILE. On a terminal keyrack asks.
    --- exit 3
    "#);
    std::fs::write(&passphrase, "").unwrap();
    home.set("KEYRACK_PASSPHRASE_FILE", passphrase.to_str().unwrap());
    home.run("check").await.exits(2).says("is empty");
    std::fs::write(&passphrase, crate::support::PASSPHRASE).unwrap();
    home.run("check").await.exits(0);
}

#[tokio::test]
async fn a_new_store_needs_a_passphrase_and_is_made_with_it() {
    let mut home = Home::bare();
    let file = home.env.remove("KEYRACK_PASSPHRASE_FILE").unwrap();
    home.run("host add lab https://gitlab.example.invalid --family gitlab").await.exits(0);
    let ran = home.pipe(STRANGER, "add --label x --host lab --no-check").await;
    assert_snapshot!(ran, @r#"
    --- stderr
    secret store: a new file store needs a passphrase
      Name a file that holds it: --passphrase-file FILE or KEYRACK_PASSPHRASE_FILE. On a terminal keyrack asks.
    --- exit 3
    "#);
    assert_eq!(home.run("list --json").await.json()["credentials"], serde_json::json!([]));
    let args = ["add", "--label", "x", "--host", "lab", "--no-check", "--passphrase-file", &file];
    home.args(STRANGER, &args).await.exits(0);
    assert_eq!(home.secrets(), 1);
}

#[tokio::test]
async fn an_unknown_store_in_the_environment_is_named() {
    let mut home = Home::new();
    home.set("KEYRACK_STORE", "floppy");
    assert_snapshot!(home.run("list").await, @r#"
    --- stderr
    usage error: KEYRACK_STORE is `floppy`, which is no store
      Stores: keyring, file.
    --- exit 2
    "#);
    home.run("list --store file").await.exits(0);
    home.set("KEYRACK_STORE", "");
    home.run("list --store floppy").await.exits(2).says("floppy");
}

#[tokio::test]
async fn a_damaged_secret_file_is_named_and_the_others_still_checked() {
    let (home, site) = rack().await;
    let before: Vec<_> = names(&home);
    home.add(&site, "docs-preview", "gitlab").await;
    for name in names(&home).iter().filter(|n| !before.contains(n)) {
        std::fs::write(home.data().join("secrets").join(name), b"age-encryption.org/v1\nrubbish").unwrap();
    }
    let ran = home.run("check release-train").await;
    assert_eq!(ran.code, 0, "{ran}");
    let ran = home.run("check docs-preview --verbose").await.exits(70);
    ran.says("is damaged").says("store.unreadable").says("backup");
    let ran = home.run("check").await.exits(70);
    ran.says("1 valid, 1 unchecked").says("is damaged");
    assert_eq!(home.secrets(), 2, "nothing is lost");
    home.run("list").await.exits(0).says("docs-preview");
}

fn names(home: &Home) -> Vec<String> {
    let dir = std::fs::read_dir(home.data().join("secrets")).unwrap();
    dir.map(|e| e.unwrap().file_name().into_string().unwrap()).filter(|n| n != "identity.age").collect()
}

#[tokio::test]
async fn a_damaged_rack_is_left_as_it_is() {
    let (home, _site) = rack().await;
    let path = home.data().join("rack.db");
    for extra in ["rack.db-wal", "rack.db-shm"] {
        let _ = std::fs::remove_file(home.data().join(extra));
    }
    let rubbish = b"this is no database at all, but somebody's diary".repeat(100);
    std::fs::write(&path, &rubbish).unwrap();
    let ran = home.run("list").await.exits(70);
    ran.says("rack.db is damaged").says("Nothing was changed");
    home.run("check").await.exits(70);
    home.pipe(STRANGER, "add --label x --host gitlab").await.exits(70);
    assert_eq!(std::fs::read(&path).unwrap(), rubbish);
    assert_eq!(home.secrets(), 1);
}

#[tokio::test]
async fn a_rack_of_a_newer_keyrack_is_left_as_it_is() {
    let (home, _site) = rack().await;
    rusqlite::Connection::open(home.data().join("rack.db")).unwrap().pragma_update(None, "user_version", 999).unwrap();
    let ran = home.run("list").await.exits(70);
    ran.says("written by a newer keyrack").says("999");
}

#[tokio::test]
async fn a_read_only_data_directory_says_so_and_changes_nothing() {
    if rustix::process::geteuid().is_root() {
        return; // The superuser writes everywhere.
    }
    let (home, _site) = rack().await;
    for path in [home.data().join("secrets"), home.data()] {
        chmod(&path, 0o500);
    }
    chmod(&home.data().join("rack.db"), 0o400);
    let ran = home.pipe(STRANGER, "add --label x --host gitlab --no-check").await;
    for path in [home.data(), home.data().join("secrets")] {
        chmod(&path, 0o700);
    }
    chmod(&home.data().join("rack.db"), 0o600);
    assert!(ran.code == 70 && ran.err.contains("[") || ran.err.contains("data"), "{ran}");
    assert_eq!(home.secrets(), 1);
    home.run("check release-train").await.exits(0);
}

#[tokio::test]
async fn a_store_open_to_others_is_refused_with_the_fix() {
    let (home, _site) = rack().await;
    chmod(&home.data().join("secrets"), 0o755);
    home.run("check").await.exits(70).says("chmod");
    chmod(&home.data().join("secrets"), 0o700);
    home.run("check").await.exits(0);
}

#[tokio::test]
async fn a_config_that_cannot_be_understood_is_named_with_its_line() {
    let home = Home::new();
    home.configure("warn_days = 30\nwarm_days = 3\n");
    let ran = home.run("list").await.exits(2);
    ran.says("config.toml").says("warm_days").says("line 2");
}
