//! What a verb runs in: global options, streams, and a core that is built when first asked for.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Global;
use super::io::Io;
use super::palette::Palette;
use super::passphrase;
use crate::config::{Config, Paths};
use crate::domain::StoreKind;
use crate::error::{Error, Result};
use crate::net::client::{Network, Timeouts};
use crate::net::proxy::ProxyEnv;
use crate::ops::demo::Demo;
use crate::ops::{Core, Settings, Vault};
use crate::rack::Rack;
use crate::store::choice::ChosenBy;

/// Settings, paths and core of this run.
pub struct Loaded {
    /// What the user set.
    pub config: Config,
    /// Where files are.
    pub paths: Paths,
    /// The core; for the demo it is in [`Demo`] instead.
    pub core: Option<Core>,
}

/// What a verb runs in.
pub struct Context<'a> {
    pub(super) global: Global,
    /// Streams.
    pub io: &'a mut Io,
    core: Option<Core>,
    demo: Option<Demo>,
}

impl<'a> Context<'a> {
    pub(super) fn new(global: Global, io: &'a mut Io) -> Self {
        Self { global, io, core: None, demo: None }
    }

    /// JSON is wanted.
    pub(super) fn json(&self) -> bool {
        self.global.json
    }

    /// Dangerous things need not be asked for.
    pub(super) fn yes(&self) -> bool {
        self.global.yes
    }

    /// Colours are wanted on stdout.
    pub(super) fn color(&self) -> bool {
        self.global.color.wanted(self.io, false)
    }

    pub(super) fn palette(&self) -> Palette {
        Palette { color: self.color() }
    }

    /// The core; rack and network are made ready at the first call.
    pub(super) fn core(&mut self) -> Result<&Core> {
        if let Some(demo) = &self.demo {
            return Ok(&demo.core);
        }
        if self.core.is_none() {
            let (config, paths) = self.settings()?;
            self.core = Some(self.build(&config, &paths)?);
        }
        self.core.as_ref().ok_or_else(|| Error::internal("the core was not built"))
    }

    /// Runs verbs on a demo from now on.
    pub(super) fn use_demo(&mut self, demo: Demo) {
        self.demo = Some(demo);
    }

    /// Settings and core for the screens: they ask for a passphrase themselves.
    pub(super) fn load_for_tui(&mut self) -> Result<Loaded> {
        let (config, paths) = self.settings()?;
        let mut core = self.build(&config, &paths)?;
        if self.global.passphrase_file.is_none() {
            core.vault = self.vault(&config, &paths, &core.rack, Box::new(|_| Err(passphrase::locked())))?;
        }
        Ok(Loaded { config, paths, core: Some(core) })
    }

    /// Verbs run on a demo.
    pub(super) fn is_demo(&self) -> bool {
        self.demo.is_some()
    }

    /// Directories, whatever is in them.
    pub(super) fn paths(&self) -> Result<Paths> {
        Paths::settle(self.global.config_dir.clone(), self.global.data_dir.clone(), |n| self.io.var(n))
    }

    /// Settings and directories.
    pub(super) fn settings(&self) -> Result<(Config, Paths)> {
        let paths = self.paths()?;
        Ok((Config::load(&paths.config)?, paths))
    }

    /// The network as settings and environment have it.
    pub(super) fn network(&self, config: &Config) -> Network {
        network(config, &self.io.env)
    }

    fn build(&self, config: &Config, paths: &Paths) -> Result<Core> {
        let rack = Rack::open(&paths.rack())?;
        let file = self.global.passphrase_file.clone();
        let can_ask = self.io.stderr_is_terminal();
        let vault =
            self.vault(config, paths, &rack, Box::new(move |need| passphrase::ask(file.as_deref(), can_ask, need)))?;
        Ok(Core {
            rack,
            vault,
            network: self.network(config),
            clock: self.io.clock,
            settings: settings(config),
            user: os_user(self.io),
        })
    }

    fn vault(
        &self,
        config: &Config,
        paths: &Paths,
        rack: &Rack,
        ask: crate::ops::vault::AskPassphrase,
    ) -> Result<Vault> {
        let by = if self.global.store_from_env { ChosenBy::Environment } else { ChosenBy::Flag };
        let flag = self.global.store.map(|s| (StoreKind::from(s), by));
        let explicit = match (flag, config.store) {
            (Some(flag), _) => Some(flag),
            (None, Some(kind)) => Some((kind, ChosenBy::Config)),
            (None, None) => rack.remembered_store()?.map(|kind| (kind, ChosenBy::Remembered)),
        };
        Ok(Vault::new(explicit, paths.data.clone(), ask))
    }
}

/// The core's settings out of the user's.
#[must_use]
pub fn settings(config: &Config) -> Settings {
    Settings {
        warn_days: config.warn_days,
        per_host: config.per_host,
        in_flight: config.in_flight,
        brake_after: config.brake_after,
        config_dir: config.directory.clone(),
        ..Settings::default()
    }
}

/// The network out of settings and environment.
#[must_use]
pub fn network(config: &Config, env: &BTreeMap<String, String>) -> Network {
    let timeouts = Timeouts {
        connect: Duration::from_secs(config.connect_timeout),
        read: Duration::from_secs(config.read_timeout),
        total: Duration::from_secs(config.total_timeout),
    };
    Network::new(
        ProxyEnv::from_vars(|name| env.get(name).cloned()),
        timeouts,
        concat!("keyrack/", env!("CARGO_PKG_VERSION")),
    )
}

/// Who runs this, for the audit log: the log-in name, else the number of the user.
fn os_user(io: &Io) -> String {
    let named = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|n| io.var(n).filter(|v| !v.is_empty()));
    #[cfg(unix)]
    let number = format!("uid {}", rustix::process::getuid().as_raw());
    #[cfg(not(unix))]
    let number = "unknown".to_owned();
    named.unwrap_or(number)
}
