//! keyrack's own health: everything that was looked at, what mends it, and mending what keyrack can mend itself, which is
//! confirmed: by a key, or in words where secrets are destroyed by it.
//!
//! ```text
//!  open ─▶ Looking ──Examined──▶ Told ──m──▶ Asking ──yes──▶ Looking (mending) ──Examined──▶ Told
//!                                  └──ctrl-r──▶ Looking
//! ```

mod view;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::config::{Action, Context};
use crate::domain::{Complaint, Health};
use crate::error::{Error, ErrorKind};

use super::super::effect::{DoctorFx, Effect};
use super::super::layer::{Hints, Pane};
use super::super::msg::{DoctorMsg, JobId, Passphrase};
use super::super::overlays::toast::Level;
use super::super::shared::{Cx, Input, Shared};
use super::super::text::count;
use super::super::widgets::form::{Event, Form};
use super::super::widgets::list::List;
use super::super::widgets::typed;

#[derive(Debug)]
enum Stage {
    /// Under way; what was found before stays in sight.
    Looking { job: JobId, mending: bool },
    /// Everything was looked at; the error where that could not be done.
    Told(Option<Error>),
    /// Waiting for the word to mend; the form where secrets are destroyed by it.
    Asking(Option<Form<()>>),
}

/// What was found, and the cursor in it.
#[derive(Debug)]
pub struct Doctor {
    stage: Stage,
    found: Vec<Complaint>,
    list: List,
    /// The user chose the line: it is not taken away from under the eyes.
    moved: bool,
}

impl Doctor {
    /// Opens and looks at everything.
    pub fn open(cx: &mut Cx<'_>) -> Self {
        let stage = Self::examine(false, has_one(cx.s), cx);
        Self { stage, found: Vec::new(), list: List::default(), moved: false }
    }

    fn examine(mend: bool, open: bool, cx: &mut Cx<'_>) -> Stage {
        let job = if mend { cx.s.jobs.begin_weighty("mending") } else { cx.s.jobs.begin("looking at keyrack") };
        cx.emit(Effect::Doctor(DoctorFx::Examine { job, size: cx.s.size, open, mend }));
        Stage::Looking { job, mending: mend }
    }

    /// Takes in a message; false where it was meant for another.
    pub fn on(&mut self, msg: &DoctorMsg, cx: &mut Cx<'_>) -> bool {
        let DoctorMsg::Examined { job, result } = msg;
        let mending = match self.stage {
            Stage::Looking { job: mine, mending } if mine == *job => mending,
            _ => return false,
        };
        match result {
            Ok(found) => {
                self.found.clone_from(found);
                self.stage = Stage::Told(None);
                if !self.moved {
                    // What has to be mended first, else what is worth knowing.
                    let first = |health| self.found.iter().position(|c| c.health == health);
                    self.list.at = first(Health::Bad).or_else(|| first(Health::Warning)).unwrap_or(0);
                }
                if mending {
                    mended(found, cx);
                }
            }
            // The store stayed locked: that is a complaint, and the rest can be looked at all the same.
            Err(error) if error.kind == ErrorKind::Cancelled && !mending => {
                self.stage = Self::examine(false, false, cx)
            }
            Err(error) => {
                cx.fail(error);
                self.stage = Stage::Told(Some(error.clone()));
            }
        }
        true
    }

    fn mendable(&self) -> usize {
        self.found.iter().filter(|c| c.is_mendable()).count()
    }

    /// What has to be typed where secrets are destroyed.
    fn phrase(&self) -> String {
        format!("mend {}", self.mendable())
    }

    fn ask(&mut self) {
        let dangerous = self.found.iter().any(Complaint::costs_secrets);
        self.stage = Stage::Asking(dangerous.then(|| Form::new().text((), "Confirm", "", "")));
    }

    fn mend(&mut self, cx: &mut Cx<'_>) {
        self.stage = Self::examine(true, has_one(cx.s), cx);
        self.moved = false;
    }

