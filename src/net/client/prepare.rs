//! A request as reqwest wants it, secrets in buffers that are wiped with their last use.

use bytes::Bytes;
use reqwest::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};

use crate::net::target::Target;
use crate::net::{Body, HeaderText, Method, NetError, NetErrorKind, Request};
use crate::secret::SecretText;

/// Turns a request into reqwest's.
///
/// # Errors
/// Where a header cannot be sent; its value is not shown.
pub(super) fn prepare(request: Request, target: Target) -> Result<reqwest::Request, NetError> {
    let refused =
        |name: &str, what: &str| NetError::new(NetErrorKind::Other, target.address.clone(), format!("{what} `{name}`"));
    let mut headers = HeaderMap::with_capacity(request.headers.len());
    for (name, value) in request.headers {
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refused(&name, "no name for a header:"))?;
        let value = header_value(value).map_err(|_| {
            refused(&name, "nothing was sent, since a line break or control character stands in the header")
        })?;
        headers.append(key, value);
    }
    let method = match request.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    };
    let mut url = target.url;
    if let Some((name, value)) = &request.query {
        url.query_pairs_mut().append_pair(name, value.reveal());
    }
    let mut prepared = reqwest::Request::new(method, url);
    // Some servers answer 411 to a request that could have a body and does not say that it has none.
    let expects_body = matches!(request.method, Method::Post | Method::Put | Method::Patch);
    if expects_body && matches!(request.body, Body::Empty) {
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    *prepared.headers_mut() = headers;
    *prepared.body_mut() = match request.body {
        Body::Empty => None,
        Body::Text(text) => Some(text.into()),
        Body::Secret(secret) => Some(Bytes::from_owner(Wiped(secret)).into()),
    };
    Ok(prepared)
}

fn header_value(text: HeaderText) -> Result<HeaderValue, reqwest::header::InvalidHeaderValue> {
    match text {
        HeaderText::Plain(text) => HeaderValue::from_maybe_shared(Bytes::from(text)),
        HeaderText::Secret(secret) => {
            let mut value = HeaderValue::from_maybe_shared(Bytes::from_owner(Wiped(secret)))?;
            value.set_sensitive(true);
            Ok(value)
        }
    }
}

/// Lends a secret to the HTTP stack without copying it; wiped when the last borrower lets go.
struct Wiped(SecretText);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        self.0.reveal().as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_header_is_sensitive_and_hidden() {
        let secret = SecretText::from("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");
        let target = Target::parse("https://acme.invalid/x").unwrap();
        let request = Request::post("https://acme.invalid/x").bearer(&secret).secret_body("text/plain", secret);
        let prepared = prepare(request, target).unwrap();
        assert!(prepared.headers()["authorization"].is_sensitive());
        assert!(!format!("{prepared:?}").contains("NotAReal"), "{prepared:?}");
    }

    #[test]
    fn a_line_break_in_a_header_is_refused_without_showing_it() {
        let target = Target::parse("https://acme.invalid/x").unwrap();
        let request = Request::get("https://acme.invalid/x").bearer(&SecretText::from("hunter2\nX: y"));
        let error = prepare(request, target).map(|_| ()).unwrap_err();
        assert!(error.detail.contains("Authorization") && !error.detail.contains("hunter2"), "{error}");
    }
}
