//! A host's own list of credentials, each line matched against the rack. Validates nothing: that would move "last used".

mod matching;
mod revoke;

use super::Core;
use super::exchange::{Channel, act_wire, family, mask_outcome};
use super::signer::Using;
use crate::domain::{Host, InventoryLine, InventoryReport, RemoteList, RemoteState, Validation};
use crate::error::{Error, ErrorKind, Result};
use crate::hosts::{Act, Authority, Inventory, Outcome, Route};
use crate::sanitize;

impl Core {
    /// Reads the list of a host and finds each line on the rack.
    ///
    /// # Errors
    /// `Refused` where the host has no such list, refuses it, or somebody else has to sign; `Unreachable` where no answer
    /// came; usage and store errors before anything was sent.
    pub async fn inventory(&self, host: &Host, using: Option<&Using>) -> Result<InventoryReport> {
        self.check_signer(using, std::iter::once(host))?;
        let authority = self.authority(using).await?;
        let (lister, authority) = self.lister(host, authority)?;
        let channel = self.channel(host)?;
        let read = self.read_list(&channel, lister, host, &authority).await;
        let outcome = if read.is_ok() { "done" } else { "failed" };
        let list = match read {
            Ok(list) => list,
            Err(error) => {
                self.audit("inventory", "", &host.name, outcome, error.message.clone());
                return Err(error);
            }
        };
        let report = self.match_list(host, list)?;
        let strangers = report.lines.iter().filter(|l| l.on_rack.is_none()).count();
        let told = format!("{} listed for {}, {strangers} not on the rack", report.lines.len(), report.of);
        self.audit("inventory", "", &host.name, outcome, told);
        Ok(report)
    }

    /// The list of a host and who may read it, before anything is sent.
    fn lister(&self, host: &Host, authority: Option<Authority>) -> Result<(&'static dyn Inventory, Authority)> {
        let family = family(&host.family)?;
        let facts = family.facts();
        let by_hand = |why: String| {
            let web = super::by_hand::web(host);
            let mut pages: Vec<_> = facts.kinds.iter().map(|k| super::by_hand::page(&k.page, &web)).collect();
            pages.dedup();
            let error = Error::new(ErrorKind::Refused, format!("{} has no list that can be read: {why}", host.name));
            error.hint(format!("Look by hand: {}", pages.join(", ")))
        };
        let Some(lister) = family.lister() else {
            return Err(by_hand(format!("keyrack knows no API of {} that lists tokens", facts.name)));
        };
        match lister.route(host, authority.as_ref()) {
            Route::AtHost(_) => {}
            Route::Guided { why } => return Err(by_hand(why)),
            Route::NeedsAuthority { why, password } => {
                let who = if password {
                    "--using LABEL, or --using ask:USER (that account's password)"
                } else {
                    "--using LABEL"
                };
                let mut error = Error::new(ErrorKind::Refused, format!("nothing was sent: {why}"))
                    .hint(format!("Say who signs: {who}."));
                let labels = self.users_of(host.id)?;
                if !labels.is_empty() {
                    let shown: Vec<_> = labels.iter().take(5).map(String::as_str).collect();
                    let rest = match labels.len().saturating_sub(shown.len()) {
                        0 => String::new(),
                        n => format!(", and {n} more"),
                    };
                    error = error.hint(format!("On the rack for {}: {}{rest}.", host.name, shown.join(", ")));
                }
                return Err(error);
            }
        }
        let authority =
            authority.ok_or_else(|| Error::usage("nobody was named to sign").hint("Say who signs: --using LABEL."))?;
        Ok((lister, authority))
    }

    async fn read_list(
        &self,
        channel: &Channel,
        lister: &dyn Inventory,
        host: &Host,
        authority: &Authority,
    ) -> Result<RemoteList> {
        let act = Act { wire: act_wire(channel, None, Some(authority), self.clock.now()), host, using: authority };
        let mut outcome = lister.list(&act).await;
        mask_outcome(&act.wire, &mut outcome);
        match outcome {
            Outcome::Done(list) => Ok(tidy(list, |text| act.wire.mask(text))),
            Outcome::Refused(validation) | Outcome::Unsupported(validation) => Err(refused(host, &validation)),
            Outcome::Unknown(error) => Err(error.into()),
        }
    }
}

/// What a host said no with, as an error with its remedy.
pub(crate) fn refused(host: &Host, validation: &Validation) -> Error {
    let mut error = Error::new(super::refusal::kind(validation), format!("{}: {}", host.name, validation.reason));
    for finding in &validation.findings {
        if !finding.cause.is_empty() {
            error = error.cause(finding.cause.clone());
        }
        if !finding.remedy.is_empty() {
            error = error.hint(finding.remedy.clone());
        }
    }
    error
}

/// Texts of a host, clipped and without secrets. Ids stay whole: they go back to the host.
fn tidy(mut list: RemoteList, mask: impl Fn(&str) -> String) -> RemoteList {
    let clip = |text: &mut String| *text = sanitize::short(&mask(text), 200);
    clip(&mut list.of);
    list.gaps.iter_mut().for_each(clip);
    for token in &mut list.tokens {
        clip(&mut token.name);
        clip(&mut token.owner);
        token.grants.iter_mut().for_each(clip);
        token.notes.iter_mut().for_each(clip);
        token.tail.iter_mut().for_each(clip);
    }
    list
}

/// Strangers that work first: they are what one looks for.
fn rank(line: &InventoryLine) -> (bool, bool, String) {
    (line.token.state != RemoteState::Active, line.on_rack.is_some(), line.token.name.to_lowercase())
}
