//! How keyrack's own health looks: a line for everything looked at, and below it the one under the cursor with what mends
//! it, or the question whether to mend.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::config::{Action, Context};
use crate::domain::{Complaint, Health};

use super::super::super::layer::Pane as _;
use super::super::super::shared::Shared;
use super::super::super::size::{below, body};
use super::super::super::text::count;
use super::super::super::widgets::form::Form;
use super::super::super::widgets::{bar, panel};
use super::super::super::{outcome, text};
use super::{Doctor, Stage};

/// Rows for what is said of the line under the cursor, frame included.
const BELOW: u16 = 8;

/// Rows that the field has at least.
const FORM: u16 = 2;

/// Frame of the list, and of what is said.
fn areas(doctor: &Doctor, s: &Shared) -> (Rect, Rect) {
    let all = body(s.size.0, s.size.1);
    // The question is longer than the advice on one line.
    let lower = if matches!(doctor.stage, Stage::Asking(_)) { all.height * 2 / 3 } else { below(all.height, BELOW) };
    let upper = all.height - lower;
    (Rect { height: upper, ..all }, Rect { y: all.y + upper, height: all.height - upper, ..all })
}

/// Where the lines are drawn.
pub(super) fn rows(doctor: &Doctor, s: &Shared) -> Rect {
    let (upper, _) = areas(doctor, s);
    Rect {
        x: upper.x + 2,
        y: upper.y + 1,
        width: upper.width.saturating_sub(4),
        height: upper.height.saturating_sub(2),
    }
}

pub(super) fn list_height(doctor: &Doctor, s: &Shared) -> usize {
    usize::from(rows(doctor, s).height)
}

pub(super) fn view(doctor: &Doctor, s: &Shared, frame: &mut Frame<'_>, _area: Rect) {
    let (upper, lower) = areas(doctor, s);
    let asking = matches!(doctor.stage, Stage::Asking(_));
    panel::pane(frame, upper, &title(doctor, s), !asking, &s.theme);
    let area = rows(doctor, s);
    if doctor.found.is_empty() {
        let line = match &doctor.stage {
            Stage::Told(Some(error)) => Line::styled(format!("✗ could not be looked at: {error}"), s.theme.bad),
            _ => Line::styled("looking at rack, store, settings and terminal …", s.theme.faint),
        };
        panel::lines(frame, area, [line]);
    }
    for ((at, complaint), y) in doctor.found.iter().enumerate().skip(doctor.list.top).zip(area.top()..area.bottom()) {
        let place = Rect { y, height: 1, ..area };
        let cursor = at == doctor.list.at;
        if cursor {
            frame.buffer_mut().set_style(place, s.theme.cursor);
        }
        frame.render_widget(row(complaint, cursor, usize::from(area.width), s), place);
    }
    match &doctor.stage {
        Stage::Asking(form) => question(doctor, form.as_ref(), s, frame, lower),
        _ => advice(doctor, s, frame, lower),
    }
}

fn title(doctor: &Doctor, s: &Shared) -> String {
    let number = |health| doctor.found.iter().filter(|c| c.health == health).count();
    match &doctor.stage {
        Stage::Looking { mending: true, .. } => format!("Doctor ─ {} mending", bar::spinner(s.now)),
        Stage::Looking { .. } => format!("Doctor ─ {} looking", bar::spinner(s.now)),
        _ if doctor.found.is_empty() => "Doctor".to_owned(),
        _ => match (number(Health::Bad), number(Health::Warning)) {
            (0, 0) => "Doctor ─ all is well".to_owned(),
            (0, known) => format!("Doctor ─ nothing to mend, {known} worth knowing"),
            (bad, 0) => format!("Doctor ─ {bad} to mend"),
            (bad, known) => format!("Doctor ─ {bad} to mend, {known} worth knowing"),
        },
    }
}

fn row(complaint: &Complaint, cursor: bool, width: usize, s: &Shared) -> Line<'static> {
    let (sign, style) = outcome::health(complaint.health, &s.theme);
    Line::from(vec![
        Span::styled(if cursor { "▸ " } else { "  " }, s.theme.key),
        Span::styled(format!("{sign} {} ", text::pad(&complaint.about, 10)), style),
        Span::styled(text::cut(&complaint.text, width.saturating_sub(15)), s.theme.text),
    ])
}

/// The line under the cursor in full, and what mends it.
fn advice(doctor: &Doctor, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
    let Some(complaint) = doctor.found.get(doctor.list.at) else {
        panel::pane(frame, area, "", false, &s.theme);
        return;
    };
    let (_, style) = outcome::health(complaint.health, &s.theme);
    let inner = panel::pane(frame, area, &complaint.about, false, &s.theme);
    let mut page = Page::new(inner);
    page.say(&complaint.text, style);
    if !complaint.fix.is_empty() {
        page.say(&format!("→ {}", complaint.fix), s.theme.text);
    }
    if complaint.is_mendable() {
        let key = s.key(&[Context::Doctor], Action::Mend);
        page.say(format!("{key} does that from here").trim_start(), s.theme.key);
    }
    panel::scrolled(frame, inner, page.lines, 0, &s.theme);
}

/// What would be mended, and whether it is to be.
fn question(doctor: &Doctor, form: Option<&Form<()>>, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
    let inner = panel::pane(frame, area, "Mend", true, &s.theme);
    let mut page = Page::new(inner);
    page.say(&format!("keyrack would mend {}:", count(doctor.mendable(), "thing")), s.theme.title);
    for complaint in doctor.found.iter().filter(|c| c.is_mendable()) {
        let line = format!("· {}: {}", complaint.about, complaint.text);
        page.lines.push(Line::styled(text::cut(&line, page.width), s.theme.text));
    }
    if let Some(form) = form {
        page.say("Secrets that no record on the rack needs are destroyed for good.", s.theme.warn);
        page.say(&format!("To go on, type: {}", doctor.phrase()), s.theme.title);
        let below = panel::asked(frame, inner, page.lines, FORM, 0, "", &s.theme);
        return form.view(frame, below, &s.theme);
    }
    let contexts = doctor.contexts(s);
    let key = |action| Span::styled(s.key(&contexts, action), s.theme.key);
    let word = |word: &'static str| Span::styled(word, s.theme.faint);
    page.lines.push(Line::from(vec![key(Action::Confirm), word(" yes   "), key(Action::Back), word(" no")]));
    panel::asked(frame, inner, page.lines, 0, 0, "", &s.theme);
}

/// Text broken into lines.
struct Page {
    lines: Vec<Line<'static>>,
    width: usize,
}

impl Page {
    fn new(area: Rect) -> Self {
        Self { lines: Vec::new(), width: usize::from(area.width) }
    }

    fn say(&mut self, what: &str, style: Style) {
        self.lines.extend(text::wrap(what, self.width).into_iter().map(|l| Line::styled(l, style)));
    }
}
