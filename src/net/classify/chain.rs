//! The causes of a failure, walked from the outermost to the innermost.

use std::error::Error as StdError;
use std::io;

use super::kinds::{io_kind, tls_kind};
use super::route::{Phase, Route};
use crate::net::detail::{add, after};
use crate::net::resolver::ResolveError;
use crate::net::{NetError, NetErrorKind as Kind};

/// Chains are three to eight errors long; a cycle would be a defect elsewhere.
const DEEPEST: usize = 32;

/// What hyper-util says where it did not even reach the proxy.
pub(super) const NO_CONNECTION: &str = "failed to create underlying connection";

/// What the causes of a failure are, outermost first.
pub(super) struct Chain<'a> {
    errors: Vec<&'a (dyn StdError + 'static)>,
    texts: Vec<String>,
}

impl<'a> Chain<'a> {
    pub(super) fn of(error: &'a (dyn StdError + 'static)) -> Self {
        let mut errors = vec![error];
        while let Some(next) = errors.last().and_then(|e| cause(*e))
            && errors.len() < DEEPEST
        {
            errors.push(next);
        }
        let texts = errors.iter().map(ToString::to_string).collect();
        Self { errors, texts }
    }

    fn find<T: StdError + 'static>(&self) -> Option<&'a T> {
        self.errors.iter().find_map(|e| e.downcast_ref())
    }

    /// The operating system's word, if it spoke.
    fn io(&self) -> Option<io::ErrorKind> {
        let mut kinds = self.errors.iter().rev().filter_map(|e| e.downcast_ref::<io::Error>()).map(io::Error::kind);
        kinds.find(|k| *k != io::ErrorKind::Other)
    }

    fn text_after(&self, prefix: &str) -> Option<&str> {
        self.texts.iter().find_map(|t| t.strip_prefix(prefix))
    }

    fn says(&self, text: &str) -> bool {
        self.texts.iter().any(|t| t.contains(text))
    }

    /// The innermost message.
    fn root(&self) -> String {
        self.texts.last().cloned().unwrap_or_default()
    }

    /// Failures of the proxy itself; to be asked first, since inside them are refusals and unknown names that are not
    /// the target's.
    pub(super) fn through_proxy(&self, phase: Phase, route: &Route) -> Option<NetError> {
        let hop = route.proxy.as_ref()?;
        let of_proxy = |kind: Kind, detail: String| {
            let mut error = NetError::new(kind, hop.address.clone(), detail);
            add(&mut error.detail, &format!("on the way to {}", route.target));
            Some(error)
        };
        let of_either = |detail: String| {
            let mut error = NetError::new(Kind::ProxyOrTarget, route.target.clone(), detail);
            add(&mut error.detail, &format!("through the proxy {}", hop.address));
            Some(error)
        };
        if let Some(resolve) = self.find::<ResolveError>() {
            if resolve.host.eq_ignore_ascii_case(&hop.host) {
                return of_proxy(Kind::ProxyDns, resolve.reason.clone());
            }
            return None;
        }
        if self.says("error connecting to socks proxy") || self.says("SOCKS error: ") {
            return of_proxy(Kind::Socks, self.text_after("SOCKS error: ").unwrap_or("it did not answer").to_owned());
        }
        if let Some(tunnel) = self.text_after("tunnel error: ") {
            if let Some(tls) = self.find::<rustls::Error>() {
                let (kind, detail) = tls_kind(tls);
                return of_proxy(kind, detail);
            }
            return match (tunnel, self.io()) {
                ("proxy authorization required", _) => of_proxy(Kind::ProxyAuth, String::new()),
                ("unsuccessful", _) => {
                    let detail = format!("the proxy {} answered CONNECT with a refusal", hop.address);
                    Some(NetError::new(Kind::ProxyDenied, route.target.clone(), detail))
                }
                (NO_CONNECTION, Some(io::ErrorKind::ConnectionRefused)) => of_proxy(Kind::ProxyRefused, String::new()),
                (NO_CONNECTION, Some(kind)) if !phase.timeout => {
                    let (kind, detail) = io_kind(kind, true).unwrap_or((Kind::ProxyRefused, self.root()));
                    of_proxy(kind, detail)
                }
                (NO_CONNECTION, _) => of_proxy(Kind::ConnectTimeout, after(phase.elapsed)),
                (other, _) => of_either(other.to_owned()),
            };
        }
        // With plain http the only connection is the one to the proxy, and nothing in the error says so.
        let before_tls = phase.connect && self.find::<rustls::Error>().is_none();
        if before_tls && phase.timeout {
            return of_either(after(phase.elapsed));
        }
        (before_tls && !route.https).then(|| self.root()).and_then(of_either)
    }

    /// Failures on the straight way to the target.
    pub(super) fn direct(&self, phase: Phase, route: &Route) -> NetError {
        let error = |kind: Kind, detail: String| NetError::new(kind, route.target.clone(), detail);
        if let Some(resolve) = self.find::<ResolveError>() {
            return error(Kind::Dns, resolve.reason.clone());
        }
        if let Some(tls) = self.find::<rustls::Error>() {
            let (kind, detail) = tls_kind(tls);
            // Once the request was under way nobody knows what the host did with it; only that it wants to know who calls
            // says that it did nothing.
            if !phase.connect && kind != Kind::TlsClientCertWanted {
                return error(Kind::Reset, format!("TLS broke off: {tls}"));
            }
            return error(kind, detail);
        }
        // HTTP/2 keeps of an alert that came after the handshake only what it said (seen with h2 0.4).
        if self.says("received fatal alert: CertificateRequired") {
            return error(Kind::TlsClientCertWanted, String::new());
        }
        if phase.timeout {
            let kind = match phase.connect {
                false => Kind::ReadTimeout,
                true if route.https && !self.says("tcp connect error") => Kind::TlsTimeout,
                true => Kind::ConnectTimeout,
            };
            return error(kind, after(phase.elapsed));
        }
        let mut hyper = self.errors.iter().filter_map(|e| e.downcast_ref::<hyper::Error>()).peekable();
        let closed = hyper.peek().is_some_and(|e| e.is_incomplete_message() || e.is_canceled() || e.is_closed());
        // A server that speaks first, as SSH and mail servers do, cancels the request and is inside of that error.
        if hyper.any(|e| e.is_parse() || e.is_parse_too_large()) || self.says("received unexpected message") {
            return error(Kind::NotHttp, self.root());
        }
        if closed {
            return error(Kind::ClosedEarly, String::new());
        }
        if let Some((kind, detail)) = self.io().and_then(|kind| io_kind(kind, phase.connect)) {
            return error(kind, detail);
        }
        if phase.decode {
            return error(Kind::NotHttp, format!("the body cannot be decoded: {}", self.root()));
        }
        error(Kind::Other, self.root())
    }
}

/// The next cause. `io::Error` passes its own content over in `source()`, and rustls' errors are such content.
fn cause<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}
