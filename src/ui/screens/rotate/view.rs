//! How a rotation looks: plan, run, summary.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::domain::{Expiry, RotateEnd, RotatePattern, RotatePlan, RotateResult, Way};

use super::super::super::shared::Shared;
use super::super::super::size::body;
use super::super::super::text::{self, count};
use super::super::super::widgets::{bar, panel};
use super::super::super::{outcome, time};
use super::asked::Asked;
use super::{Rotate, Stage};

/// How many lines of a plan are shown at once.
pub(super) const PLANS: usize = 6;

/// Rows for the results; the rest is for the one under the cursor.
pub(super) fn list_height(s: &Shared) -> usize {
    usize::from(body(s.size.0, s.size.1).height.saturating_sub(4) / 2)
}

pub(super) fn view(rotate: &Rotate, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
    let title = format!("Rotate {}", count(rotate.ids.len(), "credential"));
    let inner = panel::pane(frame, area, &title, true, &s.theme);
    let wait = |frame: &mut Frame<'_>, what: &str| {
        panel::lines(frame, inner, [Line::styled(format!("{} {what}", bar::spinner(s.now)), s.theme.info)]);
    };
    match &rotate.stage {
        Stage::Planning(_) => wait(frame, "looking up how each host does it; nothing is sent yet"),
        Stage::Looking { .. } => wait(frame, "looking at the new one; nothing is changed yet"),
        Stage::Asking(asked) => asking(asked, s, frame, inner),
        Stage::Running { total, stopping, .. } => {
            let done = rotate.results.len().min(*total);
            let word = if *stopping { "stopping after the one under way" } else { "rotating" };
            let line = format!("{} {word} {done}/{total} ", bar::spinner(s.now));
            let mut spans = vec![Span::styled(line, s.theme.info)];
            spans.extend(bar::bar(done, *total, 20, &s.theme));
            panel::lines(frame, inner, [Line::from(spans), Line::default()]);
            results(rotate, s, frame, Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner });
        }
        Stage::Report => {
            let done = rotate.results.iter().filter(|r| r.end == RotateEnd::Rotated).count();
            let line = format!("{done} of {} rotated to the end", rotate.results.len());
            panel::lines(frame, inner, [Line::styled(line, s.theme.title)]);
            results(rotate, s, frame, Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner });
        }
    }
}

fn pattern(pattern: RotatePattern) -> &'static str {
    match pattern {
        RotatePattern::InPlace => "the host replaces it in one step",
        RotatePattern::Twin => "a second one is made, proved, then the old one ends",
        RotatePattern::Swap => "the new one is made by hand and pasted",
    }
}

/// Rows that the form has at least.
const FORM: u16 = 7;
/// How far one key moves what does not fit.
pub(super) const STEP: usize = 6;

/// How many lines of what is asked do not fit above the form.
pub(super) fn hidden(asked: &Asked, s: &Shared) -> usize {
    let (width, height) = (usize::from(s.size.0).saturating_sub(4), body(s.size.0, s.size.1).height.saturating_sub(2));
    asked_lines(asked, s, width).len().saturating_sub(usize::from(panel::room_above(height, FORM)))
}

fn asking(asked: &Asked, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
    let width = usize::from(area.width);
    let back = if asked.plans.len() == 1 { asked.top } else { 0 };
    let below = panel::asked(frame, area, asked_lines(asked, s, width), FORM, back, ": page-up", &s.theme);
    asked.form.view(frame, below, &s.theme);
}

fn asked_lines(asked: &Asked, s: &Shared, width: usize) -> Vec<Line<'static>> {
    let mut lines: Vec<Line<'static>> = Vec::new();
    let mut say = |text: &str, style: Style| {
        lines.extend(text::wrap(text, width).into_iter().map(|l| Line::styled(l, style)));
    };
    if let [plan] = asked.plans.as_slice() {
        one(plan, s, &mut say);
    } else {
        for plan in asked.plans.iter().skip(asked.top).take(PLANS) {
            let cells =
                format!("{} {} {}", text::pad(&plan.label, 24), text::pad(&plan.host, 20), pattern(plan.pattern));
            say(&text::cut(&cells, width), s.theme.text);
        }
        if asked.plans.len() > PLANS {
            let last = (asked.top + PLANS).min(asked.plans.len());
            say(
                &format!("{}-{last} of {}; page-up and page-down show the others", asked.top + 1, asked.plans.len()),
                s.theme.faint,
            );
        }
        let by_hand = asked.plans.iter().filter(|p| matches!(p.new, Way::Guided { .. })).count();
        if by_hand > 0 {
            say(&format!("{by_hand} are made by hand: rotate those one by one"), s.theme.warn);
        }
    }
    for doubt in &asked.doubts {
        say(&format!("doubt: {doubt}"), s.theme.bad);
    }
    if !asked.doubts.is_empty() {
        say("It can take the place all the same; say so by typing the words once more.", s.theme.warn);
    }
    say("The old secret ends once the new one is proved: whatever uses it needs the new one.", s.theme.warn);
    say(&format!("To go on, type: {}", asked.phrase), s.theme.title);
    lines
}

