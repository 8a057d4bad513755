//! Revoking many by value in one request: `POST /credentials/revoke` takes up to 1,000. It touches nothing but these.
//!
//! <https://docs.github.com/en/rest/credentials/revoke>

use futures_util::future::BoxFuture;

use super::GitHub;
use super::address::Variant;
use super::asking::Asking;
use super::form::Form;
use super::refusal::Signature;
use super::revoke::{send, surrender, too_old};
use crate::domain::{Host, Kind};
use crate::hosts::{Revocation, RevokeMany, Wire};
use crate::secret::SecretText;

/// Most values of one request.
const MOST: usize = 1000;

/// Installation tokens share their kind with App user tokens and are not taken, so App tokens go one by one.
const CLOUD: &[Kind] = &[Kind::ClassicPat, Kind::FineGrainedPat, Kind::OauthToken];
const SERVER: &[Kind] = &[Kind::ClassicPat, Kind::FineGrainedPat];

impl RevokeMany for GitHub {
    fn batch(&self, host: &Host) -> Option<(&'static [Kind], usize)> {
        match Variant::of(host) {
            Variant::Server if too_old(host).is_some() => None,
            Variant::Server => Some((SERVER, MOST)),
            Variant::DotCom | Variant::DataResidency => Some((CLOUD, MOST)),
        }
    }

    fn revoke_many<'a>(&'a self, wire: &'a Wire<'a>, secrets: &'a [&'a SecretText]) -> BoxFuture<'a, Revocation> {
        Box::pin(revoke_many(wire, secrets))
    }
}

async fn revoke_many(wire: &Wire<'_>, secrets: &[&SecretText]) -> Revocation {
    // Only a server has its API below /api/v3, whatever its URL.
    let api = wire.url("api", "");
    let variant = if api.ends_with("/api/v3") { Variant::Server } else { Variant::DotCom };
    let takes = |secret: &&SecretText| match Form::of(secret.reveal()) {
        Form::Classic | Form::FineGrained => true,
        Form::OauthApp | Form::AppUser | Form::AppRefresh => variant != Variant::Server,
        _ => false,
    };
    // One value of another form would have the whole request refused; those are seen to be alive afterwards.
    let taken: Vec<&SecretText> = secrets.iter().copied().filter(|secret| takes(secret)).take(MOST).collect();
    let web = wire.url("web", "");
    let first = taken.first().or(secrets.first());
    let Some(key) = first.copied() else { return Revocation::Accepted };
    let at = Asking { wire, web: &web, variant, key };
    if taken.is_empty() {
        return Revocation::Unsupported(Box::new(Signature::new("revoke-legacy-form").conclude(at)));
    }
    let order = surrender(wire, &taken);
    // A server wants the order signed, and one of the values is all there is to sign with.
    let order = if variant == Variant::Server { order.bearer(key) } else { order };
    send(at, order, 202).await
}
