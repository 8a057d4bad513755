//! `keyrack revoke --remote`: lines of a host's own list, by the host's ids.

use serde_json::json;

use super::{exit_code, word};
use crate::cli::context::Context;
use crate::cli::interrupt::stop_on_interrupt;
use crate::cli::output::with_told;
use crate::cli::using::Signer;
use crate::domain::{InventoryLine, RemoteRevokeResult, RevokeEnd};
use crate::error::{Error, Result};
use crate::sanitize;

pub(super) async fn run(
    context: &mut Context<'_>,
    ids: &[String],
    host: Option<&str>,
    signer: &Signer,
    dry_run: bool,
) -> Result<u8> {
    let Some(host) = host else {
        return Err(Error::usage("ids mean nothing without their host").hint("Say which with --host HOST."));
    };
    let host = context.core()?.host_by_name(host)?;
    let Some(using) = signer.resolve(context)? else {
        return Err(Error::usage("somebody has to sign").hint("Say who: --using LABEL, or --using ask:USER."));
    };
    let lines = context.core()?.remote_lines(&host, ids, Some(&using)).await?;
    if dry_run {
        if context.json() {
            context.out_json(&json!({ "schema": 1, "plan": lines }))?;
        } else {
            for line in &lines {
                context.out(&sentence(&host.name, line))?;
            }
        }
        return Ok(0);
    }
    if !context.yes() {
        for line in &lines {
            let line = sentence(&host.name, line);
            context.remark(&line);
        }
    }
    context.confirm("This cannot be undone", &format!("revoke {}", lines.len()))?;
    let (cancel, listener) = stop_on_interrupt();
    let results = context.core()?.revoke_remote(&host, &lines, &using, &cancel, |_| {}).await;
    listener.abort();
    let results = results?;
    context.results(&results, result_json, print)?;
    Ok(exit_code(results.iter().map(|r| r.end)))
}

fn sentence(host: &str, line: &InventoryLine) -> String {
    let token = &line.token;
    let who = match &line.on_rack {
        Some(on) if on.by.is_sure() => {
            format!("it is `{}` of the rack, whose secret is destroyed here once it is dead", on.label)
        }
        Some(on) => format!("likely `{}` of the rack (by {}), which is left alone", on.label, on.by.words()),
        None => "not on the rack".to_owned(),
    };
    let owner = if token.owner.is_empty() { String::new() } else { format!(" of {}", token.owner) };
    sanitize::line(&format!("{} at {host}: {}{owner}; {who}", token.id, token.name)).into_owned()
}

fn print(context: &mut Context<'_>, result: &RemoteRevokeResult) -> Result<()> {
    let palette = context.palette();
    let name = if result.name.is_empty() { result.id.clone() } else { format!("{} ({})", result.name, result.id) };
    context.out(&format!(
        "{}: {} - {}",
        sanitize::line(&name),
        palette.strong(word(result.end)),
        sanitize::line(&result.message)
    ))?;
    if matches!(result.end, RevokeEnd::Revoked | RevokeEnd::AlreadyDead) {
        return Ok(());
    }
    context.explained(result.validation.as_ref())
}

fn result_json(result: &RemoteRevokeResult) -> serde_json::Value {
    let told = json!({
        "id": result.id, "name": result.name, "label": result.label, "end": result.end, "message": result.message,
    });
    with_told(told, result.validation.as_ref())
}
