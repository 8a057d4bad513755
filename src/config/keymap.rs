//! Which key means which action in which context: the embedded `assets/keymap.toml`, overlaid by the user's file.
//!
//! A table per context, an action per line, a list of keys each. All mistakes of a file are collected and reported
//! together. A user's line replaces that action's keys; a key that it takes is taken from the other action.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::action::{Action, Context};
use super::chord::Chord;

/// The keys as shipped.
pub const DEFAULT: &str = include_str!("../../assets/keymap.toml");

/// A whole keymap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    bindings: Vec<(Context, Action, Vec<Chord>)>,
}

/// Something wrong in a keymap file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The file is not TOML, or not of the shape: a table per context, lists of keys.
    #[error("not a keymap: {0}")]
    Syntax(String),
    /// A table names no context.
    #[error("[{0}]: there is no such context; known: {known}", known = slugs(Context::ALL.iter().map(|c| c.slug())))]
    UnknownContext(String),
    /// A line names no action.
    #[error("[{context}] {given}: there is no such action")]
    UnknownAction {
        /// The table.
        context: String,
        /// The name.
        given: String,
    },
    /// A key is not written as one.
    #[error("[{context}] {action}: {why}")]
    UnknownKey {
        /// The table.
        context: String,
        /// The action.
        action: String,
        /// What is wrong.
        why: String,
    },
    /// One key, two actions in one context of one file.
    #[error("[{context}] {key}: means both `{first}` and `{second}`")]
    Conflict {
        /// The table.
        context: String,
        /// The key.
        key: String,
        /// One action.
        first: String,
        /// The other.
        second: String,
    },
}

fn slugs<'a>(all: impl Iterator<Item = &'a str>) -> String {
    all.collect::<Vec<_>>().join(", ")
}

#[derive(Deserialize)]
#[serde(transparent)]
struct File(BTreeMap<String, BTreeMap<String, Vec<String>>>);

type Table = BTreeMap<(Context, Action), Vec<Chord>>;

impl Keymap {
    /// The shipped keys with the user's over them.
    ///
    /// # Errors
    /// Every [`Problem`] of both files, at least one.
    pub fn load(default: &str, user: Option<&str>) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut table = parse(default, &mut problems);
        if let Some(user) = user {
            overlay(&mut table, parse(user, &mut problems));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self { bindings: table.into_iter().map(|((c, a), keys)| (c, a, keys)).collect() })
    }

    /// What a key means where `contexts` hold, the nearest first.
    #[must_use]
    pub fn action(&self, contexts: &[Context], key: Chord) -> Option<Action> {
        contexts.iter().find_map(|context| {
            self.bindings.iter().find(|(c, _, keys)| c == context && keys.contains(&key)).map(|(_, action, _)| *action)
        })
    }

    /// The keys that mean `action` where `contexts` hold: those a nearer context took for something else are left out.
    #[must_use]
    pub fn keys(&self, contexts: &[Context], action: Action) -> Vec<Chord> {
        let bound = contexts.iter().flat_map(|context| {
            self.bindings.iter().filter(move |(c, a, _)| c == context && *a == action).flat_map(|(_, _, keys)| keys)
        });
        bound.copied().filter(|key| self.action(contexts, *key) == Some(action)).collect()
    }

    /// Every binding, by context and action.
    pub fn bindings(&self) -> impl Iterator<Item = (Context, Action, &[Chord])> {
        self.bindings.iter().map(|(c, a, keys)| (*c, *a, keys.as_slice()))
    }

    /// The actions bound where `contexts` hold, in the order of the help screen.
    #[must_use]
    pub fn actions(&self, contexts: &[Context]) -> Vec<Action> {
        let mut actions: Vec<Action> =
            self.bindings.iter().filter(|(c, _, _)| contexts.contains(c)).map(|(_, a, _)| *a).collect();
        actions.sort();
        actions.dedup();
        actions
    }
}

