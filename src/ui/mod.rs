//! The pure half of the terminal interface: a model, an update, a view.
//!
//! ```text
//!  header (widgets::header)     keyrack ▏ 128 credentials  97 valid  5 dead      ▖ checking 41/128 ━━━───
//!  body   (screens::*)         ┏ Rack ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓┌ ci-release ────────────────┐
//!         rack | detail        ┃▸ ● ci-release   github.com    in 61 d   ┃│ GitHub · fine-grained PAT  │
//!         overlays on top      ┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┛└────────────────────────────┘
//!  footer (widgets::footer)     a add  c check  / filter  ? help
//! ```
//!
//! [`update`] turns a [`Msg`] into changes of the [`Model`] and [`Effect`]s; [`view`] only reads. No I/O, no clock, no
//! store, no network: time comes in [`Msg::Tick`], answers come as messages. This file routes and does nothing else.

mod answers;
pub mod check;
pub mod effect;
pub mod filter;
mod given_up;
pub mod history;
pub mod jobs;
pub mod layer;
pub mod msg;
pub mod outcome;
pub mod overlays;
pub mod page;
pub mod places;
pub mod rows;
pub mod screens;
pub mod shared;
pub mod size;
pub mod text;
pub mod time;
pub mod widgets;

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use jiff::{SignedDuration, Timestamp};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::config::{Action, Context};

use effect::{Effect, SystemFx};
use layer::{Layer, Pane};
use msg::{Msg, Passphrase};
use overlays::messages::Messages;
use overlays::palette::Palette;
use overlays::settings::Settings;
use overlays::unlock::Unlock;
use screens::diagnose::Ask;
use screens::doctor::Doctor;
use screens::guide::Guide;
use screens::help::Help;
use screens::hosts::Hosts;
use screens::incident::Incident;
use screens::log::Log;
use screens::rack::Rack;
use shared::{Cx, Input, Nav, Shared};
use size::{SMALLEST, WIDE, body};

pub use shared::Setup;

/// The whole state of the interface.
#[derive(Debug)]
pub struct Model {
    s: Shared,
    layers: Vec<Layer>,
}

impl Model {
    /// The state before the first message, which is [`Msg::Start`].
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        Self { s: Shared::new(setup), layers: vec![Rack::default().into()] }
    }

    /// When a [`Msg::Tick`] is due at the latest; none while nothing on the screen depends on time.
    #[must_use]
    pub fn wake_at(&self) -> Option<Timestamp> {
        let after = |ms| self.s.now.checked_add(SignedDuration::from_millis(ms)).ok();
        let spin = if self.s.jobs.any() { after(widgets::bar::SPIN_MS) } else { None };
        let age = if self.s.rows.all().is_empty() { None } else { after(60_000) };
        [spin, self.s.toasts.next_expiry(), age].into_iter().flatten().min()
    }
}

/// Takes in one message: changes the model and says what is to be done.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let mut fx = Vec::new();
    route(model, msg, &mut fx);
    settle(model, &mut fx);
    fx
}

/// Draws the model.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    let s = &model.s;
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let text = format!(
            "This terminal is too small: {}x{}. keyrack needs {}x{}; make it larger, or quit with {}.",
            area.width,
            area.height,
            SMALLEST.0,
            SMALLEST.1,
            s.key(&[Context::Global], Action::QuitNow)
        );
        let lines = text::wrap(&text, usize::from(area.width)).into_iter().map(Line::from);
        widgets::panel::lines(frame, area, lines);
        return;
    }
    widgets::header::view(s, frame, Rect { height: 1, ..area });
    let body = body(area.width, area.height);
    let first = model.layers.iter().rposition(|l| l.pane().full_screen()).unwrap_or(0);
    for layer in &model.layers[first..] {
        layer.pane().view(s, frame, body);
    }
    s.toasts.view(frame, body, &top(model).contexts(s), s);
    if let Some(top) = model.layers.last() {
        let pane = top.pane();
        let contexts = pane.contexts(s);
        let hints: Vec<_> = pane.hints(s).into_iter().filter(|(action, _)| pane.enabled(*action, s)).collect();
        widgets::footer::view(s, &contexts, &hints, frame, Rect { y: area.bottom() - 1, height: 1, ..area });
    }
}

