//! How a diagnosis looks: the outcome in a line, the stages, and everything about the one under the cursor.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use crate::config::{Action, Context, Theme};
use crate::domain::{Evidence, Finding, Stage, StageReport, StageState};

use super::super::super::shared::Shared;
use super::super::super::size::{WIDE, body};
use super::super::super::widgets::{bar, panel};
use super::super::super::{outcome, text, time};
use super::tab::Tab;
use super::{Diagnose, Run, command};

/// Rows that what is said of a stage has at least, frame left out.
const ABOUT: u16 = 3;
/// Rows of the stages while they do not have the keys and there is no room beside.
const ASIDE: u16 = 3;

/// Where things are drawn.
pub(super) struct Areas {
    /// Frame of the outcome, where it has one of its own.
    top: Option<Rect>,
    /// Frame of the stages.
    stages: Rect,
    /// Frame of what is said of the stage under the cursor.
    pub(super) pane: Rect,
    /// Hosts and outcome.
    head: Rect,
    /// A stage a row.
    pub(super) rows: Rect,
    /// What is said.
    pub(super) about: Rect,
}

fn inner(area: Rect) -> Rect {
    Rect { x: area.x + 2, y: area.y + 1, width: area.width.saturating_sub(4), height: area.height.saturating_sub(2) }
}

pub(super) fn areas(diagnose: &Diagnose, s: &Shared) -> Areas {
    let all = body(s.size.0, s.size.1);
    let tabs = u16::from(diagnose.tabs.len() > 1);
    let stages = u16::try_from(Stage::ALL.len()).unwrap_or(u16::MAX);
    if s.size.0 >= WIDE {
        let top = Rect { height: (4 + tabs).min(all.height), ..all };
        let below = Rect { y: top.bottom(), height: all.height - top.height, ..all };
        let width = (below.width * 45 / 100).clamp(48, 70);
        let left = Rect { width, ..below };
        let pane = Rect { x: below.x + width, width: below.width - width, ..below };
        return Areas { top: Some(top), stages: left, pane, head: inner(top), rows: inner(left), about: inner(pane) };
    }
    let head = 1 + tabs;
    let room = all.height.saturating_sub(head + 2 + ABOUT + 2);
    let rows = if diagnose.pane { ASIDE.min(room) } else { stages.min(room) }.max(1);
    let upper = Rect { height: (rows + head + 2).min(all.height), ..all };
    let pane = Rect { y: upper.bottom(), height: all.height - upper.height, ..all };
    let within = inner(upper);
    let head = Rect { height: head.min(within.height), ..within };
    let rows = Rect { y: head.bottom(), height: within.height - head.height, ..within };
    Areas { top: None, stages: upper, pane, head, rows, about: inner(pane) }
}

pub(super) fn view(diagnose: &Diagnose, s: &Shared, frame: &mut Frame<'_>, _area: Rect) {
    let Some(tab) = diagnose.tab() else { return };
    let areas = areas(diagnose, s);
    let title = format!("Diagnose {} at {}", diagnose.patient.name, tab.found.subject.host);
    let verdict = tab.found.verdict();
    let told = matches!(diagnose.run, Run::Over(_)) && tab.state() != StageState::Running;
    match areas.top {
        Some(top) => {
            panel::pane(frame, top, &title, false, &s.theme);
            panel::pane(frame, areas.stages, "Stages", !diagnose.pane, &s.theme);
        }
        None if told => {
            let title = format!("{title} ─ {} {verdict}", verdict.symbol());
            panel::pane(frame, areas.stages, &title, !diagnose.pane, &s.theme);
        }
        None => {
            panel::pane(frame, areas.stages, &title, !diagnose.pane, &s.theme);
        }
    }
    let width = usize::from(areas.head.width);
    let mut lines = Vec::new();
    if diagnose.tabs.len() > 1 {
        lines.push(hosts(diagnose, s, width));
    }
    let (heading, style) = heading(diagnose, tab, s);
    lines.push(Line::styled(text::cut(&heading, width), style));
    if areas.top.is_some() {
        lines.push(if told {
            let at = time::minute(tab.found.started_at, &s.zone);
            let text = format!("verdict: {} {verdict} · looked at {at}, in {}", verdict.symbol(), took(tab.found.ms));
            Line::styled(text::cut(&text, width), s.theme.verdict(verdict))
        } else {
            Line::styled(text::cut(diagnose.patient.promise(), width), s.theme.faint)
        });
    }
    panel::lines(frame, areas.head, lines);
    stages(tab, s, frame, areas.rows);
    let name = tab.stage().map_or(String::new(), |r| {
        format!("{} {}: {}", r.state.symbol(), r.stage.title(), r.state.slug().replace('-', " "))
    });
    panel::pane(frame, areas.pane, &name, diagnose.pane, &s.theme);
    let lines = about(diagnose, s, usize::from(areas.about.width));
    panel::scrolled(frame, areas.about, lines, tab.top, &s.theme);
}

