//! Taking credentials off the rack without asking any host, confirmed in words: the tokens stay alive.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::config::{Action, Context};
use crate::domain::CredentialId;

use super::super::effect::{Effect, RackFx};
use super::super::layer::{Hints, Pane};
use super::super::shared::{Cx, Input, Shared};
use super::super::text::{self, count};
use super::super::widgets::form::{Event, Form};
use super::super::widgets::{panel, typed};

/// Rows that the field has at least.
const FORM: u16 = 2;

/// Which, and what has to be typed.
#[derive(Debug)]
pub struct Forget {
    ids: Vec<CredentialId>,
    labels: Vec<String>,
    /// How many of them no host has been seen to refuse.
    alive: usize,
    phrase: String,
    form: Form<()>,
}

impl Forget {
    /// Asks about those; none where none of them is on the rack.
    #[must_use]
    pub fn new(ids: &[CredentialId], s: &Shared) -> Option<Self> {
        let rows: Vec<_> = ids.iter().filter_map(|id| s.rows.get(id)).collect();
        if rows.is_empty() {
            return None;
        }
        let labels: Vec<String> = rows.iter().map(|r| r.credential.label.clone()).collect();
        let phrase = typed::phrase("forget", &labels.iter().map(String::as_str).collect::<Vec<_>>());
        Some(Self {
            ids: rows.iter().map(|r| r.credential.id.clone()).collect(),
            alive: rows.iter().filter(|r| !r.retired() && !r.verdict.is_dead()).count(),
            form: Form::new().text((), "Confirm", "", ""),
            labels,
            phrase,
        })
    }
}

impl Pane for Forget {
    fn contexts(&self, _s: &Shared) -> Vec<Context> {
        self.form.contexts()
    }

    fn hints(&self, _s: &Shared) -> Hints {
        vec![(Action::Submit, "forget"), (Action::Back, "cancel")]
    }

    fn input(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        match self.form.input(input) {
            Event::Submit if self.form.value(()) == self.phrase => {
                let job = cx.s.jobs.begin_weighty("forgetting");
                cx.emit(Effect::Rack(RackFx::Forget { job, ids: self.ids.clone() }));
                cx.back();
            }
            Event::Submit => self.form.refuse((), typed::mistyped(&self.phrase)),
            Event::Back => cx.back(),
            _ => {}
        }
    }

    fn view(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
        let title = format!("Forget {}", count(self.ids.len(), "credential"));
        let inner = panel::window(frame, panel::middle(area, 72, 14), &title, &s.theme);
        let width = usize::from(inner.width);
        let mut lines: Vec<Line<'static>> = self
            .labels
            .iter()
            .take(4)
            .map(|label| Line::styled(text::cut(&format!("· {label}"), width), s.theme.text))
            .collect();
        if self.labels.len() > 4 {
            lines.push(Line::styled(format!("… and {} more", self.labels.len() - 4), s.theme.faint));
        }
        let about = "The record and its secret go from here; no host is asked.";
        lines.extend(text::wrap(about, width).into_iter().map(|l| Line::styled(l, s.theme.text)));
        if self.alive > 0 {
            let still =
                format!("{} may still work at its host. Revoke instead to end that.", count(self.alive, "token"));
            lines.extend(text::wrap(&still, width).into_iter().map(|l| Line::styled(l, s.theme.warn)));
        }
        let ask = text::wrap(&format!("To go on, type: {}", self.phrase), width);
        lines.extend(ask.into_iter().map(|l| Line::styled(l, s.theme.title)));
        lines.push(Line::default());
        let below = panel::asked(frame, inner, lines, FORM, 0, "", &s.theme);
        self.form.view(frame, below, &s.theme);
    }
}
