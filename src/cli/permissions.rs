//! `keyrack permissions`: what a credential may do, against what its jobs need.

use clap::Args;
use serde_json::json;

use super::context::Context;
use super::output::{evidence_json, explain_findings, finding_json};
use super::palette::Palette;
use super::table::columns;
use super::values::LookAtArgs;
use crate::domain::{GrantNode, GrantSource, NeedFound, PermissionTable, PlacePermissions, ProfileFound, Stand};
use crate::error::Result;
use crate::ops::permissions::Ask;
use crate::sanitize;

/// Show what a credential may do, and what its jobs need
///
/// Asks its hosts: every grant with what it brings along, and each profile with what it has, what is missing and how to
/// get it, what cannot be told, and what is more than needed. Without --profile, those it is there for; where it has none,
/// all that concern it.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  keyrack permissions ci-release\n  keyrack permissions ci-release --profile git-write --repository acme/web\n  keyrack permissions jira-sync --issue OPS-17 --json"
)]
pub(super) struct PermissionsArgs {
    /// Label
    label: String,
    /// Measure against this profile instead. May be repeated
    #[arg(long = "profile", value_name = "PROFILE")]
    profiles: Vec<String>,
    #[command(flatten)]
    look_at: LookAtArgs,
}

pub(super) async fn run(context: &mut Context<'_>, args: PermissionsArgs) -> Result<u8> {
    let ask = Ask { profiles: args.profiles, look_at: args.look_at.into() };
    let core = context.core()?;
    let credential = core.by_label(&args.label)?;
    let found = core.permissions(&credential, &ask).await?;
    let asked = !ask.profiles.is_empty();
    let missed = |p: &ProfileFound| (p.own || asked) && p.stand == Stand::Missing;
    let verdicts: Vec<_> = found.places.iter().map(|p| p.verdict).collect();
    let mut code = super::check::exit_code(verdicts, &[]);
    if found.places.iter().any(|p| p.profiles.iter().any(missed)) || !found.roles.is_empty() {
        code = 1;
    }
    if context.json() {
        let value = json!({
            "schema": 1, "label": found.label, "family": found.family, "kind": found.kind,
            "places": found.places.iter().map(place_json).collect::<Vec<_>>(),
            "roles": found.roles, "advice": found.advice,
        });
        context.out_json(&value)?;
        return Ok(code);
    }
    let palette = context.palette();
    for (n, place) in found.places.iter().enumerate() {
        if n > 0 {
            context.out("")?;
        }
        for line in place_lines(palette, place) {
            context.out(&line)?;
        }
    }
    for (profile, gaps) in &found.roles {
        context.out("")?;
        context.out(&format!(
            "{} {}: its bindings lack {}",
            Stand::Missing.symbol(),
            sanitize::line(profile),
            gaps.join(", ")
        ))?;
    }
    if let Some(advice) = &found.advice {
        context.out("")?;
        let (surplus, enough) = (advice.surplus.join(", "), advice.enough.join(", "));
        context.out(&format!("more than its jobs need: {}", sanitize::line(&surplus)))?;
        context.out(&format!("  enough for all of them: {}", sanitize::line(&enough)))?;
    }
    Ok(code)
}

fn place_lines(palette: Palette, place: &PlacePermissions) -> Vec<String> {
    let sign = palette.verdict(place.verdict, &format!("{} {}", place.verdict.symbol(), place.verdict));
    let role = place.role.as_ref().map(|r| format!(" ({})", sanitize::line(r))).unwrap_or_default();
    let mut lines =
        vec![format!("{sign} at {}{role}: {}", sanitize::line(&place.host_name), sanitize::line(&place.reason))];
    let looked = [
        ("project", &place.look_at.project),
        ("issue", &place.look_at.issue),
        ("repository", &place.look_at.repository),
    ];
    for (what, name) in looked.into_iter().filter_map(|(w, n)| n.as_ref().map(|n| (w, n))) {
        lines.push(format!("  looked at {what} {}", sanitize::short(name, 120)));
    }
    lines.extend(explain_findings(palette, &place.findings));
    lines.push(palette.strong(if place.grants.is_empty() { "grants: none told" } else { "grants" }));
    for node in &place.grants {
        grant_lines(palette, node, 1, &mut lines);
    }
    if !place.limited_to.is_empty() {
        lines.push(format!("  limited to {}: they count nowhere else", sanitize::line(&place.limited_to.join(", "))));
    }
    if !place.denied.is_empty() {
        lines.push(format!("  seen not to have: {}", sanitize::line(&place.denied.join(", "))));
    }
    if !place.grants.is_empty() {
        let all = if place.all_told { "this is all it has" } else { "it may have more: the host does not tell" };
        lines.push(palette.faint(&format!("  {all}")));
    }
    for table in &place.tables {
        lines.extend(table_lines(palette, table));
    }
    for profile in &place.profiles {
        lines.extend(profile_lines(palette, profile));
    }
    lines
}

