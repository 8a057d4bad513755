//! Short-lived Bearer tokens for long-lived clients. A token is got when it is needed, kept in the memory of this process
//! only, and used again until shortly before its end.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::Core;
use super::exchange::act_wire;
use crate::domain::{Credential, CredentialId, Host, HostId, Kind, Minted, SecretState, Validation};
use crate::error::{Error, ErrorKind, Result};
use crate::hosts::{self, Outcome, Session};

/// Longest time before its end at which a token is no longer handed out.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// A Bearer token and where it is good.
#[derive(Debug, Clone)]
pub struct Bearer {
    /// The token.
    pub minted: Minted,
    /// It was got earlier in this process.
    pub reused: bool,
}

/// Tokens got by this process. Never written anywhere.
#[derive(Default)]
pub struct Kept(Mutex<HashMap<(CredentialId, HostId), Entry>>);

struct Entry {
    /// Of the client's secret: another secret is another client.
    fingerprint: String,
    /// What else decides which client asks where.
    asked: String,
    minted: Minted,
    /// From then on a new one is got.
    until: Timestamp,
}

impl Kept {
    /// Forgets all of them, as when the store is locked.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn find(&self, credential: &Credential, host: &Host, now: Timestamp) -> Option<Minted> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = kept.get(&(credential.id.clone(), host.id))?;
        let same = entry.fingerprint == credential.fingerprint && entry.asked == asked(credential, host);
        (same && now < entry.until).then(|| entry.minted.clone())
    }

    fn keep(&self, credential: &Credential, host: &Host, minted: &Minted, now: Timestamp) {
        // A tenth of a short life, so that even a token of a minute is used more than once.
        let life = minted.expires_at.duration_since(now);
        let until = minted.expires_at - MARGIN.min(life / 10).max(SignedDuration::ZERO);
        let entry = Entry {
            fingerprint: credential.fingerprint.clone(),
            asked: asked(credential, host),
            minted: minted.clone(),
            until,
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert((credential.id.clone(), host.id), entry);
    }

    fn forget(&self, credential: &Credential, host: &Host) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&(credential.id.clone(), host.id));
    }
}

fn asked(credential: &Credential, host: &Host) -> String {
    format!("{:?} {} {:?}", credential.username, host.url, host.endpoints)
}

impl Core {
    /// The host at which a credential is used: the one that is named by its name or address, else its only one.
    ///
    /// # Errors
    /// Usage error where `site` is none of its hosts, or nothing says which of several.
    pub fn site_of(&self, credential: &Credential, site: Option<&str>) -> Result<Host> {
        let hosts: Vec<Host> = credential.bindings.iter().map(|b| self.host(b.host)).collect::<Result<_>>()?;
        let names = || hosts.iter().map(|h| h.name.as_str()).collect::<Vec<_>>().join(", ");
        let Some(site) = site else {
            return match hosts.as_slice() {
                [only] => Ok(only.clone()),
                _ => Err(Error::usage(format!("`{}` is used at several hosts: {}", credential.label, names()))
                    .hint("Say which with --site.")),
            };
        };
        if let Some(host) = hosts.iter().find(|h| h.name.eq_ignore_ascii_case(site)) {
            return Ok(host.clone());
        }
        let address = hosts::family(&credential.family)
            .and_then(|f| f.host_url(site).ok())
            .map_or_else(|| site.trim_end_matches('/').to_owned(), |url| url.url);
        let found = hosts.iter().find(|h| h.url.trim_end_matches('/').eq_ignore_ascii_case(&address));
        found.cloned().ok_or_else(|| {
            Error::usage(format!("`{}` is not used at {}", credential.label, crate::sanitize::short(site, 120)))
                .hint(format!("It is used at {}. `keyrack edit {} --host NAME` changes that; a new site needs a record first: `keyrack host add`.", names(), credential.label))
        })
    }

    /// A Bearer token for a credential at a host: one that this process got earlier, or a new one.
    ///
    /// # Errors
    /// Usage error where the credential gives no such tokens; `Refused` and `Unreachable` as the host answers.
    pub async fn bearer(&self, credential: &Credential, host: &Host) -> Result<Bearer> {
        let now = self.clock.now();
        let family = super::exchange::family(&host.family)?;
        // Anything else would be sent as the secret of a client that it is not.
        let gives = matches!(credential.kind, Kind::OauthClient | Kind::OauthToken);
        let Some(minter) = family.minter().filter(|_| gives) else {
            return Err(Error::usage(format!(
                "`{}` gives no short-lived tokens: it is used as it is at {}",
                credential.label,
                family.facts().name
            ))
            .hint("Only OAuth clients do; `keyrack show` tells its kind."));
        };
        if credential.secret == SecretState::Destroyed {
            return Err(Error::usage(format!("`{}` is revoked, its secret destroyed", credential.label)));
        }
        if let Some(minted) = self.vault.minted().find(credential, host, now) {
            return Ok(Bearer { minted, reused: true });
        }
        let secret = self.vault.get(&credential.id).await?;
        let channel = self.channel(host)?;
        let wire = act_wire(&channel, Some(&secret), None, now);
        let username = credential.username.as_deref();
        let session = Session { wire, host, kind: credential.kind, username, secret: &secret };
        match minter.mint(&session).await {
            Outcome::Done(minted) if minted.expires_at <= now => {
                Err(Error::new(ErrorKind::Refused, format!("the token `{}` has ended", credential.label))
                    .hint("Keep the client id and secret instead, as the kind oauth-client."))
            }
            Outcome::Done(minted) => {
                self.vault.minted().keep(credential, host, &minted, now);
                Ok(Bearer { minted, reused: false })
            }
            Outcome::Refused(mut why) | Outcome::Unsupported(mut why) => {
                session.wire.mask_validation(&mut why);
                Err(as_error(&why))
            }
            Outcome::Unknown(error) => Err(error.into()),
        }
    }

    /// Drops the token that this process holds for a credential at a host, since the host no longer takes it.
    pub(crate) fn drop_bearer(&self, credential: &Credential, host: &Host) {
        self.vault.minted().forget(credential, host);
    }

    /// The host's own id of the site (Jira's cloud id); none where it is not told, or the family has none.
    pub async fn place_of(&self, host: &Host) -> Option<String> {
        let channel = self.channel(host).ok()?;
        let deployer = channel.family.deployer()?;
        let nothing = crate::secret::Masker::new([]);
        let wire = hosts::Wire::new(&*channel.transport, channel.endpoints.clone(), nothing, self.clock.now());
        match deployer.place(&wire).await {
            Outcome::Done(place) => Some(place),
            _ => None,
        }
    }
}

/// A refusal as an error: its finding's title, cause and remedy.
pub(crate) fn as_error(why: &Validation) -> Error {
    let mut error = Error::new(super::refusal::kind(why), why.reason.clone());
    for finding in &why.findings {
        if !finding.cause.is_empty() {
            error = error.cause(finding.cause.clone());
        }
        if !finding.remedy.is_empty() {
            error = error.hint(finding.remedy.clone());
        }
    }
    error
}
