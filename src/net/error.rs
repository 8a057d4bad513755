//! Why no answer came. Says nothing about a token, ever; each kind has a finding in `assets/findings.toml`.

use std::fmt;

/// Why no answer came, in terms a person can act on. The code of each is a finding in `assets/findings.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NetErrorKind {
    /// The name has no address.
    Dns,
    /// The port is closed.
    Refused,
    /// The connection was reset.
    Reset,
    /// No route to the host or network.
    NoRoute,
    /// TCP did not answer in time.
    ConnectTimeout,
    /// TCP answered, the TLS handshake did not.
    TlsTimeout,
    /// Connected, but no complete answer in time.
    ReadTimeout,
    /// The connection was closed before an answer.
    ClosedEarly,
    /// What came back is not HTTP.
    NotHttp,
    /// The certificate's time is over.
    TlsExpired,
    /// The certificate's time has not begun; or this machine's clock is wrong.
    TlsNotYetValid,
    /// The certificate is for another name.
    TlsWrongName,
    /// The certificate is signed by nobody this machine trusts.
    TlsUnknownIssuer,
    /// The certificate is its own issuer.
    TlsSelfSigned,
    /// The server wants a client certificate.
    TlsClientCertWanted,
    /// The server speaks only an old TLS version.
    TlsOldProtocol,
    /// Plain HTTP answers on the https port.
    TlsPlainHttp,
    /// TLS failed in another way.
    TlsOther,
    /// The proxy's port is closed.
    ProxyRefused,
    /// The proxy's name has no address.
    ProxyDns,
    /// The proxy wants a log-in (407).
    ProxyAuth,
    /// The proxy will not connect to this host.
    ProxyDenied,
    /// The SOCKS proxy failed.
    Socks,
    /// For plain http through a proxy: proxy or target, it cannot be told which.
    ProxyOrTarget,
    /// A proxy variable or setting is malformed; nothing was sent.
    BadProxySetting,
    /// The certificate authority file cannot be used; nothing was sent.
    BadCaFile,
    /// The client certificate file cannot be used; nothing was sent.
    BadClientCert,
    /// Plain http to a host that is not on loopback and was not allowed; nothing was sent.
    PlainHttp,
    /// The URL is malformed or not one of the host's endpoints; nothing was sent.
    BadUrl,
    /// Any other failure.
    Other,
}

impl NetErrorKind {
    /// Every kind, for tables and tests.
    pub const ALL: &'static [Self] = &[
        Self::Dns,
        Self::Refused,
        Self::Reset,
        Self::NoRoute,
        Self::ConnectTimeout,
        Self::TlsTimeout,
        Self::ReadTimeout,
        Self::ClosedEarly,
        Self::NotHttp,
        Self::TlsExpired,
        Self::TlsNotYetValid,
        Self::TlsWrongName,
        Self::TlsUnknownIssuer,
        Self::TlsSelfSigned,
        Self::TlsClientCertWanted,
        Self::TlsOldProtocol,
        Self::TlsPlainHttp,
        Self::TlsOther,
        Self::ProxyRefused,
        Self::ProxyDns,
        Self::ProxyAuth,
        Self::ProxyDenied,
        Self::Socks,
        Self::ProxyOrTarget,
        Self::BadProxySetting,
        Self::BadCaFile,
        Self::BadClientCert,
        Self::PlainHttp,
        Self::BadUrl,
        Self::Other,
    ];

    /// No connection was made, so that nothing can have happened at the host. For a request that changes something this
    /// tells "not done" from "nobody knows".
    #[must_use]
    pub fn nothing_was_sent(self) -> bool {
        !matches!(
            self,
            Self::Reset | Self::ReadTimeout | Self::ClosedEarly | Self::NotHttp | Self::Other | Self::ProxyOrTarget
        )
    }

    /// Code of the finding that explains it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Dns => "net.dns",
            Self::Refused => "net.refused",
            Self::Reset => "net.reset",
            Self::NoRoute => "net.no-route",
            Self::ConnectTimeout => "net.connect-timeout",
            Self::TlsTimeout => "net.tls-timeout",
            Self::ReadTimeout => "net.read-timeout",
            Self::ClosedEarly => "net.closed-early",
            Self::NotHttp => "net.not-http",
            Self::TlsExpired => "net.tls-expired",
            Self::TlsNotYetValid => "net.tls-not-yet-valid",
            Self::TlsWrongName => "net.tls-wrong-name",
            Self::TlsUnknownIssuer => "net.tls-unknown-issuer",
            Self::TlsSelfSigned => "net.tls-self-signed",
            Self::TlsClientCertWanted => "net.tls-client-cert-wanted",
            Self::TlsOldProtocol => "net.tls-old-protocol",
            Self::TlsPlainHttp => "net.tls-plain-http",
            Self::TlsOther => "net.tls-other",
            Self::ProxyRefused => "net.proxy-refused",
            Self::ProxyDns => "net.proxy-dns",
            Self::ProxyAuth => "net.proxy-auth",
            Self::ProxyDenied => "net.proxy-denied",
            Self::Socks => "net.socks",
            Self::ProxyOrTarget => "net.proxy-or-target",
            Self::BadProxySetting => "net.bad-proxy-setting",
            Self::BadCaFile => "net.bad-ca-file",
            Self::BadClientCert => "net.bad-client-cert",
            Self::PlainHttp => "net.plain-http",
            Self::BadUrl => "net.bad-url",
            Self::Other => "net.other",
        }
    }
}

