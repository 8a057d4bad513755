//! Making a credential by hand: what is needed, what to do, what to tick for a job, where the token goes then. Every line can
//! be ticked off; the page opens with name, scopes and end filled in where its host allows that; then the token is pasted.

mod view;

use std::collections::BTreeSet;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::config::{Action, Context};
use crate::domain::{CredentialId, FamilyId, Guide as Found, Kind};
use crate::error::Error;

use super::super::effect::{Effect, GuideFx};
use super::super::layer::{Hints, Pane};
use super::super::msg::{Guides, JobId};
use super::super::page;
use super::super::shared::{Cx, Input, Shared};
use super::super::widgets::list::List;
use super::add;

/// Where a credential can be made: a host of the rack, or a family without one.
#[derive(Debug, Clone)]
struct Place {
    family: FamilyId,
    host: Option<String>,
}

#[derive(Debug)]
enum Stage {
    /// Which product?
    Choosing(List),
    /// Being looked up.
    Finding(JobId),
    /// Shown.
    Shown,
}

/// A guide for one family.
#[derive(Debug)]
pub struct Guide {
    places: Vec<Place>,
    place: Option<Place>,
    kind: Option<Kind>,
    profile: Option<String>,
    found: Option<Box<Guides>>,
    /// Which of the guides.
    at: usize,
    /// The line under the cursor.
    list: List,
    /// Lines ticked off.
    done: BTreeSet<usize>,
    stage: Stage,
}

impl Guide {
    /// Asks first for which product.
    #[must_use]
    pub fn choose(s: &Shared) -> Self {
        let on_rack = s.rows.hosts().iter().map(|h| Place { family: h.family.clone(), host: Some(h.name.clone()) });
        let families = s.families.iter().map(|f| Place { family: f.id.clone(), host: None });
        Self {
            places: on_rack.chain(families).collect(),
            place: None,
            kind: None,
            profile: None,
            found: None,
            at: 0,
            list: List::default(),
            done: BTreeSet::new(),
            stage: Stage::Choosing(List::default()),
        }
    }

    /// For a credential like this one, where it is used first.
    pub fn of(id: &CredentialId, profile: Option<String>, cx: &mut Cx<'_>) -> Option<Self> {
        let row = cx.s.rows.get(id)?;
        let host = cx.s.rows.host(row.credential.bindings.first()?.host)?;
        let place = Place { family: row.credential.family.clone(), host: Some(host.name.clone()) };
        let profile = profile.or_else(|| row.credential.profiles.first().cloned());
        let mut guide = Self { kind: Some(row.credential.kind), profile, ..Self::choose(cx.s) };
        guide.go_to(place, cx);
        Some(guide)
    }

    fn go_to(&mut self, place: Place, cx: &mut Cx<'_>) {
        self.place = Some(place);
        self.find(cx);
    }

    fn find(&mut self, cx: &mut Cx<'_>) {
        let Some(place) = &self.place else { return };
        let job = cx.s.jobs.begin("looking up the guide");
        self.stage = Stage::Finding(job);
        cx.emit(Effect::Guide(GuideFx::Find {
            job,
            family: place.family.clone(),
            host: place.host.clone(),
            kind: self.kind,
            profile: self.profile.clone(),
        }));
    }

    /// Whether this job is its own.
    #[must_use]
    pub fn waits_for(&self, job: JobId) -> bool {
        matches!(self.stage, Stage::Finding(mine) if mine == job)
    }

    /// Takes in the answer.
    pub fn found(&mut self, result: Result<Box<Guides>, Error>, cx: &mut Cx<'_>) {
        match result {
            Ok(found) => {
                self.at = 0;
                self.list = List::default();
                self.done.clear();
                self.found = Some(found);
                self.stage = Stage::Shown;
            }
            // The job may not fit the kind: what fits is shown instead.
            Err(error) if self.found.is_none() && (self.kind.is_some() || self.profile.is_some()) => {
                cx.fail(&error);
                (self.kind, self.profile) = (None, None);
                self.find(cx);
            }
            Err(error) => {
                cx.fail(&error);
                self.stage = if self.found.is_some() { Stage::Shown } else { Stage::Choosing(List::default()) };
            }
        }
    }

    fn guide(&self) -> Option<&Found> {
        self.found.as_ref()?.guides.get(self.at)
    }

    /// Lines that can be ticked off: what is needed, the steps, then where it goes.
    fn items(&self) -> usize {
        self.guide()
            .map_or(0, |g| g.need.len() + g.steps.len() + g.deliver.iter().map(|d| d.steps.len()).sum::<usize>())
    }

