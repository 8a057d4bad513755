//! What the operating system and TLS say, in terms of a person.

use std::io;

use rustls::{AlertDescription, CertificateError, InvalidMessage, PeerIncompatible};

use crate::net::NetErrorKind as Kind;

/// What the operating system says, where a person can do something with it.
pub(super) fn io_kind(kind: io::ErrorKind, connect: bool) -> Option<(Kind, String)> {
    use io::ErrorKind as Io;
    let during = if connect { "while connecting" } else { "" };
    Some(match kind {
        Io::ConnectionRefused => (Kind::Refused, String::new()),
        Io::ConnectionReset | Io::ConnectionAborted | Io::BrokenPipe => (Kind::Reset, during.to_owned()),
        Io::UnexpectedEof | Io::NotConnected => (Kind::ClosedEarly, during.to_owned()),
        Io::HostUnreachable | Io::NetworkUnreachable | Io::NetworkDown | Io::AddrNotAvailable => {
            (Kind::NoRoute, String::new())
        }
        // What a local firewall rule that rejects looks like to a program.
        Io::PermissionDenied => (Kind::NoRoute, "this machine does not permit the connection".to_owned()),
        Io::TimedOut if connect => (Kind::ConnectTimeout, String::new()),
        Io::TimedOut => (Kind::ReadTimeout, String::new()),
        _ => return None,
    })
}

/// What a failure of TLS means, and the part of it that a person needs.
pub(super) fn tls_kind(error: &rustls::Error) -> (Kind, String) {
    use rustls::Error as Tls;
    match error {
        Tls::InvalidCertificate(certificate) => certificate_kind(certificate),
        Tls::InvalidMessage(InvalidMessage::InvalidContentType) => (Kind::TlsPlainHttp, String::new()),
        Tls::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13 | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => (Kind::TlsOldProtocol, String::new()),
        Tls::AlertReceived(alert) => alert_kind(*alert),
        other => (Kind::TlsOther, other.to_string()),
    }
}

fn certificate_kind(error: &CertificateError) -> (Kind, String) {
    use CertificateError as C;
    // The texts of the variants with context name the times, and the names that the certificate is valid for.
    let kind = match error {
        C::Expired => return (Kind::TlsExpired, String::new()),
        C::NotValidYet => return (Kind::TlsNotYetValid, String::new()),
        C::NotValidForName => return (Kind::TlsWrongName, String::new()),
        C::UnknownIssuer => return (Kind::TlsUnknownIssuer, String::new()),
        C::ExpiredContext { .. } => Kind::TlsExpired,
        C::NotValidYetContext { .. } => Kind::TlsNotYetValid,
        C::NotValidForNameContext { .. } => Kind::TlsWrongName,
        // webpki's error type is not ours to name; its text is.
        C::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            return (Kind::TlsSelfSigned, "the certificate is one of an authority (CA:TRUE)".to_owned());
        }
        // Another authority of the same name: one that was made anew, or another installation's.
        C::BadSignature => {
            let detail = "an authority of that name is trusted, but it is not the one that signed";
            return (Kind::TlsUnknownIssuer, detail.to_owned());
        }
        C::Revoked => return (Kind::TlsOther, "the certificate was revoked".to_owned()),
        _ => Kind::TlsOther,
    };
    (kind, error.to_string())
}

fn alert_kind(alert: AlertDescription) -> (Kind, String) {
    use AlertDescription as A;
    match alert {
        A::CertificateRequired => (Kind::TlsClientCertWanted, String::new()),
        // Sent by a server these are about the client's certificate, the only one that it looks at.
        A::BadCertificate
        | A::UnsupportedCertificate
        | A::CertificateRevoked
        | A::CertificateExpired
        | A::CertificateUnknown
        | A::UnknownCA
        | A::DecryptError
        | A::AccessDenied => (Kind::TlsClientCertWanted, format!("it refuses the one that was shown: {alert:?}")),
        A::ProtocolVersion => (Kind::TlsOldProtocol, String::new()),
        A::HandshakeFailure => (
            Kind::TlsOther,
            "the server broke off the handshake: no cipher in common, or it wants a client certificate".to_owned(),
        ),
        other => (Kind::TlsOther, format!("the server broke off the handshake: {other:?}")),
    }
}
