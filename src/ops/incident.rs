//! An incident: many leaked strings, told apart offline, found on the rack, each revoked in its host's best way and proved
//! dead where that can be seen.
//!
//! A secret is sent to hosts of its own family only, and only its own value is revoked: nothing that ends all tokens of an
//! account or an organisation is ever asked for.

mod bulk;
mod ended;
mod find;
pub mod report;
mod run;

use std::collections::HashMap;

use super::by_hand;
use super::exchange::family;
use super::hosts::{HostInput, propose};
use super::signer::Using;
use super::{Core, revoke};
use crate::domain::{Candidate, Credential, Host, Kind, LeakName, LeakPlan, SecretState, Way};
use crate::error::{Error, Result};
use crate::hosts::{self, Authority};
use crate::secret::Secret;

/// The most strings that are handled at once.
pub const MOST: usize = 1_000;

/// A string that was found in what was pasted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leak {
    /// The secret.
    pub secret: Secret,
    /// Its access key id, or the user name found beside it.
    pub username: Option<String>,
    /// URL found beside it.
    pub url: Option<String>,
    /// What it may be, best guess first.
    pub candidates: Vec<Candidate>,
}

/// What was found in a paste.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Leaks {
    /// Each secret once, in the order in which they stood.
    pub found: Vec<Leak>,
    /// What the user should know, a sentence each.
    pub notes: Vec<String>,
}

/// A leak with everything that is known of it without asking.
struct Case<'a> {
    name: LeakName,
    leak: &'a Leak,
    /// What the rack has of it, with the secret present.
    credential: Option<Credential>,
    /// Where it may be used, in the order in which to ask.
    hosts: Vec<Host>,
    /// Why nothing can be done; empty otherwise.
    why: String,
}

impl Case<'_> {
    fn kind(&self) -> Kind {
        self.name.kind.unwrap_or(Kind::Unknown)
    }

    fn username(&self) -> Option<&str> {
        self.credential.as_ref().and_then(|c| c.username.as_deref()).or(self.leak.username.as_deref())
    }

    /// The one host whose bulk endpoint takes it.
    fn bulk_host(&self) -> Option<&Host> {
        let [host] = self.hosts.as_slice() else { return None };
        let (kinds, _) = hosts::family(&host.family)?.bulk_revoker()?.batch(host)?;
        kinds.contains(&self.kind()).then_some(host)
    }
}

/// Who signs, and only at the hosts where it belongs.
#[derive(Clone, Copy)]
struct Signing<'a> {
    using: Option<&'a Using>,
    authority: Option<&'a Authority>,
}

impl<'a> Signing<'a> {
    /// Whoever signs at that host.
    fn at(self, core: &Core, host: &Host) -> Option<&'a Authority> {
        self.authority.filter(|_| core.signs_at(self.using, host))
    }
}

impl Core {
    /// Finds the secrets in a text. Asks nobody, keeps nothing.
    ///
    /// # Errors
    /// Usage error where there is none, or more than [`MOST`].
    pub fn leaks(&self, text: &str) -> Result<Leaks> {
        let leaks = find::find(text);
        match leaks.found.len() {
            0 => Err(Error::usage("no token was found in that text")
                .hint("Give the leaked strings on standard input, one a line or inside any text.")),
            n if n > MOST => {
                Err(Error::usage(format!("{n} strings were found; {MOST} are handled at once"))
                    .hint("Give them in parts."))
            }
            _ => Ok(leaks),
        }
    }

    /// What would be done about each. Sends nothing.
    ///
    /// # Errors
    /// Where the rack cannot be read or the signer is not there.
    pub async fn incident_plan(&self, leaks: &[Leak], using: Option<&Using>) -> Result<Vec<LeakPlan>> {
        let cases = self.cases(leaks)?;
        self.check_password(&cases, using)?;
        let authority = self.authority(using).await?;
        let signing = Signing { using, authority: authority.as_ref() };
        cases.iter().map(|case| self.plan_leak(case, signing)).collect()
    }

