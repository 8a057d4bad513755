//! The add wizard: paste, what it is, label and host, live check, kept.
//!
//! The pasted text lives in a wiped field and in the draft's `Secret`, nowhere else. Leaving the wizard wipes both.

mod draft;
mod view;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::config::{Action, Context};
use crate::domain::{Draft, Identified, Validation};
use crate::error::Error;

use super::super::effect::{AddFx, Effect};
use super::super::layer::{Hints, Pane};
use super::super::msg::{AddMsg, JobId};
use super::super::overlays::toast::Level;
use super::super::shared::{Cx, Input, Nav, Shared};
use super::super::widgets::form::Event;
use super::super::widgets::secret_field::SecretField;
use draft::Details;

#[derive(Debug)]
enum Stage {
    /// Waiting for the secret; the field is in the wizard.
    Paste,
    /// Being recognised, offline.
    Identifying(JobId),
    /// This very secret is on the rack already, under that label.
    Duplicate(String),
    /// Label, host and the rest.
    Details(Box<Details>),
    /// At the hosts.
    Checking { details: Box<Details>, draft: Box<Draft>, job: JobId },
    /// The hosts have answered, or could not be asked.
    Checked { details: Box<Details>, draft: Box<Draft>, outcome: Outcome },
    /// On its way to the rack.
    Keeping { details: Box<Details>, draft: Box<Draft>, outcome: Outcome, job: JobId },
}

/// What the check of a draft came to.
#[derive(Debug, Clone)]
enum Outcome {
    Found(Vec<(String, Validation)>),
    Failed(Error),
}

impl Outcome {
    /// Every host accepts it, whatever else there is to say.
    fn accepted(&self) -> bool {
        use crate::domain::Verdict::{Expiring, Limited, Valid};
        match self {
            Self::Found(found) => {
                !found.is_empty() && found.iter().all(|(_, v)| matches!(v.verdict, Valid | Expiring | Limited))
            }
            Self::Failed(_) => false,
        }
    }

    fn found(&self) -> Vec<(String, Validation)> {
        match self {
            Self::Found(found) => found.clone(),
            Self::Failed(_) => Vec::new(),
        }
    }
}

/// The wizard.
#[derive(Debug)]
pub struct Add {
    field: SecretField,
    error: Option<String>,
    stage: Stage,
}

impl Default for Add {
    fn default() -> Self {
        Self { field: SecretField::default(), error: None, stage: Stage::Paste }
    }
}

impl Add {
    /// Takes in a message; stale ones are ignored.
    pub fn on(&mut self, msg: AddMsg, cx: &mut Cx<'_>) {
        match msg {
            AddMsg::Identified { job, result } => {
                if matches!(self.stage, Stage::Identifying(mine) if mine == job) {
                    self.identified(result, cx);
                }
            }
            AddMsg::Checked { job, result } => {
                if matches!(&self.stage, Stage::Checking { job: mine, .. } if *mine == job)
                    && let Stage::Checking { details, draft, .. } = std::mem::replace(&mut self.stage, Stage::Paste)
                {
                    let outcome = match result {
                        Ok(found) => Outcome::Found(found),
                        Err(error) => Outcome::Failed(error),
                    };
                    self.stage = Stage::Checked { details, draft, outcome };
                }
            }
            AddMsg::Kept { job, result } => {
                if matches!(&self.stage, Stage::Keeping { job: mine, .. } if *mine == job)
                    && let Stage::Keeping { details, draft, outcome, .. } =
                        std::mem::replace(&mut self.stage, Stage::Paste)
                {
                    match result {
                        Ok(id) => {
                            cx.say(Level::Good, format!("{} is on the rack", draft.label));
                            cx.s.jump = Some(id);
                            cx.load();
                            cx.back();
                        }
                        Err(error) => {
                            cx.fail(&error);
                            self.stage = Stage::Checked { details, draft, outcome };
                        }
                    }
                }
            }
        }
    }

