//! Which family does which verb how, as a table for the README; the data are each family's `[verbs]`.

use super::facts::{Facts, How};
use super::families;

/// The words between which the README has the table.
pub const MARKS: (&str, &str) = ("<!-- families: generated -->", "<!-- families: end -->");

/// A verb by its name, and where the facts say how it is done.
type Verb = (&'static str, fn(&Facts) -> How);

const VERBS: [Verb; 9] = [
    ("validate", |f| f.verbs.validate),
    ("whose it is", |f| f.verbs.identity),
    ("what it may do", |f| f.verbs.grants),
    ("when it ends", |f| f.verbs.expiry),
    ("inventory", |f| f.verbs.inventory),
    ("create", |f| f.verbs.create),
    ("rotate", |f| f.verbs.rotate),
    ("revoke", |f| f.verbs.revoke),
    ("git log-in", |f| f.verbs.git),
];

impl How {
    /// How a verb is done, in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::AtHost => "at the host",
            Self::Guided => "guided",
            Self::Asked => "asked",
            Self::None => "no such thing",
        }
    }
}

/// The families with what they cover, then family by verb, in Markdown.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from("| Family | Covers |\n|---|---|\n");
    for facts in families().iter().map(|f| f.facts()) {
        text.push_str(&format!("| `{}` | {} |\n", facts.id, facts.about));
    }
    let names: Vec<&str> = VERBS.iter().map(|(name, _)| *name).collect();
    text.push_str(&format!("\n| | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(names.len())));
    for facts in families().iter().map(|f| f.facts()) {
        let cells: Vec<&str> = VERBS.iter().map(|(_, how)| how(facts).words()).collect();
        text.push_str(&format!("| `{}` | {} |\n", facts.id, cells.join(" | ")));
    }
    text
}
