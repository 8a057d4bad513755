//! How a revocation looks: plan, run, report.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::domain::{RevokePlan, RevokeResult, Way};

use super::super::super::outcome;
use super::super::super::shared::Shared;
use super::super::super::size::body;
use super::super::super::text::{self, count};
use super::super::super::widgets::form::Form;
use super::super::super::widgets::{bar, panel};
use super::{Name, Revoke, Stage, about_the_token};

/// How many lines of a plan are shown at once.
pub(super) const PLANS: usize = 6;

/// Rows that the form has at least.
const FORM: u16 = 3;

/// Rows for the results; the rest is for the one under the cursor.
pub(super) fn list_height(s: &Shared) -> usize {
    usize::from(body(s.size.0, s.size.1).height.saturating_sub(4) / 2)
}

pub(super) fn view(revoke: &Revoke, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
    let title = format!("Revoke {}", count(revoke.ids.len(), "credential"));
    let inner = panel::pane(frame, area, &title, true, &s.theme);
    match &revoke.stage {
        Stage::Planning(_) => {
            let line = format!("{} looking up how each host does it; nothing is sent yet", bar::spinner(s.now));
            panel::lines(frame, inner, [Line::styled(line, s.theme.info)]);
        }
        Stage::Confirm { plans, phrase, form, top } => confirm(plans, phrase, form, *top, s, frame, inner),
        Stage::Running { total, stopping, .. } => {
            let done = revoke.results.len().min(*total);
            let word = if *stopping { "stopping after those already sent" } else { "revoking" };
            let line = format!("{} {word} {done}/{total} ", bar::spinner(s.now));
            let mut spans = vec![Span::styled(line, s.theme.info)];
            spans.extend(bar::bar(done, *total, 20, &s.theme));
            panel::lines(frame, inner, [Line::from(spans), Line::default()]);
            results(revoke, s, frame, Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner });
        }
        Stage::Report => results(revoke, s, frame, inner),
    }
}

fn way(plan: &RevokePlan) -> (&'static str, &str) {
    match &plan.way {
        Way::AtHost { what } => ("at the host", what),
        Way::NeedsAuthority { why, .. } => ("somebody else has to sign", why),
        Way::Guided { why, .. } => ("by hand, then checked", why),
    }
}

fn confirm(
    plans: &[RevokePlan],
    phrase: &str,
    form: &Form<Name>,
    top: usize,
    s: &Shared,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let width = usize::from(area.width);
    let mut lines: Vec<Line<'static>> = Vec::new();
    if plans.len() <= 2 {
        for plan in plans {
            let (how, detail) = way(plan);
            let head = format!("{} at {}: {how}", plan.label, plan.host);
            lines.extend(text::wrap(&head, width).into_iter().map(|l| Line::styled(l, s.theme.title)));
            lines.extend(text::wrap(detail, width).into_iter().map(|l| Line::styled(l, s.theme.text)));
        }
    } else {
        for plan in plans.iter().skip(top).take(PLANS) {
            let (how, _) = way(plan);
            let cells = format!("{} {} {how}", text::pad(&plan.label, 24), text::pad(&plan.host, 22));
            lines.push(Line::styled(text::cut(&cells, width), s.theme.text));
        }
        let last = (top + PLANS).min(plans.len());
        let place = format!("{}-{last} of {}; page-up and page-down show the others", top + 1, plans.len());
        lines.push(Line::styled(if plans.len() > PLANS { place } else { String::new() }, s.theme.faint));
        let by_hand = plans.iter().filter(|p| matches!(p.way, Way::Guided { .. })).count();
        let signed = plans.iter().filter(|p| matches!(p.way, Way::NeedsAuthority { .. })).count();
        let summary = format!(
            "{} at the host, {signed} to be signed by somebody else, {by_hand} by hand",
            plans.len() - by_hand - signed
        );
        lines.push(Line::styled(summary, s.theme.text));
    }
    let warning = "What is revoked stays dead. Its secret is destroyed here once the host was seen to refuse it.";
    lines.push(Line::default());
    lines.extend(text::wrap(warning, width).into_iter().map(|l| Line::styled(l, s.theme.warn)));
    let ask = text::wrap(&format!("To go on, type: {phrase}"), width);
    lines.extend(ask.into_iter().map(|l| Line::styled(l, s.theme.title)));
    lines.push(Line::default());
    let below = panel::asked(frame, area, lines, FORM, 0, "", &s.theme);
    form.view(frame, below, &s.theme);
}

fn results(revoke: &Revoke, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
    let height = u16::try_from(list_height(s)).unwrap_or(0).min(area.height);
    let width = usize::from(area.width);
    for ((at, result), y) in
        revoke.results.iter().enumerate().skip(revoke.list.top).zip(area.top()..area.top() + height)
    {
        let cursor = at == revoke.list.at;
        let place = Rect { y, height: 1, ..area };
        if cursor {
            frame.buffer_mut().set_style(place, s.theme.cursor);
        }
        let (sign, word, style) = outcome::revoked(result.end, &s.theme);
        let rest = width.saturating_sub(26);
        let line = Line::from(vec![
            Span::styled(if cursor { "▸" } else { " " }, s.theme.key),
            Span::styled(format!(" {sign} {word:17} "), style),
            Span::styled(text::pad(&result.label, rest / 2), s.theme.text),
            Span::styled(text::cut(&format!(" {}", result.host), rest - rest / 2), s.theme.faint),
        ]);
        frame.render_widget(line, place);
    }
    if let Some(result) = revoke.results.get(revoke.list.at) {
        let used = u16::try_from(revoke.results.len()).unwrap_or(u16::MAX).min(height);
        let below = Rect { y: area.y + used, height: area.height - used, ..area };
        panel::lines(frame, below, outcome(result, s, width));
    }
}

fn outcome(result: &RevokeResult, s: &Shared, width: usize) -> Vec<Line<'static>> {
    let mut lines = vec![Line::styled("─".repeat(width), s.theme.border)];
    let mut say = |line: &str, style: Style| {
        lines.extend(text::wrap(line, width).into_iter().map(|l| Line::styled(l, style)));
    };
    say(&result.message, outcome::revoked(result.end, &s.theme).2);
    if let Some(plan) = &result.plan {
        match &plan.way {
            Way::Guided { page, steps, .. } => {
                for (at, step) in steps.iter().enumerate() {
                    say(&format!("{}. {step}", at + 1), s.theme.text);
                }
                say(page, s.theme.info);
            }
            Way::NeedsAuthority { why, .. } => say(why, s.theme.text),
            Way::AtHost { .. } => {}
        }
    }
    if let Some(found) = &result.validation {
        let evidence = found.evidence.last().map(|e| {
            let status = e.status.map_or("no answer".to_owned(), |status| status.to_string());
            format!(" ({status} {})", e.request)
        });
        if about_the_token(result.end) {
            let (sign, verdict, why) = (found.verdict.symbol(), found.verdict, &found.reason);
            let line = format!("{sign} {verdict}: {why}{}", evidence.unwrap_or_default());
            say(&line, s.theme.verdict(found.verdict));
        } else if let Some(evidence) = evidence {
            // What was answered to the order says nothing of the token.
            say(&format!("The host answered:{evidence}"), s.theme.faint);
        }
    }
    lines
}
