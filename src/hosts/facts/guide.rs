//! Facts for making a credential by hand: guides, their prefilled pages, and the limits a host sets.

use serde::Deserialize;

use crate::domain::Kind;

/// How a person makes a credential of one kind by hand, for one product and a range of its versions.
///
/// Texts may hold `{web}` (the host's base URL), `{name}` (the name to give it), `{scopes}` (what to tick, in words),
/// `{expires}` (the date to choose) and `{page}`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuideFacts {
    /// What it makes.
    pub kind: Kind,
    /// Heading: the product and what is made there.
    pub title: String,
    /// The product it is for, where the family has several; compared with what detection found.
    #[serde(default)]
    pub product: Option<String>,
    /// First version of the product it holds for.
    #[serde(default)]
    pub since: Option<String>,
    /// First version it no longer holds for.
    #[serde(default)]
    pub before: Option<String>,
    /// What is needed before one begins, shown as check boxes.
    pub need: Vec<String>,
    /// The page to open: absolute, or below `{web}`.
    pub page: String,
    /// How the page is filled in by its address, where the host allows that.
    #[serde(default)]
    pub prefill: Option<PrefillFacts>,
    /// What to do there, a step each.
    pub steps: Vec<String>,
    /// How replacing one by hand differs from making one, a step each; empty where it does not.
    #[serde(default)]
    pub rotate_steps: Vec<String>,
    /// What to know besides, a sentence each.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The vendor's page on it.
    pub link: String,
}

/// Query parameters that fill in a page. Values may hold `{name}`, `{scopes_comma}`, `{scopes_space}`, `{days}` and
/// `{date}`; they are percent-encoded by whoever builds the address.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrefillFacts {
    /// Name and value of each, in order.
    pub parameters: Vec<(String, String)>,
    /// Name and value of one that is repeated for every scope; may hold `{scope}`, and for scopes of the form
    /// `name:level` also `{scope_name}` and `{scope_level}`.
    #[serde(default)]
    pub each_scope: Option<(String, String)>,
}

/// What a host allows when a credential of a kind is made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitFacts {
    /// Longest life in days, unless an administrator sets less.
    #[serde(default)]
    pub max_days: Option<u32>,
    /// Its life where none is asked for.
    #[serde(default)]
    pub default_days: Option<u32>,
    /// It may be made without an end.
    pub never: bool,
    /// The life can be chosen at all.
    pub chosen: bool,
    /// Longest name in characters.
    #[serde(default)]
    pub name_max: Option<u32>,
    /// What else limits it, a sentence each.
    #[serde(default)]
    pub notes: Vec<String>,
}
