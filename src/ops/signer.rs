//! Who signs an act on a credential when it is not the credential itself.

use super::Core;
use crate::domain::{Credential, CredentialId, Host, SecretState};
use crate::error::{Error, Result};
use crate::hosts::Authority;
use crate::secret::{Secret, SecretText};

/// Who signs an act.
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
        /// A one-time code, where the account has a second factor.
        one_time_code: Option<SecretText>,
    },
}

impl Using {
    /// Whether that credential signs.
    #[must_use]
    pub fn is(&self, id: &CredentialId) -> bool {
        matches!(self, Self::Credential(signer) if signer == id)
    }
}

impl Core {
    /// Refuses a signer that would be sent where it does not belong: a credential to a host that it is not bound to, a
    /// password to more than one host.
    ///
    /// # Errors
    /// Usage error that says which, before anything is sent.
    pub(crate) fn check_signer<'a>(
        &self,
        using: Option<&Using>,
        hosts: impl IntoIterator<Item = &'a Host>,
    ) -> Result<()> {
        let mut hosts = hosts.into_iter();
        match using {
            None => Ok(()),
            Some(Using::Password { user, .. }) => {
                let Some(first) = hosts.next() else { return Ok(()) };
                match hosts.find(|h| h.url != first.url || h.endpoints != first.endpoints) {
                    None => Ok(()),
                    Some(other) => Err(Error::usage(format!(
                        "the password of {user} would be sent to {} and to {}: it belongs to one host",
                        first.name, other.name
                    ))
                    .hint("Do it host by host.")),
                }
            }
            Some(Using::Credential(id)) => {
                let Some(signer) = self.rack.credential(id)? else {
                    return Err(Error::usage("the credential that was to sign is not on the rack"));
                };
                match hosts.find(|h| !is_bound(&signer, h)) {
                    None => Ok(()),
                    Some(host) => Err(Error::usage(format!(
                        "`{}` cannot sign at {}: it is not used there, and a secret is sent to its own hosts only",
                        signer.label, host.name
                    ))
                    .hint(format!("Name a credential that is used at {}.", host.name))),
                }
            }
        }
    }

    /// Whether `using` may be sent to that host.
    pub(crate) fn signs_at(&self, using: Option<&Using>, host: &Host) -> bool {
        using.is_some() && self.check_signer(using, std::iter::once(host)).is_ok()
    }

    /// What signs, with its secret out of the store.
    pub(crate) async fn authority(&self, using: Option<&Using>) -> Result<Option<Authority>> {
        Ok(match using {
            None => None,
            Some(Using::Password { user, password, one_time_code }) => Some(Authority {
                kind: None,
                username: Some(user.clone()),
                secret: Secret::token(password.clone()),
                one_time_code: one_time_code.clone(),
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
                Some(itself(&credential, &secret))
            }
        })
    }
}

fn is_bound(credential: &Credential, host: &Host) -> bool {
    credential.bindings.iter().any(|b| b.host == host.id)
}

/// A credential that signs for itself or for another.
pub(crate) fn itself(credential: &Credential, secret: &Secret) -> Authority {
    Authority {
        kind: Some(credential.kind),
        username: credential.username.clone(),
        secret: secret.clone(),
        one_time_code: None,
    }
}
