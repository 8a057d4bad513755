//! The secret store: opened, and asked for the secret.

use super::look::{Look, finding, of_error};
use super::patient::{Origin, Patient};
use crate::domain::{Credential, SecretState};
use crate::ops::Core;
use crate::ops::vault::Unavailable;
use crate::secret::Secret;

/// Reads the secret; gives it where there is one.
pub(crate) async fn look(core: &Core, patient: &Patient) -> (Look, Option<Secret>) {
    let credential = match &patient.origin {
        Origin::Given(secret) => {
            return (Look::skipped("the token was given, not read from a store"), Some(secret.clone()));
        }
        Origin::Rack(credential) => credential,
    };
    if credential.secret == SecretState::Destroyed {
        return (Look::skipped("has no secret of it any more, as the record says"), None);
    }
    match core.vault.examine(&credential.id).await {
        Ok(Some(secret)) => {
            let chosen = core.vault.chosen();
            (Look::passed(format!("read from the {} store", chosen.kind)).fact("store", chosen.reason), Some(secret))
        }
        Ok(None) => (Look::failed(missing(core, credential)), None),
        Err((why, error)) => {
            let code = match why {
                Unavailable::Locked => "store.locked",
                Unavailable::Absent => "store.absent",
                Unavailable::Unreadable => "store.unreadable",
            };
            (Look::failed(of_error(code, &error)), None)
        }
    }
}

/// The store opens and has no such secret: perhaps because it is the wrong one.
fn missing(core: &Core, credential: &Credential) -> crate::domain::Finding {
    let chosen = core.vault.chosen();
    let args = [
        ("label", credential.label.as_str()),
        ("store", credential.store.slug()),
        ("chosen", chosen.kind.slug()),
        ("reason", chosen.reason.as_str()),
    ];
    let code = if chosen.kind == credential.store { "store.secret-missing" } else { "store.wrong-backend" };
    finding(code, &args)
}
