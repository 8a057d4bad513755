//! The probe, and a request beside it, against names, ports and servers that fail in one way each.

use keyrack::net::client::{Network, USER_AGENT};
use keyrack::net::proxy::ProxyEnv;
use keyrack::net::{NetErrorKind, NetSettings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::real::both;
use crate::support::{HASTY, PATIENT, Server, dead_address, drain, env, full_backlog, network, ok};
use crate::tls::{Authority, https};

fn hasty() -> Network {
    Network::new(ProxyEnv::default(), HASTY, USER_AGENT)
}

#[tokio::test]
async fn a_name_without_an_address() {
    let walk = both(&network(), &NetSettings::default(), "https://git.keyrack.invalid/x?token=hunter2").await;
    let error = walk.error().unwrap();
    assert_eq!((error.kind, error.target.as_str()), (NetErrorKind::Dns, "git.keyrack.invalid:443"));
    assert!(!error.detail.is_empty() && !format!("{walk:?}").contains("hunter2"), "{walk:?}");
    assert_eq!((walk.dns.host.as_str(), walk.dns.port, walk.tcp), ("git.keyrack.invalid", 443, None));
}

#[tokio::test]
async fn a_closed_port() {
    let address = dead_address().await;
    for scheme in ["http", "https"] {
        let walk = both(&network(), &NetSettings::default(), &format!("{scheme}://{address}/")).await;
        let error = walk.error().unwrap();
        assert_eq!((error.kind, error.target.clone()), (NetErrorKind::Refused, address.to_string()));
        assert!(walk.dns.literal);
    }
}

#[tokio::test]
async fn nobody_answers_the_connection_attempt() {
    let (listener, _waiting) = full_backlog().await;
    let address = listener.local_addr().unwrap();
    let walk = both(&hasty(), &NetSettings::default(), &format!("https://{address}/")).await;
    assert_eq!(walk.error().map(|e| e.kind), Some(NetErrorKind::ConnectTimeout));
    let tcp = walk.tcp.unwrap();
    assert_eq!((tcp.connected, tcp.attempts.len()), (None, 1));
    assert!(tcp.attempts[0].elapsed >= HASTY.connect, "{tcp:?}");
}

#[tokio::test]
async fn every_address_of_a_name_is_tried() {
    if TcpListener::bind("[::1]:0").await.is_err() {
        // A machine without IPv6 has no second address of its own.
        return;
    }
    let (v4, v6) = loop {
        let v4 = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = v4.local_addr().unwrap().port();
        if let Ok(v6) = TcpListener::bind(("::1", port)).await {
            break (v4, v6);
        }
    };
    let url = format!("http://localhost:{}/", v4.local_addr().unwrap().port());
    let probe = network().probe(&NetSettings::default(), &url).unwrap();
    let dns = probe.dns().await;
    let told: Vec<String> = dns.addresses.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["127.0.0.1", "::1"]);
    let (tcp, line) = probe.tcp(&dns).await;
    assert!(line.is_some() && tcp.attempts.iter().all(|a| a.error.is_none()), "{tcp:#?}");
    assert!(tcp.seen().is_empty());

    drop(v6);
    let (tcp, line) = probe.tcp(&dns).await;
    assert!(line.is_some());
    assert_eq!(tcp.connected.map(|a| a.is_ipv4()), Some(true));
    assert_eq!(tcp.attempts[1].error.as_ref().map(|e| e.kind), Some(NetErrorKind::Refused));
    let seen = tcp.seen();
    assert_eq!(seen[0].code, "net.some-addresses-fail");
    assert!(seen[0].detail.contains("[::1]:"), "{seen:?}");
}

#[tokio::test]
async fn a_server_that_never_speaks_tls() {
    let server = Server::start(|stream, _| drain(stream)).await;
    let walk = both(&hasty(), &NetSettings::default(), &server.https_url("/")).await;
    let error = walk.error().unwrap();
    assert_eq!((error.kind, error.target.clone()), (NetErrorKind::TlsTimeout, server.name()));
    assert!(walk.tcp.unwrap().error.is_none(), "TCP answered");
}

#[tokio::test]
async fn a_connection_that_is_reset_during_the_handshake() {
    let server = Server::start(|mut stream, _| async move {
        let _ = stream.read(&mut [0; 1]).await;
        stream.set_zero_linger().unwrap();
    })
    .await;
    let walk = both(&network(), &NetSettings::default(), &server.https_url("/")).await;
    assert_eq!(walk.error().map(|e| e.kind), Some(NetErrorKind::Reset));
}

#[tokio::test]
async fn a_server_that_closes_during_the_handshake() {
    let server = Server::start(|mut stream, _| async move {
        // All of the ClientHello is taken, so that the close is a clean one.
        let _ = stream.read(&mut [0; 16 * 1024]).await;
        let _ = stream.shutdown().await;
        drain(stream).await;
    })
    .await;
    let walk = both(&network(), &NetSettings::default(), &server.https_url("/")).await;
    assert_eq!(walk.error().map(|e| e.kind), Some(NetErrorKind::ClosedEarly));
}

