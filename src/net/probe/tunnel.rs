//! The third step, where a proxy is used: it is asked to connect to the target.

use std::time::{Duration, Instant};

use base64::Engine as _;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::{Line, Probe, Seen, Tls, clip, socks};
use crate::net::detail::{add, after};
use crate::net::{NetError, NetErrorKind};

/// Most bytes of the head of a proxy's answer that are read, as many as a request reads.
const HEAD_CAP: usize = 8 * 1024;

/// How the proxy is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TunnelBy {
    /// It forwards plain http, so that nothing is asked before the request itself.
    Forwarding,
    /// With CONNECT.
    Connect,
    /// With SOCKS 4, 4a, 5 or 5h.
    Socks,
}

/// What the proxy did.
#[derive(Debug, Clone, PartialEq)]
pub struct Tunnel {
    /// `host:port` of the proxy.
    pub proxy: String,
    /// How it was asked.
    pub by: TunnelBy,
    /// The handshake with the proxy itself, where that speaks TLS.
    pub tls: Option<Box<Tls>>,
    /// Status of its answer to CONNECT.
    pub status: Option<u16>,
    /// The log-ins that it offers with 407: `Basic`, `NTLM`, `Negotiate`, …
    pub offers: Vec<String>,
    /// Its own words: the reason of the status, and what it says about the failure in a header.
    pub said: String,
    /// It says that it does not know the target's name.
    pub name_unknown: bool,
    /// Time that it took.
    pub elapsed: Duration,
    /// Why the way ends here.
    pub error: Option<NetError>,
}

impl Tunnel {
    /// A log-in is demanded, and none of those offered is one that keyrack speaks.
    #[must_use]
    pub fn wants_other_log_in(&self) -> bool {
        self.status == Some(407)
            && !self.offers.is_empty()
            && !self.offers.iter().any(|scheme| scheme.eq_ignore_ascii_case("basic"))
    }

    /// What is to be told, most telling first.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        let mut seen = Vec::new();
        if self.wants_other_log_in() {
            seen.push(Seen::new("net.proxy-auth-scheme", &self.proxy, self.offers.join(", ")));
        }
        match (&self.tls, &self.error) {
            (Some(tls), Some(error)) if tls.error.is_some() => {
                seen.extend(tls.seen_failing().into_iter().filter(|s| s.code != error.kind.code()));
                seen.push(Seen::of(error));
            }
            (_, Some(error)) => seen.push(Seen::of(error)),
            _ => {}
        }
        seen
    }
}

impl Probe {
    /// Asks the proxy for a connection to the target. The line that comes back leads to the target, or, for plain http
    /// through an HTTP proxy, to the proxy. Without a proxy the line comes back as it is.
    pub async fn tunnel(&self, line: Line) -> (Tunnel, Option<Line>) {
        let started = Instant::now();
        let Some(proxy) = &self.proxy else {
            return (Tunnel::new(String::new(), TunnelBy::Forwarding), Some(line));
        };
        let scheme = proxy.url().scheme();
        let by = match scheme {
            "http" | "https" if self.target.https => TunnelBy::Connect,
            "http" | "https" => TunnelBy::Forwarding,
            _ => TunnelBy::Socks,
        };
        let mut tunnel = Tunnel::new(proxy.address().to_owned(), by);
        let mut line = line;
        if scheme == "https" {
            let (tls, secured) = self.tls_with_proxy(line, proxy.host()).await;
            tunnel.error = tls.error.clone();
            tunnel.tls = Some(Box::new(tls));
            match secured {
                Some(secured) => line = secured,
                None => {
                    tunnel.elapsed = started.elapsed();
                    return (tunnel, None);
                }
            }
        }
        let limit = self.options.timeouts.connect_limit();
        let asked = match by {
            TunnelBy::Forwarding => Ok(Ok(())),
            TunnelBy::Connect => timeout(limit, self.connect(&mut line, &mut tunnel)).await,
            TunnelBy::Socks => timeout(limit, socks::ask(self, &mut line, &mut tunnel)).await,
        };
        tunnel.elapsed = started.elapsed();
        let outcome = asked.unwrap_or_else(|_| Err(self.of_either(after(tunnel.elapsed))));
        tunnel.error = outcome.err();
        let line = tunnel.error.is_none().then_some(line);
        (tunnel, line)
    }

