//! `keyrack host edit`.

use clap::Args;
use serde_json::json;

use super::reach::{Reach, absolute};
use super::show::host_json;
use crate::cli::context::Context;
use crate::error::{Error, Result};
use crate::sanitize;

#[derive(Debug, Args)]
pub(in crate::cli) struct EditArgs {
    /// Name
    name: String,
    /// New name
    #[arg(long = "name", value_name = "NEW")]
    new_name: Option<String>,
    /// New URL
    #[arg(long)]
    url: Option<String>,
    #[command(flatten)]
    reach: Reach,
    /// Do not allow plain http any more
    #[arg(long, conflicts_with = "allow_http")]
    no_allow_http: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: EditArgs) -> Result<u8> {
    let mut host = context.core()?.host_by_name(&args.name)?;
    let before = host.clone();
    if let Some(name) = args.new_name {
        host.name = name;
    }
    if let Some(url) = &args.url {
        let (_, understood) = crate::ops::hosts::understand(url, Some(&host.family))?;
        host.url = understood.url;
        host.region = understood.region.or(host.region);
        (host.product, host.version) = (None, None);
    }
    let reach = args.reach;
    for (name, url) in reach.endpoints {
        if url.is_empty() {
            host.endpoints.remove(&name);
        } else {
            host.endpoints.insert(name, url);
        }
    }
    host.region = reach.region.or(host.region);
    host.ca_file = change(reach.ca_file, host.ca_file, absolute)?;
    host.client_cert = change(reach.client_cert, host.client_cert, absolute)?;
    host.proxy = change(reach.proxy, host.proxy, |p| Ok(p.to_owned()))?;
    host.allow_http = (host.allow_http || reach.allow_http) && !args.no_allow_http;
    if host == before {
        return Err(Error::usage("nothing to change was given").hint("See `keyrack host edit --help`."));
    }
    let yes = context.yes();
    let changed = match context.core()?.host_edit(host.clone(), yes) {
        Err(error) if !yes && error.message.contains("where, or how protected") => {
            let (message, typed) = (error.message.clone(), host.name.clone());
            context.confirm_or(&message, &typed, error)?;
            context.core()?.host_edit(host, true)?
        }
        other => other?,
    };
    if context.json() {
        let value = host_json(context, &changed)?;
        context.out_json(&json!({ "schema": 1, "host": value }))?;
    } else {
        context.out(&format!("changed the host `{}`", sanitize::line(&changed.name)))?;
    }
    Ok(0)
}

/// A given value replaces, an empty one removes, none keeps.
fn change(
    given: Option<String>,
    before: Option<String>,
    make: impl Fn(&str) -> Result<String>,
) -> Result<Option<String>> {
    match given {
        None => Ok(before),
        Some(text) if text.is_empty() => Ok(None),
        Some(text) => make(&text).map(Some),
    }
}
