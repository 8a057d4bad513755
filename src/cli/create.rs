//! `keyrack create`: a new token, made by its host, onto the rack.

use clap::Args;
use serde_json::json;

use super::context::Context;
use super::output::with_told;
use super::using::Signer;
use super::values::{host_choices, parse_date};
use super::way::print_way;
use crate::domain::{CreateEnd, CreateRequest, CreateResult, CreateWish, Expiry, HostChoice, Kind, Owner};
use crate::error::{Error, Result};
use crate::ops::exchange::date;
use crate::sanitize;

/// Have a host make a new token, and put it on the rack
///
/// The secret goes from the host's answer straight into the store; it is not shown. Where the host has no API for it, the
/// steps to make one by hand are shown.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  keyrack create --label ci --host gitlab.example.com --using admin --scope read_repository --expires 2027-06-30\n  keyrack create --label build --host bucket --using ask:jdoe --permission REPO_READ --at PROJ/repo\n  keyrack create --label robot --host gitlab.example.com --using owner --at acme/app --permission role:developer --scope read_api"
)]
pub(super) struct CreateArgs {
    /// What to call it on the rack
    #[arg(long, short = 'l')]
    label: String,
    /// Name of a host on the rack
    #[arg(long, value_name = "HOST")]
    host: String,
    /// What to call it at the host; the label, where nothing is said
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    signer: Signer,
    /// Kind, where the host makes several
    #[arg(long)]
    kind: Option<Kind>,
    /// What it may do, in the vendor's spelling; several with commas. May be repeated
    #[arg(long = "scope", value_name = "S,...", value_delimiter = ',')]
    scopes: Vec<String>,
    /// The same, for hosts that speak of permissions; at GitLab also the role of a project or group token, such as
    /// `role:developer`
    #[arg(long = "permission", value_name = "P,...", value_delimiter = ',')]
    permissions: Vec<String>,
    /// When it is to end (YYYY-MM-DD)
    #[arg(long, value_name = "DATE")]
    expires: Option<String>,
    /// The project, repository, group or account that is to own it: `PROJ/repo`, `GROUP/PROJECT`, `group:PATH`, at GitLab
    /// also a service account as `group:PATH/service_accounts/USER_ID`
    #[arg(long, value_name = "RESOURCE")]
    at: Option<String>,
    /// Whose account it acts as
    #[arg(long)]
    owner: Option<Owner>,
    /// Tag to group by. May be repeated
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Free text
    #[arg(long, default_value = "")]
    note: String,
    /// Show what would be done and stop
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(context: &mut Context<'_>, args: CreateArgs) -> Result<u8> {
    let expires = args.expires.as_deref().map(parse_date).transpose()?;
    let choices = host_choices(context, std::slice::from_ref(&args.host))?;
    let Some(HostChoice::Known { host, .. }) = choices.into_iter().next() else {
        return Err(context.core()?.host_by_name(&args.host).err().unwrap_or_else(|| Error::usage("which host?")));
    };
    let mut scopes: Vec<String> =
        args.scopes.into_iter().chain(args.permissions).map(|s| s.trim().to_owned()).collect();
    scopes.retain(|s| !s.is_empty());
    let request = CreateRequest {
        name: args.name.unwrap_or_else(|| args.label.clone()),
        kind: args.kind,
        scopes,
        expires,
        at: args.at,
    };
    let wish = CreateWish { label: args.label, host, request, owner: args.owner, tags: args.tags, note: args.note };
    let using = args.signer.resolve(context)?;
    if args.dry_run {
        let plan = context.core()?.create_plan(&wish, using.as_ref()).await?;
        if context.json() {
            context.out_json(&json!({ "schema": 1, "plan": plan }))?;
        } else {
            let line = format!("{} at {}: {}", plan.label, plan.host, plan.way.sentence());
            context.out(&sanitize::line(&line))?;
            print_way(context, &plan.way)?;
        }
        return Ok(0);
    }
    let result = context.core()?.create(&wish, using.as_ref()).await?;
    if context.json() {
        context.out_json(&json!({ "schema": 1, "result": result_json(&result) }))?;
    } else {
        print(context, &result)?;
    }
    Ok(match result.end {
        CreateEnd::Created => match &result.validation {
            Some(v) if v.verdict.is_real() => super::check::exit_code([v.verdict], &[]),
            _ => 4,
        },
        CreateEnd::Refused | CreateEnd::Guided | CreateEnd::NeedsAuthority => 5,
        CreateEnd::Unknown | CreateEnd::Unreachable => 4,
        CreateEnd::Failed => 70,
    })
}

fn print(context: &mut Context<'_>, result: &CreateResult) -> Result<()> {
    let palette = context.palette();
    let word = match result.end {
        CreateEnd::Created => "created",
        CreateEnd::Refused => "refused",
        CreateEnd::Guided => "by hand",
        CreateEnd::NeedsAuthority => "needs a signer",
        CreateEnd::Unknown => "unknown",
        CreateEnd::Unreachable => "unreachable",
        CreateEnd::Failed => "failed",
    };
    context.out(&format!(
        "{}: {} - {}",
        sanitize::line(&result.label),
        palette.strong(word),
        sanitize::line(&result.message)
    ))?;
    if result.end == CreateEnd::Created {
        let kind = result.kind.map_or("", Kind::slug);
        let ends = match result.expiry {
            Expiry::At(at) => format!("ends {}", date(at)),
            Expiry::Never => "does not end by itself".to_owned(),
            Expiry::Unknown => "the host does not tell when it ends".to_owned(),
        };
        let id = result
            .remote_id
            .as_ref()
            .map_or_else(String::new, |id| format!(", {} at the host", sanitize::short(id, 80)));
        context.out(&format!("  {kind}{id}; {ends}"))?;
    }
    for note in &result.notes {
        context.out(&format!("  note: {}", sanitize::line(note)))?;
    }
    if let Some(plan) = &result.plan {
        print_way(context, &plan.way)?;
    }
    if result.end == CreateEnd::Created {
        return Ok(());
    }
    context.explained(result.validation.as_ref())
}

fn result_json(result: &CreateResult) -> serde_json::Value {
    let told = json!({
        "label": result.label, "host": result.host, "end": result.end, "message": result.message, "kind": result.kind,
        "remote_id": result.remote_id, "expires_at": result.expiry.at(), "notes": result.notes, "plan": result.plan,
        "grants": result.validation.iter().flat_map(|v| &v.grants).map(|g| &g.name).collect::<Vec<_>>(),
    });
    with_told(told, result.validation.as_ref())
}
