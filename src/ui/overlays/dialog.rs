//! A question with yes and no.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::config::{Action, Context};
use crate::domain::{Host, HostId};

use super::super::effect::{Effect, HostFx};
use super::super::layer::{Hints, Pane};
use super::super::shared::{Cx, Input, Nav, Shared};
use super::super::text;
use super::super::widgets::panel;

/// The question and what yes means.
#[derive(Debug)]
pub struct Dialog {
    title: String,
    question: String,
    yes: Option<Yes>,
}

/// What yes does.
#[derive(Debug)]
enum Yes {
    Go(Nav),
    RemoveHost(HostId),
}

impl Dialog {
    /// Yes goes there.
    #[must_use]
    pub fn new(title: &str, question: String, yes: Nav) -> Self {
        Self { title: title.to_owned(), question, yes: Some(Yes::Go(yes)) }
    }

    /// Yes removes that host.
    #[must_use]
    pub fn remove_host(host: &Host) -> Self {
        let question = format!("Remove the host {} ({})?", text::clean(&host.name), text::clean(&host.url));
        Self { title: "Remove host".to_owned(), question, yes: Some(Yes::RemoveHost(host.id)) }
    }
}

impl Pane for Dialog {
    fn contexts(&self, _s: &Shared) -> Vec<Context> {
        vec![Context::Dialog, Context::Global]
    }

    fn hints(&self, _s: &Shared) -> Hints {
        vec![(Action::Confirm, ""), (Action::Back, "no")]
    }

    fn input(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        match input {
            Input::Action(Action::Confirm) => {
                cx.back();
                match self.yes.take() {
                    Some(Yes::Go(nav)) => cx.nav.push(nav),
                    Some(Yes::RemoveHost(id)) => {
                        let job = cx.s.jobs.begin_weighty("removing the host");
                        cx.emit(Effect::Hosts(HostFx::Remove { job, id }));
                    }
                    None => {}
                }
            }
            Input::Action(Action::Back) => cx.back(),
            _ => {}
        }
    }

    fn view(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
        let lines = text::wrap(&self.question, 52);
        let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(4);
        let inner = panel::window(frame, panel::middle(area, 58, height), &self.title, &s.theme);
        let contexts = self.contexts(s);
        let key = |action| Span::styled(s.key(&contexts, action), s.theme.key);
        let answer = Line::from(vec![
            key(Action::Confirm),
            Span::styled(" yes   ", s.theme.faint),
            key(Action::Back),
            Span::styled(" no", s.theme.faint),
        ]);
        let lines = lines.into_iter().map(|l| Line::styled(l, s.theme.text));
        panel::lines(frame, inner, lines.chain([Line::default(), answer]));
    }
}
