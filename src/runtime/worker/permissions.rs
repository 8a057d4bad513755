//! What a credential may do, and how one is made by hand.

use super::Job;
use crate::ops::{guide, permissions};
use crate::ui::effect::{GuideFx, PermissionsFx};
use crate::ui::msg::{GuideMsg, Guides, Msg, PermissionsMsg};

impl Job {
    pub(super) async fn permissions(&self, fx: PermissionsFx) {
        let PermissionsFx::Ask { job, id } = fx;
        let core = self.core();
        let work = async {
            let credential = self.credential(&id)?;
            core.permissions(&credential, &permissions::Ask::default()).await.map(Box::new)
        };
        let result = self.stoppable(work).await;
        self.send(Msg::Permissions(PermissionsMsg::Found { job, result }));
    }

    pub(super) async fn guide(&self, fx: GuideFx) {
        let GuideFx::Find { job, family, host, kind, profile } = fx;
        let core = self.core();
        let work = async {
            let all = core.profiles()?;
            let profiles = all.concerning(&family, kind).map(|p| (p.id.clone(), p.title.clone())).collect();
            let ask = guide::Ask { profile, kind, host, ..guide::Ask::default() };
            let guides = core.creation_guides(&family, &ask)?;
            Ok(Box::new(Guides { guides, profiles }))
        };
        let result = self.guarded(work).await;
        self.send(Msg::Guide(GuideMsg::Found { job, result }));
    }
}