fn parse(text: &str, problems: &mut Vec<Problem>) -> Table {
    let mut table = Table::new();
    let file: File = match toml::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            problems.push(Problem::Syntax(error.to_string().trim_end().to_owned()));
            return table;
        }
    };
    for (context_name, lines) in file.0 {
        let Some(context) = Context::from_slug(&context_name) else {
            problems.push(Problem::UnknownContext(context_name));
            continue;
        };
        let mut taken: Vec<(Chord, Action)> = Vec::new();
        for (action_name, keys) in lines {
            let Some(action) = Action::from_slug(&action_name) else {
                problems.push(Problem::UnknownAction { context: context_name.clone(), given: action_name });
                continue;
            };
            let mut chords = Vec::new();
            for key in keys {
                match key.parse::<Chord>() {
                    Ok(chord) => {
                        if let Some((_, first)) = taken.iter().find(|(c, _)| *c == chord) {
                            problems.push(Problem::Conflict {
                                context: context_name.clone(),
                                key,
                                first: first.slug().to_owned(),
                                second: action_name.clone(),
                            });
                        }
                        taken.push((chord, action));
                        chords.push(chord);
                    }
                    Err(error) => problems.push(Problem::UnknownKey {
                        context: context_name.clone(),
                        action: action_name.clone(),
                        why: error.to_string(),
                    }),
                }
            }
            table.insert((context, action), chords);
        }
    }
    table
}

fn overlay(table: &mut Table, user: Table) {
    for ((context, action), keys) in user {
        for ((c, a), other) in table.iter_mut() {
            if *c == context && *a != action {
                other.retain(|key| !keys.contains(key));
            }
        }
        table.insert((context, action), keys);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_and_context_is_bound_in_the_shipped_file() {
        let keymap = Keymap::load(DEFAULT, None).unwrap();
        for action in Action::ALL {
            assert!(keymap.bindings().any(|(_, a, keys)| a == *action && !keys.is_empty()), "{action:?} has no key");
        }
        for context in Context::ALL {
            assert!(keymap.bindings().any(|(c, ..)| c == *context), "{context:?} has no key");
        }
    }

    #[test]
    fn words_are_unique() {
        let mut slugs: Vec<_> = Action::ALL.iter().map(|a| a.slug()).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), Action::ALL.len());
    }

    #[test]
    fn a_users_line_replaces_the_keys_and_takes_them_from_others() {
        let keymap = Keymap::load(DEFAULT, Some("[rack]\nrevoke = [\"ctrl-k\", \"a\"]\n")).unwrap();
        let key = |text: &str| keymap.action(&[Context::Rack], text.parse().unwrap());
        assert_eq!(key("ctrl-k"), Some(Action::Revoke));
        assert_eq!(key("a"), Some(Action::Revoke));
        assert_eq!(key("x"), None);
        assert_eq!(keymap.keys(&[Context::Rack], Action::Add), vec![]);
    }

    #[test]
    fn all_problems_are_reported_at_once() {
        let user =
            "[rack]\nfly = [\"z\"]\nadd = [\"hyper-a\"]\nedit = [\"Z\"]\ncheck = [\"Z\"]\n[moon]\nadd = [\"a\"]\n";
        let problems = Keymap::load(DEFAULT, Some(user)).unwrap_err();
        let shown = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        assert_eq!(problems.len(), 4, "{shown}");
        for part in ["[rack] fly", "hyper-a", "means both `check` and `edit`", "[moon]"] {
            assert!(shown.contains(part), "{part} is not in:\n{shown}");
        }
        assert!(matches!(Keymap::load(DEFAULT, Some("[rack")).unwrap_err()[..], [Problem::Syntax(_)]));
    }

    #[test]
    fn nearer_contexts_hide_keys_of_farther_ones() {
        let text = "[rack]\nadd = [\"a\"]\n[screen]\nhelp = [\"a\", \"?\"]\n";
        let keymap = Keymap::load(text, None).unwrap();
        let contexts = [Context::Rack, Context::Screen];
        assert_eq!(keymap.keys(&contexts, Action::Help), vec!["?".parse().unwrap()]);
    }
}
