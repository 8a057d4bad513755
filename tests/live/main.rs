//! The read-only part of each family's contract at a real host, for whoever has an account there. Ignored by default:
//!
//! ```text
//! KEYRACK_LIVE_FAMILY=gitlab KEYRACK_LIVE_URL=https://gitlab.example.com KEYRACK_LIVE_TOKEN_FILE=token.txt \
//!     cargo test --test live -- --ignored --nocapture
//! ```
//!
//! `KEYRACK_LIVE_USERNAME`, `KEYRACK_LIVE_KIND`, `KEYRACK_LIVE_REGION` and `KEYRACK_LIVE_ENDPOINT_<NAME>` are taken where a family
//! needs them. Nothing is changed at the host: it is asked what it is, how it answers the credential, and for its list of
//! tokens. Printed is the redacted transcript, and where the answers differ from those that keyrack was written for.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "this is a test that prints"
)]

use keyrack::domain::{Clock, Draft, FamilyId, HostChoice, Verdict};
use keyrack::net::client::{Network, Timeouts, USER_AGENT};
use keyrack::net::proxy::ProxyEnv;
use keyrack::ops::hosts::HostInput;
use keyrack::ops::{Core, Settings, Vault};
use keyrack::rack::Rack;
use keyrack::secret::Secret;
use keyrack::store::memory::MemoryStore;

fn variable(name: &str) -> Option<String> {
    std::env::var(format!("KEYRACK_LIVE_{name}")).ok().filter(|v| !v.is_empty())
}

/// Runs the contract with a credential at a host, prints the transcript, gives verdict and number of differences.
async fn run(input: HostInput, secret: &str, username: Option<String>, kind: Option<&str>) -> (Verdict, usize) {
    let home = tempfile::tempdir().unwrap();
    let store = std::sync::Arc::new(MemoryStore::default());
    let core = Core {
        rack: Rack::open(&home.path().join("rack").join("rack.db")).unwrap(),
        vault: Vault::over(store, "for one test"),
        network: Network::new(ProxyEnv::from_vars(|name| std::env::var(name).ok()), Timeouts::default(), USER_AGENT),
        clock: Clock::System,
        settings: Settings::default(),
        user: "live test".to_owned(),
    };
    let (host, notes) = core.host_add(&input).await.unwrap();
    for note in notes {
        println!("note: {note}");
    }
    let draft = Draft {
        label: "live".to_owned(),
        secret: Secret::from_bytes(secret.trim_end().as_bytes()).unwrap(),
        kind: kind.map(|k| k.parse().expect("KEYRACK_LIVE_KIND is no kind")),
        username,
        owner: None,
        expires: None,
        tags: Vec::new(),
        note: String::new(),
        profiles: Vec::new(),
        look_at: keyrack::domain::LookAt::default(),
        hosts: vec![HostChoice::Known { host: host.id, role: None }],
    };
    let resolved = core.resolve(draft).unwrap();
    let credential = core.keep(&resolved, &[]).await.unwrap();
    let (test, transcript) = core.host_record(&host, &credential).await.unwrap();
    let text = transcript.markdown();
    assert!(!text.contains(secret.trim_end()), "a transcript must not hold the secret");
    println!("{text}");
    let validation = test.validation.expect("it was validated");
    println!("verdict: {} ({} differences)", validation.verdict, transcript.differences.len());
    (validation.verdict, transcript.differences.len())
}

#[tokio::test]
#[ignore = "needs a host and a token of yours, named by KEYRACK_LIVE_* variables"]
async fn a_real_host_answers_as_it_did_when_the_adapter_was_written() {
    let family = variable("FAMILY").expect("KEYRACK_LIVE_FAMILY says which family");
    let url = variable("URL").expect("KEYRACK_LIVE_URL says where");
    let secret = match variable("TOKEN_FILE") {
        Some(file) => std::fs::read_to_string(file).expect("KEYRACK_LIVE_TOKEN_FILE can be read"),
        None => variable("TOKEN").expect("KEYRACK_LIVE_TOKEN_FILE or KEYRACK_LIVE_TOKEN gives the token"),
    };
    let endpoints = std::env::vars()
        .filter_map(|(name, value)| Some((name.strip_prefix("KEYRACK_LIVE_ENDPOINT_")?.to_ascii_lowercase(), value)))
        .collect();
    let input = HostInput {
        name: Some("live".to_owned()),
        url,
        family: Some(FamilyId::new(family)),
        region: variable("REGION"),
        endpoints,
        ..HostInput::default()
    };
    let (verdict, differences) = run(input, &secret, variable("USERNAME"), variable("KIND").as_deref()).await;
    assert!(verdict.is_real(), "nothing was learned of the token");
    assert_eq!(differences, 0, "the host answers otherwise than keyrack expects: see above");
}
