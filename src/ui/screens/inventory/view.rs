//! How a host's list looks: a table, what is missing from it, and the line under the cursor in full.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::config::Theme;
use crate::domain::{Absent, InventoryLine, RemoteState};

use super::super::super::shared::Shared;
use super::super::super::size::{self, body};
use super::super::super::text::{self, count};
use super::super::super::widgets::{bar, panel};
use super::super::super::{outcome, time};
use super::{Inventory, Purpose, Stage};

/// Rows at the bottom for the line under the cursor.
const BELOW: u16 = 9;

/// Rows that the form has at least.
const FORM: u16 = 4;

/// Rows of the table.
pub(super) fn height(s: &Shared) -> usize {
    let all = body(s.size.0, s.size.1).height;
    usize::from(all.saturating_sub(size::below(all, BELOW) + 4))
}

pub(super) fn view(inventory: &Inventory, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
    let of = inventory.report.as_ref().filter(|r| !r.of.is_empty()).map_or_else(String::new, |r| format!(": {}", r.of));
    let title = format!("Tokens at {}{of}", inventory.host.name);
    match &inventory.stage {
        Stage::Asking { form, purpose } => {
            let inner = panel::pane(frame, area, &title, true, &s.theme);
            let lines = asking(purpose, s, usize::from(inner.width));
            let below = panel::asked(frame, inner, lines, FORM, 0, "", &s.theme);
            form.view(frame, below, &s.theme);
        }
        Stage::Reading(_) => {
            let inner = panel::pane(frame, area, &title, true, &s.theme);
            let line = format!("{} reading the host's own list; no token is checked by that", bar::spinner(s.now));
            panel::lines(frame, inner, [Line::styled(line, s.theme.info)]);
        }
        Stage::Shown | Stage::Revoking { .. } => {
            let upper = Rect { height: area.height - size::below(area.height, BELOW), ..area };
            table(inventory, &title, s, frame, upper);
            let lower = Rect { y: upper.bottom(), height: area.height - upper.height, ..area };
            below(inventory, s, frame, lower);
        }
    }
}

fn asking(purpose: &Purpose, s: &Shared, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut say = |text: &str, style: Style| {
        lines.extend(text::wrap(text, width).into_iter().map(|l| Line::styled(l, style)));
    };
    match purpose {
        Purpose::Read => say(
            "The host shows its list to a token or account that may read it. Where an account has to sign, its password is \
             used for this once. Reading checks no token, so \"last used\" stays as it is.",
            s.theme.text,
        ),
        Purpose::Revoke { lines, phrase } => {
            for line in lines.iter().take(6) {
                let known =
                    line.on_rack.as_ref().map_or("a stranger".to_owned(), |r| format!("{} on the rack", r.label));
                say(&format!("{} ({known}), of {}", name(line), line.token.owner), s.theme.title);
            }
            if lines.len() > 6 {
                say(&format!("and {} more", lines.len() - 6), s.theme.title);
            }
            say("What is revoked stays dead; whatever uses it stops working.", s.theme.warn);
            say(&format!("To go on, type: {phrase}"), s.theme.title);
        }
    }
    lines.push(Line::default());
    lines
}

fn table(inventory: &Inventory, title: &str, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
    let inner = panel::pane(frame, area, title, true, &s.theme);
    let Some(report) = &inventory.report else { return };
    let strangers = report.lines.iter().filter(|l| l.on_rack.is_none()).count();
    let gone = report.absent.iter().filter(|a| a.gone).count();
    let mut head = format!("{}, {strangers} on no rack of yours", count(report.lines.len(), "token"));
    if gone > 0 {
        head.push_str(&format!(", {gone} of the rack gone there"));
    }
    if !inventory.marked.is_empty() {
        head.push_str(&format!(", {} selected", inventory.marked.len()));
    }
    let first = match &inventory.stage {
        Stage::Revoking { total, stopping, .. } => {
            let word = if *stopping { "stopping after those already sent" } else { "revoking" };
            format!("{} {word} {}/{total}", bar::spinner(s.now), inventory.results.len().min(*total))
        }
        _ => head,
    };
    let width = usize::from(inner.width);
    let columns = Columns::of(width);
    panel::lines(
        frame,
        inner,
        [Line::styled(text::cut(&first, width), s.theme.info), Line::styled(columns.head(), s.theme.faint)],
    );
    let rows = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
    for (at, y) in (inventory.list.top..inventory.len()).zip(rows.top()..rows.bottom()) {
        let cursor = at == inventory.list.at;
        let place = Rect { y, height: 1, ..rows };
        if cursor {
            frame.buffer_mut().set_style(place, s.theme.cursor);
        }
        let (sign, style, cells) = match report.lines.get(at) {
            Some(line) => row(inventory, line, &columns, s),
            None => absent(&report.absent[at - report.lines.len()], &columns, &s.theme),
        };
        let marked = report.lines.get(at).is_some_and(|l| inventory.marked.contains(&l.token.id));
        let line = Line::from(vec![
            Span::styled(if cursor { "▸" } else { " " }, s.theme.key),
            Span::styled(if marked { "+" } else { " " }, s.theme.key),
            Span::styled(format!("{sign} "), style),
            Span::styled(cells, s.theme.text),
        ]);
        frame.render_widget(line, place);
    }
}

