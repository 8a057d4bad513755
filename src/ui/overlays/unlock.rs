//! Asks for the passphrase of the secret store: once to open it, twice to make it. What waits for it goes on
//! afterwards, or is given up when the user goes back.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::config::{Action, Context};
use crate::error::Error;

use super::super::effect::{Effect, StoreFx};
use super::super::given_up::give_up;
use super::super::layer::{Hints, Pane};
use super::super::msg::JobId;
use super::super::shared::{Cx, Input, Shared};
use super::super::text;
use super::super::widgets::form::{Event, Form};
use super::super::widgets::panel;
use super::toast::Level;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Passphrase,
    Again,
}

/// The fields, and the attempt under way.
#[derive(Debug)]
pub struct Unlock {
    create: bool,
    form: Form<Name>,
    trying: Option<JobId>,
    open: bool,
}

impl Unlock {
    /// Asks for the passphrase of a store that is there, or for that of a new one.
    #[must_use]
    pub fn new(create: bool) -> Self {
        let form = Form::new().secret(Name::Passphrase, "Passphrase", "");
        let form = if create { form.secret(Name::Again, "Once more", "") } else { form };
        Self { create, form, trying: None, open: false }
    }

    /// The store's answer.
    pub fn answered(&mut self, result: &Result<(), Error>, cx: &mut Cx<'_>) {
        self.trying = None;
        match result {
            Ok(()) => {
                self.open = true;
                let parked = std::mem::take(&mut cx.s.parked);
                cx.fx.extend(parked);
                cx.say(Level::Good, "the secret store is open");
                cx.back();
            }
            Err(error) => {
                let hint = error.hints.first().map(|h| format!("; {h}")).unwrap_or_default();
                self.form.refuse(Name::Passphrase, format!("{error}{hint}"));
            }
        }
    }

    fn submit(&mut self, cx: &mut Cx<'_>) {
        if self.trying.is_some() {
            return;
        }
        let same = match (self.form.get(Name::Passphrase), self.form.get(Name::Again)) {
            (Some(first), Some(second)) => match (&first.value, &second.value) {
                (super::super::widgets::form::Value::Secret(a), super::super::widgets::form::Value::Secret(b)) => {
                    if b.is_empty() && !a.is_empty() {
                        self.form.focus(Name::Again);
                        return;
                    }
                    a.same_as(b)
                }
                _ => false,
            },
            _ => true,
        };
        if !same {
            self.form.wipe();
            self.form.refuse(Name::Passphrase, "the two differ: type it again, twice");
            return;
        }
        let Some(field) = self.form.secret_mut(Name::Passphrase) else { return };
        if field.is_empty() {
            self.form.refuse(Name::Passphrase, "a passphrase cannot be empty");
            return;
        }
        let passphrase = field.take();
        self.form.wipe();
        let job = cx.s.jobs.begin("opening the secret store");
        self.trying = Some(job);
        cx.emit(Effect::Store(StoreFx::Unlock { job, passphrase, create: self.create }));
    }
}

impl Pane for Unlock {
    fn contexts(&self, _s: &Shared) -> Vec<Context> {
        self.form.contexts()
    }

    fn hints(&self, _s: &Shared) -> Hints {
        vec![(Action::Submit, if self.create { "make the store" } else { "open the store" }), (Action::Back, "not now")]
    }

    fn input(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        match self.form.input(input) {
            Event::Submit => self.submit(cx),
            Event::Back => cx.back(),
            _ => {}
        }
    }

    fn closed(&mut self, cx: &mut Cx<'_>) {
        self.form.wipe();
        if let Some(job) = self.trying.take() {
            cx.emit(Effect::Cancel(job));
            let _ = cx.s.jobs.close(job);
        }
        if self.open {
            return;
        }
        // What waited never began: its jobs end here, as if they had been cancelled.
        let parked = std::mem::take(&mut cx.s.parked);
        for effect in parked {
            give_up(effect, cx);
        }
        cx.say(Level::Info, "the secret store stays locked; nothing was done");
    }

    fn view(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
        let place = panel::middle(area, 66, 11);
        let title = if self.create { "Make the secret store" } else { "Open the secret store" };
        let inner = panel::window(frame, place, title, &s.theme);
        let why = s.store.as_ref().map_or("", |store| store.reason.as_str());
        let about = if self.create {
            "Secrets will be kept in encrypted files under this passphrase. Nobody can recover them without it."
        } else {
            "The passphrase is asked for once; it is never kept."
        };
        let width = usize::from(inner.width);
        let mut lines: Vec<Line<'static>> =
            text::wrap(why, width).into_iter().take(2).map(|l| Line::styled(l, s.theme.faint)).collect();
        lines.extend(text::wrap(about, width).into_iter().map(|l| Line::styled(l, s.theme.text)));
        lines.push(Line::default());
        if self.trying.is_some() {
            lines.push(Line::styled(format!("{} trying …", super::super::widgets::bar::spinner(s.now)), s.theme.info));
        }
        let used = u16::try_from(lines.len()).unwrap_or(0).min(inner.height);
        panel::lines(frame, inner, lines);
        if self.trying.is_none() {
            let below = Rect { y: inner.y + used, height: inner.height - used, ..inner };
            self.form.view(frame, below, &s.theme);
        }
    }
}
