//! Carries out effects: a task each, answered by exactly one closing message, also when it fails, panics or is cancelled.

mod add;
mod deployment;
mod diagnose;
mod doctor;
mod file;
mod hosts;
mod inventory;
mod permissions;
mod rack;
mod revoke;
mod rotate;
mod signer;

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
use crate::domain::{Credential, CredentialId, DeploymentAct};
use crate::error::{Error, ErrorKind, Result};
use crate::ops::Core;
use crate::ops::check::{CheckOptions, Checked, check};
use crate::ops::vault::blocking;
use crate::store::choice::Passphrase as Need;
use crate::ui::effect::{
    AddFx, DeploymentFx, DiagnoseFx, DoctorFx, Effect, HostFx, IncidentFx, InventoryFx, LogFx, RackFx, RevokeFx,
    RotateFx, StoreFx, SystemFx,
};
use crate::ui::msg::{CheckMsg, JobId, LogMsg, Msg, Passphrase, RackMsg, StoreMsg, StoreState};

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

    /// The record of that id.
    fn credential(&self, id: &CredentialId) -> Result<Credential> {
        self.core().rack.credential(id)?.ok_or_else(|| {
            Error::usage("that credential is no longer on the rack").hint("Another keyrack may have removed it.")
        })
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

fn state_of(core: &Core) -> StoreState {
    let chosen = core.vault.chosen();
    let passphrase = match core.vault.needs() {
        Need::NotNeeded => Passphrase::None,
        Need::Open => Passphrase::Open,
        Need::Create => Passphrase::Create,
    };
    StoreState { kind: chosen.kind, reason: chosen.reason, passphrase }
}
