//! The list of credentials, with the one under the cursor beside it where there is room. The lowest layer: it is
//! never closed. Only the rows in sight are built.

mod columns;
mod view;

use std::collections::HashSet;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::config::{Action, Context};
use crate::domain::CredentialId;

use super::super::layer::{Hints, Pane};
use super::super::overlays::edit::Edit;
use super::super::overlays::forget::Forget;
use super::super::overlays::toast::Level;
use super::super::shared::{Cx, Input, Shared};
use super::super::widgets::field::Field;
use super::super::widgets::list::{self, List};
use super::super::{WIDE, body, check, load, quit};
use super::add;
use super::create::Create;
use super::deployment::Deployment;
use super::detail::{self, Detail};
use super::diagnose::Diagnose;
use super::inventory::Inventory;
use super::permissions::Permissions;
use super::revoke::Revoke;
use super::rotate::Rotate;

/// Where the cursor is, what is selected, what is being typed as filter.
#[derive(Debug, Default)]
pub struct Rack {
    list: List,
    id: Option<CredentialId>,
    generation: u64,
    marked: HashSet<CredentialId>,
    /// How many of the selected ones are not shown; counted when selection or filter change, not for every frame.
    hidden: usize,
    /// The selection changed since.
    remarked: bool,
    typing: Option<Field>,
    /// The detail pane has the keys.
    beside: bool,
    scroll: usize,
}

impl Rack {
    /// The credential under the cursor.
    #[must_use]
    pub fn id(&self) -> Option<&CredentialId> {
        self.id.as_ref()
    }

    /// The selection in the order shown, hidden ones last; without one, what is under the cursor.
    fn targets(&self, s: &Shared) -> Vec<CredentialId> {
        if self.marked.is_empty() {
            return self.id.iter().cloned().collect();
        }
        let mut ids: Vec<CredentialId> =
            s.rows.shown_from(0).map(|r| &r.credential.id).filter(|id| self.marked.contains(id)).cloned().collect();
        let shown: HashSet<&CredentialId> = ids.iter().collect();
        let mut hidden: Vec<CredentialId> = self.marked.iter().filter(|id| !shown.contains(id)).cloned().collect();
        hidden.sort();
        ids.extend(hidden);
        ids
    }

    fn areas(&self, s: &Shared, area: Rect) -> (Rect, Option<Rect>) {
        if s.size.0 < WIDE || (s.loaded && s.rows.all().is_empty()) {
            return (area, None);
        }
        let width = area.width * 3 / 5;
        (Rect { width, ..area }, Some(Rect { x: area.x + width, width: area.width - width, ..area }))
    }

    fn height(&self, s: &Shared) -> usize {
        usize::from(body(s.size.0, s.size.1).height).saturating_sub(3)
    }

    fn moved(&mut self, s: &Shared) {
        let id = s.rows.shown(self.list.at).map(|r| r.credential.id.clone());
        if id != self.id {
            self.id = id;
            self.scroll = 0;
        }
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) {
        let height = self.height(cx.s);
        if self.beside {
            let len = self.detail_lines(cx.s).len();
            if list::scroll(&mut self.scroll, action, len, height + 1) {
                return;
            }
        }
        if self.list.act(action, cx.s.rows.len(), height) {
            cx.s.jump = None;
            self.moved(cx.s);
            return;
        }
        match action {
            Action::Back => self.back(cx),
            Action::Quit => quit(cx),
            Action::Open => {
                if let Some(id) = self.id.clone() {
                    cx.open(Detail::new(id).into());
                }
            }
            Action::NextPane => self.beside = !self.beside && cx.s.size.0 >= WIDE,
            Action::Filter => {
                self.typing = Some(Field::new(cx.s.rows.filter()));
                self.beside = false;
            }
            Action::Sort => cx.s.rows.sort_next(),
            Action::SortReverse => cx.s.rows.sort_reverse(),
            Action::Mark => self.mark(cx.s),
            Action::MarkAll => self.mark_all(cx.s),
            Action::Check => check::start(cx, self.targets(cx.s), false),
            Action::CheckAll => {
                let ids = cx.s.rows.all().iter().map(|r| r.credential.id.clone()).collect();
                check::start(cx, ids, false);
            }
            Action::CheckHeld => {
                let ids = cx.s.checks.held().to_vec();
                check::start(cx, ids, true);
            }
            Action::Page => {
                if let Some(id) = self.id.clone() {
                    detail::open_link(&id, cx);
                }
            }
            Action::Reload => load(cx),
            Action::Add => add::open(None, cx),
            Action::Edit => {
                if let Some(row) = self.id.as_ref().and_then(|id| cx.s.rows.get(id)) {
                    let edit = Edit::new(&row.credential, cx.s);
                    cx.open(edit.into());
                }
            }
            Action::Revoke => {
                if let Some(revoke) = Revoke::open(&self.targets(cx.s), cx) {
                    cx.open(revoke.into());
                }
            }
            Action::Rotate => {
                if let Some(rotate) = Rotate::open(&self.targets(cx.s), cx) {
                    cx.open(rotate.into());
                }
            }
            Action::Permissions => {
                if let Some(permissions) = self.id.clone().and_then(|id| Permissions::open(&id, cx)) {
                    cx.open(permissions.into());
                }
            }
            Action::Diagnose => {
                if let Some(diagnose) = self.id.clone().and_then(|id| Diagnose::open(&id, cx)) {
                    cx.open(diagnose.into());
                }
            }
            Action::Inventory => {
                if let Some(inventory) = self.id.as_ref().and_then(|id| Inventory::of(id, cx.s)) {
                    cx.open(inventory.into());
                }
            }
            Action::Create => {
                if let Some(create) = self.id.as_ref().and_then(|id| Create::of(id, cx.s)) {
                    cx.open(create.into());
                }
            }
            Action::Deployment => {
                if let Some(deployment) = self.id.clone().and_then(|id| Deployment::open(&id, cx)) {
                    cx.open(deployment.into());
                }
            }
            Action::Forget => {
                if let Some(forget) = Forget::new(&self.targets(cx.s), cx.s) {
                    cx.open(forget.into());
                }
            }
            _ => {}
        }
    }

