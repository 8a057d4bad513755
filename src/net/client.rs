//! The real [`Transport`], over reqwest: one client for each distinct [`NetSettings`], built when first needed.
//!
//! Owns the policy of every request: no redirects, three time limits, a cap on what is read, secrets in buffers that
//! are wiped. A request is repeated only where it provably was not processed: a pooled connection that was closed before
//! it was used, an HTTP/2 stream that the server refused. What went wrong is for `classify` to say, which proxy to take
//! for `proxy`. Reads no environment variable; that the system's trust store reads `SSL_CERT_FILE` and `SSL_CERT_DIR`
//! cannot be helped, and is told to the user when it explains a failure.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use reqwest::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::classify::{Failure, Found, Hop, Route, classify};
use super::probe::Probe;
use super::proxy::{ProxyEnv, ProxyRules, ProxyUse};
use super::resolver::Resolver;
use super::target::Target;
use super::tls::{NO_ROOTS, Stamp, Trust, why_issuer_is_unknown};
use super::{BODY_CAP, Body, HeaderText, Method, NetError, NetErrorKind, NetSettings, Request, Response, Transport};
use crate::secret::SecretText;

/// How keyrack names itself to hosts.
pub const USER_AGENT: &str = concat!("keyrack/", env!("CARGO_PKG_VERSION"));

/// Most bytes of all response headers together that are kept.
const HEADERS_CAP: usize = 64 * 1024;

/// Most bytes of one response header's value that are kept.
const HEADER_CAP: usize = 8 * 1024;

/// Idle connections are closed before common servers do it (Tomcat after 20 s): a request sent into a connection that
/// is being closed fails, and is not repeated.
const IDLE_LIMIT: Duration = Duration::from_secs(15);

/// Longest second look at a host that let a connection attempt time out.
const SECOND_LOOK: Duration = Duration::from_secs(2);

/// How long a request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For name, TCP and TLS together; at most nine tenths of `total` count.
    pub connect: Duration,
    /// For each single wait for more of an answer. The wait for its beginning includes `connect`.
    pub read: Duration,
    /// For everything, body included.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), read: Duration::from_secs(15), total: Duration::from_secs(30) }
    }
}

impl Timeouts {
    /// Must strike before the others, since which one strikes decides what the user is told.
    pub(super) fn connect_limit(self) -> Duration {
        self.connect.min(self.total.mul_f32(0.9))
    }
}

/// The network: hands out a [`Transport`] for each way to reach a host. Clones share connections.
#[derive(Clone)]
pub struct Network(Arc<Shared>);

struct Shared {
    options: Arc<Options>,
    ways: Mutex<HashMap<NetSettings, (Stamp, Arc<Way>)>>,
}

pub(super) struct Options {
    pub env: ProxyEnv,
    pub timeouts: Timeouts,
    pub user_agent: String,
}

impl Network {
    /// A network under a captured environment ([`ProxyEnv::from_env`]). Builds nothing yet.
    pub fn new(env: ProxyEnv, timeouts: Timeouts, user_agent: impl Into<String>) -> Self {
        let options = Arc::new(Options { env, timeouts, user_agent: user_agent.into() });
        Self(Arc::new(Shared { options, ways: Mutex::default() }))
    }

    /// The transport for hosts with these settings. Cheap when asked again: hosts with equal settings share
    /// connections, and a certificate file is read again only when it changed.
    ///
    /// # Errors
    /// [`NetErrorKind::BadProxySetting`], [`NetErrorKind::BadCaFile`] or [`NetErrorKind::BadClientCert`] for what the
    /// settings say; `target` names the setting or file. What the environment says is reported when it is used.
    pub fn transport(&self, settings: &NetSettings) -> Result<Arc<dyn Transport>, NetError> {
        let stamp = Stamp::of(settings);
        let known = self.ways().get(settings).filter(|(then, _)| *then == stamp).map(|(_, way)| Arc::clone(way));
        if let Some(way) = known {
            return Ok(way);
        }
        let way = Arc::new(Way::new(Arc::clone(&self.0.options), settings)?);
        self.ways().insert(settings.clone(), (stamp, Arc::clone(&way)));
        Ok(way)
    }

