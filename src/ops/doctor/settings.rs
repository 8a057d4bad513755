//! What the user set: settings, keymap, theme and profiles, each read as the screens and verbs read it.

use std::path::Path;

use super::{Complaint, Health, good};
use crate::config::{Config, files, profiles};
use crate::error::Error;

/// Reads everything in the configuration directory.
#[must_use]
pub fn settings(directory: &Path) -> Vec<Complaint> {
    let mut all = Vec::new();
    let theme = match Config::load(directory) {
        Ok(config) => config.theme,
        Err(error) => {
            all.push(bad(&error));
            "dark".to_owned()
        }
    };
    all.extend(files::keymap(directory).err().map(|e| bad(&e)));
    all.extend(files::theme(directory, &theme).err().map(|e| bad(&e)));
    let own = match profiles::load(directory) {
        Ok(found) => found.0.len().saturating_sub(profiles::shipped().0.len()),
        Err(error) => {
            all.push(bad(&error));
            0
        }
    };
    if all.is_empty() {
        let profiles = if own == 0 { String::new() } else { format!(", {own} profiles of yours") };
        all.push(good("config", format!("{}: settings, keys, theme {theme}{profiles}", directory.display())));
    }
    all
}

fn bad(error: &Error) -> Complaint {
    Complaint { health: Health::Bad, about: "config".into(), text: error.to_string(), fix: error.hints.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_that_cannot_be_understood_is_named() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(settings(dir.path())[0].health, Health::Good);
        std::fs::write(dir.path().join("config.toml"), "warm_days = 3\n").unwrap();
        std::fs::write(dir.path().join("keymap.toml"), "[rack]\nnonsense = [\"x\"]\n").unwrap();
        let found = settings(dir.path());
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].text.contains("warm_days") && found[1].text.contains("keymap.toml"), "{found:?}");
    }
}