fn route(model: &mut Model, msg: Msg, fx: &mut Vec<Effect>) {
    match msg {
        Msg::Start => {
            with(model, fx, |_, cx| cx.load());
        }
        Msg::Key(key) => {
            let contexts = top(model).contexts(&model.s);
            let input = match model.s.keymap.action(&contexts, key.0) {
                Some(action) => Some(Input::Action(action)),
                None => key.0.text().map(Input::Char),
            };
            if let Some(input) = input {
                input_to_top(model, input, fx);
            }
        }
        Msg::Paste(text) => input_to_top(model, Input::Paste(&text), fx),
        Msg::Mouse(event) => mouse(model, event, fx),
        Msg::Resize(width, height) => model.s.size = (width, height),
        Msg::Tick(now) => tick(&mut model.s, now),
        Msg::Failed(error) => model.s.toasts.push_error(&error, model.s.now),
        Msg::Rack(msg) => with(model, fx, |layers, cx| answers::on_rack(msg, layers, cx)),
        Msg::Check(msg) => with(model, fx, |_, cx| check::on(msg, cx)),
        Msg::Store(msg) => with(model, fx, |layers, cx| answers::on_store(msg, layers, cx)),
        Msg::Add(msg) => with(model, fx, |layers, cx| answers::on_add(msg, layers, cx)),
        Msg::Revoke(msg) => with(model, fx, |layers, cx| answers::on_revoke(&msg, layers, cx)),
        Msg::Inventory(msg) => with(model, fx, |layers, cx| answers::on_inventory(&msg, layers, cx)),
        Msg::Create(msg) => with(model, fx, |layers, cx| answers::on_create(msg, layers, cx)),
        Msg::Deployment(msg) => with(model, fx, |layers, cx| answers::on_deployment(&msg, layers, cx)),
        Msg::Rotate(msg) => with(model, fx, |layers, cx| answers::on_rotate(&msg, layers, cx)),
        Msg::Incident(msg) => with(model, fx, |layers, cx| answers::on_incident(&msg, layers, cx)),
        Msg::Permissions(msg) => with(model, fx, |layers, cx| answers::on_permissions(msg, layers, cx)),
        Msg::Diagnose(msg) => with(model, fx, |layers, cx| answers::on_diagnose(msg, layers, cx)),
        Msg::Doctor(msg) => with(model, fx, |layers, cx| answers::on_doctor(&msg, layers, cx)),
        Msg::Guide(msg) => with(model, fx, |layers, cx| answers::on_guide(msg, layers, cx)),
        Msg::Hosts(msg) => with(model, fx, |layers, cx| answers::on_hosts(&msg, layers, cx)),
        Msg::Log(msg) => with(model, fx, |layers, cx| answers::on_log(&msg, layers, cx)),
    }
}

fn top(model: &Model) -> &dyn Pane {
    // The rack is never closed, so the stack is never empty.
    model.layers[model.layers.len() - 1].pane()
}

