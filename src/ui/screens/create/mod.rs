//! Having a host make a credential: what is wanted, who signs, and what came of it.

mod view;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::config::{Action, Context};
use crate::domain::{CreateRequest, CreateResult, CreateWish, CredentialId, Expiry, Host, Kind};
use crate::error::Error;

use super::super::effect::{CreateFx, Effect};
use super::super::layer::{Hints, Pane};
use super::super::msg::JobId;
use super::super::shared::{Cx, Input, Shared};
use super::super::widgets::form::{Event, Form};
use super::super::widgets::signing::Signing;
use super::super::{page, time};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Label,
    Kind,
    Scopes,
    Expires,
    At,
    Remote,
    Using,
    User,
    Password,
    Code,
}

const SIGNING: Signing<Name> =
    Signing { using: Name::Using, user: Name::User, password: Name::Password, code: Name::Code };

#[derive(Debug)]
enum Stage {
    Asking,
    Making(JobId),
    Done(Box<CreateResult>),
}

/// A wish for a credential at one host.
#[derive(Debug)]
pub struct Create {
    host: Host,
    kinds: Vec<Kind>,
    form: Form<Name>,
    /// Why the last wish was not asked for, until something is changed.
    failed: Option<Error>,
    stage: Stage,
    top: usize,
}

impl Create {
    /// Opens for a host; `using` is the label to propose as the one that signs.
    #[must_use]
    pub fn open(host: Host, using: &str, s: &Shared) -> Self {
        let facts = s.facts(&host.family);
        let kinds: Vec<Kind> =
            facts.into_iter().flat_map(|f| &f.kinds).filter(|k| k.limits.is_some()).map(|k| k.kind).collect();
        let mut words = vec!["the usual one".to_owned()];
        words.extend(kinds.iter().map(|k| s.kind_name(&host.family, *k).to_owned()));
        let mut form = Form::new()
            .text(Name::Label, "Label", "", "what to call it on the rack")
            .choice(Name::Kind, "Kind", words, 0, "what sort of credential the host is to make")
            .text(Name::Scopes, "Scopes", "", "in the vendor's spelling, with commas between")
            .text(Name::Expires, "Ends", "", "a day as 2027-01-23, or 90d; empty leaves it to the host")
            .text(
                Name::At,
                "For",
                "",
                "what owns it, where that is no account: PROJECT, PROJECT/repository, a group's path",
            )
            .text(Name::Remote, "Name there", "", "its name at the host; empty takes the label");
        form.offer(Name::Scopes, facts.into_iter().flat_map(|f| &f.scopes).map(|s| s.name.clone()).collect());
        form = SIGNING.add_using(form, using, &s.rows, |c| c.is_used_at(host.id));
        let there = s.rows.all().iter().filter(|r| r.credential.bindings.iter().any(|b| b.host == host.id));
        form = SIGNING.add_code(SIGNING.add_account(form, there.map(|r| r.account.clone()).collect()));
        Self { host, kinds, form, failed: None, stage: Stage::Asking, top: 0 }
    }

    /// Opens for the host at which a credential is used first, which is proposed as the one that signs.
    #[must_use]
    pub fn of(id: &CredentialId, s: &Shared) -> Option<Self> {
        let row = s.rows.get(id)?;
        let host = s.rows.host(row.credential.bindings.first()?.host)?.clone();
        let using = if row.retired() { "" } else { row.credential.label.as_str() };
        Some(Self::open(host, using, s))
    }

    /// Whether this job is its own.
    #[must_use]
    pub fn waits_for(&self, job: JobId) -> bool {
        matches!(self.stage, Stage::Making(mine) if mine == job)
    }

    /// Takes in what came of it.
    pub fn made(&mut self, result: Result<Box<CreateResult>, Error>, cx: &mut Cx<'_>) {
        match result {
            Ok(result) => {
                cx.s.jump.clone_from(&result.credential);
                self.stage = Stage::Done(result);
                cx.load();
            }
            // Told above the form: a message in the corner would lie over its fields.
            Err(error) => {
                self.failed = Some(error);
                self.stage = Stage::Asking;
            }
        }
    }

