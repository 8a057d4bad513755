//! What can be done with credentials wherever one of them is looked at: on the rack and on its own screen.

use crate::config::Action;
use crate::domain::CredentialId;

use super::super::layer::Layer;
use super::super::overlays::edit::Edit;
use super::super::overlays::forget::Forget;
use super::super::shared::Cx;
use super::super::{check, page};
use super::create::Create;
use super::deployment::Deployment;
use super::diagnose::Diagnose;
use super::inventory::Inventory;
use super::permissions::Permissions;
use super::revoke::Revoke;
use super::rotate::Rotate;

/// Does it with `one`, or with all of `several` where it can be done with many. Nothing where it is another action.
pub(super) fn act(action: Action, one: &CredentialId, several: &[CredentialId], cx: &mut Cx<'_>) {
    let screen: Option<Layer> = match action {
        Action::Check => return check::start(cx, several.to_vec(), false),
        Action::Page => return page::open(page::of_last_check(one, cx.s).map(str::to_owned), cx),
        Action::Edit => cx.s.rows.get(one).map(|row| Edit::new(&row.credential, cx.s).into()),
        Action::Revoke => Revoke::open(several, cx).map(Into::into),
        Action::Rotate => Rotate::open(several, cx).map(Into::into),
        Action::Forget => Forget::new(several, cx.s).map(Into::into),
        Action::Permissions => Permissions::open(one, cx).map(Into::into),
        Action::Diagnose => Diagnose::open(one, cx).map(Into::into),
        Action::Inventory => Inventory::of(one, cx.s).map(Into::into),
        Action::Create => Create::of(one, cx.s).map(Into::into),
        Action::Deployment => Deployment::open(one, cx).map(Into::into),
        _ => None,
    };
    if let Some(screen) = screen {
        cx.open(screen);
    }
}
