//! How a credential would be rotated, decided offline.

use super::RotateOptions;
use crate::domain::{
    CreateRequest, Credential, CredentialId, Host, Kind, Predecessor, RotatePattern, RotatePlan, Validation, Way,
};
use crate::error::Result;
use crate::hosts::{Authority, Route};
use crate::ops::create::limits;
use crate::ops::exchange::family;
use crate::ops::prove::{Proof, proof};
use crate::ops::signer::itself;
use crate::ops::{Core, by_hand};
use crate::secret::{Secret, SecretText};

/// A way that was chosen.
pub(super) struct Chosen {
    pub(super) pattern: RotatePattern,
    /// How the new one comes to be.
    pub(super) new: Way,
    /// What a host would be asked to make.
    pub(super) request: Option<CreateRequest>,
}

impl Core {
    /// How each credential would be rotated. Sends nothing, opens no store unless a credential was named to sign.
    ///
    /// # Errors
    /// Where the rack cannot be read, the signer is not there, or a host is known to refuse it.
    pub async fn rotate_plan(&self, ids: &[CredentialId], options: &RotateOptions) -> Result<Vec<RotatePlan>> {
        self.check_signer(options.using.as_ref(), &self.hosts_of(ids)?)?;
        let authority = self.authority(options.using.as_ref()).await?;
        let mut plans = Vec::with_capacity(ids.len());
        for id in ids {
            let (credential, host) = self.target(id)?;
            // Whether one may sign is told by its kind and name, not by its secret.
            let own = itself(&credential, &Secret::token(SecretText::from("")));
            let using = authority.as_ref().filter(|_| options.using.as_ref().is_some_and(|u| !u.is(id)));
            let chosen = self
                .choose(&credential, &host, options, using, &own)
                .map_err(|e| crate::error::Error { message: format!("{}: {}", credential.label, e.message), ..e })?;
            let old = match (chosen.pattern, &chosen.new) {
                (RotatePattern::InPlace, _) => None,
                (_, Way::NeedsAuthority { .. }) => None,
                _ => Some(self.way_of_old(&credential, &host, using.unwrap_or(&own))?),
            };
            plans.push(RotatePlan {
                credential: id.clone(),
                label: credential.label,
                host: host.name,
                pattern: chosen.pattern,
                new: chosen.new,
                old,
                expires: chosen.request.map_or(options.expires, |r| r.expires),
            });
        }
        Ok(plans)
    }

    /// In place where the host can; else a second one made by it; else by hand.
    pub(super) fn choose(
        &self,
        credential: &Credential,
        host: &Host,
        options: &RotateOptions,
        using: Option<&Authority>,
        own: &Authority,
    ) -> Result<Chosen> {
        if options.pasted.is_some() {
            let what = format!("the pasted one takes the place once {} was seen to accept it", host.name);
            return Ok(Chosen { pattern: RotatePattern::Swap, new: Way::AtHost { what }, request: None });
        }
        let family = family(&host.family)?;
        let mut why = format!("{} has no API for it", family.facts().name);
        if let Some(replacer) = family.replacer() {
            match replacer.route(host, credential.kind, credential.username.as_deref(), using) {
                Route::AtHost(what) => {
                    return Ok(Chosen { pattern: RotatePattern::InPlace, new: Way::AtHost { what }, request: None });
                }
                Route::NeedsAuthority { why, password } => {
                    let new = Way::NeedsAuthority { why, password };
                    return Ok(Chosen { pattern: RotatePattern::InPlace, new, request: None });
                }
                Route::Guided { why: said } => why = said,
            }
        }
        let last = self.last_alive(credential, host);
        if let Some(creator) = family.creator() {
            let predecessor = Predecessor {
                label: &credential.label,
                kind: credential.kind,
                username: credential.username.as_deref(),
                last: last.as_ref(),
                expires: options.expires,
                now: self.clock.now(),
            };
            let request = creator.successor(host, &predecessor);
            // What the API makes does not take the place of a credential of another kind.
            let other = request.kind.filter(|kind| credential.kind != Kind::Unknown && *kind != credential.kind);
            if let Some(other) = other {
                why = format!("the API of {} makes a {other}, no {}", family.facts().name, credential.kind);
            } else {
                match creator.route(host, &request, Some(using.unwrap_or(own)))? {
                    Route::Guided { why: said } => why = said,
                    route => {
                        limits::check(family.facts(), &request, self.clock.now())?;
                        let new = by_hand::way(route, |why| {
                            by_hand::making(host, credential.kind, &request, true, self.clock.now(), why)
                        });
                        return Ok(Chosen { pattern: RotatePattern::Twin, new, request: Some(request) });
                    }
                }
            }
        }
        let request = CreateRequest {
            name: last.as_ref().and_then(|v| v.remote_name.clone()).unwrap_or_else(|| credential.label.clone()),
            kind: Some(credential.kind),
            scopes: last.map(|v| v.grants.into_iter().map(|g| g.name).collect()).unwrap_or_default(),
            expires: options.expires,
            at: None,
        };
        let new = by_hand::making(host, credential.kind, &request, true, self.clock.now(), why);
        Ok(Chosen { pattern: RotatePattern::Swap, new, request: Some(request) })
    }

    /// The newest validation at which the credential worked, else the newest that says something of it, with the host's id
    /// and name for it, which some hosts tell only once.
    pub(super) fn last_alive(&self, credential: &Credential, host: &Host) -> Option<Validation> {
        let alive = |v: &Validation| proof(v) == Proof::Alive;
        let latest = self.rack.latest_real(&credential.id, host.id).ok().flatten();
        let mut last = latest.filter(alive).or_else(|| {
            let history = self.rack.history(&credential.id, usize::MAX).unwrap_or_default();
            let mut here = history.into_iter().filter(|(at, v)| *at == host.id && v.verdict.is_real()).map(|(_, v)| v);
            let newest = here.next();
            here.find(alive).or(newest)
        })?;
        if (last.remote_id.is_none() || last.remote_name.is_none())
            && let Some(facts) = self.remote_facts(&credential.id, host)
        {
            last.remote_id = last.remote_id.or(facts.remote_id);
            last.remote_name = last.remote_name.or(facts.remote_name);
        }
        Some(last)
    }

    /// How the old one would end, signed by `authority`, else by itself.
    pub(super) fn way_of_old(&self, old: &Credential, host: &Host, authority: &Authority) -> Result<Way> {
        let way = self.way(old, host, Some(authority))?;
        if matches!(way, Way::AtHost { .. }) {
            return Ok(way);
        }
        let by_itself = self.way(old, host, None)?;
        Ok(if matches!(by_itself, Way::AtHost { .. }) { by_itself } else { way })
    }
}