/// Runs `act` with something to act through, then goes where it says.
fn with(model: &mut Model, fx: &mut Vec<Effect>, act: impl FnOnce(&mut [Layer], &mut Cx<'_>)) {
    let mut nav = Vec::new();
    act(&mut model.layers, &mut Cx { s: &mut model.s, fx, nav: &mut nav });
    for step in nav {
        go(model, step, fx);
    }
}

fn input_to_top(model: &mut Model, input: Input<'_>, fx: &mut Vec<Effect>) {
    if let Input::Action(action) = input
        && everywhere(model, action, fx)
    {
        return;
    }
    with(model, fx, |layers, cx| {
        if let Some(layer) = layers.last_mut() {
            layer.pane_mut().input(input, cx);
        }
    });
}

/// What means the same on every layer; false where the layer itself has to say.
fn everywhere(model: &mut Model, action: Action, fx: &mut Vec<Effect>) -> bool {
    let layer: Layer = match action {
        Action::QuitNow => {
            fx.push(Effect::System(SystemFx::Quit));
            return true;
        }
        Action::Suspend => {
            fx.push(Effect::System(SystemFx::Suspend));
            return true;
        }
        Action::Redraw => {
            fx.push(Effect::System(SystemFx::Redraw));
            return true;
        }
        Action::Stop => {
            with(model, fx, |_, cx| check::stop(cx));
            return true;
        }
        Action::Help => Help::new(top(model), &model.s).into(),
        Action::Palette => Palette::new(top(model), &model.s).into(),
        Action::Settings => Settings.into(),
        Action::Incident if !matches!(model.layers.last(), Some(Layer::Incident(_))) => Incident::default().into(),
        Action::Guide if !matches!(model.layers.last(), Some(Layer::Guide(_) | Layer::Permissions(_))) => {
            Guide::choose(&model.s).into()
        }
        // The question is there already, with all that was answered.
        Action::DiagnoseOther if asked_below(model) => {
            go(model, Nav::Back, fx);
            return true;
        }
        Action::DiagnoseOther => Ask::new(&model.s).into(),
        Action::Messages => Messages::default().into(),
        Action::Hosts if !matches!(model.layers.last(), Some(Layer::Hosts(_))) => Hosts::default().into(),
        Action::Doctor if !matches!(model.layers.last(), Some(Layer::Doctor(_))) => {
            with(model, fx, |_, cx| {
                let doctor = Doctor::open(cx);
                cx.open(doctor.into());
            });
            return true;
        }
        Action::Log if !matches!(model.layers.last(), Some(Layer::Log(_))) => {
            with(model, fx, |_, cx| {
                let log = Log::open(cx);
                cx.open(log.into());
            });
            return true;
        }
        _ => return false,
    };
    go(model, Nav::Open(Box::new(layer)), fx);
    true
}

/// Whether what is looked at was asked for right below it.
fn asked_below(model: &Model) -> bool {
    matches!(model.layers.as_slice(), [.., Layer::Ask(_), Layer::Diagnose(_)])
}

fn go(model: &mut Model, step: Nav, fx: &mut Vec<Effect>) {
    match step {
        Nav::Back => close_top(model, fx),
        Nav::Open(layer) => model.layers.push(*layer),
        Nav::Replace(layer) => {
            close_top(model, fx);
            model.layers.push(*layer);
        }
        Nav::Command(action) => {
            close_top(model, fx);
            input_to_top(model, Input::Action(action), fx);
        }
        Nav::Home => {
            while model.layers.len() > 1 {
                close_top(model, fx);
            }
        }
        Nav::Quit => fx.push(Effect::System(SystemFx::Quit)),
        Nav::Deliver(msg) => route(model, *msg, fx),
    }
}

fn close_top(model: &mut Model, fx: &mut Vec<Effect>) {
    if model.layers.len() > 1
        && let Some(mut layer) = model.layers.pop()
    {
        with(model, fx, |_, cx| layer.pane_mut().closed(cx));
    }
}

fn mouse(model: &mut Model, event: MouseEvent, fx: &mut Vec<Effect>) {
    let input = match event.kind {
        MouseEventKind::Down(MouseButton::Left) => Input::Click(event.column, event.row),
        MouseEventKind::ScrollDown => Input::Wheel(true),
        MouseEventKind::ScrollUp => Input::Wheel(false),
        _ => return,
    };
    input_to_top(model, input, fx);
}

fn tick(s: &mut Shared, now: Timestamp) {
    // Verdicts depend on time by the day: once a minute is plenty.
    let minute = |t: Timestamp| t.as_second().div_euclid(60);
    let aged = minute(now) != minute(s.now);
    s.now = now;
    s.toasts.expire(now);
    if aged {
        s.rows.age(now);
    }
}

/// After every message: layers fit the size and the rows, the history looked at is read, a passphrase is asked for.
fn settle(model: &mut Model, fx: &mut Vec<Effect>) {
    for layer in &mut model.layers {
        layer.pane_mut().settle(&mut model.s);
    }
    if !model.s.parked.is_empty() && !model.layers.iter().any(|l| matches!(l, Layer::Unlock(_))) {
        let create = model.s.passphrase() == Passphrase::Create;
        model.layers.push(Unlock::new(create).into());
    }
    let looked_at = model.layers.iter().rev().find_map(|layer| match layer {
        Layer::Detail(detail) => Some(detail.id().clone()),
        Layer::Rack(rack) if model.s.size.0 >= WIDE => rack.id().cloned(),
        _ => None,
    });
    fx.extend(model.s.history.want(looked_at.as_ref(), &mut model.s.jobs));
}
