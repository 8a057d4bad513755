//! Revokes credentials: planned offline, asked of the host once, proved by validating, and only after the host was seen
//! to refuse the secret is it destroyed here. Journalled, so that a crash at any step loses and repeats nothing.

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::Core;
use super::by_hand;
use super::entry::{Begun, Open};
use super::exchange::{Doomed, order};
use super::prove::{Proof, proof, whole};
pub use super::signer::Using;
use crate::domain::{
    Credential, CredentialId, Host, RevokeEnd, RevokePlan, RevokeResult, SecretState, Validation, Verdict, Way,
};
use crate::error::Result;
use crate::hosts::{Authority, Revocation};
use crate::rack::JournalId;
use crate::secret::Secret;

impl Core {
    /// How each credential would be revoked. Sends nothing, opens no store unless `using` is a credential.
    ///
    /// # Errors
    /// Where the rack cannot be read or the signer is not there.
    pub async fn revoke_plan(&self, ids: &[CredentialId], using: Option<&Using>) -> Result<Vec<RevokePlan>> {
        self.check_signer(using, &self.hosts_of(ids)?)?;
        let authority = self.authority(using).await?;
        ids.iter().map(|id| self.plan_one(id, authority.as_ref())).collect()
    }

    fn plan_one(&self, id: &CredentialId, using: Option<&Authority>) -> Result<RevokePlan> {
        let (credential, host) = self.target(id)?;
        let way = self.way(&credential, &host, using)?;
        Ok(RevokePlan { credential: id.clone(), label: credential.label, host: host.name, way })
    }

    pub(crate) fn way(&self, credential: &Credential, host: &Host, using: Option<&Authority>) -> Result<Way> {
        let family = super::exchange::family(&host.family)?;
        let by_hand = |why| by_hand::revoking(host, credential.kind, why);
        Ok(match family.revoker().map(|r| r.route(host, credential.kind, credential.username.as_deref(), using)) {
            Some(route) => by_hand::way(route, by_hand),
            None => by_hand(format!("{} has no API for it", family.facts().name)),
        })
    }

    /// Revokes each credential in turn and hands over each result as it comes.
    ///
    /// # Errors
    /// Where the rack cannot be read, the signer is not there, or the store cannot be opened: before anything was sent.
    pub async fn revoke(
        &self,
        ids: &[CredentialId],
        using: Option<&Using>,
        cancel: &CancellationToken,
        mut on_result: impl FnMut(&RevokeResult),
    ) -> Result<Vec<RevokeResult>> {
        self.check_signer(using, &self.hosts_of(ids)?)?;
        self.vault.unlock_if_needed().await?;
        self.settle_others().await;
        let authority = self.authority(using).await?;
        let mut order = ids.to_vec();
        // The one that signs goes last: its own revocation would leave the others without a signature.
        order.sort_by_key(|id| using.is_some_and(|u| u.is(id)));
        let mut results = Vec::with_capacity(order.len());
        for id in &order {
            let (credential, host) = self.target(id)?;
            let using = authority.as_ref().filter(|_| !using.is_some_and(|u| u.is(id)));
            let result = if cancel.is_cancelled() {
                done(&credential, &host, RevokeEnd::Cancelled, "stopped before anything was sent")
            } else {
                match self.revoke_one(&credential, &host, using).await {
                    Ok(result) => result,
                    Err(error) => done(&credential, &host, RevokeEnd::Failed, &whole(&error)),
                }
            };
            self.audit("revoke", &credential.label, &host.name, outcome(result.end), result.message.clone());
            on_result(&result);
            results.push(result);
        }
        Ok(results)
    }

    pub(crate) async fn revoke_one(
        &self,
        credential: &Credential,
        host: &Host,
        using: Option<&Authority>,
    ) -> Result<RevokeResult> {
        if credential.secret == SecretState::Destroyed {
            return Ok(done(
                credential,
                host,
                RevokeEnd::AlreadyDead,
                "it was revoked before; its secret is destroyed",
            ));
        }
        let entry = match self.begin_revoking(credential)? {
            Ok(entry) => entry,
            Err((end, why)) => return Ok(done(credential, host, end, &why)),
        };
        let result = async {
            // Read only now: until the entry was made, another keyrack may have put a new one in its place.
            let secret = self.vault.get(&credential.id).await?;
            self.revoke_steps(Doom { credential, host, secret: &secret, entry: entry.id() }, using).await
        }
        .await;
        match &result {
            // Also an end that is unknown is an end: the user is told, the audit log knows, and nothing is left to settle.
            Ok(_) => entry.close(),
            // Where keyrack itself failed after the host was asked, `recover` settles what there is to settle.
            Err(_) => entry.give_up(),
        }
        result
    }

