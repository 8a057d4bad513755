//! Why does it say 401? The way from the secret store to the host's word on a credential, looked at stage by stage.
//!
//! ```text
//!  store ──▶ record ───────────────┐
//!  environment                      ├─▶ authentication ──▶ permission
//!  dns ─▶ tcp ─▶ proxy ─▶ tls ─▶ host ─▶ clock
//!  git: what it would be answered; at the host last of all
//! ```
//!
//! What does not depend on one another runs side by side; the first stage in order that fails decides; what would have
//! come after a failure is `not reached`. A secret is sent only where the record says that it belongs, and only once the
//! host was seen to be the right product.

mod authentication;
mod basic;
mod board;
#[cfg(test)]
mod canary;
mod clock;
mod environment;
mod facts;
mod files;
mod git;
mod held;
mod host;
mod look;
pub mod names;
mod netrc;
mod network;
mod patient;
mod permission;
mod record;
pub mod report;
mod store;
mod suggest;
mod surroundings;
#[cfg(test)]
mod tests;
pub mod transcript;
mod viewpoint;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::domain::{Diagnosis, Stage, StageReport, StageState, Validation, Verdict};
use crate::net::record::Recorder;
use crate::ops::Core;
use crate::ops::exchange::{Channel, settings_of};
use crate::secret::Secret;
use board::Board;
use look::Look;
pub use patient::{Patient, Stranger, Wanted};
pub use surroundings::Surroundings;

/// Looks at one credential at one host. `on_stage` is told of every change of a stage, in the order of their happening.
/// Never fails: whatever stands in the way is what the diagnosis is about. Cancelled, it gives what was found so far.
pub async fn diagnose(
    core: &Core,
    patient: &Patient,
    around: &Surroundings,
    cancel: &CancellationToken,
    on_stage: &(dyn Fn(&StageReport) + Send + Sync),
) -> Diagnosis {
    let board = Board::new(patient.subject(), core.clock.now(), on_stage);
    tokio::select! {
        biased;
        () = cancel.cancelled() => {}
        () = run(core, patient, around, &board) => {}
    }
    let diagnosis = board.finish(cancel.is_cancelled());
    let outcome = diagnosis.first_finding().map_or_else(|| "healthy".to_owned(), |f| f.code.clone());
    let label = patient.label().unwrap_or_default();
    core.audit(
        "diagnose",
        label,
        &patient.host.name,
        if cancel.is_cancelled() { "cancelled" } else { "done" },
        outcome,
    );
    diagnosis
}

async fn run(core: &Core, patient: &Patient, around: &Surroundings, board: &Board<'_>) {
    let local = async {
        let secret = board.time(Stage::Store, store::look(core, patient)).await;
        secret.iter().for_each(|s| board.learn(s));
        let usable = board.time(Stage::Record, record::look(core.clock.now(), patient, secret.as_ref())).await;
        let looked = environment::look(patient, around, secret.as_ref(), board);
        let machine = board.time(Stage::Environment, looked).await;
        (secret, usable, machine)
    };
    let ((secret, usable, machine), way) = tokio::join!(local, the_way(core, patient, board));
    match (&secret, &way) {
        (Some(secret), Some(way)) if usable => judge(core, patient, board, way, secret).await,
        _ => board.not_reached(&[Stage::Authentication, Stage::Permission]),
    }
    let channel = way.as_ref().map(|w| &w.channel);
    let before = git::Before { around, machine: &machine, secret: secret.as_ref(), channel, asked: board.told() };
    board.time(Stage::Git, git::look(core, patient, before, board)).await;
}

async fn judge(core: &Core, patient: &Patient, board: &Board<'_>, way: &Reached, secret: &Secret) {
    let asked = board.time(Stage::Authentication, authentication::look(core, patient, &way.channel, secret)).await;
    clock::settle(core, patient, board, &way.recorder, Some(&asked));
    if asked.verdict == Verdict::Unreachable {
        // An address that could not be reached was needed after all.
        network::WAY.iter().for_each(|stage| board.promote(*stage, network::is_failure));
    }
    if asked.verdict.is_dead() {
        let now = core.clock.now();
        board.promote(Stage::Record, |finding| record::explains(finding, asked.verdict, now));
    }
    judge_permission(core, patient, board, secret, asked).await;
}

async fn judge_permission(core: &Core, patient: &Patient, board: &Board<'_>, secret: &Secret, asked: Validation) {
    if !matches!(board.state(Stage::Authentication), StageState::Passed | StageState::Warned) {
        board.not_reached(&[Stage::Permission]);
        board.validated(asked);
        return;
    }
    let judged = board.time(Stage::Permission, permission::look(core, patient, secret, asked)).await;
    board.validated(judged);
}

/// The way to a host that was found to be the right one.
struct Reached {
    channel: Channel,
    recorder: Arc<Recorder>,
}

/// Names, connections, proxy, TLS and the product behind them.
async fn the_way(core: &Core, patient: &Patient, board: &Board<'_>) -> Option<Reached> {
    const BEHIND: [Stage; 2] = [Stage::Clock, Stage::Host];
    let channel = match core.channel(&patient.host) {
        Ok(channel) => channel,
        Err(error) => {
            // A file or setting of the record that cannot be used has a stage and words of its own.
            let (stage, finding) = match core.network.probe(&settings_of(&patient.host), &patient.host.url) {
                Err(unusable) => (network::stage_of(unusable.kind), look::of_net(&unusable)),
                Ok(_) => (Stage::Host, look::of_error("host.record", &error)),
            };
            board.put(stage, Look::failed(finding));
            board.not_reached(&network::WAY);
            board.not_reached(&BEHIND);
            return None;
        }
    };
    if !network::look(core, patient, &channel, board).await {
        board.not_reached(&BEHIND);
        return None;
    }
    let recorder = Arc::new(Recorder::new(Arc::clone(&channel.transport)));
    let channel = Channel { transport: Arc::clone(&recorder) as _, ..channel };
    let fits = board.time(Stage::Host, host::look(core, patient, &channel)).await;
    clock::settle(core, patient, board, &recorder, None);
    if !fits {
        network::WAY.iter().for_each(|stage| board.promote(*stage, network::is_failure));
    }
    fits.then_some(Reached { channel, recorder })
}
