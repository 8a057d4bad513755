//! The client certificate of the host record, and whether the server asked for one.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::sign::CertifiedKey;

use super::{ClientCertificate, chain};

/// Most authorities whose certificates a server accepts that are kept.
const ISSUERS_CAP: usize = 10;

/// Shows the host record's certificate, if there is one, and keeps whether it was asked for.
#[derive(Debug)]
pub(super) struct Asked {
    key: Option<Arc<CertifiedKey>>,
    issuers: Mutex<Option<Vec<String>>>,
}

impl Asked {
    /// With what is shown where it is asked for.
    pub(super) fn with(key: Option<Arc<CertifiedKey>>) -> Self {
        Self { key, issuers: Mutex::default() }
    }

    /// Whether it was asked for.
    pub(super) fn tell(&self) -> ClientCertificate {
        let asked = self.issuers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match (asked, &self.key) {
            (None, _) => ClientCertificate::NotAsked,
            (Some(issuers), None) => ClientCertificate::NotShown { issuers },
            (Some(issuers), Some(_)) => ClientCertificate::Shown { issuers },
        }
    }
}

impl ResolvesClientCert for Asked {
    fn resolve(&self, issuers: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let told = issuers.iter().take(ISSUERS_CAP).filter_map(|der| chain::read_name(der)).collect();
        *self.issuers.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
        self.key.clone()
    }

    fn has_certs(&self) -> bool {
        self.key.is_some()
    }
}
