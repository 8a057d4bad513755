//! A [`Transport`] that keeps what passes through it: for transcripts that go into a bug report, and for comparing a real
//! host with what keyrack expects of it.
//!
//! What is secret in a request is left out when it is kept. Answers are kept as they came, so whoever shows them has to
//! redact them first.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;

use super::{Body, HeaderText, Method, NetError, Request, Response, Transport};

/// A request without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The method.
    pub method: Method,
    /// The whole URL.
    pub url: String,
    /// Names and values of the headers; no value where it is secret.
    pub headers: Vec<(String, Option<String>)>,
    /// The body; none where it is empty or secret.
    pub body: Option<String>,
}

impl Sent {
    /// The action that an AWS request names in its body or header, where everything else about it is always the same.
    #[must_use]
    pub fn action(&self) -> Option<&str> {
        let target = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("x-amz-target"));
        let in_header = target.and_then(|(_, value)| value.as_deref());
        let in_body = || self.body.as_deref()?.split('&').find_map(|p| p.strip_prefix("Action="));
        in_header.or_else(in_body)
    }
}

/// A request and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// What was sent.
    pub sent: Sent,
    /// What came back, not redacted.
    pub answer: Result<Response, NetError>,
}

/// Passes requests on and keeps every exchange.
pub struct Recorder {
    inner: Arc<dyn Transport>,
    kept: Mutex<Vec<Exchange>>,
}

impl Recorder {
    /// A recorder in front of `inner`.
    #[must_use]
    pub fn new(inner: Arc<dyn Transport>) -> Self {
        Self { inner, kept: Mutex::new(Vec::new()) }
    }

    /// Everything so far, in the order of the answers; leaves nothing behind.
    #[must_use]
    pub fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Transport for Recorder {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, NetError>> {
        let sent = without_secrets(&request);
        Box::pin(async move {
            let answer = self.inner.send(request).await;
            let exchange = Exchange { sent, answer: answer.clone() };
            self.kept.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
            answer
        })
    }
}

fn without_secrets(request: &Request) -> Sent {
    let value = |text: &HeaderText| match text {
        HeaderText::Plain(text) => Some(text.clone()),
        HeaderText::Secret(_) => None,
    };
    Sent {
        method: request.method,
        url: request.url.clone(),
        headers: request.headers.iter().map(|(name, text)| (name.clone(), value(text))).collect(),
        body: match &request.body {
            Body::Text(text) => Some(text.clone()),
            Body::Empty | Body::Secret(_) => None,
        },
    }
}
