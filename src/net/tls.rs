//! The certificate files of a host record, read and checked before anything is sent.
//!
//! Says in words what is wrong with a file: people hand over DER, PKCS#12, a key without its certificate.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::SystemTime;

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use super::proxy::ProxyEnv;
use super::{NetError, NetErrorKind, NetSettings};

/// Larger files are no certificate files; the largest public bundles have a quarter of this.
const FILE_CAP: u64 = 1024 * 1024;

/// Whom to trust besides the system's authorities, and who we are.
#[derive(Default)]
pub(crate) struct Trust {
    /// From `ca_file`.
    pub roots: Vec<CertificateDer<'static>>,
    /// From `client_cert`.
    pub identity: Option<Identity>,
}

/// A client certificate with its key, as both TLS clients want it.
pub(crate) struct Identity {
    /// For requests.
    pub for_reqwest: reqwest::Identity,
    /// The certificate and those above it.
    pub chain: Vec<CertificateDer<'static>>,
    /// Its key.
    pub key: PrivateKeyDer<'static>,
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

    /// The authorities in reqwest's form; each was seen to be readable.
    pub fn for_reqwest(&self) -> impl Iterator<Item = reqwest::Certificate> {
        self.roots.iter().filter_map(|der| reqwest::Certificate::from_der(der).ok())
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

/// What rustls-platform-verifier says where the system has no certificate authorities at all.
pub(crate) const NO_ROOTS: &str = "No CA certificates were loaded";

/// What on this machine may be the reason that no issuer is known.
pub(crate) fn why_issuer_is_unknown(env: &ProxyEnv, no_roots: bool) -> Option<String> {
    for (name, path) in [("SSL_CERT_FILE", &env.ssl_cert_file), ("SSL_CERT_DIR", &env.ssl_cert_dir)] {
        if let Some(path) = path {
            let state = if Path::new(path).exists() { "" } else { ", which does not exist" };
            return Some(format!("{name} is set to {path}{state}: it replaces the system's certificate authorities"));
        }
    }
    no_roots.then(|| "this machine has no certificate authorities at all (package ca-certificates)".to_owned())
}

fn roots(path: &str) -> Result<Vec<CertificateDer<'static>>, NetError> {
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
        reqwest::Certificate::from_der(&der).map_err(|_| bad(format!("certificate {number} is damaged")))?;
        roots.push(der);
    }
    if roots.is_empty() {
        return Err(bad(match kind_of(&bytes) {
            Binary => format!("it is not PEM; convert it: openssl x509 -inform der -in {path} -out {path}.pem"),
            Text => "there is no certificate in it (no -----BEGIN CERTIFICATE-----)".to_owned(),
        }));
    }
    Ok(roots)
}

fn identity(path: &str) -> Result<Identity, NetError> {
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
    let Ok(key) = PrivateKeyDer::from_pem_slice(&bytes) else {
        return Err(bad("there is no key in it; put certificate and key into one file"));
    };
    let for_reqwest = reqwest::Identity::from_pem(&bytes)
        .map_err(|_| bad("it holds something besides certificates and one key; leave only those in it"))?;
    Ok(Identity { for_reqwest, chain: certificates, key })
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
