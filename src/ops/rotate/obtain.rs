//! Getting the new secret, by whichever pattern, into the store.

use std::sync::atomic::Ordering;

use serde_json::json;

use super::{Job, by_hand};
use crate::domain::{CreateRequest, CreatedToken, RotateEnd, RotatePattern, RotateResult, Validation, Verdict};
use crate::error::Result;
use crate::hosts::{Authority, Outcome, Session};
use crate::ops::Core;
use crate::ops::create::keep::Unkept;
use crate::ops::create::{ask, lost, tidy};
use crate::ops::exchange::{Channel, act_wire, family, mask_outcome};
use crate::ops::made::Made;
use crate::ops::prove::{Proof, is_no_answer, proof, whole};
use crate::ops::revoke::is_about_token;

/// What came of it.
pub(super) enum Obtained {
    /// The new secret is in the store under its own id.
    Made {
        made: Made,
        notes: Vec<String>,
        /// What the host said of the old one before.
        before: Option<Box<Validation>>,
    },
    /// There is none, and this is why.
    Ended(Box<RotateResult>),
}

fn end(result: RotateResult) -> Result<Obtained> {
    Ok(Obtained::Ended(Box::new(result)))
}

impl Core {
    /// One request in place, never repeated: the old one is dead with it.
    pub(super) async fn replace(&self, job: &Job<'_>, what: &str, before: Validation) -> Result<Obtained> {
        if let Some(stopped) = stopped_by(job, &before, false) {
            return end(stopped);
        }
        let Some(replacer) = family(&job.host.family)?.replacer() else {
            return end(job.ended(RotateEnd::Guided, "this host has no API for it".into()));
        };
        let channel = self.channel(&job.host)?;
        self.rehearse(job, RotatePattern::InPlace, &before).await?;
        self.rack.step(job.entry, "asked", &json!({ "what": what, "pattern": RotatePattern::InPlace }))?;
        let wire = act_wire(&channel, Some(&job.secret), job.using, self.clock.now());
        let session = Session {
            wire,
            host: &job.host,
            kind: job.credential.kind,
            username: job.credential.username.as_deref(),
            secret: &job.secret,
        };
        let remote_id = self.remote_id(job, Some(&before));
        let mut outcome = replacer.replace(&session, remote_id.as_deref(), job.options.expires, job.using).await;
        mask_outcome(&session.wire, &mut outcome);
        match outcome {
            Outcome::Done(mut token) => {
                tidy(&mut token, &session.wire);
                self.keep_new(job, &channel, token, RotatePattern::InPlace, before, None).await
            }
            Outcome::Unknown(error) => {
                let after = self.look(&job.credential, &job.host, &job.secret).await;
                let message = match proof(&after) {
                    Proof::Alive => format!(
                        "sent, and the answer was lost ({error}). The old one still works, so most likely nothing \
                         happened; check it in a minute before you try again"
                    ),
                    Proof::Dead => format!(
                        "sent, and the answer was lost ({error}). The old one is dead, so the new one was made and its \
                         secret is lost with the answer: make another one at {}, and paste it",
                        job.host.name
                    ),
                    Proof::None => format!(
                        "sent, and the answer was lost ({error}): the old one may be dead, and the new one's secret is \
                         lost then. Check it when the host answers; it is never asked twice"
                    ),
                };
                self.without_new(job, job.ended_with(RotateEnd::Unknown, message, after)).await
            }
            refused => self.no(job, refused).await,
        }
    }

    /// The host makes a second one like it.
    pub(super) async fn twin(
        &self,
        job: &Job<'_>,
        what: &str,
        request: CreateRequest,
        own: &Authority,
        before: Validation,
    ) -> Result<Obtained> {
        if let Some(stopped) = stopped_by(job, &before, job.using.is_some()) {
            return end(stopped);
        }
        let Some(creator) = family(&job.host.family)?.creator() else {
            return end(job.ended(RotateEnd::Guided, "this host has no API for it".into()));
        };
        let channel = self.channel(&job.host)?;
        self.rehearse(job, RotatePattern::Twin, &before).await?;
        let detail = json!({ "what": what, "pattern": RotatePattern::Twin, "name": request.name });
        self.rack.step(job.entry, "asked", &detail)?;
        match ask(self, &channel, creator, &job.host, job.using.unwrap_or(own), &request).await {
            Outcome::Done(token) => {
                self.keep_new(job, &channel, token, RotatePattern::Twin, before, request.expires).await
            }
            Outcome::Unknown(error) => {
                let why = lost(&error.to_string(), &request.name, &job.host.name);
                self.without_new(job, job.ended(RotateEnd::Unknown, format!("{why}. The old one is untouched"))).await
            }
            refused => self.no(job, refused).await,
        }
    }

    /// The new one was made by hand.
    pub(super) async fn take_pasted(&self, job: &Job<'_>, before: Validation) -> Result<Obtained> {
        let Some(pasted) = &job.options.pasted else {
            return end(job.ended(RotateEnd::Guided, "nothing was pasted".into()));
        };
        let made = by_hand(&job.credential, pasted, job.options.expires);
        let alive = self.alive(job, Some(&before));
        self.rack.step(job.entry, "begun", &json!({ "pattern": RotatePattern::Swap, "made": made, "alive": alive }))?;
        self.vault.put(&job.new, &pasted.secret).await?;
        Ok(Obtained::Made { made, notes: Vec::new(), before: Some(Box::new(before)) })
    }

