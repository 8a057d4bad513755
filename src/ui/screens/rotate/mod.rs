//! Replacing secrets: the plan, the new one pasted where it is made by hand, the typed confirmation, the run, the summary.
//!
//! Nothing is sent before the confirmation. A run that was begun is shown to its end: leaving it only asks to stop.

mod asked;
mod view;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::config::{Action, Context};
use crate::domain::{CredentialId, RotateEnd, RotatePlan, RotateResult, Successor};
use crate::error::Error;

use super::super::effect::{Effect, RotateFx, Rotation};
use super::super::layer::{Hints, Pane};
use super::super::msg::{JobId, RotateMsg};
use super::super::overlays::toast::Level;
use super::super::page;
use super::super::shared::{Cx, Input, Shared};
use super::super::widgets::form::Event;
use super::super::widgets::list::{List, scroll};
use asked::Asked;

#[derive(Debug)]
enum Stage {
    /// The hosts' ways are being looked up.
    Planning(JobId),
    /// Waiting for the user.
    Asking(Box<Asked>),
    /// The pasted one is being looked at.
    Looking { job: JobId, asked: Box<Asked>, rotation: Box<Rotation> },
    /// Under way.
    Running { job: JobId, total: usize, stopping: bool },
    /// Over.
    Report,
}

/// A rotation from plan to summary.
#[derive(Debug)]
pub struct Rotate {
    ids: Vec<CredentialId>,
    stage: Stage,
    results: Vec<RotateResult>,
    list: List,
}

impl Rotate {
    /// Opens for those of `ids` whose secret is still here; none where there is none.
    pub fn open(ids: &[CredentialId], cx: &mut Cx<'_>) -> Option<Self> {
        let live = |id: &&CredentialId| cx.s.rows.get(id).is_some_and(|r| !r.retired());
        let ids: Vec<CredentialId> = ids.iter().filter(live).cloned().collect();
        if ids.is_empty() {
            cx.say(Level::Info, "its secret was destroyed: nothing left to rotate");
            return None;
        }
        let job = Self::plan(&ids, cx);
        Some(Self { ids, stage: Stage::Planning(job), results: Vec::new(), list: List::default() })
    }

    fn plan(ids: &[CredentialId], cx: &mut Cx<'_>) -> JobId {
        let job = cx.s.jobs.begin("planning");
        cx.emit(Effect::Rotate(RotateFx::Plan { job, ids: ids.to_vec() }));
        job
    }

    /// Takes in a message; true where it was meant for this one.
    pub fn on(&mut self, msg: &RotateMsg, cx: &mut Cx<'_>) -> bool {
        match (msg, &self.stage) {
            (RotateMsg::Planned { job, result }, Stage::Planning(mine)) if job == mine => self.planned(result, cx),
            (RotateMsg::Looked { job, result }, Stage::Looking { job: mine, .. }) if job == mine => {
                self.looked(result, cx);
            }
            (RotateMsg::Stepped { job, result }, Stage::Running { job: mine, .. }) if job == mine => {
                self.take(std::slice::from_ref(result));
            }
            (RotateMsg::Done { job, result }, Stage::Running { job: mine, .. }) if job == mine => {
                self.stage = Stage::Report;
                match result {
                    Ok(results) => self.take(results),
                    Err(error) => {
                        cx.fail(error);
                        if self.results.is_empty() {
                            cx.back();
                        }
                    }
                }
                cx.load();
            }
            _ => return false,
        }
        true
    }

    fn planned(&mut self, result: &Result<Vec<RotatePlan>, Error>, cx: &mut Cx<'_>) {
        let plans = match result {
            Ok(plans) => plans.clone(),
            Err(error) => {
                cx.fail(error);
                return cx.back();
            }
        };
        self.stage = Stage::Asking(Box::new(Asked::new(plans, &self.ids, cx.s)));
    }

    fn looked(&mut self, result: &Result<Box<Successor>, Error>, cx: &mut Cx<'_>) {
        let Stage::Looking { mut asked, rotation, .. } = std::mem::replace(&mut self.stage, Stage::Report) else {
            return;
        };
        match result {
            Ok(successor) if successor.doubts.is_empty() => self.run(rotation, cx),
            Ok(successor) => {
                asked.put_back(*rotation);
                asked.doubt(&successor.doubts);
                self.stage = Stage::Asking(asked);
            }
            Err(error) => {
                cx.fail(error);
                asked.put_back(*rotation);
                self.stage = Stage::Asking(asked);
            }
        }
    }

    fn submit(&mut self, cx: &mut Cx<'_>) {
        let Stage::Asking(asked) = &mut self.stage else { return };
        let Some(rotation) = asked.rotation(cx.s).map(Box::new) else { return };
        match (&rotation.pasted, rotation.accept_doubts) {
            (Some(text), false) => {
                let job = cx.s.jobs.begin("looking at the new one");
                let look = RotateFx::Look { job, id: self.ids[0].clone(), text: text.clone() };
                if let Stage::Asking(asked) = std::mem::replace(&mut self.stage, Stage::Report) {
                    self.stage = Stage::Looking { job, asked, rotation };
                }
                cx.emit(Effect::Rotate(look));
            }
            _ => self.run(rotation, cx),
        }
    }

    fn run(&mut self, rotation: Box<Rotation>, cx: &mut Cx<'_>) {
        let job = cx.s.jobs.begin_weighty("rotating");
        self.stage = Stage::Running { job, total: self.ids.len(), stopping: false };
        cx.emit(Effect::Rotate(RotateFx::Run { job, ids: self.ids.clone(), rotation }));
    }

