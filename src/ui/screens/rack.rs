//! The list of credentials, with the one under the cursor beside it where there is room. The lowest layer: it is
//! never closed. Only the rows in sight are built.

use std::collections::HashSet;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::config::{Action, Context};
use crate::domain::{CredentialId, Verdict};

use super::super::layer::{Hints, Pane};
use super::super::overlays::edit::Edit;
use super::super::overlays::forget::Forget;
use super::super::overlays::toast::Level;
use super::super::rows::{Row, Sort};
use super::super::shared::{Cx, Input, Shared};
use super::super::widgets::field::Field;
use super::super::widgets::list::{self, List};
use super::super::widgets::panel;
use super::super::{WIDE, body, check, load, quit, text, time};
use super::add;
use super::detail::{self, Detail};
use super::revoke::Revoke;

/// Where the cursor is, what is selected, what is being typed as filter.
#[derive(Debug, Default)]
pub struct Rack {
    list: List,
    id: Option<CredentialId>,
    generation: u64,
    marked: HashSet<CredentialId>,
    typing: Option<Field>,
    /// The detail pane has the keys.
    beside: bool,
    scroll: usize,
}

impl Rack {
    /// The credential under the cursor.
    #[must_use]
    pub fn id(&self) -> Option<&CredentialId> {
        self.id.as_ref()
    }

    /// The selection in the order shown, hidden ones last; without one, what is under the cursor.
    fn targets(&self, s: &Shared) -> Vec<CredentialId> {
        if self.marked.is_empty() {
            return self.id.iter().cloned().collect();
        }
        let mut ids: Vec<CredentialId> =
            s.rows.shown_from(0).map(|r| &r.credential.id).filter(|id| self.marked.contains(id)).cloned().collect();
        let shown: HashSet<&CredentialId> = ids.iter().collect();
        let mut hidden: Vec<CredentialId> = self.marked.iter().filter(|id| !shown.contains(id)).cloned().collect();
        hidden.sort();
        ids.extend(hidden);
        ids
    }

    fn areas(&self, s: &Shared, area: Rect) -> (Rect, Option<Rect>) {
        if s.size.0 < WIDE || (s.loaded && s.rows.all().is_empty()) {
            return (area, None);
        }
        let width = area.width * 3 / 5;
        (Rect { width, ..area }, Some(Rect { x: area.x + width, width: area.width - width, ..area }))
    }

    fn height(&self, s: &Shared) -> usize {
        usize::from(body(s.size.0, s.size.1).height).saturating_sub(3)
    }

    fn moved(&mut self, s: &Shared) {
        let id = s.rows.shown(self.list.at).map(|r| r.credential.id.clone());
        if id != self.id {
            self.id = id;
            self.scroll = 0;
        }
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) {
        let height = self.height(cx.s);
        if self.beside {
            let len = self.detail_lines(cx.s).len();
            if list::scroll(&mut self.scroll, action, len, height + 1) {
                return;
            }
        }
        if self.list.act(action, cx.s.rows.len(), height) {
            cx.s.jump = None;
            self.moved(cx.s);
            return;
        }
        match action {
            Action::Back => self.back(cx),
            Action::Quit => quit(cx),
            Action::Open => {
                if let Some(id) = self.id.clone() {
                    cx.open(Detail::new(id).into());
                }
            }
            Action::NextPane => self.beside = !self.beside && cx.s.size.0 >= WIDE,
            Action::Filter => {
                self.typing = Some(Field::new(cx.s.rows.filter()));
                self.beside = false;
            }
            Action::Sort => cx.s.rows.sort_next(),
            Action::SortReverse => cx.s.rows.sort_reverse(),
            Action::Mark => self.mark(cx.s),
            Action::MarkAll => self.mark_all(cx.s),
            Action::Check => check::start(cx, self.targets(cx.s), false),
            Action::CheckAll => {
                let ids = cx.s.rows.all().iter().map(|r| r.credential.id.clone()).collect();
                check::start(cx, ids, false);
            }
            Action::CheckHeld => {
                let ids = cx.s.checks.held().to_vec();
                check::start(cx, ids, true);
            }
            Action::Reload => load(cx),
            Action::Add => add::open(None, cx),
            Action::Edit => {
                if let Some(row) = self.id.as_ref().and_then(|id| cx.s.rows.get(id)) {
                    let edit = Edit::new(&row.credential);
                    cx.open(edit.into());
                }
            }
            Action::Revoke => {
                if let Some(revoke) = Revoke::open(&self.targets(cx.s), cx) {
                    cx.open(revoke.into());
                }
            }
            Action::Forget => {
                if let Some(forget) = Forget::new(&self.targets(cx.s), cx.s) {
                    cx.open(forget.into());
                }
            }
            _ => {}
        }
    }

