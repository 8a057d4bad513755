//! Tiny servers on loopback, a certificate authority of our own, and a network with short time limits.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use keyrack::net::client::{Network, Timeouts, USER_AGENT};
use keyrack::net::proxy::ProxyEnv;
use keyrack::net::{NetError, NetErrorKind, NetSettings, Request, Response};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What a server saw.
#[derive(Clone, Default)]
pub struct Log {
    connections: Arc<AtomicUsize>,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Log {
    /// How many connections were made.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Every request head (and whatever else was noted), in order.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    pub fn note(&self, text: impl Into<String>) {
        self.heads.lock().unwrap().push(text.into());
    }
}

/// A server on a free loopback port; dies with the test's runtime.
pub struct Server {
    pub address: SocketAddr,
    pub log: Log,
}

impl Server {
    /// Hands every connection to `handler`.
    pub async fn start<F, Fut>(handler: F) -> Self
    where
        F: Fn(TcpStream, Log) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let log = Log::default();
        let seen = log.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                seen.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(handler(stream, seen.clone()));
            }
        });
        Self { address, log }
    }

    /// An HTTP server that gives every request the same answer and keeps connections open.
    pub async fn http(answer: impl Into<Vec<u8>>) -> Self {
        let answer: Arc<Vec<u8>> = Arc::new(answer.into());
        Self::start(move |stream, log| {
            let answer = Arc::clone(&answer);
            async move { serve(stream, &log, &answer).await }
        })
        .await
    }

    pub fn http_url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// By name, as certificates want it.
    pub fn https_url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.address.port())
    }

    /// `localhost:port`, the target that errors name for [`Server::https_url`].
    pub fn name(&self) -> String {
        format!("localhost:{}", self.address.port())
    }
}

/// Answers one request after the other until the client leaves.
pub async fn serve<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, log: &Log, answer: &[u8]) {
    while let Some(head) = read_request(&mut stream).await {
        log.note(head);
        if stream.write_all(answer).await.is_err() || stream.flush().await.is_err() {
            return;
        }
    }
}

/// One request: its head, and its body after it.
pub async fn read_request<S: AsyncRead + Unpin>(stream: &mut S) -> Option<String> {
    let mut bytes = Vec::new();
    let mut byte = [0_u8; 1];
    while !bytes.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).await.ok()? == 0 {
            return None;
        }
        bytes.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let length = header(&head, "content-length").and_then(|n| n.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(head + &String::from_utf8_lossy(&body))
}

/// A header of a request head, whatever its case.
pub fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (n, value) = line.split_once(':')?;
        n.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// A plain answer.
pub fn ok(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// Reads and drops what comes until the other side leaves.
pub async fn drain<S: AsyncRead + Unpin>(mut stream: S) {
    let mut buffer = [0; 4096];
    while stream.read(&mut buffer).await.is_ok_and(|n| n > 0) {}
}

/// A loopback address at which nothing listens, nor will: it stays taken until the process ends.
pub async fn dead_address() -> SocketAddr {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    std::mem::forget(socket);
    address
}

/// A listener whose queue of waiting connections is full: the kernel drops further attempts, as a firewall does.
pub async fn full_backlog() -> (TcpListener, Vec<TcpStream>) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    // A connection on loopback is there at once; a busy machine may need a moment to tell.
    while let Ok(Ok(stream)) = tokio::time::timeout(Duration::from_secs(1), TcpStream::connect(address)).await {
        waiting.push(stream);
        assert!(waiting.len() < 64, "the kernel queues without end");
    }
    (listener, waiting)
}

/// Limits that let a healthy loopback server answer on a busy machine.
pub const PATIENT: Timeouts =
    Timeouts { connect: Duration::from_secs(10), read: Duration::from_secs(10), total: Duration::from_secs(20) };

/// Limits for servers that never answer; long enough for everything before that, also on a busy machine.
pub const HASTY: Timeouts =
    Timeouts { connect: Duration::from_secs(2), read: Duration::from_secs(2), total: Duration::from_secs(5) };

pub fn env(vars: &[(&str, &str)]) -> ProxyEnv {
    ProxyEnv::from_vars(|name| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
}

pub fn network() -> Network {
    Network::new(ProxyEnv::default(), PATIENT, USER_AGENT)
}

pub async fn get_with(network: &Network, settings: &NetSettings, url: String) -> Result<Response, NetError> {
    network.transport(settings)?.send(Request::get(url)).await
}

/// GET with nothing special.
pub async fn get(url: String) -> Result<Response, NetError> {
    get_with(&network(), &NetSettings::default(), url).await
}

/// GET under short limits.
pub async fn get_hasty(url: String) -> Result<Response, NetError> {
    get_with(&Network::new(ProxyEnv::default(), HASTY, USER_AGENT), &NetSettings::default(), url).await
}

/// The error must be of that kind and about that target.
#[track_caller]
pub fn assert_fails(result: Result<Response, NetError>, kind: NetErrorKind, target: &str) -> NetError {
    let error = result.expect_err("an answer came");
    assert_eq!((error.kind, error.target.as_str()), (kind, target), "{error}");
    error
}