    fn identify(&mut self, cx: &mut Cx<'_>) {
        if self.field.is_empty() {
            self.error = Some("paste the token here first".to_owned());
            return;
        }
        let job = cx.s.jobs.begin("recognising");
        self.stage = Stage::Identifying(job);
        cx.emit(Effect::Add(AddFx::Identify { job, text: self.field.take() }));
    }

    fn identified(&mut self, result: Result<Box<Identified>, Error>, cx: &mut Cx<'_>) {
        self.stage = match result {
            Ok(found) => match &found.duplicate {
                Some(label) => Stage::Duplicate(label.clone()),
                None => Stage::Details(Box::new(Details::new(*found, cx.s))),
            },
            Err(error) => {
                let hint = error.hints.first().map(|h| format!(". {h}")).unwrap_or_default();
                self.error = Some(format!("{error}{hint}"));
                Stage::Paste
            }
        };
    }

    /// Asks the hosts, keeping what was entered.
    fn check(&mut self, cx: &mut Cx<'_>) {
        let (mut details, earlier) = match std::mem::replace(&mut self.stage, Stage::Paste) {
            Stage::Details(details) => (details, None),
            Stage::Checked { details, draft, .. } => (details, Some(draft)),
            other => {
                self.stage = other;
                return;
            }
        };
        // A draft that was checked before is checked again as it is: what was typed has not changed.
        let draft = match earlier {
            Some(draft) => draft,
            None => match details.draft(cx.s) {
                Some(draft) => Box::new(draft),
                None => {
                    self.stage = Stage::Details(details);
                    return;
                }
            },
        };
        let job = cx.s.jobs.begin("asking the host");
        cx.emit(Effect::Add(AddFx::Check { job, draft: draft.clone() }));
        self.stage = Stage::Checking { details, draft, job };
    }

    fn keep(&mut self, knowingly: bool, cx: &mut Cx<'_>) {
        let Stage::Checked { outcome, .. } = &self.stage else { return };
        if !outcome.accepted() && !knowingly {
            let key = cx.s.key(&self.contexts(cx.s), Action::KeepAnyway);
            cx.say(Level::Warn, format!("not accepted everywhere: {key} keeps it anyway"));
            return;
        }
        if let Stage::Checked { details, draft, outcome } = std::mem::replace(&mut self.stage, Stage::Paste) {
            let job = cx.s.jobs.begin_weighty("keeping the new credential");
            cx.emit(Effect::Add(AddFx::Keep { job, draft: draft.clone(), checked: outcome.found() }));
            self.stage = Stage::Keeping { details, draft, outcome, job };
        }
    }

    /// One step back; out of the wizard from the first.
    fn back(&mut self, cx: &mut Cx<'_>) {
        self.error = None;
        match std::mem::replace(&mut self.stage, Stage::Paste) {
            Stage::Paste => cx.back(),
            Stage::Identifying(job) => cancel(job, cx),
            Stage::Duplicate(_) | Stage::Details(_) => {}
            Stage::Checking { details, job, .. } => {
                cancel(job, cx);
                self.stage = Stage::Details(details);
            }
            Stage::Checked { details, .. } => self.stage = Stage::Details(details),
            // It is being written: too late to go back, the answer comes at once.
            keeping @ Stage::Keeping { .. } => self.stage = keeping,
        }
    }

    fn result(&mut self, action: Action, cx: &mut Cx<'_>) {
        match action {
            Action::Back | Action::Change => self.back(cx),
            Action::Keep => self.keep(false, cx),
            Action::KeepAnyway => self.keep(true, cx),
            Action::CheckAgain => self.check(cx),
            _ => {}
        }
    }

    fn duplicate(&mut self, label: &str, action: Action, cx: &mut Cx<'_>) {
        match action {
            Action::Back => self.back(cx),
            Action::Confirm => {
                cx.s.rows.set_filter("");
                cx.s.jump = cx.s.rows.labelled(label).map(|r| r.credential.id.clone());
                cx.nav.push(Nav::Home);
            }
            _ => {}
        }
    }
}

