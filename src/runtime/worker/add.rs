//! A new credential: recognised, tried out, kept.

use super::Job;
use crate::domain::{Draft, Validation};
use crate::error::Result;
use crate::ops::Core;
use crate::ui::effect::AddFx;
use crate::ui::msg::{AddMsg, Msg};

impl Job {
    pub(super) async fn add(&self, fx: AddFx) {
        let core = self.core();
        match fx {
            AddFx::Identify { job, text } => {
                let result = self.guarded(async { core.identify(text.reveal()).map(Box::new) }).await;
                self.send(Msg::Add(AddMsg::Identified { job, result }));
            }
            AddFx::Check { job, draft } => {
                let result = self.stoppable(try_out(core, *draft)).await;
                self.send(Msg::Add(AddMsg::Checked { job, result }));
            }
            AddFx::Keep { job, draft, checked } => {
                let work = async {
                    let resolved = core.resolve(*draft)?;
                    let found: Vec<Validation> = checked.into_iter().map(|(_, v)| v).collect();
                    core.keep(&resolved, &found).await.map(|c| c.id)
                };
                let result = self.guarded(work).await;
                self.send(Msg::Add(AddMsg::Kept { job, result }));
            }
        }
    }
}

async fn try_out(core: &Core, draft: Draft) -> Result<Vec<(String, Validation)>> {
    let resolved = core.resolve(draft)?;
    let found = core.try_out(&resolved).await;
    Ok(resolved.hosts.iter().map(|(host, _)| host.name.clone()).zip(found).collect())
}
