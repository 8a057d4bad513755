//! `revoke`: at the host, by hand, by somebody else; proved before anything is destroyed here.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use insta::assert_snapshot;
use keyrack::domain::RevokeEnd;
use keyrack::net::client::{Network, Timeouts};
use keyrack::net::proxy::ProxyEnv;
use keyrack::ops::{Core, Settings, Vault};
use keyrack::simulator::bitbucket_datacenter::{BitbucketDatacenter, PASSWORD};
use keyrack::simulator::codecommit::CodeCommit;
use keyrack::simulator::gitlab::GitLabSite;
use keyrack::store::age_file::AgeFileStore;
use tokio_util::sync::CancellationToken;

use crate::support::{Home, PASSPHRASE, STRANGER, clock, json, seed, serve, start};

#[tokio::test]
async fn at_the_host_then_destroyed_here_then_skipped() {
    let (home, site) = (Home::new(), start(GitLabSite::com()).await);
    home.host("gitlab", &site).await;
    home.add(&site, "release-train", "gitlab").await;
    home.add(&site, "docs-preview", "gitlab").await;
    assert_snapshot!(home.run("revoke release-train --dry-run").await, @r#"
    release-train at gitlab: DELETE http://127.0.0.1:PORT/api/v4/personal_access_tokens/self, signed with the token itself; only this token dies
    --- exit 0
    "#);
    assert_snapshot!(home.run("revoke release-train").await, @r#"
    --- stderr
    release-train at gitlab: DELETE http://127.0.0.1:PORT/api/v4/personal_access_tokens/self, signed with the token itself; only this token dies
    usage error: a confirmation is needed. This cannot be undone
      Say `--yes` where nobody can be asked.
    --- exit 2
    "#);
    assert_eq!(home.secrets(), 2);
    assert_snapshot!(home.run("revoke release-train --yes").await, @r#"
    release-train: revoked - revoked at gitlab, seen refused there, and its secret destroyed here
    --- exit 0
    "#);
    assert_eq!(home.secrets(), 1);
    home.run("show release-train").await.exits(0).says("destroyed");
    let all = home.run("check --json").await.exits(0).json();
    assert_eq!(all["results"].as_array().unwrap().len(), 1);
    assert_snapshot!(home.run("check release-train").await, @r#"
    --- stderr
    nothing to check: what was asked for is revoked, its secret destroyed
    --- exit 0
    "#);
    home.run("revoke release-train --yes").await.exits(0).says("already dead");
    home.pipe(&seed(&site, "release-train").secret, "add --label again --host gitlab")
        .await
        .exits(5)
        .says("nothing was kept");
}

#[tokio::test]
async fn several_at_once_and_as_json() {
    let (home, site) = (Home::new(), start(GitLabSite::com()).await);
    home.host("gitlab", &site).await;
    for label in ["release-train", "old-laptop", "metrics-crawler"] {
        home.add(&site, label, "gitlab").await;
    }
    let ran = home.run("revoke release-train old-laptop metrics-crawler --yes --json").await;
    let ends: Vec<_> =
        ran.json()["results"].as_array().unwrap().iter().map(|r| r["end"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ends, ["revoked", "already-dead", "unreachable"], "{ran}");
    assert_eq!(ran.code, 4);
    assert_eq!(home.secrets(), 1, "what could not be asked is kept");
}

#[tokio::test]
async fn by_hand_the_steps_are_shown_and_the_exit_code_is_5() {
    let (home, site) = (Home::new(), start(GitLabSite::self_managed()).await);
    home.host("acme", &site).await;
    home.add(&site, "acme-glab", "acme").await;
    assert_snapshot!(home.run("revoke acme-glab --yes").await, @r#"
    acme-glab: by hand - revoking an OAuth token by API needs the id and secret of its application, which only the application has: do it by hand, then run the same again, which proves it dead and destroys it here
      open http://127.0.0.1:PORT/gitlab/-/user_settings/applications
      1. Sign in on the web as the account the token acts for.
      2. Open your avatar > Edit profile > Applications, the list of applications you authorised.
      3. Revoke the application that holds the token: its access and refresh tokens for you stop working. An access token otherwise ends by itself, after two hours by default.
    --- exit 5
    "#);
    assert_eq!(home.secrets(), 1);
}

#[tokio::test]
async fn a_password_is_asked_for_used_once_and_kept_nowhere() {
    let (home, site) = (Home::new(), start(BitbucketDatacenter::new()).await);
    home.host("bucket", &site).await;
    home.add(&site, "bitbucket-read", "bucket").await;
    assert_snapshot!(home.run("revoke bitbucket-read --yes").await, @r#"
    bitbucket-read: needs a signer - Bitbucket lets no token revoke a user's token: it wants that user's name and password (where Basic authentication is disabled or sign-in is by SSO only, it is done in the browser)
      say who signs: --using ask:USER (that account's password), or --using LABEL
    --- exit 5
    "#);
    let ran = home.pipe("not-the-password\n", "revoke bitbucket-read --using ask:jdoe --yes").await.exits(5);
    ran.says("refused").lacks("not-the-password");
    assert_eq!(home.secrets(), 1);
    home.pipe("", "revoke bitbucket-read --using ask:jdoe --yes").await.exits(2).says("no password");
    home.pipe("x", "revoke bitbucket-read --using ask: --yes").await.exits(2).says("ask:");
    let ran = home.pipe(&format!("{PASSWORD}\n"), "revoke bitbucket-read --using ask:jdoe --yes").await;
    ran.lacks(PASSWORD);
    assert_snapshot!(ran, @r#"
    bitbucket-read: revoked - revoked at bucket, seen refused there, and its secret destroyed here
    --- exit 0
    "#);
    assert!(!home.files().contains(PASSWORD));
    assert_eq!(home.secrets(), 0);
}

#[tokio::test]
async fn another_credential_signs() {
    let (home, site) = (Home::new(), start(CodeCommit::default()).await);
    home.host("aws", &site).await;
    home.add(&site, "aws-alice", "aws").await;
    home.add(&site, "aws-bob", "aws").await;
    home.run("revoke aws-bob --using nobody --yes").await.exits(2);
    let ran = home.run("revoke aws-bob --using aws-alice --yes").await.exits(0);
    ran.says("revoked at aws");
    assert_eq!(home.secrets(), 1);
    home.run("check aws-alice").await.exits(0);
}

#[tokio::test]
async fn a_credential_is_never_sent_to_a_host_that_it_does_not_belong_to() {
    let (home, aws, lab) = (Home::new(), start(CodeCommit::default()).await, start(GitLabSite::com()).await);
    home.host("aws", &aws).await;
    home.host("lab", &lab).await;
    home.add(&aws, "aws-alice", "aws").await;
    home.add(&lab, "release-train", "lab").await;
    for line in [
        "revoke release-train --using aws-alice --yes",
        "revoke release-train --using aws-alice --dry-run",
        "rotate release-train --using aws-alice --yes",
        "inventory lab --using aws-alice",
        "create --label more --host lab --using aws-alice",
    ] {
        home.run(line).await.exits(2).says("cannot sign at lab");
    }
    let both = "revoke release-train aws-alice --using ask:jdoe --yes";
    home.pipe("a-password", both).await.exits(2).says("it belongs to one host").lacks("a-password");
    assert_eq!(home.secrets(), 2);
}

#[tokio::test]
async fn a_revoked_credential_cannot_sign() {
    let (home, site) = (Home::new(), start(CodeCommit::default()).await);
    home.host("aws", &site).await;
    home.add(&site, "aws-alice", "aws").await;
    home.add(&site, "aws-bob", "aws").await;
    home.run("revoke aws-alice --yes").await.exits(0);
    home.run("revoke aws-bob --using aws-alice --yes").await.exits(2).says("cannot sign");
}

/// A GitLab that takes the order and never answers it; it goes on accepting the token unless `dies`.
async fn silent(dies: bool) -> (crate::support::Server, Arc<AtomicUsize>) {
    let orders = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&orders);
    let server = serve(move |seen| {
        if seen.method() == "DELETE" {
            count.fetch_add(1, Ordering::SeqCst);
            return b"\r\n".to_vec();
        }
        let dead = dies && count.load(Ordering::SeqCst) > 0;
        match seen.path() {
            _ if dead => json(401, r#"{"error":"invalid_token","error_description":"Token was revoked. You have to re-authorize from the user."}"#),
            p if p.contains("tokens/self") => json(200, r#"{"id": 7, "name": "n", "revoked": false, "active": true, "scopes": ["api"], "user_id": 5}"#),
            p if p.ends_with("/user") => json(200, r#"{"id": 5, "username": "ana", "name": "Ana", "state": "active"}"#),
            _ => json(200, r#"{"version": "19.6.0-ee"}"#),
        }
    })
    .await;
    (server, orders)
}

async fn core_with(home: &Home, server: &crate::support::Server) -> (Core, Vec<keyrack::domain::CredentialId>) {
    home.run(&format!("host add lab {} --family gitlab", server.url)).await.exits(0);
    home.pipe(STRANGER, "add --label bot --host lab --no-check").await.exits(0);
    let rack = home.rack();
    let ids = vec![rack.credential_by_label("bot").unwrap().unwrap().id];
    let store = Arc::new(AgeFileStore::open(&home.data(), &PASSPHRASE.into()).unwrap());
    let second = Duration::from_secs(5);
    let timeouts = Timeouts { connect: second, read: second, total: second };
    let settings = Settings { confirm_after: vec![Duration::ZERO; 2], ..Settings::default() };
    let core = Core {
        rack,
        vault: Vault::over(store, "a test"),
        network: Network::new(ProxyEnv::from_vars(|_| None), timeouts, "keyrack-test"),
        clock: clock(),
        settings,
        user: "ana".into(),
    };
    (core, ids)
}

#[tokio::test]
async fn an_answer_that_was_lost_is_unknown_asked_once_and_the_secret_kept() {
    let home = Home::new();
    let (server, orders) = silent(false).await;
    let (core, ids) = core_with(&home, &server).await;
    let results = core.revoke(&ids, None, &CancellationToken::new(), |_| {}).await.unwrap();
    assert_eq!(results[0].end, RevokeEnd::Unknown, "{results:#?}");
    assert!(results[0].message.contains("answer was lost"), "{}", results[0].message);
    assert_eq!(orders.load(Ordering::SeqCst), 1, "an order is never repeated by itself");
    assert_eq!(home.secrets(), 1);
    drop(core);
    home.run("log bot").await.says("unknown");
    home.run("doctor").await.exits(0);
}

#[tokio::test]
async fn an_answer_that_was_lost_but_worked_is_seen_by_looking() {
    let home = Home::new();
    let (server, orders) = silent(true).await;
    let (core, ids) = core_with(&home, &server).await;
    let results = core.revoke(&ids, None, &CancellationToken::new(), |_| {}).await.unwrap();
    assert_eq!(results[0].end, RevokeEnd::Revoked, "{results:#?}");
    assert_eq!(orders.load(Ordering::SeqCst), 1);
    assert_eq!(home.secrets(), 0);
}

#[tokio::test]
async fn stopped_before_anything_was_sent() {
    let home = Home::new();
    let (server, orders) = silent(true).await;
    let (core, ids) = core_with(&home, &server).await;
    let cancel = CancellationToken::new();
    cancel.cancel();
    let results = core.revoke(&ids, None, &cancel, |_| {}).await.unwrap();
    assert_eq!(results[0].end, RevokeEnd::Cancelled);
    assert_eq!((orders.load(Ordering::SeqCst), home.secrets()), (0, 1));
}