fn cancel(job: JobId, cx: &mut Cx<'_>) {
    if cx.s.jobs.close(job) {
        cx.emit(Effect::Cancel(job));
    }
}

impl Pane for Add {
    fn contexts(&self, _s: &Shared) -> Vec<Context> {
        match &self.stage {
            Stage::Paste => vec![Context::Text, Context::Form, Context::Global],
            Stage::Details(details) => details.form.contexts(),
            Stage::Checked { .. } => vec![Context::Result, Context::Global],
            Stage::Duplicate(_) | Stage::Identifying(_) | Stage::Checking { .. } | Stage::Keeping { .. } => {
                vec![Context::Dialog, Context::Global]
            }
        }
    }

    fn hints(&self, _s: &Shared) -> Hints {
        match &self.stage {
            Stage::Paste => {
                vec![(Action::Submit, "recognise it"), (Action::DeleteToStart, ""), (Action::Back, "cancel")]
            }
            Stage::Duplicate(_) => vec![(Action::Confirm, "show it"), (Action::Back, "paste another")],
            Stage::Details(details) => {
                let mut hints = vec![(Action::Submit, "check it"), (Action::NextField, "")];
                if details.form.has_suggestions() {
                    hints.push((Action::Suggest, ""));
                }
                hints.extend([(Action::NextChoice, ""), (Action::PreviousField, ""), (Action::Back, "paste another")]);
                hints
            }
            Stage::Identifying(_) | Stage::Checking { .. } => vec![(Action::Back, "cancel")],
            Stage::Checked { outcome, .. } => {
                let keep = if outcome.accepted() { Action::Keep } else { Action::KeepAnyway };
                vec![(keep, ""), (Action::CheckAgain, ""), (Action::Change, ""), (Action::Back, "")]
            }
            Stage::Keeping { .. } => Hints::new(),
        }
    }

    fn input(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        match (&mut self.stage, input) {
            (Stage::Paste, Input::Paste(text)) => {
                self.error = None;
                if self.field.paste(text) {
                    self.identify(cx);
                } else {
                    self.error = Some("that is far too long to be a credential".to_owned());
                }
            }
            (Stage::Paste, Input::Char(c)) => {
                self.error = None;
                self.field.push(c);
            }
            (Stage::Paste, Input::Action(Action::Submit)) => self.identify(cx),
            (Stage::Paste, Input::Action(Action::Back)) => self.back(cx),
            (Stage::Paste, Input::Action(action)) => {
                self.field.act(action);
            }
            (Stage::Duplicate(label), Input::Action(action)) => {
                let label = label.clone();
                self.duplicate(&label, action, cx);
            }
            (Stage::Details(details), input) => match details.form.input(input) {
                Event::Submit => self.check(cx),
                Event::Back => self.back(cx),
                Event::Changed(name) => details.changed(name, cx.s),
                Event::TooLong => cx.say(Level::Warn, "that is far too long to be a credential"),
                Event::NotTyped(_) | Event::None => {}
            },
            (Stage::Checked { .. }, Input::Action(action)) => self.result(action, cx),
            (_, Input::Action(Action::Back)) => self.back(cx),
            _ => {}
        }
    }

    fn closed(&mut self, cx: &mut Cx<'_>) {
        self.field.clear();
        match std::mem::replace(&mut self.stage, Stage::Paste) {
            Stage::Identifying(job) | Stage::Checking { job, .. } => cancel(job, cx),
            _ => {}
        }
    }

    fn full_screen(&self) -> bool {
        true
    }

    fn view(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
        view::view(self, s, frame, area);
    }
}

/// Opens the wizard; with a paste, goes straight on to recognising it.
pub fn open(paste: Option<&crate::secret::SecretText>, cx: &mut Cx<'_>) {
    let mut add = Add::default();
    if let Some(text) = paste {
        add.input(Input::Paste(text), cx);
    }
    cx.open(add.into());
}
