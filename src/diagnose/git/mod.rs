//! What git would log in with at a URL, where that comes from, and whether the host takes it.
//!
//! git's own settings are read and its helpers asked in the captured surroundings, with nobody to ask; the question to the
//! host goes through keyrack's own transport, to the host's own endpoint for git and nowhere else, and only reads.

pub(crate) mod address;
pub(crate) mod config;
pub(crate) mod helper;
mod local;
mod login;
pub(crate) mod machine;
pub(crate) mod program;
mod refs;
mod trials;

use url::Url;

use super::board::Board;
use super::facts::facts;
use super::look::{Look, finding};
use super::patient::Patient;
use super::surroundings::Surroundings;
use super::viewpoint::Viewpoint;
use crate::domain::{StageState, Validation};
use crate::hosts;
use crate::ops::Core;
use crate::ops::exchange::{self, Channel};
use crate::secret::Secret;
use local::Local;
use machine::Machine;
use refs::Service;

/// What the stages before found.
pub(crate) struct Before<'a> {
    pub(crate) around: &'a Surroundings,
    pub(crate) machine: &'a Machine,
    /// The secret, to be compared; it is sent only where the host accepted it before.
    pub(crate) secret: Option<&'a Secret>,
    /// The way to the host, where it was seen to be the right one.
    pub(crate) channel: Option<&'a Channel>,
    /// What the host said of the credential.
    pub(crate) asked: Option<Validation>,
}

/// The URL that it is about.
struct Target {
    url: Url,
    service: Service,
    /// It names a repository, so that the host can be asked.
    is_repository: bool,
}

/// Looks at what git would be answered.
pub(crate) async fn look(core: &Core, patient: &Patient, before: Before<'_>, board: &Board<'_>) -> (Look, ()) {
    let view = Viewpoint {
        around: before.around,
        patient,
        secret: before.secret,
        endpoints: exchange::endpoints(&patient.host).unwrap_or_default(),
    };
    let name = || hosts::family(&patient.host.family).map_or_else(String::new, |f| f.facts().name.clone());
    if !view.has_git() {
        return (Look::skipped(format!("{} has no repositories for git", name())), ());
    }
    let Some(target) = target(core, &view) else {
        return (Look::skipped("the host's record gives no URL for git"), ());
    };
    let mut local = local::look(&view, before.machine, &target, core.clock.now(), board).await;
    if let Some(base) = elsewhere(&view, &target, &local) {
        let args = [("url", local.url.as_str()), ("base", base.as_str())];
        local.findings.insert(0, finding("git.elsewhere", &args));
    }
    let look = match not_sent(&view, &target, &local, before.channel) {
        Ok(channel) => trials::run(core, &view, &target, &local, channel, before.asked.as_ref()).await,
        Err(why) => only_local(local, &why),
    };
    (look, ())
}

fn target(core: &Core, view: &Viewpoint<'_>) -> Option<Target> {
    let patient = view.patient;
    let (url, is_repository) = match &patient.git_url {
        Some(url) => (url.clone(), true),
        None => (address::of(view)?, address::names_a_repository(view)),
    };
    let service = if pushes(core, patient) { Service::Push } else { Service::Fetch };
    Some(Target { url, service, is_repository })
}

/// Whether one of its jobs pushes.
fn pushes(core: &Core, patient: &Patient) -> bool {
    let family = &patient.host.family;
    let Some(clone) = facts().clones.iter().find(|c| c.family == *family) else { return false };
    let Ok(all) = core.profiles() else { return false };
    let entries = patient.profiles.iter().filter_map(|id| all.get(id)?.entry(family, patient.kind));
    entries.flat_map(|e| &e.needs).any(|need| need.any.iter().any(|grant| clone.push.contains(grant)))
}

/// Why nothing is sent, or the way.
fn not_sent<'a>(
    view: &Viewpoint<'_>,
    target: &Target,
    local: &Local,
    channel: Option<&'a Channel>,
) -> Result<&'a Channel, String> {
    if !target.is_repository {
        return Err("not tried at the host, since no repository is named (--repository or --git-url)".to_owned());
    }
    if !local.is_http {
        return Err("not tried at the host, since git does not go there over HTTPS".to_owned());
    }
    if elsewhere(view, target, local).is_some() {
        return Err("not tried, since the URL is not below the host's own endpoint for git".to_owned());
    }
    channel.ok_or_else(|| "not tried, since the host was not reached, or is not the one of the record".to_owned())
}

/// The host's endpoint for git, where git goes elsewhere over HTTP.
fn elsewhere(view: &Viewpoint<'_>, target: &Target, local: &Local) -> Option<Url> {
    let base = address::base(view)?;
    (target.is_repository && local.is_http && !is_below(&local.url, &base)).then_some(base)
}

/// Same scheme, host and port, and a path that goes on at a slash. The wire looks again before anything is sent.
fn is_below(url: &Url, base: &Url) -> bool {
    let root = base.path().trim_end_matches('/');
    url.origin() == base.origin()
        && url.path().strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Nothing was sent: what this machine alone shows.
fn only_local(local: Local, why: &str) -> Look {
    let state = if local.findings.is_empty() { StageState::Passed } else { StageState::Warned };
    let summary = match (local.findings.first(), local.logins.first()) {
        (Some(first), _) => first.title.clone(),
        (None, Some(first)) => format!("git would be answered by {}, as {}; {why}", first.source, first.user()),
        (None, None) => format!("nothing on this machine answers git; {why}"),
    };
    let mut look = Look { facts: local.facts, findings: local.findings, ..Look::of(state, summary) };
    look.facts.push(("at the host".to_owned(), why.to_owned()));
    look
}
