//! What the TLS handshake brought, and what is to be told of it.

use std::time::Duration;

use jiff::Timestamp;
use tokio_rustls::client::TlsStream;

use super::Seen;
use super::chain::{self, Certificate};
use crate::net::detail::add;
use crate::net::{NetError, NetErrorKind};

/// A certificate that ends within so many days is told of.
pub const EXPIRES_SOON: i64 = 14;

/// Whether the server wants to know who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientCertificate {
    /// It did not ask, or the handshake did not come so far.
    NotAsked,
    /// It asked, and the host record has none. It need not insist.
    NotShown {
        /// The authorities whose certificates it says to accept; may be empty.
        issuers: Vec<String>,
    },
    /// It asked, and that of the host record was shown.
    Shown {
        /// The authorities whose certificates it says to accept; may be empty.
        issuers: Vec<String>,
    },
}

/// What the handshake brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// `host:port` with which it was done.
    pub target: String,
    /// `TLS 1.3` or `TLS 1.2`; none where it failed.
    pub version: Option<String>,
    /// `TLS13_AES_256_GCM_SHA384`, …; none where it failed.
    pub cipher: Option<String>,
    /// What the server chose of `h2` and `http/1.1`; none where it failed or chose nothing.
    pub alpn: Option<String>,
    /// The certificates in the order sent, the server's own first, at most [`chain::CHAIN_CAP`].
    pub chain: Vec<Certificate>,
    /// How many were sent.
    pub sent: usize,
    /// The verifier accepted the chain.
    pub verified: bool,
    /// Whether the server asked for a client certificate.
    pub client_certificate: ClientCertificate,
    /// Time that it took, with what was exchanged afterwards to see whether a client certificate is insisted on.
    pub elapsed: Duration,
    /// Why it failed.
    pub error: Option<NetError>,
}

impl Tls {
    /// The server's own certificate.
    #[must_use]
    pub fn certificate(&self) -> Option<&Certificate> {
        self.chain.first()
    }

    /// The HTTP version that requests will speak.
    #[must_use]
    pub fn http_version(&self) -> Option<&'static str> {
        self.version.as_ref().map(|_| if self.alpn.as_deref() == Some("h2") { "HTTP/2" } else { "HTTP/1.1" })
    }

    /// Who opened TLS on the way: a product known for it, or, at a host whose certificate the whole world trusts
    /// (`public`), whoever signed the one that is not trusted.
    #[must_use]
    pub fn intercepted_by(&self, public: bool) -> Option<String> {
        let issuer = chain::top_issuer(&self.chain);
        match (chain::inspector(&self.chain), issuer) {
            (Some(product), issuer) => Some(format!("{product} (issuer {})", issuer.unwrap_or("unknown"))),
            (None, Some(issuer)) if public && self.is_of_unknown_issuer() => Some(issuer.to_owned()),
            _ => None,
        }
    }

    /// Whole days until the server's own certificate ends; negative where it has ended.
    #[must_use]
    pub fn days_left(&self, now: Timestamp) -> Option<i64> {
        let end = self.certificate()?.not_after?;
        Some((end.as_second() - now.as_second()).div_euclid(24 * 3600))
    }

    /// What is to be told, most telling first. `public`: the host is one of a vendor's own on the internet, so that its
    /// certificate comes from an authority that everybody trusts.
    #[must_use]
    pub fn seen(&self, now: Timestamp, public: bool) -> Vec<Seen> {
        let mut seen = Vec::new();
        if let Some(by) = self.intercepted_by(public) {
            seen.push(Seen::new("net.tls-intercepted", &self.target, by));
        }
        seen.extend(self.seen_failing());
        if let (true, Some(days), Some(certificate)) = (self.verified, self.days_left(now), self.certificate())
            && (0..EXPIRES_SOON).contains(&days)
        {
            let end = certificate.not_after.map(|t| t.to_string()).unwrap_or_default();
            seen.push(Seen::new("net.tls-expires-soon", &self.target, format!("in {days} days, at {end}")));
        }
        seen
    }

    /// The failure, and what the chain says about it.
    pub(super) fn seen_failing(&self) -> Vec<Seen> {
        let Some(error) = &self.error else { return Vec::new() };
        let mut seen = Vec::new();
        if self.is_of_unknown_issuer()
            && chain::is_alone(&self.chain)
            && let Some(own) = self.certificate()
        {
            let mut detail = format!("its issuer is {}", own.issuer);
            if let Some(url) = &own.issuer_url {
                add(&mut detail, &format!("the certificate names {url} as the place to fetch it from"));
            }
            seen.push(Seen::new("net.tls-incomplete-chain", &self.target, detail));
        }
        let mut own = Seen::of(error);
        let broken_off = matches!(error.kind, NetErrorKind::TlsOther | NetErrorKind::Reset);
        if broken_off && matches!(self.client_certificate, ClientCertificate::NotShown { .. }) {
            // Before TLS 1.3 there is no alert of its own for it, and some servers cut the connection without any.
            own.code = NetErrorKind::TlsClientCertWanted.code();
        }
        seen.push(own);
        seen
    }

    fn is_of_unknown_issuer(&self) -> bool {
        self.error.as_ref().is_some_and(|e| e.kind == NetErrorKind::TlsUnknownIssuer)
    }
}

impl Tls {
    pub(super) fn of(target: &str) -> Self {
        Self {
            target: target.to_owned(),
            version: None,
            cipher: None,
            alpn: None,
            chain: Vec::new(),
            sent: 0,
            verified: false,
            client_certificate: ClientCertificate::NotAsked,
            elapsed: Duration::ZERO,
            error: None,
        }
    }

    pub(super) fn agreed<S>(&mut self, stream: &TlsStream<S>) {
        let (_, connection) = stream.get_ref();
        self.version = connection.protocol_version().map(|version| match version {
            rustls::ProtocolVersion::TLSv1_3 => "TLS 1.3".to_owned(),
            rustls::ProtocolVersion::TLSv1_2 => "TLS 1.2".to_owned(),
            other => format!("{other:?}"),
        });
        self.cipher = connection.negotiated_cipher_suite().map(|suite| format!("{:?}", suite.suite()));
        self.alpn = connection.alpn_protocol().map(|name| super::clip(&String::from_utf8_lossy(name)));
    }
}
