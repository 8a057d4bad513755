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

mod quiet;
mod signals;
mod terminal;
mod worker;

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossterm::event::{Event, EventStream};
use futures_util::{FutureExt as _, StreamExt as _};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::mpsc;

use crate::config::{Action, Chord, Context, files};
use crate::diagnose::Surroundings;
use crate::domain::Clock;
use crate::error::{Error, Result};
use crate::hosts;
use crate::ops::Core;
use crate::ops::demo::Demo;
use crate::secret::SecretText;
use crate::ui::effect::{Effect, SystemFx};
use crate::ui::msg::{Key, Msg, RackMsg};
use crate::ui::{self, Model, Setup};
use signals::{HUNG_UP, Signal, Signals};
use terminal::Screen;
pub use terminal::hook_panics;
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
    pub config_dir: PathBuf,
    /// Name of the theme.
    pub theme: String,
    /// No colours.
    pub no_colour: bool,
    /// Lines for the settings overlay.
    pub settings: Vec<(String, String)>,
    /// What a diagnosis knows of this machine.
    pub around: Surroundings,
}

/// How long to wait at the end for work that must not be cut off.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long the user waits for the end before being told why.
const QUICK: Duration = Duration::from_millis(500);
/// How long messages are gathered before a frame is drawn; a key is on the screen this and one frame later at most.
const GATHER: Duration = Duration::from_millis(4);
/// How long to sleep at most: the clock that says when to wake may be set meanwhile.
const NAP: Duration = Duration::from_secs(60);
/// Exit code where the screens themselves broke.
const BROKEN: u8 = 70;

/// Opens the screens and stays until the user leaves, a signal ends keyrack, or the terminal is gone. Gives the exit code.
///
/// # Errors
/// Where keymap or theme cannot be understood, or the terminal cannot be used.
pub async fn run(start: Start) -> Result<u8> {
    let mut screens = Screens::open(start)?;
    let outcome = AssertUnwindSafe(screens.stay()).catch_unwind().await;
    screens.close(outcome).await
}

/// Waits for what must not be cut off, but not for ever, and not against the user's will.
async fn finish(worker: &mut Worker, signals: &mut Signals) {
    let mut work = std::pin::pin!(worker.finish());
    if tokio::time::timeout(QUICK, &mut work).await.is_ok() {
        return;
    }
    terminal::say(&format!(
        "keyrack: finishing what must not be cut off, {} s at most; Ctrl-C ends it now",
        PATIENCE.as_secs()
    ));
    let stopped = async { while !matches!(signals.next().await, Signal::End(_)) {} };
    // After that long a store or host hangs; the journal settles what it leaves behind.
    tokio::select! {
        () = work => {}
        () = stopped => {}
        () = tokio::time::sleep(PATIENCE) => {}
    }
}

/// What the loop waits for.
enum Happening {
    /// Something from the terminal.
    Event(Event),
    /// The terminal cannot be read.
    Deaf(std::io::Error),
    /// Something from the worker.
    Answer(Msg),
    /// A signal.
    Signal(Signal),
    /// Nothing, for long enough.
    Quiet,
}

/// The loop and everything it owns.
struct Screens {
    model: Model,
    screen: Screen,
    worker: Worker,
    signals: Signals,
    events: EventStream,
    answers: mpsc::UnboundedReceiver<Msg>,
    clock: Clock,
    /// A key that the demo presses by itself as soon as the rack is there.
    opening: Option<Chord>,
    /// The signal to go on that ends a stop of our own is still to come.
    resumed: bool,
}

impl Screens {
    fn open(start: Start) -> Result<Self> {
        let keymap = files::keymap(&start.config_dir)?;
        let theme = files::theme(&start.config_dir, &start.theme)?;
        let core = start.source.core();
        let clock = core.clock;
        let warn_days = core.settings.warn_days;
        // The demo begins as a person would: with the key that checks everything.
        let opening = match start.source {
            Source::Demo(_) => keymap.keys(&[Context::Rack], Action::CheckAll).first().copied(),
            Source::Own(_) => None,
        };
        let demo = matches!(start.source, Source::Demo(_));
        let (sender, answers) = mpsc::unbounded_channel();
        let mut worker = Worker::new(Arc::new(start.source), start.around, sender);
        let signals = Signals::new()?;
        let screen = Screen::open(start.no_colour)?;
        let model = Model::new(Setup {
            now: clock.now(),
            size: screen.size(),
            keymap,
            theme,
            no_colour: start.no_colour,
            zone: TimeZone::system(),
            families: hosts::families().iter().map(|f| f.facts()).collect(),
            warn_days,
            settings: start.settings,
            demo,
        });
        worker.store_state();
        let events = EventStream::new();
        Ok(Self { model, screen, worker, signals, events, answers, clock, opening, resumed: false })
    }

