//! `--using` and `--otp`: who signs an act that the credential itself cannot sign.

use clap::Args;

use super::context::Context;
use super::secret_input;
use crate::error::{Error, Result};
use crate::ops::signer::Using;
use crate::secret::SecretText;

/// Who signs.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Signer {
    /// Who signs: a label, or ask:USER to be asked for that user's password (used once, not kept)
    #[arg(long, value_name = "LABEL|ask:USER")]
    pub(super) using: Option<String>,
    /// One-time code beside the password, where the account has a second factor; `ask` to be asked
    #[arg(long, value_name = "CODE|ask")]
    otp: Option<String>,
}

impl Signer {
    /// Finds or asks for whoever signs. Without a terminal the password is the first line of standard input, and the
    /// code that is asked for the next.
    pub(super) fn resolve(&self, context: &mut Context<'_>) -> Result<Option<Using>> {
        let Some(text) = self.using.as_deref() else {
            return match self.otp {
                None => Ok(None),
                Some(_) => {
                    Err(Error::usage("a one-time code goes with a password: name its user with --using ask:USER"))
                }
            };
        };
        match text.strip_prefix("ask:") {
            Some("") => {
                Err(Error::usage("whose password? `--using ask:` needs a user name")
                    .hint("For example: --using ask:jdoe"))
            }
            Some(user) => {
                let prompt = format!("Password of {user} (used once, not kept)");
                let password = secret_input::asked(context, "password", &prompt)?;
                let one_time_code = match self.otp.as_deref() {
                    None => None,
                    Some("ask") => Some(secret_input::asked(context, "one-time code", "One-time code")?),
                    Some(code) => Some(SecretText::from(code)),
                };
                Ok(Some(Using::Password { user: user.to_owned(), password, one_time_code }))
            }
            None if self.otp.is_some() => {
                Err(Error::usage("a one-time code goes with a password: name its user with --using ask:USER"))
            }
            None => Ok(Some(Using::Credential(context.core()?.by_label(text)?.id))),
        }
    }
}
