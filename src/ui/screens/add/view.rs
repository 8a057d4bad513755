//! How the wizard looks: where one is in it, what is known so far, what to do next.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::domain::{Checksum, Expiry, HostChoice, Identified, Validation};

use super::super::super::shared::Shared;
use super::super::super::widgets::{bar, panel};
use super::super::super::{text, time};
use super::super::detail::grants;
use super::{Add, Outcome, Stage};

pub(super) fn view(add: &Add, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
    let inner = panel::pane(frame, area, "Add a credential", true, &s.theme);
    let step = match &add.stage {
        Stage::Paste | Stage::Identifying(_) | Stage::Duplicate(_) => 0,
        Stage::Details(_) => 1,
        Stage::Checking { .. } => 2,
        Stage::Checked { .. } | Stage::Keeping { .. } => 3,
    };
    panel::lines(frame, inner, [steps(step, s)]);
    let below = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
    let width = usize::from(below.width);
    match &add.stage {
        Stage::Paste => panel::lines(frame, below, paste(add, s, width)),
        Stage::Identifying(_) => panel::lines(frame, below, [waiting("recognising it, offline", s)]),
        Stage::Duplicate(label) => panel::lines(frame, below, duplicate(label, s, width)),
        Stage::Details(details) => {
            let mut lines = recognised(&details.identified, s, width);
            lines.push(Line::default());
            let used = u16::try_from(lines.len()).unwrap_or(u16::MAX).min(below.height / 2);
            panel::lines(frame, Rect { height: used, ..below }, lines);
            let form = Rect { y: below.y + used, height: below.height - used, ..below };
            details.form.view(frame, form, &s.theme);
        }
        Stage::Checking { draft, .. } => {
            let mut lines = vec![waiting("asking the host whether it works; nothing is kept yet", s)];
            for host in &draft.hosts {
                let place = match host {
                    HostChoice::Known { host, .. } => s.rows.host(*host).map_or("?", |h| h.name.as_str()),
                    HostChoice::New { url, .. } => url,
                };
                lines.push(Line::styled(text::cut(&format!("  {place}"), width), s.theme.text));
            }
            panel::lines(frame, below, lines);
        }
        Stage::Checked { outcome, draft, .. } | Stage::Keeping { outcome, draft, .. } => {
            let keeping = matches!(add.stage, Stage::Keeping { .. });
            let mut lines = checked(outcome, s, width);
            lines.push(Line::default());
            lines.extend(verdict(outcome, &draft.label, keeping, s, width));
            panel::scrolled(frame, below, lines, 0, &s.theme);
        }
    }
}

fn steps(at: usize, s: &Shared) -> Line<'static> {
    let mut spans = Vec::new();
    for (step, word) in ["paste", "label and host", "check", "keep"].into_iter().enumerate() {
        let (sign, style) = match step.cmp(&at) {
            std::cmp::Ordering::Less => ("✓", s.theme.good),
            std::cmp::Ordering::Equal => ("▸", s.theme.key),
            std::cmp::Ordering::Greater => ("·", s.theme.faint),
        };
        spans.push(Span::styled(format!("{sign} {word}   "), style));
    }
    Line::from(spans)
}

fn waiting(what: &str, s: &Shared) -> Line<'static> {
    Line::styled(format!("{} {what} …", bar::spinner(s.now)), s.theme.info)
}

fn say(lines: &mut Vec<Line<'static>>, text: &str, width: usize, style: Style) {
    lines.extend(text::wrap(text, width).into_iter().map(|l| Line::styled(l, style)));
}

fn paste(add: &Add, s: &Shared, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let about = "Paste a token, a URL with a token in it, or an AWS secret access key. It is recognised here, without \
                 asking anybody, and never shown.";
    say(&mut lines, about, width, s.theme.text);
    lines.push(Line::default());
    let mut spans = vec![Span::styled("▸ Secret  ", s.theme.key)];
    spans.extend(add.field.line(width.saturating_sub(10), true, &s.theme).spans);
    lines.push(Line::from(spans));
    if let Some(error) = &add.error {
        say(&mut lines, &format!("✗ {error}"), width, s.theme.bad);
    }
    lines
}

fn duplicate(label: &str, s: &Shared, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    say(&mut lines, &format!("✗ This very secret is on the rack already: {label}"), width, s.theme.warn);
    say(&mut lines, "One secret has one record; add hosts or tags to that one instead.", width, s.theme.text);
    lines
}

