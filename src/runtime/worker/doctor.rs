//! keyrack's own health, and mending it.

use std::path::Path;

use super::super::Source;
use super::Job;
use crate::domain::Complaint;
use crate::error::Result;
use crate::ops::doctor::{Machine, machine, modes, settings};
use crate::ui::effect::DoctorFx;
use crate::ui::msg::{DoctorMsg, Msg};

impl Job {
    pub(super) async fn doctor(&self, fx: DoctorFx) {
        let DoctorFx::Examine { job, size, mend, .. } = fx;
        let work = self.examine(size, mend);
        // What is being mended comes to its end.
        let result = if mend { self.guarded(work).await } else { self.stoppable(work).await };
        self.send(Msg::Doctor(DoctorMsg::Examined { job, result }));
    }

    /// Everything there is to look at, in the order of `keyrack doctor`.
    async fn examine(&self, size: (u16, u16), mend: bool) -> Result<Vec<Complaint>> {
        let core = self.core();
        let mut files = Vec::new();
        if matches!(*self.source, Source::Own(_)) {
            let data = core.rack.path().parent().unwrap_or_else(|| Path::new("."));
            files.extend(modes(data, &core.settings.config_dir, mend));
            files.extend(settings(&core.settings.config_dir));
        }
        let mut all = core.doctor(mend).await?;
        all.append(&mut files);
        let var = |name: &str| self.around.var(name).map(|v| v.reveal().to_owned());
        all.extend(machine(&Machine::of(Some(size), var)));
        Ok(all)
    }
}
