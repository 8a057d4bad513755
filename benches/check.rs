//! Checking many credentials against simulated sites: time at a round trip of 50 ms, where waiting decides, and at none,
//! where keyrack's own work does. Before the benches a table compares with the budget: the busiest host's requests x round
//! trip / limit per host.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a bench, not part of the program")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use divan::counter::ItemsCount;
use jiff::Timestamp;
use keyrack::domain::{
    Binding, Clock, Credential, CredentialId, Expiry, FamilyId, Host, SecretState, StoreKind, Verdict,
};
use keyrack::net::client::{Network, Timeouts};
use keyrack::net::proxy::ProxyEnv;
use keyrack::ops::check::{CheckOptions, check};
use keyrack::ops::{Core, Settings, Vault};
use keyrack::rack::Rack;
use keyrack::secret::Secret;
use keyrack::simulator::server::{Running, start};
use keyrack::simulator::{SimCredential, SimRequest, SimResponse, Site, sites};
use keyrack::store::SecretStore;
use keyrack::store::memory::MemoryStore;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

fn main() {
    budget();
    divan::main();
}

/// Counts what it is asked.
struct Counted {
    site: Arc<dyn Site>,
    requests: AtomicUsize,
}

impl Site for Counted {
    fn family(&self) -> FamilyId {
        self.site.family()
    }

    fn name(&self) -> String {
        self.site.name()
    }

    fn url(&self, listen: &str) -> String {
        self.site.url(listen)
    }

    fn region(&self) -> Option<String> {
        self.site.region()
    }

    fn endpoints(&self, listen: &str) -> Vec<(String, String)> {
        self.site.endpoints(listen)
    }

    fn roster(&self, now: Timestamp) -> Vec<SimCredential> {
        self.site.roster(now)
    }

    fn spare(&self, n: usize, now: Timestamp) -> SimCredential {
        self.site.spare(n, now)
    }

    fn answer(&self, request: &SimRequest, now: Timestamp) -> SimResponse {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.site.answer(request, now)
    }
}

/// A rack with valid credentials only, at the given sites, and the sites.
struct Bed {
    core: Core,
    sites: Vec<(Arc<Counted>, Running)>,
    _dir: tempfile::TempDir,
}

impl Bed {
    fn new(runtime: &Runtime, sites: Vec<Arc<dyn Site>>, credentials: usize, delay: Duration) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let rack = Rack::open(&dir.path().join("rack").join("rack.db")).unwrap();
        let store = Arc::new(MemoryStore::new());
        let now = Clock::System.now();
        let mut running = Vec::new();
        let mut records = Vec::new();
        let count = sites.len();
        for (place, site) in sites.into_iter().enumerate() {
            let site = Arc::new(Counted { site, requests: AtomicUsize::new(0) });
            let server = runtime.block_on(start(Arc::clone(&site) as _, delay, Clock::System)).unwrap();
            let mut host = Host::new(site.name(), site.family(), site.url(&server.listen));
            host.region = site.region();
            host.endpoints = site.endpoints(&server.listen).into_iter().collect();
            host.id = rack.add_host(&host).unwrap();
            for n in (place..credentials).step_by(count) {
                let seed = site.spare(n / count, now);
                let secret = Secret::from_bytes(seed.secret.as_bytes()).unwrap();
                let id = CredentialId(uuid::Uuid::new_v4().to_string());
                store.put(&id, &secret).unwrap();
                records.push(Credential {
                    id,
                    label: format!("{}-{n}", seed.label),
                    family: site.family(),
                    kind: seed.kind,
                    username: seed.username,
                    owner: None,
                    expiry: Expiry::Unknown,
                    expiry_by_user: false,
                    added_at: now,
                    tags: seed.tags,
                    note: seed.note,
                    profiles: Vec::new(),
                    bindings: vec![Binding::new(host.id, None)],
                    store: StoreKind::Memory,
                    secret: SecretState::Present,
                    hint: secret.hint(),
                    fingerprint: format!("{place}-{n}"),
                });
            }
            running.push((site, server));
        }
        rack.insert_credentials(&records).unwrap();
        let core = Core {
            rack,
            vault: Vault::over(store, "a bench"),
            network: Network::new(ProxyEnv::default(), Timeouts::default(), "keyrack-bench"),
            clock: Clock::System,
            settings: Settings::default(),
            user: "bench".into(),
        };
        Self { core, sites: running, _dir: dir }
    }

    fn check(&self, runtime: &Runtime) -> usize {
        let mut valid = 0;
        let cancel = CancellationToken::new();
        let summary = runtime
            .block_on(check(
                &self.core,
                CheckOptions::default(),
                &cancel,
                |_| {},
                |checked| {
                    valid += usize::from(checked.validation.verdict == Verdict::Valid);
                },
            ))
            .unwrap();
        assert_eq!(summary.done, summary.total);
        valid
    }

    /// Requests of the busiest host.
    fn requests(&self) -> usize {
        self.sites.iter().map(|(s, _)| s.requests.swap(0, Ordering::Relaxed)).max().unwrap_or(0)
    }
}

/// The front ends run on two threads.
fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn by_family(family: &str) -> Vec<Arc<dyn Site>> {
    sites().into_iter().filter(|s| s.family().as_str() == family).take(1).collect()
}

/// Each row: the first check, when nothing is known of any credential, and the next one.
fn budget() {
    let delay = Duration::from_millis(50);
    let runtime = runtime();
    let mut families: Vec<_> = sites().iter().map(|s| s.family().as_str().to_owned()).collect();
    families.dedup();
    let beds = families.iter().map(|f| (f.as_str(), by_family(f), 200)).chain([("all sites", sites(), 1000)]);
    eprintln!("{:<22} {:>5} {:>6} {:>8} {:>8} {:>6}", "50 ms round trip", "", "", "budget", "took", "ratio");
    for (name, sites, credentials) in beds {
        let bed = Bed::new(&runtime, sites, credentials, delay);
        for which in ["first", "next"] {
            let started = Instant::now();
            let valid = bed.check(&runtime);
            let took = started.elapsed();
            let limit = bed.core.settings.per_host;
            let budget = delay.as_secs_f64() * bed.requests() as f64 / limit as f64;
            let ratio = took.as_secs_f64() / budget;
            eprintln!("{name:<22} {which:>5} {valid:>6} {budget:>7.2}s {:>7.2}s {ratio:>6.2}", took.as_secs_f64());
        }
    }
}

/// A thousand credentials over all sites.
#[divan::bench(args = [0, 50], sample_count = 3, sample_size = 1)]
fn a_thousand(bencher: divan::Bencher<'_, '_>, delay_ms: u64) {
    let runtime = runtime();
    let bed = Bed::new(&runtime, sites(), 1000, Duration::from_millis(delay_ms));
    bed.check(&runtime);
    bencher.counter(ItemsCount::new(1000_usize)).bench_local(|| bed.check(&runtime));
}
