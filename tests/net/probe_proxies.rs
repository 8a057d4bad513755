//! The probe, and a request beside it, through proxies of our own making.

use std::net::SocketAddr;

use keyrack::net::client::{Network, USER_AGENT};
use keyrack::net::probe::TunnelBy;
use keyrack::net::{NetErrorKind, NetSettings};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;

use crate::proxies::{FAR, by, far_https, socks, tunnelling};
use crate::real::both;
use crate::support::{HASTY, PATIENT, Server, dead_address, drain, env, full_backlog, header, network, read_request};
use crate::tls::{Authority, https};

#[tokio::test]
async fn through_connect_with_the_proxy_s_own_log_in_and_no_other() {
    let authority = Authority::new();
    let target = https(authority.issue(FAR, |_| ()).acceptor()).await;
    let proxy = tunnelling(target.address).await;
    let variable = format!("http://ana:hunter%32@{}", proxy.address);
    let network = Network::new(env(&[("HTTPS_PROXY", variable.as_str())]), PATIENT, USER_AGENT);
    let probe = network.probe(&authority.trusted(), &far_https()).unwrap();
    assert_eq!(probe.proxy().map(|p| p.origin), Some("HTTPS_PROXY"));
    assert!(!format!("{probe:?}").contains("hunter"), "{probe:?}");
    let walk = probe.walk().await;
    assert_eq!(walk.error(), None, "{walk:#?}");
    assert!(walk.dns.of_proxy && walk.dns.literal);
    assert_eq!(walk.tunnel.as_ref().map(|t| (t.by, t.status)), Some((TunnelBy::Connect, Some(200))));
    assert!(walk.tls.as_ref().unwrap().verified);
    assert!(!format!("{walk:?}").contains("hunter"), "{walk:?}");
    let head = proxy.log.heads().remove(0);
    assert!(head.starts_with(&format!("CONNECT {FAR}:443 HTTP/1.1\r\n")), "{head}");
    assert_eq!(header(&head, "proxy-authorization"), Some("Basic YW5hOmh1bnRlcjI="));
    assert!(target.log.heads().is_empty(), "nothing was asked of the target: {:?}", target.log.heads());
}

#[tokio::test]
async fn the_proxy_s_port_is_closed() {
    let dead = dead_address().await;
    let walk = both(&network(), &by(format!("http://{dead}")), &far_https()).await;
    let error = walk.error().unwrap();
    assert_eq!((error.kind, error.target.clone()), (NetErrorKind::ProxyRefused, dead.to_string()));
    assert!(error.detail.contains(&format!("on the way to {FAR}:443")), "{error}");
    // For plain http a request cannot tell; the step can.
    let walk = both(&network(), &by(format!("http://{dead}")), &format!("http://{FAR}/")).await;
    assert_eq!(walk.error().map(|e| e.kind), Some(NetErrorKind::ProxyRefused));
}

#[tokio::test]
async fn the_proxy_s_name_has_no_address() {
    for url in [far_https(), format!("http://{FAR}/")] {
        let walk = both(&network(), &by("http://proxy.keyrack.invalid:3128"), &url).await;
        assert_eq!(walk.error().map(|e| e.kind), Some(NetErrorKind::ProxyDns));
        assert!(walk.dns.of_proxy && walk.dns.host == "proxy.keyrack.invalid", "{walk:#?}");
        assert_eq!(walk.error().map(|e| e.target.as_str()), Some("proxy.keyrack.invalid:3128"));
    }
}

#[tokio::test]
async fn nobody_answers_at_the_proxy() {
    let (listener, _waiting) = full_backlog().await;
    let network = Network::new(env(&[]), HASTY, USER_AGENT);
    for scheme in ["http", "socks5h"] {
        let proxy = format!("{scheme}://{}", listener.local_addr().unwrap());
        let walk = both(&network, &by(proxy), &far_https()).await;
        assert_eq!(walk.error().map(|e| e.kind), Some(NetErrorKind::ConnectTimeout), "{walk:#?}");
    }
}