    /// The proxy that a request to `url` would go through, and which setting says so.
    ///
    /// # Errors
    /// [`NetErrorKind::BadUrl`], or [`NetErrorKind::BadProxySetting`] where the setting that decides is malformed.
    pub fn proxy_for(&self, settings: &NetSettings, url: &str) -> Result<Option<ProxyUse>, NetError> {
        let target = Target::parse(url)?;
        ProxyRules::new(&self.0.options.env, settings.proxy.as_deref())?.describe(&target.url)
    }

    /// The way to the origin of `url`, to be looked at step by step. Sends nothing yet, and never a token.
    ///
    /// # Errors
    /// Whatever stops a request before anything is sent: [`NetErrorKind::BadUrl`], [`NetErrorKind::PlainHttp`],
    /// [`NetErrorKind::BadProxySetting`], [`NetErrorKind::BadCaFile`] or [`NetErrorKind::BadClientCert`].
    pub fn probe(&self, settings: &NetSettings, url: &str) -> Result<Probe, NetError> {
        Probe::new(Arc::clone(&self.0.options), settings, url)
    }

    fn ways(&self) -> std::sync::MutexGuard<'_, HashMap<NetSettings, (Stamp, Arc<Way>)>> {
        self.0.ways.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network").field("timeouts", &self.0.options.timeouts).finish_non_exhaustive()
    }
}

/// The way to all hosts with the same settings.
struct Way {
    options: Arc<Options>,
    settings: NetSettings,
    rules: ProxyRules,
    trust: Trust,
    client: OnceCell<Built>,
}

struct Built {
    client: reqwest::Client,
    /// The system has no certificate authorities, so that every certificate comes from an unknown issuer.
    no_roots: bool,
}

impl Transport for Way {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, NetError>> {
        Box::pin(self.exchange(request))
    }
}

impl Way {
    fn new(options: Arc<Options>, settings: &NetSettings) -> Result<Self, NetError> {
        Ok(Self {
            rules: ProxyRules::new(&options.env, settings.proxy.as_deref())?,
            trust: Trust::load(settings)?,
            settings: settings.clone(),
            options,
            client: OnceCell::new(),
        })
    }

    async fn exchange(&self, request: Request) -> Result<Response, NetError> {
        let target = Target::parse(&request.url)?;
        let proxy = self.rules.choose(&target.url)?;
        target.check_plain_http(self.settings.allow_http, proxy)?;
        let route = Route {
            target: target.address.clone(),
            https: target.https,
            proxy: proxy.map(|p| Hop { address: p.address().to_owned(), host: p.host().to_owned() }),
        };
        let request = prepare(request, target)?;
        let built = self.client.get_or_try_init(|| self.build()).await?;
        let (started, timeouts) = (Instant::now(), self.options.timeouts);
        let answer = answer(&built.client, request, timeouts, started);
        let failure = match timeout(timeouts.total, answer).await {
            Ok(Ok(response)) => return Ok(response),
            Ok(Err(failure)) => failure,
            Err(_) => Failure::Late,
        };
        let found = classify(failure, &route, started.elapsed());
        Err(self.look_closer(found, built.no_roots).await)
    }

    /// Builds the client. Reading the system's certificate authorities takes milliseconds of computing: not on a
    /// thread that drives other requests.
    async fn build(&self) -> Result<Built, NetError> {
        let failed = |detail: String| NetError::new(NetErrorKind::Other, "the HTTP client", detail);
        let builder = self.builder();
        let first = tokio::task::spawn_blocking(move || builder.build()).await.map_err(|e| failed(e.to_string()))?;
        let error = match first {
            Ok(client) => return Ok(Built { client, no_roots: false }),
            Err(error) => error.without_url(),
        };
        let text = chain_text(&error);
        if text.contains(NO_ROOTS) {
            // Plain http to loopback needs no authorities, and with none at all TLS fails with the right error.
            let client = self.builder().tls_certs_only([]).build().map_err(|e| failed(chain_text(&e.without_url())))?;
            return Ok(Built { client, no_roots: true });
        }
        match &self.settings.client_cert {
            // The files were read and understood before; what is left to go wrong is that they do not fit together.
            Some(path) if text.to_ascii_lowercase().contains("key") => {
                let detail = format!("certificate and key do not belong together or are of a kind not known: {text}");
                Err(NetError::new(NetErrorKind::BadClientCert, path, detail))
            }
            _ => Err(failed(text)),
        }
    }

