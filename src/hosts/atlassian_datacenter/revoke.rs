//! Revoking a personal access token by its id, signed by itself or by another token or the password of its user.
//!
//! The id is known from its creation or from a validation that could tell which record is the token's own. Where it is
//! not known, the list is asked once more; with several that it could be, nothing is deleted.

use super::manage::{NoList, delete, list};
use super::own::{Own, own};
use super::prove::asked;
use super::refusal::refusal;
use super::signer::{Signer, signer_or_route, web_of};
use super::{Product, WEB, token};
use crate::domain::{Host, Kind, Validation};
use crate::hosts::{Authority, Revocation, Route, Session};

/// How the token would be revoked.
pub fn route(product: &Product, host: &Host, kind: Kind, using: Option<&Authority>) -> Route {
    if !matches!(kind, Kind::Pat | Kind::Unknown) {
        return Route::Guided { why: format!("{} knows personal access tokens only, and this is none", product.name) };
    }
    let signed = match using {
        None => "with the token itself".to_owned(),
        Some(_) => match signer_or_route(product, using) {
            Ok(signer) => signer.words(),
            Err(route) => return route,
        },
    };
    Route::AtHost(format!(
        "DELETE {}{}/ID, signed {signed}; only this one token dies, and only if its id is known for sure",
        web_of(host),
        product.tokens
    ))
}

/// Asks the host.
pub async fn revoke(
    product: &'static Product,
    session: &Session<'_>,
    remote_id: Option<&str>,
    using: Option<&Authority>,
) -> Revocation {
    let wire = &session.wire;
    let web = wire.url(WEB, "");
    let stop =
        |name: &str, args: &[(&str, &str)]| Revocation::Unsupported(Box::new(wire.conclude(product.facts, name, args)));
    if let Some(name) = token::elsewhere(session.secret.token.reveal()) {
        return stop(name, &[("web", &web)]);
    }
    let itself = Signer::Token(&session.secret.token);
    let signer = match using.map(Signer::of) {
        None => itself,
        Some(Ok(signer)) => signer,
        Some(Err(name)) => return stop(name, &[("web", &web)]),
    };
    let found = match remote_id.filter(|id| !id.is_empty()) {
        Some(id) => id.to_owned(),
        None => match list(wire, product, itself).await {
            Ok(listing) => {
                let number = token::number(session.secret.token.reveal());
                match own(&listing.records, &[], number.as_deref(), wire.now()) {
                    Own::Certain(record) => record.id.clone(),
                    Own::OneOf(all) => return stop("which-token", &[("count", &all.len().to_string()), ("web", &web)]),
                    Own::Likely(_) | Own::Absent => return stop("which-token", &[("count", "no"), ("web", &web)]),
                }
            }
            Err(NoList::Net(error)) => return Revocation::Unknown(error),
            Err(NoList::Answer(answer)) => {
                return match refusal(&asked(session, product), &answer) {
                    Some(said) => Revocation::Refused(Box::new(said)),
                    None => stop("which-token", &[("count", "an unknown number of"), ("web", &web)]),
                };
            }
        },
    };
    let by_itself = using.is_none_or(|u| u.secret.token == session.secret.token);
    let mut done = delete(wire, product, signer, &found, by_itself).await;
    if let (Revocation::Refused(said), true) = (&mut done, by_itself) {
        as_its_own(product, said, &web);
    }
    done
}

/// A refusal of the token that signs for itself is a refusal of the token.
fn as_its_own(product: &Product, said: &mut Validation, web: &str) {
    let code = format!("{}.authority-refused", product.facts.id);
    if said.findings.iter().any(|f| f.code == code) {
        let (verdict, finding) = product.facts.finding("token-refused", &[("web", web)]);
        said.verdict = verdict;
        said.reason.clone_from(&finding.title);
        said.findings = vec![finding];
    }
}
