//! One credential in full: where it stands, when it ends, what it may do, what proves it, what it was before. As a
//! screen of its own, and as lines for the pane beside the list. The secret is never here: only its hint is.

mod found;
mod jobs;
mod page;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::config::{Action, Context};
use crate::domain::CredentialId;

use super::super::layer::{Hints, Pane};
use super::super::page::of_last_check;
use super::super::shared::{Cx, Input, Shared};
use super::super::size::body;
use super::super::widgets::list::scroll;
use super::super::widgets::panel;
use super::commands;

pub use found::grants;
pub use page::lines;

/// Which credential, and how far its text is scrolled.
#[derive(Debug)]
pub struct Detail {
    id: CredentialId,
    top: usize,
}

impl Detail {
    /// Looks at that one.
    #[must_use]
    pub fn new(id: CredentialId) -> Self {
        Self { id, top: 0 }
    }

    /// Which one it is.
    #[must_use]
    pub fn id(&self) -> &CredentialId {
        &self.id
    }

    fn lines(&self, s: &Shared) -> Vec<Line<'static>> {
        let width = usize::from(s.size.0).saturating_sub(4);
        s.rows.get(&self.id).map(|row| lines(row, s, width)).unwrap_or_default()
    }

    fn step(&mut self, down: bool, cx: &mut Cx<'_>) {
        let Some(at) = cx.s.rows.place(&self.id) else { return };
        let next = if down { at + 1 } else { at.wrapping_sub(1) };
        if let Some(row) = cx.s.rows.shown(next) {
            self.id = row.credential.id.clone();
            self.top = 0;
            cx.s.jump = Some(self.id.clone());
        }
    }
}

impl Pane for Detail {
    fn contexts(&self, _s: &Shared) -> Vec<Context> {
        vec![Context::Detail, Context::List, Context::Screen, Context::Global]
    }

    fn hints(&self, _s: &Shared) -> Hints {
        let mut hints: Hints = vec![(Action::Back, "")];
        hints.extend(
            [
                Action::Page,
                Action::Check,
                Action::Permissions,
                Action::Diagnose,
                Action::Edit,
                Action::Rotate,
                Action::Revoke,
                Action::Forget,
                Action::Inventory,
                Action::Deployment,
                Action::Previous,
                Action::Next,
                Action::Palette,
                Action::Help,
            ]
            .map(|a| (a, "")),
        );
        hints
    }

    fn enabled(&self, action: Action, s: &Shared) -> bool {
        match action {
            Action::Check | Action::Rotate | Action::Revoke | Action::Permissions | Action::Diagnose => {
                s.rows.get(&self.id).is_some_and(|r| !r.retired())
            }
            Action::Page => of_last_check(&self.id, s).is_some(),
            Action::Stop => s.checks.stoppable(),
            _ => true,
        }
    }

    fn input(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        let action = match input {
            Input::Action(action) => action,
            Input::Wheel(true) => Action::Down,
            Input::Wheel(false) => Action::Up,
            _ => return,
        };
        let height = usize::from(body(cx.s.size.0, cx.s.size.1).height).saturating_sub(2);
        let len = self.lines(cx.s).len();
        if scroll(&mut self.top, action, len, height) {
            return;
        }
        match action {
            Action::Back => cx.back(),
            Action::Next => self.step(true, cx),
            Action::Previous => self.step(false, cx),
            _ => commands::act(action, &self.id, std::slice::from_ref(&self.id), cx),
        }
    }

    fn full_screen(&self) -> bool {
        true
    }

    fn view(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
        let row = s.rows.get(&self.id);
        let title = row.map_or("Not on the rack any more", |r| r.credential.label.as_str());
        let inner = panel::pane(frame, area, title, true, &s.theme);
        panel::scrolled(frame, inner, self.lines(s), self.top, &s.theme);
    }
}
