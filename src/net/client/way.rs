//! The way to all hosts with the same settings: one reqwest client, its limits, and what becomes of a failure.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::options::Options;
use super::prepare::prepare;
use super::read::{HEADERS_CAP, answer};
use crate::net::classify::{Failure, Found, Hop, Route, classify};
use crate::net::detail::add;
use crate::net::proxy::ProxyRules;
use crate::net::resolver::Resolver;
use crate::net::target::Target;
use crate::net::tls::{NO_ROOTS, Trust, why_issuer_is_unknown};
use crate::net::{NetError, NetErrorKind, NetSettings, Request, Response, Transport};

/// Idle connections are closed before common servers do it (Tomcat after 20 s): a request sent into a connection that
/// is being closed fails, and is not repeated.
const IDLE_LIMIT: Duration = Duration::from_secs(15);

/// Longest second look at a host that let a connection attempt time out.
const SECOND_LOOK: Duration = Duration::from_secs(2);

/// The way to all hosts with the same settings.
pub(super) struct Way {
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
    /// Reads the files of the settings; the client is built when first needed.
    ///
    /// # Errors
    /// Where the settings, or a file that they name, cannot be used.
    pub(super) fn new(options: Arc<Options>, settings: &NetSettings) -> Result<Self, NetError> {
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
            add(&mut error.detail, &why);
        }
        error
    }
}

/// Whether a TCP connection attempt is neither taken nor refused there. Nothing is sent.
async fn tcp_is_silent(address: &str, limit: Duration) -> bool {
    let limit = limit.min(SECOND_LOOK);
    timeout(limit, TcpStream::connect(address)).await.is_err()
}

/// The innermost message.
fn chain_text(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text = error.to_string();
        next = error.source();
    }
    text
}
