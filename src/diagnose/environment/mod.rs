//! What of this machine shadows the credential or bends the way to its host: variables, git's settings, `.netrc`, files
//! with credentials, proxies, certificates.
//!
//! Fails where it breaks keyrack's own requests, warns where other tools take something else. Of a variable that may hold
//! a secret only name, length and whether it equals the credential's is ever told.

mod aws;
mod certificates;
mod git_credentials;
mod git_settings;
mod netrc;
mod own;
mod proxies;
pub(crate) mod sight;
mod variables;

use super::board::Board;
use super::git::{address, config::Config, machine::Machine, program::Program};
use super::look::Look;
use super::patient::Patient;
use super::surroundings::Surroundings;
use super::viewpoint::Viewpoint;
use crate::domain::StageState;
use crate::ops::exchange;
use crate::secret::Secret;
use sight::Sight;

/// Looks around; gives what the git stage needs.
pub(crate) async fn look(
    patient: &Patient,
    around: &Surroundings,
    secret: Option<&Secret>,
    board: &Board<'_>,
) -> (Look, Machine) {
    let endpoints = exchange::endpoints(&patient.host).unwrap_or_default();
    let view = Viewpoint { around, patient, secret, endpoints };
    let mut machine = Machine { git: None, config: Ok(Config::default()), netrc: super::netrc::read(&view) };
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
