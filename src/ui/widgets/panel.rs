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

/// How many rows there are for what is asked above a form, of so many on the whole: the form has at least `form`, but
/// neither takes more than half where there is not room for both.
#[must_use]
pub fn room_above(height: u16, form: u16) -> u16 {
    height.saturating_sub(form.min(height / 2))
}

/// Draws what is asked above a form that has at least `form` rows, and gives the area left for the form. Where not all of it
/// fits, its end is shown, since there it says what to type, or what lies `back` lines further up; `hint` says how to get
/// there.
pub fn asked(
    frame: &mut Frame<'_>,
    area: Rect,
    mut all: Vec<Line<'static>>,
    form: u16,
    back: usize,
    hint: &str,
    theme: &Theme,
) -> Rect {
    let used = u16::try_from(all.len()).unwrap_or(u16::MAX).min(room_above(area.height, form));
    let cut = (all.len() - usize::from(used)).saturating_sub(back);
    if let Some(first) = all.get_mut(cut).filter(|_| cut > 0 && used > 1) {
        *first = Line::styled(format!("↑ {} more{hint}", cut + 1), theme.faint);
    }
    scrolled(frame, Rect { height: used, ..area }, all, cut, theme);
    Rect { y: area.y + used, height: area.height - used, ..area }
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
