//! How a secret comes in: a prompt without echo, standard input, or a file. Never argv, never the environment.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::secret::SecretText;

/// Longest input read for a secret.
const CAP: usize = 64 * 1024;

/// The text in which the secret is: from the file, else standard input, else asked for on the terminal.
pub(super) fn read(context: &mut Context<'_>, file: Option<&PathBuf>, prompt: &str) -> Result<Zeroizing<String>> {
    if let Some(path) = file {
        return read_file(path, "secret file");
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

/// First line of a file.
pub(super) fn first_line_of(path: &Path, what: &str) -> Result<SecretText> {
    let text = read_file(path, what)?;
    let line = text.split('\n').next().unwrap_or("").trim_end_matches('\r');
    if line.is_empty() {
        return Err(Error::usage(format!("the {what} {} is empty", path.display())));
    }
    Ok(SecretText::from(line))
}

/// Text that may hold secrets, from a file or (`-`) from standard input; what is no UTF-8 in it is replaced.
pub(super) fn text(context: &mut Context<'_>, path: &Path, what: &str, cap: usize) -> Result<Zeroizing<String>> {
    use std::io::Read as _;
    if path == Path::new("-") {
        return context.io.stdin.read(cap);
    }
    let fail = |e: &std::io::Error| Error::usage(format!("the {what} {} cannot be read", path.display())).because(e);
    let mut bytes = Zeroizing::new(Vec::with_capacity(16 * 1024));
    let file = std::fs::File::open(path).map_err(|e| fail(&e))?;
    file.take(cap as u64 + 1).read_to_end(&mut bytes).map_err(|e| fail(&e))?;
    Ok(Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned()))
}

fn read_file(path: &Path, what: &str) -> Result<Zeroizing<String>> {
    use std::io::Read as _;
    let fail = |e: &std::io::Error| Error::usage(format!("the {what} {} cannot be read", path.display())).because(e);
    let file = std::fs::File::open(path).map_err(|e| fail(&e))?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
    file.take(CAP as u64 + 1).read_to_end(&mut bytes).map_err(|e| fail(&e))?;
    if bytes.len() > CAP {
        return Err(Error::usage(format!("the {what} {} is longer than 64 KiB", path.display())));
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(Error::usage(format!("the {what} {} is not UTF-8 text", path.display()))),
    }
}
