//! Streams, environment and clock of one run; tests bring their own. The only place that writes to stdout or stderr.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

use crate::domain::Clock;
use crate::error::{Error, ErrorKind, Result};

/// Bytes that a test reads back.
pub type Buffer = Arc<Mutex<Vec<u8>>>;

/// Where output goes.
#[derive(Clone)]
pub enum Stream {
    /// The process's own stdout or stderr.
    Real {
        /// Stderr instead of stdout.
        error: bool,
    },
    /// A buffer that a test reads.
    Buffer(Buffer),
}

impl Stream {
    fn write(&self, text: &str) -> std::io::Result<()> {
        match self {
            Self::Real { error: false } => {
                let mut out = std::io::stdout().lock();
                out.write_all(text.as_bytes())?;
                out.flush()
            }
            Self::Real { error: true } => std::io::stderr().lock().write_all(text.as_bytes()),
            Self::Buffer(buffer) => {
                buffer.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(text.as_bytes());
                Ok(())
            }
        }
    }
}

/// Where input comes from.
pub enum Input {
    /// The process's stdin.
    Real,
    /// Given text, as if piped.
    Text(Zeroizing<Vec<u8>>),
}

impl Input {
    /// Whether a person types there.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Real) && std::io::stdin().is_terminal()
    }

    /// Reads one line, without its end, and leaves the rest: what is asked for one after the other comes line by line.
    ///
    /// # Errors
    /// Where it cannot be read, is longer than `cap` bytes, or is not UTF-8.
    pub fn read_line(&mut self, cap: usize) -> Result<Zeroizing<String>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(256));
        match self {
            Self::Real => {
                let mut stdin =
                    unbuffered_stdin().map_err(|e| Error::data("standard input cannot be read").because(&e))?;
                let mut byte = [0];
                while bytes.len() <= cap {
                    match stdin.read(&mut byte) {
                        Ok(0) => break,
                        Ok(_) if byte[0] == b'\n' => break,
                        Ok(_) => bytes.push(byte[0]),
                        Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                        Err(e) => return Err(Error::data("standard input cannot be read").because(&e)),
                    }
                }
            }
            Self::Text(text) => {
                let end = text.iter().position(|b| *b == b'\n').unwrap_or(text.len());
                bytes.extend_from_slice(&text[..end]);
                let rest = Zeroizing::new(text[(end + 1).min(text.len())..].to_vec());
                *text = rest;
            }
        }
        if bytes.len() > cap {
            return Err(Error::usage(format!("a line of standard input is longer than {cap} bytes")));
        }
        match std::str::from_utf8(&bytes) {
            Ok(text) => Ok(Zeroizing::new(text.trim_end_matches('\r').to_owned())),
            Err(_) => Err(Error::usage("standard input is not UTF-8 text")),
        }
    }

    /// Reads all of it as text, up to `cap` bytes.
    ///
    /// # Errors
    /// Where it cannot be read, is longer, or is not UTF-8.
    pub fn read(&mut self, cap: usize) -> Result<Zeroizing<String>> {
        let bytes = self.bytes(cap)?;
        match std::str::from_utf8(&bytes) {
            Ok(text) => Ok(Zeroizing::new(text.to_owned())),
            Err(_) => Err(Error::usage("standard input is not UTF-8 text").hint("A token is one line of plain text.")),
        }
    }

    /// Reads all of it, up to `cap` bytes.
    ///
    /// # Errors
    /// Where it cannot be read or is longer.
    pub fn bytes(&mut self, cap: usize) -> Result<Zeroizing<Vec<u8>>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
        match self {
            Self::Real => {
                let limit = u64::try_from(cap).unwrap_or(u64::MAX).saturating_add(1);
                unbuffered_stdin()
                    .and_then(|stdin| stdin.take(limit).read_to_end(&mut bytes))
                    .map_err(|e| Error::data("standard input cannot be read").because(&e))?;
            }
            Self::Text(text) => bytes.append(text),
        }
        if bytes.len() > cap {
            return Err(Error::usage(format!("standard input is longer than {cap} bytes")));
        }
        Ok(bytes)
    }
}

/// Standard input without the buffer of the standard library, which lives as long as the process and is never wiped.
#[cfg(unix)]
fn unbuffered_stdin() -> std::io::Result<impl Read> {
    use std::os::fd::AsFd as _;
    std::io::stdin().as_fd().try_clone_to_owned().map(std::fs::File::from)
}

