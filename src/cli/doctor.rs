//! `keyrack doctor`: keyrack's own health.

use clap::Args;
use serde_json::json;

use super::context::Context;
use crate::error::Result;
use crate::ops::doctor::{Complaint, Health, Machine, machine, modes, settings};
use crate::sanitize;

/// Look at keyrack's own health
///
/// Rack, secret store, interrupted work, orphaned secrets, settings, who may get at the files, terminal and clipboard;
/// each with what mends it. For a credential that does not work: keyrack diagnose.
#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// Settle interrupted work, remove orphaned secrets, close what others may get at
    #[arg(long)]
    fix: bool,
}

pub(super) async fn run(context: &mut Context<'_>, args: &DoctorArgs) -> Result<u8> {
    let mut found = Vec::new();
    let is_demo = context.is_demo();
    if !is_demo {
        let paths = context.paths()?;
        found.extend(modes(&paths.data, &paths.config, args.fix));
        found.extend(settings(&paths.config));
    }
    match context.core() {
        Ok(core) => {
            let mut health = core.doctor(args.fix).await?;
            health.append(&mut found);
            found = health;
        }
        // What keeps the rack or the settings from being read is what the doctor is asked about.
        Err(error) if found.iter().any(|c| c.text == error.to_string()) => {}
        Err(error) => found.insert(
            0,
            Complaint {
                health: Health::Bad,
                about: "rack".into(),
                text: error.to_string(),
                fix: error.hints.join(" "),
            },
        ),
    }
    found.extend(machine(&this_machine(context)));
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
            context.out(&format!("{sign} {:<9} {}", complaint.about, sanitize::line(&complaint.text)))?;
            if !complaint.fix.is_empty() {
                context.out(&format!("              {}", sanitize::line(&complaint.fix)))?;
            }
        }
    }
    Ok(match (store, bad) {
        (true, _) => 3,
        (false, true) => 1,
        (false, false) => 0,
    })
}

fn this_machine(context: &Context<'_>) -> Machine {
    let io = &context.io;
    let is_terminal = io.stdin.is_terminal() && io.stdout_is_terminal();
    let size = is_terminal.then(|| io.terminal_size()).flatten();
    Machine { is_terminal, ..Machine::of(size, |name| io.var(name)) }
}
