//! Why a credential does not work: the stages on the way to each of its hosts as they run, the one that decides, and what
//! to do about it. All hosts are looked at side by side, one tab each. What is not on the rack is asked for ([`Ask`]): a
//! token that is kept nowhere, or an exchange that somebody pasted.
//!
//! ```text
//!  open ─▶ Looking ──Stage──▶ (stages fill in) ──Done──▶ Over ──ctrl-r──▶ Looking
//!             └──esc──▶ stopping ──Done, with what was found──▶ Over
//! ```

mod ask;
mod command;
mod export;
mod patient;
mod tab;
mod view;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::config::{Action, Context};
use crate::domain::{CredentialId, Diagnosis, Stage, StageState};
use crate::error::{Error, ErrorKind};

use super::super::effect::{DiagnoseFx, Effect, SystemFx, Whom};
use super::super::layer::{Hints, Pane};
use super::super::msg::{DiagnoseMsg, JobId};
use super::super::overlays::toast::Level;
use super::super::page;
use super::super::shared::{Cx, Input, Shared};
use super::super::widgets::list::scroll;
pub use ask::Ask;
pub use export::{ExportForm, told_late};
use patient::Patient;
use tab::Tab;

/// How far it is.
#[derive(Debug)]
enum Run {
    /// Under way.
    Looking { job: JobId, stopping: bool },
    /// Over, or stopped; the error where it could not be done at all.
    Over(Option<Error>),
}

/// A diagnosis of one credential, token or exchange.
#[derive(Debug)]
pub struct Diagnose {
    patient: Patient,
    run: Run,
    /// A host or exchange each, in the order of the patient's; never empty.
    tabs: Vec<Tab>,
    at: usize,
    /// The user chose the tab.
    switched: bool,
    /// What is said of the stage has the keys, as opposed to the stages.
    pane: bool,
}

impl Diagnose {
    /// Opens for a credential and begins; none where its secret is gone.
    pub fn open(id: &CredentialId, cx: &mut Cx<'_>) -> Option<Self> {
        if cx.s.rows.get(id)?.retired() {
            cx.say(
                Level::Info,
                "its secret was destroyed after the host refused it: there is nothing left to diagnose",
            );
            return None;
        }
        let opened = Self::of(Whom::Kept(id.clone()), cx);
        if opened.is_none() {
            cx.say(Level::Info, "it is used at no host: nothing to diagnose");
        }
        opened
    }

    /// Opens for anybody and begins; none where there is no place to look at.
    fn of(whom: Whom, cx: &mut Cx<'_>) -> Option<Self> {
        let patient = Patient::new(whom, cx.s);
        let tabs = patient.blank(cx.s);
        if tabs.is_empty() {
            return None;
        }
        let run = Self::begin(&patient, cx);
        Some(Self { patient, run, tabs, at: 0, switched: false, pane: false })
    }

    fn begin(patient: &Patient, cx: &mut Cx<'_>) -> Run {
        let job = cx.s.jobs.begin("diagnosing");
        cx.emit(Effect::Diagnose(DiagnoseFx::Begin { job, whom: patient.whom.clone() }));
        Run::Looking { job, stopping: false }
    }

    /// Looks at everything once more.
    fn again(&mut self, cx: &mut Cx<'_>) {
        let blank = self.patient.blank(cx.s);
        if blank.is_empty() {
            return cx.say(Level::Info, "it is not on the rack any more: nothing to diagnose");
        }
        self.at = self.at.min(blank.len() - 1);
        self.tabs = blank;
        self.pane = false;
        self.run = Self::begin(&self.patient, cx);
    }

    /// Whether this job is its own.
    #[must_use]
    pub fn waits_for(&self, job: JobId) -> bool {
        matches!(self.run, Run::Looking { job: mine, .. } if mine == job)
    }

