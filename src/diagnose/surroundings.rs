//! What a diagnosis knows of the machine around it, captured once: variables and the working directory. Values may hold
//! secrets of any program, so that they are kept as such and never shown.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::secret::SecretText;

/// Variables by which programs are found and run.
const PROGRAMS: [&str; 3] = ["PATH", "SYSTEMROOT", "TMPDIR"];

/// Variables that say what the terminal is.
const TERMINAL: [&str; 7] = ["TERM", "LANG", "LC_ALL", "LC_CTYPE", "NO_COLOR", "TMUX", "STY"];

/// Variables and place of this run.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    vars: BTreeMap<String, SecretText>,
    cwd: PathBuf,
}

impl Surroundings {
    /// Those of an environment given as pairs, in a directory.
    pub fn new(vars: impl IntoIterator<Item = (String, String)>, cwd: PathBuf) -> Self {
        Self { vars: vars.into_iter().map(|(n, v)| (n, SecretText::new(v))).collect(), cwd }
    }

    /// Those of a demo: programs are found, the terminal is known, and nothing of the user's own (other variables, home,
    /// git's settings) is looked at.
    pub fn of_demo(vars: impl IntoIterator<Item = (String, String)>, cwd: PathBuf) -> Self {
        let known = |name: &str| PROGRAMS.contains(&name) || TERMINAL.contains(&name);
        let found = vars.into_iter().filter(|(name, _)| known(name));
        let git =
            [("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", if cfg!(windows) { "NUL" } else { "/dev/null" })];
        Self::new(found.chain(git.map(|(name, value)| (name.to_owned(), value.to_owned()))), cwd)
    }

    /// A variable; none where it is not set or empty.
    #[must_use]
    pub fn var(&self, name: &str) -> Option<&SecretText> {
        self.vars.get(name).filter(|v| !v.is_empty())
    }

    /// All variables, for a child process.
    pub fn vars(&self) -> impl Iterator<Item = (&str, &SecretText)> {
        self.vars.iter().map(|(n, v)| (n.as_str(), v))
    }

    /// The user's home directory, where the environment tells it.
    #[must_use]
    pub fn home(&self) -> Option<PathBuf> {
        self.var("HOME").or_else(|| self.var("USERPROFILE")).map(|v| PathBuf::from(v.reveal()))
    }

    /// The working directory.
    #[must_use]
    pub fn cwd(&self) -> &std::path::Path {
        &self.cwd
    }
}
