//! What arguments of several verbs mean: dates and hosts.

use clap::Args;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::context::Context;
use crate::domain::{HostChoice, LookAt};
use crate::error::{Error, Result};

/// What profiles look at.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct LookAtArgs {
    /// Look at this project, where a permission differs from project to project
    #[arg(long, value_name = "KEY")]
    project: Option<String>,
    /// Look at this issue
    #[arg(long, value_name = "KEY")]
    issue: Option<String>,
    /// Look at this repository, as its host names it
    #[arg(long, value_name = "REPOSITORY")]
    repository: Option<String>,
}

impl From<LookAtArgs> for LookAt {
    fn from(args: LookAtArgs) -> Self {
        Self { project: args.project, issue: args.issue, repository: args.repository }
    }
}

/// A date as the start of that day in UTC; a full RFC 3339 time is taken as is.
pub(super) fn parse_date(text: &str) -> Result<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let day: Date =
        text.parse().map_err(|_| Error::usage(format!("`{text}` is no date")).hint("Write it as YYYY-MM-DD."))?;
    let zoned = day
        .to_zoned(TimeZone::UTC)
        .map_err(|e| Error::usage(format!("`{text}` is no date that can be kept")).because(&e))?;
    Ok(zoned.timestamp())
}

/// Turns `--host` values into choices: a name on the rack, else a URL.
pub(super) fn host_choices(context: &mut Context<'_>, values: &[String]) -> Result<Vec<HostChoice>> {
    let mut choices = Vec::new();
    for value in values {
        let rack = &context.core()?.rack;
        if let Some(host) = rack.host_by_name(value)? {
            choices.push(HostChoice::Known { host: host.id, role: None });
            continue;
        }
        let (place, role) = match value.rsplit_once('=') {
            Some((place, role)) if !role.is_empty() && !role.contains('/') => (place, Some(role.to_owned())),
            _ => (value.as_str(), None),
        };
        match rack.host_by_name(place)? {
            Some(host) => choices.push(HostChoice::Known { host: host.id, role }),
            None => choices.push(HostChoice::New { url: place.to_owned(), family: None, role }),
        }
    }
    Ok(choices)
}
