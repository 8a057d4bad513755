//! Who signs: from the screens' words to those of the verbs.

use crate::ops::signer::Using;
use crate::ui::effect::Signer;

/// Who signs, as the verbs take it.
pub(super) fn using(signer: Signer) -> Using {
    match signer {
        Signer::Credential(id) => Using::Credential(id),
        Signer::Account(account) => {
            Using::Password { user: account.user, password: account.password, one_time_code: account.code }
        }
    }
}