    /// Writes the old secret where the new one will go: a store that is locked or full is found out while nothing is lost.
    async fn rehearse(&self, job: &Job<'_>, pattern: RotatePattern, before: &Validation) -> Result<()> {
        let alive = self.alive(job, Some(before));
        self.rack.step(job.entry, "begun", &json!({ "pattern": pattern, "alive": alive }))?;
        self.vault.put(&job.new, &job.secret).await
    }

    /// How the old one was when it worked, with the host's id for it: what a record of its own needs.
    pub(super) fn alive(&self, job: &Job<'_>, before: Option<&Validation>) -> Option<Validation> {
        let alive = before.filter(|v| proof(v) == Proof::Alive).cloned();
        let alive = alive.or_else(|| self.last_alive(&job.credential, &job.host).filter(|v| proof(v) == Proof::Alive));
        let remote_id = self.remote_id(job, before);
        alive.map(|v| Validation { remote_id, evidence: Vec::new(), ..v })
    }

    pub(super) fn remote_id(&self, job: &Job<'_>, before: Option<&Validation>) -> Option<String> {
        before.and_then(|v| v.remote_id.clone()).or_else(|| self.remote_facts(&job.credential.id, &job.host)?.remote_id)
    }

    async fn keep_new(
        &self,
        job: &Job<'_>,
        channel: &Channel,
        token: CreatedToken,
        pattern: RotatePattern,
        before: Validation,
        wanted: Option<jiff::Timestamp>,
    ) -> Result<Obtained> {
        let mut made = Made::by_host(&token, wanted.or(job.options.expires));
        made.username = made.username.or_else(|| job.credential.username.clone());
        match self.store_new(&job.new, &token, &made, job.entry, &job.beside).await {
            Ok(alone) => {
                job.left.fetch_or(!alone, Ordering::Relaxed);
                Ok(Obtained::Made { made, notes: token.notes, before: Some(Box::new(before)) })
            }
            Err(Unkept::Beside(error)) => {
                Err(error.hint(format!("The new one is {} at {}, and in the store.", made.words(), job.host.name)))
            }
            Err(Unkept::Lost(error)) => {
                let why = whole(&error);
                let message = if pattern == RotatePattern::InPlace {
                    format!(
                        "{} gave a new one, and it could not be kept here ({why}). The old one is dead: make another one at the \
                             host by hand, and paste it",
                        job.host.name
                    )
                } else {
                    let own = crate::ops::signer::itself(&job.credential, &job.secret);
                    let back = self.take_back(&job.host, channel, job.using.unwrap_or(&own), &token, job.entry).await;
                    format!(
                        "{} made a new one, and it could not be kept here ({why}); {back}. The old one is untouched",
                        job.host.name
                    )
                };
                self.without_new(job, job.ended(RotateEnd::Failed, message)).await
            }
        }
    }

    /// The host said no, or has no such API after all.
    async fn no(&self, job: &Job<'_>, outcome: Outcome<CreatedToken>) -> Result<Obtained> {
        let ended = match outcome {
            Outcome::Refused(validation) => {
                let end = if is_no_answer(&validation) { RotateEnd::Unreachable } else { RotateEnd::Refused };
                let message = format!("{} refused: {}; the old one is untouched", job.host.name, validation.reason);
                job.ended_with(end, message, *validation)
            }
            Outcome::Unsupported(validation) => {
                let request = CreateRequest { name: job.credential.label.clone(), ..CreateRequest::default() };
                let way = crate::ops::by_hand::making(
                    &job.host,
                    job.credential.kind,
                    &request,
                    true,
                    self.clock.now(),
                    validation.reason.clone(),
                );
                let message =
                    format!("{}: make the new one by hand, then run the same again and paste it", validation.reason);
                let mut stopped = job.ended_with(RotateEnd::Guided, message, *validation);
                stopped.way = Some(way);
                stopped
            }
            Outcome::Done(_) | Outcome::Unknown(_) => {
                job.ended(RotateEnd::Failed, "an answer was taken for another".into())
            }
        };
        self.without_new(job, ended).await
    }

    /// There is no new one: what [`Core::rehearse`] wrote goes. Where the store does not let it go, the entry stays open,
    /// and what the host did is told all the same.
    async fn without_new(&self, job: &Job<'_>, ended: RotateResult) -> Result<Obtained> {
        for id in [&job.new, &job.beside] {
            if self.vault.delete(id).await.is_err() {
                job.left.store(true, Ordering::Relaxed);
            }
        }
        end(ended)
    }
}

/// Why a rotation stops before anything is asked for: a dead one cannot be rotated, unless somebody else signs; with a
/// host that does not answer nothing is begun.
fn stopped_by(job: &Job<'_>, before: &Validation, other_signs: bool) -> Option<RotateResult> {
    match proof(before) {
        Proof::Dead if !other_signs => {
            let message = format!(
                "nothing was sent: {} refuses it already ({}); another one may have rotated or revoked it. Make a new one by \
                 hand and paste it, or let another credential sign",
                job.host.name, before.reason
            );
            Some(job.ended_with(RotateEnd::Dead, message, before.clone()))
        }
        Proof::None if before.verdict == Verdict::Unreachable && !is_about_token(before) => {
            let message = format!("nothing was sent: {}", before.reason);
            Some(job.ended_with(RotateEnd::Unreachable, message, before.clone()))
        }
        _ => None,
    }
}
