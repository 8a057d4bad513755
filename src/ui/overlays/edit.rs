//! Everything of a credential's record that is the user's to say: label, tags, note, profiles, owner, user name, hosts and, where
//! the host does not tell it, the expiry. Never the secret.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::config::{Action, Context};
use crate::domain::{Credential, CredentialId, Expiry, FamilyId, LookAt, Owner};
use crate::error::Error;

use super::super::effect::{Edit as Change, Effect, RackFx};
use super::super::layer::{Hints, Pane};
use super::super::msg::JobId;
use super::super::shared::{Cx, Input, Shared};
use super::super::widgets::form::{Event, Form};
use super::super::widgets::panel;
use super::super::{places, time};
use super::toast::Level;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Label,
    Tags,
    Note,
    Expires,
    Profiles,
    Project,
    Issue,
    Repository,
    Owner,
    Username,
    Hosts,
}

/// The fields, and the save under way.
#[derive(Debug)]
pub struct Edit {
    id: CredentialId,
    title: String,
    form: Form<Name>,
    expires: bool,
    family: FamilyId,
    /// The hosts as they were shown: left alone, they are left alone on the rack.
    hosts: String,
    /// The profiles as they were.
    profiles: Vec<String>,
    /// What they look at, where it is used at one host alone.
    look_at: Option<LookAt>,
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

/// Ids of profiles as typed, in that order.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    text.split([',', ' ']).filter(|t| !t.is_empty()).map(str::to_owned).collect()
}

impl Edit {
    /// Edits that credential.
    #[must_use]
    pub fn new(credential: &Credential, s: &Shared) -> Self {
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
        let mut form = form.text(
            Name::Profiles,
            "Profiles",
            &credential.profiles.join(", "),
            "its jobs: ids, with commas between",
        );
        let offered = s.profiles.concerning(&credential.family, Some(credential.kind)).map(|p| p.id.clone());
        form.offer(Name::Profiles, offered.collect());
        let look_at = match credential.bindings.as_slice() {
            [only] => Some(only.look_at.clone()),
            _ => None,
        };
        if let Some(look_at) = &look_at {
            let text = |place: &Option<String>| place.clone().unwrap_or_default();
            form = form
                .text(Name::Project, "Project", &text(&look_at.project), "its key; profiles look there")
                .text(Name::Issue, "Issue", &text(&look_at.issue), "its key, like OPS-17; profiles look there")
                .text(Name::Repository, "Repository", &text(&look_at.repository), "owner/name; profiles look there");
        }
        let owner = match credential.owner {
            None => 0,
            Some(Owner::Person) => 1,
            Some(Owner::Service) => 2,
        };
        let username = credential.username.as_deref().unwrap_or_default();
        let hosts = places::text(&credential.bindings, s);
        let needs =
            s.facts(&credential.family).and_then(|f| f.kind(credential.kind)).and_then(|k| k.username.as_deref());
        let mut form = form
            .choice(Name::Owner, "Owner", ["not said", "a person", "a service"].map(str::to_owned).to_vec(), owner, "")
            .text(Name::Username, "User name", username, needs.unwrap_or("not needed for this kind"))
            .text(Name::Hosts, "Hosts", &hosts, "several are possible: a, b; with roles: a=source, b=target");
        form.offer(Name::Hosts, places::names(Some(&credential.family), s));
        let title = format!("Edit {}", credential.label);
        Self {
            id: credential.id.clone(),
            title,
            form,
            expires,
            family: credential.family.clone(),
            hosts,
            profiles: credential.profiles.clone(),
            look_at,
            saving: None,
        }
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
                cx.load();
                cx.back();
            }
            Err(error) => {
                cx.fail(error);
                self.form.refuse(Name::Label, error.to_string());
            }
        }
        true
    }

    /// What profiles look at, as far as it was changed here.
    fn looked(&self) -> LookAt {
        let Some(before) = &self.look_at else { return LookAt::default() };
        let changed = |name, before: &Option<String>| {
            let now = self.form.value(name);
            (now != before.as_deref().unwrap_or_default()).then(|| now.to_owned())
        };
        LookAt {
            project: changed(Name::Project, &before.project),
            issue: changed(Name::Issue, &before.issue),
            repository: changed(Name::Repository, &before.repository),
        }
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
        let username = Some(self.form.value(Name::Username).to_owned()).filter(|u| !u.is_empty());
        let owner = match self.form.chosen(Name::Owner) {
            1 => Some(Owner::Person),
            2 => Some(Owner::Service),
            _ => None,
        };
        let hosts = self.form.value(Name::Hosts);
        let bindings = match (hosts != self.hosts.trim()).then(|| places::bindings(hosts, &self.family, cx.s)) {
            None => None,
            Some(Ok(bindings)) => Some(bindings),
            Some(Err(why)) => return self.form.refuse(Name::Hosts, why),
        };
        let profiles = words(self.form.value(Name::Profiles));
        let profiles = Some(profiles).filter(|p| *p != self.profiles);
        let look_at = self.looked();
        let job = cx.s.jobs.begin_weighty("saving");
        self.saving = Some(job);
        let id = self.id.clone();
        let edit = Box::new(Change { id, label, tags, note, expiry, username, owner, bindings, profiles, look_at });
        cx.emit(Effect::Rack(RackFx::Save { job, edit }));
    }
}

impl Pane for Edit {
    fn contexts(&self, _s: &Shared) -> Vec<Context> {
        self.form.contexts()
    }

    fn hints(&self, _s: &Shared) -> Hints {
        vec![
            (Action::Submit, "save"),
            (Action::NextField, ""),
            (Action::PreviousField, ""),
            (Action::NextChoice, ""),
            (Action::Suggest, ""),
            (Action::Back, "cancel"),
        ]
    }

    fn input(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        match self.form.input(input) {
            Event::Submit => self.submit(cx),
            Event::Back => cx.back(),
            _ => {}
        }
    }

    fn view(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
        let inner = panel::window(frame, panel::middle(area, 76, 16), &self.title, &s.theme);
        self.form.view(frame, inner, &s.theme);
    }
}