    async fn tls_with_proxy(&self, line: Line, host: &str) -> (Tls, Option<Line>) {
        let address = self.proxy.as_ref().map(|p| p.address().to_owned()).unwrap_or_default();
        let name = ServerName::try_from(host.trim_start_matches('[').trim_end_matches(']').to_owned());
        let (mut tls, line) = self.handshake(line, name, &[], &address).await;
        if let Some(error) = &mut tls.error {
            add(&mut error.detail, &format!("this is the proxy, on the way to {}", self.target.address));
        }
        (tls, line)
    }

    async fn connect(&self, line: &mut Line, tunnel: &mut Tunnel) -> Result<(), NetError> {
        let stream = &mut line.0;
        let silent = |e: std::io::Error| self.of_either(e.to_string());
        stream.write_all(&self.connect_request()).await.map_err(silent)?;
        stream.flush().await.map_err(silent)?;
        let mut head = Vec::with_capacity(1024);
        let mut byte = [0_u8; 1];
        // One at a time: whatever follows the head belongs to the target.
        while !head.ends_with(b"\r\n\r\n") {
            if head.len() >= HEAD_CAP {
                return Err(self.of_either("the headers of the proxy's answer have no end".to_owned()));
            }
            if stream.read(&mut byte).await.map_err(silent)? == 0 {
                return Err(self.of_either("unexpected end of file".to_owned()));
            }
            head.push(byte[0]);
            // What does not begin like HTTP never ends like it.
            if !b"HTTP/".starts_with(&head[..head.len().min(5)]) {
                break;
            }
        }
        let head = String::from_utf8_lossy(&head);
        read_head(&head, tunnel);
        match tunnel.status {
            Some(200) => Ok(()),
            Some(407) => {
                let detail = format!("on the way to {}", self.target.address);
                Err(NetError::new(NetErrorKind::ProxyAuth, tunnel.proxy.clone(), detail))
            }
            _ => {
                let mut detail = format!("the proxy {} answered CONNECT with a refusal", tunnel.proxy);
                if !tunnel.said.is_empty() {
                    add(&mut detail, &tunnel.said);
                }
                Err(NetError::new(NetErrorKind::ProxyDenied, self.target.address.clone(), detail))
            }
        }
    }

    fn connect_request(&self) -> Zeroizing<Vec<u8>> {
        let target = &self.target.address;
        let mut request = Zeroizing::new(Vec::with_capacity(1024));
        let head =
            format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nUser-Agent: {}\r\n", self.options.user_agent);
        request.extend_from_slice(head.as_bytes());
        if let Some((user, password)) = self.proxy_log_in() {
            let pair = Zeroizing::new(format!("{}:{}", user.as_str(), password.as_str()));
            let encoded = Zeroizing::new(base64::engine::general_purpose::STANDARD.encode(pair.as_bytes()));
            request.extend_from_slice(b"Proxy-Authorization: Basic ");
            request.extend_from_slice(encoded.as_bytes());
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"\r\n");
        request
    }

    /// User name and password of the proxy's URL, decoded.
    pub(super) fn proxy_log_in(&self) -> Option<(Zeroizing<String>, Zeroizing<String>)> {
        let url = self.proxy.as_ref()?.url();
        let decode =
            |text: &str| Zeroizing::new(percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned());
        let (user, password) = (decode(url.username()), decode(url.password().unwrap_or("")));
        (!user.is_empty() || !password.is_empty()).then_some((user, password))
    }

