//! `keyrack demo`: the whole of keyrack against simulated hosts, without any account.

use std::ffi::OsString;
use std::time::Duration;

use clap::{Args, Parser};

use super::context::{Context, Loaded};
use super::{Cli, Global, Outcome, Tui};
use crate::config::Paths;
use crate::error::{Error, Result};
use crate::ops::demo::{Demo, DemoSize};

/// Try keyrack on simulated hosts and a throw-away rack; no account needed
///
/// Without a verb the screens open. With one, that verb runs on the demo rack: `keyrack demo check`, `keyrack demo list`.
#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// How many credentials; without it, one in every state
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    credentials: Option<u32>,
    /// How long every answer of the simulated hosts takes, in milliseconds
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(0..=60_000))]
    delay: Option<u64>,
    /// A verb with its options
    #[arg(value_name = "VERB", trailing_var_arg = true, allow_hyphen_values = true)]
    verb: Vec<OsString>,
}

/// How long an answer takes in the screens when nothing is said: long enough to see the checks run.
const SEEN: Duration = Duration::from_millis(120);

pub(super) async fn run(context: &mut Context<'_>, args: DemoArgs) -> Result<Outcome> {
    let to_screen = args.verb.is_empty();
    if to_screen && (!context.io.stdin.is_terminal() || !context.io.stdout_is_terminal()) {
        return Err(Error::usage("the demo's screens need a terminal")
            .hint("Run a verb on the demo instead: keyrack demo check, keyrack demo list."));
    }
    let config = match context.settings() {
        Ok((config, _)) => config,
        // A demo needs neither a home nor a config file that can be read.
        Err(_) => crate::config::Config::load(std::path::Path::new(""))?,
    };
    let size = DemoSize {
        credentials: args.credentials.map(|n| usize::try_from(n).unwrap_or(usize::MAX)),
        delay: args.delay.map_or(if to_screen { SEEN } else { Duration::ZERO }, Duration::from_millis),
    };
    let network = context.network(&config);
    let demo = Demo::start(size, context.io.clock, network, super::context::settings(&config)).await?;
    if to_screen {
        let paths = Paths {
            config: context.settings().map(|(_, p)| p.config).unwrap_or_default(),
            data: std::path::PathBuf::new(),
        };
        let color = context.color();
        return Ok(Outcome::Tui(Box::new(Tui {
            loaded: Loaded { config, paths, core: None },
            color,
            demo: Some(demo),
        })));
    }
    let words = std::iter::once(OsString::from("keyrack demo")).chain(args.verb);
    let inner = match Cli::try_parse_from(words) {
        Ok(inner) => inner,
        Err(error) => return Ok(Outcome::Exit(super::show_clap(context.io, &error, context.global.color))),
    };
    context.global = merge(context.global.clone(), inner.global);
    let Some(verb) = inner.verb else {
        return Err(Error::usage("which verb shall run on the demo?").hint("For example: keyrack demo check"));
    };
    context.use_demo(demo);
    Box::pin(super::run_verb(verb, context)).await.map(Outcome::Exit)
}

/// Options may stand before `demo` or after the inner verb.
fn merge(outer: Global, inner: Global) -> Global {
    Global {
        json: outer.json || inner.json,
        yes: outer.yes || inner.yes,
        store: outer.store.or(inner.store),
        store_from_env: outer.store_from_env,
        config_dir: outer.config_dir.or(inner.config_dir),
        data_dir: outer.data_dir.or(inner.data_dir),
        passphrase_file: outer.passphrase_file.or(inner.passphrase_file),
        color: if inner.color == super::ColorFlag::Auto { outer.color } else { inner.color },
    }
}
