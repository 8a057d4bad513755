//! `keyrack identify`: what a token is, told offline.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::context::Context;
use super::secret_input;
use crate::domain::{Candidate, Checksum, Identified};
use crate::error::Result;
use crate::{hosts, ops, sanitize};

/// Tell what a token is, without asking anybody
///
/// Reads a token (or a header, an environment line, a URL, a curl command) from a prompt, standard input or a file, and
/// lists what it may be: best guess first. Nothing is sent, nothing is kept.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  keyrack identify < token.txt\n  wl-paste | keyrack identify --json")]
pub(super) struct IdentifyArgs {
    /// Read it from this file
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

pub(super) fn run(context: &mut Context<'_>, args: IdentifyArgs) -> Result<u8> {
    let text = secret_input::read(context, args.secret_file.as_ref(), "Token (not shown)")?;
    let identified = ops::identify::recognised(&text)?;
    if context.json() {
        context.out_json(&as_json(&identified))?;
        return Ok(0);
    }
    identified.notes.iter().for_each(|note| context.note(note));
    identified.warnings.iter().for_each(|warning| context.warn(warning));
    if identified.candidates.is_empty() {
        context.out(
            "unknown: no product keyrack knows has tokens of this form; `keyrack add --host` says where it belongs",
        )?;
    }
    for candidate in &identified.candidates {
        let line = describe(candidate);
        context.out(&line)?;
    }
    Ok(0)
}

/// `GitHub  personal access token (classic)  certain  checksum ok  account 1234 (unverified)`.
pub(super) fn describe(candidate: &Candidate) -> String {
    let facts = hosts::family(&candidate.family).map(|f| f.facts());
    let family = facts.map_or_else(|| candidate.family.to_string(), |f| f.name.clone());
    let kind =
        facts.and_then(|f| f.kind(candidate.kind)).map_or_else(|| candidate.kind.to_string(), |k| k.name.clone());
    let mut line = format!("{family}: {kind} ({})", candidate.kind);
    line.push_str(if candidate.certain { ", certain" } else { ", possible" });
    match candidate.checksum {
        Checksum::None => {}
        Checksum::Ok => line.push_str(", checksum ok"),
        Checksum::Mismatch => line.push_str(", checksum does not fit"),
    }
    for (name, value) in &candidate.carries {
        line.push_str(&format!(", {} {} (unverified)", sanitize::line(name), sanitize::short(value, 80)));
    }
    line
}

fn as_json(identified: &Identified) -> serde_json::Value {
    let candidates: Vec<_> = identified
        .candidates
        .iter()
        .map(|c| {
            let carries: serde_json::Map<_, _> = c.carries.iter().map(|(n, v)| (n.clone(), json!(v))).collect();
            json!({
                "family": c.family, "kind": c.kind, "certain": c.certain,
                "carries": carries, "checksum": c.checksum,
            })
        })
        .collect();
    json!({
        "schema": 1, "candidates": candidates, "notes": identified.notes, "warnings": identified.warnings,
        "username": identified.username, "url": identified.url,
    })
}
