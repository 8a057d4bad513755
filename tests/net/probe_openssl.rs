//! The probe, and a request beside it, against OpenSSL's own server.

use keyrack::net::probe::{ClientCertificate, Tls};
use keyrack::net::{NetErrorKind, NetSettings};
use rcgen::{BasicConstraints, CustomExtension, IsCa};

use crate::real::{Real, both, openssl};
use crate::support::network;
use crate::tls::{Authority, Leaf, client_leaf};

const NOW: &str = "2026-11-23T04:00:00Z";

/// Both ways must end at TLS as `kind` says.
async fn fails(settings: &NetSettings, server: &Real, kind: NetErrorKind) -> Tls {
    let walk = both(&network(), settings, &server.url()).await;
    let error = walk.error().unwrap();
    assert_eq!((error.kind, error.target.as_str()), (kind, server.name().as_str()), "{error}");
    walk.tls.unwrap()
}

async fn works(settings: &NetSettings, server: &Real) -> Tls {
    let walk = both(&network(), settings, &server.url()).await;
    assert_eq!(walk.error(), None);
    let tls = walk.tls.unwrap();
    assert!(tls.verified, "{tls:#?}");
    tls
}

fn codes(tls: &Tls, public: bool) -> Vec<&'static str> {
    tls.seen(NOW.parse().unwrap(), public).iter().map(|s| s.code).collect()
}

#[tokio::test]
async fn expired() {
    let authority = Authority::new();
    let leaf = authority.issue("localhost", |params| {
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2021, 1, 1);
    });
    let server = openssl(&leaf.bundle(), &[]).await;
    let tls = fails(&authority.trusted(), &server, NetErrorKind::TlsExpired).await;
    assert_eq!(tls.certificate().unwrap().not_after.unwrap().to_string(), "2021-01-01T00:00:00Z");
    assert!(tls.days_left(NOW.parse().unwrap()).unwrap() < -2000, "{tls:#?}");
    assert_eq!(codes(&tls, false), ["net.tls-expired"]);
}

#[tokio::test]
async fn not_yet_valid() {
    let authority = Authority::new();
    let leaf = authority.issue("localhost", |params| {
        params.not_before = rcgen::date_time_ymd(2090, 1, 1);
        params.not_after = rcgen::date_time_ymd(2091, 1, 1);
    });
    let server = openssl(&leaf.bundle(), &[]).await;
    let tls = fails(&authority.trusted(), &server, NetErrorKind::TlsNotYetValid).await;
    assert_eq!(tls.certificate().unwrap().not_before.unwrap().to_string(), "2090-01-01T00:00:00Z");
}

#[tokio::test]
async fn wrong_name() {
    let authority = Authority::new();
    let server = openssl(&authority.issue("git.acme.invalid", |_| ()).bundle(), &[]).await;
    let tls = fails(&authority.trusted(), &server, NetErrorKind::TlsWrongName).await;
    assert_eq!(tls.certificate().unwrap().names, ["git.acme.invalid"]);
    assert!(!tls.verified);
}

#[tokio::test]
async fn unknown_issuer() {
    let authority = Authority::named("Acme Root");
    let bundle = authority.issue("localhost", |_| ()).bundle() + &authority.pem;
    let server = openssl(&bundle, &["-cert_chain", &authority.file("chain.pem", &authority.pem)]).await;
    let tls = fails(&NetSettings::default(), &server, NetErrorKind::TlsUnknownIssuer).await;
    assert_eq!(tls.sent, 2, "the chain is kept as the server sent it: {tls:#?}");
    assert!(tls.chain[1].self_signed && tls.chain[1].is_ca && tls.chain[1].subject.contains("Acme Root"), "{tls:#?}");
    assert!(tls.error.as_ref().unwrap().detail.contains("Acme Root"), "{tls:#?}");
    assert_eq!(codes(&tls, false), ["net.tls-unknown-issuer"]);
    // At a host that has a certificate of the public internet it is somebody in between.
    assert_eq!(codes(&tls, true), ["net.tls-intercepted", "net.tls-unknown-issuer"]);
}

