//! The probe, and a request beside it, against HAProxy: as what ends TLS in front of a host, and as a proxy that refuses.

use keyrack::net::probe::{ClientCertificate, clock};
use keyrack::net::{NetErrorKind, NetSettings};

use crate::proxies::{FAR, by, far_https, tunnelling};
use crate::real::{Real, both, haproxy};
use crate::support::{get_with, network};
use crate::tls::{Authority, client_leaf};

const FINE: &str = "  http-request return status 200 content-type text/plain string fine";

fn https(authority: &Authority, bind: &str, rules: &str) -> Real {
    haproxy(bind, rules, &authority.issue("localhost", |_| ()).bundle(), &authority.pem)
}

#[tokio::test]
async fn the_http_version_is_what_the_server_chose() {
    let authority = Authority::new();
    for (offer, alpn, version) in [
        ("alpn h2,http/1.1", Some("h2"), "HTTP/2"),
        ("alpn http/1.1", Some("http/1.1"), "HTTP/1.1"),
        ("", None, "HTTP/1.1"),
    ] {
        let server = https(&authority, &format!("ssl crt BUNDLE {offer}"), FINE);
        let walk = both(&network(), &authority.trusted(), &server.url()).await;
        assert_eq!(walk.error(), None);
        let tls = walk.tls.unwrap();
        assert_eq!((tls.alpn.as_deref(), tls.http_version()), (alpn, Some(version)), "{offer}");
        assert!(tls.verified && tls.version.as_deref() == Some("TLS 1.3"), "{tls:#?}");
    }
}

#[tokio::test]
async fn plain_http_on_the_tls_port() {
    let authority = Authority::new();
    let server = https(&authority, "", FINE);
    let walk = both(&network(), &authority.trusted(), &server.url()).await;
    assert_eq!(walk.error().map(|e| e.kind), Some(NetErrorKind::TlsPlainHttp));
    assert!(walk.tcp.unwrap().error.is_none());
}

#[tokio::test]
async fn a_client_certificate_behind_http_2() {
    let authority = Authority::named("Acme Root");
    let own = authority.file("client.pem", client_leaf(&authority).bundle());
    let with = NetSettings { client_cert: Some(own), ..authority.trusted() };
    let without = authority.trusted();

    let server = https(&authority, "ssl crt BUNDLE alpn h2 ca-file AUTHORITY verify required", FINE);
    let walk = both(&network(), &without, &server.url()).await;
    assert_eq!(walk.error().map(|e| e.kind), Some(NetErrorKind::TlsClientCertWanted), "{walk:#?}");
    let tls = walk.tls.unwrap();
    assert!(matches!(tls.client_certificate, ClientCertificate::NotShown { .. }), "{tls:#?}");
    assert_eq!(both(&network(), &with, &server.url()).await.error(), None);

    let server = https(&authority, "ssl crt BUNDLE alpn h2 ca-file AUTHORITY verify optional", FINE);
    for settings in [&without, &with] {
        assert_eq!(both(&network(), settings, &server.url()).await.error(), None);
    }
}

#[tokio::test]
async fn tls_1_2_only() {
    let authority = Authority::new();
    let server = https(&authority, "ssl crt BUNDLE ssl-max-ver TLSv1.2", FINE);
    let walk = both(&network(), &authority.trusted(), &server.url()).await;
    assert_eq!(walk.tls.unwrap().version.as_deref(), Some("TLS 1.2"));
}

#[tokio::test]
async fn the_clock_is_read_from_an_answer() {
    let authority = Authority::new();
    let answer =
        "  http-request return status 200 hdr Date \"Mon, 23 Nov 2026 04:00:00 GMT\" content-type text/plain string x";
    let server = https(&authority, "ssl crt BUNDLE", answer);
    let answer = get_with(&network(), &authority.trusted(), server.url()).await.unwrap();
    let here = "2026-11-23T04:10:00Z".parse().unwrap();
    let skew = clock::skew(answer.header("date").unwrap(), answer.header("age"), here, here).unwrap();
    assert!(skew.matters() && (599..=600).contains(&skew.seconds), "{skew:?}");
    assert_eq!(skew.seen("x").unwrap().code, "net.clock-skew");
}

#[tokio::test]
async fn a_proxy_that_opens_tls() {
    let company = Authority::named("Zscaler Root CA");
    let leaf = company.issue(FAR, |_| ());
    let inside = haproxy("ssl crt BUNDLE", FINE, &(leaf.bundle() + &company.pem), "");
    let proxy = tunnelling(([127, 0, 0, 1], inside.port).into()).await;
    let now = "2026-11-23T04:00:00Z".parse().unwrap();

    let walk = both(&network(), &by(proxy.http_url("")), &far_https()).await;
    let tls = walk.tls.unwrap();
    assert_eq!(tls.error.as_ref().map(|e| e.kind), Some(NetErrorKind::TlsUnknownIssuer));
    assert!(tls.intercepted_by(false).unwrap().starts_with("Zscaler (issuer "), "{tls:#?}");
    let codes: Vec<&str> = tls.seen(now, false).iter().map(|s| s.code).collect();
    assert_eq!(codes, ["net.tls-intercepted", "net.tls-unknown-issuer"]);

    // Trusted by order of the company it works, and is told all the same.
    let trusting = NetSettings { ca_file: company.trusted().ca_file, ..by(proxy.http_url("")) };
    let walk = both(&network(), &trusting, &far_https()).await;
    assert_eq!(walk.error(), None);
    let codes: Vec<&str> = walk.tls.unwrap().seen(now, true).iter().map(|s| s.code).collect();
    assert_eq!(codes, ["net.tls-intercepted"]);
}

#[tokio::test]
async fn a_proxy_that_wants_a_log_in() {
    let rules = "  http-request return status 407 hdr Proxy-Authenticate Negotiate hdr Proxy-Authenticate NTLM";
    let proxy = haproxy("", rules, "", "");
    let walk = both(&network(), &by(format!("http://{}", proxy.name())), &far_https()).await;
    assert_eq!(walk.error().map(|e| e.kind), Some(NetErrorKind::ProxyAuth));
    let tunnel = walk.tunnel.unwrap();
    assert_eq!((tunnel.status, tunnel.offers.clone()), (Some(407), vec!["Negotiate".to_owned(), "NTLM".to_owned()]));
    let codes: Vec<&str> = tunnel.seen().iter().map(|s| s.code).collect();
    assert_eq!(codes, ["net.proxy-auth-scheme", "net.proxy-auth"]);

    let proxy = haproxy("", "  http-request return status 407 hdr Proxy-Authenticate \"Basic realm=acme\"", "", "");
    let walk = both(&network(), &by(format!("http://{}", proxy.name())), &far_https()).await;
    let codes: Vec<&str> = walk.tunnel.unwrap().seen().iter().map(|s| s.code).collect();
    assert_eq!(codes, ["net.proxy-auth"]);
}

#[tokio::test]
async fn a_proxy_that_denies() {
    for status in [403, 502, 503] {
        let rules = format!("  http-request return status {status} hdr X-Squid-Error \"ERR_DNS_FAIL 0\"");
        let proxy = haproxy("", &rules, "", "");
        let walk = both(&network(), &by(format!("http://{}", proxy.name())), &far_https()).await;
        assert_eq!(walk.error().map(|e| e.kind), Some(NetErrorKind::ProxyDenied));
        let tunnel = walk.tunnel.unwrap();
        assert_eq!((tunnel.status, tunnel.name_unknown), (Some(status), true));
        assert!(tunnel.error.unwrap().detail.contains(&status.to_string()));
        assert_eq!(walk.tls, None);
    }
}
