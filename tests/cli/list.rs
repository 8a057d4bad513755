//! `list`, `show` and `log`: the rack from memory.

use insta::assert_snapshot;
use keyrack::simulator::gitlab::GitLabSite;

use crate::support::{Home, start};

#[tokio::test]
async fn the_query_and_the_tags_filter() {
    let home = Home::bare();
    let labels = |ran: crate::support::Ran| -> Vec<String> {
        let rows = ran.json()["credentials"].as_array().unwrap().clone();
        rows.iter().map(|r| r["label"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(labels(home.run("demo list release-tr --json").await), ["release-train"]);
    assert_eq!(labels(home.run("demo list GITLAB.COM mirror-bot --json").await), ["mirror-bot"]);
    assert_eq!(labels(home.run("demo list gitlab --tag docs --json").await), ["docs-preview"]);
    assert!(labels(home.run("demo list nothing-of-the-sort --json").await).is_empty());
    assert_snapshot!(home.run("demo list nothing-of-the-sort").await, @r#"
    --- stderr
    nothing on the rack matches
    --- exit 0
    "#);
}

#[tokio::test]
async fn a_row_tells_everything_but_the_secret() {
    let (home, site) = (Home::new(), start(GitLabSite::com()).await);
    home.host("gitlab", &site).await;
    home.add(&site, "docs-preview", "gitlab").await;
    assert_snapshot!(home.run("list --json").await, @r#"
    {
      "credentials": [
        {
          "account": "mara.lindqvist",
          "added_at": "2026-11-23T04:00:00Z",
          "bindings": [
            {
              "host": "gitlab",
              "role": null
            }
          ],
          "checked_at": "2026-11-23T04:00:00Z",
          "expires_at": "2026-11-28T00:00:00Z",
          "family": "gitlab",
          "findings": [],
          "hint": "glpat-…wpvo",
          "hosts": [
            "gitlab"
          ],
          "kind": "pat",
          "label": "docs-preview",
          "last_real": null,
          "note": "",
          "owner": null,
          "profiles": [],
          "secret": "present",
          "store": "file",
          "tags": [
            "docs"
          ],
          "username": null,
          "verdict": "expiring"
        }
      ],
      "schema": 1
    }
    --- exit 0
    "#);
    assert_snapshot!(home.run("show docs-preview --json").await.json()["history"], @r#"[{"checked_at":"2026-11-23T04:00:00Z","reason":"accepted by GET /personal_access_tokens/self; ends in 4 days","verdict":"expiring"}]"#);
}

#[tokio::test]
async fn show_lists_the_history() {
    let (mut home, site) = (Home::new(), start(GitLabSite::com()).await);
    home.host("gitlab", &site).await;
    home.add(&site, "docs-preview", "gitlab").await;
    home.later(24);
    home.run("check").await.exits(0);
    assert_snapshot!(home.run("show docs-preview --history 2").await, @r#"
    docs-preview
      kind      GitLab, personal access token (legacy scopes; impersonation tokens too)
      secret    glpat-…wpvo in the file store
      expires   2026-11-28 (in 3 days)
      used at   gitlab
      tags      docs
      added     2026-11-23 (24 hours ago)

    ◐ expiring at gitlab (https://gitlab.com), just now: accepted by GET /personal_access_tokens/self; ends in 3 days
      as mara.lindqvist (user, id 100)
      grants: read_api, self_rotate, read_repository, read_registry
      GET http://127.0.0.1:PORT/api/v4/personal_access_tokens/self -> 200 in N ms (active: true, revoked: false, scopes: read_api self_rotate)
      GET http://127.0.0.1:PORT/api/v4/user -> 200 in N ms (username: mara.lindqvist)

    history
      2026-11-24 04:00  ◐ expiring  accepted by GET /personal_access_tokens/self; ends in 3 days
      2026-11-23 04:00  ◐ expiring  accepted by GET /personal_access_tokens/self; ends in 4 days
    --- exit 0
    "#);
}

#[tokio::test]
async fn the_log_tells_who_did_what_newest_first() {
    let (home, site) = (Home::new(), start(GitLabSite::com()).await);
    home.host("gitlab", &site).await;
    home.add(&site, "release-train", "gitlab").await;
    home.run("edit release-train --label train --tag prod").await.exits(0);
    home.run("check train").await.exits(0);
    home.run("revoke train --yes").await.exits(0);
    home.run("forget train").await.exits(0);
    assert_snapshot!(home.run("log").await, @r#"
    2026-11-23 04:00:00Z  ana  forget    train                  done  its host was not told
    2026-11-23 04:00:00Z  ana  revoke    train          gitlab  done  revoked at gitlab, seen refused there, and its secret destroyed here
    2026-11-23 04:00:00Z  ana  check                            done  1 of 1 validated
    2026-11-23 04:00:00Z  ana  edit      train                  done  label (was release-train)
    2026-11-23 04:00:00Z  ana  add       release-train  gitlab  done  pat
    2026-11-23 04:00:00Z  ana  host-add                 gitlab  done  gitlab at https://gitlab.com
    --- exit 0
    "#);
    assert_eq!(home.run("log --json -n 1").await.json()["entries"].as_array().unwrap().len(), 1);
    home.run("log gitlab").await.exits(0).says("host-add").lacks("edit");
    home.run("log nobody").await.exits(0);
}
