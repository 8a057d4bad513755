//! The loop that drives the screens: events and answers in, one frame out, effects to the worker.
//!
//! ```text
//!  terminal ─event─▶ Msg ─▶ ui::update ─▶ Effects ─▶ worker ─▶ ops
//!                            │                         │
//!                            ▼                         └──── Msg ──▶ (back to ui::update)
//!                         ui::view ─▶ frame
//! ```
//!
//! Nothing here waits for anything but the next event: all work is the worker's. Nothing is drawn while nothing changes.

mod signals;
mod terminal;
mod worker;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{Event, EventStream, KeyEventKind};
use futures_util::StreamExt as _;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::mpsc;

use crate::config::{Action, Context, Keymap, Theme, keymap, theme};
use crate::domain::Clock;
use crate::error::{Error, Result};
use crate::hosts;
use crate::ops::Core;
use crate::ops::demo::Demo;
use crate::secret::SecretText;
use crate::ui::effect::{Effect, SystemFx};
use crate::ui::msg::{Key, Msg, RackMsg};
use crate::ui::{self, Model, Setup};
use signals::{Signal, Signals};
use terminal::Screen;
use worker::Worker;

/// What the screens show: the user's own rack, or a demo.
pub enum Source {
    /// The user's.
    Own(Box<Core>),
    /// A demo, which lives as long as the screens.
    Demo(Box<Demo>),
}

impl Source {
    fn core(&self) -> &Core {
        match self {
            Self::Own(core) => core,
            Self::Demo(demo) => &demo.core,
        }
    }
}

/// Everything [`run`] needs.
pub struct Start {
    /// What is shown.
    pub source: Source,
    /// Directory with the user's `keymap.toml` and `themes/`.
    pub config_dir: std::path::PathBuf,
    /// Name of the theme.
    pub theme: String,
    /// No colours.
    pub no_colour: bool,
    /// Lines for the settings overlay.
    pub settings: Vec<(String, String)>,
}

/// How long to wait at the end for work that must not be cut off.
const PATIENCE: Duration = Duration::from_secs(15);

/// Opens the screens and stays until the user leaves.
///
/// # Errors
/// Where keymap or theme cannot be understood, or the terminal cannot be used.
pub async fn run(start: Start) -> Result<()> {
    let keymap = load_keymap(&start.config_dir)?;
    let theme = load_theme(&start.config_dir, &start.theme)?;
    let clock = start.source.core().clock;
    // The demo begins as a person would: with the key that checks everything, once the rack is there.
    let mut opening = match start.source {
        Source::Demo(_) => keymap.keys(&[Context::Rack], Action::CheckAll).first().copied(),
        Source::Own(_) => None,
    };
    let warn_days = start.source.core().settings.warn_days;
    let source = Arc::new(start.source);
    let mut signals = Signals::new()?;
    let mut screen = Screen::open()?;
    let setup = Setup {
        now: clock.now(),
        size: screen.size(),
        keymap,
        theme,
        no_colour: start.no_colour,
        zone: TimeZone::system(),
        families: hosts::families().iter().map(|f| f.facts()).collect(),
        warn_days,
        settings: start.settings,
    };
    let mut model = Model::new(setup);
    let (sender, mut answers) = mpsc::unbounded_channel();
    let mut worker = Worker::new(Arc::clone(&source), sender.clone());
    let mut events = EventStream::new();
    let mut seen = worker.version();
    worker.store_state();
    let mut inbox = vec![Msg::Start];
    loop {
        let mut quit = false;
        for msg in inbox.drain(..) {
            for effect in ui::update(&mut model, msg) {
                quit |= carry_out(effect, &mut screen, &mut worker, &sender)?;
            }
        }
        if quit {
            break;
        }
        screen.draw(&model)?;
        let wake = until(model.wake_at(), clock);
        let first = tokio::select! {
            event = events.next() => match event {
                Some(Ok(event)) => on_event(event, &mut worker, &mut seen),
                // The terminal is gone: nobody is left to show anything to.
                Some(Err(_)) | None => break,
            },
            answer = answers.recv() => answer,
            () = wake => None,
            signal = signals.next() => match signal {
                Signal::End => break,
                Signal::Stop => {
                    screen.suspend()?;
                    None
                }
            },
        };
        inbox.push(Msg::Tick(clock.now()));
        inbox.extend(first);
        // Whatever else has arrived meanwhile goes into the same frame.
        while inbox.len() < 512
            && let Ok(more) = answers.try_recv()
        {
            inbox.push(more);
        }
        if inbox.iter().any(|m| matches!(m, Msg::Rack(RackMsg::Loaded { .. })))
            && let Some(chord) = opening.take()
        {
            inbox.push(Msg::Key(Key(chord)));
        }
    }
    drop(screen);
    worker.finish(PATIENCE).await;
    Ok(())
}

