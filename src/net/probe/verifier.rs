//! The verifier that requests use, watched and never replaced: what it was shown and what it said.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, SignatureScheme};

use super::Tls;
use super::chain::{self, CHAIN_CAP};
use crate::net::tls::NO_ROOTS;

/// Keeps what the real verifier was shown and what it said, and passes it on unchanged.
#[derive(Debug)]
pub(super) struct Watched {
    real: Arc<dyn ServerCertVerifier>,
    chain: Mutex<Vec<Vec<u8>>>,
    verified: Mutex<bool>,
}

impl Watched {
    /// The verifier of requests over the system's authorities and `roots`, watched; and whether the system has none at all.
    /// Reading them takes milliseconds of computing and file access: not on a thread that drives other tasks.
    ///
    /// # Errors
    /// The verifier's own words, where it cannot be built.
    pub(super) async fn over(roots: Vec<CertificateDer<'static>>) -> Result<(Arc<Self>, bool), String> {
        let build = move || {
            let provider = Arc::new(default_provider());
            if roots.is_empty() {
                rustls_platform_verifier::Verifier::new(provider)
            } else {
                rustls_platform_verifier::Verifier::new_with_extra_roots(roots, provider)
            }
        };
        let (real, no_roots): (Arc<dyn ServerCertVerifier>, bool) =
            match tokio::task::spawn_blocking(build).await.map_err(|e| e.to_string())? {
                Ok(verifier) => (Arc::new(verifier), false),
                Err(error) if error.to_string().contains(NO_ROOTS) => (Arc::new(NoAuthorities), true),
                Err(error) => return Err(error.to_string()),
            };
        Ok((Arc::new(Self { real, chain: Mutex::default(), verified: Mutex::new(false) }), no_roots))
    }

    /// Puts down what was seen.
    pub(super) fn tell(&self, tls: &mut Tls) {
        let chain = self.chain.lock().unwrap_or_else(PoisonError::into_inner);
        tls.sent = chain.len();
        tls.chain = chain.iter().take(CHAIN_CAP).map(|der| chain::read(der)).collect();
        tls.verified = *self.verified.lock().unwrap_or_else(PoisonError::into_inner);
    }
}

impl ServerCertVerifier for Watched {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let sent = std::iter::once(end_entity).chain(intermediates).map(|der| der.to_vec()).collect();
        *self.chain.lock().unwrap_or_else(PoisonError::into_inner) = sent;
        let verdict = self.real.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        *self.verified.lock().unwrap_or_else(PoisonError::into_inner) = verdict.is_ok();
        verdict
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.real.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.real.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.real.supported_verify_schemes()
    }

    fn requires_raw_public_keys(&self) -> bool {
        self.real.requires_raw_public_keys()
    }

    fn root_hint_subjects(&self) -> Option<&[DistinguishedName]> {
        self.real.root_hint_subjects()
    }
}

/// Trusts nobody, where the system has no authorities: the real verifier cannot even be built then.
#[derive(Debug)]
struct NoAuthorities;

impl NoAuthorities {
    fn no<T>() -> Result<T, rustls::Error> {
        Err(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer))
    }
}

impl ServerCertVerifier for NoAuthorities {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Self::no()
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Self::no()
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Self::no()
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider().signature_verification_algorithms.supported_schemes()
    }
}
