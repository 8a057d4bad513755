//! Where the stages report: keeps the diagnosis, tells of every change, measures the time of each.

use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jiff::Timestamp;

use super::look::Look;
use super::names::texts_of_stage;
use crate::domain::{Diagnosis, Finding, Stage, StageReport, StageState, Subject, Validation};
use crate::hosts::facts::advice::Addressee;
use crate::secret::{Masker, Secret};

/// The diagnosis under way.
pub(crate) struct Board<'a> {
    diagnosis: Mutex<Diagnosis>,
    maskers: Mutex<Vec<Masker>>,
    began: Instant,
    on_stage: &'a (dyn Fn(&StageReport) + Send + Sync),
}

impl<'a> Board<'a> {
    pub(crate) fn new(subject: Subject, now: Timestamp, on_stage: &'a (dyn Fn(&StageReport) + Send + Sync)) -> Self {
        Self {
            diagnosis: Mutex::new(Diagnosis::new(subject, now)),
            maskers: Mutex::default(),
            began: Instant::now(),
            on_stage,
        }
    }

    /// Runs a stage: it is under way, then what it saw is put in its place. Gives what the stage passes on.
    pub(crate) async fn time<T>(&self, stage: Stage, look: impl Future<Output = (Look, T)>) -> T {
        let ((look, value), ms) = self.timed(stage, look).await;
        self.settle(stage, look, ms);
        value
    }

    /// Marks a stage as under way and measures the work; what it saw is put down by [`Board::settle`].
    pub(crate) async fn timed<T>(&self, stage: Stage, work: impl Future<Output = T>) -> (T, u64) {
        self.report(StageReport { state: StageState::Running, ..StageReport::waiting(stage) });
        let began = Instant::now();
        let value = work.await;
        (value, u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// Puts down what a stage saw that took no time of its own.
    pub(crate) fn put(&self, stage: Stage, look: Look) {
        self.settle(stage, look, 0);
    }

    /// Puts down what a stage saw, with the time it took.
    pub(crate) fn settle(&self, stage: Stage, look: Look, ms: u64) {
        let Look { state, summary, facts, findings, evidence } = look;
        let subject = self.lock().subject.clone();
        let findings = findings.iter().map(|f| Addressee::of(&subject).finding(f)).collect();
        self.report(StageReport { stage, state, ms, summary, facts, findings, evidence });
    }

    /// Stages that an earlier failure keeps from running.
    pub(crate) fn not_reached(&self, stages: &[Stage]) {
        for stage in stages.iter().filter(|s| !self.state(**s).is_settled()) {
            self.put(*stage, Look::of(StageState::NotReached, ""));
        }
    }

    /// How a stage stands.
    pub(crate) fn state(&self, stage: Stage) -> StageState {
        self.lock().stage(stage).map_or(StageState::Waiting, |s| s.state)
    }

    /// What a stage warned of turned out to be the reason of a failure that came later: it decides.
    pub(crate) fn promote(&self, stage: Stage, explains: impl Fn(&Finding) -> bool) {
        let fits = |s: &&StageReport| s.state == StageState::Warned && s.findings.first().is_some_and(&explains);
        let warned = self.lock().stage(stage).filter(fits).cloned();
        if let Some(report) = warned {
            self.report(StageReport { state: StageState::Failed, ..report });
        }
    }

    /// What the host said of the credential.
    pub(crate) fn validated(&self, validation: Validation) {
        self.lock().validation = Some(validation);
    }

    /// What the host said of the credential, so far.
    pub(crate) fn told(&self) -> Option<Validation> {
        self.lock().validation.clone()
    }

    /// The whole; what has not settled was not reached, or was cancelled.
    pub(crate) fn finish(self, cancelled: bool) -> Diagnosis {
        let open: Vec<Stage> = self.lock().stages.iter().filter(|s| !s.state.is_settled()).map(|s| s.stage).collect();
        let state = if cancelled { StageState::Cancelled } else { StageState::NotReached };
        for stage in open {
            self.put(stage, Look::of(state, ""));
        }
        let mut diagnosis = self.diagnosis.into_inner().unwrap_or_else(PoisonError::into_inner);
        diagnosis.ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        diagnosis
    }

    /// A secret that came up: from now on no report holds it, whatever a host echoes.
    pub(crate) fn learn(&self, secret: &Secret) {
        self.maskers.lock().unwrap_or_else(PoisonError::into_inner).push(Masker::of(secret));
    }

    fn report(&self, mut report: StageReport) {
        let maskers = self.maskers.lock().unwrap_or_else(PoisonError::into_inner);
        for masker in maskers.iter() {
            texts_of_stage(&mut report, &mut |text| {
                if masker.finds(text) {
                    *text = masker.mask(text);
                }
            });
        }
        drop(maskers);
        self.lock().put(report.clone());
        (self.on_stage)(&report);
    }

    fn lock(&self) -> MutexGuard<'_, Diagnosis> {
        self.diagnosis.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