/// Does what the terminal itself can do, hands the rest to the worker. True where the program is to end.
fn carry_out(
    effect: Effect,
    screen: &mut Screen,
    worker: &mut Worker,
    sender: &mpsc::UnboundedSender<Msg>,
) -> Result<bool> {
    match effect {
        Effect::System(SystemFx::Quit) => return Ok(true),
        Effect::System(SystemFx::Suspend) => screen.suspend()?,
        Effect::System(SystemFx::Redraw) => screen.clear()?,
        Effect::System(SystemFx::OpenUrl(url)) => {
            if let Err(error) = open::that_detached(&url) {
                let failed = Error::data(format!("no browser could be opened for {url}"))
                    .because(&error)
                    .hint("Open the page by hand.");
                // The loop that receives lives as long as this call.
                let _ = sender.send(Msg::Failed(failed));
            }
        }
        other => worker.start(other),
    }
    Ok(false)
}

fn on_event(event: Event, worker: &mut Worker, seen: &mut Option<i64>) -> Option<Msg> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => Msg::key(key),
        Event::Paste(text) => Some(Msg::Paste(SecretText::new(text))),
        Event::Mouse(mouse) => Some(Msg::Mouse(mouse)),
        Event::Resize(width, height) => Some(Msg::Resize(width, height)),
        Event::FocusGained => {
            // Another keyrack may have been at work while this one was out of sight.
            let now = worker.version();
            (std::mem::replace(seen, now) != now).then_some(Msg::Rack(RackMsg::Changed))
        }
        _ => None,
    }
}

/// Waits until that moment; for ever where there is none.
async fn until(at: Option<Timestamp>, clock: Clock) {
    match at {
        Some(at) => {
            let left = at.duration_since(clock.now());
            tokio::time::sleep(Duration::try_from(left).unwrap_or_default()).await;
        }
        None => std::future::pending().await,
    }
}

fn load_keymap(directory: &Path) -> Result<Keymap> {
    let path = directory.join("keymap.toml");
    let user = read_optional(&path)?;
    Keymap::load(keymap::DEFAULT, user.as_deref()).map_err(|problems| {
        let mut error = Error::usage(format!("{} cannot be understood", path.display()));
        for problem in problems {
            error = error.cause(problem.to_string());
        }
        error.hint("Mend the file or move it away; `?` in the screens shows every command and key.")
    })
}

fn load_theme(directory: &Path, name: &str) -> Result<Theme> {
    let path = directory.join("themes").join(format!("{name}.toml"));
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    let own = if plain { read_optional(&path)? } else { None };
    let Some(text) = own.or_else(|| shipped(name).map(str::to_owned)) else {
        return Err(Error::usage(format!("there is no theme `{name}`"))
            .hint(format!("Shipped: dark, light. One of your own goes to {}.", path.display())));
    };
    Theme::load(&text).map_err(|why| Error::usage(format!("the theme `{name}` cannot be understood")).cause(why))
}

fn shipped(name: &str) -> Option<&'static str> {
    match name {
        "dark" => Some(theme::DARK),
        "light" => Some(theme::LIGHT),
        _ => None,
    }
}

fn read_optional(path: &Path) -> Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::data(format!("{} cannot be read", path.display())).because(&error)),
    }
}
