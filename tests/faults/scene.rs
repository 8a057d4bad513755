//! A rack, a store and a host, and one verb over them, set up anew for each fault.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use keyrack::domain::{
    Clock, CreateEnd, CreateRequest, CreateWish, Credential, Draft, Host, HostChoice, HostId, Kind, LookAt, RevokeEnd,
    RotateEnd, RotateResult, SecretState, Validation,
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
    /// Bitbucket: the same, signed with an account's password.
    RotateTwinByPassword,
    /// AWS: the old key makes the new one, whose id is told only then; the new one deactivates, then deletes the old one.
    /// A user has two keys at most.
    RotateTwinByKey,
    /// Azure DevOps: another credential has one made.
    CreateByToken,
    /// Bitbucket: made with an account's password.
    CreateByPassword,
    /// AWS: made by a key of the rack; its id is told only then.
    CreateByKey,
}

impl Verb {
    pub const ALL: [Self; 13] = [
        Self::Add,
        Self::RevokeItself,
        Self::RevokeByKey,
        Self::RevokeByPassword,
        Self::Forget,
        Self::RotateInPlace,
        Self::RotateSwap,
        Self::RotateTwin,
        Self::RotateTwinByPassword,
        Self::RotateTwinByKey,
        Self::CreateByToken,
        Self::CreateByPassword,
        Self::CreateByKey,
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
        matches!(self, Self::RotateInPlace | Self::RotateSwap) || self.is_twin()
    }

    pub fn is_twin(self) -> bool {
        matches!(self, Self::RotateTwin | Self::RotateTwinByPassword | Self::RotateTwinByKey)
    }

    pub fn is_create(self) -> bool {
        matches!(self, Self::CreateByToken | Self::CreateByPassword | Self::CreateByKey)
    }

    /// The host makes the target, which is not on the rack before.
    fn makes_target(self) -> bool {
        self == Self::Add || self.is_create()
    }

    fn site(self) -> Arc<dyn Site> {
        match self {
            Self::RotateSwap => Arc::new(GitHubSite::dot_com()),
            Self::RotateTwin | Self::CreateByToken => Arc::new(AzureDevOps::services()),
            Self::RevokeByKey | Self::RotateTwinByKey | Self::CreateByKey => Arc::new(CodeCommit::default()),
            Self::RevokeByPassword | Self::RotateTwinByPassword | Self::CreateByPassword => {
                Arc::new(BitbucketDatacenter::new())
            }
            _ => Arc::new(GitLabSite::self_managed()),
        }
    }

    fn credential(self, site: &dyn Site, label: &str) -> SimCredential {
        let now = Clock::System.now();
        match (self, label) {
            (Self::RevokeByKey | Self::RotateTwinByKey, TARGET) => site.spare(3, now),
            // Of a user that may have one more.
            (Self::CreateByKey, _) => site.spare(4, now),
            // The key that signs.
            (Self::RevokeByKey, _) => site.roster(now).into_iter().next().unwrap(),
            (Self::RevokeByPassword | Self::RotateTwinByPassword, TARGET) => {
                site.roster(now).into_iter().next().unwrap()
            }
            // The one that signs; the target is made by the host.
            (Self::RotateTwin | Self::CreateByToken, _) => {
                site.roster(now).into_iter().find(|c| c.label == "azure-entra").unwrap()
            }
            // One that may rotate itself.
            (Self::RotateInPlace, TARGET) => site.spare(3, now),
            (_, TARGET) => site.spare(1, now),
            _ => site.spare(2, now),
        }
    }
}

