//! What a credential may do, against what its jobs need: have, missing, cannot tell, more than needed, and how to mend it.
//!
//! `held` knows what a host said and what follows from it, `measure` holds that against a profile, `fix` says how to get
//! what is missing, `tree` lays grants out for a reader, `judge` turns a missed profile into a verdict.

pub(crate) mod fix;
pub(crate) mod held;
pub(crate) mod judge;
pub(crate) mod measure;
pub(crate) mod tree;

use std::collections::BTreeMap;

use super::Core;
use super::check::{Secrets, secret_of};
use super::exchange::{Known, family};
use super::prove::known;
use crate::domain::{
    Binding, Credential, Host, LookAt, Permissions, PlacePermissions, Profile, Profiles, SecretState, Validation,
};
use crate::error::{Error, Result};
use crate::secret::Secret;
use fix::Ground;
use held::Held;

/// What to measure a credential against.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// Profiles by id; none means those it is there for, and where it has none, all that concern it.
    pub profiles: Vec<String>,
    /// Where to look, instead of what its bindings say; what is none here stays as they say.
    pub look_at: LookAt,
}

impl Core {
    /// The shipped profiles and the user's own.
    ///
    /// # Errors
    /// Usage error naming file and line where one of the user's cannot be understood.
    pub fn profiles(&self) -> Result<Profiles> {
        crate::config::profiles::load(&self.settings.config_dir)
    }

