//! Fields under each other with one of them in focus. A form knows its fields by a screen's own names for them.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use crate::config::{Action, Context, Theme};
use crate::sanitize;
use crate::secret::SecretText;

use super::super::shared::Input;
use super::super::text;
use super::field::Field;
use super::secret_field::SecretField;

/// What a field holds.
#[derive(Debug)]
pub enum Value {
    /// Ordinary text.
    Text(Field),
    /// A secret.
    Secret(SecretField),
    /// One of a few words.
    Choice {
        /// The words.
        words: Vec<String>,
        /// Which is chosen.
        at: usize,
    },
}

/// One field.
#[derive(Debug)]
pub struct Entry<K> {
    /// The screen's name for it.
    pub name: K,
    /// What stands before it.
    pub caption: &'static str,
    /// What it holds.
    pub value: Value,
    /// What to type, shown while it is in focus.
    pub help: String,
    /// What is wrong with it.
    pub error: Option<String>,
    /// Words offered for it, by the key for suggestions.
    pub suggestions: Vec<String>,
    /// Left out for now: neither shown nor given the keys.
    pub hidden: bool,
}

/// The fields and which has the keys.
#[derive(Debug)]
pub struct Form<K> {
    entries: Vec<Entry<K>>,
    focus: usize,
}

/// What an input meant to the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<K> {
    /// Nothing to the screen: the cursor moved, or nothing at all.
    None,
    /// That field has another value now.
    Changed(K),
    /// The user wants to go on.
    Submit,
    /// The user wants to go back.
    Back,
    /// A paste was too long for a secret.
    TooLong,
}

impl<K: Copy + PartialEq> Form<K> {
    /// A form without fields.
    #[must_use]
    pub fn new() -> Self {
        Self { entries: Vec::new(), focus: 0 }
    }

    /// Adds a field for ordinary text.
    #[must_use]
    pub fn text(self, name: K, caption: &'static str, value: &str, help: &str) -> Self {
        self.with(name, caption, Value::Text(Field::new(value)), help)
    }

    /// Adds a field for a secret.
    #[must_use]
    pub fn secret(self, name: K, caption: &'static str, help: &str) -> Self {
        self.with(name, caption, Value::Secret(SecretField::default()), help)
    }

    /// Adds a choice between words.
    #[must_use]
    pub fn choice(self, name: K, caption: &'static str, words: Vec<String>, at: usize, help: &str) -> Self {
        let at = at.min(words.len().saturating_sub(1));
        self.with(name, caption, Value::Choice { words, at }, help)
    }

    fn with(mut self, name: K, caption: &'static str, value: Value, help: &str) -> Self {
        let help = help.to_owned();
        self.entries.push(Entry { name, caption, value, help, error: None, suggestions: Vec::new(), hidden: false });
        self
    }

    /// Where keys mean something at the field in focus.
    #[must_use]
    pub fn contexts(&self) -> Vec<Context> {
        match self.entries.get(self.focus).map(|e| &e.value) {
            Some(Value::Choice { .. }) => vec![Context::Choice, Context::Form, Context::Global],
            Some(Value::Text(_)) if self.has_suggestions() => {
                vec![Context::Suggest, Context::Text, Context::Form, Context::Global]
            }
            _ => vec![Context::Text, Context::Form, Context::Global],
        }
    }

    /// Handles an input.
    pub fn input(&mut self, input: Input<'_>) -> Event<K> {
        let len = self.entries.len();
        let Some(entry) = self.entries.get_mut(self.focus) else {
            return match input {
                Input::Action(Action::Submit) => Event::Submit,
                Input::Action(Action::Back) => Event::Back,
                _ => Event::None,
            };
        };
        let changed = match (input, &mut entry.value) {
            (Input::Action(Action::NextField), _) => {
                self.step(1);
                return Event::None;
            }
            (Input::Action(Action::PreviousField), _) => {
                self.step(len - 1);
                return Event::None;
            }
            (Input::Action(Action::Submit), _) => return Event::Submit,
            (Input::Action(Action::Back), _) => return Event::Back,
            (Input::Action(Action::Suggest), Value::Text(field)) => suggest(field, &entry.suggestions, true),
            (Input::Action(Action::SuggestBack), Value::Text(field)) => suggest(field, &entry.suggestions, false),
            (Input::Action(action), Value::Text(field)) => field.act(action),
            (Input::Action(action), Value::Secret(field)) => field.act(action),
            (Input::Action(Action::NextChoice), Value::Choice { words, at }) => {
                *at = (*at + 1) % words.len().max(1);
                true
            }
            (Input::Action(Action::PreviousChoice), Value::Choice { words, at }) => {
                *at = (*at + words.len().max(1) - 1) % words.len().max(1);
                true
            }
            (Input::Char(c), Value::Text(field)) => {
                field.push(c);
                true
            }
            (Input::Char(c), Value::Secret(field)) => {
                field.push(c);
                true
            }
            // A secret pasted into a field in plain sight is a slip that the user sees at once and can undo; it is
            // kept no longer than the form.
            (Input::Paste(text), Value::Text(field)) => {
                field.paste(text.reveal());
                true
            }
            (Input::Paste(text), Value::Secret(field)) => {
                if !field.paste(text) {
                    return Event::TooLong;
                }
                true
            }
            _ => false,
        };
        if changed {
            entry.error = None;
            return Event::Changed(entry.name);
        }
        Event::None
    }

