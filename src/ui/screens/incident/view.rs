//! How an incident looks: the paste, the dry run, the run, the report.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::domain::{LeakName, LeakPlan, LeakResult, Way};

use super::super::super::outcome;
use super::super::super::shared::Shared;
use super::super::super::size::body;
use super::super::super::text::{self, count};
use super::super::super::widgets::form::Form;
use super::super::super::widgets::{bar, panel};
use super::{Incident, Name, Stage};

/// How many lines of the plan are shown at once.
pub(super) const PLANS: usize = 8;

/// Rows that the form has at least.
const FORM: u16 = 4;

/// Rows for the results; the rest is for the one under the cursor.
pub(super) fn list_height(s: &Shared) -> usize {
    usize::from(body(s.size.0, s.size.1).height.saturating_sub(4) / 2)
}

pub(super) fn view(incident: &Incident, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
    let inner = panel::pane(frame, area, "Leaked tokens", true, &s.theme);
    let width = usize::from(inner.width);
    match &incident.stage {
        Stage::Pasting => {
            let about = "Paste everything that leaked: up to 1,000 strings, one a line or in the middle of any text. They are \
                         recognised here, without asking anybody; what would be done is shown before anything is sent. \
                         Only the very strings pasted are revoked.";
            let mut lines: Vec<_> =
                text::wrap(about, width).into_iter().map(|l| Line::styled(l, s.theme.text)).collect();
            lines.push(Line::default());
            lines.push(Line::styled(format!("▸ {}", incident.pasted.told()), s.theme.key));
            panel::lines(frame, inner, lines);
        }
        Stage::Planning(_) => {
            let line = format!("{} finding them, offline", bar::spinner(s.now));
            panel::lines(frame, inner, [Line::styled(line, s.theme.info)]);
        }
        Stage::Asking { plans, notes, form, top } => asking(plans, notes, form, *top, s, frame, inner),
        Stage::Running { total, stopping, .. } => {
            let done = incident.results.len().min(*total);
            let word = if *stopping { "stopping after those already sent" } else { "revoking" };
            let mut spans = vec![Span::styled(format!("{} {word} {done}/{total} ", bar::spinner(s.now)), s.theme.info)];
            spans.extend(bar::bar(done, *total, 20, &s.theme));
            panel::lines(frame, inner, [Line::from(spans), Line::default()]);
            results(incident, s, frame, Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner });
        }
        Stage::Report => results(incident, s, frame, inner),
    }
}

fn name(leak: &LeakName, s: &Shared) -> String {
    let family = leak.family.as_ref().map_or("unknown", |f| s.family_name(f));
    let known = leak.label.as_ref().map_or_else(|| "not on the rack".to_owned(), |l| format!("{l} on the rack"));
    format!("{:>3} {} {}, {known}", leak.n, text::pad(&leak.hint, 22), family)
}

fn asking(
    plans: &[LeakPlan],
    notes: &[String],
    form: &Form<Name>,
    top: usize,
    s: &Shared,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let width = usize::from(area.width);
    let mut lines: Vec<Line<'static>> = Vec::new();
    let hosts = plans.iter().filter(|p| matches!(p.plan, Some(Way::AtHost { .. }))).count();
    let by_hand = plans.iter().filter(|p| matches!(p.plan, Some(Way::Guided { .. }))).count();
    let signed = plans.iter().filter(|p| matches!(p.plan, Some(Way::NeedsAuthority { .. }))).count();
    let nothing = plans.iter().filter(|p| p.plan.is_none()).count();
    let summary = format!(
        "{} found: {hosts} at the host, {signed} to be signed by somebody else, {by_hand} by hand, {nothing} nobody's",
        count(plans.len(), "string")
    );
    lines.extend(text::wrap(&summary, width).into_iter().map(|l| Line::styled(l, s.theme.title)));
    for plan in plans.iter().skip(top).take(PLANS) {
        let (how, style) = match &plan.plan {
            Some(Way::AtHost { .. }) if plan.bulk => ("at the host, in one request with its like", s.theme.good),
            Some(Way::AtHost { .. }) => ("at the host", s.theme.good),
            Some(Way::NeedsAuthority { .. }) => ("somebody has to sign", s.theme.warn),
            Some(Way::Guided { .. }) => ("by hand", s.theme.warn),
            None => (plan.why.as_str(), s.theme.faint),
        };
        lines.push(Line::styled(text::cut(&format!("{}: {how}", name(&plan.leak, s)), width), style));
    }
    if plans.len() > PLANS {
        let last = (top + PLANS).min(plans.len());
        let place = format!("{}-{last} of {}; page-up and page-down show the others", top + 1, plans.len());
        lines.push(Line::styled(place, s.theme.faint));
    }
    for note in notes {
        lines.extend(text::wrap(note, width).into_iter().map(|l| Line::styled(l, s.theme.faint)));
    }
    let mut say = |text: &str, style: Style| {
        lines.extend(text::wrap(text, width).into_iter().map(|l| Line::styled(l, style)));
    };
    match Incident::phrase(plans) {
        Some(phrase) => {
            say("What is revoked stays dead; whatever uses it stops working.", s.theme.warn);
            say(&format!("To go on, type: {phrase}"), s.theme.title);
        }
        None => say("None of them can be revoked from here: nothing is sent.", s.theme.title),
    }
    let below = panel::asked(frame, area, lines, FORM, 0, "", &s.theme);
    form.view(frame, below, &s.theme);
}

fn results(incident: &Incident, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
    let height = u16::try_from(list_height(s)).unwrap_or(0).min(area.height);
    let width = usize::from(area.width);
    for ((at, result), y) in
        incident.results.iter().enumerate().skip(incident.list.top).zip(area.top()..area.top() + height)
    {
        let cursor = at == incident.list.at;
        let place = Rect { y, height: 1, ..area };
        if cursor {
            frame.buffer_mut().set_style(place, s.theme.cursor);
        }
        let (sign, word, style) = ended(result, s);
        let line = Line::from(vec![
            Span::styled(if cursor { "▸" } else { " " }, s.theme.key),
            Span::styled(format!(" {sign} {word:17} "), style),
            Span::styled(text::cut(&name(&result.leak, s), width.saturating_sub(22)), s.theme.text),
        ]);
        frame.render_widget(line, place);
    }
    if let Some(result) = incident.results.get(incident.list.at) {
        let used = u16::try_from(incident.results.len()).unwrap_or(u16::MAX).min(height);
        let below = Rect { y: area.y + used, height: area.height - used, ..area };
        let mut lines = vec![Line::styled("─".repeat(width), s.theme.border)];
        let mut say = |text: &str, style: Style| {
            lines.extend(text::wrap(text, width).into_iter().map(|l| Line::styled(l, style)));
        };
        say(&result.message, ended(result, s).2);
        if let Some(Way::Guided { page, steps, .. }) = &result.plan {
            say(page, s.theme.info);
            for (at, step) in steps.iter().enumerate() {
                say(&format!("{}. {step}", at + 1), s.theme.text);
            }
        }
        panel::scrolled(frame, below, lines, 0, &s.theme);
    }
}

fn ended(result: &LeakResult, s: &Shared) -> (&'static str, &'static str, Style) {
    result.end.map_or(("-", "nothing was sent", s.theme.faint), |end| outcome::revoked(end, &s.theme))
}