#[tokio::test]
async fn self_signed() {
    let leaf = Leaf::self_signed(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    let server = openssl(&leaf.bundle(), &[]).await;
    let tls = fails(&NetSettings::default(), &server, NetErrorKind::TlsSelfSigned).await;
    assert!(tls.certificate().is_some_and(|c| c.self_signed && c.is_ca), "{tls:#?}");

    let server = openssl(&Leaf::self_signed(|_| ()).bundle(), &[]).await;
    let tls = fails(&NetSettings::default(), &server, NetErrorKind::TlsUnknownIssuer).await;
    assert!(tls.certificate().is_some_and(|c| c.self_signed && !c.is_ca), "{tls:#?}");
    assert!(tls.error.as_ref().unwrap().detail.contains("self-signed"), "{tls:#?}");
    assert_eq!(codes(&tls, false), ["net.tls-unknown-issuer"]);
}

#[tokio::test]
async fn missing_intermediate() {
    let root = Authority::named("Acme Root");
    let middle = root.below("Acme Issuing");
    // authorityInfoAccess: caIssuers http://pki.acme.invalid/i.crt
    let access: Vec<u8> = {
        let uri = b"http://pki.acme.invalid/i.crt";
        let mut entry = vec![6, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 2, 0x86, u8::try_from(uri.len()).unwrap()];
        entry.extend_from_slice(uri);
        let length = u8::try_from(entry.len()).unwrap();
        [&[0x30, length + 2, 0x30, length], entry.as_slice()].concat()
    };
    let leaf = middle.issue("localhost", |params| {
        let oid = [1, 3, 6, 1, 5, 5, 7, 1, 1];
        params.custom_extensions.push(CustomExtension::from_oid_content(&oid, access));
    });
    let server = openssl(&leaf.bundle(), &[]).await;
    let tls = fails(&root.trusted(), &server, NetErrorKind::TlsUnknownIssuer).await;
    assert_eq!(tls.sent, 1);
    assert_eq!(codes(&tls, false), ["net.tls-incomplete-chain", "net.tls-unknown-issuer"]);
    let seen = tls.seen(NOW.parse().unwrap(), false);
    assert!(
        seen[0].detail.contains("Acme Issuing") && seen[0].detail.contains("http://pki.acme.invalid/i.crt"),
        "{seen:?}"
    );

    let server = openssl(&leaf.bundle(), &["-cert_chain", &middle.file("chain.pem", &middle.pem)]).await;
    let tls = works(&root.trusted(), &server).await;
    assert_eq!((tls.sent, codes(&tls, false)), (2, vec![]));
}

#[tokio::test]
async fn expires_soon() {
    let authority = Authority::new();
    let leaf = authority.issue("localhost", |params| params.not_after = rcgen::date_time_ymd(2090, 1, 1));
    let server = openssl(&leaf.bundle(), &[]).await;
    let tls = works(&authority.trusted(), &server).await;
    let at = |now: &str| tls.seen(now.parse().unwrap(), true).iter().map(|s| s.code).collect::<Vec<_>>();
    assert!(at("2089-12-17T00:00:00Z").is_empty());
    assert_eq!(at("2089-12-20T00:00:00Z"), ["net.tls-expires-soon"]);
}

#[tokio::test]
async fn client_certificate_wanted() {
    let authority = Authority::named("Acme Root");
    let file = authority.file("clients.pem", &authority.pem);
    let bundle = authority.issue("localhost", |_| ()).bundle();
    let insists = ["-Verify", "1", "-verify_return_error", "-CAfile", &file];
    let server = openssl(&bundle, &[&insists[..], &["-tls1_3"]].concat()).await;
    let tls = fails(&authority.trusted(), &server, NetErrorKind::TlsClientCertWanted).await;
    let ClientCertificate::NotShown { issuers } = &tls.client_certificate else { panic!("{tls:#?}") };
    assert!(issuers[0].contains("Acme Root"), "{issuers:?}");
    assert!(tls.verified, "the server's own certificate is fine: {tls:#?}");

    // TLS 1.2 has no alert for it; that it was asked for tells.
    let old = openssl(&bundle, &[&insists[..], &["-tls1_2"]].concat()).await;
    let tls = fails(&authority.trusted(), &old, NetErrorKind::TlsOther).await;
    assert_eq!(codes(&tls, false), ["net.tls-client-cert-wanted"]);

    let own = authority.file("client.pem", client_leaf(&authority).bundle());
    let settings = NetSettings { client_cert: Some(own), ..authority.trusted() };
    for server in [&server, &old] {
        let tls = works(&settings, server).await;
        assert!(matches!(tls.client_certificate, ClientCertificate::Shown { .. }), "{tls:#?}");
    }
}

#[tokio::test]
async fn a_client_certificate_that_the_server_does_not_know() {
    let authority = Authority::new();
    let file = authority.file("clients.pem", &authority.pem);
    let bundle = authority.issue("localhost", |_| ()).bundle();
    let server = openssl(&bundle, &["-Verify", "1", "-verify_return_error", "-CAfile", &file]).await;
    let strange = authority.file("client.pem", client_leaf(&Authority::named("Strangers")).bundle());
    let settings = NetSettings { client_cert: Some(strange), ..authority.trusted() };
    fails(&settings, &server, NetErrorKind::TlsClientCertWanted).await;
}

#[tokio::test]
async fn a_client_certificate_that_is_asked_for_and_not_insisted_on() {
    let authority = Authority::new();
    let file = authority.file("clients.pem", &authority.pem);
    let bundle = authority.issue("localhost", |_| ()).bundle();
    let server = openssl(&bundle, &["-verify", "1", "-CAfile", &file]).await;
    let tls = works(&authority.trusted(), &server).await;
    assert!(matches!(tls.client_certificate, ClientCertificate::NotShown { .. }), "{tls:#?}");
    assert!(codes(&tls, false).is_empty());
}

#[tokio::test]
async fn old_protocol_only() {
    let authority = Authority::new();
    let bundle = authority.issue("localhost", |_| ()).bundle();
    for version in ["-tls1", "-tls1_1"] {
        let server = openssl(&bundle, &[version, "-cipher", "ALL:@SECLEVEL=0"]).await;
        let tls = fails(&authority.trusted(), &server, NetErrorKind::TlsOldProtocol).await;
        assert!(tls.chain.is_empty() && tls.version.is_none(), "{tls:#?}");
    }
}

#[tokio::test]
async fn what_was_agreed_on_is_told() {
    let authority = Authority::new();
    let bundle = authority.issue("localhost", |_| ()).bundle();
    for (option, version) in [("-tls1_2", "TLS 1.2"), ("-tls1_3", "TLS 1.3")] {
        let server = openssl(&bundle, &[option]).await;
        let tls = works(&authority.trusted(), &server).await;
        assert_eq!(tls.version.as_deref(), Some(version));
        assert!(tls.cipher.as_deref().is_some_and(|c| c.starts_with("TLS")), "{tls:#?}");
        assert_eq!((tls.alpn.as_deref(), tls.http_version()), (None, Some("HTTP/1.1")));
        assert_eq!(tls.client_certificate, ClientCertificate::NotAsked);
    }
}
