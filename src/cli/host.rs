//! `keyrack host`: records of the installations that credentials are used at.

mod add;
mod edit;
mod list;
mod reach;
mod show;
mod test;

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;

use super::context::Context;
use crate::error::Result;
use crate::sanitize;

/// Add, list, show, edit, remove and test hosts
#[derive(Debug, Subcommand)]
pub(super) enum HostVerb {
    /// Put a host on the rack; it is asked what product and version it is
    #[command(
        after_help = "Examples:\n  keyrack host add work https://gitlab.example.com\n  keyrack host add ghes https://git.example.com --family github --ca-file company-ca.pem"
    )]
    Add(add::AddArgs),
    /// List the hosts on the rack
    List,
    /// Show one host with the endpoints that requests go to
    Show {
        /// Name
        name: String,
    },
    /// Change a host
    Edit(edit::EditArgs),
    /// Take a host off the rack; refused while a credential uses it
    Rm {
        /// Name
        name: String,
    },
    /// Ask a host what it is, and how it answers a credential
    Test {
        /// Name
        name: String,
        /// Label of a credential to try there
        #[arg(long, value_name = "LABEL")]
        using: Option<String>,
        /// Write a redacted transcript of requests and answers to this file, with what differs from what keyrack expects
        #[arg(long, value_name = "FILE", requires = "using")]
        record: Option<PathBuf>,
    },
}

pub(super) async fn run(context: &mut Context<'_>, verb: HostVerb) -> Result<u8> {
    match verb {
        HostVerb::Add(args) => add::run(context, args).await,
        HostVerb::List => list::run(context),
        HostVerb::Show { name } => show::run(context, &name),
        HostVerb::Edit(args) => edit::run(context, args),
        HostVerb::Rm { name } => {
            context.core()?.host_remove(&name)?;
            if context.json() {
                context.out_json(&json!({ "schema": 1, "removed": name }))?;
            } else {
                context.out(&format!("removed the host `{}`", sanitize::line(&name)))?;
            }
            Ok(0)
        }
        HostVerb::Test { name, using, record } => test::run(context, &name, using.as_deref(), record.as_deref()).await,
    }
}
