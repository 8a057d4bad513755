//! Revoking: the plan, the typed confirmation, the run, and what is left to do by hand.
//!
//! Nothing is sent before the confirmation. A run that was begun is shown to its end: leaving it only asks to stop.

mod view;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::config::{Action, Context};
use crate::domain::{CredentialId, RevokeEnd, RevokePlan, RevokeResult, Way};
use crate::error::Error;

use super::super::effect::{Effect, RevokeFx};
use super::super::layer::{Hints, Pane};
use super::super::msg::{JobId, RevokeMsg};
use super::super::overlays::toast::Level;
use super::super::rows::Row;
use super::super::shared::{Cx, Input, Shared};
use super::super::widgets::form::{Event, Form};
use super::super::widgets::list::{List, scroll};
use super::super::widgets::signing::Signing;
use super::super::widgets::typed;
use super::super::{page, text};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    User,
    Password,
    Code,
    Using,
    Confirm,
}

const SIGNING: Signing<Name> =
    Signing { using: Name::Using, user: Name::User, password: Name::Password, code: Name::Code };

#[derive(Debug)]
enum Stage {
    /// The hosts' ways are being looked up.
    Planning(JobId),
    /// Waiting for the user to type the phrase.
    Confirm { plans: Vec<RevokePlan>, phrase: String, form: Form<Name>, top: usize },
    /// Under way.
    Running { job: JobId, total: usize, stopping: bool, by_hand: bool },
    /// Over; some may be left to do by hand.
    Report,
}

/// A revocation from plan to report.
#[derive(Debug)]
pub struct Revoke {
    ids: Vec<CredentialId>,
    stage: Stage,
    results: Vec<RevokeResult>,
    list: List,
}

impl Revoke {
    /// Opens for those of `ids` whose secret is still here; none where there is none.
    pub fn open(ids: &[CredentialId], cx: &mut Cx<'_>) -> Option<Self> {
        let live = |id: &&CredentialId| cx.s.rows.get(id).is_some_and(|r| !r.retired());
        let ids: Vec<CredentialId> = ids.iter().filter(live).cloned().collect();
        if ids.is_empty() {
            cx.say(Level::Info, "its secret was destroyed: nothing left to revoke");
            return None;
        }
        let job = cx.s.jobs.begin("planning");
        cx.emit(Effect::Revoke(RevokeFx::Plan { job, ids: ids.clone() }));
        Some(Self { ids, stage: Stage::Planning(job), results: Vec::new(), list: List::default() })
    }

    /// Takes in a message; true where it was meant for this one.
    pub fn on(&mut self, msg: &RevokeMsg, cx: &mut Cx<'_>) -> bool {
        match (msg, &self.stage) {
            (RevokeMsg::Planned { job, result }, Stage::Planning(mine)) if job == mine => {
                self.planned(result, cx);
                true
            }
            (RevokeMsg::Stepped { job, result }, Stage::Running { job: mine, .. }) if job == mine => {
                self.take(std::slice::from_ref(result));
                show(result, cx);
                true
            }
            (RevokeMsg::Done { job, result }, Stage::Running { job: mine, by_hand, .. }) if job == mine => {
                let by_hand = *by_hand;
                self.stage = Stage::Report;
                match result {
                    Ok(results) => {
                        self.take(results);
                        let alive = self.verifiable().len();
                        if by_hand && alive > 0 {
                            let one = text::count(alive, "credential");
                            cx.say(
                                Level::Warn,
                                format!("{one} not seen refused yet: not done, or the host needs a moment"),
                            );
                        }
                    }
                    Err(error) => {
                        cx.fail(error);
                        if self.results.is_empty() {
                            cx.back();
                        }
                    }
                }
                cx.load();
                true
            }
            _ => false,
        }
    }

    fn planned(&mut self, result: &Result<Vec<RevokePlan>, Error>, cx: &mut Cx<'_>) {
        let plans = match result {
            Ok(plans) => plans.clone(),
            Err(error) => {
                cx.fail(error);
                return cx.back();
            }
        };
        let mut labels: Vec<&str> = Vec::new();
        for id in &self.ids {
            if let Some(row) = cx.s.rows.get(id) {
                labels.push(&row.credential.label);
            }
        }
        let phrase = typed::phrase("revoke", &labels);
        let needs = |wanted: bool| {
            plans.iter().any(|p| matches!(p.way, Way::NeedsAuthority { password, .. } if password == wanted))
        };
        let mut form = Form::new();
        if needs(true) {
            form = SIGNING.add_account(form, self.ids.iter().filter_map(|id| cx.s.rows.get(id)).map(account).collect());
            form = SIGNING.add_code(form);
        }
        if needs(true) || needs(false) {
            let rows = &cx.s.rows;
            form = SIGNING.add_using(form, "", rows, |c| !self.ids.contains(&c.id) && rows.meets(c, &self.ids));
        }
        let form = form.text(Name::Confirm, "Confirm", "", "");
        self.stage = Stage::Confirm { plans, phrase, form, top: 0 };
    }

    /// Results replace earlier ones of the same credential at the same host.
    fn take(&mut self, results: &[RevokeResult]) {
        for result in results {
            let same = |r: &&mut RevokeResult| r.credential == result.credential && r.host == result.host;
            match self.results.iter_mut().find(same) {
                Some(earlier) => earlier.clone_from(result),
                None => self.results.push(result.clone()),
            }
        }
    }

