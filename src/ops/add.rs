//! Puts a credential on the rack: resolved offline, validated at its hosts, then kept, journalled so that a kill at any
//! step leaves neither a secret without a record nor a record without its secret.

use serde_json::json;

use super::Core;
use super::edit::check_look_at;
use super::entry::Open;
use super::exchange::{Known, family};
use super::hosts::{HostInput, propose, understand};
use super::name::check_name;
use super::permissions::judge::{Jobs, Place};
use crate::domain::{
    Binding, Candidate, Credential, CredentialId, Draft, Expiry, FamilyId, Host, HostChoice, HostId, Identified, Kind,
    SecretState, Validation,
};
use crate::error::{Error, Result};
use crate::hosts;
use crate::hosts::facts::Facts;
use crate::hosts::recognise::recognise;
use crate::store::choice::ChosenBy;

/// A draft whose hosts, family and kind are settled; nothing is kept yet.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The draft.
    pub draft: Draft,
    /// Family of its hosts.
    pub family: FamilyId,
    /// Kind, chosen or recognised.
    pub kind: Kind,
    /// The hosts, with their roles; those with id 0 are new.
    pub hosts: Vec<(Host, Option<String>)>,
    /// What the user should know, a sentence each.
    pub notes: Vec<String>,
}

impl Core {
    /// Settles hosts, family and kind of a draft, asking nobody.
    ///
    /// # Errors
    /// Usage error where the label is taken or unusable, the secret is on the rack already, no host is given, the hosts
    /// are of different families, or the kind is not one of the family's.
    pub fn resolve(&self, draft: Draft) -> Result<Resolved> {
        self.check_draft(&draft)?;
        let mut notes = Vec::new();
        if let Some(ended) = draft.expires.filter(|at| *at <= self.clock.now()) {
            notes.push(format!("the expiry you gave, {}, has passed", super::exchange::date(ended)));
        }
        let candidates = self.candidates(&draft);
        let hosts = self.hosts_of_draft(&draft, &candidates, &mut notes)?;
        let Some(family_id) = hosts.first().map(|(h, _)| h.family.clone()) else {
            return Err(Error::usage("it is not known at which host this is used")
                .hint("Say it with --host NAME or --host URL."));
        };
        if let Some((other, _)) = hosts.iter().find(|(h, _)| h.family != family_id) {
            return Err(Error::usage(format!(
                "one credential cannot be used at hosts of different families: {} is {}, {} is {family_id}",
                other.name, other.family, hosts[0].0.name
            )));
        }
        self.check_profiles(&draft.profiles, &family_id)?;
        let facts = family(&family_id)?.facts();
        let kind = kind_of(&draft, facts, &candidates, &mut notes)?;
        check_parts(&draft, facts, kind)?;
        Ok(Resolved { draft, family: family_id, kind, hosts, notes })
    }

    /// Refuses a draft that cannot be kept at whatever host.
    fn check_draft(&self, draft: &Draft) -> Result<()> {
        check_name("label", &draft.label)?;
        if let Some(existing) = self.rack.credential_alike(&draft.label)? {
            let gone =
                if existing.secret == SecretState::Destroyed { " (revoked; its secret is destroyed)" } else { "" };
            return Err(Error::usage(format!("the label `{}` is taken{gone}", existing.label)).hint(format!(
                "Choose another label, or take that one off the rack first: keyrack forget {}",
                existing.label
            )));
        }
        if let Some(label) = self.rack.label_of_fingerprint(&self.fingerprint(&draft.secret)?)? {
            return Err(Error::usage(format!("this very secret is on the rack already, as `{label}`"))
                .hint(format!("See it: keyrack show {label}. To use it at another host, edit its bindings.")));
        }
        for tag in &draft.tags {
            check_name("tag", tag)?;
        }
        if let Some(username) = &draft.username {
            check_name("user name", username)?;
        }
        check_look_at(&draft.look_at)
    }

