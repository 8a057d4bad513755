//! Certificates as plain data: what the server sent, read for people.
//!
//! Nothing here decides on trust: that is done by the verifier that requests use too.

use std::fmt::Write as _;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::{clip, x509};

/// Most certificates of a chain that are kept.
pub const CHAIN_CAP: usize = 10;

/// Most names of a certificate that are kept.
pub const NAMES_CAP: usize = 50;

/// One certificate, in the words of those who made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Whose it is: `CN=git.acme.dev, O=Acme`.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// Begin of its time; none where it cannot be read.
    pub not_before: Option<Timestamp>,
    /// End of its time.
    pub not_after: Option<Timestamp>,
    /// Names and addresses that it is for (subjectAltName).
    pub names: Vec<String>,
    /// It names itself as its issuer.
    pub self_signed: bool,
    /// It is one of an authority.
    pub is_ca: bool,
    /// Where its issuer's certificate can be fetched, as it says itself.
    pub issuer_url: Option<String>,
    /// SHA-256 of it all, as `openssl x509 -fingerprint -sha256` writes it.
    pub sha256: String,
}

/// Products that open TLS to look inside, by a part of the issuer's name in lower case.
const INSPECTORS: &[(&str, &str)] = &[
    ("zscaler", "Zscaler"),
    ("netskope", "Netskope"),
    ("blue coat", "Blue Coat ProxySG"),
    ("bluecoat", "Blue Coat ProxySG"),
    ("fortinet", "Fortinet FortiGate"),
    ("fortigate", "Fortinet FortiGate"),
    ("palo alto networks", "Palo Alto Networks"),
    ("sophos", "Sophos"),
    ("check point", "Check Point"),
    ("cisco umbrella", "Cisco Umbrella"),
    ("forcepoint", "Forcepoint"),
    ("websense", "Forcepoint"),
    ("mcafee web gateway", "Skyhigh (McAfee) Web Gateway"),
    ("skyhigh", "Skyhigh Web Gateway"),
    ("watchguard", "WatchGuard"),
    ("barracuda", "Barracuda"),
    ("sonicwall", "SonicWall"),
    ("menlo security", "Menlo Security"),
    ("gateway ca - cloudflare", "Cloudflare Gateway"),
    ("iboss", "iboss"),
    ("smoothwall", "Smoothwall"),
    ("untangle", "Untangle"),
    ("contentkeeper", "ContentKeeper"),
    ("kaspersky", "Kaspersky"),
    ("eset ssl filter", "ESET"),
    ("avast", "Avast"),
    ("avg technologies", "AVG"),
    ("bitdefender", "Bitdefender"),
    ("mitmproxy", "mitmproxy"),
    ("charles proxy", "Charles Proxy"),
    ("do_not_trust", "Fiddler"),
    ("portswigger", "Burp Suite"),
    ("squid", "Squid"),
];

/// Reads a certificate; one that cannot be read keeps its fingerprint alone.
#[must_use]
pub fn read(der: &[u8]) -> Certificate {
    let mut found = Certificate {
        subject: "not readable".to_owned(),
        issuer: "not readable".to_owned(),
        not_before: None,
        not_after: None,
        names: Vec::new(),
        self_signed: false,
        is_ca: false,
        issuer_url: None,
        sha256: fingerprint(der),
    };
    let Some(own) = x509::certificate(der, NAMES_CAP) else { return found };
    found.subject = clip(&own.subject);
    found.issuer = clip(&own.issuer);
    found.self_signed = own.same;
    found.is_ca = own.is_ca;
    found.not_before = own.not_before;
    found.not_after = own.not_after;
    found.names = own.names.iter().map(|name| clip(name)).collect();
    found.issuer_url = own.issuer_url.as_deref().map(clip);
    found
}

/// A distinguished name in DER, as servers list the authorities whose certificates they accept.
pub(super) fn read_name(der: &[u8]) -> Option<String> {
    x509::distinguished_name(der).map(|name| clip(&name))
}

