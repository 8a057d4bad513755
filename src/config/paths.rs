//! Where keyrack keeps its files: flags, then environment, then the XDG directories.

use std::path::PathBuf;

use crate::error::{Error, Result};

/// Directories of this run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// Configuration: `config.toml`, `keymap.toml`, themes.
    pub config: PathBuf,
    /// The rack and the file store.
    pub data: PathBuf,
}

impl Paths {
    /// Settles the directories. `env` looks up an environment variable.
    ///
    /// # Errors
    /// Where neither flag nor variable names one and the home directory is unknown.
    pub fn settle(
        config: Option<PathBuf>,
        data: Option<PathBuf>,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Self> {
        let named =
            |flag: Option<PathBuf>, name: &str| flag.or_else(|| env(name).filter(|v| !v.is_empty()).map(PathBuf::from));
        let xdg = |name: &str, below: &str| {
            env(name)
                .map(PathBuf::from)
                .filter(|p| p.is_absolute())
                .or_else(|| env("HOME").filter(|h| !h.is_empty()).map(|h| PathBuf::from(h).join(below)))
                .map(|p| p.join("keyrack"))
        };
        let system = directories::ProjectDirs::from("", "", "keyrack");
        let unix = cfg!(all(unix, not(target_os = "macos")));
        let config = named(config, "KEYRACK_CONFIG_DIR")
            .or_else(|| xdg("XDG_CONFIG_HOME", ".config").filter(|_| unix))
            .or_else(|| system.as_ref().map(|d| d.config_dir().to_owned()));
        let data = named(data, "KEYRACK_DATA_DIR")
            .or_else(|| xdg("XDG_DATA_HOME", ".local/share").filter(|_| unix))
            .or_else(|| system.as_ref().map(|d| d.data_dir().to_owned()));
        match (config, data) {
            (Some(config), Some(data)) => Ok(Self { config, data }),
            _ => Err(Error::data("the home directory is not known, so there is no place for the rack")
                .hint("Set HOME, or name the directories with --config-dir and --data-dir.")),
        }
    }

    /// The rack's file.
    #[must_use]
    pub fn rack(&self) -> PathBuf {
        self.data.join("rack.db")
    }
}
