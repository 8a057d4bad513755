//! `keyrack rotate`: a new secret in the place of the old one.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::context::Context;
use super::interrupt::stop_on_interrupt;
use super::output::with_told;
use super::secret_input;
use super::using::Signer;
use super::values::parse_date;
use super::way::{print_steps, print_way, signer, step_lines};
use crate::domain::{CredentialId, Expiry, RotateEnd, RotatePattern, RotatePlan, RotateResult, Way};
use crate::error::{Error, Result};
use crate::ops::exchange::date;
use crate::ops::rotate::{Pasted, RotateOptions};
use crate::sanitize;

/// Replace secrets: new one made, stored and proved, only then the old one ended
///
/// Label, tags, note, hosts and profiles stay. Where the host has no API for it, the steps are shown, and the new token is
/// pasted: at the prompt, on standard input, or with --secret-file. Nothing is lost if it is interrupted: `keyrack doctor
/// --fix` settles what was begun.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  keyrack rotate ci --expires 2027-06-30\n  keyrack rotate build --using ask:jdoe\n  keyrack rotate laptop --secret-file new-token.txt"
)]
pub(super) struct RotateArgs {
    /// Labels
    #[arg(required = true, value_name = "LABEL")]
    labels: Vec<String>,
    /// When the new ones are to end (YYYY-MM-DD); the same life again, where nothing is said
    #[arg(long, value_name = "DATE")]
    expires: Option<String>,
    #[command(flatten)]
    signer: Signer,
    /// Paste the new one, also where the host could make it
    #[arg(long)]
    paste: bool,
    /// Read the new one from this file
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Show what would be done and stop
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(context: &mut Context<'_>, args: RotateArgs) -> Result<u8> {
    let expires = args.expires.as_deref().map(parse_date).transpose()?;
    let mut ids = Vec::new();
    for label in &args.labels {
        let id = context.core()?.by_label(label)?.id;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let wants_paste = args.paste || args.secret_file.is_some();
    if wants_paste && ids.len() != 1 {
        return Err(Error::usage("one new secret can take the place of one credential only"));
    }
    let using = args.signer.resolve(context)?;
    let mut options = RotateOptions { expires, using, ..RotateOptions::default() };
    let plans = context.core()?.rotate_plan(&ids, &options).await?;
    if args.dry_run {
        if context.json() {
            context.out_json(&json!({ "schema": 1, "plan": plans }))?;
        } else {
            for plan in &plans {
                for line in plan_lines(plan) {
                    context.out(&line)?;
                }
                print_steps(context, &plan.new)?;
            }
        }
        return Ok(0);
    }
    if let [plan] = plans.as_slice()
        && (wants_paste || is_by_hand(plan))
    {
        options.pasted = paste(context, plan, args.secret_file.as_ref(), wants_paste)?;
        if let Some(pasted) = options.pasted.clone() {
            options.accept_doubts = accept(context, &plan.credential, &pasted).await?;
        }
    }
    // Where nothing will be sent there is nothing to confirm.
    if options.pasted.is_some() || !plans.iter().all(|p| !matches!(p.new, Way::AtHost { .. })) {
        if !context.yes() && options.pasted.is_none() {
            for line in plans.iter().flat_map(plan_lines) {
                context.remark(&line);
            }
        }
        let typed = if let [one] = plans.as_slice() { one.label.clone() } else { format!("rotate {}", plans.len()) };
        context.confirm("Whatever uses the old secret stops working until it has the new one", &typed)?;
    }
    let (cancel, listener) = stop_on_interrupt();
    let results = context.core()?.rotate(&ids, &options, &cancel, |_| {}).await;
    listener.abort();
    let results = results?;
    context.results(&results, result_json, print)?;
    if results.len() > 1 && !context.json() {
        let done = results.iter().filter(|r| r.end == RotateEnd::Rotated).count();
        context.out(&format!("{done} of {} rotated to the end", results.len()))?;
    }
    Ok(exit_code(&results))
}

fn is_by_hand(plan: &RotatePlan) -> bool {
    plan.pattern == RotatePattern::Swap && matches!(plan.new, Way::Guided { .. })
}

/// The new token: out of the file, off standard input, or asked for after the steps were shown. None where there is none.
fn paste(context: &mut Context<'_>, plan: &RotatePlan, file: Option<&PathBuf>, wanted: bool) -> Result<Option<Pasted>> {
    if file.is_none() && context.io.stdin.is_terminal() && is_by_hand(plan) {
        for line in plan_lines(plan) {
            context.remark(&line);
        }
        for line in step_lines(&plan.new) {
            context.remark(&line);
        }
    }
    let text = secret_input::read(context, file, "The new token (not shown; empty to stop)")?;
    if text.trim().is_empty() {
        return if wanted { Err(Error::usage("no new token was given")) } else { Ok(None) };
    }
    let identified = context.core()?.identify(&text)?;
    drop(text);
    for note in identified.notes.iter().chain(&identified.warnings) {
        context.note(note);
    }
    Ok(Some(Pasted { secret: identified.secret, username: identified.username }))
}

/// Looks at the pasted one. What gives cause for doubt has to be confirmed.
async fn accept(context: &mut Context<'_>, id: &CredentialId, pasted: &Pasted) -> Result<bool> {
    let successor = context.core()?.successor(id, pasted).await?;
    if successor.doubts.is_empty() {
        return Ok(false);
    }
    for doubt in &successor.doubts {
        let line = format!("doubt: {}", sanitize::line(doubt));
        context.remark(&line);
    }
    let refusal = Error::new(crate::error::ErrorKind::Refused, "the pasted one is in doubt: nothing was changed")
        .hint("Say `--yes` to put it in place all the same.");
    context.confirm_or("The pasted one is in doubt; it can take the place all the same", "swap", refusal)?;
    Ok(true)
}

fn plan_lines(plan: &RotatePlan) -> Vec<String> {
    let head = format!("{} at {}", plan.label, plan.host);
    let pattern = match plan.pattern {
        RotatePattern::InPlace => "replaced in place",
        RotatePattern::Twin => "a second one is made",
        RotatePattern::Swap => "the new one is pasted",
    };
    let mut lines = vec![format!("{head}: {pattern}: {}", plan.new.sentence())];
    if let Way::NeedsAuthority { .. } = plan.new {
        lines.push(format!("  {}", signer(&plan.new)));
    }
    if let Some(old) = &plan.old {
        lines.push(format!("  then the old one: {}", old.sentence()));
    }
    if let Some(at) = plan.expires {
        lines.push(format!("  the new one is to end {}", date(at)));
    }
    lines.iter().map(|l| sanitize::line(l).into_owned()).collect()
}

fn print(context: &mut Context<'_>, result: &RotateResult) -> Result<()> {
    let palette = context.palette();
    let word = match result.end {
        RotateEnd::Rotated => "rotated",
        RotateEnd::OldKept => "rotated, the old one lives",
        RotateEnd::NewUnproved => "not rotated",
        RotateEnd::Refused => "refused",
        RotateEnd::Guided => "by hand",
        RotateEnd::NeedsAuthority => "needs a signer",
        RotateEnd::Unknown => "unknown",
        RotateEnd::Unreachable => "unreachable",
        RotateEnd::Dead => "dead",
        RotateEnd::Busy => "not begun",
        RotateEnd::Failed => "failed",
        RotateEnd::Cancelled => "cancelled",
    };
    context.out(&format!(
        "{}: {} - {}",
        sanitize::line(&result.label),
        palette.strong(word),
        sanitize::line(&result.message)
    ))?;
    if matches!(result.end, RotateEnd::Rotated | RotateEnd::OldKept) {
        match result.expiry {
            Expiry::At(at) => context.out(&format!("  the new one ends {}", date(at)))?,
            Expiry::Never => context.out("  the new one does not end by itself")?,
            Expiry::Unknown => {}
        }
    }
    for note in &result.notes {
        context.out(&format!("  note: {}", sanitize::line(note)))?;
    }
    for line in super::guide::deliver_lines(&result.deliver) {
        context.out(&line)?;
    }
    if let Some(way) = &result.way {
        print_way(context, way)?;
    }
    if matches!(result.end, RotateEnd::Rotated | RotateEnd::OldKept) {
        return Ok(());
    }
    context.explained(result.validation.as_ref())
}

fn exit_code(results: &[RotateResult]) -> u8 {
    let any = |ends: &[RotateEnd]| results.iter().any(|r| ends.contains(&r.end));
    if any(&[RotateEnd::Dead]) {
        1
    } else if any(&[
        RotateEnd::Refused,
        RotateEnd::NeedsAuthority,
        RotateEnd::Guided,
        RotateEnd::NewUnproved,
        RotateEnd::OldKept,
        RotateEnd::Busy,
    ]) {
        5
    } else if any(&[RotateEnd::Failed]) {
        70
    } else if any(&[RotateEnd::Unreachable, RotateEnd::Unknown]) {
        4
    } else if any(&[RotateEnd::Cancelled]) {
        130
    } else {
        0
    }
}

fn result_json(result: &RotateResult) -> serde_json::Value {
    let told = json!({
        "label": result.label, "host": result.host, "end": result.end, "message": result.message,
        "expires_at": result.expiry.at(), "left": result.left, "notes": result.notes, "way": result.way,
        "deliver": result.deliver,
    });
    with_told(told, result.validation.as_ref())
}