/// A test for each verb.
macro_rules! for_each_verb {
    ($run:ident: $($test:ident: $verb:ident),+ $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            $run(Verb::$verb).await;
        }
    )+};
}
pub(crate) use for_each_verb;

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
        if !verb.makes_target() && verb != Verb::RotateTwin {
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
        let wish = wish(core, Verb::CreateByToken, TARGET).unwrap();
        let made = core.create(&wish, signer(core, self.verb).unwrap().as_ref()).await.unwrap();
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
        Verb::RotateInPlace
        | Verb::RotateSwap
        | Verb::RotateTwin
        | Verb::RotateTwinByPassword
        | Verb::RotateTwinByKey => rotate(core, verb, label, successor()).await.map(|r| rotated_word(r.end).to_owned()),
        Verb::CreateByToken | Verb::CreateByPassword | Verb::CreateByKey => {
            let made = core.create(&wish(core, verb, label)?, signer(core, verb)?.as_ref()).await?;
            Ok(created_word(made.end).to_owned())
        }
        Verb::RevokeItself | Verb::RevokeByKey | Verb::RevokeByPassword => {
            let id = core.by_label(label)?.id;
            let results = core.revoke(&[id], signer(core, verb)?.as_ref(), &CancellationToken::new(), |_| {}).await?;
            let [result] = results.as_slice() else { return Err(Error::internal("one result was expected")) };
            Ok(word(result.end).to_owned())
        }
    }
}

/// Who signs, where it is not the target itself.
fn signer(core: &Core, verb: Verb) -> Result<Option<Using>> {
    Ok(match verb {
        Verb::RotateTwin | Verb::RevokeByKey | Verb::CreateByToken | Verb::CreateByKey => {
            Some(Using::Credential(core.by_label(OTHER)?.id))
        }
        Verb::RevokeByPassword | Verb::RotateTwinByPassword | Verb::CreateByPassword => {
            Some(Using::Password { user: "jdoe".into(), password: SecretText::from(PASSWORD), one_time_code: None })
        }
        _ => None,
    })
}

fn wish(core: &Core, verb: Verb, label: &str) -> Result<CreateWish> {
    let scopes: &[&str] = match verb {
        Verb::CreateByPassword => &["PROJECT_READ", "REPO_READ"],
        Verb::CreateByKey => &[],
        _ => &["vso.code"],
    };
    let scopes = scopes.iter().map(|&s| s.to_owned()).collect();
    let request = CreateRequest { name: "build".into(), scopes, ..CreateRequest::default() };
    let host = core.rack.host_by_name("the-host")?.map_or(HostId::default(), |h| h.id);
    Ok(CreateWish { label: label.into(), host, request, owner: None, tags: Vec::new(), note: String::new() })
}

/// Rotates; `pasted` takes the place where one is pasted.
pub async fn rotate(core: &Core, verb: Verb, label: &str, pasted: Secret) -> Result<RotateResult> {
    let id = core.by_label(label)?.id;
    let pasted = (verb == Verb::RotateSwap).then_some(Pasted { secret: pasted, username: None });
    let options = RotateOptions { pasted, using: signer(core, verb)?, ..RotateOptions::default() };
    let results = core.rotate(&[id], &options, &CancellationToken::new(), |_| {}).await?;
    results.into_iter().next().ok_or_else(|| Error::internal("one result was expected"))
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
        RotateEnd::Busy => "busy",
        RotateEnd::Failed => "failed",
        RotateEnd::Cancelled => "cancelled",
    }
}

pub fn created_word(end: CreateEnd) -> &'static str {
    match end {
        CreateEnd::Created => "created",
        CreateEnd::Refused => "refused",
        CreateEnd::Guided => "guided",
        CreateEnd::NeedsAuthority => "needs-authority",
        CreateEnd::Unknown => "unknown",
        CreateEnd::Unreachable => "unreachable",
        CreateEnd::Failed => "failed",
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
        RevokeEnd::Busy => "busy",
        RevokeEnd::Failed => "failed",
        RevokeEnd::Cancelled => "cancelled",
        RevokeEnd::Guided => "guided",
        RevokeEnd::NeedsAuthority => "needs-authority",
    }
}

pub fn is_present(credential: &Credential) -> bool {
    credential.secret == SecretState::Present
}
