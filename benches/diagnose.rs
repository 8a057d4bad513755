//! A diagnosis of a healthy credential against the time of its stages: what keyrack adds to them has to stay below 50 ms.
//! Before the benches a table says what it took at a round trip of 0, 10 and 40 ms.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a bench, not part of the program")]

use std::sync::Arc;
use std::time::Duration;

use keyrack::diagnose::{Patient, Surroundings, Wanted, diagnose};
use keyrack::domain::{
    Binding, Clock, Credential, CredentialId, Diagnosis, Expiry, Host, SecretState, Stage, StoreKind, Verdict,
};
use keyrack::net::client::{Network, Timeouts};
use keyrack::net::proxy::ProxyEnv;
use keyrack::ops::{Core, Settings, Vault};
use keyrack::rack::Rack;
use keyrack::secret::Secret;
use keyrack::simulator::server::{Running, start};
use keyrack::simulator::sites;
use keyrack::store::SecretStore;
use keyrack::store::memory::MemoryStore;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

/// What may come on top of the longest chain of stages, in milliseconds.
const ON_TOP: u64 = 50;

/// The stages that wait for one another; the others run beside them.
const CHAIN: [Stage; 8] = [
    Stage::Dns,
    Stage::Tcp,
    Stage::Proxy,
    Stage::Tls,
    Stage::Host,
    Stage::Authentication,
    Stage::Permission,
    Stage::Git,
];

fn main() {
    table();
    divan::main();
}

/// A rack with one valid credential of the first site of a family, and that site.
struct Bed {
    core: Core,
    patient: Patient,
    _site: Running,
    _dir: tempfile::TempDir,
}

impl Bed {
    fn new(runtime: &Runtime, family: &str, delay: Duration) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let rack = Rack::open(&dir.path().join("rack").join("rack.db")).unwrap();
        let store = Arc::new(MemoryStore::new());
        let now = Clock::System.now();
        let site = sites().into_iter().find(|s| s.family().as_str() == family).unwrap();
        let server = runtime.block_on(start(Arc::clone(&site), delay, Clock::System)).unwrap();
        let mut host = Host::new(site.name(), site.family(), site.url(&server.listen));
        host.region = site.region();
        host.endpoints = site.endpoints(&server.listen).into_iter().collect();
        host.id = rack.add_host(&host).unwrap();
        let seed = site.spare(0, now);
        let secret = Secret::from_bytes(seed.secret.as_bytes()).unwrap();
        let id = CredentialId(uuid::Uuid::new_v4().to_string());
        store.put(&id, &secret).unwrap();
        let credential = Credential {
            id,
            label: "healthy".to_owned(),
            family: site.family(),
            kind: seed.kind,
            username: seed.username,
            owner: None,
            expiry: Expiry::Unknown,
            expiry_by_user: false,
            added_at: now,
            tags: Vec::new(),
            note: String::new(),
            profiles: Vec::new(),
            bindings: vec![Binding::new(host.id, None)],
            store: StoreKind::Memory,
            secret: SecretState::Present,
            hint: secret.hint(),
            fingerprint: "healthy".to_owned(),
        };
        rack.insert_credentials(&[credential]).unwrap();
        let core = Core {
            rack,
            vault: Vault::over(store, "a bench"),
            network: Network::new(ProxyEnv::default(), Timeouts::default(), "keyrack-bench"),
            clock: Clock::System,
            settings: Settings::default(),
            user: "bench".into(),
        };
        let patient = core.patients("healthy", &Wanted::default()).unwrap().remove(0);
        Self { core, patient, _site: server, _dir: dir }
    }

    fn diagnose(&self, runtime: &Runtime) -> Diagnosis {
        let around = Surroundings::default();
        let cancel = CancellationToken::new();
        let found = runtime.block_on(diagnose(&self.core, &self.patient, &around, &cancel, &|_| {}));
        assert!(found.is_healthy() && found.verdict() == Verdict::Valid, "{found:?}");
        found
    }
}

fn chain(found: &Diagnosis) -> u64 {
    CHAIN.iter().filter_map(|stage| found.stage(*stage)).map(|stage| stage.ms).sum()
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Each family's best of three.
fn table() {
    let runtime = runtime();
    let mut families: Vec<String> = sites().iter().map(|s| s.family().as_str().to_owned()).collect();
    families.dedup();
    eprintln!("{:<22} {:>10} {:>8} {:>8} {:>8}", "healthy diagnosis", "round trip", "chain", "took", "on top");
    for family in &families {
        for delay in [0, 10, 40] {
            let bed = Bed::new(&runtime, family, Duration::from_millis(delay));
            let runs = (0..3).map(|_| bed.diagnose(&runtime));
            let best = runs.min_by_key(|found| found.ms.saturating_sub(chain(found))).unwrap();
            let (chain, over) = (chain(&best), best.ms.saturating_sub(chain(&best)));
            let sign = if over <= ON_TOP { "" } else { "  too much" };
            eprintln!("{family:<22} {delay:>7} ms {chain:>5} ms {:>5} ms {over:>5} ms{sign}", best.ms);
        }
    }
}

/// One credential of GitLab.
#[divan::bench(args = [0, 10, 40], sample_count = 5, sample_size = 1)]
fn a_healthy_one(bencher: divan::Bencher<'_, '_>, delay_ms: u64) {
    let runtime = runtime();
    let bed = Bed::new(&runtime, "gitlab", Duration::from_millis(delay_ms));
    bencher.bench_local(|| bed.diagnose(&runtime));
}