    fn submit(&mut self, cx: &mut Cx<'_>) {
        let form = &mut self.form;
        let label = form.value(Name::Label).to_owned();
        if label.is_empty() {
            return form.refuse(Name::Label, "it needs a label");
        }
        if cx.s.rows.labelled(&label).is_some() {
            return form.refuse(Name::Label, "this label is taken");
        }
        let expires = match time::parse_expiry(form.value(Name::Expires), cx.s.now) {
            Ok(Expiry::At(at)) => Some(at),
            Ok(Expiry::Unknown) => None,
            Ok(Expiry::Never) => return form.refuse(Name::Expires, "leave it empty where it shall not end"),
            Err(why) => return form.refuse(Name::Expires, why),
        };
        let Ok(signer) = SIGNING.read(form, &cx.s.rows) else { return };
        let words = |text: &str| {
            text.split(',').map(str::trim).filter(|w| !w.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        let name = match form.value(Name::Remote) {
            "" => label.clone(),
            name => name.to_owned(),
        };
        let at = Some(form.value(Name::At).to_owned()).filter(|at| !at.is_empty());
        let kind = form.chosen(Name::Kind).checked_sub(1).and_then(|n| self.kinds.get(n).copied());
        let request = CreateRequest { name, kind, scopes: words(form.value(Name::Scopes)), expires, at };
        let wish =
            CreateWish { label, host: self.host.id, request, owner: None, tags: Vec::new(), note: String::new() };
        self.failed = None;
        let job = cx.s.jobs.begin_weighty("having the host make a credential");
        self.stage = Stage::Making(job);
        cx.emit(Effect::Create(CreateFx::Make { job, wish: Box::new(wish), signer }));
    }

    fn page(&self) -> Option<&str> {
        let Stage::Done(result) = &self.stage else { return None };
        page::by_hand(&result.plan.as_ref()?.way)
    }
}

impl Pane for Create {
    fn contexts(&self, _s: &Shared) -> Vec<Context> {
        match self.stage {
            Stage::Asking => self.form.contexts(),
            _ => vec![Context::Guide, Context::List, Context::Global],
        }
    }

    fn hints(&self, _s: &Shared) -> Hints {
        match &self.stage {
            Stage::Asking => vec![
                (Action::Submit, "have it made"),
                (Action::NextField, ""),
                (Action::Suggest, ""),
                (Action::NextChoice, ""),
                (Action::Back, "cancel"),
            ],
            Stage::Making(_) => vec![(Action::Back, "leave it to itself")],
            Stage::Done(_) => vec![(Action::Page, ""), (Action::Change, "change the wish"), (Action::Back, "close")],
        }
    }

    fn enabled(&self, action: Action, _s: &Shared) -> bool {
        match (action, &self.stage) {
            (Action::Page, _) => self.page().is_some(),
            (Action::Change, Stage::Done(result)) => result.credential.is_none(),
            (Action::Change | Action::Verify, _) => false,
            _ => true,
        }
    }

    fn input(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        if let Stage::Asking = self.stage {
            match self.form.input(input) {
                Event::Submit => self.submit(cx),
                Event::Back => cx.back(),
                Event::Changed(_) => self.failed = None,
                _ => {}
            }
            return;
        }
        let Input::Action(action) = input else { return };
        if !self.enabled(action, cx.s) {
            return;
        }
        match action {
            Action::Back => cx.back(),
            Action::Change => self.stage = Stage::Asking,
            Action::Page => page::open(self.page().map(str::to_owned), cx),
            Action::Down => self.top += 1,
            Action::Up => self.top = self.top.saturating_sub(1),
            _ => {}
        }
    }

    fn closed(&mut self, _cx: &mut Cx<'_>) {
        // What was sent is not taken back: its answer is told when it comes.
        self.form.wipe();
    }

    fn full_screen(&self) -> bool {
        true
    }

    fn view(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
        view::view(self, s, frame, area);
    }
}