    /// Opens the journal for revoking one, or says how that has ended already.
    ///
    /// # Errors
    /// Where the rack cannot be read or written; then nothing was begun.
    pub(crate) fn begin_revoking(
        &self,
        credential: &Credential,
    ) -> Result<std::result::Result<Open<'_>, (RevokeEnd, String)>> {
        let detail = json!({ "label": credential.label, "store": credential.store });
        Ok(match self.begin_on("revoke", credential, &detail)? {
            Begun::Overtaken(why) => Err((RevokeEnd::Busy, why)),
            Begun::Mine(entry, now) if now.secret == SecretState::Destroyed => {
                entry.close();
                Err((RevokeEnd::AlreadyDead, GONE_MEANWHILE.to_owned()))
            }
            Begun::Mine(entry, _) => Ok(entry),
        })
    }

    async fn revoke_steps(&self, doom: Doom<'_>, using: Option<&Authority>) -> Result<RevokeResult> {
        let Doom { credential, host, secret, entry } = doom;
        let before = self.look(credential, host, secret).await;
        if let Some(ended) = self.ended_by_look(doom, &before).await? {
            return Ok(with(ended, before));
        }
        let way = self.way(credential, host, using)?;
        let family = super::exchange::family(&host.family)?;
        let (what, revoker) = match (way.clone(), family.revoker()) {
            (Way::AtHost { what }, Some(revoker)) => (what, revoker),
            (Way::NeedsAuthority { why, .. }, _) => {
                return Ok(planned(doom.ended(RevokeEnd::NeedsAuthority, &why), credential, host, way));
            }
            (Way::Guided { why, .. } | Way::AtHost { what: why }, _) => {
                let message =
                    format!("{why}: do it by hand, then run the same again, which proves it dead and destroys it here");
                return Ok(planned(doom.ended(RevokeEnd::Guided, &message), credential, host, way));
            }
        };
        let channel = self.channel(host)?;
        let remote_id = before.remote_id.clone().or_else(|| self.remote_facts(&credential.id, host)?.remote_id);
        self.rack.step(entry, "asked", &json!({ "what": what }))?;
        let doomed = Doomed {
            host,
            kind: credential.kind,
            username: credential.username.as_deref(),
            secret,
            remote_id: remote_id.as_deref(),
        };
        match order(&channel, revoker, &doomed, using, self.clock.now()).await {
            // Accepted, or sent and the answer lost: in both cases only the host's refusal proves anything.
            Revocation::Accepted => self.ended_by_order(doom, None).await,
            Revocation::Unknown(error) => self.ended_by_order(doom, Some(error.to_string())).await,
            Revocation::Refused(validation) => self.ended_by_refusal(doom, *validation).await,
            Revocation::Unsupported(validation) => {
                let way = by_hand::revoking(host, credential.kind, validation.reason.clone());
                let message = "this host has no API for it: do it by hand, then run the same again";
                Ok(planned(with(doom.ended(RevokeEnd::Guided, message), *validation), credential, host, way))
            }
        }
    }

    /// What there is to say before anything is ordered: it is dead already, or nothing can be told of it. None where it is
    /// to be ordered dead.
    async fn ended_by_look(&self, doom: Doom<'_>, before: &Validation) -> Result<Option<RevokeResult>> {
        let Doom { credential, host, entry, .. } = doom;
        Ok(match proof(before) {
            // A refusal that gives no reason may also mean that the secret belongs to another host.
            Proof::Dead if before.verdict == Verdict::Rejected && !self.was_accepted(credential, host)? => {
                let message = format!(
                    "{} refuses it ({}) and was never seen to accept it: it may belong to another host, so its secret is \
                     kept. If you know that it is dead: keyrack forget {}",
                    host.name, before.reason, credential.label
                );
                Some(doom.ended(RevokeEnd::Refused, &message))
            }
            Proof::Dead => {
                self.destroy(credential, host, entry).await?;
                let message =
                    format!("{} refuses it already ({}); its secret is destroyed here", host.name, before.reason);
                Some(doom.ended(RevokeEnd::AlreadyDead, &message))
            }
            Proof::None if before.verdict == Verdict::Unreachable && !is_about_token(before) => {
                Some(doom.ended(RevokeEnd::Unreachable, &format!("nothing was sent: {}", before.reason)))
            }
            Proof::Alive | Proof::None => None,
        })
    }

    /// The host said no to the order. Somebody else may have been faster: between the look before and the order it died.
    async fn ended_by_refusal(&self, doom: Doom<'_>, refusal: Validation) -> Result<RevokeResult> {
        let Doom { credential, host, secret, entry } = doom;
        if refusal.verdict.is_dead() {
            let after = self.look(credential, host, secret).await;
            if proof(&after) == Proof::Dead {
                self.destroy(credential, host, entry).await?;
                let message =
                    format!("{} refuses it by now ({}); its secret is destroyed here", host.name, after.reason);
                return Ok(with(doom.ended(RevokeEnd::AlreadyDead, &message), after));
            }
        }
        let message = format!("{} refused: {}", host.name, refusal.reason);
        Ok(with(doom.ended(RevokeEnd::Refused, &message), refusal))
    }

    /// The order is out; `lost` where the answer to it was.
    async fn ended_by_order(&self, doom: Doom<'_>, lost: Option<String>) -> Result<RevokeResult> {
        let Doom { credential, host, secret, entry } = doom;
        let after = self.confirm(credential, host, secret).await;
        let (end, message) = match (proof(&after), lost) {
            (Proof::Dead, _) => {
                self.destroy(credential, host, entry).await?;
                let message = format!("revoked at {}, seen refused there, and its secret destroyed here", host.name);
                (RevokeEnd::Revoked, message)
            }
            (_, Some(error)) => (
                RevokeEnd::Unknown,
                format!(
                    "sent, and the answer was lost ({error}): it may or may not be revoked; check it again. Kept here"
                ),
            ),
            (Proof::Alive, None) => (
                RevokeEnd::StillAccepted,
                format!(
                    "{} took the order and still accepts the secret; kept here. Check it again in a minute",
                    host.name
                ),
            ),
            (Proof::None, None) => (
                RevokeEnd::Unknown,
                format!(
                    "{} took the order, and could not be asked whether it is dead ({}); kept here",
                    host.name, after.reason
                ),
            ),
        };
        Ok(with(doom.ended(end, &message), after))
    }
}