#[tokio::test]
async fn the_proxy_closes_or_is_silent() {
    let closing = Server::start(|mut stream, _| async move {
        read_request(&mut stream).await;
    })
    .await;
    let silent = Server::start(|stream, _| drain(stream)).await;
    let hasty = Network::new(env(&[]), HASTY, USER_AGENT);
    for (network, proxy) in [(network(), closing), (hasty, silent)] {
        let walk = both(&network, &by(proxy.http_url("")), &far_https()).await;
        let error = walk.error().unwrap();
        assert_eq!(error.kind, NetErrorKind::ProxyOrTarget, "{error}");
        assert!(error.detail.contains(&proxy.address.to_string()), "{error}");
    }
}

#[tokio::test]
async fn what_answers_is_no_proxy() {
    let server = Server::http("SSH-2.0-OpenSSH_9.2p1\r\n").await;
    let walk = both(&network(), &by(server.http_url("")), &far_https()).await;
    assert_eq!(walk.error().map(|e| e.kind), Some(NetErrorKind::ProxyDenied));
    assert_eq!(walk.tunnel.unwrap().status, None);
}

#[tokio::test]
async fn tls_is_spoken_with_the_proxy_itself() {
    let authority = Authority::named("Acme Proxies");
    let proxy = https(authority.issue("localhost", |_| ()).acceptor()).await;
    let walk = both(&network(), &by(proxy.https_url("")), &far_https()).await;
    let error = walk.error().unwrap();
    assert_eq!((error.kind, error.target.clone()), (NetErrorKind::TlsUnknownIssuer, proxy.name()), "{error}");
    let tunnel = walk.tunnel.unwrap();
    assert!(tunnel.tls.as_ref().unwrap().chain[0].issuer.contains("Acme Proxies"), "{tunnel:#?}");
    assert!(tunnel.seen().iter().any(|s| s.code == "net.tls-unknown-issuer"), "{:?}", tunnel.seen());

    // Trusted, it answers every CONNECT with 200 and its page: what follows is no TLS.
    let settings = NetSettings { ca_file: authority.trusted().ca_file, ..by(proxy.https_url("")) };
    let walk = network().probe(&settings, &far_https()).unwrap().walk().await;
    let tunnel = walk.tunnel.unwrap();
    assert!(tunnel.error.is_none() && tunnel.tls.unwrap().verified);
    assert!(walk.tls.unwrap().error.is_some());
}

#[tokio::test]
async fn through_socks_5() {
    let authority = Authority::new();
    let target = https(authority.issue(FAR, |_| ()).acceptor()).await;
    let proxy = socks(0, Some(target.address)).await;
    let settings = NetSettings { ca_file: authority.trusted().ca_file, ..by(format!("socks5h://{}", proxy.address)) };
    let walk = both(&network(), &settings, &far_https()).await;
    assert_eq!(walk.error(), None, "{walk:#?}");
    assert_eq!(walk.tunnel.map(|t| t.by), Some(TunnelBy::Socks));
    assert_eq!(proxy.log.heads(), [FAR, FAR]);
}

#[tokio::test]
async fn socks_failures() {
    let dead = dead_address().await;
    for url in [far_https(), format!("http://{FAR}/")] {
        let walk = both(&network(), &by(format!("socks5h://{dead}")), &url).await;
        assert_eq!(walk.error().map(|e| e.kind), Some(NetErrorKind::Socks));
        let proxy = socks(4, None).await;
        let walk = both(&network(), &by(format!("socks5h://{}", proxy.address)), &url).await;
        let error = walk.error().unwrap();
        assert_eq!(error.kind, NetErrorKind::Socks);
        assert!(error.detail.contains("unreachable"), "the proxy's reason is told: {error}");
        assert!(walk.tunnel.unwrap().name_unknown);
        // With plain socks5 the name is looked up here.
        let walk = both(&network(), &by(format!("socks5://{}", proxy.address)), &url).await;
        assert_eq!(walk.error().map(|e| e.kind), Some(NetErrorKind::Dns));
    }
}

