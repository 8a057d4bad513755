//! Revoking one token: by its owner's Microsoft Entra token, or by an administrator. Both know it by its authorisation id
//! only, which no token says of itself: it comes from creating it here, or from the inventory.

use futures_util::future::BoxFuture;

use super::address::{Place, name_of};
use super::answers::{Act, Asked, conclude_with};
use super::pats::Ended;
use super::send::{Reader, Signer};
use super::{AzureDevOps, admin, is_guid, pats};
use crate::domain::{Host, Kind};
use crate::hosts::{Authority, Revocation, Revoke, Route, Session};

impl Revoke for AzureDevOps {
    fn route(&self, host: &Host, kind: Kind, _username: Option<&str>, using: Option<&Authority>) -> Route {
        if kind != Kind::Pat {
            return Route::Guided {
                why: "tokens of this kind end by themselves and have no API that ends them".to_owned(),
            };
        }
        let organization = name_of(&host.url);
        match (Place::of(host), using.and_then(|u| u.kind)) {
            (Place::Services, Some(Kind::EntraToken)) => Route::AtHost(format!(
                "DELETE _apis/tokens/pats in {organization}, by the token's authorization id, ends this one token; where it \
                 is somebody else's, POST _apis/tokenadmin/revocations with that one id"
            )),
            (_, Some(Kind::Pat)) => Route::AtHost(format!(
                "POST _apis/tokenadmin/revocations in {organization}, with the token's authorization id, ends this one \
                 token; it takes an administrator's token with vso.tokenadministration"
            )),
            (Place::Services, _) => Route::NeedsAuthority {
                why: "a personal access token cannot revoke itself: a Microsoft Entra token of its owner can, or one of an \
                      administrator (else do it by hand: User settings, Personal access tokens, Revoke)"
                    .to_owned(),
                password: false,
            },
            (Place::Server, _) => Route::Guided {
                why: "Azure DevOps Server has no API for one's own tokens; an administrator's token with \
                      vso.tokenadministration can sign (2019 and later)"
                    .to_owned(),
            },
        }
    }

    fn revoke<'a>(
        &'a self,
        session: &'a Session<'a>,
        remote_id: Option<&'a str>,
        using: Option<&'a Authority>,
    ) -> BoxFuture<'a, Revocation> {
        Box::pin(async move {
            let asked = Asked { wire: &session.wire, act: Act::Tokens, place: Place::of(session.host) };
            let stop = |name: &str| Revocation::Unsupported(Box::new(conclude_with(&asked, name, &[])));
            let Some(using) = using.filter(|u| u.kind.is_some()) else { return stop("authority-unfit") };
            match remote_id.filter(|id| is_guid(id)) {
                Some(id) => by_id(&asked, using, id).await,
                None => stop("authorization-id-unknown"),
            }
        })
    }
}

/// Revokes by authorisation id: as the owner where a Microsoft Entra token signs, and as an administrator where the host
/// says that the owner is somebody else.
pub(super) async fn by_id(asked: &Asked<'_>, using: &Authority, id: &str) -> Revocation {
    let kind = using.kind.unwrap_or(Kind::Unknown);
    let signer = Signer::of(kind, &using.secret.token);
    let not_own = if kind == Kind::EntraToken && asked.place == Place::Services {
        match pats::revoke(&pats::asked(asked), signer, id).await {
            Ended::Done => return Revocation::Accepted,
            Ended::Refused(found) => return Revocation::Refused(found),
            Ended::Unknown(error) => return Revocation::Unknown(error),
            Ended::NotOwn(found) => Some(found),
        }
    } else {
        None
    };
    let reader = Reader::new(asked.wire, signer, asked.place);
    match (admin::revoke(&admin::asked(asked), &reader, &[id]).await, not_own) {
        // That the token is not the signer's says more than that the signer is no administrator.
        (Revocation::Refused(mut refused), Some(not_own)) => {
            refused.findings.splice(0..0, not_own.findings);
            let later = std::mem::replace(&mut refused.evidence, not_own.evidence);
            refused.evidence.extend(later);
            Revocation::Refused(refused)
        }
        (done, _) => done,
    }
}
