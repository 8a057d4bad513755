//! Grants as trees, and the vendor's tables with the cell of a credential.

use super::held::Held;
use crate::domain::{GrantNode, GrantSource, PermissionTable};
use crate::hosts::facts::{Facts, TableFacts};

/// Deeper than any vendor's scopes go; data that leads in a circle ends here.
const DEEPEST: usize = 6;

/// What is held, each with what it brings; what one brings stands below it and not beside it too.
pub(crate) fn grants(facts: &Facts, held: &Held) -> Vec<GrantNode> {
    let below: Vec<String> = held
        .grants
        .iter()
        .filter(|(_, source)| **source != GrantSource::Implied)
        .flat_map(|(name, _)| facts.implied(std::slice::from_ref(name)))
        .collect();
    held.grants
        .iter()
        .filter(|(name, source)| **source != GrantSource::Implied || !below.contains(name))
        .map(|(name, source)| node(facts, held, name, *source, 0))
        .collect()
}

fn node(facts: &Facts, held: &Held, name: &str, source: GrantSource, depth: usize) -> GrantNode {
    let bare = name.split_once('@').map_or(name, |(bare, _)| bare);
    let scope = facts.scopes.iter().find(|s| s.name == bare);
    let implies = scope.map_or(&[][..], |s| &s.implies);
    let below = implies.iter().filter(|n| depth < DEEPEST && held.grants.contains_key(*n));
    GrantNode {
        name: name.to_owned(),
        source,
        about: scope.map(|s| s.about.clone()).unwrap_or_default(),
        group: scope.and_then(|s| s.group.clone()).unwrap_or_default(),
        implies: below.map(|n| node(facts, held, n, GrantSource::Implied, depth + 1)).collect(),
    }
}

/// The family's tables, with the cell of what is held.
pub(crate) fn tables(facts: &Facts, held: &Held) -> Vec<PermissionTable> {
    let names: Vec<&str> = held.grants.keys().map(String::as_str).collect();
    facts.tables.iter().map(|t| table(t, &names)).collect()
}

fn table(facts: &TableFacts, held: &[&str]) -> PermissionTable {
    let cell = |row: &String, column: &String| {
        let found = facts.cells.iter().find(|c| c.row == *row && c.column == *column);
        found.map(|c| c.allows.clone()).unwrap_or_default()
    };
    let place = facts.cell(held).and_then(|c| {
        let row = facts.rows.iter().position(|r| *r == c.row)?;
        Some((row, facts.columns.iter().position(|r| *r == c.column)?))
    });
    PermissionTable {
        title: facts.title.clone(),
        row_label: facts.row_label.clone(),
        column_label: facts.column_label.clone(),
        rows: facts.rows.clone(),
        columns: facts.columns.clone(),
        cells: facts.rows.iter().map(|r| facts.columns.iter().map(|c| cell(r, c)).collect()).collect(),
        held: place,
        notes: facts.notes.clone(),
    }
}
