//! Changes what a record says, and takes records off the rack.

use jiff::Timestamp;
use serde_json::json;

use super::Core;
use super::entry::{Begun, Open};
use super::name::check_name;
use crate::domain::{Binding, Credential, CredentialId, Expiry, LookAt, Owner, SecretState};
use crate::error::{Error, ErrorKind, Result};

/// What to change; `None` leaves as is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// New label.
    pub label: Option<String>,
    /// The tags to have from now on.
    pub tags: Option<Vec<String>>,
    /// New note.
    pub note: Option<String>,
    /// New expiry; `Some(None)` forgets the one noted.
    pub expires: Option<Option<Timestamp>>,
    /// New user name; `Some(None)` removes it.
    pub username: Option<Option<String>>,
    /// New owner.
    pub owner: Option<Option<Owner>>,
    /// The profiles to have from now on.
    pub profiles: Option<Vec<String>>,
    /// The bindings to have from now on.
    pub bindings: Option<Vec<Binding>>,
    /// What profiles look at from now on, at every binding; what it does not name stays, an empty text forgets it.
    pub look_at: LookAt,
}

impl Changes {
    /// Makes them to a record.
    ///
    /// # Errors
    /// Usage error where the host tells the expiry itself.
    fn apply(self, record: &mut Credential) -> Result<()> {
        if let Some(expires) = self.expires {
            if !record.expiry_by_user && record.expiry != Expiry::Unknown {
                let message = format!("the expiry of `{}` is told by its host and cannot be edited", record.label);
                return Err(Error::usage(message).hint("It is read again at every check."));
            }
            record.expiry = expires.map_or(Expiry::Unknown, Expiry::At);
            record.expiry_by_user = expires.is_some();
        }
        if let Some(label) = self.label {
            record.label = label;
        }
        if let Some(mut tags) = self.tags {
            tags.sort();
            tags.dedup();
            record.tags = tags;
        }
        if let Some(note) = self.note {
            record.note = note;
        }
        if let Some(username) = self.username {
            record.username = username.filter(|u| !u.is_empty());
        }
        if let Some(owner) = self.owner {
            record.owner = owner;
        }
        if let Some(mut bindings) = self.bindings {
            // Where it is used is typed anew; what is looked at there is not, and stays.
            for binding in bindings.iter_mut().filter(|b| b.look_at.is_empty()) {
                if let Some(known) = record.bindings.iter().find(|b| b.host == binding.host) {
                    binding.look_at = known.look_at.clone();
                }
            }
            record.bindings = bindings;
        }
        if let Some(profiles) = self.profiles {
            record.profiles.clear();
            for profile in profiles {
                if !record.profiles.contains(&profile) {
                    record.profiles.push(profile);
                }
            }
        }
        for binding in &mut record.bindings {
            let mut look_at = self.look_at.or(&binding.look_at);
            for place in [&mut look_at.project, &mut look_at.issue, &mut look_at.repository] {
                place.take_if(|p| p.is_empty());
            }
            binding.look_at = look_at;
        }
        Ok(())
    }
}

impl Core {
    /// Changes a record.
    ///
    /// # Errors
    /// Usage error where the label is taken or a value cannot be used, or where the host tells the expiry itself.
    pub fn edit(&self, id: &CredentialId, changes: Changes) -> Result<Credential> {
        let Some(before) = self.rack.credential(id)? else {
            return Err(Error::usage("that credential is no longer on the rack"));
        };
        self.check_changes(&before, &changes)?;
        // As the record is by then: another keyrack may rotate or check it at this moment.
        let (before, after) = self.rack.edit_credential(id, |record| changes.apply(record))?;
        let changed = changed_fields(&before, &after);
        if !changed.is_empty() {
            self.audit("edit", &after.label, "", "done", changed);
        }
        Ok(after)
    }

    /// Refuses values that cannot be used, whatever the record says by the time it is changed.
    fn check_changes(&self, before: &Credential, changes: &Changes) -> Result<()> {
        if let Some(label) = &changes.label {
            check_name("label", label)?;
        }
        for tag in changes.tags.iter().flatten() {
            check_name("tag", tag)?;
        }
        if let Some(username) = changes.username.iter().flatten().find(|u| !u.is_empty()) {
            check_name("user name", username)?;
        }
        if let Some(bindings) = &changes.bindings {
            self.check_bindings(before, bindings)?;
        }
        if let Some(profiles) = &changes.profiles {
            // One that is there already may name a profile that is gone: it must not stand in the way of an edit.
            let new: Vec<String> = profiles.iter().filter(|p| !before.profiles.contains(p)).cloned().collect();
            self.check_profiles(&new, &before.family)?;
        }
        check_look_at(&changes.look_at)
    }

