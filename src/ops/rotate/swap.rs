//! Proving the new secret, and putting it in the place of the old one.

use std::sync::atomic::Ordering;

use serde_json::json;

use super::ending::Old;
use super::{Job, advice, is_surely_dead};
use crate::domain::{Credential, CredentialId, Expiry, Host, RotateEnd, RotatePattern, RotateResult, Validation};
use crate::error::Result;
use crate::ops::Core;
use crate::ops::exchange::Known;
use crate::ops::made::{Made, Place};
use crate::ops::prove::{Proof, proof};
use crate::rack::{JournalId, NewSecret};
use crate::secret::Secret;

/// What is known of the new one, for validating it.
pub(super) fn known<'a>(made: &'a Made, credential: &'a Credential) -> Known<'a> {
    Known {
        kind: made.kind,
        username: made.username.as_deref().or(credential.username.as_deref()),
        expiry: made.expiry,
        expiry_by_user: made.expiry_by_user,
    }
}

/// Why a new secret should not simply take the place of the old one.
pub(super) fn doubts(host: &Host, before: Option<&Validation>, seen: &Validation) -> Vec<String> {
    let mut doubts = Vec::new();
    if proof(seen) != Proof::Alive {
        doubts.push(format!("{} does not accept it: {} ({})", host.name, seen.verdict, seen.reason));
    }
    let (old, new) = (before.and_then(|v| v.identity.as_ref()), seen.identity.as_ref());
    if let (Some(old), Some(new)) = (old, new)
        && old.id != new.id
    {
        doubts.push(format!("it belongs to {} at {}, the old one to {}", new.account(), host.name, old.account()));
    }
    doubts
}

impl Core {
    /// From "in the store" to the end.
    pub(super) async fn prove_and_swap(
        &self,
        job: &Job<'_>,
        pattern: RotatePattern,
        mut made: Made,
        before: Option<&Validation>,
    ) -> Result<RotateResult> {
        // From the store, as whoever uses it will.
        let secret = self.vault.get(&job.new).await?;
        let seen = match pattern {
            RotatePattern::Swap => self.validate(&job.host, known(&made, &job.credential), &secret).await,
            _ => self.watch(&job.host, known(&made, &job.credential), &secret, Proof::Alive, |_| {}).await,
        };
        let facts = before.filter(|v| v.identity.is_some()).cloned();
        let facts = facts.or_else(|| self.last_alive(&job.credential, &job.host));
        let mut doubts = doubts(&job.host, facts.as_ref(), &seen);
        for binding in job.credential.bindings.iter().skip(1) {
            let host = self.host(binding.host)?;
            let there = self.validate(&host, known(&made, &job.credential), &secret).await;
            if proof(&there) == Proof::Dead {
                doubts.push(format!("{} does not accept it: {}", host.name, there.reason));
            }
        }
        // That it is another account's may be meant; that its host does not accept it never is, whatever was agreed to.
        let unproved = proof(&seen) != Proof::Alive || (!doubts.is_empty() && !job.options.accept_doubts);
        // In place the host's own word is that the old one is dead: keeping that would keep nothing, unless it lives.
        let back = unproved
            && match pattern {
                RotatePattern::InPlace => proof(&seen) == Proof::Dead && self.old_lives(job).await,
                RotatePattern::Twin | RotatePattern::Swap => true,
            };
        if back {
            return self.keep_both(job, pattern, &secret, &made, &doubts, seen).await;
        }
        let mut seen = seen;
        made.learn(&seen);
        if made.expiry == Expiry::Unknown
            && let Some(at) = job.options.expires
        {
            (made.expiry, made.expiry_by_user) = (Expiry::At(at), true);
        }
        let keep_old = pattern != RotatePattern::InPlace;
        self.rack.step(job.entry, "proved", &json!({ "made": made, "keep_old": keep_old }))?;
        let id = &job.credential.id;
        // Told from the rack as it is before the new one takes the place.
        let old = Old {
            remote_id: self.remote_id(job, before),
            was_dead: self.was_dead(job, before),
            alive: self.alive(job, before),
        };
        self.put_in_place(id, &job.new, keep_old.then_some(&job.old), &made, job.entry).await?;
        made.complete(&mut seen);
        let _ = self.rack.record(id, job.host.id, &seen);
        let mut result = match pattern {
            RotatePattern::InPlace => {
                let message = if proof(&seen) == Proof::Alive {
                    format!(
                        "replaced at {}: the new one is accepted and in place, the old one died with the request",
                        job.host.name
                    )
                } else {
                    format!(
                        "replaced at {}: the new one is in place and not seen accepted yet ({}); the old one died with the \
                         request. Check it in a minute",
                        job.host.name, seen.reason
                    )
                };
                job.ended(RotateEnd::Rotated, message)
            }
            _ => self.end_old(job, &made, &secret, &old).await?,
        };
        result.notes.extend(doubts);
        result.expiry = made.expiry;
        if result.validation.is_none() {
            result.validation = Some(seen);
        }
        Ok(result)
    }

