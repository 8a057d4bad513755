//! Replaces the secret of a credential: a new one is made (or pasted), stored, proved, only then put in place, and the
//! old one ended. Journalled, so that a crash at any step loses neither secret and repeats no order.
//!
//! Until the new one is proved it has an id of its own in the store, noted in the journal; from then on the old one has
//! one, until it was seen dead. What cannot be brought to its end goes on the rack under a label of its own.

mod advice;
mod ending;
mod obtain;
mod plan;
mod recover;
mod swap;

use std::sync::atomic::AtomicBool;

use jiff::Timestamp;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::Core;
use super::entry::Begun;
use super::made::{Made, new_id};
use super::prove::Proof;
use super::prove::{proof, whole};
use super::revoke::GONE_MEANWHILE;
use super::signer::{Using, itself};
use crate::domain::{
    Credential, CredentialId, DeliverSteps, Expiry, Host, RotateEnd, RotatePattern, RotateResult, SecretState,
    Successor, Validation, Way,
};
use crate::error::{Error, Result};
use crate::hosts::Authority;
use crate::rack::JournalId;
use crate::secret::Secret;
use obtain::Obtained;

/// How to rotate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RotateOptions {
    /// When the new one is to end; none asks for the same life again.
    pub expires: Option<Timestamp>,
    /// Who signs, where it is not the credential itself.
    pub using: Option<Using>,
    /// The new secret, made by hand. For one credential only.
    pub pasted: Option<Pasted>,
    /// Put the new one in place although it belongs to another account, or one of several hosts does not accept it. One
    /// that its first host does not accept never takes the place.
    pub accept_doubts: bool,
}

/// A new secret that was made by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pasted {
    /// The secret.
    pub secret: Secret,
    /// Its user name or access key id, where it has one of its own.
    pub username: Option<String>,
}

/// One rotation under way.
struct Job<'a> {
    credential: Credential,
    host: Host,
    secret: Secret,
    entry: JournalId,
    /// Id in the store of the new secret, until it is in place.
    new: CredentialId,
    /// Id in the store of the old secret, from then on.
    old: CredentialId,
    /// Id in the store of the new secret with what the host told of it, until it is under `new`.
    beside: CredentialId,
    /// Something that should have gone from the store is still there.
    left: AtomicBool,
    options: &'a RotateOptions,
    /// Who signs, where it is not the credential itself.
    using: Option<&'a Authority>,
    /// The words that name who signs on a command line.
    signer: String,
}

impl Core {
    /// What the hosts of a credential say of a secret that is to take its place. Keeps nothing.
    ///
    /// # Errors
    /// Usage error where it is the old one again, or on the rack already.
    pub async fn successor(&self, id: &CredentialId, pasted: &Pasted) -> Result<Successor> {
        let (credential, _) = self.target(id)?;
        self.refuse_known(&credential, &pasted.secret)?;
        let made = by_hand(&credential, pasted, None);
        let mut successor = Successor { found: Vec::new(), doubts: Vec::new() };
        for binding in &credential.bindings {
            let host = self.host(binding.host)?;
            let before = self.last_alive(&credential, &host);
            let seen = self.validate(&host, swap::known(&made, &credential), &pasted.secret).await;
            successor.doubts.extend(swap::doubts(&host, before.as_ref(), &seen));
            successor.found.push((host.name, seen));
        }
        Ok(successor)
    }

    fn refuse_known(&self, credential: &Credential, secret: &Secret) -> Result<()> {
        match self.rack.label_of_fingerprint(&self.fingerprint(secret)?)? {
            Some(label) if label == credential.label => {
                Err(Error::usage(format!("that is the secret `{label}` has already"))
                    .hint("Paste the new one that takes its place."))
            }
            Some(label) => Err(Error::usage(format!("that secret is on the rack already, as `{label}`"))
                .hint(format!("Paste another one, or take that record off first: keyrack forget {label}"))),
            None => Ok(()),
        }
    }

