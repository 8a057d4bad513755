//! A transport that answers by what is asked: a signature's request with its recorded answer, others with theirs.

use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::BoxFuture;
use keyrack::hosts::signatures::{AnswerFacts, SignatureFacts, SignatureFile};
use keyrack::net::{Body, NetError, NetErrorKind, Request, Response, Transport};

/// One exchange.
pub struct Exchange<'a> {
    signature: &'a SignatureFacts,
    before: Vec<&'a AnswerFacts>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    used: Vec<usize>,
    asked: bool,
    unanswered: Vec<String>,
}

impl<'a> Exchange<'a> {
    pub fn new(file: &'a SignatureFile, signature: &'a SignatureFacts) -> Self {
        let named = |name: &String| file.answers.iter().find(|answer| answer.name == *name);
        let before = signature.before.iter().filter_map(named).collect();
        Self { signature, before, state: Mutex::default() }
    }

    /// Whether the signature's own request was made, and what was asked that nothing is recorded for.
    pub fn end(self) -> (bool, Vec<String>) {
        let state = self.state.into_inner().unwrap();
        (state.asked, state.unanswered)
    }

    fn answer(&self, request: &Request) -> Option<Response> {
        let mut state = self.state.lock().unwrap();
        let fits = |at: &usize| is_asked(&self.before[*at].request, request);
        let unused: Vec<usize> = (0..self.before.len()).filter(|at| !state.used.contains(at)).filter(fits).collect();
        // Earlier rounds of the very request that fails in the end.
        let earlier = unused.iter().find(|at| self.before[**at].request == self.signature.request);
        let other = earlier.copied().or_else(|| {
            if is_asked(&self.signature.request, request) {
                return None;
            }
            unused.first().copied().or_else(|| (0..self.before.len()).rev().find(fits))
        });
        if let Some(at) = other {
            state.used.push(at);
            let answer = self.before[at];
            return Some(response(answer.status, &answer.headers, &answer.body));
        }
        if is_asked(&self.signature.request, request) {
            state.asked = true;
            let signature = self.signature;
            return Some(response(signature.status.unwrap_or(0), &signature.headers, &signature.body));
        }
        state.unanswered.push(format!("{} {}", request.method.as_str(), request.url));
        None
    }
}

impl Transport for Exchange<'_> {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, NetError>> {
        let answer = self.answer(&request);
        let nothing = || NetError::new(NetErrorKind::ClosedEarly, request.line(), "nothing is recorded for it");
        let answer = answer.ok_or_else(nothing);
        Box::pin(async move { answer })
    }
}

fn response(status: u16, headers: &[String], body: &str) -> Response {
    let split = |header: &String| {
        let (name, value) = header.split_once(": ").unwrap_or_else(|| panic!("`{header}` is no header"));
        (name.to_owned(), value.to_owned())
    };
    Response {
        status,
        headers: headers.iter().map(split).collect(),
        body: body.to_owned(),
        truncated: false,
        elapsed: Duration::ZERO,
    }
}

/// Whether a request is the one that `METHOD target[ with TEXT]` means.
fn is_asked(pattern: &str, request: &Request) -> bool {
    let (pattern, with) = pattern.split_once(" with ").unwrap_or((pattern, ""));
    let Some((method, target)) = pattern.split_once(' ') else { return false };
    let url = if target.contains('?') { request.url.as_str() } else { request.url.split('?').next().unwrap_or("") };
    let url = if target.starts_with('/') { path_of(url) } else { url };
    let body = match &request.body {
        Body::Empty => "",
        Body::Text(text) => text,
        Body::Secret(text) => text.reveal(),
    };
    let in_headers = request.headers.iter().any(|(_, value)| value.reveal().contains(with));
    (method == "*" || method == request.method.as_str()) && fits(target, url) && (body.contains(with) || in_headers)
}

fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or("/", |at| &rest[at..])
}

/// Whether `text` fits a pattern in which `*` stands for anything.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut last = None;
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
        last = Some(part);
    }
    rest.is_empty() || last.is_some_and(|part| part.is_empty() || text.ends_with(part))
}

#[test]
fn patterns_fit_what_they_mean() {
    let get = Request::get("https://api.example.com/v1/user?page=1");
    for pattern in ["GET /v1/user", "* *", "GET https://api.example.com/*", "GET /v1/u*", "GET /*/user", "GET *?page=*"]
    {
        assert!(is_asked(pattern, &get), "{pattern}");
    }
    for pattern in ["POST /v1/user", "GET /v1/use", "GET /user", "GET https://*/v2/*", "GET /v1/user with x", "GET"] {
        assert!(!is_asked(pattern, &get), "{pattern}");
    }
    let post = Request::post("https://sts.example.com/").text_body("text/plain", "Action=Look");
    assert!(is_asked("POST / with Action=Look", &post) && !is_asked("POST / with Action=Make", &post));
}
