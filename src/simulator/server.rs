//! Puts a [`Site`] on a loopback port.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::{SimRequest, SimResponse, Site};
use crate::domain::Clock;

/// Most bytes of a request body a site reads.
const REQUEST_CAP: usize = 256 * 1024;

/// A site that listens; stops when dropped.
pub struct Running {
    /// The site.
    pub site: Arc<dyn Site>,
    /// `http://127.0.0.1:PORT`.
    pub listen: String,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts a site on a free loopback port. Every answer waits `delay`, to play a far host.
///
/// # Errors
/// Where no loopback port can be opened.
pub async fn start(site: Arc<dyn Site>, delay: Duration, clock: Clock) -> std::io::Result<Running> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let listen = format!("http://{}", listener.local_addr()?);
    let served = Arc::clone(&site);
    let task = tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            let site = Arc::clone(&served);
            tokio::spawn(async move {
                let service = service_fn(move |request| serve(Arc::clone(&site), request, delay, clock));
                // A client that goes away in the middle is no concern of the site.
                let mut http = hyper::server::conn::http1::Builder::new();
                // The date of an answer is that of the site's own clock.
                let _ = http.auto_date_header(false).serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    Ok(Running { site, listen, task })
}

async fn serve(
    site: Arc<dyn Site>,
    request: hyper::Request<Incoming>,
    delay: Duration,
    clock: Clock,
) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, REQUEST_CAP).collect().await.map(|b| b.to_bytes()).unwrap_or_default();
    let seen = SimRequest {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or("").to_owned(),
        headers: head
            .headers
            .iter()
            .map(|(n, v)| (n.as_str().to_owned(), String::from_utf8_lossy(v.as_bytes()).into_owned()))
            .collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    Ok(answer(site.answer(&seen, clock.now()), clock.now()))
}

fn answer(given: SimResponse, now: Timestamp) -> hyper::Response<Full<Bytes>> {
    let mut builder = hyper::Response::builder().status(given.status);
    for (name, value) in &given.headers {
        builder = builder.header(name, value);
    }
    if !given.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("date")) {
        builder = builder.header("date", now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
    }
    builder.body(Full::new(Bytes::from(given.body))).unwrap_or_default()
}
