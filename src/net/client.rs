//! The real [`Transport`], over reqwest: one client for each distinct [`NetSettings`], built when first needed.
//!
//! Owns the policy of every request: no redirects, three time limits, a cap on what is read, secrets in buffers that
//! are wiped. A request is repeated only where it provably was not processed: a pooled connection that was closed before
//! it was used, an HTTP/2 stream that the server refused. What went wrong is for `classify` to say, which proxy to take
//! for `proxy`. Reads no environment variable; that the system's trust store reads `SSL_CERT_FILE` and `SSL_CERT_DIR`
//! cannot be helped, and is told to the user when it explains a failure.

mod options;
mod prepare;
mod read;
mod way;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

pub(super) use self::options::Options;
pub use self::options::Timeouts;
use self::way::Way;
use super::probe::Probe;
use super::proxy::{ProxyEnv, ProxyRules, ProxyUse};
use super::target::Target;
use super::tls::Stamp;
use super::{NetError, NetSettings, Transport};

/// How keyrack names itself to hosts.
pub const USER_AGENT: &str = concat!("keyrack/", env!("CARGO_PKG_VERSION"));

/// The network: hands out a [`Transport`] for each way to reach a host. Clones share connections.
#[derive(Clone)]
pub struct Network(Arc<Shared>);

struct Shared {
    options: Arc<Options>,
    ways: Mutex<HashMap<NetSettings, (Stamp, Arc<Way>)>>,
}

impl Network {
    /// A network under a captured environment ([`ProxyEnv::from_env`]). Builds nothing yet.
    pub fn new(env: ProxyEnv, timeouts: Timeouts, user_agent: impl Into<String>) -> Self {
        let options = Arc::new(Options { env, timeouts, user_agent: user_agent.into() });
        Self(Arc::new(Shared { options, ways: Mutex::default() }))
    }

    /// The transport for hosts with these settings. Cheap when asked again: hosts with equal settings share
    /// connections, and a certificate file is read again only when it changed.
    ///
    /// # Errors
    /// [`NetErrorKind::BadProxySetting`](super::NetErrorKind::BadProxySetting), [`NetErrorKind::BadCaFile`](super::NetErrorKind::BadCaFile) or [`NetErrorKind::BadClientCert`](super::NetErrorKind::BadClientCert) for what the
    /// settings say; `target` names the setting or file. What the environment says is reported when it is used.
    pub fn transport(&self, settings: &NetSettings) -> Result<Arc<dyn Transport>, NetError> {
        let stamp = Stamp::of(settings);
        let known = self.ways().get(settings).filter(|(then, _)| *then == stamp).map(|(_, way)| Arc::clone(way));
        if let Some(way) = known {
            return Ok(way);
        }
        let way = Arc::new(Way::new(Arc::clone(&self.0.options), settings)?);
        self.ways().insert(settings.clone(), (stamp, Arc::clone(&way)));
        Ok(way)
    }

    /// The proxy that a request to `url` would go through, and which setting says so.
    ///
    /// # Errors
    /// [`NetErrorKind::BadUrl`](super::NetErrorKind::BadUrl), or [`NetErrorKind::BadProxySetting`](super::NetErrorKind::BadProxySetting) where the setting that decides is malformed.
    pub fn proxy_for(&self, settings: &NetSettings, url: &str) -> Result<Option<ProxyUse>, NetError> {
        let target = Target::parse(url)?;
        ProxyRules::new(&self.0.options.env, settings.proxy.as_deref())?.describe(&target.url)
    }

    /// The way to the origin of `url`, to be looked at step by step. Sends nothing yet, and never a token.
    ///
    /// # Errors
    /// Whatever stops a request before anything is sent: [`NetErrorKind::BadUrl`](super::NetErrorKind::BadUrl), [`NetErrorKind::PlainHttp`](super::NetErrorKind::PlainHttp),
    /// [`NetErrorKind::BadProxySetting`](super::NetErrorKind::BadProxySetting), [`NetErrorKind::BadCaFile`](super::NetErrorKind::BadCaFile) or [`NetErrorKind::BadClientCert`](super::NetErrorKind::BadClientCert).
    pub fn probe(&self, settings: &NetSettings, url: &str) -> Result<Probe, NetError> {
        Probe::new(Arc::clone(&self.0.options), settings, url)
    }

    fn ways(&self) -> std::sync::MutexGuard<'_, HashMap<NetSettings, (Stamp, Arc<Way>)>> {
        self.0.ways.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network").field("timeouts", &self.0.options.timeouts).finish_non_exhaustive()
    }
}
