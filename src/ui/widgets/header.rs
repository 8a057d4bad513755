//! The first line: how many credentials, how they stand, and what is being done.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::config::{Action, Context};
use crate::domain::Verdict;

use super::super::shared::Shared;
use super::super::text::count;
use super::bar;

/// Draws it.
pub fn view(s: &Shared, frame: &mut Frame<'_>, area: Rect) {
    let right = activity(s, area.width);
    let right_width = u16::try_from(right.width()).unwrap_or(area.width).min(area.width);
    let left_area = Rect { width: area.width - right_width, ..area };
    let mut left = counts(s, true);
    if left.width() > usize::from(left_area.width) {
        left = counts(s, false);
    }
    frame.render_widget(left, left_area);
    frame.render_widget(right, Rect { x: area.right() - right_width, width: right_width, ..area });
}

fn counts(s: &Shared, words: bool) -> Line<'static> {
    let total = s.rows.all().len();
    let mut spans = vec![
        Span::styled(if s.demo { " keyrack demo" } else { " keyrack" }, s.theme.title),
        Span::styled(" ▏ ", s.theme.border),
    ];
    spans.push(Span::styled(if words { count(total, "credential") } else { total.to_string() }, s.theme.text));
    let dead = [Verdict::Expired, Verdict::Revoked, Verdict::Rejected];
    for (verdict, word, n) in [
        (Verdict::Valid, "valid", s.rows.count(Verdict::Valid)),
        (Verdict::Expiring, "expiring", s.rows.count(Verdict::Expiring)),
        (Verdict::Limited, "limited", s.rows.count(Verdict::Limited)),
        (Verdict::Blocked, "blocked", s.rows.count(Verdict::Blocked)),
        (Verdict::Expired, "dead", dead.iter().map(|v| s.rows.count(*v)).sum()),
        (Verdict::Unreachable, "unreachable", s.rows.count(Verdict::Unreachable)),
        (Verdict::Unchecked, "unchecked", s.rows.count(Verdict::Unchecked)),
    ] {
        if n == 0 {
            continue;
        }
        let shown = if words { format!("  {n} {word}") } else { format!(" {}{n}", verdict.symbol()) };
        spans.push(Span::styled(shown, s.theme.verdict(verdict)));
    }
    Line::from(spans)
}

fn activity(s: &Shared, width: u16) -> Line<'static> {
    let bar_width = if width >= 100 { 12 } else { 6 };
    if let Some((done, total)) = s.checks.progress() {
        let word = if s.checks.stopping() { "stopping" } else { "checking" };
        let mut spans = vec![Span::styled(format!("{} {word} {done}/{total} ", bar::spinner(s.now)), s.theme.info)];
        spans.extend(bar::bar(done, total, bar_width, &s.theme));
        spans.push(Span::raw(" "));
        return Line::from(spans);
    }
    // Reading the history of a row takes a blink: saying so would only flicker.
    if let Some(what) = s.jobs.newest().filter(|w| *w != "reading") {
        return Line::from(Span::styled(format!("{} {what} ", bar::spinner(s.now)), s.theme.info));
    }
    if s.demo {
        let rack = [Context::Rack, Context::Global];
        let key = [Action::Quit, Action::QuitNow].map(|a| s.key(&rack, a)).into_iter().find(|key| !key.is_empty());
        let leave = key.map(|key| format!(", {key} leaves")).unwrap_or_default();
        return Line::from(Span::styled(format!("made up{leave} "), s.theme.faint));
    }
    let store = s.store.as_ref().map(|store| format!("store: {} ", store.kind));
    Line::from(Span::styled(store.unwrap_or_default(), s.theme.faint))
}
