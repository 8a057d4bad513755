//! A host's own list beside the rack: which tokens exist there, when they were last used, which are strangers; and revoking
//! those that are chosen.
//!
//! Reading it sends nothing but the list's own requests: no token is validated, which would move "last used".

mod view;

use std::collections::{BTreeMap, BTreeSet};

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::config::{Action, Context};
use crate::domain::{CredentialId, Host, InventoryLine, InventoryReport, RemoteRevokeResult, RemoteState};

use super::super::effect::{Effect, InventoryFx, Signer};
use super::super::layer::{Hints, Pane};
use super::super::msg::{InventoryMsg, JobId};
use super::super::overlays::toast::Level;
use super::super::screens::detail::Detail;
use super::super::shared::{Cx, Input, Shared};
use super::super::widgets::form::{Event, Form};
use super::super::widgets::list::List;
use super::super::widgets::signing::Signing;
use super::super::widgets::typed;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Using,
    User,
    Password,
    Code,
    Confirm,
}

const SIGNING: Signing<Name> =
    Signing { using: Name::Using, user: Name::User, password: Name::Password, code: Name::Code };

/// What the list is wanted for, so that the form knows where to go on.
#[derive(Debug)]
enum Purpose {
    Read,
    Revoke { lines: Vec<InventoryLine>, phrase: String },
}

#[derive(Debug)]
enum Stage {
    /// Asking who signs, or for the words that confirm.
    Asking { form: Form<Name>, purpose: Purpose },
    /// The list is being read.
    Reading(JobId),
    /// Shown.
    Shown,
    /// Lines of it are being revoked.
    Revoking { job: JobId, total: usize, stopping: bool },
}

/// A host's list.
#[derive(Debug)]
pub struct Inventory {
    host: Host,
    stage: Stage,
    /// The credential that signed for the list; a password is sent once and kept nowhere.
    signer: Option<CredentialId>,
    /// The account that signed, to be proposed again.
    user: String,
    report: Option<Box<InventoryReport>>,
    results: BTreeMap<String, RemoteRevokeResult>,
    marked: BTreeSet<String>,
    list: List,
}

impl Inventory {
    /// Opens for a host; `using` is the label to propose as the one that signs.
    #[must_use]
    pub fn open(host: Host, using: &str, s: &Shared) -> Self {
        let form = Self::who(&host, using, s);
        Self {
            host,
            stage: Stage::Asking { form, purpose: Purpose::Read },
            signer: None,
            user: String::new(),
            report: None,
            results: BTreeMap::new(),
            marked: BTreeSet::new(),
            list: List::default(),
        }
    }

    /// Opens for the host at which a credential is used first.
    #[must_use]
    pub fn of(id: &CredentialId, s: &Shared) -> Option<Self> {
        let row = s.rows.get(id)?;
        let host = s.rows.host(row.credential.bindings.first()?.host)?.clone();
        let using = if row.retired() { "" } else { row.credential.label.as_str() };
        Some(Self::open(host, using, s))
    }

    fn who(host: &Host, using: &str, s: &Shared) -> Form<Name> {
        let form = SIGNING.add_using(Form::new(), using, &s.rows, |c| c.is_used_at(host.id));
        let there = s.rows.all().iter().filter(|r| r.credential.bindings.iter().any(|b| b.host == host.id));
        SIGNING.add_code(SIGNING.add_account(form, there.map(|r| r.account.clone()).collect()))
    }

    /// Takes in a message; true where it was meant for this one.
    pub fn on(&mut self, msg: &InventoryMsg, cx: &mut Cx<'_>) -> bool {
        match (msg, &self.stage) {
            (InventoryMsg::Read { job, result }, Stage::Reading(mine)) if job == mine => {
                match result {
                    Ok(report) => {
                        self.marked.clear();
                        self.report = Some(report.clone());
                        self.stage = Stage::Shown;
                    }
                    Err(error) => {
                        cx.fail(error);
                        self.ask_again(cx.s);
                    }
                }
                true
            }
            (InventoryMsg::Stepped { job, result }, Stage::Revoking { job: mine, .. }) if job == mine => {
                self.results.insert(result.id.clone(), (**result).clone());
                true
            }
            (InventoryMsg::Done { job, result }, Stage::Revoking { job: mine, .. }) if job == mine => {
                self.stage = Stage::Shown;
                self.marked.clear();
                match result {
                    Ok(results) => self.results.extend(results.iter().map(|r| (r.id.clone(), r.clone()))),
                    Err(error) => cx.fail(error),
                }
                cx.load();
                true
            }
            _ => false,
        }
    }

