//! Carries out effects: a task each, answered by exactly one closing message, also when it fails, panics or is cancelled.

use std::collections::HashMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Source;
use crate::domain::{Draft, Expiry, Host, HostId, Validation};
use crate::error::{Error, ErrorKind, Result};
use crate::ops::Core;
use crate::ops::check::{CheckOptions, check};
use crate::ops::edit::Changes;
use crate::ops::hosts::HostInput;
use crate::ops::revoke::Using;
use crate::store::choice::Passphrase as Need;
use crate::ui::effect::{AddFx, Edit, Effect, HostFx, LogFx, RackFx, RevokeFx, StoreFx};
use crate::ui::msg::{
    AddMsg, CheckMsg, HostMsg, HostReport, JobId, LogMsg, Msg, Passphrase, RackData, RackMsg, RevokeMsg, StoreMsg,
    StoreState,
};

/// Runs effects in the background.
pub(super) struct Worker {
    source: Arc<Source>,
    sender: UnboundedSender<Msg>,
    running: HashMap<JobId, CancellationToken>,
    tasks: JoinSet<()>,
}

impl Worker {
    pub(super) fn new(source: Arc<Source>, sender: UnboundedSender<Msg>) -> Self {
        Self { source, sender, running: HashMap::new(), tasks: JoinSet::new() }
    }

    /// Changes whenever another process writes the rack.
    pub(super) fn version(&self) -> Option<i64> {
        self.source.core().rack.data_version().ok()
    }

    /// Finds out, in the background, which store is in use: probing may take its time.
    pub(super) fn store_state(&mut self) {
        let (source, sender) = (Arc::clone(&self.source), self.sender.clone());
        self.tasks.spawn_blocking(move || {
            let _ = sender.send(Msg::Store(StoreMsg::State(state_of(source.core()))));
        });
    }

    /// Begins a job, or cancels one.
    pub(super) fn start(&mut self, effect: Effect) {
        while self.tasks.try_join_next().is_some() {}
        self.running.retain(|_, token| !token.is_cancelled());
        if let Effect::Cancel(job) = effect {
            if let Some(token) = self.running.get(&job) {
                token.cancel();
            }
            return;
        }
        let cancel = CancellationToken::new();
        if let Some(job) = effect.job() {
            self.running.insert(job, cancel.clone());
        }
        let (source, sender) = (Arc::clone(&self.source), self.sender.clone());
        self.tasks.spawn(async move {
            let job = Job { source, sender, cancel };
            job.run(effect).await;
            // Marks the job as over, so that its token is dropped at the next start.
            job.cancel.cancel();
        });
    }

    /// Stops what can be stopped and waits for what must not be cut off.
    pub(super) async fn finish(mut self, patience: Duration) {
        for token in self.running.values() {
            token.cancel();
        }
        let all = async { while self.tasks.join_next().await.is_some() {} };
        // After that long a store or host hangs; the journal settles what it leaves behind.
        let _ = tokio::time::timeout(patience, all).await;
    }
}

struct Job {
    source: Arc<Source>,
    sender: UnboundedSender<Msg>,
    cancel: CancellationToken,
}

impl Job {
    async fn run(&self, effect: Effect) {
        match effect {
            Effect::Rack(fx) => self.rack(fx).await,
            Effect::Add(fx) => self.add(fx).await,
            Effect::Check { job, ids, no_brake } => {
                let options = CheckOptions { ids: Some(ids), no_brake, per_host: None };
                let work = check(
                    self.core(),
                    options,
                    &self.cancel,
                    |_| {},
                    |checked| {
                        self.send(Msg::Check(CheckMsg::Checked {
                            job,
                            credential: checked.credential.clone(),
                            host: checked.host,
                            validation: Box::new(checked.validation.clone()),
                        }));
                    },
                );
                let result = self.guarded(work).await.map(|_| ());
                self.send(Msg::Check(CheckMsg::Done { job, result }));
            }
            Effect::Revoke(fx) => self.revoke(fx).await,
            Effect::Hosts(fx) => self.hosts(fx).await,
            Effect::Log(LogFx::Load { job, limit }) => {
                let result = self.guarded(async { Ok(self.core().rack.audit_log(limit)?) }).await;
                self.send(Msg::Log(LogMsg::Loaded { job, result }));
            }
            Effect::Store(StoreFx::Unlock { job, passphrase, create: _ }) => {
                let result = self.guarded(self.core().vault.unlock(Some(passphrase))).await;
                self.send(Msg::Store(StoreMsg::Unlocked { job, result }));
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
                let work = crate::ops::vault::blocking(move || {
                    Ok(Box::new(RackData {
                        hosts: rack.hosts()?,
                        credentials: rack.credentials()?,
                        standings: rack.standings()?,
                    }))
                });
                let result = self.guarded(work).await;
                self.send(Msg::Rack(RackMsg::Loaded { job, result }));
            }
            RackFx::Detail { job, id } => {
                let rack = core.rack.clone();
                let whose = id.clone();
                let work = crate::ops::vault::blocking(move || Ok(rack.history(&whose, HISTORY)?));
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
            RevokeFx::Run { job, ids, account, using } => {
                let signer = account.map(|a| Using::Password { user: a.user, password: a.password });
                (job, ids, signer.or(using.map(Using::Credential)))
            }
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
        ..Changes::default()
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
