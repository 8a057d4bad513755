//! Carries out effects: a task each, answered by exactly one closing message, also when it fails, panics or is cancelled.

mod deployment;
mod diagnose;
mod doctor;
mod inventory;
mod permissions;
mod rotate;

use std::collections::HashMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Source;
use crate::diagnose::Surroundings;
use crate::domain::{DeploymentAct, Draft, Expiry, Host, HostId, Validation};
use crate::error::{Error, ErrorKind, Result};
use crate::ops::Core;
use crate::ops::check::{CheckOptions, Checked, check};
use crate::ops::edit::Changes;
use crate::ops::hosts::HostInput;
use crate::ops::vault::blocking;
use crate::store::choice::Passphrase as Need;
use crate::ui::effect::{
    AddFx, DeploymentFx, DiagnoseFx, DoctorFx, Edit, Effect, HostFx, IncidentFx, InventoryFx, LogFx, RackFx, RevokeFx,
    RotateFx, StoreFx, SystemFx,
};
use crate::ui::msg::{
    AddMsg, CheckMsg, HostMsg, HostReport, JobId, LogMsg, Msg, Passphrase, RackData, RackMsg, RevokeMsg, StoreMsg,
    StoreState,
};

/// Runs effects in the background.
pub(super) struct Worker {
    source: Arc<Source>,
    /// What a diagnosis knows of this machine.
    around: Arc<Surroundings>,
    sender: UnboundedSender<Msg>,
    running: HashMap<JobId, CancellationToken>,
    /// What must not be cut off in the middle.
    firm: JoinSet<()>,
    /// What may be: it only reads, or keeps nothing.
    loose: JoinSet<()>,
    /// The rack's version as last read; changes whenever another process writes.
    seen: Arc<Mutex<Option<i64>>>,
}

impl Worker {
    pub(super) fn new(source: Arc<Source>, around: Surroundings, sender: UnboundedSender<Msg>) -> Self {
        Self {
            source,
            around: Arc::new(around),
            sender,
            running: HashMap::new(),
            firm: JoinSet::new(),
            loose: JoinSet::new(),
            seen: Arc::default(),
        }
    }

    /// Finds out, in the background, which store is in use: probing may take its time, and nobody waits for it at the
    /// end.
    pub(super) fn store_state(&mut self) {
        let job = self.job();
        self.loose.spawn(async move { job.tell_store_state().await });
    }

    /// Looks, in the background, whether another process wrote the rack since it was last read.
    pub(super) fn look(&mut self) {
        let job = self.job();
        self.loose.spawn(async move {
            let rack = job.core().rack.clone();
            let seen = Arc::clone(&job.seen);
            let work = blocking(move || {
                let now = rack.data_version()?;
                Ok(locked(&seen).is_some_and(|before| before != now))
            });
            // A rack that cannot be read just now is told of when something is asked of it.
            if let Ok(true) = job.guarded(work).await {
                job.send(Msg::Rack(RackMsg::Changed));
            }
        });
    }

    /// Begins a job, or cancels one.
    pub(super) fn start(&mut self, effect: Effect) {
        while self.firm.try_join_next().is_some() || self.loose.try_join_next().is_some() {}
        self.running.retain(|_, token| !token.is_cancelled());
        if let Effect::Cancel(job) = effect {
            if let Some(token) = self.running.get(&job) {
                token.cancel();
            }
            return;
        }
        let job = self.job();
        if let Some(id) = effect.job() {
            self.running.insert(id, job.cancel.clone());
        }
        let tasks = if firm(&effect) { &mut self.firm } else { &mut self.loose };
        tasks.spawn(async move {
            job.run(effect).await;
            // Marks the job as over, so that its token is dropped at the next start.
            job.cancel.cancel();
        });
    }

    /// Stops what can be stopped, drops what may be dropped, and waits for the rest.
    pub(super) async fn finish(&mut self) {
        // First what is dropped: told to stop it would still answer, to nobody.
        self.loose.abort_all();
        for token in self.running.values() {
            token.cancel();
        }
        while self.firm.join_next().await.is_some() {}
        while self.loose.join_next().await.is_some() {}
    }

    /// Waits until everything has come to its own end.
    #[cfg(all(test, unix))]
    pub(super) async fn ended(mut self) {
        while self.firm.join_next().await.is_some() {}
        while self.loose.join_next().await.is_some() {}
    }