    /// After a failure: the list that is there already is shown, else somebody else may sign.
    fn ask_again(&mut self, s: &Shared) {
        self.stage = if self.report.is_some() {
            Stage::Shown
        } else {
            Stage::Asking { form: self.who_again(s), purpose: Purpose::Read }
        };
    }

    fn lines(&self) -> &[InventoryLine] {
        self.report.as_ref().map_or(&[], |r| &r.lines)
    }

    /// Lines of the list, then those of the rack that it does not have.
    fn len(&self) -> usize {
        self.report.as_ref().map_or(0, |r| r.lines.len() + r.absent.len())
    }

    fn line(&self) -> Option<&InventoryLine> {
        self.lines().get(self.list.at)
    }

    /// The credential of the rack under the cursor.
    fn credential(&self) -> Option<&CredentialId> {
        let report = self.report.as_ref()?;
        match report.lines.get(self.list.at) {
            Some(line) => line.on_rack.as_ref().map(|r| &r.credential),
            None => report.absent.get(self.list.at - report.lines.len()).map(|a| &a.credential),
        }
    }

    /// Those marked, else the one under the cursor; only such as still work.
    fn chosen(&self) -> Vec<InventoryLine> {
        let alive = |l: &&InventoryLine| matches!(l.token.state, RemoteState::Active | RemoteState::Inactive);
        if self.marked.is_empty() {
            return self.line().filter(alive).cloned().into_iter().collect();
        }
        self.lines().iter().filter(|l| self.marked.contains(&l.token.id)).filter(alive).cloned().collect()
    }

    /// The form for whoever signs, with the one who did last.
    fn who_again(&self, s: &Shared) -> Form<Name> {
        let using = self.signer.as_ref().and_then(|id| s.rows.get(id)).map_or("", |r| r.credential.label.as_str());
        let mut form = Self::who(&self.host, using, s);
        form.set(Name::User, &self.user);
        form
    }

    fn read(&mut self, signer: Option<Signer>, cx: &mut Cx<'_>) {
        let job = cx.s.jobs.begin("reading the host's list");
        self.stage = Stage::Reading(job);
        cx.emit(Effect::Inventory(InventoryFx::Read { job, host: self.host.id, signer }));
    }

    fn submit(&mut self, cx: &mut Cx<'_>) {
        let Stage::Asking { form, purpose } = &mut self.stage else { return };
        if let Purpose::Revoke { phrase, .. } = purpose
            && form.value(Name::Confirm) != phrase
        {
            return form.refuse(Name::Confirm, typed::mistyped(phrase));
        }
        let Ok(signer) = SIGNING.read(form, &cx.s.rows) else { return };
        match purpose {
            Purpose::Read => {
                self.signer = match &signer {
                    Some(Signer::Credential(id)) => Some(id.clone()),
                    _ => None,
                };
                self.user = form.value(Name::User).to_owned();
                self.read(signer, cx);
            }
            Purpose::Revoke { lines, .. } => {
                let Some(signer) = signer.or_else(|| self.signer.clone().map(Signer::Credential)) else {
                    if !form.value(Name::User).is_empty() {
                        return form.refuse(Name::Password, "give the password again: it was used once and is gone");
                    }
                    return form.refuse(Name::Using, "who signs? Give a label, or an account with its password");
                };
                let lines = std::mem::take(lines);
                let job = cx.s.jobs.begin_weighty("revoking");
                self.stage = Stage::Revoking { job, total: lines.len(), stopping: false };
                cx.emit(Effect::Inventory(InventoryFx::Revoke { job, host: self.host.id, signer, lines }));
            }
        }
    }

