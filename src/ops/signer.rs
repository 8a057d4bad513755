//! Who signs an act on a credential when it is not the credential itself.

use super::Core;
use crate::domain::{Credential, CredentialId, SecretState};
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

/// A credential that signs for itself or for another.
pub(crate) fn itself(credential: &Credential, secret: &Secret) -> Authority {
    Authority {
        kind: Some(credential.kind),
        username: credential.username.clone(),
        secret: secret.clone(),
        one_time_code: None,
    }
}
