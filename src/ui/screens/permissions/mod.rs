//! What a credential may do: its grants as a tree, and its profiles against every place it is used, with what is missing and
//! how to get it.

mod view;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::config::{Action, Context};
use crate::domain::{CredentialId, Permissions as Found, PlacePermissions, ProfileFound};
use crate::error::Error;

use super::super::effect::{Effect, PermissionsFx};
use super::super::layer::{Hints, Pane};
use super::super::msg::JobId;
use super::super::overlays::toast::Level;
use super::super::page;
use super::super::shared::{Cx, Input, Shared};
use super::super::widgets::list::{List, scroll};
use super::guide::Guide;

#[derive(Debug)]
enum Stage {
    Asking(JobId),
    Shown(Box<Found>),
}

/// The permissions of one credential.
#[derive(Debug)]
pub struct Permissions {
    id: CredentialId,
    stage: Stage,
    /// Which place is looked at.
    place: usize,
    /// Which profile is under the cursor.
    list: List,
    /// The grants have the keys, as opposed to the profiles.
    grants: bool,
    /// Topmost line of the grants.
    top: usize,
    /// Topmost line of what is said of the profile.
    below: usize,
}

impl Permissions {
    /// Opens for a credential and asks its hosts; none where its secret is gone.
    pub fn open(id: &CredentialId, cx: &mut Cx<'_>) -> Option<Self> {
        if cx.s.rows.get(id).is_none_or(|r| r.retired()) {
            cx.say(Level::Info, "its secret was destroyed: no host can be asked what it may do");
            return None;
        }
        let job = Self::ask(id, cx);
        Some(Self {
            id: id.clone(),
            stage: Stage::Asking(job),
            place: 0,
            list: List::default(),
            grants: false,
            top: 0,
            below: 0,
        })
    }

    fn ask(id: &CredentialId, cx: &mut Cx<'_>) -> JobId {
        let job = cx.s.jobs.begin("asking what it may do");
        cx.emit(Effect::Permissions(PermissionsFx::Ask { job, id: id.clone() }));
        job
    }

    /// Whether this job is its own.
    #[must_use]
    pub fn waits_for(&self, job: JobId) -> bool {
        matches!(self.stage, Stage::Asking(mine) if mine == job)
    }

    /// Takes in the answer.
    pub fn found(&mut self, result: Result<Box<Found>, Error>, cx: &mut Cx<'_>) {
        match result {
            Ok(found) => {
                self.place = self.place.min(found.places.len().saturating_sub(1));
                self.stage = Stage::Shown(found);
                // What the hosts said is a check too, and was written down.
                cx.load();
            }
            Err(error) => {
                cx.fail(&error);
                cx.back();
            }
        }
    }

    fn at(&self) -> Option<&PlacePermissions> {
        match &self.stage {
            Stage::Shown(found) => found.places.get(self.place),
            Stage::Asking(_) => None,
        }
    }

    fn profiles(&self) -> &[ProfileFound] {
        self.at().map_or(&[], |p| &p.profiles)
    }

    fn profile(&self) -> Option<&ProfileFound> {
        self.profiles().get(self.list.at)
    }

    fn places(&self) -> usize {
        match &self.stage {
            Stage::Shown(found) => found.places.len(),
            Stage::Asking(_) => 0,
        }
    }

    /// The page of the first gap of the profile under the cursor.
    fn page(&self) -> Option<&str> {
        let fixes = self.profile()?.needs.iter().filter_map(|n| n.fix.as_ref());
        fixes.filter_map(|f| f.prefilled.as_deref().or(f.page.as_deref())).find_map(page::web)
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) {
        let areas = view::areas(self, cx.s);
        if self.grants {
            let len = self.at().map_or(0, |p| view::tree(p, cx.s, usize::from(areas.grants.width)).len());
            if scroll(&mut self.top, action, len, usize::from(areas.grants.height)) {
                return;
            }
        } else if matches!(action, Action::PageUp | Action::PageDown) {
            let len = view::about(self, cx.s, usize::from(areas.below.width)).len();
            scroll(&mut self.below, action, len, usize::from(areas.below.height));
            return;
        } else if self.list.act(action, self.profiles().len(), usize::from(areas.rows.height)) {
            self.below = 0;
            return;
        }
        match action {
            Action::Back => cx.back(),
            Action::NextPane => self.grants = !self.grants,
            Action::Next => self.step(1),
            Action::Previous => self.step(self.places().saturating_sub(1)),
            Action::Reload if self.at().is_some() => self.stage = Stage::Asking(Self::ask(&self.id, cx)),
            Action::Page => page::open(self.page().map(str::to_owned), cx),
            Action::Guide => {
                let profile = self.profile().map(|p| p.id.clone());
                if let Some(guide) = Guide::of(&self.id, profile, cx) {
                    cx.open(guide.into());
                }
            }
            _ => {}
        }
    }

    fn step(&mut self, by: usize) {
        self.place = (self.place + by) % self.places().max(1);
        (self.top, self.below) = (0, 0);
    }
}

impl Pane for Permissions {
    fn contexts(&self, _s: &Shared) -> Vec<Context> {
        vec![Context::Permissions, Context::List, Context::Screen, Context::Global]
    }

    fn hints(&self, _s: &Shared) -> Hints {
        if matches!(self.stage, Stage::Asking(_)) {
            return vec![(Action::Back, "cancel")];
        }
        vec![
            (Action::Back, ""),
            (Action::Down, "profiles"),
            (Action::NextPane, if self.grants { "profiles" } else { "grants" }),
            (Action::Next, "next host"),
            (Action::Page, "mend it"),
            (Action::Guide, ""),
            (Action::Reload, "ask again"),
            (Action::PageDown, "more"),
            (Action::Help, ""),
        ]
    }

    fn enabled(&self, action: Action, _s: &Shared) -> bool {
        match action {
            Action::Next | Action::Previous => self.places() > 1,
            Action::Page => self.page().is_some(),
            Action::NextPane | Action::Reload | Action::Guide => self.at().is_some(),
            Action::Permissions => false,
            _ => true,
        }
    }

    fn input(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        match input {
            Input::Action(action) if self.enabled(action, cx.s) => self.act(action, cx),
            Input::Wheel(down) => self.act(if down { Action::Down } else { Action::Up }, cx),
            _ => {}
        }
    }

    fn closed(&mut self, cx: &mut Cx<'_>) {
        if let Stage::Asking(job) = self.stage
            && cx.s.jobs.close(job)
        {
            cx.emit(Effect::Cancel(job));
        }
    }

    fn settle(&mut self, s: &mut Shared) {
        let height = usize::from(view::areas(self, s).rows.height);
        self.list.fit(self.profiles().len(), height);
    }

    fn full_screen(&self) -> bool {
        true
    }

    fn view(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
        view::view(self, s, frame, area);
    }
}