    /// Rotates each credential in turn and hands over each result as it comes. The one that signs goes last.
    ///
    /// # Errors
    /// Where the rack cannot be read, the signer is not there, or the store cannot be opened: before anything was sent.
    pub async fn rotate(
        &self,
        ids: &[CredentialId],
        options: &RotateOptions,
        cancel: &CancellationToken,
        mut on_result: impl FnMut(&RotateResult),
    ) -> Result<Vec<RotateResult>> {
        if options.pasted.is_some() && ids.len() != 1 {
            return Err(Error::usage("one new secret can take the place of one credential only"));
        }
        self.check_signer(options.using.as_ref(), &self.hosts_of(ids)?)?;
        self.vault.unlock_if_needed().await?;
        self.settle_others().await;
        let authority = self.authority(options.using.as_ref()).await?;
        // As they are now: a secret that takes the place of one of these while others are rotated is not meant.
        let mut order = ids.iter().map(|id| self.target(id)).collect::<Result<Vec<_>>>()?;
        let signs = |id: &CredentialId| options.using.as_ref().is_some_and(|u| u.is(id));
        order.sort_by_key(|(credential, _)| signs(&credential.id));
        let mut results = Vec::with_capacity(order.len());
        for (credential, host) in order {
            let using = authority.as_ref().filter(|_| !signs(&credential.id));
            let result = if cancel.is_cancelled() {
                ended(&credential, &host, RotateEnd::Cancelled, "stopped before anything was sent".into())
            } else {
                match self.rotate_one(&credential, &host, options, using).await {
                    Ok(result) => result,
                    Err(error) => ended(&credential, &host, RotateEnd::Failed, whole(&error)),
                }
            };
            let mut result = result;
            if matches!(result.end, RotateEnd::Rotated | RotateEnd::OldKept) {
                result.deliver = self.deliver_steps(&credential);
            }
            let outcome = match result.end {
                RotateEnd::Rotated | RotateEnd::OldKept => "done",
                RotateEnd::Unknown => "unknown",
                RotateEnd::Refused | RotateEnd::Busy => "refused",
                _ => "failed",
            };
            self.audit("rotate", &result.label, &result.host, outcome, result.message.clone());
            on_result(&result);
            results.push(result);
        }
        Ok(results)
    }

    /// Where the new secret has to be taken, by the profiles of the credential. Profiles that cannot be read do not make a
    /// rotation fail that has happened.
    fn deliver_steps(&self, credential: &Credential) -> Vec<DeliverSteps> {
        let all = self.profiles().unwrap_or_default();
        let its = credential.profiles.iter().filter_map(|id| all.get(id));
        its.flat_map(|p| p.delivered(&credential.family))
            .map(|d| DeliverSteps { to: d.to.clone(), steps: d.steps.clone(), link: d.link.clone() })
            .collect()
    }

    async fn rotate_one(
        &self,
        credential: &Credential,
        host: &Host,
        options: &RotateOptions,
        using: Option<&Authority>,
    ) -> Result<RotateResult> {
        let id = &credential.id;
        if credential.secret == SecretState::Destroyed {
            let message = "it was revoked and its secret destroyed: there is nothing to rotate".to_owned();
            return Ok(ended(credential, host, RotateEnd::Dead, message));
        }
        if let Some(pasted) = &options.pasted {
            self.refuse_known(credential, &pasted.secret)?;
        }
        let (new, old, beside) = (new_id(), new_id(), new_id());
        let signer = self.signer_words(options.using.as_ref().filter(|u| !u.is(id)))?;
        let detail = json!({
            "label": credential.label, "store": credential.store, "host": host.name, "new": new, "old": old,
            "beside": beside, "was": was(credential), "kind": credential.kind, "signer": signer,
        });
        let entry = match self.begin_on("rotate", credential, &detail)? {
            Begun::Overtaken(why) => return Ok(ended(credential, host, RotateEnd::Busy, why)),
            Begun::Mine(entry, now) if now.secret == SecretState::Destroyed => {
                entry.close();
                return Ok(ended(credential, host, RotateEnd::Dead, GONE_MEANWHILE.to_owned()));
            }
            Begun::Mine(entry, _) => entry,
        };
        let result = async {
            // Read anew: whoever was at it until now may have changed both.
            let (credential, host) = self.target(id)?;
            let secret = self.vault.get(id).await?;
            let (entry, left) = (entry.id(), AtomicBool::new(false));
            let job = Job { credential, host, secret, entry, new, old, beside, left, options, using, signer };
            let ended = self.rotate_steps(&job).await?;
            Ok((ended, job.left.into_inner()))
        }
        .await;
        match &result {
            Ok((_, false)) => entry.close(),
            // What is still in the store is found by the entry.
            Ok((_, true)) => drop(entry),
            // Where keyrack itself failed after something was done, `recover` settles what there is to settle.
            Err(_) => entry.give_up(),
        }
        result.map(|(ended, _)| ended).map_err(|error: Error| {
            error.hint("What was begun is settled by `keyrack doctor --fix`; no secret is lost.")
        })
    }

