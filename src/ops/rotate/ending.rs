//! Ending the old secret, once the new one is in place.

use serde_json::json;

use super::{Job, advice, was};
use crate::domain::{CredentialId, RotateEnd, RotateResult, Validation, Way};
use crate::error::Result;
use crate::hosts::{Authority, Revocation};
use crate::ops::Core;
use crate::ops::exchange::{Doomed, family, order};
use crate::ops::made::{Made, Place};
use crate::ops::prove::{Proof, known, proof};
use crate::secret::Secret;

/// What was known of the old one before the new one took its place.
pub(super) struct Old {
    /// The host's id for it.
    pub(super) remote_id: Option<String>,
    /// It was dead without anybody's doing.
    pub(super) was_dead: bool,
    /// How it was when it worked.
    pub(super) alive: Option<Validation>,
}

impl Core {
    /// Revokes the old one, signed by whoever was named, else by the new one, else by itself. One that is not seen dead
    /// goes on the rack under a label of its own.
    pub(super) async fn end_old(&self, job: &Job<'_>, made: &Made, new: &Secret, old: &Old) -> Result<RotateResult> {
        let host = &job.host;
        let rotated = |text: String| {
            job.ended(RotateEnd::Rotated, format!("the new one is accepted by {} and in place; {text}", host.name))
        };
        if old.was_dead {
            self.bury(job).await?;
            return Ok(rotated("the old one was dead already, and is destroyed here".into()));
        }
        let by_new = Authority {
            kind: Some(made.kind),
            username: made.username.clone(),
            secret: new.clone(),
            one_time_code: None,
        };
        let signers = [Some(job.using.unwrap_or(&by_new)), None];
        let mut way = self.way_of_old(&job.credential, host, job.using.unwrap_or(&by_new))?;
        let mut said = way.sentence();
        let mut last = None;
        for signer in signers {
            let Way::AtHost { what } = self.way(&job.credential, host, signer)? else { continue };
            match self.order_old(job, signer, old, &what).await? {
                Revocation::Accepted | Revocation::Unknown(_) => {
                    let seen = self.watch(host, known(&job.credential), &job.secret, Proof::Dead, |_| {}).await;
                    if proof(&seen) == Proof::Dead {
                        self.bury(job).await?;
                        return Ok(rotated("the old one is revoked, seen refused, and destroyed here".into()));
                    }
                    said = format!("it was ordered revoked, and not yet seen dead ({})", seen.reason);
                    last = Some(seen);
                    // Never asked twice.
                    break;
                }
                Revocation::Refused(validation) => {
                    let seen = self.validate(host, known(&job.credential), &job.secret).await;
                    if validation.verdict.is_dead() && proof(&seen) == Proof::Dead {
                        self.bury(job).await?;
                        return Ok(rotated("the old one is dead, and destroyed here".into()));
                    }
                    said = format!("{} refused to revoke it: {}", host.name, validation.reason);
                    last = Some(seen);
                }
                Revocation::Unsupported(validation) => {
                    let reason = validation.reason;
                    said.clone_from(&reason);
                    way = crate::ops::by_hand::revoking(host, job.credential.kind, reason);
                }
            }
        }
        let left = self.keep_old(&job.old, &job.secret, &was(&job.credential), job).await?;
        for seen in old.alive.iter().chain(&last) {
            // What was known of it is needed to end it: the host's id for it, and that it was accepted there.
            let _ = self.rack.record(&job.old, host.id, seen);
        }
        let message = format!(
            "the new one is accepted by {} and in place. The old one lives on ({said}); it is on the rack as `{left}` until it \
             is dead. {}",
            host.name,
            advice::of_old(&left, &job.signer)
        );
        let mut result = job.ended(RotateEnd::OldKept, message);
        result.left = Some(left);
        result.way = Some(way).filter(|w| !matches!(w, Way::AtHost { .. }));
        Ok(result)
    }

    async fn order_old(&self, job: &Job<'_>, signer: Option<&Authority>, old: &Old, what: &str) -> Result<Revocation> {
        let channel = self.channel(&job.host)?;
        let Some(revoker) = family(&job.host.family)?.revoker() else {
            return Ok(Revocation::Refused(Box::new(Validation::new(
                crate::domain::Verdict::Unreachable,
                "this host has no API for it",
                self.clock.now(),
            ))));
        };
        self.rack.step(job.entry, "ending", &json!({ "what": what }))?;
        let doomed = Doomed {
            host: &job.host,
            kind: job.credential.kind,
            username: job.credential.username.as_deref(),
            secret: &job.secret,
            remote_id: old.remote_id.as_deref(),
        };
        Ok(order(&channel, revoker, &doomed, signer, self.clock.now()).await)
    }

    /// The old one was seen dead: its secret goes.
    async fn bury(&self, job: &Job<'_>) -> Result<()> {
        self.rack.step(job.entry, "dead", &json!({}))?;
        self.vault.delete(&job.old).await
    }

    async fn keep_old(&self, id: &CredentialId, secret: &Secret, was: &Made, job: &Job<'_>) -> Result<String> {
        let note = format!("the secret that {} had before it was rotated", job.credential.label);
        let place = Place::beside(&job.credential, "old", &note);
        Ok(self.keep_made(id, secret, was, &place).await?.label)
    }
}
