//! `keyrack revoke`: at the host, proved, then destroyed here.

mod leaked;
mod remote;

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::context::Context;
use super::interrupt::stop_on_interrupt;
use super::output::with_told;
use super::using::Signer;
use super::way::{print_steps, print_way, signer};
use crate::domain::{RevokeEnd, RevokePlan, RevokeResult, Way};
use crate::error::Result;
use crate::sanitize;

/// Revoke credentials at their hosts
///
/// Asks the host to revoke, looks until the host refuses the secret, and only then destroys it here. Where the host has no
/// API for it, the steps to do it by hand are shown; the same command run again proves that it is dead and destroys it.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  keyrack revoke old-laptop --dry-run\n  keyrack revoke build-token --using ask:jdoe\n  keyrack revoke aws-old --using aws-admin --yes\n  keyrack revoke --leaked --dry-run < leaked.txt"
)]
pub(super) struct RevokeArgs {
    /// Labels
    #[arg(required_unless_present_any = ["remote", "leaked"], conflicts_with_all = ["remote", "leaked"], value_name = "LABEL")]
    labels: Vec<String>,
    #[command(flatten)]
    signer: Signer,
    /// Ids out of the host's own list, of tokens that need not be on the rack; with --host and --using. Takes several
    #[arg(long, value_name = "ID", num_args = 1.., requires = "host")]
    remote: Vec<String>,
    /// The host whose list the ids are from
    #[arg(long, value_name = "HOST", requires = "remote")]
    host: Option<String>,
    /// An incident: read leaked strings from standard input (1 to 1,000, in any text), find out whose they are, revoke each
    /// in its host's best way
    #[arg(long, conflicts_with = "remote")]
    leaked: bool,
    /// Write a report without secrets (Markdown) to this file; `-` for standard output
    #[arg(long, value_name = "FILE", requires = "leaked")]
    report: Option<PathBuf>,
    /// Show what would be done and stop
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(context: &mut Context<'_>, args: RevokeArgs) -> Result<u8> {
    if args.leaked {
        return leaked::run(context, &args.signer, args.dry_run, args.report.as_ref()).await;
    }
    if !args.remote.is_empty() {
        return remote::run(context, &args.remote, args.host.as_deref(), &args.signer, args.dry_run).await;
    }
    let mut ids = Vec::new();
    for label in &args.labels {
        let id = context.core()?.by_label(label)?.id;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let using = args.signer.resolve(context)?;
    let plans = context.core()?.revoke_plan(&ids, using.as_ref()).await?;
    if args.dry_run {
        if context.json() {
            context.out_json(&json!({ "schema": 1, "plan": plans }))?;
        } else {
            for plan in &plans {
                print_plan(context, plan)?;
            }
        }
        return Ok(0);
    }
    if !context.yes() {
        for plan in &plans {
            let line = format!("{} at {}: {}", plan.label, plan.host, sentence(&plan.way));
            context.remark(&sanitize::line(&line));
        }
    }
    let typed = if let [one] = plans.as_slice() { one.label.clone() } else { format!("revoke {}", plans.len()) };
    context.confirm("This cannot be undone", &typed)?;

    let (cancel, listener) = stop_on_interrupt();
    let results = context.core()?.revoke(&ids, using.as_ref(), &cancel, |_| {}).await;
    listener.abort();
    let results = results?;
    context.results(&results, result_json, print_result)?;
    Ok(exit_code(results.iter().map(|r| r.end)))
}

fn exit_code(ends: impl IntoIterator<Item = RevokeEnd>) -> u8 {
    let ends: Vec<RevokeEnd> = ends.into_iter().collect();
    let any = |these: &[RevokeEnd]| ends.iter().any(|end| these.contains(end));
    if any(&[
        RevokeEnd::Refused,
        RevokeEnd::NeedsAuthority,
        RevokeEnd::Guided,
        RevokeEnd::StillAccepted,
        RevokeEnd::Busy,
    ]) {
        5
    } else if any(&[RevokeEnd::Failed]) {
        70
    } else if any(&[RevokeEnd::Unreachable, RevokeEnd::Unknown]) {
        4
    } else if any(&[RevokeEnd::Cancelled]) {
        130
    } else {
        0
    }
}

/// The word for how it ended.
fn word(end: RevokeEnd) -> &'static str {
    match end {
        RevokeEnd::Revoked => "revoked",
        RevokeEnd::AlreadyDead => "already dead",
        RevokeEnd::StillAccepted => "still accepted",
        RevokeEnd::Refused => "refused",
        RevokeEnd::Guided => "by hand",
        RevokeEnd::NeedsAuthority => "needs a signer",
        RevokeEnd::Unknown => "unknown",
        RevokeEnd::Unreachable => "unreachable",
        RevokeEnd::Busy => "not begun",
        RevokeEnd::Failed => "failed",
        RevokeEnd::Cancelled => "cancelled",
    }
}

fn sentence(way: &Way) -> String {
    match way {
        Way::AtHost { what } => what.clone(),
        Way::NeedsAuthority { why, .. } => format!("{why}; {}", signer(way)),
        Way::Guided { why, .. } => format!("by hand: {why}"),
    }
}

fn print_plan(context: &mut Context<'_>, plan: &RevokePlan) -> Result<()> {
    let line = format!("{} at {}: {}", plan.label, plan.host, sentence(&plan.way));
    context.out(&sanitize::line(&line))?;
    print_steps(context, &plan.way)
}

fn print_result(context: &mut Context<'_>, result: &RevokeResult) -> Result<()> {
    let palette = context.palette();
    context.out(&format!(
        "{}: {} - {}",
        sanitize::line(&result.label),
        palette.strong(word(result.end)),
        sanitize::line(&result.message)
    ))?;
    if let Some(plan) = &result.plan {
        print_way(context, &plan.way)?;
    }
    if matches!(result.end, RevokeEnd::Revoked | RevokeEnd::AlreadyDead) {
        return Ok(());
    }
    context.explained(result.validation.as_ref())
}

fn result_json(result: &RevokeResult) -> serde_json::Value {
    let told = json!({
        "label": result.label, "host": result.host, "end": result.end, "message": result.message, "plan": result.plan,
    });
    with_told(told, result.validation.as_ref())
}