    fn submit(&mut self, cx: &mut Cx<'_>) {
        let Stage::Confirm { phrase, form, .. } = &mut self.stage else { return };
        if form.value(Name::Confirm) != phrase {
            return form.refuse(Name::Confirm, typed::mistyped(phrase));
        }
        let Ok(signer) = SIGNING.read(form, &cx.s.rows) else { return };
        let job = cx.s.jobs.begin_weighty("revoking");
        self.stage = Stage::Running { job, total: self.ids.len(), stopping: false, by_hand: false };
        cx.emit(Effect::Revoke(RevokeFx::Run { job, ids: self.ids.clone(), signer }));
    }

    /// Those of which it is not known that they are dead although the user may have seen to it.
    fn verifiable(&self) -> Vec<CredentialId> {
        let open = |end| matches!(end, RevokeEnd::Guided | RevokeEnd::StillAccepted | RevokeEnd::Unknown);
        let mut ids: Vec<CredentialId> =
            self.results.iter().filter(|r| open(r.end)).map(|r| r.credential.clone()).collect();
        ids.dedup();
        ids
    }

    /// Those that another password, signer or attempt may still help.
    fn retryable(&self) -> Vec<CredentialId> {
        use RevokeEnd::{Cancelled, Failed, NeedsAuthority, Refused, Unreachable};
        let again = |end| matches!(end, Refused | NeedsAuthority | Unreachable | Failed | Cancelled);
        let mut ids: Vec<CredentialId> =
            self.results.iter().filter(|r| again(r.end)).map(|r| r.credential.clone()).collect();
        ids.dedup();
        ids
    }

    fn page(&self) -> Option<&str> {
        page::by_hand(&self.results.get(self.list.at)?.plan.as_ref()?.way)
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) {
        let height = view::list_height(cx.s);
        if self.list.act(action, self.results.len(), height) {
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
            (Action::Change, Stage::Report) => {
                let ids = self.retryable();
                if !ids.is_empty() {
                    let job = cx.s.jobs.begin("planning");
                    cx.emit(Effect::Revoke(RevokeFx::Plan { job, ids: ids.clone() }));
                    self.ids = ids;
                    self.stage = Stage::Planning(job);
                }
            }
            (Action::Verify, Stage::Report) => {
                let ids = self.verifiable();
                if !ids.is_empty() {
                    let job = cx.s.jobs.begin_weighty("checking what was revoked by hand");
                    self.stage = Stage::Running { job, total: ids.len(), stopping: false, by_hand: true };
                    cx.emit(Effect::Revoke(RevokeFx::Verify { job, ids }));
                }
            }
            _ => {}
        }
    }
}

fn account(row: &Row) -> String {
    row.account.clone()
}

/// Whether the answer shown with a result is about the token, not about the order to revoke it.
fn about_the_token(end: RevokeEnd) -> bool {
    matches!(end, RevokeEnd::Revoked | RevokeEnd::AlreadyDead | RevokeEnd::StillAccepted)
}

/// Shows on the rack at once what the host answered; the rest is read when the run is over.
fn show(result: &RevokeResult, cx: &mut Cx<'_>) {
    if !about_the_token(result.end) {
        return;
    }
    let s = &mut *cx.s;
    let host = s.rows.hosts().iter().find(|h| h.name == result.host).map(|h| h.id);
    if let (Some(host), Some(found)) = (host, &result.validation)
        && s.rows.apply(&result.credential, host, found, s.now)
    {
        s.history.add(&result.credential, host, found.clone());
    }
}

impl Pane for Revoke {
    fn contexts(&self, _s: &Shared) -> Vec<Context> {
        match &self.stage {
            Stage::Confirm { form, .. } => form.contexts(),
            _ => vec![Context::Guide, Context::List, Context::Global],
        }
    }

    fn hints(&self, _s: &Shared) -> Hints {
        match &self.stage {
            Stage::Planning(_) => vec![(Action::Back, "cancel")],
            Stage::Confirm { .. } => {
                vec![
                    (Action::Submit, "revoke"),
                    (Action::NextField, ""),
                    (Action::Suggest, ""),
                    (Action::Back, "cancel"),
                ]
            }
            Stage::Running { .. } => vec![(Action::Back, "stop")],
            Stage::Report => {
                vec![
                    (Action::Verify, ""),
                    (Action::Page, ""),
                    (Action::Change, "try again"),
                    (Action::Down, ""),
                    (Action::Up, ""),
                    (Action::Back, "close"),
                ]
            }
        }
    }

    fn enabled(&self, action: Action, _s: &Shared) -> bool {
        match action {
            Action::Verify => matches!(self.stage, Stage::Report) && !self.verifiable().is_empty(),
            Action::Change => matches!(self.stage, Stage::Report) && !self.retryable().is_empty(),
            Action::Page => self.page().is_some(),
            _ => true,
        }
    }

    fn input(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        if let Stage::Confirm { form, plans, top, .. } = &mut self.stage {
            if let Input::Action(action @ (Action::PageUp | Action::PageDown)) = input {
                scroll(top, action, plans.len(), view::PLANS);
                return;
            }
            match form.input(input) {
                Event::Submit => self.submit(cx),
                Event::Back => cx.back(),
                _ => {}
            }
            return;
        }
        match input {
            Input::Action(action) => self.act(action, cx),
            Input::Wheel(down) => self.list.wheel(down, self.results.len(), view::list_height(cx.s)),
            _ => {}
        }
    }

    fn closed(&mut self, cx: &mut Cx<'_>) {
        match &mut self.stage {
            // Still open, so it is given up: a late answer must find nobody.
            Stage::Planning(job) if cx.s.jobs.close(*job) => cx.emit(Effect::Cancel(*job)),
            Stage::Confirm { form, .. } => form.wipe(),
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
