//! Fields under each other with one of them in focus. A form knows its fields by a screen's own names for them.

mod suggest;
mod view;

use crate::config::{Action, Context};
use crate::secret::SecretText;

use super::super::shared::Input;
use super::field::Field;
use super::pasted::Pasted;
use super::secret_field::SecretField;
use suggest::suggest;

/// What a field holds.
#[derive(Debug)]
pub enum Value {
    /// Ordinary text.
    Text(Field),
    /// A secret.
    Secret(SecretField),
    /// A text that is pasted and never shown.
    Pasted(Pasted),
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
    /// A paste was too long for its field.
    TooLong,
    /// That field takes pastes alone, and something was typed.
    NotTyped(K),
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

    /// Adds a field for a text that is pasted and never shown.
    #[must_use]
    pub fn pasted(self, name: K, caption: &'static str, help: &str) -> Self {
        self.with(name, caption, Value::Pasted(Pasted::default()), help)
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
            (Input::Action(action), Value::Pasted(pasted)) => pasted.act(action),
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
            (Input::Paste(text), Value::Pasted(pasted)) => {
                if !pasted.add(text) {
                    return Event::TooLong;
                }
                true
            }
            (Input::Char(_), Value::Pasted(_)) => return Event::NotTyped(entry.name),
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

    /// A copy of what was pasted into a field, if there is something.
    #[must_use]
    pub fn pasted_copy(&self, name: K) -> Option<SecretText> {
        match self.get(name).map(|e| &e.value) {
            Some(Value::Pasted(pasted)) if pasted.lines() > 0 => Some(pasted.text().clone()),
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

    /// Takes back what was said to be wrong: everything is judged anew.
    pub fn forgive(&mut self) {
        self.entries.iter_mut().for_each(|e| e.error = None);
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

    /// Wipes every secret, and what may hold one.
    pub fn wipe(&mut self) {
        for entry in &mut self.entries {
            match &mut entry.value {
                Value::Secret(field) => field.clear(),
                Value::Pasted(pasted) => pasted.clear(),
                Value::Text(_) | Value::Choice { .. } => {}
            }
        }
    }
}

impl<K: Copy + PartialEq> Default for Form<K> {
    fn default() -> Self {
        Self::new()
    }
}
