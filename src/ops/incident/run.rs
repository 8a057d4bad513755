//! Doing what was planned: several at a time, each result handed over as it comes.

use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt as _};
use tokio_util::sync::CancellationToken;

use super::ended::{left, ours, result};
use super::{Case, Leak, Signing, outcome};
use crate::domain::{Expiry, Host, LeakResult, RevokeEnd, SecretState, Validation, Verdict, Way};
use crate::error::Result;
use crate::hosts::Revocation;
use crate::ops::Core;
use crate::ops::exchange::{Doomed, Known, family, order};
use crate::ops::prove::{Proof, proof, whole};
use crate::ops::revoke::is_about_token;
use crate::ops::signer::Using;

impl Core {
    /// Revokes every leaked secret in its host's best way and hands over each result as it comes; gives all of them in the
    /// order of the leaks.
    ///
    /// # Errors
    /// Where the rack cannot be read, the signer is not there, or the store cannot be opened: before anything was sent.
    pub async fn incident(
        &self,
        leaks: &[Leak],
        using: Option<&Using>,
        cancel: &CancellationToken,
        mut on_result: impl FnMut(&LeakResult),
    ) -> Result<Vec<LeakResult>> {
        let cases = self.cases(leaks)?;
        self.check_password(&cases, using)?;
        if cases.iter().any(|c| c.credential.is_some()) || using.is_some() {
            self.vault.unlock_if_needed().await?;
            self.settle_others().await;
        }
        let authority = self.authority(using).await?;
        let signing = Signing { using, authority: authority.as_ref() };
        let (bulk, single): (Vec<_>, Vec<_>) = cases.iter().partition(|c| c.bulk_host().is_some() && !is_over(c));
        let mut results = Vec::with_capacity(leaks.len());
        let mut take = |result: LeakResult| {
            let label = result.leak.label.clone().unwrap_or_default();
            let host = result.host.clone().unwrap_or_default();
            let detail = format!("leaked {} ({}): {}", result.leak.hint, result.leak.fingerprint, result.message);
            self.audit("revoke", &label, &host, outcome(result.end), detail);
            on_result(&result);
            results.push(result);
        };
        for group in super::bulk::groups(&bulk) {
            for result in self.end_in_bulk(&group, signing, cancel).await {
                take(result);
            }
        }
        // The one that signs goes last.
        let signs = |c: &Case<'_>| c.credential.as_ref().is_some_and(|r| using.is_some_and(|u| u.is(&r.id)));
        let (signer, rest): (Vec<_>, Vec<_>) = single.into_iter().partition(|c| signs(c));
        let futures: Vec<BoxFuture<'_, LeakResult>> =
            rest.into_iter().map(|case| Box::pin(self.end_one(case, signing, cancel)) as BoxFuture<'_, _>).collect();
        let mut running = stream::iter(futures).buffer_unordered(self.settings.per_host.clamp(1, 8));
        while let Some(result) = running.next().await {
            take(result);
        }
        drop(running);
        for case in signer {
            take(self.end_one(case, Signing { using: None, authority: None }, cancel).await);
        }
        results.sort_by_key(|r| r.leak.n);
        Ok(results)
    }

    /// Revokes one on its own.
    pub(super) async fn end_one(
        &self,
        case: &Case<'_>,
        signing: Signing<'_>,
        cancel: &CancellationToken,
    ) -> LeakResult {
        if cancel.is_cancelled() {
            return result(case, case.hosts.first(), Some(RevokeEnd::Cancelled), "stopped before anything was sent");
        }
        if case.hosts.is_empty() {
            let end = case.name.family.is_some().then_some(RevokeEnd::Guided);
            return result(case, None, end, &case.why);
        }
        if let (Some(record), Some(host)) = (&case.credential, case.hosts.first()) {
            if record.secret == SecretState::Destroyed {
                let message = "it was on the rack and was revoked before; its secret is destroyed here";
                return result(case, Some(host), Some(RevokeEnd::AlreadyDead), message);
            }
            return match self.revoke_one(record, host, signing.at(self, host)).await {
                Ok(ended) => ours(case, host, ended),
                Err(error) => result(case, Some(host), Some(RevokeEnd::Failed), &whole(&error)),
            };
        }
        match self.end_stranger(case, signing).await {
            Ok(result) => result,
            Err(error) => result(case, case.hosts.first(), Some(RevokeEnd::Failed), &whole(&error)),
        }
    }

    /// One that is not on the rack: the first host of its family that knows it is asked to revoke it.
    async fn end_stranger(&self, case: &Case<'_>, signing: Signing<'_>) -> Result<LeakResult> {
        let mut refused: Vec<(&Host, Validation)> = Vec::new();
        let mut silent: Vec<(&Host, Validation)> = Vec::new();
        let mut place = None;
        for host in &case.hosts {
            let seen = self.validate(host, known(case), &case.leak.secret).await;
            match proof(&seen) {
                Proof::Dead => refused.push((host, seen)),
                Proof::None if seen.verdict == Verdict::Unreachable && !is_about_token(&seen) => {
                    silent.push((host, seen))
                }
                _ => {
                    place = Some((host, seen));
                    break;
                }
            }
        }
        let Some((host, before)) = place else {
            if let Some((host, seen)) = silent.pop() {
                let message = format!("nothing was sent: {} could not be asked ({})", host.name, seen.reason);
                let mut ended = result(case, Some(host), Some(RevokeEnd::Unreachable), &message);
                ended.validation = Some(seen);
                return Ok(ended);
            }
            let names: Vec<&str> = refused.iter().map(|(h, _)| h.name.as_str()).collect();
            let sure = refused.iter().any(|(_, v)| v.verdict != Verdict::Rejected);
            let rest = if sure { "" } else { ". If it is of another host than that, it may live there" };
            let reason = refused.last().map_or("", |(_, v)| v.reason.as_str());
            let message = format!("refused already by {} ({reason}){rest}", names.join(", "));
            let mut ended = result(case, refused.first().map(|(h, _)| *h), Some(RevokeEnd::AlreadyDead), &message);
            ended.validation = refused.pop().map(|(_, v)| v);
            return Ok(ended);
        };
        let using = signing.at(self, host);
        let way = self.way_to_end(case, host, using)?;
        let revoker = match (&way, family(&host.family)?.revoker()) {
            (Way::AtHost { .. }, Some(revoker)) => revoker,
            (Way::NeedsAuthority { why, .. }, _) => {
                let message = format!("it is alive, and nothing was sent to revoke it: {why}");
                return Ok(left(case, host, RevokeEnd::NeedsAuthority, &message, way.clone(), Some(before)));
            }
            (Way::Guided { why, .. } | Way::AtHost { what: why }, _) => {
                let message = format!("it is alive: revoke it by hand, then run this again to see it dead ({why})");
                return Ok(left(case, host, RevokeEnd::Guided, &message, way.clone(), Some(before)));
            }
        };
        let channel = self.channel(host)?;
        let doomed = Doomed {
            host,
            kind: before.kind.unwrap_or_else(|| case.kind()),
            username: case.username(),
            secret: &case.leak.secret,
            remote_id: before.remote_id.as_deref(),
        };
        let asked = order(&channel, revoker, &doomed, using, self.clock.now()).await;
        Ok(match asked {
            Revocation::Accepted => self.prove(case, host, None).await,
            Revocation::Unknown(error) => self.prove(case, host, Some(error.to_string())).await,
            Revocation::Refused(validation) => {
                let message = format!("{} refused to revoke it: {}", host.name, validation.reason);
                let end = if validation.verdict.is_dead() { RevokeEnd::AlreadyDead } else { RevokeEnd::Refused };
                let mut ended = result(case, Some(host), Some(end), &message);
                ended.validation = Some(*validation);
                ended
            }
            Revocation::Unsupported(validation) => {
                let way = crate::ops::by_hand::revoking(host, case.kind(), validation.reason.clone());
                let message = format!("it is alive, and {}: revoke it by hand", validation.reason);
                left(case, host, RevokeEnd::Guided, &message, way, Some(*validation))
            }
        })
    }

    /// Looks whether one that is not on the rack is dead after it was ordered; `lost` where the answer to the order was.
    pub(super) async fn prove(&self, case: &Case<'_>, host: &Host, lost: Option<String>) -> LeakResult {
        let seen = self.watch(host, known(case), &case.leak.secret, Proof::Dead, |_| {}).await;
        let (end, message) = match (proof(&seen), lost) {
            (Proof::Dead, _) => (RevokeEnd::Revoked, format!("revoked at {}, and seen refused there", host.name)),
            (_, Some(error)) => (
                RevokeEnd::Unknown,
                format!("sent, and the answer was lost ({error}): it may or may not be revoked; run this again"),
            ),
            (Proof::Alive, None) => (
                RevokeEnd::StillAccepted,
                format!("{} took the order and still accepts it; run this again in a minute", host.name),
            ),
            (Proof::None, None) => (
                RevokeEnd::Unknown,
                format!("{} took the order, and could not be asked whether it is dead ({})", host.name, seen.reason),
            ),
        };
        let mut ended = result(case, Some(host), Some(end), &message);
        ended.validation = Some(seen);
        ended
    }
}

/// Nothing is left to revoke.
fn is_over(case: &Case<'_>) -> bool {
    case.credential.as_ref().is_some_and(|c| c.secret == SecretState::Destroyed)
}

pub(super) fn known<'a>(case: &'a Case<'_>) -> Known<'a> {
    Known { kind: case.kind(), username: case.username(), expiry: Expiry::Unknown, expiry_by_user: false }
}
