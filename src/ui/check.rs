//! Checks under way: begun by keys, fed by streamed results, counted for the header.

use crate::domain::{CredentialId, Verdict};
use crate::error::ErrorKind;

use super::effect::Effect;
use super::msg::{CheckMsg, JobId};
use super::overlays::toast::Level;
use super::shared::{Cx, Shared};
use super::text::count;

/// One run.
#[derive(Debug, Clone)]
struct Run {
    job: JobId,
    total: usize,
    done: usize,
    bad: usize,
    unanswered: usize,
    held: Vec<CredentialId>,
    stopping: bool,
}

/// All runs, and who waits since an account was refused three times in a row.
#[derive(Debug, Clone, Default)]
pub struct Checks {
    runs: Vec<Run>,
    held: Vec<CredentialId>,
}

impl Checks {
    /// Bindings done and to do over all runs; none where nothing runs.
    #[must_use]
    pub fn progress(&self) -> Option<(usize, usize)> {
        if self.runs.is_empty() {
            return None;
        }
        let total: usize = self.runs.iter().map(|r| r.total).sum();
        let done: usize = self.runs.iter().map(|r| r.done).sum();
        Some((done.min(total), total))
    }

    /// Whether the user asked to stop and the last answers are being waited for.
    #[must_use]
    pub fn stopping(&self) -> bool {
        !self.runs.is_empty() && self.runs.iter().all(|r| r.stopping)
    }

    /// Whether something can be stopped.
    #[must_use]
    pub fn stoppable(&self) -> bool {
        self.runs.iter().any(|r| !r.stopping)
    }

    /// Those that wait for the user to say go on.
    #[must_use]
    pub fn held(&self) -> &[CredentialId] {
        &self.held
    }
}

/// Begins a run over those of `ids` whose secret is still here.
pub fn start(cx: &mut Cx<'_>, ids: Vec<CredentialId>, no_brake: bool) {
    let asked = ids.len();
    let rows: Vec<_> = ids.iter().filter_map(|id| cx.s.rows.get(id)).filter(|r| !r.retired()).collect();
    let total = rows.iter().map(|r| r.credential.bindings.len()).sum();
    let ids: Vec<CredentialId> = rows.iter().map(|r| r.credential.id.clone()).collect();
    if ids.is_empty() {
        let why =
            if asked == 0 { "there is nothing to check" } else { "its secret was destroyed: nothing left to check" };
        cx.say(Level::Info, why);
        return;
    }
    cx.s.checks.held.retain(|id| !ids.contains(id));
    let job = cx.s.jobs.begin_weighty("checking");
    cx.s.checks.runs.push(Run { job, total, done: 0, bad: 0, unanswered: 0, held: Vec::new(), stopping: false });
    cx.emit(Effect::Check { job, ids, no_brake });
}

/// Asks every run to stop.
pub fn stop(cx: &mut Cx<'_>) {
    let jobs: Vec<JobId> = cx.s.checks.runs.iter().filter(|r| !r.stopping).map(|r| r.job).collect();
    for run in &mut cx.s.checks.runs {
        run.stopping = true;
    }
    for job in jobs {
        cx.emit(Effect::Cancel(job));
    }
}

/// Takes in a message; stale ones are ignored.
pub fn on(message: CheckMsg, cx: &mut Cx<'_>) {
    match message {
        CheckMsg::Checked { job, credential, host, validation } => {
            let s: &mut Shared = cx.s;
            let Some(run) = s.checks.runs.iter_mut().find(|r| r.job == job) else { return };
            if !s.rows.apply(&credential, host, &validation, s.now) {
                return;
            }
            run.done += 1;
            match validation.verdict {
                Verdict::Unchecked if !run.held.contains(&credential) => run.held.push(credential.clone()),
                verdict if verdict.is_dead() || verdict == Verdict::Blocked => run.bad += 1,
                Verdict::Unreachable => run.unanswered += 1,
                _ => {}
            }
            s.history.add(&credential, host, *validation);
        }
        CheckMsg::Done { job, result } => {
            if !cx.s.jobs.close(job) {
                return;
            }
            let Some(at) = cx.s.checks.runs.iter().position(|r| r.job == job) else { return };
            let run = cx.s.checks.runs.remove(at);
            cx.s.rows.arrange();
            match result {
                Err(error) if error.kind != ErrorKind::Cancelled => cx.fail(&error),
                Err(_) => cx.say(Level::Info, format!("stopped: {} of {} checked", run.done, run.total)),
                Ok(()) if run.stopping => {
                    cx.say(Level::Info, format!("stopped: {} of {} checked", run.done, run.total))
                }
                Ok(()) => finish(run, cx),
            }
        }
    }
}

fn finish(run: Run, cx: &mut Cx<'_>) {
    for id in run.held {
        if !cx.s.checks.held.contains(&id) {
            cx.s.checks.held.push(id);
        }
    }
    let waiting = cx.s.checks.held.len();
    let checks = count(run.done.saturating_sub(waiting), "check");
    if waiting > 0 {
        let key = cx.s.key(&[crate::config::Context::Rack], crate::config::Action::CheckHeld);
        let text = format!(
            "{checks} done; {} held back after three rejections in a row for an account, so that it is not locked. {key} checks them anyway",
            count(waiting, "credential")
        );
        cx.say(Level::Warn, text);
    } else if run.bad + run.unanswered > 0 {
        let part = |n: usize, what: &str| if n > 0 { format!(", {n} {what}") } else { String::new() };
        let (bad, unanswered) = (part(run.bad, "not accepted"), part(run.unanswered, "without an answer"));
        cx.say(Level::Warn, format!("{checks} done{bad}{unanswered}"));
    } else {
        cx.say(Level::Good, format!("{checks} done"));
    }
}
