//! How large the screen has to be, and what of it the screens draw on.

use ratatui::layout::Rect;

/// Below this, nothing useful fits.
pub const SMALLEST: (u16, u16) = (60, 12);
/// From this width on, there is room for something beside a list.
pub const WIDE: u16 = 100;

/// The area between header and footer.
#[must_use]
pub fn body(width: u16, height: u16) -> Rect {
    Rect { x: 0, y: 1, width, height: height.saturating_sub(2) }
}

/// Rows for what is said of the line under the cursor of a list: `wanted`, unless the list were left with less than half.
#[must_use]
pub fn below(all: u16, wanted: u16) -> u16 {
    wanted.min(all / 2)
}
