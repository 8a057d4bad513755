//! Name resolution with an error type of its own, so that a failed look-up can be told from every other failure.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// A name has no address, or nobody said so in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ResolveError {
    /// The name that was asked for: the target's or a proxy's.
    pub host: String,
    /// The system's own words.
    pub reason: String,
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.host, self.reason)
    }
}

impl std::error::Error for ResolveError {}

/// The system's resolver under a time limit.
pub(crate) struct Resolver {
    /// Must be shorter than the connect timeout, which otherwise hides that it was the name.
    pub limit: Duration,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let limit = self.limit;
        Box::pin(async move { Ok(lookup(name.as_str(), limit).await?) })
    }
}

pub(super) async fn lookup(host: &str, limit: Duration) -> Result<Addrs, ResolveError> {
    // Plain http is allowed to `localhost`: no hosts file or name server may take it elsewhere (RFC 6761, 6.3).
    if host.eq_ignore_ascii_case("localhost") {
        let here = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        return Ok(Box::new(here.into_iter().map(|ip| SocketAddr::new(ip, 0))));
    }
    let failed = |reason: String| ResolveError { host: host.to_owned(), reason };
    let addresses: Vec<SocketAddr> = tokio::time::timeout(limit, tokio::net::lookup_host((host, 0)))
        .await
        .map_err(|_| failed(format!("the name server did not answer within {:.1} s", limit.as_secs_f32())))?
        .map_err(|e| failed(plain(&e.to_string())))?
        .collect();
    if addresses.is_empty() {
        return Err(failed("the name has no address".to_owned()));
    }
    Ok(Box::new(addresses.into_iter()))
}

/// The part of getaddrinfo's message that tells one failure from another.
fn plain(message: &str) -> String {
    message.strip_prefix("failed to lookup address information: ").unwrap_or(message).to_owned()
}
