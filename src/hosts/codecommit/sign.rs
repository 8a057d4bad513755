//! Signature Version 4 over keyrack's requests.
//!
//! Owns the one place where a secret access key is used. The secret itself is never sent; the header made with it, and
//! the session token, are marked secret.
//! Rules: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use jiff::Timestamp;
use url::Url;

use crate::net::{Body, Request};
use crate::secret::{Secret, SecretText};

/// Whose signature it is.
#[derive(Debug, Clone, Copy)]
pub struct Signer<'a> {
    /// Access key id.
    pub key_id: &'a str,
    /// Secret access key, and the session token of temporary credentials.
    pub secret: &'a Secret,
}

/// The request cannot be signed as it is: a part of it cannot stand in a header, or the URL is none. Holds no text of
/// the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request cannot be signed")]
pub struct SignError;

/// Signs the request for `service` in `region` at `now`: every header it has, its host, date and session token.
///
/// The signed host is the URL's, with the port where that is not the scheme's own: what an HTTP client sends.
///
/// # Errors
/// [`SignError`] where a header value is not one, or the URL has no host.
pub fn signed(
    request: Request,
    signer: Signer<'_>,
    service: &str,
    region: &str,
    now: Timestamp,
) -> Result<Request, SignError> {
    // As the HTTP client will see it: host in lower case, default port dropped.
    let url = Url::parse(&request.url).ok().filter(Url::has_host).ok_or(SignError)?;
    let session = signer.secret.session.as_ref();
    let identity = Credentials::new(
        signer.key_id,
        signer.secret.token.reveal(),
        session.map(|s| s.reveal().to_owned()),
        None,
        "keyrack",
    )
    .into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(SystemTime::from(now))
        .settings(SigningSettings::default())
        .build()
        .map_err(|_| SignError)?
        .into();
    let body = match &request.body {
        Body::Empty => "",
        Body::Text(text) => text,
        Body::Secret(text) => text.reveal(),
    };
    let headers = request.headers.iter().map(|(name, value)| (name.as_str(), value.reveal()));
    let signable =
        SignableRequest::new(request.method.as_str(), url.as_str(), headers, SignableBody::Bytes(body.as_bytes()))
            .map_err(|_| SignError)?;
    let (made, _) = sign(signable, &params).map_err(|_| SignError)?.into_parts();
    let mut date = None;
    let mut authorization = None;
    for (name, value) in made.headers() {
        match name {
            "x-amz-date" => date = Some(value.to_owned()),
            "authorization" => authorization = Some(SecretText::from(value)),
            _ => {}
        }
    }
    let request = request.header("X-Amz-Date", date.ok_or(SignError)?);
    let request = match session {
        Some(session) => request.secret_header("X-Amz-Security-Token", session.clone()),
        None => request,
    };
    Ok(request.secret_header("Authorization", authorization.ok_or(SignError)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::HeaderText;

    const KEY: &str = "AKIARZPUZDIKAAISEM2E";

    fn secret() -> Secret {
        Secret::token("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into())
    }

    fn at() -> Timestamp {
        "2026-11-23T04:00:00Z".parse().unwrap()
    }

    fn header<'a>(request: &'a Request, name: &str) -> Option<&'a HeaderText> {
        request.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v)
    }

    fn authorization(url: &str, secret: &Secret) -> String {
        let request = Request::post(url).text_body(
            "application/x-www-form-urlencoded; charset=utf-8",
            "Action=GetCallerIdentity&Version=2011-06-15",
        );
        let signed = signed(request, Signer { key_id: KEY, secret }, "sts", "us-east-1", at()).unwrap();
        header(&signed, "authorization").unwrap().reveal().to_owned()
    }

    #[test]
    fn known_answer_sts() {
        assert_eq!(
            authorization("https://sts.us-east-1.amazonaws.com/", &secret()),
            "AWS4-HMAC-SHA256 Credential=AKIARZPUZDIKAAISEM2E/20261123/us-east-1/sts/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date, \
             Signature=e8eb8d97c4d38394c607491b61d1888f1fbf3a580bc9da1fa77bac0ccd6c2bf4"
        );
    }

    #[test]
    fn known_answer_codecommit() {
        let secret = secret();
        let request = Request::post("https://codecommit.us-east-1.amazonaws.com/")
            .header("X-Amz-Target", "CodeCommit_20150413.ListRepositories")
            .text_body("application/x-amz-json-1.1", "{}");
        let signed = signed(request, Signer { key_id: KEY, secret: &secret }, "codecommit", "us-east-1", at()).unwrap();
        let value = header(&signed, "authorization").unwrap().reveal();
        assert!(value.contains("SignedHeaders=content-type;host;x-amz-date;x-amz-target,"), "{value}");
        assert!(value.ends_with("75d446972ac6baa836dceae17bbdaf460c579e9d4b3ece2151299ddd86e4a116"), "{value}");
        assert_eq!(header(&signed, "x-amz-date").unwrap().reveal(), "20261123T040000Z");
    }

    #[test]
    fn the_signed_host_is_the_one_a_client_sends() {
        let plain = authorization("https://sts.us-east-1.amazonaws.com/", &secret());
        assert_eq!(authorization("https://STS.us-east-1.amazonaws.com:443/", &secret()), plain);
        assert_ne!(authorization("https://sts.us-east-1.amazonaws.com:8443/", &secret()), plain);
    }

    #[test]
    fn a_session_token_is_signed_and_secret_and_nothing_shows_in_debug() {
        let secret = Secret { token: secret().token, session: Some("FwoGZXIvYXdzEXAMPLEtoken".into()) };
        let request = Request::post("https://sts.us-east-1.amazonaws.com/").text_body("text/plain", "x");
        let signed = signed(request, Signer { key_id: KEY, secret: &secret }, "sts", "us-east-1", at()).unwrap();
        let value = header(&signed, "authorization").unwrap();
        assert!(value.reveal().contains(";x-amz-security-token,"), "{}", value.reveal());
        assert!(matches!(value, HeaderText::Secret(_)));
        assert!(matches!(header(&signed, "x-amz-security-token"), Some(HeaderText::Secret(_))));
        let shown = format!("{signed:?} {:?}", Signer { key_id: KEY, secret: &secret });
        assert!(!shown.contains("FwoGZX") && !shown.contains("wJalr") && !shown.contains("Signature="), "{shown}");
    }

    #[test]
    fn what_cannot_be_signed_is_an_error_not_a_panic() {
        let secret = secret();
        let bad = Secret { token: secret.token.clone(), session: Some("line\nbreak".into()) };
        let signer = Signer { key_id: KEY, secret: &bad };
        assert_eq!(signed(Request::post("https://sts.example/"), signer, "sts", "us-east-1", at()), Err(SignError));
        let signer = Signer { key_id: KEY, secret: &secret };
        for url in ["", "/sts", "mailto:x@example.com"] {
            assert_eq!(signed(Request::post(url), signer, "sts", "us-east-1", at()), Err(SignError), "{url}");
        }
    }
}
