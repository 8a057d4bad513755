//! What an error says besides its kind: short, one part after the other.

use std::time::Duration;

/// Most characters of an underlying message that are kept: parts of it are the host's words.
pub(super) const DETAIL_CAP: usize = 300;

/// `after 1.5 s`.
pub(super) fn after(elapsed: Duration) -> String {
    format!("after {:.1} s", elapsed.as_secs_f32())
}

/// Adds a part.
pub(super) fn add(detail: &mut String, more: &str) {
    if !detail.is_empty() {
        detail.push_str("; ");
    }
    detail.push_str(more);
}

/// Cut to what is kept.
pub(super) fn cap(text: &str) -> String {
    if text.chars().count() <= DETAIL_CAP {
        return text.to_owned();
    }
    text.chars().take(DETAIL_CAP - 1).chain(std::iter::once('…')).collect()
}
