//! Which credentials are selected, and how many of them are out of sight.

use std::collections::HashSet;

use crate::domain::CredentialId;

use super::super::super::shared::Shared;

/// The selection.
#[derive(Debug, Default)]
pub(super) struct Marked {
    ids: HashSet<CredentialId>,
    /// How many of them are not shown; counted when selection or filter change, not for every frame.
    hidden: usize,
    /// It changed since they were counted.
    changed: bool,
}

impl Marked {
    pub(super) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// How many of them are not shown.
    pub(super) fn hidden(&self) -> usize {
        self.hidden
    }

    pub(super) fn has(&self, id: &CredentialId) -> bool {
        self.ids.contains(id)
    }

    /// In the order shown, hidden ones last.
    pub(super) fn in_order(&self, s: &Shared) -> Vec<CredentialId> {
        let mut ids: Vec<CredentialId> =
            s.rows.shown_from(0).map(|r| &r.credential.id).filter(|id| self.has(id)).cloned().collect();
        let shown: HashSet<&CredentialId> = ids.iter().collect();
        let mut hidden: Vec<CredentialId> = self.ids.iter().filter(|id| !shown.contains(id)).cloned().collect();
        hidden.sort();
        ids.extend(hidden);
        ids
    }

    /// Selects one, or no more.
    pub(super) fn toggle(&mut self, id: CredentialId) {
        self.changed = true;
        if !self.ids.remove(&id) {
            self.ids.insert(id);
        }
    }

    /// Selects all that are shown; where they are already, none of them.
    pub(super) fn toggle_shown(&mut self, s: &Shared) {
        self.changed = true;
        if s.rows.shown_from(0).all(|r| self.has(&r.credential.id)) {
            for row in s.rows.shown_from(0) {
                self.ids.remove(&row.credential.id);
            }
        } else {
            self.ids.extend(s.rows.shown_from(0).map(|r| r.credential.id.clone()));
        }
    }

    /// Selects none.
    pub(super) fn clear(&mut self) {
        self.ids.clear();
        self.changed = true;
    }

    /// Forgets those that are gone, and counts the hidden ones, where rows or selection changed.
    pub(super) fn settle(&mut self, rows_changed: bool, s: &Shared) {
        if self.changed || rows_changed {
            self.ids.retain(|id| s.rows.get(id).is_some());
            let shown = s.rows.shown_from(0).filter(|r| self.has(&r.credential.id)).count();
            self.hidden = self.ids.len() - shown;
            self.changed = false;
        }
    }
}
