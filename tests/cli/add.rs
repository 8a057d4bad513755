//! `add`: onto the rack, validated first; labels, hosts, roles, duplicates.

use insta::assert_snapshot;
use keyrack::simulator::bitbucket_datacenter::BitbucketDatacenter;
use keyrack::simulator::codecommit::CodeCommit;
use keyrack::simulator::gitlab::GitLabSite;

use crate::support::{Home, STRANGER, seed, start};

#[tokio::test]
async fn a_good_token_is_validated_kept_and_shown() {
    let (home, site) = (Home::new(), start(GitLabSite::com()).await);
    home.host("gitlab", &site).await;
    let secret = seed(&site, "release-train").secret;
    let line = "add --label ci --host gitlab --tag prod --tag ci --owner service --note 'for releases'";
    assert_snapshot!(home.pipe(&secret, line).await, @r#"
    ● valid at gitlab: accepted by GET /personal_access_tokens/self
    added `ci`; its secret is in the file store
    --- exit 0
    "#);
    assert_snapshot!(home.run("list").await, @r#"
             LABEL  HOST    KIND  ACCOUNT         EXPIRES     CHECKED   TAGS
    ● valid  ci     gitlab  pat   mara.lindqvist  2027-03-01  just now  ci,prod
    --- exit 0
    "#);
    assert_snapshot!(home.run("show ci").await, @r#"
    ci
      kind      GitLab, personal access token (legacy scopes; impersonation tokens too)
      secret    glpat-…pnqm in the file store
      expires   2027-03-01 (in 97 days)
      owner     service
      tags      ci, prod
      note      for releases
      added     2026-11-23 (just now)

    ● valid at gitlab (https://gitlab.com), just now: accepted by GET /personal_access_tokens/self
      as mara.lindqvist (user, id 100)
      grants: api, self_rotate, read_api, read_user, read_repository, write_repository, read_registry, write_registry
      GET http://127.0.0.1:PORT/api/v4/personal_access_tokens/self -> 200 in N ms (active: true, revoked: false, scopes: api self_rotate)
      GET http://127.0.0.1:PORT/api/v4/user -> 200 in N ms (username: mara.lindqvist)
    --- exit 0
    "#);
    assert_eq!(home.secrets(), 1);
}

#[tokio::test]
async fn the_result_as_json() {
    let (home, site) = (Home::new(), start(GitLabSite::com()).await);
    home.host("gitlab", &site).await;
    let ran = home.pipe(&seed(&site, "release-train").secret, "add --label ci --host gitlab --json").await.exits(0);
    let json = ran.json();
    assert_eq!((&json["added"], &json["store"]), (&"ci".into(), &"file".into()));
    assert_eq!(json["results"][0]["verdict"], "valid");
    assert_eq!(ran.err, "");
}

#[tokio::test]
async fn a_token_that_the_host_refuses_is_kept_only_when_asked_for() {
    let (home, site) = (Home::new(), start(GitLabSite::com()).await);
    home.host("gitlab", &site).await;
    assert_snapshot!(home.pipe(STRANGER, "add --label bad --host gitlab").await, @r#"
    --- stderr
    ✗ rejected: GitLab does not know this token
      GitLab does not know this token [gitlab.token-unknown]
        why:    401 without a reason: the token is mistyped or deleted, or belongs to another GitLab host (tokens look alike everywhere). It may also be that the administrators switched access tokens off.
        remedy: Check first that http://127.0.0.1:PORT is the host it was made at, then paste it again from where it is kept. If both are right, make a new one at http://127.0.0.1:PORT/-/user_settings/personal_access_tokens.
        see:    https://docs.gitlab.com/security/tokens/token_troubleshooting/
      GET http://127.0.0.1:PORT/api/v4/personal_access_tokens/self -> 401 in N ms (401 Unauthorized; correlation id 01KEYRACKDEMO0000000000000)
    refused: the host says rejected: nothing was kept
      Keep it all the same with --yes, or without asking the host with --no-check.
    --- exit 5
    "#);
    home.run("show bad").await.exits(2);
    assert_eq!(home.secrets(), 0);
    home.pipe(STRANGER, "add --label bad --host gitlab --yes").await.exits(1).says("added `bad`");
    home.pipe("glpat-ExampleFakeStrangr02", "add --label bad-2 --host gitlab --no-check").await.exits(0);
    assert_eq!(home.secrets(), 2);
    home.run("list").await.exits(0).says("rejected").says("unchecked");
}

#[tokio::test]
async fn a_label_and_a_secret_are_on_the_rack_once() {
    let (home, site) = (Home::new(), start(GitLabSite::com()).await);
    home.host("gitlab", &site).await;
    home.add(&site, "release-train", "gitlab").await;
    assert_snapshot!(home.pipe(STRANGER, "add --label Release-Train --host gitlab").await, @r#"
    --- stderr
    ✗ rejected: GitLab does not know this token
      GitLab does not know this token [gitlab.token-unknown]
        why:    401 without a reason: the token is mistyped or deleted, or belongs to another GitLab host (tokens look alike everywhere). It may also be that the administrators switched access tokens off.
        remedy: Check first that http://127.0.0.1:PORT is the host it was made at, then paste it again from where it is kept. If both are right, make a new one at http://127.0.0.1:PORT/-/user_settings/personal_access_tokens.
        see:    https://docs.gitlab.com/security/tokens/token_troubleshooting/
      GET http://127.0.0.1:PORT/api/v4/personal_access_tokens/self -> 401 in N ms (401 Unauthorized; correlation id 01KEYRACKDEMO0000000000000)
    refused: the host says rejected: nothing was kept
      Keep it all the same with --yes, or without asking the host with --no-check.
    --- exit 5
    "#);
    let same = seed(&site, "release-train").secret;
    assert_snapshot!(home.pipe(&same, "add --label other --host gitlab").await, @r#"
    --- stderr
    usage error: this very secret is on the rack already, as `release-train`
      See it: keyrack show release-train. To use it at another host, edit its bindings.
    --- exit 2
    "#);
    assert_eq!(home.secrets(), 1);
}

#[tokio::test]
async fn an_unknown_token_asks_for_a_host() {
    let home = Home::new();
    assert_snapshot!(home.pipe("mysterious-token-0123456789", "add --label x").await, @r#"
    --- stderr
    usage error: it is not known at which host this token is used
      Say it with --host NAME (of a host on the rack) or --host URL.
    --- exit 2
    "#);
    assert_eq!(home.secrets(), 0);
}

#[tokio::test]
async fn a_host_is_named_or_a_url_with_or_without_a_role() {
    let (home, site) = (Home::new(), start(GitLabSite::com()).await);
    home.host("gitlab", &site).await;
    home.host("mirror", &site).await;
    let ran = home.pipe(STRANGER, "add --label two --host gitlab=source --host mirror=target --no-check --json").await;
    assert_eq!(ran.code, 0, "{ran}");
    let hosts = &home.run("show two --json").await.json()["credential"]["hosts"];
    assert_eq!(hosts, &serde_json::json!(["gitlab", "mirror"]));
    home.run("show two").await.exits(0).says("source").says("target");
    home.pipe("glpat-ExampleFakeStrangr02", "add --label x --host nowhere --no-check")
        .await
        .exits(2)
        .says("no host `nowhere`");
}

#[tokio::test]
async fn a_url_makes_a_new_host_and_the_same_url_finds_it_again() {
    let home = Home::new();
    let line = "add --label one --host https://gitlab.example.invalid/gitlab=source --no-check";
    assert_snapshot!(home.pipe(STRANGER, line).await, @r#"
    added `one`; its secret is in the file store
    --- stderr
    note: the path was kept as GitLab's relative root; leave it off if it names a group or project
    --- exit 0
    "#);
    let line = "add --label two --host https://gitlab.example.invalid/gitlab/ --no-check";
    home.pipe("glpat-ExampleFakeStrangr02", line).await.exits(0);
    let hosts = home.run("host list --json").await.json();
    assert_eq!(hosts["hosts"].as_array().unwrap().len(), 1, "{hosts:#}");
    assert_eq!(hosts["hosts"][0]["used_by"], serde_json::json!(["one", "two"]));
}

#[tokio::test]
async fn a_failed_add_leaves_no_host_behind() {
    let mut home = Home::new();
    home.set("KEYRACK_PASSPHRASE_FILE", "/nonexistent/passphrase");
    home.pipe(STRANGER, "add --label one --host https://gitlab.example.invalid --no-check").await.exits(2);
    assert_eq!(home.run("host list --json").await.json()["hosts"], serde_json::json!([]));
}

#[tokio::test]
async fn one_credential_belongs_to_one_family() {
    let home = Home::new();
    let (lab, bucket) = (start(GitLabSite::com()).await, start(BitbucketDatacenter::new()).await);
    home.host("lab", &lab).await;
    home.host("bucket", &bucket).await;
    assert_snapshot!(home.pipe(STRANGER, "add --label x --host lab --host bucket").await, @r#"
    --- stderr
    usage error: one credential cannot be used at hosts of different families: bucket is bitbucket-datacenter, lab is gitlab
    --- exit 2
    "#);
    assert_snapshot!(home.pipe(STRANGER, "add --label x --host lab --kind http-access-token").await, @r#"
    --- stderr
    usage error: GitLab has no credential of kind `http-access-token`
      Kinds there: pat, fine-grained-pat, project-token, group-token, service-account-token, oauth-token, git-credential, oauth-client, unknown.
    --- exit 2
    "#);
}

#[tokio::test]
async fn an_aws_key_takes_its_id_beside_and_its_session_token_as_second_line() {
    let (home, site) = (Home::new(), start(CodeCommit::default()).await);
    home.host("aws", &site).await;
    let sso = seed(&site, "aws-sso");
    let line = format!("add --label sso --host aws --username {}", sso.username.unwrap());
    home.pipe(&sso.secret, &line).await.exits(0).says("added `sso`");
    let alice = seed(&site, "aws-alice");
    let (id, secret) = (alice.username.unwrap(), alice.secret);
    home.pipe(&secret, "add --label nameless --host aws --kind access-key").await.exits(2).says("--username");
    let block = format!("[default]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\nregion = eu-west-1\n");
    home.pipe(&block, "add --label alice --host aws").await.exits(0);
    assert_eq!(home.run("show alice --json").await.json()["credential"]["username"], id.as_str());
}

#[tokio::test]
async fn two_lines_for_a_token_of_one_part_are_refused() {
    let (home, site) = (Home::new(), start(GitLabSite::com()).await);
    home.host("gitlab", &site).await;
    assert_snapshot!(home.pipe("0123456789abcdefghij\nsecond-half", "add --label x --host gitlab").await, @r#"
    --- stderr
    usage error: two lines were given, and a pat of GitLab is one
      If the token was broken in two, paste it as one line; another token is added on its own.
    --- exit 2
    "#);
}

#[tokio::test]
async fn labels_tags_and_names_that_would_fool_a_terminal_are_refused() {
    let (home, site) = (Home::new(), start(GitLabSite::com()).await);
    home.host("gitlab", &site).await;
    for (name, value) in [
        ("--label", ""),
        ("--label", " x"),
        ("--label", "a\u{1b}[31mb"),
        ("--label", "a\u{202e}b"),
        ("--label", "a\nb"),
        ("--tag", ""),
        ("--tag", "a\u{200b}b"),
        ("--username", "a\nb"),
    ] {
        let mut args = vec!["add", "--host", "gitlab", "--no-check", name, value];
        if name != "--label" {
            args.extend(["--label", "fine"]);
        }
        let ran = home.args(STRANGER, &args).await;
        assert_eq!(ran.code, 2, "{name} {value:?}: {ran}");
        ran.lacks("\u{1b}").lacks("\u{202e}");
    }
    let long = "x".repeat(81);
    home.args(STRANGER, &["add", "--host", "gitlab", "--label", &long]).await.exits(2).says("at most 80");
    assert_eq!(home.secrets(), 0);
}

#[tokio::test]
async fn an_expiry_is_noted_where_the_host_tells_none() {
    let (home, site) = (Home::new(), start(BitbucketDatacenter::new()).await);
    home.host("bucket", &site).await;
    let secret = seed(&site, "acme-web").secret;
    home.pipe(&secret, "add --label web --host bucket --expires 2026-11-30 --kind repository-token")
        .await
        .exits(0)
        .says("expiring");
    home.run("show web").await.says("2026-11-30").says("as you noted");
    home.pipe(STRANGER, "add --label x --host bucket --expires tomorrow").await.exits(2).says("YYYY-MM-DD");
    home.pipe(STRANGER, "add --label x --host bucket --expires 2020-01-01 --no-check").await.says("has passed");
}

#[tokio::test]
async fn the_secret_may_come_from_a_file() {
    let (home, site) = (Home::new(), start(GitLabSite::com()).await);
    home.host("gitlab", &site).await;
    let path = home.dir.path().join("token");
    std::fs::write(&path, seed(&site, "release-train").secret + "\n").unwrap();
    home.args("", &["add", "--label", "ci", "--host", "gitlab", "--secret-file", path.to_str().unwrap()])
        .await
        .exits(0);
    home.run("add --label y --host gitlab --secret-file /nonexistent").await.exits(2).says("/nonexistent");
}
