//! Finding out why a credential does not work, and writing that down.

use futures_util::future::join_all;

use super::Job;
use super::file::place;
use crate::diagnose::{Surroundings, Wanted, diagnose, names, report};
use crate::domain::{CredentialId, Diagnosis, StageReport};
use crate::error::Result;
use crate::ops::report_file;
use crate::ops::vault::blocking;
use crate::ui::effect::{DiagnoseFx, Export};
use crate::ui::msg::{DiagnoseMsg, Exported, JobId, Msg};

impl Job {
    pub(super) async fn diagnose(&self, fx: DiagnoseFx) {
        match fx {
            DiagnoseFx::Begin { job, id } => {
                // Not `stoppable`: stopped, it gives what was found so far.
                let result = self.guarded(self.look_at(job, &id)).await;
                self.send(Msg::Diagnose(DiagnoseMsg::Done { job, result }));
            }
            DiagnoseFx::Export { job, export } => {
                let around = std::sync::Arc::clone(&self.around);
                let result = self.guarded(blocking(move || write(&export, &around))).await;
                self.send(Msg::Diagnose(DiagnoseMsg::Exported { job, result }));
            }
        }
    }

    async fn look_at(&self, job: JobId, id: &CredentialId) -> Result<Vec<Diagnosis>> {
        let core = self.core();
        let credential = self.credential(id)?;
        let patients = core.patients(&credential.label, &Wanted::default())?;
        let each = patients.iter().enumerate().map(|(host, patient)| async move {
            let on_stage = |report: &StageReport| {
                self.send(Msg::Diagnose(DiagnoseMsg::Stage { job, host, report: Box::new(report.clone()) }));
            };
            diagnose(core, patient, &self.around, &self.cancel, &on_stage).await
        });
        Ok(join_all(each).await)
    }
}

fn write(export: &Export, around: &Surroundings) -> Result<Exported> {
    let path = place(&export.file, around);
    if path.exists() && !export.replace {
        return Ok(Exported::Exists);
    }
    let text = match export.masked {
        true => report::markdown(&names::masked(&export.found)),
        false => report::markdown(&export.found),
    };
    report_file::write(&path, &text)?;
    Ok(Exported::Written(path.display().to_string()))
}
