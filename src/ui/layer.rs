//! Everything that can lie on the screen, and what it has to be able to do. The stack's lowest layer is the rack.
//!
//! Adding a screen: its file, one variant, the arms the compiler then lists, one table in `keymap.toml`.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::config::{Action, Context};

use super::overlays::{dialog, edit, forget, host_form, messages, palette, settings, unlock};
use super::screens::{
    add, create, deployment, detail, diagnose, doctor, guide, help, hosts, incident, inventory, log, permissions, rack,
    revoke, rotate,
};
use super::shared::{Cx, Input, Shared};

/// Actions for the footer, with another word than the usual one where it is not empty.
pub type Hints = Vec<(Action, &'static str)>;

/// A layer: handles input, draws itself, and says what works on it.
pub trait Pane {
    /// Where keys mean something here, the nearest first.
    fn contexts(&self, s: &Shared) -> Vec<Context>;

    /// The keys worth showing right now.
    fn hints(&self, s: &Shared) -> Hints;

    /// Whether an action bound here makes sense right now.
    fn enabled(&self, _action: Action, _s: &Shared) -> bool {
        true
    }

    /// Handles an input.
    fn input(&mut self, input: Input<'_>, cx: &mut Cx<'_>);

    /// Draws itself on the area between header and footer.
    fn view(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect);

    /// Whether it covers everything below.
    fn full_screen(&self) -> bool {
        false
    }

    /// Brings its own state in line with what changed elsewhere: size, rows.
    fn settle(&mut self, _s: &mut Shared) {}

    /// Closed without an answer: what it had begun is given up.
    fn closed(&mut self, _cx: &mut Cx<'_>) {}
}

macro_rules! layers {
    ($($(#[$doc:meta])* $name:ident($state:ty),)*) => {
        /// One of them.
        #[derive(Debug)]
        pub enum Layer { $($(#[$doc])* $name($state),)* }

        impl Layer {
            /// What all can do.
            #[must_use]
            pub fn pane(&self) -> &dyn Pane {
                match self { $(Self::$name(state) => state,)* }
            }

            /// What all can do, to change it.
            pub fn pane_mut(&mut self) -> &mut dyn Pane {
                match self { $(Self::$name(state) => state,)* }
            }
        }

        $(impl From<$state> for Layer {
            fn from(state: $state) -> Self {
                Self::$name(state)
            }
        })*
    };
}

layers! {
    /// The list of credentials.
    Rack(rack::Rack),
    /// One credential in full.
    Detail(detail::Detail),
    /// The add wizard.
    Add(add::Add),
    /// A record, secret apart.
    Edit(edit::Edit),
    /// A revocation.
    Revoke(revoke::Revoke),
    /// Off the rack, asking no host.
    Forget(forget::Forget),
    /// A host's own list.
    Inventory(inventory::Inventory),
    /// Having a host make a credential.
    Create(create::Create),
    /// Deployment data in Jira.
    Deployment(deployment::Deployment),
    /// A rotation.
    Rotate(rotate::Rotate),
    /// Leaked secrets.
    Incident(incident::Incident),
    /// What a credential may do.
    Permissions(permissions::Permissions),
    /// Why a credential does not work.
    Diagnose(diagnose::Diagnose),
    /// What is to be diagnosed that is not on the rack.
    Ask(diagnose::Ask),
    /// Where the report of that goes.
    Export(diagnose::ExportForm),
    /// keyrack's own health.
    Doctor(doctor::Doctor),
    /// Making one by hand.
    Guide(guide::Guide),
    /// The hosts.
    Hosts(hosts::Hosts),
    /// One host's record.
    HostForm(host_form::HostForm),
    /// The audit log.
    Log(log::Log),
    /// Every key that works.
    Help(help::Help),
    /// Commands by name.
    Palette(palette::Palette),
    /// A question.
    Dialog(dialog::Dialog),
    /// Asks for the store's passphrase.
    Unlock(unlock::Unlock),
    /// What was said lately.
    Messages(messages::Messages),
    /// Store and settings.
    Settings(settings::Settings),
}
