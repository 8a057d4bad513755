//! Label, tags, note and, where the host does not tell it, the expiry of a credential.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::config::{Action, Context};
use crate::domain::{Credential, CredentialId, Expiry};
use crate::error::Error;

use super::super::effect::{Edit as Change, Effect, RackFx};
use super::super::layer::{Hints, Pane};
use super::super::load;
use super::super::msg::JobId;
use super::super::shared::{Cx, Input, Shared};
use super::super::time;
use super::super::widgets::form::{Event, Form};
use super::super::widgets::panel;
use super::toast::Level;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Label,
    Tags,
    Note,
    Expires,
}

/// The fields, and the save under way.
#[derive(Debug)]
pub struct Edit {
    id: CredentialId,
    title: String,
    form: Form<Name>,
    expires: bool,
    saving: Option<JobId>,
}

/// Tags as typed: separated by commas or spaces, sorted, without duplicates.
#[must_use]
pub fn tags(text: &str) -> Vec<String> {
    let mut tags: Vec<String> =
        text.split([',', ' ']).map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned).collect();
    tags.sort();
    tags.dedup();
    tags
}

impl Edit {
    /// Edits that credential.
    #[must_use]
    pub fn new(credential: &Credential) -> Self {
        let expires = credential.expiry_by_user || credential.expiry == Expiry::Unknown;
        let form = Form::new()
            .text(Name::Label, "Label", &credential.label, "what you call it; unique on the rack")
            .text(Name::Tags, "Tags", &credential.tags.join(", "), "words to group by, separated by commas")
            .text(Name::Note, "Note", &credential.note, "anything worth knowing; never the secret");
        let form = if expires {
            let at = match credential.expiry {
                Expiry::At(at) => time::day(at),
                Expiry::Never => "never".to_owned(),
                Expiry::Unknown => String::new(),
            };
            form.text(Name::Expires, "Expires", &at, "2027-01-23, 90d, never; empty where you do not know")
        } else {
            form
        };
        let title = format!("Edit {}", credential.label);
        Self { id: credential.id.clone(), title, form, expires, saving: None }
    }

    /// The rack's answer; false where it was not asked by this edit.
    pub fn saved(&mut self, job: JobId, result: &Result<(), Error>, cx: &mut Cx<'_>) -> bool {
        if self.saving != Some(job) {
            return false;
        }
        self.saving = None;
        match result {
            Ok(()) => {
                cx.say(Level::Good, format!("saved {}", self.form.value(Name::Label)));
                load(cx);
                cx.back();
            }
            Err(error) => {
                cx.fail(error);
                self.form.refuse(Name::Label, error.to_string());
            }
        }
        true
    }

    fn submit(&mut self, cx: &mut Cx<'_>) {
        if self.saving.is_some() {
            return;
        }
        let label = self.form.value(Name::Label).to_owned();
        if label.is_empty() {
            return self.form.refuse(Name::Label, "a label cannot be empty");
        }
        if cx.s.rows.labelled(&label).is_some_and(|row| row.credential.id != self.id) {
            return self.form.refuse(Name::Label, "another credential has this label");
        }
        let expiry = match self.expires.then(|| time::parse_expiry(self.form.value(Name::Expires), cx.s.now)) {
            None => None,
            Some(Ok(expiry)) => Some(expiry),
            Some(Err(why)) => return self.form.refuse(Name::Expires, why),
        };
        let tags = tags(self.form.value(Name::Tags));
        let note = self.form.value(Name::Note).to_owned();
        let job = cx.s.jobs.begin_weighty("saving");
        self.saving = Some(job);
        let edit = Box::new(Change { id: self.id.clone(), label, tags, note, expiry });
        cx.emit(Effect::Rack(RackFx::Save { job, edit }));
    }
}

impl Pane for Edit {
    fn contexts(&self, _s: &Shared) -> Vec<Context> {
        self.form.contexts()
    }

    fn hints(&self, _s: &Shared) -> Hints {
        vec![(Action::Submit, "save"), (Action::NextField, ""), (Action::PreviousField, ""), (Action::Back, "cancel")]
    }

    fn input(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        match self.form.input(input) {
            Event::Submit => self.submit(cx),
            Event::Back => cx.back(),
            _ => {}
        }
    }

    fn view(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
        let inner = panel::window(frame, panel::middle(area, 72, 10), &self.title, &s.theme);
        self.form.view(frame, inner, &s.theme);
    }
}
