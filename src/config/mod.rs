//! What users can set: layers of embedded TOML, their own files, environment and flags.

pub mod paths;
pub mod settings;

pub use paths::Paths;
pub use settings::Config;
