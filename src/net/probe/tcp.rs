//! The second step: a connection to every address, all at once, so that one address that fails is seen even where
//! another answers.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use super::{Dns, Line, Probe, Seen};
use crate::net::classify::{Route, classify_step};
use crate::net::detail::{add, after};
use crate::net::{NetError, NetErrorKind};

/// Once one address answered the others have this long.
const LAGGARDS: Duration = Duration::from_secs(3);

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Where to.
    pub address: SocketAddr,
    /// Time until it connected or failed.
    pub elapsed: Duration,
    /// Why it failed; its target is the address.
    pub error: Option<NetError>,
    /// This machine has no way at all to addresses of that kind, as without IPv6: it costs nothing and breaks nothing.
    pub no_network: bool,
}

/// What the connection attempts brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tcp {
    /// `host:port` by name, of the target or of the proxy.
    pub target: String,
    /// One for each address, in the order of the look-up.
    pub attempts: Vec<Attempt>,
    /// The address that answered first.
    pub connected: Option<SocketAddr>,
    /// Time until the last attempt ended.
    pub elapsed: Duration,
    /// Why none answered, as a request would say it.
    pub error: Option<NetError>,
}

impl Tcp {
    /// What is to be told, most telling first: the failure of all, or of some.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        if let Some(error) = &self.error {
            return vec![Seen::of(error)];
        }
        let failing: Vec<&Attempt> = self.attempts.iter().filter(|a| a.error.is_some() && !a.no_network).collect();
        if failing.is_empty() {
            return Vec::new();
        }
        let told: Vec<String> = failing.iter().filter_map(|a| a.error.as_ref()).map(ToString::to_string).collect();
        let detail = told.join("; ");
        let v6 = |a: &Attempt| a.address.is_ipv6();
        let dropped = |a: &Attempt| a.error.as_ref().is_some_and(|e| e.kind != NetErrorKind::Refused);
        // A port that is closed on one of the two is a matter of the server, not of the way.
        let all_of_v6 = self.attempts.iter().filter(|a| v6(a)).all(dropped);
        let v4_answers = self.attempts.iter().any(|a| !v6(a) && a.error.is_none());
        let only_v6 = failing.iter().all(|a| v6(a));
        let code = if only_v6 && all_of_v6 && v4_answers { "net.ipv6-broken" } else { "net.some-addresses-fail" };
        vec![Seen::new(code, &self.target, detail)]
    }
}

impl Probe {
    /// Connects to every address of [`Probe::dns`] at once. The first that answers becomes the line.
    pub async fn tcp(&self, dns: &Dns) -> (Tcp, Option<Line>) {
        let limit = self.options.timeouts.connect_limit();
        let started = Instant::now();
        let sockets: Vec<SocketAddr> = dns.sockets().collect();
        let mut running: FuturesUnordered<_> = sockets
            .iter()
            .enumerate()
            .map(|(n, address)| async move { (n, timeout(limit, TcpStream::connect(*address)).await) })
            .collect();
        let mut attempts: Vec<Option<Attempt>> = vec![None; sockets.len()];
        let mut first = None;
        let mut until = started + limit + LAGGARDS;
        while let Ok(Some((n, result))) = timeout_at(until, running.next()).await {
            let elapsed = started.elapsed();
            let failure = match result {
                Ok(Ok(stream)) => {
                    if first.is_none() {
                        first = Some((sockets[n], stream));
                        until = until.min(Instant::now() + LAGGARDS);
                    }
                    None
                }
                Ok(Err(error)) => Some(Some(error)),
                Err(_) => Some(None),
            };
            attempts[n] = Some(attempt(sockets[n], failure, elapsed));
        }
        let elapsed = started.elapsed();
        let late = |(address, known): (&SocketAddr, Option<Attempt>)| {
            known.unwrap_or_else(|| attempt(*address, Some(None), elapsed))
        };
        let attempts: Vec<Attempt> = sockets.iter().zip(attempts).map(late).collect();
        let target = self.proxy.as_ref().map_or(self.target.address.as_str(), |p| p.address()).to_owned();
        let error = if first.is_some() { None } else { Some(self.no_connection(&target, &attempts)) };
        let (connected, line) = first.map(|(address, stream)| (address, Line::from(stream))).unzip();
        (Tcp { target, attempts, connected, elapsed, error }, line)
    }

