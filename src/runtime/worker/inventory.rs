//! A host's own list, and having a host make a credential.

use super::Job;
use super::signer::using;
use crate::ui::effect::{CreateFx, InventoryFx};
use crate::ui::msg::{CreateMsg, InventoryMsg, Msg};

impl Job {
    pub(super) async fn inventory(&self, fx: InventoryFx) {
        let core = self.core();
        match fx {
            InventoryFx::Read { job, host, signer } => {
                let work = async {
                    let signer = signer.map(using);
                    core.inventory(&core.host(host)?, signer.as_ref()).await.map(Box::new)
                };
                let result = self.stoppable(work).await;
                self.send(Msg::Inventory(InventoryMsg::Read { job, result }));
            }
            InventoryFx::Revoke { job, host, signer, lines } => {
                let work = async {
                    let on_result = |result: &crate::domain::RemoteRevokeResult| {
                        self.send(Msg::Inventory(InventoryMsg::Stepped { job, result: Box::new(result.clone()) }));
                    };
                    core.revoke_remote(&core.host(host)?, &lines, &using(signer), &self.cancel, on_result).await
                };
                let result = self.guarded(work).await;
                self.send(Msg::Inventory(InventoryMsg::Done { job, result }));
            }
        }
    }

    pub(super) async fn create(&self, fx: CreateFx) {
        let CreateFx::Make { job, wish, signer } = fx;
        let signer = signer.map(using);
        let result = self.guarded(self.core().create(&wish, signer.as_ref())).await.map(Box::new);
        self.send(Msg::Create(CreateMsg::Made { job, result }));
    }
}
