//! Validates credentials in the background: many at once, results as they arrive, with a brake that keeps a bad batch
//! from locking an account.

mod brake;
mod job;
mod writer;

use std::collections::VecDeque;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio_util::sync::CancellationToken;

use super::Core;
use super::permissions::judge::{Jobs, Place};
use super::prove::known;
use super::stale;
use crate::domain::{Credential, CredentialId, Expiry, Host, HostId, Profiles, Validation, Verdict};
use crate::error::{ErrorKind, Result};
use crate::rack::Learned;
use crate::secret::Secret;
use brake::{Brake, Next, next};
use job::{Job, jobs};
use writer::Writer;

/// What to check and how.
#[derive(Debug, Clone, Default)]
pub struct CheckOptions {
    /// Which credentials; none means all whose secret is present.
    pub ids: Option<Vec<CredentialId>>,
    /// Requests in flight at one host; none means the setting.
    pub per_host: Option<usize>,
    /// Go on although an account was refused several times in a row.
    pub no_brake: bool,
}

/// One result.
#[derive(Debug, Clone)]
pub struct Checked {
    /// Which credential.
    pub credential: CredentialId,
    /// At which host.
    pub host: HostId,
    /// What was found.
    pub validation: Validation,
}

/// How the whole ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CheckSummary {
    /// Results given.
    pub done: usize,
    /// Results there would have been.
    pub total: usize,
    /// Stopped by the user.
    pub cancelled: bool,
}

/// Checks credentials and hands each result to `on_result` as it arrives.
///
/// # Errors
/// Where the rack cannot be read or written, or the secret store cannot be opened or closes in the middle; what was found
/// before is kept. A bad token is no error, nor is one secret that cannot be read.
pub async fn check(
    core: &Core,
    options: CheckOptions,
    cancel: &CancellationToken,
    mut on_start: impl FnMut(usize),
    mut on_result: impl FnMut(&Checked),
) -> Result<CheckSummary> {
    let (hosts, mut queues) = jobs(core, options.ids.as_deref())?;
    let total = queues.iter().map(VecDeque::len).sum();
    on_start(total);
    let mut summary = CheckSummary { total, ..CheckSummary::default() };
    if total == 0 {
        return Ok(summary);
    }
    // Only where somebody needs them: a profile that cannot be understood stops nobody else.
    let has_jobs = queues.iter().flatten().any(|j| !j.credential.profiles.is_empty());
    let profiles = if has_jobs { core.profiles()? } else { Profiles::default() };
    // A store that is locked or absent must never look like a bad token: open it before the first request.
    core.vault.unlock_if_needed().await?;

    let per_host = options.per_host.unwrap_or(core.settings.per_host).max(1);
    let mut brake = Brake::new(if options.no_brake { usize::MAX } else { core.settings.brake_after });
    let mut in_flight = vec![0_usize; hosts.len()];
    let mut running = FuturesUnordered::new();
    let mut writer = Writer::new(core.rack.clone());
    let mut failed = None;
    loop {
        for (host, queue) in queues.iter_mut().enumerate() {
            while in_flight[host] < per_host && running.len() < core.settings.in_flight && !cancel.is_cancelled() {
                match next(queue, &mut brake) {
                    Next::Run(job) => {
                        in_flight[host] += 1;
                        running.push(run(core, &hosts[host], job, &profiles));
                    }
                    Next::Braked(job) => {
                        let validation = braked(core, &hosts[host], &job);
                        let checked = Checked { credential: job.credential.id, host: hosts[host].id, validation };
                        summary.done += 1;
                        on_result(&checked);
                        writer.take(checked.credential, checked.host, checked.validation, None);
                    }
                    Next::Wait => break,
                }
            }
        }
        writer.start_if_due();
        let finished = tokio::select! {
            biased;
            () = cancel.cancelled() => None,
            // Before the next result: a rack that cannot be written ends the check, not every one of its requests.
            written = writer.written() => match written {
                Ok(()) => continue,
                Err(error) => {
                    failed = Some(error);
                    None
                }
            },
            finished = running.next() => finished,
        };
        let Some((job, validation)) = finished else { break };
        in_flight[job.host] -= 1;
        let validation = match validation {
            Ok(validation) => validation,
            Err(error) => {
                failed = Some(error);
                break;
            }
        };
        brake.settle(&job, validation.verdict);
        let mut validation = validation;
        mark(core, &job.credential, &hosts, &mut validation);
        let learned = learned(&job.credential, &validation);
        let checked = Checked { credential: job.credential.id, host: hosts[job.host].id, validation };
        summary.done += 1;
        on_result(&checked);
        writer.take(checked.credential, checked.host, checked.validation, learned);
    }
    summary.cancelled = cancel.is_cancelled() && summary.done < total;
    let written = writer.finish().await;
    let outcome = match (&failed, summary.cancelled) {
        (None, false) if written.is_ok() => "done",
        (None, true) => "cancelled",
        _ => "failed",
    };
    core.audit("check", "", "", outcome, format!("{} of {} validated", summary.done, summary.total));
    match failed {
        Some(error) => Err(error),
        None => written.map(|()| summary),
    }
}

