//! `keyrack log`: who did what, when, where, and how it ended.

use clap::Args;
use serde_json::json;

use super::context::Context;
use super::table::columns;
use crate::error::Result;
use crate::sanitize;

/// Show the audit log, newest first
#[derive(Debug, Args)]
pub(super) struct LogArgs {
    /// Only lines about this label or host
    #[arg(value_name = "LABEL|HOST")]
    about: Option<String>,
    /// How many lines at most
    #[arg(long, short = 'n', default_value_t = 50, value_name = "N")]
    limit: usize,
}

pub(super) fn run(context: &mut Context<'_>, args: &LogArgs) -> Result<u8> {
    // Filtered here, so that a limit counts the lines that are shown.
    let all = context.core()?.rack.audit_log(if args.about.is_some() { usize::MAX >> 1 } else { args.limit })?;
    let entries: Vec<_> = all
        .into_iter()
        .filter(|e| args.about.as_ref().is_none_or(|a| e.label == *a || e.host == *a))
        .take(args.limit)
        .collect();
    if context.json() {
        context.out_json(&json!({ "schema": 1, "entries": entries }))?;
        return Ok(0);
    }
    let rows: Vec<Vec<String>> = entries
        .iter()
        .map(|e| {
            vec![
                e.at.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
                sanitize::short(&e.user, 20),
                sanitize::short(&e.verb, 20),
                sanitize::short(&e.label, 40),
                sanitize::short(&e.host, 40),
                sanitize::short(&e.outcome, 20),
                sanitize::short(&e.detail, 120),
            ]
        })
        .collect();
    if rows.is_empty() {
        context.remark("the log is empty");
    }
    for line in columns(&rows) {
        context.out(&line)?;
    }
    Ok(0)
}