    fn hosts_of_draft(
        &self,
        draft: &Draft,
        candidates: &[Candidate],
        notes: &mut Vec<String>,
    ) -> Result<Vec<(Host, Option<String>)>> {
        let mut hosts = Vec::with_capacity(draft.hosts.len());
        for choice in &draft.hosts {
            match choice {
                HostChoice::Known { host, role } => hosts.push((self.host(*host)?, role.clone())),
                HostChoice::New { url, family, role } => {
                    let (host, mut said) = self.host_for(url, family.as_ref(), candidates)?;
                    notes.append(&mut said);
                    hosts.push((host, role.clone()));
                }
            }
        }
        Ok(hosts)
    }

    fn candidates(&self, draft: &Draft) -> Vec<Candidate> {
        let mut candidates = draft.username.as_deref().map(recognise).unwrap_or_default();
        candidates.retain(|c| c.certain);
        candidates.extend(recognise(draft.secret.token.reveal()));
        candidates
    }

    /// A known host of that URL or name, else a new record for it.
    fn host_for(&self, url: &str, wanted: Option<&FamilyId>, candidates: &[Candidate]) -> Result<(Host, Vec<String>)> {
        if let Some(host) = self.rack.host_by_name(url)? {
            return Ok((host, Vec::new()));
        }
        if !url.contains("://") && !url.contains('.') && !url.contains(':') {
            return Err(self
                .host_by_name(url)
                .err()
                .unwrap_or_else(|| Error::internal("a host appeared meanwhile; try again")));
        }
        let guess = candidates.iter().find(|c| c.certain).or(candidates.first()).map(|c| c.family.clone());
        let family =
            wanted.cloned().or_else(|| understand(url, None).ok().map(|(f, _)| f.facts().id.clone())).or(guess);
        let proposed = propose(&HostInput { url: url.to_owned(), family, ..HostInput::default() })?;
        if let Some(known) =
            self.rack.hosts()?.into_iter().find(|h| h.url == proposed.host.url && h.family == proposed.host.family)
        {
            return Ok((known, proposed.notes));
        }
        let mut host = proposed.host;
        if let Some(taken) = self.rack.host_by_name(&host.name)? {
            return Err(Error::usage(format!("the name `{}` belongs to another host ({})", taken.name, taken.url))
                .hint(format!(
                    "Put this one on the rack under a name of its own first: keyrack host add NAME {}",
                    host.url
                )));
        }
        host.id = HostId::default();
        Ok((host, proposed.notes))
    }

    /// Where a paste may be used: the host it names, hosts of its family on the rack, the family's public host.
    ///
    /// # Errors
    /// Where the rack cannot be read.
    pub fn suggest_hosts(&self, identified: &Identified) -> Result<Vec<HostChoice>> {
        let mut choices = Vec::new();
        let families: Vec<&FamilyId> = identified.candidates.iter().map(|c| &c.family).collect();
        if let Some(url) = &identified.url {
            choices.push(HostChoice::New {
                url: url.clone(),
                family: families.first().map(|f| (*f).clone()),
                role: None,
            });
        }
        let known = self.rack.hosts()?;
        for host in &known {
            if families.contains(&&host.family) {
                choices.push(HostChoice::Known { host: host.id, role: None });
            }
        }
        for candidate in &identified.candidates {
            let Some(facts) = hosts::family(&candidate.family).map(|f| f.facts()) else { continue };
            if !facts.default_url.is_empty() && !known.iter().any(|h| h.url == facts.default_url) {
                choices.push(HostChoice::New {
                    url: facts.default_url.clone(),
                    family: Some(facts.id.clone()),
                    role: None,
                });
            }
        }
        Ok(choices)
    }

    /// Validates a resolved draft at each of its hosts, in their order.
    pub async fn try_out(&self, resolved: &Resolved) -> Vec<Validation> {
        let mut results = Vec::with_capacity(resolved.hosts.len());
        let draft = &resolved.draft;
        let bindings = bindings_of(resolved);
        // They were seen to be sound when the draft was resolved.
        let profiles = if draft.profiles.is_empty() { None } else { self.profiles().ok() }.unwrap_or_default();
        for (host, _) in &resolved.hosts {
            let known = Known {
                kind: resolved.kind,
                username: resolved.draft.username.as_deref(),
                expiry: resolved.draft.expires.map_or(Expiry::Unknown, Expiry::At),
                expiry_by_user: resolved.draft.expires.is_some(),
            };
            let mut validation = self.validate(host, known, &draft.secret).await;
            let place = Place { host, bindings: &bindings, look_at: Some(&draft.look_at) };
            let jobs = Jobs { label: &draft.label, ids: &draft.profiles, all: &profiles };
            self.hold_against(place, known, &draft.secret, jobs, &mut validation).await;
            results.push(validation);
        }
        results
    }

