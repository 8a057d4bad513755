//! Why no answer came: a failure of reqwest becomes a [`NetError`] that a person can act on.
//!
//! reqwest's own flags tell little, so the whole chain of causes is walked, through `source()` and through
//! `io::Error::get_ref()` (rustls hides behind the latter), and each cause is asked for its type. Where a type is
//! private only its text is left; `tests/net` pins every such text. Decides, and does no I/O.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use rustls::{AlertDescription, CertificateError, InvalidMessage, PeerIncompatible};
use tokio::time::error::Elapsed;

use super::resolver::ResolveError;
use super::{NetError, NetErrorKind as Kind};

/// Most characters of an underlying message that are kept: parts of it are the host's words.
const DETAIL_CAP: usize = 300;

/// Chains are three to eight errors long; a cycle would be a defect elsewhere.
const DEEPEST: usize = 32;

/// What hyper-util says where it did not even reach a SOCKS proxy.
const SOCKS_NO_CONNECTION: &str = "failed to create underlying connection";

/// The way that a request took, as far as it explains a failure.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    /// `host:port` of the target.
    pub target: String,
    /// TLS was to be spoken with the target.
    pub https: bool,
    /// The proxy in between.
    pub proxy: Option<Hop>,
}

/// A proxy as part of a [`Route`].
#[derive(Debug, Clone)]
pub(crate) struct Hop {
    /// `host:port`.
    pub address: String,
    /// The host alone.
    pub host: String,
}

/// How far the request got, as reqwest says.
#[derive(Debug, Clone, Copy)]
struct Phase {
    /// It failed before a connection stood.
    connect: bool,
    /// A time limit ended it.
    timeout: bool,
    /// The body did not decode.
    decode: bool,
    /// From sending to failing.
    elapsed: Duration,
}

/// A failure that was classified.
#[derive(Debug)]
pub(crate) struct Found {
    /// What it is.
    pub error: NetError,
    /// What it is instead where the `target` in here lets even a TCP connection attempt wait in vain. One time limit
    /// covers TCP and TLS, and nothing in the error tells which of them used it up.
    pub if_tcp_is_silent: Option<NetError>,
}

/// Why there is no answer, not yet in terms of a person.
#[derive(Debug)]
pub(crate) enum Failure {
    /// reqwest failed.
    Http(reqwest::Error),
    /// Our own limit on waiting for an answer struck.
    Late,
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        Self::Http(error)
    }
}

impl From<Elapsed> for Failure {
    fn from(_: Elapsed) -> Self {
        Self::Late
    }
}

/// Classifies a failure. The URL, query included, is dropped first.
pub(crate) fn classify(failure: Failure, route: &Route, elapsed: Duration) -> Found {
    let error = match failure {
        Failure::Http(error) => error.without_url(),
        Failure::Late => {
            let error = NetError::new(Kind::ReadTimeout, route.target.clone(), after(elapsed));
            return Found { error: mention_proxy(error, route), if_tcp_is_silent: None };
        }
    };
    let phase = Phase { connect: error.is_connect(), timeout: error.is_timeout(), decode: error.is_decode(), elapsed };
    let error = classify_chain(&error, phase, route);
    let of_proxy = |hop: &Hop| {
        let detail = format!("this is the proxy, on the way to {}", route.target);
        Some(NetError::new(Kind::ConnectTimeout, hop.address.clone(), detail))
    };
    let if_tcp_is_silent = match (error.kind, &route.proxy) {
        (Kind::TlsTimeout, None) => {
            Some(NetError::new(Kind::ConnectTimeout, route.target.clone(), after(phase.elapsed)))
        }
        // The limit on TCP and the one on everything are equal, and which of them strikes is chance. The SOCKS client keeps
        // to itself why it got no connection.
        (Kind::Socks, Some(hop)) if error.detail.contains(SOCKS_NO_CONNECTION) => of_proxy(hop),
        (Kind::ProxyOrTarget, Some(hop)) if phase.connect && phase.timeout => of_proxy(hop),
        _ => None,
    };
    Found { error, if_tcp_is_silent }
}

/// Classifies what one step of the way, taken by itself, failed with; `connect` where no connection stood yet.
pub(super) fn classify_step(
    error: &(dyn StdError + 'static),
    connect: bool,
    elapsed: Duration,
    route: &Route,
) -> NetError {
    classify_chain(error, Phase { connect, timeout: false, decode: false, elapsed }, route)
}

/// Classifies a chain of causes.
fn classify_chain(error: &(dyn StdError + 'static), phase: Phase, route: &Route) -> NetError {
    let chain = Chain::of(error);
    let mut error =
        mention_proxy(chain.through_proxy(phase, route).unwrap_or_else(|| chain.direct(phase, route)), route);
    error.detail = cap(&error.detail);
    error
}

/// Says that a proxy was in between, where the error does not say it already.
pub(super) fn mention_proxy(mut error: NetError, route: &Route) -> NetError {
    if let Some(hop) = &route.proxy
        && !error.detail.contains(&hop.address)
        && error.target != hop.address
    {
        add(&mut error.detail, &format!("through the proxy {}", hop.address));
    }
    error
}

/// What the causes of a failure are, outermost first.
struct Chain<'a> {
    errors: Vec<&'a (dyn StdError + 'static)>,
    texts: Vec<String>,
}