/// The certificates that lead from the server's own upwards, as far as each issuer was sent: their places in `chain`.
fn path(chain: &[Certificate]) -> Vec<usize> {
    let mut path: Vec<usize> = if chain.is_empty() { Vec::new() } else { vec![0] };
    while let Some(last) = path.last().and_then(|n| chain.get(*n)).filter(|c| !c.self_signed) {
        let next = (0..chain.len()).find(|n| !path.contains(n) && chain[*n].subject == last.issuer);
        let Some(next) = next else { break };
        path.push(next);
    }
    path
}

/// The issuer that the whole chain rests on, whether its certificate was sent or not.
#[must_use]
pub fn top_issuer(chain: &[Certificate]) -> Option<&str> {
    path(chain).last().map(|n| chain[*n].issuer.as_str())
}

/// The server sent its own certificate without the one that signed it.
#[must_use]
pub fn is_alone(chain: &[Certificate]) -> bool {
    path(chain).len() == 1 && chain.first().is_some_and(|c| !c.self_signed)
}

/// The product that opened TLS, where one of the issuers bears its name.
#[must_use]
pub fn inspector(chain: &[Certificate]) -> Option<&'static str> {
    let issuers: Vec<String> = chain.iter().map(|c| c.issuer.to_lowercase()).collect();
    let known = |(part, _): &&(&str, &str)| issuers.iter().any(|issuer| issuer.contains(part));
    INSPECTORS.iter().find(known).map(|(_, product)| *product)
}

fn fingerprint(der: &[u8]) -> String {
    let mut text = String::with_capacity(95);
    for (n, byte) in Sha256::digest(der).iter().enumerate() {
        // Writing into a string cannot fail.
        let _ = write!(text, "{}{byte:02X}", if n == 0 { "" } else { ":" });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(subject: &str, issuer: &str) -> Certificate {
        Certificate {
            subject: subject.into(),
            issuer: issuer.into(),
            self_signed: subject == issuer,
            ..read(b"no certificate")
        }
    }

    #[test]
    fn what_is_no_certificate_keeps_its_fingerprint() {
        let read = read(b"abc");
        assert!(read.sha256.starts_with("BA:78:16:BF:8F:01:CF:EA") && read.sha256.len() == 95, "{read:?}");
        assert_eq!(read.not_after, None);
    }

    #[test]
    fn the_top_is_found_in_a_chain_out_of_order() {
        let leaf = certificate("CN=leaf", "CN=middle");
        let (middle, root) = (certificate("CN=middle", "CN=root"), certificate("CN=root", "CN=root"));
        let stranger = certificate("CN=other", "CN=elsewhere");
        assert_eq!(top_issuer(&[leaf.clone(), root, middle.clone()]), Some("CN=root"));
        assert_eq!(top_issuer(&[leaf.clone(), middle]), Some("CN=root"));
        assert!(is_alone(std::slice::from_ref(&leaf)) && is_alone(&[leaf, stranger]));
        assert!(!is_alone(&[certificate("CN=me", "CN=me")]) && !is_alone(&[]));
    }

    #[test]
    fn certificates_that_sign_each_other_end() {
        let (a, b) = (certificate("CN=a", "CN=b"), certificate("CN=b", "CN=a"));
        assert_eq!(path(&[a, b]), [0, 1]);
    }

    #[test]
    fn inspection_products_are_known_by_the_issuer() {
        let opened = certificate("CN=github.com", "CN=Zscaler Intermediate Root CA, O=Zscaler Inc.");
        assert_eq!(inspector(&[opened]), Some("Zscaler"));
        let honest = certificate("CN=sni.cloudflaressl.com", "C=US, O=Cloudflare, Inc., CN=Cloudflare Inc ECC CA-3");
        assert_eq!(inspector(&[honest]), None);
    }
}
