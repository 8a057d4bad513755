//! Framed areas: panes of a screen and windows on top of one.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Clear};

use crate::config::Theme;

use super::super::text;

/// Draws a frame with a title and gives the area inside, one column in from each side.
pub fn pane(frame: &mut Frame<'_>, area: Rect, title: &str, active: bool, theme: &Theme) -> Rect {
    let style = if active { theme.border_active } else { theme.border };
    let kind = if active { BorderType::Thick } else { BorderType::Plain };
    let title = text::cut(title, usize::from(area.width).saturating_sub(6));
    let block = Block::bordered()
        .border_type(kind)
        .border_style(style)
        .title(Line::from(Span::styled(format!(" {title} "), theme.title)));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }
}

/// Where a window of that size lies in the middle of `area`, never larger than it.
#[must_use]
pub fn middle(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

/// Clears an area and draws a window on it.
pub fn window(frame: &mut Frame<'_>, area: Rect, title: &str, theme: &Theme) -> Rect {
    frame.render_widget(Clear, area);
    pane(frame, area, title, true, theme)
}

/// Draws lines from the top of an area, those that fit.
pub fn lines(frame: &mut Frame<'_>, area: Rect, lines: impl IntoIterator<Item = Line<'static>>) {
    for (line, y) in lines.into_iter().zip(area.top()..area.bottom()) {
        frame.render_widget(line, Rect { y, height: 1, ..area });
    }
}

/// Draws lines as [`lines`] and keeps the last row of the area for a sign that there are more.
pub fn scrolled(frame: &mut Frame<'_>, area: Rect, all: Vec<Line<'static>>, top: usize, theme: &Theme) {
    let height = usize::from(area.height);
    let more = all.len().saturating_sub(top + height);
    lines(frame, area, all.into_iter().skip(top).take(height));
    if more > 0 && area.height > 0 {
        let sign = format!(" {more} more ↓");
        let width = u16::try_from(sign.chars().count()).unwrap_or(0).min(area.width);
        let at = Rect { x: area.right() - width, y: area.bottom() - 1, width, height: 1 };
        frame.render_widget(Line::from(Span::styled(sign, theme.faint)), at);
    }
}
