//! keyrack's own health: is the store usable, do rack and store agree, did a crash leave something open.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Core;
use crate::domain::{CredentialId, SecretState};
use crate::error::Result;

/// How serious a complaint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// As it should be.
    Good,
    /// Worth knowing.
    Warning,
    /// Has to be mended.
    Bad,
}

/// One thing looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Complaint {
    /// How serious.
    pub health: Health,
    /// What was looked at: `rack`, `store`, `journal`, `orphans`, `records`.
    pub about: String,
    /// What was found.
    pub text: String,
    /// What mends it; empty where nothing has to.
    pub fix: String,
}

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
        let busy: BTreeSet<CredentialId> = self.rack.open_entries()?.into_iter().map(|e| e.credential).collect();
        // The records are read after the secrets: a credential added meanwhile is then never called an orphan.
        let records = self.rack.credentials()?;
        let kept: BTreeSet<&CredentialId> =
            records.iter().filter(|c| c.secret == SecretState::Present).map(|c| &c.id).collect();
        let orphans: Vec<_> = secrets.iter().filter(|id| !kept.contains(id) && !busy.contains(id)).collect();
        for id in &orphans {
            if mend {
                self.vault.delete(id).await?;
                self.audit("doctor", "", "", "done", format!("removed the orphaned secret {id}"));
            }
        }
        all.push(match (orphans.len(), mend) {
            (0, _) => good("orphans", "every secret in the store has its record".into()),
            (n, true) => good("orphans", format!("removed {} without a record", count(n, "secret"))),
            (n, false) => Complaint {
                health: Health::Bad,
                about: "orphans".into(),
                text: format!("{} without a record on the rack", count(n, "secret")),
                fix: "keyrack doctor --fix removes them".into(),
            },
        });
        let mut lost = 0;
        for credential in records.iter().filter(|c| c.secret == SecretState::Present && !secrets.contains(&c.id)) {
            lost += 1;
            all.push(Complaint {
                health: Health::Bad,
                about: "records".into(),
                text: format!("the secret of `{}` is not in the {} store (recorded in: {})", credential.label, chosen.kind, credential.store),
                fix: format!(
                    "If it is in the other store: keyrack --store {} doctor. If it is lost: keyrack forget {}, then add it again.",
                    credential.store, credential.label
                ),
            });
        }
        if lost == 0 {
            all.push(good("records", "every record has its secret".into()));
        }
        Ok(all)
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
                all.push(good("journal", format!("{} of `{}`: {}", settled.op, settled.label, settled.what)));
            }
        } else {
            for entry in dead {
                let label = entry.detail.get("label").and_then(serde_json::Value::as_str).unwrap_or("");
                all.push(Complaint {
                    health: Health::Bad,
                    about: "journal".into(),
                    text: format!("{} of `{label}` was interrupted", entry.op),
                    fix: "keyrack doctor --fix settles it".into(),
                });
            }
        }
        Ok(())
    }
}

/// `1 host`, `2 hosts`.
fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

fn good(about: &str, text: String) -> Complaint {
    Complaint { health: Health::Good, about: about.to_owned(), text, fix: String::new() }
}
