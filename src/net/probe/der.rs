//! As much of DER (X.690) as it takes to tell people what stands in a certificate (RFC 5280, 4.1).
//!
//! Every byte is the server's: lengths are checked before they are used, nothing recurses, and what cannot be read is left
//! out. Nothing here decides on trust.

use std::net::IpAddr;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

const BOOLEAN: u8 = 0x01;
const OCTETS: u8 = 0x04;
const OID: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const BMP_STRING: u8 = 0x1e;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
/// `[0]`, the version.
const VERSION: u8 = 0xa0;
/// `[3]`, the extensions.
const EXTENSIONS: u8 = 0xa3;
/// dNSName, iPAddress and uniformResourceIdentifier of a GeneralName.
const DNS_NAME: u8 = 0x82;
const IP_ADDRESS: u8 = 0x87;
const URI: u8 = 0x86;

/// id-ce-basicConstraints, id-ce-subjectAltName, id-pe-authorityInfoAccess, and id-ad-caIssuers in the latter.
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];
const AUTHORITY_ACCESS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 1];
const CA_ISSUERS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 0x30, 2];

/// The attributes of names that people know.
const ATTRIBUTES: &[(&[u8], &str)] = &[
    (&[0x55, 4, 3], "CN"),
    (&[0x55, 4, 5], "serialNumber"),
    (&[0x55, 4, 6], "C"),
    (&[0x55, 4, 7], "L"),
    (&[0x55, 4, 8], "ST"),
    (&[0x55, 4, 10], "O"),
    (&[0x55, 4, 11], "OU"),
    (&[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25], "DC"),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1], "emailAddress"),
];

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

/// The values in a piece of DER, one after the other, until the first that is damaged.
struct Values<'a>(&'a [u8]);

struct Value<'a> {
    tag: u8,
    content: &'a [u8],
}

impl<'a> Iterator for Values<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (bytes.iter().fold(0_usize, |n, byte| n << 8 | usize::from(*byte)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(Value { tag, content })
    }
}

impl<'a> Value<'a> {
    fn is(&self, tag: u8) -> bool {
        self.tag == tag
    }

    fn inside(&self) -> Values<'a> {
        Values(self.content)
    }
}

/// Reads a certificate; none where it is none. At most `names` names are read.
pub(super) fn certificate(der: &[u8], names: usize) -> Option<Read> {
    let signed = Values(der).next().filter(|v| v.is(SEQUENCE))?;
    let body = signed.inside().next().filter(|v| v.is(SEQUENCE))?;
    let mut fields = body.inside().peekable();
    fields.next_if(|v| v.is(VERSION));
    let (_serial, _algorithm) = (fields.next()?, fields.next()?);
    let issuer = fields.next().filter(|v| v.is(SEQUENCE))?;
    let validity = fields.next().filter(|v| v.is(SEQUENCE))?;
    let subject = fields.next().filter(|v| v.is(SEQUENCE))?;
    let mut times = validity.inside();
    let mut read = Read {
        subject: attributes(&subject),
        issuer: attributes(&issuer),
        same: subject.content == issuer.content,
        not_before: times.next().and_then(|v| time(&v)),
        not_after: times.next().and_then(|v| time(&v)),
        ..Read::default()
    };
    let extensions = fields.find(|v| v.is(EXTENSIONS)).and_then(|v| v.inside().next());
    for extension in extensions.iter().flat_map(Value::inside) {
        let mut parts = extension.inside();
        let Some(id) = parts.next().filter(|v| v.is(OID)) else { continue };
        // Between the two may stand whether it is critical.
        let Some(content) = parts.find(|v| v.is(OCTETS)).and_then(|v| v.inside().next()) else { continue };
        match id.content {
            BASIC_CONSTRAINTS => {
                read.is_ca = content.inside().next().is_some_and(|v| v.is(BOOLEAN) && v.content != [0]);
            }
            SUBJECT_ALT_NAME => read.names = content.inside().filter_map(|v| name(&v)).take(names).collect(),
            AUTHORITY_ACCESS => read.issuer_url = content.inside().find_map(|v| issuer_url(&v)),
            _ => {}
        }
    }
    Some(read)
}

/// Reads a distinguished name that stands alone.
pub(super) fn distinguished_name(der: &[u8]) -> Option<String> {
    Values(der).next().filter(|v| v.is(SEQUENCE)).map(|v| attributes(&v))
}

