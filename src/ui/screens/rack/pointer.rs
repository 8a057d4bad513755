//! The rack under the mouse: where its two panes are, and what wheel and click mean on them.

use ratatui::layout::Rect;

use crate::config::Action;

use super::super::super::shared::{Cx, Input, Shared};
use super::super::super::size::{WIDE, body};
use super::Rack;

impl Rack {
    /// The list, and the pane beside it where there is room.
    pub(super) fn areas(&self, s: &Shared, area: Rect) -> (Rect, Option<Rect>) {
        if s.size.0 < WIDE || (s.loaded && s.rows.all().is_empty()) {
            return (area, None);
        }
        let width = area.width * 3 / 5;
        (Rect { width, ..area }, Some(Rect { x: area.x + width, width: area.width - width, ..area }))
    }

    /// Wheel and click.
    pub(super) fn point(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
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
}
