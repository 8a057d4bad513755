//! `keyrack show`: one credential in full, its secret masked.

use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use super::check::result_json;
use super::context::Context;
use super::list::{row_json, rows};
use super::output::explain_findings;
use crate::domain::{Credential, Expiry, Host, LookAt, SecretState, Validation};
use crate::error::Result;
use crate::hosts::facts::advice::Addressee;
use crate::ops::exchange::{date, relative};
use crate::{hosts, sanitize};

/// Show one credential in full
///
/// With its grants, expiry, history and the evidence of its last check. The secret is never shown.
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// Label
    label: String,
    /// How many earlier checks to list
    #[arg(long, default_value_t = 5, value_name = "N")]
    history: usize,
}

/// The last word of a host, and the last that said something of the token where that one does not.
struct Latest {
    host: Host,
    newest: Validation,
    real: Option<Validation>,
}

pub(super) fn run(context: &mut Context<'_>, args: &ShowArgs) -> Result<u8> {
    let core = context.core()?;
    let credential = core.by_label(&args.label)?;
    let hosts: Vec<_> = credential.bindings.iter().map(|b| core.host(b.host)).collect::<Result<_>>()?;
    let history = core.rack.history(&credential.id, args.history.max(1))?;
    let mut latest = Vec::new();
    for host in &hosts {
        if let Some(newest) = core.rack.latest(&credential.id, host.id)? {
            let real = if newest.verdict.is_real() { None } else { core.rack.latest_real(&credential.id, host.id)? };
            latest.push(Latest { host: host.clone(), newest, real });
        }
    }
    if context.json() {
        let row = rows(context)?.into_iter().find(|r| r.credential.id == credential.id).map(|r| row_json(&r));
        let results: Vec<_> = latest.iter().map(|l| result_json(&credential, &l.host, &l.newest)).collect();
        let past: Vec<_> = history
            .iter()
            .map(|(_, v)| json!({ "checked_at": v.checked_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), "verdict": v.verdict, "reason": v.reason }))
            .collect();
        context.out_json(&json!({ "schema": 1, "credential": row, "results": results, "history": past }))?;
        return Ok(0);
    }
    let palette = context.palette();
    let now = context.io.clock.now();
    context.out(&palette.strong(&sanitize::line(&credential.label)))?;
    for (name, value) in fields(&credential, &hosts, now) {
        context.out(&format!("  {name:<9} {}", sanitize::line(&value)))?;
    }
    let used: Vec<_> = hosts.iter().collect();
    let stale = context.core()?.stale_of(&credential, &used)?;
    for line in explain_findings(palette, &stale) {
        context.out(&line)?;
    }
    for told in &latest {
        context.out("")?;
        print_latest(context, &credential, told, now)?;
    }
    if history.len() > 1 {
        context.out("")?;
        context.out("history")?;
        for (_, v) in &history {
            let line = format!("  {}  {} {}", v.checked_at.strftime("%Y-%m-%d %H:%M"), v.verdict.symbol(), v.verdict);
            context.out(&format!("{line}  {}", sanitize::short(&v.reason, 100)))?;
        }
    }
    Ok(0)
}

/// What the rack says of it.
fn fields(credential: &Credential, hosts: &[Host], now: Timestamp) -> Vec<(&'static str, String)> {
    let facts = hosts::family(&credential.family).map(|f| f.facts());
    let kind =
        facts.and_then(|f| f.kind(credential.kind)).map_or_else(|| credential.kind.to_string(), |k| k.name.clone());
    let family = facts.map_or_else(|| credential.family.to_string(), |f| f.name.clone());
    let secret = match credential.secret {
        SecretState::Present => format!("{} in the {} store", credential.hint, credential.store),
        SecretState::Destroyed => "destroyed after its host was seen to refuse it".to_owned(),
    };
    let noted = if credential.expiry_by_user { ", as you noted" } else { "" };
    let ends = match credential.expiry {
        Expiry::Unknown => "not told by the host; `keyrack edit` can note it".to_owned(),
        Expiry::Never => "does not end by itself".to_owned(),
        Expiry::At(at) => format!("{} ({}){noted}", date(at), relative(now, at)),
    };
    let bound = || hosts.iter().zip(&credential.bindings);
    let used: Vec<_> = bound()
        .map(|(h, b)| b.role.as_ref().map_or_else(|| h.name.clone(), |role| format!("{} ({role})", h.name)))
        .collect();
    let looked: Vec<_> = bound().filter_map(|(h, b)| looks_at(h, &b.look_at)).collect();
    let list = |items: &[String]| Some(items.join(", ")).filter(|text| !text.is_empty());
    let all = [
        ("kind", Some(format!("{family}, {kind}"))),
        ("secret", Some(secret)),
        ("expires", Some(ends)),
        ("used at", Some(used.join(", "))),
        ("username", credential.username.clone()),
        ("owner", credential.owner.map(|o| o.to_string())),
        ("profiles", list(&credential.profiles)),
        ("looks at", list(&looked)),
        ("tags", list(&credential.tags)),
        ("note", Some(credential.note.clone()).filter(|n| !n.is_empty())),
        ("added", Some(format!("{} ({})", date(credential.added_at), relative(now, credential.added_at)))),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn print_latest(context: &mut Context<'_>, credential: &Credential, latest: &Latest, now: Timestamp) -> Result<()> {
    let palette = context.palette();
    let sign = |v: &Validation| palette.verdict(v.verdict, &format!("{} {}", v.verdict.symbol(), v.verdict));
    let Latest { host, newest, real } = latest;
    context.out(&format!(
        "{} at {} ({}), {}: {}",
        sign(newest),
        sanitize::line(&host.name),
        sanitize::line(&host.url),
        relative(now, newest.checked_at),
        sanitize::line(&newest.reason)
    ))?;
    if let Some(before) = real {
        let (age, reason) = (relative(now, before.checked_at), sanitize::line(&before.reason));
        context.out(&format!("  last known: {}, {age}: {reason}", sign(before)))?;
    }
    // What the token is and may do was last told by the last real answer.
    let told = real.as_ref().unwrap_or(newest);
    if let Some(who) = &told.identity {
        let line = format!("  as {} ({}, id {})", who.login, who.kind, who.id);
        context.out(&sanitize::line(&line))?;
    }
    if !told.limited_to.is_empty() {
        context.out(&format!("  limited to: {}", sanitize::line(&told.limited_to.join(", "))))?;
    }
    if !told.grants.is_empty() {
        let grants: Vec<_> = told.grants.iter().map(|g| g.name.as_str()).collect();
        context.out(&format!("  grants: {}", sanitize::line(&grants.join(", "))))?;
    }
    context.explained(Some(&Addressee::at(credential, host).validation(newest)))
}

/// What profiles look at, in words: `issue OPS-17 at acme`.
fn looks_at(host: &Host, look_at: &LookAt) -> Option<String> {
    let named = [("project", &look_at.project), ("issue", &look_at.issue), ("repository", &look_at.repository)];
    let named: Vec<_> = named.iter().filter_map(|(what, n)| n.as_ref().map(|n| format!("{what} {n}"))).collect();
    (!named.is_empty()).then(|| format!("{} at {}", named.join(" and "), host.name))
}