    /// The one failure that stands for all: what a server said, before what nobody said.
    fn no_connection(&self, target: &str, attempts: &[Attempt]) -> NetError {
        let weight = |kind: NetErrorKind| match kind {
            NetErrorKind::Refused => 0,
            NetErrorKind::Reset | NetErrorKind::ClosedEarly => 1,
            NetErrorKind::ConnectTimeout => 2,
            _ => 3,
        };
        let worst = attempts.iter().filter_map(|a| a.error.as_ref()).min_by_key(|e| weight(e.kind));
        let Some(worst) = worst else {
            return NetError::new(NetErrorKind::Dns, target, "the name has no address");
        };
        let mut error = NetError::new(worst.kind, target, worst.detail.clone());
        if let Some(proxy) = &self.proxy {
            let socks = proxy.url().scheme().starts_with("socks");
            match error.kind {
                NetErrorKind::ConnectTimeout => {}
                _ if socks => {
                    error.detail = worst.to_string();
                    error.kind = NetErrorKind::Socks;
                }
                NetErrorKind::Refused => error.kind = NetErrorKind::ProxyRefused,
                _ => {}
            }
            let way = format!("this is the proxy, on the way to {}", self.target.address);
            add(&mut error.detail, &way);
        }
        error
    }
}

/// `failure`: none where it connected, none inside where time ran out.
fn attempt(address: SocketAddr, failure: Option<Option<io::Error>>, elapsed: Duration) -> Attempt {
    use io::ErrorKind as Io;
    let alone = || Route { target: address.to_string(), https: false, proxy: None };
    let no_network = failure.as_ref().and_then(Option::as_ref).is_some_and(|e| {
        matches!(e.kind(), Io::NetworkUnreachable | Io::NetworkDown | Io::AddrNotAvailable | Io::Unsupported)
    });
    let error = failure.map(|failure| match failure {
        Some(error) => classify_step(&error, true, elapsed, &alone()),
        None => NetError::new(NetErrorKind::ConnectTimeout, address.to_string(), after(elapsed)),
    });
    Attempt { address, elapsed, error, no_network }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(attempts: &[(&str, Option<NetErrorKind>)]) -> Tcp {
        let attempt = |(address, kind): &(&str, Option<NetErrorKind>)| Attempt {
            address: address.parse().unwrap(),
            elapsed: Duration::ZERO,
            error: kind.map(|kind| NetError::new(kind, *address, "")),
            no_network: kind == &Some(NetErrorKind::NoRoute),
        };
        let attempts: Vec<Attempt> = attempts.iter().map(attempt).collect();
        let connected = attempts.iter().find(|a| a.error.is_none()).map(|a| a.address);
        Tcp { target: "acme.invalid:443".into(), attempts, connected, elapsed: Duration::ZERO, error: None }
    }

    fn codes(attempts: &[(&str, Option<NetErrorKind>)]) -> Vec<&'static str> {
        tcp(attempts).seen().iter().map(|s| s.code).collect()
    }

    #[test]
    fn ipv6_that_leads_nowhere_while_ipv4_answers_is_named() {
        let late = Some(NetErrorKind::ConnectTimeout);
        assert_eq!(codes(&[("[2001:db8::1]:443", late), ("192.0.2.1:443", None)]), ["net.ipv6-broken"]);
        let both = [("[2001:db8::1]:443", late), ("192.0.2.1:443", late), ("192.0.2.2:443", None)];
        assert_eq!(codes(&both), ["net.some-addresses-fail"]);
        let one_v6 = [("[2001:db8::1]:443", late), ("[2001:db8::2]:443", None), ("192.0.2.1:443", None)];
        assert_eq!(codes(&one_v6), ["net.some-addresses-fail"]);
    }

    #[test]
    fn a_closed_port_on_one_family_is_the_server_s_matter() {
        let closed = Some(NetErrorKind::Refused);
        assert_eq!(codes(&[("[::1]:443", closed), ("127.0.0.1:443", None)]), ["net.some-addresses-fail"]);
    }

    #[test]
    fn a_machine_without_ipv6_is_no_finding() {
        let none = Some(NetErrorKind::NoRoute);
        assert!(codes(&[("[2001:db8::1]:443", none), ("192.0.2.1:443", None)]).is_empty());
    }

    #[test]
    fn every_address_that_failed_is_told() {
        let late = Some(NetErrorKind::ConnectTimeout);
        let seen = tcp(&[("192.0.2.1:443", late), ("192.0.2.2:443", late), ("192.0.2.3:443", None)]).seen();
        assert!(seen[0].detail.contains("192.0.2.1:443") && seen[0].detail.contains("192.0.2.2:443"), "{seen:?}");
        assert!(!seen[0].detail.contains("192.0.2.3:443"), "{seen:?}");
    }
}
