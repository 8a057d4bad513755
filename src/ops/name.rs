//! Names that people give: labels, host names, tags, user names. And the token that stands where a name was expected.

use super::paste;
use crate::error::{Error, Result};
use crate::sanitize;

/// Longest label or name.
pub const NAME_MAX: usize = 80;

/// Checks a label or host name: not empty, not too long, nothing that acts on a terminal, no leading `-`.
///
/// # Errors
/// Usage error that says which rule it breaks.
pub fn check_name(what: &str, name: &str) -> Result<()> {
    if looks_like_token(name) {
        return Err(a_token_in_the_open(what));
    }
    let wrong = if name.trim().is_empty() {
        "must not be empty"
    } else if name.trim() != name {
        "must not begin or end with a space"
    } else if name.chars().count() > NAME_MAX {
        "must be at most 80 characters"
    } else if name.starts_with('-') {
        "must not begin with `-`, which would read as an option"
    } else if sanitize::line(name) != name {
        "must not contain control or invisible characters"
    } else {
        return Ok(());
    };
    Err(Error::usage(format!("the {what} `{}` {wrong}", sanitize::short(name, 40))))
}

/// Its form is that of a token: somebody mixed up the places. The id of an access key and the user name of an AWS Git
/// credential are public and no tokens.
pub(crate) fn looks_like_token(text: &str) -> bool {
    paste::holds_token(text)
}

/// A token stands where a name was expected; it is not repeated.
pub(crate) fn a_token_in_the_open(what: &str) -> Error {
    Error::usage(format!("that is a token, not a {what}")).hint(
        "A token never goes on the command line, where other programs and the shell's history see it: keyrack reads it \
         from a prompt, standard input or --secret-file. Take it out of the history, and replace it if others use this \
         machine.",
    )
}
