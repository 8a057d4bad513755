//! A secret in the wrong place: as an argument, in a label, in a proxy's URL. It is refused and not repeated.

use crate::program::Home;

const TOKEN: &str = "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";

#[test]
fn a_token_as_an_argument_is_refused_unrepeated_and_kept_nowhere() {
    let home = Home::new();
    let url = format!("https://oauth2:{TOKEN}@git.example.test");
    let (assigned, header) = (format!("--label={TOKEN}"), format!("Authorization: Bearer {TOKEN}"));
    for args in [
        &[TOKEN][..],
        &["add", TOKEN],
        &["add", "--token", TOKEN],
        &["add", "--label", TOKEN, "--host", "github.com"],
        &["add", &assigned],
        &["identify", TOKEN],
        &["identify", &header],
        &["show", TOKEN],
        &["check", TOKEN, "--json"],
        &["host", "add", "x", &url],
        &["host", "add", "x", "https://git.example.test", "--endpoint", TOKEN],
        &["edit", "x", "--note", &format!("the token is {TOKEN}.")],
        &["--color", TOKEN],
    ] {
        let (code, text) = home.run("077", args, "");
        assert_eq!(code, 2, "{args:?}: {text}");
        assert!(!text.contains("NotAReal") && text.contains("token"), "{text}");
    }
    assert!(!home.data().join("rack.db").exists(), "nothing was even opened");
}

#[test]
fn public_names_are_no_tokens() {
    let home = Home::new();
    let ordinary = "a-label-with-2026-11-23-in-it-and-more-words";
    for name in ["AKIAIOSFODNN7EXAMPLE", "ana.lopez-at-123456789012", "ana-at-123456789012+1", ordinary] {
        let (_, text) = home.run("077", &["show", name], "");
        assert!(!text.contains("given as an argument"), "{name}: {text}");
    }
}

#[test]
fn a_host_record_keeps_no_password() {
    let home = Home::new();
    let add = |extra: &[&str]| {
        let args = [&["host", "add", "lab", "https://git.example.test", "--family", "gitlab"], extra].concat();
        let (code, text) = home.run("077", &args, "");
        assert_eq!(code, 2, "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    };
    add(&["--proxy", "http://ana:hunter2@127.0.0.1:1"]);
    add(&["--proxy", "ana:hunter2@127.0.0.1:1"]);
    add(&["--endpoint", "api=https://ana:hunter2@git.example.test/api"]);
    add(&["--endpoint", "api=https://git.example.test/api?t="]);
    add(&["--endpoint", "api=https://git.example.test/api#"]);
}

#[test]
fn plain_http_goes_to_this_machine_only() {
    let home = Home::new();
    for url in [
        "http://localhost.evil.test",
        "http://127.0.0.1.evil.test",
        "http://evil.test/127.0.0.1",
        "http://127.0.0.1@evil.test",
        "http://0.0.0.0",
        "http://2130706434.test",
        "http://3232235521",
        "http://0xc0a80001",
        "http://[::ffff:10.0.0.1]",
        "http://[::]",
        "http://[fe80::1]",
    ] {
        let (code, text) = home.run("077", &["host", "add", "lab", url, "--family", "gitlab"], "");
        assert_eq!(code, 2, "{url}: {text}");
    }
}
