//! The first step: which addresses the name has, of the target or of the proxy in front of it.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use super::{Probe, Seen};
use crate::net::NetError;
use crate::net::classify::classify_step;
use crate::net::resolver::{ResolveError, lookup};

/// Most addresses that are kept and tried.
const ADDRESSES_CAP: usize = 16;

/// What the look-up of a name brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dns {
    /// The name that was asked for; the address itself where the URL holds one.
    pub host: String,
    /// The port that will be tried.
    pub port: u16,
    /// It is the proxy's name. The target's own is then looked up by the proxy, or later.
    pub of_proxy: bool,
    /// The URL holds an address, so that nobody was asked.
    pub literal: bool,
    /// Every address, v4 and v6, in the system's order, at most 16.
    pub addresses: Vec<IpAddr>,
    /// Time that it took.
    pub elapsed: Duration,
    /// Why there is no address: of kind `Dns` or `ProxyDns`.
    pub error: Option<NetError>,
}

impl Dns {
    /// The addresses with the port.
    pub fn sockets(&self) -> impl Iterator<Item = SocketAddr> {
        self.addresses.iter().map(|ip| SocketAddr::new(*ip, self.port))
    }

    /// What is to be told, most telling first.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.error.iter().map(Seen::of).collect()
    }
}

impl Probe {
    /// Looks the name up: the target's, or the proxy's where one is used. As long as requests may take for it.
    pub async fn dns(&self) -> Dns {
        let (url, of_proxy) = match &self.proxy {
            Some(proxy) => (proxy.url(), true),
            None => (&self.target.url, false),
        };
        let host = url.host_str().unwrap_or_default().to_owned();
        let port = url.port_or_known_default().unwrap_or(0);
        let started = Instant::now();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let literal = bare.parse::<IpAddr>().ok();
        let found = match literal {
            Some(ip) => Ok(vec![ip]),
            None => self.addresses_of(&host).await,
        };
        let elapsed = started.elapsed();
        let error = found.as_ref().err().map(|e| classify_step(e, true, elapsed, &self.route()));
        let addresses = found.unwrap_or_default();
        Dns { host, port, of_proxy, literal: literal.is_some(), addresses, elapsed, error }
    }

    pub(super) async fn addresses_of(&self, host: &str) -> Result<Vec<IpAddr>, ResolveError> {
        let limit = self.options.timeouts.connect_limit().mul_f32(0.8);
        let mut addresses: Vec<IpAddr> = Vec::new();
        for ip in lookup(host, limit).await?.map(|socket| socket.ip()) {
            if addresses.len() < ADDRESSES_CAP && !addresses.contains(&ip) {
                addresses.push(ip);
            }
        }
        Ok(addresses)
    }
}
