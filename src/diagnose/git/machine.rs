//! What git has to go by on this machine.

use super::config::Config;
use super::program::Program;
use crate::diagnose::netrc::Netrc;

/// Program, settings and files.
pub(crate) struct Machine {
    pub(crate) git: Option<Program>,
    /// git's settings, or why there are none.
    pub(crate) config: Result<Config, String>,
    pub(crate) netrc: Vec<Netrc>,
}
