//! The passphrase of the file store: out of a file, else asked for on the terminal.

use std::path::Path;

use super::secret_file::first_line_of;
use crate::error::{Error, ErrorKind, Result};
use crate::secret::SecretText;
use crate::store::choice::Passphrase;

/// Nobody is asked here.
pub(super) fn locked() -> Error {
    Error::new(ErrorKind::Store, "the secret store is locked").hint("Unlock it with its passphrase.")
}

/// Out of the file that holds it, else asked for.
///
/// # Errors
/// Where neither is possible, or two that were typed differ.
pub(super) fn ask(file: Option<&Path>, can_ask: bool, need: Passphrase) -> Result<SecretText> {
    if let Some(path) = file {
        return first_line_of(path, "passphrase file");
    }
    if !can_ask {
        let what =
            if need == Passphrase::Create { "a new file store needs a passphrase" } else { "the file store is locked" };
        return Err(Error::new(ErrorKind::Store, what).hint(
            "Name a file that holds it: --passphrase-file FILE or KEYRACK_PASSPHRASE_FILE. On a terminal keyrack asks.",
        ));
    }
    let ask = |prompt: &str| -> Result<SecretText> {
        rpassword::prompt_password(prompt)
            .map(SecretText::new)
            .map_err(|e| Error::new(ErrorKind::Store, "the passphrase could not be asked for").because(&e))
    };
    if need != Passphrase::Create {
        return ask("Passphrase of the secret store: ");
    }
    let first = ask("New passphrase for the secret store (there is no way back if it is lost): ")?;
    if first.is_empty() {
        return Err(Error::usage("an empty passphrase protects nothing"));
    }
    if first != ask("The same again: ")? {
        return Err(Error::usage("the two passphrases differ").hint("Nothing was made; try again."));
    }
    Ok(first)
}
