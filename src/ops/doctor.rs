//! keyrack's own health: is the store usable, do rack and store agree, did a crash leave something open.

mod machine;
mod modes;
mod settings;

use std::collections::{BTreeMap, BTreeSet};

use super::Core;
use crate::domain::{Credential, CredentialId, MEND, ORPHANS, SecretState, StoreKind};
use crate::error::Result;
use crate::store::choice::Passphrase;

pub use crate::domain::{Complaint, Health};
pub use machine::{Machine, machine};
pub use modes::modes;
pub use settings::settings;

impl Core {
    /// Looks at everything; with `mend`, settles the journal and removes orphaned secrets.
    ///
    /// # Errors
    /// Where the rack itself cannot be read; a store that cannot be opened is a complaint, not an error.
    pub async fn doctor(&self, mend: bool) -> Result<Vec<Complaint>> {
        let mut all = Vec::new();
        let credentials = self.rack.credentials()?;
        let hosts = self.rack.hosts()?;
        self.rack.check()?;
        all.push(good(
            "rack",
            format!(
                "{}: {}, {}",
                self.rack.path().display(),
                count(credentials.len(), "credential"),
                count(hosts.len(), "host")
            ),
        ));
        let chosen = self.vault.chosen();
        if credentials.is_empty() && self.vault.needs() == Passphrase::Create {
            let text =
                format!("{} store: not made yet; its passphrase is asked for when a secret is kept", chosen.kind);
            all.push(good("store", text));
            self.look_at_journal(mend, &mut all).await?;
            return Ok(all);
        }
        if let Err(error) = self.vault.unlock_if_needed().await {
            all.push(Complaint {
                health: Health::Bad,
                about: "store".into(),
                text: format!("{} store: {error}", chosen.kind),
                fix: error.hints.join(" "),
            });
            return Ok(all);
        }
        all.push(good("store", format!("{} store opens ({})", chosen.kind, chosen.reason)));
        self.look_at_journal(mend, &mut all).await?;

        let secrets: BTreeSet<CredentialId> = self.vault.list().await?.into_iter().collect();
        let busy: BTreeSet<CredentialId> =
            self.rack.open_entries()?.iter().flat_map(super::recover::secrets_of).collect();
        // The records are read after the secrets: a credential added meanwhile is then never called an orphan.
        let records = self.rack.credentials()?;
        self.look_at_orphans(orphans(&secrets, &records, &busy, chosen.kind), chosen.kind, mend, &mut all).await?;
        self.look_at_records(&records, &secrets, chosen.kind, &mut all).await?;
        Ok(all)
    }

    async fn look_at_orphans(
        &self,
        orphans: Orphans<'_>,
        store: StoreKind,
        mend: bool,
        all: &mut Vec<Complaint>,
    ) -> Result<()> {
        for id in orphans.ours.iter().filter(|_| mend) {
            self.vault.delete(id).await?;
            self.audit("doctor", "", "", "done", format!("removed the orphaned secret {id}"));
        }
        all.push(match (orphans.ours.len(), mend) {
            (0, _) => good("orphans", "every secret in the store has its record".into()),
            (n, true) => good("orphans", format!("removed {} without a record", count(n, "secret"))),
            (n, false) => Complaint {
                health: Health::Bad,
                about: ORPHANS.into(),
                text: format!("{} without a record on the rack", count(n, "secret")),
                fix: format!("{MEND} removes them"),
            },
        });
        if !orphans.strangers.is_empty() {
            all.push(Complaint {
                health: Health::Warning,
                about: "orphans".into(),
                text: format!(
                    "{} of keyrack in the {store} store without a record on this rack: another rack of yours (--data-dir) or \
                     another machine may need what is there, so it is never removed from here",
                    count(orphans.strangers.len(), "secret"),
                ),
                fix: "If there is no other rack, remove them in the store itself: they are named `keyrack`.".into(),
            });
        }
        Ok(())
    }

