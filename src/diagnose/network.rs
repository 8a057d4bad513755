//! Names, connections, proxy and TLS of the host's endpoints.

use super::board::Board;
use super::look::{Look, of_net};
use super::patient::Patient;
use crate::domain::Stage;
use crate::hosts::{Detection, Wire};
use crate::net::NetErrorKind;
use crate::ops::Core;
use crate::ops::exchange::Channel;
use crate::secret::Masker;

/// Looks at the way to the host; gives whether it can be gone.
pub(crate) async fn look(core: &Core, _patient: &Patient, channel: &Channel, board: &Board<'_>) -> bool {
    let wire = Wire::new(&*channel.transport, channel.endpoints.clone(), Masker::new([]), core.clock.now());
    const ORDER: [Stage; 4] = [Stage::Dns, Stage::Tcp, Stage::Proxy, Stage::Tls];
    if let Detection::Unreachable(error) = channel.family.detect(&wire).await {
        let at = stage_of(error.kind);
        for stage in ORDER.into_iter().take_while(|s| *s != at) {
            board.put(stage, Look::passed(""));
        }
        board.put(at, Look::failed(of_net(&error)));
        board.not_reached(&ORDER);
        return false;
    }
    for stage in ORDER {
        board.put(stage, Look::passed(""));
    }
    true
}

/// The stage that the code of a network finding belongs to.
pub(crate) fn stage_of_code(code: &str) -> Stage {
    NetErrorKind::ALL.iter().find(|k| k.code() == code).map_or(Stage::Host, |k| stage_of(*k))
}

/// The stage at which a request failed.
pub(crate) fn stage_of(kind: NetErrorKind) -> Stage {
    use NetErrorKind as K;
    match kind {
        K::Dns | K::BadUrl => Stage::Dns,
        K::Refused | K::Reset | K::NoRoute | K::ConnectTimeout => Stage::Tcp,
        K::ProxyRefused
        | K::ProxyDns
        | K::ProxyAuth
        | K::ProxyDenied
        | K::Socks
        | K::ProxyOrTarget
        | K::BadProxySetting => Stage::Proxy,
        K::TlsTimeout
        | K::TlsExpired
        | K::TlsNotYetValid
        | K::TlsWrongName
        | K::TlsUnknownIssuer
        | K::TlsSelfSigned
        | K::TlsClientCertWanted
        | K::TlsOldProtocol
        | K::TlsPlainHttp
        | K::TlsOther
        | K::BadCaFile
        | K::BadClientCert
        | K::PlainHttp => Stage::Tls,
        K::ReadTimeout | K::ClosedEarly | K::NotHttp | K::Other => Stage::Host,
    }
}