    fn check_bindings(&self, credential: &Credential, bindings: &[Binding]) -> Result<()> {
        if bindings.is_empty() {
            return Err(Error::usage(format!("`{}` must be used at one host at least", credential.label)));
        }
        for binding in bindings {
            let host = self.host(binding.host)?;
            if host.family != credential.family {
                return Err(Error::usage(format!(
                    "`{}` is a credential of {}; {} is a host of {}",
                    credential.label, credential.family, host.name, host.family
                )));
            }
        }
        Ok(())
    }

    /// Takes a credential off the rack and destroys its secret here. Nothing is sent to its host: the token stays alive
    /// there.
    ///
    /// # Errors
    /// Where rack or store cannot be written; the journal finishes it later.
    pub async fn forget(&self, id: &CredentialId) -> Result<Credential> {
        let Some(credential) = self.rack.credential(id)? else {
            return Err(Error::usage("that credential is no longer on the rack"));
        };
        if credential.secret == SecretState::Present {
            self.vault.unlock_if_needed().await?;
            self.refuse_other_store(&credential).await?;
            // What was left of an act on it is put on the rack first: it would go with it, and may be alive at its host.
            self.settle_others().await;
        }
        let detail = json!({ "label": credential.label, "store": credential.store });
        let (entry, now) = match self.begin_on("forget", &credential, &detail)? {
            Begun::Mine(entry, now) => (entry, now),
            Begun::Overtaken(why) => return Err(Error::new(ErrorKind::Refused, why)),
        };
        if let Err(error) = self.forget_steps(&now, &entry).await {
            // The user has decided: whoever settles the journal next goes through with it.
            return Err(error.hint("What was begun is finished by `keyrack doctor --fix`."));
        }
        entry.close();
        self.audit("forget", &credential.label, "", "done", "its host was not told");
        Ok(credential)
    }

    async fn forget_steps(&self, credential: &Credential, entry: &Open<'_>) -> Result<()> {
        entry.step("forget", &json!({}))?;
        if credential.secret == SecretState::Present {
            self.rack.set_secret_state(&credential.id, SecretState::Destroyed)?;
            self.vault.delete(&credential.id).await?;
        }
        Ok(self.rack.remove_credential(&credential.id)?)
    }

    /// Destroying in the wrong store would leave the secret in the right one, with nothing that knows of it.
    async fn refuse_other_store(&self, credential: &Credential) -> Result<()> {
        let kind = self.vault.kind().await?;
        if credential.store == kind || self.vault.find(&credential.id).await?.is_some() {
            return Ok(());
        }
        Err(Error::usage(format!(
            "the secret of `{}` is in the {} store, and this run uses the {kind} store",
            credential.label, credential.store
        ))
        .hint(format!("keyrack --store {} forget {}", credential.store, credential.label)))
    }
}

/// What is looked at is sent to hosts and shown: one line of plain text each.
pub(crate) fn check_look_at(look_at: &LookAt) -> Result<()> {
    for (what, place) in [("project", &look_at.project), ("issue", &look_at.issue), ("repository", &look_at.repository)]
    {
        if let Some(place) = place.as_ref().filter(|p| !p.is_empty()) {
            check_name(what, place)?;
        }
    }
    Ok(())
}

fn changed_fields(before: &Credential, after: &Credential) -> String {
    let mut fields = Vec::new();
    if before.label != after.label {
        fields.push(format!("label (was {})", before.label));
    }
    for (name, changed) in [
        ("tags", before.tags != after.tags),
        ("note", before.note != after.note),
        ("expiry", before.expiry != after.expiry),
        ("username", before.username != after.username),
        ("owner", before.owner != after.owner),
        ("profiles", before.profiles != after.profiles),
        ("bindings", before.bindings != after.bindings),
    ] {
        if changed {
            fields.push(name.to_owned());
        }
    }
    fields.join(", ")
}