    /// Gives the terminal back and lets work end that must, however it came to this; gives the exit code.
    async fn close(self, outcome: std::thread::Result<Result<u8>>) -> Result<u8> {
        let Self { screen, mut worker, mut signals, .. } = self;
        drop(screen);
        finish(&mut worker, &mut signals).await;
        match outcome {
            // A frame that could not be written to a terminal that hung up: the signal that tells so was on its way.
            Ok(Err(_)) if signals::gone() => Ok(HUNG_UP),
            Ok(ended) => ended,
            // The hook has said where.
            Err(_) => Ok(BROKEN),
        }
    }

    /// Until the end; gives the exit code.
    async fn stay(&mut self) -> Result<u8> {
        let mut next = Happening::Answer(Msg::Start);
        loop {
            let begun = Instant::now();
            let mut end = self.update(Msg::Tick(self.clock.now()))?;
            loop {
                end = end.or(self.take_in(next)?);
                if let Some(code) = end {
                    return Ok(code);
                }
                if begun.elapsed() > GATHER {
                    break;
                }
                // Whatever else has arrived meanwhile goes into the same frame.
                next = self.happening(std::future::ready(())).await;
                if matches!(next, Happening::Quiet) {
                    break;
                }
            }
            self.screen.draw(&self.model)?;
            let wake = until(self.model.wake_at(), self.clock);
            next = self.happening(wake).await;
        }
    }

    /// What happens next; the user before the worker.
    async fn happening(&mut self, patience: impl Future<Output = ()>) -> Happening {
        tokio::select! {
            biased;
            signal = self.signals.next() => Happening::Signal(signal),
            event = self.events.next() => match event {
                Some(Ok(event)) => Happening::Event(event),
                Some(Err(error)) => Happening::Deaf(error),
                None => Happening::Deaf(std::io::ErrorKind::UnexpectedEof.into()),
            },
            // The worker holds the sender, so there is always one.
            Some(answer) = self.answers.recv() => Happening::Answer(answer),
            () = patience => Happening::Quiet,
        }
    }

    fn take_in(&mut self, happening: Happening) -> Result<Option<u8>> {
        match happening {
            Happening::Event(Event::Key(key)) => Msg::key(key).map_or(Ok(None), |msg| self.update(msg)),
            Happening::Event(Event::Paste(text)) => self.update(Msg::Paste(SecretText::new(text))),
            Happening::Event(Event::Mouse(mouse)) => self.update(Msg::Mouse(mouse)),
            Happening::Event(Event::Resize(width, height)) => self.update(Msg::Resize(width, height)),
            Happening::Event(Event::FocusGained) => {
                // Another keyrack may have been at work while this one was out of sight.
                self.worker.look();
                Ok(None)
            }
            Happening::Event(Event::FocusLost) | Happening::Quiet => Ok(None),
            Happening::Deaf(error) => Err(Error::data("the terminal cannot be read").because(&error)),
            Happening::Answer(answer) => {
                let loaded = matches!(answer, Msg::Rack(RackMsg::Loaded { .. }));
                let end = self.update(answer)?;
                match self.opening.take_if(|_| loaded) {
                    Some(chord) => self.update(Msg::Key(Key(chord))),
                    None => Ok(end),
                }
            }
            Happening::Signal(Signal::End(code)) => Ok(Some(code)),
            Happening::Signal(Signal::Stop) => self.suspend(),
            Happening::Signal(Signal::Continue) if std::mem::take(&mut self.resumed) => Ok(None),
            Happening::Signal(Signal::Continue) => {
                self.screen.reclaim()?;
                self.back_again()
            }
        }
    }

    /// Gives a message to the screens and carries out what they ask for; the exit code where the program is to end.
    fn update(&mut self, msg: Msg) -> Result<Option<u8>> {
        for effect in ui::update(&mut self.model, msg) {
            let end = match effect {
                Effect::System(SystemFx::Quit) => Some(0),
                Effect::System(SystemFx::Suspend) => self.suspend()?,
                Effect::System(SystemFx::Copy(text)) => {
                    self.screen.copy(&text)?;
                    None
                }
                Effect::System(SystemFx::Redraw) => {
                    self.screen.clear()?;
                    None
                }
                other => {
                    self.worker.start(other);
                    None
                }
            };
            if end.is_some() {
                return Ok(end);
            }
        }
        Ok(None)
    }

    fn suspend(&mut self) -> Result<Option<u8>> {
        if !self.screen.suspend()? {
            let error = Error::usage("keyrack cannot be suspended: it was not started from a shell to go back to");
            return self.update(Msg::Failed(error));
        }
        self.resumed = true;
        self.back_again()
    }

    /// Takes in what went by during a stop: the terminal told nobody of its size, and time and rack have gone on.
    fn back_again(&mut self) -> Result<Option<u8>> {
        let (width, height) = self.screen.size();
        self.worker.look();
        let end = self.update(Msg::Tick(self.clock.now()))?;
        Ok(end.or(self.update(Msg::Resize(width, height))?))
    }
}

/// Waits until that moment; for ever where there is none.
async fn until(at: Option<Timestamp>, clock: Clock) {
    match at {
        Some(at) => {
            let left = at.duration_since(clock.now());
            tokio::time::sleep(Duration::try_from(left).unwrap_or_default().min(NAP)).await;
        }
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
