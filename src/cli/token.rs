//! `keyrack token`: a fresh Bearer token for an OAuth client.

use clap::Args;
use serde_json::json;

use super::context::Context;
use super::output::finding_json;
use crate::error::{Error, Result};
use crate::ops::exchange::relative;
use crate::ops::stale;
use crate::sanitize;

/// Print a fresh Bearer token for an OAuth client
///
/// The token goes to standard output and nowhere else; when it ends is said on standard error. On a terminal, where it
/// would stay on the screen, only with `--yes`. It is a secret: whoever has it can use it until it ends.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ACCESS_TOKEN=$(keyrack token jira-deployments)\n  keyrack token jira-deployments --json | jq .expires_at"
)]
pub(super) struct TokenArgs {
    /// Label
    label: String,
    /// The site, where it is used at several: name on the rack, or URL
    #[arg(long, value_name = "URL")]
    site: Option<String>,
}

pub(super) async fn run(context: &mut Context<'_>, args: &TokenArgs) -> Result<u8> {
    if context.io.stdout_is_terminal() && !context.yes() {
        return Err(Error::usage("the token would be shown on this terminal, where it stays")
            .hint("Give it to a program: TOKEN=$(keyrack token ...). Or say `--yes`."));
    }
    let json = context.json();
    let core = context.core()?;
    let credential = core.by_label(&args.label)?;
    let host = core.site_of(&credential, args.site.as_deref())?;
    let bearer = core.bearer(&credential, &host).await?;
    let now = core.clock.now();
    let place = if json { core.place_of(&host).await } else { None };
    core.audit("token", &credential.label, &host.name, "done", format!("ends {}", bearer.minted.expires_at));
    let minted = bearer.minted;
    let untrue = stale::for_token(&credential.family, minted.expires_at, now);
    if json {
        let claims: serde_json::Map<_, _> = minted.claims.iter().map(|(n, v)| (n.clone(), json!(v))).collect();
        context.out_json(&json!({
            "schema": 1,
            "label": credential.label,
            "host": host.name,
            "token_type": "Bearer",
            "token": minted.token.reveal(),
            "expires_at": minted.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "scopes": minted.scopes,
            "claims": claims,
            "claims_verified": false,
            "cloud_id": place,
            "stale": untrue.iter().map(finding_json).collect::<Vec<_>>(),
        }))?;
        return Ok(0);
    }
    context.out(minted.token.reveal())?;
    let scopes = if minted.scopes.is_empty() { "none told".to_owned() } else { minted.scopes.join(" ") };
    context.remark(&format!(
        "ends {} ({}); scopes: {}",
        relative(now, minted.expires_at),
        minted.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        sanitize::short(&scopes, 300)
    ));
    for finding in &untrue {
        context.remark(&format!("note: {}", finding.title));
    }
    Ok(0)
}