fn grant_lines(palette: Palette, node: &GrantNode, depth: usize, lines: &mut Vec<String>) {
    let how = match node.source {
        GrantSource::Told => "",
        GrantSource::Implied => " (included)",
        GrantSource::Probed => " (a read proved it)",
        GrantSource::Simulated => " (simulated)",
    };
    let about = if node.about.is_empty() {
        String::new()
    } else {
        format!("  {}", palette.faint(&sanitize::line(&node.about)))
    };
    lines.push(format!("{}{}{how}{about}", "  ".repeat(depth), sanitize::short(&node.name, 100)));
    for below in &node.implies {
        grant_lines(palette, below, depth + 1, lines);
    }
}

/// The table, with the cell of the credential in brackets.
fn table_lines(palette: Palette, table: &PermissionTable) -> Vec<String> {
    let mut lines = vec![palette.strong(&sanitize::line(&table.title))];
    let corner = format!("  {} \\ {}", table.row_label, table.column_label);
    let mut rows = vec![std::iter::once(corner).chain(table.columns.iter().cloned()).collect::<Vec<_>>()];
    for (r, name) in table.rows.iter().enumerate() {
        let mut row = vec![format!("  {name}")];
        for c in 0..table.columns.len() {
            let here = table.held == Some((r, c));
            let filled = table.cells.get(r).and_then(|cells| cells.get(c)).is_some_and(|cell| !cell.is_empty());
            row.push(match (here, filled) {
                (true, _) => palette.strong("[this one]"),
                (false, true) => "possible".to_owned(),
                (false, false) => "-".to_owned(),
            });
        }
        rows.push(row);
    }
    lines.extend(columns(&rows));
    if let Some(cell) = table.held.and_then(|(r, c)| table.cells.get(r)?.get(c)) {
        lines.push(format!("  it may: {}", sanitize::line(&cell.join("; "))));
    }
    lines.extend(table.notes.iter().map(|n| palette.faint(&format!("  {}", sanitize::line(n)))));
    lines
}

fn profile_lines(palette: Palette, profile: &ProfileFound) -> Vec<String> {
    let own = if profile.own { "" } else { " (not one of its profiles)" };
    let head = format!("{} {}: {}{own}", profile.stand.symbol(), profile.id, profile.stand.word());
    let mut lines =
        vec![format!("{}  {}", palette.strong(&sanitize::line(&head)), palette.faint(&sanitize::line(&profile.title)))];
    for need in &profile.needs {
        need_lines(need, &mut lines);
    }
    if profile.stand == Stand::Missing && !profile.without.is_empty() {
        lines.push(format!("    without it: {}", sanitize::line(&profile.without)));
    }
    if !profile.surplus.is_empty() {
        let (surplus, narrower) = (profile.surplus.join(", "), profile.narrower.join(", "));
        lines.push(format!(
            "  + more than needed: {}; enough: {}",
            sanitize::line(&surplus),
            sanitize::line(&narrower)
        ));
    }
    lines.extend(profile.notes.iter().map(|n| palette.faint(&format!("    {}", sanitize::line(n)))));
    lines
}

fn need_lines(need: &NeedFound, lines: &mut Vec<String>) {
    let by = match &need.by {
        Some((grant, _)) if grant != need.name() => format!(" by {grant}"),
        _ => String::new(),
    };
    let doubt = if need.doubt.is_empty() { String::new() } else { format!(" ({})", need.doubt) };
    let line = format!("{} {}{by}: {}{doubt}", need.stand.symbol(), need.any.join(" or "), need.why);
    lines.push(format!("  {}", sanitize::line(&line)));
    let Some(fix) = &need.fix else { return };
    lines.push(format!("    fix:  {}", sanitize::line(&fix.text)));
    if let Some(page) = &fix.page {
        lines.push(format!("    page: {}", sanitize::line(page)));
    }
    if let Some(prefilled) = &fix.prefilled {
        lines.push(format!("    new:  {}", sanitize::line(prefilled)));
    }
}

fn place_json(place: &PlacePermissions) -> serde_json::Value {
    json!({
        "host": place.host_name, "role": place.role, "look_at": place.look_at,
        "verdict": place.verdict, "reason": place.reason,
        "checked_at": place.checked_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "grants": place.grants, "all_told": place.all_told, "denied": place.denied,
        "limited_to": place.limited_to,
        "profiles": place.profiles, "tables": place.tables,
        "findings": place.findings.iter().map(finding_json).collect::<Vec<_>>(),
        "evidence": place.evidence.iter().map(evidence_json).collect::<Vec<_>>(),
    })
}
