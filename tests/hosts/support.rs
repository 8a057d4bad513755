//! Transports that need no network: recorded answers in order, and a simulated site called directly.

#![allow(dead_code, reason = "not every family needs every helper")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use keyrack::domain::{Host, Kind, Validation};
use keyrack::hosts::{Authority, Family, Revocation, Session, Wire};
use keyrack::net::{NetError, Request, Response, Transport};
use keyrack::secret::{Masker, Secret};
use keyrack::simulator::{SimRequest, Site};

/// The moment at which all these tests take place.
pub fn now() -> Timestamp {
    "2026-11-23T04:00:00Z".parse().unwrap()
}

/// Answers requests from a list, in order, and remembers them.
pub struct Recorded {
    answers: Mutex<VecDeque<Result<Response, NetError>>>,
    pub seen: Mutex<Vec<Request>>,
}

impl Recorded {
    pub fn new(answers: impl IntoIterator<Item = Response>) -> Self {
        Self::with_errors(answers.into_iter().map(Ok))
    }

    pub fn with_errors(answers: impl IntoIterator<Item = Result<Response, NetError>>) -> Self {
        Self { answers: Mutex::new(answers.into_iter().collect()), seen: Mutex::new(Vec::new()) }
    }

    /// Method and URL of every request so far.
    pub fn lines(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().map(|r| format!("{} {}", r.method.as_str(), r.url)).collect()
    }
}

impl Transport for Recorded {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, NetError>> {
        let line = request.line();
        self.seen.lock().unwrap().push(request);
        let answer = self.answers.lock().unwrap().pop_front();
        Box::pin(async move { answer.unwrap_or_else(|| panic!("no answer was recorded for {line}")) })
    }
}

/// Hands requests straight to a simulated site.
pub struct Direct(pub Arc<dyn Site>);

impl Transport for Direct {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, NetError>> {
        let mut url = url::Url::parse(&request.url).unwrap();
        if let Some((name, value)) = &request.query {
            url.query_pairs_mut().append_pair(name, value.reveal());
        }
        let body = match &request.body {
            keyrack::net::Body::Empty => String::new(),
            keyrack::net::Body::Text(text) => text.clone(),
            keyrack::net::Body::Secret(text) => text.reveal().to_owned(),
        };
        let mut headers: Vec<(String, String)> =
            request.headers.iter().map(|(n, v)| (n.to_ascii_lowercase(), v.reveal().to_owned())).collect();
        if !headers.iter().any(|(n, _)| n == "host") {
            let host = match url.port() {
                Some(port) => format!("{}:{port}", url.host_str().unwrap()),
                None => url.host_str().unwrap().to_owned(),
            };
            headers.push(("host".into(), host));
        }
        let seen = SimRequest {
            method: request.method.as_str().into(),
            path: url.path().into(),
            query: url.query().unwrap_or("").into(),
            headers,
            body,
        };
        let answer = self.0.answer(&seen, now());
        Box::pin(async move {
            Ok(Response {
                status: answer.status,
                headers: answer.headers,
                body: answer.body,
                truncated: false,
                elapsed: std::time::Duration::from_millis(1),
            })
        })
    }
}

/// What `Site` calls itself at a made-up loopback address, as a host record.
pub fn host_of(site: &dyn Site) -> Host {
    let listen = "http://127.0.0.1:1";
    let mut host = Host::new(site.name(), site.family(), site.url(listen));
    host.region = site.region();
    host.endpoints = site.endpoints(listen).into_iter().collect();
    host
}

/// A wire as `ops` builds it: family defaults, then the record's own endpoints.
pub fn wire<'a>(family: &dyn Family, host: &Host, transport: &'a dyn Transport, secrets: &[&Secret]) -> Wire<'a> {
    let mut endpoints = family.endpoints(host).unwrap();
    endpoints.extend(host.endpoints.clone());
    let masker = Masker::new(secrets.iter().flat_map(|s| std::iter::once(&s.token).chain(s.session.as_ref())));
    Wire::new(transport, endpoints, masker, now())
}

/// Validates once.
pub async fn validate(
    family: &dyn Family,
    host: &Host,
    transport: &dyn Transport,
    kind: Kind,
    username: Option<&str>,
    secret: &Secret,
) -> Validation {
    let session = Session { wire: wire(family, host, transport, &[secret]), host, kind, username, secret };
    family.validate(&session).await
}

/// Revokes once.
#[allow(clippy::too_many_arguments, reason = "a test helper that mirrors the trait")]
pub async fn revoke(
    family: &dyn Family,
    host: &Host,
    transport: &dyn Transport,
    kind: Kind,
    username: Option<&str>,
    secret: &Secret,
    remote_id: Option<&str>,
    using: Option<&Authority>,
) -> Revocation {
    let mut secrets = vec![secret];
    secrets.extend(using.map(|u| &u.secret));
    let session = Session { wire: wire(family, host, transport, &secrets), host, kind, username, secret };
    family.revoker().expect("this family revokes").revoke(&session, remote_id, using).await
}

/// A secret of one part.
pub fn token(text: &str) -> Secret {
    Secret::token(text.into())
}
