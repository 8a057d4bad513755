//! Servers that fail below HTTP: closed, silent, with a wrong certificate.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::scenario::Server;

/// A server under way; ends when dropped.
pub struct Listening {
    pub port: u16,
    /// The authority that a client would have to trust, as PEM.
    pub authority: String,
    task: Option<JoinHandle<()>>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// Starts it on a free loopback port.
pub async fn start(what: Server, says: String) -> Listening {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (authority, acceptor) = secured(what);
    let task = (what != Server::Closed).then(|| {
        let says = match what {
            // Alerts as such servers send them: protocol_version (70), handshake_failure (40).
            Server::TlsOld => vec![0x15, 3, 1, 0, 2, 2, 70],
            Server::TlsBroken => vec![0x15, 3, 3, 0, 2, 2, 40],
            _ => says.into_bytes(),
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, says) = (acceptor.clone(), says.clone());
                tokio::spawn(async move {
                    match acceptor {
                        Some(acceptor) => shake(acceptor, stream).await,
                        None => answer(stream, what, &says).await,
                    }
                });
            }
        })
    });
    Listening { port, authority, task }
}

async fn answer(mut stream: TcpStream, what: Server, says: &[u8]) {
    let mut buffer = [0; 4096];
    if what == Server::Silent {
        while stream.read(&mut buffer).await.is_ok_and(|n| n > 0) {}
        return;
    }
    if stream.read(&mut buffer).await.is_ok_and(|n| n > 0) {
        let _ = stream.write_all(says).await;
        let _ = stream.shutdown().await;
        while stream.read(&mut buffer).await.is_ok_and(|n| n > 0) {}
    }
}

async fn shake(acceptor: TlsAcceptor, stream: TcpStream) {
    let mut buffer = [0; 4096];
    match acceptor.accept(stream).into_fallible().await {
        Ok(mut stream) => {
            while stream.read(&mut buffer).await.is_ok_and(|n| n > 0) {
                let _ = stream.write_all(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n").await;
            }
        }
        // Read on, so that the alert arrives and no reset overtakes it.
        Err((_, mut stream)) => while stream.read(&mut buffer).await.is_ok_and(|n| n > 0) {},
    }
}

fn secured(what: Server) -> (String, Option<TlsAcceptor>) {
    let key = KeyPair::generate().unwrap();
    let mut above = CertificateParams::new(Vec::new()).unwrap();
    above.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    above.distinguished_name.push(DnType::CommonName, "Acme Test Authority");
    let root = above.self_signed(&key).unwrap();
    let issuer = Issuer::new(above, key);

    let name = if what == Server::TlsOtherName { "other.acme.invalid" } else { "localhost" };
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    match what {
        Server::TlsExpired => {
            params.not_before = rcgen::date_time_ymd(2020, 1, 1);
            params.not_after = rcgen::date_time_ymd(2021, 1, 1);
        }
        Server::TlsNotYetValid => {
            params.not_before = rcgen::date_time_ymd(2090, 1, 1);
            params.not_after = rcgen::date_time_ymd(2091, 1, 1);
        }
        Server::TlsSelfSigned => params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
        Server::TlsOtherName | Server::TlsUnknown | Server::TlsAlone | Server::TlsMutual => {}
        _ => return (String::new(), None),
    }
    let key = KeyPair::generate().unwrap();
    let leaf = match what {
        Server::TlsSelfSigned => params.self_signed(&key).unwrap(),
        _ => params.signed_by(&key, &issuer).unwrap(),
    };
    let mut chain: Vec<CertificateDer<'static>> = vec![leaf.der().clone()];
    if what == Server::TlsUnknown {
        chain.push(root.der().clone());
    }
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let config = match what {
        Server::TlsMutual => {
            let mut roots = RootCertStore::empty();
            roots.add(root.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap();
            ServerConfig::builder_with_protocol_versions(&[&rustls::version::TLS13])
                .with_client_cert_verifier(verifier)
                .with_single_cert(chain, key)
        }
        _ => ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key),
    };
    (root.pem(), Some(TlsAcceptor::from(Arc::new(config.unwrap()))))
}
