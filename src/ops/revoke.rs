//! Revokes credentials: planned offline, asked of the host once, proved by validating, and only after the host was seen
//! to refuse the secret is it destroyed here. Journalled, so that a crash at any step loses and repeats nothing.

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::Core;
use super::exchange::{Channel, Known, act_wire};
use crate::domain::{
    Credential, CredentialId, Host, RevokeEnd, RevokePlan, RevokeResult, RevokeWay, SecretState, Validation, Verdict,
};
use crate::error::{Error, Result};
use crate::hosts::{Authority, Revocation, Revoke, Route, Session};
use crate::rack::JournalId;
use crate::secret::{Secret, SecretText};

/// Who signs a revocation when it is not the credential itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Using {
    /// Another credential on the rack.
    Credential(CredentialId),
    /// An account's password, asked for at this moment; never stored.
    Password {
        /// The account.
        user: String,
        /// Its password.
        password: SecretText,
    },
}

/// How a credential can be settled without asking the host again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    /// The host refuses the secret.
    Dead,
    /// The host still accepts it.
    Alive,
    /// Nothing was learned.
    None,
}

impl Core {
    /// How each credential would be revoked. Sends nothing, opens no store unless `using` is a credential.
    ///
    /// # Errors
    /// Where the rack cannot be read or the signer is not there.
    pub async fn revoke_plan(&self, ids: &[CredentialId], using: Option<&Using>) -> Result<Vec<RevokePlan>> {
        let authority = self.authority(using).await?;
        ids.iter().map(|id| self.plan_one(id, authority.as_ref())).collect()
    }

    fn plan_one(&self, id: &CredentialId, using: Option<&Authority>) -> Result<RevokePlan> {
        let (credential, host) = self.target(id)?;
        let way = self.way(&credential, &host, using)?;
        Ok(RevokePlan { credential: id.clone(), label: credential.label, host: host.name, way })
    }

    fn way(&self, credential: &Credential, host: &Host, using: Option<&Authority>) -> Result<RevokeWay> {
        let family = super::exchange::family(&host.family)?;
        let route = family.revoker().map(|r| r.route(host, credential.kind, credential.username.as_deref(), using));
        Ok(match route {
            Some(Route::AtHost(what)) => RevokeWay::AtHost { what },
            Some(Route::NeedsAuthority { why, password }) => RevokeWay::NeedsAuthority { why, password },
            Some(Route::Guided { why }) => self.guide(credential, host, why),
            None => self.guide(credential, host, format!("{} has no API for it", family.facts().name)),
        })
    }

    /// Page and steps for revoking by hand.
    fn guide(&self, credential: &Credential, host: &Host, why: String) -> RevokeWay {
        let facts = crate::hosts::family(&host.family).and_then(|f| f.facts().kind(credential.kind));
        let web = crate::hosts::family(&host.family)
            .and_then(|f| super::exchange::endpoints_of(f, host).ok())
            .and_then(|e| e.get("web").cloned())
            .unwrap_or_else(|| host.url.clone());
        RevokeWay::Guided {
            why,
            page: facts.map_or_else(String::new, |k| page(&k.page, &web)),
            steps: facts.map_or_else(Vec::new, |k| k.revoke_steps.iter().map(|s| s.replace("{web}", &web)).collect()),
        }
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
        self.vault.unlock_if_needed().await?;
        self.settle_others().await;
        let authority = self.authority(using).await?;
        let mut order = ids.to_vec();
        // The one that signs goes last: its own revocation would leave the others without a signature.
        order.sort_by_key(|id| matches!(using, Some(Using::Credential(signer)) if signer == id));
        let mut results = Vec::with_capacity(order.len());
        for id in &order {
            let (credential, host) = self.target(id)?;
            let using = authority.as_ref().filter(|_| !matches!(using, Some(Using::Credential(s)) if s == id));
            let result = if cancel.is_cancelled() {
                done(&credential, &host, RevokeEnd::Cancelled, "stopped before anything was sent")
            } else {
                match self.revoke_one(&credential, &host, using).await {
                    Ok(result) => result,
                    Err(error) => done(&credential, &host, RevokeEnd::Failed, &whole(&error)),
                }
            };
            let outcome = match result.end {
                RevokeEnd::Revoked | RevokeEnd::AlreadyDead => "done",
                RevokeEnd::Unknown => "unknown",
                RevokeEnd::Refused => "refused",
                _ => "failed",
            };
            self.audit("revoke", &credential.label, &host.name, outcome, result.message.clone());
            on_result(&result);
            results.push(result);
        }
        Ok(results)
    }

