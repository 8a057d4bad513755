//! What is sent and what comes back: headers, bodies, caps, redirects, connections.

use keyrack::net::{BODY_CAP, Method, NetErrorKind, NetSettings, Request};
use keyrack::secret::SecretText;

use crate::support::{Server, assert_fails, dead_address, get, get_with, header, network, ok};

const FAKE: &str = "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";

/// gzip of `length` times the letter a, one run after the other (13 bits for 258 bytes), without its check sum.
fn gzip_run(length: usize) -> Vec<u8> {
    let mut bits: Vec<bool> = vec![true, true, false];
    let mut code = |value: u32, width: u32| (0..width).rev().for_each(|bit| bits.push(value >> bit & 1 == 1));
    let letter = 0x30 + u32::from(b'a');
    code(letter, 8);
    for _ in 0..(length - 1) / 258 {
        code(0b1100_0101, 8);
        code(0, 5);
    }
    for _ in 0..(length - 1) % 258 {
        code(letter, 8);
    }
    code(0, 7);
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    bytes.extend(bits.chunks(8).map(|c| c.iter().enumerate().fold(0, |byte, (n, bit)| byte | u8::from(*bit) << n)));
    bytes
}

/// The check sum and length that end a gzip stream.
fn gzip_end(length: usize) -> Vec<u8> {
    let crc = (0..length).fold(!0_u32, |crc, _| {
        (0..8).fold(crc ^ u32::from(b'a'), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    });
    [(!crc).to_le_bytes(), u32::try_from(length).unwrap().to_le_bytes()].concat()
}

fn gzip_answer(body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn a_request_arrives_as_it_was_built() {
    let server = Server::http(
        "HTTP/1.1 201 Created\r\nX-OAuth-Scopes: repo\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n\r\n{}",
    )
    .await;
    let transport = network().transport(&NetSettings::default()).unwrap();
    let request = Request::post(server.http_url("/x?y=1"))
        .header("Accept", "application/json")
        .secret_header("PRIVATE-TOKEN", SecretText::from(FAKE))
        .secret_body("application/json", SecretText::from(r#"{"password":"hunter2"}"#));
    let answer = transport.send(request).await.unwrap();
    let head = &server.log.heads()[0];
    assert!(head.starts_with("POST /x?y=1 HTTP/1.1\r\n"), "{head}");
    assert_eq!(header(head, "private-token"), Some(FAKE));
    assert_eq!(header(head, "accept"), Some("application/json"));
    assert_eq!(header(head, "user-agent"), Some(concat!("keyrack/", env!("CARGO_PKG_VERSION"))));
    assert!(head.ends_with(r#"{"password":"hunter2"}"#), "{head}");
    assert_eq!((answer.status, answer.body.as_str(), answer.truncated), (201, "{}", false));
    assert_eq!(answer.header("X-OAuth-Scopes"), Some("repo"));
    assert_eq!(answer.headers.iter().filter(|(n, _)| n == "set-cookie").count(), 2);
    assert!(!answer.elapsed.is_zero());
}

#[tokio::test]
async fn every_method_is_sent_and_an_own_user_agent_wins() {
    let server = Server::http(ok("")).await;
    let transport = network().transport(&NetSettings::default()).unwrap();
    for method in [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete] {
        let request = Request::new(method, server.http_url("/")).header("User-Agent", "other/1");
        transport.send(request).await.unwrap();
        let head = server.log.heads().pop().unwrap();
        assert!(head.starts_with(&format!("{} / ", method.as_str())), "{head}");
        assert_eq!(header(&head, "user-agent"), Some("other/1"));
    }
    // Servers answer 411 to a POST that does not say that it is empty.
    assert_eq!(header(&server.log.heads()[1], "content-length"), Some("0"));
}

#[tokio::test]
async fn sequential_requests_share_a_connection() {
    let server = Server::http(ok("x")).await;
    let network = network();
    for _ in 0..5 {
        // Asked for anew each time: equal settings share a client.
        get_with(&network.clone(), &NetSettings::default(), server.http_url("/")).await.unwrap();
    }
    assert_eq!((server.log.connections(), server.log.heads().len()), (1, 5));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_the_token_goes_nowhere_else() {
    let elsewhere = Server::http(ok("stolen")).await;
    let location = elsewhere.http_url("/login");
    let server = Server::http(format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")).await;
    let transport = network().transport(&NetSettings::default()).unwrap();
    let request = Request::get(server.http_url("/")).bearer(&SecretText::from(FAKE));
    let answer = transport.send(request).await.unwrap();
    assert_eq!((answer.status, answer.header("Location")), (302, Some(location.as_str())));
    assert_eq!(elsewhere.log.connections(), 0);
}

#[tokio::test]
async fn a_body_of_exactly_the_cap_is_whole_and_one_byte_more_is_cut() {
    for (length, truncated) in [(BODY_CAP, false), (BODY_CAP + 1, true), (3 * BODY_CAP, true)] {
        let server = Server::http(ok(&"x".repeat(length))).await;
        let answer = get(server.http_url("/")).await.unwrap();
        assert_eq!((answer.body.len(), answer.truncated), (BODY_CAP, truncated));
    }
}

#[tokio::test]
async fn gzip_is_decoded() {
    let server = Server::http(gzip_answer(&[gzip_run(1000), gzip_end(1000)].concat())).await;
    let answer = get(server.http_url("/")).await.unwrap();
    assert_eq!((answer.body, answer.truncated), ("a".repeat(1000), false));
    assert_eq!(header(&server.log.heads()[0], "accept-encoding"), Some("gzip"));
}

#[tokio::test]
async fn a_gzip_bomb_is_cut_by_what_it_becomes() {
    let bomb = gzip_run(4 * BODY_CAP);
    assert!(bomb.len() < BODY_CAP / 4, "it is small on the wire");
    let server = Server::http(gzip_answer(&bomb)).await;
    let answer = get(server.http_url("/")).await.unwrap();
    assert_eq!((answer.body.len(), answer.truncated), (BODY_CAP, true));
}

#[tokio::test]
async fn a_body_that_is_not_what_it_says_is_no_answer() {
    let server = Server::http(gzip_answer(b"this is not gzip at all")).await;
    let error = assert_fails(get(server.http_url("/")).await, NetErrorKind::NotHttp, &server.address.to_string());
    assert!(error.detail.contains("decoded"), "{error}");
}

#[tokio::test]
async fn damaged_text_is_shown_as_such() {
    let server = Server::http(b"HTTP/1.1 200 OK\r\nX-Odd: \xff\r\nContent-Length: 3\r\n\r\na\xffb".to_vec()).await;
    let answer = get(server.http_url("/")).await.unwrap();
    assert_eq!(answer.body, "a\u{fffd}b");
    assert_eq!(answer.header("x-odd"), Some("\u{fffd}"));
}

#[tokio::test]
async fn endless_headers_are_no_answer() {
    let many: String = (0..500).map(|n| format!("H{n}: x\r\n")).collect();
    let server = Server::http(format!("HTTP/1.1 200 OK\r\n{many}Content-Length: 0\r\n\r\n")).await;
    assert_fails(get(server.http_url("/")).await, NetErrorKind::NotHttp, &server.address.to_string());
}

#[tokio::test]
async fn plain_http_beyond_loopback_is_refused_unless_allowed() {
    let url = "http://git.keyrack.invalid/x";
    // Were anything sent, it would be the name that fails.
    assert_fails(get(url.into()).await, NetErrorKind::PlainHttp, "git.keyrack.invalid:80");
    let allowed = NetSettings { allow_http: true, ..NetSettings::default() };
    let result = get_with(&network(), &allowed, url.into()).await;
    assert_fails(result, NetErrorKind::Dns, "git.keyrack.invalid:80");
}

#[tokio::test]
async fn a_header_that_cannot_be_sent_is_not() {
    let dead = dead_address().await;
    let request = Request::get(format!("http://{dead}/")).secret_header("X-Key", "hunter2\nX-More: 1".into());
    let error = network().transport(&NetSettings::default()).unwrap().send(request).await.unwrap_err();
    assert_eq!((error.kind, error.target), (NetErrorKind::Other, dead.to_string()));
    assert!(error.detail.contains("nothing was sent") && !error.detail.contains("hunter2"), "{}", error.detail);
}

#[tokio::test]
async fn urls_that_are_none_are_refused() {
    for url in ["ftp://127.0.0.1/", "https://ana:hunter2@127.0.0.1/", "nonsense"] {
        let error = get(url.into()).await.unwrap_err();
        assert_eq!(error.kind, NetErrorKind::BadUrl, "{url}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
}

#[tokio::test]
async fn no_error_shows_a_secret_or_a_query() {
    let network = network();
    let transport = network.transport(&NetSettings::default()).unwrap();
    let dead = dead_address().await;
    let request = Request::get(format!("http://{dead}/x?private_token={FAKE}"))
        .basic("ana", &SecretText::from(FAKE))
        .secret_header("X-Api-Key", SecretText::from(FAKE));
    let shown = format!("{:?}", request.headers);
    assert!(!shown.contains("NotAReal"), "{shown}");
    let error = transport.send(request).await.unwrap_err();
    let shown = format!("{error} {error:?} {network:?}");
    assert!(!shown.contains("NotAReal") && !shown.contains("private_token"), "{shown}");
}
