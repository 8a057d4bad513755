//! The latest messages again, newest first and in full: a failure is gone from its corner before it was understood.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::config::{Action, Context};

use super::super::layer::{Hints, Pane};
use super::super::shared::{Cx, Input, Shared};
use super::super::size::body;
use super::super::widgets::list::scroll;
use super::super::widgets::panel;
use super::super::{text, time};

/// How far they are scrolled.
#[derive(Debug, Clone, Copy, Default)]
pub struct Messages {
    top: usize,
}

impl Messages {
    fn lines(s: &Shared) -> Vec<Line<'static>> {
        let width = usize::from(s.size.0).saturating_sub(4);
        let mut lines = Vec::new();
        for message in s.toasts.past() {
            let style = message.level.style(&s.theme);
            let mut before = format!("{} {} ", time::minute(message.at, &s.zone), message.level.sign());
            for line in text::wrap(&message.text, width.saturating_sub(before.chars().count())) {
                let rest = " ".repeat(before.chars().count());
                lines.push(Line::from(vec![Span::styled(before, style), Span::styled(line, s.theme.text)]));
                before = rest;
            }
        }
        if lines.is_empty() {
            lines.push(Line::styled("Nothing was said yet.", s.theme.faint));
        }
        lines
    }
}

impl Pane for Messages {
    fn contexts(&self, _s: &Shared) -> Vec<Context> {
        vec![Context::Dialog, Context::List, Context::Global]
    }

    fn hints(&self, _s: &Shared) -> Hints {
        vec![(Action::Down, ""), (Action::Up, ""), (Action::Back, "")]
    }

    fn input(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        let action = match input {
            Input::Action(Action::Back | Action::Confirm) => return cx.back(),
            Input::Action(action) => action,
            Input::Wheel(true) => Action::Down,
            Input::Wheel(false) => Action::Up,
            _ => return,
        };
        let height = usize::from(body(cx.s.size.0, cx.s.size.1).height).saturating_sub(2);
        scroll(&mut self.top, action, Self::lines(cx.s).len(), height);
    }

    fn full_screen(&self) -> bool {
        true
    }

    fn view(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
        let inner = panel::pane(frame, area, "Messages", true, &s.theme);
        panel::scrolled(frame, inner, Self::lines(s), self.top, &s.theme);
    }
}