    /// One step back each time: what was typed, what is selected, what runs.
    fn back(&mut self, cx: &mut Cx<'_>) {
        if self.beside {
            self.beside = false;
        } else if !cx.s.rows.filter().is_empty() {
            cx.s.rows.set_filter("");
        } else if !self.marked.is_empty() {
            self.marked.clear();
            self.remarked = true;
        } else if cx.s.checks.stoppable() {
            check::stop(cx);
        } else {
            cx.s.toasts.dismiss();
        }
    }

    fn mark(&mut self, s: &Shared) {
        self.remarked = true;
        if let Some(id) = self.id.clone() {
            if !self.marked.remove(&id) {
                self.marked.insert(id);
            }
            self.list.act(Action::Down, s.rows.len(), self.height(s));
            self.moved(s);
        }
    }

    fn mark_all(&mut self, s: &Shared) {
        self.remarked = true;
        if s.rows.shown_from(0).all(|r| self.marked.contains(&r.credential.id)) {
            for row in s.rows.shown_from(0) {
                self.marked.remove(&row.credential.id);
            }
        } else {
            self.marked.extend(s.rows.shown_from(0).map(|r| r.credential.id.clone()));
        }
    }

    fn type_filter(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        let Some(field) = &mut self.typing else { return };
        match input {
            Input::Action(Action::Submit) => {
                self.typing = None;
                return;
            }
            Input::Action(Action::Back) => {
                self.typing = None;
                cx.s.rows.set_filter("");
                return;
            }
            Input::Action(action) => {
                if !field.act(action) {
                    let height = self.height(cx.s);
                    if self.list.act(action, cx.s.rows.len(), height) {
                        self.moved(cx.s);
                    }
                    return;
                }
            }
            Input::Char(c) => field.push(c),
            Input::Paste(text) => field.paste(text.reveal()),
            Input::Wheel(_) | Input::Click(..) => return self.point(input, cx),
        }
        let text = field.text().to_owned();
        if text != cx.s.rows.filter() {
            cx.s.rows.set_filter(&text);
            // The best match is what one types for.
            self.list = List::default();
            self.moved(cx.s);
        }
    }

    fn point(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        let (table, beside) = self.areas(cx.s, body(cx.s.size.0, cx.s.size.1));
        match input {
            Input::Wheel(down) => {
                let action = if down { Action::Down } else { Action::Up };
                if self.beside {
                    self.act(action, cx);
                } else {
                    let height = self.height(cx.s);
                    self.list.wheel(down, cx.s.rows.len(), height);
                    self.moved(cx.s);
                }
            }
            Input::Click(x, y) => {
                if beside.is_some_and(|b| b.contains((x, y).into())) {
                    self.beside = true;
                    return;
                }
                self.beside = false;
                let first = table.y + 2;
                if y < first || y >= table.bottom() - 1 {
                    return;
                }
                let at = self.list.top + usize::from(y - first);
                if at < cx.s.rows.len() {
                    let again = at == self.list.at;
                    self.list.at = at;
                    self.moved(cx.s);
                    if again && self.typing.is_none() {
                        self.act(Action::Open, cx);
                    }
                }
            }
            _ => {}
        }
    }

