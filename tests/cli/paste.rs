//! What people really paste, given to `ops::paste` directly.

use keyrack::ops::paste::{PasteError, Pasted, clean};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::support::Home;

const GITHUB: &str = "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";
const GITLAB: &str = "glpat-ExampleFakeStrangr01";
const KEY_ID: &str = "AKIARZPUZDIKAAISEM2E";
const KEY: &str = "KeyrackDemoOnly/alice++++/bPxEXAMPLEKEYS";

fn token(text: &str) -> Pasted {
    let pasted = clean(text).unwrap_or_else(|e| panic!("{text:?}: {e}"));
    let token = pasted.secret.token.reveal();
    assert!(!token.is_empty() && !token.contains(char::is_whitespace), "{text:?} gave {token:?}");
    pasted
}

#[track_caller]
fn gives(text: &str, secret: &str) -> Pasted {
    let pasted = token(text);
    assert_eq!(pasted.secret.token.reveal(), secret, "{text:?}");
    pasted
}

#[test]
fn a_bare_token_is_taken_as_it_is_and_nothing_is_said() {
    for bare in [GITHUB, GITLAB, "mysterious-token-0123456789", "with/slash+plus=and.dot~tilde", KEY] {
        assert!(gives(bare, bare).notes.is_empty());
        assert!(gives(&format!("{bare}\n"), bare).notes.is_empty(), "a trailing newline is no news");
        assert!(gives(&format!("{bare}\r\n"), bare).notes.is_empty());
    }
}

#[test]
fn everything_around_a_token_is_removed_and_said() {
    let t = GITHUB;
    for text in [
        format!("\"{t}\""),
        format!("'{t}'"),
        format!("`{t}`"),
        format!("“{t}”"),
        format!("<{t}>"),
        format!("{t},"),
        format!("{t};"),
        format!("\u{feff}{t}"),
        format!("{}\u{200b}{}", &t[..9], &t[9..]),
        format!("{t}\u{2060}"),
        format!("\u{1b}{t}"),
        format!("Bearer {t}"),
        format!("bearer   {t}"),
        format!("token {t}"),
        format!("Authorization: Bearer {t}"),
        format!("authorization: token {t}"),
        format!("PRIVATE-TOKEN: {t}"),
        format!("'PRIVATE-TOKEN: {t}'"),
        format!("{}\n{}", &t[..20], &t[20..]),
        format!("{}\r\n{}\r\n", &t[..20], &t[20..]),
        format!("{} {}", &t[..20], &t[20..]),
        format!("GITHUB_TOKEN={t}"),
        format!("export GITHUB_TOKEN={t}"),
        format!("export GITHUB_TOKEN='{t}'"),
        format!("set GITHUB_TOKEN={t}"),
        format!("$env:GITHUB_TOKEN = \"{t}\""),
        format!("GITHUB_TOKEN: {t}"),
        format!("  token: {t}  # mine"),
        format!("- token: \"{t}\""),
        format!("token = \"{t}\""),
        format!("\"token\": \"{t}\","),
        format!("{{\"token\": \"{t}\"}}"),
        format!("{{\n  \"auth\": {{\"github\": {{\"pat\": \"{t}\"}}}}\n}}"),
        format!("MY_THING={t}"),
        format!("github.token={t}"),
        format!("oauth_token: {t}"),
        format!("machine github.com login ana password {t}"),
        format!("machine github.com\n  login ana\n  password {t}\n"),
        format!("https://ana:{t}@github.com/acme/app.git"),
        format!("https://{t}@github.com"),
        format!("https://{t}:x-oauth-basic@github.com"),
        format!("https://github.com/api?access_token={t}"),
        format!("Your new token is {t}. Keep it safe!"),
        format!("--token={t}"),
        format!("-H \"Authorization: token {t}\""),
        format!("# comment\nGITHUB_TOKEN={t}\n"),
        format!("[github]\nuser = ana\ntoken = {t}\n"),
        format!("GET /user HTTP/1.1\r\nHost: api.github.com\r\nAuthorization: Bearer {t}\r\nAccept: */*\r\n\r\n"),
    ] {
        let pasted = gives(&text, t);
        assert!(!pasted.notes.is_empty(), "{text:?} was changed in silence");
        assert!(pasted.secret.session.is_none(), "{text:?}");
        assert!(pasted.notes.iter().all(|n| !n.contains(&t[4..])), "{:?}", pasted.notes);
    }
}

