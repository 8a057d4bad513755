//! Which validations there are to make.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::domain::{Credential, CredentialId, Host, HostId, SecretState, Standing, Verdict};
use crate::error::Result;
use crate::ops::Core;

/// One validation to make.
pub(super) struct Job {
    pub(super) credential: Credential,
    /// Place of its host in the list.
    pub(super) host: usize,
    /// `(host, account)`, where the account is known.
    pub(super) account: Option<(HostId, String)>,
    /// Its last real verdict was good: it does not have to wait at the brake.
    pub(super) trusted: bool,
}

/// The validations to make, a queue per host.
pub(super) fn jobs(core: &Core, ids: Option<&[CredentialId]>) -> Result<(Vec<Host>, Vec<VecDeque<Job>>)> {
    let standings: HashMap<(CredentialId, HostId), Standing> =
        core.rack.standings()?.into_iter().map(|s| ((s.credential.clone(), s.host), s)).collect();
    let hosts = core.rack.hosts()?;
    let place: HashMap<HostId, usize> = hosts.iter().enumerate().map(|(i, h)| (h.id, i)).collect();
    let mut queues: Vec<VecDeque<Job>> = hosts.iter().map(|_| VecDeque::new()).collect();
    let wanted: Option<HashSet<&CredentialId>> = ids.map(|ids| ids.iter().collect());
    for credential in core.rack.credentials()? {
        let named = wanted.as_ref().is_none_or(|w| w.contains(&credential.id));
        if !named || credential.secret == SecretState::Destroyed {
            continue;
        }
        for binding in &credential.bindings {
            let Some(&host) = place.get(&binding.host) else { continue };
            let standing = standings.get(&(credential.id.clone(), binding.host));
            let name = credential.username.clone().or_else(|| standing.and_then(|s| s.login.clone()));
            let real = standing.and_then(|s| s.real).map(|(verdict, _)| verdict);
            queues[host].push_back(Job {
                account: name.map(|n| (binding.host, n)),
                trusted: matches!(real, Some(Verdict::Valid | Verdict::Expiring | Verdict::Limited)),
                credential: credential.clone(),
                host,
            });
        }
    }
    Ok((hosts, queues))
}