    fn job(&self) -> Job {
        Job {
            source: Arc::clone(&self.source),
            around: Arc::clone(&self.around),
            sender: self.sender.clone(),
            cancel: CancellationToken::new(),
            seen: Arc::clone(&self.seen),
        }
    }
}

/// Whether it writes, or acts on a host, so that it has to come to its end (checks end early, but keep what they found).
fn firm(effect: &Effect) -> bool {
    match effect {
        Effect::Check { .. }
        | Effect::Add(AddFx::Keep { .. })
        | Effect::Rack(RackFx::Save { .. } | RackFx::Forget { .. })
        | Effect::Revoke(RevokeFx::Run { .. } | RevokeFx::Verify { .. })
        | Effect::Inventory(InventoryFx::Revoke { .. })
        | Effect::Create(_)
        | Effect::Deployment(DeploymentFx::Run {
            act: DeploymentAct::Submit | DeploymentAct::Update | DeploymentAct::Delete,
            ..
        })
        | Effect::Rotate(RotateFx::Run { .. })
        | Effect::Incident(IncidentFx::Run { .. })
        | Effect::Diagnose(DiagnoseFx::Export { .. })
        | Effect::Doctor(DoctorFx::Examine { mend: true, .. })
        | Effect::Hosts(HostFx::Save { .. } | HostFx::Remove { .. })
        | Effect::Store(StoreFx::Unlock { create: true, .. }) => true,
        Effect::Rack(RackFx::Load { .. } | RackFx::Detail { .. })
        | Effect::Add(AddFx::Identify { .. } | AddFx::Check { .. })
        | Effect::Revoke(RevokeFx::Plan { .. })
        | Effect::Inventory(InventoryFx::Read { .. })
        | Effect::Deployment(DeploymentFx::Find { .. } | DeploymentFx::Run { act: DeploymentAct::Show, .. })
        | Effect::Rotate(RotateFx::Plan { .. } | RotateFx::Look { .. })
        | Effect::Incident(IncidentFx::Plan { .. })
        | Effect::Permissions(_)
        | Effect::Diagnose(DiagnoseFx::Begin { .. })
        | Effect::Doctor(DoctorFx::Examine { mend: false, .. })
        | Effect::Guide(_)
        | Effect::Hosts(HostFx::Test { .. })
        | Effect::Log(LogFx::Load { .. })
        | Effect::Store(StoreFx::Unlock { create: false, .. })
        | Effect::System(_)
        | Effect::Cancel(_) => false,
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Job {
    source: Arc<Source>,
    around: Arc<Surroundings>,
    sender: UnboundedSender<Msg>,
    cancel: CancellationToken,
    seen: Arc<Mutex<Option<i64>>>,
}

impl Job {
    async fn run(&self, effect: Effect) {
        match effect {
            Effect::Rack(fx) => self.rack(fx).await,
            Effect::Add(fx) => self.add(fx).await,
            Effect::Check { job, ids, no_brake } => {
                let options = CheckOptions { ids: Some(ids), no_brake, per_host: None };
                let work = async {
                    // Apart from the rest: a store that waits for a prompt must not keep a check from being stopped.
                    self.stoppable(self.core().vault.unlock_if_needed()).await?;
                    let on_result = |checked: &Checked| {
                        self.send(Msg::Check(CheckMsg::Checked {
                            job,
                            credential: checked.credential.clone(),
                            host: checked.host,
                            validation: Box::new(checked.validation.clone()),
                        }));
                    };
                    check(self.core(), options, &self.cancel, |_| {}, on_result).await
                };
                let result = self.guarded(work).await.map(|_| ());
                self.send(Msg::Check(CheckMsg::Done { job, result }));
            }
            Effect::Revoke(fx) => self.revoke(fx).await,
            Effect::Inventory(fx) => self.inventory(fx).await,
            Effect::Create(fx) => self.create(fx).await,
            Effect::Deployment(fx) => self.deployment(fx).await,
            Effect::Rotate(fx) => self.rotate(fx).await,
            Effect::Incident(fx) => self.incident(fx).await,
            Effect::Permissions(fx) => self.permissions(fx).await,
            Effect::Diagnose(fx) => self.diagnose(fx).await,
            Effect::Doctor(fx) => self.doctor(fx).await,
            Effect::Guide(fx) => self.guide(fx).await,
            Effect::Hosts(fx) => self.hosts(fx).await,
            Effect::Log(LogFx::Load { job, limit }) => {
                let rack = self.core().rack.clone();
                let result = self.guarded(blocking(move || Ok(rack.audit_log(limit)?))).await;
                self.send(Msg::Log(LogMsg::Loaded { job, result }));
            }
            Effect::Store(StoreFx::Unlock { job, passphrase, create: _ }) => {
                let result = self.guarded(self.core().vault.unlock(Some(passphrase))).await;
                let open = result.is_ok();
                self.send(Msg::Store(StoreMsg::Unlocked { job, result }));
                if open {
                    // Also where nobody waits for the answer any more: the store is open all the same.
                    self.tell_store_state().await;
                }
            }
            Effect::System(SystemFx::OpenUrl(url)) => {
                let result = self.guarded(blocking(move || browse(&url))).await;
                if let Err(error) = result {
                    self.send(Msg::Failed(error));
                }
            }
            // The loop itself does these.
            Effect::System(_) | Effect::Cancel(_) => {}
        }
    }

    async fn rack(&self, fx: RackFx) {
        let core = self.core();
        match fx {
            RackFx::Load { job } => {
                let rack = core.rack.clone();
                // Where they cannot be read the rack is shown all the same; checks say what is wrong with them.
                let profiles = core.profiles().unwrap_or_default();
                let seen = Arc::clone(&self.seen);
                let work = blocking(move || {
                    // Before the rest, so that a write in between is seen as one afterwards.
                    let version = rack.data_version()?;
                    *locked(&seen) = Some(version);
                    Ok(Box::new(RackData {
                        hosts: rack.hosts()?,
                        credentials: rack.credentials()?,
                        standings: rack.standings()?,
                        profiles,
                    }))
                });
                let result = self.guarded(work).await;
                self.send(Msg::Rack(RackMsg::Loaded { job, result }));
            }
            RackFx::Detail { job, id } => {
                let rack = core.rack.clone();
                let whose = id.clone();
                let work = blocking(move || Ok(rack.history(&whose, HISTORY)?));
                let result = self.guarded(work).await;
                self.send(Msg::Rack(RackMsg::Detail { job, id, result }));
            }
            RackFx::Save { job, edit } => {
                let result = self.guarded(async { save(core, *edit) }).await;
                self.send(Msg::Rack(RackMsg::Saved { job, result }));
            }
            RackFx::Forget { job, ids } => {
                let work = async {
                    for id in &ids {
                        core.forget(id).await?;
                    }
                    Ok(ids.clone())
                };
                let result = self.guarded(work).await;
                self.send(Msg::Rack(RackMsg::Forgotten { job, result }));
            }
        }
    }

    async fn add(&self, fx: AddFx) {
        let core = self.core();
        match fx {
            AddFx::Identify { job, text } => {
                let result = self.guarded(async { core.identify(text.reveal()).map(Box::new) }).await;
                self.send(Msg::Add(AddMsg::Identified { job, result }));
            }
            AddFx::Check { job, draft } => {
                let result = self.stoppable(try_out(core, *draft)).await;
                self.send(Msg::Add(AddMsg::Checked { job, result }));
            }
            AddFx::Keep { job, draft, checked } => {
                let work = async {
                    let resolved = core.resolve(*draft)?;
                    let found: Vec<Validation> = checked.into_iter().map(|(_, v)| v).collect();
                    core.keep(&resolved, &found).await.map(|c| c.id)
                };
                let result = self.guarded(work).await;
                self.send(Msg::Add(AddMsg::Kept { job, result }));
            }
        }
    }

    async fn revoke(&self, fx: RevokeFx) {
        let core = self.core();
        let (job, ids, using) = match fx {
            RevokeFx::Plan { job, ids } => {
                let result = self.guarded(core.revoke_plan(&ids, None)).await;
                self.send(Msg::Revoke(RevokeMsg::Planned { job, result }));
                return;
            }
            RevokeFx::Run { job, ids, signer } => (job, ids, signer.map(inventory::using)),
            // Revoking looks first whether the host refuses it already, which is what verifying is.
            RevokeFx::Verify { job, ids } => (job, ids, None),
        };
        let work = core.revoke(&ids, using.as_ref(), &self.cancel, |result| {
            self.send(Msg::Revoke(RevokeMsg::Stepped { job, result: Box::new(result.clone()) }));
        });
        let result = self.guarded(work).await;
        self.send(Msg::Revoke(RevokeMsg::Done { job, result }));
    }

    async fn hosts(&self, fx: HostFx) {
        let core = self.core();
        match fx {
            HostFx::Save { job, host } => {
                let result = self.guarded(save_host(core, *host)).await;
                self.send(Msg::Hosts(HostMsg::Saved { job, result }));
            }
            HostFx::Remove { job, id } => {
                let result = self.guarded(async { core.host_remove(&core.host(id)?.name) }).await;
                self.send(Msg::Hosts(HostMsg::Removed { job, result }));
            }
            HostFx::Test { job, host } => {
                let result = self.stoppable(test_host(core, *host)).await;
                self.send(Msg::Hosts(HostMsg::Tested { job, result }));
            }
        }
    }

    async fn tell_store_state(&self) {
        let source = Arc::clone(&self.source);
        match self.guarded(blocking(move || Ok(state_of(source.core())))).await {
            Ok(state) => self.send(Msg::Store(StoreMsg::State(state))),
            Err(error) => self.send(Msg::Failed(error)),
        }
    }

    fn core(&self) -> &Core {
        self.source.core()
    }

    fn send(&self, msg: Msg) {
        // After the loop has ended nobody listens any more.
        let _ = self.sender.send(msg);
    }

    /// Work that runs to its end; a panic becomes an error.
    async fn guarded<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| {
            Err(Error::internal("a background task of keyrack failed")
                .hint("Please report this; nothing on the rack is lost."))
        })
    }

    /// Work that may be dropped in the middle.
    async fn stoppable<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::select! {
            result = self.guarded(work) => result,
            () = self.cancel.cancelled() => Err(Error::new(ErrorKind::Cancelled, "stopped")),
        }
    }
}

