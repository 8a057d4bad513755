//! What every start pays (opening the rack, reading what the list shows), and what every paste does.
#![allow(clippy::unwrap_used, reason = "a bench, not part of the program")]

use divan::black_box;
use keyrack::domain::{
    Binding, Clock, Credential, CredentialId, Expiry, FamilyId, Host, Identity, Kind, SecretState, StoreKind,
    Validation, Verdict,
};
use keyrack::rack::Rack;

fn main() {
    divan::main();
}

const SIZES: [usize; 3] = [10, 1_000, 10_000];

/// A rack of that many checked credentials; the file is closed.
fn rack(credentials: usize) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let rack = Rack::open(&dir.path().join("rack.db")).unwrap();
    let now = Clock::System.now();
    let hosts: Vec<_> = (0..8)
        .map(|n| {
            let host = Host::new(format!("host-{n}"), FamilyId::new("gitlab"), format!("https://host-{n}.example"));
            rack.add_host(&host).unwrap()
        })
        .collect();
    let records: Vec<_> = (0..credentials)
        .map(|n| Credential {
            id: CredentialId(uuid::Uuid::new_v4().to_string()),
            label: format!("credential-{n:05}"),
            family: FamilyId::new("gitlab"),
            kind: Kind::Pat,
            username: Some("octo-bot".into()),
            owner: None,
            expiry: Expiry::At(now),
            expiry_by_user: false,
            added_at: now,
            tags: vec!["ci".into(), "prod".into()],
            note: "renewed by the release team".into(),
            profiles: Vec::new(),
            bindings: vec![Binding::new(hosts[n % hosts.len()], None)],
            store: StoreKind::File,
            secret: SecretState::Present,
            hint: "glpat-…x7Qa".into(),
            fingerprint: format!("{n:032x}"),
        })
        .collect();
    rack.insert_credentials(&records).unwrap();
    let mut valid = Validation::new(Verdict::Valid, "accepted by GET /personal_access_tokens/self", now);
    valid.identity =
        Some(Identity { id: "7".into(), login: "octo-bot".into(), name: "Octo".into(), kind: "bot".into() });
    let results: Vec<_> = records.iter().map(|r| (r.id.clone(), r.bindings[0].host, valid.clone())).collect();
    rack.record_many(&results).unwrap();
    dir
}

/// Opening the rack and reading everything the list shows.
#[divan::bench(args = SIZES)]
fn open_and_list(bencher: divan::Bencher<'_, '_>, credentials: usize) {
    let dir = rack(credentials);
    let path = dir.path().join("rack.db");
    bencher.bench_local(|| {
        let rack = Rack::open(&path).unwrap();
        (rack.credentials().unwrap(), rack.hosts().unwrap(), rack.standings().unwrap())
    });
}

/// Opening alone.
#[divan::bench(args = SIZES)]
fn open(bencher: divan::Bencher<'_, '_>, credentials: usize) {
    let dir = rack(credentials);
    let path = dir.path().join("rack.db");
    bencher.bench_local(|| Rack::open(&path).unwrap());
}

const TOKEN: &str = "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";

/// Which families and kinds one token may be of.
#[divan::bench]
fn recognise() -> usize {
    keyrack::hosts::recognise::recognise(black_box(TOKEN)).len()
}

/// The same of a text that is no token of any family.
#[divan::bench]
fn recognise_nothing() -> usize {
    keyrack::hosts::recognise::recognise(black_box("correct horse battery staple")).len()
}

/// What people paste: the token, a header, a line of an environment file, a URL, a command.
#[divan::bench(args = [
    "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",
    "Authorization: Bearer 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",
    "export GITHUB_TOKEN='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'",
    "https://octo: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@github.com/acme/app.git",
    "curl -H 'Authorization: Bearer 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' https://api.github.com/user",
])]
fn clean_a_paste(text: &str) -> bool {
    keyrack::ops::paste::clean(black_box(text)).is_ok()
}
