//! `keyrack edit`: label, tags, note, expiry, user name, owner, hosts.

use clap::Args;

use super::context::Context;
use super::values::{LookAtArgs, host_choices, parse_date};
use crate::domain::{Binding, HostChoice, Owner};
use crate::error::{Error, Result};
use crate::ops::edit::Changes;

/// Change what the rack says of a credential
#[derive(Debug, Args)]
pub(super) struct EditArgs {
    /// Label
    label: String,
    /// New label
    #[arg(long = "label", value_name = "NEW")]
    new_label: Option<String>,
    /// Add a tag. May be repeated
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Remove a tag. May be repeated
    #[arg(long, value_name = "TAG")]
    untag: Vec<String>,
    /// New note; empty removes it
    #[arg(long)]
    note: Option<String>,
    /// When it ends, where the host does not tell (YYYY-MM-DD, or `none`)
    #[arg(long, value_name = "DATE")]
    expires: Option<String>,
    /// User name, e-mail or access key id; empty removes it
    #[arg(long)]
    username: Option<String>,
    /// Whose account it acts as
    #[arg(long)]
    owner: Option<Owner>,
    /// Add a job it is there for. May be repeated
    #[arg(long = "profile", value_name = "PROFILE")]
    profiles: Vec<String>,
    /// Remove a job. May be repeated
    #[arg(long, value_name = "PROFILE")]
    unprofile: Vec<String>,
    #[command(flatten)]
    look_at: LookAtArgs,
    /// The hosts it is used at from now on: name on the rack, with a role as NAME=ROLE. May be repeated
    #[arg(long = "host", value_name = "NAME[=ROLE]")]
    hosts: Vec<String>,
}

pub(super) fn run(context: &mut Context<'_>, args: EditArgs) -> Result<u8> {
    let credential = context.core()?.by_label(&args.label)?;
    let mut changes = Changes { label: args.new_label, note: args.note, ..Changes::default() };
    if !args.tags.is_empty() || !args.untag.is_empty() {
        let mut tags: Vec<String> = credential.tags.iter().filter(|t| !args.untag.contains(t)).cloned().collect();
        tags.extend(args.tags);
        changes.tags = Some(tags);
    }
    if !args.profiles.is_empty() || !args.unprofile.is_empty() {
        let stays = |p: &&String| !args.unprofile.contains(p);
        let mut profiles: Vec<String> = credential.profiles.iter().filter(stays).cloned().collect();
        profiles.extend(args.profiles);
        changes.profiles = Some(profiles);
    }
    changes.look_at = args.look_at.into();
    changes.expires = match args.expires.as_deref() {
        None => None,
        Some("none" | "") => Some(None),
        Some(text) => Some(Some(parse_date(text)?)),
    };
    changes.username = args.username.map(|u| Some(u).filter(|u| !u.is_empty()));
    changes.owner = args.owner.map(Some);
    if !args.hosts.is_empty() {
        let mut bindings = Vec::new();
        for choice in host_choices(context, &args.hosts)? {
            match choice {
                HostChoice::Known { host, role } => bindings.push(Binding::new(host, role)),
                HostChoice::New { url, .. } => {
                    return Err(context
                        .core()?
                        .host_by_name(&url)
                        .err()
                        .unwrap_or_else(|| Error::usage("no such host")));
                }
            }
        }
        changes.bindings = Some(bindings);
    }
    if changes == Changes::default() {
        return Err(Error::usage("nothing to change was given").hint("See `keyrack edit --help`."));
    }
    let after = context.core()?.edit(&credential.id, changes)?;
    if context.json() {
        let row = super::list::rows(context)?.into_iter().find(|r| r.credential.id == after.id);
        let value = serde_json::json!({ "schema": 1, "credential": row.map(|r| super::list::row_json(&r)) });
        context.out_json(&value)?;
    } else {
        context.out(&format!("changed `{}`", after.label))?;
    }
    Ok(0)
}
