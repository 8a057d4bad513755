//! `keyrack inventory`: a host's own list beside the rack.

use clap::Args;
use serde_json::json;

use super::context::Context;
use super::table::columns;
use super::using::Signer;
use crate::domain::{Expiry, InventoryLine, InventoryReport, RemoteState, SecretState};
use crate::error::Result;
use crate::ops::exchange::{date, relative};
use crate::sanitize;

/// Read the host's own list of tokens: which are on the rack, which are strangers
///
/// Shows when each was last used, when it ends, and what it may do, as the host tells. Nothing is validated, since that
/// would move "last used".
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  keyrack inventory gitlab.example.com --using admin\n  keyrack inventory jira --using ask:jdoe\n  keyrack revoke --remote 4711 --host gitlab.example.com --using admin"
)]
pub(super) struct InventoryArgs {
    /// Name of a host on the rack
    #[arg(value_name = "HOST")]
    host: String,
    #[command(flatten)]
    signer: Signer,
}

pub(super) async fn run(context: &mut Context<'_>, args: InventoryArgs) -> Result<u8> {
    let host = context.core()?.host_by_name(&args.host)?;
    let using = args.signer.resolve(context)?;
    let report = context.core()?.inventory(&host, using.as_ref()).await?;
    if context.json() {
        context.out_json(&json!({ "schema": 1, "inventory": report }))?;
    } else {
        print(context, &report)?;
    }
    Ok(0)
}

fn print(context: &mut Context<'_>, report: &InventoryReport) -> Result<()> {
    let palette = context.palette();
    let strangers = report.lines.iter().filter(|l| l.on_rack.is_none()).count();
    let of = if report.of.is_empty() { String::new() } else { format!(" of {}", sanitize::line(&report.of)) };
    context.out(&palette.strong(&format!(
        "{}{of}: {} listed, {} on the rack, {strangers} not",
        sanitize::line(&report.host),
        report.lines.len(),
        report.lines.len() - strangers
    )))?;
    let mut rows = Vec::with_capacity(report.lines.len() + 1);
    if !report.lines.is_empty() {
        rows.push(
            ["ID", "NAME", "OWNER", "STATE", "LAST USED", "EXPIRES", "ON THE RACK", "MAY DO"]
                .map(str::to_owned)
                .to_vec(),
        );
    }
    for line in &report.lines {
        rows.push(row(report, line));
    }
    for line in columns(&rows) {
        context.out(&line)?;
    }
    for line in &report.lines {
        for note in &line.token.notes {
            context.out(&palette.faint(&format!(
                "  {}: {}",
                sanitize::line(&line.token.name),
                sanitize::line(note)
            )))?;
        }
    }
    for absent in &report.absent {
        let sign = if absent.gone { "gone" } else { "not listed" };
        context.out(&format!("{sign}: `{}` - {}", sanitize::line(&absent.label), sanitize::line(&absent.why)))?;
    }
    for gap in &report.gaps {
        context.out(&format!("not whole: {}", sanitize::line(gap)))?;
    }
    Ok(())
}

pub(super) fn row(report: &InventoryReport, line: &InventoryLine) -> Vec<String> {
    let token = &line.token;
    let rack = match &line.on_rack {
        None => "stranger".to_owned(),
        Some(on) => {
            let sure = if on.by.is_sure() { String::new() } else { format!(", likely (by {})", on.by.words()) };
            let gone = if on.secret == SecretState::Destroyed { ", revoked here" } else { "" };
            format!("{}{gone}{sure}", on.label)
        }
    };
    let state = match token.state {
        RemoteState::Active => "active",
        RemoteState::Inactive => "inactive",
        RemoteState::Expired => "expired",
        RemoteState::Revoked => "revoked",
    };
    [
        token.id.clone(),
        if token.name.is_empty() { "-".to_owned() } else { token.name.clone() },
        if token.owner.is_empty() { "-".to_owned() } else { token.owner.clone() },
        state.to_owned(),
        token.last_used.map_or_else(|| "-".to_owned(), |at| relative(report.at, at)),
        match token.expiry {
            Expiry::At(at) => date(at),
            Expiry::Never => "never".to_owned(),
            Expiry::Unknown => "-".to_owned(),
        },
        rack,
        if token.grants.is_empty() { "-".to_owned() } else { token.grants.join(",") },
    ]
    .map(|text| sanitize::short(&text, 60))
    .to_vec()
}
