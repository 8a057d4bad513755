//! Answers to effects: jobs are closed here, in one place, so that a late or repeated answer reaches nobody; then the
//! answer goes to the layer that waits for it.

use super::layer::Layer;
use super::msg::{
    AddMsg, CreateMsg, DeploymentMsg, DiagnoseMsg, DoctorMsg, GuideMsg, HostMsg, IncidentMsg, InventoryMsg, LogMsg,
    Passphrase, PermissionsMsg, RackMsg, RevokeMsg, RotateMsg, StoreMsg,
};
use super::overlays::toast::Level;
use super::screens::{deployment, diagnose, doctor, hosts};
use super::shared::Cx;
use super::text;

pub(super) fn on_rack(msg: RackMsg, layers: &mut [Layer], cx: &mut Cx<'_>) {
    match msg {
        RackMsg::Changed => cx.load(),
        RackMsg::Loaded { job, result } => {
            if !cx.s.jobs.close(job) {
                return;
            }
            match result {
                Ok(mut data) => {
                    cx.s.profiles = std::mem::take(&mut data.profiles);
                    cx.s.rows.load(*data, cx.s.now);
                    cx.s.loaded = true;
                    cx.s.history.outdated();
                }
                Err(error) => cx.fail(&error),
            }
        }
        RackMsg::Detail { job, id, result } => {
            if cx.s.jobs.close(job)
                && let Err(error) = cx.s.history.loaded(job, id, result)
            {
                cx.fail(&error);
            }
        }
        RackMsg::Saved { job, result } => {
            if !cx.s.jobs.close(job) {
                return;
            }
            let mut edits = layers.iter_mut().filter_map(|l| if let Layer::Edit(edit) = l { Some(edit) } else { None });
            if edits.any(|edit| edit.saved(job, &result, cx)) {
                return;
            }
            // The form was left before the answer came: what was saved counts all the same.
            match result {
                Ok(()) => cx.load(),
                Err(error) => cx.fail(&error),
            }
        }
        RackMsg::Forgotten { job, result } => {
            if cx.s.jobs.close(job) {
                match result {
                    Ok(ids) => {
                        cx.say(Level::Good, format!("{} off the rack", text::count(ids.len(), "credential")));
                        cx.load();
                    }
                    Err(error) => cx.fail(&error),
                }
            }
        }
    }
}

pub(super) fn on_add(msg: AddMsg, layers: &mut [Layer], cx: &mut Cx<'_>) {
    let (AddMsg::Identified { job, .. } | AddMsg::Checked { job, .. } | AddMsg::Kept { job, .. }) = msg;
    if !cx.s.jobs.close(job) {
        return;
    }
    for layer in layers {
        if let Layer::Add(add) = layer {
            return add.on(msg, cx);
        }
    }
}

pub(super) fn on_revoke(msg: &RevokeMsg, layers: &mut [Layer], cx: &mut Cx<'_>) {
    let current = match msg {
        RevokeMsg::Stepped { job, .. } => cx.s.jobs.is_open(*job),
        RevokeMsg::Planned { job, .. } | RevokeMsg::Done { job, .. } => cx.s.jobs.close(*job),
    };
    if !current {
        return;
    }
    for layer in layers {
        if let Layer::Revoke(revoke) = layer
            && revoke.on(msg, cx)
        {
            return;
        }
    }
}

pub(super) fn on_inventory(msg: &InventoryMsg, layers: &mut [Layer], cx: &mut Cx<'_>) {
    let current = match msg {
        InventoryMsg::Stepped { job, .. } => cx.s.jobs.is_open(*job),
        InventoryMsg::Read { job, .. } | InventoryMsg::Done { job, .. } => cx.s.jobs.close(*job),
    };
    if !current {
        return;
    }
    for layer in layers {
        if let Layer::Inventory(inventory) = layer
            && inventory.on(msg, cx)
        {
            return;
        }
    }
}

pub(super) fn on_create(msg: CreateMsg, layers: &mut [Layer], cx: &mut Cx<'_>) {
    let CreateMsg::Made { job, result } = msg;
    if !cx.s.jobs.close(job) {
        return;
    }
    for layer in layers {
        if let Layer::Create(create) = layer
            && create.waits_for(job)
        {
            return create.made(result, cx);
        }
    }
    // The form was left before the answer came: what was made counts all the same.
    match result {
        Ok(result) => cx.say(Level::Info, format!("{}: {}", result.label, result.message)),
        Err(error) => cx.fail(&error),
    }
    cx.load();
}

pub(super) fn on_deployment(msg: &DeploymentMsg, layers: &mut [Layer], cx: &mut Cx<'_>) {
    let (DeploymentMsg::Found { job, .. } | DeploymentMsg::Done { job, .. }) = msg;
    if !cx.s.jobs.close(*job) {
        return;
    }
    for layer in layers {
        if let Layer::Deployment(deployment) = layer
            && deployment.on(msg, cx)
        {
            return;
        }
    }
    // The screen was left before the answer came: what was done counts all the same.
    if let DeploymentMsg::Done { result, .. } = msg {
        deployment::told_late(result, cx);
    }
}

pub(super) fn on_rotate(msg: &RotateMsg, layers: &mut [Layer], cx: &mut Cx<'_>) {
    let current = match msg {
        RotateMsg::Stepped { job, .. } => cx.s.jobs.is_open(*job),
        RotateMsg::Planned { job, .. } | RotateMsg::Looked { job, .. } | RotateMsg::Done { job, .. } => {
            cx.s.jobs.close(*job)
        }
    };
    if !current {
        return;
    }
    for layer in layers {
        if let Layer::Rotate(rotate) = layer
            && rotate.on(msg, cx)
        {
            return;
        }
    }
}