    /// A password is sent to one host only.
    fn check_password(&self, cases: &[Case<'_>], using: Option<&Using>) -> Result<()> {
        let password = using.filter(|u| matches!(u, Using::Password { .. }));
        self.check_signer(password, cases.iter().flat_map(|c| &c.hosts))
    }

    fn plan_leak(&self, case: &Case<'_>, signing: Signing<'_>) -> Result<LeakPlan> {
        let bulk = case.bulk_host().is_some();
        let plan = match case.hosts.first() {
            None => None,
            Some(host) => Some(self.way_to_end(case, host, signing.at(self, host))?),
        };
        Ok(LeakPlan {
            leak: case.name.clone(),
            hosts: case.hosts.iter().map(|h| h.name.clone()).collect(),
            bulk,
            plan,
            why: case.why.clone(),
        })
    }

    fn way_to_end(&self, case: &Case<'_>, host: &Host, using: Option<&Authority>) -> Result<Way> {
        let family = family(&host.family)?;
        let guided = |why| by_hand::revoking(host, case.kind(), why);
        Ok(match family.revoker().map(|r| r.route(host, case.kind(), case.username(), using)) {
            Some(route) => by_hand::way(route, guided),
            None => guided(format!("{} has no API for it", family.facts().name)),
        })
    }

    /// Everything that is known without asking, in the order of the leaks.
    fn cases<'a>(&self, leaks: &'a [Leak]) -> Result<Vec<Case<'a>>> {
        let rack_hosts = self.rack.hosts()?;
        let mut records: HashMap<String, Credential> = HashMap::new();
        for credential in self.rack.credentials()? {
            // One that is present goes before one that was destroyed.
            let better = credential.secret == SecretState::Present || !records.contains_key(&credential.fingerprint);
            if better {
                records.insert(credential.fingerprint.clone(), credential);
            }
        }
        let mut cases = Vec::with_capacity(leaks.len());
        for (at, leak) in leaks.iter().enumerate() {
            let fingerprint = self.fingerprint(&leak.secret)?;
            let record = records.get(&fingerprint).cloned();
            let certain = leak.candidates.first().filter(|c| c.certain);
            let mut why = String::new();
            let hosts = match (&record, certain) {
                (Some(record), _) => {
                    let first = record.bindings.first().map(|b| b.host);
                    rack_hosts.iter().filter(|h| Some(h.id) == first).cloned().collect()
                }
                (None, Some(candidate)) => {
                    let hosts = hosts_of(candidate, leak, &rack_hosts);
                    if hosts.is_empty() {
                        let name = hosts::family(&candidate.family).map_or("its product", |f| &f.facts().name);
                        why = format!(
                            "it is a token of {name}, and no host of that kind is on the rack: add it with `keyrack host add`, then run this again"
                        );
                    }
                    hosts
                }
                (None, None) => {
                    why = unrecognised(leak);
                    Vec::new()
                }
            };
            let name = LeakName {
                n: at + 1,
                hint: leak.secret.hint(),
                fingerprint,
                family: record.as_ref().map(|r| r.family.clone()).or(certain.map(|c| c.family.clone())),
                kind: record.as_ref().map(|r| r.kind).or(certain.map(|c| c.kind)),
                label: record.as_ref().map(|r| r.label.clone()),
                credential: record.as_ref().map(|r| r.id.clone()),
            };
            cases.push(Case { name, leak, credential: record, hosts, why });
        }
        Ok(cases)
    }
}

/// The hosts of its family: the one it was found beside, else those of the rack, else the family's public one.
fn hosts_of(candidate: &Candidate, leak: &Leak, rack: &[Host]) -> Vec<Host> {
    let own: Vec<&Host> = rack.iter().filter(|h| h.family == candidate.family).collect();
    let place = |url: &str| {
        url::Url::parse(url).ok().and_then(|u| u.host_str().map(|h| (h.to_owned(), u.port_or_known_default())))
    };
    if let Some(beside) = leak.url.as_deref().and_then(place) {
        let named: Vec<Host> =
            own.iter().filter(|h| place(&h.url).as_ref() == Some(&beside)).map(|h| (*h).clone()).collect();
        if !named.is_empty() {
            return named;
        }
    }
    if !own.is_empty() {
        return own.into_iter().cloned().collect();
    }
    let Some(facts) = hosts::family(&candidate.family).map(|f| f.facts()).filter(|f| !f.default_url.is_empty()) else {
        return Vec::new();
    };
    let input = HostInput { url: facts.default_url.clone(), family: Some(facts.id.clone()), ..HostInput::default() };
    propose(&input).map(|p| vec![p.host]).unwrap_or_default()
}

fn unrecognised(leak: &Leak) -> String {
    let names: Vec<&str> =
        leak.candidates.iter().filter_map(|c| hosts::family(&c.family).map(|f| f.facts().name.as_str())).collect();
    if names.is_empty() {
        return "its form is nobody's: it was sent nowhere. If you know its host, put it on the rack with `keyrack add`, \
                then revoke it"
            .to_owned();
    }
    format!(
        "its form is not enough to tell whose it is (it may be of {}): it was sent nowhere. Put it on the rack with `keyrack \
         add --host`, then revoke it",
        names.join(", ")
    )
}

/// The word of the audit log.
fn outcome(end: Option<crate::domain::RevokeEnd>) -> &'static str {
    end.map_or("failed", revoke::outcome)
}