    fn builder(&self) -> reqwest::ClientBuilder {
        let connect = self.options.timeouts.connect_limit();
        let mut builder = reqwest::Client::builder()
            .user_agent(self.options.user_agent.as_str())
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(connect)
            .pool_idle_timeout(IDLE_LIMIT)
            .http2_max_header_list_size(u32::try_from(HEADERS_CAP).unwrap_or(u32::MAX))
            .dns_resolver(Arc::new(Resolver { limit: connect.mul_f32(0.8) }))
            .no_proxy();
        if let Some(proxy) = self.rules.for_reqwest() {
            builder = builder.proxy(proxy);
        }
        if !self.trust.roots.is_empty() {
            builder = builder.tls_certs_merge(self.trust.for_reqwest());
        }
        if let Some(identity) = &self.trust.identity {
            builder = builder.identity(identity.for_reqwest.clone());
        }
        builder
    }

    /// Adds what the error alone cannot tell.
    async fn look_closer(&self, found: Found, no_roots: bool) -> NetError {
        let Found { mut error, if_tcp_is_silent } = found;
        if let Some(instead) = if_tcp_is_silent
            && tcp_is_silent(&instead.target, self.options.timeouts.connect).await
        {
            return instead;
        }
        if error.kind == NetErrorKind::TlsUnknownIssuer
            && let Some(why) = why_issuer_is_unknown(&self.options.env, no_roots)
        {
            error.detail = if error.detail.is_empty() { why } else { format!("{}; {why}", error.detail) };
        }
        error
    }
}

/// Whether a TCP connection attempt is neither taken nor refused there. Nothing is sent.
async fn tcp_is_silent(address: &str, limit: Duration) -> bool {
    let limit = limit.min(SECOND_LOOK);
    timeout(limit, TcpStream::connect(address)).await.is_err()
}

/// Sends and reads under limits of our own: reqwest's look at the clock before they look at the connection, so that on a
/// busy machine a connection that never came about would count as a slow answer.
async fn answer(
    client: &reqwest::Client,
    request: reqwest::Request,
    timeouts: Timeouts,
    started: Instant,
) -> Result<Response, Failure> {
    let first = timeouts.connect_limit() + timeouts.read;
    let mut answer = timeout(first, client.execute(request)).await??;
    let status = answer.status().as_u16();
    let headers = kept_headers(answer.headers());
    let expected = answer.content_length().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    let mut bytes = Vec::with_capacity(expected.min(BODY_CAP));
    let mut truncated = false;
    while let Some(chunk) = timeout(timeouts.read, answer.chunk()).await?? {
        let room = BODY_CAP - bytes.len();
        bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            truncated = true;
            break;
        }
    }
    Ok(Response { status, headers, body: text(bytes, truncated), truncated, elapsed: started.elapsed() })
}

fn kept_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut left = HEADERS_CAP;
    let mut kept = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        let bytes = value.as_bytes();
        let value = String::from_utf8_lossy(&bytes[..bytes.len().min(HEADER_CAP)]).into_owned();
        let Some(rest) = left.checked_sub(name.as_str().len() + value.len()) else { break };
        left = rest;
        kept.push((name.as_str().to_owned(), value));
    }
    kept
}