    /// The field of that name.
    #[must_use]
    pub fn get(&self, name: K) -> Option<&Entry<K>> {
        self.entries.iter().find(|e| e.name == name)
    }

    /// The text of a field, trimmed; empty where it is no text field.
    #[must_use]
    pub fn value(&self, name: K) -> &str {
        match self.get(name).map(|e| &e.value) {
            Some(Value::Text(field)) => field.text().trim(),
            _ => "",
        }
    }

    /// Which word of a choice is chosen.
    #[must_use]
    pub fn chosen(&self, name: K) -> usize {
        match self.get(name).map(|e| &e.value) {
            Some(Value::Choice { at, .. }) => *at,
            _ => 0,
        }
    }

    /// A copy of what is in a secret's field, if there is something.
    #[must_use]
    pub fn secret_copy(&self, name: K) -> Option<SecretText> {
        match self.get(name).map(|e| &e.value) {
            Some(Value::Secret(field)) if !field.is_empty() => Some(field.copy()),
            _ => None,
        }
    }

    /// Replaces the help of a field.
    pub fn explain(&mut self, name: K, help: &str) {
        if let Some(entry) = self.entries.iter_mut().find(|e| e.name == name) {
            help.clone_into(&mut entry.help);
        }
    }

    /// A secret's field.
    pub fn secret_mut(&mut self, name: K) -> Option<&mut SecretField> {
        self.entries.iter_mut().find(|e| e.name == name).and_then(|e| match &mut e.value {
            Value::Secret(field) => Some(field),
            _ => None,
        })
    }

    /// Replaces the text of a field.
    pub fn set(&mut self, name: K, value: &str) {
        if let Some(Entry { value: Value::Text(field), .. }) = self.entries.iter_mut().find(|e| e.name == name) {
            field.set(value);
        }
    }

    /// Shows a field, or leaves it out; what it holds is kept. The field in focus has to stay.
    pub fn show(&mut self, name: K, shown: bool) {
        if let Some(entry) = self.entries.iter_mut().find(|e| e.name == name) {
            entry.hidden = !shown;
        }
    }

    /// Moves the focus by so many fields, then on in the same way past those that are left out.
    fn step(&mut self, by: usize) {
        let len = self.entries.len();
        for _ in 0..len {
            self.focus = (self.focus + by) % len;
            if self.entries.get(self.focus).is_some_and(|e| !e.hidden) {
                return;
            }
        }
    }

    /// Says what may be typed in a field.
    pub fn offer(&mut self, name: K, suggestions: Vec<String>) {
        if let Some(entry) = self.entries.iter_mut().find(|e| e.name == name) {
            entry.suggestions = suggestions;
        }
    }

    /// Marks a field as wrong and gives it the keys.
    pub fn refuse(&mut self, name: K, error: impl Into<String>) {
        if let Some(at) = self.entries.iter().position(|e| e.name == name) {
            self.entries[at].error = Some(error.into());
            self.focus = at;
        }
    }

    /// Gives a field the keys.
    pub fn focus(&mut self, name: K) {
        if let Some(at) = self.entries.iter().position(|e| e.name == name) {
            self.focus = at;
        }
    }

    /// Which field has the keys.
    #[must_use]
    pub fn focused(&self) -> Option<K> {
        self.entries.get(self.focus).map(|e| e.name)
    }

    /// Whether the field in focus has suggestions.
    #[must_use]
    pub fn has_suggestions(&self) -> bool {
        self.entries.get(self.focus).is_some_and(|e| !e.suggestions.is_empty())
    }

    /// Wipes every secret.
    pub fn wipe(&mut self) {
        for entry in &mut self.entries {
            if let Value::Secret(field) = &mut entry.value {
                field.clear();
            }
        }
    }