#[test]
fn curl_commands_of_every_shell() {
    let t = GITLAB;
    for text in [
        format!("curl -H 'PRIVATE-TOKEN: {t}' https://gitlab.acme.dev/api/v4/user"),
        format!("$ curl --header \"PRIVATE-TOKEN: {t}\" \\\n  --silent \\\n  \"https://gitlab.acme.dev/api/v4/user\""),
        format!("curl --header \"PRIVATE-TOKEN: {t}\" \\\r\n  https://gitlab.acme.dev/api/v4/user\r\n"),
        format!("curl.exe -H \"Authorization: Bearer {t}\" ^\n  https://gitlab.acme.dev"),
        format!("curl -sSfLH 'Authorization: Bearer {t}' https://gitlab.acme.dev"),
        format!("curl -H'PRIVATE-TOKEN: {t}' https://gitlab.acme.dev"),
        format!("curl -u ana:{t} https://gitlab.acme.dev"),
        format!("curl -sSu {t}: https://gitlab.acme.dev"),
        format!("curl --user={t}:x-oauth-basic https://gitlab.acme.dev"),
        format!("curl --oauth2-bearer {t} --url https://gitlab.acme.dev"),
        format!("curl 'https://gitlab.acme.dev/api/v4/user?private_token={t}'"),
        format!("curl -X POST -d 'token={t}' https://gitlab.acme.dev"),
        format!("curl -H 'PRIVATE-TOKEN: {t} https://gitlab.acme.dev"),
        format!("curl  -H 'PRIVATE-TOKEN: {t}'  -H 'Accept: application/json'   https://gitlab.acme.dev"),
    ] {
        let pasted = gives(&text, t);
        assert!(pasted.notes.iter().any(|n| n.contains("curl")), "{text:?}: {:?}", pasted.notes);
        if !text.contains("TOKEN: glpat-ExampleFakeStrangr01 https") {
            assert!(pasted.url.is_some_and(|u| u.starts_with("https://gitlab.acme.dev")), "{text:?}");
        }
    }
    assert_eq!(gives(&format!("curl -u ana:{t} https://x.example"), t).username.as_deref(), Some("ana"));
}

#[test]
fn user_names_and_urls_beside_a_token_are_kept_and_placeholders_are_not() {
    let pasted = gives(&format!("https://ana%40acme.dev:{GITLAB}@gitlab.acme.dev/a/b.git"), GITLAB);
    assert_eq!(pasted.username.as_deref(), Some("ana@acme.dev"));
    assert_eq!(pasted.url.as_deref(), Some("https://gitlab.acme.dev/a/b.git"));
    let pasted = gives(&format!("https://oauth2:{GITLAB}@gitlab.acme.dev"), GITLAB);
    assert_eq!(pasted.username, None);
    let pasted = gives(&format!("machine gitlab.acme.dev login ana password {GITLAB}"), GITLAB);
    assert_eq!((pasted.username.as_deref(), pasted.url.as_deref()), (Some("ana"), Some("https://gitlab.acme.dev")));
    let pasted = gives(&format!("host: gitlab.acme.dev\nuser: ana\ntoken: {GITLAB}"), GITLAB);
    assert_eq!((pasted.username.as_deref(), pasted.url.as_deref()), (Some("ana"), Some("https://gitlab.acme.dev")));
    // base64 of `ana:` and the token.
    use base64::Engine as _;
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("ana:{GITLAB}"));
    let pasted = gives(&format!("Authorization: Basic {basic}"), GITLAB);
    assert_eq!(pasted.username.as_deref(), Some("ana"));
}

