//! Commands by name: the same ones that keys reach on the layer below, found as you type.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::config::{Action, Context};

use super::super::filter::{Fuzzy, Haystack, Query, Words};
use super::super::layer::{Hints, Pane};
use super::super::shared::{Cx, Input, Nav, Shared};
use super::super::text;
use super::super::widgets::field::Field;
use super::super::widgets::list::List;
use super::super::widgets::panel;

const HEIGHT: usize = 10;

#[derive(Debug)]
struct Command {
    action: Action,
    key: String,
    haystack: Haystack,
}

/// The commands of the layer below, what is typed, and what fits.
#[derive(Debug)]
pub struct Palette {
    commands: Vec<Command>,
    field: Field,
    fitting: Vec<usize>,
    list: List,
    words: Words,
    fuzzy: Fuzzy,
}

impl Palette {
    /// All commands that work on `below` right now.
    #[must_use]
    pub fn new(below: &dyn Pane, s: &Shared) -> Self {
        let contexts = below.contexts(s);
        let mut words = Words::default();
        let commands: Vec<Command> = s
            .keymap
            .actions(&contexts)
            .into_iter()
            .filter(|a| a.is_command() && below.enabled(*a, s))
            .map(|action| Command {
                action,
                key: s.key(&contexts, action),
                haystack: Haystack::new(action.slug(), [action.about(), "", "", ""], &mut words),
            })
            .collect();
        let fitting = (0..commands.len()).collect();
        Self { commands, field: Field::default(), fitting, list: List::default(), words, fuzzy: Fuzzy::default() }
    }

    fn narrow(&mut self) {
        let mut query = Query::new(self.field.text());
        let mut found: Vec<(u32, usize)> = self
            .commands
            .iter()
            .enumerate()
            .filter_map(|(at, c)| self.fuzzy.score(&mut query, &c.haystack, &self.words).map(|score| (score, at)))
            .collect();
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        self.fitting = found.into_iter().map(|(_, at)| at).collect();
        self.list = List::default();
    }
}

impl Pane for Palette {
    fn contexts(&self, _s: &Shared) -> Vec<Context> {
        vec![Context::Prompt, Context::Text, Context::Global]
    }

    fn hints(&self, _s: &Shared) -> Hints {
        vec![(Action::Submit, "do it"), (Action::Up, ""), (Action::Down, ""), (Action::Back, "")]
    }

    fn input(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        match input {
            Input::Action(Action::Back) => cx.back(),
            Input::Action(Action::Submit) => match self.fitting.get(self.list.at) {
                Some(at) => cx.nav.push(Nav::Command(self.commands[*at].action)),
                None => cx.back(),
            },
            Input::Action(action) if self.list.act(action, self.fitting.len(), HEIGHT) => {}
            Input::Action(action) => {
                if self.field.act(action) {
                    self.narrow();
                }
            }
            Input::Char(c) => {
                self.field.push(c);
                self.narrow();
            }
            Input::Paste(text) => {
                self.field.paste(text.reveal());
                self.narrow();
            }
            Input::Wheel(down) => self.list.wheel(down, self.fitting.len(), HEIGHT),
            Input::Click(..) => {}
        }
    }

    fn view(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
        let place = panel::middle(area, 76, u16::try_from(HEIGHT).unwrap_or(10) + 4);
        let inner = panel::window(frame, place, "Command", &s.theme);
        let width = usize::from(inner.width);
        let mut prompt = vec![Span::styled(": ", s.theme.key)];
        prompt.extend(self.field.line(width.saturating_sub(2), true, &s.theme).spans);
        let mut lines = vec![Line::from(prompt), Line::default()];
        if self.fitting.is_empty() {
            lines.push(Line::styled("no such command", s.theme.faint));
        }
        for (at, fitting) in self.fitting.iter().enumerate().skip(self.list.top).take(HEIGHT) {
            let command = &self.commands[*fitting];
            let (sign, style) = if at == self.list.at { ("▸ ", s.theme.cursor) } else { ("  ", s.theme.text) };
            let about = text::pad(command.action.about(), width.saturating_sub(30));
            lines.push(Line::from(vec![
                Span::styled(format!("{sign}{}", text::pad(command.action.slug(), 16)), style),
                Span::styled(about, s.theme.faint.patch(style)),
                Span::styled(text::cut(&format!(" {}", command.key), 12), s.theme.key),
            ]));
        }
        panel::lines(frame, inner, lines);
    }
}
