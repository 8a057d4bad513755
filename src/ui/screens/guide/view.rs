//! How a guide looks.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::domain::Guide as Found;

use super::super::super::shared::Shared;
use super::super::super::size::body;
use super::super::super::text;
use super::super::super::widgets::{bar, panel};
use super::{Guide, Stage};

/// Rows for text.
pub(super) fn rows(s: &Shared) -> usize {
    usize::from(body(s.size.0, s.size.1).height.saturating_sub(4))
}

pub(super) fn view(guide: &Guide, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
    match &guide.stage {
        Stage::Choosing(list) => {
            let inner = panel::pane(frame, area, "Where is the new token to be made?", true, &s.theme);
            for ((at, place), y) in guide.places.iter().enumerate().skip(list.top).zip(inner.top()..inner.bottom()) {
                let cursor = at == list.at;
                let spot = Rect { y, height: 1, ..inner };
                if cursor {
                    frame.buffer_mut().set_style(spot, s.theme.cursor);
                }
                let width = usize::from(inner.width).saturating_sub(2);
                let name = s.family_name(&place.family);
                let (first, rest) = match &place.host {
                    Some(host) => (text::pad(host, width / 2), text::cut(name, width - width / 2)),
                    None => (text::pad(name, width / 2), text::cut("any installation", width - width / 2)),
                };
                frame.render_widget(
                    Line::from(vec![
                        Span::styled(if cursor { "▸ " } else { "  " }, s.theme.key),
                        Span::styled(first, s.theme.text),
                        Span::styled(rest, s.theme.faint),
                    ]),
                    spot,
                );
            }
        }
        Stage::Finding(_) => {
            let inner = panel::pane(frame, area, "Guide", true, &s.theme);
            panel::lines(frame, inner, [Line::styled(format!("{} looking it up", bar::spinner(s.now)), s.theme.info)]);
        }
        Stage::Shown => {
            let Some(found) = guide.guide() else { return };
            let inner = panel::pane(frame, area, &found.title, true, &s.theme);
            panel::lines(frame, inner, [job(guide, s, usize::from(inner.width))]);
            let below = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
            let (lines, cursor) = lines(guide, found, s, usize::from(below.width));
            let height = usize::from(below.height);
            let top = (cursor + 4).saturating_sub(height).min(lines.len().saturating_sub(height));
            panel::scrolled(frame, below, lines, top, &s.theme);
        }
    }
}

/// What it is for, and that there are others.
fn job(guide: &Guide, s: &Shared, width: usize) -> Line<'static> {
    let title = guide.found.as_ref().zip(guide.profile.as_ref()).and_then(|(found, id)| {
        found.profiles.iter().find(|(p, _)| p == id).map(|(id, title)| format!("{id}: {title}"))
    });
    let title = title.unwrap_or_else(|| "no particular job".to_owned());
    let many = guide.found.as_ref().map_or(1, |f| f.guides.len());
    let place = if many > 1 { format!("   {}/{many}", guide.at + 1) } else { String::new() };
    Line::styled(text::cut(&format!("for ‹ {title} ›{place}"), width), s.theme.key)
}

struct Lines<'a> {
    lines: Vec<Line<'static>>,
    guide: &'a Guide,
    s: &'a Shared,
    width: usize,
    item: usize,
    cursor: usize,
}

impl Lines<'_> {
    fn head(&mut self, text: &str) {
        self.lines.push(Line::default());
        self.lines.push(Line::styled(text::cut(text, self.width), self.s.theme.title));
    }

    fn say(&mut self, text: &str, style: Style) {
        self.lines.extend(text::wrap(text, self.width).into_iter().map(|l| Line::styled(l, style)));
    }

    /// A line that can be ticked off.
    fn item(&mut self, number: Option<usize>, text: &str) {
        let theme = &self.s.theme;
        let here = self.item == self.guide.list.at;
        let done = self.guide.done.contains(&self.item);
        let sign = if done { "[✓]" } else { "[ ]" };
        let number = number.map_or_else(String::new, |n| format!(" {n}."));
        let lead = format!("{} {sign}{number} ", if here { "▸" } else { " " });
        let indent = lead.chars().count();
        if here {
            self.cursor = self.lines.len();
        }
        let style = if done { theme.faint } else { theme.text };
        for (at, line) in text::wrap(text, self.width.saturating_sub(indent)).into_iter().enumerate() {
            let lead = if at == 0 { lead.clone() } else { " ".repeat(indent) };
            self.lines.push(Line::from(vec![
                Span::styled(lead, if here { theme.key } else { theme.faint }),
                Span::styled(line, style),
            ]));
        }
        self.item += 1;
    }
}

fn lines(guide: &Guide, found: &Found, s: &Shared, width: usize) -> (Vec<Line<'static>>, usize) {
    let mut out = Lines { lines: Vec::new(), guide, s, width, item: 0, cursor: 0 };
    if !found.holds_for.is_empty() {
        out.say(&format!("holds for {}", found.holds_for), s.theme.faint);
    }
    for stale in &found.stale {
        out.say(&format!("! {}: {}", stale.title, stale.remedy), s.theme.warn);
    }
    out.head("What you need");
    for need in &found.need {
        out.item(None, need);
    }
    out.head("Steps");
    out.say(found.prefilled.as_deref().unwrap_or(&found.page), s.theme.info);
    for (at, step) in found.steps.iter().enumerate() {
        out.item(Some(at + 1), step);
    }
    if !found.tick.is_empty() {
        out.head("What to tick");
        for (name, about) in &found.tick {
            out.say(&format!("  {name}  {about}"), s.theme.text);
        }
    }
    if !found.expiry.is_empty() {
        out.say(&format!("Ends: {}", found.expiry), s.theme.text);
    }
    for deliver in &found.deliver {
        out.head(&format!("Then: {}", deliver.to));
        for (at, step) in deliver.steps.iter().enumerate() {
            out.item(Some(at + 1), step);
        }
        if !deliver.link.is_empty() {
            out.say(&deliver.link, s.theme.info);
        }
    }
    if !found.rotate_steps.is_empty() {
        out.head("When one is replaced");
        for (at, step) in found.rotate_steps.iter().enumerate() {
            out.say(&format!("  {}. {step}", at + 1), s.theme.text);
        }
    }
    for note in &found.notes {
        out.say(&format!("· {note}"), s.theme.faint);
    }
    if !found.link.is_empty() {
        out.say(&found.link, s.theme.info);
    }
    (out.lines, out.cursor)
}