#[test]
fn aws_keys_in_every_form_the_vendor_hands_out() {
    for text in [
        format!("{KEY_ID}\n{KEY}"),
        format!("{KEY_ID}:{KEY}"),
        format!("{KEY_ID},{KEY}"),
        format!("{KEY_ID} {KEY}"),
        format!(
            "[default]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {KEY}\nregion = us-east-1\noutput = json\n"
        ),
        format!("export AWS_ACCESS_KEY_ID={KEY_ID}\nexport AWS_SECRET_ACCESS_KEY={KEY}\nexport AWS_PROFILE=dev\n"),
        format!("SET AWS_ACCESS_KEY_ID={KEY_ID}\r\nSET AWS_SECRET_ACCESS_KEY={KEY}\r\n").replace("SET", "set"),
        format!("\u{feff}Access key ID,Secret access key\r\n{KEY_ID},{KEY}\r\n"),
        format!(
            "User name,Password,Access key ID,Secret access key,Console login link\nbob,,{KEY_ID},{KEY},https://123.signin.aws.amazon.com/console"
        ),
        format!(
            r#"{{"AccessKey": {{"UserName": "bob", "Status": "Active", "CreateDate": "2026-11-23T04:00:00+00:00", "SecretAccessKey": "{KEY}", "AccessKeyId": "{KEY_ID}"}}}}"#
        ),
        format!("    \"UserName\": \"bob\",\n    \"SecretAccessKey\": \"{KEY}\",\n    \"AccessKeyId\": \"{KEY_ID}\","),
    ] {
        let pasted = gives(&text, KEY);
        assert_eq!(pasted.username.as_deref(), Some(KEY_ID), "{text:?}");
        assert!(pasted.secret.session.is_none(), "{text:?}");
    }
    let session = "FwoGZXIvYXdzEXAMPLENotARealSessionToken/+==";
    for text in [
        format!("{KEY_ID}\n{KEY}\n{session}"),
        format!(
            "AWS_ACCESS_KEY_ID={KEY_ID}\nAWS_SECRET_ACCESS_KEY={KEY}\nAWS_SESSION_TOKEN={session}\nAWS_CREDENTIAL_EXPIRATION=2026-11-23T05:00:00Z"
        ),
        format!(
            r#"{{"Credentials": {{"AccessKeyId": "{KEY_ID}", "SecretAccessKey": "{KEY}", "SessionToken": "{session}", "Expiration": "2026-11-23T05:00:00Z"}}}}"#
        ),
        format!("aws_session_token={session}\naws_secret_access_key={KEY}\naws_access_key_id={KEY_ID}"),
    ] {
        let pasted = gives(&text, KEY);
        assert_eq!(pasted.username.as_deref(), Some(KEY_ID), "{text:?}");
        assert_eq!(pasted.secret.session.unwrap().reveal(), session, "{text:?}");
    }
    // Secret and session token without the id: that comes with --username.
    assert_eq!(gives(&format!("{KEY}\n{session}"), KEY).secret.session.unwrap().reveal(), session);
    let git = gives(
        "User Name,Password\nbob-at-123456789012,Ab3dEfGhIjKlMnOpQrStUvWxYz0123456789+/=x",
        "Ab3dEfGhIjKlMnOpQrStUvWxYz0123456789+/=x",
    );
    assert_eq!(git.username.as_deref(), Some("bob-at-123456789012"));
}

#[test]
fn what_holds_no_token_is_refused_not_guessed() {
    for text in [
        "curl https://gitlab.acme.dev/api/v4/user",
        "curl -u ana https://gitlab.acme.dev",
        "https://gitlab.acme.dev/acme/app",
        "https://ana@gitlab.acme.dev/acme/app.git",
        "machine github.com login ana",
        "region = us-east-1",
        "GIT_AUTHOR_NAME=Jo Doe",
        "{}",
        "[]",
        "{\"user\": \"ana\"}",
        "# nothing",
        "[default]",
    ] {
        assert!(matches!(clean(text), Err(PasteError::NoToken | PasteError::Words(_))), "{text:?}");
    }
    for text in [
        "$GITHUB_TOKEN",
        "curl -H \"Authorization: Bearer $TOKEN\" https://x.example",
        "TOKEN=${OTHER}",
        "Bearer ${{ secrets.T }}",
        "%TOKEN%",
    ] {
        assert_eq!(clean(text).map(|_| ()), Err(PasteError::Variable), "{text:?}");
    }
    for (text, words) in [
        ("hello, this is no token at all", 7),
        ("two words", 2),
        ("Bearer two words", 2),
        ("password: hunter2 or so", 3),
        ("hello\nthis is a text", 5),
        ("this is a text\nhello", 5),
        ("one\ntwo\nthree", 3),
    ] {
        assert_eq!(clean(text).map(|_| ()), Err(PasteError::Words(words)), "{text:?}");
    }
    assert_eq!(clean(KEY_ID).map(|_| ()), Err(PasteError::IdOnly(KEY_ID.to_owned())));
    for text in ["", " \r\n\t ", "\u{200b}\u{feff}"] {
        assert_eq!(clean(text).map(|_| ()), Err(PasteError::Empty), "{text:?}");
    }
    assert_eq!(clean(&"x".repeat(70_000)).map(|_| ()), Err(PasteError::TooLong));
}

#[test]
fn of_two_tokens_the_first_is_taken_and_said() {
    let pasted = gives(&format!("A_TOKEN={GITLAB}\nB_TOKEN={GITHUB}"), GITLAB);
    assert!(pasted.notes.iter().any(|n| n.contains("more than one")), "{:?}", pasted.notes);
    assert!(pasted.secret.session.is_none());
    let pasted = gives(&format!("{GITLAB}\n{GITHUB}\n"), GITLAB);
    assert!(pasted.notes.iter().any(|n| n.contains("more than one")), "{:?}", pasted.notes);
}

