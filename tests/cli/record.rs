//! `host test --record`: the redacted transcript.

use keyrack::simulator::github::GitHubSite;
use keyrack::simulator::{Site as _, sites};

use crate::support::{Home, now, serve, start};

/// Runs on the demo, so that every family that has a simulated host is recorded; what a host that keyrack was written for
/// answers is what keyrack expects.
#[tokio::test]
async fn every_familys_simulated_host_answers_as_expected_and_nothing_private_is_written() {
    for site in sites() {
        let home = Home::bare();
        let roster = site.roster(now());
        let first = roster.first().unwrap();
        let file = home.dir.path().join("transcript.md");
        let line = format!("demo host test {} --using {} --record '{}'", site.name(), first.label, file.display());
        let ran = home.run(&line).await;
        let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}: {ran}", site.name()));
        assert!(text.contains("expects\n\nNone.\n") && text.contains("\n## "), "{}: {text}", site.name());
        for part in first.secret.lines() {
            assert!(!text.contains(part), "{}: a secret was written", site.name());
        }
        for name in first.username.iter().filter(|n| n.len() > 3) {
            assert!(!text.contains(name.as_str()), "{}: `{name}` was written: {text}", site.name());
        }
        assert!(!text.contains("127.0.0.1"), "{}: an address was written: {text}", site.name());
    }
}

#[tokio::test]
async fn a_host_that_answers_otherwise_is_told_apart() {
    let home = Home::new();
    let body = r#"{"login":7,"id":1,"type":"User"}"#;
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-GitHub-Request-Id: A:1\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let server = serve(move |_| answer.clone().into_bytes()).await;
    let token = GitHubSite::dot_com().roster(now())[0].secret.clone();
    home.run(&format!("host add hub https://github.com --endpoint api={}", server.url)).await;
    home.pipe(&token, "add --label one --host hub --no-check").await.exits(0);
    let file = home.dir.path().join("t.md");
    home.run(&format!("host test hub --using one --record '{}'", file.display())).await;
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("the field `login` is number, on record it is string"), "{text}");
    assert!(text.contains("without the header `x-github-media-type`"), "{text}");
    assert!(!text.contains(&token));
}

#[tokio::test]
async fn a_transcript_needs_a_credential_and_a_folder() {
    let (home, site) = (Home::new(), start(GitHubSite::dot_com()).await);
    let token = &site.site.roster(now())[0].secret;
    home.run(&format!("host add hub https://github.com --endpoint api={}", site.listen)).await;
    home.pipe(token, "add --label one --host hub --no-check").await.exits(0);
    home.run("host test hub --record t.md").await.exits(2).says("--using");
    home.run("host test hub --using one --record /nowhere/at/all/t.md").await.exits(70).says("could not be written");
}