    /// One step back each time: what was typed, what is selected, what runs.
    fn back(&mut self, cx: &mut Cx<'_>) {
        if self.beside {
            self.beside = false;
        } else if !cx.s.rows.filter().is_empty() {
            cx.s.rows.set_filter("");
        } else if !self.marked.is_empty() {
            self.marked.clear();
        } else if cx.s.checks.stoppable() {
            check::stop(cx);
        } else {
            cx.s.toasts.dismiss();
        }
    }

    fn mark(&mut self, s: &Shared) {
        if let Some(id) = self.id.clone() {
            if !self.marked.remove(&id) {
                self.marked.insert(id);
            }
            self.list.act(Action::Down, s.rows.len(), self.height(s));
            self.moved(s);
        }
    }

    fn mark_all(&mut self, s: &Shared) {
        if s.rows.shown_from(0).all(|r| self.marked.contains(&r.credential.id)) {
            for row in s.rows.shown_from(0) {
                self.marked.remove(&row.credential.id);
            }
        } else {
            self.marked.extend(s.rows.shown_from(0).map(|r| r.credential.id.clone()));
        }
    }

    fn type_filter(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        let Some(field) = &mut self.typing else { return };
        match input {
            Input::Action(Action::Submit) => {
                self.typing = None;
                return;
            }
            Input::Action(Action::Back) => {
                self.typing = None;
                cx.s.rows.set_filter("");
                return;
            }
            Input::Action(action) => {
                if !field.act(action) {
                    let height = self.height(cx.s);
                    if self.list.act(action, cx.s.rows.len(), height) {
                        self.moved(cx.s);
                    }
                    return;
                }
            }
            Input::Char(c) => field.push(c),
            Input::Paste(text) => field.paste(text.reveal()),
            Input::Wheel(_) | Input::Click(..) => return self.point(input, cx),
        }
        let text = field.text().to_owned();
        if text != cx.s.rows.filter() {
            cx.s.rows.set_filter(&text);
            // The best match is what one types for.
            self.list = List::default();
            self.generation = cx.s.rows.generation();
            self.moved(cx.s);
        }
    }

    fn point(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        let (table, beside) = self.areas(cx.s, body(cx.s.size.0, cx.s.size.1));
        match input {
            Input::Wheel(down) => {
                let action = if down { Action::Down } else { Action::Up };
                if self.beside {
                    self.act(action, cx);
                } else {
                    let height = self.height(cx.s);
                    self.list.wheel(down, cx.s.rows.len(), height);
                    self.moved(cx.s);
                }
            }
            Input::Click(x, y) => {
                if beside.is_some_and(|b| b.contains((x, y).into())) {
                    self.beside = true;
                    return;
                }
                self.beside = false;
                let first = table.y + 2;
                if y < first || y >= table.bottom() - 1 {
                    return;
                }
                let at = self.list.top + usize::from(y - first);
                if at < cx.s.rows.len() {
                    let again = at == self.list.at;
                    self.list.at = at;
                    self.moved(cx.s);
                    if again && self.typing.is_none() {
                        self.act(Action::Open, cx);
                    }
                }
            }
            _ => {}
        }
    }

