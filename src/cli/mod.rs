//! The command line: one enum of verbs, one file per verb, one place that prints.
//!
//! [`run`] takes arguments and an [`Io`] (streams, environment, clock) and gives an exit code, or the [`Tui`] to open:
//! tests run it in-process with their own streams, and `main` with the real ones.

mod add;
mod check;
mod completions;
mod context;
mod create;
mod demo;
mod deployment;
mod diagnose;
mod doctor;
mod edit;
mod forget;
mod guide;
mod host;
mod identify;
mod interrupt;
mod inventory;
mod io;
mod list;
mod log;
mod output;
mod palette;
mod passphrase;
mod permissions;
mod revoke;
mod rotate;
mod say;
mod secret_file;
mod secret_input;
mod show;
mod table;
mod token;
mod using;
mod values;
mod way;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind as ClapKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::domain::StoreKind;
use crate::error::{Error, ErrorKind, Result};
use crate::ops::demo::Demo;
pub use context::{Context, Loaded};
pub use io::{Input, Io, Stream};
pub use output::report;

/// Heading of the options that every verb takes.
const EVERYWHERE: &str = "Options of every verb";

/// Exit code where all is well.
const WELL: u8 = 0;

/// Every access token you hold, on one rack: whose it is, what it may do, when it dies.
///
/// Without a verb, on a terminal, the screens open.
#[derive(Debug, Parser)]
#[command(name = "keyrack", version, disable_help_subcommand = true, max_term_width = 100)]
#[command(
    after_help = "Try it without any account: keyrack demo\n\nExit codes: 0 all well, 1 a credential is limited, expired, revoked, rejected or blocked, 2 usage,\n3 secret store locked or absent, 4 only unreachable hosts stood in the way, 5 the host refused,\n70 internal, or a file that cannot be used, 130 stopped."
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: Option<Verb>,
}

/// Options that every verb takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// Print the result as JSON
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    json: bool,
    /// Do dangerous things without asking
    #[arg(long, short = 'y', global = true, help_heading = EVERYWHERE)]
    yes: bool,
    /// Where secrets are kept, instead of what the settings or a probe say [env: KEYRACK_STORE]
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "STORE")]
    store: Option<StoreFlag>,
    /// The store was named by the environment.
    #[arg(skip)]
    store_from_env: bool,
    /// Directory of settings, keymap and themes [env: KEYRACK_CONFIG_DIR]
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "DIR")]
    config_dir: Option<PathBuf>,
    /// Directory of the rack and of the file store [env: KEYRACK_DATA_DIR]
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// File whose first line is the passphrase of the file store [env: KEYRACK_PASSPHRASE_FILE]
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Colour the output
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "WHEN", default_value = "auto")]
    color: ColorFlag,
}

