//! `doctor`: what a crash left behind, found and mended.

use insta::assert_snapshot;
use keyrack::domain::CredentialId;
use keyrack::secret::Secret;
use keyrack::simulator::gitlab::GitLabSite;
use keyrack::store::SecretStore as _;
use keyrack::store::age_file::AgeFileStore;
use serde_json::json;

use crate::support::{Home, PASSPHRASE, STRANGER, start};

const ORPHAN: &str = "00000000-0000-4000-8000-000000000001";

fn store(home: &Home) -> AgeFileStore {
    AgeFileStore::open(&home.data(), &PASSPHRASE.into()).unwrap()
}

async fn rack() -> (Home, keyrack::simulator::server::Running) {
    let (home, site) = (Home::new(), start(GitLabSite::com()).await);
    home.host("gitlab", &site).await;
    home.add(&site, "release-train", "gitlab").await;
    (home, site)
}

fn id_of(home: &Home, label: &str) -> CredentialId {
    home.rack().credential_by_label(label).unwrap().unwrap().id
}

/// Leaves an entry in the journal as a process does that is killed after these steps.
fn interrupt(home: &Home, op: &str, label: &str, id: &CredentialId, steps: &[&str]) {
    let rack = home.rack();
    let entry = rack.begin(op, id, &json!({ "label": label })).unwrap();
    for step in steps {
        rack.step(entry, step, &json!({})).unwrap();
    }
}