async fn run(core: &Core, host: &Host, job: Job, profiles: &Profiles) -> (Job, Result<Validation>) {
    let result = one(core, host, &job.credential, profiles).await;
    (job, result)
}

/// The secret of a credential, or what is wrong with it.
pub(crate) enum Secrets {
    /// It.
    Found(Secret),
    /// It is missing, or cannot be read: nothing can be sent, and this is said instead of a verdict.
    NotRead(Box<Validation>),
}

/// Reads the secret of a credential.
///
/// # Errors
/// Where the secret store is locked or absent. A secret that is missing or cannot be read is a verdict with advice, not
/// an error: the others can still be checked.
pub(crate) async fn secret_of(core: &Core, credential: &Credential) -> Result<Secrets> {
    let secret = match core.vault.find(&credential.id).await {
        // One damaged file says nothing of the others; a store that is locked or absent stops everything.
        Err(error) if error.kind == ErrorKind::Data => {
            let args = [("detail", error.to_string()), ("advice", error.hints.join(" "))];
            let args = args.each_ref().map(|(n, v)| (*n, v.as_str()));
            return Ok(Secrets::NotRead(Box::new(not_read(core, "store.unreadable", &args))));
        }
        other => other?,
    };
    let Some(secret) = secret else {
        let args = [("label", credential.label.as_str()), ("store", credential.store.slug())];
        return Ok(Secrets::NotRead(Box::new(not_read(core, "store.secret-missing", &args))));
    };
    Ok(Secrets::Found(secret))
}

/// Validates one credential at one host, and holds what it may do there against its profiles.
async fn one(core: &Core, host: &Host, credential: &Credential, profiles: &Profiles) -> Result<Validation> {
    let secret = match secret_of(core, credential).await? {
        Secrets::Found(secret) => secret,
        Secrets::NotRead(why) => return Ok(*why),
    };
    let mut validation = core.validate(host, known(credential), &secret).await;
    let look_at = credential.bindings.iter().find(|b| b.host == host.id).map(|b| &b.look_at);
    let place = Place { host, bindings: &credential.bindings, look_at };
    core.hold_against(place, known(credential), &secret, Jobs::of(credential, profiles), &mut validation).await;
    Ok(validation)
}

/// Adds what the credential was made by and no longer holds.
fn mark(core: &Core, credential: &Credential, hosts: &[Host], validation: &mut Validation) {
    let used: Vec<&Host> = credential.bindings.iter().filter_map(|b| hosts.iter().find(|h| h.id == b.host)).collect();
    let found = stale::of_credential(credential, &used, &[validation], validation.checked_at);
    stale::judge(validation, &found, core.settings.warn_days);
    validation.findings.extend(found);
}

/// Nothing was sent, since the secret could not be had.
fn not_read(core: &Core, code: &str, args: &[(&str, &str)]) -> Validation {
    let (verdict, finding) = crate::hosts::facts::common().finding(code, args);
    let mut validation = Validation::new(verdict, finding.title.clone(), core.clock.now());
    validation.findings.push(finding);
    validation
}

fn braked(core: &Core, host: &Host, job: &Job) -> Validation {
    let account = job.account.as_ref().map_or("", |(_, name)| name);
    let reason = format!(
        "not sent: {} tokens of {account} at {} were refused in a row, and more could lock the account; `--no-brake` goes on",
        core.settings.brake_after, host.name
    );
    Validation::new(Verdict::Unchecked, reason, core.clock.now())
}

/// What the host told that the record does not say yet: a better expiry, a more exact kind.
fn learned(credential: &Credential, validation: &Validation) -> Option<Learned> {
    let told = validation.verdict.is_real() && validation.expiry != Expiry::Unknown;
    let expiry = told && (validation.expiry != credential.expiry || credential.expiry_by_user);
    let kind = validation.kind.filter(|k| *k != credential.kind);
    (expiry || kind.is_some()).then(|| Learned {
        credential: credential.id.clone(),
        kind,
        expiry: if expiry { validation.expiry } else { Expiry::Unknown },
    })
}

/// The worst verdict of several bindings.
#[must_use]
pub fn worst(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
    verdicts.into_iter().max_by_key(|v| v.severity()).unwrap_or(Verdict::Unchecked)
}
