//! The user's keymap and theme, read before the terminal is touched so that what is wrong with them can be printed.

use std::path::Path;

use super::keymap::DEFAULT;
use super::theme::{DARK, LIGHT};
use super::{Keymap, Theme};
use crate::error::{Error, Result};

/// The shipped keymap with the user's own on top.
///
/// # Errors
/// Usage error with every problem of the user's file; data error where it cannot be read.
pub fn keymap(directory: &Path) -> Result<Keymap> {
    let path = directory.join("keymap.toml");
    let user = read_optional(&path)?;
    Keymap::load(DEFAULT, user.as_deref()).map_err(|problems| {
        let mut error = Error::usage(format!("{} cannot be understood", path.display()));
        for problem in problems {
            error = error.cause(problem.to_string());
        }
        error.hint("Mend the file or move it away; `?` in the screens shows every command and key.")
    })
}

/// The theme of that name: the user's own, else a shipped one.
///
/// # Errors
/// Usage error where there is none of that name or it cannot be understood; data error where it cannot be read.
pub fn theme(directory: &Path, name: &str) -> Result<Theme> {
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
        "dark" => Some(DARK),
        "light" => Some(LIGHT),
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
