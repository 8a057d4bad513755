//! What every screen sees: the clock, the size, the rows, the open jobs; and how a screen acts on the world.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::config::{Action, Context, Keymap, Theme};
use crate::domain::{CredentialId, FamilyId, Kind, Profiles};
use crate::error::Error;
use crate::hosts::facts::Facts;
use crate::secret::SecretText;

use super::check::Checks;
use super::effect::{Effect, RackFx};
use super::history::History;
use super::jobs::Jobs;
use super::layer::Layer;
use super::msg::{Msg, Passphrase, StoreState};
use super::overlays::toast::{Level, Toasts};
use super::rows::Rows;

/// What [`Model::new`](super::Model::new) is told.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The moment it is.
    pub now: Timestamp,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// Which key means what.
    pub keymap: Keymap,
    /// The colours.
    pub theme: Theme,
    /// `NO_COLOR` is set or the terminal has none.
    pub no_colour: bool,
    /// The time zone in which moments are shown.
    pub zone: TimeZone,
    /// The facts of every family.
    pub families: Vec<&'static Facts>,
    /// How many days before its end a credential counts as expiring.
    pub warn_days: i64,
    /// Further lines for the settings overlay, name and value: where the rack and the configuration are.
    pub settings: Vec<(String, String)>,
    /// Everything shown is made up: the title says so, and how to leave.
    pub demo: bool,
}

/// What every screen sees.
#[derive(Debug)]
pub struct Shared {
    /// The moment of the last tick.
    pub now: Timestamp,
    /// Columns and rows.
    pub size: (u16, u16),
    /// Which key means what.
    pub keymap: Keymap,
    /// The colours.
    pub theme: Theme,
    /// The user's time zone.
    pub zone: TimeZone,
    /// The facts of every family.
    pub families: Vec<&'static Facts>,
    /// Lines of the settings overlay.
    pub settings: Vec<(String, String)>,
    /// Everything shown is made up.
    pub demo: bool,
    /// Every profile.
    pub profiles: Profiles,
    /// The rack.
    pub rows: Rows,
    /// Whether the rack was read at least once.
    pub loaded: bool,
    /// What background work is open.
    pub jobs: Jobs,
    /// Checks under way.
    pub checks: Checks,
    /// The history of the credential looked at.
    pub history: History,
    /// Short messages.
    pub toasts: Toasts,
    /// Which store is in use, once known.
    pub store: Option<StoreState>,
    /// Effects that wait until the store is open.
    pub parked: Vec<Effect>,
    /// The credential to put the cursor on after the next load.
    pub jump: Option<CredentialId>,
}

impl Shared {
    pub(super) fn new(setup: Setup) -> Self {
        let theme = if setup.no_colour { setup.theme.without_colour() } else { setup.theme };
        Self {
            now: setup.now,
            size: setup.size,
            keymap: setup.keymap,
            theme,
            zone: setup.zone,
            families: setup.families,
            settings: setup.settings,
            demo: setup.demo,
            profiles: Profiles::default(),
            rows: Rows::new(setup.warn_days),
            loaded: false,
            jobs: Jobs::default(),
            checks: Checks::default(),
            history: History::default(),
            toasts: Toasts::default(),
            store: None,
            parked: Vec::new(),
            jump: None,
        }
    }

    /// Name of a family for people.
    #[must_use]
    pub fn family_name<'a>(&self, id: &'a FamilyId) -> &'a str {
        self.facts(id).map_or(id.as_str(), |f| f.name.as_str())
    }

    /// The facts of a family.
    #[must_use]
    pub fn facts(&self, id: &FamilyId) -> Option<&'static Facts> {
        self.families.iter().copied().find(|f| f.id == *id)
    }

    /// What the vendor calls a kind.
    #[must_use]
    pub fn kind_name(&self, family: &FamilyId, kind: Kind) -> &'static str {
        self.facts(family).and_then(|f| f.kind(kind)).map_or(kind.slug(), |k| k.name.as_str())
    }

    /// The first key for an action where `contexts` hold, as text; empty where it has none.
    #[must_use]
    pub fn key(&self, contexts: &[Context], action: Action) -> String {
        self.keymap.keys(contexts, action).first().map(ToString::to_string).unwrap_or_default()
    }

    /// Whether the store wants a passphrase first.
    #[must_use]
    pub fn passphrase(&self) -> Passphrase {
        self.store.as_ref().map_or(Passphrase::None, |s| s.passphrase)
    }
}

/// Where to go next.
#[derive(Debug)]
pub enum Nav {
    /// Close the topmost layer.
    Back,
    /// Put a layer on top.
    Open(Box<Layer>),
    /// Put a layer in the place of the topmost one.
    Replace(Box<Layer>),
    /// Close the topmost layer and do this on the one below.
    Command(Action),
    /// Close everything above the rack.
    Home,
    /// End the program.
    Quit,
    /// Treat this as if it had come from outside.
    Deliver(Box<Msg>),
}

/// What a screen acts through while it handles one input.
pub struct Cx<'a> {
    /// What every screen sees.
    pub s: &'a mut Shared,
    /// Effects so far.
    pub fx: &'a mut Vec<Effect>,
    /// Where to go, in order.
    pub nav: &'a mut Vec<Nav>,
}

impl Cx<'_> {
    /// Asks for an effect. One that needs the secret store waits until it is open.
    pub fn emit(&mut self, effect: Effect) {
        if effect.needs_store() && self.s.passphrase() != Passphrase::None {
            self.s.parked.push(effect);
        } else {
            self.fx.push(effect);
        }
    }

    /// Reads the rack.
    pub fn load(&mut self) {
        let job = self.s.jobs.begin("reading the rack");
        self.emit(Effect::Rack(RackFx::Load { job }));
    }

    /// Closes the topmost layer.
    pub fn back(&mut self) {
        self.nav.push(Nav::Back);
    }

    /// Puts a layer on top.
    pub fn open(&mut self, layer: Layer) {
        self.nav.push(Nav::Open(Box::new(layer)));
    }

    /// Says something in passing.
    pub fn say(&mut self, level: Level, text: impl Into<String>) {
        self.s.toasts.push(level, text.into(), self.s.now);
    }

    /// Shows a failure; being cancelled is none.
    pub fn fail(&mut self, error: &Error) {
        self.s.toasts.push_error(error, self.s.now);
    }
}

/// What a layer is given: keys as actions, or what is meant for a field.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// What the key means here.
    Action(Action),
    /// A character that means nothing else here.
    Char(char),
    /// A paste.
    Paste(&'a SecretText),
    /// A click at column and row.
    Click(u16, u16),
    /// A turn of the wheel, true for down.
    Wheel(bool),
}