    /// Results replace earlier ones of the same credential.
    fn take(&mut self, results: &[RotateResult]) {
        for result in results {
            match self.results.iter_mut().find(|r| r.credential == result.credential) {
                Some(earlier) => earlier.clone_from(result),
                None => self.results.push(result.clone()),
            }
        }
    }

    /// Those that another attempt may still help: nothing was changed for them.
    fn retryable(&self) -> Vec<CredentialId> {
        use RotateEnd::{Cancelled, Guided, NeedsAuthority, NewUnproved, Refused, Unreachable};
        let again = |end| matches!(end, Cancelled | Guided | NeedsAuthority | NewUnproved | Refused | Unreachable);
        self.results.iter().filter(|r| again(r.end)).map(|r| r.credential.clone()).collect()
    }

    /// The page of what is to be done by hand.
    fn page(&self) -> Option<&str> {
        let way = match &self.stage {
            Stage::Asking(asked) => &asked.plans.first()?.new,
            _ => self.results.get(self.list.at)?.way.as_ref()?,
        };
        page::by_hand(way)
    }

    fn open_page(&self, cx: &mut Cx<'_>) {
        page::open(self.page().map(str::to_owned), cx);
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) {
        if self.list.act(action, self.results.len(), view::list_height(cx.s)) {
            return;
        }
        match (action, &mut self.stage) {
            (Action::Back, Stage::Running { job, stopping, .. }) if !*stopping => {
                *stopping = true;
                cx.emit(Effect::Cancel(*job));
            }
            (Action::Back, Stage::Running { .. }) => {}
            (Action::Back, _) => cx.back(),
            (Action::Page, _) => self.open_page(cx),
            (Action::Change, Stage::Report) => {
                let ids = self.retryable();
                if !ids.is_empty() {
                    self.stage = Stage::Planning(Self::plan(&ids, cx));
                    self.ids = ids;
                }
            }
            _ => {}
        }
    }
}

/// Turns the pages of the plans.
fn turn(asked: &mut Asked, action: Action, s: &Shared) {
    match (asked.plans.len(), action) {
        // One plan is shown from its end, so that this is how far it was turned back.
        (1, Action::PageUp) => asked.top = (asked.top + view::STEP).min(view::hidden(asked, s)),
        (1, _) => asked.top = asked.top.saturating_sub(view::STEP),
        (plans, _) => {
            scroll(&mut asked.top, action, plans, view::PLANS);
        }
    }
}

impl Pane for Rotate {
    fn contexts(&self, _s: &Shared) -> Vec<Context> {
        match &self.stage {
            Stage::Asking(asked) => asked.form.contexts(),
            _ => vec![Context::Guide, Context::List, Context::Global],
        }
    }

    fn hints(&self, s: &Shared) -> Hints {
        match &self.stage {
            Stage::Asking(asked) if asked.plans.len() == 1 && view::hidden(asked, s) > 0 => vec![
                (Action::Submit, "rotate"),
                (Action::NextField, ""),
                (Action::PageUp, "earlier steps"),
                (Action::Page, ""),
                (Action::Back, "cancel"),
            ],
            Stage::Planning(_) | Stage::Looking { .. } => vec![(Action::Back, "cancel")],
            Stage::Asking(_) => vec![
                (Action::Submit, "rotate"),
                (Action::NextField, ""),
                (Action::Page, ""),
                (Action::Suggest, ""),
                (Action::Back, "cancel"),
            ],
            Stage::Running { .. } => vec![(Action::Back, "stop")],
            Stage::Report => vec![
                (Action::Page, ""),
                (Action::Change, "try again"),
                (Action::Down, ""),
                (Action::Up, ""),
                (Action::Back, "close"),
            ],
        }
    }

    fn enabled(&self, action: Action, _s: &Shared) -> bool {
        match action {
            Action::Verify => false,
            Action::Change => matches!(self.stage, Stage::Report) && !self.retryable().is_empty(),
            Action::Page => self.page().is_some(),
            _ => true,
        }
    }

    fn input(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        if matches!(self.stage, Stage::Asking(_)) && matches!(input, Input::Action(Action::Page)) {
            return self.open_page(cx);
        }
        if let Stage::Asking(asked) = &mut self.stage {
            if let Input::Action(action @ (Action::PageUp | Action::PageDown)) = input {
                return turn(asked, action, cx.s);
            }
            match asked.form.input(input) {
                Event::Submit => self.submit(cx),
                Event::Back => cx.back(),
                Event::TooLong => cx.say(Level::Warn, "that is too long for a token"),
                _ => {}
            }
            return;
        }
        match input {
            Input::Action(action) if self.enabled(action, cx.s) => self.act(action, cx),
            Input::Wheel(down) => self.list.wheel(down, self.results.len(), view::list_height(cx.s)),
            _ => {}
        }
    }

    fn closed(&mut self, cx: &mut Cx<'_>) {
        match &mut self.stage {
            Stage::Planning(job) | Stage::Looking { job, .. } if cx.s.jobs.close(*job) => cx.emit(Effect::Cancel(*job)),
            Stage::Asking(asked) => asked.form.wipe(),
            _ => {}
        }
    }

    fn settle(&mut self, s: &mut Shared) {
        self.list.fit(self.results.len(), view::list_height(s));
    }

    fn full_screen(&self) -> bool {
        true
    }

    fn view(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
        view::view(self, s, frame, area);
    }
}
