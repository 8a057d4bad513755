//! A rack, a store and a host, and one verb over them, set up anew for each fault.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use keyrack::domain::{
    Clock, CreateRequest, CreateWish, Credential, Draft, Host, HostChoice, HostId, Kind, LookAt, RevokeEnd, RotateEnd,
    SecretState, Validation,
};
use keyrack::error::{Error, Result};
use keyrack::net::client::{Network, Timeouts};
use keyrack::net::proxy::ProxyEnv;
use keyrack::ops::add::Resolved;
use keyrack::ops::revoke::Using;
use keyrack::ops::rotate::{Pasted, RotateOptions};
use keyrack::ops::{Core, Settings, Vault};
use keyrack::rack::Rack;
use keyrack::secret::{Secret, SecretText};
use keyrack::simulator::azure_devops::AzureDevOps;
use keyrack::simulator::bitbucket_datacenter::{BitbucketDatacenter, PASSWORD};
use keyrack::simulator::codecommit::CodeCommit;
use keyrack::simulator::github::GitHubSite;
use keyrack::simulator::gitlab::GitLabSite;
use keyrack::simulator::server::{Running, start};
use keyrack::simulator::{SimCredential, Site};
use keyrack::store::SecretStore;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::store::DirStore;
use crate::watched::Watched;

/// The credential that the verb is about.
pub const TARGET: &str = "target";
/// Another one, which must come through unharmed.
pub const OTHER: &str = "other";

/// What is done, one of each pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Validated at GitLab and kept.
    Add,
    /// GitLab: the token revokes itself.
    RevokeItself,
    /// AWS: deactivated, then deleted, signed by another key of the rack.
    RevokeByKey,
    /// Bitbucket: signed with an account's password.
    RevokeByPassword,
    Forget,
    /// GitLab: the token replaces itself.
    RotateInPlace,
    /// GitHub: a new one made by hand takes the place, and the old one is revoked by its value.
    RotateSwap,
    /// Azure DevOps: another credential has a second one made, and the old one revoked.
    RotateTwin,
}

impl Verb {
    pub const ALL: [Self; 8] = [
        Self::Add,
        Self::RevokeItself,
        Self::RevokeByKey,
        Self::RevokeByPassword,
        Self::Forget,
        Self::RotateInPlace,
        Self::RotateSwap,
        Self::RotateTwin,
    ];

    pub fn name(self) -> String {
        format!("{self:?}")
    }

    pub fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|v| v.name() == name).unwrap()
    }

    pub fn is_revoke(self) -> bool {
        matches!(self, Self::RevokeItself | Self::RevokeByKey | Self::RevokeByPassword)
    }

    pub fn is_rotate(self) -> bool {
        matches!(self, Self::RotateInPlace | Self::RotateSwap | Self::RotateTwin)
    }

    fn site(self) -> Arc<dyn Site> {
        match self {
            Self::RotateSwap => Arc::new(GitHubSite::dot_com()),
            Self::RotateTwin => Arc::new(AzureDevOps::services()),
            Self::RevokeByKey => Arc::new(CodeCommit::default()),
            Self::RevokeByPassword => Arc::new(BitbucketDatacenter::new()),
            _ => Arc::new(GitLabSite::self_managed()),
        }
    }

    fn credential(self, site: &dyn Site, label: &str) -> SimCredential {
        let now = Clock::System.now();
        match (self, label) {
            (Self::RevokeByKey, TARGET) => site.spare(3, now),
            // The key that signs.
            (Self::RevokeByKey, _) => site.roster(now).into_iter().next().unwrap(),
            (Self::RevokeByPassword, TARGET) => site.roster(now).into_iter().next().unwrap(),
            // The one that signs; the target is made by the host.
            (Self::RotateTwin, _) => site.roster(now).into_iter().find(|c| c.label == "azure-entra").unwrap(),
            // One that may rotate itself.
            (Self::RotateInPlace, TARGET) => site.spare(3, now),
            (_, TARGET) => site.spare(1, now),
            _ => site.spare(2, now),
        }
    }
}

pub struct Scene {
    pub verb: Verb,
    pub site: Arc<Watched>,
    pub home: TempDir,
    pub target: SimCredential,
    running: Running,
    /// Making a client is slow; all processes played by this one share it.
    network: Network,
}

impl Scene {
    /// With both credentials on the rack; for `add` only the other one.
    pub async fn new(verb: Verb) -> Self {
        Self::slow(verb, Duration::ZERO).await
    }

