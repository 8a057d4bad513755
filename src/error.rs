//! The error every layer converts into before a person sees it.
//!
//! An [`Error`] says what happened and to what (`message`), why (`causes`, the source chain as text so that the
//! value is `Clone` and can travel in a message), and what to do next (`hints`). The [`ErrorKind`] alone picks the
//! heading and the exit code. Nothing here prints.

use std::fmt;

/// What sort of failure it is; decides heading and exit code, nothing else does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The user asked for something that makes no sense as written (exit 2).
    Usage,
    /// The secret store is locked, absent, or the passphrase is wrong (exit 3).
    Store,
    /// A host could not be reached, so nothing was learned (exit 4).
    Unreachable,
    /// The host refused the act (exit 5).
    Refused,
    /// The rack, a file or a directory is damaged, full, read-only or has the wrong mode (exit 70).
    Data,
    /// The user stopped it (exit 130, as a shell reports an interrupt).
    Cancelled,
    /// Standard output was closed by the reader; ends quietly (exit 0).
    BrokenPipe,
    /// A defect of keyrack itself (exit 70).
    Internal,
}

impl ErrorKind {
    /// Process exit code of the CLI contract.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::BrokenPipe => 0,
            Self::Usage => 2,
            Self::Store => 3,
            Self::Unreachable => 4,
            Self::Refused => 5,
            Self::Data | Self::Internal => 70,
            Self::Cancelled => 130,
        }
    }

    /// The word that stands before the message on a terminal.
    #[must_use]
    pub fn heading(self) -> &'static str {
        match self {
            Self::Usage => "usage error",
            Self::Store => "secret store",
            Self::Unreachable => "unreachable",
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
            Self::Data | Self::BrokenPipe => "error",
            Self::Internal => "internal error",
        }
    }
}

/// A failure in a form that can be shown, cloned and compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Picks heading and exit code.
    pub kind: ErrorKind,
    /// What happened, and to what.
    pub message: String,
    /// The source chain, outermost first; already free of secrets.
    pub causes: Vec<String>,
    /// What the user can do next, one sentence each.
    pub hints: Vec<String>,
}

/// Result with keyrack's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `kind` with a message and nothing else yet.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), causes: Vec::new(), hints: Vec::new() }
    }

    /// Usage error (exit 2).
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// Damaged, full, read-only or otherwise unusable data (exit 70).
    pub fn data(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Data, message)
    }

    /// A defect of keyrack (exit 70).
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// Adds what the user can do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds the text of `source` and of every error below it.
    #[must_use]
    pub fn because(mut self, source: &(dyn std::error::Error + 'static)) -> Self {
        let mut next = Some(source);
        while let Some(error) = next {
            let text = error.to_string();
            if self.causes.last() != Some(&text) {
                self.causes.push(text);
            }
            next = error.source();
        }
        self
    }

    /// Adds one cause as text.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for cause in &self.causes {
            write!(f, ": {cause}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
