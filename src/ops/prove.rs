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

/// A refusal that followed an order of ours, whatever reason the host gives for it.
pub(crate) fn by_keyrack(refused: Validation) -> Validation {
    let reason = format!("revoked through keyrack: {}", refused.reason);
    Validation { verdict: Verdict::Revoked, reason, ..refused }
}

impl Core {
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

    /// The newest validation at a host that knows the host's id for the credential, else the newest that says anything of it.
    pub(crate) fn remote_facts(&self, id: &CredentialId, host: &Host) -> Option<Validation> {
        // A refusal does not tell the id; an earlier answer may have.
        let with_id = self.rack.latest_with_id(id, host.id).ok().flatten();
        with_id.or_else(|| self.rack.latest_real(id, host.id).ok().flatten())
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
        let revoked = by_keyrack(seen);
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