/// The hosts with how each stands; the one looked at in brackets.
fn hosts(diagnose: &Diagnose, s: &Shared, width: usize) -> Line<'static> {
    let room = (width / diagnose.tabs.len()).saturating_sub(5).max(4);
    let mut spans = Vec::new();
    for (at, tab) in diagnose.tabs.iter().enumerate() {
        let state = tab.state();
        let name = text::cut(&diagnose.patient.tab(at, tab), room);
        let (open, close, style) =
            if at == diagnose.at { ("[", "]", s.theme.title) } else { (" ", " ", s.theme.faint) };
        spans.push(Span::styled(open, s.theme.key));
        spans.push(Span::styled(format!("{} ", sign(state, s)), outcome::stage(state, &s.theme)));
        spans.push(Span::styled(name, style));
        spans.push(Span::styled(format!("{close} "), s.theme.key));
    }
    Line::from(spans)
}

/// The outcome in one sentence.
fn heading(diagnose: &Diagnose, tab: &Tab, s: &Shared) -> (String, Style) {
    let theme = &s.theme;
    if let Run::Over(Some(error)) = &diagnose.run {
        return (format!("✗ could not be looked at: {error}"), theme.bad);
    }
    let decides = tab.found.decides().map(|d| (d.stage.title(), d.summary.as_str()));
    let state = tab.state();
    let line = match (state, decides) {
        (StageState::Running, _) if matches!(diagnose.run, Run::Looking { stopping: true, .. }) => {
            format!("{} stopping; what was found stays", bar::spinner(s.now))
        }
        (StageState::Running, _) => {
            let running = tab.found.stages.iter().filter(|r| r.state == StageState::Running);
            let names: Vec<&str> = running.map(|r| r.stage.title()).collect();
            let done = tab.found.stages.iter().filter(|r| r.state.is_settled()).count();
            let all = Stage::ALL.len();
            let what =
                if names.is_empty() { "beginning".to_owned() } else { format!("looking at {}", names.join(", ")) };
            format!("{} {done} of {all} stages done · {what}", bar::spinner(s.now))
        }
        (StageState::Failed, Some((stage, summary))) => {
            let stopped = tab.found.stages.iter().any(|r| r.state == StageState::Cancelled);
            let so_far = if stopped { " so far" } else { "" };
            format!("{} {stage} decides{so_far}: {summary}", state.symbol())
        }
        (StageState::Cancelled, _) => {
            format!("{} stopped: in what was looked at nothing stands in the way", state.symbol())
        }
        (StageState::Warned, Some((stage, summary))) => {
            format!("{} nothing stands in the way; worth knowing: {stage}: {summary}", state.symbol())
        }
        _ => format!("{} nothing stands in the way", state.symbol()),
    };
    (line, outcome::stage(state, theme))
}

/// The sign of a state; what runs turns.
fn sign(state: StageState, s: &Shared) -> &'static str {
    if state == StageState::Running { bar::spinner(s.now) } else { state.symbol() }
}

/// A time for people.
fn took(ms: u64) -> String {
    match ms {
        0..10_000 => format!("{ms} ms"),
        _ => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
    }
}

fn stages(tab: &Tab, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
    let rest = usize::from(area.width).saturating_sub(4 + 15 + 9 + 1);
    for ((at, report), y) in tab.found.stages.iter().enumerate().skip(tab.list.top).zip(area.top()..area.bottom()) {
        let cursor = at == tab.list.at;
        let place = Rect { y, height: 1, ..area };
        if cursor {
            frame.buffer_mut().set_style(place, s.theme.cursor);
        }
        let style = outcome::stage(report.state, &s.theme);
        let ms = if report.ms == 0 { String::new() } else { took(report.ms) };
        let (summary, plain) = match report.state {
            StageState::Waiting => (String::new(), s.theme.faint),
            state if report.summary.is_empty() => (state.slug().replace('-', " "), s.theme.faint),
            StageState::Skipped => (report.summary.clone(), s.theme.faint),
            _ => (report.summary.clone(), s.theme.text),
        };
        let line = Line::from(vec![
            Span::styled(if cursor { "▸ " } else { "  " }, s.theme.key),
            Span::styled(format!("{} ", sign(report.state, s)), style),
            Span::styled(text::pad(report.stage.title(), 15), style),
            Span::styled(format!("{ms:>9} "), s.theme.faint),
            Span::styled(text::cut(&summary, rest), plain),
        ]);
        frame.render_widget(line, place);
    }
}