    fn detail_lines(&self, s: &Shared) -> Vec<Line<'static>> {
        let area = self.areas(s, body(s.size.0, s.size.1)).1;
        match (self.id.as_ref().and_then(|id| s.rows.get(id)), area) {
            (Some(row), Some(area)) => detail::lines(row, s, usize::from(area.width).saturating_sub(4)),
            _ => Vec::new(),
        }
    }

    fn title(&self, s: &Shared) -> String {
        let mut title = "Rack".to_owned();
        if !s.rows.filter().is_empty() || self.typing.is_some() {
            let cursor = if self.typing.is_some() { "▏" } else { "" };
            title += &format!(" ─ /{}{cursor} ─ {} of {}", s.rows.filter(), s.rows.len(), s.rows.all().len());
        }
        if !self.marked.is_empty() {
            let hidden = self.marked.iter().filter(|id| !self.is_shown(s, id)).count();
            title += &format!(" ─ {} selected", self.marked.len());
            if hidden > 0 {
                title += &format!(" ({hidden} hidden)");
            }
        }
        title
    }

    /// Counting the hidden ones looks through all rows, so it is left at that for few selected ones.
    fn is_shown(&self, s: &Shared, id: &CredentialId) -> bool {
        s.rows.filter().is_empty() || self.marked.len() > 200 || s.rows.place(id).is_some()
    }

    fn table(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
        let inner = panel::pane(frame, area, &self.title(s), !self.beside, &s.theme);
        let columns = Columns::new(usize::from(inner.width));
        let rows = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
        frame.render_widget(columns.heading(s), Rect { height: 1, ..inner });
        for ((at, row), y) in s.rows.shown_from(self.list.top).enumerate().zip(rows.top()..rows.bottom()) {
            let cursor = self.list.top + at == self.list.at;
            let marked = self.marked.contains(&row.credential.id);
            let place = Rect { y, height: 1, ..rows };
            if cursor {
                frame.buffer_mut().set_style(place, s.theme.cursor);
            }
            frame.render_widget(columns.row(row, cursor, marked, s), place);
        }
        if s.rows.is_empty() {
            let (what, key) = if s.loaded {
                (format!("Nothing matches /{}.", s.rows.filter()), " clears the filter")
            } else {
                ("Reading the rack …".to_owned(), "")
            };
            let mut lines = vec![Line::styled(text::cut(&what, usize::from(rows.width)), s.theme.text)];
            if !key.is_empty() {
                let esc = s.key(&self.contexts(s), Action::Back);
                lines.push(Line::from(vec![Span::styled(esc, s.theme.key), Span::styled(key, s.theme.faint)]));
            }
            panel::lines(frame, Rect { y: rows.y + 1, height: rows.height.saturating_sub(1), ..rows }, lines);
        }
    }

    fn welcome(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
        let inner = panel::pane(frame, area, "Rack", true, &s.theme);
        let contexts = self.contexts(s);
        let key = |action| Span::styled(format!("{:>8}  ", s.key(&contexts, action)), s.theme.key);
        let say = |text: &'static str| Span::styled(text, s.theme.text);
        let lines = vec![
            Line::styled("The rack is empty.", s.theme.title),
            Line::default(),
            Line::from(vec![key(Action::Add), say("add a token: paste it, and keyrack says what it is")]),
            Line::from(vec![key(Action::Hosts), say("see and add hosts")]),
            Line::from(vec![key(Action::Help), say("every key")]),
            Line::from(vec![key(Action::Quit), say("quit")]),
            Line::default(),
            Line::styled("Pasting a token right here works too.", s.theme.faint),
            Line::styled("To look around first without any account: keyrack demo", s.theme.faint),
        ];
        let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        panel::lines(frame, panel::middle(inner, 62, height), lines);
    }
}

impl Pane for Rack {
    fn contexts(&self, _s: &Shared) -> Vec<Context> {
        match self.typing {
            Some(_) => vec![Context::Prompt, Context::Text, Context::Global],
            None => vec![Context::Rack, Context::List, Context::Screen, Context::Global],
        }
    }

    fn hints(&self, s: &Shared) -> Hints {
        if self.typing.is_some() {
            return vec![
                (Action::Submit, "keep filter"),
                (Action::Down, ""),
                (Action::Up, ""),
                (Action::Back, "clear"),
            ];
        }
        let mut hints = Hints::new();
        if self.beside {
            hints.push((Action::Back, "to the list"));
        } else if !s.rows.filter().is_empty() {
            hints.push((Action::Back, "clear filter"));
        } else if !self.marked.is_empty() {
            hints.push((Action::Back, "unselect"));
        } else if s.checks.stoppable() {
            hints.push((Action::Back, "stop checking"));
        }
        if !s.checks.held().is_empty() {
            hints.push((Action::CheckHeld, ""));
        }
        hints.extend(
            [
                Action::Add,
                Action::Check,
                Action::CheckAll,
                Action::Edit,
                Action::Revoke,
                Action::Filter,
                Action::Sort,
                Action::Mark,
                Action::Palette,
                Action::Hosts,
                Action::Quit,
                Action::Help,
            ]
            .map(|a| (a, "")),
        );
        hints
    }

    fn enabled(&self, action: Action, s: &Shared) -> bool {
        match action {
            Action::Open | Action::Edit | Action::Check | Action::Revoke | Action::Forget | Action::Mark => {
                self.id.is_some()
            }
            Action::CheckAll | Action::Filter | Action::Sort | Action::SortReverse | Action::MarkAll => {
                !s.rows.all().is_empty()
            }
            Action::CheckHeld => !s.checks.held().is_empty(),
            Action::Stop => s.checks.stoppable(),
            Action::NextPane => s.size.0 >= WIDE,
            _ => true,
        }
    }

    fn input(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        match input {
            _ if self.typing.is_some() => self.type_filter(input, cx),
            Input::Action(action) if self.enabled(action, cx.s) => self.act(action, cx),
            Input::Action(_) => cx.say(Level::Info, "there is nothing to do that with"),
            Input::Wheel(_) | Input::Click(..) => self.point(input, cx),
            // Nothing here takes text, so a paste can only be a token to add.
            Input::Paste(text) => add::open(Some(text), cx),
            Input::Char(_) => {}
        }
    }

