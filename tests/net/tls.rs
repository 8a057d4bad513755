//! Certificates that are refused, and those that are accepted: custom authorities, client certificates.

use std::sync::Arc;

use keyrack::net::client::{Network, USER_AGENT};
use keyrack::net::proxy::ProxyEnv;
use keyrack::net::{NetError, NetErrorKind, NetSettings, Response};
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::support::{Log, PATIENT, Server, assert_fails, drain, env, get, get_with, network, ok, serve};

/// An authority, and a directory for its files.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub pem: String,
    der: CertificateDer<'static>,
    pub dir: TempDir,
}

impl Authority {
    pub fn new() -> Self {
        Self::named("Keyrack Test Authority")
    }

    pub fn named(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.self_signed(&key).unwrap();
        Self {
            pem: certificate.pem(),
            der: certificate.der().clone(),
            issuer: Issuer::new(params, key),
            dir: TempDir::new().unwrap(),
        }
    }

    /// An authority that this one vouches for.
    pub fn below(&self, name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Self {
            pem: certificate.pem(),
            der: certificate.der().clone(),
            issuer: Issuer::new(params, key),
            dir: TempDir::new().unwrap(),
        }
    }

    /// A certificate for `name`, after `change` had its way with it.
    pub fn issue(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Leaf {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        change(&mut params);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Leaf { der: certificate.der().clone(), pem: certificate.pem(), key, above: Vec::new() }
    }

    /// A certificate that is sent with `more` others that have nothing to do with it.
    pub fn issue_under(&self, name: &str, more: usize) -> Leaf {
        let mut leaf = self.issue(name, |_| ());
        leaf.above = vec![Self::named("Ballast").der; more];
        leaf
    }

    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Settings that trust this authority.
    pub fn trusted(&self) -> NetSettings {
        NetSettings { ca_file: Some(self.file("ca.pem", &self.pem)), ..NetSettings::default() }
    }
}

pub struct Leaf {
    der: CertificateDer<'static>,
    pub pem: String,
    pub key: KeyPair,
    above: Vec<CertificateDer<'static>>,
}

impl Leaf {
    pub fn self_signed(change: impl FnOnce(&mut CertificateParams)) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        change(&mut params);
        let certificate = params.self_signed(&key).unwrap();
        Self { der: certificate.der().clone(), pem: certificate.pem(), key, above: Vec::new() }
    }

    /// Certificate and key in one text.
    pub fn bundle(&self) -> String {
        self.pem.clone() + &self.key.serialize_pem()
    }

    fn key_der(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(self.key.serialize_der().into())
    }

    pub fn acceptor(&self) -> TlsAcceptor {
        let config = ServerConfig::builder().with_no_client_auth();
        let chain = [std::slice::from_ref(&self.der), &self.above].concat();
        TlsAcceptor::from(Arc::new(config.with_single_cert(chain, self.key_der()).unwrap()))
    }
}

/// An HTTPS server that answers `fine` to everything.
pub async fn https(acceptor: TlsAcceptor) -> Server {
    Server::start(move |stream, log| answer_over_tls(acceptor.clone(), stream, log)).await
}

pub async fn answer_over_tls(acceptor: TlsAcceptor, stream: TcpStream, log: Log) {
    match acceptor.accept(stream).into_fallible().await {
        Ok(stream) => serve(stream, &log, &ok("fine")).await,
        // Read on, so that the alert arrives and no reset overtakes it.
        Err((_, stream)) => drain(stream).await,
    }
}

async fn get_trusting(authority: &Authority, server: &Server) -> Result<Response, NetError> {
    get_with(&network(), &authority.trusted(), server.https_url("/")).await
}

#[tokio::test]
async fn a_custom_authority_is_trusted_for_its_host_only() {
    let authority = Authority::new();
    let server = https(authority.issue("localhost", |_| ()).acceptor()).await;
    let network = network();
    let answer = get_with(&network, &authority.trusted(), server.https_url("/")).await.unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (200, "fine"));
    let error = assert_fails(
        get_with(&network, &NetSettings::default(), server.https_url("/")).await,
        NetErrorKind::TlsUnknownIssuer,
        &server.name(),
    );
    assert!(!error.detail.contains("SSL_CERT"), "{error}");
}

#[tokio::test]
async fn an_expired_certificate() {
    let authority = Authority::new();
    let leaf = authority.issue("localhost", |params| {
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2021, 1, 1);
    });
    let server = https(leaf.acceptor()).await;
    assert_fails(get_trusting(&authority, &server).await, NetErrorKind::TlsExpired, &server.name());
}

#[tokio::test]
async fn a_certificate_from_the_future() {
    let authority = Authority::new();
    let leaf = authority.issue("localhost", |params| {
        params.not_before = rcgen::date_time_ymd(2090, 1, 1);
        params.not_after = rcgen::date_time_ymd(2091, 1, 1);
    });
    let server = https(leaf.acceptor()).await;
    assert_fails(get_trusting(&authority, &server).await, NetErrorKind::TlsNotYetValid, &server.name());
}

