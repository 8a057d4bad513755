//! Facts on scopes and permissions: what each means, what it includes, what pairs of them allow.

use serde::Deserialize;

use crate::domain::Kind;

/// A scope or permission and what it means.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScopeFacts {
    /// The vendor's spelling.
    pub name: String,
    /// What it allows.
    pub about: String,
    /// Scopes that it includes.
    #[serde(default)]
    pub implies: Vec<String>,
    /// Kinds that can be given it; empty where all can.
    #[serde(default)]
    pub kinds: Vec<Kind>,
    /// Heading under which the vendor shows it.
    #[serde(default)]
    pub group: Option<String>,
}

/// One cell of a [`TableFacts`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellFacts {
    /// The scope of its row.
    pub row: String,
    /// The scope of its column.
    pub column: String,
    /// What the pair allows, a sentence fragment each; empty where the vendor does not issue the pair.
    #[serde(default)]
    pub allows: Vec<String>,
}

/// A table of what pairs of scopes allow, where the vendor defines a token by two levels at once (Bitbucket Data
/// Center: project by repository).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableFacts {
    /// Heading.
    pub title: String,
    /// What the rows are, e.g. `project`.
    pub row_label: String,
    /// What the columns are.
    pub column_label: String,
    /// Scopes of the rows, lowest first.
    pub rows: Vec<String>,
    /// Scopes of the columns, lowest first.
    pub columns: Vec<String>,
    /// One for every pair.
    pub cells: Vec<CellFacts>,
    /// What the table cannot say, a sentence each.
    #[serde(default)]
    pub notes: Vec<String>,
}

impl TableFacts {
    /// The cell of a token that holds these scopes: its highest row and its highest column. None where it holds no
    /// scope of the rows (a repository token of Bitbucket has no project level) or none of the columns.
    #[must_use]
    pub fn cell(&self, held: &[&str]) -> Option<&CellFacts> {
        let highest = |scopes: &[String]| scopes.iter().rev().find(|s| held.contains(&s.as_str())).cloned();
        let (row, column) = (highest(&self.rows)?, highest(&self.columns)?);
        self.cells.iter().find(|c| c.row == row && c.column == column)
    }
}
