//! A secret goes only below the named endpoints of its host, however a URL is dressed up; and over TLS.

use std::sync::Mutex;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use keyrack::hosts::{Endpoints, Wire};
use keyrack::net::{NetError, NetErrorKind, Request, Response, Transport};
use keyrack::secret::{Masker, SecretText};

const TOKEN: &str = "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";

/// Remembers what would have been sent.
#[derive(Default)]
struct Spy(Mutex<Vec<String>>);

impl Transport for Spy {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, NetError>> {
        self.0.lock().unwrap().push(request.url);
        Box::pin(async { Ok(Response::of(200, &[], "{}")) })
    }
}

async fn sent(base: &str, url: &str) -> bool {
    let spy = Spy::default();
    let endpoints = Endpoints::from([("api".to_owned(), base.to_owned())]);
    let token = SecretText::from(TOKEN);
    let now: Timestamp = "2026-11-23T04:00:00Z".parse().unwrap();
    let wire = Wire::new(&spy, endpoints, Masker::new([&token]), now);
    let result = wire.send(Request::get(url).bearer(&token)).await;
    let sent = !spy.0.lock().unwrap().is_empty();
    if !sent {
        assert_eq!(result.unwrap_err().kind, NetErrorKind::BadUrl, "{url}");
    }
    sent
}

#[tokio::test]
async fn a_url_that_only_looks_like_an_endpoint_gets_nothing() {
    let base = "https://api.github.com";
    for url in [
        "https://api.github.com.evil.test/user",
        "https://api.github.com@evil.test/user",
        "https://api.github.com:secret@evil.test/user",
        "https://api.github.com%2f@evil.test/user",
        "https://api.github.com\\@evil.test/user",
        "https://api.github.com\\.evil.test/user",
        "https://evil.test\\@api.github.com/user",
        "https://ana@api.github.com/user",
        "https://ana:pw@api.github.com/user",
        "https://evil.test/https://api.github.com/user",
        "https://evil.test/?https://api.github.com/user",
        "https://api.github.com:8443/user",
        "https://api.github.com:80/user",
        "http://api.github.com/user",
        "ftp://api.github.com/user",
        "//api.github.com/user",
        "/user",
        "",
        "https://api.github.com./user",
        "https://xapi.github.com/user",
        "https://api.gıthub.com/user",
        "https://аpi.github.com/user",
        "https://xn--pi-7lc.github.com/user",
        "https://api.github.com/user#fragment",
        "https://api.github.com/us er",
        "https://api.github.com/us\ter",
        "https://api.github.com/user\r\nX-Evil: 1",
        "https://api.git\nhub.com/user",
        "https://api.github.com\u{0}.evil.test/user",
        " https://api.github.com/user",
    ] {
        assert!(!sent(base, url).await, "{url:?}");
    }
    for url in
        [base, "https://api.github.com/", "https://api.github.com/user?a=b&c=..%2f", "https://api.github.com?x=1"]
    {
        assert!(sent(base, url).await, "{url}");
    }
    // The same place in another spelling is the same place.
    assert!(sent(base, "https://API.GITHUB.COM:443/user").await);
}

#[tokio::test]
async fn a_path_cannot_climb_out_of_its_endpoint() {
    let base = "https://git.example.test/gitlab/api/v4";
    for rest in [
        "/../../admin",
        "/..",
        "/./x",
        "/%2e%2e/%2e%2e/admin",
        "/%2E./admin",
        "/x%2f..%2f..%2fadmin",
        "/x%5c..%5cadmin",
        "/%252e%252e/admin",
        "/users\\..\\..\\admin",
        "/x%0d%0aX-Evil:1",
        "/x%00",
        "x",
        "-evil/x",
    ] {
        assert!(!sent(base, &format!("{base}{rest}")).await, "{rest}");
    }
    assert!(!sent(base, "https://git.example.test/gitlab/api/v40").await);
    assert!(!sent(base, "https://git.example.test/GITLAB/api/v4/user").await);
    for rest in ["", "/", "/projects/a%2Fb", "/users/..x", "/a...b", "?x=/../", "//x"] {
        assert!(sent(base, &format!("{base}{rest}")).await, "{rest}");
    }
}

#[tokio::test]
async fn an_endpoint_that_is_no_plain_base_url_is_nobodys() {
    for base in [
        "",
        "/",
        "https://",
        "https://ana:pw@acme.test",
        "https://acme.test?x=",
        "https://acme.test#",
        "acme.test",
        "data:x",
    ] {
        for rest in ["", "/user", "user"] {
            assert!(!sent(base, &format!("{base}{rest}")).await, "{base} {rest}");
        }
    }
}

#[tokio::test]
async fn what_is_refused_is_told_without_the_secret() {
    let spy = Spy::default();
    let token = SecretText::from(TOKEN);
    let endpoints = Endpoints::from([("api".to_owned(), "https://api.github.com".to_owned())]);
    let wire = Wire::new(&spy, endpoints, Masker::new([&token]), "2026-11-23T04:00:00Z".parse().unwrap());
    let error =
        wire.send(Request::get(format!("https://evil.test/{TOKEN}?t={TOKEN}")).bearer(&token)).await.unwrap_err();
    let evidence = wire.take_evidence();
    assert!(!format!("{error} {error:?} {evidence:?}").contains(TOKEN), "{error}");
    assert_eq!(evidence.len(), 1);
}
