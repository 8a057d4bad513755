//! The last step: the TLS handshake with the target, or with a proxy that speaks TLS itself.
//!
//! What requests use decides on trust: where it says no, the handshake ends, as a request's does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{InvalidDnsNameError, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::Host;

use super::client_key::Asked;
use super::verifier::Watched;
use super::{ClientCertificate, Line, Probe, Stream, Tls, chain};
use crate::net::classify::{Route, classify_step, mention_proxy};
use crate::net::detail::{add, after};
use crate::net::tls::why_issuer_is_unknown;
use crate::net::{NetError, NetErrorKind};

/// Shortest and longest wait for a refusal before anything is said.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// An HTTP/2 client's first words (RFC 9113, 3.4), with empty settings: the server must answer with its own.
const HTTP_2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

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
        let (watched, no_roots) = match Watched::over(self.roots.clone()).await {
            Ok(found) => found,
            Err(detail) => {
                tls.error = failed(NetErrorKind::Other, detail);
                return (tls, None);
            }
        };
        let asked = Arc::new(Asked::with(self.key.clone()));
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
