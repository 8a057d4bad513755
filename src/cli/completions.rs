//! `keyrack completions`: made from the same definition as the parser.

use clap::Args;
use clap_complete::Shell;

use super::context::Context;
use crate::error::Result;

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  keyrack completions bash > ~/.local/share/bash-completion/completions/keyrack\n  keyrack completions fish > ~/.config/fish/completions/keyrack.fish"
)]
pub(super) struct CompletionsArgs {
    /// Shell
    shell: Shell,
}

pub(super) fn run(context: &mut Context<'_>, args: &CompletionsArgs) -> Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "keyrack", &mut script);
    context.io.out_raw(&String::from_utf8_lossy(&script))?;
    Ok(0)
}