    fn ask_to_revoke(&mut self, cx: &mut Cx<'_>) {
        let lines = self.chosen();
        if lines.is_empty() {
            return cx.say(Level::Info, "it does not work any more: nothing to revoke");
        }
        let names: Vec<&str> = lines.iter().map(|l| l.token.name.as_str()).collect();
        let phrase =
            if names.contains(&"") { format!("revoke {}", names.len()) } else { typed::phrase("revoke", &names) };
        // A password was used once and is gone: it is asked for again.
        let mut form = match &self.signer {
            Some(id) => {
                let using = cx.s.rows.get(id).map_or("", |r| r.credential.label.as_str());
                SIGNING.add_using(Form::new(), using, &cx.s.rows, |c| c.is_used_at(self.host.id))
            }
            None => self.who_again(cx.s),
        };
        form = form.text(Name::Confirm, "Confirm", "", "");
        form.focus(Name::Confirm);
        self.stage = Stage::Asking { form, purpose: Purpose::Revoke { lines, phrase } };
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) {
        if self.list.act(action, self.len(), view::height(cx.s)) {
            return;
        }
        match (action, &mut self.stage) {
            (Action::Back, Stage::Revoking { job, stopping, .. }) if !*stopping => {
                *stopping = true;
                cx.emit(Effect::Cancel(*job));
            }
            (_, Stage::Revoking { .. }) => {}
            (Action::Back, _) if !self.marked.is_empty() => self.marked.clear(),
            (Action::Back, _) => cx.back(),
            (Action::Mark, Stage::Shown) => {
                if let Some(id) = self.line().map(|l| l.token.id.clone()) {
                    if !self.marked.remove(&id) {
                        self.marked.insert(id);
                    }
                    self.list.act(Action::Down, self.len(), view::height(cx.s));
                }
            }
            (Action::MarkAll, Stage::Shown) => {
                let strangers = self.lines().iter().filter(|l| l.on_rack.is_none());
                let ids: BTreeSet<String> = strangers.map(|l| l.token.id.clone()).collect();
                self.marked = if self.marked == ids { BTreeSet::new() } else { ids };
            }
            (Action::Revoke, Stage::Shown) => self.ask_to_revoke(cx),
            (Action::Reload, Stage::Shown) => match self.signer.clone() {
                None => {
                    let form = self.who_again(cx.s);
                    self.stage = Stage::Asking { form, purpose: Purpose::Read };
                }
                signer => self.read(signer.map(Signer::Credential), cx),
            },
            (Action::Change, Stage::Shown) => {
                self.stage = Stage::Asking { form: Self::who(&self.host, "", cx.s), purpose: Purpose::Read };
            }
            (Action::Open, Stage::Shown) => match self.credential().cloned() {
                Some(id) => cx.open(Detail::new(id).into()),
                None => cx.say(Level::Info, "a stranger: it is not on the rack"),
            },
            _ => {}
        }
    }
}

impl Pane for Inventory {
    fn contexts(&self, _s: &Shared) -> Vec<Context> {
        match &self.stage {
            Stage::Asking { form, .. } => form.contexts(),
            _ => vec![Context::Inventory, Context::List, Context::Screen, Context::Global],
        }
    }

    fn hints(&self, _s: &Shared) -> Hints {
        match &self.stage {
            Stage::Asking { purpose, .. } => {
                let word = if matches!(purpose, Purpose::Read) { "read the list" } else { "revoke" };
                vec![(Action::Submit, word), (Action::NextField, ""), (Action::Suggest, ""), (Action::Back, "cancel")]
            }
            Stage::Reading(_) => vec![(Action::Back, "cancel")],
            Stage::Revoking { .. } => vec![(Action::Back, "stop")],
            Stage::Shown => [
                (Action::Back, ""),
                (Action::Mark, ""),
                (Action::MarkAll, "select strangers"),
                (Action::Revoke, ""),
                (Action::Open, "on the rack"),
                (Action::Reload, "read again"),
                (Action::Change, "other signer"),
                (Action::Help, ""),
            ]
            .to_vec(),
        }
    }

    fn enabled(&self, action: Action, _s: &Shared) -> bool {
        match action {
            Action::Mark | Action::Revoke => self.line().is_some(),
            Action::Open => self.credential().is_some(),
            Action::Inventory => false,
            _ => true,
        }
    }

    fn input(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        if let Stage::Asking { form, .. } = &mut self.stage {
            match form.input(input) {
                Event::Submit => self.submit(cx),
                Event::Back if self.report.is_some() => {
                    form.wipe();
                    self.stage = Stage::Shown;
                }
                Event::Back => cx.back(),
                _ => {}
            }
            return;
        }
        match input {
            Input::Action(action) if self.enabled(action, cx.s) => self.act(action, cx),
            Input::Wheel(down) => self.list.wheel(down, self.len(), view::height(cx.s)),
            _ => {}
        }
    }

    fn closed(&mut self, cx: &mut Cx<'_>) {
        match &mut self.stage {
            Stage::Reading(job) if cx.s.jobs.close(*job) => cx.emit(Effect::Cancel(*job)),
            Stage::Asking { form, .. } => form.wipe(),
            _ => {}
        }
    }

    fn settle(&mut self, s: &mut Shared) {
        self.list.fit(self.len(), view::height(s));
    }

    fn full_screen(&self) -> bool {
        true
    }

    fn view(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
        view::view(self, s, frame, area);
    }
}