    /// Takes in a message of its own job; `top` where nothing lies over it. Gives the error where what was asked for could
    /// not even be begun, and the question is to be asked again.
    pub fn on(&mut self, msg: DiagnoseMsg, top: bool, cx: &mut Cx<'_>) -> Option<Error> {
        match msg {
            DiagnoseMsg::Stage { host, report, .. } => {
                if let Some(tab) = self.tabs.get_mut(host) {
                    tab.step(*report);
                }
            }
            DiagnoseMsg::Noted { notes, .. } => notes.into_iter().for_each(|note| cx.say(Level::Warn, note)),
            DiagnoseMsg::Done { result: Ok(found), .. } => {
                self.take(found);
                self.over(None);
                if matches!(self.patient.whom, Whom::Kept(_)) {
                    // What the hosts said was written down.
                    cx.load();
                }
            }
            DiagnoseMsg::Done { result: Err(error), .. } => {
                // The store stayed locked, it was stopped, or nothing could be made of what was typed: as if it had not
                // been begun.
                let asked = !matches!(self.patient.whom, Whom::Kept(_));
                let nothing = (asked || error.kind == ErrorKind::Cancelled) && self.tabs.iter().all(Tab::is_blank);
                self.over(Some(error.clone()));
                if nothing && top {
                    cx.back();
                    if asked {
                        return Some(error);
                    }
                }
                cx.fail(&error);
            }
            DiagnoseMsg::Exported { .. } => {}
        }
        None
    }

    /// The whole, which counts more than what was told on the way.
    fn take(&mut self, found: Vec<Diagnosis>) {
        if found.is_empty() {
            return;
        }
        self.tabs.truncate(found.len());
        for (at, found) in found.into_iter().enumerate() {
            match self.tabs.get_mut(at) {
                Some(tab) => tab.found = found,
                None => self.tabs.push(Tab::new(found)),
            }
        }
    }

    /// Nothing more will come: the tab that fails is shown, unless the user chose one.
    fn over(&mut self, error: Option<Error>) {
        self.tabs.iter_mut().for_each(Tab::over);
        let failed = self.tabs.iter().position(|t| t.state() == StageState::Failed);
        self.at = self.at.min(self.tabs.len() - 1);
        if let Some(failed) = failed.filter(|_| !self.switched) {
            self.at = failed;
        }
        self.run = Run::Over(error);
    }

    fn tab(&self) -> Option<&Tab> {
        self.tabs.get(self.at)
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) {
        let areas = view::areas(self, cx.s);
        let len = view::about(self, cx.s, usize::from(areas.about.width)).len();
        let in_pane = self.pane || matches!(action, Action::PageUp | Action::PageDown);
        let Some(tab) = self.tabs.get_mut(self.at) else { return cx.back() };
        if in_pane && scroll(&mut tab.top, action, len, usize::from(areas.about.height)) {
            return;
        }
        if tab.list.act(action, Stage::ALL.len(), usize::from(areas.rows.height)) {
            (tab.top, tab.moved) = (0, true);
            return;
        }
        match action {
            Action::Back => self.leave(cx),
            Action::Open => self.pane = true,
            Action::NextPane => self.pane = !self.pane,
            Action::Next => self.turn(1),
            Action::Previous => self.turn(self.tabs.len() - 1),
            Action::CheckAgain => self.again(cx),
            Action::Page => page::open(self.tab().and_then(Tab::page).map(str::to_owned), cx),
            Action::CopyCommand => {
                if let Some(command) = self.tab().and_then(Tab::command) {
                    let text = format!("on the clipboard, if this terminal allows that: {command}");
                    cx.say(Level::Good, text);
                    cx.emit(Effect::System(SystemFx::Copy(command)));
                }
            }
            Action::Export => {
                let found = self.tabs.iter().map(|t| t.found.clone()).collect();
                cx.open(ExportForm::new(&self.patient.report(&self.tabs), found).into());
            }
            _ => {}
        }
    }

    /// One step each time: what runs, what has the keys, the screen.
    fn leave(&mut self, cx: &mut Cx<'_>) {
        match &mut self.run {
            Run::Looking { job, stopping } if !*stopping => {
                *stopping = true;
                cx.emit(Effect::Cancel(*job));
            }
            _ if self.pane => self.pane = false,
            _ => cx.back(),
        }
    }

