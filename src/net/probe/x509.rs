//! What stands in a certificate, read for people with `x509-parser`. Nothing here decides on trust.

use std::net::IpAddr;

use jiff::Timestamp;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::oid_registry::OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS;
use x509_parser::prelude::{FromDer as _, X509Certificate, X509Name};
use x509_parser::time::ASN1Time;

/// What stands in a certificate; texts as they are.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub subject: String,
    pub issuer: String,
    /// Subject and issuer are the same, byte by byte.
    pub same: bool,
    pub not_before: Option<Timestamp>,
    pub not_after: Option<Timestamp>,
    pub names: Vec<String>,
    pub is_ca: bool,
    pub issuer_url: Option<String>,
}

/// Reads a certificate; none where it is none. At most `names` names are read.
pub(super) fn certificate(der: &[u8], names: usize) -> Option<Read> {
    let (_, own) = X509Certificate::from_der(der).ok()?;
    let alternatives = own.subject_alternative_name().ok().flatten();
    let alternatives = alternatives.iter().flat_map(|a| &a.value.general_names);
    Some(Read {
        subject: own.subject().to_string(),
        issuer: own.issuer().to_string(),
        same: own.subject().as_raw() == own.issuer().as_raw(),
        not_before: time(own.validity().not_before),
        not_after: time(own.validity().not_after),
        names: alternatives.filter_map(name).take(names).collect(),
        is_ca: own.is_ca(),
        issuer_url: issuer_url(&own),
    })
}

/// Reads a distinguished name that stands alone.
pub(super) fn distinguished_name(der: &[u8]) -> Option<String> {
    X509Name::from_der(der).ok().map(|(_, name)| name.to_string())
}

fn name(general: &GeneralName<'_>) -> Option<String> {
    match general {
        GeneralName::DNSName(text) => Some((*text).to_owned()),
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).map(IpAddr::from).ok();
            v4.or_else(|| <[u8; 16]>::try_from(*bytes).map(IpAddr::from).ok()).map(|ip| ip.to_string())
        }
        _ => None,
    }
}

/// Where the issuer's certificate can be fetched (RFC 5280, 4.2.2.1).
fn issuer_url(own: &X509Certificate<'_>) -> Option<String> {
    own.extensions().iter().find_map(|extension| {
        let ParsedExtension::AuthorityInfoAccess(access) = extension.parsed_extension() else { return None };
        access.accessdescs.iter().find_map(|place| match &place.access_location {
            GeneralName::URI(url) if place.access_method == OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS => {
                Some((*url).to_owned())
            }
            _ => None,
        })
    })
}

fn time(at: ASN1Time) -> Option<Timestamp> {
    Timestamp::from_second(at.timestamp()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_none() {
        for der in [&[][..], &[0x30], &[0x30, 0x84, 255, 255, 255, 255, 0], &[0x30, 0x80, 0, 0], b"hello"] {
            assert!(certificate(der, 9).is_none(), "{der:?}");
            assert!(distinguished_name(der).is_none(), "{der:?}");
        }
    }

    proptest::proptest! {
    // The same cases at every run.
    #![proptest_config(proptest::prelude::ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(1),
        failure_persistence: None,
        ..Default::default()
    })]

        #[test]
        fn no_bytes_make_it_fail(bytes: Vec<u8>) {
            let _ = certificate(&bytes, 9);
            let _ = distinguished_name(&bytes);
        }

        #[test]
        fn a_damaged_certificate_does_not_either(at: proptest::sample::Index, with: u8, cut: proptest::sample::Index) {
            let key = rcgen::KeyPair::generate().unwrap();
            let params = rcgen::CertificateParams::new(vec!["git.acme.dev".to_owned(), "127.0.0.1".to_owned()]).unwrap();
            let mut der = params.self_signed(&key).unwrap().der().to_vec();
            let read = certificate(&der, 9).unwrap();
            proptest::prop_assert!(read.same && read.names == ["git.acme.dev", "127.0.0.1"], "{read:?}");
            let place = at.index(der.len());
            der[place] = with;
            let _ = certificate(&der, 9);
            let _ = certificate(&der[..cut.index(der.len())], 9);
        }
    }
}