    /// The lines of the form, and which of them is the focused field's.
    #[must_use]
    pub fn lines(&self, width: usize, theme: &Theme) -> (Vec<Line<'static>>, usize) {
        let caption_width = self.entries.iter().map(|e| e.caption.width()).max().unwrap_or(0) + 4;
        let value_width = width.saturating_sub(caption_width).max(4);
        let indent = " ".repeat(caption_width);
        let mut lines = Vec::new();
        let mut focused_line = 0;
        for (at, entry) in self.entries.iter().enumerate().filter(|(_, e)| !e.hidden) {
            let focused = at == self.focus;
            if focused {
                focused_line = lines.len();
            }
            let mark = if focused { "▸ " } else { "  " };
            let style = if focused { theme.key } else { theme.faint };
            let mut spans = vec![Span::styled(text::pad(&format!("{mark}{}", entry.caption), caption_width), style)];
            spans.extend(match &entry.value {
                Value::Text(field) => field.line(value_width, focused, theme).spans,
                Value::Secret(field) => field.line(value_width, focused, theme).spans,
                Value::Choice { words, at } => {
                    let word = words.get(*at).map_or("", String::as_str);
                    let word = text::cut(word, value_width.saturating_sub(4));
                    let shown = if focused { format!("‹ {word} ›") } else { word };
                    vec![Span::styled(shown, theme.input)]
                }
            });
            lines.push(Line::from(spans));
            if let Some(error) = &entry.error {
                for (at, line) in text::wrap(error, value_width.saturating_sub(2)).iter().enumerate() {
                    let sign = if at == 0 { "✗" } else { " " };
                    lines.push(Line::from(Span::styled(format!("{indent}{sign} {line}"), theme.bad)));
                }
            } else if focused && !entry.help.is_empty() {
                for line in text::wrap(&entry.help, value_width) {
                    lines.push(Line::from(Span::styled(format!("{indent}{line}"), theme.faint)));
                }
            }
            if let (true, Value::Text(field)) = (focused && !entry.suggestions.is_empty(), &entry.value) {
                lines.push(offered(&indent, field.text(), &entry.suggestions, value_width, theme));
            }
        }
        (lines, focused_line)
    }

    /// Draws the form, scrolled so that the focused field is in sight.
    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
        let (lines, focus) = self.lines(usize::from(area.width), theme);
        let height = usize::from(area.height);
        let skip = (focus + 3).saturating_sub(height).min(focus);
        super::panel::scrolled(frame, area, lines, skip, theme);
    }
}

impl<K: Copy + PartialEq> Default for Form<K> {
    fn default() -> Self {
        Self::new()
    }
}

/// What stands before the last comma, and what follows it.
fn last_part(value: &str) -> (&str, &str) {
    let (kept, last) = value.rsplit_once(',').map_or(("", value), |(kept, last)| (kept, last));
    (kept, last.trim())
}

/// The suggestions with the one that stands in the field marked, from that one on where not all fit.
fn offered(indent: &str, value: &str, suggestions: &[String], width: usize, theme: &Theme) -> Line<'static> {
    let last = last_part(value).1;
    let taken = suggestions.iter().position(|s| s == last);
    let wide = |from: usize| suggestions[from..].iter().map(|s| s.width() + 3).sum::<usize>();
    let from = if wide(0) > width { taken.unwrap_or(0) } else { 0 };
    let mut spans = vec![Span::raw(indent.to_owned())];
    let mut room = width;
    for (at, word) in suggestions.iter().enumerate().skip(from) {
        if room < 6 {
            break;
        }
        let shown = text::cut(&sanitize::line(word), room - 3);
        room = room.saturating_sub(shown.width() + 3);
        spans.push(Span::styled(shown, if Some(at) == taken { theme.key } else { theme.info }));
        if at + 1 < suggestions.len() {
            spans.push(Span::styled(if room < 6 { " …" } else { " · " }, theme.faint));
        }
    }
    Line::from(spans)
}

/// Replaces the last comma-separated part by the suggestion after or before the one that stands there.
fn suggest(field: &mut Field, suggestions: &[String], forward: bool) -> bool {
    let len = suggestions.len();
    if len == 0 {
        return false;
    }
    let value = field.text().to_owned();
    let (kept, last) = last_part(&value);
    let next = match suggestions.iter().position(|s| s == last) {
        Some(at) if forward => (at + 1) % len,
        Some(at) => (at + len - 1) % len,
        None => suggestions.iter().position(|s| !last.is_empty() && s.contains(last)).unwrap_or(0),
    };
    let next = &suggestions[next];
    field.set(&if kept.is_empty() { next.clone() } else { format!("{kept}, {next}") });
    true
}
