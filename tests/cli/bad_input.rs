//! What people really give to `add`: cleaned, said so, and the right secret kept.

use insta::assert_snapshot;
use keyrack::simulator::codecommit::CodeCommit;
use keyrack::simulator::gitlab::GitLabSite;

use crate::support::{Home, seed, start};

#[tokio::test]
async fn what_was_removed_is_said_and_the_token_works() {
    let site = start(GitLabSite::com()).await;
    let token = seed(&site, "release-train").secret;
    for (text, note) in [
        (format!("{token}\r\n"), ""),
        (format!("  \"{token}\" \n"), "removed quotes"),
        (format!("Bearer {token}"), "removed the word before the token"),
        (format!("\u{feff}{token}\u{200b}"), "removed 2 invisible characters"),
        (format!("{}\n{}", &token[..30], &token[30..]), "joined a token"),
        (format!("GITLAB_TOKEN={token}"), "environment or configuration line"),
        (format!("{{\"token\": \"{token}\"}}"), "JSON"),
        (format!("PRIVATE-TOKEN: {token}"), "header"),
        (format!("curl --header \"PRIVATE-TOKEN: {token}\" \\\n  \"https://gitlab.com/api/v4/user\""), "curl"),
        (format!("machine gitlab.com login mara password {token}"), ".netrc"),
    ] {
        let home = Home::new();
        home.host("gitlab", &site).await;
        let ran = home.pipe(&text, "add --label ci --host gitlab").await;
        assert_eq!(ran.code, 0, "{text:?}: {ran}");
        ran.says(note).says("valid").lacks(&token);
    }
}

#[tokio::test]
async fn a_clone_url_names_host_and_user() {
    let (home, site) = (Home::new(), start(GitLabSite::com()).await);
    let token = seed(&site, "release-train").secret;
    home.host("gitlab.com", &site).await;
    let ran = home.pipe(&format!("https://mara:{token}@gitlab.com/acme/app.git"), "add --label ci").await;
    assert_snapshot!(ran, @r#"
    --- stderr
    note: split a URL into host, user name and token
    usage error: it is not known at which host this token is used
      Say it with --host NAME (of a host on the rack) or --host URL.
    --- exit 2
    "#);
    assert_eq!(home.run("show ci --json").await.json()["credential"]["username"], "mara");
}

#[tokio::test]
async fn an_aws_console_csv_is_a_key() {
    let (home, site) = (Home::new(), start(CodeCommit::default()).await);
    home.host("aws", &site).await;
    let alice = seed(&site, "aws-alice");
    let csv = format!("\u{feff}Access key ID,Secret access key\r\n{},{}\r\n", alice.username.unwrap(), alice.secret);
    assert_snapshot!(home.pipe(&csv, "add --label alice --host aws").await, @r#"
    ● valid at aws: accepted by STS GetCallerIdentity as arn:aws:iam::123456789012:user/dev/alice
    added `alice`; its secret is in the file store
    --- stderr
    note: removed an invisible character
    note: took the secret out of a CSV file
    --- exit 0
    "#);
}

#[tokio::test]
async fn a_paste_without_a_token_says_what_to_paste() {
    let home = Home::new();
    for text in ["", "hello there, no token", "curl https://gitlab.com", "$GITLAB_TOKEN", "AKIARZPUZDIKAAISEM2E"] {
        let ran = home.pipe(text, "add --label x --host https://gitlab.com").await.exits(2);
        ran.says("paste").says("Paste the token itself");
    }
    let (mut io, _out, err) = keyrack::cli::Io::piped("", home.env.clone(), home.clock);
    io.stdin = keyrack::cli::Input::Text(zeroize::Zeroizing::new(vec![0xff, 0xfe, 0x41]));
    let words = ["keyrack", "add", "--label", "x", "--host", "https://gitlab.com"].map(Into::into);
    assert!(matches!(keyrack::cli::run(words, &mut io).await, keyrack::cli::Outcome::Exit(2)));
    assert!(String::from_utf8_lossy(&err.lock().unwrap()).contains("not UTF-8"));
}