/// Opens a page in the user's browser. Hosts name pages too, so anything but a web page is left alone.
fn browse(url: &str) -> Result<()> {
    let by_hand = |error: Error| error.hint(format!("Open the page by hand: {url}"));
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return Err(by_hand(Error::data("this is no address of a web page, so it was not opened")));
    }
    open::that_detached(url).map_err(|e| by_hand(Error::data("no browser could be opened").because(&e)))
}

/// How many earlier checks the detail shows.
const HISTORY: usize = 30;

fn state_of(core: &Core) -> StoreState {
    let chosen = core.vault.chosen();
    let passphrase = match core.vault.needs() {
        Need::NotNeeded => Passphrase::None,
        Need::Open => Passphrase::Open,
        Need::Create => Passphrase::Create,
    };
    StoreState { kind: chosen.kind, reason: chosen.reason, passphrase }
}

fn save(core: &Core, edit: Edit) -> Result<()> {
    let changes = Changes {
        label: Some(edit.label),
        tags: Some(edit.tags),
        note: Some(edit.note),
        expires: edit.expiry.map(Expiry::at),
        username: Some(edit.username),
        owner: Some(edit.owner),
        bindings: edit.bindings,
        profiles: edit.profiles,
        look_at: edit.look_at,
    };
    core.edit(&edit.id, changes).map(|_| ())
}

