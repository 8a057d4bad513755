//! Deployment data in Jira: the form, the typed confirmation of a deletion, and what came of it.

mod fields;
mod view;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::config::{Action, Context};
use crate::domain::{CredentialId, DeploymentAct, DeploymentDone, DeploymentInput, Host};
use crate::error::Error;

use super::super::effect::{DeploymentFx, Effect};
use super::super::layer::{Hints, Pane};
use super::super::msg::{DeploymentMsg, JobId};
use super::super::overlays::toast::Level;
use super::super::page;
use super::super::shared::{Cx, Input, Shared};
use super::super::widgets::form::{Event, Form};
use super::super::widgets::typed;
use fields::Name;

/// The family whose OAuth clients send deployment data.
const FAMILY: &str = "open-devops";

#[derive(Debug)]
enum Stage {
    Asking,
    /// Looking up which deployment is to be deleted.
    Finding(JobId),
    /// Waiting for the user to type the number of the deployment to be deleted.
    Confirm {
        what: String,
        phrase: String,
        form: Form<()>,
    },
    Running(JobId),
    Done(Box<DeploymentDone>),
}

/// What is said of a deployment, with one OAuth client.
#[derive(Debug)]
pub struct Deployment {
    id: CredentialId,
    label: String,
    hosts: Vec<Host>,
    form: Form<Name>,
    /// What was asked last: its site, and what was said.
    asked: (usize, DeploymentInput),
    stage: Stage,
    top: usize,
}

impl Deployment {
    /// Opens for an OAuth client; for anything else it says why not.
    pub fn open(id: &CredentialId, cx: &mut Cx<'_>) -> Option<Self> {
        let row = cx.s.rows.get(id)?;
        let credential = &row.credential;
        let label = credential.label.clone();
        if credential.family.as_str() != FAMILY {
            let family = cx.s.family_name(&credential.family);
            let why = format!("{label} is of {family}: only an OAuth client of Open DevOps tells Jira of deployments");
            cx.say(Level::Info, why);
            return None;
        }
        if row.retired() {
            cx.say(Level::Info, format!("the secret of {label} was destroyed: it tells Jira nothing any more"));
            return None;
        }
        let hosts: Vec<Host> = credential.bindings.iter().filter_map(|b| cx.s.rows.host(b.host)).cloned().collect();
        if hosts.is_empty() {
            cx.say(Level::Info, format!("{label} is used at no Jira site: edit it and name one"));
            return None;
        }
        let mut form = fields::form(&hosts);
        fields::fit(&mut form);
        let asked = (0, DeploymentInput::default());
        Some(Self { id: id.clone(), label, hosts, form, asked, stage: Stage::Asking, top: 0 })
    }

    fn host(&self) -> &Host {
        // The form offers these sites alone, and there is at least one.
        &self.hosts[self.asked.0.min(self.hosts.len() - 1)]
    }

    /// Takes in a message; true where it was meant for this one.
    pub fn on(&mut self, msg: &DeploymentMsg, cx: &mut Cx<'_>) -> bool {
        match (msg, &self.stage) {
            (DeploymentMsg::Found { job, result }, Stage::Finding(mine)) if job == mine => {
                match result {
                    Ok(key) => {
                        // What is confirmed is what is deleted, whatever is submitted meanwhile.
                        self.asked.1.sequence = Some(key.sequence);
                        let what = format!(
                            "Deployment {key} is deleted at {}, for everybody who sees the issue.",
                            self.host().name
                        );
                        let form = Form::new().text((), "Confirm", "", "");
                        self.stage = Stage::Confirm { what, phrase: key.sequence.to_string(), form };
                    }
                    Err(error) => self.failed(error, cx),
                }
                true
            }
            (DeploymentMsg::Done { job, result }, Stage::Running(mine)) if job == mine => {
                match result {
                    Ok(done) => {
                        self.top = 0;
                        self.stage = Stage::Done(done.clone());
                    }
                    Err(error) => self.failed(error, cx),
                }
                true
            }
            _ => false,
        }
    }

    fn failed(&mut self, error: &Error, cx: &mut Cx<'_>) {
        cx.fail(error);
        self.stage = Stage::Asking;
    }

    fn submit(&mut self, cx: &mut Cx<'_>) {
        let Ok(input) = fields::read(&mut self.form) else { return };
        self.asked = (self.form.chosen(Name::Site), input);
        match fields::act(&self.form) {
            DeploymentAct::Delete => {
                let job = cx.s.jobs.begin("looking up the deployment");
                self.stage = Stage::Finding(job);
                let (host, input) = (self.host().id, Box::new(self.asked.1.clone()));
                cx.emit(Effect::Deployment(DeploymentFx::Find { job, host, input }));
            }
            act => self.run(act, cx),
        }
    }