#[cfg(not(unix))]
fn unbuffered_stdin() -> std::io::Result<impl Read> {
    Ok(std::io::stdin())
}

/// Everything a run touches besides files and network.
pub struct Io {
    /// Input.
    pub stdin: Input,
    /// The result goes here.
    pub stdout: Stream,
    /// Everything else goes here.
    pub stderr: Stream,
    /// Environment variables.
    pub env: BTreeMap<String, String>,
    /// The time.
    pub clock: Clock,
}

impl Io {
    /// The process's own.
    #[must_use]
    pub fn real() -> Self {
        Self {
            stdin: Input::Real,
            stdout: Stream::Real { error: false },
            stderr: Stream::Real { error: true },
            env: std::env::vars_os()
                .filter_map(|(n, v)| Some((n.into_string().ok()?, v.into_string().ok()?)))
                .collect(),
            clock: Clock::System,
        }
    }

    /// For tests: piped input, buffers for output.
    #[must_use]
    pub fn piped(stdin: &str, env: BTreeMap<String, String>, clock: Clock) -> (Self, Buffer, Buffer) {
        let (out, err) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
        let io = Self {
            stdin: Input::Text(Zeroizing::new(stdin.as_bytes().to_vec())),
            stdout: Stream::Buffer(Arc::clone(&out)),
            stderr: Stream::Buffer(Arc::clone(&err)),
            env,
            clock,
        };
        (io, out, err)
    }

    /// An environment variable.
    #[must_use]
    pub fn var(&self, name: &str) -> Option<String> {
        self.env.get(name).cloned()
    }

    /// Whether a person reads stdout.
    #[must_use]
    pub fn stdout_is_terminal(&self) -> bool {
        matches!(self.stdout, Stream::Real { .. }) && std::io::stdout().is_terminal()
    }

    /// Columns and rows of the terminal.
    #[must_use]
    pub fn terminal_size(&self) -> Option<(u16, u16)> {
        #[cfg(unix)]
        return rustix::termios::tcgetwinsize(std::io::stdout()).ok().map(|size| (size.ws_col, size.ws_row));
        #[cfg(not(unix))]
        None
    }

    /// Whether a person reads stderr.
    #[must_use]
    pub fn stderr_is_terminal(&self) -> bool {
        matches!(self.stderr, Stream::Real { .. }) && std::io::stderr().is_terminal()
    }

    /// Whether colours fit: a terminal, no `NO_COLOR`, no dumb terminal.
    #[must_use]
    pub fn wants_color(&self, error: bool) -> bool {
        let terminal = if error { self.stderr_is_terminal() } else { self.stdout_is_terminal() };
        terminal && self.var("NO_COLOR").is_none_or(|v| v.is_empty()) && self.var("TERM").as_deref() != Some("dumb")
    }

    /// Writes to stdout as is; the caller has sanitised it.
    ///
    /// # Errors
    /// `BrokenPipe` where the reader is gone (ends quietly), a data error otherwise (disk full).
    pub fn out_raw(&mut self, text: &str) -> Result<()> {
        write_out(&self.stdout, text)
    }

    /// Writes to stderr as is. Nobody is left to be told where that fails.
    pub fn err_raw(&mut self, text: &str) {
        let _ = self.stderr.write(text);
    }
}

/// Writes one line to a stream while the context is lent to a verb.
pub(super) fn write_line(stream: &Stream, line: &str) -> Result<()> {
    write_out(stream, &format!("{line}\n"))
}

fn write_out(stream: &Stream, text: &str) -> Result<()> {
    stream.write(text).map_err(|error| match error.kind() {
        std::io::ErrorKind::BrokenPipe => Error::new(ErrorKind::BrokenPipe, "standard output was closed"),
        _ => Error::data("standard output cannot be written").because(&error),
    })
}

/// Shows how far it is, over the same line of a terminal.
pub(super) fn write_progress(stream: &Stream, doing: &str, done: usize, total: usize) {
    let _ = stream.write(&format!("\r{doing} {done}/{total} "));
}

/// Takes the progress line away again.
pub(super) fn clear_progress(stream: &Stream) {
    let _ = stream.write("\r\u{1b}[K");
}
