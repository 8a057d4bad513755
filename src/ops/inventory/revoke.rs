//! Revoking lines of a host's list by the host's ids. Those that are on the rack are settled there too: their secret is
//! destroyed once the host was seen to refuse it.

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::matching::is_over;
use crate::domain::{
    Credential, Host, InventoryLine, RemoteList, RemoteRevokeResult, RemoteState, RevokeEnd, SecretState, Validation,
};
use crate::error::{Error, Result};
use crate::hosts::{Act, Authority, Inventory, Revocation};
use crate::ops::Core;
use crate::ops::entry::Open;
use crate::ops::exchange::{Channel, act_wire, mask_revocation};
use crate::ops::prove::{Proof, proof, whole};
use crate::ops::revoke::outcome;
use crate::ops::signer::Using;
use crate::secret::Secret;

/// Ids in one call of the family, so that progress is seen and a stop is heeded in between.
const AT_ONCE: usize = 50;

/// A line of the list that is on the rack, with what is needed to settle it there.
struct Ours<'a> {
    credential: Credential,
    secret: Secret,
    entry: Open<'a>,
}

impl Core {
    /// The lines of a host's list with those ids, in the order of `ids`, each found on the rack. Reads the list.
    ///
    /// # Errors
    /// As [`Core::inventory`]; usage error where the list has no such id.
    pub async fn remote_lines(&self, host: &Host, ids: &[String], using: Option<&Using>) -> Result<Vec<InventoryLine>> {
        let report = self.inventory(host, using).await?;
        let mut lines: Vec<InventoryLine> = Vec::with_capacity(ids.len());
        for id in ids {
            if lines.iter().any(|l| l.token.id == *id) {
                continue;
            }
            let Some(line) = report.lines.iter().find(|l| l.token.id == *id) else {
                let error = Error::usage(format!("the list of {} has no token with the id `{id}`", host.name));
                return Err(error.hint("Nothing was revoked. Ids are in the first column of the host's inventory."));
            };
            lines.push(line.clone());
        }
        Ok(lines)
    }

    /// Revokes lines that [`Core::remote_lines`] gave, handing over each result as it comes. The one that signs goes
    /// last.
    ///
    /// # Errors
    /// Where rack or store cannot be used or somebody else has to sign: before anything was sent.
    pub async fn revoke_remote(
        &self,
        host: &Host,
        lines: &[InventoryLine],
        using: &Using,
        cancel: &CancellationToken,
        mut on_result: impl FnMut(&RemoteRevokeResult),
    ) -> Result<Vec<RemoteRevokeResult>> {
        self.check_signer(Some(using), std::iter::once(host))?;
        self.vault.unlock_if_needed().await?;
        self.settle_others().await;
        let authority = self.authority(Some(using)).await?;
        let (lister, authority) = self.lister(host, authority)?;
        let channel = self.channel(host)?;
        let mut order: Vec<&InventoryLine> = lines.iter().collect();
        let signs = |l: &InventoryLine| l.on_rack.as_ref().is_some_and(|r| using.is(&r.credential));
        order.sort_by_key(|l| signs(l));
        let (signer, rest): (Vec<_>, Vec<_>) = order.into_iter().partition(|l| signs(l));
        let mut results = Vec::with_capacity(lines.len());
        for batch in rest.chunks(AT_ONCE).chain(signer.chunks(1)) {
            let ended = if cancel.is_cancelled() {
                batch.iter().map(|l| result(l, RevokeEnd::Cancelled, "stopped before anything was sent")).collect()
            } else {
                self.revoke_batch(&channel, lister, host, batch, &authority).await
            };
            for one in ended {
                let what = if one.name.is_empty() { one.id.clone() } else { format!("{} ({})", one.name, one.id) };
                let label = one.label.clone().unwrap_or_default();
                self.audit("revoke", &label, &host.name, outcome(one.end), format!("{what}: {}", one.message));
                on_result(&one);
                results.push(one);
            }
        }
        Ok(results)
    }

    async fn revoke_batch(
        &self,
        channel: &Channel,
        lister: &dyn Inventory,
        host: &Host,
        batch: &[&InventoryLine],
        authority: &Authority,
    ) -> Vec<RemoteRevokeResult> {
        let mut results: Vec<Option<RemoteRevokeResult>> = vec![None; batch.len()];
        let mut ours: Vec<Option<Ours<'_>>> = Vec::with_capacity(batch.len());
        for (line, slot) in batch.iter().zip(&mut results) {
            ours.push(None);
            if is_over(&line.token) && line.on_rack.is_none() {
                let state = if line.token.state == RemoteState::Expired { "expired" } else { "revoked" };
                *slot = Some(result(line, RevokeEnd::AlreadyDead, &format!("the host says that it is {state}")));
                continue;
            }
            match self.begin_ours(line).await {
                Ok(Ok(one)) => {
                    if let Some(last) = ours.last_mut() {
                        *last = one;
                    }
                }
                Ok(Err((end, why))) => *slot = Some(result(line, end, &why)),
                Err(error) => *slot = Some(result(line, RevokeEnd::Failed, &whole(&error))),
            }
        }
        let asked: Vec<usize> = (0..batch.len()).filter(|at| results[*at].is_none()).collect();
        let ids: Vec<String> = asked.iter().map(|at| batch[*at].token.id.clone()).collect();
        if ids.is_empty() {
            return results.into_iter().flatten().collect();
        }
        let act = Act { wire: act_wire(channel, None, Some(authority), self.clock.now()), host, using: authority };
        let mut answers = lister.revoke(&act, &ids).await.into_iter();
        let mut to_see = Vec::new();
        for at in asked {
            let answer = answers.next().map(|mut answer| {
                mask_revocation(&act.wire, &mut answer);
                answer
            });
            let line = batch[at];
            let one = match ours[at].take() {
                Some(ours) => self.settle_ours(line, host, ours, answer).await,
                None => {
                    to_see.push(at);
                    stranger(line, host, answer)
                }
            };
            results[at] = Some(one);
        }
        // What is not on the rack can only be looked for in the list again.
        to_see.retain(|at| {
            results[*at].as_ref().is_some_and(|r| matches!(r.end, RevokeEnd::Revoked | RevokeEnd::Unknown))
        });
        if !to_see.is_empty()
            && let Ok(list) = self.read_list(channel, lister, host, authority).await
        {
            for at in to_see {
                if let Some(one) = &mut results[at] {
                    see_again(one, host, &list);
                }
            }
        }
        results.into_iter().flatten().collect()
    }

