//! How a secret comes in: a prompt without echo, standard input, or a file. Never argv, never the environment.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::context::Context;
use super::secret_file;
use crate::error::{Error, ErrorKind, Result};
use crate::secret::SecretText;

/// Longest input read for a secret.
const CAP: usize = secret_file::CAP;

/// The text in which the secret is: from the file, else standard input, else asked for on the terminal.
pub(super) fn read(context: &mut Context<'_>, file: Option<&PathBuf>, prompt: &str) -> Result<Zeroizing<String>> {
    if let Some(path) = file {
        return secret_file::read(path, "secret file");
    }
    if !context.io.stdin.is_terminal() {
        return context.io.stdin.read(CAP);
    }
    rpassword::prompt_password(format!("{prompt}: "))
        .map(Zeroizing::new)
        .map_err(|e| Error::new(ErrorKind::Usage, "no secret was given").because(&e))
}

/// Many secrets: all of standard input, or typed line by line without echo until an empty one.
pub(super) fn many(context: &mut Context<'_>, prompt: &str) -> Result<Zeroizing<String>> {
    const MANY: usize = 4 * 1024 * 1024;
    if !context.io.stdin.is_terminal() {
        return context.io.stdin.read(MANY);
    }
    context.remark(prompt);
    let mut text = Zeroizing::new(String::with_capacity(CAP));
    loop {
        let line = rpassword::prompt_password("")
            .map(Zeroizing::new)
            .map_err(|e| Error::new(ErrorKind::Usage, "nothing was given").because(&e))?;
        if line.is_empty() || text.len() > MANY {
            return Ok(text);
        }
        text.push_str(&line);
        text.push('\n');
    }
}

/// Something asked for at this moment and not kept (a password, a one-time code): on the terminal, else the next line of
/// standard input.
pub(super) fn asked(context: &mut Context<'_>, what: &str, prompt: &str) -> Result<SecretText> {
    let line = if context.io.stdin.is_terminal() {
        rpassword::prompt_password(format!("{prompt}: "))
            .map(Zeroizing::new)
            .map_err(|e| Error::new(ErrorKind::Usage, format!("no {what} was given")).because(&e))?
    } else {
        context.io.stdin.read_line(CAP)?
    };
    if line.is_empty() {
        return Err(Error::usage(format!("no {what} was given")));
    }
    Ok(SecretText::from(line.as_str()))
}

/// Text in which secrets may stand, from a file or (`-`) from standard input, whatever its encoding.
///
/// # Errors
/// Where it cannot be read or is longer than `cap` bytes.
pub(super) fn text(context: &mut Context<'_>, path: &Path, what: &str, cap: usize) -> Result<Zeroizing<String>> {
    let bytes =
        if path == Path::new("-") { context.io.stdin.bytes(cap)? } else { secret_file::bytes(path, what, cap)? };
    Ok(secret_file::decoded(&bytes))
}