fn one(plan: &RotatePlan, s: &Shared, say: &mut impl FnMut(&str, Style)) {
    say(&format!("{} at {}: {}", plan.label, plan.host, pattern(plan.pattern)), s.theme.title);
    way(&plan.new, s, say);
    if let Some(old) = &plan.old {
        say(&format!("then the old one: {}", old.sentence()), s.theme.text);
    }
    if let Some(at) = plan.expires {
        say(&format!("the new one is to end {}", time::day(at)), s.theme.text);
    }
}

fn way(way: &Way, s: &Shared, say: &mut impl FnMut(&str, Style)) {
    match way {
        Way::AtHost { what } => say(what, s.theme.text),
        Way::NeedsAuthority { why, .. } => say(why, s.theme.warn),
        Way::Guided { page, steps, .. } => {
            say(page, s.theme.info);
            for (at, step) in steps.iter().enumerate() {
                say(&format!("{}. {step}", at + 1), s.theme.text);
            }
        }
    }
}

fn results(rotate: &Rotate, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
    let height = u16::try_from(list_height(s)).unwrap_or(0).min(area.height);
    let width = usize::from(area.width);
    for ((at, result), y) in
        rotate.results.iter().enumerate().skip(rotate.list.top).zip(area.top()..area.top() + height)
    {
        let cursor = at == rotate.list.at;
        let place = Rect { y, height: 1, ..area };
        if cursor {
            frame.buffer_mut().set_style(place, s.theme.cursor);
        }
        let (sign, word, style) = outcome::rotated(result.end, &s.theme);
        let rest = width.saturating_sub(30);
        let line = Line::from(vec![
            Span::styled(if cursor { "▸" } else { " " }, s.theme.key),
            Span::styled(format!(" {sign} {word:21} "), style),
            Span::styled(text::pad(&result.label, rest / 2), s.theme.text),
            Span::styled(text::cut(&format!(" {}", result.host), rest - rest / 2), s.theme.faint),
        ]);
        frame.render_widget(line, place);
    }
    if let Some(result) = rotate.results.get(rotate.list.at) {
        let used = u16::try_from(rotate.results.len()).unwrap_or(u16::MAX).min(height);
        let below = Rect { y: area.y + used, height: area.height - used, ..area };
        panel::scrolled(frame, below, outcome_of(result, s, width), 0, &s.theme);
    }
}

fn outcome_of(result: &RotateResult, s: &Shared, width: usize) -> Vec<Line<'static>> {
    let mut lines = vec![Line::styled("─".repeat(width), s.theme.border)];
    let mut say = |text: &str, style: Style| {
        lines.extend(text::wrap(text, width).into_iter().map(|l| Line::styled(l, style)));
    };
    say(&result.message, outcome::rotated(result.end, &s.theme).2);
    if result.expiry != Expiry::Unknown {
        say(&format!("the new one ends {}", time::expires(result.expiry, s.now)), s.theme.text);
    }
    if let Some(left) = &result.left {
        say(&format!("kept so that nothing is lost: {left}"), s.theme.warn);
    }
    for note in &result.notes {
        say(&format!("! {note}"), s.theme.warn);
    }
    for deliver in &result.deliver {
        say(&format!("Then: {}", deliver.to), s.theme.title);
        for (at, step) in deliver.steps.iter().enumerate() {
            say(&format!("{}. {step}", at + 1), s.theme.text);
        }
    }
    if let Some(by_hand) = &result.way {
        way(by_hand, s, &mut say);
    }
    if let Some(found) = &result.validation {
        let line = format!("{} {}: {}", found.verdict.symbol(), found.verdict, found.reason);
        say(&line, s.theme.verdict(found.verdict));
    }
    lines
}
