//! The last step: the TLS handshake, with the chain that the server sent and the verdict of the very verifier that
//! requests use.
//!
//! The verifier is watched, never replaced: where it says no, the handshake ends, as a request's does.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, InvalidDnsNameError, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, SignatureScheme};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::Host;

use super::chain::{self, CHAIN_CAP, Certificate};
use super::{Line, Probe, Seen, Stream};
use crate::net::classify::{Route, add, after, classify_step, mention_proxy};
use crate::net::tls::{NO_ROOTS, why_issuer_is_unknown};
use crate::net::{NetError, NetErrorKind};

/// A certificate that ends within so many days is told of.
pub const EXPIRES_SOON: i64 = 14;

/// Most authorities whose certificates a server accepts that are kept.
const ISSUERS_CAP: usize = 10;

/// Shortest and longest wait for a refusal before anything is said.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// An HTTP/2 client's first words (RFC 9113, 3.4), with empty settings: the server must answer with its own.
const HTTP_2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

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
    /// The certificates in the order sent, the server's own first, at most [`CHAIN_CAP`].
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
        if error.kind == NetErrorKind::TlsOther && matches!(self.client_certificate, ClientCertificate::NotShown { .. })
        {
            // Before TLS 1.3 there is no alert of its own for it.
            own.code = NetErrorKind::TlsClientCertWanted.code();
        }
        seen.push(own);
        seen
    }

    fn is_of_unknown_issuer(&self) -> bool {
        self.error.as_ref().is_some_and(|e| e.kind == NetErrorKind::TlsUnknownIssuer)
    }
}

impl Probe {
    /// Does the handshake with the target over the line, as a request would, and ends the line.
    pub async fn tls(&self, line: Line) -> Tls {
        let name = match self.target.url.host() {
            Some(Host::Ipv4(ip)) => Ok(ServerName::from(std::net::IpAddr::from(ip))),
            Some(Host::Ipv6(ip)) => Ok(ServerName::from(std::net::IpAddr::from(ip))),
            Some(Host::Domain(name)) => ServerName::try_from(name.to_owned()),
            None => ServerName::try_from(String::new()),
        };
        self.handshake(line, name, &[b"h2", b"http/1.1"], &self.target.address).await.0
    }

    /// Does the handshake with whoever is at the end of the line. The line that comes back is the secured one.
    pub(super) async fn handshake(
        &self,
        line: Line,
        name: Result<ServerName<'static>, InvalidDnsNameError>,
        alpn: &[&[u8]],
        address: &str,
    ) -> (Tls, Option<Line>) {
        let proxy = self.route().proxy.filter(|hop| hop.address != address);
        let route = Route { target: address.to_owned(), https: true, proxy };
        let mut tls = Tls::of(address);
        let failed =
            |kind: NetErrorKind, detail: String| Some(mention_proxy(NetError::new(kind, address, detail), &route));
        let name = match name {
            Ok(name) => name,
            Err(error) => {
                tls.error = failed(NetErrorKind::TlsOther, error.to_string());
                return (tls, None);
            }
        };
        let (watched, no_roots) = match self.verifier().await {
            Ok(found) => found,
            Err(detail) => {
                tls.error = failed(NetErrorKind::Other, detail);
                return (tls, None);
            }
        };
        let asked = Arc::new(Asked { key: self.key.clone(), issuers: Mutex::default() });
        let config = match config(Arc::clone(&watched), Arc::clone(&asked), alpn) {
            Ok(config) => config,
            Err(error) => {
                tls.error = failed(NetErrorKind::Other, error.to_string());
                return (tls, None);
            }
        };
        let started = Instant::now();
        let limit = self.options.timeouts.connect_limit();
        let connecting = TlsConnector::from(Arc::new(config)).connect(name, line.0);
        let outcome = timeout(limit, connecting).await;
        tls.elapsed = started.elapsed();
        watched.tell(&mut tls);
        tls.client_certificate = asked.tell();
        let mut stream = match outcome {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                let mut error = classify_step(&error, true, tls.elapsed, &route);
                self.explain(&mut error, &tls, no_roots);
                tls.error = Some(error);
                return (tls, None);
            }
            Err(_) => {
                tls.error = failed(NetErrorKind::TlsTimeout, after(tls.elapsed));
                return (tls, None);
            }
        };
        tls.agreed(&stream);
        if tls.client_certificate != ClientCertificate::NotAsked && !alpn.is_empty() {
            // With TLS 1.3 the server looks at it only after the client has done its part.
            let heard = self.hear(&mut stream, tls.alpn.as_deref(), tls.elapsed);
            let answer = timeout(self.options.timeouts.read, heard).await;
            tls.elapsed = started.elapsed();
            tls.error = match answer {
                Ok(Ok(0)) => failed(NetErrorKind::ClosedEarly, String::new()),
                Ok(Ok(_)) => None,
                Ok(Err(error)) => Some(classify_step(&error, false, tls.elapsed, &route)),
                Err(_) => failed(NetErrorKind::ReadTimeout, after(tls.elapsed)),
            };
        }
        let secured = tls.error.is_none().then(|| Line(Box::new(stream)));
        (tls, secured)
    }

    /// Waits for the first byte that comes, and asks for nothing in particular if none does. No credential is sent.
    async fn hear(
        &self,
        stream: &mut TlsStream<Box<dyn Stream>>,
        alpn: Option<&str>,
        handshake: Duration,
    ) -> std::io::Result<usize> {
        let mut byte = [0_u8; 1];
        // A refusal takes about as long as the handshake did. Speaking before it came could lose it: what a server
        // leaves unread when it closes becomes a reset, which overtakes the alert.
        if let Ok(heard) = timeout(handshake.clamp(PAUSE.0, PAUSE.1), stream.read(&mut byte)).await {
            return heard;
        }
        let head = format!(
            "GET / HTTP/1.1\r\nHost: {}\r\nUser-Agent: {}\r\nConnection: close\r\n\r\n",
            self.target.address, self.options.user_agent
        );
        let words = if alpn == Some("h2") { HTTP_2_PREFACE } else { head.as_bytes() };
        // A server that refuses may have closed already: what it said is read below.
        let written = match stream.write_all(words).await {
            Ok(()) => stream.flush().await,
            Err(error) => Err(error),
        };
        match (stream.read(&mut byte).await, written) {
            (Ok(0), Err(error)) => Err(error),
            (heard, _) => heard,
        }
    }

    fn explain(&self, error: &mut NetError, tls: &Tls, no_roots: bool) {
        if error.kind != NetErrorKind::TlsUnknownIssuer {
            return;
        }
        if tls.certificate().is_some_and(|c| c.self_signed) {
            add(&mut error.detail, "it is self-signed");
        } else if let Some(issuer) = chain::top_issuer(&tls.chain) {
            add(&mut error.detail, &format!("the issuer is {issuer}"));
        }
        if let Some(why) = why_issuer_is_unknown(&self.options.env, no_roots) {
            add(&mut error.detail, &why);
        }
    }

    /// The verifier of requests, watched; and whether the system has no authorities at all. Reading them takes
    /// milliseconds of computing and file access: not on a thread that drives other tasks.
    async fn verifier(&self) -> Result<(Arc<Watched>, bool), String> {
        let roots = self.roots.clone();
        let build = move || {
            let provider = Arc::new(default_provider());
            if roots.is_empty() {
                rustls_platform_verifier::Verifier::new(provider)
            } else {
                rustls_platform_verifier::Verifier::new_with_extra_roots(roots, provider)
            }
        };
        let (real, no_roots): (Arc<dyn ServerCertVerifier>, bool) =
            match tokio::task::spawn_blocking(build).await.map_err(|e| e.to_string())? {
                Ok(verifier) => (Arc::new(verifier), false),
                Err(error) if error.to_string().contains(NO_ROOTS) => (Arc::new(NoAuthorities), true),
                Err(error) => return Err(error.to_string()),
            };
        Ok((Arc::new(Watched { real, chain: Mutex::default(), verified: Mutex::new(false) }), no_roots))
    }
}

