//! The audit log: who did what, when, at which host, and how it ended.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::config::{Action, Context, Theme};
use crate::domain::AuditEntry;

use super::super::effect::{Effect, LogFx};
use super::super::layer::{Hints, Pane};
use super::super::msg::{JobId, LogMsg};
use super::super::shared::{Cx, Input, Shared};
use super::super::size::body;
use super::super::widgets::list::List;
use super::super::widgets::panel;
use super::super::{text, time};

/// How many entries are read.
const LIMIT: usize = 5_000;
/// Rows at the bottom for the entry under the cursor.
const BELOW: u16 = 4;

/// The entries read, newest first.
#[derive(Debug)]
pub struct Log {
    reading: Option<JobId>,
    entries: Vec<AuditEntry>,
    list: List,
}

impl Log {
    /// Opens and asks for the entries.
    pub fn open(cx: &mut Cx<'_>) -> Self {
        let job = cx.s.jobs.begin("reading the log");
        cx.emit(Effect::Log(LogFx::Load { job, limit: LIMIT }));
        Self { reading: Some(job), entries: Vec::new(), list: List::default() }
    }

    /// Takes in what was read.
    pub fn on(&mut self, msg: &LogMsg, cx: &mut Cx<'_>) {
        let LogMsg::Loaded { job, result } = msg;
        if self.reading != Some(*job) {
            return;
        }
        self.reading = None;
        match result {
            Ok(entries) => self.entries.clone_from(entries),
            Err(error) => cx.fail(error),
        }
    }

    fn height(s: &Shared) -> usize {
        usize::from(body(s.size.0, s.size.1).height.saturating_sub(BELOW + 3))
    }
}

fn outcome(entry: &AuditEntry, theme: &Theme) -> (&'static str, Style) {
    match entry.outcome.as_str() {
        "done" => ("✓", theme.good),
        "unknown" => ("?", theme.warn),
        _ => ("✗", theme.bad),
    }
}

impl Pane for Log {
    fn contexts(&self, _s: &Shared) -> Vec<Context> {
        vec![Context::Guide, Context::List, Context::Screen, Context::Global]
    }

    fn hints(&self, _s: &Shared) -> Hints {
        vec![(Action::Back, ""), (Action::Down, ""), (Action::Up, ""), (Action::Top, ""), (Action::Help, "")]
    }

    fn enabled(&self, action: Action, _s: &Shared) -> bool {
        !matches!(action, Action::Page | Action::Verify | Action::Log)
    }

    fn input(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        let height = Self::height(cx.s);
        match input {
            Input::Action(Action::Back) => cx.back(),
            Input::Action(action) => {
                self.list.act(action, self.entries.len(), height);
            }
            Input::Wheel(down) => self.list.wheel(down, self.entries.len(), height),
            Input::Click(_, y) => {
                let at = self.list.top + usize::from(y.saturating_sub(3));
                if y >= 3 && usize::from(y - 3) < height && at < self.entries.len() {
                    self.list.at = at;
                }
            }
            _ => {}
        }
    }

    fn settle(&mut self, s: &mut Shared) {
        self.list.fit(self.entries.len(), Self::height(s));
    }

    fn full_screen(&self) -> bool {
        true
    }

    fn view(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
        let upper = Rect { height: area.height.saturating_sub(BELOW), ..area };
        let inner = panel::pane(frame, upper, "Log", true, &s.theme);
        let rest = usize::from(inner.width).saturating_sub(36);
        let (label, host) = (rest / 2, rest - rest / 2);
        let cells = |sign: &str, when: &str, verb: &str, l: &str, h: &str| {
            format!("{sign} {when:16} {} {} {}", text::pad(verb, 13), text::pad(l, label), text::pad(h, host))
        };
        let heading = Line::styled(cells("   ", "WHEN", "WHAT", "CREDENTIAL", "HOST"), s.theme.faint);
        panel::lines(frame, Rect { height: 1, ..inner }, [heading]);
        let rows = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
        if self.entries.is_empty() {
            let what = if self.reading.is_some() { "reading the log …" } else { "nothing has been done yet" };
            panel::lines(frame, rows, [Line::styled(what, s.theme.faint)]);
        }
        for ((at, entry), y) in self.entries.iter().enumerate().skip(self.list.top).zip(rows.top()..rows.bottom()) {
            let cursor = at == self.list.at;
            let place = Rect { y, height: 1, ..rows };
            if cursor {
                frame.buffer_mut().set_style(place, s.theme.cursor);
            }
            let (sign, style) = outcome(entry, &s.theme);
            let when = time::minute(entry.at, &s.zone);
            let line = Line::from(vec![
                Span::styled(if cursor { "▸" } else { " " }, s.theme.key),
                Span::styled(sign, style),
                Span::styled(cells(" ", &when, &entry.verb, &entry.label, &entry.host), s.theme.text),
            ]);
            frame.render_widget(line, place);
        }
        let lower = Rect { y: upper.bottom(), height: area.height - upper.height, ..area };
        let inner = panel::pane(frame, lower, "Entry", false, &s.theme);
        if let Some(entry) = self.entries.get(self.list.at) {
            let line = format!("{} by {}: {}", entry.outcome, entry.user, entry.detail);
            let (_, style) = outcome(entry, &s.theme);
            let lines = text::wrap(&line, usize::from(inner.width)).into_iter().map(|l| Line::styled(l, style));
            panel::lines(frame, inner, lines);
        }
    }
}