    /// Profiles by id, each of which must concern the family.
    ///
    /// # Errors
    /// Usage error that names those there are.
    pub fn check_profiles(&self, ids: &[String], of: &crate::domain::FamilyId) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let all = self.profiles()?;
        for id in ids {
            if !all.concerning(of, None).any(|p| p.id == *id) {
                let fitting: Vec<_> = all.concerning(of, None).map(|p| p.id.as_str()).collect();
                let message = match all.get(id) {
                    None => format!("there is no profile `{id}`"),
                    Some(_) => format!("the profile `{id}` says nothing of {of}"),
                };
                let hint = if fitting.is_empty() {
                    format!(
                        "No profile concerns {of}; one of your own goes into profiles/NAME.toml beside the settings."
                    )
                } else {
                    format!("Profiles for {of}: {}.", fitting.join(", "))
                };
                return Err(Error::usage(message).hint(hint));
            }
        }
        Ok(())
    }

    /// Asks every host of a credential what it may do there and measures that against profiles.
    ///
    /// # Errors
    /// Usage error for a profile that does not exist or concern it, or a destroyed secret; where the secret store or the
    /// rack cannot be read. What a host says is no error.
    pub async fn permissions(&self, credential: &Credential, ask: &Ask) -> Result<Permissions> {
        self.check_profiles(&ask.profiles, &credential.family)?;
        if credential.secret == SecretState::Destroyed {
            return Err(Error::usage(format!(
                "the secret of `{}` is destroyed: no host can be asked",
                credential.label
            ))
            .hint("`keyrack show` has what was found of it before."));
        }
        let all = self.profiles()?;
        let chosen = choose(&all, credential, &ask.profiles);
        self.vault.unlock_if_needed().await?;
        let secret = secret_of(self, credential).await?;
        let mut places = Vec::with_capacity(credential.bindings.len());
        let mut results = Vec::new();
        for binding in &credential.bindings {
            let host = self.host(binding.host)?;
            let look_at = ask.look_at.or(&binding.look_at);
            let (validation, held) = match &secret {
                Secrets::Found(secret) => self.examine(&host, credential, secret, &chosen, &look_at).await,
                Secrets::NotRead(why) => ((**why).clone(), Held::nothing()),
            };
            let mut kept = validation.clone();
            let kind = kept.kind.unwrap_or(credential.kind);
            let at = judge::Place { host: &host, bindings: &credential.bindings, look_at: None };
            judge::judge(&mut kept, &held, judge::Jobs::of(credential, &all), kind, at);
            results.push((credential.id.clone(), host.id, kept));
            places.push(self.place(credential, binding, &host, look_at, validation, &held, &chosen)?);
        }
        // What was found is worth keeping, as any check; that it cannot be kept takes nothing from the answer.
        let _ = self.rack.record_many(&results);
        let roles = chosen
            .iter()
            .map(|p| (p.id.clone(), judge::role_gaps(p, &credential.bindings)))
            .filter(|(_, gaps)| !gaps.is_empty())
            .collect::<BTreeMap<_, _>>();
        let advice = measure::advice(credential, &all, &places);
        Ok(Permissions {
            label: credential.label.clone(),
            family: credential.family.clone(),
            kind: credential.kind,
            places,
            roles,
            advice,
        })
    }

    /// Validates at a host and finds out what the profiles need besides.
    async fn examine(
        &self,
        host: &Host,
        credential: &Credential,
        secret: &Secret,
        profiles: &[&Profile],
        look_at: &LookAt,
    ) -> (Validation, Held) {
        let known = known(credential);
        let mut validation = self.validate(host, known, secret).await;
        let held = self.find_out(host, known, secret, profiles, look_at, &mut validation).await;
        (validation, held)
    }

    #[allow(clippy::too_many_arguments, reason = "everything that was found at one place, put together once")]
    fn place(
        &self,
        credential: &Credential,
        binding: &Binding,
        host: &Host,
        look_at: LookAt,
        validation: Validation,
        held: &Held,
        chosen: &[&Profile],
    ) -> Result<PlacePermissions> {
        let facts = family(&host.family)?.facts();
        let kind = validation.kind.unwrap_or(credential.kind);
        let ground = Ground { host, kind, label: &credential.label, now: self.clock.now() };
        let profiles = chosen
            .iter()
            .map(|p| measure::measure(p, held, &ground, &look_at, credential.profiles.contains(&p.id)))
            .collect::<Result<Vec<_>>>()?;
        Ok(PlacePermissions {
            host: host.id,
            host_name: host.name.clone(),
            role: binding.role.clone(),
            look_at,
            verdict: validation.verdict,
            reason: validation.reason,
            checked_at: validation.checked_at,
            grants: tree::grants(facts, held),
            all_told: held.all_told,
            denied: held.denied.iter().cloned().collect(),
            limited_to: validation.limited_to,
            profiles,
            tables: tree::tables(facts, held),
            findings: validation.findings,
            evidence: validation.evidence,
        })
    }

    /// Takes in what the profiles need and validating did not tell: asks the family, where it can find out. What it finds
    /// goes into the validation too.
    pub(crate) async fn find_out(
        &self,
        host: &Host,
        known: Known<'_>,
        secret: &Secret,
        profiles: &[&Profile],
        look_at: &LookAt,
        validation: &mut Validation,
    ) -> Held {
        let Ok(channel) = self.channel(host) else { return Held::nothing() };
        let facts = channel.family.facts();
        let mut held = Held::of(facts, validation);
        let kind = validation.kind.unwrap_or(known.kind);
        let mut wanted: Vec<String> = Vec::new();
        for need in profiles.iter().filter_map(|p| p.entry(&host.family, kind)).flat_map(|e| &e.needs) {
            if held.is_open(need) {
                wanted.extend(need.any.iter().filter(|n| !held.denied.contains(*n)).cloned());
            }
        }
        wanted.sort();
        wanted.dedup();
        if let (Some(prober), false, true) = (channel.family.prober(), wanted.is_empty(), held.speaks) {
            let known = Known { kind, ..known };
            let probed = self.probe(&channel, prober, host, known, secret, look_at, &wanted).await;
            validation.findings.extend(
                probed.findings.iter().filter(|f| !validation.findings.contains(f)).cloned().collect::<Vec<_>>(),
            );
            validation.evidence.extend(probed.evidence.iter().cloned());
            validation.grants.extend(
                probed
                    .grants
                    .iter()
                    .filter(|g| !validation.grants.iter().any(|h| h.name == g.name))
                    .cloned()
                    .collect::<Vec<_>>(),
            );
            validation
                .denied
                .extend(probed.denied.iter().filter(|d| !validation.denied.contains(d)).cloned().collect::<Vec<_>>());
            held.take(facts, probed);
        }
        held
    }
}

/// The profiles to measure against: those asked for, else its own, else all that concern it.
fn choose<'a>(all: &'a Profiles, credential: &Credential, asked: &[String]) -> Vec<&'a Profile> {
    let by_id = |ids: &[String]| ids.iter().filter_map(|id| all.get(id)).collect::<Vec<_>>();
    if !asked.is_empty() {
        return by_id(asked);
    }
    let own = by_id(&credential.profiles);
    if own.is_empty() { all.concerning(&credential.family, Some(credential.kind)).collect() } else { own }
}
