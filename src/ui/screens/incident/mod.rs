//! Leaked secrets: paste what leaked, see what each is and what would be done, confirm, see it done, keep a report.
//!
//! The paste lives in a wiped text ([`Pasted`]) and nowhere on the screen: secrets are named by a few public characters. Nothing is sent
//! before the confirmation; only the very strings that were pasted are ever revoked.

mod view;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::config::{Action, Context};
use crate::domain::{LeakPlan, LeakResult, Way};
use crate::error::Error;
use crate::secret::SecretText;

use super::super::effect::{Effect, IncidentFx};
use super::super::layer::{Hints, Pane};
use super::super::msg::{IncidentMsg, JobId};
use super::super::overlays::toast::Level;
use super::super::page;
use super::super::shared::{Cx, Input, Shared};
use super::super::widgets::form::{Event, Form};
use super::super::widgets::list::{List, scroll};
use super::super::widgets::pasted::Pasted;
use super::super::widgets::signing::Signing;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Using,
    User,
    Password,
    Code,
    Report,
    Confirm,
}

const SIGNING: Signing<Name> =
    Signing { using: Name::Using, user: Name::User, password: Name::Password, code: Name::Code };

#[derive(Debug)]
enum Stage {
    /// Waiting for what leaked.
    Pasting,
    /// Being found and looked up, offline.
    Planning(JobId),
    /// Waiting for the words that confirm.
    Asking { plans: Vec<LeakPlan>, notes: Vec<String>, form: Form<Name>, top: usize },
    /// Under way.
    Running { job: JobId, total: usize, stopping: bool },
    /// Over.
    Report,
}

/// An incident from paste to report.
#[derive(Debug)]
pub struct Incident {
    pasted: Pasted,
    stage: Stage,
    results: Vec<LeakResult>,
    list: List,
}

impl Default for Incident {
    fn default() -> Self {
        Self { pasted: Pasted::default(), stage: Stage::Pasting, results: Vec::new(), list: List::default() }
    }
}

impl Incident {
    /// Takes in a message; true where it was meant for this one.
    pub fn on(&mut self, msg: &IncidentMsg, cx: &mut Cx<'_>) -> bool {
        match (msg, &self.stage) {
            (IncidentMsg::Planned { job, result }, Stage::Planning(mine)) if job == mine => self.planned(result, cx),
            (IncidentMsg::Stepped { job, result }, Stage::Running { job: mine, .. }) if job == mine => {
                self.results.push((**result).clone());
            }
            (IncidentMsg::Done { job, result }, Stage::Running { job: mine, .. }) if job == mine => {
                self.stage = Stage::Report;
                match result {
                    Ok(results) => self.results.clone_from(results),
                    Err(error) => cx.fail(error),
                }
                cx.load();
            }
            _ => return false,
        }
        true
    }

    fn planned(&mut self, result: &Result<(Vec<LeakPlan>, Vec<String>), Error>, cx: &mut Cx<'_>) {
        let (plans, notes) = match result {
            Ok((plans, notes)) => (plans.clone(), notes.clone()),
            Err(error) => {
                cx.fail(error);
                self.stage = Stage::Pasting;
                return;
            }
        };
        let needs = |wanted: bool| {
            plans.iter().any(|p| matches!(&p.plan, Some(Way::NeedsAuthority { password, .. }) if *password == wanted))
        };
        let mut form = Form::new();
        if needs(true) {
            form = SIGNING.add_code(SIGNING.add_account(form, Vec::new()));
        }
        if needs(true) || needs(false) {
            let mut families: Vec<_> = plans.iter().filter_map(|p| p.leak.family.clone()).collect();
            families.sort();
            families.dedup();
            form = SIGNING.add_using(form, "", &cx.s.rows, |c| families.contains(&c.family));
        }
        if Self::phrase(&plans).is_none() {
            self.stage = Stage::Asking { plans, notes, form, top: 0 };
            return;
        }
        form = form
            .text(Name::Report, "Report", "", "a file for a report that names no secret; empty writes none")
            .text(Name::Confirm, "Confirm", "", "");
        form.focus(Name::Confirm);
        self.stage = Stage::Asking { plans, notes, form, top: 0 };
    }

    fn add(&mut self, text: &SecretText, cx: &mut Cx<'_>) {
        if !self.pasted.add(text) {
            cx.say(Level::Warn, "that is far too long and was not taken; paste the strings themselves");
        }
    }

    /// What has to be typed: how many of the plan something can be done about; none where that is nothing.
    fn phrase(plans: &[LeakPlan]) -> Option<String> {
        let revocable = plans.iter().filter(|p| p.plan.is_some()).count();
        (revocable > 0).then(|| format!("revoke {revocable}"))
    }

