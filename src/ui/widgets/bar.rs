//! Bars and the spinner. The done part is heavier than the rest, so that a bar reads without colour.

use jiff::Timestamp;
use ratatui::text::Span;

use crate::config::Theme;

/// How long one picture of the spinner stands, in milliseconds.
pub const SPIN_MS: i64 = 125;

/// A bar of `width` columns with `done` of `total` filled.
#[must_use]
pub fn bar(done: usize, total: usize, width: usize, theme: &Theme) -> [Span<'static>; 2] {
    let filled = (done.min(total) * width).checked_div(total).unwrap_or(0);
    [Span::styled("━".repeat(filled), theme.bar), Span::styled("─".repeat(width - filled), theme.bar_rest)]
}

/// The spinner's picture of the moment.
#[must_use]
pub fn spinner(now: Timestamp) -> &'static str {
    const PICTURES: [&str; 4] = ["▖", "▘", "▝", "▗"];
    let at = now.as_millisecond().div_euclid(SPIN_MS).rem_euclid(4);
    PICTURES[usize::try_from(at).unwrap_or(0)]
}
