//! What to do next with a second record that a rotation has left on the rack, as commands to type.

use crate::error::Result;
use crate::ops::Core;
use crate::ops::signer::Using;

/// What to do with a new one that was not seen to work, while the old one is in place.
pub(super) fn of_new(label: &str, new: &str, signer: &str) -> String {
    format!(
        "See whether it works: keyrack check {new}. If it does, end the old one and give the new one its label: keyrack revoke \
         {label}{signer}, keyrack forget {label}, keyrack edit {new} --label {label}. If it does not: keyrack revoke \
         {new}{signer}"
    )
}

/// What to do with an old one that was not seen dead, while the new one is in place. Revoking looks first, and sends
/// nothing where it is dead.
pub(super) fn of_old(old: &str, signer: &str) -> String {
    format!("End it: keyrack revoke {old}{signer} (which looks first, and orders nothing where it is dead already)")
}

impl Core {
    /// The words on the command line that name who signs; empty where the credential signs for itself.
    pub(super) fn signer_words(&self, using: Option<&Using>) -> Result<String> {
        Ok(match using {
            None => String::new(),
            Some(Using::Password { user, .. }) => format!(" --using ask:{user}"),
            Some(Using::Credential(id)) => {
                self.rack.credential(id)?.map_or_else(String::new, |signer| format!(" --using {}", signer.label))
            }
        })
    }
}