/// `CN=git.acme.dev, O=Acme`, in the order of the certificate.
fn attributes(name: &Value<'_>) -> String {
    let sets = name.inside().filter(|v| v.is(SET));
    let shown = sets.flat_map(|set| set.inside()).filter_map(|pair| {
        let mut parts = pair.inside();
        let id = parts.next().filter(|v| v.is(OID))?;
        let known = ATTRIBUTES.iter().find(|(oid, _)| *oid == id.content)?;
        Some(format!("{}={}", known.1, text(&parts.next()?)))
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn text(value: &Value<'_>) -> String {
    if value.is(BMP_STRING) {
        let units: Vec<u16> = value.content.chunks_exact(2).map(|two| u16::from_be_bytes([two[0], two[1]])).collect();
        return String::from_utf16_lossy(&units);
    }
    String::from_utf8_lossy(value.content).into_owned()
}

fn name(value: &Value<'_>) -> Option<String> {
    match value.tag {
        DNS_NAME => Some(text(value)),
        IP_ADDRESS => {
            let v4 = <[u8; 4]>::try_from(value.content).map(IpAddr::from).ok();
            v4.or_else(|| <[u8; 16]>::try_from(value.content).map(IpAddr::from).ok()).map(|ip| ip.to_string())
        }
        _ => None,
    }
}

fn issuer_url(access: &Value<'_>) -> Option<String> {
    let mut parts = access.inside();
    parts.next().filter(|v| v.is(OID) && v.content == CA_ISSUERS)?;
    parts.next().filter(|v| v.is(URI)).map(|v| text(&v))
}

/// `YYMMDDHHMMSSZ`, where 50 is 1950 (RFC 5280, 4.1.2.5.1), or `YYYYMMDDHHMMSSZ`.
fn time(value: &Value<'_>) -> Option<Timestamp> {
    let digits = std::str::from_utf8(value.content).ok()?.strip_suffix('Z')?;
    let digits = match value.tag {
        UTC_TIME if digits.len() == 12 => format!("{}{digits}", if digits >= "50" { "19" } else { "20" }),
        GENERALIZED_TIME if digits.len() == 14 => digits.to_owned(),
        _ => return None,
    };
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let two = |at: usize| digits.get(at..at + 2)?.parse::<i8>().ok();
    let year = digits.get(..4)?.parse::<i16>().ok()?;
    let civil = DateTime::new(year, two(4)?, two(6)?, two(8)?, two(10)?, two(12)?, 0).ok()?;
    civil.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(tag: u8, text: &str) -> Option<String> {
        time(&Value { tag, content: text.as_bytes() }).map(|t| t.to_string())
    }

    #[test]
    fn both_forms_of_time_are_read_and_others_are_not() {
        assert_eq!(at(UTC_TIME, "491231235959Z").as_deref(), Some("2049-12-31T23:59:59Z"));
        assert_eq!(at(UTC_TIME, "500101000000Z").as_deref(), Some("1950-01-01T00:00:00Z"));
        assert_eq!(at(GENERALIZED_TIME, "20900101000000Z").as_deref(), Some("2090-01-01T00:00:00Z"));
        for text in ["", "Z", "4912312359Z", "491231235959", "491331235959Z", "4912312359+1Z", "49123123595äZ"] {
            assert_eq!(at(UTC_TIME, text), None, "{text}");
        }
    }

    #[test]
    fn a_name_in_any_alphabet_is_read() {
        // SEQUENCE { SET { SEQUENCE { CN, BMPString "Zo" } } }
        let der = [0x30, 15, 0x31, 13, 0x30, 11, 6, 3, 0x55, 4, 3, 0x1e, 4, 0, b'Z', 0, b'o'];
        assert_eq!(distinguished_name(&der).as_deref(), Some("CN=Zo"));
    }

    #[test]
    fn lengths_that_lie_end_the_reading() {
        for der in [
            &[0x30_u8][..],
            &[0x30, 0x85, 1, 1, 1, 1, 1],
            &[0x30, 0x84, 255, 255, 255, 255, 0],
            &[0x30, 0x80, 0, 0],
            &[0x30, 5, 1],
        ] {
            assert!(Values(der).next().is_none(), "{der:?}");
            assert!(certificate(der, 9).is_none(), "{der:?}");
        }
    }

    proptest::proptest! {
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
            assert!(read.same && read.names == ["git.acme.dev", "127.0.0.1"], "{read:?}");
            let place = at.index(der.len());
            der[place] = with;
            let _ = certificate(&der, 9);
            let _ = certificate(&der[..cut.index(der.len())], 9);
        }
    }
}
