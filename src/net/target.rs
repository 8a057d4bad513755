//! Where a request goes: the URL taken apart and refused when keyrack must not speak to it.
//!
//! Decides without sending anything. Never lets a URL's query or user info into an error.

use url::{Host, Url};

use super::proxy::ProxyAddress;
use super::{NetError, NetErrorKind};

/// Most characters of a malformed URL that an error repeats.
const SHOWN: usize = 120;

/// The URL of a request, known to be http or https and to name a host.
pub(crate) struct Target {
    /// As it will be sent.
    pub url: Url,
    /// `host:port`, the port spelled out.
    pub address: String,
    /// TLS is spoken.
    pub https: bool,
    /// The host is this machine by its very name.
    pub loopback: bool,
}

impl Target {
    /// Takes a request's URL apart.
    ///
    /// # Errors
    /// [`NetErrorKind::BadUrl`] where it is malformed, neither http nor https, or carries a user name or password.
    pub fn parse(text: &str) -> Result<Self, NetError> {
        let bad = |detail: String| NetError::new(NetErrorKind::BadUrl, shown(text), detail);
        let url = Url::parse(text).map_err(|e| bad(e.to_string()))?;
        let https = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(bad("only http and https are spoken".to_owned())),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("a URL must not carry a user name or password".to_owned()));
        }
        let address = address(&url).ok_or_else(|| bad("it names no host".to_owned()))?;
        let loopback = is_loopback(&url);
        Ok(Self { url, address, https, loopback })
    }

    /// Refuses plain http wherever somebody on the way could read it: allowed to loopback (unless a proxy elsewhere
    /// would carry it away from this machine) and where the host record says so.
    ///
    /// # Errors
    /// [`NetErrorKind::PlainHttp`].
    pub fn check_plain_http(&self, allowed: bool, proxy: Option<&ProxyAddress>) -> Result<(), NetError> {
        let stays_here = self.loopback && proxy.is_none_or(ProxyAddress::is_loopback);
        if self.https || allowed || stays_here {
            return Ok(());
        }
        let detail = match proxy {
            Some(proxy) if self.loopback => format!("the proxy {} is not on this machine", proxy.address()),
            _ => "whoever is on the way could read the token".to_owned(),
        };
        Err(NetError::new(NetErrorKind::PlainHttp, self.address.clone(), detail))
    }
}

/// `host:port` of a URL with the scheme's own port filled in; 1080 for SOCKS.
pub(crate) fn address(url: &Url) -> Option<String> {
    let host = url.host_str().filter(|h| !h.is_empty())?;
    let port = url.port_or_known_default().unwrap_or(1080);
    Some(format!("{host}:{port}"))
}

/// Whether the host is this machine by its very name: 127.0.0.0/8, ::1 or `localhost`.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback() || ip.to_ipv4_mapped().is_some_and(|v4| v4.is_loopback()),
        // The host of a scheme that is not http stays text (`socks5://127.0.0.1:1080`).
        Some(Host::Domain(name)) => {
            name.eq_ignore_ascii_case("localhost")
                || name.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
        }
        None => false,
    }
}

/// A malformed URL in a form fit for an error: no query, no fragment, no user info, not too long.
fn shown(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or("");
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(s, r)| (s, r));
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let joined = if scheme.is_empty() { rest.to_owned() } else { format!("{scheme}://{rest}") };
    let joined: String = joined.chars().take(SHOWN).collect();
    if joined.is_empty() { "an empty URL".to_owned() } else { joined }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(url: &str) -> NetErrorKind {
        Target::parse(url).map(|_| ()).unwrap_err().kind
    }

    #[test]
    fn what_is_no_web_address_is_refused() {
        for url in ["", "acme", "ftp://acme/", "https://", "https://user@acme/", "https://u:p@acme/", "https://a b/"] {
            assert_eq!(kind(url), NetErrorKind::BadUrl, "{url}");
        }
    }

    #[test]
    fn an_error_repeats_neither_password_nor_query() {
        for url in ["https://u:hunter2@acme/x?token=hunter2#hunter2", "ht tp://u:hunter2@acme", "u:hunter2@acme"] {
            let error = Target::parse(url).map(|_| ()).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
    }

    #[test]
    fn the_port_is_spelled_out() {
        assert_eq!(Target::parse("https://acme/x").unwrap().address, "acme:443");
        assert_eq!(Target::parse("http://[::1]/").unwrap().address, "[::1]:80");
        assert_eq!(Target::parse("https://acme:8443").unwrap().address, "acme:8443");
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        for url in ["http://127.0.0.1:1/", "http://127.9.9.9/", "http://[::1]/", "http://LOCALHOST/", "https://acme/"] {
            assert!(Target::parse(url).unwrap().check_plain_http(false, None).is_ok(), "{url}");
        }
        for url in ["http://acme/", "http://128.0.0.1/", "http://localhost.acme/", "http://127.0.0.1.acme/"] {
            let target = Target::parse(url).unwrap();
            assert_eq!(target.check_plain_http(false, None).unwrap_err().kind, NetErrorKind::PlainHttp, "{url}");
            assert!(target.check_plain_http(true, None).is_ok());
        }
    }

    #[test]
    fn a_proxy_elsewhere_takes_loopback_off_this_machine() {
        let target = Target::parse("http://127.0.0.1:1/").unwrap();
        let far = ProxyAddress::parse("http://proxy.invalid:3128", "--proxy").unwrap();
        let near = ProxyAddress::parse("socks5://127.0.0.1:1080", "--proxy").unwrap();
        assert_eq!(target.check_plain_http(false, Some(&far)).unwrap_err().kind, NetErrorKind::PlainHttp);
        assert!(target.check_plain_http(false, Some(&near)).is_ok());
    }
}
