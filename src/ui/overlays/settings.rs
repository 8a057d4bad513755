//! Which secret store is in use and why, and where things are kept.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::config::{Action, Context};

use super::super::layer::{Hints, Pane};
use super::super::msg::Passphrase;
use super::super::shared::{Cx, Input, Shared};
use super::super::text;
use super::super::widgets::panel;

/// It has no state of its own.
#[derive(Debug, Clone, Copy)]
pub struct Settings;

impl Settings {
    fn facts(s: &Shared) -> Vec<(String, String)> {
        let mut facts = match &s.store {
            Some(store) => vec![
                ("Secret store".to_owned(), store.kind.to_string()),
                ("Why".to_owned(), store.reason.clone()),
                (
                    "State".to_owned(),
                    match store.passphrase {
                        Passphrase::None => "open",
                        Passphrase::Open => "locked: the passphrase is asked for when a secret is needed",
                        Passphrase::Create => "not made yet: a passphrase is asked for when a secret is kept",
                    }
                    .to_owned(),
                ),
            ],
            None => vec![("Secret store".to_owned(), "not known yet".to_owned())],
        };
        facts.extend(s.settings.iter().cloned());
        facts
    }
}

impl Pane for Settings {
    fn contexts(&self, _s: &Shared) -> Vec<Context> {
        vec![Context::Dialog, Context::Global]
    }

    fn hints(&self, _s: &Shared) -> Hints {
        vec![(Action::Back, "")]
    }

    fn input(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        if matches!(input, Input::Action(Action::Back | Action::Confirm)) {
            cx.back();
        }
    }

    fn view(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
        let width = area.width.min(76);
        let mut lines = Vec::new();
        for (name, value) in Self::facts(s) {
            for (at, part) in text::wrap(&value, usize::from(width).saturating_sub(22)).into_iter().enumerate() {
                let name = if at == 0 { name.as_str() } else { "" };
                lines.push(Line::from(vec![
                    Span::styled(text::pad(name, 16), s.theme.faint),
                    Span::styled(part, s.theme.text),
                ]));
            }
        }
        let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
        let inner = panel::window(frame, panel::middle(area, width, height), "Settings", &s.theme);
        panel::lines(frame, inner, lines);
    }
}
