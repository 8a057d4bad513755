//! Typing a filter: the list follows with every key.

use crate::config::Action;

use super::super::super::shared::{Cx, Input};
use super::super::super::widgets::list::List;
use super::Rack;

impl Rack {
    /// Handles an input while a filter is typed.
    pub(super) fn type_filter(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
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
}