    fn page(&self) -> Option<&str> {
        let guide = self.guide()?;
        page::web(guide.prefilled.as_deref().unwrap_or(&guide.page))
    }

    fn turn_profile(&mut self, forward: bool, cx: &mut Cx<'_>) {
        let Some(found) = &self.found else { return };
        // None of them stands before the first.
        let ids: Vec<&String> = found.profiles.iter().map(|(id, _)| id).collect();
        let at = self.profile.as_ref().and_then(|p| ids.iter().position(|id| *id == p)).map_or(0, |at| at + 1);
        let len = ids.len() + 1;
        let next = if forward { (at + 1) % len } else { (at + len - 1) % len };
        self.profile = next.checked_sub(1).map(|n| ids[n].clone());
        self.find(cx);
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) {
        if let Stage::Choosing(list) = &mut self.stage {
            let height = view::rows(cx.s);
            if list.act(action, self.places.len(), height) {
                return;
            }
            match action {
                Action::Open => {
                    if let Some(place) = self.places.get(list.at).cloned() {
                        self.go_to(place, cx);
                    }
                }
                Action::Back => cx.back(),
                _ => {}
            }
            return;
        }
        // The height is that of the text: the view scrolls to the cursor by itself.
        if self.list.act(action, self.items(), view::rows(cx.s)) {
            return;
        }
        match action {
            Action::Back => cx.back(),
            Action::Mark => {
                let at = self.list.at;
                if !self.done.remove(&at) {
                    self.done.insert(at);
                }
                self.list.act(Action::Down, self.items(), view::rows(cx.s));
            }
            Action::NextChoice => self.turn_profile(true, cx),
            Action::PreviousChoice => self.turn_profile(false, cx),
            Action::Next | Action::Previous => {
                let len = self.found.as_ref().map_or(1, |f| f.guides.len().max(1));
                self.at = if action == Action::Next { (self.at + 1) % len } else { (self.at + len - 1) % len };
                self.list = List::default();
                self.done.clear();
            }
            Action::Page => page::open(self.page().map(str::to_owned), cx),
            Action::Add => add::open(None, cx),
            Action::Change => {
                self.found = None;
                (self.kind, self.profile) = (None, None);
                self.stage = Stage::Choosing(List::default());
            }
            _ => {}
        }
    }
}

impl Pane for Guide {
    fn contexts(&self, _s: &Shared) -> Vec<Context> {
        vec![Context::Making, Context::List, Context::Screen, Context::Global]
    }

    fn hints(&self, _s: &Shared) -> Hints {
        match self.stage {
            Stage::Choosing(_) => {
                vec![
                    (Action::Back, ""),
                    (Action::Open, "show"),
                    (Action::Down, ""),
                    (Action::Up, ""),
                    (Action::Help, ""),
                ]
            }
            Stage::Finding(_) => vec![(Action::Back, "cancel")],
            Stage::Shown => vec![
                (Action::Back, ""),
                (Action::Page, ""),
                (Action::Mark, "tick off"),
                (Action::Add, "paste the token"),
                (Action::NextChoice, "other job"),
                (Action::Next, "other kind"),
                (Action::Change, "other product"),
                (Action::Help, ""),
            ],
        }
    }

    fn enabled(&self, action: Action, _s: &Shared) -> bool {
        match action {
            Action::Next | Action::Previous => self.found.as_ref().is_some_and(|f| f.guides.len() > 1),
            Action::NextChoice | Action::PreviousChoice => self.found.as_ref().is_some_and(|f| !f.profiles.is_empty()),
            Action::Page => self.page().is_some(),
            Action::Mark => self.items() > 0,
            Action::Guide => false,
            _ => true,
        }
    }

    fn input(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        match input {
            Input::Action(action) if self.enabled(action, cx.s) => self.act(action, cx),
            Input::Wheel(down) => self.act(if down { Action::Down } else { Action::Up }, cx),
            // The token that was made: nothing else here takes text.
            Input::Paste(text) => add::open(Some(text), cx),
            _ => {}
        }
    }

    fn closed(&mut self, cx: &mut Cx<'_>) {
        if let Stage::Finding(job) = self.stage
            && cx.s.jobs.close(job)
        {
            cx.emit(Effect::Cancel(job));
        }
    }

    fn settle(&mut self, s: &mut Shared) {
        let (items, rows) = (self.items(), view::rows(s));
        self.list.fit(items, rows);
        if let Stage::Choosing(list) = &mut self.stage {
            list.fit(self.places.len(), rows);
        }
    }

    fn full_screen(&self) -> bool {
        true
    }

    fn view(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
        view::view(self, s, frame, area);
    }
}