/// No answer came. Says nothing about a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetError {
    /// What went wrong.
    pub kind: NetErrorKind,
    /// Host and port that were tried, or the setting that is wrong.
    pub target: String,
    /// The underlying message, without URL query or secret; may be empty.
    pub detail: String,
}

impl NetError {
    /// An error of a kind about a target.
    pub fn new(kind: NetErrorKind, target: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { kind, target: target.into(), detail: detail.into() }
    }
}

impl fmt::Display for NetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            NetErrorKind::Dns => "the name has no address",
            NetErrorKind::Refused => "connection refused",
            NetErrorKind::Reset => "connection reset",
            NetErrorKind::NoRoute => "no route to the host",
            NetErrorKind::ConnectTimeout => "no answer to the connection attempt",
            NetErrorKind::TlsTimeout => "the TLS handshake was not answered",
            NetErrorKind::ReadTimeout => "no complete answer in time",
            NetErrorKind::ClosedEarly => "the connection was closed before an answer",
            NetErrorKind::NotHttp => "the answer is not HTTP",
            NetErrorKind::TlsExpired => "the TLS certificate has expired",
            NetErrorKind::TlsNotYetValid => "the TLS certificate is not valid yet (or this clock is wrong)",
            NetErrorKind::TlsWrongName => "the TLS certificate is for another name",
            NetErrorKind::TlsUnknownIssuer => "the TLS certificate comes from an unknown issuer",
            NetErrorKind::TlsSelfSigned => "the TLS certificate is self-signed",
            NetErrorKind::TlsClientCertWanted => "the server wants a client certificate",
            NetErrorKind::TlsOldProtocol => "the server speaks only an old TLS version",
            NetErrorKind::TlsPlainHttp => "plain HTTP answers where TLS was expected",
            NetErrorKind::TlsOther => "TLS failed",
            NetErrorKind::ProxyRefused => "the proxy refused the connection",
            NetErrorKind::ProxyDns => "the proxy's name has no address",
            NetErrorKind::ProxyAuth => "the proxy wants a log-in (407)",
            NetErrorKind::ProxyDenied => "the proxy will not connect to this host",
            NetErrorKind::Socks => "the SOCKS proxy failed",
            NetErrorKind::ProxyOrTarget => "proxy or host did not answer",
            NetErrorKind::BadProxySetting => "the proxy setting is malformed; nothing was sent",
            NetErrorKind::BadCaFile => "the certificate authority file cannot be used; nothing was sent",
            NetErrorKind::BadClientCert => "the client certificate cannot be used; nothing was sent",
            NetErrorKind::PlainHttp => "plain http is not allowed for this host; nothing was sent",
            NetErrorKind::BadUrl => "the URL is not one of this host's; nothing was sent",
            NetErrorKind::Other => "the request failed",
        };
        write!(f, "{}: {what}", self.target)?;
        if !self.detail.is_empty() {
            write!(f, " ({})", self.detail)?;
        }
        Ok(())
    }
}

impl std::error::Error for NetError {}