struct Columns {
    name: usize,
    rack: usize,
    owner: usize,
}

impl Columns {
    fn of(width: usize) -> Self {
        let rest = width.saturating_sub(4 + 3 + 22);
        Self { name: rest * 40 / 100, rack: rest * 34 / 100, owner: rest - rest * 40 / 100 - rest * 34 / 100 }
    }

    fn cells(&self, name: &str, rack: &str, owner: &str, used: &str, ends: &str) -> String {
        let (name, rack, owner) =
            (text::pad(name, self.name), text::pad(rack, self.rack), text::pad(owner, self.owner));
        format!("{name} {rack} {owner} {} {}", text::pad(used, 10), text::pad(ends, 10))
    }

    fn head(&self) -> String {
        format!("    {}", self.cells("NAME", "ON THE RACK", "OWNER", "LAST USED", "ENDS"))
    }
}

fn row(inventory: &Inventory, line: &InventoryLine, columns: &Columns, s: &Shared) -> (&'static str, Style, String) {
    let (sign, style) = match (inventory.results.get(&line.token.id), line.token.state) {
        (Some(result), _) => {
            let (sign, _, style) = outcome::revoked(result.end, &s.theme);
            (sign, style)
        }
        (None, RemoteState::Active) if line.on_rack.is_none() => ("!", s.theme.warn),
        (None, RemoteState::Active) => ("●", s.theme.good),
        (None, RemoteState::Inactive) => ("■", s.theme.faint),
        (None, RemoteState::Expired) => ("✖", s.theme.bad),
        (None, RemoteState::Revoked) => ("⊘", s.theme.bad),
    };
    let rack = match &line.on_rack {
        Some(known) if known.by.is_sure() => known.label.clone(),
        Some(known) => format!("{} (likely)", known.label),
        None => "stranger".to_owned(),
    };
    let used = line.token.last_used.map_or_else(|| "-".to_owned(), |at| time::ago(at, s.now));
    let ends = time::expires(line.token.expiry, s.now);
    (sign, style, columns.cells(&name(line), &rack, &line.token.owner, &used, &ends))
}

fn absent(absent: &Absent, columns: &Columns, theme: &Theme) -> (&'static str, Style, String) {
    let (sign, style, word) =
        if absent.gone { ("⊘", theme.bad, "gone at the host") } else { ("?", theme.unknown, "not in this list") };
    (sign, style, columns.cells(word, &absent.label, "", "", ""))
}

fn name(line: &InventoryLine) -> String {
    if line.token.name.is_empty() { format!("id {}", line.token.id) } else { line.token.name.clone() }
}

fn below(inventory: &Inventory, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
    let Some(report) = &inventory.report else { return };
    let title = match inventory.line() {
        Some(line) => name(line),
        None => report
            .absent
            .get(inventory.list.at.saturating_sub(report.lines.len()))
            .map_or(String::new(), |a| a.label.clone()),
    };
    let inner = panel::pane(frame, area, &title, false, &s.theme);
    let width = usize::from(inner.width);
    let mut lines = Vec::new();
    let mut say = |text: &str, style: Style| {
        lines.extend(text::wrap(text, width).into_iter().map(|l| Line::styled(l, style)));
    };
    if let Some(line) = inventory.line() {
        if let Some(result) = inventory.results.get(&line.token.id) {
            say(&result.message, outcome::revoked(result.end, &s.theme).2);
        }
        let token = &line.token;
        let kind = token.kind.map_or_else(String::new, |k| format!("{}, ", s.kind_name(&inventory.host.family, k)));
        let state = match token.state {
            RemoteState::Active => "works",
            RemoteState::Inactive => "switched off",
            RemoteState::Expired => "its time is over",
            RemoteState::Revoked => "revoked",
        };
        let made = token.created_at.map_or_else(String::new, |at| format!(", made {}", time::ago(at, s.now)));
        say(&format!("{kind}{state}{made}; id {}", token.id), s.theme.text);
        match &line.on_rack {
            Some(known) => say(&format!("on the rack as {}, by {}", known.label, known.by.words()), s.theme.good),
            None => say("a stranger: no credential of the rack is this one", s.theme.warn),
        }
        if !token.grants.is_empty() {
            say(&format!("may: {}", token.grants.join(", ")), s.theme.text);
        }
        for note in &token.notes {
            say(note, s.theme.warn);
        }
    } else if let Some(absent) = report.absent.get(inventory.list.at.saturating_sub(report.lines.len())) {
        say(&absent.why, s.theme.text);
    } else {
        say("The host lists no token.", s.theme.text);
    }
    for gap in &report.gaps {
        say(&format!("not whole: {gap}"), s.theme.faint);
    }
    panel::scrolled(frame, inner, lines, 0, &s.theme);
}
