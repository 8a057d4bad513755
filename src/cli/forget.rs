//! `keyrack forget`: off the rack, without telling the host.

use clap::Args;
use serde_json::json;

use super::context::Context;
use crate::domain::SecretState;
use crate::error::Result;

/// Take credentials off the rack and destroy their secrets here
///
/// Their hosts are not told: the tokens stay alive there. To end one, use `keyrack revoke`.
#[derive(Debug, Args)]
pub(super) struct ForgetArgs {
    /// Labels
    #[arg(required = true, value_name = "LABEL")]
    labels: Vec<String>,
}

pub(super) async fn run(context: &mut Context<'_>, args: &ForgetArgs) -> Result<u8> {
    let mut wanted = Vec::new();
    for label in &args.labels {
        wanted.push(context.core()?.by_label(label)?);
    }
    let alive = wanted.iter().filter(|c| c.secret == SecretState::Present).count();
    if alive > 0 {
        let typed = if let [one] = wanted.as_slice() { one.label.clone() } else { format!("forget {}", wanted.len()) };
        let what = format!("This destroys the secret of {} here; at the host it stays alive", args.labels.join(", "));
        context.confirm(&what, &typed)?;
    }
    for credential in &wanted {
        context.core()?.forget(&credential.id).await?;
        if !context.json() {
            context.out(&format!("forgot `{}`", credential.label))?;
        }
    }
    if context.json() {
        let labels: Vec<_> = wanted.iter().map(|c| c.label.as_str()).collect();
        context.out_json(&json!({ "schema": 1, "forgotten": labels }))?;
    }
    Ok(0)
}
