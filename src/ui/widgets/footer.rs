//! The last line: the keys that work right now, taken from the keymap, and as many as fit.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use crate::config::{Action, Context};

use super::super::shared::Shared;

/// Draws the hints of a layer; an action without a key is left out. The last one (help) always fits.
pub fn view(s: &Shared, contexts: &[Context], hints: &[(Action, &str)], frame: &mut Frame<'_>, area: Rect) {
    let hint = |(action, word): &(Action, &str)| {
        let key = s.key(contexts, *action);
        let word = if word.is_empty() { action.short() } else { word }.to_owned();
        (!key.is_empty()).then_some((key, word))
    };
    let mut all: Vec<(String, String)> = hints.iter().filter_map(hint).collect();
    let wide = |(key, word): &(String, String)| key.width() + word.width() + 3;
    let last = all.pop();
    let mut room = usize::from(area.width).saturating_sub(1 + last.as_ref().map_or(0, wide));
    let mut spans = vec![Span::raw(" ")];
    let fitting = all.into_iter().take_while(|hint| {
        let fits = wide(hint) <= room;
        room = room.saturating_sub(wide(hint));
        fits
    });
    for (key, word) in fitting.collect::<Vec<_>>().into_iter().chain(last) {
        spans.push(Span::styled(key, s.theme.key));
        spans.push(Span::styled(format!(" {word}  "), s.theme.faint));
    }
    frame.render_widget(Line::from(spans), area);
}