    fn submit(&mut self, cx: &mut Cx<'_>) {
        let Stage::Asking { plans, form, .. } = &mut self.stage else { return };
        let Some(phrase) = Self::phrase(plans) else {
            return cx.say(Level::Info, "nothing is sent: there is nothing among them that could be revoked");
        };
        if form.value(Name::Confirm) != phrase {
            return form.refuse(Name::Confirm, super::super::widgets::typed::mistyped(&phrase));
        }
        let report = Some(form.value(Name::Report).to_owned()).filter(|r| !r.is_empty());
        let Ok(signer) = SIGNING.read(form, &cx.s.rows) else { return };
        let total = plans.len();
        let job = cx.s.jobs.begin_weighty("revoking what leaked");
        self.stage = Stage::Running { job, total, stopping: false };
        self.results.clear();
        let text = self.pasted.take();
        cx.emit(Effect::Incident(IncidentFx::Run { job, text, signer, report }));
    }

    fn paste(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        match input {
            Input::Paste(text) => self.add(text, cx),
            Input::Action(Action::Back) => cx.back(),
            Input::Action(Action::Submit | Action::Confirm) if self.pasted.lines() > 0 => {
                let job = cx.s.jobs.begin("finding what leaked");
                self.stage = Stage::Planning(job);
                cx.emit(Effect::Incident(IncidentFx::Plan { job, text: self.pasted.text().clone() }));
            }
            Input::Action(Action::Submit | Action::Confirm) => cx.say(Level::Info, "nothing is pasted yet"),
            Input::Char(_) => cx.say(Level::Info, "what leaked is pasted here, not typed: use your terminal's paste"),
            Input::Action(action) => {
                self.pasted.act(action);
            }
            _ => {}
        }
    }

    fn page(&self) -> Option<&str> {
        page::by_hand(self.results.get(self.list.at)?.plan.as_ref()?)
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
            (Action::Page, _) => page::open(self.page().map(str::to_owned), cx),
            _ => {}
        }
    }
}

impl Pane for Incident {
    fn contexts(&self, _s: &Shared) -> Vec<Context> {
        match &self.stage {
            Stage::Pasting => vec![Context::Text, Context::Form, Context::Global],
            Stage::Asking { form, .. } => form.contexts(),
            _ => vec![Context::Guide, Context::List, Context::Global],
        }
    }

    fn hints(&self, _s: &Shared) -> Hints {
        match &self.stage {
            Stage::Pasting => vec![
                (Action::Submit, "find them, send nothing"),
                (Action::DeleteToStart, "start over"),
                (Action::Back, "cancel"),
            ],
            Stage::Planning(_) => vec![(Action::Back, "cancel")],
            Stage::Asking { plans, .. } => {
                let mut hints = Hints::new();
                if Self::phrase(plans).is_some() {
                    hints.extend([(Action::Submit, "revoke"), (Action::NextField, "")]);
                }
                if plans.len() > view::PLANS {
                    hints.push((Action::PageDown, "the others"));
                }
                hints.push((Action::Back, "cancel"));
                hints
            }
            Stage::Running { .. } => vec![(Action::Back, "stop")],
            Stage::Report => {
                vec![(Action::Page, ""), (Action::Down, ""), (Action::Up, ""), (Action::Back, "close")]
            }
        }
    }

    fn enabled(&self, action: Action, _s: &Shared) -> bool {
        match action {
            Action::Page => self.page().is_some(),
            Action::Verify | Action::Change => false,
            _ => true,
        }
    }

    fn input(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        match &mut self.stage {
            Stage::Pasting => self.paste(input, cx),
            Stage::Asking { plans, form, top, .. } => {
                if let Input::Action(action @ (Action::PageUp | Action::PageDown)) = input {
                    scroll(top, action, plans.len(), view::PLANS);
                    return;
                }
                match form.input(input) {
                    Event::Submit => self.submit(cx),
                    Event::Back => cx.back(),
                    _ => {}
                }
            }
            _ => match input {
                Input::Action(action) => self.act(action, cx),
                Input::Wheel(down) => self.list.wheel(down, self.results.len(), view::list_height(cx.s)),
                _ => {}
            },
        }
    }

    fn closed(&mut self, cx: &mut Cx<'_>) {
        self.pasted.clear();
        match &mut self.stage {
            Stage::Planning(job) if cx.s.jobs.close(*job) => cx.emit(Effect::Cancel(*job)),
            Stage::Asking { form, .. } => form.wipe(),
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