#[tokio::test]
async fn a_server_that_breaks_the_handshake_off() {
    for (alert, kind) in [(40, NetErrorKind::TlsOther), (70, NetErrorKind::TlsOldProtocol)] {
        let server = Server::start(move |mut stream, _| async move {
            let _ = stream.write_all(&[0x15, 3, 3, 0, 2, 2, alert]).await;
            drain(stream).await;
        })
        .await;
        let walk = both(&network(), &NetSettings::default(), &server.https_url("/")).await;
        assert_eq!(walk.error().map(|e| e.kind), Some(kind));
    }
}

#[tokio::test]
async fn another_protocol_on_the_port() {
    let server = Server::start(|mut stream, _| async move {
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2p1\r\n").await;
        drain(stream).await;
    })
    .await;
    let walk = both(&network(), &NetSettings::default(), &server.https_url("/")).await;
    assert!(walk.tls.unwrap().error.is_some());
}

#[tokio::test]
async fn an_address_as_the_host_is_checked_against_the_certificate() {
    let authority = Authority::new();
    let server = https(authority.issue("127.0.0.1", |_| ()).acceptor()).await;
    let url = format!("https://{}/", server.address);
    let walk = both(&network(), &authority.trusted(), &url).await;
    assert_eq!(walk.error(), None, "{walk:#?}");
    assert_eq!(walk.tls.unwrap().certificate().unwrap().names, ["127.0.0.1"]);
    let walk = both(&network(), &authority.trusted(), &server.https_url("/")).await;
    assert_eq!(walk.error().map(|e| e.kind), Some(NetErrorKind::TlsWrongName));
}

#[tokio::test]
async fn a_chain_without_end_is_cut() {
    let authority = Authority::new();
    let server = https(authority.issue_under("localhost", 14).acceptor()).await;
    let walk = both(&network(), &authority.trusted(), &server.https_url("/")).await;
    assert_eq!(walk.error(), None, "{walk:#?}");
    let tls = walk.tls.unwrap();
    assert_eq!((tls.sent, tls.chain.len()), (15, 10));
}

#[tokio::test]
async fn a_variable_that_replaces_the_system_s_authorities_is_named() {
    let authority = Authority::new();
    let server = https(authority.issue("localhost", |_| ()).acceptor()).await;
    let network = Network::new(env(&[("SSL_CERT_FILE", "/nonexistent/ca.pem")]), PATIENT, USER_AGENT);
    let walk = both(&network, &NetSettings::default(), &server.https_url("/")).await;
    let error = walk.error().unwrap();
    assert_eq!(error.kind, NetErrorKind::TlsUnknownIssuer);
    assert!(error.detail.contains("SSL_CERT_FILE is set to /nonexistent/ca.pem, which does not exist"), "{error}");
}

#[tokio::test]
async fn what_stops_a_request_before_it_is_sent_stops_the_probe() {
    let authority = Authority::new();
    let (leaf, other) = (authority.issue("ana", |_| ()), authority.issue("ana", |_| ()));
    let strangers = authority.file("strangers.pem", leaf.pem.clone() + &other.key.serialize_pem());
    let absent = Some("/nonexistent/x.pem".to_owned());
    let server = Server::http(ok("x")).await;
    for (settings, url, kind) in [
        (NetSettings::default(), "nonsense".to_owned(), NetErrorKind::BadUrl),
        (NetSettings::default(), "http://git.keyrack.invalid/".to_owned(), NetErrorKind::PlainHttp),
        (
            NetSettings { proxy: Some("ftp://u:hunter2@x".into()), ..NetSettings::default() },
            server.https_url("/"),
            NetErrorKind::BadProxySetting,
        ),
        (
            NetSettings { ca_file: absent.clone(), ..NetSettings::default() },
            server.https_url("/"),
            NetErrorKind::BadCaFile,
        ),
        (
            NetSettings { client_cert: absent, ..NetSettings::default() },
            server.https_url("/"),
            NetErrorKind::BadClientCert,
        ),
        (
            NetSettings { client_cert: Some(strangers), ..NetSettings::default() },
            server.https_url("/"),
            NetErrorKind::BadClientCert,
        ),
    ] {
        let error = network().probe(&settings, &url).map(|_| ()).unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
    assert_eq!(server.log.connections(), 0);
}

#[tokio::test]
async fn plain_http_ends_with_the_connection_and_asks_for_nothing() {
    let server = Server::http(ok("x")).await;
    let walk = network().probe(&NetSettings::default(), &server.http_url("/")).unwrap().walk().await;
    assert_eq!((walk.error(), walk.tunnel.is_none(), walk.tls.is_none()), (None, true, true));
    assert!(server.log.heads().is_empty());
}
