//! The certificate files of a host record, read and checked before anything is sent.
//!
//! Says in words what is wrong with a file: people hand over DER, PKCS#12, a key without its certificate.

use std::fs::File;
use std::io::Read;
use std::time::SystemTime;

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use super::{NetError, NetErrorKind, NetSettings};

/// Larger files are no certificate files; the largest public bundles have a quarter of this.
const FILE_CAP: u64 = 1024 * 1024;

/// Whom to trust besides the system's authorities, and who we are.
#[derive(Default)]
pub(crate) struct Trust {
    /// From `ca_file`.
    pub roots: Vec<reqwest::Certificate>,
    /// From `client_cert`.
    pub identity: Option<reqwest::Identity>,
}

impl Trust {
    /// Reads the files that the settings name.
    ///
    /// # Errors
    /// [`NetErrorKind::BadCaFile`], [`NetErrorKind::BadClientCert`].
    pub fn load(settings: &NetSettings) -> Result<Self, NetError> {
        Ok(Self {
            roots: settings.ca_file.as_deref().map(roots).transpose()?.unwrap_or_default(),
            identity: settings.client_cert.as_deref().map(identity).transpose()?,
        })
    }
}

/// Tells whether the files changed since they were read: a renewed certificate takes effect without a restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp([Option<(SystemTime, u64)>; 2]);

impl Stamp {
    /// Looks at the files without reading them.
    pub fn of(settings: &NetSettings) -> Self {
        let look = |path: &Option<String>| {
            let meta = std::fs::metadata(path.as_deref()?).ok()?;
            Some((meta.modified().ok()?, meta.len()))
        };
        Self([look(&settings.ca_file), look(&settings.client_cert)])
    }
}

fn roots(path: &str) -> Result<Vec<reqwest::Certificate>, NetError> {
    let bad = |detail: String| NetError::new(NetErrorKind::BadCaFile, path, detail);
    let bytes = read(path).map_err(bad)?;
    let mut store = RootCertStore::empty();
    let mut roots = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&bytes) {
        let number = roots.len() + 1;
        let der = certificate.map_err(|_| bad(format!("certificate {number} in it is damaged")))?;
        store
            .add(der.clone())
            .map_err(|_| bad(format!("certificate {number} in it cannot be used as an authority")))?;
        roots.push(reqwest::Certificate::from_der(&der).map_err(|_| bad(format!("certificate {number} is damaged")))?);
    }
    if roots.is_empty() {
        return Err(bad(match kind_of(&bytes) {
            Binary => format!("it is not PEM; convert it: openssl x509 -inform der -in {path} -out {path}.pem"),
            Text => "there is no certificate in it (no -----BEGIN CERTIFICATE-----)".to_owned(),
        }));
    }
    Ok(roots)
}

fn identity(path: &str) -> Result<reqwest::Identity, NetError> {
    let bad = |detail: &str| NetError::new(NetErrorKind::BadClientCert, path, detail);
    let bytes = read(path).map_err(|detail| bad(&detail))?;
    if matches!(kind_of(&bytes), Binary) {
        return Err(bad(&format!("it is not PEM; convert it: openssl pkcs12 -in {path} -nodes -out {path}.pem")));
    }
    let certificates = CertificateDer::pem_slice_iter(&bytes)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| bad("a certificate in it is damaged"))?;
    if certificates.is_empty() {
        return Err(bad("there is no certificate in it; put certificate and key into one file"));
    }
    if contains(&bytes, b"ENCRYPTED") {
        return Err(bad("its key is protected by a passphrase; write it without: openssl pkey -in KEY -out PLAINKEY"));
    }
    if PrivateKeyDer::from_pem_slice(&bytes).is_err() {
        return Err(bad("there is no key in it; put certificate and key into one file"));
    }
    reqwest::Identity::from_pem(&bytes)
        .map_err(|_| bad("it holds something besides certificates and one key; leave only those in it"))
}

fn read(path: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    let said = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "this user may not read it".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        _ => e.to_string(),
    };
    let mut bytes = Zeroizing::new(Vec::with_capacity(64 * 1024));
    File::open(path).map_err(said)?.take(FILE_CAP + 1).read_to_end(&mut bytes).map_err(said)?;
    if bytes.len() as u64 > FILE_CAP {
        return Err("it is larger than any certificate file (1 MiB)".to_owned());
    }
    Ok(bytes)
}

enum Content {
    Text,
    Binary,
}
use Content::{Binary, Text};

/// DER and PKCS#12 begin with an ASN.1 sequence and are no text.
fn kind_of(bytes: &[u8]) -> Content {
    if bytes.first() == Some(&0x30) && std::str::from_utf8(bytes).is_err() { Binary } else { Text }
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}
