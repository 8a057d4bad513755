//! Looking whether a secret lives or is dead, and destroying it here once its host was seen to refuse it.

use serde_json::json;

use super::Core;
use super::exchange::Known;
use crate::domain::{Credential, CredentialId, Host, SecretState, Validation, Verdict};
use crate::error::{Error, Result};
use crate::rack::JournalId;
use crate::secret::Secret;

/// How a credential can be settled without asking the host again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// The host refuses the secret.
    Dead,
    /// The host still accepts it.
    Alive,
    /// Nothing was learned.
    None,
}

/// What a validation proves.
pub(crate) fn proof(validation: &Validation) -> Proof {
    match validation.verdict {
        v if v.is_dead() => Proof::Dead,
        Verdict::Valid | Verdict::Expiring | Verdict::Limited | Verdict::Blocked => Proof::Alive,
        _ => Proof::None,
    }
}

/// Where an act was refused: a gateway, a proxy or the network said no, not the host.
pub(crate) fn is_no_answer(validation: &Validation) -> bool {
    validation.findings.iter().any(|f| f.code.starts_with("http.") || f.code.starts_with("net."))
}

/// What the record says of a credential besides its secret.
pub(crate) fn known(credential: &Credential) -> Known<'_> {
    Known {
        kind: credential.kind,
        username: credential.username.as_deref(),
        expiry: credential.expiry,
        expiry_by_user: credential.expiry_by_user,
    }
}

/// What happened and what to do next, in one text.
pub(crate) fn whole(error: &Error) -> String {
    std::iter::once(error.to_string()).chain(error.hints.iter().cloned()).collect::<Vec<_>>().join("; ")
}

impl Core {
    /// Why nothing may be sent for a credential after all, asked once the entry `mine` is in the journal; `seen` is the
    /// record as it was when this was wished for. Either a living process began on it before: of two that begin at once the
    /// earlier entry goes on, so that a host is never given the same order by both. Or one has ended meanwhile and left
    /// another secret, which nobody meant.
    pub(crate) fn overtaken(&self, seen: &Credential, mine: JournalId) -> Result<Option<String>> {
        let label = &seen.label;
        for entry in self.rack.open_entries()? {
            // One of this process is not `adopt`ed from anybody: it was given up, or runs beside this one.
            if entry.credential == seen.id && entry.id < mine && entry.owner_alive && !self.rack.adopt(entry.id)? {
                let doing = match entry.op.as_str() {
                    "rotate" => "rotating",
                    "revoke" => "revoking",
                    "forget" => "forgetting",
                    _ => "at work on",
                };
                let since = super::exchange::relative(self.clock.now(), entry.started_at);
                return Ok(Some(format!(
                    "another keyrack is {doing} `{label}` at this moment (begun {since}), so nothing was sent from here. When \
                     it is done, see what came of it: keyrack show {label}"
                )));
            }
        }
        let now = self.rack.credential(&seen.id)?;
        Ok(match now {
            None => Some(format!(
                "another keyrack has taken `{label}` off the rack a moment ago, so nothing was sent from here. See who: \
                 keyrack log {label}"
            )),
            Some(now) if now.fingerprint != seen.fingerprint => Some(format!(
                "another keyrack has given `{label}` a new secret a moment ago, so nothing was sent from here. Look at it: \
                 keyrack show {label}"
            )),
            Some(_) => None,
        })
    }

    /// Whether a step was noted; where that cannot be seen, it may have been.
    pub(crate) fn is_begun(&self, entry: JournalId) -> bool {
        self.rack.open_entries().map_or(true, |all| all.iter().any(|e| e.id == entry && !e.steps.is_empty()))
    }

    /// Closes an entry, or leaves it to whoever settles the journal next.
    pub(crate) fn close(&self, entry: JournalId) {
        if self.rack.finish(entry).is_err() {
            self.rack.release(entry);
        }
    }

    /// Validates and writes the verdict down. A verdict that cannot be written down is no reason to stop: what has to be
    /// durable is in the journal.
    pub(crate) async fn look(&self, credential: &Credential, host: &Host, secret: &Secret) -> Validation {
        let validation = self.validate(host, known(credential), secret).await;
        let _ = self.rack.record(&credential.id, host.id, &validation);
        validation
    }

    /// Whether the host was ever seen to know this secret.
    pub(crate) fn was_accepted(&self, credential: &Credential, host: &Host) -> Result<bool> {
        let history = self.rack.history(&credential.id, usize::MAX)?;
        Ok(history.iter().any(|(at, v)| *at == host.id && proof(v) == Proof::Alive))
    }

    /// The newest validation at a host that knows the host's id for the credential.
    pub(crate) fn remote_facts(&self, id: &CredentialId, host: &Host) -> Option<Validation> {
        let latest = self.rack.latest_real(id, host.id).ok().flatten();
        let newest = self.rack.latest(id, host.id).ok().flatten();
        // After a rotation nobody may have looked yet, and what is real is of the one before.
        if latest.as_ref().is_some_and(|v| v.remote_id.is_some()) && newest == latest {
            return latest;
        }
        // A refusal does not tell the id; an earlier answer may have.
        let history = self.rack.history(id, usize::MAX).unwrap_or_default();
        history.into_iter().find(|(at, v)| *at == host.id && v.remote_id.is_some()).map(|(_, v)| v).or(latest)
    }

    /// Looks until the host refuses the secret or patience ends; each look is recorded.
    pub(crate) async fn confirm(&self, credential: &Credential, host: &Host, secret: &Secret) -> Validation {
        let seen = self
            .watch(host, known(credential), secret, Proof::Dead, |seen| {
                let _ = self.rack.record(&credential.id, host.id, seen);
            })
            .await;
        if proof(&seen) != Proof::Dead {
            return seen;
        }
        let reason = format!("revoked through keyrack: {}", seen.reason);
        let revoked = Validation { verdict: Verdict::Revoked, reason, ..seen };
        let _ = self.rack.record(&credential.id, host.id, &revoked);
        revoked
    }

    /// Looks until the host says `wanted` of the secret or patience ends: hosts take their time.
    pub(crate) async fn watch(
        &self,
        host: &Host,
        known: Known<'_>,
        secret: &Secret,
        wanted: Proof,
        mut on_look: impl FnMut(&Validation),
    ) -> Validation {
        let mut last = None;
        for delay in &self.settings.confirm_after {
            tokio::time::sleep(*delay).await;
            let seen = self.validate(host, known, secret).await;
            on_look(&seen);
            if proof(&seen) == wanted {
                return seen;
            }
            last = Some(seen);
        }
        last.unwrap_or_else(|| Validation::new(Verdict::Unreachable, "it was not looked at again", self.clock.now()))
    }

    /// First the record says that the secret is gone, then it goes: a crash in between is finished by `recover`.
    pub(crate) async fn destroy(&self, credential: &Credential, host: &Host, entry: JournalId) -> Result<()> {
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

    /// The hosts at which credentials are revoked.
    pub(crate) fn hosts_of(&self, ids: &[CredentialId]) -> Result<Vec<Host>> {
        ids.iter().map(|id| Ok(self.target(id)?.1)).collect()
    }

    /// The credential and the host at which it is revoked: its first binding.
    pub(crate) fn target(&self, id: &CredentialId) -> Result<(Credential, Host)> {
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
}
