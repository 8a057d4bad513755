//! The fields by which somebody signs an act at a host: a credential on the rack, or an account with its password. The
//! same wherever an act may need another's signature.

use crate::domain::Credential;

use super::super::effect::{Account, Signer};
use super::super::rows::Rows;
use super::form::Form;

/// A field was marked as wrong; the user is to mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused;

/// A screen's own names for the fields. A field that the form does not have counts as empty.
#[derive(Debug, Clone, Copy)]
pub struct Signing<K> {
    /// Label of the credential that signs.
    pub using: K,
    /// User name of the account.
    pub user: K,
    /// Its password.
    pub password: K,
    /// A one-time code beside the password.
    pub code: K,
}

impl<K: Copy + PartialEq> Signing<K> {
    /// Adds the field for a credential, offering those that still have their secret and may come into question.
    #[must_use]
    pub fn add_using(self, form: Form<K>, value: &str, rows: &Rows, may: impl Fn(&Credential) -> bool) -> Form<K> {
        let mut form = form.text(self.using, "Sign with", value, "label of a credential that may do it");
        let fits = rows.all().iter().filter(|r| !r.retired() && may(&r.credential));
        form.offer(self.using, fits.map(|r| r.credential.label.clone()).take(50).collect());
        form
    }

    /// Adds the fields for an account and its password, offering these accounts.
    #[must_use]
    pub fn add_account(self, form: Form<K>, mut accounts: Vec<String>) -> Form<K> {
        let mut form = form.text(self.user, "Account", "", "user name of the account that may do it").secret(
            self.password,
            "Password",
            "used once, never kept",
        );
        accounts.retain(|a| !a.is_empty());
        accounts.sort();
        accounts.dedup();
        form.offer(self.user, accounts);
        form
    }

    /// Adds the field for a one-time code.
    #[must_use]
    pub fn add_code(self, form: Form<K>) -> Form<K> {
        form.secret(self.code, "One-time code", "only where the account has a second factor")
    }

    /// Who signs by what was typed; the password leaves the form.
    ///
    /// # Errors
    /// [`Refused`] where a field has to be mended first.
    pub fn read(self, form: &mut Form<K>, rows: &Rows) -> Result<Option<Signer>, Refused> {
        let using = match form.value(self.using) {
            "" => None,
            label => match rows.labelled(label) {
                Some(row) => Some(row.credential.id.clone()),
                None => {
                    form.refuse(self.using, "no credential on the rack has this label");
                    return Err(Refused);
                }
            },
        };
        let user = form.value(self.user).to_owned();
        let password = form.secret_mut(self.password).filter(|p| !p.is_empty()).map(|p| p.take());
        let code = form.secret_mut(self.code).filter(|p| !p.is_empty()).map(|p| p.take());
        match password {
            Some(_) if user.is_empty() => {
                form.refuse(self.user, "whose password is it? Give the user name, then the password again");
                Err(Refused)
            }
            Some(password) => Ok(Some(Signer::Account(Account { user, password, code }))),
            None => Ok(using.map(Signer::Credential)),
        }
    }

    /// Puts the secrets that [`Signing::read`] took back into their fields, so that they are not asked for twice.
    pub fn put_back(self, form: &mut Form<K>, signer: Option<Signer>) {
        let Some(Signer::Account(Account { password, code, .. })) = signer else { return };
        for (name, secret) in [(self.password, Some(password)), (self.code, code)] {
            if let (Some(secret), Some(field)) = (secret, form.secret_mut(name)) {
                let _ = field.paste(&secret);
            }
        }
    }
}