#[tokio::test]
async fn a_certificate_for_another_name() {
    let authority = Authority::new();
    let server = https(authority.issue("git.acme.invalid", |_| ()).acceptor()).await;
    let error = assert_fails(get_trusting(&authority, &server).await, NetErrorKind::TlsWrongName, &server.name());
    assert!(error.detail.contains("git.acme.invalid"), "the names it is valid for are told: {error}");
}

#[tokio::test]
async fn a_self_signed_authority_as_server_is_refused_even_when_trusted() {
    let authority = Authority::new();
    let leaf = Leaf::self_signed(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    let server = https(leaf.acceptor()).await;
    assert_fails(get(server.https_url("/")).await, NetErrorKind::TlsSelfSigned, &server.name());
    let settings = NetSettings { ca_file: Some(authority.file("self.pem", &leaf.pem)), ..NetSettings::default() };
    let result = get_with(&network(), &settings, server.https_url("/")).await;
    assert_fails(result, NetErrorKind::TlsSelfSigned, &server.name());
}

#[tokio::test]
async fn a_self_signed_certificate_can_be_trusted_by_itself() {
    let authority = Authority::new();
    let leaf = Leaf::self_signed(|_| ());
    let server = https(leaf.acceptor()).await;
    assert_fails(get(server.https_url("/")).await, NetErrorKind::TlsUnknownIssuer, &server.name());
    let settings = NetSettings { ca_file: Some(authority.file("self.pem", &leaf.pem)), ..NetSettings::default() };
    assert_eq!(get_with(&network(), &settings, server.https_url("/")).await.unwrap().status, 200);
}

#[tokio::test]
async fn an_authority_of_the_same_name_is_not_the_same() {
    let server = https(Authority::new().issue("localhost", |_| ()).acceptor()).await;
    let result = get_trusting(&Authority::new(), &server).await;
    let error = assert_fails(result, NetErrorKind::TlsUnknownIssuer, &server.name());
    assert!(error.detail.contains("not the one that signed"), "{error}");
}

#[tokio::test]
async fn a_variable_that_replaces_the_system_s_authorities_is_named() {
    let authority = Authority::new();
    let server = https(authority.issue("localhost", |_| ()).acceptor()).await;
    let network = Network::new(env(&[("SSL_CERT_FILE", "/nonexistent/ca.pem")]), PATIENT, USER_AGENT);
    let error = get_with(&network, &NetSettings::default(), server.https_url("/")).await.unwrap_err();
    assert_eq!(error.kind, NetErrorKind::TlsUnknownIssuer);
    assert!(error.detail.contains("SSL_CERT_FILE is set to /nonexistent/ca.pem, which does not exist"), "{error}");
}

fn mutual(authority: &Authority) -> TlsAcceptor {
    let mut roots = RootCertStore::empty();
    roots.add(authority.der.clone()).unwrap();
    let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap();
    let leaf = authority.issue("localhost", |_| ());
    let config = ServerConfig::builder_with_protocol_versions(&[&rustls::version::TLS13])
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![leaf.der.clone()], leaf.key_der())
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

pub fn client_leaf(authority: &Authority) -> Leaf {
    authority.issue("ana", |params| params.extended_key_usages.push(ExtendedKeyUsagePurpose::ClientAuth))
}

#[tokio::test]
async fn a_client_certificate_is_wanted_and_given() {
    let authority = Authority::new();
    let server = https(mutual(&authority)).await;
    assert_fails(get_trusting(&authority, &server).await, NetErrorKind::TlsClientCertWanted, &server.name());

    let leaf = client_leaf(&authority);
    let file = authority.file("client.pem", leaf.bundle());
    let settings = NetSettings { client_cert: Some(file), ..authority.trusted() };
    assert_eq!(get_with(&network(), &settings, server.https_url("/")).await.unwrap().body, "fine");
}

#[tokio::test]
async fn a_client_certificate_that_the_server_does_not_know() {
    let authority = Authority::new();
    let server = https(mutual(&authority)).await;
    let leaf = client_leaf(&Authority::named("Strangers"));
    let file = authority.file("client.pem", leaf.bundle());
    let settings = NetSettings { client_cert: Some(file), ..authority.trusted() };
    let result = get_with(&network(), &settings, server.https_url("/")).await;
    let error = assert_fails(result, NetErrorKind::TlsClientCertWanted, &server.name());
    assert!(error.detail.contains("refuses the one"), "{error}");
}

#[tokio::test]
async fn a_server_that_speaks_only_old_tls() {
    // An alert as TLS 1.0 servers send it: fatal (2), protocol_version (70).
    let server = Server::start(|mut stream, _| async move {
        let _ = stream.write_all(&[0x15, 3, 1, 0, 2, 2, 70]).await;
        drain(stream).await;
    })
    .await;
    assert_fails(get(server.https_url("/")).await, NetErrorKind::TlsOldProtocol, &server.name());
}

#[tokio::test]
async fn a_server_that_breaks_the_handshake_off() {
    let server = Server::start(|mut stream, _| async move {
        let _ = stream.write_all(&[0x15, 3, 3, 0, 2, 2, 40]).await;
        drain(stream).await;
    })
    .await;
    let error = assert_fails(get(server.https_url("/")).await, NetErrorKind::TlsOther, &server.name());
    assert!(error.detail.contains("broke off the handshake"), "{error}");
}

#[tokio::test]
async fn plain_http_on_the_tls_port() {
    let server = Server::start(|mut stream, _| async move {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").await;
        drain(stream).await;
    })
    .await;
    assert_fails(get(server.https_url("/")).await, NetErrorKind::TlsPlainHttp, &server.name());
}

#[tokio::test]
async fn http2_is_spoken_where_the_server_offers_it() {
    let authority = Authority::new();
    let leaf = authority.issue("localhost", |_| ());
    let mut config =
        ServerConfig::builder().with_no_client_auth().with_single_cert(vec![leaf.der.clone()], leaf.key_der()).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let server = Server::start(move |stream, log| {
        let acceptor = acceptor.clone();
        async move {
            let mut stream = acceptor.accept(stream).await.unwrap();
            let mut preface = [0; 14];
            stream.read_exact(&mut preface).await.unwrap();
            log.note(String::from_utf8_lossy(&preface));
        }
    })
    .await;
    get_trusting(&authority, &server).await.unwrap_err();
    assert_eq!(server.log.heads(), ["PRI * HTTP/2.0"]);
}

#[tokio::test]
async fn an_authority_file_that_cannot_be_used_says_why() {
    let authority = Authority::new();
    let damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let cases = [
        (authority.dir.path().join("absent.pem").to_str().unwrap().to_owned(), "no such file"),
        (authority.dir.path().to_str().unwrap().to_owned(), "directory"),
        (authority.file("empty.pem", ""), "no certificate"),
        (authority.file("der.pem", &authority.der), "convert it: openssl x509"),
        (authority.file("damaged.pem", damaged), "certificate 1"),
    ];
    for (path, why) in cases {
        let settings = NetSettings { ca_file: Some(path.clone()), ..NetSettings::default() };
        let error = network().transport(&settings).map(|_| ()).unwrap_err();
        assert_eq!((error.kind, &error.target), (NetErrorKind::BadCaFile, &path));
        assert!(error.detail.contains(why), "{error}");
    }
}

#[tokio::test]
async fn a_client_certificate_that_cannot_be_used_says_why() {
    let authority = Authority::new();
    let (leaf, other) = (client_leaf(&authority), client_leaf(&authority));
    let locked = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let cases = [
        (authority.dir.path().join("absent.pem").to_str().unwrap().to_owned(), "no such file"),
        (authority.file("cert.pem", &leaf.pem), "no key in it"),
        (authority.file("key.pem", leaf.key.serialize_pem()), "no certificate in it"),
        (authority.file("locked.pem", leaf.pem.clone() + locked), "passphrase"),
        (authority.file("store.p12", &leaf.der), "openssl pkcs12"),
    ];
    for (path, why) in cases {
        let settings = NetSettings { client_cert: Some(path.clone()), ..NetSettings::default() };
        let error = network().transport(&settings).map(|_| ()).unwrap_err();
        assert_eq!((error.kind, &error.target), (NetErrorKind::BadClientCert, &path));
        assert!(error.detail.contains(why), "{error}");
    }
    // That key and certificate are strangers is seen when the client is built.
    let path = authority.file("strangers.pem", leaf.pem.clone() + &other.key.serialize_pem());
    let settings = NetSettings { client_cert: Some(path.clone()), ..authority.trusted() };
    let server = https(authority.issue("localhost", |_| ()).acceptor()).await;
    let result = get_with(&network(), &settings, server.https_url("/")).await;
    assert_fails(result, NetErrorKind::BadClientCert, &path);
    assert_eq!(server.log.connections(), 0);
}

#[tokio::test]
async fn a_renewed_file_takes_effect_without_a_restart() {
    let (old, new) = (Authority::new(), Authority::named("Renewed"));
    let server = https(new.issue("localhost", |_| ()).acceptor()).await;
    let network = Network::new(ProxyEnv::default(), PATIENT, USER_AGENT);
    let settings = old.trusted();
    let before = get_with(&network, &settings, server.https_url("/")).await;
    assert_fails(before, NetErrorKind::TlsUnknownIssuer, &server.name());
    // Both authorities, so that the length differs even where the clock of the file system is coarse.
    old.file("ca.pem", old.pem.clone() + &new.pem);
    assert_eq!(get_with(&network, &settings, server.https_url("/")).await.unwrap().status, 200);
}