async fn try_out(core: &Core, draft: Draft) -> Result<Vec<(String, Validation)>> {
    let resolved = core.resolve(draft)?;
    let found = core.try_out(&resolved).await;
    Ok(resolved.hosts.iter().map(|(host, _)| host.name.clone()).zip(found).collect())
}

async fn save_host(core: &Core, host: Host) -> Result<HostId> {
    if host.id != HostId::default() {
        // The screen has asked, naming the credentials concerned.
        return core.host_edit(host, true).map(|h| h.id);
    }
    let input = HostInput {
        name: Some(host.name).filter(|n| !n.is_empty()),
        url: host.url,
        family: Some(host.family).filter(|f| !f.as_str().is_empty()),
        region: host.region,
        endpoints: host.endpoints,
        ca_file: host.ca_file,
        client_cert: host.client_cert,
        proxy: host.proxy,
        allow_http: host.allow_http,
    };
    core.host_add(&input).await.map(|(host, _)| host.id)
}

async fn test_host(core: &Core, host: Host) -> Result<HostReport> {
    let test = core.host_test(&host, None).await?;
    match (test.product, test.finding) {
        (Some(product), _) => Ok(HostReport { product, version: test.version }),
        (None, Some(finding)) => {
            Err(Error::new(ErrorKind::Unreachable, finding.title).cause(finding.cause).hint(finding.remedy))
        }
        (None, None) => Err(Error::new(ErrorKind::Unreachable, "the host did not say what it is")),
    }
}
