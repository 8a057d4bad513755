//! One host, or one exchange, of a diagnosis: its stages as they come in, and where the user is among them.

use crate::domain::{Diagnosis, Finding, StageReport, StageState};

use super::super::super::page;
use super::super::super::widgets::list::List;
use super::command;

/// What was found at one place, and the cursor in it.
#[derive(Debug)]
pub(super) struct Tab {
    pub(super) found: Diagnosis,
    /// Which stage is under the cursor.
    pub(super) list: List,
    /// Topmost line of what is said of it.
    pub(super) top: usize,
    /// The user chose the stage: it is not taken away from under the eyes.
    pub(super) moved: bool,
}

impl Tab {
    pub(super) fn new(found: Diagnosis) -> Self {
        Self { found, list: List::default(), top: 0, moved: false }
    }

    /// The stage under the cursor.
    pub(super) fn stage(&self) -> Option<&StageReport> {
        self.found.stages.get(self.list.at)
    }

    /// How the whole stands, as if it were a stage.
    pub(super) fn state(&self) -> StageState {
        let any = |state| self.found.stages.iter().any(|s| s.state == state);
        match () {
            () if self.found.stages.iter().any(|s| !s.state.is_settled()) => StageState::Running,
            () if any(StageState::Failed) => StageState::Failed,
            () if any(StageState::Cancelled) => StageState::Cancelled,
            () if any(StageState::Warned) => StageState::Warned,
            () => StageState::Passed,
        }
    }

    /// Puts down how a stage stands now.
    pub(super) fn step(&mut self, report: StageReport) {
        let settled = self.found.stage(report.stage).is_some_and(|s| s.state.is_settled());
        // What is over does not begin anew within one run.
        if !settled || report.state.is_settled() {
            self.found.put(report);
        }
    }

    /// Nothing more will come: what is open was stopped, and the cursor goes to what decides.
    pub(super) fn over(&mut self) {
        for stage in self.found.stages.iter_mut().filter(|s| !s.state.is_settled()) {
            stage.state = StageState::Cancelled;
        }
        let decides = self.found.decides().map(|s| s.stage);
        let place = self.found.stages.iter().position(|s| Some(s.stage) == decides);
        if let Some(place) = place.filter(|_| !self.moved) {
            (self.list.at, self.top) = (place, 0);
        }
    }

    /// Nothing has happened yet.
    pub(super) fn is_blank(&self) -> bool {
        self.found.stages.iter().all(|s| s.state == StageState::Waiting)
    }

    fn findings(&self) -> &[Finding] {
        self.stage().map_or(&[], |s| &s.findings)
    }

    /// The page of the stage under the cursor.
    pub(super) fn page(&self) -> Option<&str> {
        self.findings().iter().find_map(|f| page::web(&f.link))
    }

    /// The command that the advice of the stage under the cursor names.
    pub(super) fn command(&self) -> Option<String> {
        self.findings().iter().find_map(|f| command::of(&f.remedy, &self.found.subject))
    }
}
