//! Every failure has its words, and no placeholder is left in them.

use keyrack::domain::{Finding, Verdict};
use keyrack::hosts::facts::common;
use keyrack::net::NetErrorKind;

fn assert_whole(code: &str, args: &[(&str, &str)]) -> Finding {
    let (verdict, finding) = common().finding(code, args);
    assert_eq!(verdict, Verdict::Unreachable, "{code} judges the token");
    for text in [&finding.title, &finding.cause, &finding.remedy] {
        assert!(!text.is_empty() && !text.contains(['{', '}']), "{code}: {text}");
    }
    assert!(finding.title.len() <= 80, "{code}: the title becomes the reason");
    finding
}

#[test]
fn every_network_failure_is_explained_without_a_title_that_needs_filling() {
    for kind in NetErrorKind::ALL {
        let finding = assert_whole(kind.code(), &[("target", "git.acme.dev:443"), ("detail", "why")]);
        let (_, bare) = common().finding(kind.code(), &[]);
        assert_eq!(finding.title, bare.title, "{}", kind.code());
    }
}

#[test]
fn every_answer_that_is_not_the_vendor_s_is_explained() {
    assert_whole("http.redirect", &[("location", "https://sso.acme.dev/login"), ("status", "302")]);
    assert_whole("http.rate-limited", &[("wait", "after 60 s")]);
    assert_whole("http.garbage", &[("detail", "no field `id`")]);
    assert_whole("http.not-found", &[("url", "https://git.acme.dev/rest/api/1.0")]);
    assert_whole("http.too-large", &[]);
    for code in ["proxy-auth", "unavailable", "server-error", "html", "not-the-vendor", "unexpected"] {
        assert_whole(&format!("http.{code}"), &[("status", "599")]);
    }
}

#[test]
fn what_the_probe_alone_sees_is_explained() {
    let args = [("target", "git.acme.dev:443"), ("detail", "why")];
    for (code, verdict) in [
        ("net.tls-incomplete-chain", Verdict::Unreachable),
        ("net.tls-intercepted", Verdict::Unreachable),
        ("net.tls-expires-soon", Verdict::Valid),
        ("net.some-addresses-fail", Verdict::Valid),
        ("net.ipv6-broken", Verdict::Valid),
        ("net.proxy-auth-scheme", Verdict::Unreachable),
        ("net.clock-skew", Verdict::Unreachable),
    ] {
        let (told, finding) = common().finding(code, &args);
        assert_eq!(told, verdict, "{code}");
        for text in [&finding.title, &finding.cause, &finding.remedy] {
            assert!(!text.is_empty() && !text.contains(['{', '}']), "{code}: {text}");
        }
    }
}
