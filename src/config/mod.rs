//! What can be configured. Parses text that others read from disk: no file, no environment is touched here.

pub mod action;
pub mod chord;
pub mod keymap;
pub mod theme;

pub use action::{Action, Context};
pub use chord::Chord;
pub use keymap::Keymap;
pub use theme::Theme;
