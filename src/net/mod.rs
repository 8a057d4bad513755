//! Requests and answers as plain values, and the one seam between keyrack and the network: [`Transport`].
//!
//! Families speak in [`Request`] and [`Response`]; [`client`] sends them with reqwest; tests replay recorded answers.
//! A failure to get an answer is a [`NetError`], which never says anything about a token.

mod classify;
pub mod client;
mod detail;
mod error;
pub mod probe;
pub mod proxy;
pub mod record;
mod resolver;
mod target;
mod tls;

use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::secret::SecretText;
pub use error::{NetError, NetErrorKind};

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
    /// A query parameter that holds a secret, for the hosts that know no other way: put behind the URL when it is sent.
    pub query: Option<(String, SecretText)>,
}

impl Request {
    /// A request without headers or body.
    pub fn new(method: Method, url: impl Into<String>) -> Self {
        Self { method, url: url.into(), headers: Vec::new(), body: Body::Empty, query: None }
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

    /// Sets the query parameter that holds a secret. The URL itself, which evidence and errors show, stays without it.
    #[must_use]
    pub fn secret_query(mut self, name: &str, value: SecretText) -> Self {
        self.query = Some((name.to_owned(), value));
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
