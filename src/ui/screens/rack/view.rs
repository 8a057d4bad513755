//! How the rack looks: the table, the credential beside it, and what is said where there is nothing to show.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::config::Action;

use super::super::super::layer::Pane as _;
use super::super::super::shared::Shared;
use super::super::super::text;
use super::super::super::widgets::panel;
use super::Rack;
use super::columns::Columns;

pub(super) fn view(rack: &Rack, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
    rack.draw(s, frame, area);
}

impl Rack {
    fn title(&self, s: &Shared) -> String {
        let mut title = "Rack".to_owned();
        if !s.rows.filter().is_empty() || self.typing.is_some() {
            let cursor = if self.typing.is_some() { "▏" } else { "" };
            title += &format!(" ─ /{}{cursor} ─ {} of {}", s.rows.filter(), s.rows.len(), s.rows.all().len());
        }
        if !self.marked.is_empty() {
            title += &format!(" ─ {} selected", self.marked.len());
            if self.marked.hidden() > 0 {
                title += &format!(" ({} hidden)", self.marked.hidden());
            }
        }
        title
    }

    fn table(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
        let inner = panel::pane(frame, area, &self.title(s), !self.beside, &s.theme);
        let columns = Columns::new(usize::from(inner.width));
        let rows = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
        frame.render_widget(columns.heading(s), Rect { height: 1, ..inner });
        for ((at, row), y) in s.rows.shown_from(self.list.top).enumerate().zip(rows.top()..rows.bottom()) {
            let cursor = self.list.top + at == self.list.at;
            let marked = self.marked.has(&row.credential.id);
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
            Line::from(vec![key(Action::DiagnoseOther), say("find out why a token fails, without keeping it")]),
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

    fn draw(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
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