    fn turn(&mut self, by: usize) {
        self.at = (self.at + by) % self.tabs.len();
        self.switched = true;
    }

    fn click(&mut self, x: u16, y: u16, s: &Shared) {
        let areas = view::areas(self, s);
        self.pane = areas.pane.contains((x, y).into());
        let Some(tab) = self.tabs.get_mut(self.at) else { return };
        if areas.rows.contains((x, y).into()) {
            let at = tab.list.top + usize::from(y - areas.rows.y);
            if at < Stage::ALL.len() {
                self.pane = at == tab.list.at && tab.moved;
                (tab.list.at, tab.top, tab.moved) = (at, if self.pane { tab.top } else { 0 }, true);
            }
        }
    }
}

impl Pane for Diagnose {
    fn contexts(&self, _s: &Shared) -> Vec<Context> {
        vec![Context::Diagnose, Context::List, Context::Screen, Context::Global]
    }

    fn hints(&self, _s: &Shared) -> Hints {
        let back = match self.run {
            Run::Looking { stopping: false, .. } => "stop",
            _ if self.pane => "stages",
            _ => "",
        };
        let mut hints: Hints = vec![(Action::Back, back)];
        if !self.pane {
            hints.push((Action::NextPane, "details"));
        }
        hints.extend([
            (Action::Next, "next host"),
            (Action::CopyCommand, ""),
            (Action::Page, ""),
            (Action::Export, ""),
            (Action::CheckAgain, "again"),
            (Action::Down, ""),
            (Action::PageDown, "more"),
            (Action::DiagnoseOther, "another"),
            (Action::Help, ""),
        ]);
        hints
    }

    fn enabled(&self, action: Action, _s: &Shared) -> bool {
        let over = matches!(self.run, Run::Over(_));
        match action {
            Action::Next | Action::Previous => self.tabs.len() > 1,
            Action::CheckAgain => over,
            Action::Export => over && self.tabs.iter().any(|t| t.found.stages.iter().any(|s| !s.summary.is_empty())),
            Action::Page => self.tab().is_some_and(|t| t.page().is_some()),
            Action::CopyCommand => self.tab().is_some_and(|t| t.command().is_some()),
            _ => true,
        }
    }

    fn input(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        match input {
            Input::Action(action) if self.enabled(action, cx.s) => self.act(action, cx),
            Input::Action(Action::Page) => cx.say(Level::Info, "nothing that this stage found names a page"),
            Input::Action(Action::CopyCommand) => cx.say(Level::Info, "nothing that this stage found names a command"),
            Input::Action(Action::CheckAgain | Action::Export) if matches!(self.run, Run::Looking { .. }) => {
                let esc = cx.s.key(&self.contexts(cx.s), Action::Back);
                cx.say(Level::Info, format!("it is still under way; {esc} stops it"));
            }
            Input::Action(Action::Export) => cx.say(Level::Info, "nothing was found that could be written down"),
            Input::Action(Action::Next | Action::Previous) => cx.say(Level::Info, self.patient.alone()),
            Input::Wheel(down) => self.act(if down { Action::Down } else { Action::Up }, cx),
            Input::Click(x, y) => self.click(x, y, cx.s),
            _ => {}
        }
    }

    fn closed(&mut self, cx: &mut Cx<'_>) {
        let Run::Looking { job, .. } = self.run else { return };
        if cx.s.jobs.close(job) {
            cx.emit(Effect::Cancel(job));
            // A host may have been asked already, and what it said written down.
            let asked = |t: &Tab| t.found.stage(Stage::Authentication).is_some_and(|s| s.state.is_settled());
            if matches!(self.patient.whom, Whom::Kept(_)) && self.tabs.iter().any(asked) {
                cx.load();
            }
        }
    }

    fn settle(&mut self, s: &mut Shared) {
        let height = usize::from(view::areas(self, s).rows.height);
        if let Some(tab) = self.tabs.get_mut(self.at) {
            tab.list.fit(Stage::ALL.len(), height);
        }
    }

    fn full_screen(&self) -> bool {
        true
    }

    fn view(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
        view::view(self, s, frame, area);
    }
}