    async fn look_at_records(
        &self,
        records: &[Credential],
        secrets: &BTreeSet<CredentialId>,
        store: StoreKind,
        all: &mut Vec<Complaint>,
    ) -> Result<()> {
        let before = all.len();
        for credential in records.iter().filter(|c| c.secret == SecretState::Present && !secrets.contains(&c.id)) {
            // It may have been added since the store was looked through.
            if self.vault.find(&credential.id).await?.is_some() {
                continue;
            }
            let Credential { label, store: recorded, .. } = credential;
            all.push(Complaint {
                health: Health::Bad,
                about: "records".into(),
                text: format!("the secret of `{label}` is not in the {store} store (recorded in: {recorded})"),
                fix: format!(
                    "If it is in the other store: keyrack --store {recorded} doctor. If it is lost: keyrack forget {label}, then \
                     add it again."
                ),
            });
        }
        if all.len() == before {
            all.push(good("records", "every record has its secret".into()));
        }
        Ok(())
    }

    async fn look_at_journal(&self, mend: bool, all: &mut Vec<Complaint>) -> Result<()> {
        let open = self.rack.open_entries()?;
        let (alive, dead): (Vec<_>, Vec<_>) = open.iter().partition(|e| e.owner_alive);
        for entry in alive {
            let label = entry.detail.get("label").and_then(serde_json::Value::as_str).unwrap_or("");
            all.push(Complaint {
                health: Health::Warning,
                about: "journal".into(),
                text: format!("{} of `{label}` is under way in another keyrack", entry.op),
                fix: String::new(),
            });
        }
        if dead.is_empty() {
            all.push(good("journal", "nothing was left unfinished".into()));
        } else if mend {
            for settled in self.recover().await? {
                all.push(Complaint {
                    health: if settled.done { Health::Good } else { Health::Bad },
                    ..good("journal", format!("{} of `{}`: {}", settled.op, settled.label, settled.what))
                });
            }
        } else {
            for entry in dead {
                let label = entry.detail.get("label").and_then(serde_json::Value::as_str).unwrap_or("");
                all.push(Complaint {
                    health: Health::Bad,
                    about: "journal".into(),
                    text: format!("{} of `{label}` was interrupted", entry.op),
                    fix: format!("{MEND} settles it"),
                });
            }
        }
        Ok(())
    }
}

/// Secrets in the store that no present record needs.
struct Orphans<'a> {
    /// Surely this rack's: it had them destroyed, or nobody else keeps secrets in this store.
    ours: Vec<&'a CredentialId>,
    /// Possibly another rack's, which keeps its secrets in the same store.
    strangers: Vec<&'a CredentialId>,
}

fn orphans<'a>(
    secrets: &'a BTreeSet<CredentialId>,
    records: &[Credential],
    busy: &BTreeSet<CredentialId>,
    store: StoreKind,
) -> Orphans<'a> {
    let state: BTreeMap<&CredentialId, SecretState> = records.iter().map(|c| (&c.id, c.secret)).collect();
    // The file store lies beside the rack; the others are the user's or the team's.
    let shared = !matches!(store, StoreKind::File | StoreKind::Memory);
    let loose = secrets.iter().filter(|id| state.get(id) != Some(&SecretState::Present) && !busy.contains(id));
    let (strangers, ours) = loose.partition(|id| shared && !state.contains_key(id));
    Orphans { ours, strangers }
}

/// `1 host`, `2 hosts`.
fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

fn good(about: &str, text: String) -> Complaint {
    Complaint { health: Health::Good, about: about.to_owned(), text, fix: String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_another_rack_in_a_shared_store_are_not_ours_to_remove() {
        let secrets: BTreeSet<_> = ["a", "b"].map(|id| CredentialId(id.to_owned())).into();
        let none = BTreeSet::new();
        let count = |store, busy: &BTreeSet<_>| {
            let found = orphans(&secrets, &[], busy, store);
            (found.ours.len(), found.strangers.len())
        };
        assert_eq!(count(StoreKind::File, &none), (2, 0));
        assert_eq!(count(StoreKind::Keyring, &none), (0, 2));
        assert_eq!(count(StoreKind::File, &secrets), (0, 0), "what is under way is nobody's orphan");
    }
}
