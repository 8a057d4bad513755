//! `keyrack show`: one credential in full, its secret masked.

use clap::Args;
use serde_json::json;

use super::check::result_json;
use super::context::Context;
use super::list::{row_json, rows};
use super::output::{explain, explain_findings};
use crate::domain::{Expiry, Host, LookAt, SecretState};
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

pub(super) fn run(context: &mut Context<'_>, args: &ShowArgs) -> Result<u8> {
    let credential = context.core()?.by_label(&args.label)?;
    let now = context.io.clock.now();
    let core = context.core()?;
    let hosts: Vec<_> = credential.bindings.iter().map(|b| core.host(b.host)).collect::<Result<_>>()?;
    let history = core.rack.history(&credential.id, args.history.max(1))?;
    let mut latest = Vec::new();
    for host in &hosts {
        if let Some(validation) = core.rack.latest(&credential.id, host.id)? {
            let real =
                if validation.verdict.is_real() { None } else { core.rack.latest_real(&credential.id, host.id)? };
            latest.push((host.clone(), validation, real));
        }
    }
    if context.json() {
        let row = rows(context)?.into_iter().find(|r| r.credential.id == credential.id).map(|r| row_json(&r));
        let results: Vec<_> = latest.iter().map(|(h, v, _)| result_json(&credential, h, v)).collect();
        let past: Vec<_> = history
            .iter()
            .map(|(_, v)| json!({ "checked_at": v.checked_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), "verdict": v.verdict, "reason": v.reason }))
            .collect();
        context.out_json(&json!({ "schema": 1, "credential": row, "results": results, "history": past }))?;
        return Ok(0);
    }
    let palette = context.palette();
    let facts = hosts::family(&credential.family).map(|f| f.facts());
    let kind =
        facts.and_then(|f| f.kind(credential.kind)).map_or_else(|| credential.kind.to_string(), |k| k.name.clone());
    let family = facts.map_or_else(|| credential.family.to_string(), |f| f.name.clone());
    context.out(&palette.strong(&sanitize::line(&credential.label)))?;
    let secret = match credential.secret {
        SecretState::Present => format!("{} in the {} store", sanitize::line(&credential.hint), credential.store),
        SecretState::Destroyed => "destroyed after its host was seen to refuse it".to_owned(),
    };
    let ends = match credential.expiry {
        Expiry::Unknown => "not told by the host; `keyrack edit` can note it".to_owned(),
        Expiry::Never => "does not end by itself".to_owned(),
        Expiry::At(at) => format!(
            "{} ({}){}",
            date(at),
            relative(now, at),
            if credential.expiry_by_user { ", as you noted" } else { "" }
        ),
    };
    let mut fields =
        vec![("kind", format!("{}, {kind}", sanitize::line(&family))), ("secret", secret), ("expires", ends)];
    let used: Vec<_> = hosts
        .iter()
        .zip(&credential.bindings)
        .map(|(h, b)| b.role.as_ref().map_or_else(|| h.name.clone(), |role| format!("{} ({role})", h.name)))
        .collect();
    fields.push(("used at", sanitize::line(&used.join(", ")).into_owned()));
    if let Some(username) = &credential.username {
        fields.push(("username", sanitize::line(username).into_owned()));
    }
    if let Some(owner) = credential.owner {
        fields.push(("owner", owner.to_string()));
    }
    if !credential.profiles.is_empty() {
        fields.push(("profiles", sanitize::line(&credential.profiles.join(", ")).into_owned()));
    }
    let looked: Vec<_> = hosts.iter().zip(&credential.bindings).filter_map(|(h, b)| looks_at(h, &b.look_at)).collect();
    if !looked.is_empty() {
        fields.push(("looks at", sanitize::line(&looked.join(", ")).into_owned()));
    }
    if !credential.tags.is_empty() {
        fields.push(("tags", sanitize::line(&credential.tags.join(", ")).into_owned()));
    }
    if !credential.note.is_empty() {
        fields.push(("note", sanitize::line(&credential.note).into_owned()));
    }
    fields.push(("added", format!("{} ({})", date(credential.added_at), relative(now, credential.added_at))));
    for (name, value) in fields {
        context.out(&format!("  {name:<9} {value}"))?;
    }
    let used: Vec<_> = hosts.iter().collect();
    let stale = context.core()?.stale_of(&credential, &used)?;
    for line in explain_findings(palette, &stale) {
        context.out(&line)?;
    }
    for (host, v, real) in &latest {
        context.out("")?;
        let sign = palette.verdict(v.verdict, &format!("{} {}", v.verdict.symbol(), v.verdict));
        context.out(&format!(
            "{sign} at {} ({}), {}: {}",
            sanitize::line(&host.name),
            sanitize::line(&host.url),
            relative(now, v.checked_at),
            sanitize::line(&v.reason)
        ))?;
        if let Some(before) = real {
            let sign = palette.verdict(before.verdict, &format!("{} {}", before.verdict.symbol(), before.verdict));
            context.out(&format!(
                "  last known: {sign}, {}: {}",
                relative(now, before.checked_at),
                sanitize::line(&before.reason)
            ))?;
        }
        // What the token is and may do was last told by the last real answer.
        let told = real.as_ref().unwrap_or(v);
        if let Some(who) = &told.identity {
            context.out(&format!(
                "  as {} ({}, id {})",
                sanitize::line(&who.login),
                sanitize::line(&who.kind),
                sanitize::line(&who.id)
            ))?;
        }
        if !told.limited_to.is_empty() {
            context.out(&format!("  limited to: {}", sanitize::line(&told.limited_to.join(", "))))?;
        }
        if !told.grants.is_empty() {
            let grants: Vec<_> = told.grants.iter().map(|g| g.name.as_str()).collect();
            context.out(&format!("  grants: {}", sanitize::line(&grants.join(", "))))?;
        }
        for line in explain(palette, &Addressee::at(&credential, host).validation(v)) {
            context.out(&line)?;
        }
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

/// What profiles look at, in words: `issue OPS-17 at acme`.
fn looks_at(host: &Host, look_at: &LookAt) -> Option<String> {
    let named = [("project", &look_at.project), ("issue", &look_at.issue), ("repository", &look_at.repository)];
    let named: Vec<_> = named.iter().filter_map(|(what, n)| n.as_ref().map(|n| format!("{what} {n}"))).collect();
    (!named.is_empty()).then(|| format!("{} at {}", named.join(" and "), host.name))
}
