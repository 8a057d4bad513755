//! Names, ports and connections that fail.

use std::time::Duration;

use keyrack::net::NetErrorKind;
use tokio::io::AsyncWriteExt;

use crate::support::{Server, assert_fails, dead_address, drain, full_backlog, get, get_hasty, read_request};

#[tokio::test]
async fn a_name_without_an_address() {
    let error = assert_fails(
        get("https://git.keyrack.invalid/x?token=hunter2".into()).await,
        NetErrorKind::Dns,
        "git.keyrack.invalid:443",
    );
    assert!(!error.detail.is_empty() && !error.to_string().contains("hunter2"), "{error}");
}

#[tokio::test]
async fn a_closed_port() {
    let address = dead_address().await;
    assert_fails(get(format!("http://{address}/")).await, NetErrorKind::Refused, &address.to_string());
    assert_fails(get(format!("https://{address}/")).await, NetErrorKind::Refused, &address.to_string());
}

#[tokio::test]
async fn no_way_to_the_host() {
    // No connection can be made to the address of everybody; the system says so without sending anything.
    let result = get("https://255.255.255.255/".into()).await;
    assert_fails(result, NetErrorKind::NoRoute, "255.255.255.255:443");
}

#[tokio::test]
async fn a_connection_that_is_reset() {
    let server = Server::start(|mut stream, _| async move {
        read_request(&mut stream).await;
        stream.set_zero_linger().unwrap();
    })
    .await;
    assert_fails(get(server.http_url("/")).await, NetErrorKind::Reset, &server.address.to_string());
}

#[tokio::test]
async fn nobody_answers_the_connection_attempt() {
    let (listener, _waiting) = full_backlog().await;
    let address = listener.local_addr().unwrap();
    for scheme in ["http", "https"] {
        let target = address.to_string();
        assert_fails(get_hasty(format!("{scheme}://{address}/")).await, NetErrorKind::ConnectTimeout, &target);
    }
    // By name the limit on the whole attempt strikes before the one on TCP: the second look must tell them apart.
    let target = format!("localhost:{}", address.port());
    assert_fails(get_hasty(format!("https://{target}/")).await, NetErrorKind::ConnectTimeout, &target);
}

#[tokio::test]
async fn a_server_that_never_speaks_tls() {
    let server = Server::start(|stream, _| drain(stream)).await;
    let error = assert_fails(get_hasty(server.https_url("/")).await, NetErrorKind::TlsTimeout, &server.name());
    assert!(error.detail.starts_with("after "), "{error}");
}

#[tokio::test]
async fn a_server_that_takes_the_request_and_is_silent() {
    let server = Server::start(|stream, _| drain(stream)).await;
    assert_fails(get_hasty(server.http_url("/")).await, NetErrorKind::ReadTimeout, &server.address.to_string());
}

#[tokio::test]
async fn a_server_that_drips() {
    let server = Server::start(|mut stream, _| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n").await;
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    })
    .await;
    assert_fails(get_hasty(server.http_url("/")).await, NetErrorKind::ReadTimeout, &server.address.to_string());
}

#[tokio::test]
async fn a_server_that_closes_without_an_answer() {
    let server = Server::start(|mut stream, _| async move {
        read_request(&mut stream).await;
    })
    .await;
    assert_fails(get(server.http_url("/")).await, NetErrorKind::ClosedEarly, &server.address.to_string());
}

#[tokio::test]
async fn a_server_that_closes_inside_the_body() {
    let server = Server::start(|mut stream, _| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").await;
    })
    .await;
    assert_fails(get(server.http_url("/")).await, NetErrorKind::ClosedEarly, &server.address.to_string());
}

#[tokio::test]
async fn a_server_that_closes_during_the_handshake() {
    let server = Server::start(|stream, _| async move {
        let mut buffer = [0; 4096];
        // All of the ClientHello is taken, so that the close is a clean one.
        let _ = tokio::io::AsyncReadExt::read(&mut { stream }, &mut buffer).await;
    })
    .await;
    let error = get(server.https_url("/")).await.unwrap_err();
    assert!(matches!(error.kind, NetErrorKind::ClosedEarly | NetErrorKind::Reset), "{error}");
    assert!(error.detail.contains("while connecting"), "{error}");
}

#[tokio::test]
async fn another_protocol_on_the_port() {
    let server = Server::start(|mut stream, _| async move {
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2p1\r\n").await;
        drain(stream).await;
    })
    .await;
    let error = assert_fails(get(server.http_url("/")).await, NetErrorKind::NotHttp, &server.address.to_string());
    assert!(!error.detail.is_empty(), "{error}");
}
