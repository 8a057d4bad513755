//! The list of credentials, with the one under the cursor beside it where there is room. The lowest layer: it is
//! never closed. Only the rows in sight are built.

mod columns;
mod marked;
mod pointer;
mod typing;
mod view;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::config::{Action, Context};
use crate::domain::CredentialId;

use super::super::layer::{Hints, Pane};
use super::super::overlays::dialog::Dialog;
use super::super::overlays::toast::Level;
use super::super::shared::{Cx, Input, Nav, Shared};
use super::super::size::{WIDE, body};
use super::super::widgets::field::Field;
use super::super::widgets::list::{self, List};
use super::super::{check, page};
use super::detail::{self, Detail};
use super::{add, commands};
use marked::Marked;

/// Where the cursor is, what is selected, what is being typed as filter.
#[derive(Debug, Default)]
pub struct Rack {
    list: List,
    id: Option<CredentialId>,
    generation: u64,
    marked: Marked,
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

    /// The selection; without one, what is under the cursor.
    fn targets(&self, s: &Shared) -> Vec<CredentialId> {
        if self.marked.is_empty() { self.id.iter().cloned().collect() } else { self.marked.in_order(s) }
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
            Action::MarkAll => self.marked.toggle_shown(cx.s),
            Action::CheckAll => {
                let ids = cx.s.rows.all().iter().map(|r| r.credential.id.clone()).collect();
                check::start(cx, ids, false);
            }
            Action::CheckHeld => {
                let ids = cx.s.checks.held().to_vec();
                check::start(cx, ids, true);
            }
            Action::Reload => cx.load(),
            Action::Add => add::open(None, cx),
            _ => {
                if let Some(id) = self.id.clone() {
                    commands::act(action, &id, &self.targets(cx.s), cx);
                }
            }
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
        } else if cx.s.checks.stoppable() {
            check::stop(cx);
        } else {
            cx.s.toasts.dismiss();
        }
    }

    fn mark(&mut self, s: &Shared) {
        if let Some(id) = self.id.clone() {
            self.marked.toggle(id);
            self.list.act(Action::Down, s.rows.len(), self.height(s));
            self.moved(s);
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
                Action::Doctor,
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
            Action::Page => self.id.as_ref().is_some_and(|id| page::of_last_check(id, s).is_some()),
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
        self.marked.settle(self.generation != s.rows.generation(), s);
        self.generation = s.rows.generation();
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

/// Asks before quitting while work is under way that would be cut off.
fn quit(cx: &mut Cx<'_>) {
    let under_way = cx.s.jobs.weighty();
    if under_way.is_empty() {
        cx.nav.push(Nav::Quit);
    } else {
        let text = format!("keyrack is still {}. Quit all the same?", under_way.join(" and "));
        cx.open(Dialog::new("Quit", text, Nav::Quit).into());
    }
}