fn wrapped(how: usize, token: &str) -> String {
    match how {
        0 => token.to_owned(),
        1 => format!("  {token}\r\n"),
        2 => format!("\"{token}\""),
        3 => format!("Bearer {token}"),
        4 => format!("export MY_TOKEN={token}"),
        5 => format!("\"token\": \"{token}\","),
        6 => format!("{{\"a\": {{\"secret\": \"{token}\"}}}}"),
        7 => format!("token: {token}"),
        8 => format!("machine h.example login ana password {token}"),
        9 => format!("curl -H 'Authorization: Bearer {token}' https://h.example"),
        10 => format!("curl -u 'ana:{token}' \\\n https://h.example"),
        11 => format!("X-API-Key: {token}"),
        12 => format!("\u{feff}{token}\u{200b}"),
        _ => format!("password={token}\nregion=x"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        // The same cases at every run.
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::default()
    })]

    /// Whatever alphabet a token has, the wrapping comes off and the token stays whole.
    #[test]
    fn a_wrapped_token_is_never_lost(how in 0_usize..14, token in "[A-Za-z][A-Za-z0-9_./+~-]{18,60}[A-Za-z0-9]") {
        prop_assume!(!token.starts_with("http") && !token.starts_with("AKIA") && !token.starts_with("ASIA"));
        let text = wrapped(how, &token);
        let pasted = clean(&text);
        prop_assert_eq!(pasted.as_ref().map(|p| p.secret.token.reveal()), Ok(token.as_str()), "{}", text);
    }

    #[test]
    fn nothing_makes_it_panic_or_gives_white_space(text in "\\PC{0,200}|[ \\t\\r\\na-z=:\"'{}\\[\\],;$%@/#<>-]{0,120}") {
        if let Ok(pasted) = clean(&text) {
            let parts = std::iter::once(&pasted.secret.token).chain(pasted.secret.session.as_ref());
            for part in parts {
                prop_assert!(!part.is_empty() && !part.reveal().contains(char::is_whitespace), "{:?}", text);
            }
            for note in pasted.notes {
                prop_assert!(part_is_hidden(&note, pasted.secret.token.reveal()), "{:?}", text);
            }
        }
    }

    #[test]
    fn pieces_of_known_forms_in_any_order_do_not_panic(pieces in proptest::collection::vec(
        prop::sample::select(vec!["curl ", "-H ", "machine ", "password ", "Bearer ", "Basic ", "https://", "@", ":", "=", "\"", "'", "\\\n",
            "{", "}", "[", "]", ",", "\n", "AKIARZPUZDIKAAISEM2E", "glpat-ExampleFakeStrangr01", "token", "$", "secret access key", " "]), 0..14)) {
        let text = pieces.concat();
        if let Ok(pasted) = clean(&text) {
            prop_assert!(!pasted.secret.token.reveal().contains(char::is_whitespace), "{:?}", text);
        }
    }
}

/// A note says what was done, never the secret; short words may occur by chance.
fn part_is_hidden(note: &str, secret: &str) -> bool {
    secret.len() < 12 || !note.contains(secret)
}

#[tokio::test]
async fn several_words_are_refused_unless_somebody_says_what_they_are() {
    let (home, words) = (Home::new(), "one lame donkey charger");
    home.run("host add wiki https://wiki.acme.example --family generic").await.exits(0);
    home.run("host add gitlab https://gitlab.acme.example --family gitlab").await.exits(0);
    for host in ["gitlab", "https://x.example"] {
        let ran = home.pipe(words, &format!("add --label words --host {host} --no-check")).await.exits(2);
        ran.says("looks like ordinary text (4 words)").says("Paste the token itself").says("--kind KIND").lacks(words);
    }
    home.pipe(words, "identify").await.exits(2).says("looks like ordinary text");
    assert_eq!(home.secrets(), 0);
    home.pipe(words, "add --label one --host wiki --no-check")
        .await
        .exits(0)
        .says("with the blanks in it")
        .lacks(words);
    let other = "another horse battery staple";
    home.pipe(other, "add --label two --host gitlab --kind pat --no-check")
        .await
        .exits(0)
        .says("with the blanks in it");
    home.pipe("two\nlines of words", "add --label three --host gitlab --kind pat --no-check").await.exits(2);
    assert_eq!(home.secrets(), 2);
    assert!(!home.files().contains(words));
    let ran =
        home.pipe("glpat-ExampleFakeStrangr01 is the token", "add --label four --host gitlab --kind pat --no-check");
    ran.await.exits(0).says("out of the text around it").lacks("with the blanks");
}