    /// Keeps a resolved draft with what validating it found (empty where it was not validated).
    ///
    /// # Errors
    /// Where store or rack cannot be written, or label or secret were taken meanwhile; nothing is left behind then.
    pub async fn keep(&self, resolved: &Resolved, found: &[Validation]) -> Result<Credential> {
        let mut credential = self.record_of(resolved, found).await?;
        let mut new_hosts = Vec::new();
        let kept = match self.bind(resolved, &mut credential, &mut new_hosts) {
            Ok(()) => self.keep_journalled(&credential, &resolved.draft, found).await,
            Err(error) => Err(error),
        };
        match &kept {
            Ok(()) => {
                for (_, name) in &new_hosts {
                    self.audit("host-add", "", name, "done", "with its first credential");
                }
                let names: Vec<_> = resolved.hosts.iter().map(|(h, _)| h.name.as_str()).collect();
                self.audit("add", &credential.label, &names.join(", "), "done", credential.kind.slug());
            }
            Err(error) => {
                for (id, _) in &new_hosts {
                    // A host record alone does no harm; the first error is the one to tell.
                    let _ = self.rack.remove_host(*id);
                }
                self.audit("add", &credential.label, "", "failed", error.message.clone());
            }
        }
        kept.map(|()| credential)
    }

    /// Puts the new hosts on the rack and binds the credential to them. `added` has those that came on the rack, also
    /// where it fails.
    fn bind(&self, resolved: &Resolved, credential: &mut Credential, added: &mut Vec<(HostId, String)>) -> Result<()> {
        for ((host, _), binding) in resolved.hosts.iter().zip(&mut credential.bindings) {
            if host.id != HostId::default() {
                continue;
            }
            binding.host = match self.rack.add_host(host) {
                Ok(id) => {
                    added.push((id, host.name.clone()));
                    id
                }
                // Another keyrack may have added the same host since this draft was resolved.
                Err(error) => match self.rack.host_by_name(&host.name)? {
                    Some(same) if same.url == host.url && same.family == host.family => same.id,
                    _ => return Err(error.into()),
                },
            };
        }
        Ok(())
    }

    async fn keep_journalled(&self, credential: &Credential, draft: &Draft, found: &[Validation]) -> Result<()> {
        // Unlocking may ask the user and fail: before the journal is opened, so that a refusal leaves no trace.
        self.vault.unlock_if_needed().await?;
        self.settle_others().await;
        let detail = json!({ "label": credential.label, "store": credential.store });
        let entry = self.begin("add", &credential.id, &detail)?;
        if let Err(error) = self.put_and_insert(credential, draft, &entry).await {
            // The record is written last, whole or not at all: it alone decides what happened. Where it cannot be seen, and
            // where the store does not take back what it kept, that is left to `recover`.
            match self.rack.credential(&credential.id) {
                Ok(Some(_)) => {}
                Ok(None) if self.vault.delete(&credential.id).await.is_ok() => {
                    entry.close();
                    return Err(error);
                }
                Ok(None) | Err(_) => return Err(error),
            }
        }
        // It is on the rack. Neither an entry that cannot be closed (it is found to be complete later) nor a verdict
        // that cannot be kept (the next check finds it again) may make that look like a failure.
        entry.close();
        let results: Vec<_> =
            credential.bindings.iter().zip(found).map(|(b, v)| (credential.id.clone(), b.host, v.clone())).collect();
        let _ = self.rack.record_many(&results);
        Ok(())
    }

    async fn put_and_insert(&self, credential: &Credential, draft: &Draft, entry: &Open<'_>) -> Result<()> {
        self.vault.put(&credential.id, &draft.secret).await?;
        entry.step("stored", &json!({}))?;
        self.remember_store()?;
        Ok(self.rack.insert_credential(credential)?)
    }