    pub async fn slow(verb: Verb, delay: Duration) -> Self {
        let site = Watched::new(verb.site());
        let running = start(Arc::clone(&site) as Arc<dyn Site>, delay, Clock::System).await.unwrap();
        let target = verb.credential(&*site, TARGET);
        let mut scene = Self { verb, home: tempfile::tempdir().unwrap(), target, site, running, network: network() };
        let core = scene.core();
        core.rack.add_host(&scene.host()).unwrap();
        if verb != Verb::Add && verb != Verb::RotateTwin {
            scene.put(&core, TARGET, &scene.target).await;
        }
        scene.put(&core, OTHER, &verb.credential(&*scene.site, OTHER)).await;
        if verb == Verb::RotateTwin {
            scene.target = scene.made(&core).await;
            scene.site.forget_orders();
        }
        scene
    }

    /// The target, made by the host, whose id for it is known that way.
    async fn made(&self, core: &Core) -> SimCredential {
        let request =
            CreateRequest { name: "build".into(), scopes: vec!["vso.code".into()], ..CreateRequest::default() };
        let host = core.rack.host_by_name("the-host").unwrap().unwrap().id;
        let wish =
            CreateWish { label: TARGET.into(), host, request, owner: None, tags: Vec::new(), note: String::new() };
        let using = Using::Credential(core.by_label(OTHER).unwrap().id);
        let made = core.create(&wish, Some(&using)).await.unwrap();
        let secret = self.store().get(made.credential.as_ref().unwrap_or_else(|| panic!("{made:#?}"))).unwrap();
        SimCredential {
            label: TARGET.into(),
            kind: Kind::Pat,
            username: None,
            secret: secret.token.reveal().to_owned(),
            tags: Vec::new(),
            note: String::new(),
            expect: keyrack::domain::Verdict::Valid,
        }
    }

    pub async fn put(&self, core: &Core, label: &str, seed: &SimCredential) -> Credential {
        core.keep(&resolved(core, label, seed).unwrap(), &[]).await.unwrap()
    }

    pub fn path(&self) -> &Path {
        self.home.path()
    }

    pub fn host(&self) -> Host {
        let mut host = Host::new("the-host", self.site.family(), self.site.url(&self.running.listen));
        host.region = self.site.region();
        host.endpoints = self.site.endpoints(&self.running.listen).into_iter().collect();
        host
    }

    /// As a process sees it that nothing happens to.
    pub fn core(&self) -> Core {
        self.core_over(Arc::new(DirStore::open(self.path())))
    }

    /// Over a store of the test's own.
    pub fn core_over(&self, store: Arc<dyn SecretStore>) -> Core {
        core(&rack_of(self.path()), store, self.network.clone())
    }

    pub fn store(&self) -> DirStore {
        DirStore::open(self.path())
    }

    /// What the host says of the target's secret, whatever the rack says.
    pub async fn verdict(&self) -> Validation {
        self.verdict_of(&self.target).await
    }

    /// What the host says of a secret, whatever the rack says.
    pub async fn verdict_of(&self, seed: &SimCredential) -> Validation {
        let core = self.core();
        let resolved = Resolved {
            draft: draft("probe", seed),
            family: self.site.family(),
            kind: seed.kind,
            hosts: vec![(core.rack.host_by_name("the-host").unwrap().unwrap(), None)],
            notes: Vec::new(),
        };
        core.try_out(&resolved).await.remove(0)
    }

    pub fn target_secret(&self) -> Secret {
        Secret::from_bytes(self.target.secret.as_bytes()).unwrap()
    }
}

pub fn network() -> Network {
    Network::new(ProxyEnv::default(), Timeouts::default(), "keyrack-tests")
}

pub fn rack_of(home: &Path) -> PathBuf {
    home.join("rack").join("rack.db")
}

pub fn core(rack: &Path, store: Arc<dyn SecretStore>, network: Network) -> Core {
    Core {
        rack: Rack::open(rack).unwrap(),
        vault: Vault::over(store, "a test"),
        network,
        clock: Clock::System,
        settings: Settings { confirm_after: vec![Duration::ZERO; 2], ..Settings::default() },
        user: "tester".into(),
    }
}