    async fn rotate_steps(&self, job: &Job<'_>) -> Result<RotateResult> {
        let own = itself(&job.credential, &job.secret);
        // Before anything else: what is to be asked for depends on what the old one is and may do.
        let before = self.look(&job.credential, &job.host, &job.secret).await;
        let chosen = match self.choose(&job.credential, &job.host, job.options, job.using, &own) {
            Ok(chosen) => chosen,
            // The host is known to refuse what would be asked for.
            Err(error) => return Ok(job.ended(RotateEnd::Refused, format!("nothing was sent: {}", whole(&error)))),
        };
        let obtained = match (&chosen.new, chosen.pattern) {
            (Way::NeedsAuthority { why, .. }, _) => {
                let mut stopped = job.ended(RotateEnd::NeedsAuthority, format!("nothing was sent: {why}"));
                stopped.way = Some(chosen.new);
                return Ok(stopped);
            }
            (Way::Guided { why, .. }, _) => {
                let message = format!(
                    "{why}: make the new one by hand, then run the same again and paste it, and it takes the place"
                );
                let mut stopped = job.ended(RotateEnd::Guided, message);
                stopped.way = Some(chosen.new);
                return Ok(stopped);
            }
            (Way::AtHost { what }, RotatePattern::InPlace) => self.replace(job, what, before).await?,
            (Way::AtHost { what }, RotatePattern::Twin) => {
                self.twin(job, what, chosen.request.unwrap_or_default(), &own, before).await?
            }
            (Way::AtHost { .. }, RotatePattern::Swap) => self.take_pasted(job, before).await?,
        };
        match obtained {
            Obtained::Ended(result) => Ok(*result),
            Obtained::Made { made, notes, before } => {
                let name = made.words();
                let mut result = self
                    .prove_and_swap(job, chosen.pattern, made, before.as_deref())
                    .await
                    .map_err(|error| error.hint(format!("The new one is {name} at {}.", job.host.name)))?;
                result.notes.splice(0..0, notes);
                Ok(result)
            }
        }
    }
}

impl Job<'_> {
    fn ended(&self, end: RotateEnd, message: String) -> RotateResult {
        ended(&self.credential, &self.host, end, message)
    }

    fn ended_with(&self, end: RotateEnd, message: String, validation: Validation) -> RotateResult {
        RotateResult { validation: Some(validation), ..self.ended(end, message) }
    }
}

fn ended(credential: &Credential, host: &Host, end: RotateEnd, message: String) -> RotateResult {
    RotateResult {
        credential: credential.id.clone(),
        label: credential.label.clone(),
        host: host.name.clone(),
        end,
        message,
        expiry: Expiry::Unknown,
        left: None,
        notes: Vec::new(),
        validation: None,
        way: None,
        deliver: Vec::new(),
    }
}

/// What a record says of its secret, to make a record of its own for it.
fn was(credential: &Credential) -> Made {
    Made {
        kind: credential.kind,
        username: credential.username.clone(),
        remote_id: None,
        name: String::new(),
        expiry: credential.expiry,
        expiry_by_user: credential.expiry_by_user,
    }
}

/// What is known of a pasted secret.
fn by_hand(credential: &Credential, pasted: &Pasted, expires: Option<Timestamp>) -> Made {
    Made {
        kind: credential.kind,
        username: pasted.username.clone().or_else(|| credential.username.clone()),
        remote_id: None,
        name: String::new(),
        expiry: expires.map_or(Expiry::Unknown, Expiry::At),
        expiry_by_user: expires.is_some(),
    }
}

/// Whether a host surely refuses a secret: one that it refuses without a reason counts only if it was accepted before.
fn is_surely_dead(seen: &Validation, was_accepted: bool) -> bool {
    proof(seen) == Proof::Dead && (was_accepted || seen.verdict != crate::domain::Verdict::Rejected)
}
