//! How a form looks: a line for each field, and below the one in focus what to type there.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use crate::config::Theme;
use crate::sanitize;

use super::super::super::text;
use super::super::panel;
use super::suggest::last_part;
use super::{Entry, Form, Value};

impl<K: Copy + PartialEq> Form<K> {
    /// The lines of the form, and which of them is the focused field's.
    #[must_use]
    pub fn lines(&self, width: usize, theme: &Theme) -> (Vec<Line<'static>>, usize) {
        let caption_width = self.entries.iter().map(|e| e.caption.width()).max().unwrap_or(0) + 4;
        let value_width = width.saturating_sub(caption_width).max(4);
        let indent = " ".repeat(caption_width);
        let mut lines = Vec::new();
        let mut focused_line = 0;
        for (at, entry) in self.entries.iter().enumerate().filter(|(_, e)| !e.hidden) {
            let focused = at == self.focus;
            if focused {
                focused_line = lines.len();
            }
            let mark = if focused { "▸ " } else { "  " };
            let style = if focused { theme.key } else { theme.faint };
            let mut spans = vec![Span::styled(text::pad(&format!("{mark}{}", entry.caption), caption_width), style)];
            spans.extend(held(&entry.value, value_width, focused, theme));
            lines.push(Line::from(spans));
            below(entry, focused, &indent, value_width, theme, &mut lines);
        }
        (lines, focused_line)
    }

    /// Draws the form, scrolled so that the focused field is in sight.
    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
        let (lines, focus) = self.lines(usize::from(area.width), theme);
        let height = usize::from(area.height);
        let skip = (focus + 3).saturating_sub(height).min(focus);
        panel::scrolled(frame, area, lines, skip, theme);
    }
}

/// What a field holds, `width` columns wide at most.
fn held(value: &Value, width: usize, focused: bool, theme: &Theme) -> Vec<Span<'static>> {
    match value {
        Value::Text(field) => field.line(width, focused, theme).spans,
        Value::Secret(field) => field.line(width, focused, theme).spans,
        Value::Pasted(pasted) => vec![Span::styled(text::cut(&pasted.told(), width), theme.input)],
        Value::Choice { words, at } => {
            let word = words.get(*at).map_or("", String::as_str);
            let word = text::cut(word, width.saturating_sub(4));
            let shown = if focused { format!("‹ {word} ›") } else { word };
            vec![Span::styled(shown, theme.input)]
        }
    }
}

/// What stands below a field: what is wrong with it, else what to type, and the words offered.
fn below<K>(
    entry: &Entry<K>,
    focused: bool,
    indent: &str,
    width: usize,
    theme: &Theme,
    lines: &mut Vec<Line<'static>>,
) {
    if let Some(error) = &entry.error {
        for (at, line) in text::wrap(error, width.saturating_sub(2)).iter().enumerate() {
            let sign = if at == 0 { "✗" } else { " " };
            lines.push(Line::from(Span::styled(format!("{indent}{sign} {line}"), theme.bad)));
        }
    } else if focused && !entry.help.is_empty() {
        for line in text::wrap(&entry.help, width) {
            lines.push(Line::from(Span::styled(format!("{indent}{line}"), theme.faint)));
        }
    }
    if let (true, Value::Text(field)) = (focused && !entry.suggestions.is_empty(), &entry.value) {
        lines.push(offered(indent, field.text(), &entry.suggestions, width, theme));
    }
}

/// The suggestions with the one that stands in the field marked, from that one on where not all fit.
fn offered(indent: &str, value: &str, suggestions: &[String], width: usize, theme: &Theme) -> Line<'static> {
    let last = last_part(value).1;
    let taken = suggestions.iter().position(|s| s == last);
    let wide = |from: usize| suggestions[from..].iter().map(|s| s.width() + 3).sum::<usize>();
    let from = if wide(0) > width { taken.unwrap_or(0) } else { 0 };
    let mut spans = vec![Span::raw(indent.to_owned())];
    let mut room = width;
    for (at, word) in suggestions.iter().enumerate().skip(from) {
        if room < 6 {
            break;
        }
        let shown = text::cut(&sanitize::line(word), room - 3);
        room = room.saturating_sub(shown.width() + 3);
        spans.push(Span::styled(shown, if Some(at) == taken { theme.key } else { theme.info }));
        if at + 1 < suggestions.len() {
            spans.push(Span::styled(if room < 6 { " …" } else { " · " }, theme.faint));
        }
    }
    Line::from(spans)
}