    /// Opens the journal for a line that surely is a credential of the rack whose secret is here; or says how it ended
    /// already.
    async fn begin_ours(
        &self,
        line: &InventoryLine,
    ) -> Result<std::result::Result<Option<Ours<'_>>, (RevokeEnd, String)>> {
        let sure = line.on_rack.as_ref().filter(|r| r.by.is_sure() && r.secret == SecretState::Present);
        let Some(on_rack) = sure else { return Ok(Ok(None)) };
        let Some(credential) = self.rack.credential(&on_rack.credential)? else { return Ok(Ok(None)) };
        let entry = match self.begin_revoking(&credential)? {
            Ok(entry) => entry,
            Err(ended) => return Ok(Err(ended)),
        };
        let ready = async {
            let secret = self.vault.get(&credential.id).await?;
            entry.step("asked", &json!({ "remote": line.token.id }))?;
            Ok(secret)
        };
        match ready.await {
            Ok(secret) => Ok(Ok(Some(Ours { credential, secret, entry }))),
            Err(error) => {
                entry.close();
                Err(error)
            }
        }
    }

    async fn settle_ours(
        &self,
        line: &InventoryLine,
        host: &Host,
        ours: Ours<'_>,
        answer: Option<Revocation>,
    ) -> RemoteRevokeResult {
        let Ours { credential, secret, entry } = ours;
        let after = match &answer {
            Some(Revocation::Accepted | Revocation::Unknown(_)) => Some(self.confirm(&credential, host, &secret).await),
            _ => None,
        };
        if let Some(after) = after.filter(|a| proof(a) == Proof::Dead) {
            let mut ended = match self.destroy(&credential, host, entry.id()).await {
                Ok(()) => {
                    let message = format!(
                        "revoked at {}, seen refused there, and the secret of `{}` destroyed here",
                        host.name, credential.label
                    );
                    entry.close();
                    result(line, RevokeEnd::Revoked, &message)
                }
                Err(error) => result(line, RevokeEnd::Failed, &whole(&error)),
            };
            ended.validation = Some(after);
            return ended;
        }
        entry.close();
        let mut ended = stranger(line, host, answer);
        if ended.end == RevokeEnd::Revoked {
            ended.end = RevokeEnd::StillAccepted;
            ended.message = format!(
                "{} took the order, and was not yet seen to refuse the secret of `{}`; kept here. Check it again in a minute",
                host.name, credential.label
            );
        }
        ended
    }
}

/// What an answer means for a line whose secret is not here.
fn stranger(line: &InventoryLine, host: &Host, answer: Option<Revocation>) -> RemoteRevokeResult {
    let refused = |validation: Box<Validation>| {
        let end = if validation.verdict.is_dead() { RevokeEnd::AlreadyDead } else { RevokeEnd::Refused };
        let mut ended = result(line, end, &format!("{} refused: {}", host.name, validation.reason));
        ended.validation = Some(*validation);
        ended
    };
    match answer {
        Some(Revocation::Accepted) => {
            let message = format!(
                "{} took the order; its secret is not on the rack, so nothing here can prove it dead: read the list again",
                host.name
            );
            result(line, RevokeEnd::Revoked, &message)
        }
        Some(Revocation::Refused(validation) | Revocation::Unsupported(validation)) => refused(validation),
        Some(Revocation::Unknown(error)) => {
            let message = format!(
                "sent, and the answer was lost ({error}): it may or may not be revoked; read the list again to see"
            );
            result(line, RevokeEnd::Unknown, &message)
        }
        None => result(line, RevokeEnd::Unknown, "the host gave no answer for this one; read the list again to see"),
    }
}

/// What the list, read again, says of an order.
fn see_again(one: &mut RemoteRevokeResult, host: &Host, list: &RemoteList) {
    let lives = list.tokens.iter().any(|t| t.id == one.id && t.state == RemoteState::Active);
    match (lives, one.end) {
        (false, _) if list.gaps.is_empty() || list.tokens.iter().any(|t| t.id == one.id) => {
            one.end = RevokeEnd::Revoked;
            one.message = format!("revoked at {}, and no longer in its list as one that works", host.name);
        }
        (true, RevokeEnd::Revoked) => {
            one.end = RevokeEnd::StillAccepted;
            one.message =
                format!("{} took the order and still lists it as working; read the list again in a minute", host.name);
        }
        _ => {}
    }
}

fn result(line: &InventoryLine, end: RevokeEnd, message: &str) -> RemoteRevokeResult {
    RemoteRevokeResult {
        id: line.token.id.clone(),
        name: line.token.name.clone(),
        label: line.on_rack.as_ref().filter(|r| r.by.is_sure()).map(|r| r.label.clone()),
        end,
        message: message.to_owned(),
        validation: None,
    }
}