impl<'a> Chain<'a> {
    fn of(error: &'a (dyn StdError + 'static)) -> Self {
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
    fn through_proxy(&self, phase: Phase, route: &Route) -> Option<NetError> {
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
                ("failed to create underlying connection", Some(io::ErrorKind::ConnectionRefused)) => {
                    of_proxy(Kind::ProxyRefused, String::new())
                }
                ("failed to create underlying connection", Some(kind)) if !phase.timeout => {
                    let (kind, detail) = io_kind(kind, true).unwrap_or((Kind::ProxyRefused, self.root()));
                    of_proxy(kind, detail)
                }
                ("failed to create underlying connection", _) => of_proxy(Kind::ConnectTimeout, after(phase.elapsed)),
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
    fn direct(&self, phase: Phase, route: &Route) -> NetError {
        let error = |kind: Kind, detail: String| NetError::new(kind, route.target.clone(), detail);
        if let Some(resolve) = self.find::<ResolveError>() {
            return error(Kind::Dns, resolve.reason.clone());
        }
        if let Some(tls) = self.find::<rustls::Error>() {
            let (kind, detail) = tls_kind(tls);
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

fn io_kind(kind: io::ErrorKind, connect: bool) -> Option<(Kind, String)> {
    use io::ErrorKind as Io;
    let during = if connect { "while connecting" } else { "" };
    Some(match kind {
        Io::ConnectionRefused => (Kind::Refused, String::new()),
        Io::ConnectionReset | Io::ConnectionAborted | Io::BrokenPipe => (Kind::Reset, during.to_owned()),
        Io::UnexpectedEof | Io::NotConnected => (Kind::ClosedEarly, during.to_owned()),
        Io::HostUnreachable | Io::NetworkUnreachable | Io::NetworkDown | Io::AddrNotAvailable => {
            (Kind::NoRoute, String::new())
        }
        // What a local firewall rule that rejects looks like to a program.
        Io::PermissionDenied => (Kind::NoRoute, "this machine does not permit the connection".to_owned()),
        Io::TimedOut if connect => (Kind::ConnectTimeout, String::new()),
        Io::TimedOut => (Kind::ReadTimeout, String::new()),
        _ => return None,
    })
}

/// What a failure of TLS means, and the part of it that a person needs.
fn tls_kind(error: &rustls::Error) -> (Kind, String) {
    use rustls::Error as Tls;
    match error {
        Tls::InvalidCertificate(certificate) => certificate_kind(certificate),
        Tls::InvalidMessage(InvalidMessage::InvalidContentType) => (Kind::TlsPlainHttp, String::new()),
        Tls::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13 | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => (Kind::TlsOldProtocol, String::new()),
        Tls::AlertReceived(alert) => alert_kind(*alert),
        other => (Kind::TlsOther, other.to_string()),
    }
}

fn certificate_kind(error: &CertificateError) -> (Kind, String) {
    use CertificateError as C;
    // The texts of the variants with context name the times, and the names that the certificate is valid for.
    let kind = match error {
        C::Expired => return (Kind::TlsExpired, String::new()),
        C::NotValidYet => return (Kind::TlsNotYetValid, String::new()),
        C::NotValidForName => return (Kind::TlsWrongName, String::new()),
        C::UnknownIssuer => return (Kind::TlsUnknownIssuer, String::new()),
        C::ExpiredContext { .. } => Kind::TlsExpired,
        C::NotValidYetContext { .. } => Kind::TlsNotYetValid,
        C::NotValidForNameContext { .. } => Kind::TlsWrongName,
        // webpki's error type is not ours to name; its text is.
        C::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            return (Kind::TlsSelfSigned, "the certificate is one of an authority (CA:TRUE)".to_owned());
        }
        // Another authority of the same name: one that was made anew, or another installation's.
        C::BadSignature => {
            let detail = "an authority of that name is trusted, but it is not the one that signed";
            return (Kind::TlsUnknownIssuer, detail.to_owned());
        }
        C::Revoked => return (Kind::TlsOther, "the certificate was revoked".to_owned()),
        _ => Kind::TlsOther,
    };
    (kind, error.to_string())
}

fn alert_kind(alert: AlertDescription) -> (Kind, String) {
    use AlertDescription as A;
    match alert {
        A::CertificateRequired => (Kind::TlsClientCertWanted, String::new()),
        // Sent by a server these are about the client's certificate, the only one that it looks at.
        A::BadCertificate
        | A::UnsupportedCertificate
        | A::CertificateRevoked
        | A::CertificateExpired
        | A::CertificateUnknown
        | A::UnknownCA
        | A::DecryptError
        | A::AccessDenied => (Kind::TlsClientCertWanted, format!("it refuses the one that was shown: {alert:?}")),
        A::ProtocolVersion => (Kind::TlsOldProtocol, String::new()),
        A::HandshakeFailure => (
            Kind::TlsOther,
            "the server broke off the handshake: no cipher in common, or it wants a client certificate".to_owned(),
        ),
        other => (Kind::TlsOther, format!("the server broke off the handshake: {other:?}")),
    }
}

pub(super) fn after(elapsed: Duration) -> String {
    format!("after {:.1} s", elapsed.as_secs_f32())
}

pub(super) fn add(detail: &mut String, more: &str) {
    if !detail.is_empty() {
        detail.push_str("; ");
    }
    detail.push_str(more);
}

fn cap(text: &str) -> String {
    if text.chars().count() <= DETAIL_CAP {
        return text.to_owned();
    }
    text.chars().take(DETAIL_CAP - 1).chain(std::iter::once('…')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONNECTING: Phase = Phase { connect: true, timeout: false, decode: false, elapsed: Duration::from_secs(1) };
    const TALKING: Phase = Phase { connect: false, timeout: false, decode: false, elapsed: Duration::from_secs(1) };

    fn route(https: bool, proxy: bool) -> Route {
        let hop = Hop { address: "proxy.invalid:3128".into(), host: "proxy.invalid".into() };
        Route { target: "acme.invalid:443".into(), https, proxy: proxy.then_some(hop) }
    }

    fn io(kind: io::ErrorKind, phase: Phase, route: &Route) -> Kind {
        classify_chain(&io::Error::from(kind), phase, route).kind
    }

    fn tls(error: rustls::Error) -> NetError {
        classify_chain(&io::Error::other(error), CONNECTING, &route(true, false))
    }

    #[test]
    fn what_the_operating_system_says() {
        use io::ErrorKind as Io;
        let direct = route(true, false);
        for kind in [Io::HostUnreachable, Io::NetworkUnreachable, Io::AddrNotAvailable, Io::PermissionDenied] {
            assert_eq!(io(kind, CONNECTING, &direct), Kind::NoRoute, "{kind:?}");
        }
        assert_eq!(io(Io::ConnectionRefused, CONNECTING, &direct), Kind::Refused);
        assert_eq!(io(Io::ConnectionReset, TALKING, &direct), Kind::Reset);
        assert_eq!(io(Io::UnexpectedEof, CONNECTING, &direct), Kind::ClosedEarly);
        assert_eq!(io(Io::TimedOut, CONNECTING, &direct), Kind::ConnectTimeout);
        assert_eq!(io(Io::TimedOut, TALKING, &direct), Kind::ReadTimeout);
        assert_eq!(io(Io::OutOfMemory, TALKING, &direct), Kind::Other);
    }

    #[test]
    fn plain_http_through_a_dead_proxy_blames_neither() {
        let error = classify_chain(
            &io::Error::from(io::ErrorKind::ConnectionRefused),
            CONNECTING,
            &Route { https: false, ..route(false, true) },
        );
        assert_eq!(error.kind, Kind::ProxyOrTarget);
        assert!(error.detail.contains("proxy.invalid:3128"), "{error}");
    }

    #[test]
    fn a_name_that_fails_is_the_proxy_s_or_the_target_s() {
        let failed = |host: &str| ResolveError { host: host.into(), reason: "no".into() };
        let error = classify_chain(&failed("PROXY.invalid"), CONNECTING, &route(true, true));
        assert_eq!((error.kind, error.target.as_str()), (Kind::ProxyDns, "proxy.invalid:3128"));
        let error = classify_chain(&failed("acme.invalid"), CONNECTING, &route(true, true));
        assert_eq!((error.kind, error.target.as_str()), (Kind::Dns, "acme.invalid:443"));
    }

    #[test]
    fn tls_failures_with_and_without_context() {
        use CertificateError as C;
        for (error, kind) in [
            (C::Expired, Kind::TlsExpired),
            (C::NotValidYet, Kind::TlsNotYetValid),
            (C::NotValidForName, Kind::TlsWrongName),
            (C::UnknownIssuer, Kind::TlsUnknownIssuer),
            (C::Revoked, Kind::TlsOther),
        ] {
            assert_eq!(tls(rustls::Error::InvalidCertificate(error)).kind, kind);
        }
        let late = io::Error::other("received fatal alert: CertificateRequired");
        let late = classify_chain(&late, TALKING, &route(true, false));
        assert_eq!(late.kind, Kind::TlsClientCertWanted, "{late}");
        let old = rustls::Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13);
        assert_eq!(tls(old).kind, Kind::TlsOldProtocol);
        let refused = tls(rustls::Error::AlertReceived(AlertDescription::UnknownCA));
        assert_eq!(refused.kind, Kind::TlsClientCertWanted);
        assert!(refused.detail.contains("UnknownCA"), "{refused}");
        let other = tls(rustls::Error::General("x".repeat(5000)));
        assert_eq!(other.kind, Kind::TlsOther);
        assert!(other.detail.chars().count() <= DETAIL_CAP);
    }
}
