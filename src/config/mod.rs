//! What users can set: layers of embedded TOML, their own files, environment and flags.

pub mod action;
pub mod chord;
pub mod files;
pub mod keymap;
pub mod paths;
pub mod profiles;
pub mod settings;
pub mod theme;

pub use action::{Action, Context};
pub use chord::Chord;
pub use keymap::Keymap;
pub use paths::Paths;
pub use settings::Config;
pub use theme::Theme;