impl Global {
    /// Takes from the environment what no option says. The parser does not, since it would read the process's own
    /// environment and not that of this run.
    fn with_environment(mut self, io: &Io) -> Result<Self> {
        let named = |name: &str| io.var(name).filter(|v| !v.is_empty());
        if self.store.is_none()
            && let Some(name) = named("KEYRACK_STORE")
        {
            let store = StoreFlag::from_str(&name, true).map_err(|_| {
                Error::usage(format!("KEYRACK_STORE is `{}`, which is no store", crate::sanitize::short(&name, 40)))
                    .hint("Stores: keyring, file.")
            })?;
            (self.store, self.store_from_env) = (Some(store), true);
        }
        self.passphrase_file = self.passphrase_file.or_else(|| named("KEYRACK_PASSPHRASE_FILE").map(PathBuf::from));
        Ok(self)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StoreFlag {
    /// The operating system's store
    Keyring,
    /// One encrypted file per secret (age)
    File,
}

impl ColorFlag {
    /// Whether colours are wanted on stdout, or on stderr.
    fn wanted(self, io: &Io, error: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => io.wants_color(error),
        }
    }

    /// What the arguments say of colours, where they could not be parsed.
    fn of(args: &[OsString]) -> Self {
        let words: Vec<_> = args.iter().filter_map(|a| a.to_str()).collect();
        let apart = words.windows(2).filter(|w| w[0] == "--color").map(|w| w[1]);
        let joined = words.iter().filter_map(|w| w.strip_prefix("--color="));
        apart.chain(joined).find_map(|w| Self::from_str(w, false).ok()).unwrap_or(Self::Auto)
    }
}

impl From<StoreFlag> for StoreKind {
    fn from(flag: StoreFlag) -> Self {
        match flag {
            StoreFlag::Keyring => Self::Keyring,
            StoreFlag::File => Self::File,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ColorFlag {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Identify(identify::IdentifyArgs),
    #[command(subcommand)]
    Host(host::HostVerb),
    Add(add::AddArgs),
    List(list::ListArgs),
    Show(show::ShowArgs),
    Edit(edit::EditArgs),
    Forget(forget::ForgetArgs),
    Check(check::CheckArgs),
    Permissions(permissions::PermissionsArgs),
    Guide(guide::GuideArgs),
    Create(create::CreateArgs),
    Inventory(inventory::InventoryArgs),
    Rotate(rotate::RotateArgs),
    Revoke(revoke::RevokeArgs),
    Token(token::TokenArgs),
    #[command(subcommand)]
    Deployment(deployment::DeploymentVerb),
    Diagnose(diagnose::DiagnoseArgs),
    Log(log::LogArgs),
    Doctor(doctor::DoctorArgs),
    Demo(demo::DemoArgs),
    Completions(completions::CompletionsArgs),
}

/// What `main` is to do.
pub enum Outcome {
    /// The verb ran; end with this code.
    Exit(u8),
    /// Open the screens.
    Tui(Box<Tui>),
}

/// Everything the screens need to start.
pub struct Tui {
    /// Settings, paths and core.
    pub loaded: Loaded,
    /// Colours are wanted.
    pub color: bool,
    /// The demo that has to live as long as the screens.
    pub demo: Option<Demo>,
}

/// Parses arguments and runs the verb.
pub async fn run(args: impl IntoIterator<Item = OsString>, io: &mut Io) -> Outcome {
    let args: Vec<OsString> = args.into_iter().collect();
    if let Err(error) = refuse_tokens(&args) {
        return Outcome::Exit(output::report_with(io, &error, ColorFlag::of(&args).wanted(io, true)));
    }
    let cli = match parse(&args, io) {
        Ok(cli) => cli,
        Err(code) => return Outcome::Exit(code),
    };
    let color = cli.global.color;
    match dispatch(cli, io).await {
        Ok(outcome) => outcome,
        Err(error) => {
            let color = color.wanted(io, true);
            Outcome::Exit(output::report_with(io, &error, color))
        }
    }
}

/// The definition of the command line, for completions.
pub(crate) fn command() -> clap::Command {
    Cli::command()
}

/// Refuses arguments that hold a token, before anything repeats or keeps them: the parser shows what it does not
/// understand, and a label is stored readable.
fn refuse_tokens(args: &[OsString]) -> Result<()> {
    if !args.iter().skip(1).any(|a| crate::ops::paste::holds_token(&a.to_string_lossy())) {
        return Ok(());
    }
    Err(Error::usage("a token was given as an argument, where other processes and the shell's history can read it")
        .hint("Give it on standard input, at the prompt, or with --secret-file, and see whether the old one must go."))
}

fn parse(args: &[OsString], io: &mut Io) -> std::result::Result<Cli, u8> {
    let matched = Cli::command().try_get_matches_from(args).and_then(|m| Cli::from_arg_matches(&m));
    matched.map_err(|error| show_clap(io, &error, ColorFlag::of(args)))
}

/// Shows what the argument parser has to say: help on stdout, a mistake on stderr. Gives the exit code.
fn show_clap(io: &mut Io, error: &clap::Error, color: ColorFlag) -> u8 {
    let text = if color.wanted(io, error.use_stderr()) {
        error.render().ansi().to_string()
    } else {
        error.render().to_string()
    };
    if matches!(error.kind(), ClapKind::DisplayHelp | ClapKind::DisplayVersion) {
        return io.out_raw(&text).map_or_else(|e| e.kind.exit_code(), |()| WELL);
    }
    io.err_raw(&text);
    ErrorKind::Usage.exit_code()
}

async fn dispatch(cli: Cli, io: &mut Io) -> Result<Outcome> {
    let global = cli.global.with_environment(io)?;
    let mut context = Context::new(global, io);
    let Some(verb) = cli.verb else {
        if !context.io.stdin.is_terminal() || !context.io.stdout_is_terminal() {
            let help = Cli::command().render_help().to_string();
            context.io.out_raw(&help)?;
            return Ok(Outcome::Exit(WELL));
        }
        let color = context.color();
        return Ok(Outcome::Tui(Box::new(Tui { loaded: context.load_for_tui()?, color, demo: None })));
    };
    if let Verb::Demo(args) = verb {
        return demo::run(&mut context, args).await;
    }
    run_verb(verb, &mut context).await.map(Outcome::Exit)
}

/// Runs any verb but `demo`, which calls this itself with its own core.
async fn run_verb(verb: Verb, context: &mut Context<'_>) -> Result<u8> {
    match verb {
        Verb::Identify(args) => identify::run(context, args),
        Verb::Host(verb) => host::run(context, verb).await,
        Verb::Add(args) => add::run(context, args).await,
        Verb::List(args) => list::run(context, &args),
        Verb::Show(args) => show::run(context, &args),
        Verb::Edit(args) => edit::run(context, args),
        Verb::Forget(args) => forget::run(context, &args).await,
        Verb::Check(args) => check::run(context, args).await,
        Verb::Permissions(args) => permissions::run(context, args).await,
        Verb::Guide(args) => guide::run(context, args),
        Verb::Create(args) => create::run(context, args).await,
        Verb::Inventory(args) => inventory::run(context, args).await,
        Verb::Rotate(args) => rotate::run(context, args).await,
        Verb::Revoke(args) => revoke::run(context, args).await,
        Verb::Token(args) => token::run(context, &args).await,
        Verb::Deployment(verb) => deployment::run(context, verb).await,
        Verb::Diagnose(args) => diagnose::run(context, args).await,
        Verb::Log(args) => log::run(context, &args),
        Verb::Doctor(args) => doctor::run(context, &args).await,
        Verb::Completions(args) => completions::run(context, &args),
        Verb::Demo(_) => Err(Error::usage("a demo cannot be started inside a demo")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_of_the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