pub(super) fn on_incident(msg: &IncidentMsg, layers: &mut [Layer], cx: &mut Cx<'_>) {
    let current = match msg {
        IncidentMsg::Stepped { job, .. } => cx.s.jobs.is_open(*job),
        IncidentMsg::Planned { job, .. } | IncidentMsg::Done { job, .. } => cx.s.jobs.close(*job),
    };
    if !current {
        return;
    }
    for layer in layers {
        if let Layer::Incident(incident) = layer
            && incident.on(msg, cx)
        {
            return;
        }
    }
}

pub(super) fn on_permissions(msg: PermissionsMsg, layers: &mut [Layer], cx: &mut Cx<'_>) {
    let PermissionsMsg::Found { job, result } = msg;
    if !cx.s.jobs.close(job) {
        return;
    }
    for layer in layers {
        if let Layer::Permissions(permissions) = layer
            && permissions.waits_for(job)
        {
            return permissions.found(result, cx);
        }
    }
}

pub(super) fn on_diagnose(msg: DiagnoseMsg, layers: &mut [Layer], cx: &mut Cx<'_>) {
    let current = match &msg {
        DiagnoseMsg::Stage { job, .. } | DiagnoseMsg::Noted { job, .. } => cx.s.jobs.is_open(*job),
        DiagnoseMsg::Done { job, .. } | DiagnoseMsg::Exported { job, .. } => cx.s.jobs.close(*job),
    };
    if !current {
        return;
    }
    let mut top = true;
    for at in (0..layers.len()).rev() {
        let (below, layer) = layers.split_at_mut(at);
        match (layer.first_mut(), &msg) {
            (
                Some(Layer::Diagnose(diagnose)),
                DiagnoseMsg::Stage { job, .. } | DiagnoseMsg::Noted { job, .. } | DiagnoseMsg::Done { job, .. },
            ) if diagnose.waits_for(*job) => {
                let refused = diagnose.on(msg, top, cx);
                if let (Some(error), Some(Layer::Ask(ask))) = (refused, below.last_mut()) {
                    ask.refused(&error);
                }
                return;
            }
            (Some(Layer::Export(form)), DiagnoseMsg::Exported { job, .. }) if form.waits_for(*job) => {
                return form.on(msg, cx);
            }
            _ => top = false,
        }
    }
    // The form was left before the answer came: what was written is told all the same.
    if let DiagnoseMsg::Exported { result, .. } = msg {
        diagnose::told_late(result, cx);
    }
}

pub(super) fn on_doctor(msg: &DoctorMsg, layers: &mut [Layer], cx: &mut Cx<'_>) {
    let DoctorMsg::Examined { job, result } = msg;
    if !cx.s.jobs.close(*job) {
        return;
    }
    for layer in layers {
        if let Layer::Doctor(doctor) = layer
            && doctor.on(msg, cx)
        {
            return;
        }
    }
    // Only mending goes on after its screen was left.
    doctor::told_late(result, cx);
}

pub(super) fn on_guide(msg: GuideMsg, layers: &mut [Layer], cx: &mut Cx<'_>) {
    let GuideMsg::Found { job, result } = msg;
    if !cx.s.jobs.close(job) {
        return;
    }
    for layer in layers {
        if let Layer::Guide(guide) = layer
            && guide.waits_for(job)
        {
            return guide.found(result, cx);
        }
    }
}

pub(super) fn on_hosts(msg: &HostMsg, layers: &mut [Layer], cx: &mut Cx<'_>) {
    let (job, saved) = match msg {
        HostMsg::Removed { job, result } => return hosts::removed(*job, result, cx),
        HostMsg::Saved { job, result } => (*job, Some(result.clone().map(|_| ()))),
        HostMsg::Tested { job, .. } => (*job, None),
    };
    if !cx.s.jobs.close(job) {
        return;
    }
    let mut answered = false;
    for layer in layers {
        match (layer, &saved) {
            (Layer::HostForm(form), Some(result)) => answered |= form.saved(job, result, cx),
            (Layer::Hosts(hosts), None) => hosts.on(msg),
            _ => {}
        }
    }
    if let (Some(result), false) = (saved, answered) {
        match result {
            Ok(()) => cx.load(),
            Err(error) => cx.fail(&error),
        }
    }
}

pub(super) fn on_log(msg: &LogMsg, layers: &mut [Layer], cx: &mut Cx<'_>) {
    let LogMsg::Loaded { job, .. } = msg;
    if cx.s.jobs.close(*job) {
        for layer in layers {
            if let Layer::Log(log) = layer {
                log.on(msg, cx);
            }
        }
    }
}

pub(super) fn on_store(msg: StoreMsg, layers: &mut [Layer], cx: &mut Cx<'_>) {
    match msg {
        StoreMsg::State(state) => {
            let open = state.passphrase == Passphrase::None;
            cx.s.store = Some(state);
            // Opened elsewhere while it is asked for here: what waits can go on.
            for layer in layers.iter_mut().filter(|_| open) {
                if let Layer::Unlock(unlock) = layer {
                    unlock.answered(&Ok(()), cx);
                }
            }
        }
        StoreMsg::Unlocked { job, result } => {
            if !cx.s.jobs.close(job) {
                return;
            }
            if result.is_ok()
                && let Some(store) = &mut cx.s.store
            {
                store.passphrase = Passphrase::None;
            }
            for layer in layers {
                if let Layer::Unlock(unlock) = layer {
                    unlock.answered(&result, cx);
                }
            }
        }
    }
}
