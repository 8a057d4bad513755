//! `identify`: offline, nothing kept.

use insta::assert_snapshot;

use crate::support::Home;

#[tokio::test]
async fn a_known_form_is_named_with_what_it_carries() {
    let home = Home::bare();
    assert_snapshot!(home.pipe("glpat-ExampleFakeStrangr01\n", "identify").await, @r#"
    GitLab: personal access token (legacy scopes; impersonation tokens too) (pat), certain, type personal, project or group access token (unverified)
    --- exit 0
    "#);
    assert_snapshot!(home.pipe("glpat-ExampleFakeStrangr01\n", "identify --json").await, @r#"
    {
      "candidates": [
        {
          "carries": {
            "type": "personal, project or group access token"
          },
          "certain": true,
          "checksum": "none",
          "family": "gitlab",
          "kind": "pat"
        }
      ],
      "notes": [],
      "schema": 1,
      "url": null,
      "username": null,
      "warnings": []
    }
    --- exit 0
    "#);
    assert!(!home.data().exists(), "identify made files");
}

#[tokio::test]
async fn a_checksum_that_does_not_fit_is_a_warning() {
    let home = Home::bare();
    let good = "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";
    home.pipe(good, "identify").await.exits(0).says("checksum ok").says("GitHub");
    let cut = good.replace("Real", "Reel");
    let ran = home.pipe(&cut, "identify --json").await.exits(0);
    assert_eq!(ran.json()["candidates"][0]["checksum"], "mismatch", "{ran}");
    home.pipe(&cut, "identify").await.exits(0).says("warning: the checksum");
    let mut home = Home::new();
    home.set("HTTPS_PROXY", "http://127.0.0.1:1");
    let ran = home.pipe(&cut, "add --label x --host https://github.com --no-check").await.exits(0);
    ran.says("warning: the checksum").says("added `x`");
}

#[tokio::test]
async fn an_aws_key_id_tells_its_account() {
    let home = Home::bare();
    let ran =
        home.pipe("AKIARZPUZDIKAAISEM2E\nKeyrackDemoOnly/alice++++/bPxEXAMPLEKEYS", "identify --json").await.exits(0);
    assert_eq!(ran.json()["candidates"][0]["carries"]["account"], "123456789012", "{ran}");
    assert_eq!(ran.json()["username"], "AKIARZPUZDIKAAISEM2E");
}

#[tokio::test]
async fn an_unknown_form_and_nothing_at_all() {
    let home = Home::bare();
    assert_snapshot!(home.pipe("mysterious-token-0123456789\n", "identify").await, @r#"
    unknown: no product keyrack knows has tokens of this form; say where it belongs with --host
    --- exit 0
    "#);
    assert_snapshot!(home.pipe(" \n\n", "identify").await, @r#"
    --- stderr
    usage error: nothing was pasted
      Paste the token itself, a header, an environment line, a URL with it, or a curl command.
    --- exit 2
    "#);
    home.args("", &["identify", "--secret-file", "/nonexistent"]).await.exits(2);
    let long = "x".repeat(65 * 1024 + 1);
    home.pipe(&long, "identify").await.exits(2);
}
