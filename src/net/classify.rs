//! Why no answer came: a failure of reqwest becomes a [`NetError`] that a person can act on.
//!
//! reqwest's own flags tell little, so the whole chain of causes is walked, through `source()` and through
//! `io::Error::get_ref()` (rustls hides behind the latter), and each cause is asked for its type. Where a type is
//! private only its text is left; `tests/net` pins every such text. Decides, and does no I/O.

mod chain;
mod kinds;
mod route;

use std::error::Error as StdError;
use std::time::Duration;

use tokio::time::error::Elapsed;

use self::chain::{Chain, NO_CONNECTION};
use self::route::Phase;
pub(crate) use self::route::{Hop, Route};
use super::detail::{add, after, cap};
use super::{NetError, NetErrorKind as Kind};

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
        (Kind::Socks, Some(hop)) if error.detail.contains(NO_CONNECTION) => of_proxy(hop),
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

#[cfg(test)]
mod tests {
    use std::io;

    use rustls::{AlertDescription, CertificateError, PeerIncompatible};

    use super::*;
    use crate::net::detail::DETAIL_CAP;
    use crate::net::resolver::ResolveError;

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
        let refused = io::Error::other(rustls::Error::AlertReceived(AlertDescription::BadCertificate));
        assert_eq!(classify_chain(&refused, TALKING, &route(true, false)).kind, Kind::TlsClientCertWanted);
        let other = tls(rustls::Error::General("x".repeat(5000)));
        assert_eq!(other.kind, Kind::TlsOther);
        assert!(other.detail.chars().count() <= DETAIL_CAP);
    }

    #[test]
    fn where_tls_breaks_off_in_the_middle_nobody_knows_what_was_done() {
        let broken = io::Error::other(rustls::Error::AlertReceived(AlertDescription::InternalError));
        let error = classify_chain(&broken, TALKING, &route(true, false));
        assert_eq!(error.kind, Kind::Reset);
        assert!(!error.kind.nothing_was_sent() && error.detail.contains("InternalError"), "{error}");
        assert!(classify_chain(&broken, CONNECTING, &route(true, false)).kind.nothing_was_sent());
    }
}