/// A SOCKS5 proxy that wants user name and password, and takes those that it is told to.
async fn socks_with_log_in(verdict: u8, target: SocketAddr) -> Server {
    Server::start(move |mut stream, log| async move {
        let methods = usize::from(stream.read_u16().await.unwrap() & 0xff);
        stream.read_exact(&mut vec![0; methods]).await.unwrap();
        stream.write_all(&[5, 2]).await.unwrap();
        stream.read_u8().await.unwrap();
        for _ in 0..2 {
            let mut text = vec![0; usize::from(stream.read_u8().await.unwrap())];
            stream.read_exact(&mut text).await.unwrap();
            log.note(String::from_utf8(text).unwrap());
        }
        stream.write_all(&[1, verdict]).await.unwrap();
        if verdict != 0 {
            return drain(stream).await;
        }
        let mut head = [0; 5];
        stream.read_exact(&mut head).await.unwrap();
        stream.read_exact(&mut vec![0; usize::from(head[4]) + 2]).await.unwrap();
        stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
        let mut far = TcpStream::connect(target).await.unwrap();
        let _ = copy_bidirectional(&mut stream, &mut far).await;
    })
    .await
}

/// A SOCKS4a proxy that answers with `reply` and, where that is 90, leads to `target`.
async fn socks_4a(reply: u8, target: SocketAddr) -> Server {
    Server::start(move |mut stream, log| async move {
        stream.read_exact(&mut [0; 8]).await.unwrap();
        for _ in 0..2 {
            let mut text = Vec::new();
            loop {
                match stream.read_u8().await.unwrap() {
                    0 => break,
                    byte => text.push(byte),
                }
            }
            log.note(String::from_utf8(text).unwrap());
        }
        stream.write_all(&[0, reply, 0, 0, 0, 0, 0, 0]).await.unwrap();
        if reply != 90 {
            return drain(stream).await;
        }
        let mut far = TcpStream::connect(target).await.unwrap();
        let _ = copy_bidirectional(&mut stream, &mut far).await;
    })
    .await
}

#[tokio::test]
async fn a_socks_proxy_that_wants_a_log_in() {
    let authority = Authority::new();
    let target = https(authority.issue(FAR, |_| ()).acceptor()).await;
    let proxy = socks_with_log_in(0, target.address).await;
    let by_it = by(format!("socks5h://ana:hunter%32@{}", proxy.address));
    let walk = both(&network(), &NetSettings { ca_file: authority.trusted().ca_file, ..by_it }, &far_https()).await;
    assert_eq!(walk.error(), None, "{walk:#?}");
    assert_eq!(proxy.log.heads()[..2], ["ana", "hunter2"]);

    let refusing = socks_with_log_in(1, target.address).await;
    let walk = both(&network(), &by(format!("socks5h://ana:hunter2@{}", refusing.address)), &far_https()).await;
    let error = walk.error().unwrap();
    assert!(error.kind == NetErrorKind::Socks && error.detail.contains("refuses the user name"), "{error}");
    assert!(!format!("{walk:?}").contains("hunter2"), "{walk:?}");

    let walk = both(&network(), &by(format!("socks5h://{}", refusing.address)), &far_https()).await;
    let error = walk.error().unwrap();
    assert!(error.kind == NetErrorKind::Socks && error.detail.contains("wants a log-in"), "{error}");
}

#[tokio::test]
async fn through_socks_4a() {
    let authority = Authority::new();
    let target = https(authority.issue(FAR, |_| ()).acceptor()).await;
    let proxy = socks_4a(90, target.address).await;
    let settings = NetSettings { ca_file: authority.trusted().ca_file, ..by(format!("socks4a://{}", proxy.address)) };
    let walk = both(&network(), &settings, &far_https()).await;
    assert_eq!(walk.error(), None, "{walk:#?}");
    assert_eq!(proxy.log.heads()[1], FAR);
    let refusing = socks_4a(91, target.address).await;
    let walk = both(&network(), &by(format!("socks4a://{}", refusing.address)), &far_https()).await;
    assert_eq!(walk.error().map(|e| e.kind), Some(NetErrorKind::Socks));
}