    /// The new one could not be proved: the old one stays, and the new one is not lost either.
    async fn keep_both(
        &self,
        job: &Job<'_>,
        pattern: RotatePattern,
        secret: &Secret,
        made: &Made,
        doubts: &[String],
        mut seen: Validation,
    ) -> Result<RotateResult> {
        let why = doubts.join("; ");
        if pattern == RotatePattern::Swap {
            if self.vault.delete(&job.new).await.is_err() {
                job.left.store(true, Ordering::Relaxed);
            }
            let message = format!("the old one stays in place, the pasted one was not kept: {why}");
            return Ok(job.ended_with(RotateEnd::NewUnproved, message, seen));
        }
        let note = format!("made by rotating {}; it could not be proved then", job.credential.label);
        let place = Place::beside(&job.credential, "new", &note);
        let kept = self.keep_made(&job.new, secret, made, &place).await?;
        made.complete(&mut seen);
        let _ = self.rack.record(&job.new, job.host.id, &seen);
        let message = format!(
            "the old one stays in place: {why}. The new one is on the rack as `{}`. {}",
            kept.label,
            advice::of_new(&job.credential.label, &kept.label, &job.signer)
        );
        let mut result = job.ended_with(RotateEnd::NewUnproved, message, seen);
        result.left = Some(kept.label);
        Ok(result)
    }

    /// Puts the secret under `new` in the place of that under `id`, which goes under `old` where it is to be kept. Safe to
    /// repeat after a crash at any step of it.
    pub(super) async fn put_in_place(
        &self,
        id: &CredentialId,
        new: &CredentialId,
        old: Option<&CredentialId>,
        made: &Made,
        entry: JournalId,
    ) -> Result<()> {
        let secret = self.vault.get(new).await?;
        if let Some(old) = old
            && self.vault.find(old).await?.is_none()
        {
            let current = self.vault.get(id).await?;
            if current != secret {
                self.vault.put(old, &current).await?;
            }
        }
        self.vault.put(id, &secret).await?;
        self.rack.replace_secret(
            id,
            &NewSecret {
                kind: made.kind,
                username: made.username.clone(),
                expiry: made.expiry,
                expiry_by_user: made.expiry_by_user,
                store: self.vault.kind().await?,
                hint: secret.hint(),
                fingerprint: self.fingerprint(&secret)?,
            },
        )?;
        self.rack.step(entry, "swapped", &json!({}))?;
        self.vault.delete(new).await
    }

    async fn old_lives(&self, job: &Job<'_>) -> bool {
        let seen = self.validate(&job.host, crate::ops::prove::known(&job.credential), &job.secret).await;
        proof(&seen) == Proof::Alive
    }

    /// Whether the old one is dead without anybody's doing.
    fn was_dead(&self, job: &Job<'_>, before: Option<&Validation>) -> bool {
        before.is_some_and(|v| is_surely_dead(v, self.was_accepted(&job.credential, &job.host).unwrap_or(false)))
    }
}
