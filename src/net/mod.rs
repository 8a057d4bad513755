//! Requests and answers as plain values, and the one seam between keyrack and the network: [`Transport`].
//!
//! Families speak in [`Request`] and [`Response`]; [`client`] sends them with reqwest; tests replay recorded answers.
//! A failure to get an answer is a [`NetError`], which never says anything about a token.

mod classify;
pub mod client;
pub mod proxy;
mod resolver;
mod target;
mod tls;

use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::secret::SecretText;

/// Most decoded bytes of a body that are read; the rest is dropped and [`Response::truncated`] set.
pub const BODY_CAP: usize = 1024 * 1024;

/// HTTP method; only those the vendors' APIs need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Read.
    Get,
    /// Create or act.
    Post,
    /// Create or replace.
    Put,
    /// Change.
    Patch,
    /// Remove.
    Delete,
}

impl Method {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// A header value; a secret one is marked sensitive on the wire and starred in `Debug`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderText {
    /// Public.
    Plain(String),
    /// Holds a secret.
    Secret(SecretText),
}

impl HeaderText {
    /// The text to send.
    #[must_use]
    pub fn reveal(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Secret(text) => text.reveal(),
        }
    }
}

/// What is sent in the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Nothing.
    Empty,
    /// Public text, with its content type among the headers.
    Text(String),
    /// Text that holds a secret.
    Secret(SecretText),
}

/// One request. Build with [`Request::get`] and friends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The absolute URL. Never put a secret in it.
    pub url: String,
    /// Headers in order.
    pub headers: Vec<(String, HeaderText)>,
    /// The body.
    pub body: Body,
}

impl Request {
    /// A request without headers or body.
    pub fn new(method: Method, url: impl Into<String>) -> Self {
        Self { method, url: url.into(), headers: Vec::new(), body: Body::Empty }
    }

    /// GET.
    pub fn get(url: impl Into<String>) -> Self {
        Self::new(Method::Get, url)
    }

    /// POST.
    pub fn post(url: impl Into<String>) -> Self {
        Self::new(Method::Post, url)
    }

    /// DELETE.
    pub fn delete(url: impl Into<String>) -> Self {
        Self::new(Method::Delete, url)
    }

    /// Adds a public header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), HeaderText::Plain(value.into())));
        self
    }

    /// Adds a header that holds a secret.
    #[must_use]
    pub fn secret_header(mut self, name: &str, value: SecretText) -> Self {
        self.headers.push((name.to_owned(), HeaderText::Secret(value)));
        self
    }

    /// `Authorization: Bearer TOKEN`.
    #[must_use]
    pub fn bearer(self, token: &SecretText) -> Self {
        let mut value = String::with_capacity(token.len() + 7);
        value.push_str("Bearer ");
        value.push_str(token.reveal());
        self.secret_header("Authorization", SecretText::new(value))
    }

    /// `Authorization: Basic base64(USER:PASSWORD)`.
    #[must_use]
    pub fn basic(self, user: &str, password: &SecretText) -> Self {
        use base64::Engine as _;
        let mut pair = zeroize::Zeroizing::new(String::with_capacity(user.len() + 1 + password.len()));
        pair.push_str(user);
        pair.push(':');
        pair.push_str(password.reveal());
        let mut value = String::with_capacity(6 + pair.len().div_ceil(3) * 4);
        value.push_str("Basic ");
        base64::engine::general_purpose::STANDARD.encode_string(pair.as_bytes(), &mut value);
        self.secret_header("Authorization", SecretText::new(value))
    }

    /// A public JSON body with its content type.
    #[must_use]
    pub fn json(self, value: &serde_json::Value) -> Self {
        let mut request = self.header("Content-Type", "application/json");
        request.body = Body::Text(value.to_string());
        request
    }

    /// A body of the given content type that holds a secret.
    #[must_use]
    pub fn secret_body(self, content_type: &str, body: SecretText) -> Self {
        let mut request = self.header("Content-Type", content_type);
        request.body = Body::Secret(body);
        request
    }

    /// A public body of the given content type.
    #[must_use]
    pub fn text_body(self, content_type: &str, body: impl Into<String>) -> Self {
        let mut request = self.header("Content-Type", content_type);
        request.body = Body::Text(body.into());
        request
    }

    /// Method and URL without query or fragment: what evidence shows.
    #[must_use]
    pub fn line(&self) -> String {
        let end = self.url.find(['?', '#']).unwrap_or(self.url.len());
        format!("{} {}", self.method.as_str(), &self.url[..end])
    }
}

/// One answer. Redirects are answers too: they are never followed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Headers in order; names as sent.
    pub headers: Vec<(String, String)>,
    /// Decoded body, at most [`BODY_CAP`] bytes, lossy UTF-8.
    pub body: String,
    /// The body was longer than the cap.
    pub truncated: bool,
    /// Time from sending to the end of the body.
    pub elapsed: Duration,
}

impl Response {
    /// An answer with a status, headers and a body; for tests and recorded answers.
    #[must_use]
    pub fn of(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        Self {
            status,
            headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            body: body.to_owned(),
            truncated: false,
            elapsed: Duration::ZERO,
        }
    }

    /// The first header of that name, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// Whether the body calls itself HTML, or looks like it.
    #[must_use]
    pub fn is_html(&self) -> bool {
        self.header("content-type").is_some_and(|t| t.to_ascii_lowercase().contains("html"))
            || self.body.trim_start().get(..14).is_some_and(|t| t.eq_ignore_ascii_case("<!doctype html"))
            || self.body.trim_start().get(..5).is_some_and(|t| t.eq_ignore_ascii_case("<html"))
    }

    /// The body as JSON, if it is.
    #[must_use]
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_str(&self.body).ok()
    }

    /// The body as a JSON value of a given shape, if it has it.
    #[must_use]
    pub fn parse<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(&self.body).ok()
    }
}

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

/// How to reach one host; hosts with equal settings share a client.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct NetSettings {
    /// PEM file of extra certificate authorities.
    pub ca_file: Option<String>,
    /// PEM file with client certificate and key.
    pub client_cert: Option<String>,
    /// Proxy URL; none means the environment decides.
    pub proxy: Option<String>,
    /// Plain http beyond loopback is allowed.
    pub allow_http: bool,
}

impl fmt::Debug for NetSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NetSettings")
            .field("ca_file", &self.ca_file)
            .field("client_cert", &self.client_cert)
            .field("proxy", &self.proxy.as_deref().map(proxy::without_password))
            .field("allow_http", &self.allow_http)
            .finish()
    }
}

/// Sends a request and brings the answer. The only seam to the network.
pub trait Transport: Send + Sync {
    /// Sends once; never retries, never follows a redirect.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, NetError>>;
}