    fn settle(&mut self, s: &mut Shared) {
        let jump = s.jump.as_ref().and_then(|id| s.rows.place(id));
        if let Some(at) = jump {
            self.list.at = at;
            s.jump = None;
        } else if self.generation != s.rows.generation() {
            // Rows changed places: the cursor stays on its credential.
            if let Some(at) = self.id.as_ref().and_then(|id| s.rows.place(id)) {
                self.list.at = at;
            }
        }
        if self.generation != s.rows.generation() {
            self.generation = s.rows.generation();
            self.marked.retain(|id| s.rows.get(id).is_some());
        }
        let height = self.height(s);
        self.list.fit(s.rows.len(), height);
        self.moved(s);
        self.beside &= s.size.0 >= WIDE;
    }

    fn full_screen(&self) -> bool {
        true
    }

    fn view(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
        if s.loaded && s.rows.all().is_empty() {
            return self.welcome(s, frame, area);
        }
        let (table, beside) = self.areas(s, area);
        self.table(s, frame, table);
        if let Some(area) = beside {
            let row = self.id.as_ref().and_then(|id| s.rows.get(id));
            let title = row.map_or("Nothing selected", |r| r.credential.label.as_str());
            let inner = panel::pane(frame, area, title, self.beside, &s.theme);
            panel::scrolled(frame, inner, self.detail_lines(s), self.scroll, &s.theme);
        }
    }
}

/// How wide the columns are.
struct Columns {
    label: usize,
    host: usize,
    account: usize,
}

const EXPIRES: usize = 9;
const CHECKED: usize = 8;

impl Columns {
    fn new(width: usize) -> Self {
        let rest = width.saturating_sub(4 + EXPIRES + CHECKED + 4);
        let label = rest * 38 / 100;
        let host = rest * 34 / 100;
        Self { label, host, account: rest - label - host }
    }

    fn heading(&self, s: &Shared) -> Line<'static> {
        let arrow = |sort: Sort| match s.rows.sorted_by() {
            Some((by, reversed)) if by == sort => {
                if reversed {
                    "↑"
                } else {
                    "↓"
                }
            }
            _ => "",
        };
        let name = |word: &str, sort, width| text::pad(&format!("{word}{}", arrow(sort)), width);
        let line = format!(
            "{} {} {} {} {} {}",
            text::pad(&format!("  {}", arrow(Sort::Verdict)), 3),
            name("LABEL", Sort::Label, self.label),
            name("HOST", Sort::Host, self.host),
            name("ACCOUNT", Sort::Account, self.account),
            name("EXPIRES", Sort::Expires, EXPIRES),
            name("CHECKED", Sort::Checked, CHECKED)
        );
        Line::styled(line, s.theme.faint)
    }

    fn row(&self, row: &Row, cursor: bool, marked: bool, s: &Shared) -> Line<'static> {
        let theme = &s.theme;
        let retired = row.retired();
        let plain = if retired { theme.faint } else { theme.text };
        let verdict = if retired { theme.faint } else { theme.verdict(row.verdict) };
        let account = if row.account.is_empty() { "-" } else { &row.account };
        let expires = if retired { "retired".to_owned() } else { time::expires(row.credential.expiry, s.now) };
        let expires_style = match row.verdict {
            _ if retired => theme.faint,
            Verdict::Expiring => theme.warn,
            _ if expires == "expired" => theme.bad,
            _ => plain,
        };
        let mut spans = vec![
            Span::styled(if cursor { "▸" } else { " " }, theme.key),
            Span::styled(if marked { "✓" } else { " " }, theme.marked),
            Span::styled(format!("{} ", row.verdict.symbol()), verdict),
            Span::styled(text::pad(&row.credential.label, self.label), plain),
            Span::styled(format!(" {} ", text::pad(&row.hosts, self.host)), theme.faint),
            Span::styled(text::pad(account, self.account), plain),
            Span::styled(format!(" {} ", text::pad(&expires, EXPIRES)), expires_style),
        ];
        match row.last_real {
            // What was last known of the token itself, since the newest check says nothing of it.
            Some((real, at)) => {
                spans.push(Span::styled(format!("{} ", real.symbol()), theme.verdict(real)));
                spans.push(Span::styled(text::pad(&time::ago(at, s.now), CHECKED - 2), theme.faint));
            }
            None => {
                let checked = row.checked_at.map_or("never".to_owned(), |at| time::ago(at, s.now));
                spans.push(Span::styled(text::pad(&checked, CHECKED), theme.faint));
            }
        }
        Line::from(spans)
    }
}