    /// From its first secret on, a rack stays with the store that a probe found: a keyring that appears or disappears
    /// later must not split the secrets over two stores.
    pub(crate) fn remember_store(&self) -> Result<()> {
        let chosen = self.vault.chosen();
        if chosen.by == ChosenBy::Probe {
            self.rack.remember_store(chosen.kind)?;
        }
        Ok(())
    }

    async fn record_of(&self, resolved: &Resolved, found: &[Validation]) -> Result<Credential> {
        let draft = &resolved.draft;
        let told = found.iter().map(|v| v.expiry).find(|e| *e != Expiry::Unknown);
        let by_user = draft.expires.map(Expiry::At);
        let mut tags = draft.tags.clone();
        tags.sort();
        tags.dedup();
        Ok(Credential {
            id: CredentialId(uuid::Uuid::new_v4().to_string()),
            label: draft.label.clone(),
            family: resolved.family.clone(),
            kind: found.iter().find_map(|v| v.kind).unwrap_or(resolved.kind),
            username: draft.username.clone(),
            owner: draft.owner,
            expiry: told.or(by_user).unwrap_or_default(),
            expiry_by_user: told.is_none() && by_user.is_some(),
            added_at: self.clock.now(),
            tags,
            note: draft.note.clone(),
            profiles: draft.profiles.clone(),
            bindings: bindings_of(resolved),
            store: self.vault.kind().await?,
            secret: SecretState::Present,
            hint: draft.secret.hint(),
            fingerprint: self.fingerprint(&draft.secret)?,
        })
    }
}

/// The kind that was chosen, else the one that is recognised, else the family's first.
fn kind_of(draft: &Draft, facts: &Facts, candidates: &[Candidate], notes: &mut Vec<String>) -> Result<Kind> {
    match draft.kind {
        Some(kind) if facts.kind(kind).is_some() => return Ok(kind),
        Some(kind) => {
            let known: Vec<_> = facts.kinds.iter().map(|k| k.kind.slug()).collect();
            return Err(Error::usage(format!("{} has no credential of kind `{kind}`", facts.name))
                .hint(format!("Kinds there: {}.", known.join(", "))));
        }
        None => {}
    }
    if let Some(candidate) = candidates.iter().find(|c| c.family == facts.id) {
        return Ok(candidate.kind);
    }
    let kind = facts.kinds.first().map_or(Kind::Unknown, |k| k.kind);
    notes.push(match candidates.iter().find(|c| c.certain) {
        Some(other) => format!(
            "this looks like a token of {}, not of {}: the host will tell",
            hosts::family(&other.family).map_or(other.family.as_str(), |f| f.facts().name.as_str()),
            facts.name
        ),
        None => format!("the form of this token is not known; taken for a {kind} of {}", facts.name),
    });
    Ok(kind)
}

/// Refuses a kind of two parts of which one is there, and one of one part of which two are.
fn check_parts(draft: &Draft, facts: &Facts, kind: Kind) -> Result<()> {
    let of = facts.kind(kind);
    let has_second = of.is_some_and(|k| k.second.is_some());
    if let Some(asked) = of.and_then(|k| k.username.as_deref())
        && draft.username.is_none()
        && has_second
    {
        return Err(Error::usage(format!("a {kind} needs its {asked}"))
            .hint("Give it with --username, or paste both together."));
    }
    if draft.secret.session.is_some() && !has_second {
        return Err(Error::usage(format!("two lines were given, and a {kind} of {} is one", facts.name))
            .hint("If the token was broken in two, paste it as one line; another token is added on its own."));
    }
    Ok(())
}

/// The bindings that a draft makes.
fn bindings_of(resolved: &Resolved) -> Vec<Binding> {
    let look_at = &resolved.draft.look_at;
    let bind = |(host, role): &(Host, Option<String>)| Binding {
        look_at: look_at.clone(),
        ..Binding::new(host.id, role.clone())
    };
    resolved.hosts.iter().map(bind).collect()
}
