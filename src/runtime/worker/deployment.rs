//! Deployment data in Jira.

use super::Job;
use crate::domain::DeploymentAct;
use crate::ui::effect::DeploymentFx;
use crate::ui::msg::{DeploymentMsg, Msg};

impl Job {
    pub(super) async fn deployment(&self, fx: DeploymentFx) {
        let core = self.core();
        match fx {
            DeploymentFx::Find { job, host, input } => {
                let result = self.guarded(async { core.deployment_key(&core.host(host)?, &input) }).await;
                self.send(Msg::Deployment(DeploymentMsg::Found { job, result }));
            }
            DeploymentFx::Run { job, act, id, host, input } => {
                let work = async {
                    let credential = self.credential(&id)?;
                    core.deployment(act, &credential, &core.host(host)?, &input).await.map(Box::new)
                };
                let result = match act {
                    DeploymentAct::Show => self.stoppable(work).await,
                    _ => self.guarded(work).await,
                };
                self.send(Msg::Deployment(DeploymentMsg::Done { job, result }));
            }
        }
    }
}