/// What is to be revoked, where, and the entry of the journal for that.
#[derive(Clone, Copy)]
struct Doom<'a> {
    credential: &'a Credential,
    host: &'a Host,
    secret: &'a Secret,
    entry: JournalId,
}

impl Doom<'_> {
    fn ended(&self, end: RevokeEnd, message: &str) -> RevokeResult {
        done(self.credential, self.host, end, message)
    }
}

/// What is said of one that was revoked between the wish and the act.
pub(crate) const GONE_MEANWHILE: &str = "another keyrack revoked it a moment ago; its secret is destroyed";

/// The word of the audit log for how a revocation ended.
pub(crate) fn outcome(end: RevokeEnd) -> &'static str {
    match end {
        RevokeEnd::Revoked | RevokeEnd::AlreadyDead => "done",
        RevokeEnd::Unknown => "unknown",
        RevokeEnd::Refused => "refused",
        _ => "failed",
    }
}

/// The host answered, but this kind cannot be checked there; revoking may still be possible.
pub(crate) fn is_about_token(validation: &Validation) -> bool {
    validation.findings.iter().any(|f| f.code.contains("not-checkable") || f.code.contains("needs-repository"))
}

fn done(credential: &Credential, host: &Host, end: RevokeEnd, message: &str) -> RevokeResult {
    RevokeResult {
        credential: credential.id.clone(),
        label: credential.label.clone(),
        host: host.name.clone(),
        end,
        message: message.to_owned(),
        validation: None,
        plan: None,
    }
}

fn with(mut result: RevokeResult, validation: Validation) -> RevokeResult {
    result.validation = Some(validation);
    result
}

fn planned(mut result: RevokeResult, credential: &Credential, host: &Host, way: Way) -> RevokeResult {
    let (label, host) = (credential.label.clone(), host.name.clone());
    result.plan = Some(RevokePlan { credential: credential.id.clone(), label, host, way });
    result
}