struct Page<'a> {
    lines: Vec<Line<'static>>,
    width: usize,
    theme: &'a Theme,
}

impl Page<'_> {
    fn say(&mut self, what: &str, style: Style) {
        self.lines.extend(text::wrap(what, self.width).into_iter().map(|l| Line::styled(l, style)));
    }

    fn heading(&mut self, word: &str) {
        self.lines.push(Line::default());
        self.say(word, self.theme.title);
    }

    /// Words behind a caption, aligned where they take several lines.
    fn captioned(&mut self, caption: &str, column: usize, value: &str, style: Style) {
        let mut caption = text::pad(caption, column);
        for line in text::wrap(value, self.width.saturating_sub(column)) {
            self.lines.push(Line::from(vec![
                Span::styled(std::mem::replace(&mut caption, " ".repeat(column)), self.theme.faint),
                Span::styled(line, style),
            ]));
        }
    }

    fn finding(&mut self, finding: &Finding, keys: &Keys) {
        const COLUMN: usize = 12;
        let theme = self.theme;
        for (caption, text, style) in [("Why", &finding.cause, theme.text), ("What to do", &finding.remedy, theme.text)]
        {
            if !text.is_empty() {
                self.captioned(caption, COLUMN, text, style);
            }
        }
        if let Some(command) = &keys.command {
            self.captioned(&keys.copies, COLUMN, command, theme.key);
        }
        if !finding.link.is_empty() {
            self.captioned(&keys.opens, COLUMN, &finding.link, theme.info);
        }
    }

    fn evidence(&mut self, evidence: &Evidence) {
        let status = evidence.status.map_or("no answer".to_owned(), |status| status.to_string());
        self.say(&format!("{status} {} · {}", evidence.request, took(evidence.ms)), self.theme.text);
        if !evidence.detail.is_empty() {
            self.say(&format!("  {}", evidence.detail), self.theme.faint);
        }
    }
}

/// What stands beside the command and the page of a finding.
struct Keys {
    command: Option<String>,
    copies: String,
    opens: String,
}

/// Everything about the stage under the cursor, `width` columns wide.
pub(super) fn about(diagnose: &Diagnose, s: &Shared, width: usize) -> Vec<Line<'static>> {
    let mut page = Page { lines: Vec::new(), width, theme: &s.theme };
    let Some((tab, report)) = diagnose.tab().and_then(|t| t.stage().map(|r| (t, r))) else { return page.lines };
    page.say(&said(tab, report), outcome::stage(report.state, &s.theme));
    let (mut command, mut link) = (tab.command(), tab.page());
    let key = |action, word: &str| format!("{} {word}", s.key(&[Context::Diagnose], action)).trim().to_owned();
    for (at, finding) in report.findings.iter().enumerate() {
        // Stages that found one thing are summed up by its title.
        if at > 0 || !report.summary.ends_with(&finding.title) {
            page.heading(&finding.title);
        }
        // The keys act on the first of each; the others are there to be read.
        let mine = command.take_if(|c| command::of(&finding.remedy, &tab.found.subject).as_ref() == Some(c));
        let opens = match link.take_if(|l| *l == finding.link) {
            Some(_) => key(Action::Page, "opens"),
            None => "See".to_owned(),
        };
        page.finding(finding, &Keys { command: mine, copies: key(Action::CopyCommand, "copies"), opens });
    }
    if !report.facts.is_empty() {
        if !report.findings.is_empty() {
            page.heading("What was seen");
        }
        let longest = report.facts.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
        let column = longest.clamp(6, (width / 3).clamp(6, 24)) + 2;
        for (name, value) in &report.facts {
            page.captioned(name, column, value, s.theme.text);
        }
    }
    if !report.evidence.is_empty() {
        page.heading("Evidence");
        report.evidence.iter().for_each(|e| page.evidence(e));
    }
    page.lines
}

/// The stage in one sentence.
fn said(tab: &Tab, report: &StageReport) -> String {
    if !report.summary.is_empty() {
        return report.summary.clone();
    }
    match report.state {
        StageState::Waiting => "its turn has not come".to_owned(),
        StageState::Running => "under way".to_owned(),
        StageState::NotReached => match tab.found.decides().filter(|d| d.state == StageState::Failed) {
            Some(failed) => format!("not looked at: {} stands in the way", failed.stage.title()),
            None => "not looked at".to_owned(),
        },
        StageState::Cancelled => "stopped before it was through".to_owned(),
        state => state.slug().replace('-', " "),
    }
}
