//! The way to one origin, looked at step by step: name, TCP, proxy, TLS. What `keyrack diagnose` tells the user.
//!
//! [`super::client::Network::probe`] gives a [`Probe`]; each of its steps takes the open [`Line`] that the step before
//! left, and returns plain data. The way is the one that a request would take: same proxy, same authorities, same client
//! certificate, same limits. A failure has the [`NetErrorKind`] that a request would have met, except where a request
//! cannot tell the proxy from the target ([`NetErrorKind::ProxyOrTarget`]) and the single step can.
//!
//! No token is ever sent: a line is used for nothing but looking, and ends with it. The one thing that is shown on the way
//! is a proxy's own log-in, to that proxy, since without it every such proxy would answer 407. Nothing here blocks the
//! executor, everything has a time limit, and dropping a step ends it.
//!
//! What the other side says (names in certificates, words of a proxy) is clipped and freed of control characters, and is
//! to be sanitised like everything else that a host says before it is shown.

pub mod chain;
mod client_key;
pub mod clock;
mod dns;
mod handshake;
mod socks;
mod tcp;
mod tls;
mod tunnel;
mod verifier;
mod x509;

use std::fmt;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::sign::CertifiedKey;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

pub use self::dns::Dns;
pub use self::tcp::{Attempt, Tcp};
pub use self::tls::{ClientCertificate, EXPIRES_SOON, Tls};
pub use self::tunnel::{Tunnel, TunnelBy};
use super::classify::{Hop, Route};
use super::client::Options;
use super::proxy::{ProxyAddress, ProxyRules, ProxyUse};
use super::target::Target;
use super::tls::Trust;
use super::{NetError, NetErrorKind, NetSettings};

/// Most characters of one text of the other side that are kept.
const TEXT_CAP: usize = 200;

/// Something that a step saw, as the finding that explains it and what fills its placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Code of the finding in `assets/findings.toml`.
    pub code: &'static str,
    /// For `{target}`.
    pub target: String,
    /// For `{detail}`; may be empty.
    pub detail: String,
}

impl Seen {
    fn new(code: &'static str, target: &str, detail: impl Into<String>) -> Self {
        Self { code, target: target.to_owned(), detail: detail.into() }
    }

    fn of(error: &NetError) -> Self {
        Self::new(error.kind.code(), &error.target, error.detail.clone())
    }
}

/// The way to one origin under the settings of its host. Looks at nothing until it is told to.
pub struct Probe {
    options: Arc<Options>,
    target: Target,
    proxy: Option<ProxyAddress>,
    used: Option<ProxyUse>,
    roots: Vec<CertificateDer<'static>>,
    key: Option<Arc<CertifiedKey>>,
}

/// An open connection on its way through the steps.
pub struct Line(Box<dyn Stream>);

/// What TLS and proxies are spoken over.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Every step, as far as it was reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Walk {
    /// The name.
    pub dns: Dns,
    /// The connections.
    pub tcp: Option<Tcp>,
    /// The proxy's part; none where no proxy is used.
    pub tunnel: Option<Tunnel>,
    /// The handshake; none for plain http.
    pub tls: Option<Tls>,
}

impl Walk {
    /// The failure that ended the way.
    #[must_use]
    pub fn error(&self) -> Option<&NetError> {
        let tcp = self.tcp.as_ref().and_then(|step| step.error.as_ref());
        let tunnel = self.tunnel.as_ref().and_then(|step| step.error.as_ref());
        let tls = self.tls.as_ref().and_then(|step| step.error.as_ref());
        self.dns.error.as_ref().or(tcp).or(tunnel).or(tls)
    }
}

impl Probe {
    pub(super) fn new(options: Arc<Options>, settings: &NetSettings, url: &str) -> Result<Self, NetError> {
        let target = Target::parse(url)?;
        let rules = ProxyRules::new(&options.env, settings.proxy.as_deref())?;
        let proxy = rules.choose(&target.url)?.cloned();
        target.check_plain_http(settings.allow_http, proxy.as_ref())?;
        let Trust { roots, identity } = Trust::load(settings)?;
        let key = identity
            .map(|identity| CertifiedKey::from_der(identity.chain, identity.key, &default_provider()))
            .transpose()
            .map_err(|e| {
                let detail = format!("certificate and key do not belong together or are of a kind not known: {e}");
                let path = settings.client_cert.clone().unwrap_or_default();
                NetError::new(NetErrorKind::BadClientCert, path, detail)
            })?;
        let used = proxy.as_ref().map(ProxyAddress::describe);
        Ok(Self { options, target, proxy, used, roots, key: key.map(Arc::new) })
    }

    /// `host:port` of the origin.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target.address
    }

    /// TLS is to be spoken with the origin.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.target.https
    }

    /// The proxy in between, and which setting names it.
    #[must_use]
    pub fn proxy(&self) -> Option<&ProxyUse> {
        self.used.as_ref()
    }

    /// Goes all the way, until a step fails. The same steps one by one: [`Probe::dns`], [`Probe::tcp`],
    /// [`Probe::tunnel`], [`Probe::tls`].
    pub async fn walk(&self) -> Walk {
        let mut walk = Walk { dns: self.dns().await, tcp: None, tunnel: None, tls: None };
        if walk.dns.error.is_some() {
            return walk;
        }
        let (tcp, line) = self.tcp(&walk.dns).await;
        walk.tcp = Some(tcp);
        let Some(mut line) = line else { return walk };
        if self.proxy.is_some() {
            let (tunnel, through) = self.tunnel(line).await;
            walk.tunnel = Some(tunnel);
            let Some(through) = through else { return walk };
            line = through;
        }
        if self.target.https {
            walk.tls = Some(self.tls(line).await);
        }
        walk
    }

    /// The way as `classify` wants to know it.
    fn route(&self) -> Route {
        let hop = |p: &ProxyAddress| Hop { address: p.address().to_owned(), host: p.host().to_owned() };
        Route { target: self.target.address.clone(), https: self.target.https, proxy: self.proxy.as_ref().map(hop) }
    }
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Probe").field("target", &self.target.address).field("proxy", &self.used).finish_non_exhaustive()
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line(open)")
    }
}

impl From<TcpStream> for Line {
    fn from(stream: TcpStream) -> Self {
        Self(Box::new(stream))
    }
}

/// A text of the other side: one line, not too long.
fn clip(text: &str) -> String {
    let mut kept: String = text.chars().take(TEXT_CAP).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(TEXT_CAP).is_some() {
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_other_side_says_is_clipped_and_cannot_steer_a_terminal() {
        assert_eq!(clip("a\x1b[2J\nb"), "a\u{fffd}[2J\u{fffd}b");
        assert_eq!(clip(&"ä".repeat(TEXT_CAP)).chars().count(), TEXT_CAP);
        assert_eq!(clip(&"ä".repeat(9 * TEXT_CAP)).chars().count(), TEXT_CAP + 1);
    }
}
