//! What of this machine shadows the credential or bends the way to its host: variables, git's settings, `.netrc`, files
//! with credentials, proxies, certificates.
//!
//! Fails where it breaks keyrack's own requests, warns where other tools take something else. Of a variable that may hold
//! a secret only name, length and whether it equals the credential's is ever told.

mod aws;
mod certificates;
pub(crate) mod data;
mod files;
mod git_credentials;
pub(crate) mod git_settings;
pub(crate) mod netrc;
mod own;
mod proxies;
pub(crate) mod sight;
#[cfg(test)]
pub(crate) mod tests;
mod variables;

use std::path::PathBuf;

use url::Url;

use super::board::Board;
use super::git::{address, config::Config, program::Program};
use super::look::Look;
use super::patient::Patient;
use super::surroundings::Surroundings;
use crate::domain::StageState;
use crate::hosts::{self, Endpoints, facts::How};
use crate::ops::exchange;
use crate::secret::Secret;
use netrc::Netrc;
use sight::Sight;

/// Whose surroundings are looked at.
pub(crate) struct Viewpoint<'a> {
    pub(crate) around: &'a Surroundings,
    pub(crate) patient: &'a Patient,
    pub(crate) secret: Option<&'a Secret>,
    /// Named endpoints of the host, where its record gives any.
    pub(crate) endpoints: Endpoints,
}

/// What the git stage needs of it.
pub(crate) struct Machine {
    pub(crate) git: Option<Program>,
    /// git's settings, or why there are none.
    pub(crate) config: Result<Config, String>,
    pub(crate) netrc: Vec<Netrc>,
}

impl Viewpoint<'_> {
    /// Name of the host as its record has it, in lower case.
    pub(crate) fn host(&self) -> String {
        host_of(&self.patient.host.url).unwrap_or_default()
    }

    /// Every URL that requests for this credential go to.
    pub(crate) fn urls(&self) -> Vec<Url> {
        let own = std::iter::once(&self.patient.host.url);
        let mut urls: Vec<Url> = own.chain(self.endpoints.values()).filter_map(|u| Url::parse(u).ok()).collect();
        if !self.endpoints.is_empty() {
            // Where every endpoint is named, nothing need go to the record's URL itself.
            urls.remove(0);
        }
        urls
    }

    /// Whether a host name or `name:port` is one of this credential's hosts.
    pub(crate) fn is_ours(&self, name: &str) -> bool {
        let own = Url::parse(&self.patient.host.url).ok();
        self.urls().iter().chain(own.iter()).any(|url| {
            let host = url.host_str().unwrap_or("");
            let with_port = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
            name.eq_ignore_ascii_case(host) || name.eq_ignore_ascii_case(&with_port)
        })
    }

    /// Whether git is of use with this family.
    pub(crate) fn has_git(&self) -> bool {
        hosts::family(&self.patient.host.family).is_some_and(|f| f.facts().verbs.git != How::None)
    }

    /// A path of a file in the home directory.
    pub(crate) fn at_home(&self, path: &str) -> Option<PathBuf> {
        Some(self.around.home()?.join(path))
    }

    /// A path that a variable names, from the working directory on.
    pub(crate) fn named(&self, path: &str) -> PathBuf {
        match path.strip_prefix("~/").and_then(|rest| self.at_home(rest)) {
            Some(path) => path,
            None => self.around.cwd().join(path),
        }
    }
}

/// The host of a URL, or a text that is a host already, in lower case.
pub(crate) fn host_of(text: &str) -> Option<String> {
    let text = text.trim();
    let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = Url::parse(&whole).ok()?;
    url.host_str().map(str::to_ascii_lowercase)
}

/// Looks around; gives what the git stage needs.
pub(crate) async fn look(
    patient: &Patient,
    around: &Surroundings,
    secret: Option<&Secret>,
    board: &Board<'_>,
) -> (Look, Machine) {
    let endpoints = exchange::endpoints(&patient.host).unwrap_or_default();
    let view = Viewpoint { around, patient, secret, endpoints };
    let mut machine = Machine { git: None, config: Ok(Config::default()), netrc: netrc::read(&view) };
    let mut sight =
        proxies::look(&view).and(certificates::look(&view)).and(own::look(&view)).and(variables::look(&view));
    if view.has_git() {
        machine.git = Program::find(around);
        if let Some(program) = &machine.git {
            machine.config = Config::read(program, around).await;
            let url = address::of(&view);
            sight = sight.and(git_settings::look(&view, program, &machine.config, url.as_ref()));
        } else {
            sight.fact("git", "there is none in PATH");
        }
        sight = sight.and(git_credentials::look(&view, machine.config.as_ref().ok()));
    }
    sight = sight.and(netrc::look(&view, &machine.netrc)).and(aws::look(&view));
    for read in &sight.secrets {
        board.learn(&Secret::token(read.clone()));
    }
    (told(sight), machine)
}

fn told(sight: Sight) -> Look {
    let state = match (sight.breaks.is_empty(), sight.misleads.is_empty()) {
        (false, _) => StageState::Failed,
        (true, false) => StageState::Warned,
        (true, true) => StageState::Passed,
    };
    let findings: Vec<_> = sight.breaks.into_iter().chain(sight.misleads).collect();
    let summary = match findings.as_slice() {
        [] => "nothing on this machine shadows it or bends the way".to_owned(),
        [only] => only.title.clone(),
        [first, rest @ ..] => format!("{}; {} more", first.title, rest.len()),
    };
    Look { findings, facts: sight.facts, ..Look::of(state, summary) }
}