fn draft(label: &str, seed: &SimCredential) -> Draft {
    Draft {
        label: label.into(),
        secret: Secret::from_bytes(seed.secret.as_bytes()).unwrap(),
        kind: Some(seed.kind).filter(|k| *k != Kind::Unknown),
        username: seed.username.clone(),
        owner: None,
        expires: None,
        tags: Vec::new(),
        note: String::new(),
        profiles: Vec::new(),
        look_at: LookAt::default(),
        hosts: Vec::new(),
    }
}

fn resolved(core: &Core, label: &str, seed: &SimCredential) -> Result<Resolved> {
    let host = core.rack.host_by_name("the-host")?.map_or(HostId::default(), |h| h.id);
    core.resolve(Draft { hosts: vec![HostChoice::Known { host, role: None }], ..draft(label, seed) })
}

/// The verb, as a front end would run it. The answer is one word for what the user was told.
pub async fn run(core: &Core, verb: Verb, seed: &SimCredential) -> Result<String> {
    run_as(core, verb, TARGET, seed).await
}

pub async fn run_as(core: &Core, verb: Verb, label: &str, seed: &SimCredential) -> Result<String> {
    match verb {
        Verb::Add => {
            let resolved = resolved(core, label, seed)?;
            let found = core.try_out(&resolved).await;
            core.keep(&resolved, &found).await.map(|_| "added".to_owned())
        }
        Verb::Forget => {
            let id = core.by_label(label)?.id;
            core.forget(&id).await.map(|_| "forgotten".to_owned())
        }
        Verb::RotateInPlace | Verb::RotateSwap | Verb::RotateTwin => {
            let id = core.by_label(label)?.id;
            let pasted = (verb == Verb::RotateSwap).then(|| Pasted { secret: successor(), username: None });
            let using = match verb {
                Verb::RotateTwin => Some(Using::Credential(core.by_label(OTHER)?.id)),
                _ => None,
            };
            let options = RotateOptions { pasted, using, ..RotateOptions::default() };
            let results = core.rotate(&[id], &options, &CancellationToken::new(), |_| {}).await?;
            let [result] = results.as_slice() else { return Err(Error::internal("one result was expected")) };
            Ok(rotated_word(result.end).to_owned())
        }
        Verb::RevokeItself | Verb::RevokeByKey | Verb::RevokeByPassword => {
            let id = core.by_label(label)?.id;
            let using = match verb {
                Verb::RevokeByKey => Some(Using::Credential(core.by_label(OTHER)?.id)),
                Verb::RevokeByPassword => Some(Using::Password {
                    user: "jdoe".into(),
                    password: SecretText::from(PASSWORD),
                    one_time_code: None,
                }),
                _ => None,
            };
            let results = core.revoke(&[id], using.as_ref(), &CancellationToken::new(), |_| {}).await?;
            let [result] = results.as_slice() else { return Err(Error::internal("one result was expected")) };
            Ok(word(result.end).to_owned())
        }
    }
}

/// What takes the place of the target by hand: of the same account.
pub fn successor() -> Secret {
    let spare = GitHubSite::dot_com().spare(5, Clock::System.now());
    Secret::from_bytes(spare.secret.as_bytes()).unwrap()
}

pub fn rotated_word(end: RotateEnd) -> &'static str {
    match end {
        RotateEnd::Rotated => "rotated",
        RotateEnd::OldKept => "old-kept",
        RotateEnd::NewUnproved => "new-unproved",
        RotateEnd::Refused => "refused",
        RotateEnd::Guided => "guided",
        RotateEnd::NeedsAuthority => "needs-authority",
        RotateEnd::Unknown => "unknown",
        RotateEnd::Unreachable => "unreachable",
        RotateEnd::Dead => "dead",
        RotateEnd::Failed => "failed",
        RotateEnd::Cancelled => "cancelled",
    }
}

pub fn word(end: RevokeEnd) -> &'static str {
    match end {
        RevokeEnd::Revoked => "revoked",
        RevokeEnd::AlreadyDead => "already-dead",
        RevokeEnd::StillAccepted => "still-accepted",
        RevokeEnd::Refused => "refused",
        RevokeEnd::Unknown => "unknown",
        RevokeEnd::Unreachable => "unreachable",
        RevokeEnd::Failed => "failed",
        RevokeEnd::Cancelled => "cancelled",
        RevokeEnd::Guided => "guided",
        RevokeEnd::NeedsAuthority => "needs-authority",
    }
}

pub fn is_present(credential: &Credential) -> bool {
    credential.secret == SecretState::Present
}
