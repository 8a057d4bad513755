//! Words offered for the last comma-separated part of a text field.

use super::super::field::Field;

/// What stands before the last comma, and what follows it.
pub(super) fn last_part(value: &str) -> (&str, &str) {
    let (kept, last) = value.rsplit_once(',').map_or(("", value), |(kept, last)| (kept, last));
    (kept, last.trim())
}

/// Replaces the last comma-separated part by the suggestion after or before the one that stands there.
pub(super) fn suggest(field: &mut Field, suggestions: &[String], forward: bool) -> bool {
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