    fn run(&mut self, act: DeploymentAct, cx: &mut Cx<'_>) {
        let job = match act {
            DeploymentAct::Submit | DeploymentAct::Update => cx.s.jobs.begin_weighty("telling Jira of a deployment"),
            DeploymentAct::Delete => cx.s.jobs.begin_weighty("deleting a deployment"),
            DeploymentAct::Show => cx.s.jobs.begin("reading a deployment"),
        };
        self.stage = Stage::Running(job);
        let (id, host, input) = (self.id.clone(), self.host().id, Box::new(self.asked.1.clone()));
        cx.emit(Effect::Deployment(DeploymentFx::Run { job, act, id, host, input }));
    }

    fn confirm(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        let Stage::Confirm { phrase, form, .. } = &mut self.stage else { return };
        match form.input(input) {
            Event::Submit if form.value(()) == phrase => self.run(DeploymentAct::Delete, cx),
            Event::Submit => form.refuse((), typed::mistyped(phrase)),
            Event::Back => self.stage = Stage::Asking,
            _ => {}
        }
    }

    fn page(&self) -> Option<String> {
        match &self.stage {
            Stage::Done(done) if !matches!(**done, DeploymentDone::Deleted(_)) => self.asked.1.issue_page(self.host()),
            _ => None,
        }
    }
}

/// Says in passing what came of an act whose screen was left.
pub fn told_late(result: &Result<Box<DeploymentDone>, Error>, cx: &mut Cx<'_>) {
    match result.as_deref() {
        Ok(DeploymentDone::Told(told)) if told.answer.accepted.is_empty() => {
            cx.say(Level::Bad, format!("Jira did not accept deployment {}", told.deployment.key()));
        }
        Ok(DeploymentDone::Told(told)) => {
            cx.say(Level::Good, format!("Jira accepted deployment {}", told.deployment.key()));
        }
        Ok(DeploymentDone::Deleted(key)) => cx.say(Level::Good, format!("Jira deletes deployment {key}")),
        Ok(DeploymentDone::Shown { .. }) => {}
        Err(error) => cx.fail(error),
    }
}

impl Pane for Deployment {
    fn contexts(&self, _s: &Shared) -> Vec<Context> {
        match &self.stage {
            Stage::Asking => self.form.contexts(),
            Stage::Confirm { form, .. } => form.contexts(),
            _ => vec![Context::Guide, Context::List, Context::Global],
        }
    }

    fn hints(&self, _s: &Shared) -> Hints {
        match &self.stage {
            Stage::Asking => vec![
                (Action::Submit, fields::act(&self.form).slug()),
                (Action::NextField, ""),
                (Action::NextChoice, ""),
                (Action::Back, "cancel"),
            ],
            Stage::Confirm { .. } => vec![(Action::Submit, "delete"), (Action::Back, "back to the form")],
            Stage::Finding(_) => vec![(Action::Back, "cancel")],
            Stage::Running(_) => vec![(Action::Back, "leave it to itself")],
            Stage::Done(_) => {
                vec![(Action::Page, "open the issue"), (Action::Change, "back to the form"), (Action::Back, "close")]
            }
        }
    }

    fn enabled(&self, action: Action, _s: &Shared) -> bool {
        match action {
            Action::Page => self.page().is_some(),
            Action::Change => matches!(self.stage, Stage::Done(_)),
            Action::Verify => false,
            _ => true,
        }
    }

    fn input(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        match self.stage {
            Stage::Asking => {
                match self.form.input(input) {
                    Event::Submit => self.submit(cx),
                    Event::Back => cx.back(),
                    Event::Changed(Name::Act) => fields::fit(&mut self.form),
                    _ => {}
                }
                return;
            }
            Stage::Confirm { .. } => return self.confirm(input, cx),
            Stage::Finding(_) | Stage::Running(_) | Stage::Done(_) => {}
        }
        let action = match input {
            Input::Action(action) => action,
            Input::Wheel(true) => Action::Down,
            Input::Wheel(false) => Action::Up,
            _ => return,
        };
        if !self.enabled(action, cx.s) {
            return;
        }
        match action {
            Action::Back => cx.back(),
            Action::Change => self.stage = Stage::Asking,
            Action::Page => page::open(self.page(), cx),
            Action::Down | Action::Up => {
                if let Stage::Done(_) = self.stage {
                    let (len, height) = view::extent(self, cx.s);
                    super::super::widgets::list::scroll(&mut self.top, action, len, height);
                }
            }
            _ => {}
        }
    }

    fn closed(&mut self, cx: &mut Cx<'_>) {
        // What was sent is not taken back: its answer is told when it comes.
        if let Stage::Finding(job) = self.stage
            && cx.s.jobs.close(job)
        {
            cx.emit(Effect::Cancel(job));
        }
    }

    fn full_screen(&self) -> bool {
        true
    }

    fn view(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
        view::view(self, s, frame, area);
    }
}
