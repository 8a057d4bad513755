//! What is on the rack: shown, changed, taken off.

use std::sync::Arc;

use super::{Job, locked};
use crate::config::profiles;
use crate::domain::{CredentialId, Expiry};
use crate::error::{Error, Result};
use crate::ops::Core;
use crate::ops::edit::Changes;
use crate::ops::vault::blocking;
use crate::ui::effect::{Edit, RackFx};
use crate::ui::msg::{Msg, RackData, RackMsg};

/// How many earlier checks the detail shows.
const HISTORY: usize = 30;

impl Job {
    pub(super) async fn rack(&self, fx: RackFx) {
        let core = self.core();
        match fx {
            RackFx::Load { job } => {
                let rack = core.rack.clone();
                let config_dir = core.settings.config_dir.clone();
                let seen = Arc::clone(&self.seen);
                let work = blocking(move || {
                    // Before the rest, so that a write in between is seen as one afterwards.
                    let version = rack.data_version()?;
                    *locked(&seen) = Some(version);
                    Ok(Box::new(RackData {
                        hosts: rack.hosts()?,
                        credentials: rack.credentials()?,
                        standings: rack.standings()?,
                        // Where they cannot be read the rack is shown all the same; checks say what is wrong with them.
                        profiles: profiles::load(&config_dir).unwrap_or_default(),
                    }))
                });
                let result = self.guarded(work).await;
                self.send(Msg::Rack(RackMsg::Loaded { job, result }));
            }
            RackFx::Detail { job, id } => {
                let rack = core.rack.clone();
                let whose = id.clone();
                let work = blocking(move || Ok(rack.history(&whose, HISTORY)?));
                let result = self.guarded(work).await;
                self.send(Msg::Rack(RackMsg::Detail { job, id, result }));
            }
            RackFx::Save { job, edit } => {
                let result = self.guarded(async { save(core, *edit) }).await;
                self.send(Msg::Rack(RackMsg::Saved { job, result }));
            }
            RackFx::Forget { job, ids } => {
                let result = self.guarded(self.forget(ids)).await;
                self.send(Msg::Rack(RackMsg::Forgotten { job, result }));
            }
        }
    }

    /// All of them, also where one cannot be; the first complaint is told, and how many are gone all the same.
    async fn forget(&self, ids: Vec<CredentialId>) -> Result<Vec<CredentialId>> {
        let (mut gone, mut failed) = (0, None);
        for id in &ids {
            match self.core().forget(id).await {
                Ok(_) => gone += 1,
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        let Some(error) = failed else { return Ok(ids) };
        if gone > 0 {
            self.send(Msg::Rack(RackMsg::Changed));
        }
        if ids.len() == 1 {
            return Err(error);
        }
        let message = format!("{gone} of {} are off the rack: {}", ids.len(), error.message);
        Err(Error { message, ..error })
    }
}

fn save(core: &Core, edit: Edit) -> Result<()> {
    let changes = Changes {
        label: Some(edit.label),
        tags: Some(edit.tags),
        note: Some(edit.note),
        expires: edit.expiry.map(Expiry::at),
        username: Some(edit.username),
        owner: Some(edit.owner),
        bindings: edit.bindings,
        profiles: edit.profiles,
        look_at: edit.look_at,
    };
    core.edit(&edit.id, changes).map(|_| ())
}
