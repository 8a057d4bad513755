//! Many secrets of one host in one request, where its family has that: only these values die.

use futures_util::stream::{self, StreamExt as _};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::ended::result;
use super::{Case, Signing};
use crate::domain::{Credential, Host, LeakResult, RevokeEnd, Verdict};
use crate::error::{Error, Result};
use crate::hosts::{self, Revocation, Wire};
use crate::ops::Core;
use crate::ops::entry::Open;
use crate::ops::exchange::mask_revocation;
use crate::ops::prove::{Proof, by_keyrack, proof, whole};
use crate::secret::{Masker, SecretText};

/// Cases of one request: of one host, no more than it takes.
pub(super) fn groups<'a>(cases: &[&'a Case<'a>]) -> Vec<Vec<&'a Case<'a>>> {
    let mut by_host: Vec<(&Host, Vec<&Case<'_>>)> = Vec::new();
    for case in cases {
        let Some(host) = case.bulk_host() else { continue };
        match by_host.iter_mut().find(|(h, _)| h.url == host.url && h.id == host.id) {
            Some((_, group)) => group.push(case),
            None => by_host.push((host, vec![case])),
        }
    }
    let most = |host: &Host| {
        let batch = hosts::family(&host.family).and_then(|f| f.bulk_revoker()).and_then(|b| b.batch(host));
        batch.map_or(1, |(_, most)| most.max(1))
    };
    by_host
        .into_iter()
        .flat_map(|(host, group)| group.chunks(most(host)).map(<[_]>::to_vec).collect::<Vec<_>>())
        .collect()
}

impl Core {
    pub(super) async fn end_in_bulk(
        &self,
        group: &[&Case<'_>],
        signing: Signing<'_>,
        cancel: &CancellationToken,
    ) -> Vec<LeakResult> {
        let Some(host) = group.first().and_then(|c| c.bulk_host()) else { return Vec::new() };
        if cancel.is_cancelled() {
            let stopped =
                |case| result(case, Some(host), Some(RevokeEnd::Cancelled), "stopped before anything was sent");
            return group.iter().map(|case| stopped(case)).collect();
        }
        let mut results = Vec::with_capacity(group.len());
        let mut asked: Vec<(&Case<'_>, Option<Open<'_>>)> = Vec::with_capacity(group.len());
        for case in group {
            match self.open_case(case) {
                Ok(Ok(entry)) => asked.push((case, entry)),
                Ok(Err((end, why))) => results.push(result(case, Some(host), Some(end), &why)),
                Err(error) => results.push(result(case, Some(host), Some(RevokeEnd::Failed), &whole(&error))),
            }
        }
        if asked.is_empty() {
            return results;
        }
        let secrets: Vec<&SecretText> = asked.iter().map(|(c, _)| &c.leak.secret.token).collect();
        let answer = match self.order_all(host, &secrets).await {
            Ok(answer) => answer,
            Err(error) => {
                for (case, entry) in asked {
                    entry.into_iter().for_each(Open::close);
                    results.push(result(case, Some(host), Some(RevokeEnd::Failed), &whole(&error)));
                }
                return results;
            }
        };
        let lost = match answer {
            Revocation::Accepted => None,
            Revocation::Unknown(error) => Some(error.to_string()),
            // The host did nothing: each on its own, so that one it does not take keeps no other alive.
            Revocation::Refused(_) | Revocation::Unsupported(_) => {
                for (case, entry) in asked {
                    entry.into_iter().for_each(Open::close);
                    results.push(self.end_one(case, signing, cancel).await);
                }
                return results;
            }
        };
        let lost = lost.as_deref();
        let looks = asked.into_iter().map(|(case, entry)| self.settle_case(case, host, entry, lost));
        let looks: Vec<_> = looks.map(|f| Box::pin(f) as futures_util::future::BoxFuture<'_, _>).collect();
        let mut running = stream::iter(looks).buffer_unordered(self.settings.per_host.max(1));
        while let Some(ended) = running.next().await {
            results.push(ended);
        }
        results
    }

    async fn order_all(&self, host: &Host, secrets: &[&SecretText]) -> Result<Revocation> {
        let channel = self.channel(host)?;
        let bulk = channel.family.bulk_revoker().ok_or_else(|| Error::internal("the bulk endpoint is gone"))?;
        let masker = Masker::new(secrets.iter().copied());
        let wire = Wire::new(&*channel.transport, channel.endpoints.clone(), masker, self.clock.now());
        let mut answer = bulk.revoke_many(&wire, secrets).await;
        mask_revocation(&wire, &mut answer);
        Ok(answer)
    }

    /// Opens the journal for one that is on the rack; or says how it ended already.
    fn open_case(&self, case: &Case<'_>) -> Result<std::result::Result<Option<Open<'_>>, (RevokeEnd, String)>> {
        let Some(record) = &case.credential else { return Ok(Ok(None)) };
        let entry = match self.begin_revoking(record)? {
            Ok(entry) => entry,
            Err(ended) => return Ok(Err(ended)),
        };
        if let Err(error) = entry.step("asked", &json!({ "what": "with other leaked ones in one request" })) {
            entry.close();
            return Err(error);
        }
        Ok(Ok(Some(entry)))
    }

    async fn settle_case(
        &self,
        case: &Case<'_>,
        host: &Host,
        entry: Option<Open<'_>>,
        lost: Option<&str>,
    ) -> LeakResult {
        let mut ended = self.prove(case, host, lost.map(str::to_owned)).await;
        let (Some(record), Some(entry)) = (&case.credential, entry) else { return ended };
        let dead = ended.validation.as_ref().is_some_and(|seen| proof(seen) == Proof::Dead);
        let ours = dead && self.may_destroy(record, host, &ended);
        ended.validation = ended.validation.map(|seen| if ours { by_keyrack(seen) } else { seen });
        if let Some(seen) = &ended.validation {
            let _ = self.rack.record(&record.id, host.id, seen);
        }
        if !ours {
            entry.close();
            if dead {
                ended.message.push_str(
                    ". It was never seen accepted there, so its secret is kept here: it may belong to another host",
                );
            }
            return ended;
        }
        match self.destroy(record, host, entry.id()).await {
            Ok(()) => {
                entry.close();
                ended.message.push_str("; its secret is destroyed here");
            }
            Err(error) => {
                ended.end = Some(RevokeEnd::Failed);
                ended.message = whole(&error);
            }
        }
        ended
    }

    /// A refusal that gives no reason counts only where the secret was accepted before.
    fn may_destroy(&self, record: &Credential, host: &Host, ended: &LeakResult) -> bool {
        let reasoned = ended.validation.as_ref().is_some_and(|v| v.verdict != Verdict::Rejected);
        reasoned || self.was_accepted(record, host).unwrap_or(false)
    }
}
