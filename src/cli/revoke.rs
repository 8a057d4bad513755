//! `keyrack revoke`: at the host, proved, then destroyed here.

use clap::Args;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::output::{evidence_json, explain, finding_json};
use super::secret_input;
use crate::domain::{RevokeEnd, RevokePlan, RevokeResult, RevokeWay};
use crate::error::{Error, Result};
use crate::ops::revoke::Using;
use crate::sanitize;

/// Revoke credentials at their hosts
///
/// Asks the host to revoke, looks until the host refuses the secret, and only then destroys it here. Where the host has no
/// API for it, the steps to do it by hand are shown; the same command run again proves that it is dead and destroys it.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  keyrack revoke old-laptop --dry-run\n  keyrack revoke build-token --using ask:jdoe\n  keyrack revoke aws-old --using aws-admin --yes"
)]
pub(super) struct RevokeArgs {
    /// Labels
    #[arg(required = true, value_name = "LABEL")]
    labels: Vec<String>,
    /// Who signs, where it cannot sign itself: a label, or ask:USER to be asked for that user's password
    #[arg(long, value_name = "LABEL|ask:USER")]
    using: Option<String>,
    /// Show what would be done and stop
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(context: &mut Context<'_>, args: RevokeArgs) -> Result<u8> {
    let mut ids = Vec::new();
    for label in &args.labels {
        let id = context.core()?.by_label(label)?.id;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let using = match args.using.as_deref() {
        None => None,
        Some(text) => Some(match text.strip_prefix("ask:") {
            Some("") => {
                return Err(Error::usage("whose password? `--using ask:` needs a user name")
                    .hint("For example: --using ask:jdoe"));
            }
            Some(user) => Using::Password {
                user: user.to_owned(),
                password: secret_input::password(context, &format!("Password of {user} (used once, not kept)"))?,
            },
            None => Using::Credential(context.core()?.by_label(text)?.id),
        }),
    };
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

    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    let listener = tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stop.cancel();
        }
    });
    let results = context.core()?.revoke(&ids, using.as_ref(), &cancel, |_| {}).await;
    listener.abort();
    let results = results?;
    if context.json() {
        let items: Vec<_> = results.iter().map(result_json).collect();
        context.out_json(&json!({ "schema": 1, "results": items }))?;
    } else {
        for result in &results {
            print_result(context, result)?;
        }
    }
    Ok(exit_code(&results))
}

fn exit_code(results: &[RevokeResult]) -> u8 {
    let any = |ends: &[RevokeEnd]| results.iter().any(|r| ends.contains(&r.end));
    if any(&[RevokeEnd::Refused, RevokeEnd::NeedsAuthority, RevokeEnd::Guided, RevokeEnd::StillAccepted]) {
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

fn sentence(way: &RevokeWay) -> String {
    match way {
        RevokeWay::AtHost { what } => what.clone(),
        RevokeWay::NeedsAuthority { why, password } => {
            let who = if *password {
                "--using ask:USER (that account's password), or --using LABEL"
            } else {
                "--using LABEL"
            };
            format!("{why}; say who signs: {who}")
        }
        RevokeWay::Guided { why, .. } => format!("by hand: {why}"),
    }
}

fn print_plan(context: &mut Context<'_>, plan: &RevokePlan) -> Result<()> {
    let line = format!("{} at {}: {}", plan.label, plan.host, sentence(&plan.way));
    context.out(&sanitize::line(&line))?;
    print_steps(context, &plan.way)
}

fn print_steps(context: &mut Context<'_>, way: &RevokeWay) -> Result<()> {
    if let RevokeWay::Guided { page, steps, .. } = way {
        if !page.is_empty() {
            context.out(&format!("  open {}", sanitize::line(page)))?;
        }
        for (n, step) in steps.iter().enumerate() {
            context.out(&format!("  {}. {}", n + 1, sanitize::line(step)))?;
        }
    }
    Ok(())
}

fn print_result(context: &mut Context<'_>, result: &RevokeResult) -> Result<()> {
    let palette = context.palette();
    let word = match result.end {
        RevokeEnd::Revoked => "revoked",
        RevokeEnd::AlreadyDead => "already dead",
        RevokeEnd::StillAccepted => "still accepted",
        RevokeEnd::Refused => "refused",
        RevokeEnd::Guided => "by hand",
        RevokeEnd::NeedsAuthority => "needs a signer",
        RevokeEnd::Unknown => "unknown",
        RevokeEnd::Unreachable => "unreachable",
        RevokeEnd::Failed => "failed",
        RevokeEnd::Cancelled => "cancelled",
    };
    context.out(&format!(
        "{}: {} - {}",
        sanitize::line(&result.label),
        palette.strong(word),
        sanitize::line(&result.message)
    ))?;
    if let Some(plan) = &result.plan {
        print_steps(context, &plan.way)?;
        if let RevokeWay::NeedsAuthority { .. } = plan.way {
            context.out(&format!("  {}", sentence(&plan.way)))?;
        }
    }
    if !matches!(result.end, RevokeEnd::Revoked | RevokeEnd::AlreadyDead)
        && let Some(validation) = &result.validation
    {
        for line in explain(palette, validation) {
            context.out(&line)?;
        }
    }
    Ok(())
}

fn result_json(result: &RevokeResult) -> serde_json::Value {
    json!({
        "label": result.label, "host": result.host, "end": result.end, "message": result.message, "plan": result.plan,
        "verdict": result.validation.as_ref().map(|v| v.verdict),
        "findings": result.validation.iter().flat_map(|v| &v.findings).map(finding_json).collect::<Vec<_>>(),
        "evidence": result.validation.iter().flat_map(|v| &v.evidence).map(evidence_json).collect::<Vec<_>>(),
    })
}