impl Tls {
    fn of(target: &str) -> Self {
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

    fn agreed<S>(&mut self, stream: &TlsStream<S>) {
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

fn config(watched: Arc<Watched>, asked: Arc<Asked>, alpn: &[&[u8]]) -> Result<ClientConfig, rustls::Error> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(watched)
        .with_client_cert_resolver(asked);
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// Keeps what the real verifier was shown and what it said, and passes it on unchanged.
#[derive(Debug)]
struct Watched {
    real: Arc<dyn ServerCertVerifier>,
    chain: Mutex<Vec<Vec<u8>>>,
    verified: Mutex<bool>,
}

impl Watched {
    fn tell(&self, tls: &mut Tls) {
        let chain = self.chain.lock().unwrap_or_else(PoisonError::into_inner);
        tls.sent = chain.len();
        tls.chain = chain.iter().take(CHAIN_CAP).map(|der| chain::read(der)).collect();
        tls.verified = *self.verified.lock().unwrap_or_else(PoisonError::into_inner);
    }
}

impl ServerCertVerifier for Watched {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let sent = std::iter::once(end_entity).chain(intermediates).map(|der| der.to_vec()).collect();
        *self.chain.lock().unwrap_or_else(PoisonError::into_inner) = sent;
        let verdict = self.real.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        *self.verified.lock().unwrap_or_else(PoisonError::into_inner) = verdict.is_ok();
        verdict
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.real.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.real.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.real.supported_verify_schemes()
    }

    fn requires_raw_public_keys(&self) -> bool {
        self.real.requires_raw_public_keys()
    }

    fn root_hint_subjects(&self) -> Option<&[DistinguishedName]> {
        self.real.root_hint_subjects()
    }
}

/// Trusts nobody, where the system has no authorities: the real verifier cannot even be built then.
#[derive(Debug)]
struct NoAuthorities;

impl NoAuthorities {
    fn no<T>() -> Result<T, rustls::Error> {
        Err(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer))
    }
}

impl ServerCertVerifier for NoAuthorities {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Self::no()
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Self::no()
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Self::no()
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// Shows the host record's certificate, if there is one, and keeps whether it was asked for.
#[derive(Debug)]
struct Asked {
    key: Option<Arc<CertifiedKey>>,
    issuers: Mutex<Option<Vec<String>>>,
}

impl Asked {
    fn tell(&self) -> ClientCertificate {
        let asked = self.issuers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match (asked, &self.key) {
            (None, _) => ClientCertificate::NotAsked,
            (Some(issuers), None) => ClientCertificate::NotShown { issuers },
            (Some(issuers), Some(_)) => ClientCertificate::Shown { issuers },
        }
    }
}

impl ResolvesClientCert for Asked {
    fn resolve(&self, issuers: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let told = issuers.iter().take(ISSUERS_CAP).filter_map(|der| chain::read_name(der)).collect();
        *self.issuers.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
        self.key.clone()
    }

    fn has_certs(&self) -> bool {
        self.key.is_some()
    }
}
