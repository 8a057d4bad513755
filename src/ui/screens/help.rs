//! Every key that works on the screen it was called from, then all others. Made from the keymap, so it cannot lie.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::config::{Action, Chord, Context};
use crate::domain::Verdict;

use super::super::layer::{Hints, Pane};
use super::super::shared::{Cx, Input, Shared};
use super::super::size::body;
use super::super::text;
use super::super::widgets::list::scroll;
use super::super::widgets::panel;

/// Where it was called from, and how far it is scrolled.
#[derive(Debug)]
pub struct Help {
    contexts: Vec<Context>,
    top: usize,
}

impl Help {
    /// Help for the layer below.
    #[must_use]
    pub fn new(below: &dyn Pane, s: &Shared) -> Self {
        Self { contexts: below.contexts(s), top: 0 }
    }

    fn lines(&self, s: &Shared) -> Vec<Line<'static>> {
        let width = usize::from(s.size.0).saturating_sub(4);
        let mut lines = Vec::new();
        let elsewhere = Context::ALL.iter().filter(|c| !self.contexts.contains(c));
        for (context, here) in self.contexts.iter().map(|c| (c, true)).chain(elsewhere.map(|c| (c, false))) {
            if !lines.is_empty() {
                lines.push(Line::default());
            }
            let more = if here { "" } else { " (not where you came from)" };
            lines.push(Line::from(vec![
                Span::styled(context.about(), s.theme.title),
                Span::styled(more, s.theme.faint),
            ]));
            let bound = s.keymap.bindings().filter(|(c, _, keys)| c == context && !keys.is_empty());
            for (_, action, keys) in bound {
                let keys = keys.iter().map(Chord::to_string).collect::<Vec<_>>().join("  ");
                lines.push(Line::from(vec![
                    Span::styled(text::pad(&format!("  {keys}"), 24), s.theme.key),
                    Span::styled(text::cut(action.about(), width.saturating_sub(24)), s.theme.text),
                ]));
            }
        }
        lines.push(Line::default());
        lines.push(Line::styled("Signs", s.theme.title));
        for verdict in Verdict::ALL {
            lines.push(Line::from(vec![
                Span::styled(text::pad(&format!("  {}  {verdict}", verdict.symbol()), 24), s.theme.verdict(*verdict)),
                Span::styled(text::cut(meaning(*verdict), width.saturating_sub(24)), s.theme.text),
            ]));
        }
        lines
    }
}

fn meaning(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Valid => "The host accepts it",
        Verdict::Expiring => "The host accepts it; it ends soon",
        Verdict::Unchecked => "Not checked yet, or waiting so that the account is not locked",
        Verdict::Unreachable => "Nothing was learned about the token; the last real verdict stays beside it",
        Verdict::Limited => "It works, but something is missing",
        Verdict::Blocked => "The account, a policy or a CAPTCHA stands in the way",
        Verdict::Rejected => "The host refuses it and gives no reason",
        Verdict::Expired => "The host says its time is over",
        Verdict::Revoked => "The host says it was revoked",
    }
}

impl Pane for Help {
    fn contexts(&self, _s: &Shared) -> Vec<Context> {
        vec![Context::Guide, Context::List, Context::Global]
    }

    fn hints(&self, _s: &Shared) -> Hints {
        vec![(Action::Back, ""), (Action::Up, ""), (Action::Down, ""), (Action::PageDown, "")]
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
        if !scroll(&mut self.top, action, len, height) && action == Action::Back {
            cx.back();
        }
    }

    fn full_screen(&self) -> bool {
        true
    }

    fn view(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
        let inner = panel::pane(frame, area, "Help", true, &s.theme);
        panel::scrolled(frame, inner, self.lines(s), self.top, &s.theme);
    }
}