/// The body as text: a byte order mark is dropped (IIS sends it, JSON forbids it), and so is a character cut in half.
fn text(mut bytes: Vec<u8>, truncated: bool) -> String {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    if truncated && let Err(error) = std::str::from_utf8(&bytes) {
        // Only a broken end is ours; anything else is the host's and shown as such.
        if error.error_len().is_none() {
            bytes.truncate(error.valid_up_to());
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

/// Turns a request into reqwest's, secrets in buffers that are wiped with their last use.
fn prepare(request: Request, target: Target) -> Result<reqwest::Request, NetError> {
    let refused =
        |name: &str, what: &str| NetError::new(NetErrorKind::Other, target.address.clone(), format!("{what} `{name}`"));
    let mut headers = HeaderMap::with_capacity(request.headers.len());
    for (name, value) in request.headers {
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refused(&name, "no name for a header:"))?;
        let value = header_value(value).map_err(|_| {
            refused(&name, "nothing was sent, since a line break or control character stands in the header")
        })?;
        headers.append(key, value);
    }
    let method = match request.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    };
    let mut url = target.url;
    if let Some((name, value)) = &request.query {
        url.query_pairs_mut().append_pair(name, value.reveal());
    }
    let mut prepared = reqwest::Request::new(method, url);
    // Some servers answer 411 to a request that could have a body and does not say that it has none.
    let expects_body = matches!(request.method, Method::Post | Method::Put | Method::Patch);
    if expects_body && matches!(request.body, Body::Empty) {
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    *prepared.headers_mut() = headers;
    *prepared.body_mut() = match request.body {
        Body::Empty => None,
        Body::Text(text) => Some(text.into()),
        Body::Secret(secret) => Some(Bytes::from_owner(Wiped(secret)).into()),
    };
    Ok(prepared)
}

fn header_value(text: HeaderText) -> Result<HeaderValue, reqwest::header::InvalidHeaderValue> {
    match text {
        HeaderText::Plain(text) => HeaderValue::from_maybe_shared(Bytes::from(text)),
        HeaderText::Secret(secret) => {
            let mut value = HeaderValue::from_maybe_shared(Bytes::from_owner(Wiped(secret)))?;
            value.set_sensitive(true);
            Ok(value)
        }
    }
}

/// Lends a secret to the HTTP stack without copying it; wiped when the last borrower lets go.
struct Wiped(SecretText);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        self.0.reveal().as_bytes()
    }
}

fn chain_text(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text = error.to_string();
        next = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_cut_in_half_is_dropped_and_other_damage_is_shown() {
        assert_eq!(text("aä".as_bytes()[..2].to_vec(), true), "a");
        assert_eq!(text(b"a\xffb".to_vec(), true), "a\u{fffd}b");
        assert_eq!(text(b"\xef\xbb\xbf{}".to_vec(), false), "{}");
    }

    #[test]
    fn headers_are_capped_one_by_one_and_together() {
        let mut headers = HeaderMap::new();
        for n in 0..20 {
            let value = HeaderValue::from_str(&"x".repeat(10_000)).unwrap();
            headers.append(HeaderName::from_bytes(format!("h{n}").as_bytes()).unwrap(), value);
        }
        let kept = kept_headers(&headers);
        assert!(kept.iter().all(|(_, v)| v.len() == HEADER_CAP));
        assert!(kept.iter().map(|(n, v)| n.len() + v.len()).sum::<usize>() <= HEADERS_CAP);
        assert!(kept.len() >= 7);
    }

    #[test]
    fn a_secret_header_is_sensitive_and_hidden() {
        let secret = SecretText::from("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");
        let target = Target::parse("https://acme.invalid/x").unwrap();
        let request = Request::post("https://acme.invalid/x").bearer(&secret).secret_body("text/plain", secret);
        let prepared = prepare(request, target).unwrap();
        assert!(prepared.headers()["authorization"].is_sensitive());
        assert!(!format!("{prepared:?}").contains("NotAReal"), "{prepared:?}");
    }

    #[test]
    fn a_line_break_in_a_header_is_refused_without_showing_it() {
        let target = Target::parse("https://acme.invalid/x").unwrap();
        let request = Request::get("https://acme.invalid/x").bearer(&SecretText::from("hunter2\nX: y"));
        let error = prepare(request, target).map(|_| ()).unwrap_err();
        assert!(error.detail.contains("Authorization") && !error.detail.contains("hunter2"), "{error}");
    }
}
