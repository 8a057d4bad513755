//! `keyrack doctor`: keyrack's own health.

use clap::Args;
use serde_json::json;

use super::context::Context;
use crate::error::Result;
use crate::ops::doctor::Health;
use crate::sanitize;

/// Look at keyrack's own health: store, rack, interrupted work, orphaned secrets
#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// Settle interrupted work and remove orphaned secrets
    #[arg(long)]
    fix: bool,
}

pub(super) async fn run(context: &mut Context<'_>, args: &DoctorArgs) -> Result<u8> {
    let found = context.core()?.doctor(args.fix).await?;
    let bad = found.iter().any(|c| c.health == Health::Bad);
    let store = found.iter().any(|c| c.health == Health::Bad && c.about == "store");
    if context.json() {
        context.out_json(&json!({ "schema": 1, "healthy": !bad, "complaints": found }))?;
    } else {
        for complaint in &found {
            let sign = match complaint.health {
                Health::Good => "ok ",
                Health::Warning => "!  ",
                Health::Bad => "BAD",
            };
            context.out(&format!("{sign} {:<8} {}", complaint.about, sanitize::line(&complaint.text)))?;
            if !complaint.fix.is_empty() {
                context.out(&format!("             {}", sanitize::line(&complaint.fix)))?;
            }
        }
    }
    Ok(match (store, bad) {
        (true, _) => 3,
        (false, true) => 1,
        (false, false) => 0,
    })
}
