//! What waited for the secret store in vain: it never began, and its screen is told so as if it had been cancelled.

use crate::error::{Error, ErrorKind};

use super::effect::{
    AddFx, CreateFx, DeploymentFx, DiagnoseFx, DoctorFx, Effect, IncidentFx, InventoryFx, PermissionsFx, RackFx,
    RevokeFx, RotateFx,
};
use super::msg::{
    AddMsg, CheckMsg, CreateMsg, DeploymentMsg, DiagnoseMsg, DoctorMsg, IncidentMsg, InventoryMsg, Msg, PermissionsMsg,
    RackMsg, RevokeMsg, RotateMsg,
};
use super::shared::{Cx, Nav};

/// Closes the job of an effect that will not be carried out, with the message its screen waits for.
pub(super) fn give_up(effect: Effect, cx: &mut Cx<'_>) {
    let error = Error::new(ErrorKind::Cancelled, "the secret store stayed locked");
    let msg = match effect {
        Effect::Check { job, .. } => Msg::Check(CheckMsg::Done { job, result: Err(error) }),
        Effect::Add(AddFx::Keep { job, .. }) => Msg::Add(AddMsg::Kept { job, result: Err(error) }),
        Effect::Revoke(RevokeFx::Run { job, .. } | RevokeFx::Verify { job, .. }) => {
            Msg::Revoke(RevokeMsg::Done { job, result: Err(error) })
        }
        Effect::Inventory(InventoryFx::Read { job, .. }) => {
            Msg::Inventory(InventoryMsg::Read { job, result: Err(error) })
        }
        Effect::Inventory(InventoryFx::Revoke { job, .. }) => {
            Msg::Inventory(InventoryMsg::Done { job, result: Err(error) })
        }
        Effect::Create(CreateFx::Make { job, .. }) => Msg::Create(CreateMsg::Made { job, result: Err(error) }),
        Effect::Permissions(PermissionsFx::Ask { job, .. }) => {
            Msg::Permissions(PermissionsMsg::Found { job, result: Err(error) })
        }
        Effect::Diagnose(DiagnoseFx::Begin { job, .. }) => Msg::Diagnose(DiagnoseMsg::Done { job, result: Err(error) }),
        Effect::Doctor(DoctorFx::Examine { job, .. }) => Msg::Doctor(DoctorMsg::Examined { job, result: Err(error) }),
        Effect::Rotate(RotateFx::Run { job, .. }) => Msg::Rotate(RotateMsg::Done { job, result: Err(error) }),
        Effect::Incident(IncidentFx::Run { job, .. }) => Msg::Incident(IncidentMsg::Done { job, result: Err(error) }),
        Effect::Deployment(DeploymentFx::Run { job, .. }) => {
            Msg::Deployment(DeploymentMsg::Done { job, result: Err(error) })
        }
        Effect::Rack(RackFx::Forget { job, .. }) => Msg::Rack(RackMsg::Forgotten { job, result: Err(error) }),
        // Nothing else waits for the store: see `Effect::needs_store`.
        _ => return,
    };
    cx.nav.push(Nav::Deliver(Box::new(msg)));
}
