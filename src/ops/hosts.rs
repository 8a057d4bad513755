//! Host records: made from what a user types, tested, changed, removed.

mod detect;
mod propose;

use super::Core;
use super::exchange::{endpoints_of, family};
use super::name::{a_token_in_the_open, check_name, looks_like_token};
use super::prove::known;
use crate::domain::{Credential, Host, HostId, SecretState, Verdict};
use crate::error::{Error, Result};
use crate::hosts;
use crate::hosts::facts::advice::Addressee;
pub use detect::HostTest;
pub use propose::{HostInput, Proposed, propose, understand};
use propose::{is_plain_http, plain_http, validate_record};

impl Core {
    /// Proposes a record, asks the host what it is, keeps the record. A host that does not answer is kept all the same,
    /// with the reason among the notes.
    ///
    /// # Errors
    /// Usage error where the input cannot be used or the name is taken.
    pub async fn host_add(&self, input: &HostInput) -> Result<(Host, Vec<String>)> {
        let unclear = input.family.is_none() && understand(&input.url, None).is_err();
        if unclear && !input.allow_http && is_plain_http(&input.url) {
            return Err(plain_http(&input.url));
        }
        let Proposed { mut host, mut notes } = match propose(input) {
            Err(error) if unclear && url::Url::parse(&input.url).is_ok() => self.ask_around(input, error).await?,
            other => other?,
        };
        if self.rack.host_by_name(&host.name)?.is_some() {
            return Err(Error::usage(format!("there is a host `{}` on the rack already", host.name))
                .hint(format!("Give another name, or change that one: keyrack host edit {}", host.name)));
        }
        let test = self.detect(&host).await;
        host.product.clone_from(&test.product);
        host.version.clone_from(&test.version);
        if let Some(finding) = &test.finding {
            let remedy = Addressee::host(&host).fill(&finding.remedy);
            notes.push(format!("not confirmed that this is {}: {}. {remedy}", host.family, finding.title));
        }
        host.id = self.rack.add_host(&host)?;
        self.audit("host-add", "", &host.name, "done", format!("{} at {}", host.family, host.url));
        Ok((host, notes))
    }

    /// The URL may be of several families: asks the host which.
    async fn ask_around(&self, input: &HostInput, unclear: Error) -> Result<Proposed> {
        for family in hosts::families() {
            let attempt = HostInput { family: Some(family.facts().id.clone()), ..input.clone() };
            let Ok(mut proposed) = propose(&attempt) else { continue };
            let test = self.detect(&proposed.host).await;
            if test.found {
                proposed.notes.push(format!("the host says that it is {}", test.product.unwrap_or_default()));
                return Ok(proposed);
            }
        }
        Err(unclear.hint("The host was asked too, and no known product answered."))
    }

    /// A record for what a user typed, by asking the host where the URL alone does not tell its family. It is not kept.
    ///
    /// # Errors
    /// Usage error where the input cannot be used.
    pub(crate) async fn host_proposed(&self, input: &HostInput) -> Result<Host> {
        match propose(input) {
            Ok(proposed) => Ok(proposed.host),
            Err(error) if input.family.is_none() && understand(&input.url, None).is_err() => {
                let known = url::Url::parse(&input.url).is_ok() && !is_plain_http(&input.url);
                if known { Ok(self.ask_around(input, error).await?.host) } else { Err(error) }
            }
            Err(error) => Err(error),
        }
    }

    /// Tests a host: what answers there, and, with a credential, how it is answered. Keeps product and version.
    ///
    /// # Errors
    /// Where the rack or the secret store cannot be used.
    pub async fn host_test(&self, host: &Host, using: Option<&Credential>) -> Result<HostTest> {
        let mut test = self.detect(host).await;
        if let Some(credential) = using {
            let secret = self.vault.get(&credential.id).await?;
            let validation = self.validate(host, known(credential), &secret).await;
            let accepted = matches!(validation.verdict, Verdict::Valid | Verdict::Expiring | Verdict::Limited);
            if test.found && test.version.is_none() && accepted {
                let told = self.detect_signed(host, known(credential), &secret).await.unzip();
                (test.product, test.version) = (told.0.or(test.product), told.1);
            }
            test.validation = Some(validation);
        }
        // A host that tells its version to credentials alone keeps the one it told before.
        let tells = test.version.is_some() || host.version.is_none();
        if test.found
            && tells
            && host.id != HostId::default()
            && (&test.product, &test.version) != (&host.product, &host.version)
        {
            self.rack.learn_host(host.id, test.product.as_deref(), test.version.as_deref())?;
        }
        Ok(test)
    }

    /// Changes a host record. Where credentials are sent somewhere else by it, `confirmed` must say that the user knows.
    ///
    /// # Errors
    /// Usage error where the record cannot be used, or the change has to be confirmed first.
    pub fn host_edit(&self, mut changed: Host, confirmed: bool) -> Result<Host> {
        let before = self.host(changed.id)?;
        check_name("host name", &changed.name)?;
        let family = family(&changed.family)?;
        validate_record(family, &mut changed)?;
        let moved = endpoints_of(family, &before).ok() != endpoints_of(family, &changed).ok()
            || before.proxy != changed.proxy
            || before.ca_file != changed.ca_file
            || (changed.allow_http && !before.allow_http);
        let users = self.senders_to(changed.id)?;
        if moved && !users.is_empty() && !confirmed {
            return Err(Error::usage(format!(
                "this changes where, or how protected, the secrets of {} are sent",
                crate::sanitize::short(&users.join(", "), 200)
            ))
            .hint("If that is meant, say so: `--yes`, or the confirmation in the TUI."));
        }
        self.rack.update_host(&changed)?;
        self.audit("host-edit", "", &changed.name, "done", format!("{} at {}", changed.family, changed.url));
        Ok(changed)
    }

    /// Takes a host off the rack.
    ///
    /// # Errors
    /// Usage error where there is no such host or credentials are bound to it.
    pub fn host_remove(&self, name: &str) -> Result<()> {
        let host = self.host_by_name(name)?;
        self.rack.remove_host(host.id)?;
        self.audit("host-rm", "", name, "done", "");
        Ok(())
    }

    /// The host of that name.
    ///
    /// # Errors
    /// Usage error naming the hosts there are where there is none.
    pub fn host_by_name(&self, name: &str) -> Result<Host> {
        if let Some(host) = self.rack.host_by_name(name)? {
            return Ok(host);
        }
        if looks_like_token(name) {
            return Err(a_token_in_the_open("host"));
        }
        let names: Vec<_> = self.rack.hosts()?.into_iter().map(|h| h.name).collect();
        let error = Error::usage(format!("there is no host `{}` on the rack", crate::sanitize::short(name, 80)));
        Err(if names.is_empty() {
            error.hint("Put one there: keyrack host add NAME URL")
        } else {
            error.hint(format!("Hosts: {}.", names.join(", ")))
        })
    }

    /// Labels of the credentials whose secrets are sent to a host: those that still have one.
    fn senders_to(&self, host: HostId) -> Result<Vec<String>> {
        let all = self.rack.credentials()?;
        let sent =
            all.into_iter().filter(|c| c.secret == SecretState::Present && c.bindings.iter().any(|b| b.host == host));
        Ok(sent.map(|c| c.label).collect())
    }

    /// Labels of the credentials that are bound to a host, revoked ones too.
    pub(crate) fn users_of(&self, host: HostId) -> Result<Vec<String>> {
        let all = self.rack.credentials()?;
        Ok(all.into_iter().filter(|c| c.bindings.iter().any(|b| b.host == host)).map(|c| c.label).collect())
    }
}
