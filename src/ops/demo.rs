//! The demo: simulated hosts on loopback and a throw-away rack with credentials in every state. No account, no network,
//! nothing left behind.

mod shown;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;

use super::{Core, Settings, Vault};
use crate::domain::{Binding, Clock, Credential, CredentialId, Expiry, FamilyId, Host, HostId, SecretState, StoreKind};
use crate::error::{Error, Result};
use crate::net::client::Network;
use crate::rack::Rack;
use crate::secret::Secret;
use crate::simulator::{self, SimCredential, server::Running};
use crate::store::SecretStore;
use crate::store::memory::MemoryStore;
use shown::{is_shown, jobs_of};

/// A running demo; its hosts stop and its rack is deleted when dropped.
pub struct Demo {
    /// The core over the demo's rack and store.
    pub core: Core,
    sites: Vec<Running>,
    _dir: tempfile::TempDir,
}

/// How large and how slow the demo is.
#[derive(Debug, Clone, Copy, Default)]
pub struct DemoSize {
    /// Credentials on the rack; none means some of every family, in every state.
    pub credentials: Option<usize>,
    /// How long every answer takes.
    pub delay: Duration,
}

impl Demo {
    /// Starts the hosts and fills the rack.
    ///
    /// # Errors
    /// Where no loopback port or no temporary directory can be had.
    pub async fn start(size: DemoSize, clock: Clock, network: Network, settings: Settings) -> Result<Self> {
        let dir = tempfile::Builder::new()
            .prefix("keyrack-demo-")
            .tempdir()
            .map_err(|e| Error::data("no temporary directory for the demo's rack").because(&e))?;
        let rack = Rack::open(&dir.path().join("rack").join("rack.db"))?;
        let store = Arc::new(MemoryStore::default());
        let vault =
            Vault::over(Arc::clone(&store) as Arc<dyn SecretStore>, "the demo keeps its made-up secrets in memory");
        let mut sites = Vec::new();
        for site in simulator::sites() {
            let running = simulator::server::start(site, size.delay, clock)
                .await
                .map_err(|e| Error::data("the demo cannot listen on 127.0.0.1").because(&e))?;
            sites.push(running);
        }
        let core = Core { rack, vault, network, clock, settings, user: "demo".to_owned() };
        let demo = Self { core, sites, _dir: dir };
        demo.fill(size.credentials, &store)?;
        Ok(demo)
    }

    /// Listening addresses and the names they play, for messages.
    #[must_use]
    pub fn hosts(&self) -> Vec<(String, String)> {
        self.sites.iter().map(|s| (s.site.name(), s.listen.clone())).collect()
    }

    fn fill(&self, wanted: Option<usize>, store: &MemoryStore) -> Result<()> {
        let now = self.core.clock.now();
        let mut hosts = Vec::new();
        let mut roster: Vec<(usize, SimCredential)> = Vec::new();
        for (place, running) in self.sites.iter().enumerate() {
            let site = &running.site;
            let mut host = Host::new(site.name(), site.family(), site.url(&running.listen));
            host.region = site.region();
            host.endpoints = site.endpoints(&running.listen).into_iter().collect();
            host.id = self.core.rack.add_host(&host)?;
            hosts.push((host.id, host.family));
            let all = site.roster(now).into_iter().enumerate();
            let shown = all.filter(|(at, c)| wanted.is_some() || is_shown(*at, c));
            roster.extend(shown.map(|(_, c)| (place, c)));
        }
        // Which host a further credential belongs to goes round, so that all of them are busy.
        let wanted = wanted.unwrap_or(roster.len());
        for n in 0..wanted.saturating_sub(roster.len()) {
            let place = n % self.sites.len().max(1);
            roster.push((place, self.sites[place].site.spare(n / self.sites.len().max(1), now)));
        }
        roster.truncate(wanted);
        let mut credentials = Vec::with_capacity(roster.len());
        let mut labels = HashSet::with_capacity(roster.len());
        for (n, (place, seed)) in roster.iter_mut().enumerate() {
            // The sites do not know of one another's labels.
            if !labels.insert(seed.label.clone()) {
                seed.label = format!("{}-{}", seed.label, n + 1);
                labels.insert(seed.label.clone());
            }
            let (host, family) = &hosts[*place];
            let credential = self.record(n, seed, *host, family, store)?;
            credentials.push(credential);
        }
        for (running, (host, _)) in self.sites.iter().zip(&hosts) {
            for (label, role) in running.site.shared() {
                if let Some(credential) = credentials.iter_mut().find(|c: &&mut Credential| c.label == label) {
                    credential.bindings.retain(|b| b.host != *host);
                    credential.bindings.push(Binding::new(*host, Some(role)));
                }
            }
        }
        self.core.rack.insert_credentials(&credentials)?;
        Ok(())
    }

    fn record(
        &self,
        n: usize,
        seed: &SimCredential,
        host: HostId,
        family: &FamilyId,
        store: &MemoryStore,
    ) -> Result<Credential> {
        let secret = Secret::from_bytes(seed.secret.as_bytes())
            .map_err(|e| Error::internal("a demo secret is malformed").because(&e))?;
        let id = CredentialId(uuid::Uuid::new_v4().to_string());
        store.put(&id, &secret)?;
        Ok(Credential {
            fingerprint: self.core.fingerprint(&secret)?,
            hint: secret.hint(),
            id,
            label: seed.label.clone(),
            family: family.clone(),
            kind: seed.kind,
            username: seed.username.clone(),
            owner: None,
            expiry: Expiry::Unknown,
            expiry_by_user: false,
            // Spread over the last months, so that sorting by age shows something.
            added_at: self.core.clock.now() - SignedDuration::from_hours(24 * i64::try_from(n % 180).unwrap_or(0)),
            tags: seed.tags.clone(),
            note: seed.note.clone(),
            profiles: jobs_of(&seed.label),
            bindings: vec![Binding::new(host, None)],
            store: StoreKind::Memory,
            secret: SecretState::Present,
        })
    }
}