    /// The answer to the question.
    fn answer(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        let phrase = self.phrase();
        let Stage::Asking(form) = &mut self.stage else { return };
        let event = match (form.as_mut(), input) {
            (Some(form), input) => form.input(input),
            (None, Input::Action(Action::Confirm)) => Event::Submit,
            (None, Input::Action(Action::Back)) => Event::Back,
            (None, _) => Event::None,
        };
        match (event, form) {
            (Event::Submit, Some(form)) if form.value(()) != phrase => form.refuse((), typed::mistyped(&phrase)),
            (Event::Submit, _) => self.mend(cx),
            (Event::Back, _) => self.stage = Stage::Told(None),
            _ => {}
        }
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) {
        if self.list.act(action, self.found.len(), view::list_height(self, cx.s)) {
            self.moved = true;
            return;
        }
        match (action, &self.stage) {
            (Action::Back, Stage::Looking { mending: true, .. }) => {
                cx.say(Level::Info, "what was begun is mended to its end; what came of it is told");
                cx.back();
            }
            (Action::Back, _) => cx.back(),
            (_, Stage::Looking { .. }) => cx.say(Level::Info, "it is still under way"),
            (Action::CheckAgain, _) => {
                self.moved = false;
                self.stage = Self::examine(false, has_one(cx.s), cx);
            }
            (Action::Mend, _) if self.mendable() > 0 => self.ask(),
            (Action::Mend, _) => cx.say(Level::Info, "there is nothing that keyrack can mend by itself"),
            _ => {}
        }
    }
}

/// Whether there is a secret store that can be opened: none is made for the doctor's sake.
fn has_one(s: &Shared) -> bool {
    s.passphrase() != Passphrase::Create
}

/// Says what came of mending.
fn mended(found: &[Complaint], cx: &mut Cx<'_>) {
    let left = found.iter().filter(|c| c.health == Health::Bad).count();
    match left {
        0 => cx.say(Level::Good, "nothing is left to mend"),
        n => cx.say(Level::Warn, format!("{} left to mend", count(n, "thing"))),
    }
    // Settled work changes records.
    cx.load();
}

/// What came of mending after its screen was left.
pub fn told_late(result: &Result<Vec<Complaint>, Error>, cx: &mut Cx<'_>) {
    match result {
        Ok(found) => mended(found, cx),
        Err(error) => cx.fail(error),
    }
}

impl Pane for Doctor {
    fn contexts(&self, _s: &Shared) -> Vec<Context> {
        match &self.stage {
            Stage::Asking(Some(form)) => form.contexts(),
            Stage::Asking(None) => vec![Context::Dialog, Context::Global],
            _ => vec![Context::Doctor, Context::List, Context::Screen, Context::Global],
        }
    }

    fn hints(&self, _s: &Shared) -> Hints {
        match &self.stage {
            Stage::Asking(Some(_)) => vec![(Action::Submit, "mend"), (Action::Back, "cancel")],
            Stage::Asking(None) => vec![(Action::Confirm, ""), (Action::Back, "no")],
            _ => vec![
                (Action::Back, ""),
                (Action::Mend, ""),
                (Action::CheckAgain, "again"),
                (Action::Down, ""),
                (Action::Up, ""),
                (Action::Help, ""),
            ],
        }
    }

    fn enabled(&self, action: Action, _s: &Shared) -> bool {
        let told = matches!(self.stage, Stage::Told(_));
        match action {
            Action::CheckAgain => told,
            Action::Mend => told && self.mendable() > 0,
            Action::Doctor => false,
            _ => true,
        }
    }

    fn input(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        if matches!(self.stage, Stage::Asking(_)) {
            return self.answer(input, cx);
        }
        match input {
            Input::Action(action) => self.act(action, cx),
            Input::Wheel(down) => self.list.wheel(down, self.found.len(), view::list_height(self, cx.s)),
            Input::Click(x, y) => {
                let rows = view::rows(self, cx.s);
                let at = self.list.top + usize::from(y.saturating_sub(rows.y));
                if rows.contains((x, y).into()) && at < self.found.len() {
                    (self.list.at, self.moved) = (at, true);
                }
            }
            _ => {}
        }
    }

    fn closed(&mut self, cx: &mut Cx<'_>) {
        // Mending is told of when it is over.
        if let Stage::Looking { job, mending: false } = self.stage
            && cx.s.jobs.close(job)
        {
            cx.emit(Effect::Cancel(job));
        }
    }

    fn settle(&mut self, s: &mut Shared) {
        self.list.fit(self.found.len(), view::list_height(self, s));
    }

    fn full_screen(&self) -> bool {
        true
    }

    fn view(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
        view::view(self, s, frame, area);
    }
}