fn recognised(identified: &Identified, s: &Shared, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    match identified.candidates.as_slice() {
        [] => {
            let about =
                "? Its form is not one that keyrack knows. Say at which host it is used, and the host will tell.";
            say(&mut lines, about, width, s.theme.warn);
        }
        [first, others @ ..] => {
            let name = |c: &crate::domain::Candidate| {
                format!("{} · {}", s.family_name(&c.family), s.kind_name(&c.family, c.kind))
            };
            let sure = if first.certain { "✓" } else { "? may be" };
            let hint = identified.secret.hint();
            say(&mut lines, &format!("{sure} {} · {hint}", name(first)), width, s.theme.good);
            if !others.is_empty() {
                let names = others.iter().map(name).collect::<Vec<_>>().join(", ");
                say(&mut lines, &format!("  or {names}"), width, s.theme.faint);
            }
            if first.checksum == Checksum::Ok {
                say(&mut lines, "✓ its checksum fits: it was pasted whole", width, s.theme.good);
            }
            // The kind is named above, and an id that has its secret beside it is no half.
            let known = |(name, value): &&(String, String)| {
                (name == "form" && *value == s.kind_name(&first.family, first.kind))
                    || (name == "part" && identified.username.is_some())
            };
            for (name, value) in first.carries.iter().filter(|c| !known(c)) {
                say(&mut lines, &format!("  {name}: {value}"), width, s.theme.faint);
            }
        }
    }
    for warning in &identified.warnings {
        say(&mut lines, &format!("! {warning}"), width, s.theme.warn);
    }
    for note in &identified.notes {
        say(&mut lines, &format!("· {note}"), width, s.theme.faint);
    }
    lines
}

fn checked(outcome: &Outcome, s: &Shared, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    match outcome {
        Outcome::Failed(error) => {
            say(&mut lines, &format!("✗ {}: {error}", error.kind.heading()), width, s.theme.bad);
            for hint in &error.hints {
                say(&mut lines, &format!("→ {hint}"), width, s.theme.text);
            }
        }
        Outcome::Found(found) => {
            for (host, validation) in found {
                one(host, validation, s, width, &mut lines);
            }
        }
    }
    lines
}

fn one(host: &str, found: &Validation, s: &Shared, width: usize, lines: &mut Vec<Line<'static>>) {
    let style = s.theme.verdict(found.verdict);
    say(lines, &format!("{} {} at {host}: {}", found.verdict.symbol(), found.verdict, found.reason), width, style);
    if let Some(who) = &found.identity {
        say(lines, &format!("  {} {} ({})", who.account(), who.name, who.kind), width, s.theme.text);
    }
    match found.expiry {
        Expiry::At(at) => {
            let line = format!("  expires {}, {}", time::day(at), time::expires(found.expiry, s.now));
            say(lines, &line, width, s.theme.text);
        }
        Expiry::Never => say(lines, "  never expires", width, s.theme.text),
        Expiry::Unknown => {}
    }
    for (how, names) in grants(found) {
        say(lines, &format!("  may, {how}: {names}"), width, s.theme.text);
    }
    for finding in &found.findings {
        say(lines, &format!("  {}: {}", finding.title, finding.cause), width, s.theme.text);
        say(lines, &format!("  → {}", finding.remedy), width, s.theme.text);
    }
    for evidence in &found.evidence {
        let status = evidence.status.map_or("no answer".to_owned(), |status| status.to_string());
        let line = format!("  {status} {} · {} ms {}", evidence.request, evidence.ms, evidence.detail);
        say(lines, &line, width, s.theme.faint);
    }
}

fn verdict(outcome: &Outcome, label: &str, keeping: bool, s: &Shared, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if keeping {
        lines.push(waiting("putting it on the rack", s));
        return lines;
    }
    let reached = match outcome {
        Outcome::Found(found) => found.iter().all(|(_, v)| v.verdict.is_real()),
        Outcome::Failed(_) => false,
    };
    let (line, style) = match (outcome.accepted(), reached) {
        (true, _) => (format!("It works. Keep it as {label}?"), s.theme.good),
        (false, true) => {
            let line = "It is not accepted. It can be kept all the same, for instance to look into why.";
            (line.to_owned(), s.theme.warn)
        }
        (false, false) => {
            let line = "Nothing was learned about it. Check again, or keep it unchecked and check it later.";
            (line.to_owned(), s.theme.warn)
        }
    };
    say(&mut lines, &line, width, style);
    lines
}