#[tokio::test]
async fn all_is_well_on_a_sound_rack() {
    let (home, _site) = rack().await;
    assert_snapshot!(home.run("doctor").await, @r#"
    ok  rack      [home]/data/rack.db: 1 credential, 1 host
    ok  store     file store opens (age files in [home]/data/secrets, asked for by KEYRACK_STORE)
    ok  journal   nothing was left unfinished
    ok  orphans   every secret in the store has its record
    ok  records   every record has its secret
    ok  modes     nobody else may get at keyrack's files
    ok  config    [home]/config: settings, keys, theme dark
    ok  terminal  none here: verbs work, the screens need one
    --- exit 0
    "#);
    let json = home.run("doctor --json").await.exits(0).json();
    assert_eq!(json["healthy"], true);
}

#[tokio::test]
async fn an_orphaned_secret_is_found_and_removed_only_with_fix() {
    let (home, _site) = rack().await;
    store(&home).put(&CredentialId(ORPHAN.into()), &Secret::token(STRANGER.into())).unwrap();
    assert_eq!(home.secrets(), 2);
    assert_snapshot!(home.run("doctor").await, @r#"
    ok  rack      [home]/data/rack.db: 1 credential, 1 host
    ok  store     file store opens (age files in [home]/data/secrets, asked for by KEYRACK_STORE)
    ok  journal   nothing was left unfinished
    BAD orphans   1 secret without a record on the rack
                  keyrack doctor --fix removes them
    ok  records   every record has its secret
    ok  modes     nobody else may get at keyrack's files
    ok  config    [home]/config: settings, keys, theme dark
    ok  terminal  none here: verbs work, the screens need one
    --- exit 1
    "#);
    assert_eq!(home.secrets(), 2);
    home.run("doctor --fix").await.exits(0).says("removed 1 secret");
    assert_eq!(home.secrets(), 1);
    home.run("doctor").await.exits(0);
    home.run("check").await.exits(0).says("1 valid");
}

#[tokio::test]
async fn an_interrupted_add_is_undone() {
    let (home, _site) = rack().await;
    let id = CredentialId(ORPHAN.into());
    store(&home).put(&id, &Secret::token(STRANGER.into())).unwrap();
    interrupt(&home, "add", "half", &id, &["stored"]);
    assert_snapshot!(home.run("doctor").await, @r#"
    ok  rack      [home]/data/rack.db: 1 credential, 1 host
    ok  store     file store opens (age files in [home]/data/secrets, asked for by KEYRACK_STORE)
    BAD journal   add of `half` was interrupted
                  keyrack doctor --fix settles it
    ok  orphans   every secret in the store has its record
    ok  records   every record has its secret
    ok  modes     nobody else may get at keyrack's files
    ok  config    [home]/config: settings, keys, theme dark
    ok  terminal  none here: verbs work, the screens need one
    --- exit 1
    "#);
    assert_snapshot!(home.run("doctor --fix").await, @r#"
    ok  rack      [home]/data/rack.db: 1 credential, 1 host
    ok  store     file store opens (age files in [home]/data/secrets, asked for by KEYRACK_STORE)
    ok  journal   add of `half`: it never reached the rack; its secret was removed from the store
    ok  orphans   every secret in the store has its record
    ok  records   every record has its secret
    ok  modes     nobody else may get at keyrack's files
    ok  config    [home]/config: settings, keys, theme dark
    ok  terminal  none here: verbs work, the screens need one
    --- exit 0
    "#);
    assert_eq!(home.secrets(), 1);
    home.run("doctor").await.exits(0);
    home.pipe(STRANGER, "add --label half --host gitlab --no-check").await.exits(0);
}

#[tokio::test]
async fn an_interrupted_revoke_is_finished_only_where_the_host_had_refused_it() {
    let (home, site) = rack().await;
    home.add(&site, "docs-preview", "gitlab").await;
    interrupt(&home, "revoke", "release-train", &id_of(&home, "release-train"), &["asked", "dead"]);
    interrupt(&home, "revoke", "docs-preview", &id_of(&home, "docs-preview"), &["asked"]);
    home.run("doctor").await.exits(1).says("revoke of `release-train` was interrupted");
    assert_snapshot!(home.run("doctor --fix").await, @r#"
    ok  rack      [home]/data/rack.db: 2 credentials, 1 host
    ok  store     file store opens (age files in [home]/data/secrets, asked for by KEYRACK_STORE)
    ok  journal   revoke of `release-train`: the host had refused it; its secret was destroyed
    ok  journal   revoke of `docs-preview`: the host was asked to revoke it and the answer was lost: check it to see whether it is dead
    ok  orphans   every secret in the store has its record
    ok  records   every record has its secret
    ok  modes     nobody else may get at keyrack's files
    ok  config    [home]/config: settings, keys, theme dark
    ok  terminal  none here: verbs work, the screens need one
    --- exit 0
    "#);
    assert_eq!(home.secrets(), 1);
    home.run("list").await.says("revoked");
    home.run("check docs-preview").await.exits(0);
    home.run("doctor").await.exits(0);
}

#[tokio::test]
async fn the_next_act_settles_what_a_crash_left_by_itself() {
    let (home, _site) = rack().await;
    let id = CredentialId(ORPHAN.into());
    store(&home).put(&id, &Secret::token(STRANGER.into())).unwrap();
    interrupt(&home, "add", "half", &id, &["stored"]);
    home.pipe("glpat-ExampleFakeStrangr02", "add --label next --host gitlab --no-check").await.exits(0);
    assert_eq!(home.secrets(), 2);
    home.run("doctor").await.exits(0);
    home.run("log").await.exits(0).says("recover");
}

#[tokio::test]
async fn a_record_whose_secret_is_gone_is_told_with_the_way_out() {
    let (home, _site) = rack().await;
    store(&home).delete(&id_of(&home, "release-train")).unwrap();
    home.run("doctor").await.exits(1).says("the secret of `release-train`").says("keyrack forget release-train");
    home.run("doctor --fix").await.exits(1);
    home.run("forget release-train --yes").await.exits(0);
    home.run("doctor").await.exits(0);
}

#[tokio::test]
async fn what_keeps_the_settings_or_the_rack_from_being_read_is_what_it_tells() {
    let (home, _site) = rack().await;
    home.configure("warm_days = 3\n");
    let ran = home.run("doctor").await.exits(1);
    ran.says("BAD config").says("warm_days");
    home.configure("");
    std::fs::set_permissions(home.data(), std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    home.run("doctor").await.exits(1).says("BAD modes").says("chmod 0700");
    home.run("doctor --fix").await.exits(0).says("has 0700 now");
    home.run("doctor").await.exits(0);
}
