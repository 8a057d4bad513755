//! Requests through proxies that work, and through those that do not.

use std::net::SocketAddr;

use keyrack::net::client::{Network, USER_AGENT};
use keyrack::net::{NetError, NetErrorKind, NetSettings, Request, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;

use crate::support::{
    HASTY, PATIENT, Server, assert_fails, dead_address, drain, env, full_backlog, get_with, header, network, ok,
    read_request,
};
use crate::tls::{Authority, https};

/// A name that only a proxy could know.
pub const FAR: &str = "git.keyrack.invalid";

/// A proxy that answers CONNECT with `answer`.
async fn refusing(answer: &'static str) -> Server {
    Server::http(format!("{answer}\r\nContent-Length: 0\r\n\r\n")).await
}

/// A proxy that takes every CONNECT to `target`, whatever was asked for.
pub async fn tunnelling(target: SocketAddr) -> Server {
    Server::start(move |mut stream, log| async move {
        let Some(head) = read_request(&mut stream).await else { return };
        log.note(head);
        let Ok(mut far) = TcpStream::connect(target).await else { return };
        let _ = stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await;
        let _ = copy_bidirectional(&mut stream, &mut far).await;
    })
    .await
}

/// A SOCKS5 proxy that answers every request with `reply` and, where that is 0, leads to `target`.
pub async fn socks(reply: u8, target: Option<SocketAddr>) -> Server {
    Server::start(move |mut stream, log| async move {
        let mut greeting = [0; 2];
        stream.read_exact(&mut greeting).await.unwrap();
        stream.read_exact(&mut vec![0; usize::from(greeting[1])]).await.unwrap();
        stream.write_all(&[5, 0]).await.unwrap();
        let mut head = [0; 5];
        stream.read_exact(&mut head).await.unwrap();
        // Address type 3 is a name, which the proxy is to resolve.
        if head[3] == 3 {
            let mut name = vec![0; usize::from(head[4]) + 2];
            stream.read_exact(&mut name).await.unwrap();
            name.truncate(usize::from(head[4]));
            log.note(String::from_utf8(name).unwrap());
        }
        stream.write_all(&[5, reply, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
        if let Some(target) = target {
            let mut far = TcpStream::connect(target).await.unwrap();
            let _ = copy_bidirectional(&mut stream, &mut far).await;
        }
    })
    .await
}

async fn get_by_env(vars: &[(&str, &str)], settings: &NetSettings, url: &str) -> Result<Response, NetError> {
    get_with(&Network::new(env(vars), PATIENT, USER_AGENT), settings, url.to_owned()).await
}

pub fn by(proxy: impl Into<String>) -> NetSettings {
    NetSettings { proxy: Some(proxy.into()), allow_http: true, ..NetSettings::default() }
}

pub fn far_https() -> String {
    format!("https://{FAR}/x?token=hunter2")
}

#[tokio::test]
async fn https_through_a_proxy_of_the_environment() {
    let authority = Authority::new();
    let target = https(authority.issue(FAR, |_| ()).acceptor()).await;
    let proxy = tunnelling(target.address).await;
    let variable = format!("http://ana:hunter2@{}", proxy.address);
    let vars = [("HTTPS_PROXY", variable.as_str())];
    let answer = get_by_env(&vars, &authority.trusted(), &far_https()).await.unwrap();
    assert_eq!(answer.body, "fine");
    let heads = proxy.log.heads();
    assert!(heads[0].starts_with(&format!("CONNECT {FAR}:443 ")), "{heads:?}");
    assert_eq!(header(&heads[0], "proxy-authorization"), Some("Basic YW5hOmh1bnRlcjI="));
    assert_eq!(header(&target.log.heads()[0], "proxy-authorization"), None);
}

#[tokio::test]
async fn plain_http_through_a_proxy() {
    let proxy = Server::http(ok("from afar")).await;
    let variable = proxy.http_url("");
    let settings = NetSettings { allow_http: true, ..NetSettings::default() };
    let answer = get_by_env(&[("http_proxy", &variable)], &settings, &format!("http://{FAR}/x")).await.unwrap();
    assert_eq!(answer.body, "from afar");
    assert!(proxy.log.heads()[0].starts_with(&format!("GET http://{FAR}/x ")), "{:?}", proxy.log.heads());
}

#[tokio::test]
async fn the_host_s_own_proxy_serves_loopback_targets_and_wins() {
    let authority = Authority::new();
    let target = https(authority.issue("localhost", |_| ()).acceptor()).await;
    let proxy = tunnelling(target.address).await;
    let settings = NetSettings { proxy: Some(proxy.http_url("")), ..authority.trusted() };
    let vars = [("HTTPS_PROXY", "http://wrong.invalid:1"), ("NO_PROXY", "*")];
    assert_eq!(get_by_env(&vars, &settings, &target.https_url("/")).await.unwrap().status, 200);
    assert_eq!(proxy.log.heads().len(), 1);
}

#[tokio::test]
async fn loopback_targets_never_use_the_environment_s_proxy() {
    let target = Server::http(ok("near")).await;
    let vars = [("HTTP_PROXY", "http://wrong.invalid:1"), ("ALL_PROXY", "total nonsense")];
    let answer = get_by_env(&vars, &NetSettings::default(), &target.http_url("/")).await.unwrap();
    assert_eq!(answer.body, "near");
}

#[tokio::test]
async fn no_proxy_goes_direct() {
    let proxy = refusing("HTTP/1.1 403 Forbidden").await;
    let variable = proxy.http_url("");
    let vars = [("HTTPS_PROXY", variable.as_str()), ("NO_PROXY", "keyrack.invalid")];
    let result = get_by_env(&vars, &NetSettings::default(), &far_https()).await;
    // The name exists nowhere: that it was looked up here proves that the proxy was not asked.
    assert_fails(result, NetErrorKind::Dns, &format!("{FAR}:443"));
    assert_eq!(proxy.log.connections(), 0);
}

#[tokio::test]
async fn a_malformed_variable_is_reported_and_nothing_is_sent() {
    let vars = [("https_proxy", "http://ana:hunter2@proxy:port")];
    let result = get_by_env(&vars, &NetSettings::default(), &far_https()).await;
    let error = assert_fails(result, NetErrorKind::BadProxySetting, "https_proxy");
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
}

#[tokio::test]
async fn a_malformed_proxy_of_the_host_is_reported_at_once() {
    let error = network().transport(&by("ftp://ana:hunter2@proxy")).map(|_| ()).unwrap_err();
    assert_eq!(error.kind, NetErrorKind::BadProxySetting);
    assert!(!format!("{error:?} {:?}", by("ftp://ana:hunter2@proxy")).contains("hunter2"), "{error:?}");
}

#[tokio::test]
async fn the_proxy_s_port_is_closed() {
    let dead = dead_address().await;
    let result = get_with(&network(), &by(format!("http://{dead}")), far_https()).await;
    let error = assert_fails(result, NetErrorKind::ProxyRefused, &dead.to_string());
    assert!(error.detail.contains(&format!("on the way to {FAR}:443")), "{error}");
}

#[tokio::test]
async fn the_proxy_wants_a_log_in() {
    let proxy = refusing("HTTP/1.1 407 Proxy Authentication Required").await;
    let result = get_with(&network(), &by(proxy.http_url("")), far_https()).await;
    assert_fails(result, NetErrorKind::ProxyAuth, &proxy.address.to_string());
    // Plain http is forwarded, not tunnelled: there the refusal is an answer.
    let answer = get_with(&network(), &by(proxy.http_url("")), format!("http://{FAR}/")).await.unwrap();
    assert_eq!(answer.status, 407);
}

#[tokio::test]
async fn the_proxy_refuses_the_host() {
    let proxy = refusing("HTTP/1.1 403 Forbidden").await;
    let result = get_with(&network(), &by(proxy.http_url("")), far_https()).await;
    let error = assert_fails(result, NetErrorKind::ProxyDenied, &format!("{FAR}:443"));
    assert!(error.detail.contains(&proxy.address.to_string()), "{error}");
}

#[tokio::test]
async fn the_proxy_s_name_has_no_address() {
    for url in [far_https(), format!("http://{FAR}/")] {
        let result = get_with(&network(), &by("http://proxy.keyrack.invalid:3128"), url).await;
        assert_fails(result, NetErrorKind::ProxyDns, "proxy.keyrack.invalid:3128");
    }
}

#[tokio::test]
async fn the_proxy_closes_without_an_answer() {
    let proxy = Server::start(|mut stream, _| async move {
        read_request(&mut stream).await;
    })
    .await;
    let result = get_with(&network(), &by(proxy.http_url("")), far_https()).await;
    let error = assert_fails(result, NetErrorKind::ProxyOrTarget, &format!("{FAR}:443"));
    assert!(error.detail.contains(&proxy.address.to_string()), "{error}");
}

#[tokio::test]
async fn the_proxy_is_silent() {
    let proxy = Server::start(|stream, _| drain(stream)).await;
    let network = Network::new(env(&[]), HASTY, USER_AGENT);
    let result = get_with(&network, &by(proxy.http_url("")), far_https()).await;
    assert_fails(result, NetErrorKind::ProxyOrTarget, &format!("{FAR}:443"));
}

#[tokio::test]
async fn plain_http_through_a_dead_proxy() {
    let dead = dead_address().await;
    let result = get_with(&network(), &by(format!("http://{dead}")), format!("http://{FAR}/")).await;
    let error = assert_fails(result, NetErrorKind::ProxyOrTarget, &format!("{FAR}:80"));
    assert!(error.detail.contains(&dead.to_string()), "{error}");
}

#[tokio::test]
async fn a_certificate_is_refused_through_a_proxy_too() {
    let authority = Authority::new();
    let target = https(authority.issue(FAR, |_| ()).acceptor()).await;
    let proxy = tunnelling(target.address).await;
    let result = get_with(&network(), &by(proxy.http_url("")), far_https()).await;
    let error = assert_fails(result, NetErrorKind::TlsUnknownIssuer, &format!("{FAR}:443"));
    assert!(error.detail.contains(&proxy.address.to_string()), "{error}");
}

#[tokio::test]
async fn the_proxy_s_own_certificate_is_refused() {
    let authority = Authority::new();
    let proxy = https(authority.issue("localhost", |_| ()).acceptor()).await;
    let result = get_with(&network(), &by(proxy.https_url("")), far_https()).await;
    assert_fails(result, NetErrorKind::TlsUnknownIssuer, &proxy.name());
}

#[tokio::test]
async fn through_a_socks_proxy_that_resolves_names() {
    let authority = Authority::new();
    let target = https(authority.issue(FAR, |_| ()).acceptor()).await;
    let proxy = socks(0, Some(target.address)).await;
    let settings = NetSettings { proxy: Some(format!("socks5h://{}", proxy.address)), ..authority.trusted() };
    assert_eq!(get_with(&network(), &settings, far_https()).await.unwrap().body, "fine");
    assert_eq!(proxy.log.heads(), [FAR]);
}

#[tokio::test]
async fn socks_failures() {
    let dead = dead_address().await;
    for url in [far_https(), format!("http://{FAR}/")] {
        let result = get_with(&network(), &by(format!("socks5h://{dead}")), url.clone()).await;
        assert_fails(result, NetErrorKind::Socks, &dead.to_string());
        let proxy = socks(4, None).await;
        let result = get_with(&network(), &by(format!("socks5h://{}", proxy.address)), url.clone()).await;
        let error = assert_fails(result, NetErrorKind::Socks, &proxy.address.to_string());
        assert!(error.detail.to_lowercase().contains("unreachable"), "the proxy's reason is told: {error}");
        // With plain socks5 the name is looked up here.
        let result = get_with(&network(), &by(format!("socks5://{}", proxy.address)), url).await;
        assert_eq!(result.unwrap_err().kind, NetErrorKind::Dns);
    }
}

#[tokio::test]
async fn plain_http_to_loopback_is_not_handed_to_a_proxy_elsewhere() {
    let settings = NetSettings { proxy: Some("http://proxy.keyrack.invalid:3128".into()), ..NetSettings::default() };
    let result = network().transport(&settings).unwrap().send(Request::get("http://127.0.0.1:1/")).await;
    assert_fails(result, NetErrorKind::PlainHttp, "127.0.0.1:1");
}

#[test]
fn the_proxy_in_use_can_be_asked_for() {
    let network = Network::new(env(&[("HTTPS_PROXY", "http://ana:hunter2@proxy:3128")]), PATIENT, USER_AGENT);
    let used = network.proxy_for(&NetSettings::default(), &far_https()).unwrap().unwrap();
    assert_eq!((used.origin, used.scheme.as_str(), used.address.as_str()), ("HTTPS_PROXY", "http", "proxy:3128"));
    assert_eq!(network.proxy_for(&NetSettings::default(), "http://localhost/").unwrap(), None);
    assert!(!format!("{network:?} {used:?}").contains("hunter2"));
}

#[tokio::test]
async fn nobody_answers_at_the_proxy() {
    let (listener, _waiting) = full_backlog().await;
    let dead = listener.local_addr().unwrap();
    let network = Network::new(env(&[]), HASTY, USER_AGENT);
    for url in [far_https(), format!("http://{FAR}/")] {
        let result = get_with(&network, &by(format!("http://{dead}")), url).await;
        assert_fails(result, NetErrorKind::ConnectTimeout, &dead.to_string());
    }
}
