//! What users can set: the embedded defaults, then their own file. Unknown or ill-typed entries are errors that name
//! file and line, never ignored.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::domain::StoreKind;
use crate::error::{Error, Result};

/// The shipped defaults, with their explanations.
pub const DEFAULTS: &str = include_str!("../../assets/config.toml");

/// Every setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where secrets are kept; none means by probing.
    pub store: Option<StoreKind>,
    /// Days before the end from which a credential is `expiring`.
    pub warn_days: i64,
    /// Requests in flight at one host.
    pub per_host: usize,
    /// Credentials checked at once.
    pub in_flight: usize,
    /// Refusals in a row after which an account is held back.
    pub brake_after: usize,
    /// Name of the theme.
    pub theme: String,
    /// Seconds to connect.
    pub connect_timeout: u64,
    /// Seconds to wait for more of an answer.
    pub read_timeout: u64,
    /// Seconds for a whole request.
    pub total_timeout: u64,
    /// Where it was read from; the user's profiles are below it.
    pub directory: PathBuf,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct File {
    store: Option<String>,
    warn_days: Option<i64>,
    per_host: Option<usize>,
    in_flight: Option<usize>,
    brake_after: Option<usize>,
    theme: Option<String>,
    connect_timeout: Option<u64>,
    read_timeout: Option<u64>,
    total_timeout: Option<u64>,
}

impl Config {
    /// Defaults, overlaid by `config.toml` in the directory where there is one.
    ///
    /// # Errors
    /// Usage error naming file, line and entry where it cannot be understood; data error where it cannot be read.
    pub fn load(directory: &Path) -> Result<Self> {
        let base = parse(DEFAULTS, "the built-in config.toml")?;
        let path = directory.join("config.toml");
        let user = match std::fs::read_to_string(&path) {
            Ok(text) => parse(&text, &path.display().to_string())?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => File::default(),
            Err(error) => return Err(Error::data(format!("{} cannot be read", path.display())).because(&error)),
        };
        let config = Self {
            store: store(user.store.or(base.store), &path)?,
            warn_days: user.warn_days.or(base.warn_days).unwrap_or(14),
            per_host: user.per_host.or(base.per_host).unwrap_or(10),
            in_flight: user.in_flight.or(base.in_flight).unwrap_or(256),
            brake_after: user.brake_after.or(base.brake_after).unwrap_or(3),
            theme: user.theme.or(base.theme).unwrap_or_else(|| "dark".to_owned()),
            connect_timeout: user.connect_timeout.or(base.connect_timeout).unwrap_or(10),
            read_timeout: user.read_timeout.or(base.read_timeout).unwrap_or(15),
            total_timeout: user.total_timeout.or(base.total_timeout).unwrap_or(30),
            directory: directory.to_owned(),
        };
        config.check(&path)?;
        Ok(config)
    }

    fn check(&self, path: &Path) -> Result<()> {
        let zero = [
            ("per_host", self.per_host == 0),
            ("in_flight", self.in_flight == 0),
            ("brake_after", self.brake_after == 0),
            ("connect_timeout", self.connect_timeout == 0),
            ("read_timeout", self.read_timeout == 0),
            ("total_timeout", self.total_timeout == 0),
        ];
        if let Some((name, _)) = zero.iter().find(|(_, zero)| *zero) {
            return Err(Error::usage(format!("{}: `{name}` must be at least 1", path.display())));
        }
        if !(0..=3650).contains(&self.warn_days) {
            return Err(Error::usage(format!("{}: `warn_days` must be between 0 and 3650", path.display())));
        }
        Ok(())
    }
}

fn store(name: Option<String>, path: &Path) -> Result<Option<StoreKind>> {
    match name.as_deref() {
        None | Some("auto") => Ok(None),
        Some("keyring") => Ok(Some(StoreKind::Keyring)),
        Some("file") => Ok(Some(StoreKind::File)),
        Some(other) => {
            Err(Error::usage(format!("{}: `store = \"{other}\"` is none of: auto, keyring, file", path.display())))
        }
    }
}

fn parse(text: &str, name: &str) -> Result<File> {
    toml::from_str(text).map_err(|error| {
        Error::usage(format!("{name} cannot be understood"))
            .cause(error.to_string().trim().to_owned())
            .hint("Every setting and its default is in assets/config.toml of the source, and in the README.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_gives_the_defaults_and_a_file_overlays_them() {
        let dir = tempfile::tempdir().unwrap();
        let plain = Config::load(dir.path()).unwrap();
        assert_eq!((plain.warn_days, plain.store, plain.theme.as_str()), (14, None, "dark"));
        std::fs::write(dir.path().join("config.toml"), "warn_days = 30\nstore = \"file\"\n").unwrap();
        let own = Config::load(dir.path()).unwrap();
        assert_eq!((own.warn_days, own.store, own.per_host), (30, Some(StoreKind::File), plain.per_host));
    }

    #[test]
    fn an_unknown_setting_is_named_with_its_line() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("config.toml"), "warn_days = 30\nwarm_days = 3\n").unwrap();
        let error = Config::load(dir.path()).unwrap_err().to_string();
        assert!(error.contains("warm_days") && error.contains("line 2"), "{error}");
    }
}
