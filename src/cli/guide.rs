//! `keyrack guide`: how to make a credential by hand, and where it goes then.

use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use super::context::Context;
use super::output::explain_findings;
use super::palette::Palette;
use super::values::parse_date;
use crate::domain::{DeliverSteps, FamilyId, Guide, Kind};
use crate::error::Result;
use crate::ops::guide::Ask;
use crate::sanitize;

/// Show how to make a credential by hand
///
/// What you need, numbered steps for the product and version at hand, what to tick for a profile, the page with
/// everything filled in where the host allows that, and where the product that uses the token takes it. Asks no host.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  keyrack guide github --profile git-write\n  keyrack guide bitbucket-datacenter --version 7.17\n  keyrack guide gitlab --host work --kind project-token"
)]
pub(super) struct GuideArgs {
    /// Host family
    family: String,
    /// What it is for: says what to tick, and where the token goes
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
    /// Version of the product; without it, today's
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
    /// Product, where the family has several
    #[arg(long, value_name = "PRODUCT")]
    product: Option<String>,
    /// What shall be made
    #[arg(long)]
    kind: Option<Kind>,
    /// For this host on the rack
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// Name to give it
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// When it shall end (YYYY-MM-DD)
    #[arg(long, value_name = "DATE", value_parser = date)]
    expires: Option<Timestamp>,
}

fn date(text: &str) -> std::result::Result<Timestamp, String> {
    parse_date(text).map_err(|e| e.to_string())
}

pub(super) fn run(context: &mut Context<'_>, args: GuideArgs) -> Result<u8> {
    let ask = Ask {
        profile: args.profile,
        kind: args.kind,
        product: args.product,
        version: args.version,
        host: args.host,
        name: args.name,
        expires: args.expires,
    };
    let guides = context.core()?.creation_guides(&FamilyId::new(args.family), &ask)?;
    if context.json() {
        context.out_json(&json!({ "schema": 1, "guides": guides }))?;
        return Ok(0);
    }
    let palette = context.palette();
    for (n, guide) in guides.iter().enumerate() {
        if n > 0 {
            context.out("")?;
        }
        for line in lines(palette, guide) {
            context.out(&line)?;
        }
    }
    // What no longer holds is the family's, not one guide's: it is said once.
    let stale = guides.first().map(|g| g.stale.as_slice()).unwrap_or_default();
    if !stale.is_empty() {
        context.out("")?;
        context.out(&palette.strong("Instructions that no longer hold"))?;
        for line in explain_findings(palette, stale) {
            context.out(&line)?;
        }
    }
    Ok(0)
}

fn lines(palette: Palette, guide: &Guide) -> Vec<String> {
    let clean = |text: &str| sanitize::line(text).into_owned();
    let mut lines = vec![palette.strong(&clean(&guide.title))];
    lines.push(format!("  makes   {} ({})", clean(&guide.kind_name), guide.kind));
    if !guide.holds_for.is_empty() {
        lines.push(format!("  for     {}", clean(&guide.holds_for)));
    }
    lines.push(format!("  page    {}", clean(&guide.page)));
    if let Some(prefilled) = &guide.prefilled {
        lines.push(format!("  filled  {}", clean(prefilled)));
    }
    lines.push(format!("  name    {}", clean(&guide.name)));
    lines.push(format!("  ends    {}", clean(&guide.expiry)));
    lines.extend(guide.need.iter().map(|n| format!("  [ ] {}", clean(n))));
    if !guide.tick.is_empty() {
        lines.push("  tick".to_owned());
        for (scope, about) in &guide.tick {
            let about = if about.is_empty() { String::new() } else { format!("  {}", palette.faint(&clean(about))) };
            lines.push(format!("    [x] {}{about}", clean(scope)));
        }
    }
    numbered(&guide.steps, &mut lines);
    if !guide.rotate_steps.is_empty() {
        lines.push("To replace one".to_owned());
        numbered(&guide.rotate_steps, &mut lines);
    }
    lines.extend(deliver_lines(&guide.deliver));
    lines.extend(guide.notes.iter().map(|n| format!("  note: {}", clean(n))));
    lines.push(palette.faint(&format!("  see {}", clean(&guide.link))));
    lines
}

/// Where a token has to be taken.
pub(super) fn deliver_lines(deliver: &[DeliverSteps]) -> Vec<String> {
    let mut lines = Vec::new();
    for one in deliver {
        lines.push(format!("Then take it to {}", sanitize::line(&one.to)));
        numbered(&one.steps, &mut lines);
        if !one.link.is_empty() {
            lines.push(format!("  see {}", sanitize::line(&one.link)));
        }
    }
    lines
}

fn numbered(steps: &[String], lines: &mut Vec<String>) {
    lines.extend(steps.iter().enumerate().map(|(n, step)| format!("  {}. {}", n + 1, sanitize::line(step))));
}