    fn detail_lines(&self, s: &Shared) -> Vec<Line<'static>> {
        let area = self.areas(s, body(s.size.0, s.size.1)).1;
        match (self.id.as_ref().and_then(|id| s.rows.get(id)), area) {
            (Some(row), Some(area)) => detail::lines(row, s, usize::from(area.width).saturating_sub(4)),
            _ => Vec::new(),
        }
    }
}

impl Pane for Rack {
    fn contexts(&self, _s: &Shared) -> Vec<Context> {
        match self.typing {
            Some(_) => vec![Context::Prompt, Context::Text, Context::Global],
            None => vec![Context::Rack, Context::List, Context::Screen, Context::Global],
        }
    }

    fn hints(&self, s: &Shared) -> Hints {
        if self.typing.is_some() {
            return vec![
                (Action::Submit, "keep filter"),
                (Action::Down, ""),
                (Action::Up, ""),
                (Action::Back, "clear"),
            ];
        }
        let mut hints = Hints::new();
        if self.beside {
            hints.push((Action::Back, "to the list"));
        } else if !s.rows.filter().is_empty() {
            hints.push((Action::Back, "clear filter"));
        } else if !self.marked.is_empty() {
            hints.push((Action::Back, "unselect"));
        } else if s.checks.stoppable() {
            hints.push((Action::Back, "stop checking"));
        }
        if !s.checks.held().is_empty() {
            hints.push((Action::CheckHeld, ""));
        }
        if s.size.0 < WIDE {
            hints.push((Action::Open, ""));
        }
        hints.extend(
            [
                Action::Add,
                Action::Check,
                Action::CheckAll,
                Action::Permissions,
                Action::Diagnose,
                Action::Edit,
                Action::Rotate,
                Action::Revoke,
                Action::Filter,
                Action::Sort,
                Action::Mark,
                Action::Palette,
                Action::Page,
                Action::Inventory,
                Action::Create,
                Action::Deployment,
                Action::Guide,
                Action::Incident,
                Action::Hosts,
                Action::Quit,
                Action::DiagnoseOther,
                Action::Help,
            ]
            .map(|a| (a, "")),
        );
        hints
    }

    fn enabled(&self, action: Action, s: &Shared) -> bool {
        match action {
            Action::Open
            | Action::Edit
            | Action::Check
            | Action::Revoke
            | Action::Forget
            | Action::Mark
            | Action::Permissions
            | Action::Diagnose
            | Action::Rotate
            | Action::Inventory
            | Action::Create
            | Action::Deployment => self.id.is_some(),
            Action::CheckAll | Action::Filter | Action::Sort | Action::SortReverse | Action::MarkAll => {
                !s.rows.all().is_empty()
            }
            Action::Page => self.id.as_ref().is_some_and(|id| detail::link(id, s).is_some()),
            Action::CheckHeld => !s.checks.held().is_empty(),
            Action::Stop => s.checks.stoppable(),
            Action::NextPane => s.size.0 >= WIDE,
            _ => true,
        }
    }

    fn input(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        match input {
            _ if self.typing.is_some() => self.type_filter(input, cx),
            Input::Action(action) if self.enabled(action, cx.s) => self.act(action, cx),
            Input::Action(Action::Page) => cx.say(Level::Info, "its last check names no page to open"),
            Input::Action(_) if cx.s.rows.all().is_empty() => {
                let key = cx.s.key(&[Context::Rack], Action::Add);
                cx.say(Level::Info, format!("the rack is empty: {key} adds a token"));
            }
            Input::Action(_) => cx.say(Level::Info, "there is nothing to do that with"),
            Input::Wheel(_) | Input::Click(..) => self.point(input, cx),
            // Nothing here takes text, so a paste can only be a token to add.
            Input::Paste(text) => add::open(Some(text), cx),
            Input::Char(_) => {}
        }
    }

    fn settle(&mut self, s: &mut Shared) {
        let jump = s.jump.as_ref().and_then(|id| s.rows.place(id));
        if let Some(at) = jump {
            self.list.at = at;
            s.jump = None;
        } else if self.generation != s.rows.generation() {
            // Rows changed places: the cursor stays on its credential.
            if let Some(at) = self.id.as_ref().and_then(|id| s.rows.place(id)) {
                self.list.at = at;
            }
        }
        if self.remarked || self.generation != s.rows.generation() {
            self.marked.retain(|id| s.rows.get(id).is_some());
            let shown = s.rows.shown_from(0).filter(|r| self.marked.contains(&r.credential.id)).count();
            self.hidden = self.marked.len() - shown;
            self.remarked = false;
            self.generation = s.rows.generation();
        }
        let height = self.height(s);
        self.list.fit(s.rows.len(), height);
        self.moved(s);
        self.beside &= s.size.0 >= WIDE;
    }

    fn full_screen(&self) -> bool {
        true
    }

    fn view(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
        view::view(self, s, frame, area);
    }
}