    async fn revoke_one(
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
        let secret = self.vault.get(&credential.id).await?;
        let detail = json!({ "label": credential.label, "store": credential.store });
        let entry = self.rack.begin("revoke", &credential.id, &detail)?;
        if self.is_under_way_elsewhere(&credential.id, entry)? {
            self.rack.finish(entry)?;
            return Err(Error::data("nothing was sent: another keyrack is at this very credential at this moment")
                .hint("Look again when it is done."));
        }
        let result = self.revoke_steps(credential, host, &secret, using, entry).await;
        // Also an end that is unknown is an end: the user is told, the audit log knows, and nothing is left to settle.
        // Where keyrack itself failed after the host was asked, `recover` settles what there is to settle.
        let settled = result.is_ok() || !self.is_begun(entry);
        if !settled || self.rack.finish(entry).is_err() {
            self.rack.release(entry);
        }
        result
    }

    /// Whether a living process began on the same credential before this entry was made. Of two that begin at once the
    /// earlier entry goes on, so that a host is never given the same order by both.
    fn is_under_way_elsewhere(&self, id: &CredentialId, mine: JournalId) -> Result<bool> {
        for entry in self.rack.open_entries()? {
            // One of this process is not `adopt`ed from anybody: it was given up, or runs beside this one.
            if entry.credential == *id && entry.id < mine && entry.owner_alive && !self.rack.adopt(entry.id)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a step was noted; where that cannot be seen, it may have been.
    fn is_begun(&self, entry: JournalId) -> bool {
        self.rack.open_entries().map_or(true, |all| all.iter().any(|e| e.id == entry && !e.steps.is_empty()))
    }

    async fn revoke_steps(
        &self,
        credential: &Credential,
        host: &Host,
        secret: &Secret,
        using: Option<&Authority>,
        entry: crate::rack::JournalId,
    ) -> Result<RevokeResult> {
        let before = self.look(credential, host, secret).await;
        match proof(&before) {
            // A refusal that gives no reason may also mean that the secret belongs to another host.
            Proof::Dead if before.verdict == Verdict::Rejected && !self.was_accepted(credential, host)? => {
                let message = format!(
                    "{} refuses it ({}) and was never seen to accept it: it may belong to another host, so its secret is \
                     kept. If you know that it is dead: keyrack forget {}",
                    host.name, before.reason, credential.label
                );
                return Ok(with(done(credential, host, RevokeEnd::Refused, &message), before));
            }
            Proof::Dead => {
                self.destroy(credential, host, entry).await?;
                let message =
                    format!("{} refuses it already ({}); its secret is destroyed here", host.name, before.reason);
                return Ok(with(done(credential, host, RevokeEnd::AlreadyDead, &message), before));
            }
            Proof::None if before.verdict == Verdict::Unreachable && !is_about_token(&before) => {
                let message = format!("nothing was sent: {}", before.reason);
                return Ok(with(done(credential, host, RevokeEnd::Unreachable, &message), before));
            }
            Proof::Alive | Proof::None => {}
        }
        let way = self.way(credential, host, using)?;
        let family = super::exchange::family(&host.family)?;
        let (what, revoker) = match (way.clone(), family.revoker()) {
            (RevokeWay::AtHost { what }, Some(revoker)) => (what, revoker),
            (RevokeWay::NeedsAuthority { why, .. }, _) => {
                return Ok(planned(done(credential, host, RevokeEnd::NeedsAuthority, &why), credential, host, way));
            }
            (RevokeWay::Guided { why, .. } | RevokeWay::AtHost { what: why }, _) => {
                let message =
                    format!("{why}: do it by hand, then run the same again, which proves it dead and destroys it here");
                return Ok(planned(done(credential, host, RevokeEnd::Guided, &message), credential, host, way));
            }
        };
        let channel = self.channel(host)?;
        self.rack.step(entry, "asked", &json!({ "what": what }))?;
        let asked = self.ask(&channel, revoker, credential, host, secret, using, before.remote_id.as_deref()).await;
        match asked {
            // Somebody else was faster: between the look before and the order it has died.
            Revocation::Refused(validation) if validation.verdict.is_dead() => {
                let after = self.look(credential, host, secret).await;
                if proof(&after) == Proof::Dead {
                    self.destroy(credential, host, entry).await?;
                    let message =
                        format!("{} refuses it by now ({}); its secret is destroyed here", host.name, after.reason);
                    return Ok(with(done(credential, host, RevokeEnd::AlreadyDead, &message), after));
                }
                let message = format!("{} refused: {}", host.name, validation.reason);
                return Ok(with(done(credential, host, RevokeEnd::Refused, &message), *validation));
            }
            Revocation::Refused(validation) => {
                let message = format!("{} refused: {}", host.name, validation.reason);
                return Ok(with(done(credential, host, RevokeEnd::Refused, &message), *validation));
            }
            Revocation::Unsupported(validation) => {
                let way = self.guide(credential, host, validation.reason.clone());
                let message = "this host has no API for it: do it by hand, then run the same again";
                let result = with(done(credential, host, RevokeEnd::Guided, message), *validation);
                return Ok(planned(result, credential, host, way));
            }
            Revocation::Accepted | Revocation::Unknown(_) => {}
        }
        // Accepted, or sent and the answer lost: in both cases only the host's refusal proves anything.
        let after = self.confirm(credential, host, secret).await;
        if proof(&after) == Proof::Dead {
            self.destroy(credential, host, entry).await?;
            let message = format!("revoked at {}, seen refused there, and its secret destroyed here", host.name);
            return Ok(with(done(credential, host, RevokeEnd::Revoked, &message), after));
        }
        Ok(match asked {
            Revocation::Unknown(error) => {
                let message = format!(
                    "sent, and the answer was lost ({error}): it may or may not be revoked; check it again. Kept here"
                );
                with(done(credential, host, RevokeEnd::Unknown, &message), after)
            }
            _ if proof(&after) == Proof::Alive => {
                let message = format!(
                    "{} took the order and still accepts the secret; kept here. Check it again in a minute",
                    host.name
                );
                with(done(credential, host, RevokeEnd::StillAccepted, &message), after)
            }
            _ => {
                let message = format!(
                    "{} took the order, and could not be asked whether it is dead ({}); kept here",
                    host.name, after.reason
                );
                with(done(credential, host, RevokeEnd::Unknown, &message), after)
            }
        })
    }

    #[allow(clippy::too_many_arguments, reason = "one call site; a struct would only rename the arguments")]
    async fn ask(
        &self,
        channel: &Channel,
        revoker: &dyn Revoke,
        credential: &Credential,
        host: &Host,
        secret: &Secret,
        using: Option<&Authority>,
        remote_id: Option<&str>,
    ) -> Revocation {
        let wire = act_wire(channel, secret, using, self.clock.now());
        let session = Session { wire, host, kind: credential.kind, username: credential.username.as_deref(), secret };
        let mut revocation = revoker.revoke(&session, remote_id, using).await;
        if let Revocation::Refused(validation) | Revocation::Unsupported(validation) = &mut revocation {
            session.wire.mask_validation(validation);
        }
        revocation
    }

    /// Validates and writes the verdict down. A verdict that cannot be written down is no reason to stop: what has to be
    /// durable is in the journal.
    async fn look(&self, credential: &Credential, host: &Host, secret: &Secret) -> Validation {
        let known = Known {
            kind: credential.kind,
            username: credential.username.as_deref(),
            expiry: credential.expiry,
            expiry_by_user: credential.expiry_by_user,
        };
        let validation = self.validate(host, known, secret).await;
        let _ = self.rack.record(&credential.id, host.id, &validation);
        validation
    }

    /// Whether the host was ever seen to know this secret.
    fn was_accepted(&self, credential: &Credential, host: &Host) -> Result<bool> {
        let history = self.rack.history(&credential.id, usize::MAX)?;
        Ok(history.iter().any(|(at, v)| *at == host.id && proof(v) == Proof::Alive))
    }

    /// Looks until the host refuses the secret or patience ends; each look is recorded.
    async fn confirm(&self, credential: &Credential, host: &Host, secret: &Secret) -> Validation {
        let mut last = None;
        for delay in &self.settings.confirm_after {
            tokio::time::sleep(*delay).await;
            let mut seen = self.look(credential, host, secret).await;
            if proof(&seen) == Proof::Dead {
                seen.reason = format!("revoked through keyrack: {}", seen.reason);
                let revoked = Validation { verdict: Verdict::Revoked, ..seen };
                let _ = self.rack.record(&credential.id, host.id, &revoked);
                return revoked;
            }
            last = Some(seen);
        }
        last.unwrap_or_else(|| Validation::new(Verdict::Unreachable, "it was not looked at again", self.clock.now()))
    }

    /// First the record says that the secret is gone, then it goes: a crash in between is finished by `recover`.
    async fn destroy(&self, credential: &Credential, host: &Host, entry: JournalId) -> Result<()> {
        let destroyed = async {
            self.rack.step(entry, "dead", &json!({}))?;
            self.rack.set_secret_state(&credential.id, SecretState::Destroyed)?;
            self.vault.delete(&credential.id).await
        };
        destroyed.await.map_err(|error: Error| {
            let message = format!("{} refuses it, but its secret could not be destroyed here: {error}", host.name);
            error.hints.iter().fold(Error::new(error.kind, message), |out, hint| out.hint(hint.clone()))
        })
    }

    /// The credential and the host at which it is revoked: its first binding.
    fn target(&self, id: &CredentialId) -> Result<(Credential, Host)> {
        let credential = self.rack.credential(id)?.ok_or_else(|| {
            Error::usage("that credential is no longer on the rack")
                .hint("Another keyrack may have removed it; look again.")
        })?;
        let Some(binding) = credential.bindings.first() else {
            return Err(
                Error::data(format!("`{}` is bound to no host", credential.label)).hint("Run `keyrack doctor`.")
            );
        };
        let host = self.host(binding.host)?;
        Ok((credential, host))
    }

    async fn authority(&self, using: Option<&Using>) -> Result<Option<Authority>> {
        Ok(match using {
            None => None,
            Some(Using::Password { user, password }) => Some(Authority {
                one_time_code: None,
                kind: None,
                username: Some(user.clone()),
                secret: Secret::token(password.clone()),
            }),
            Some(Using::Credential(id)) => {
                let credential = self
                    .rack
                    .credential(id)?
                    .ok_or_else(|| Error::usage("the credential that was to sign is not on the rack"))?;
                if credential.secret == SecretState::Destroyed {
                    return Err(Error::usage(format!("`{}` cannot sign: it was revoked", credential.label)));
                }
                let secret = self.vault.get(id).await?;
                Some(Authority {
                    one_time_code: None,
                    kind: Some(credential.kind),
                    username: credential.username,
                    secret,
                })
            }
        })
    }
}

/// A page of the facts as a whole URL: absolute, below `{web}`, or a path there.
fn page(text: &str, web: &str) -> String {
    if text.starts_with('/') { format!("{web}{text}") } else { text.replace("{web}", web) }
}

/// What happened and what to do next, in one text.
fn whole(error: &Error) -> String {
    std::iter::once(error.to_string()).chain(error.hints.iter().cloned()).collect::<Vec<_>>().join("; ")
}

fn proof(validation: &Validation) -> Proof {
    match validation.verdict {
        v if v.is_dead() => Proof::Dead,
        Verdict::Valid | Verdict::Expiring | Verdict::Limited | Verdict::Blocked => Proof::Alive,
        _ => Proof::None,
    }
}

/// The host answered, but this kind cannot be checked there; revoking may still be possible.
fn is_about_token(validation: &Validation) -> bool {
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

fn planned(mut result: RevokeResult, credential: &Credential, host: &Host, way: RevokeWay) -> RevokeResult {
    let (label, host) = (credential.label.clone(), host.name.clone());
    result.plan = Some(RevokePlan { credential: credential.id.clone(), label, host, way });
    result
}