    /// A failure of which nobody can say whose it is.
    pub(super) fn of_either(&self, mut detail: String) -> NetError {
        let proxy = self.proxy.as_ref().map(|p| p.address()).unwrap_or_default();
        add(&mut detail, &format!("through the proxy {proxy}"));
        NetError::new(NetErrorKind::ProxyOrTarget, self.target.address.clone(), detail)
    }
}

impl Tunnel {
    fn new(proxy: String, by: TunnelBy) -> Self {
        Self {
            proxy,
            by,
            tls: None,
            status: None,
            offers: Vec::new(),
            said: String::new(),
            name_unknown: false,
            elapsed: Duration::ZERO,
            error: None,
        }
    }
}

/// Takes from the answer's head what explains it.
fn read_head(head: &str, tunnel: &mut Tunnel) {
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or("").splitn(3, ' ');
    let version = first.next().unwrap_or("");
    tunnel.status = first.next().filter(|s| version.starts_with("HTTP/") && s.len() == 3).and_then(|s| s.parse().ok());
    let mut said: Vec<String> = match tunnel.status {
        Some(status) => vec![format!("{status} {}", first.next().unwrap_or("")).trim().to_owned()],
        None => Vec::new(),
    };
    for (name, value) in lines.filter_map(|line| line.split_once(':')).map(|(n, v)| (n.trim(), v.trim())) {
        if name.eq_ignore_ascii_case("proxy-authenticate") {
            tunnel.offers.extend(schemes(value));
        } else if name.eq_ignore_ascii_case("x-squid-error") {
            // ERR_DNS_FAIL, ERR_CANNOT_FORWARD, ERR_ACCESS_DENIED, …
            tunnel.name_unknown |= value.starts_with("ERR_DNS_FAIL");
            said.push(value.to_owned());
        }
    }
    tunnel.offers.dedup();
    tunnel.offers.truncate(8);
    tunnel.said = clip(&said.join("; "));
}

/// The schemes of one header, which may hold several with their parameters: `Negotiate`, `Basic realm="a, b"`.
fn schemes(value: &str) -> Vec<String> {
    let mut outside = String::with_capacity(value.len());
    let mut quoted = false;
    for c in value.chars() {
        quoted ^= c == '"';
        if !quoted {
            outside.push(c);
        }
    }
    let word = |part: &str| part.split_whitespace().next().filter(|w| !w.contains('=')).map(clip);
    outside.split(',').filter_map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(head: &str) -> Tunnel {
        let mut tunnel = Tunnel::new("proxy.invalid:3128".into(), TunnelBy::Connect);
        read_head(head, &mut tunnel);
        tunnel
    }

    #[test]
    fn every_log_in_that_is_offered_is_read() {
        let tunnel = read(
            "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate\r\nproxy-authenticate: NTLM\r\n\r\n",
        );
        assert_eq!(
            (tunnel.status, tunnel.offers.clone()),
            (Some(407), vec!["Negotiate".to_owned(), "NTLM".to_owned()])
        );
        assert!(tunnel.wants_other_log_in());
        assert_eq!(tunnel.seen()[0].code, "net.proxy-auth-scheme");
        let tunnel =
            read("HTTP/1.1 407 No\r\nProxy-Authenticate: Digest realm=\"Basic, x\", Basic realm=\"y\"\r\n\r\n");
        assert_eq!(tunnel.offers, ["Digest", "Basic"]);
        assert!(!tunnel.wants_other_log_in());
    }

    #[test]
    fn a_name_that_squid_does_not_know() {
        let tunnel = read("HTTP/1.1 503 Service Unavailable\r\nX-Squid-Error: ERR_DNS_FAIL 0\r\n\r\n");
        assert!(tunnel.name_unknown && tunnel.said.contains("ERR_DNS_FAIL"), "{tunnel:?}");
    }

    #[test]
    fn what_is_not_http_has_no_status() {
        for head in ["SSH-2.0-OpenSSH_9.2\r\n", "", "HTTP/1.1", "HTTP/1.1 2000 x\r\n", "HTTP/1.1 abc x"] {
            assert_eq!(read(head).status, None, "{head}");
        }
    }
}
