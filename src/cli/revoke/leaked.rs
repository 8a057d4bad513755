//! `keyrack revoke --leaked`: many leaked strings, told apart, revoked, proved dead, reported.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::exit_code;
use crate::cli::context::Context;
use crate::cli::interrupt::stop_on_interrupt;
use crate::cli::io::{clear_progress, write_progress};
use crate::cli::output::with_told;
use crate::cli::secret_input;
use crate::cli::using::Signer;
use crate::cli::way::{signer, step_lines};
use crate::domain::{LeakName, LeakPlan, LeakResult, RevokeEnd, Way};
use crate::error::{Error, Result};
use crate::ops::incident::report;
use crate::sanitize;

pub(super) async fn run(context: &mut Context<'_>, using: &Signer, dry_run: bool, to: Option<&PathBuf>) -> Result<u8> {
    if using.using.as_deref().is_some_and(|u| u.starts_with("ask:")) && !context.io.stdin.is_terminal() {
        return Err(Error::usage("standard input holds the leaked strings, so no password can be asked for")
            .hint("Let a credential of the rack sign: --using LABEL."));
    }
    let text = secret_input::many(context, "Leaked strings, one a line (not shown); an empty line ends")?;
    let leaks = context.core()?.leaks(&text)?;
    drop(text);
    let using = using.resolve(context)?;
    leaks.notes.iter().for_each(|note| context.note(note));
    let plans = context.core()?.incident_plan(&leaks.found, using.as_ref()).await?;
    if dry_run {
        if context.json() {
            context.out_json(&json!({ "schema": 1, "plan": plans }))?;
        } else {
            for line in plans.iter().flat_map(plan_lines) {
                context.out(&line)?;
            }
        }
        return Ok(0);
    }
    for line in plans.iter().flat_map(plan_lines) {
        context.remark(&line);
    }
    let leaked = plans.iter().filter(|p| !p.hosts.is_empty()).count();
    context.confirm("This cannot be undone", &format!("revoke {leaked}"))?;
    let (cancel, listener) = stop_on_interrupt();
    let progress = context.io.stderr_is_terminal().then(|| context.io.stderr.clone());
    let (mut done, total) = (0, leaks.found.len());
    let results = context
        .core()?
        .incident(&leaks.found, using.as_ref(), &cancel, |_| {
            done += 1;
            if let Some(stream) = &progress {
                write_progress(stream, "revoking", done, total);
            }
        })
        .await;
    listener.abort();
    if let Some(stream) = &progress {
        clear_progress(stream);
    }
    let results = results?;
    if let Some(path) = to {
        let text = report::markdown(&results, context.io.clock.now(), &context.core()?.user.clone());
        if path.as_os_str() == "-" {
            context.out(text.trim_end())?;
        } else {
            crate::ops::report_file::write(path, &text)?;
            context.remark(&format!("the report is in {}", path.display()));
        }
    }
    if context.json() || to.is_none_or(|path| path.as_os_str() != "-") {
        context.results(&results, result_json, print)?;
    }
    // What nobody could tell apart is left to do.
    Ok(exit_code(results.iter().map(|r| r.end.unwrap_or(RevokeEnd::Guided))))
}

fn what(leak: &LeakName) -> String {
    let family = leak.family.as_ref().map_or_else(|| "unknown form".to_owned(), ToString::to_string);
    let kind = leak.kind.map_or_else(String::new, |k| format!(" {k}"));
    let label = leak.label.as_ref().map_or_else(|| "not on the rack".to_owned(), |l| format!("`{l}` of the rack"));
    format!("#{} {} [{}] {family}{kind}, {label}", leak.n, leak.hint, leak.fingerprint)
}

fn plan_lines(plan: &LeakPlan) -> Vec<String> {
    let how = match &plan.plan {
        None => plan.why.clone(),
        Some(way) => {
            let bulk = if plan.bulk { "together with others in one request: " } else { "" };
            format!("at {}: {bulk}{}", plan.hosts.join(", then "), way.sentence())
        }
    };
    let mut lines = vec![sanitize::line(&format!("{}: {how}", what(&plan.leak))).into_owned()];
    if let Some(way @ Way::NeedsAuthority { .. }) = &plan.plan {
        lines.push(format!("  {}", signer(way)));
    }
    lines
}

fn print(context: &mut Context<'_>, result: &LeakResult) -> Result<()> {
    let line = format!("{}: {} - {}", what(&result.leak), report::word(result.end), result.message);
    context.out(&sanitize::line(&line))?;
    for line in result.plan.iter().flat_map(step_lines) {
        context.out(&line)?;
    }
    if matches!(result.end, Some(RevokeEnd::Refused | RevokeEnd::Unreachable)) {
        context.explained(result.validation.as_ref())?;
    }
    Ok(())
}

fn result_json(result: &LeakResult) -> Value {
    let leak = &result.leak;
    let told = json!({
        "n": leak.n, "hint": leak.hint, "fingerprint": leak.fingerprint, "family": leak.family, "kind": leak.kind,
        "label": leak.label, "host": result.host, "end": result.end.map_or(json!("unrecognised"), |e| json!(e)),
        "message": result.message, "plan": result.plan,
    });
    with_told(told, result.validation.as_ref())
}
