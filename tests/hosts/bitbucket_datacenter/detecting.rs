//! What answers at a host, asked without a credential.

use keyrack::hosts::{Detection, Family};
use keyrack::net::{NetError, NetErrorKind, Response};

use super::{BitbucketDatacenter, PROPERTIES, Recorded, WEB, host, html, own};
use crate::support::wire;

async fn detect(transport: &Recorded) -> Detection {
    let host = host();
    let wire = wire(&BitbucketDatacenter, &host, transport, &[]);
    BitbucketDatacenter.detect(&wire).await
}

fn manifest(type_id: &str) -> Response {
    let xml = format!(
        "<?xml version=\"1.0\"?><manifest><id>00000000-1111-2222-3333-444444444444</id><name>Wiki</name>\
         <typeId>{type_id}</typeId><version>8.9.1</version><buildNumber>9111</buildNumber>\
         <inboundAuthenticationTypes>a</inboundAuthenticationTypes><inboundAuthenticationTypes>b</inboundAuthenticationTypes></manifest>"
    );
    Response::of(200, &[("Content-Type", "application/xml")], &xml)
}

#[tokio::test]
async fn bitbucket_is_found_by_its_properties_without_a_credential() {
    let transport = Recorded::new([own(200, PROPERTIES)]);
    let found = detect(&transport).await;
    assert_eq!(found, Detection::Found { product: "Bitbucket".into(), version: Some("9.4.3".into()) });
    assert!(transport.seen.lock().unwrap()[0].headers.iter().all(|(n, _)| n != "Authorization"));
}

#[tokio::test]
async fn the_manifest_finds_bitbucket_and_stash() {
    for (type_id, product) in [("bitbucket", "Bitbucket"), ("stash", "Stash")] {
        let found = detect(&Recorded::new([html(404), manifest(type_id)])).await;
        assert_eq!(found, Detection::Found { product: product.into(), version: Some("8.9.1".into()) });
    }
}

#[tokio::test]
async fn a_sister_product_is_named_with_its_family() {
    for (type_id, product, family) in [
        ("jira", "Jira", "jira-datacenter"),
        ("confluence", "Confluence", "confluence-datacenter"),
        ("bamboo", "Bamboo", "bamboo"),
        ("crowd", "crowd", "generic"),
    ] {
        let Detection::NotThis(finding) = detect(&Recorded::new([html(404), manifest(type_id)])).await else {
            panic!("{type_id}")
        };
        assert_eq!(finding.code, "bitbucket-datacenter.wrong-product");
        assert!(finding.title.contains(product) && finding.remedy.contains(family), "{finding:?}");
    }
}

#[tokio::test]
async fn what_is_in_the_way_is_said() {
    let sign_in = Response::of(302, &[("Location", "https://sso.example.com/")], "");
    for (answer, code) in [
        (html(404), "bitbucket-datacenter.wrong-context-path"),
        (html(200), "bitbucket-datacenter.sign-in-page"),
        (sign_in, "bitbucket-datacenter.sign-in-page"),
        (html(503), "bitbucket-datacenter.maintenance"),
        (Response::of(401, &[], "no"), "http.not-the-vendor"),
        (Response::of(200, &[], r#"{"hello":1}"#), "bitbucket-datacenter.not-bitbucket"),
    ] {
        let transport = Recorded::new([answer.clone(), answer]);
        let Detection::NotThis(finding) = detect(&transport).await else { panic!("{code}") };
        assert_eq!(finding.code, code);
        assert_eq!(transport.lines()[1], format!("GET {WEB}/rest/applinks/1.0/manifest"));
    }
}

#[tokio::test]
async fn a_manifest_that_is_not_xml_finds_nothing() {
    for body in ["", "<manifest>", "<manifest></manifest>", "{}", "<a><b></a></b>"] {
        let garbage = Response::of(200, &[("Content-Type", "application/xml")], body);
        assert!(matches!(detect(&Recorded::new([html(404), garbage])).await, Detection::NotThis(_)), "{body}");
    }
}

#[tokio::test]
async fn silence_is_unreachable() {
    let error = NetError::new(NetErrorKind::Refused, "bitbucket.example.com:443", "");
    let found = detect(&Recorded::with_errors([Err(error.clone())])).await;
    assert_eq!(found, Detection::Unreachable(error));
}
